//! Whatever Python takes for a lock.

use super::{Lock, RLock};
use crate::base::{FOREVER, ObjectId};
use crate::python::Error;
use crate::python::time::nanoseconds;
use std::panic::Location;
use std::time::Duration;

/// A lock of either kind, where Python does not care which: beneath a [`Condition`](super::Condition), or as a function's
/// argument.
#[derive(Clone, Debug)]
pub enum AnyLock {
    /// A plain lock.
    Lock(Lock),
    /// A reentrant lock.
    RLock(RLock),
}

impl AnyLock {
    /// `acquire()`
    #[track_caller]
    pub fn acquire(&self) {
        self.acquire_within(FOREVER, Location::caller());
    }

    /// `acquire(timeout=…)`: `false` when the time was up first.
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.acquire_within(nanoseconds(timeout), Location::caller())
    }

    /// `acquire(blocking=False)`: whether it took it.
    #[track_caller]
    pub fn try_acquire(&self) -> bool {
        match self {
            AnyLock::Lock(lock) => lock.try_acquire(),
            AnyLock::RLock(lock) => lock.try_acquire(),
        }
    }

    /// `release()`
    ///
    /// # Errors
    ///
    /// The `RuntimeError` of the lock's kind, when there is nothing to release.
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.release_at(Location::caller())
    }

    /// `with lock:` takes it, runs `body` and gives it back, also when `body` panics.
    ///
    /// # Panics
    ///
    /// With the `RuntimeError` that Python raises when `body` has released it.
    #[track_caller]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> R {
        let location = Location::caller();
        self.acquire_within(FOREVER, location);
        within(|| self.release_at(location), body)
    }

    pub(super) fn object(&self) -> ObjectId {
        match self {
            AnyLock::Lock(lock) => lock.object(),
            AnyLock::RLock(lock) => lock.object(),
        }
    }

    /// What `Condition` takes for "the caller holds it": of a plain lock it only asks whether anybody does. That is a step, where it
    /// is not the caller, because somebody may take it or give it back just before or after.
    pub(super) fn is_owned(&self, location: &'static Location<'static>) -> bool {
        match self {
            AnyLock::Lock(lock) => lock.is_mine() || lock.locked_at(location),
            AnyLock::RLock(lock) => lock.is_owned(),
        }
    }

    /// Whether the caller has taken it, without a step.
    pub(super) fn is_mine(&self) -> bool {
        match self {
            AnyLock::Lock(lock) => lock.is_mine(),
            AnyLock::RLock(lock) => lock.is_owned(),
        }
    }

    /// A condition's wait has given it back, however often it was taken; how often. `None` if somebody else had given it back before.
    pub(super) fn note_given_up(&self) -> Option<u32> {
        match self {
            AnyLock::Lock(lock) => lock.note_given_up().then_some(1),
            AnyLock::RLock(lock) => {
                let depth = lock.depth();
                lock.set_depth(0);
                Some(depth)
            }
        }
    }

    /// A condition's wait has taken it again, to hold it as often as before.
    pub(super) fn note_taken_back(&self, depth: u32) {
        match self {
            AnyLock::Lock(lock) => lock.note_taken(),
            AnyLock::RLock(lock) => lock.set_depth(depth),
        }
    }

    pub(in crate::python) fn acquire_within(
        &self,
        timeout: u64,
        location: &'static Location<'static>,
    ) -> bool {
        match self {
            AnyLock::Lock(lock) => lock.acquire_within(timeout, location),
            AnyLock::RLock(lock) => lock.acquire_within(timeout, location),
        }
    }

    pub(in crate::python) fn release_at(&self, location: &'static Location<'static>) -> Result<(), Error> {
        match self {
            AnyLock::Lock(lock) => lock.release_at(location),
            AnyLock::RLock(lock) => lock.release_at(location),
        }
    }
}

impl From<&Lock> for AnyLock {
    fn from(lock: &Lock) -> Self {
        AnyLock::Lock(lock.clone())
    }
}

impl From<&RLock> for AnyLock {
    fn from(lock: &RLock) -> Self {
        AnyLock::RLock(lock.clone())
    }
}

impl From<&AnyLock> for AnyLock {
    fn from(lock: &AnyLock) -> Self {
        lock.clone()
    }
}

/// The second half of a `with` statement: runs `body`, then `release`, whichever way `body` ends.
#[track_caller]
pub(in crate::python) fn within<R>(release: impl Fn() -> Result<(), Error>, body: impl FnOnce() -> R) -> R {
    let exit = OnUnwind(&release);
    let result = body();
    std::mem::forget(exit);
    if let Err(error) = release() {
        panic!("{error}");
    }
    result
}

struct OnUnwind<'a, F: Fn() -> Result<(), Error>>(&'a F);

impl<F: Fn() -> Result<(), Error>> Drop for OnUnwind<'_, F> {
    fn drop(&mut self) {
        // A second error would hide the first, and a thread torn down in a wait no longer holds the lock.
        let _ = (self.0)();
    }
}
