//! What is done to sockets: to a port that somebody listens at, and to a connection.

/// On a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PortAction {
    /// Takes the port; refused when it is taken. The outcome carries the number of its owner, counted from one.
    Bind,
    /// Listens at the port.
    Listen {
        /// The owner.
        owner: u32,
        /// How many connections may wait to be accepted.
        backlog: u32,
    },
    /// Takes the port and listens at it, in one step; as [`Bind`](PortAction::Bind).
    Open {
        /// How many connections may wait to be accepted.
        backlog: u32,
    },
    /// Connects: the outcome carries the number of the connection, counted from zero. Refused when nobody listens, or when too
    /// many wait.
    Connect,
    /// Waits for a connection and takes the oldest. Disconnected when the listener has been shut down.
    Accept {
        /// The owner.
        owner: u32,
        /// Nanoseconds, [`FOREVER`](super::FOREVER), or 0 for "not at all".
        timeout: u64,
    },
    /// The owner listens no more, and sends those away who wait to accept.
    ShutDown(u32),
    /// The owner gives the port back; refused when it has already. Whoever waits to accept goes on waiting.
    Close(u32),
}

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// That of who connected.
    Client,
    /// That of who accepted.
    Server,
}

/// On a connection: two streams of bytes, one each way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamAction {
    /// One more socket of the same end; the outcome carries its number. The first one is number zero.
    Hold(End),
    /// A socket of this end is closed; refused when it is already. With the last one goes the end; if there is something left that it
    /// has not received, the other end's connection is reset.
    Close {
        /// Of which end.
        end: End,
        /// Its number.
        socket: u8,
    },
    /// The end goes at once, and the other end's connection is reset.
    Reset(End),
    /// Ends one or both ways of this end.
    ShutDown {
        /// Whose.
        end: End,
        /// Whether what it receives.
        reads: bool,
        /// Whether what it sends.
        writes: bool,
    },
    /// Waits for room and sends; the outcome carries how many bytes. Refused on a way that has ended and of a socket that is closed,
    /// disconnected when the connection has been reset and nobody was told yet.
    Send {
        /// Whose.
        end: End,
        /// Through which of its sockets.
        socket: u8,
        /// How many there are to send.
        bytes: u32,
    },
    /// Waits for bytes and takes them; the outcome carries how many, zero when the other end sends no more. Disconnected when the
    /// connection has been reset and nobody was told yet.
    Receive {
        /// Whose.
        end: End,
        /// How many to take at most.
        most: u32,
        /// Nanoseconds, [`FOREVER`](super::FOREVER), or 0 for "not at all".
        timeout: u64,
    },
}

impl End {
    /// The one at the other side.
    #[must_use]
    pub const fn other(self) -> End {
        match self {
            End::Client => End::Server,
            End::Server => End::Client,
        }
    }
}

impl StreamAction {
    /// Whether there are states in which it cannot be performed.
    #[inline(always)]
    pub(crate) const fn may_block(self) -> bool {
        matches!(self, StreamAction::Send { .. } | StreamAction::Receive { .. })
    }
}
