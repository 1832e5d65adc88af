//! The ports and connections of an execution.

use crate::base::object::{self, State};
use crate::base::{Action, End, Name, ObjectKind, Outcome, PortAction, StreamAction};
use crate::engine::current;
use crate::python::identity::Identity;
use std::collections::{BTreeMap, VecDeque};
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A port, whether anybody listens at it or not.
pub(super) struct Port {
    pub(super) address: &'static str,
    identity: Identity,
    waiting: Mutex<Waiting>,
}

/// The connections that wait to be accepted, by number; and how many bytes new ones have room for.
#[derive(Default)]
struct Waiting {
    room: u64,
    streams: BTreeMap<u64, Arc<Stream>>,
}

/// A connection, and what is on the way to each of its ends.
pub(super) struct Stream {
    identity: Identity,
    room: u64,
    // Invariant: at least as many bytes as the engine counts. Held for a moment only, without performing operations.
    bytes: Mutex<[VecDeque<u8>; 2]>,
}

#[derive(Default)]
struct Network {
    ports: Vec<Arc<Port>>,
}

impl current::Belongs for Network {}

/// The port of this address in the running execution.
pub(super) fn port(address: &'static str) -> Arc<Port> {
    current::of_execution(|network: &mut Network| {
        if let Some(port) = network.ports.iter().find(|port| port.address == address) {
            return Arc::clone(port);
        }
        let identity = named(Name::new(address));
        let port = Arc::new(Port { address, identity, waiting: Mutex::default() });
        network.ports.push(Arc::clone(&port));
        port
    })
}

fn named(name: Name) -> Identity {
    let mut identity = Identity::new();
    if !name.is_empty() {
        identity.rename(name);
    }
    identity
}

impl Port {
    pub(super) fn perform(&self, action: PortAction, location: &'static Location<'static>) -> Outcome {
        let begin = || (ObjectKind::Port, State::Port(object::Port::default()));
        current::perform_on(self.identity.object(begin), Action::Port(action), location)
    }

    /// The room of the connections that will be made.
    pub(super) fn set_room(&self, room: u64) {
        self.waiting().room = room;
    }

    /// A connection has been made, with this number.
    pub(super) fn connected(&self, number: u64) -> Arc<Stream> {
        let mut waiting = self.waiting();
        let identity = named(Name::new(self.address).part("connection to"));
        let stream = Arc::new(Stream { identity, room: waiting.room, bytes: Mutex::default() });
        waiting.streams.insert(number, Arc::clone(&stream));
        stream
    }

    /// The connection of this number is accepted.
    pub(super) fn accepted(&self, number: u64) -> Arc<Stream> {
        self.waiting().streams.remove(&number).expect("a connection waits until it is accepted")
    }

    /// Nobody will accept those who wait.
    pub(super) fn reset(&self, location: &'static Location<'static>) {
        let streams = std::mem::take(&mut self.waiting().streams);
        for stream in streams.into_values() {
            stream.perform(StreamAction::Reset(End::Server), location);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    pub(super) fn perform(&self, action: StreamAction, location: &'static Location<'static>) -> Outcome {
        let begin = || (ObjectKind::Stream, State::Stream(object::Stream::new(self.room)));
        current::perform_on(self.identity.object(begin), Action::Stream(action), location)
    }

    /// Bytes have been sent by one end.
    pub(super) fn sent(&self, by: End, bytes: &[u8]) {
        self.bytes()[place(by.other())].extend(bytes);
        current::note(|| shown(bytes));
    }

    /// Bytes are received at one end.
    pub(super) fn received(&self, at: End, count: usize) -> Vec<u8> {
        let bytes: Vec<u8> = self.bytes()[place(at)].drain(..count).collect();
        if count > 0 {
            current::note(|| shown(&bytes));
        }
        bytes
    }

    fn bytes(&self) -> MutexGuard<'_, [VecDeque<u8>; 2]> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(end: End) -> usize {
    match end {
        End::Client => 0,
        End::Server => 1,
    }
}

/// Bytes as Python shows them.
fn shown(bytes: &[u8]) -> String {
    format!("b'{}'", bytes.escape_ascii().to_string().replace("\\\"", "\""))
}
