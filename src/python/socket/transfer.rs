//! What sockets send and receive.

use super::endpoint::{CLOSED, Hold, NOT_CONNECTED, Role, Socket, late};
use crate::base::{FOREVER, Outcome, PortAction, StreamAction};
use crate::python::Error;
use crate::python::time::nanoseconds;
use std::panic::Location;
use std::time::Duration;

/// What [`Socket::shutdown`] ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// `SHUT_RD`: nothing is received any more, but for what has come already.
    Read,
    /// `SHUT_WR`: nothing is sent any more; the peer receives what has been sent, and then the end.
    Write,
    /// `SHUT_RDWR`
    Both,
}

impl Socket {
    /// `send(data)`: waits for room, if there is a bound, and sends what there is room for; how many bytes.
    ///
    /// # Errors
    ///
    /// `ConnectionResetError` when the peer was closed before it had received all; `BrokenPipeError` when it is closed and has answered
    /// so to what was sent last, when this way was shut down, or when it is not connected; `OSError: [Errno 9] Bad file descriptor`
    /// when it is closed.
    #[track_caller]
    pub fn send(&self, data: impl AsRef<[u8]>) -> Result<usize, Error> {
        self.send_at(data.as_ref(), Location::caller())
    }

    /// `sendall(data)`: sends until all is sent, one step for each part that there is room for.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    #[track_caller]
    pub fn sendall(&self, data: impl AsRef<[u8]>) -> Result<(), Error> {
        let (location, mut left) = (Location::caller(), data.as_ref());
        while !left.is_empty() {
            left = &left[self.send_at(left, location)?..];
        }
        Ok(())
    }

    /// `recv(n)`: waits for bytes and takes those that are there, up to so many; none when the peer sends no more.
    ///
    /// # Errors
    ///
    /// `ConnectionResetError` when the peer was closed before it had received all, once; `OSError: [Errno 107] Transport endpoint is not
    /// connected`; `OSError: [Errno 9] Bad file descriptor` when it is closed.
    #[track_caller]
    pub fn recv(&self, n: usize) -> Result<Vec<u8>, Error> {
        self.recv_within(n, FOREVER, Location::caller())
    }

    /// `recv(n)` after `settimeout(timeout)`
    ///
    /// # Errors
    ///
    /// `TimeoutError: timed out`; as [`recv`](Self::recv).
    #[track_caller]
    pub fn recv_timeout(&self, n: usize, timeout: Duration) -> Result<Vec<u8>, Error> {
        self.recv_within(n, nanoseconds(timeout), Location::caller())
    }

    /// `shutdown(how)`: ends one or both ways of a connection, or ends the listening. Whoever waits at this socket wakes.
    ///
    /// # Errors
    ///
    /// `OSError: [Errno 107] Transport endpoint is not connected`; `OSError: [Errno 9] Bad file descriptor` when it is closed.
    #[track_caller]
    pub fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        let location = Location::caller();
        match self.role()? {
            Role::Connected(stream, Hold { end, .. }) => {
                let (reads, writes) = (how != Shutdown::Write, how != Shutdown::Read);
                stream.perform(StreamAction::ShutDown { end, reads, writes }, location);
                Ok(())
            }
            Role::Listens(port, owner) => {
                if how != Shutdown::Write {
                    port.perform(PortAction::ShutDown(owner), location);
                    port.reset(location);
                }
                Ok(())
            }
            Role::Fresh | Role::Bound(..) => Err(Error::os(NOT_CONNECTED)),
        }
    }

    fn send_at(&self, data: &[u8], location: &'static Location<'static>) -> Result<usize, Error> {
        let Role::Connected(stream, Hold { end, socket }) = self.role()? else {
            return Err(Error::BrokenPipeError);
        };
        let bytes = data.len().min(u32::MAX as usize) as u32;
        if bytes == 0 {
            return Ok(0);
        }
        match stream.perform(StreamAction::Send { end, socket, bytes }, location) {
            Outcome::Value(count) => {
                stream.sent(end, &data[..count as usize]);
                Ok(count as usize)
            }
            Outcome::Disconnected => Err(Error::ConnectionResetError),
            _ if self.is_closed() => Err(Error::os(CLOSED)),
            _ => Err(Error::BrokenPipeError),
        }
    }

    fn recv_within(
        &self,
        n: usize,
        timeout: u64,
        location: &'static Location<'static>,
    ) -> Result<Vec<u8>, Error> {
        let Role::Connected(stream, Hold { end, .. }) = self.role()? else {
            return Err(Error::os(NOT_CONNECTED));
        };
        let most = n.min(u32::MAX as usize) as u32;
        if most == 0 {
            return Ok(Vec::new());
        }
        match stream.perform(StreamAction::Receive { end, most, timeout }, location) {
            Outcome::Value(count) => Ok(stream.received(end, count as usize)),
            Outcome::Disconnected => Err(Error::ConnectionResetError),
            outcome => Err(late(outcome, location)),
        }
    }
}
