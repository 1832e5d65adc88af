//! Channels with many senders and one receiver, as `std::sync::mpsc`.
//!
//! One deviation, inside an exploration: `try_send` on a channel without room (`sync_channel(0)`) may hand its message over
//! though the receiver has yet to come.
//!
//! ```
//! use selvedge::sync::mpsc::channel;
//!
//! let (sender, receiver) = channel();
//! sender.send(1).unwrap();
//! drop(sender);
//! assert_eq!(receiver.iter().collect::<Vec<_>>(), [1]);
//! ```

mod receiver;
mod sender;
mod shared;
#[cfg(test)]
mod tests;

pub use receiver::{IntoIter, Iter, Receiver, TryIter};
pub use sender::{Sender, SyncSender};
pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

use crate::base::Name;
use shared::Shared;
use std::sync::Arc;

/// A channel without bound: to send never waits.
#[must_use]
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    unbounded(Name::NONE)
}

/// A [`channel`] with a name for traces.
#[must_use]
#[track_caller]
pub fn channel_with_name<T>(name: &'static str) -> (Sender<T>, Receiver<T>) {
    unbounded(Name::new(name))
}

/// A channel with room for `bound` messages; with 0, a message is handed over from a sender to a receiver that meet.
#[must_use]
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    bounded(bound, Name::NONE)
}

/// A [`sync_channel`] with a name for traces.
#[must_use]
#[track_caller]
pub fn sync_channel_with_name<T>(bound: usize, name: &'static str) -> (SyncSender<T>, Receiver<T>) {
    bounded(bound, Name::new(name))
}

#[track_caller]
fn unbounded<T>(name: Name) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared::new(None, name));
    (Sender::new(Arc::clone(&shared)), Receiver::new(shared))
}

#[track_caller]
fn bounded<T>(bound: usize, name: Name) -> (SyncSender<T>, Receiver<T>) {
    let shared = Arc::new(Shared::new(Some(bound as u64), name));
    (SyncSender::new(Arc::clone(&shared)), Receiver::new(shared))
}
