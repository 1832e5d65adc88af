//! What synchronizes with what: for each action and outcome, what it takes from its object and what it leaves there.
//!
//! The rules are those of std's documentation, which are C++20's: a load with `Acquire` that reads a value written with
//! `Release` learns what the writer knew; a read-modify-write carries a release sequence on, a relaxed store ends it;
//! fences move the effect to relaxed accesses around them. What std does not promise is not here: nothing weaker is to be
//! missed. Clocks go by it, and execution graphs.

use super::{
    Action, ArcAction, AtomicAction, BarrierAction, ChannelAction, MutexAction, OnceAction, Outcome,
    RwLockAction,
};
use std::sync::atomic::Ordering;

/// What an action takes from its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acquire {
    Nothing,
    /// What the last releases left.
    Released,
    /// That, and what shared holders left.
    All,
    /// What the sender of the oldest message left.
    Oldest,
    /// What the last releases left, but only once an acquire fence follows.
    Deferred,
}

/// What an action leaves at its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    Nothing,
    /// What the caller knows, instead of what was there.
    Replace,
    /// What the caller knows, on top of what was there.
    Join,
    /// What the caller knows, for the next exclusive holder only.
    Shared,
    /// What the caller knows, with the message.
    Enqueue,
    /// What the caller knew at its last release fence, instead of what was there.
    FenceReplace,
    /// What the caller knew at its last release fence, on top of what was there.
    FenceJoin,
}

/// What an action does to happens-before, given its outcome. Written as data beside nothing else, so that the table
/// can be read against std's documentation line by line.
#[inline(always)]
pub(crate) fn synchronization(action: Action, outcome: Outcome) -> (Acquire, Release) {
    use Outcome::{Chosen, Disconnected, Done, Poisoned, Refused, TimedOut};
    match action {
        Action::Atomic(action) => atomic(action, outcome),
        action if is_under_a_lock(action) => (Acquire::Released, Release::Join),
        Action::Mutex(MutexAction::Lock { .. } | MutexAction::TryLock) => match outcome {
            Refused | TimedOut => (Acquire::Nothing, Release::Nothing),
            _ => (Acquire::Released, Release::Nothing),
        },
        Action::Mutex(MutexAction::Unlock { .. } | MutexAction::Release) => {
            (Acquire::Nothing, Release::Replace)
        }
        Action::RwLock(action) => match (action, outcome) {
            (_, Refused) => (Acquire::Nothing, Release::Nothing),
            (RwLockAction::Read | RwLockAction::TryRead, _) => (Acquire::Released, Release::Nothing),
            (RwLockAction::Write | RwLockAction::TryWrite, _) => (Acquire::All, Release::Nothing),
            (RwLockAction::UnlockRead, _) => (Acquire::Nothing, Release::Shared),
            (RwLockAction::UnlockWrite { .. } | RwLockAction::Downgrade, _) => {
                (Acquire::Nothing, Release::Replace)
            }
            _ => (Acquire::Nothing, Release::Nothing),
        },
        Action::Barrier(BarrierAction::Arrive) if outcome == Chosen => (Acquire::Released, Release::Join),
        Action::Barrier(BarrierAction::Arrive) => (Acquire::Nothing, Release::Join),
        Action::Barrier(BarrierAction::Pass { .. }) => (Acquire::Released, Release::Nothing),
        Action::Once(OnceAction::Complete { .. } | OnceAction::Reset) => (Acquire::Nothing, Release::Replace),
        Action::Once(OnceAction::Set) if outcome == Done => (Acquire::Released, Release::Replace),
        Action::Once(_) => (Acquire::Released, Release::Nothing),
        Action::Channel(ChannelAction::Send | ChannelAction::TrySend) => match outcome {
            Outcome::Value(_) => (Acquire::Nothing, Release::Enqueue),
            _ => (Acquire::Nothing, Release::Nothing),
        },
        Action::Channel(ChannelAction::Receive { .. } | ChannelAction::TryReceive) => match outcome {
            Done => (Acquire::Oldest, Release::Join),
            Disconnected => (Acquire::All, Release::Nothing),
            _ => (Acquire::Nothing, Release::Nothing),
        },
        Action::Channel(ChannelAction::AwaitTaken { .. }) => (Acquire::Released, Release::Nothing),
        // What senders knew when they went is for the receiver, who is told that they are gone.
        Action::Channel(ChannelAction::DropSender { .. }) => (Acquire::Nothing, Release::Shared),
        Action::Channel(ChannelAction::DropReceiver) => (Acquire::Nothing, Release::Join),
        // Whoever upgrades knows how the value has been made, where others had weak pointers meanwhile.
        Action::Arc(ArcAction::Begin) => (Acquire::Nothing, Release::Replace),
        Action::Arc(ArcAction::Upgrade) => (Acquire::Released, Release::Nothing),
        // Whether it succeeds only the facade knows, which then acquires by itself.
        Action::Arc(_) => (Acquire::Nothing, Release::Nothing),
        _ => {
            debug_assert!(outcome != Poisoned || matches!(action, Action::Mutex(_)));
            (Acquire::Nothing, Release::Nothing)
        }
    }
}

/// Whether an action is performed under a lock of its object's own, or of the interpreter's.
#[inline(always)]
pub(crate) const fn is_under_a_lock(action: Action) -> bool {
    matches!(
        action,
        Action::Shared(_)
            | Action::Event(_)
            | Action::Queue(_)
            | Action::Semaphore(_)
            | Action::Rendezvous(_)
            | Action::Pipe(_)
            | Action::Port(_)
            | Action::Stream(_)
            | Action::Value(_)
            | Action::Close
    )
}

#[inline(always)]
pub(crate) fn atomic(action: AtomicAction, outcome: Outcome) -> (Acquire, Release) {
    match (action, outcome) {
        (AtomicAction::Load(ordering), _) => (acquire(ordering), Release::Nothing),
        (AtomicAction::Store { ordering, .. }, _) => (Acquire::Nothing, release_store(ordering)),
        (AtomicAction::Rmw { ordering, .. }, _) => (acquire(ordering), release_rmw(ordering)),
        (AtomicAction::CompareExchange { failure, .. }, Outcome::Mismatch(_)) => {
            (acquire(failure), Release::Nothing)
        }
        (AtomicAction::CompareExchange { success, .. }, _) => (acquire(success), release_rmw(success)),
    }
}

#[inline(always)]
fn acquire(ordering: Ordering) -> Acquire {
    match ordering {
        Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst => Acquire::Released,
        _ => Acquire::Deferred,
    }
}

#[inline(always)]
fn release_store(ordering: Ordering) -> Release {
    match ordering {
        Ordering::Release | Ordering::AcqRel | Ordering::SeqCst => Release::Replace,
        _ => Release::FenceReplace,
    }
}

#[inline(always)]
fn release_rmw(ordering: Ordering) -> Release {
    match ordering {
        Ordering::Release | Ordering::AcqRel | Ordering::SeqCst => Release::Join,
        _ => Release::FenceJoin,
    }
}
