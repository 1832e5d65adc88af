//! Python's exceptions, as values.

use std::fmt;

/// An exception that a Python primitive raises.
///
/// It prints as the last line of Python's traceback does. A thread's target may return one: it then ends the thread as an
/// unhandled exception does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// `RuntimeError`, with its message.
    RuntimeError(String),
    /// `ValueError`, with its message.
    ValueError(String),
    /// `queue.Empty`
    Empty,
    /// `queue.Full`
    Full,
    /// `queue.ShutDown`, from Python 3.13 on.
    ShutDown,
    /// `threading.BrokenBarrierError`
    BrokenBarrier,
    /// `AttributeError`, with its message.
    AttributeError(String),
}

impl Error {
    pub(super) fn runtime(message: &str) -> Self {
        Error::RuntimeError(message.to_owned())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::RuntimeError(message) => write!(f, "RuntimeError: {message}"),
            Error::ValueError(message) => write!(f, "ValueError: {message}"),
            // `queue.Empty` is made in C, and that is how tracebacks spell it.
            Error::Empty => f.write_str("_queue.Empty"),
            Error::Full => f.write_str("queue.Full"),
            Error::ShutDown => f.write_str("queue.ShutDown"),
            Error::BrokenBarrier => f.write_str("threading.BrokenBarrierError"),
            Error::AttributeError(message) => write!(f, "AttributeError: {message}"),
        }
    }
}

impl std::error::Error for Error {}
