//! The operations of long executions, as types: what is known of them at the call stays known all the way down.
//!
//! An [`Operation`](crate::base::Operation) is data, and matching on data costs instructions that the compiler cannot take
//! away once the value has been through memory. So the few operations that programs perform millions of times are also
//! types here, with the same state machines and the same table of happens-before behind them; `engine::tests` holds the two
//! ways to the same results.

use super::thread::Thread;
use crate::base::object::State;
use crate::base::{
    Acquire, Action, AtomicAction, FOREVER, MutexAction, ObjectId, Outcome, Release, SemaphoreAction,
    ThreadId, synchronization,
};
use std::sync::atomic::Ordering;

/// An operation known by its type. It meets one object, has one outcome in each state and is a point.
pub(crate) trait Hot: Copy {
    /// What the facade wants to know of its outcome.
    type Answer;

    /// Whether there are states in which it cannot be performed.
    const MAY_BLOCK: bool = false;
    /// Whether it meets an atomic.
    const IS_ATOMIC: bool = false;
    /// Whether it gives a mutex back.
    const IS_RELEASE: bool = false;

    /// The same, as data.
    fn action(self) -> Action;

    /// Whether it is an atomic's, and not sequentially consistent.
    #[inline(always)]
    fn is_weak(self) -> bool {
        false
    }

    /// The outcome, for the facade.
    fn answer(outcome: Outcome) -> Self::Answer;

    /// Whether it can be performed.
    #[inline(always)]
    fn is_ready(self, state: &State) -> bool {
        let _ = state;
        true
    }

    /// Performs it, ready as it is.
    #[inline(always)]
    fn apply(self, state: &mut State, thread: ThreadId) -> Outcome {
        state.apply(thread, self.action(), 0)
    }

    /// What it does to happens-before.
    #[inline(always)]
    fn effect(self, outcome: Outcome) -> (Acquire, Release) {
        synchronization(self.action(), outcome)
    }

    /// Whether there is nothing out of the ordinary to note of its thread.
    #[inline(always)]
    fn is_plain(self, thread: &Thread, object: ObjectId) -> bool {
        let _ = (thread, object);
        true
    }

    /// Whether it keeps those waiting who want to do the same, in the state that it has left.
    #[inline(always)]
    fn shuts(self, state: &State) -> bool {
        let _ = state;
        Self::MAY_BLOCK
    }

    /// Of one that gives a mutex back, whether others may take it for that: its thread has taken what it gives back.
    #[inline(always)]
    fn gives_own_back(self, thread: &Thread, object: ObjectId) -> bool {
        let _ = (thread, object);
        true
    }

    /// What else there is to know of its thread, given the state that it has left; a number that stands for the order in which
    /// that has taken locks, if it holds several now.
    #[inline(always)]
    fn note(self, thread: &mut Thread, object: ObjectId, state: &State) -> Option<u64> {
        let _ = (thread, object, state);
        None
    }

    /// As [`note`](Self::note), where there is nothing [out of the ordinary](Self::is_plain).
    #[inline(always)]
    fn note_plainly(self, thread: &mut Thread, object: ObjectId, state: &State) -> Option<u64> {
        self.note(thread, object, state)
    }
}

/// Reads an atomic.
#[derive(Clone, Copy)]
pub(crate) struct Load(pub(crate) Ordering);

impl Hot for Load {
    type Answer = u64;
    const IS_ATOMIC: bool = true;

    #[inline(always)]
    fn is_weak(self) -> bool {
        !AtomicAction::Load(self.0).is_sequentially_consistent()
    }

    #[inline(always)]
    fn answer(outcome: Outcome) -> u64 {
        outcome.value().unwrap_or(0)
    }

    #[inline(always)]
    fn action(self) -> Action {
        Action::Atomic(AtomicAction::Load(self.0))
    }

    #[inline(always)]
    fn apply(self, state: &mut State, thread: ThreadId) -> Outcome {
        OnAtomic(AtomicAction::Load(self.0)).apply(state, thread)
    }
}

/// Writes an atomic.
#[derive(Clone, Copy)]
pub(crate) struct Store {
    pub(crate) value: u64,
    pub(crate) ordering: Ordering,
}

impl Hot for Store {
    type Answer = ();
    const IS_ATOMIC: bool = true;

    #[inline(always)]
    fn is_weak(self) -> bool {
        self.ordering != Ordering::SeqCst
    }

    #[inline(always)]
    fn answer(_outcome: Outcome) {}

    #[inline(always)]
    fn action(self) -> Action {
        Action::Atomic(AtomicAction::Store { value: self.value, ordering: self.ordering })
    }

    #[inline(always)]
    fn apply(self, state: &mut State, thread: ThreadId) -> Outcome {
        OnAtomic(AtomicAction::Store { value: self.value, ordering: self.ordering }).apply(state, thread)
    }
}

/// An atomic's operation, other than a weak compare-exchange.
#[derive(Clone, Copy)]
pub(crate) struct OnAtomic(pub(crate) AtomicAction);

impl Hot for OnAtomic {
    type Answer = Outcome;
    const IS_ATOMIC: bool = true;

    #[inline(always)]
    fn is_weak(self) -> bool {
        !self.0.is_sequentially_consistent()
    }

    #[inline(always)]
    fn answer(outcome: Outcome) -> Outcome {
        outcome
    }

    #[inline(always)]
    fn action(self) -> Action {
        Action::Atomic(self.0)
    }

    #[inline(always)]
    fn apply(self, state: &mut State, _thread: ThreadId) -> Outcome {
        match state {
            State::Atomic(state) => state.apply(self.0, 0),
            _ => crate::base::object::mismatch(),
        }
    }

    #[inline(always)]
    fn effect(self, outcome: Outcome) -> (Acquire, Release) {
        crate::base::atomic(self.0, outcome)
    }
}

