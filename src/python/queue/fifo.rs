//! `queue.Queue`, and what its subclasses make different.

use super::store::{Order, Store};
use crate::base::object::{self, State};
use crate::base::{Action, FOREVER, Name, ObjectKind, Outcome, QueueAction};
use crate::engine::current;
use crate::python::Error;
use crate::python::bits::{show, width};
use crate::python::identity::{Identity, rename};
use crate::python::time::nanoseconds;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// `queue.Queue`: first in, first out. Every call is one step, because the queue has a lock of its own.
///
/// A clone is the same queue. Items that are numbers show in traces. As in Python, the other queues with a bound are queues
/// too: a function that takes a `&Queue` takes any of them.
///
/// ```
/// use selvedge::python::{queue::Queue, threading::Thread};
///
/// selvedge::check(|| {
///     let tasks = Queue::new(1).named("tasks");
///     let taken = tasks.clone();
///     let worker = Thread::new(move || (0..2).map(|_| taken.get()).for_each(|task| drop(task)));
///     worker.start().unwrap();
///     tasks.put("sweep");
///     tasks.put("wash");
///     worker.join().unwrap();
///     assert!(tasks.empty());
/// });
/// ```
pub struct Queue<T>(Arc<Items<T>>);

struct Items<T> {
    identity: Identity,
    capacity: usize,
    // Invariant: as many as the engine's queue counts. Held for a moment only, without performing operations.
    items: Mutex<Store<T>>,
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
        Queue::ordered(maxsize, Order::Oldest)
    }

    #[track_caller]
    pub(super) fn ordered(maxsize: usize, order: Order<T>) -> Self {
        let items = Mutex::new(Store::new(order));
        Queue(Arc::new(Items { identity: Identity::new(), capacity: maxsize, items }))
    }

    /// The same queue under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        self.called(Name::new(name))
    }

    /// The same queue under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        self.called(Name::numbered(name, number))
    }

    #[track_caller]
    pub(super) fn called(mut self, name: Name) -> Self {
        rename(&mut self.0, name, |q| &mut q.identity);
        self
    }

    /// `maxsize`
    pub fn maxsize(&self) -> usize {
        self.0.capacity
    }

    /// `put(item)`: waits until there is room and puts it.
    ///
    /// # Panics
    ///
    /// With [`Error::ShutDown`], when the queue is shut down; [`try_put`](Self::try_put) returns it.
    #[track_caller]
    pub fn put(&self, item: T) {
        if let Err(error) = self.put_within(item, FOREVER, Location::caller()) {
            panic!("{error}");
        }
    }

    /// `put(item)`, for a queue that may be shut down.
    ///
    /// # Errors
    ///
    /// [`Error::ShutDown`] when it is, or is while the caller waits.
    #[track_caller]
    pub fn try_put(&self, item: T) -> Result<(), Error> {
        self.put_within(item, FOREVER, Location::caller())
    }

    /// `put(item, timeout=…)`
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when there was no room in time; [`Error::ShutDown`] when the queue is shut down.
    #[track_caller]
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), Error> {
        self.put_within(item, nanoseconds(timeout), Location::caller())
    }

    /// `put_nowait(item)`
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when there is no room; [`Error::ShutDown`] when the queue is shut down.
    #[track_caller]
    pub fn put_nowait(&self, item: T) -> Result<(), Error> {
        self.put_within(item, 0, Location::caller())
    }

    /// `get()`: waits until there is an item and takes the one whose turn it is: of a plain queue the oldest.
    ///
    /// # Panics
    ///
    /// With [`Error::ShutDown`], when the queue is empty and shut down; [`try_get`](Self::try_get) returns it.
    #[track_caller]
    pub fn get(&self) -> T {
        match self.get_within(FOREVER, Location::caller()) {
            Ok(item) => item,
            Err(error) => panic!("{error}"),
        }
    }

    /// `get()`, for a queue that may be shut down.
    ///
    /// # Errors
    ///
    /// [`Error::ShutDown`] when it is empty and shut down, or comes to be while the caller waits.
    #[track_caller]
    pub fn try_get(&self) -> Result<T, Error> {
        self.get_within(FOREVER, Location::caller())
    }

    /// `get(timeout=…)`
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] when there was no item in time; [`Error::ShutDown`] when the queue is empty and shut down.
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        self.get_within(nanoseconds(timeout), Location::caller())
    }

    /// `get_nowait()`
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] when there is no item; [`Error::ShutDown`] when the queue is also shut down.
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

    /// `shutdown(immediate)`, which Python has from 3.13 on: the queue takes no more items, and whoever waits to put one gets an
    /// error. Those who take items go on until there are none. If it is immediate, what is in the queue is thrown away and
    /// counts as done.
    #[track_caller]
    pub fn shutdown(&self, immediate: bool) {
        self.perform(QueueAction::ShutDown { immediate }, Location::caller());
        let left = if immediate { self.items().take_all() } else { Vec::new() };
        // After the guard is gone: what is dropped here may perform operations.
        drop(left);
    }

    pub(super) fn put_within(
        &self,
        item: T,
        timeout: u64,
        location: &'static Location<'static>,
    ) -> Result<(), Error> {
        match self.perform(QueueAction::Put { timeout }, location) {
            Outcome::Done => {
                show(&item);
                self.items().put(item);
                Ok(())
            }
            outcome => self.give_up(outcome, Error::Full, location),
        }
    }

    pub(super) fn get_within(&self, timeout: u64, location: &'static Location<'static>) -> Result<T, Error> {
        match self.perform(QueueAction::Get { timeout }, location) {
            Outcome::Done => {
                let item = self.items().take().expect("there are as many items as the engine counts");
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
        match outcome {
            Outcome::Disconnected => Err(Error::ShutDown),
            Outcome::TimedOut => {
                current::offer_turn(location);
                Err(error)
            }
            _ => Err(error),
        }
    }

    fn ask(&self, question: QueueAction, location: &'static Location<'static>) -> u64 {
        self.perform(question, location).value().unwrap_or(0)
    }

    fn perform(&self, action: QueueAction, location: &'static Location<'static>) -> Outcome {
        let capacity = self.0.capacity as u64;
        let begin = || (ObjectKind::Queue(width::<T>()), State::Queue(object::Queue::new(capacity)));
        current::perform_on(self.0.identity.object(begin), Action::Queue(action), location)
    }

    fn items(&self) -> MutexGuard<'_, Store<T>> {
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
