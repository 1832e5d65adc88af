//! Queues between processes.

use super::feeder::Line;
use super::world;
use crate::base::object::{self, State};
use crate::base::{Action, FOREVER, Name, ObjectKind, Outcome, PipeAction, QueueAction, ThreadId};
use crate::engine::current;
use crate::python::Error;
use crate::python::bits::{show, width};
use crate::python::identity::Identity;
use crate::python::time::nanoseconds;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// `multiprocessing.Queue`: what is put goes to a feeder thread of the process, which writes it to a pipe *later*.
///
/// So [`empty`](Queue::empty) may still say yes right after a `put`, [`get_nowait`](Queue::get_nowait) may still find nothing, and
/// what two processes put arrives in either order. A process waits at its end until all that it has put is written.
///
/// A put is one step, and so is the writing; a get is one step, and a second one where the queue has a bound, because the room is
/// given back after the item has been taken. A clone is the same queue. CPython's readers also shut each other out while one of
/// them waits: there `get_nowait` may find nothing though an item is there, and a process that is terminated while it waits takes
/// that lock with it. Neither happens here.
///
/// ```
/// use selvedge::Explorer;
/// use selvedge::python::Error;
/// use selvedge::python::multiprocessing::Queue;
///
/// let report = Explorer::new()
///     .explore(|| {
///         let queue = Queue::new(0);
///         queue.put(1).unwrap();
///         assert_ne!(queue.get_nowait(), Err(Error::Empty), "the feeder is late");
///     })
///     .unwrap();
/// assert!(report.failed());
/// ```
pub struct Queue<T>(Arc<Inner<T>>);

