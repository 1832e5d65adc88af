//! Python's thread-local data.

use crate::base::ThreadId;
use crate::engine::current;
use crate::python::Error;
use crate::python::identity::require_exploration;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An attribute of a `threading.local()`: each thread has a value of its own, or none. A clone is the same attribute.
///
/// Nothing is a step, because no other thread can tell. What an ended thread has left is kept until the last handle goes.
///
/// ```
/// use selvedge::Explorer;
/// use selvedge::python::threading::{Local, Thread};
///
/// // The threads have nothing in common, so there is only one way to run it.
/// Explorer::new().allow_trivial(true).check(|| {
///     let depth = Local::new("depth");
///     depth.set(1);
///     let other = depth.clone();
///     let thread = Thread::new(move || assert!(other.get().is_err()));
///     thread.start().unwrap();
///     assert_eq!(depth.get(), Ok(1));
/// });
/// ```
pub struct Local<T>(Arc<Attribute<T>>);

struct Attribute<T> {
    name: &'static str,
    epoch: u64,
    // Held for a moment only, without performing operations.
    values: Mutex<BTreeMap<ThreadId, T>>,
}

impl<T: Clone + Send + 'static> Local<T> {
    /// An attribute of this name, which no thread has a value of.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(name: &'static str) -> Self {
        require_exploration();
        Local(Arc::new(Attribute { name, epoch: current::epoch(), values: Mutex::default() }))
    }

    /// The caller's value.
    ///
    /// # Errors
    ///
    /// `AttributeError: '_thread._local' object has no attribute '…'` when the caller has none.
    #[track_caller]
    pub fn get(&self) -> Result<T, Error> {
        let value = self.values().get(&current::thread()).cloned();
        value.ok_or_else(|| self.missing())
    }

    /// Gives the caller a value.
    #[track_caller]
    pub fn set(&self, value: T) {
        let old = self.values().insert(current::thread(), value);
        // After the guard is gone: what is dropped here may perform operations.
        drop(old);
    }

    /// `del`: takes the caller's value away.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn delete(&self) -> Result<(), Error> {
        let old = self.values().remove(&current::thread());
        old.map(drop).ok_or_else(|| self.missing())
    }

    #[track_caller]
    fn values(&self) -> MutexGuard<'_, BTreeMap<ThreadId, T>> {
        require_exploration();
        assert!(
            self.0.epoch == current::epoch(),
            "a Python object belongs to the execution in which it was made: make it inside of the model"
        );
        self.0.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn missing(&self) -> Error {
        Error::AttributeError(format!("'_thread._local' object has no attribute '{}'", self.0.name))
    }
}

impl<T> Clone for Local<T> {
    fn clone(&self) -> Self {
        Local(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Local<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("name", &self.0.name).finish_non_exhaustive()
    }
}
