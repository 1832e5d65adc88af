//! Semaphores that a server keeps.

use super::{Kept, Manager};
use crate::base::object::{self, State};
use crate::base::{Action, FOREVER, Name, ObjectKind, Outcome, SemaphoreAction};
use crate::engine::current;
use crate::python::Error;
use crate::python::time::nanoseconds;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// `manager.Semaphore`, `manager.BoundedSemaphore`: as `threading`'s, at the server. A clone is a proxy of the same semaphore.
#[derive(Clone)]
pub struct Semaphore(Arc<Kept>);

impl Manager {
    /// `manager.Semaphore(value)`
    ///
    /// # Errors
    ///
    /// `AssertionError: server not yet started` after the shutdown.
    #[track_caller]
    pub fn semaphore(&self, name: &'static str, value: u32) -> Result<Semaphore, Error> {
        self.semaphore_of(name, value, false)
    }

    /// `manager.BoundedSemaphore(value)`
    ///
    /// # Errors
    ///
    /// As [`semaphore`](Manager::semaphore).
    #[track_caller]
    pub fn bounded_semaphore(&self, name: &'static str, value: u32) -> Result<Semaphore, Error> {
        self.semaphore_of(name, value, true)
    }

    fn semaphore_of(&self, name: &'static str, permits: u32, bounded: bool) -> Result<Semaphore, Error> {
        let begin = State::Semaphore(object::Semaphore::new(permits, bounded));
        Ok(Semaphore(self.keep(ObjectKind::Semaphore { permits }, begin, Name::new(name))?))
    }
}

impl Semaphore {
    /// `acquire()`: waits until there is a permit and takes it.
    ///
    /// # Errors
    ///
    /// `BrokenPipeError` after the manager's shutdown.
    #[track_caller]
    pub fn acquire(&self) -> Result<(), Error> {
        self.acquire_within(FOREVER, Location::caller()).map(drop)
    }

    /// `acquire(timeout=…)`: `false` when the time was up first.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<bool, Error> {
        self.acquire_within(nanoseconds(timeout), Location::caller())
    }

    /// `acquire(blocking=False)`: takes a permit if there is one; whether it did.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    #[track_caller]
    pub fn try_acquire(&self) -> Result<bool, Error> {
        self.acquire_within(0, Location::caller())
    }

    /// `release()`: gives a permit back, or adds one.
    ///
    /// # Errors
    ///
    /// `ValueError: Semaphore released too many times`, if it is bounded; as [`acquire`](Self::acquire).
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.release_at(Location::caller())
    }

    /// `with semaphore:` takes a permit, runs `body` and gives it back.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire) and [`release`](Self::release).
    #[track_caller]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> Result<R, Error> {
        let location = Location::caller();
        self.acquire_within(FOREVER, location)?;
        let result = body();
        self.release_at(location)?;
        Ok(result)
    }

    fn acquire_within(&self, timeout: u64, location: &'static Location<'static>) -> Result<bool, Error> {
        let acquire = Action::Semaphore(SemaphoreAction::Acquire { timeout });
        let outcome = self.0.call(acquire, location)?;
        current::offer_turn_if_late(outcome, location);
        Ok(outcome == Outcome::Done)
    }

    fn release_at(&self, location: &'static Location<'static>) -> Result<(), Error> {
        match self.0.call(Action::Semaphore(SemaphoreAction::Release { count: 1 }), location)? {
            Outcome::Refused => Err(Error::value("Semaphore released too many times")),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").finish_non_exhaustive()
    }
}
