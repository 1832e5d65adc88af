//! The two halves of an operation, and what performing one does.
//!
//! For operations known as data; for those known by their type see [`hot_path`](super::hot_path).

use super::Clock;
use super::execution::{Arrival, Execution, Mode};
use crate::base::object::{Atomic, State};
use crate::base::{
    Action, AtomicAction, CellAction, ChannelAction, CondvarAction, EventAction, FOREVER, MOST_DENIALS,
    MOST_PLACES, MutexAction, ObjectId, Operation, Outcome, QueueAction, RendezvousAction, RwLockAction,
    SemaphoreAction, Step, ThreadAction, ThreadId, synchronization,
};
use crate::trace::Race;
use std::panic::Location;

impl Execution {
    /// Whether the running thread may perform `operation` now, or what it has to do first.
    #[inline]
    pub(crate) fn arrive(&mut self, operation: &Operation, location: &'static Location<'static>) -> Arrival {
        if self.covers() && (!operation.may_block() || self.is_ready(self.running, operation)) {
            if self.exempt > 0 && !self.every_point && self.may_spare_operation(operation) {
                self.exempt_step();
            }
            return Arrival::Go;
        }
        if !self.every_point && self.may_spare_operation(operation) {
            return Arrival::Go;
        }
        self.arrive_asking(operation, location)
    }

    /// Performs `operation`, which the running thread has arrived at.
    #[inline(always)]
    pub(crate) fn commit(&mut self, operation: Operation, location: &'static Location<'static>) -> Outcome {
        if let Action::Atomic(action) = operation.action {
            self.weak.seen |= !action.is_sequentially_consistent();
            if self.weak.active {
                return self.commit_weak(operation.object, action, location);
            }
        }
        let choice = if has_outcomes(&operation) { self.pick_outcome(&operation) } else { 0 };
        let outcome = match operation.action {
            Action::Thread(_) | Action::Fence(_) | Action::Choose(_) => self.commit_free(operation, choice),
            Action::Condvar(_) => self.commit_condvar(operation, choice),
            Action::Output(action) => self.commit_output(operation, action),
            _ => self.commit_on_object(operation, choice),
        };
        let step = Step { thread: self.running, choice, operation, outcome, location };
        if operation.is_point() {
            self.record_step(step)
        } else {
            self.record_free(step)
        }
        outcome
    }

    /// Records a step; who rests until something has changed may go on.
    #[inline(always)]
    pub(crate) fn record_step(&mut self, step: Step) {
        self.steps.push(step);
        self.tell_lookers();
    }

    #[inline(always)]
    pub(crate) fn tell_lookers(&mut self) {
        if !self.resting.is_empty() && self.learning.active {
            self.wake_lookers();
        }
    }

    /// As [`record_step`](Self::record_step), for a step that is no choice.
    pub(crate) fn record_free(&mut self, step: Step) {
        self.push_free(step);
        self.tell_lookers();
    }

    /// Records a step that is no choice, and changes nothing.
    #[inline(always)]
    pub(crate) fn push_free(&mut self, step: Step) {
        self.steps.push(step);
        self.free += 1;
        self.covered += 1;
        self.due_at += 1;
    }

    /// Replaces the outcome recorded last, for values that only the facade knows.
    #[inline(always)]
    pub(crate) fn annotate(&mut self, outcome: Outcome) {
        if self.mode == Mode::Running
            && let Some(step) = self.steps.last_mut()
            && step.thread == self.running
        {
            step.outcome = outcome;
        }
    }

    #[inline(always)]
    pub(crate) fn commit_on_object(&mut self, operation: Operation, choice: u32) -> Outcome {
        let (me, offset) = (self.running, self.offset());
        if matches!(operation.action, Action::Channel(ChannelAction::TrySend)) {
            self.note_receiver(operation.object, choice == 0);
        }
        let state = &mut self.objects[operation.object.index()].state;
        let outcome = if operation.may_block() && !state.ready(me, operation.action) {
            let outcome = state.time_out(me, operation.action);
            // Waiting in vain takes its time.
            self.advance(operation.timeout());
            outcome
        } else {
            state.apply(me, operation.action, choice)
        };
        if matches!(operation.action, Action::Event(EventAction::Set)) {
            self.let_waiters_go(operation.object);
        }
        if !self.objects[operation.object.index()].exposed {
            self.note_meeting(operation.object);
        }
        if let Action::Cell(access) = operation.action {
            self.access_cell(operation.object, access);
            return outcome;
        }
        let effect = synchronization(operation.action, outcome);
        let (object, thread) = (&mut self.objects[operation.object.index()], &mut self.threads[me.index()]);
        object.trail.synchronize(&mut thread.knows, me, offset, effect);
        if operation.may_block() && thread.watching {
            self.unwatch(&operation);
        }
        self.note_lock(&operation, outcome);
        if !self.objects[operation.object.index()].watchers.is_empty() {
            self.refresh(operation.object);
        }
        outcome
    }

