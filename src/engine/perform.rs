//! The two halves of an operation, and what performing one does.
//!
//! Each comes in two forms: for an operation known by its type (`_hot`), and for one known as data.

use super::clocks::{Acquire, Release, synchronization};
use super::execution::{Arrival, Execution, Mode};
use super::hot::Hot;
use super::weak::SPURIOUS;
use crate::base::object::{Atomic, State};
use crate::base::{
    Action, ArcAction, AtomicAction, CellAction, ChannelAction, CondvarAction, MutexAction, ObjectId,
    Operation, Outcome, RwLockAction, Step, ThreadAction, ThreadId,
};
use crate::trace::Race;
use std::panic::Location;

impl Execution {
    /// Whether the running thread may perform `operation` now, or what it has to do first.
    #[inline]
    pub(crate) fn arrive(&mut self, operation: &Operation, location: &'static Location<'static>) -> Arrival {
        if self.countdown > 0 && (!operation.may_block() || self.is_ready(self.running, operation)) {
            self.countdown -= 1;
            return Arrival::Go;
        }
        if !self.every_point && self.may_spare_operation(operation) {
            return Arrival::Go;
        }
        self.arrive_asking(operation, location)
    }

    /// As [`arrive`](Execution::arrive), for an operation known by its type.
    #[inline(always)]
    pub(crate) fn arrive_hot<H: Hot>(
        &mut self,
        object: ObjectId,
        hot: H,
        location: &'static Location<'static>,
    ) -> Arrival {
        if self.countdown > 0 && (!H::MAY_BLOCK || hot.is_ready(&self.objects[object.index()].state)) {
            self.countdown -= 1;
            return Arrival::Go;
        }
        if H::IS_RELEASE && self.may_spare_release()
            || !H::MAY_BLOCK && !self.objects[object.index()].exposed && self.may_spare(object)
        {
            return Arrival::Go;
        }
        let operation = Operation::new(object, hot.action());
        if H::MAY_BLOCK {
            self.arrive_locking(&operation, location)
        } else {
            self.arrive_free(&operation, location)
        }
    }

    /// As [`commit`](Execution::commit), for an operation known by its type.
    #[inline(always)]
    pub(crate) fn commit_hot<H: Hot>(
        &mut self,
        object: ObjectId,
        hot: H,
        location: &'static Location<'static>,
    ) -> Outcome {
        if H::IS_ATOMIC
            && let Action::Atomic(action) = hot.action()
        {
            self.weak.seen |= !action.is_sequentially_consistent();
            if self.weak.active {
                return self.commit_weak(object, action, location);
            }
        }
        self.position += 1;
        let me = self.running;
        let offset = self.offset();
        let met = &mut self.objects[object.index()];
        let thread = &mut self.threads[me.index()];
        let outcome = hot.apply(&mut met.state, me);
        met.trail.synchronize(&mut thread.knows, me, offset, hot.effect(outcome));
        if H::MAY_BLOCK && thread.watching {
            thread.watching = false;
            met.watchers.remove(me);
        }
        let (watched, exposed) = (!met.watchers.is_empty(), met.exposed);
        if !exposed {
            self.note_meeting(object);
        }
        hot.note(self, object);
        if watched {
            self.refresh(object);
        }
        let operation = Operation::new(object, hot.action());
        self.steps.push(Step { thread: me, choice: 0, operation, outcome, location });
        if !self.resting.is_empty() && self.learning.active {
            self.wake_lookers();
        }
        outcome
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
        self.position += u64::from(operation.is_point());
        let choice = if has_outcomes(&operation) { self.pick_outcome(&operation) } else { 0 };
        let outcome = match operation.action {
            Action::Thread(_) | Action::Fence(_) | Action::Choose(_) => self.commit_free(operation, choice),
            Action::Condvar(_) => self.commit_condvar(operation, choice),
            _ => self.commit_on_object(operation, choice),
        };
        self.steps.push(Step { thread: self.running, choice, operation, outcome, location });
        if !self.resting.is_empty() && self.learning.active {
            self.wake_lookers();
        }
        outcome
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
            self.note_receiver(operation.object);
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
        if !self.objects[operation.object.index()].exposed {
            self.note_meeting(operation.object);
        }
        self.count_seen |= matches!(operation.action, Action::Arc(ArcAction::Count | ArcAction::Unique));
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

    /// Tells a channel whether a thread has come to receive from it.
    #[cold]
    fn note_receiver(&mut self, channel: ObjectId) {
        let receives = |t: ThreadId| {
            let pending = &self.threads[t.index()].pending;
            pending.object == channel
                && matches!(pending.action, Action::Channel(ChannelAction::Receive { .. }))
        };
        let waits = self.objects[channel.index()].watchers.iter().any(receives);
        if let State::Channel(state) = &mut self.objects[channel.index()].state {
            state.set_receiver_waits(waits);
        }
    }

    /// What an operation just performed does to happens-before besides, where only the facade knows.
    pub(crate) fn synchronize(&mut self, object: ObjectId, effect: (Acquire, Release)) {
        let (me, offset) = (self.running, self.steps.len() as u32);
        let knows = &mut self.threads[me.index()].knows;
        self.objects[object.index()].trail.synchronize(knows, me, offset, effect);
    }

    #[inline(always)]
    fn note_lock(&mut self, operation: &Operation, outcome: Outcome) {
        match operation.action {
            Action::Mutex(MutexAction::Lock { .. } | MutexAction::TryLock) => {
                if matches!(outcome, Outcome::Done | Outcome::Poisoned) {
                    self.took_lock(operation.object);
                }
                self.try_lock_seen |= matches!(operation.action, Action::Mutex(MutexAction::TryLock));
            }
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
                let strange = !self.gave_lock_back(operation.object);
                self.strange_release_seen |=
                    strange && matches!(operation.action, Action::Mutex(MutexAction::Release));
            }
            Action::Mutex(MutexAction::IsLocked) => self.try_lock_seen = true,
            _ => {}
        }
    }

