//! Readers-writer locks, as `std::sync::RwLock`.

use super::mutex::{held_elsewhere, show};
use super::rwlock_guard::{Hold, RwLockReadGuard, RwLockWriteGuard};
use crate::base::object::{self, State};
use crate::base::{Action, Name, ObjectId, ObjectKind, Outcome, RwLockAction};
use crate::engine::current;
use crate::engine::slot::Slot;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// A readers-writer lock: `std::sync::RwLock`, whose operations are steps inside an exploration.
///
/// Neither readers nor writers are preferred: whoever can take it may be the next.
///
/// ```
/// use selvedge::sync::RwLock;
///
/// let lock = RwLock::new(1);
/// *lock.write().unwrap() += 1;
/// assert_eq!(*lock.read().unwrap(), 2);
/// ```
pub struct RwLock<T: ?Sized> {
    slot: Slot,
    /// Whether a writer is becoming a reader: other writers keep out then. std's own way to do that is younger than the
    /// oldest std that this has to do with.
    stepping_down: AtomicBool,
    // Invariant: inside an exploration it is held exactly as the engine's lock is, so taking it never waits.
    pub(super) inner: std::sync::RwLock<T>,
}

impl<T> RwLock<T> {
    /// A lock that nobody holds.
    #[inline]
    pub const fn new(value: T) -> Self {
        RwLock::in_slot(value, Slot::new())
    }

    /// A lock with a name for traces.
    pub const fn with_name(value: T, name: &'static str) -> Self {
        RwLock::in_slot(value, Slot::new().named(Name::new(name)))
    }

    const fn in_slot(value: T, slot: Slot) -> Self {
        RwLock { slot, stepping_down: AtomicBool::new(false), inner: std::sync::RwLock::new(value) }
    }

