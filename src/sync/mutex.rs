//! Mutual exclusion, as `std::sync::Mutex`.

use crate::base::object::{self, State};
use crate::base::{Action, FOREVER, MutexAction, Name, ObjectId, ObjectKind, Outcome};
use crate::engine::current::{self, Met};
use crate::engine::hot;
use crate::engine::slot::Slot;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// A mutual exclusion lock: `std::sync::Mutex`, whose operations are steps inside an exploration.
///
/// ```
/// use selvedge::sync::Mutex;
///
/// let mutex = Mutex::new(1);
/// *mutex.lock().unwrap() += 1;
/// assert_eq!(mutex.into_inner().unwrap(), 2);
/// ```
pub struct Mutex<T: ?Sized> {
    slot: Slot,
    // Invariant: inside an exploration it is locked exactly while the engine's mutex is, so taking it never waits.
    inner: std::sync::Mutex<T>,
}

/// Holds a [`Mutex`] and gives it back when dropped: `std::sync::MutexGuard`.
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized + 'a> {
    // Declared first to be dropped first: the next holder must find it free.
    guard: std::sync::MutexGuard<'a, T>,
    hold: Hold<'a, T>,
}

// SAFETY: a shared guard gives no more than `&T`, and the guard of std within it is `Sync` on the same terms. What it
// keeps besides is plain data that only its drop uses, and a guard cannot be dropped through a shared reference.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

/// The engine's half of a guard. A type of its own, so that the guard can be taken apart.
struct Hold<'a, T: ?Sized> {
    lock: &'a Mutex<T>,
    /// [`ObjectId::NONE`] outside an exploration.
    object: ObjectId,
    /// Whether the thread was unwinding already when it took the lock.
    panicking: bool,
    /// Whether std's mutex was poisoned already when it was taken: then it is from outside, and stays so.
    poisoned: bool,
    /// Where the lock was taken: a drop has no place of its own.
    location: &'static Location<'static>,
}

impl<T> Mutex<T> {
    /// A mutex that nobody holds.
    #[inline]
    pub const fn new(value: T) -> Self {
        Mutex { slot: Slot::new(), inner: std::sync::Mutex::new(value) }
    }

    /// A mutex with a name for traces.
    pub const fn with_name(value: T, name: &'static str) -> Self {
        Mutex { slot: Slot::new().named(Name::new(name)), inner: std::sync::Mutex::new(value) }
    }

    /// The same mutex under a name, for traces.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Mutex { slot: self.slot.named(Name::new(name)), inner: self.inner }
    }

    /// The same mutex under a name shared by several and a number of its own, for traces.
    #[must_use]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        Mutex { slot: self.slot.named(Name::numbered(name, number)), inner: self.inner }
    }

    /// Gives the value back.
    ///
    /// # Errors
    ///
    /// If a holder panicked; the error has the value all the same.
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.was_poisoned();
        // Nobody else can hold it: it is owned here.
        let value = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until nobody holds the mutex and takes it.
    ///
    /// # Errors
    ///
    /// If a holder panicked; the error has the guard all the same.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let location = Location::caller();
        match current::meet_hot(self, hot::Lock, location) {
            None => self.wrap(self.inner.lock(), location),
            Some((object, poisoned)) => self.taken(object, poisoned, location),
        }
    }

    /// Takes the mutex if nobody holds it.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if somebody holds it; `Poisoned` if a holder panicked, with the guard all the same.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let location = Location::caller();
        let Some(object) = self.object() else {
            return match self.inner.try_lock() {
                Ok(guard) => Ok(self.outside(guard, location)),
                Err(TryLockError::Poisoned(poisoned)) => {
                    Err(PoisonError::new(self.outside(poisoned.into_inner(), location)).into())
                }
                Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
            };
        };
        match current::perform_on(object, Action::Mutex(MutexAction::TryLock), location) {
            Outcome::Refused => Err(TryLockError::WouldBlock),
            outcome => Ok(self.taken(object, outcome == Outcome::Poisoned, location)?),
        }
    }

    /// Whether a holder panicked.
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        let location = Location::caller();
        match self.object() {
            None => self.inner.is_poisoned(),
            Some(object) => asks_poisoned(object, location),
        }
    }

    /// Forgets that a holder panicked.
    #[track_caller]
    pub fn clear_poison(&self) {
        let location = Location::caller();
        match self.object() {
            None => self.inner.clear_poison(),
            Some(object) => {
                current::perform_on(object, Action::Mutex(MutexAction::ClearPoison), location);
            }
        }
    }

    /// The value, for one who has the mutex to himself.
    ///
    /// # Errors
    ///
    /// If a holder panicked; the error has the reference all the same.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.was_poisoned();
        let value = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
    }

    #[inline(always)]
    fn object(&self) -> Option<ObjectId> {
        current::object(&self.slot, || self.begin())
    }

    /// Whether it is poisoned, asked by its owner, for whom that is no step.
    fn was_poisoned(&self) -> bool {
        current::is_poisoned(&self.slot).unwrap_or_else(|| self.inner.is_poisoned())
    }

    /// The guard for a lock that the engine has just given.
    #[inline(always)]
    pub(super) fn taken(
        &self,
        object: ObjectId,
        is_poisoned: bool,
        location: &'static Location<'static>,
    ) -> LockResult<MutexGuard<'_, T>> {
        let (guard, poisoned) = match self.inner.try_lock() {
            Ok(guard) => (guard, false),
            Err(TryLockError::Poisoned(poisoned)) => (poisoned.into_inner(), true),
            Err(TryLockError::WouldBlock) => held_elsewhere(),
        };
        let hold = Hold { lock: self, object, panicking: std::thread::panicking(), poisoned, location };
        let guard = MutexGuard { guard, hold };
        if is_poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
    }

    pub(super) fn wrap<'a>(
        &'a self,
        result: LockResult<std::sync::MutexGuard<'a, T>>,
        location: &'static Location<'static>,
    ) -> LockResult<MutexGuard<'a, T>> {
        match result {
            Ok(guard) => Ok(self.outside(guard, location)),
            Err(poisoned) => Err(PoisonError::new(self.outside(poisoned.into_inner(), location))),
        }
    }

    pub(super) fn outside<'a>(
        &'a self,
        guard: std::sync::MutexGuard<'a, T>,
        location: &'static Location<'static>,
    ) -> MutexGuard<'a, T> {
        let hold = Hold { lock: self, object: ObjectId::NONE, panicking: false, poisoned: false, location };
        MutexGuard { guard, hold }
    }
}

