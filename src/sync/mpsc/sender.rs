//! The sending ends of a channel.

use super::shared::{End, Shared};
use crate::base::{ChannelAction, Outcome};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::mpsc::{SendError, TrySendError};

/// The sending end of an unbounded channel: `std::sync::mpsc::Sender`.
pub struct Sender<T> {
    shared: End<T>,
}

/// The sending end of a bounded channel: `std::sync::mpsc::SyncSender`.
pub struct SyncSender<T> {
    shared: End<T>,
}

impl<T> Sender<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Sender { shared: End::first(shared) }
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// If the receiver is gone; the message comes back.
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        let sent = self.shared.send(ChannelAction::Send, t, Location::caller());
        sent.map(drop).map_err(|(_, t)| SendError(t))
    }
}

impl<T> SyncSender<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        SyncSender { shared: End::first(shared) }
    }

    /// Waits for room and sends a message. On a channel without room, waits until it has been received.
    ///
    /// # Errors
    ///
    /// If the receiver is gone, or goes first; the message comes back.
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        let location = Location::caller();
        let count = self.shared.send(ChannelAction::Send, t, location).map_err(|(_, t)| SendError(t))?;
        if self.shared.is_rendezvous()
            && let Some(t) = self.shared.await_taken(count, location)
        {
            return Err(SendError(t));
        }
        Ok(())
    }

    /// Sends a message if that is possible without waiting.
    ///
    /// # Errors
    ///
    /// `Full` if there is no room, `Disconnected` if the receiver is gone; the message comes back.
    #[track_caller]
    pub fn try_send(&self, t: T) -> Result<(), TrySendError<T>> {
        match self.shared.send(ChannelAction::TrySend, t, Location::caller()) {
            Ok(_) => Ok(()),
            Err((Outcome::Disconnected, t)) => Err(TrySendError::Disconnected(t)),
            Err((_, t)) => Err(TrySendError::Full(t)),
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender { shared: self.shared.clone() }
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        SyncSender { shared: self.shared.clone() }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}
