//! Locks and conditions between processes: as `threading`'s, but for what they say when they are misused.

use crate::base::FOREVER;
use crate::python::threading::{self, AnyLock};
use crate::python::{Error, threading::Condition as Threads};
use std::fmt;
use std::panic::Location;
use std::time::Duration;

/// `multiprocessing.Lock`: taken by one at a time, not even twice by the same, and given back by any process.
///
/// A clone is the same lock.
#[derive(Clone)]
pub struct Lock(threading::Lock);

/// `multiprocessing.RLock`: its owner may take it again, and has to give it back as often. A clone is the same lock.
#[derive(Clone)]
pub struct RLock(threading::RLock);

/// `multiprocessing.Condition`: as [`threading`'s](threading::Condition), but that a notification wakes any of those who sleep.
///
/// A clone is the same condition.
#[derive(Clone)]
pub struct Condition(Threads);

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
        Lock(threading::Lock::new())
    }

    /// The same lock under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        Lock(self.0.named(name))
    }

    /// The same lock under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        Lock(self.0.numbered(name, number))
    }

    /// `acquire()`: waits until nobody holds it, also not the caller, and takes it.
    #[track_caller]
    pub fn acquire(&self) {
        self.0.acquire();
    }

    /// `acquire(timeout=…)`: `false` when the time was up first.
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.0.acquire_timeout(timeout)
    }

    /// `acquire(block=False)`: takes it if nobody holds it; whether it did.
    #[track_caller]
    pub fn try_acquire(&self) -> bool {
        self.0.try_acquire()
    }

    /// `release()`: gives it back, whoever took it.
    ///
    /// # Errors
    ///
    /// `ValueError: semaphore or lock released too many times`
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.release_at(Location::caller())
    }

    /// `with lock:` takes it, runs `body` and gives it back, also when `body` panics.
    ///
    /// # Panics
    ///
    /// With the `ValueError` that Python raises when `body` has released it.
    #[track_caller]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> R {
        let location = Location::caller();
        self.0.acquire();
        threading::within(|| self.release_at(location), body)
    }

    fn release_at(&self, location: &'static Location<'static>) -> Result<(), Error> {
        self.0.release_at(location).map_err(|_| released_too_often())
    }
}

impl RLock {
    /// A lock of the running execution that nobody holds.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[expect(clippy::new_without_default, reason = "it panics outside of an exploration")]
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        RLock(threading::RLock::new())
    }

    /// The same lock under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        RLock(self.0.named(name))
    }

    /// `acquire()`: waits until nobody else holds it and takes it, once more if need be.
    #[track_caller]
    pub fn acquire(&self) {
        self.0.acquire();
    }

    /// `acquire(timeout=…)`: `false` when the time was up first.
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.0.acquire_timeout(timeout)
    }

    /// `acquire(block=False)`: takes it if nobody else holds it; whether it did.
    #[track_caller]
    pub fn try_acquire(&self) -> bool {
        self.0.try_acquire()
    }

    /// `release()`: gives it back once.
    ///
    /// # Errors
    ///
    /// `AssertionError: attempt to release recursive lock not owned by thread`
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.release_at(Location::caller())
    }

    /// `with lock:` takes it, runs `body` and gives it back, also when `body` panics.
    ///
    /// # Panics
    ///
    /// With the `AssertionError` that Python raises when `body` has released it.
    #[track_caller]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> R {
        let location = Location::caller();
        self.0.acquire();
        threading::within(|| self.release_at(location), body)
    }

    fn release_at(&self, location: &'static Location<'static>) -> Result<(), Error> {
        self.0.release_at(location).map_err(|_| unowned_release())
    }
}

