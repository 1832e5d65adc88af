//! Every behaviour once: optimal dynamic partial-order reduction under sequential consistency.
//!
//! Executions that differ only in the order of independent steps are the same *trace* (Mazurkiewicz, 1977). This search visits
//! each trace exactly once, and starts no execution that it would have to give up. It keeps the goals of Optimal-DPOR
//! (Abdulla, Aronis, Jonsson, Sagonas, "Optimal dynamic partial order reduction", POPL 2014; JACM 2017) and of POP (Abdulla,
//! Atig, Das, Jonsson, Sagonas, "Parsimonious Optimal DPOR", CAV 2024): each race is reversed once and at once, and nothing is
//! remembered to prevent repetition. How it is decided *which* execution reverses a race is its own:
//!
//! ```text
//! D(S): from the part S of an execution, always the thread that can go on and has yielded least, the first of several, with
//!       outcome 0, to the end
//!
//! visit(node):                            node: a schedule, each event labelled as forced or as a decision
//!     T := run node's schedule, then the target if it can go on, then as D does
//!     for each f, an event of T or what a thread q waits for at the end,
//!     and each decision e of T, made in state E, that f is the first of q's to happen after:
//!         f, without e and all that happens after it: can it go on there, and does it conflict with e?  otherwise skip
//!         v := what happens before f and not before E                    (all of it independent of e)
//!         skip unless f is the least of the witnesses in front of e that are concurrent with it
//!         skip unless T = D(E e v [f])                                   (T owns this reversal: no other execution does)
//!         visit(E v f, target: e's thread)                               (once for each outcome that f has)
//!     for each decision e with several outcomes, if T = D(E e):
//!         visit(E with e's other outcome)
//! ```
//!
//! Every class of traces below E is entered by its *canonical witness*, so a trace has one path from the root, and the
//! ownership test leaves one execution that walks it. Nodes share nothing: they can be visited in any order and anywhere.
//!
//! **Blocking.** A blocked operation is no event, but what threads wait for at the end takes part in reversals: that is how
//! the other order of two acquisitions is found when this one deadlocks. A lock races with the earlier lock, never with the
//! release that lets it go on. What only follows (a thread's start and end, an untimed join) is no event either and adds no
//! executions.
//!
//! **Guarantee.** When it ends, all traces of the model have been visited, if an operation's outcome depends on nothing but the
//! states of the objects that it meets. Where it does not (see [`Exhaustive::doubt`]) the search says so. Readers of a
//! readers-writer lock count as ordered: more traces than are needed, never fewer; so does a question whether a thread has ended, with
//! all that this thread does. Under virtual time, where a thread can go on only when no other can, independence means nothing,
//! and whether a thread may wake without a cause depends on when it is notified: then an [`Explorer`](crate::Explorer) takes
//! [`dfs`](super::dfs()) instead.
//!
//! **Polling loops** (with a yield, a spin hint, a sleep or a time-out in them) go round again only when something that the last
//! round looked at has changed: otherwise there would be infinitely many traces. So do loops without a hint where the engine has
//! seen that they poll.

mod family;
mod foresee;
mod history;
mod item;
mod killing;
mod meeting;
mod node;
mod probe;
mod questions;
mod resume;
mod reversal;
mod rows;
mod watching;

use crate::base::{Choice, Decision, Options, Record, Strategy, ThreadId};
use crate::strategy::{Divergence, Mismatch};
use family::{Family, Renumbering};
use history::History;
pub use item::{Item, Learned};
use node::{NOBODY, Node};
pub(crate) use probe::Probe;
pub(super) use watching::tries_handover;

