//! Sockets that listen.

use super::endpoint::{CLOSED, Hold, IN_USE, INVALID, Role, Socket, late};
use super::network::port;
use crate::base::{End, FOREVER, Outcome, PortAction};
use crate::python::Error;
use crate::python::time::nanoseconds;
use std::panic::Location;
use std::time::Duration;

impl Socket {
    /// How many bytes the connections that it will accept have room for each way, before a sender has to wait. The system's buffers
    /// hold some hundred thousand; without this a sender never waits.
    #[must_use]
    pub fn buffer(mut self, bytes: u64) -> Self {
        self.room = bytes;
        if let Role::Listens(port, _) = self.known() {
            port.set_room(bytes);
        }
        self
    }

    /// `bind(address)`
    ///
    /// # Errors
    ///
    /// `OSError: [Errno 98] Address already in use`; `OSError: [Errno 22] Invalid argument` when it is bound or connected already;
    /// `OSError: [Errno 9] Bad file descriptor` when it is closed.
    #[track_caller]
    pub fn bind(&self, address: &'static str) -> Result<(), Error> {
        let location = Location::caller();
        let Role::Fresh = self.role()? else { return Err(Error::os(INVALID)) };
        let port = port(address);
        match port.perform(PortAction::Bind, location) {
            Outcome::Value(owner) => {
                self.become_(Role::Bound(port, owner as u32));
                Ok(())
            }
            _ => Err(Error::os(IN_USE)),
        }
    }

    /// `listen()`, `listen(backlog)`: lets others connect.
    ///
    /// So many may wait to be accepted, and at least one; more are refused, as Python's documentation says. Linux lets them wait too
    /// and try again; other systems refuse them.
    ///
    /// # Errors
    ///
    /// `OSError: [Errno 22] Invalid argument` when it is not bound; `OSError: [Errno 9] Bad file descriptor` when it is closed.
    #[track_caller]
    pub fn listen(&self, backlog: impl Into<Option<u32>>) -> Result<(), Error> {
        let location = Location::caller();
        let (Role::Bound(port, owner) | Role::Listens(port, owner)) = self.role()? else {
            return Err(Error::os(INVALID));
        };
        port.perform(PortAction::Listen { owner, backlog: allowed(backlog.into()) }, location);
        port.set_room(self.room);
        self.become_(Role::Listens(port, owner));
        Ok(())
    }

    /// `accept()`: waits for somebody to connect; the connection, and a number for the address of who has connected.
    ///
    /// # Errors
    ///
    /// `OSError: [Errno 22] Invalid argument` when it does not listen, or has been shut down; `OSError: [Errno 9] Bad file descriptor`
    /// when it is closed.
    #[track_caller]
    pub fn accept(&self) -> Result<(Socket, u32), Error> {
        self.accept_within(FOREVER, Location::caller())
    }

    /// `accept()` after `settimeout(timeout)`
    ///
    /// # Errors
    ///
    /// `TimeoutError: timed out`; as [`accept`](Self::accept).
    #[track_caller]
    pub fn accept_timeout(&self, timeout: Duration) -> Result<(Socket, u32), Error> {
        self.accept_within(nanoseconds(timeout), Location::caller())
    }

    fn accept_within(
        &self,
        timeout: u64,
        location: &'static Location<'static>,
    ) -> Result<(Socket, u32), Error> {
        let Role::Listens(port, owner) = self.role()? else { return Err(Error::os(INVALID)) };
        match port.perform(PortAction::Accept { owner, timeout }, location) {
            Outcome::Value(number) => {
                let connection =
                    Socket::of(Role::Connected(port.accepted(number), Hold { end: End::Server, socket: 0 }));
                Ok((connection, number as u32))
            }
            Outcome::Disconnected if self.is_closed() => Err(Error::os(CLOSED)),
            Outcome::Disconnected => Err(Error::os(INVALID)),
            outcome => Err(late(outcome, location)),
        }
    }
}

/// How many may wait to be accepted.
pub(super) fn allowed(backlog: Option<u32>) -> u32 {
    backlog.map_or(u32::MAX, |backlog| backlog.max(1))
}