struct Inner<T> {
    line: Arc<Line<T>>,
    /// The semaphore that bounds it; `None` when nothing does and nobody counts.
    room: Option<Identity>,
    /// How much of what was put has yet to be dealt with, where the queue can be joined.
    work: Option<Identity>,
    maxsize: usize,
    name: Name,
    /// The processes that have closed it.
    closed: Mutex<BTreeSet<ThreadId>>,
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
        Queue::made(maxsize, false)
    }

    /// One that can be joined, or not.
    #[track_caller]
    pub(super) fn made(maxsize: usize, joinable: bool) -> Self {
        let room = (maxsize > 0).then(Identity::new);
        let work = joinable.then(Identity::new);
        let line = Arc::new(Line::new(width::<T>()));
        Queue(Arc::new(Inner { line, room, work, maxsize, name: Name::NONE, closed: Mutex::default() }))
            .with_parts_named()
    }

    /// The same queue under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        self.renamed(Name::new(name))
    }

    /// The same queue under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        self.renamed(Name::numbered(name, number))
    }

    /// The same queue without a bound, whose items are counted: [`qsize`](Self::qsize) can be asked. It costs executions, because
    /// all that put or get then meet at the count.
    #[must_use]
    #[track_caller]
    pub fn counted(mut self) -> Self {
        let inner = self.sole();
        if inner.room.is_none() {
            inner.room = Some(Identity::new());
        }
        self.with_parts_named()
    }

    /// `put(item)`: waits until there is room and puts it.
    ///
    /// # Errors
    ///
    /// `ValueError: Queue … is closed` when this process has closed it.
    #[track_caller]
    pub fn put(&self, item: T) -> Result<(), Error> {
        self.put_within(item, FOREVER, Location::caller())
    }

    /// `put(item, timeout=…)`
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when there was no room in time; as [`put`](Self::put).
    #[track_caller]
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), Error> {
        self.put_within(item, nanoseconds(timeout), Location::caller())
    }

    /// `put_nowait(item)`
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when there is no room; as [`put`](Self::put).
    #[track_caller]
    pub fn put_nowait(&self, item: T) -> Result<(), Error> {
        self.put_within(item, 0, Location::caller())
    }

    /// `get()`: waits until there is an item on the pipe and takes the oldest.
    ///
    /// # Errors
    ///
    /// `ValueError: Queue … is closed` when this process has closed it.
    #[track_caller]
    pub fn get(&self) -> Result<T, Error> {
        self.get_within(FOREVER, Location::caller())
    }

    /// `get(timeout=…)`
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] when there was no item in time; as [`get`](Self::get).
    #[track_caller]
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        self.get_within(nanoseconds(timeout), Location::caller())
    }

    /// `get_nowait()`
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] when there is no item on the pipe; as [`get`](Self::get).
    #[track_caller]
    pub fn get_nowait(&self) -> Result<T, Error> {
        self.get_within(0, Location::caller())
    }

    /// `qsize()`: how many items have been put and not been taken, be they on the pipe or not.
    ///
    /// # Errors
    ///
    /// `NotImplementedError`, as on macOS, when the queue has no bound and is not [`counted`](Self::counted).
    #[track_caller]
    pub fn qsize(&self) -> Result<usize, Error> {
        let location = Location::caller();
        let length = self.on_room(QueueAction::Length, location).ok_or(Error::NotImplementedError)?;
        Ok(length.value().unwrap_or(0) as usize)
    }

    /// `empty()`: whether there is nothing on the pipe, at the time of asking.
    ///
    /// # Errors
    ///
    /// `OSError: handle is closed` when this process has put something and has closed it. In CPython its feeder closes the handle, a
    /// moment later.
    #[track_caller]
    pub fn empty(&self) -> Result<bool, Error> {
        let location = Location::caller();
        if self.is_closed() && world::feeder(self.key()).is_some() {
            return Err(Error::os("handle is closed"));
        }
        Ok(self.0.line.is_empty(location))
    }

    /// `full()`: whether there is no room, at the time of asking. Without a bound that is no step.
    #[track_caller]
    pub fn full(&self) -> bool {
        let location = Location::caller();
        self.0.maxsize > 0 && self.on_room(QueueAction::IsFull, location).and_then(Outcome::value) == Some(1)
    }

    /// `close()`: this process puts nothing more.
    pub fn close(&self) {
        self.0.closed.lock().unwrap_or_else(PoisonError::into_inner).insert(current::process());
    }

    /// `join_thread()`: waits until all that this process has put is written.
    ///
    /// # Errors
    ///
    /// `AssertionError: Queue … not closed`
    #[track_caller]
    pub fn join_thread(&self) -> Result<(), Error> {
        let location = Location::caller();
        if !self.is_closed() {
            return Err(Error::AssertionError(format!("{} not closed", self.shown())));
        }
        if let Some(last) = world::feeder(self.key()) {
            current::join(last, location);
        }
        Ok(())
    }

    /// `cancel_join_thread()`: this process does not wait at its end; what is not written by then is lost.
    pub fn cancel_join_thread(&self) {
        world::cancel_feeder(self.key());
    }

    pub(super) fn put_within(
        &self,
        item: T,
        timeout: u64,
        location: &'static Location<'static>,
    ) -> Result<(), Error> {
        if self.is_closed() {
            return Err(Error::ValueError(format!("{} is closed", self.shown())));
        }
        let outcome = match self.on_room(QueueAction::Put { timeout }, location) {
            Some(outcome) => outcome,
            None => self.0.line.wire.perform(PipeAction::Offer, location),
        };
        if outcome != Outcome::Done {
            return give_up(outcome, Error::Full, location);
        }
        show(&item);
        self.count(QueueAction::Put { timeout: 0 }, location);
        self.0.line.feed(item, location);
        Ok(())
    }

    pub(super) fn get_within(&self, timeout: u64, location: &'static Location<'static>) -> Result<T, Error> {
        if self.is_closed() {
            return Err(Error::ValueError(format!("{} is closed", self.shown())));
        }
        match self.0.line.take(timeout, location) {
            Ok(item) => {
                self.on_room(QueueAction::Get { timeout: 0 }, location);
                Ok(item)
            }
            Err(outcome) => give_up(outcome, Error::Empty, location),
        }
    }

    fn on_room(&self, action: QueueAction, location: &'static Location<'static>) -> Option<Outcome> {
        let capacity = self.0.maxsize as u64;
        let begin = || (ObjectKind::Queue(width::<T>()), State::Queue(object::Queue::new(capacity)));
        let room = self.0.room.as_ref()?.object(begin);
        Some(current::perform_on(room, Action::Queue(action), location))
    }

    /// What has yet to be dealt with changes, or is asked about, where the queue can be joined.
    pub(super) fn count(&self, action: QueueAction, location: &'static Location<'static>) -> Option<Outcome> {
        let begin = || (ObjectKind::Queue(None), State::Queue(object::Queue::new(0)));
        let work = self.0.work.as_ref()?.object(begin);
        Some(current::perform_on(work, Action::Queue(action), location))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.closed.lock().unwrap_or_else(PoisonError::into_inner).contains(&current::process())
    }

    fn shown(&self) -> String {
        match self.0.name.is_empty() {
            true => "Queue".to_owned(),
            false => format!("Queue {}", self.0.name),
        }
    }

    fn key(&self) -> u32 {
        self.0.line.key()
    }

    #[track_caller]
    fn renamed(mut self, name: Name) -> Self {
        let inner = self.sole();
        inner.name = name;
        Arc::get_mut(&mut inner.line).expect("nobody feeds a queue that is new").rename(name);
        self.with_parts_named()
    }

    /// What belongs to one queue has its name, or a number where it has none.
    #[track_caller]
    fn with_parts_named(mut self) -> Self {
        let inner = self.sole();
        let parts = [(&mut inner.room, "room of"), (&mut inner.work, "work in")];
        let mut name = inner.name;
        if name.is_empty() && parts.iter().any(|(part, _)| part.is_some()) {
            name = Name::numbered("process queue", inner.line.key());
            Arc::get_mut(&mut inner.line).expect("nobody feeds a queue that is new").rename(name);
        }
        for (part, word) in parts {
            if let Some(part) = part {
                part.rename(name.part(word));
            }
        }
        self
    }

    #[track_caller]
    fn sole(&mut self) -> &mut Inner<T> {
        Arc::get_mut(&mut self.0).expect("say what a queue is before it is shared")
    }
}

fn give_up<R>(outcome: Outcome, error: Error, location: &'static Location<'static>) -> Result<R, Error> {
    current::offer_turn_if_late(outcome, location);
    Err(error)
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Queue(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("maxsize", &self.0.maxsize).finish_non_exhaustive()
    }
}
