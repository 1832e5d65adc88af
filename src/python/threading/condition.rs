//! Python's condition variable.

use super::{AnyLock, RLock};
use crate::base::object::{self, State};
use crate::base::{Action, CondvarAction, FOREVER, Name, ObjectId, ObjectKind, Outcome};
use crate::engine::current;
use crate::python::Error;
use crate::python::identity::{Identity, rename};
use crate::python::time::nanoseconds;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// `threading.Condition`: a lock, and a queue of threads that sleep until they are notified.
///
/// Notifications wake sleepers in the order in which they came, as CPython's deque of waiters does. Waking up is one
/// thing and going on another: the lock has to be free, and others may take it first. A clone is the same condition;
/// several conditions may share one lock.
#[derive(Clone)]
pub struct Condition(Arc<Inner>);

struct Inner {
    identity: Identity,
    lock: AnyLock,
    /// Whether the caller himself has to hold the lock, as `multiprocessing` has it, even if that is a plain one.
    strict: bool,
}

impl Condition {
    /// `Condition()`: over a new [`RLock`] of its own.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[expect(clippy::new_without_default, reason = "it panics outside of an exploration")]
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Condition::over(&RLock::new())
    }

    /// `Condition(lock)`: over a [`Lock`](super::Lock) or an [`RLock`].
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn over(lock: impl Into<AnyLock>) -> Self {
        Condition(Arc::new(Inner { identity: Identity::new(), lock: lock.into(), strict: false }))
    }

    /// One whose lock the caller himself has to hold.
    #[track_caller]
    pub(in crate::python) fn strictly_over(lock: impl Into<AnyLock>) -> Self {
        Condition(Arc::new(Inner { identity: Identity::new(), lock: lock.into(), strict: true }))
    }

    /// The same condition under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: &'static str) -> Self {
        rename(&mut self.0, Name::new(name), |c| &mut c.identity);
        self
    }

    /// The same condition under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(mut self, name: &'static str, number: u32) -> Self {
        rename(&mut self.0, Name::numbered(name, number), |c| &mut c.identity);
        self
    }

    /// The lock beneath.
    pub fn lock(&self) -> &AnyLock {
        &self.0.lock
    }

    /// `acquire()`: takes the lock.
    #[track_caller]
    pub fn acquire(&self) {
        self.0.lock.acquire();
    }

    /// `acquire(blocking=False)`: takes the lock if it is free; whether it did.
    #[track_caller]
    pub fn try_acquire(&self) -> bool {
        self.0.lock.try_acquire()
    }

    /// `release()`: gives the lock back.
    ///
    /// # Errors
    ///
    /// The `RuntimeError` of the lock's kind, when there is nothing to release.
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.0.lock.release()
    }

    /// `with condition:` takes the lock, runs `body` and gives it back, also when `body` panics.
    ///
    /// # Panics
    ///
    /// With the `RuntimeError` that Python raises when `body` has released it.
    #[track_caller]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> R {
        self.0.lock.with(body)
    }

    /// `wait()`: gives the lock back and sleeps until notified; then takes it again, as often as it was taken before.
    ///
    /// It never wakes for no reason, unless the configuration asks for spurious wakeups.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot wait on un-acquired lock`. Of a plain lock CPython only asks whether *anybody* holds it, which is a step of
    /// its own unless it is the caller; `RuntimeError: release unlocked lock` when that has changed by then.
    #[track_caller]
    pub fn wait(&self) -> Result<(), Error> {
        self.wait_at(Location::caller())
    }

    /// `wait(timeout)`: `false` when the time was up first.
    ///
    /// As in CPython, whoever timed out is a waiter until it has the lock again: a notification that comes in between is lost,
    /// because it reaches nobody else and the wait still returns `false`.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<bool, Error> {
        self.wait_within(nanoseconds(timeout), Location::caller())
    }

    /// `wait_for(predicate)`: waits until it is true. It is called with the lock taken, once before the first wait.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), unless it is true at once.
    #[track_caller]
    pub fn wait_for(&self, mut predicate: impl FnMut() -> bool) -> Result<(), Error> {
        let location = Location::caller();
        while !predicate() {
            self.wait_at(location)?;
        }
        Ok(())
    }

    /// `wait_for(predicate, timeout)`: `false` when it was still false after that time.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), unless it is true at once.
    #[track_caller]
    pub fn wait_for_timeout(
        &self,
        mut predicate: impl FnMut() -> bool,
        timeout: Duration,
    ) -> Result<bool, Error> {
        let location = Location::caller();
        let timeout = nanoseconds(timeout);
        let mut begin = None::<u64>;
        while !predicate() {
            let left = match begin {
                None => timeout,
                Some(begin) => timeout.saturating_sub(current::now() - begin),
            };
            if begin.is_some() && left == 0 {
                return Ok(false);
            }
            begin.get_or_insert_with(current::now);
            // The whole of the time that was left is over, so there is no need to ask the clock.
            if !self.wait_within(left, location)? {
                return Ok(predicate());
            }
        }
        Ok(true)
    }

    /// `notify()`: wakes the one that has slept longest, if anybody sleeps.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot notify on un-acquired lock`. Of a plain lock CPython only asks whether *anybody* holds it, which is a step
    /// of its own unless it is the caller.
    #[track_caller]
    pub fn notify(&self) -> Result<(), Error> {
        self.notify_by(CondvarAction::NotifyFirst(1), Location::caller())
    }

    /// `notify(n)`: wakes up to `n` sleepers, those that have slept longest.
    ///
    /// # Errors
    ///
    /// As [`notify`](Self::notify).
    #[track_caller]
    pub fn notify_n(&self, n: u32) -> Result<(), Error> {
        self.notify_by(CondvarAction::NotifyFirst(n), Location::caller())
    }

    /// `notify_all()`: wakes all sleepers.
    ///
    /// # Errors
    ///
    /// As [`notify`](Self::notify).
    #[track_caller]
    pub fn notify_all(&self) -> Result<(), Error> {
        self.notify_by(CondvarAction::NotifyAll, Location::caller())
    }

    /// `multiprocessing`'s notifications wake sleepers in any order: one that sleeps, whichever, if anybody does.
    pub(in crate::python) fn notify_any(&self, location: &'static Location<'static>) -> Result<(), Error> {
        self.notify_by(CondvarAction::NotifyOne, location)
    }

    fn wait_at(&self, location: &'static Location<'static>) -> Result<(), Error> {
        let lock = self.sleep(FOREVER, location)?;
        let mutex = self.0.lock.object();
        current::perform_on(self.object(), Action::Condvar(CondvarAction::Reacquire { mutex }), location);
        self.0.lock.note_taken_back(lock);
        Ok(())
    }

    fn wait_within(&self, timeout: u64, location: &'static Location<'static>) -> Result<bool, Error> {
        let lock = self.sleep(timeout, location)?;
        let wake = Action::Condvar(CondvarAction::Wake { timeout, stays: true });
        let notified = current::perform_on(self.object(), wake, location) != Outcome::TimedOut;
        if !notified {
            current::offer_turn(location);
        }
        self.0.lock.acquire_within(FOREVER, location);
        self.0.lock.note_taken_back(lock);
        if !notified {
            current::perform_on(self.object(), Action::Condvar(CondvarAction::Leave), location);
        }
        Ok(notified)
    }

    /// Gives the lock back and falls asleep, in one step; how often the lock was taken.
    fn sleep(&self, timeout: u64, location: &'static Location<'static>) -> Result<u32, Error> {
        if !self.is_owned(location) {
            return Err(Error::runtime("cannot wait on un-acquired lock"));
        }
        let mutex = self.0.lock.object();
        current::perform_on(self.object(), Action::Condvar(CondvarAction::Wait { mutex, timeout }), location);
        self.0.lock.note_given_up().ok_or_else(|| {
            // Somebody else gave the plain lock back after it was looked at, so there was nothing to give back.
            current::perform_on(self.object(), Action::Condvar(CondvarAction::Leave), location);
            Error::runtime("release unlocked lock")
        })
    }

    fn notify_by(&self, action: CondvarAction, location: &'static Location<'static>) -> Result<(), Error> {
        if !self.is_owned(location) {
            return Err(Error::runtime("cannot notify on un-acquired lock"));
        }
        current::perform_on(self.object(), Action::Condvar(action), location);
        Ok(())
    }

    fn is_owned(&self, location: &'static Location<'static>) -> bool {
        if self.0.strict { self.0.lock.is_mine() } else { self.0.lock.is_owned(location) }
    }

    fn object(&self) -> ObjectId {
        self.0.identity.object(|| (ObjectKind::Condvar, State::Condvar(object::Condvar::default())))
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").field("lock", &self.0.lock).finish_non_exhaustive()
    }
}
