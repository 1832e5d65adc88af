//! What holds a readers-writer lock.

use super::rwlock::RwLock;
use crate::base::{Action, ObjectId, RwLockAction};
use crate::engine::current;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

/// Holds an [`RwLock`] together with other readers and gives it back when dropped: `std::sync::RwLockReadGuard`.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized + 'a> {
    // Declared first to be dropped first: the next holder must find the lock free.
    pub(super) guard: std::sync::RwLockReadGuard<'a, T>,
    pub(super) _hold: Hold<'a, T>,
}

/// Holds an [`RwLock`] alone and gives it back when dropped: `std::sync::RwLockWriteGuard`.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized + 'a> {
    // Declared first to be dropped first: the next holder must find the lock free.
    pub(super) guard: std::sync::RwLockWriteGuard<'a, T>,
    pub(super) _hold: Hold<'a, T>,
}

// SAFETY: a shared guard gives no more than `&T`, and the guard of std within it is `Sync` on the same terms. What it
// keeps besides is plain data that only its drop uses, and a guard cannot be dropped through a shared reference.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}

// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

/// The engine's half of a guard.
pub(super) struct Hold<'a, T: ?Sized> {
    /// The lock, for a writer.
    pub(super) lock: Option<&'a RwLock<T>>,
    /// [`ObjectId::NONE`] outside an exploration.
    pub(super) object: ObjectId,
    /// Whether the thread was unwinding already when it took the lock.
    pub(super) panicking: bool,
    /// Whether std's lock was poisoned already when it was taken: then it is from outside, and stays so.
    pub(super) poisoned: bool,
    /// Where the lock was taken: a drop has no place of its own.
    pub(super) location: &'static Location<'static>,
}

impl<T: ?Sized> Drop for Hold<'_, T> {
    fn drop(&mut self) {
        // A guard kept beyond its exploration has nothing to give back.
        if self.object == ObjectId::NONE || !current::is_active() {
            return;
        }
        let action = match self.lock {
            None => RwLockAction::UnlockRead,
            Some(lock) => {
                RwLockAction::UnlockWrite { poison: std::thread::panicking() && self.ends_in_panic(lock) }
            }
        };
        current::perform_on(self.object, Action::RwLock(action), self.location);
    }
}

impl<T: ?Sized> Hold<'_, T> {
    /// The guard of std has just been dropped in a panic, and may have poisoned its lock. Whether ours is poisoned now: not if it was
    /// taken in that panic.
    #[cold]
    fn ends_in_panic(&self, lock: &RwLock<T>) -> bool {
        // Poison is the engine's business inside; std's must not outlive the execution.
        if !self.poisoned {
            lock.inner.clear_poison();
        }
        !self.panicking
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Makes the hold a shared one, in one step: other readers may come in, and no writer has been in between.
    ///
    /// It is std's method from Rust 1.92 on, and here with every compiler.
    ///
    /// ```
    /// use selvedge::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let mut writer = lock.write().unwrap();
    /// *writer += 1;
    /// let reader = RwLockWriteGuard::downgrade(writer);
    /// assert_eq!(*reader + *lock.read().unwrap(), 4);
    /// ```
    #[track_caller]
    pub fn downgrade(s: Self) -> RwLockReadGuard<'a, T> {
        let location = Location::caller();
        if s._hold.object != ObjectId::NONE && current::is_active() {
            // Others may run before the step, when std's lock is still held alone, but nobody does between the step and the
            // end of std's guard. Should the execution end first, the guard is dropped as any other.
            current::perform_on(s._hold.object, Action::RwLock(RwLockAction::Downgrade), location);
        }
        let RwLockWriteGuard { guard, _hold: mut hold } = s;
        let lock = hold.lock.take().expect("a writer's hold knows its lock");
        hold.location = location;
        RwLockReadGuard { guard: lock.step_down(guard), _hold: hold }
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
