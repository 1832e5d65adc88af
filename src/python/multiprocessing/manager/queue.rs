//! Queues that a server keeps: `queue.Queue`, with no feeder.

use super::{Kept, Manager};
use crate::base::object::{self, State};
use crate::base::{Action, FOREVER, Name, ObjectKind, Outcome, QueueAction};
use crate::engine::current;
use crate::python::Error;
use crate::python::bits::{show, width};
use crate::python::time::nanoseconds;
use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// `manager.Queue`: as `queue.Queue`, at the server, so that what is put is there. A clone is a proxy of the same queue.
pub struct Queue<T> {
    kept: Arc<Kept>,
    // Invariant: as many as the engine's queue counts. Held for a moment only, without performing operations.
    items: Arc<Mutex<VecDeque<T>>>,
}

impl Manager {
    /// `manager.Queue()`: without a bound.
    ///
    /// # Errors
    ///
    /// `AssertionError: server not yet started` after the shutdown.
    #[track_caller]
    pub fn queue<T: fmt::Debug + Send + 'static>(&self, name: &'static str) -> Result<Queue<T>, Error> {
        let begin = State::Queue(object::Queue::new(0));
        let kept = self.keep(ObjectKind::Queue(width::<T>()), begin, Name::new(name))?;
        Ok(Queue { kept, items: Arc::default() })
    }
}

impl<T: fmt::Debug + Send + 'static> Queue<T> {
    /// `put(item)`
    ///
    /// # Errors
    ///
    /// `BrokenPipeError` after the manager's shutdown.
    #[track_caller]
    pub fn put(&self, item: T) -> Result<(), Error> {
        self.kept.call(Action::Queue(QueueAction::Put { timeout: FOREVER }), Location::caller())?;
        show(&item);
        self.items.lock().unwrap_or_else(PoisonError::into_inner).push_back(item);
        Ok(())
    }

    /// `get()`
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    #[track_caller]
    pub fn get(&self) -> Result<T, Error> {
        self.get_within(FOREVER, Location::caller())
    }

    /// `get(timeout=…)`
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] when there was no item in time; as [`put`](Self::put).
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        self.get_within(nanoseconds(timeout), Location::caller())
    }

    /// `get_nowait()`
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] when there is no item; as [`put`](Self::put).
    #[track_caller]
    pub fn get_nowait(&self) -> Result<T, Error> {
        self.get_within(0, Location::caller())
    }

    /// `qsize()`
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    #[track_caller]
    pub fn qsize(&self) -> Result<usize, Error> {
        let length = self.kept.call(Action::Queue(QueueAction::Length), Location::caller())?;
        Ok(length.value().unwrap_or(0) as usize)
    }

    /// `empty()`
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    #[track_caller]
    pub fn empty(&self) -> Result<bool, Error> {
        let answer = self.kept.call(Action::Queue(QueueAction::IsEmpty), Location::caller())?;
        Ok(answer.value() == Some(1))
    }

    /// `task_done()`
    ///
    /// # Errors
    ///
    /// `ValueError: task_done() called too many times`; as [`put`](Self::put).
    #[track_caller]
    pub fn task_done(&self) -> Result<(), Error> {
        match self.kept.call(Action::Queue(QueueAction::TaskDone), Location::caller())? {
            Outcome::Refused => Err(Error::value("task_done() called too many times")),
            _ => Ok(()),
        }
    }

    /// `join()`
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    #[track_caller]
    pub fn join(&self) -> Result<(), Error> {
        self.kept.call(Action::Queue(QueueAction::Join), Location::caller()).map(drop)
    }

    fn get_within(&self, timeout: u64, location: &'static Location<'static>) -> Result<T, Error> {
        match self.kept.call(Action::Queue(QueueAction::Get { timeout }), location)? {
            Outcome::Done => {
                let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
                let item = items.pop_front().expect("there are as many items as the engine counts");
                show(&item);
                Ok(item)
            }
            outcome => {
                current::offer_turn_if_late(outcome, location);
                Err(Error::Empty)
            }
        }
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Queue { kept: Arc::clone(&self.kept), items: Arc::clone(&self.items) }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}
