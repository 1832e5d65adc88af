//! Barriers, as `std::sync::Barrier`.

use crate::base::object::{self, State};
use crate::base::{Action, BarrierAction, Name, ObjectKind};
use crate::engine::current;
use crate::engine::slot::Slot;
use std::fmt;
use std::panic::Location;

/// A place where threads wait for each other: `std::sync::Barrier`, whose operations are steps inside an exploration.
///
/// ```
/// use selvedge::sync::Barrier;
///
/// assert!(Barrier::new(1).wait().is_leader());
/// ```
pub struct Barrier {
    slot: Slot,
    size: usize,
    inner: std::sync::Barrier,
}

/// What a thread is told when a [`Barrier`] has opened: `std::sync::BarrierWaitResult`.
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether the caller is the one thread of its generation that is the leader.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    /// A barrier that opens for `n` threads at once.
    #[inline]
    #[must_use]
    pub const fn new(n: usize) -> Self {
        Barrier { slot: Slot::new(), size: n, inner: std::sync::Barrier::new(n) }
    }

    /// A barrier with a name for traces.
    #[must_use]
    pub const fn with_name(n: usize, name: &'static str) -> Self {
        Barrier { slot: Slot::new().named(Name::new(name)), size: n, inner: std::sync::Barrier::new(n) }
    }

    /// The same barrier under a name, for traces.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Barrier { slot: self.slot.named(Name::new(name)), ..self }
    }

    /// The same barrier under a name shared by several and a number of its own, for traces.
    #[must_use]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        Barrier { slot: self.slot.named(Name::numbered(name, number)), ..self }
    }

    /// Waits until as many threads have come as the barrier is for. The last to come is the leader.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        let location = Location::caller();
        let begin = || {
            let size = u32::try_from(self.size).unwrap_or(u32::MAX);
            (ObjectKind::Barrier, State::Barrier(object::Barrier::new(size)))
        };
        let Some(barrier) = current::object(&self.slot, begin) else {
            return BarrierWaitResult(self.inner.wait().is_leader());
        };
        let arrived = current::perform_on(barrier, Action::Barrier(BarrierAction::Arrive), location);
        match arrived.value() {
            None => BarrierWaitResult(true),
            Some(generation) => {
                let pass = BarrierAction::Pass { generation: generation as u32 };
                current::perform_on(barrier, Action::Barrier(pass), location);
                BarrierWaitResult(false)
            }
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.0).finish()
    }
}
