//! `queue.SimpleQueue`.

use super::Queue;
use crate::base::{FOREVER, Name};
use crate::python::Error;
use crate::python::time::nanoseconds;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

/// `queue.SimpleQueue`: first in, first out, without a bound and without tasks to be done. A clone is the same queue.
pub struct SimpleQueue<T>(Queue<T>);

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
        SimpleQueue(Queue::new(0))
    }

    /// The same queue under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        SimpleQueue(self.0.called(Name::new(name)))
    }

    /// The same queue under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        SimpleQueue(self.0.called(Name::numbered(name, number)))
    }

    /// `put(item)`, and `put_nowait(item)`: never waits.
    #[track_caller]
    pub fn put(&self, item: T) {
        self.0.put_within(item, FOREVER, Location::caller()).expect("there is always room");
    }

    /// As [`put`](Self::put), called from elsewhere.
    pub(in crate::python) fn put_at(&self, item: T, location: &'static Location<'static>) {
        self.0.put_within(item, FOREVER, location).expect("there is always room");
    }

    /// `get()`: waits until there is an item and takes the oldest.
    #[track_caller]
    pub fn get(&self) -> T {
        self.0.get_within(FOREVER, Location::caller()).expect("without a time-out it returns with an item")
    }

    /// `get(timeout=…)`
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] when there was no item in time.
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        self.0.get_within(nanoseconds(timeout), Location::caller())
    }

    /// `get_nowait()`
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] when there is no item.
    #[track_caller]
    pub fn get_nowait(&self) -> Result<T, Error> {
        self.0.get_within(0, Location::caller())
    }

    /// `qsize()`: how many items there are, at the time of asking.
    #[track_caller]
    pub fn qsize(&self) -> usize {
        self.0.qsize()
    }

    /// `empty()`: whether there are none, at the time of asking.
    #[track_caller]
    pub fn empty(&self) -> bool {
        self.0.empty()
    }
}

impl<T> Clone for SimpleQueue<T> {
    fn clone(&self) -> Self {
        SimpleQueue(self.0.clone())
    }
}

impl<T> fmt::Debug for SimpleQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimpleQueue").finish_non_exhaustive()
    }
}