    /// The same lock under a name, for traces.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        RwLock { slot: self.slot.named(Name::new(name)), ..self }
    }

    /// The same lock under a name shared by several and a number of its own, for traces.
    #[must_use]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        RwLock { slot: self.slot.named(Name::numbered(name, number)), ..self }
    }

    /// Gives the value back.
    ///
    /// # Errors
    ///
    /// If a writer panicked; the error has the value all the same.
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.was_poisoned();
        let value = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until no writer holds the lock and takes it together with other readers.
    ///
    /// # Errors
    ///
    /// If a writer panicked; the error has the guard all the same.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let location = Location::caller();
        match self.object() {
            None => split(self.inner.read(), |guard| self.reader(guard, ObjectId::NONE, location)),
            Some(object) => {
                let outcome = current::perform_on(object, Action::RwLock(RwLockAction::Read), location);
                self.taken_shared(object, outcome, location)
            }
        }
    }

    /// Takes the lock together with other readers if no writer holds it.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if a writer holds it; `Poisoned` if one panicked, with the guard all the same.
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let location = Location::caller();
        let Some(object) = self.object() else {
            let guard = settle(self.inner.try_read())?;
            return Ok(split(guard, |guard| self.reader(guard, ObjectId::NONE, location))?);
        };
        match current::perform_on(object, Action::RwLock(RwLockAction::TryRead), location) {
            Outcome::Refused => Err(TryLockError::WouldBlock),
            outcome => Ok(self.taken_shared(object, outcome, location)?),
        }
    }

    /// Waits until nobody holds the lock and takes it alone.
    ///
    /// # Errors
    ///
    /// If a writer panicked; the error has the guard all the same.
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let location = Location::caller();
        match self.object() {
            None => split(self.write_outside(), |guard| self.writer(guard, false, ObjectId::NONE, location)),
            Some(object) => {
                let outcome = current::perform_on(object, Action::RwLock(RwLockAction::Write), location);
                self.taken_alone(object, outcome, location)
            }
        }
    }

    /// Takes the lock alone if nobody holds it.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if somebody holds it; `Poisoned` if a writer panicked, with the guard all the same.
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let location = Location::caller();
        let Some(object) = self.object() else {
            let guard = settle(self.inner.try_write())?;
            if self.is_stepping_down() {
                return Err(TryLockError::WouldBlock);
            }
            return Ok(split(guard, |guard| self.writer(guard, false, ObjectId::NONE, location))?);
        };
        match current::perform_on(object, Action::RwLock(RwLockAction::TryWrite), location) {
            Outcome::Refused => Err(TryLockError::WouldBlock),
            outcome => Ok(self.taken_alone(object, outcome, location)?),
        }
    }

    /// Whether a writer panicked.
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        let location = Location::caller();
        match self.object() {
            None => self.inner.is_poisoned(),
            Some(object) => asks_poisoned(object, location),
        }
    }

    /// Forgets that a writer panicked.
    #[track_caller]
    pub fn clear_poison(&self) {
        let location = Location::caller();
        match self.object() {
            None => self.inner.clear_poison(),
            Some(object) => {
                current::perform_on(object, Action::RwLock(RwLockAction::ClearPoison), location);
            }
        }
    }

    /// The value, for one who has the lock to himself.
    ///
    /// # Errors
    ///
    /// If a writer panicked; the error has the reference all the same.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.was_poisoned();
        let value = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
    }

    /// Makes an exclusive hold of std's a shared one. Other readers may get in first, but no writer does: one that has taken
    /// std's lock meanwhile gives it back at once.
    pub(super) fn step_down<'a>(
        &'a self,
        guard: std::sync::RwLockWriteGuard<'a, T>,
    ) -> std::sync::RwLockReadGuard<'a, T> {
        let poisoned = self.inner.is_poisoned();
        // Relaxed, because the lock itself orders it: a writer who gets in takes the lock after it is given back here, and has
        // given it back before it is taken again.
        self.stepping_down.store(true, Relaxed);
        drop(guard);
        let guard = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        self.stepping_down.store(false, Relaxed);
        if !poisoned {
            // It was given back in a panic, perhaps, which poisons; but the panic does not end this hold.
            self.inner.clear_poison();
        }
        guard
    }

    fn is_stepping_down(&self) -> bool {
        self.stepping_down.load(Relaxed)
    }

    fn write_outside(&self) -> LockResult<std::sync::RwLockWriteGuard<'_, T>> {
        loop {
            let guard = self.inner.write();
            if !self.is_stepping_down() {
                return guard;
            }
            drop(guard);
            // Whoever steps down is kept from it by writers only, each of which gets here.
            while self.is_stepping_down() {
                std::thread::yield_now();
            }
        }
    }

    #[inline(always)]
    fn object(&self) -> Option<ObjectId> {
        current::object(&self.slot, || {
            (ObjectKind::RwLock, State::RwLock(object::RwLock::new(self.inner.is_poisoned())))
        })
    }

    /// Whether it is poisoned, asked by its owner, for whom that is no step.
    fn was_poisoned(&self) -> bool {
        current::is_poisoned(&self.slot).unwrap_or_else(|| self.inner.is_poisoned())
    }

    /// The guard for a shared hold that the engine has just given.
    fn taken_shared(
        &self,
        object: ObjectId,
        outcome: Outcome,
        location: &'static Location<'static>,
    ) -> LockResult<RwLockReadGuard<'_, T>> {
        let Ok(guard) = settle::<_, ()>(self.inner.try_read()) else { held_elsewhere() };
        let guard = guard.unwrap_or_else(PoisonError::into_inner);
        judge(self.reader(guard, object, location), outcome)
    }

    /// The guard for an exclusive hold that the engine has just given.
    fn taken_alone(
        &self,
        object: ObjectId,
        outcome: Outcome,
        location: &'static Location<'static>,
    ) -> LockResult<RwLockWriteGuard<'_, T>> {
        let Ok(guard) = settle::<_, ()>(self.inner.try_write()) else { held_elsewhere() };
        let poisoned = guard.is_err();
        let guard = guard.unwrap_or_else(PoisonError::into_inner);
        judge(self.writer(guard, poisoned, object, location), outcome)
    }

    fn reader<'a>(
        &'a self,
        guard: std::sync::RwLockReadGuard<'a, T>,
        object: ObjectId,
        location: &'static Location<'static>,
    ) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard {
            guard,
            _hold: Hold { lock: None, object, panicking: false, poisoned: false, location },
        }
    }

    fn writer<'a>(
        &'a self,
        guard: std::sync::RwLockWriteGuard<'a, T>,
        poisoned: bool,
        object: ObjectId,
        location: &'static Location<'static>,
    ) -> RwLockWriteGuard<'a, T> {
        let panicking = object != ObjectId::NONE && std::thread::panicking();
        RwLockWriteGuard { guard, _hold: Hold { lock: Some(self), object, panicking, poisoned, location } }
    }
}

fn asks_poisoned(object: ObjectId, location: &'static Location<'static>) -> bool {
    current::perform_on(object, Action::RwLock(RwLockAction::IsPoisoned), location).value() == Some(1)
}

/// Applies `wrap` to a guard, poisoned or not.
fn split<G, W>(result: LockResult<G>, wrap: impl FnOnce(G) -> W) -> LockResult<W> {
    match result {
        Ok(guard) => Ok(wrap(guard)),
        Err(poisoned) => Err(PoisonError::new(wrap(poisoned.into_inner()))),
    }
}

/// Tells "held by another" from "taken, but poisoned".
fn settle<G, W>(result: TryLockResult<G>) -> Result<LockResult<G>, TryLockError<W>> {
    match result {
        Ok(guard) => Ok(Ok(guard)),
        Err(TryLockError::Poisoned(poisoned)) => Ok(Err(poisoned)),
        Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
    }
}

/// What the engine said of a lock taken decides whether it is poisoned.
fn judge<G>(guard: G, outcome: Outcome) -> LockResult<G> {
    if outcome == Outcome::Poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
}

/// Shows the value if no writer holds the lock. Looking is no step.
impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match current::is_poisoned(&self.slot).unwrap_or_else(|| self.inner.is_poisoned()) {
            poisoned if poisoned == self.inner.is_poisoned() => self.inner.fmt(f),
            poisoned => show(f, "RwLock", self.inner.try_read(), poisoned),
        }
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        RwLock::new(value)
    }
}
