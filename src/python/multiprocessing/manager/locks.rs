//! Locks, conditions and events that a server keeps.

use super::{Kept, Manager};
use crate::base::object::{self, State};
use crate::base::{Action, CondvarAction, EventAction, FOREVER, MutexAction, Name, ObjectKind, Outcome};
use crate::engine::current;
use crate::python::Error;
use crate::python::time::nanoseconds;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

const NOBODY: u32 = u32::MAX;

/// `manager.Lock`: as `threading.Lock`, at the server. A clone is a proxy of the same lock.
#[derive(Clone)]
pub struct Lock(Arc<Kept>);

/// `manager.RLock`: as `threading.RLock`, at the server. A clone is a proxy of the same lock.
#[derive(Clone)]
pub struct RLock {
    kept: Arc<Kept>,
    // Invariant: whenever a thread may be switched away from, the holder and how often it holds it.
    owner: Arc<(AtomicU32, AtomicU32)>,
}

/// `manager.Condition`: as `threading.Condition` over a lock of its own, at the server. A clone is a proxy of the same condition.
#[derive(Clone)]
pub struct Condition {
    kept: Arc<Kept>,
    lock: RLock,
}

/// `manager.Event`: as `threading.Event`, at the server. A clone is a proxy of the same event.
#[derive(Clone)]
pub struct Event(Arc<Kept>);

fn mutex() -> State {
    State::Mutex(object::Mutex::new(false))
}

impl Manager {
    /// `manager.Lock()`
    ///
    /// # Errors
    ///
    /// `AssertionError: server not yet started` after the shutdown.
    #[track_caller]
    pub fn lock(&self, name: &'static str) -> Result<Lock, Error> {
        Ok(Lock(self.keep(ObjectKind::Lock, mutex(), Name::new(name))?))
    }

    /// `manager.RLock()`
    ///
    /// # Errors
    ///
    /// As [`lock`](Manager::lock).
    #[track_caller]
    pub fn rlock(&self, name: &'static str) -> Result<RLock, Error> {
        self.rlock_of(Name::new(name))
    }

    /// `manager.Condition()`
    ///
    /// # Errors
    ///
    /// As [`lock`](Manager::lock).
    #[track_caller]
    pub fn condition(&self, name: &'static str) -> Result<Condition, Error> {
        let begin = State::Condvar(object::Condvar::default());
        let kept = self.keep(ObjectKind::Condvar, begin, Name::new(name))?;
        Ok(Condition { kept, lock: self.rlock_of(Name::new(name).part("lock of"))? })
    }

    /// `manager.Event()`
    ///
    /// # Errors
    ///
    /// As [`lock`](Manager::lock).
    #[track_caller]
    pub fn event(&self, name: &'static str) -> Result<Event, Error> {
        let begin = State::Event(object::Event::default());
        Ok(Event(self.keep(ObjectKind::Event, begin, Name::new(name))?))
    }

    fn rlock_of(&self, name: Name) -> Result<RLock, Error> {
        let kept = self.keep(ObjectKind::RLock, mutex(), name)?;
        Ok(RLock { kept, owner: Arc::new((AtomicU32::new(NOBODY), AtomicU32::new(0))) })
    }
}

impl Lock {
    /// `acquire()`
    ///
    /// # Errors
    ///
    /// `BrokenPipeError` after the manager's shutdown.
    #[track_caller]
    pub fn acquire(&self) -> Result<(), Error> {
        let lock = Action::Mutex(MutexAction::Lock { timeout: FOREVER });
        self.0.call(lock, Location::caller()).map(drop)
    }

    /// `acquire(blocking=False)`: whether it took it.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    #[track_caller]
    pub fn try_acquire(&self) -> Result<bool, Error> {
        let outcome = self.0.call(Action::Mutex(MutexAction::TryLock), Location::caller())?;
        Ok(outcome == Outcome::Done)
    }

    /// `release()`
    ///
    /// # Errors
    ///
    /// `RuntimeError: release unlocked lock`; as [`acquire`](Self::acquire).
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        match self.0.call(Action::Mutex(MutexAction::Release), Location::caller())? {
            Outcome::Refused => Err(Error::runtime("release unlocked lock")),
            _ => Ok(()),
        }
    }

    /// `with lock:` takes it, runs `body` and gives it back.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire) and [`release`](Self::release).
    #[track_caller]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> Result<R, Error> {
        let location = Location::caller();
        let lock = Action::Mutex(MutexAction::Lock { timeout: FOREVER });
        self.0.call(lock, location)?;
        let result = body();
        self.0.call(Action::Mutex(MutexAction::Release), location)?;
        Ok(result)
    }
}

impl RLock {
    /// `acquire()`
    ///
    /// # Errors
    ///
    /// `BrokenPipeError` after the manager's shutdown.
    #[track_caller]
    pub fn acquire(&self) -> Result<(), Error> {
        self.take(Location::caller())
    }

