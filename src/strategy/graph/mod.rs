//! Optimal exploration of execution graphs.
//!
//! **Paper.** Kokologiannakis, Marmanis, Gladstein and Vafeiadis, "Truly stateless, optimal dynamic partial order reduction"
//! (POPL 2022), known as TruSt.
//!
//! **Guarantee.** Executions that differ only in the order of steps that do not meet have the same *execution graph*: what
//! each thread did, which store each load read, and the order of the stores to each variable and of the operations on each
//! other object. Every consistent graph is visited exactly once, by one execution each; none is begun in vain. Memory grows
//! with a power of the length of an execution, not with their number. The memory model is a parameter: sequential
//! consistency, or C11 (RC11, see [`memory`](crate::memory)).
//!
//! **Deviations.**
//! - *Blocking.* Mutexes, queues and so on are orders of operations, replayed on the state machines that the engine uses.
//!   An operation that overtakes another removes it; its thread is about to perform it again, perhaps for ever. That an
//!   operation has overtaken another is noted in it, and nothing undoes that. Operations that are blocked when nobody can go
//!   on overtake others then.
//! - *All operations on such an object are ordered*, also failed attempts and shared holds, which would commute.
//! - *Attempts and time-outs.* An operation with a time-out always can be performed: if it has to wait, its time is up.
//! - *Condition waits* are one step but meet two objects. Asleep, then the mutex given back: two events, of which the first
//!   is not known to others without the second. Waking is the taking of the mutex, with the notification in its past.
//! - *Between executions.* The paper visits graphs depth first while the program runs. Here an execution is finished first;
//!   then what differs from it is noted, and each of that determines the choices that begin another execution.
//! - *Not covered.* Waking without being notified, and weak exchanges that fail though the value is as expected (their place is
//!   a free choice before the load). Attempts to send on a channel without capacity, which succeed or not by who waits, and
//!   ending a process from outside: then the search does not say that it has seen everything.
//! - *Addresses* are not the same in two executions: in atomic pointers, graphs have symbols for them (`symbols`).
//! - *Pointers and handovers.* Whoever turns out to have the last pointer to a value knows of what all others did with theirs, and
//!   whoever has handed over a message, of what the receiver has done by the time that it goes on. In a graph they do not, so that
//!   there are graphs without an execution. Those are passed over, with the same reserve.
//!
//! ```text
//! begin:   take the last item; make its graph; plan: an order of its events, as choices          derive, replay
//! thread:  while there is a plan, what it says; then the first thread, in an order that does not depend on numbers
//! learn:   add the steps after the plan to the graph, and what could have been otherwise to the items:      grow
//!            a load:   the other stores that it may read                                         level
//!            a store:  its other places; the earlier loads that may read it                      level, revisit
//!            an operation on an object:  the earlier ones on it that it may overtake             revisit
//!            nobody can go on:  likewise for the operations that are blocked
//! ```

mod derive;
mod doubts;
mod grow;
mod level;
mod lower;
mod news;
mod replay;
mod revisit;
mod symbols;
#[cfg(test)]
mod tests;

use super::exhaustive::tries_handover;
use super::{Decision, MOST_OUTCOMES, Options, Record, Strategy, UNTRIED};
use crate::base::{Action, MOST_PLACES, ThreadAction, ThreadId};
use crate::memory::{Graph, Model};
use derive::{Derived, derive};
pub(crate) use doubts::FORGOTTEN;
use doubts::{
    CUT_OFF, DEEP, HANDED_OVER, KILLED, MOVED, NO_EXECUTION, POISONED, TOLD, tells_more, waits_for_poison,
};
use grow::{Names, Surprise, grow, pointer};
use level::{Level, Scratch};
use replay::{Planned, plan};

