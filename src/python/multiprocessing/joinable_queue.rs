//! Queues between processes that know what is left to do.

use super::queue::Queue;
use crate::base::object::{self, State};
use crate::base::{Action, FOREVER, Name, ObjectKind, Outcome, QueueAction};
use crate::engine::current;
use crate::python::Error;
use crate::python::identity::Identity;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// `multiprocessing.JoinableQueue`: a queue that knows how many of its items have yet to be dealt with.
pub struct JoinableQueue<T> {
    queue: Queue<T>,
    unfinished: Arc<Identity>,
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
        JoinableQueue { queue: Queue::new(maxsize), unfinished: Arc::new(Identity::new()) }
    }

    /// The same queue under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: &'static str) -> Self {
        self.queue = self.queue.named(name);
        let unfinished = Arc::get_mut(&mut self.unfinished).expect("say what a queue is before it is shared");
        unfinished.rename(Name::new(name).part("work in"));
        self
    }

    /// `put(item)`: one step more than [`Queue::put`], which counts the item as unfinished.
    ///
    /// # Errors
    ///
    /// As [`Queue::put`].
    #[track_caller]
    pub fn put(&self, item: T) -> Result<(), Error> {
        let location = Location::caller();
        if !self.queue.is_closed() {
            self.count(QueueAction::Put { timeout: 0 }, location);
        }
        self.queue.put_within(item, FOREVER, location)
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
        match self.count(QueueAction::TaskDone, Location::caller()) {
            Outcome::Refused => Err(Error::value("task_done() called too many times")),
            _ => Ok(()),
        }
    }

    /// `join()`: waits until all items put have been dealt with.
    #[track_caller]
    pub fn join(&self) {
        self.count(QueueAction::Join, Location::caller());
    }

    /// The queue beneath, for everything else.
    pub fn queue(&self) -> &Queue<T> {
        &self.queue
    }

    fn count(&self, action: QueueAction, location: &'static Location<'static>) -> Outcome {
        let begin = || (ObjectKind::Queue(None), State::Queue(object::Queue::new(0)));
        current::perform_on(self.unfinished.object(begin), Action::Queue(action), location)
    }
}

impl<T> Clone for JoinableQueue<T> {
    fn clone(&self) -> Self {
        JoinableQueue { queue: self.queue.clone(), unfinished: Arc::clone(&self.unfinished) }
    }
}

impl<T> fmt::Debug for JoinableQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinableQueue").field("queue", &self.queue).finish_non_exhaustive()
    }
}
