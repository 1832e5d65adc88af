//! Layer 2: runs one execution.
//!
//! | file | what |
//! |---|---|
//! | `stretch` | executions that nobody need look at |
//! | `fiber` | stacks and switching, the only unsafe code here |
//! | `execution`, `roster`, `objects` | the state of an execution, its threads and objects |
//! | `perform`, `hot_path` | arriving at and performing an operation |
//! | `turn` | whose turn it is |
//! | `waiting`, `polling` | what holds a thread back; threads that only look |
//! | `movers` | operations that need no scheduling point when executions are sampled |
//! | `lifecycle`, `killing` | start and end of threads, and of processes |
//! | `teardown`, `panics` | panics, and taking down what is left |
//! | `record`, `ring` | what is kept, and the trace made of it |
//! | `object` | one pure state machine per family of objects |
//! | `times` | what time it is |
//! | `learning` | what is kept for, and different under, strategies that learn from whole executions |
//! | `loops`, `trial` | polling loops without a hint, and those that give up, under the same strategies |
//! | `following`, `portrait` | telling what happens to strategies that follow it, and in what state it is |
//! | `pointers` | what is known of reference-counted allocations |
//! | `output` | what the model prints |
//! | `carried` | executions whose threads somebody else runs |
//! | `belongings` | what other layers keep for an execution as a whole |
//! | `statics` | values that belong to one execution though their cells outlive it |
//! | `clocks`, `knowledge` | happens-before and races |
//! | `weak` | atomics under the C11 memory model |
//! | `hot` | the operations of long executions, as types |
//! | `current`, `threads` | the door for the facade |

mod belongings;
#[cfg_attr(not(all(feature = "loom", feature = "shuttle")), allow(dead_code, unused_imports))]
pub(crate) mod carried;
mod clocks;
pub(crate) mod current;
mod execution;
mod fiber;
mod following;
pub(crate) mod hot;
mod hot_path;
mod killing;
mod knowledge;
mod learning;
mod lifecycle;
mod loops;
mod movers;
mod objects;
mod output;
#[cfg_attr(not(feature = "shuttle"), allow(dead_code))]
mod panics;
mod perform;
mod pointers;
mod polling;
mod portrait;
mod record;
mod ring;
mod roster;
pub(crate) mod slot;
mod statics;
mod stretch;
mod teardown;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod thread;
mod threads;
mod times;
mod trial;
mod turn;
mod waiting;
mod weak;

use crate::base::{Decision, Ending, Options, Strategy, ThreadId};
pub use crate::memory::Model as MemoryModel;
use crate::trace::Trace;
use execution::Execution;
use fiber::Hub;
pub(crate) use fiber::{Carriage, trace_so_far};
pub(crate) use loops::Loop;
pub use output::Output;
pub(crate) use pointers::PointerSteps;
pub(crate) use stretch::{Halt, Leeway, Plain};

/// How time passes in an execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// A sleep orders nothing and a time-out may fire whenever its thread waits: what a program may rely on. An
    /// [`Instant`](crate::time::Instant) tells the least time that can have passed.
    #[default]
    Abstract,
    /// Time moves on only when nobody can run: what usually happens.
    Virtual,
}

/// What the engine has to know of a configuration.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The bound on choices in one execution.
    pub(crate) steps: u64,
    pub(crate) stack_size: usize,
    pub(crate) clock: Clock,
    pub(crate) memory: MemoryModel,
    /// How many spurious wakeups each thread may have in one execution.
    pub(crate) spurious_wakeups: u32,
    /// How many weak compare-exchanges of each thread may fail in one execution though they could succeed.
    pub(crate) weak_failures: u32,
    /// Whether values are kept as text.
    pub(crate) notes: bool,
    pub(crate) output: Output,
    /// Whether endless loops are followed however often they go round.
    pub(crate) endless: bool,
}

