//! Queues between processes that know what is left to do.

use super::queue::Queue;
use crate::base::{FOREVER, Outcome, QueueAction};
use crate::python::Error;
use std::fmt;
use std::panic::Location;

/// `multiprocessing.JoinableQueue`: a queue that knows how many of its items have yet to be dealt with.
///
/// A put is one step more than that of a [`Queue`]: once there is room the item is counted as unfinished.
pub struct JoinableQueue<T> {
    queue: Queue<T>,
}

impl<T: fmt::Debug + Send + 'static> JoinableQueue<T> {
    /// `JoinableQueue(maxsize)`: an empty queue of the running execution.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(maxsize: usize) -> Self {
        JoinableQueue { queue: Queue::made(maxsize, true) }
    }

    /// The same queue under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: &'static str) -> Self {
        self.queue = self.queue.named(name);
        self
    }

    /// `put(item)`
    ///
    /// # Errors
    ///
    /// As [`Queue::put`].
    #[track_caller]
    pub fn put(&self, item: T) -> Result<(), Error> {
        self.queue.put_within(item, FOREVER, Location::caller())
    }

    /// `get()`
    ///
    /// # Errors
    ///
    /// As [`Queue::get`].
    #[track_caller]
    pub fn get(&self) -> Result<T, Error> {
        self.queue.get_within(FOREVER, Location::caller())
    }

    /// `get_nowait()`
    ///
    /// # Errors
    ///
    /// As [`Queue::get_nowait`].
    #[track_caller]
    pub fn get_nowait(&self) -> Result<T, Error> {
        self.queue.get_within(0, Location::caller())
    }

    /// `task_done()`: says that an item taken has been dealt with.
    ///
    /// # Errors
    ///
    /// `ValueError: task_done() called too many times`
    #[track_caller]
    pub fn task_done(&self) -> Result<(), Error> {
        match self.queue.count(QueueAction::TaskDone, Location::caller()) {
            Some(Outcome::Refused) => Err(Error::value("task_done() called too many times")),
            _ => Ok(()),
        }
    }

    /// `join()`: waits until all items put have been dealt with.
    #[track_caller]
    pub fn join(&self) {
        self.queue.count(QueueAction::Join, Location::caller());
    }

    /// The queue beneath, for everything else; what is put there is counted too.
    pub fn queue(&self) -> &Queue<T> {
        &self.queue
    }
}

impl<T> Clone for JoinableQueue<T> {
    fn clone(&self) -> Self {
        JoinableQueue { queue: self.queue.clone() }
    }
}

impl<T> fmt::Debug for JoinableQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinableQueue").field("queue", &self.queue).finish_non_exhaustive()
    }
}