/// Visits every execution graph of a model once.
///
/// # Outcomes
///
/// Under [`Model::C11`] the outcome of an access to an atomic says which of the stores done so far it meets, counted from
/// the end of the variable's modification order. Zero everywhere is what sequential consistency would do.
///
/// | operation | outcome `k` |
/// |---|---|
/// | load, compare-exchange that fails | reads the store that is `k` places before the last |
/// | store | takes its place `k` places before the end |
/// | read-modify-write, compare-exchange that succeeds | reads the store that is `k` places before the last, and stands right after it |
/// | question whether a thread has ended, join with a time-out | 0: as it is; 1: that it has not, or that the time was up first |
///
/// The initial value counts as the first store. Whether a compare-exchange succeeds follows from what it reads. Python's
/// variables and all objects that are no atomics have the outcomes that they have without a memory model.
///
/// # What it asks of the engine
///
/// - [`started`](Strategy::started) is called for every thread, in the order of their numbers.
/// - An execution goes on until nobody can go on, and [`learn`](Strategy::learn) gets all of its steps.
/// - Under [`Model::C11`], [`outcome`](Strategy::outcome) is asked wherever a variable has more than one store so far; and
///   under both models where a thread has ended that is asked about, unless the caller has been told so before or has
///   joined it.
#[derive(Debug, Default)]
pub struct Graphs {
    model: Model,
    /// Graphs with items left to try; the last one is that of the execution under way.
    levels: Vec<Level>,
    /// Levels that are not in use.
    spare: Vec<Level>,
    plan: Vec<Planned>,
    names: Names,
    /// The threads of the execution under way in the order of their descent, and each one's number of children.
    order: Vec<ThreadId>,
    children: Vec<u32>,
    /// The number in the execution of each thread of the graph; `u32::MAX` when it has none yet.
    numbers: Vec<u32>,
    position: u64,
    scratch: Scratch,
    done: Vec<u32>,
    executions: u64,
    /// The share of the whole that has been visited.
    visited: f64,
    began: bool,
    /// Whether an execution was cut short, so that what could have followed is not known.
    cut: bool,
    /// Why it is not known for other reasons.
    doubt: Option<&'static str>,
    surprise: Option<Surprise>,
    /// What has been computed, and how much may be.
    work: u64,
    most_work: u64,
    /// Whether no more graphs can be kept.
    full: bool,
    /// Whether the execution under way is another one than was planned, for a reason that is known: see `doubt`.
    astray: bool,
}

/// So many steps of executions, about half a gibibyte, may have graphs that are kept.
const MOST_KEPT: usize = 1 << 21;

impl Graphs {
    /// A search of all graphs that are consistent under `model`.
    pub fn new(model: Model) -> Self {
        Graphs { model, most_work: u64::MAX, ..Graphs::default() }
    }

    /// The memory model.
    pub fn model(&self) -> Model {
        self.model
    }

    /// Why the end of the search would not mean that all graphs have been visited.
    pub fn doubt(&self) -> Option<&'static str> {
        self.doubt
    }

    /// The choice at which the model was caught doing something else than before, if it was. The search has ended there.
    pub fn diverged(&self) -> Option<u64> {
        self.surprise.map(|surprise| surprise.position)
    }

    /// The graph of the next item, on top of the levels; `false` when there is none.
    fn advance(&mut self) -> bool {
        if !self.began {
            self.began = true;
            let mut root = Level { graph: Graph::new(self.model), share: 1.0, ..Level::default() };
            root.graph.find_thread(u32::MAX, 0);
            self.levels.push(root);
            self.plan.clear();
            return true;
        }
        loop {
            if self.work >= self.most_work || self.full {
                return false;
            }
            let Some(level) = self.levels.last_mut() else { return false };
            let Some(item) = level.items.pop() else {
                self.spare.extend(self.levels.pop());
                continue;
            };
            let mut next = self.spare.pop().unwrap_or_default();
            let derived = derive(level, item, &mut next, &mut self.scratch);
            self.work += level.graph.take_work() + next.graph.take_work();
            next.share = level.share;
            match derived {
                Derived::Inconsistent => {
                    self.visited += level.share;
                    self.spare.push(next);
                }
                Derived::Stuck => {
                    next.share /= next.items.len().max(1) as f64;
                    self.levels.push(next);
                }
                Derived::Graph => {
                    let planned = plan(&next, &mut self.done, &mut self.plan);
                    self.work += next.graph.take_work();
                    if planned {
                        self.levels.push(next);
                        return true;
                    }
                    // Such a graph has no execution, but others that differ from it might have.
                    self.doubt.get_or_insert(NO_EXECUTION);
                    self.visited += next.share;
                    self.spare.push(next);
                }
            }
        }
    }

    /// What is planned for the step under way.
    fn planned(&self) -> Option<&Planned> {
        self.plan.get(self.position as usize).filter(|_| !self.astray)
    }

    fn planned_outcome(&self) -> u32 {
        self.planned().map_or(0, |planned| planned.outcome)
    }

    /// The execution is not as planned, and goes on as it comes. Where graphs are known not to have all that matters nobody is accused
    /// of that.
    fn surprised(&mut self, position: u64) {
        self.astray = true;
        if self.doubt.is_none() {
            self.surprise.get_or_insert(Surprise { position });
        }
    }
}

impl Strategy for Graphs {
    fn describe(&self) -> String {
        match self.model {
            Model::SequentiallyConsistent => "all execution graphs".into(),
            Model::C11 => "all execution graphs of the C11 memory model".into(),
        }
    }

    fn begin(&mut self) -> bool {
        if self.surprise.is_some() || !self.advance() {
            return false;
        }
        let graph = &mut self.levels.last_mut().expect("one has just been pushed").graph;
        self.names.threads.clear();
        self.names.threads.push(0);
        self.order.clear();
        self.order.push(ThreadId::MAIN);
        self.children.clear();
        self.children.push(0);
        self.numbers.clear();
        self.numbers.resize(graph.threads.len(), u32::MAX);
        self.numbers[0] = 0;
        self.position = 0;
        true
    }

