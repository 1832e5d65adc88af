//! Choices, and who makes them: options in, choice out.

use super::{Operation, Record, Step, TextId, ThreadId, ThreadSet};
use std::panic::Location;

/// Who went next, and which of the allowed outcomes it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The thread.
    pub thread: ThreadId,
    /// The outcome, counted from zero; zero wherever there is only one.
    pub outcome: u32,
}

/// What a strategy may choose from.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The threads that can go on; never empty.
    pub enabled: &'a ThreadSet,
    /// Threads that could go on too, but rest, because the last round of their polling loop has shown them nothing new. Who
    /// repeats an earlier execution may name one of them where that execution did.
    pub resting: &'a ThreadSet,
    /// The thread chosen last. It need not be enabled.
    pub current: ThreadId,
    /// How many choices have been made before this one.
    pub position: u64,
    /// Whether the current thread has asked to let others go first (`yield_now`, `spin_loop`).
    pub yielding: bool,
}

impl Options<'_> {
    /// Whether `thread` can take the next step of an execution that is repeated: whether it rests there may have hung on what
    /// others, who come later now, had not done yet.
    pub fn allows(&self, thread: ThreadId) -> bool {
        self.enabled.contains(thread) || self.resting.contains(thread)
    }

    /// Whether choosing `thread` takes the turn from a thread that could have gone on and did not offer it.
    pub fn preempts(&self, thread: ThreadId) -> bool {
        thread != self.current && !self.yielding && self.enabled.contains(self.current)
    }
}

/// A strategy's answer: a thread, and for how many choices it need not be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Who goes next; one of the enabled threads.
    pub thread: ThreadId,
    /// For how many choices, at least 1, the answer stays the same as long as no thread becomes enabled or disabled.
    pub run: u32,
}

impl Decision {
    /// Ends the execution here.
    pub const STOP: Decision = Decision { thread: ThreadId(u32::MAX), run: 1 };

    /// `thread` goes next; ask again after that.
    #[inline(always)]
    pub const fn once(thread: ThreadId) -> Self {
        Decision { thread, run: 1 }
    }
}

/// Into so many places of the modification order of an atomic an operation may come, counted from the last: older stores are no
/// longer kept. As much is added to the place of a weak compare-exchange that fails though it found what it expected.
pub(crate) const MOST_PLACES: u32 = 1000;

/// So often a thread may be told that another has not ended though it has. It could be for any time; but a loop that asks goes round
/// no more often for that than one that waits for a store to be seen.
pub(crate) const MOST_DENIALS: usize = 2;

/// Makes the choices: one algorithm, free of the engine, tested without running a thread.
///
/// The engine asks [`thread`](Strategy::thread) before a step and, where the operation of the chosen thread has more
/// than one outcome, [`outcome`](Strategy::outcome). Given the same answers from the model, a strategy must make the
/// same choices: determinism is what makes an execution repeatable.
///
/// A strategy should not panic: at an operation that is a panic of the thread which performs it, since it runs there; after the end
/// of a thread it ends the exploration, and is handed on to who explores.
///
/// ```
/// use selvedge::strategy::{Decision, Options, Strategy};
/// use selvedge::ThreadId;
///
/// /// Always the enabled thread with the least number, once.
/// struct First { done: bool }
///
/// impl Strategy for First {
///     fn describe(&self) -> String { "least number first".into() }
///     fn begin(&mut self) -> bool { !std::mem::replace(&mut self.done, true) }
///     fn thread(&mut self, options: &Options<'_>) -> Decision { Decision::once(options.enabled.first().unwrap()) }
///     fn outcome(&mut self, _thread: ThreadId, _count: u32) -> u32 { 0 }
/// }
/// # let _ = First { done: false };
/// ```
pub trait Strategy: std::any::Any {
    /// One line for reports: the algorithm and its parameters.
    fn describe(&self) -> String;

    /// Called before each execution; `false` when there is nothing left to try.
    fn begin(&mut self) -> bool;

