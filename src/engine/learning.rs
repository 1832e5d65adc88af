//! What an execution keeps for a strategy that learns from whole executions, and what is different under one.
//!
//! - It runs on until nobody can, even when the main thread has ended or panicked: what other threads would still have done
//!   tells which orders are left to try.
//! - A polling loop goes round again only when something that its last round looked at has changed. Unlike the resting of
//!   [`polling`](super::polling) this depends on nothing but what the thread has seen, so that whether it can go on is the
//!   same in all orders of independent steps.

use super::execution::Execution;
use super::loops::Loops;
use super::polling::{LONG, is_at};
use super::thread::Life;
use super::trial::Trial;
use crate::base::object::State;
use crate::base::{Ending, Guard, ObjectId, Operation, Outcome, Record, Step, ThreadId, ThreadSet};
use std::panic::Location;

/// How many rounds that only waited in vain for a while may follow each other before another has to wait for a change: who
/// sets himself a time often gives up after a few of them.
const TRIES: u32 = 3;

/// What is kept for a strategy that learns.
pub(crate) struct Learning {
    /// Whether the strategy of this execution learns.
    pub(crate) active: bool,
    /// Threads that may be about to begin another round of a polling loop.
    pub(crate) alert: ThreadSet,
    /// How it ended for those who look at it from outside, and after how many choices.
    pub(crate) closed: Option<(Ending, u64)>,
    begun: Vec<State>,
    guards: Vec<Guard>,
    yields: Vec<(ThreadId, usize)>,
    pending: Vec<Option<Operation>>,
    pub(super) processes: Vec<(ThreadId, bool)>,
    /// Whether who dropped the result of a thread, and learned what it had done, was no step.
    pub(crate) overheard: bool,
    pub(crate) rouses: u32,
    roused: ThreadId,
    pub(crate) loops: Loops,
    pub(crate) trial: Option<Box<Trial>>,
}

impl Learning {
    pub(crate) fn new() -> Self {
        Learning {
            active: false,
            alert: ThreadSet::new(),
            closed: None,
            begun: Vec::new(),
            guards: Vec::new(),
            yields: Vec::new(),
            pending: Vec::new(),
            processes: Vec::new(),
            overheard: false,
            rouses: 0,
            roused: ThreadId::MAIN,
            loops: Loops::default(),
            trial: None,
        }
    }

    pub(crate) fn reset(&mut self, active: bool) {
        self.active = active;
        self.alert.clear();
        self.closed = None;
        self.loops.found.clear();
        self.trial = None;
        self.guards.clear();
        self.yields.clear();
        (self.rouses, self.roused) = (0, ThreadId::MAIN);
        self.overheard = false;
    }

    /// Whether a thread may be about to begin a round of a polling loop.
    #[inline(always)]
    pub(crate) fn is_watchful(&self) -> bool {
        !self.alert.is_empty() || self.asks_always()
    }

    /// Whether it has to be looked at every step whether it begins a round of a loop without a hint, or how a trial goes.
    #[inline(always)]
    pub(crate) fn asks_always(&self) -> bool {
        self.active && (!self.loops.is_empty() || self.trial.is_some())
    }

    /// An object begins in this state.
    pub(crate) fn note_begun(&mut self, object: ObjectId, state: &State) {
        match self.begun.get_mut(object.index()) {
            Some(begun) => begun.clone_from(state),
            None => self.begun.push(state.clone()),
        }
    }
}

impl Execution {
    /// The execution has ended for those who look at it from outside.
    pub(crate) fn close(&mut self, ending: Ending) {
        let others = || (0..self.live_threads).any(|t| !self.threads[t as usize].is_over());
        if !self.learning.active || !others() {
            let ending = self.learning.closed.map_or(ending, |(ending, _)| ending);
            self.over.get_or_insert(ending);
        } else if self.learning.closed.is_none() {
            self.learning.closed = Some((ending, self.position()));
            self.printing.close();
        }
    }

    /// The running thread lets others go first.
    pub(crate) fn note_offer(&mut self) {
        let me = self.running;
        self.learning.alert.insert(me);
        self.learning.yields.push((me, self.steps.len()));
        if let Some(strategy) = &mut self.strategy {
            strategy.yielded(me);
        }
    }

