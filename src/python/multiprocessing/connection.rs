//! Pipes between processes.

use super::ends::{End, wire};
use crate::base::{FOREVER, Name, Outcome, PipeAction};
use crate::engine::current;
use crate::python::Error;
use crate::python::bits::{bits, width};
use crate::python::identity::require_exploration;
use crate::python::time::nanoseconds;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A builder of pipes: see [`pipe`].
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a pipe is made by `duplex` or `one_way`"]
pub struct PipeBuilder {
    name: Name,
    other: Name,
    capacity: u64,
}

/// `multiprocessing.Pipe`, with a name: `pipe("jobs").duplex()` is `Pipe()`, `pipe("jobs").one_way()` is `Pipe(duplex=False)`.
///
/// ```
/// use selvedge::Explorer;
/// use selvedge::python::Error;
/// use selvedge::python::multiprocessing::{Process, pipe};
///
/// let report = Explorer::new()
///     .explore(|| {
///         let (reader, writer) = pipe("jobs").one_way();
///         // What is moved into a process is the process's alone; a clone is what it inherits while the parent keeps its own.
///         let worker = Process::new(move || {
///             writer.send(1)?;
///             writer.send(2)
///         });
///         worker.start().unwrap();
///         assert_eq!((reader.recv(), reader.recv()), (Ok(1), Ok(2)));
///         assert_eq!(reader.recv(), Err(Error::EofError));
///         worker.join().unwrap();
///     })
///     .unwrap();
/// assert!(report.proved(), "{report}");
/// ```
pub const fn pipe(name: &'static str) -> PipeBuilder {
    PipeBuilder { name: Name::new(name), other: Name::new(name), capacity: 0 }
}

impl PipeBuilder {
    /// How many messages fit in before a sender has to wait. CPython's pipes hold 64 KiB, which is many small messages or not one
    /// large one; without this a sender never waits.
    pub const fn capacity(mut self, messages: u64) -> Self {
        self.capacity = messages;
        self
    }

    /// A name for the way back of a duplex pipe, in traces.
    pub const fn back(mut self, name: &'static str) -> Self {
        self.other = Name::new(name);
        self
    }

    /// `Pipe()`: two ends that both send and receive.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[track_caller]
    pub fn duplex<T: fmt::Debug + Send + 'static>(self) -> (Connection<T>, Connection<T>) {
        require_exploration();
        let there = wire(self.name, width::<T>(), self.capacity);
        let back = wire(self.other, width::<T>(), self.capacity);
        let (on_there, on_back) = (Messages::new(), Messages::new());
        let one = End::new(Some(Arc::clone(&back)), Some(Arc::clone(&there)));
        let other = End::new(Some(there), Some(back));
        let first = Connection { end: one, received: Arc::clone(&on_back), sent: Arc::clone(&on_there) };
        (first, Connection { end: other, received: on_there, sent: on_back })
    }

    /// `Pipe(duplex=False)`: an end that receives and one that sends.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[track_caller]
    pub fn one_way<T: fmt::Debug + Send + 'static>(self) -> (Connection<T>, Connection<T>) {
        require_exploration();
        let way = wire(self.name, width::<T>(), self.capacity);
        let messages = Messages::new();
        let reads = End::new(Some(Arc::clone(&way)), None);
        let writes = End::new(None, Some(way));
        let reader = Connection { end: reads, received: Arc::clone(&messages), sent: Arc::clone(&messages) };
        (reader, Connection { end: writes, received: Arc::clone(&messages), sent: messages })
    }
}

/// An end of a pipe, as one process holds it.
///
/// A clone is what a child inherits: one more holder of the same end. The end is closed when all holders have closed it, or have
/// gone out of scope; as long as one is left, nobody at the other end sees the end of file.
///
/// Messages are written and read whole where an end has one holder at that time. With several a message is two steps on either
/// side, and parts of messages that two processes write (or read) at once mix, as CPython's documentation warns.
pub struct Connection<T> {
    end: Arc<End>,
    received: Arc<Messages<T>>,
    sent: Arc<Messages<T>>,
}

/// The messages under way in one direction, by number; and the number of the next.
struct Messages<T>(Mutex<(u64, BTreeMap<u64, T>)>);

impl<T> Messages<T> {
    fn new() -> Arc<Self> {
        Arc::new(Messages(Mutex::new((0, BTreeMap::new()))))
    }

    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, T>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, message: T) {
        let mut messages = self.lock();
        let number = messages.0;
        messages.0 += 1;
        messages.1.insert(number, message);
    }

    fn take(&self, number: u64) -> Option<T> {
        self.lock().1.remove(&number)
    }
}