    /// Who goes next.
    fn thread(&mut self, options: &Options<'_>) -> Decision;

    /// Choices from this one on, in place of an answer of [`thread`](Strategy::thread); how many were written.
    ///
    /// They are taken one after the other as long as no thread becomes enabled or disabled and nobody yields; what is left
    /// then is dropped. A strategy whose choices depend on nothing else saves a call per choice this way.
    fn ahead(&mut self, options: &Options<'_>, ahead: &mut [ThreadId]) -> usize {
        let _ = (options, ahead);
        0
    }

    /// Which of `count` (at least 2) outcomes the operation of `thread` gets.
    fn outcome(&mut self, thread: ThreadId, count: u32) -> u32;

    /// Where in the modification order of an atomic the operation of `thread` takes place: one of `places` (at least 2), each
    /// the number of places before the last.
    ///
    /// The default asks [`outcome`](Strategy::outcome) which of them. A strategy that repeats choices may answer with a place
    /// that is not among them.
    fn place(&mut self, thread: ThreadId, places: &[u32]) -> u32 {
        let which = self.outcome(thread, places.len() as u32) as usize;
        places.get(which).copied().unwrap_or(0)
    }

    /// Whether the places that it answers with respect the order of sequentially consistent accesses by themselves. Otherwise it
    /// is offered only places that fit the order in which these are performed.
    fn orders_memory(&self) -> bool {
        false
    }

    /// Called after each execution with the number of choices made.
    fn end(&mut self, choices: u64) {
        let _ = choices;
    }

    /// Whether it learns from whole executions: then they run on until nobody can, even when the main thread has ended or
    /// panicked, [`learn`](Strategy::learn) is called after each, and polling loops are kept to one round for each change
    /// of what they look at.
    fn learns(&self) -> bool {
        false
    }

    /// `child`, started by `parent`, is about to run for the first time. Called for strategies that [learn](Strategy::learns).
    fn started(&mut self, child: ThreadId, parent: ThreadId) {
        let _ = (child, parent);
    }

    /// `thread` lets others go first. Called for strategies that [learn](Strategy::learns).
    fn yielded(&mut self, thread: ThreadId) {
        let _ = thread;
    }

    /// What was performed, after each execution and before [`end`](Strategy::end), for strategies that
    /// [learn](Strategy::learns).
    fn learn(&mut self, record: &Record<'_>) {
        let _ = record;
    }

    /// Whether it follows what threads do: then [`performed`](Strategy::performed) and [`arrived`](Strategy::arrived) are
    /// called. Nothing else about an execution is different.
    fn follows(&self) -> bool {
        false
    }

    /// `step` has been performed. Called for strategies that [follow](Strategy::follows), in the order of the steps, for
    /// all since the last question before the next one, and for the rest before [`end`](Strategy::end).
    fn performed(&mut self, step: &Step) {
        let _ = step;
    }

    /// `thread` is about to perform `operation`, called at `location` in the model; it need not be enabled. Called for
    /// strategies that [follow](Strategy::follows), before each question, for the threads that have come to another
    /// operation since the last one: after [`performed`](Strategy::performed), in the order of their numbers.
    fn arrived(&mut self, thread: ThreadId, operation: &Operation, location: &'static Location<'static>) {
        let _ = (thread, operation, location);
    }

    /// What an operation writes that a thread has [arrived](Strategy::arrived) at: called right before that.
    fn text(&mut self, id: TextId, text: &str) {
        let _ = (id, text);
    }

    /// From which choice on it wants to be told the [state](Strategy::state) before each question, `None` if never. Asked after
    /// [`begin`](Strategy::begin). For strategies that [follow](Strategy::follows); threads that only look are not made to rest
    /// then, because they come to the same state again.
    fn compares_states(&self) -> Option<u64> {
        None
    }

    /// Two executions for which it is called with the same `fingerprint` go on in the same ways. `time` is virtual time.
    fn state(&mut self, fingerprint: u128, time: u64) {
        let _ = (fingerprint, time);
    }

    /// Whether every behaviour has been visited, so that "nothing found" is a proof. Asked after `begin` said `false`.
    fn exhausted(&self) -> bool {
        false
    }

    /// Where and how the model did not repeat itself, for a strategy that relies on it and has caught it at that. The search
    /// has ended there.
    fn strayed(&self) -> Option<String> {
        None
    }

    /// Whether it must be asked at every operation that others can see, or may be spared those that commute with all
    /// that others can do (the release of a mutex that nobody tries or looks at).
    fn every_point(&self) -> bool {
        true
    }

    /// How many executions there will be in all, as far as is known, for progress displays.
    fn estimate(&self) -> Option<f64> {
        None
    }

    /// By how much [`estimate`](Strategy::estimate) may well be wrong, as far as is known.
    fn spread(&self) -> Option<f64> {
        None
    }

    /// How much it has computed so far to find out what to try, in steps of about the same cost; 0, where that is little beside the
    /// executions. It depends on the executions alone, and so can bound what a search costs in a way that a clock cannot.
    fn work(&self) -> u64 {
        0
    }

    /// Its [`work`](Strategy::work) is to come to so much in all. [`begin`](Strategy::begin) may say `false` as soon as it has, although
    /// not everything has been tried; it goes on where it was when the bound is raised.
    fn bound_work(&mut self, most: u64) {
        let _ = most;
    }
}
