//! Waiting: what holds a thread back, and who is looked at again when that changes.

use super::Clock;
use super::execution::{Execution, Mode};
use super::thread::Life;
use crate::base::object::State;
use crate::base::{
    Action, CondvarAction, FOREVER, MOST_DENIALS, MutexAction, ObjectId, Operation, Outcome, SemaphoreAction,
    ThreadAction, ThreadId,
};

impl Execution {
    /// The running thread's pending operation may block: is it enabled, and who must tell when that changes?
    pub(crate) fn arrive_blocking(&mut self, operation: &Operation) {
        let me = self.running;
        let timeout = operation.timeout();
        if timeout != FOREVER {
            let thread = &mut self.threads[me.index()];
            thread.deadline = self.times.common.saturating_add(timeout);
        }
        if !self.is_possible(me) || self.resting.contains(me) {
            // At once, because time may have to pass before anybody can go on.
            self.watch(me, operation, true);
            self.hold_back(me);
        }
    }

    /// `me` cannot go on for now.
    #[inline(always)]
    pub(crate) fn hold_back(&mut self, me: ThreadId) {
        self.enabled.remove(me);
        self.ask_again();
        if self.enabled.is_empty() {
            self.due_at = 0;
        }
    }

    /// Whether `me` is to be looked at again whenever what its pending operation meets has changed. Only threads that do not
    /// run need to be.
    pub(crate) fn watch(&mut self, me: ThreadId, operation: &Operation, watching: bool) {
        self.threads[me.index()].watching = watching;
        match operation.action {
            Action::Thread(ThreadAction::Join { thread, .. }) => {
                self.threads[thread.index()].joiners.set(me, watching)
            }
            Action::Thread(_) => {}
            _ => {
                let object = self.object_mut(operation.object);
                object.watchers.set(me, watching);
                if !waits_to_take(operation.action) {
                    object.only_lockers = false;
                    object.quick = false;
                }
                if let Some(second) = operation.second_object() {
                    let second = self.object_mut(second);
                    second.watchers.set(me, watching);
                    second.quick = false;
                    second.only_lockers = false;
                }
            }
        }
    }

    /// The operation that the running thread was watched for is being performed.
    pub(crate) fn unwatch(&mut self, operation: &Operation) {
        self.watch(self.running, operation, false);
    }

    /// Whether the operation of the running thread could be performed at once, time-outs aside.
    #[inline(always)]
    pub(crate) fn is_ready(&self, thread: ThreadId, operation: &Operation) -> bool {
        match operation.action {
            Action::Thread(action) => self.is_thread_ready(thread, action),
            action => {
                // A fence or a choice is about none.
                let object = self.objects().get(operation.object.index());
                let free = |mutex: ObjectId| self.objects()[mutex.index()].state.holder().is_none();
                object.is_none_or(|object| object.state.ready(thread, action))
                    && operation.second_object().is_none_or(free)
            }
        }
    }

    pub(crate) fn is_thread_ready(&self, thread: ThreadId, action: ThreadAction) -> bool {
        match action {
            ThreadAction::Join { thread, .. } => self.threads[thread.index()].is_over(),
            ThreadAction::Park { .. } => self.threads[thread.index()].token,
            ThreadAction::Sleep(_) => self.settings.clock == Clock::Abstract,
            ThreadAction::GoOn => false,
            _ => true,
        }
    }

    /// Whether the pending operation of `thread` can be performed: it is ready, or its time may be up, or it may wake
    /// for no reason.
    pub(crate) fn is_possible(&self, thread: ThreadId) -> bool {
        let pending = &self.threads[thread.index()].pending;
        self.is_ready(thread, pending)
            || self.may_time_out(thread, pending)
            || self.may_wake_spuriously(thread, pending)
    }

    pub(crate) fn may_time_out(&self, thread: ThreadId, operation: &Operation) -> bool {
        operation.timeout() != FOREVER
            && (self.settings.clock == Clock::Abstract
                || self.times.common >= self.threads[thread.index()].deadline)
            && self.objects().get(operation.object.index()).is_none_or(|met| met.state.may_time_out())
    }

    /// Whether the running thread has joined another, or knows of somebody who has.
    pub(crate) fn has_joined(&self, ended: ThreadId) -> bool {
        let (thread, clock) = (&self.threads[ended.index()], &self.threads[self.running.index()].knows.clock);
        // Its last entry is that of its exit, which a join passes on.
        let over = thread.is_over() && thread.life != Life::Killed;
        over && clock.get(ended) >= thread.knows.clock.get(ended)
    }

