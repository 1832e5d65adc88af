//! Python's `queue`.

use super::Error;
use super::bits::{bits, width};
use super::identity::{Identity, rename};
use super::time::nanoseconds;
use crate::base::object::{self, State};
use crate::base::{Action, FOREVER, Name, ObjectKind, Outcome, QueueAction};
use crate::engine::current;
use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// `queue.Queue`: first in, first out. Every call is one step, because the queue has a lock of its own.
///
/// A clone is the same queue. Items that are numbers show in traces.
pub struct Queue<T>(Arc<Items<T>>);

struct Items<T> {
    identity: Identity,
    capacity: usize,
    // Invariant: as many as the engine's queue counts. Held for a moment only, without performing operations.
    items: Mutex<VecDeque<T>>,
}

impl<T: fmt::Debug + Send + 'static> Queue<T> {
    /// `Queue(maxsize)`: an empty queue of the running execution; without a bound when `maxsize` is 0.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(maxsize: usize) -> Self {
        let items = Mutex::new(VecDeque::new());
        Queue(Arc::new(Items { identity: Identity::new(), capacity: maxsize, items }))
    }

    /// The same queue under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: &'static str) -> Self {
        rename(&mut self.0, Name::new(name), |q| &mut q.identity);
        self
    }

    /// The same queue under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(mut self, name: &'static str, number: u32) -> Self {
        rename(&mut self.0, Name::numbered(name, number), |q| &mut q.identity);
        self
    }

    /// `put(item)`: waits until there is room and puts it.
    #[track_caller]
    pub fn put(&self, item: T) {
        // Without a time-out it is done in the end or never returns.
        let _ = self.put_within(item, FOREVER, Location::caller());
    }

    /// `put(item, timeout=…)`
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when there was no room in time.
    #[track_caller]
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), Error> {
        self.put_within(item, nanoseconds(timeout), Location::caller())
    }

    /// `put_nowait(item)`
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when there is no room.
    #[track_caller]
    pub fn put_nowait(&self, item: T) -> Result<(), Error> {
        self.put_within(item, 0, Location::caller())
    }

    /// `get()`: waits until there is an item and takes the oldest.
    #[track_caller]
    pub fn get(&self) -> T {
        self.get_within(FOREVER, Location::caller()).expect("a get without a time-out returns with an item")
    }

    /// `get(timeout=…)`
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] when there was no item in time.
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        self.get_within(nanoseconds(timeout), Location::caller())
    }

    /// `get_nowait()`
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] when there is no item.
    #[track_caller]
    pub fn get_nowait(&self) -> Result<T, Error> {
        self.get_within(0, Location::caller())
    }

    /// `qsize()`: how many items there are, at the time of asking.
    #[track_caller]
    pub fn qsize(&self) -> usize {
        self.ask(QueueAction::Length, Location::caller()) as usize
    }

    /// `empty()`: whether there are none, at the time of asking.
    #[track_caller]
    pub fn empty(&self) -> bool {
        self.ask(QueueAction::IsEmpty, Location::caller()) != 0
    }

    /// `full()`: whether there is no room, at the time of asking.
    #[track_caller]
    pub fn full(&self) -> bool {
        self.ask(QueueAction::IsFull, Location::caller()) != 0
    }

    /// `task_done()`: says that an item taken has been dealt with.
    ///
    /// # Errors
    ///
    /// [`Error::ValueError`] when that was said of all items already.
    #[track_caller]
    pub fn task_done(&self) -> Result<(), Error> {
        match self.perform(QueueAction::TaskDone, Location::caller()) {
            Outcome::Refused => Err(Error::ValueError("task_done() called too many times".to_owned())),
            _ => Ok(()),
        }
    }

    /// `join()`: waits until all items put have been dealt with.
    #[track_caller]
    pub fn join(&self) {
        self.perform(QueueAction::Join, Location::caller());
    }

    fn put_within(&self, item: T, timeout: u64, location: &'static Location<'static>) -> Result<(), Error> {
        match self.perform(QueueAction::Put { timeout }, location) {
            Outcome::Done => {
                show(&item);
                self.items().push_back(item);
                Ok(())
            }
            outcome => self.give_up(outcome, Error::Full, location),
        }
    }

    fn get_within(&self, timeout: u64, location: &'static Location<'static>) -> Result<T, Error> {
        match self.perform(QueueAction::Get { timeout }, location) {
            Outcome::Done => {
                let item = self.items().pop_front().expect("there are as many items as the engine counts");
                show(&item);
                Ok(item)
            }
            outcome => self.give_up(outcome, Error::Empty, location),
        }
    }

    fn give_up<R>(
        &self,
        outcome: Outcome,
        error: Error,
        location: &'static Location<'static>,
    ) -> Result<R, Error> {
        if outcome == Outcome::TimedOut {
            current::offer_turn(location);
        }
        Err(error)
    }

    fn ask(&self, question: QueueAction, location: &'static Location<'static>) -> u64 {
        self.perform(question, location).value().unwrap_or(0)
    }

    fn perform(&self, action: QueueAction, location: &'static Location<'static>) -> Outcome {
        let capacity = self.0.capacity as u64;
        let begin = || (ObjectKind::Queue(width::<T>()), State::Queue(object::Queue::new(capacity)));
        current::perform_on(self.0.identity.object(begin), Action::Queue(action), location)
    }

    fn items(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.0.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Queue(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("maxsize", &self.0.capacity).finish_non_exhaustive()
    }
}

/// Tells the trace which item was put or taken.
fn show<T: fmt::Debug + 'static>(item: &T) {
    match bits(item) {
        Some(bits) => current::annotate(Outcome::Value(bits)),
        None => current::note(|| format!("{item:?}")),
    }
}
