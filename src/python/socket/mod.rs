//! Python's `socket`, over TCP, in memory.
//!
//! | Python | here |
//! |---|---|
//! | `socket.socket()` | [`Socket::new`] |
//! | `socket.create_server(address)` | [`create_server`] |
//! | `socket.create_connection(address)` | [`create_connection`] |
//! | `sock.bind`, `listen`, `accept`, `connect`, `send`, `sendall`, `recv`, `shutdown`, `close`, `dup` | the same |
//! | `sock.settimeout(…)` | [`Socket::accept_timeout`], [`Socket::recv_timeout`] |
//!
//! An address is a name, which stands for host and port: `"server"`, `"localhost:8080"`. What is sent arrives at once, whole and
//! in order, but as a stream: who receives takes what is there, be it a part of what was sent or the work of several sends.
//! What goes wrong goes wrong with the words of CPython, and mostly as on Linux. Two things are as Python's documentation has them
//! and stricter than there: who comes when as many wait as the backlog says is refused, where Linux would have it try again; and a
//! socket listens only at an address. The sockets of a process that is terminated stay open, which the
//! system would close.

mod endpoint;
mod listening;
mod network;
mod transfer;

pub use endpoint::{Socket, create_connection, create_server};
pub use transfer::Shutdown;