/// What is told of an execution without copying it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary {
    pub(crate) ending: Ending,
    pub(crate) choices: u64,
    pub(crate) threads: u32,
    /// Whether a thread that could have gone on was kept back because it had only been looking.
    pub(crate) fairness_assumed: bool,
    /// Whether somebody would have gone round a loop without an end once more.
    pub(crate) endless: bool,
    /// Whether, in this or an earlier execution, an atomic was used in another way than sequentially consistently.
    pub(crate) weak_seen: bool,
    /// Whether stores to an atomic have been forgotten that a proof would have to try.
    pub(crate) stores_forgotten: bool,
    /// Whether sequentially consistent operations are held to the order in which they are performed, though C11 lets them come in
    /// another beside weaker ones, and both have been used.
    pub(crate) orders_mixed: bool,
    /// Whether the destructor of a result that nobody joins for has performed an operation, in this or an earlier execution.
    pub(crate) result_acted: bool,
    /// Whether somebody, in this or an earlier execution, has looked at a reference count that could have been another, because
    /// clones and drops are no steps.
    pub(crate) count_seen: bool,
    /// Which operations on reference-counted pointers would have to be steps, after what has been seen.
    pub(crate) pointers_matter: PointerSteps,
    /// Whether, for a strategy that learns, a thread went round a loop for long at places that were not known for it.
    pub(crate) loop_found: bool,
    /// Whether there is anything that a diagnosis could find wrong, apart from the order of locks.
    pub(crate) suspicious: bool,
    /// After how many choices it had ended for those who look at it from outside, where it ran on for a strategy that learns.
    pub(crate) closed_at: Option<u64>,
    /// Whether polling loops were held back as they are for a strategy that learns, and were.
    pub(crate) ran_for_learning: bool,
    /// Where threads took locks while they held others: a number that stands for the order in which each thread took
    /// them.
    pub(crate) nested_locks: Option<u64>,
}

/// A question about a deadlocked execution: what if this thread were woken?
#[derive(Clone, Copy, Debug)]
pub(crate) enum Probe {
    Armed(ThreadId),
    Running(#[expect(dead_code, reason = "tells in a debugger who was woken")] ThreadId),
}

/// How far a woken thread is followed.
pub(crate) const PROBE_STEPS: u64 = 1_000;

/// Runs executions one after another, reusing all memory.
pub(crate) struct Engine {
    hub: Hub,
    /// Whether the search begins again once a loop has been found, so that nothing need be learned from that execution, which is
    /// long.
    begins_again: bool,
}

impl Engine {
    pub(crate) fn new(settings: Settings) -> Self {
        Engine { hub: Hub::new(Execution::new(settings)), begins_again: false }
    }

    /// Runs `model` once under `strategy`, whose `begin` and `end` are the caller's business.
    pub(crate) fn run<F: Fn()>(
        &mut self,
        model: &F,
        strategy: Box<dyn Strategy>,
    ) -> (Summary, Box<dyn Strategy>) {
        self.prepare(strategy);
        self.hub.run(model);
        let execution = self.hub.execution();
        execution.tell_steps();
        let mut strategy = execution.strategy.take().expect("the strategy was set above");
        let wasted = self.begins_again && !execution.learning.loops.found.is_empty();
        if let Some(record) = execution.record().filter(|_| !wasted) {
            strategy.learn(&record);
        }
        (execution.summary(), strategy)
    }

    /// Runs `model` under `strategy`, which repeats a deadlock; there `thread` alone is woken and followed.
    pub(crate) fn probe<F: Fn()>(
        &mut self,
        model: &F,
        strategy: Box<dyn Strategy>,
        thread: ThreadId,
    ) -> Trace {
        self.prepare(strategy);
        let steps = self.hub.execution().settings.steps;
        self.hub.execution().probe = Some(Probe::Armed(thread));
        self.hub.run(model);
        let execution = self.hub.execution();
        execution.settings.steps = steps;
        execution.strategy = None;
        execution.trace()
    }

    /// The trace of the last execution, copied.
    pub(crate) fn trace(&mut self) -> Trace {
        self.hub.execution().trace()
    }

    /// What the last execution wrote to the standard output, instead of what `text` holds; `false` when it did not come to an
    /// end.
    pub(crate) fn output(&mut self, text: &mut String) -> bool {
        self.hub.execution().output(text)
    }

    /// How atomics behave from now on.
    pub(crate) fn set_memory(&mut self, memory: MemoryModel) {
        self.hub.execution().settings.memory = memory;
    }

