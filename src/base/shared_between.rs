//! What processes do to what they share: pipes, and values in shared memory.

/// On one direction of a pipe between processes.
///
/// A message is two parts on the wire, its length and its content. Where an end has several holders they are two steps, and
/// the parts of several messages can mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PipeAction {
    /// One more holder of an end: a process inherits it.
    Hold {
        /// Whether of the writing end.
        writes: bool,
    },
    /// A holder of an end closes it.
    Close {
        /// Whether the writing end.
        writes: bool,
    },
    /// Hands a message to the thread that will write it; meets nothing.
    Offer,
    /// Waits for room and writes a message, or its first part where others may write too.
    Send,
    /// Writes the second part.
    SendRest,
    /// Waits for a message and takes it, or its first part where others may read too.
    Receive {
        /// Nanoseconds, [`FOREVER`](super::FOREVER), or 0 for "not at all".
        timeout: u64,
    },
    /// Waits for the second part and takes it.
    ReceiveRest,
    /// Asks whether there is anything to receive, be it the end.
    Poll {
        /// Nanoseconds, [`FOREVER`](super::FOREVER), or 0 for "not at all".
        timeout: u64,
    },
}

/// On a value in shared memory. Each waits until nobody else holds the value's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueAction {
    /// Reads it.
    Get,
    /// Writes it; the value's bits when its type has some.
    Set(Option<u64>),
}

impl PipeAction {
    /// Whether there are states in which it cannot be performed.
    #[inline(always)]
    pub(crate) const fn may_block(self) -> bool {
        match self {
            PipeAction::Send | PipeAction::Receive { .. } | PipeAction::ReceiveRest => true,
            PipeAction::Poll { timeout } => timeout > 0,
            _ => false,
        }
    }
}