    /// The running thread arrives at `operation`. If it begins a round of a polling loop, has done the same before, and since
    /// then only looked, it waits until something that it looked at has changed.
    pub(crate) fn guard_round(&mut self, operation: &Operation, location: &'static Location<'static>) {
        if self.is_on_trial(operation, location) {
            return;
        }
        let me = self.running;
        let before = if self.learning.alert.contains(me) {
            // It has let others go first.
            self.learning.alert.remove(me);
            self.round_before(operation, location)
        } else if self.learning.loops.knows(location) {
            self.two_rounds_before(operation, location)
        } else {
            None
        };
        let Some(from) = before.filter(|_| !self.gives_up_soon(operation, location)) else { return };
        let at = self.steps.len();
        let others = |step: &&Step| step.thread != me && step.changes();
        // Under C11 there may be newer values than the round has read.
        let news = self.steps.since(from).filter(others).any(|step| self.looked_at(me, from, step))
            || self.is_late(me, from);
        // As long as it is not known what becomes of whoever sees nothing new, nobody is kept from looking, a few times. Under C11
        // he may see nothing new though there is.
        if self.is_untried(location) {
            if !news || self.weak.active {
                return self.begin_trial(from, operation, location);
            }
            if self.rounds_begun(operation, location) <= TRIES as usize {
                return;
            }
        }
        self.learning.guards.push(Guard { thread: me, from, at });
        self.fairness_assumed = true;
        if news {
            return;
        }
        // Whoever changes any of it has to look who waits for that.
        for number in from..at {
            let Operation { object, .. } = self.steps.get(number).operation;
            if let Some(met) = self.objects.get_mut(object.index()) {
                met.quick = false;
            }
        }
        self.resting.insert(me);
        self.hold_back(me);
    }

    /// Where the running thread's last round began, if `operation` begins the same round again; the first of several that had
    /// to be in vain.
    fn round_before(&self, operation: &Operation, location: &'static Location<'static>) -> Option<usize> {
        let (mut looks, mut in_vain, mut rounds) = (false, false, 0);
        for (number, step) in self.only_looked() {
            looks |= step.accesses().iter().flatten().next().is_some();
            in_vain |= step.outcome == Outcome::TimedOut;
            if is_at(step, operation, location) {
                rounds += 1;
                if !looks || !in_vain || rounds == TRIES {
                    return looks.then_some(number);
                }
            }
        }
        None
    }

    /// The running thread's steps since it last changed anything or ended a round that was fruitful, the last first.
    pub(super) fn only_looked(&self) -> impl Iterator<Item = (usize, &Step)> {
        let steps =
            (self.steps.first()..self.steps.len()).rev().map(|number| (number, self.steps.get(number)));
        let own = steps.filter(|(_, step)| step.thread == self.running);
        own.take_while(|(_, step)| !step.changes() && !step.ends_fruitful_round())
    }

    /// Whether `thread` has looked, from its step number `from` on, at what `step` changes.
    fn looked_at(&self, thread: ThreadId, from: usize, step: &Step) -> bool {
        self.steps.since(from).any(|look| look.thread == thread && look.conflicts(step))
    }

    /// Something may have changed: those that wait to see it go on.
    #[cold]
    pub(crate) fn wake_lookers(&mut self) {
        let last = *self.steps.get(self.steps.len() - 1);
        if !last.changes() {
            return;
        }
        self.learning.rouses = 0;
        let resting = std::mem::take(&mut self.resting);
        for thread in &resting {
            let guard = self.learning.guards.iter().rev().find(|guard| guard.thread == thread);
            let woken = guard.is_none_or(|guard| self.looked_at(thread, guard.from, &last));
            if !woken {
                self.resting.insert(thread);
            }
        }
        for thread in &resting {
            self.refresh_thread(thread);
        }
    }

    /// Lets the next thread that only looks go round once more: nobody else can do anything. `false` when that has been tried
    /// often and nothing has changed.
    pub(crate) fn rouse_in_turn(&mut self) -> bool {
        let last = self.learning.roused;
        let mut can = self.resting.iter().filter(|t| self.is_possible(*t));
        let first = can.next();
        let next = first.filter(|t| *t > last).or_else(|| can.find(|t| *t > last)).or(first);
        let Some(thread) = next else { return false };
        // It may only be counting, and is given as much time for that as where nobody learns.
        if u64::from(self.learning.rouses) >= LONG {
            return false;
        }
        self.learning.rouses += 1;
        self.learning.roused = thread;
        self.rouse(thread)
    }

    /// The execution as its strategy learns from it; `None` when the strategy does not.
    pub(crate) fn record(&mut self) -> Option<Record<'_>> {
        if !self.learning.active {
            return None;
        }
        self.learning.pending.clear();
        for thread in self.threads.first(self.live_threads) {
            let left = !thread.is_over() || thread.life == Life::Killed;
            self.learning.pending.push(left.then_some(thread.pending));
        }
        self.note_processes();
        let cut = matches!(self.over, None | Some(Ending::StepLimit | Ending::Stopped));
        // Of a very long execution the first steps are not kept.
        let steps = self.steps.all();
        let maximal = !cut && self.enabled.is_empty() && steps.is_some();
        let learning = &self.learning;
        Some(Record {
            steps: steps.unwrap_or_default(),
            pending: &learning.pending,
            processes: &learning.processes,
            guards: &learning.guards,
            yields: &learning.yields,
            maximal,
            spurious_wakeups: self.settings.spurious_wakeups,
            weak_failures: self.settings.weak_failures,
            begun: &learning.begun,
            overheard: learning.overheard,
        })
    }
}