    /// Whether the running thread knows that another has ended, or has been told by somebody who does.
    pub(crate) fn knows_end_of(&self, ended: ThreadId) -> bool {
        let (me, clock) = (self.running, &self.threads[self.running.index()].knows.clock);
        let told = &self.threads[ended.index()].end_told;
        self.has_joined(ended) || told.iter().any(|(whom, at)| *whom == me || clock.get(*whom) >= *at)
    }

    /// Whether the running thread, which asks whether another has ended or waits some time for that, may find that it has not
    /// though it has.
    pub(crate) fn may_deny_end(&mut self, ended: ThreadId) -> bool {
        if !self.threads[ended.index()].is_over() || self.knows_end_of(ended) {
            return false;
        }
        let me = self.running;
        let denied = self.threads[ended.index()].end_denied.iter().filter(|whom| **whom == me).count();
        // Who plans the outcomes has its own rule for loops.
        let enough = denied >= MOST_DENIALS && self.weak.total;
        self.fairness_assumed |= enough;
        !enough
    }

    /// The time for a join was up first, be it that the thread has come to its end just now.
    pub(super) fn join_in_vain(&mut self, thread: ThreadId, timeout: u64) -> Outcome {
        let me = self.running;
        if self.threads[thread.index()].is_over() {
            self.threads[thread.index()].end_denied.push(me);
        }
        self.advance(timeout);
        Outcome::TimedOut
    }

    pub(crate) fn may_wake_spuriously(&self, thread: ThreadId, operation: &Operation) -> bool {
        if self.threads[thread.index()].spurious >= self.settings.spurious_wakeups {
            return false;
        }
        match operation.action {
            Action::Condvar(CondvarAction::Reacquire { mutex }) => {
                self.objects()[mutex.index()].state.holder().is_none()
            }
            Action::Thread(ThreadAction::Park { timeout: FOREVER }) => true,
            _ => false,
        }
    }

    /// The state of `object` has changed: whom does it hold back now?
    #[inline(never)]
    pub(crate) fn refresh(&mut self, object: ObjectId) {
        if self.mode == Mode::TearingDown {
            // Who could go on when the execution was over is what the trace tells.
            return;
        }
        let met = &self.objects()[object.index()];
        let free = match &met.state {
            State::Mutex(mutex) => Some(mutex.holder().is_none()),
            State::Semaphore(semaphore) => Some(semaphore.is_open()),
            _ => None,
        };
        if met.only_lockers
            && let Some(free) = free
        {
            // The common case, without looking at each: all of them wait to take it.
            let lockers = &self.objects[object.index()].watchers;
            let changed =
                if free { self.enabled.insert_all(lockers) } else { self.enabled.remove_all(lockers) };
            if changed {
                self.ask_again();
            }
            return;
        }
        let watchers = std::mem::take(&mut self.object_mut(object).watchers);
        for thread in &watchers {
            self.refresh_thread(thread);
        }
        self.object_mut(object).watchers = watchers;
    }

    pub(crate) fn refresh_thread(&mut self, thread: ThreadId) {
        debug_assert!(self.mode == Mode::Running);
        let possible = self.is_possible(thread) && !self.resting.contains(thread);
        if possible != self.enabled.contains(thread) {
            self.enabled.set(thread, possible);
            self.ask_again();
        }
    }

    /// Moves virtual time to the next moment at which something happens; `false` when there is none.
    pub(crate) fn let_time_pass(&mut self) -> bool {
        if self.settings.clock == Clock::Abstract {
            return false;
        }
        // Of a thread that waits without a time-out the deadline is left from an earlier wait.
        let waits = |t: &&super::thread::Thread| {
            !t.is_over() && t.watching && t.pending.timeout() != FOREVER && t.deadline > self.times.common
        };
        let all = self.threads.first(self.live_threads);
        let Some(next) = all.filter(waits).map(|t| t.deadline).min() else { return false };
        self.times.common = self.times.common.max(next);
        for thread in (0..self.live_threads).map(ThreadId) {
            if !self.threads[thread.index()].is_over() && self.threads[thread.index()].watching {
                self.refresh_thread(thread);
            }
        }
        !self.enabled.is_empty()
    }
}

/// Whether whoever is about to do this waits to take a mutex, or a permit of a semaphore, however long that takes.
const fn waits_to_take(action: Action) -> bool {
    matches!(
        action,
        Action::Mutex(MutexAction::Lock { timeout: FOREVER })
            | Action::Semaphore(SemaphoreAction::Acquire { timeout: FOREVER })
    )
}