    /// `release()`
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot release un-acquired lock`; as [`acquire`](Self::acquire).
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.give_back(Location::caller())
    }

    fn take(&self, location: &'static Location<'static>) -> Result<(), Error> {
        if !self.is_owned() {
            let lock = Action::Mutex(MutexAction::Lock { timeout: FOREVER });
            self.kept.call(lock, location)?;
        }
        self.set_depth(self.depth() + 1);
        Ok(())
    }

    fn give_back(&self, location: &'static Location<'static>) -> Result<(), Error> {
        if !self.is_owned() {
            return Err(Error::runtime("cannot release un-acquired lock"));
        }
        if self.depth() == 1 {
            self.kept.call(Action::Mutex(MutexAction::Unlock { poison: false }), location)?;
        }
        self.set_depth(self.depth() - 1);
        Ok(())
    }

    fn is_owned(&self) -> bool {
        self.owner.0.load(Relaxed) == current::thread().0
    }

    fn depth(&self) -> u32 {
        self.owner.1.load(Relaxed)
    }

    fn set_depth(&self, depth: u32) {
        self.owner.0.store(if depth == 0 { NOBODY } else { current::thread().0 }, Relaxed);
        self.owner.1.store(depth, Relaxed);
    }
}

impl Condition {
    /// `acquire()`: takes the lock.
    ///
    /// # Errors
    ///
    /// `BrokenPipeError` after the manager's shutdown.
    #[track_caller]
    pub fn acquire(&self) -> Result<(), Error> {
        self.lock.take(Location::caller())
    }

    /// `release()`: gives the lock back.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot release un-acquired lock`; as [`acquire`](Self::acquire).
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.lock.give_back(Location::caller())
    }

    /// `with condition:` takes the lock, runs `body` and gives it back.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire) and [`release`](Self::release).
    #[track_caller]
    pub fn with<R>(&self, body: impl FnOnce() -> R) -> Result<R, Error> {
        let location = Location::caller();
        self.lock.take(location)?;
        let result = body();
        self.lock.give_back(location)?;
        Ok(result)
    }

    /// `wait()`: gives the lock back and sleeps until notified; then takes it again.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot wait on un-acquired lock`; as [`acquire`](Self::acquire).
    #[track_caller]
    pub fn wait(&self) -> Result<(), Error> {
        let location = Location::caller();
        let depth = self.fall_asleep(FOREVER, location)?;
        let mutex = self.lock.kept.object();
        self.kept.call(Action::Condvar(CondvarAction::Reacquire { mutex }), location)?;
        self.lock.set_depth(depth);
        Ok(())
    }

    /// `wait(timeout)`: `false` when the time was up first.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<bool, Error> {
        let (location, timeout) = (Location::caller(), nanoseconds(timeout));
        let depth = self.fall_asleep(timeout, location)?;
        let wake = CondvarAction::Wake { timeout, stays: true };
        let notified = self.kept.call(Action::Condvar(wake), location)? != Outcome::TimedOut;
        if !notified {
            current::offer_turn(location);
        }
        let lock = Action::Mutex(MutexAction::Lock { timeout: FOREVER });
        self.lock.kept.call(lock, location)?;
        self.lock.set_depth(depth);
        if !notified {
            self.kept.call(Action::Condvar(CondvarAction::Leave), location)?;
        }
        Ok(notified)
    }

    /// `notify(n)`
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot notify on un-acquired lock`; as [`acquire`](Self::acquire).
    #[track_caller]
    pub fn notify(&self, n: u32) -> Result<(), Error> {
        self.wake(CondvarAction::NotifyFirst(n), Location::caller())
    }

    /// `notify_all()`
    ///
    /// # Errors
    ///
    /// As [`notify`](Self::notify).
    #[track_caller]
    pub fn notify_all(&self) -> Result<(), Error> {
        self.wake(CondvarAction::NotifyAll, Location::caller())
    }

    fn wake(&self, action: CondvarAction, location: &'static Location<'static>) -> Result<(), Error> {
        if !self.lock.is_owned() {
            return Err(Error::runtime("cannot notify on un-acquired lock"));
        }
        self.kept.call(Action::Condvar(action), location).map(drop)
    }

    /// Gives the lock back and falls asleep, in one step; how often the lock was taken.
    fn fall_asleep(&self, timeout: u64, location: &'static Location<'static>) -> Result<u32, Error> {
        if !self.lock.is_owned() {
            return Err(Error::runtime("cannot wait on un-acquired lock"));
        }
        let (mutex, depth) = (self.lock.kept.object(), self.lock.depth());
        self.kept.call(Action::Condvar(CondvarAction::Wait { mutex, timeout }), location)?;
        self.lock.set_depth(0);
        Ok(depth)
    }
}

impl Event {
    /// `set()`
    ///
    /// # Errors
    ///
    /// `BrokenPipeError` after the manager's shutdown.
    #[track_caller]
    pub fn set(&self) -> Result<(), Error> {
        self.0.call(Action::Event(EventAction::Set), Location::caller()).map(drop)
    }

    /// `clear()`
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn clear(&self) -> Result<(), Error> {
        self.0.call(Action::Event(EventAction::Clear), Location::caller()).map(drop)
    }

    /// `is_set()`
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn is_set(&self) -> Result<bool, Error> {
        Ok(self.0.call(Action::Event(EventAction::IsSet), Location::caller())?.value() == Some(1))
    }

    /// `wait()`
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn wait(&self) -> Result<(), Error> {
        self.0.call(Action::Event(EventAction::Wait { timeout: FOREVER }), Location::caller()).map(drop)
    }

    /// `wait(timeout)`: `false` when the time was up first.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<bool, Error> {
        let location = Location::caller();
        let wait = Action::Event(EventAction::Wait { timeout: nanoseconds(timeout) });
        let outcome = self.0.call(wait, location)?;
        current::offer_turn_if_late(outcome, location);
        Ok(outcome != Outcome::TimedOut)
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").finish_non_exhaustive()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").finish_non_exhaustive()
    }
}
