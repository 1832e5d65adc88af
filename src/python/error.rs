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
    /// `AssertionError`, with its message.
    AssertionError(String),
    /// `AttributeError`, with its message.
    AttributeError(String),
    /// `EOFError`: the other end is closed, and nothing is left.
    EofError,
    /// `BrokenPipeError`: nobody is left to read what would be sent.
    BrokenPipeError,
    /// `ConnectionRefusedError`: nobody listens there, or too many wait already.
    ConnectionRefusedError,
    /// `ConnectionResetError`: the peer is gone, and had not received all.
    ConnectionResetError,
    /// `TimeoutError`, with its message, if it has one: the time was up first.
    TimeoutError(String),
    /// `OSError`, with its message.
    OsError(String),
    /// `IndexError`, with its message.
    IndexError(String),
    /// `KeyError`, with the key as Python shows it.
    KeyError(String),
    /// `NotImplementedError`
    NotImplementedError,
    /// What unpickling makes of a message whose parts do not belong together.
    UnpicklingError,
    /// `SystemExit` with its code: not an error, but the way of `sys.exit` out of a process.
    SystemExit(i32),
}

impl Error {
    pub(super) fn value(message: &str) -> Self {
        Error::ValueError(message.to_owned())
    }

    pub(super) fn assertion(message: &str) -> Self {
        Error::AssertionError(message.to_owned())
    }

    pub(super) fn os(message: &str) -> Self {
        Error::OsError(message.to_owned())
    }

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
            Error::AssertionError(message) => write!(f, "AssertionError: {message}"),
            Error::AttributeError(message) => write!(f, "AttributeError: {message}"),
            Error::EofError => f.write_str("EOFError"),
            Error::BrokenPipeError => f.write_str("BrokenPipeError: [Errno 32] Broken pipe"),
            Error::ConnectionRefusedError => {
                f.write_str("ConnectionRefusedError: [Errno 111] Connection refused")
            }
            Error::ConnectionResetError => {
                f.write_str("ConnectionResetError: [Errno 104] Connection reset by peer")
            }
            Error::TimeoutError(message) if message.is_empty() => f.write_str("TimeoutError"),
            Error::TimeoutError(message) => write!(f, "TimeoutError: {message}"),
            Error::OsError(message) => write!(f, "OSError: {message}"),
            Error::IndexError(message) => write!(f, "IndexError: {message}"),
            Error::KeyError(key) => write!(f, "KeyError: {key}"),
            Error::NotImplementedError => f.write_str("NotImplementedError"),
            Error::UnpicklingError => f.write_str("_pickle.UnpicklingError: pickle data was truncated"),
            Error::SystemExit(code) => write!(f, "SystemExit: {code}"),
        }
    }
}

impl std::error::Error for Error {}