impl<T: fmt::Debug + Send + 'static> Connection<T> {
    /// `send(message)`: waits for room, if there is a bound, and sends it.
    ///
    /// # Errors
    ///
    /// `BrokenPipeError` when the other end is closed; `OSError: handle is closed` when this one is; `OSError: connection is
    /// read-only`.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), Error> {
        let location = Location::caller();
        self.check()?;
        let Some(wire) = &self.end.writes else { return Err(Error::os("connection is read-only")) };
        let outcome = wire.perform(PipeAction::Send, location);
        if outcome == Outcome::Disconnected {
            return Err(Error::BrokenPipeError);
        }
        show(&message);
        self.sent.add(message);
        match outcome {
            Outcome::Chosen => match wire.perform(PipeAction::SendRest, location) {
                Outcome::Disconnected => Err(Error::BrokenPipeError),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// `recv()`: waits for a message and takes it.
    ///
    /// # Errors
    ///
    /// `EOFError` when the other end is closed and nothing is left; `OSError: handle is closed` when this one is; `OSError:
    /// connection is write-only`; [`Error::UnpicklingError`] for a message whose parts do not belong together.
    #[track_caller]
    pub fn recv(&self) -> Result<T, Error> {
        let location = Location::caller();
        self.check()?;
        let Some(wire) = &self.end.reads else { return Err(Error::os("connection is write-only")) };
        let outcome = match wire.perform(PipeAction::Receive { timeout: FOREVER }, location) {
            Outcome::Chosen => wire.perform(PipeAction::ReceiveRest, location),
            outcome => outcome,
        };
        match outcome {
            Outcome::Value(number) => {
                let message =
                    self.received.take(number).expect("a message on the wire is kept until it is taken");
                show_instead(&message);
                Ok(message)
            }
            Outcome::Mismatch(_) => Err(Error::UnpicklingError),
            _ => Err(Error::EofError),
        }
    }

    /// `poll()`: whether there is anything to receive, be it the end of file.
    ///
    /// # Errors
    ///
    /// `OSError: handle is closed`; `OSError: connection is write-only`.
    #[track_caller]
    pub fn poll(&self) -> Result<bool, Error> {
        self.poll_within(0, Location::caller())
    }

    /// `poll(timeout)`: waits so long for something to receive.
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll).
    #[track_caller]
    pub fn poll_timeout(&self, timeout: Duration) -> Result<bool, Error> {
        self.poll_within(nanoseconds(timeout), Location::caller())
    }

    /// `close()`: closes this process's hold on the end.
    #[track_caller]
    pub fn close(&self) {
        self.end.touch();
        self.end.close(Location::caller());
    }

    /// `closed`
    pub fn is_closed(&self) -> bool {
        self.end.is_closed()
    }

    fn poll_within(&self, timeout: u64, location: &'static Location<'static>) -> Result<bool, Error> {
        self.check()?;
        let Some(wire) = &self.end.reads else { return Err(Error::os("connection is write-only")) };
        let outcome = wire.perform(PipeAction::Poll { timeout }, location);
        current::offer_turn_if_late(outcome, location);
        Ok(outcome.value() == Some(1))
    }

    fn check(&self) -> Result<(), Error> {
        self.end.touch();
        if self.end.is_closed() { Err(Error::os("handle is closed")) } else { Ok(()) }
    }
}

impl<T> Clone for Connection<T> {
    /// One more holder of the same end: what a child process inherits.
    ///
    /// # Panics
    ///
    /// When this holder has closed it.
    #[track_caller]
    fn clone(&self) -> Self {
        assert!(!self.end.is_closed(), "a handle that is closed cannot be inherited");
        let end = self.end.inherit(Location::caller());
        Connection { end, received: Arc::clone(&self.received), sent: Arc::clone(&self.sent) }
    }
}

impl<T> Drop for Connection<T> {
    #[track_caller]
    fn drop(&mut self) {
        self.end.drop_at(Location::caller());
    }
}

impl<T> fmt::Debug for Connection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("readable", &self.end.reads.is_some())
            .field("writable", &self.end.writes.is_some())
            .finish_non_exhaustive()
    }
}

/// Tells the trace which message was sent. Numbers stand in a note too, because the outcome says whether there is more to send.
fn show<T: fmt::Debug>(message: &T) {
    current::note(|| format!("{message:?}"));
}

/// Tells the trace which message was taken, in place of its number on the wire.
pub(super) fn show_instead<T: fmt::Debug + 'static>(message: &T) {
    match bits(message) {
        Some(bits) => current::annotate(Outcome::Value(bits)),
        None => {
            current::annotate(Outcome::Done);
            current::note(|| format!("{message:?}"));
        }
    }
}
