//! Python's semaphores.

use super::any_lock::within;
use crate::base::object::{self, State};
use crate::base::{Action, FOREVER, Name, ObjectId, ObjectKind, Outcome, SemaphoreAction};
use crate::engine::{current, hot};
use crate::python::Error;
use crate::python::identity::{Identity, rename};
use crate::python::time::nanoseconds;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// `threading.Semaphore`: so many permits, taken and given back by anybody. A clone is the same semaphore.
///
/// An acquire is one step, performed while there is a permit, and so is a release. As in CPython, who has waited longest has
/// no right to the next permit: whoever comes first takes it.
///
/// ```
/// use selvedge::python::{Shared, threading::{Semaphore, Thread}};
///
/// selvedge::check(|| {
///     let (pool, inside) = (Semaphore::new(2).named("pool"), Shared::new(0));
///     let threads = [(); 3].map(|()| {
///         let (pool, inside) = (pool.clone(), inside.clone());
///         Thread::new(move || pool.with(|| assert!(inside.get() <= 2)))
///     });
///     threads.iter().for_each(|thread| thread.start().unwrap());
/// });
/// ```
#[derive(Clone)]
pub struct Semaphore(Arc<Inner>);

struct Inner {
    identity: Identity,
    permits: u32,
    bounded: bool,
}

impl Semaphore {
    /// `Semaphore(value)`: a semaphore of the running execution with so many permits.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(value: u32) -> Self {
        Semaphore::made(value, false)
    }

    /// A semaphore that never has more permits than in the beginning.
    #[track_caller]
    pub(in crate::python) fn bounded(value: u32) -> Self {
        Semaphore::made(value, true)
    }

    #[track_caller]
    fn made(permits: u32, bounded: bool) -> Self {
        Semaphore(Arc::new(Inner { identity: Identity::new(), permits, bounded }))
    }

    /// The same semaphore under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        self.called(Name::new(name))
    }

    /// The same semaphore under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        self.called(Name::numbered(name, number))
    }

    #[track_caller]
    fn called(mut self, name: Name) -> Self {
        rename(&mut self.0, name, |s| &mut s.identity);
        self
    }

    /// `acquire()`: waits until there is a permit and takes it.
    #[track_caller]
    pub fn acquire(&self) {
        self.acquire_within(FOREVER, Location::caller());
    }

    /// `acquire(timeout=…)`: `false` when the time was up first.
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.acquire_within(nanoseconds(timeout), Location::caller())
    }

    /// `acquire(blocking=False)`: takes a permit if there is one; whether it did.
    #[track_caller]
    pub fn try_acquire(&self) -> bool {
        self.acquire_within(0, Location::caller())
    }

    /// `release()`: gives a permit back, or adds one.
    ///
    /// # Panics
    ///
    /// With the `ValueError` of a [`BoundedSemaphore`] that is full, if it is one.
    #[track_caller]
    pub fn release(&self) {
        if let Err(error) = self.release_at(1, Location::caller()) {
            panic!("{error}");
        }
    }

    /// `release(n)`: gives back or adds so many permits, in one step.
    ///
    /// # Errors
    ///
    /// `ValueError: n must be one or more`; `ValueError: Semaphore released too many times`, if it is bounded.
    #[track_caller]
    pub fn release_n(&self, n: u32) -> Result<(), Error> {
        self.release_at(n, Location::caller())
    }

    /// `with semaphore:` takes a permit, runs `body` and gives it back, also when `body` panics.
    ///
    /// # Panics
    ///
    /// With the `ValueError` that Python raises when `body` has released a bounded semaphore.
    #[track_caller]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> R {
        let location = Location::caller();
        self.acquire_within(FOREVER, location);
        within(|| self.release_at(1, location), body)
    }

    pub(in crate::python) fn acquire_within(
        &self,
        timeout: u64,
        location: &'static Location<'static>,
    ) -> bool {
        if timeout == FOREVER {
            current::perform_hot(self.object(), hot::TakePermit, location);
            return true;
        }
        let outcome = self.perform(SemaphoreAction::Acquire { timeout }, location);
        current::offer_turn_if_late(outcome, location);
        outcome == Outcome::Done
    }

    pub(in crate::python) fn release_at(
        &self,
        count: u32,
        location: &'static Location<'static>,
    ) -> Result<(), Error> {
        if count == 0 {
            return Err(Error::ValueError("n must be one or more".to_owned()));
        }
        if count == 1 && !self.0.bounded {
            current::perform_hot(self.object(), hot::GivePermit, location);
            return Ok(());
        }
        match self.perform(SemaphoreAction::Release { count }, location) {
            Outcome::Refused => Err(Error::ValueError("Semaphore released too many times".to_owned())),
            _ => Ok(()),
        }
    }

    fn perform(&self, action: SemaphoreAction, location: &'static Location<'static>) -> Outcome {
        current::perform_on(self.object(), Action::Semaphore(action), location)
    }

    #[inline(always)]
    fn object(&self) -> ObjectId {
        let (permits, bounded) = (self.0.permits, self.0.bounded);
        self.0.identity.object(|| {
            let state = State::Semaphore(object::Semaphore::new(permits, bounded));
            (ObjectKind::Semaphore { permits }, state)
        })
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").finish_non_exhaustive()
    }
}

/// `threading.BoundedSemaphore`: a [`Semaphore`] that never has more permits than in the beginning. A clone is the same
/// semaphore.
#[derive(Clone)]
pub struct BoundedSemaphore(Semaphore);

impl BoundedSemaphore {
    /// `BoundedSemaphore(value)`: a semaphore of the running execution with so many permits.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(value: u32) -> Self {
        BoundedSemaphore(Semaphore::bounded(value))
    }

    /// The same semaphore under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        BoundedSemaphore(self.0.called(Name::new(name)))
    }

    /// The same semaphore under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        BoundedSemaphore(self.0.called(Name::numbered(name, number)))
    }

    /// `release()`: gives a permit back.
    ///
    /// # Errors
    ///
    /// `ValueError: Semaphore released too many times` when none is taken.
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.0.release_at(1, Location::caller())
    }
}

impl Deref for BoundedSemaphore {
    type Target = Semaphore;

    fn deref(&self) -> &Semaphore {
        &self.0
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedSemaphore").finish_non_exhaustive()
    }
}