/// Takes a mutex, however long that takes.
#[derive(Clone, Copy)]
pub(crate) struct Lock;

impl Hot for Lock {
    /// Whether it is poisoned.
    type Answer = bool;

    const MAY_BLOCK: bool = true;

    #[inline(always)]
    fn answer(outcome: Outcome) -> bool {
        outcome == Outcome::Poisoned
    }

    #[inline(always)]
    fn action(self) -> Action {
        Action::Mutex(MutexAction::Lock { timeout: FOREVER })
    }

    #[inline(always)]
    fn is_ready(self, state: &State) -> bool {
        matches!(state, State::Mutex(mutex) if mutex.holder().is_none())
    }

    #[inline(always)]
    fn apply(self, state: &mut State, thread: ThreadId) -> Outcome {
        match state {
            State::Mutex(state) => state.apply(thread, MutexAction::Lock { timeout: FOREVER }),
            _ => crate::base::object::mismatch(),
        }
    }

    #[inline(always)]
    fn effect(self, _outcome: Outcome) -> (Acquire, Release) {
        (Acquire::Released, Release::Nothing)
    }

    #[inline(always)]
    fn note(self, thread: &mut Thread, object: ObjectId, _state: &State) -> Option<u64> {
        thread.took_lock(object)
    }
}

/// Gives a mutex back.
#[derive(Clone, Copy)]
pub(crate) struct Unlock {
    pub(crate) poison: bool,
}

impl Hot for Unlock {
    type Answer = ();

    const IS_RELEASE: bool = true;

    #[inline(always)]
    fn answer(_outcome: Outcome) {}

    #[inline(always)]
    fn action(self) -> Action {
        Action::Mutex(MutexAction::Unlock { poison: self.poison })
    }

    #[inline(always)]
    fn apply(self, state: &mut State, thread: ThreadId) -> Outcome {
        match state {
            State::Mutex(state) => state.apply(thread, MutexAction::Unlock { poison: self.poison }),
            _ => crate::base::object::mismatch(),
        }
    }

    #[inline(always)]
    fn effect(self, _outcome: Outcome) -> (Acquire, Release) {
        (Acquire::Nothing, Release::Replace)
    }

    #[inline(always)]
    fn is_plain(self, thread: &Thread, object: ObjectId) -> bool {
        thread.locks.last() == Some(&object)
    }

    #[inline(always)]
    fn note(self, thread: &mut Thread, object: ObjectId, _state: &State) -> Option<u64> {
        thread.gave_lock_back(object);
        None
    }

    #[inline(always)]
    fn note_plainly(self, thread: &mut Thread, _object: ObjectId, _state: &State) -> Option<u64> {
        thread.gave_last_lock_back();
        None
    }
}

/// Takes a permit of a semaphore, however long that takes.
#[derive(Clone, Copy)]
pub(crate) struct TakePermit;

impl Hot for TakePermit {
    type Answer = ();

    const MAY_BLOCK: bool = true;

    #[inline(always)]
    fn answer(_outcome: Outcome) {}

    #[inline(always)]
    fn action(self) -> Action {
        Action::Semaphore(SemaphoreAction::Acquire { timeout: FOREVER })
    }

    #[inline(always)]
    fn is_ready(self, state: &State) -> bool {
        matches!(state, State::Semaphore(semaphore) if semaphore.is_open())
    }

    #[inline(always)]
    fn apply(self, state: &mut State, _thread: ThreadId) -> Outcome {
        match state {
            State::Semaphore(state) => state.apply(SemaphoreAction::Acquire { timeout: FOREVER }),
            _ => crate::base::object::mismatch(),
        }
    }

    #[inline(always)]
    fn effect(self, _outcome: Outcome) -> (Acquire, Release) {
        (Acquire::Released, Release::Join)
    }

    #[inline(always)]
    fn shuts(self, state: &State) -> bool {
        !self.is_ready(state)
    }

    #[inline(always)]
    fn note(self, thread: &mut Thread, object: ObjectId, state: &State) -> Option<u64> {
        if matches!(state, State::Semaphore(semaphore) if semaphore.excludes()) {
            thread.locks.push(object);
        }
        None
    }
}

/// Gives a permit to a semaphore that has no bound.
#[derive(Clone, Copy)]
pub(crate) struct GivePermit;

impl Hot for GivePermit {
    type Answer = ();

    const IS_RELEASE: bool = true;

    #[inline(always)]
    fn answer(_outcome: Outcome) {}

    #[inline(always)]
    fn action(self) -> Action {
        Action::Semaphore(SemaphoreAction::Release { count: 1 })
    }

    #[inline(always)]
    fn apply(self, state: &mut State, _thread: ThreadId) -> Outcome {
        match state {
            State::Semaphore(state) => state.apply(SemaphoreAction::Release { count: 1 }),
            _ => crate::base::object::mismatch(),
        }
    }

    #[inline(always)]
    fn effect(self, _outcome: Outcome) -> (Acquire, Release) {
        (Acquire::Released, Release::Join)
    }

    #[inline(always)]
    fn is_plain(self, thread: &Thread, object: ObjectId) -> bool {
        thread.locks.last() == Some(&object)
    }

    #[inline(always)]
    fn gives_own_back(self, thread: &Thread, object: ObjectId) -> bool {
        thread.locks.contains(&object)
    }

    #[inline(always)]
    fn note(self, thread: &mut Thread, object: ObjectId, _state: &State) -> Option<u64> {
        thread.gave_permit_back(object);
        None
    }

    #[inline(always)]
    fn note_plainly(self, thread: &mut Thread, _object: ObjectId, _state: &State) -> Option<u64> {
        thread.locks.pop();
        None
    }
}