    /// An event has been set. Under the virtual clock it matters who has waited for it by now, because time tells: they go on,
    /// whatever comes next. Under the abstract clock nobody can know that a wait has begun, so that one which goes on is one
    /// which has been performed before the flag is lowered.
    #[cold]
    fn let_waiters_go(&mut self, event: ObjectId) {
        let met = &mut self.objects[event.index()];
        if self.settings.clock == Clock::Virtual
            && let State::Event(state) = &mut met.state
        {
            state.let_go(&met.watchers);
        }
    }

    /// Tells a channel whether a thread waits to receive from it: one that has come to it, where that `counts`.
    #[cold]
    fn note_receiver(&mut self, channel: ObjectId, counts: bool) {
        let receives = |t: ThreadId| {
            let pending = &self.threads[t.index()].pending;
            pending.object == channel
                && matches!(pending.action, Action::Channel(ChannelAction::Receive { .. }))
        };
        let waits = counts && self.objects[channel.index()].watchers.iter().any(receives);
        if let State::Channel(state) = &mut self.objects[channel.index()].state {
            state.set_receiver_waits(waits);
        }
    }

    #[inline(always)]
    fn note_lock(&mut self, operation: &Operation, outcome: Outcome) {
        match operation.action {
            Action::Mutex(MutexAction::Lock { .. } | MutexAction::TryLock) => {
                if matches!(outcome, Outcome::Done | Outcome::Poisoned) {
                    self.took_lock(operation.object);
                }
                if !matches!(operation.action, Action::Mutex(MutexAction::Lock { timeout: FOREVER })) {
                    self.note_try_lock();
                }
            }
            Action::Semaphore(action) => self.note_semaphore(operation.object, action, outcome),
            Action::RwLock(
                action @ (RwLockAction::Read
                | RwLockAction::Write
                | RwLockAction::TryRead
                | RwLockAction::TryWrite),
            ) => {
                if matches!(outcome, Outcome::Done | Outcome::Poisoned) {
                    self.took_lock(operation.object);
                    if matches!(action, RwLockAction::Read | RwLockAction::TryRead) {
                        // Others may hold it too: it protects nothing.
                        self.running_mut().locks.pop();
                    }
                }
            }
            Action::Mutex(MutexAction::Unlock { .. } | MutexAction::Release)
            | Action::RwLock(RwLockAction::UnlockRead | RwLockAction::UnlockWrite { .. }) => {
                self.misuse |= outcome == Outcome::Refused;
                let strange = !self.running_mut().gave_lock_back(operation.object);
                if strange && matches!(operation.action, Action::Mutex(MutexAction::Release)) {
                    self.strange_release_seen = true;
                    self.nobody_holds(operation.object);
                }
            }
            // Others may hold it too from now on: it protects nothing.
            Action::RwLock(RwLockAction::Downgrade) => self.nobody_holds(operation.object),
            Action::Mutex(MutexAction::IsLocked) => self.note_try_lock(),
            Action::Queue(QueueAction::TaskDone) => self.misuse |= outcome == Outcome::Refused,
            Action::Queue(QueueAction::Put { .. }) => self.misuse |= outcome == Outcome::Disconnected,
            Action::Rendezvous(RendezvousAction::Arrive { .. }) => self.misuse |= outcome == Outcome::Refused,
            Action::Pipe(_) => self.misuse |= matches!(outcome, Outcome::Mismatch(_)),
            _ => {}
        }
    }

    /// A semaphore of one permit is held as a mutex is, as long as whoever takes the permit gives it back.
    fn note_semaphore(&mut self, object: ObjectId, action: SemaphoreAction, outcome: Outcome) {
        match action {
            SemaphoreAction::Acquire { timeout } => {
                if timeout != FOREVER {
                    self.note_try_lock();
                }
                let State::Semaphore(state) = &self.objects[object.index()].state else { return };
                if outcome == Outcome::Done && state.excludes() {
                    self.running_mut().locks.push(object);
                }
            }
            SemaphoreAction::Release { .. } => {
                self.misuse |= outcome == Outcome::Refused;
                if !self.running_mut().gave_permit_back(object) {
                    self.nobody_holds(object);
                }
            }
        }
    }

    /// Somebody has given back what he had not taken: it protects nothing any more.
    #[cold]
    pub(crate) fn nobody_holds(&mut self, object: ObjectId) {
        self.threads
            .first_mut(self.live_threads)
            .for_each(|thread| thread.locks.retain(|lock| *lock != object));
    }

    fn took_lock(&mut self, object: ObjectId) {
        if let Some(order) = self.running_mut().took_lock(object) {
            self.nest_locks(order);
        }
    }

    /// The running thread holds several locks.
    #[cold]
    pub(crate) fn nest_locks(&mut self, order: u64) {
        // A sum, because the order among threads does not matter.
        self.nested_locks = true;
        let factor = u64::from(self.running.0) + 3;
        self.lock_order = self.lock_order.wrapping_add(order.wrapping_mul(factor));
    }