    #[inline(always)]
    pub(crate) fn took_lock(&mut self, object: ObjectId) {
        let me = self.running;
        let thread = &mut self.threads[me.index()];
        thread.lock_order = (thread.lock_order ^ u64::from(object.0) ^ u64::from(thread.held) << 32)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(23);
        if thread.held > 0 {
            // A sum, because the order among threads does not matter.
            self.nested_locks = true;
            self.lock_order =
                self.lock_order.wrapping_add(thread.lock_order.wrapping_mul(u64::from(me.0) + 3));
        }
        thread.held += 1;
        thread.locks.push(object);
    }

    /// Whether the running thread is the one that took it.
    #[inline(always)]
    pub(crate) fn gave_lock_back(&mut self, object: ObjectId) -> bool {
        let thread = &mut self.threads[self.running.index()];
        thread.held = thread.held.saturating_sub(1);
        match thread.locks.iter().rposition(|lock| *lock == object) {
            Some(place) => {
                thread.locks.swap_remove(place);
                true
            }
            None => false,
        }
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
        let Action::Condvar(action) = operation.action else { unreachable!("called for condvars only") };
        let mutex = |action| match action {
            CondvarAction::Wait { mutex, .. } => {
                Some(Operation::new(mutex, Action::Mutex(MutexAction::Unlock { poison: false })))
            }
            CondvarAction::Reacquire { mutex } => Some(Operation::new(
                mutex,
                Action::Mutex(MutexAction::Lock { timeout: crate::base::FOREVER }),
            )),
            _ => None,
        };
        let spurious = matches!(action, CondvarAction::Reacquire { .. })
            && !self.objects[operation.object.index()].state.ready(self.running, operation.action);
        let outcome = if spurious {
            self.running_mut().spurious += 1;
            let state = &mut self.objects[operation.object.index()].state;
            let outcome = state.apply(self.running, operation.action, choice);
            self.unwatch(&operation);
            outcome
        } else {
            self.commit_on_object(operation, choice)
        };
        if let Some(inner) = mutex(action)
            && self.commit_on_object(inner, 0) == Outcome::Poisoned
        {
            return Outcome::Poisoned;
        }
        outcome
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
            Action::Thread(ThreadAction::IsFinished(thread)) => {
                let thread = &self.threads[thread.index()];
                1 + u32::from(thread.is_over() && !thread.end_seen)
            }
            action => self.objects()[operation.object.index()].state.outcomes(action),
        };
        if count < 2 || self.mode == Mode::TearingDown {
            return 0;
        }
        let strategy = self.strategy.as_mut().expect("a strategy is set while an execution runs");
        let choice = match operation.action {
            // The same as under C11, so that a schedule means the same.
            Action::Atomic(_) => strategy.place(self.running, &[0, SPURIOUS]),
            _ => strategy.outcome(self.running, count).min(count - 1),
        };
        // The position has been counted up already for the choice under way.
        self.schedule.outcome_at(self.position - 1, choice);
        if matches!(operation.action, Action::Atomic(_)) {
            self.running_mut().weak += u32::from(choice != 0);
        }
        choice
    }
}

/// Whether an operation can have more than one outcome in some state.
#[inline(always)]
const fn has_outcomes(operation: &Operation) -> bool {
    matches!(
        operation.action,
        Action::Choose(_)
            | Action::Condvar(CondvarAction::NotifyOne)
            | Action::Atomic(AtomicAction::CompareExchange { weak: true, .. })
            | Action::Thread(crate::base::ThreadAction::IsFinished(_))
    )
}