impl Condition {
    /// `Condition()`: over a new lock of its own.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[expect(clippy::new_without_default, reason = "it panics outside of an exploration")]
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Condition(Threads::strictly_over(&threading::RLock::new()))
    }

    /// `Condition(lock)`
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn over(lock: impl Into<AnyLock>) -> Self {
        Condition(Threads::strictly_over(lock))
    }

    /// The same condition under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        Condition(self.0.named(name))
    }

    /// `acquire()`: takes the lock.
    #[track_caller]
    pub fn acquire(&self) {
        self.0.acquire();
    }

    /// `release()`: gives the lock back.
    ///
    /// # Errors
    ///
    /// That of the lock's kind: `ValueError: semaphore or lock released too many times`, `AssertionError: attempt to release recursive
    /// lock not owned by thread`.
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.release_at(Location::caller())
    }

    /// `with condition:` takes the lock, runs `body` and gives it back, also when `body` panics.
    ///
    /// # Panics
    ///
    /// When `body` has released it.
    #[track_caller]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> R {
        let location = Location::caller();
        self.0.lock().acquire_within(FOREVER, location);
        threading::within(|| self.release_at(location), body)
    }

    fn release_at(&self, location: &'static Location<'static>) -> Result<(), Error> {
        self.0.lock().release_at(location).map_err(|_| match self.0.lock() {
            AnyLock::Lock(_) => released_too_often(),
            AnyLock::RLock(_) => unowned_release(),
        })
    }

    /// `wait()`: gives the lock back and sleeps until notified; then takes it again.
    ///
    /// # Errors
    ///
    /// `AssertionError: must acquire() condition before using wait()`, of a plain lock too unless the caller has taken it.
    #[track_caller]
    pub fn wait(&self) -> Result<(), Error> {
        self.0.wait().map_err(|_| unowned_wait())
    }

    /// `wait(timeout)`: `false` when the time was up first.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<bool, Error> {
        self.0.wait_timeout(timeout).map_err(|_| unowned_wait())
    }

    /// `wait_for(predicate)`: waits until it is true. It is called with the lock taken, once before the first wait.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), unless it is true at once.
    #[track_caller]
    pub fn wait_for(&self, predicate: impl FnMut() -> bool) -> Result<(), Error> {
        self.0.wait_for(predicate).map_err(|_| unowned_wait())
    }

    /// `notify()`: wakes one of those who sleep, if anybody does; which one is left open.
    ///
    /// # Errors
    ///
    /// `AssertionError: lock is not owned`, of a plain lock too unless the caller has taken it.
    #[track_caller]
    pub fn notify(&self) -> Result<(), Error> {
        self.notify_n(1)
    }

    /// `notify(n)`: wakes up to `n` of those who sleep, one step each.
    ///
    /// # Errors
    ///
    /// As [`notify`](Self::notify).
    #[track_caller]
    pub fn notify_n(&self, n: u32) -> Result<(), Error> {
        let location = Location::caller();
        (0..n)
            .try_for_each(|_| self.0.notify_any(location))
            .map_err(|_| Error::assertion("lock is not owned"))
    }

    /// `notify_all()`: wakes all who sleep.
    ///
    /// # Errors
    ///
    /// As [`notify`](Self::notify).
    #[track_caller]
    pub fn notify_all(&self) -> Result<(), Error> {
        self.0.notify_all().map_err(|_| Error::assertion("lock is not owned"))
    }
}

fn released_too_often() -> Error {
    Error::value("semaphore or lock released too many times")
}

fn unowned_release() -> Error {
    Error::assertion("attempt to release recursive lock not owned by thread")
}

fn unowned_wait() -> Error {
    Error::assertion("must acquire() condition before using wait()")
}

impl From<&Lock> for AnyLock {
    fn from(lock: &Lock) -> Self {
        AnyLock::from(&lock.0)
    }
}

impl From<&RLock> for AnyLock {
    fn from(lock: &RLock) -> Self {
        AnyLock::from(&lock.0)
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").finish_non_exhaustive()
    }
}

impl fmt::Debug for RLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RLock").finish_non_exhaustive()
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}