    /// Which operations on reference-counted pointers are steps from now on.
    pub(crate) fn choose_pointer_steps(&mut self, steps: PointerSteps) {
        let execution = self.hub.execution();
        execution.pointers.choose_steps(steps);
        execution.count_seen = false;
    }

    /// The places at which the last execution went round a loop for long that were not known for it.
    pub(crate) fn loops_found(&mut self) -> &[Loop] {
        &self.hub.execution().learning.loops.found
    }

    /// Whether the search begins again once a loop has been found.
    pub(crate) fn begin_again_for_loops(&mut self, begins_again: bool) {
        self.begins_again = begins_again;
    }

    /// Whether it is tried out which loops give up by themselves, for which the search then begins again.
    pub(crate) fn try_loops(&mut self, tries: bool) {
        self.hub.execution().learning.loops.tries = tries;
    }

    /// From now on these places are known for loops.
    pub(crate) fn learn_loops(&mut self, found: &[Loop]) {
        self.hub.execution().learning.loops.learn(found);
    }

    /// Whether values are kept as text from now on.
    pub(crate) fn keep_notes(&mut self, notes: bool) {
        self.hub.execution().settings.notes = notes;
    }

    /// Leaves what is dear to make to the next engine on this OS thread.
    pub(crate) fn retire(self) {
        self.hub.into_execution().steps.retire();
    }

    fn prepare(&mut self, strategy: Box<dyn Strategy>) {
        let execution = self.hub.execution();
        execution.prepare(&*strategy);
        execution.strategy = Some(strategy);
    }
}

impl Execution {
    /// Begins a new execution, for a strategy of this kind.
    fn prepare(&mut self, strategy: &dyn Strategy) {
        self.reset();
        self.set_every_point(strategy.every_point());
        self.learning.reset(strategy.learns());
        self.set_due(self.quiet());
        self.weak.reset(
            self.settings.memory == MemoryModel::C11,
            !strategy.orders_memory(),
            strategy.every_point(),
        );
        self.following.reset(strategy);
        self.heard = self.learning.active || self.following.active;
        if self.rests_by_state() {
            self.due_at = 0;
        }
    }

    /// What is known of an execution once an earlier one has shown it.
    fn sticky(&self) -> [bool; 4] {
        [self.weak.seen, self.count_seen, self.weak.mixes(), self.pointers.result_acted]
    }

    pub(crate) fn summary(&mut self) -> Summary {
        let ending = self.over.unwrap_or(Ending::Stopped);
        self.told = self.sticky();
        Summary {
            ending,
            choices: self.position(),
            threads: self.live_threads,
            fairness_assumed: self.fairness_assumed,
            endless: self.rounds_begun && self.is_endless(),
            weak_seen: self.weak.seen,
            stores_forgotten: self.weak.forgot,
            orders_mixed: self.weak.mixes(),
            result_acted: self.pointers.result_acted,
            count_seen: self.count_seen,
            pointers_matter: if self.count_seen { PointerSteps::All } else { self.pointers.matter() },
            loop_found: !self.learning.loops.found.is_empty(),
            suspicious: !matches!(ending, Ending::Finished | Ending::StepLimit)
                || (self.held_at_end && ending == Ending::Finished)
                || self.misuse
                || self.rounds_begun
                || !self.panics.is_empty()
                || !self.races.is_empty(),
            closed_at: self.learning.closed.map(|(_, at)| at),
            ran_for_learning: self.learning.active && self.fairness_assumed,
            nested_locks: self.nested_locks.then_some(self.lock_order),
        }
    }
}

/// Follows one thread alone.
struct OnlyOne {
    thread: ThreadId,
}

impl OnlyOne {
    fn new(thread: ThreadId) -> Self {
        OnlyOne { thread }
    }
}

impl Strategy for OnlyOne {
    fn describe(&self) -> String {
        "one thread alone".into()
    }

    fn begin(&mut self) -> bool {
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        // Whoever else is enabled by what it does stays where it is.
        if options.enabled.contains(self.thread) { Decision::once(self.thread) } else { Decision::STOP }
    }

    fn outcome(&mut self, _thread: ThreadId, _count: u32) -> u32 {
        0
    }
}
