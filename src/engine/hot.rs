//! The operations of long executions, as types: what is known of them at the call stays known all the way down.
//!
//! An [`Operation`](crate::base::Operation) is data, and matching on data costs instructions that the compiler cannot take
//! away once the value has been through memory. So the few operations that programs perform millions of times are also
//! types here, with the same state machines and the same table of happens-before behind them; `engine::tests` holds the two
//! ways to the same results.

use super::clocks::{Acquire, Release, synchronization};
use super::execution::Execution;
use crate::base::object::State;
use crate::base::{Action, AtomicAction, FOREVER, MutexAction, ObjectId, Outcome, ThreadId};

/// An operation known by its type. It meets one object, has one outcome in each state and is a point.
pub(crate) trait Hot: Copy {
    /// Whether there are states in which it cannot be performed.
    const MAY_BLOCK: bool = false;
    /// Whether it meets an atomic.
    const IS_ATOMIC: bool = false;
    /// Whether it gives a mutex back.
    const IS_RELEASE: bool = false;

    /// The same, as data.
    fn action(self) -> Action;

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

    /// What else the execution has to know.
    #[inline(always)]
    fn note(self, execution: &mut Execution, object: ObjectId) {
        let _ = (execution, object);
    }
}

/// An atomic's operation, other than a weak compare-exchange.
#[derive(Clone, Copy)]
pub(crate) struct OnAtomic(pub(crate) AtomicAction);

impl Hot for OnAtomic {
    const IS_ATOMIC: bool = true;

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
        super::clocks::atomic(self.0, outcome)
    }
}

/// Takes a mutex, however long that takes.
#[derive(Clone, Copy)]
pub(crate) struct Lock;

impl Hot for Lock {
    const MAY_BLOCK: bool = true;

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
    fn note(self, execution: &mut Execution, object: ObjectId) {
        execution.took_lock(object);
    }
}

/// Gives a mutex back.
#[derive(Clone, Copy)]
pub(crate) struct Unlock {
    pub(crate) poison: bool,
}

impl Hot for Unlock {
    const IS_RELEASE: bool = true;

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
    fn note(self, execution: &mut Execution, object: ObjectId) {
        execution.gave_lock_back(object);
    }
}