    fn started(&mut self, child: ThreadId, parent: ThreadId) {
        let Some(level) = self.levels.last_mut() else { return };
        let (above, nth) = (self.names.threads[parent.index()], self.children[parent.index()]);
        self.children[parent.index()] += 1;
        let thread = level.graph.find_thread(above, nth);
        debug_assert_eq!(child.index(), self.names.threads.len(), "threads are numbered as they start");
        self.names.threads.push(thread);
        self.children.push(0);
        if self.numbers.len() <= thread as usize {
            self.numbers.resize(thread as usize + 1, u32::MAX);
        }
        self.numbers[thread as usize] = child.0;
        let (graph, threads) = (&level.graph, &self.names.threads);
        let earlier = |other: &ThreadId| graph.compare_threads(threads[other.index()], thread).is_lt();
        let place = self.order.partition_point(earlier);
        self.order.insert(place, child);
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        self.position = options.position;
        if let Some(planned) = self.planned() {
            let number = self.numbers.get(planned.thread as usize).copied().unwrap_or(u32::MAX);
            if number != u32::MAX && options.allows(ThreadId(number)) {
                return Decision::once(ThreadId(number));
            }
            self.surprised(options.position);
        }
        match self.order.iter().find(|thread| options.enabled.contains(**thread)) {
            Some(thread) => super::on_and_on(*thread),
            None => {
                self.surprise.get_or_insert(Surprise { position: options.position });
                Decision::STOP
            }
        }
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        let planned = self.planned_outcome();
        if planned >= count {
            self.surprised(self.position);
            return 0;
        }
        planned
    }

    fn place(&mut self, _thread: ThreadId, places: &[u32]) -> u32 {
        let planned = self.planned_outcome();
        if !places.contains(&planned) {
            if planned >= MOST_PLACES {
                // The engine goes no further back, so that this graph has no execution.
                self.doubt.get_or_insert(FORGOTTEN);
            }
            self.surprised(self.position);
            return 0;
        }
        planned
    }

    fn orders_memory(&self) -> bool {
        true
    }

    fn learns(&self) -> bool {
        true
    }

    fn learn(&mut self, record: &Record<'_>) {
        let levels = self.levels.len();
        let Some(level) = self.levels.last_mut() else { return };
        let astray = std::mem::take(&mut self.astray);
        let nothing = record.steps.is_empty() && !record.maximal;
        let mut why = None;
        if self.surprise.is_none() && !astray && !nothing {
            self.surprise = grow(level, &mut self.names, record, &mut self.scratch).err();
            self.work += level.graph.take_work();
            // It ended in the middle of what was planned.
            why = (self.surprise.is_some() && !record.maximal).then_some(CUT_OFF);
        }
        if self.surprise.is_some() && (record.overheard || record.steps.iter().any(tells_more)) {
            why = why.or(Some(TOLD));
        }
        if waits_for_poison(record) {
            why = why.or(Some(POISONED));
        }
        if self.surprise.is_some() && record.begun.iter().any(|begins| pointer(begins).is_some()) {
            why = why.or(Some(MOVED));
        }
        self.doubt = self.doubt.or(why);
        if self.surprise.map_or(astray || nothing, |_| self.doubt.is_some()) {
            (self.surprise, self.cut) = (None, true);
            self.visited += level.share;
            return level.items.clear();
        }
        if self.surprise.is_some() {
            return;
        }
        let uncovered = record.steps.iter().find_map(|step| match step.operation.action {
            Action::Thread(ThreadAction::Kill(_)) => Some(KILLED),
            Action::Choose(count) if count > MOST_OUTCOMES => Some(UNTRIED),
            _ => tries_handover(&step.operation, record.begun).then_some(HANDED_OVER),
        });
        self.doubt = self.doubt.or(uncovered);
        if levels * record.steps.len() > MOST_KEPT {
            (self.doubt, self.full) = (self.doubt.or(Some(DEEP)), true);
        }
        self.cut |= !record.maximal;
        self.executions += 1;
        level.share /= (1 + level.items.len()) as f64;
        self.visited += level.share;
    }

    fn strayed(&self) -> Option<String> {
        self.diverged().map(|at| format!("choice {} is not what it was", at + 1))
    }

    fn exhausted(&self) -> bool {
        self.began && self.levels.is_empty() && !self.cut && self.doubt.is_none() && self.surprise.is_none()
    }

    fn estimate(&self) -> Option<f64> {
        let estimate = self.executions as f64 / self.visited;
        (self.executions > 0 && estimate.is_finite()).then_some(estimate)
    }

    fn work(&self) -> u64 {
        self.work
    }

    fn bound_work(&mut self, most: u64) {
        self.most_work = most;
    }
}