/// Visits every trace of the model once: executions that differ only in the order of independent steps are one trace.
///
/// Two steps of different threads are independent unless they meet at an object and one of them changes it. A failed attempt
/// only reads, as a load does. What a thread waits for at a deadlock takes part, so the order of two acquisitions in which
/// nothing deadlocks is visited too. This is optimal partial-order reduction after Abdulla, Aronis, Jonsson and Sagonas (POPL
/// 2014); the source says how it gets by without remembering what it has visited, and why that is complete.
///
/// When it ends, all traces have been visited, unless there is a [doubt](Exhaustive::doubt). It holds under sequential
/// consistency; an exploration whose model uses weaker orderings takes [`Graphs`](super::Graphs) in its place. Polling loops go
/// round again only when something that they looked at has changed.
///
/// ```
/// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use selvedge::{Explorer, strategy, thread};
///
/// let report = Explorer::new()
///     .strategy(strategy::exhaustive())
///     .explore(|| {
///         static HITS: AtomicU32 = AtomicU32::new(0);
///         let threads: Vec<_> = (0..4).map(|_| thread::spawn(|| HITS.fetch_add(1, SeqCst))).collect();
///         threads.into_iter().for_each(|t| drop(t.join()));
///         assert_eq!(HITS.load(SeqCst), 4);
///     })
///     .unwrap();
/// assert!(report.proved());
/// assert_eq!(report.executions(), 24); // four additions in every order; of all interleavings there are more
/// ```
#[derive(Debug)]
pub struct Exhaustive {
    /// Nodes to visit, the next one last.
    waiting: Vec<Node>,
    /// The node under way.
    node: Node,
    /// Nodes whose memory can be used again.
    spare: Vec<Node>,
    family: Family,
    history: History,
    renumbering: Renumbering,
    /// How often each thread has let others go first.
    yields: Vec<u32>,
    /// Whether the target went on right after the node's schedule.
    retried: bool,
    /// How many events of the node are the same in the execution taken in last.
    common: usize,
    /// Whether the node's own execution has been taken in.
    taken: bool,
    /// The choice under way, and the outcome that its operation is yet to have.
    position: u64,
    outcome: u32,
    executions: u64,
    deadlocked: u64,
    /// What it took to find the nodes below: see [`Strategy::work`].
    work: u64,
    /// The shares of the tree that have been finished.
    done: f64,
    complete: bool,
    /// How many executions there will be in all and give or take how many, where that was estimated from outside.
    estimated: Option<(f64, f64)>,
    doubt: Option<String>,
    divergence: Option<Divergence>,
    // Memory for what is computed at each execution.
    found: Vec<(u32, Node)>,
    order: Vec<u32>,
    candidates: reversal::Candidates,
    cuts: reversal::Cuts,
}

impl Default for Exhaustive {
    fn default() -> Self {
        Exhaustive::new()
    }
}

impl Exhaustive {
    /// The whole search.
    pub fn new() -> Self {
        Exhaustive {
            waiting: vec![Node::root()],
            node: Node::root(),
            spare: Vec::new(),
            family: Family::default(),
            history: History::default(),
            renumbering: Renumbering::default(),
            yields: Vec::new(),
            retried: false,
            common: 0,
            taken: false,
            position: 0,
            outcome: 0,
            executions: 0,
            deadlocked: 0,
            work: 0,
            done: 0.0,
            complete: false,
            estimated: None,
            doubt: None,
            divergence: None,
            found: Vec::new(),
            order: Vec::new(),
            candidates: reversal::Candidates::default(),
            cuts: reversal::Cuts::default(),
        }
    }

    /// How many executions ended with threads that wait for ever.
    pub fn deadlocked(&self) -> u64 {
        self.deadlocked
    }

    /// Why the end of the search would not mean that all traces have been visited.
    pub fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }

    /// Where the model did not repeat itself, if it was caught at that. The search has ended there.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// The choice of the node's schedule that comes next, and for how many choices it stays the same.
    fn forced(&mut self, options: &Options<'_>) -> Option<Decision> {
        self.check_outcome();
        self.position = options.position;
        let left = self.node.choices.get(options.position as usize..)?;
        let (&Choice { thread, outcome }, rest) = left.split_first()?;
        self.outcome = outcome;
        if !options.allows(thread) {
            let expected = Choice { thread, outcome };
            let mismatch = Mismatch::NotEnabled { expected, enabled: options.enabled.clone() };
            self.divergence.get_or_insert(Divergence { position: options.position, mismatch });
            return Some(Decision::STOP);
        }
        let same = |choice: &&Choice| choice.thread == thread && choice.outcome == 0;
        let run = if outcome == 0 { 1 + rest.iter().take_while(same).count() as u32 } else { 1 };
        Some(Decision { thread, run })
    }

    /// An outcome is due when the schedule has another than zero and the operation turned out to have no choice.
    fn check_outcome(&mut self) {
        let outcome = std::mem::take(&mut self.outcome);
        if outcome > 0 {
            self.misses(outcome, 1);
        }
    }

    /// The operation chosen last has fewer outcomes than it had.
    #[cold]
    fn misses(&mut self, outcome: u32, count: u32) {
        let chosen = self.node.choices.get(self.position as usize);
        let thread = chosen.map_or(ThreadId::MAIN, |choice| choice.thread);
        let mismatch = Mismatch::NoSuchOutcome { expected: Choice { thread, outcome }, count };
        self.divergence.get_or_insert(Divergence { position: self.position, mismatch });
    }
}

