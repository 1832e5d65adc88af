//! Semaphores between processes: as `threading`'s, but for what they say when they are misused.

use crate::base::FOREVER;
use crate::python::time::nanoseconds;
use crate::python::{Error, threading};
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::time::Duration;

/// `multiprocessing.Semaphore`: so many permits, taken and given back by any process. A clone is the same semaphore.
///
/// The permits of a process that is terminated stay taken.
///
/// ```
/// use selvedge::Explorer;
/// use selvedge::python::multiprocessing::{Process, Semaphore, Value};
///
/// let report = Explorer::new()
///     .explore(|| {
///         let (pool, inside) = (Semaphore::new(1).named("pool"), Value::new(0));
///         for _ in 0..2 {
///             let (pool, inside) = (pool.clone(), inside.clone());
///             let worker = Process::new(move || pool.with(|| inside.set(inside.get() + 1)));
///             worker.start().unwrap();
///         }
///     })
///     .unwrap();
/// assert!(report.proved(), "{report}");
/// ```
#[derive(Clone)]
pub struct Semaphore(threading::Semaphore);

/// `multiprocessing.BoundedSemaphore`: a [`Semaphore`] that never has more permits than in the beginning. A clone is the same
/// semaphore.
#[derive(Clone)]
pub struct BoundedSemaphore(Semaphore);

impl Semaphore {
    /// `Semaphore(value)`: a semaphore of the running execution with so many permits.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(value: u32) -> Self {
        Semaphore(threading::Semaphore::new(value))
    }

    /// The same semaphore under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        Semaphore(self.0.named(name))
    }

    /// The same semaphore under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        Semaphore(self.0.numbered(name, number))
    }

    /// `acquire()`: waits until there is a permit and takes it.
    #[track_caller]
    pub fn acquire(&self) {
        self.0.acquire();
    }

    /// `acquire(timeout=…)`: `false` when the time was up first.
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.0.acquire_within(nanoseconds(timeout), Location::caller())
    }

    /// `acquire(block=False)`: takes a permit if there is one; whether it did.
    #[track_caller]
    pub fn try_acquire(&self) -> bool {
        self.0.try_acquire()
    }

    /// `release()`: gives a permit back, or adds one.
    ///
    /// # Panics
    ///
    /// With the `ValueError` of a [`BoundedSemaphore`] that is full, if it is one.
    #[track_caller]
    pub fn release(&self) {
        if let Err(error) = self.release_at(Location::caller()) {
            panic!("{error}");
        }
    }

    /// `with semaphore:` takes a permit, runs `body` and gives it back, also when `body` panics.
    ///
    /// # Panics
    ///
    /// With the `ValueError` that Python raises when `body` has released a bounded semaphore.
    #[track_caller]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> R {
        let location = Location::caller();
        self.0.acquire_within(FOREVER, location);
        threading::within(|| self.release_at(location), body)
    }

    fn release_at(&self, location: &'static Location<'static>) -> Result<(), Error> {
        let too_many = |_| Error::value("semaphore or lock released too many times");
        self.0.release_at(1, location).map_err(too_many)
    }
}

impl BoundedSemaphore {
    /// `BoundedSemaphore(value)`: a semaphore of the running execution with so many permits.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(value: u32) -> Self {
        BoundedSemaphore(Semaphore(threading::Semaphore::bounded(value)))
    }

    /// The same semaphore under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        BoundedSemaphore(self.0.named(name))
    }

    /// The same semaphore under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        BoundedSemaphore(self.0.numbered(name, number))
    }

    /// `release()`: gives a permit back.
    ///
    /// # Errors
    ///
    /// `ValueError: semaphore or lock released too many times` when none is taken.
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.0.release_at(Location::caller())
    }
}

impl Deref for BoundedSemaphore {
    type Target = Semaphore;

    fn deref(&self) -> &Semaphore {
        &self.0
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").finish_non_exhaustive()
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedSemaphore").finish_non_exhaustive()
    }
}
