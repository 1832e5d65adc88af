//! Python's plain lock.

use super::any_lock::within;
use crate::base::object::{self, State};
use crate::base::{Action, FOREVER, MutexAction, Name, ObjectId, ObjectKind, Outcome};
use crate::engine::current;
use crate::engine::hot;
use crate::python::Error;
use crate::python::identity::{Identity, rename};
use crate::python::time::nanoseconds;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

/// `threading.Lock`: taken by one thread at a time, not even twice by the same, and given back by any.
///
/// A clone is the same lock.
#[derive(Clone)]
pub struct Lock(Arc<Inner>);

struct Inner {
    identity: Identity,
    // Invariant: whenever a thread may be switched away from, the holder of the engine's mutex, or `NOBODY`.
    holder: AtomicU32,
}

const NOBODY: u32 = u32::MAX;

impl Lock {
    /// A lock of the running execution that nobody holds.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[expect(clippy::new_without_default, reason = "it panics outside of an exploration")]
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Lock(Arc::new(Inner { identity: Identity::new(), holder: AtomicU32::new(NOBODY) }))
    }

    /// The same lock under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: &'static str) -> Self {
        rename(&mut self.0, Name::new(name), |l| &mut l.identity);
        self
    }

    /// The same lock under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(mut self, name: &'static str, number: u32) -> Self {
        rename(&mut self.0, Name::numbered(name, number), |l| &mut l.identity);
        self
    }

    /// `acquire()`: waits until nobody holds it, also not the caller, and takes it.
    #[track_caller]
    pub fn acquire(&self) {
        self.acquire_within(FOREVER, Location::caller());
    }

    /// `acquire(timeout=…)`: `false` when the time was up first.
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.acquire_within(nanoseconds(timeout), Location::caller())
    }

    /// `acquire(blocking=False)`: takes it if nobody holds it; whether it did.
    #[track_caller]
    pub fn try_acquire(&self) -> bool {
        self.took(current::perform_on(self.object(), Action::Mutex(MutexAction::TryLock), Location::caller()))
    }

    /// `release()`: gives it back, whoever took it.
    ///
    /// # Errors
    ///
    /// `RuntimeError: release unlocked lock` when nobody holds it.
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.release_at(Location::caller())
    }

    /// `locked()`: whether somebody holds it.
    #[track_caller]
    pub fn locked(&self) -> bool {
        self.locked_at(Location::caller())
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
        self.0.identity.object(|| (ObjectKind::Lock, State::Mutex(object::Mutex::new(false))))
    }

    pub(super) fn locked_at(&self, location: &'static Location<'static>) -> bool {
        let question = Action::Mutex(MutexAction::IsLocked);
        current::perform_on(self.object(), question, location).value() == Some(1)
    }

    /// Whether the caller has taken it and nobody has given it back since, without a step.
    pub(super) fn is_mine(&self) -> bool {
        self.0.holder.load(Relaxed) == current::thread().0
    }

    /// A condition's wait has given it back; whether somebody had taken it.
    pub(super) fn note_given_up(&self) -> bool {
        self.0.holder.swap(NOBODY, Relaxed) != NOBODY
    }

    /// The caller has taken it.
    pub(super) fn note_taken(&self) {
        self.0.holder.store(current::thread().0, Relaxed);
    }

    pub(in crate::python) fn acquire_within(
        &self,
        timeout: u64,
        location: &'static Location<'static>,
    ) -> bool {
        let outcome = match timeout {
            FOREVER => {
                current::perform_hot(self.object(), hot::Lock, location);
                Outcome::Done
            }
            _ => current::perform_on(self.object(), Action::Mutex(MutexAction::Lock { timeout }), location),
        };
        current::offer_turn_if_late(outcome, location);
        self.took(outcome)
    }

    pub(in crate::python) fn release_at(&self, location: &'static Location<'static>) -> Result<(), Error> {
        match current::perform_on(self.object(), Action::Mutex(MutexAction::Release), location) {
            Outcome::Refused => Err(Error::runtime("release unlocked lock")),
            _ => {
                self.note_given_up();
                Ok(())
            }
        }
    }

    fn took(&self, outcome: Outcome) -> bool {
        let took = outcome == Outcome::Done;
        if took {
            self.note_taken();
        }
        took
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").finish_non_exhaustive()
    }
}