impl Strategy for Exhaustive {
    fn describe(&self) -> String {
        "exhaustive: every trace once".into()
    }

    fn begin(&mut self) -> bool {
        if self.divergence.is_some() {
            return false;
        }
        let Some(next) = self.waiting.pop() else {
            self.complete = true;
            return false;
        };
        let last = std::mem::replace(&mut self.node, next);
        self.common = if self.taken { self.node.common(&last) } else { 0 };
        self.taken = false;
        self.spare.push(last);
        self.family.begin();
        self.yields.clear();
        (self.retried, self.outcome, self.position) = (false, 0, 0);
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        if let Some(decision) = self.forced(options) {
            return decision;
        }
        let target = ThreadId(self.node.target);
        if options.position == self.node.choices.len() as u64
            && self.node.target != NOBODY
            && options.enabled.contains(target)
        {
            self.retried = true;
            return Decision::once(target);
        }
        let first = if self.yields.is_empty() {
            self.family.first(options.enabled)
        } else {
            let yields = |thread: ThreadId| self.yields.get(thread.index()).copied().unwrap_or(0);
            let order = |a: &ThreadId, b: &ThreadId| {
                yields(*a).cmp(&yields(*b)).then_with(|| self.family.compare(a.0, b.0))
            };
            options.enabled.iter().min_by(order)
        };
        match first {
            Some(thread) => super::on_and_on(thread),
            None => Decision::STOP,
        }
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        let outcome = std::mem::take(&mut self.outcome);
        if outcome >= count {
            self.misses(outcome, count);
            return 0;
        }
        outcome
    }

    fn place(&mut self, _thread: ThreadId, places: &[u32]) -> u32 {
        // A new node counts the outcomes; a schedule that was performed has the places.
        let outcome = std::mem::take(&mut self.outcome);
        let place = places.get(outcome as usize).copied();
        place.unwrap_or(if places.contains(&outcome) { outcome } else { 0 })
    }

    fn learns(&self) -> bool {
        true
    }

    fn started(&mut self, child: ThreadId, parent: ThreadId) {
        self.family.start(child, parent);
    }

    fn yielded(&mut self, thread: ThreadId) {
        if self.yields.len() <= thread.index() {
            self.yields.resize(thread.index() + 1, 0);
        }
        self.yields[thread.index()] += 1;
    }

    fn learn(&mut self, record: &Record<'_>) {
        self.check_outcome();
        if self.divergence.is_some() {
            return;
        }
        if !record.maximal {
            self.doubt.get_or_insert_with(|| "an execution was cut off before its end".into());
            self.done += self.node.share;
            return;
        }
        let waits = |(pending, process): (&Option<_>, &(ThreadId, bool))| pending.is_some() && !process.1;
        self.deadlocked += u64::from(record.pending.iter().zip(record.processes).any(waits));
        if killing::is_murky(record) {
            let why = "a process was ended from outside while it waited for the end of another one";
            self.doubt.get_or_insert_with(|| why.into());
        }
        let kept = self.history.take(record, &self.family, self.common);
        self.taken = true;
        self.label();
        self.reverse(kept);
    }

    fn end(&mut self, choices: u64) {
        self.executions += 1;
        if choices < self.node.choices.len() as u64 {
            self.divergence.get_or_insert(Divergence { position: choices, mismatch: Mismatch::Ended });
        }
    }

    fn strayed(&self) -> Option<String> {
        self.divergence.as_ref().map(ToString::to_string)
    }

    fn exhausted(&self) -> bool {
        self.complete && self.doubt.is_none() && self.divergence.is_none()
    }

    fn estimate(&self) -> Option<f64> {
        if self.complete {
            return Some(self.executions as f64);
        }
        if let Some((executions, _)) = self.estimated {
            return Some(executions);
        }
        (self.done > 0.0).then(|| self.executions as f64 / self.done)
    }

    fn spread(&self) -> Option<f64> {
        if self.complete { Some(0.0) } else { self.estimated.map(|(_, spread)| spread) }
    }

    fn work(&self) -> u64 {
        self.work
    }
}
