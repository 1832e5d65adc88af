//! Sockets.

use super::listening::allowed;
use super::network::{Port, Stream, port};
use crate::base::{End, Outcome, PortAction, StreamAction, ThreadId};
use crate::engine::current;
use crate::python::Error;
use crate::python::identity::require_exploration;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// `socket.socket`: what listens at an address, or one end of a connection.
///
/// To share one between threads, put it into an `Arc`. When it is dropped it is closed, as when Python has collected it.
///
/// A send, a receive, a connect and an accept are one step each. Closing a socket does not wake a thread that waits at it, on
/// Linux: for a listener that thread waits for ever. [`shutdown`](Self::shutdown) does wake it.
///
/// ```
/// use selvedge::Explorer;
/// use selvedge::python::{Error, socket, threading::Thread};
///
/// let report = Explorer::new()
///     .explore(|| {
///         let server = socket::create_server("server", None).unwrap();
///         let client = Thread::new(|| {
///             let client = socket::create_connection("server")?;
///             client.sendall(b"ping")?;
///             assert_eq!(client.recv(16)?, b"pong");
///             Ok::<_, Error>(())
///         });
///         client.start().unwrap();
///         let (connection, _) = server.accept().unwrap();
///         assert_eq!(connection.recv(16).unwrap(), b"ping");
///         connection.sendall(b"pong").unwrap();
///         assert_eq!(connection.recv(16).unwrap(), b"");
///     })
///     .unwrap();
/// assert!(report.proved(), "{report}");
/// ```
pub struct Socket {
    role: Mutex<Role>,
    epoch: u64,
    /// How many bytes the connections that it accepts have room for.
    pub(super) room: u64,
    /// The threads that know that it is closed. Held for a moment only, without performing operations.
    closed: Mutex<Vec<ThreadId>>,
}

#[derive(Clone)]
pub(super) enum Role {
    Fresh,
    /// It owns the port, under this number.
    Bound(Arc<Port>, u32),
    Listens(Arc<Port>, u32),
    Connected(Arc<Stream>, Hold),
}

/// Which of the sockets of a connection's end it is.
#[derive(Clone, Copy)]
pub(super) struct Hold {
    pub(super) end: End,
    pub(super) socket: u8,
}

/// `socket.create_server(address)`, `socket.create_server(address, backlog=…)`: a socket that listens there.
///
/// # Errors
///
/// `OSError: [Errno 98] Address already in use (while attempting to bind on address …)`
///
/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub fn create_server(address: &'static str, backlog: impl Into<Option<u32>>) -> Result<Socket, Error> {
    let location = Location::caller();
    let socket = Socket::new();
    let port = port(address);
    match port.perform(PortAction::Open { backlog: allowed(backlog.into()) }, location) {
        Outcome::Value(owner) => {
            port.set_room(0);
            socket.become_(Role::Listens(port, owner as u32));
            Ok(socket)
        }
        _ => {
            let place = format!("(while attempting to bind on address '{address}')");
            Err(Error::OsError(format!("{IN_USE} {place}")))
        }
    }
}

/// `socket.create_connection(address)`: a socket that is connected to the one that listens there.
///
/// # Errors
///
/// As [`Socket::connect`].
///
/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub fn create_connection(address: &'static str) -> Result<Socket, Error> {
    let socket = Socket::new();
    socket.connect(address)?;
    Ok(socket)
}

pub(super) const IN_USE: &str = "[Errno 98] Address already in use";
pub(super) const NOT_CONNECTED: &str = "[Errno 107] Transport endpoint is not connected";
pub(super) const IS_CONNECTED: &str = "[Errno 106] Transport endpoint is already connected";
pub(super) const INVALID: &str = "[Errno 22] Invalid argument";
pub(super) const CLOSED: &str = "[Errno 9] Bad file descriptor";

