//! Managers: objects that a server process keeps, and proxies of them.
//!
//! Every call of a proxy is one step at the server. After the manager's shutdown each fails with `BrokenPipeError`, also one that
//! was waiting at that moment; in CPython it depends on the moment which of several connection errors it is.

mod collections;
mod locks;
mod queue;
mod semaphore;
mod served;

pub use collections::{DictProxy, ListProxy, Namespace, ValueProxy};
pub use locks::{Condition, Event, Lock, RLock};
pub use queue::Queue;
pub use semaphore::Semaphore;

use super::world;
use crate::base::object::State;
use crate::base::{Action, Name, ObjectId, ObjectKind, Outcome};
use crate::engine::current;
use crate::python::Error;
use crate::python::identity::{Identity, require_exploration};
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// `multiprocessing.Manager`. A clone is the same manager.
///
/// ```
/// use selvedge::Explorer;
/// use selvedge::python::Error;
/// use selvedge::python::multiprocessing::{Manager, Process};
///
/// let report = Explorer::new()
///     .explore(|| {
///         let total = Manager::with(|manager| {
///             let total = manager.value(0)?;
///             let worker = {
///                 let total = total.clone();
///                 Process::new(move || total.set(7))
///             };
///             worker.start()?;
///             worker.join()?;
///             assert_eq!(total.get(), Ok(7));
///             Ok::<_, Error>(total)
///         });
///         assert_eq!(total.unwrap().get(), Err(Error::BrokenPipeError));
///     })
///     .unwrap();
/// assert!(report.proved(), "{report}");
/// ```
#[derive(Clone)]
pub struct Manager(Arc<Mutex<Option<Vec<Arc<Kept>>>>>);

/// What ties a proxy to what the server keeps.
struct Kept {
    identity: Identity,
    kind: ObjectKind,
    begin: State,
}

impl Kept {
    fn object(&self) -> ObjectId {
        self.identity.object(|| (self.kind, self.begin.clone()))
    }

    /// A call: one step at the server.
    fn call(&self, action: Action, location: &'static Location<'static>) -> Result<Outcome, Error> {
        match current::perform_on(self.object(), action, location) {
            Outcome::Disconnected => Err(Error::BrokenPipeError),
            outcome => Ok(outcome),
        }
    }
}

impl Manager {
    /// `Manager()`: starts a server. It counts as a child in the names of processes to come.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[expect(clippy::new_without_default, reason = "it panics outside of an exploration")]
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        require_exploration();
        world::next_number();
        Manager(Arc::new(Mutex::new(Some(Vec::new()))))
    }

    /// `with Manager() as manager:` runs `body` and shuts the server down.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[track_caller]
    pub fn with<R>(body: impl FnOnce(&Manager) -> R) -> R {
        let location = Location::caller();
        let manager = Manager::new();
        let result = body(&manager);
        manager.shut_down(location);
        result
    }

    /// `shutdown()`: ends the server; one step for each object that it keeps.
    #[track_caller]
    pub fn shutdown(&self) {
        self.shut_down(Location::caller());
    }

    fn shut_down(&self, location: &'static Location<'static>) {
        let kept = self.kept().take();
        for object in kept.into_iter().flatten() {
            current::perform_on(object.object(), Action::Close, location);
        }
    }

    /// Keeps another object at the server.
    fn keep(&self, kind: ObjectKind, begin: State, name: Name) -> Result<Arc<Kept>, Error> {
        let mut identity = Identity::new();
        if !name.is_empty() {
            identity.rename(name);
        }
        let object = Arc::new(Kept { identity, kind, begin });
        match &mut *self.kept() {
            Some(kept) => kept.push(Arc::clone(&object)),
            None => return Err(Error::assertion("server not yet started")),
        }
        Ok(object)
    }

    fn kept(&self) -> MutexGuard<'_, Option<Vec<Arc<Kept>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager").field("running", &self.kept().is_some()).finish_non_exhaustive()
    }
}