impl<T: ?Sized> Met for Mutex<T> {
    #[inline(always)]
    fn slot(&self) -> &Slot {
        &self.slot
    }

    fn begin(&self) -> (ObjectKind, State) {
        (ObjectKind::Mutex, State::Mutex(object::Mutex::new(self.inner.is_poisoned())))
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The engine's mutex; `None` outside an exploration.
    pub(super) fn object(&self) -> Option<ObjectId> {
        (self.hold.object != ObjectId::NONE).then_some(self.hold.object)
    }

    /// Takes the guard apart without giving the mutex back to the engine: a condition wait has done so, or will be done
    /// by std's guard.
    pub(super) fn into_parts(self) -> (&'a Mutex<T>, std::sync::MutexGuard<'a, T>) {
        let MutexGuard { guard, hold } = self;
        let lock = hold.lock;
        std::mem::forget(hold);
        (lock, guard)
    }
}

impl<T: ?Sized> Drop for Hold<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // A guard kept beyond its exploration has nothing to give back.
        let (Some(host), true) = (current::host(), self.object != ObjectId::NONE) else { return };
        if std::thread::panicking() {
            return self.drop_in_panic();
        }
        current::perform_in(host, self.object, hot::Unlock { poison: false }, self.location);
    }
}

impl<T: ?Sized> Hold<'_, T> {
    #[cold]
    fn drop_in_panic(&self) {
        let poison = self.ends_in_panic();
        current::perform_hot(self.object, hot::Unlock { poison }, self.location);
    }

    /// The guard of std has just been dropped in a panic, and may have poisoned its mutex. Whether ours is poisoned now: not if it was
    /// taken in that panic.
    fn ends_in_panic(&self) -> bool {
        // Poison is the engine's business inside; std's must not outlive the execution.
        if !self.poisoned {
            self.lock.inner.clear_poison();
        }
        !self.panicking
    }
}

pub(super) const LOCK: Action = Action::Mutex(MutexAction::Lock { timeout: FOREVER });

fn asks_poisoned(object: ObjectId, location: &'static Location<'static>) -> bool {
    current::perform_on(object, Action::Mutex(MutexAction::IsPoisoned), location).value() == Some(1)
}

/// The engine gave a lock that std's refuses.
#[cold]
pub(super) fn held_elsewhere() -> ! {
    panic!(
        "a lock is held from outside this execution: by code outside the exploration, by an exploration on another OS \
         thread that shares the same static, or by a guard that an earlier execution leaked"
    )
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Shows the value if nobody holds the mutex. Looking is no step.
impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.was_poisoned() {
            poisoned if poisoned == self.inner.is_poisoned() => self.inner.fmt(f),
            poisoned => show(f, "Mutex", self.inner.try_lock(), poisoned),
        }
    }
}

/// Shows a lock of which std's does not know what becomes of it in an execution.
pub(super) fn show<T: ?Sized + fmt::Debug>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    guard: TryLockResult<impl Deref<Target = T>>,
    poisoned: bool,
) -> fmt::Result {
    let mut told = f.debug_struct(name);
    match guard {
        Ok(value) => told.field("data", &&*value),
        Err(TryLockError::Poisoned(error)) => told.field("data", &&**error.get_ref()),
        Err(TryLockError::WouldBlock) => told.field("data", &"<locked>"),
    };
    told.field("poisoned", &poisoned).finish_non_exhaustive()
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Self {
        Mutex::new(value)
    }
}
