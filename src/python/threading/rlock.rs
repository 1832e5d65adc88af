//! Python's reentrant lock.

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

const NOBODY: u32 = u32::MAX;

/// `threading.RLock`: its owner may take it again, and has to give it back as often.
///
/// Only the outermost acquire and release are steps: nobody else can tell the inner ones. A clone is the same lock.
#[derive(Clone)]
pub struct RLock(Arc<Inner>);

struct Inner {
    identity: Identity,
    kind: ObjectKind,
    // Invariant: whenever a thread may be switched away from, the holder of the engine's mutex, or `NOBODY`.
    owner: AtomicU32,
    // Invariant: how often the owner has taken it; 0 when there is none.
    depth: AtomicU32,
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
        RLock::of(ObjectKind::RLock)
    }

    /// One that is another kind of thing too, which shares its engine object.
    #[track_caller]
    pub(in crate::python) fn of(kind: ObjectKind) -> Self {
        let (owner, depth) = (AtomicU32::new(NOBODY), AtomicU32::new(0));
        RLock(Arc::new(Inner { identity: Identity::new(), kind, owner, depth }))
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

    /// `acquire()`: waits until no other thread holds it and takes it, once more if need be.
    #[track_caller]
    pub fn acquire(&self) {
        self.acquire_within(FOREVER, Location::caller());
    }

    /// `acquire(timeout=…)`: `false` when the time was up first.
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.acquire_within(nanoseconds(timeout), Location::caller())
    }

    /// `acquire(blocking=False)`: takes it if no other thread holds it; whether it did.
    #[track_caller]
    pub fn try_acquire(&self) -> bool {
        self.take(MutexAction::TryLock, Location::caller())
    }

    /// `release()`: gives it back once.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot release un-acquired lock` when the caller does not hold it.
    #[track_caller]
    pub fn release(&self) -> Result<(), Error> {
        self.release_at(Location::caller())
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

    pub(in crate::python) fn object(&self) -> ObjectId {
        self.0.identity.object(|| (self.0.kind, State::Mutex(object::Mutex::new(false))))
    }

    pub(super) fn is_owned(&self) -> bool {
        self.0.owner.load(Relaxed) == current::thread().0
    }

    pub(super) fn depth(&self) -> u32 {
        self.0.depth.load(Relaxed)
    }

    /// Notes that the caller holds it so many times, or that nobody does.
    pub(super) fn set_depth(&self, depth: u32) {
        self.0.owner.store(if depth == 0 { NOBODY } else { current::thread().0 }, Relaxed);
        self.0.depth.store(depth, Relaxed);
    }

    pub(super) fn acquire_within(&self, timeout: u64, location: &'static Location<'static>) -> bool {
        self.take(MutexAction::Lock { timeout }, location)
    }

    pub(in crate::python) fn release_at(&self, location: &'static Location<'static>) -> Result<(), Error> {
        if !self.is_owned() {
            return Err(Error::runtime("cannot release un-acquired lock"));
        }
        match self.depth() {
            1 => {
                current::perform_hot(self.object(), hot::Unlock { poison: false }, location);
                self.set_depth(0);
            }
            depth => self.set_depth(depth - 1),
        }
        Ok(())
    }

    fn take(&self, action: MutexAction, location: &'static Location<'static>) -> bool {
        if self.is_owned() {
            self.set_depth(self.depth() + 1);
            return true;
        }
        let outcome = match action {
            MutexAction::Lock { timeout: FOREVER } => {
                current::perform_hot(self.object(), hot::Lock, location);
                Outcome::Done
            }
            _ => current::perform_on(self.object(), Action::Mutex(action), location),
        };
        match outcome {
            Outcome::Done => {
                self.set_depth(1);
                true
            }
            outcome => {
                current::offer_turn_if_late(outcome, location);
                false
            }
        }
    }
}

impl fmt::Debug for RLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RLock").finish_non_exhaustive()
    }
}