impl Socket {
    /// `socket.socket()`: a socket of the running execution, neither bound nor connected.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[expect(clippy::new_without_default, reason = "it panics outside of an exploration")]
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        require_exploration();
        Socket::of(Role::Fresh)
    }

    pub(super) fn of(role: Role) -> Self {
        Socket { role: Mutex::new(role), epoch: current::epoch(), room: 0, closed: Mutex::default() }
    }

    /// `connect(address)`: connects to the socket that listens there. It does not wait until it is accepted.
    ///
    /// # Errors
    ///
    /// `ConnectionRefusedError` when nobody listens there, or too many wait; `OSError: [Errno 106] Transport endpoint is already
    /// connected`; `OSError: [Errno 9] Bad file descriptor` when it is closed.
    #[track_caller]
    pub fn connect(&self, address: &'static str) -> Result<(), Error> {
        let location = Location::caller();
        let (Role::Fresh | Role::Bound(..)) = self.role()? else { return Err(Error::os(IS_CONNECTED)) };
        let port = port(address);
        match port.perform(PortAction::Connect, location) {
            Outcome::Value(number) => {
                self.become_(Role::Connected(port.connected(number), Hold { end: End::Client, socket: 0 }));
                Ok(())
            }
            _ => Err(Error::ConnectionRefusedError),
        }
    }

    /// `dup()`: another socket for the same end of a connection, which is closed when both are. It is also what a child process inherits.
    ///
    /// # Errors
    ///
    /// `OSError: [Errno 9] Bad file descriptor` when it is closed.
    ///
    /// # Panics
    ///
    /// Of a socket that is not connected.
    #[track_caller]
    pub fn dup(&self) -> Result<Socket, Error> {
        let location = Location::caller();
        let Role::Connected(stream, Hold { end, .. }) = self.role()? else {
            panic!("only a connected socket can be duplicated here");
        };
        match stream.perform(StreamAction::Hold(end), location) {
            Outcome::Value(socket) => {
                Ok(Socket::of(Role::Connected(stream, Hold { end, socket: socket as u8 })))
            }
            _ => Err(Error::os(CLOSED)),
        }
    }

    /// `close()`: closes it; any number of times.
    #[track_caller]
    pub fn close(&self) {
        self.close_at(Location::caller());
    }

    fn close_at(&self, location: &'static Location<'static>) {
        // Where only another thread has closed it this is a step all the same, which may come first in another execution.
        if self.knows_closed() {
            return;
        }
        match self.known() {
            Role::Connected(stream, Hold { end, socket }) => {
                stream.perform(StreamAction::Close { end, socket }, location);
            }
            Role::Bound(port, owner) | Role::Listens(port, owner) => {
                if port.perform(PortAction::Close(owner), location) == Outcome::Done {
                    port.reset(location);
                }
            }
            Role::Fresh => {}
        }
        self.closed().push(current::thread());
    }

    /// What it is, unless the running thread has closed it. Where another thread has, only the steps can tell who came first.
    pub(super) fn role(&self) -> Result<Role, Error> {
        require_exploration();
        assert!(self.epoch == current::epoch(), "this socket belongs to another execution");
        if self.knows_closed() { Err(Error::os(CLOSED)) } else { Ok(self.known()) }
    }

    /// Whether some thread has closed it.
    pub(super) fn is_closed(&self) -> bool {
        !self.closed().is_empty()
    }

    fn knows_closed(&self) -> bool {
        self.closed().contains(&current::thread())
    }

    fn closed(&self) -> MutexGuard<'_, Vec<ThreadId>> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn known(&self) -> Role {
        self.role.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn become_(&self, role: Role) {
        *self.role.lock().unwrap_or_else(PoisonError::into_inner) = role;
    }
}

impl Drop for Socket {
    #[track_caller]
    fn drop(&mut self) {
        let in_use = current::is_active() && !current::is_tearing_down() && current::epoch() == self.epoch;
        // Whoever has closed it has done so before the last one lets go of it.
        if in_use && !self.is_closed() {
            self.close_at(Location::caller());
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.known() {
            Role::Fresh => "fresh",
            Role::Bound(..) => "bound",
            Role::Listens(..) => "listening",
            Role::Connected(..) => "connected",
        };
        f.debug_struct("Socket").field("role", &role).finish_non_exhaustive()
    }
}

/// Nothing came in time.
pub(super) fn late(outcome: Outcome, location: &'static Location<'static>) -> Error {
    current::offer_turn_if_late(outcome, location);
    Error::TimeoutError("timed out".to_owned())
}
