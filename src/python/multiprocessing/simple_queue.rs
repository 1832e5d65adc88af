//! Simple queues between processes: a pipe and its two locks.

use super::feeder::Line;
use crate::base::{FOREVER, Name, ThreadId};
use crate::engine::current;
use crate::python::Error;
use crate::python::bits::width;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

/// `multiprocessing.SimpleQueue`: whoever puts writes to the pipe itself, so what is put is there. A clone is the same queue.
pub struct SimpleQueue<T>(Arc<Inner<T>>);

struct Inner<T> {
    line: Line<T>,
    closed: Mutex<BTreeSet<ThreadId>>,
}

impl<T: fmt::Debug + Send + 'static> SimpleQueue<T> {
    /// `SimpleQueue()`: an empty queue of the running execution.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[expect(clippy::new_without_default, reason = "it panics outside of an exploration")]
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        SimpleQueue(Arc::new(Inner { line: Line::new(width::<T>()), closed: Mutex::default() }))
    }

    /// The same queue under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: &'static str) -> Self {
        let inner = Arc::get_mut(&mut self.0).expect("give a Python object its name before it is shared");
        inner.line.rename(Name::new(name));
        self
    }

    /// `put(item)`: one step.
    ///
    /// # Errors
    ///
    /// `OSError: handle is closed` when this process has closed it.
    #[track_caller]
    pub fn put(&self, item: T) -> Result<(), Error> {
        let location = Location::caller();
        self.check()?;
        self.0.line.write(item, location);
        Ok(())
    }

    /// `get()`: waits for an item and takes the oldest.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    #[track_caller]
    pub fn get(&self) -> Result<T, Error> {
        let location = Location::caller();
        self.check()?;
        self.0.line.take(FOREVER, location).map_err(|_| Error::EofError)
    }

    /// `empty()`: whether there is no item, at the time of asking.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    #[track_caller]
    pub fn empty(&self) -> Result<bool, Error> {
        let location = Location::caller();
        self.check()?;
        Ok(self.0.line.is_empty(location))
    }

    /// `close()`: this process uses it no more.
    pub fn close(&self) {
        self.0.closed.lock().unwrap_or_else(PoisonError::into_inner).insert(current::process());
    }

    fn check(&self) -> Result<(), Error> {
        let closed = self.0.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if closed.contains(&current::process()) { Err(Error::os("handle is closed")) } else { Ok(()) }
    }
}

impl<T> Clone for SimpleQueue<T> {
    fn clone(&self) -> Self {
        SimpleQueue(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for SimpleQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimpleQueue").finish_non_exhaustive()
    }
}
