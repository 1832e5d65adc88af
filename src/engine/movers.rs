//! Operations that need no scheduling point of their own when executions are sampled (Lipton, "Reduction", CACM 1975).
//!
//! An operation on an object that is only ever met under one and the same mutex commutes with whatever other threads can do
//! while the mutex is held, and so does giving back a mutex that nobody tries or looks at. Asking the strategy before them
//! would only thin out the choices that matter. Exhaustive strategies are asked all the same.
//!
//! A semaphore with a single permit, which whoever takes it gives back, counts as a mutex.
//!
//! Whether an object is so protected is learned as Eraser does (Savage et al., TOCS 1997): an object is taken to be
//! protected until a thread, not being alone, meets it without the mutex that was held when it was first met. From then on,
//! in every execution, it counts as exposed. So no interleaving is ruled out for good.

use super::execution::{Execution, Mode};
use crate::base::object::State;
use crate::base::{Action, CondvarAction, MutexAction, ObjectId, Operation, SemaphoreAction};

impl Execution {
    /// Whether objects of this kind are never taken to be protected: locks themselves, and what waiting depends on.
    pub(crate) fn is_born_exposed(&self, number: usize, state: &State) -> bool {
        let can_be_protected = matches!(
            state,
            State::Atomic(_)
                | State::Cell
                | State::Shared
                | State::Condvar(_)
                | State::Event(_)
                | State::Queue(_)
        );
        self.every_point || !can_be_protected || self.exposed.get(number).is_some_and(|exposed| *exposed)
    }

    /// Whether the strategy may be spared the release of a mutex.
    #[inline(always)]
    pub(crate) fn may_spare_release(&self) -> bool {
        // When the execution is over something is always due.
        self.spares_releases && self.steps.len() < self.due_at && self.is_chosen()
    }

    /// Whether the running thread is the one whose choice the schedule has last: not so if it goes on unasked after a join. What it
    /// is spared then would count as a choice of another.
    #[inline(always)]
    pub(super) fn is_chosen(&self) -> bool {
        self.running == self.chosen
    }

    /// The strategy begins an execution.
    pub(crate) fn set_every_point(&mut self, every_point: bool) {
        self.every_point = every_point;
        self.spares_releases = !every_point && !self.try_lock_seen;
    }

    /// Somebody has looked whether a mutex is free: it matters when it becomes so, from now on in every execution.
    #[cold]
    pub(crate) fn note_try_lock(&mut self) {
        self.try_lock_seen = true;
        self.spares_releases = false;
    }

    /// Whether the strategy may be spared an operation on an object not known to be exposed.
    #[cold]
    #[inline(never)]
    pub(crate) fn may_spare(&self, object: ObjectId) -> bool {
        let locks = &self.threads[self.running.index()].locks;
        let protected = match self.objects()[object.index()].guard {
            None => !locks.is_empty(),
            Some(guard) => locks.contains(&guard),
        };
        protected && self.steps.len() < self.due_at && self.mode == Mode::Running && self.is_chosen()
    }

    /// As [`may_spare`](Execution::may_spare), for an operation known only as data.
    pub(crate) fn may_spare_operation(&self, operation: &Operation) -> bool {
        match operation.action {
            Action::Mutex(MutexAction::Release) => self.may_spare_release() && !self.strange_release_seen,
            Action::Semaphore(SemaphoreAction::Release { count: 1 }) => {
                self.may_spare_release()
                    && self.threads[self.running.index()].locks.contains(&operation.object)
            }
            Action::Condvar(CondvarAction::NotifyOne) => false,
            Action::Atomic(_)
            | Action::Shared(_)
            | Action::Cell(_)
            | Action::Condvar(_)
            | Action::Event(_)
            | Action::Queue(_) => {
                !operation.may_block()
                    && !self.objects()[operation.object.index()].exposed
                    && self.may_spare(operation.object)
            }
            _ => false,
        }
    }

    /// Whether no other thread goes on, daemons included.
    fn is_alone(&self) -> bool {
        self.unfinished <= 1
            && self.threads.first(self.live_threads).filter(|thread| !thread.is_over()).count() <= 1
    }

    /// The running thread has met an object not known to be exposed: is it now?
    #[cold]
    #[inline(never)]
    pub(crate) fn note_meeting(&mut self, object: ObjectId) {
        if self.is_alone() || self.mode == Mode::TearingDown {
            // Nobody else is there who could come in between.
            return;
        }
        let locks = &self.threads[self.running.index()].locks;
        let met = &self.objects()[object.index()];
        let guard = met.guard.or_else(|| locks.last().copied());
        if guard.is_some_and(|guard| locks.contains(&guard)) {
            self.object_mut(object).guard = guard;
            return;
        }
        let met = self.object_mut(object);
        (met.exposed, met.guard) = (true, None);
        if self.exposed.len() <= object.index() {
            self.exposed.resize(object.index() + 1, false);
        }
        self.exposed[object.index()] = true;
    }
}