    fn access_cell(&mut self, object: ObjectId, access: CellAction) {
        let (me, offset, threads) = (self.running, self.offset(), self.live_threads);
        let trail = &mut self.objects[object.index()].trail;
        let clock = &self.threads[me.index()].knows.clock;
        let rival = match access {
            CellAction::Read => trail.read(clock, me, offset),
            CellAction::Write => trail.write(clock, me, offset, threads),
        };
        if let Some(first) = rival
            && self.mode == Mode::Running
            && self.races.len() < 16
        {
            self.races.push(Race { object, first: u64::from(first) - 1, second: u64::from(offset) - 1 });
        }
    }

    /// The condition wait's steps meet two objects.
    #[inline(never)]
    fn commit_condvar(&mut self, operation: Operation, choice: u32) -> Outcome {
        let outcome = if self.wakes_spuriously(&operation, choice) {
            self.running_mut().spurious += 1;
            let state = &mut self.objects[operation.object.index()].state;
            let outcome = state.apply(self.running, operation.action, choice);
            self.unwatch(&operation);
            outcome
        } else {
            self.commit_on_object(operation, choice)
        };
        if let Some(inner) = operation.second()
            && self.commit_on_object(inner, 0) == Outcome::Poisoned
        {
            return Outcome::Poisoned;
        }
        outcome
    }

    /// Whether the running thread wakes though nobody has notified it, and not because its time is up.
    fn wakes_spuriously(&self, operation: &Operation, choice: u32) -> bool {
        let notified = || self.objects[operation.object.index()].state.ready(self.running, operation.action);
        match operation.action {
            Action::Condvar(CondvarAction::Reacquire { .. }) => !notified(),
            Action::Condvar(CondvarAction::Wake { stays: false, .. }) => choice != 0 && !notified(),
            _ => false,
        }
    }

    /// Whether `object` is an atomic that holds `expected`: then a weak exchange has a second outcome.
    pub(crate) fn would_match(&self, operation: &Operation) -> bool {
        let Action::Atomic(AtomicAction::CompareExchange { expected, .. }) = operation.action else {
            return false;
        };
        matches!(&self.objects[operation.object.index()].state, State::Atomic(state) if Atomic::holds(state, expected))
    }

    /// Which of several outcomes an operation gets.
    #[cold]
    pub(crate) fn pick_outcome(&mut self, operation: &Operation) -> u32 {
        let count = match operation.action {
            Action::Choose(count) => count,
            Action::Atomic(_) => {
                let left = self.threads[self.running.index()].weak < self.settings.weak_failures;
                1 + u32::from(left && self.would_match(operation))
            }
            Action::Thread(ThreadAction::IsFinished(thread)) => 1 + u32::from(self.may_deny_end(thread)),
            // Under virtual time the time is not up before it is.
            Action::Thread(ThreadAction::Join { thread, .. }) => {
                1 + u32::from(self.settings.clock == Clock::Abstract && self.may_deny_end(thread))
            }
            Action::Channel(_) => self.outcomes_of_attempt(operation),
            Action::Condvar(CondvarAction::Wake { .. }) => {
                let left = self.threads[self.running.index()].spurious < self.settings.spurious_wakeups;
                1 + u32::from(left && self.wakes_spuriously(operation, 1))
            }
            action => self.objects()[operation.object.index()].state.outcomes(action),
        };
        if count < 2 || self.mode == Mode::TearingDown {
            return 0;
        }
        let strategy = self.strategy.as_mut().expect("a strategy is set while an execution runs");
        let choice = match operation.action {
            // The same as under C11, so that a schedule means the same.
            Action::Atomic(_) => strategy.place(self.running, &[0, MOST_PLACES]),
            _ => strategy.outcome(self.running, count).min(count - 1),
        };
        self.schedule.outcome_at(self.position(), choice);
        match operation.action {
            Action::Atomic(_) => self.running_mut().weak += u32::from(choice != 0),
            Action::Channel(_) if choice == 0 => self.running_mut().refused = 0,
            Action::Channel(_) => self.running_mut().refused += 1,
            _ => {}
        }
        choice
    }

    /// How many outcomes an attempt to send has: where it would hand over its message to one who has come to receive, that one may
    /// not wait yet, which it finds no more often in a row than a polling loop is followed.
    fn outcomes_of_attempt(&mut self, operation: &Operation) -> u32 {
        self.note_receiver(operation.object, true);
        let count = self.objects()[operation.object.index()].state.outcomes(operation.action);
        let enough = count > 1 && self.running_mut().refused >= MOST_DENIALS as u32;
        if enough {
            // It succeeds now.
            self.running_mut().refused = 0;
            self.fairness_assumed = true;
            return 1;
        }
        count
    }
}

/// Whether an operation can have more than one outcome in some state.
#[inline(always)]
const fn has_outcomes(operation: &Operation) -> bool {
    matches!(
        operation.action,
        Action::Choose(_)
            | Action::Condvar(CondvarAction::NotifyOne | CondvarAction::Wake { stays: false, .. })
            | Action::Atomic(AtomicAction::CompareExchange { weak: true, .. })
            | Action::Thread(ThreadAction::IsFinished(_) | ThreadAction::Join { .. })
            | Action::Channel(ChannelAction::TrySend)
    )
}
