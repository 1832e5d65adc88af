//! Channels of `std::sync::mpsc`'s kind: unbounded, bounded, and of no capacity (a rendezvous).

use crate::base::{ChannelAction, Outcome};

/// A channel: how many messages wait in it, and which ends are left. The messages themselves are the facade's.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Channel {
    capacity: Option<u64>,
    length: u64,
    sent: u64,
    /// What its senders have of it together. Each has a share, which a clone divides, so that whoever drops the last is known from
    /// what has been dropped, whatever has been cloned meanwhile (weighted reference counting: Bevan, PARLE 1987).
    owed: u64,
    receiver_gone: bool,
    /// Whether a thread waits to receive: only then does an attempt to send on a rendezvous succeed.
    receiver_waits: bool,
}

impl Channel {
    /// The share of the first sender.
    pub(crate) const WHOLE: u64 = 1;

    /// A channel with room for `capacity` messages; `None` is unbounded, 0 a rendezvous.
    pub(crate) fn new(capacity: Option<u64>) -> Self {
        Channel {
            capacity,
            length: 0,
            sent: 0,
            owed: Self::WHOLE,
            receiver_gone: false,
            receiver_waits: false,
        }
    }

    /// Whether a message is handed over from thread to thread.
    pub(crate) fn is_rendezvous(&self) -> bool {
        self.capacity == Some(0)
    }

    /// Whether an attempt to send hands over its message.
    pub(crate) fn would_hand_over(&self) -> bool {
        self.is_rendezvous() && self.receiver_waits && !self.receiver_gone && self.has_room()
    }

    pub(crate) fn set_receiver_waits(&mut self, waits: bool) {
        self.receiver_waits = waits;
    }

    pub(crate) fn ready(&self, action: ChannelAction) -> bool {
        match action {
            ChannelAction::Send => self.receiver_gone || self.has_room(),
            ChannelAction::AwaitTaken { count } => self.receiver_gone || self.sent - self.length >= count,
            ChannelAction::Receive { .. } => self.length > 0 || self.owed == 0,
            _ => true,
        }
    }

    /// `Send` and `TrySend` give the number of messages sent so far, which `AwaitTaken` of a rendezvous wants.
    pub(crate) fn apply(&mut self, action: ChannelAction) -> Outcome {
        match action {
            ChannelAction::Send | ChannelAction::TrySend if self.receiver_gone => Outcome::Disconnected,
            ChannelAction::TrySend if !self.has_room() || (self.is_rendezvous() && !self.receiver_waits) => {
                Outcome::Refused
            }
            ChannelAction::Send | ChannelAction::TrySend => {
                self.length += 1;
                self.sent += 1;
                Outcome::Value(self.sent)
            }
            ChannelAction::AwaitTaken { count } if self.sent - self.length < count => Outcome::Disconnected,
            ChannelAction::AwaitTaken { .. } => Outcome::Done,
            ChannelAction::Receive { .. } | ChannelAction::TryReceive if self.length > 0 => {
                self.length -= 1;
                Outcome::Done
            }
            ChannelAction::Receive { .. } | ChannelAction::TryReceive => {
                if self.owed == 0 {
                    Outcome::Disconnected
                } else {
                    Outcome::Refused
                }
            }
            ChannelAction::DropSender { share } => {
                self.owed = self.owed.wrapping_sub(share);
                Outcome::Done
            }
            ChannelAction::DropReceiver => {
                self.receiver_gone = true;
                Outcome::Done
            }
        }
    }

    /// Does what an action has done elsewhere, where it had this outcome: whether somebody waited to receive is seen from that.
    pub(crate) fn repeat(&mut self, action: ChannelAction, outcome: Outcome) {
        self.receiver_waits = matches!(outcome, Outcome::Value(_));
        self.apply(action);
    }

    fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.length < capacity.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FOREVER;

    const RECEIVE: ChannelAction = ChannelAction::Receive { timeout: FOREVER };

    #[test]
    fn a_bounded_channel_holds_the_sender_back() {
        let mut channel = Channel::new(Some(1));
        assert_eq!(channel.apply(ChannelAction::Send), Outcome::Value(1));
        assert!(!channel.ready(ChannelAction::Send));
        assert_eq!(channel.apply(ChannelAction::TrySend), Outcome::Refused);
        assert_eq!(channel.apply(RECEIVE), Outcome::Done);
        assert!(channel.ready(ChannelAction::Send) && !channel.ready(RECEIVE));
        assert_eq!(channel.apply(ChannelAction::TryReceive), Outcome::Refused);
    }

    #[test]
    fn a_rendezvous_waits_until_its_message_is_taken() {
        let mut channel = Channel::new(Some(0));
        channel.apply(ChannelAction::Send);
        let taken = ChannelAction::AwaitTaken { count: 1 };
        assert!(!channel.ready(taken));
        channel.apply(RECEIVE);
        assert!(channel.ready(taken));
        assert_eq!(channel.apply(taken), Outcome::Done);
    }

    #[test]
    fn an_attempt_on_a_rendezvous_needs_somebody_who_waits() {
        let mut channel = Channel::new(Some(0));
        assert_eq!(channel.apply(ChannelAction::TrySend), Outcome::Refused);
        channel.set_receiver_waits(true);
        assert_eq!(channel.apply(ChannelAction::TrySend), Outcome::Value(1));
        assert_eq!(channel.apply(ChannelAction::TrySend), Outcome::Refused);
    }

    #[test]
    fn messages_left_are_received_before_the_end_is_told() {
        let mut channel = Channel::new(None);
        channel.apply(ChannelAction::Send);
        channel.apply(ChannelAction::DropSender { share: Channel::WHOLE });
        assert_eq!(channel.apply(RECEIVE), Outcome::Done);
        assert!(channel.ready(RECEIVE));
        assert_eq!(channel.apply(RECEIVE), Outcome::Disconnected);
    }

    #[test]
    fn the_last_of_several_senders_is_known_whoever_goes_first() {
        let shares = [5, u64::MAX - 40, Channel::WHOLE.wrapping_sub(5).wrapping_add(41)];
        for first in 0..3 {
            let mut channel = Channel::new(None);
            for (gone, at) in (first..first + 3).enumerate() {
                assert_eq!(channel.apply(ChannelAction::TryReceive), Outcome::Refused);
                channel.apply(ChannelAction::DropSender { share: shares[at % 3] });
                assert_eq!(channel.ready(RECEIVE), gone == 2);
            }
            assert_eq!(channel.apply(ChannelAction::TryReceive), Outcome::Disconnected);
        }
    }

    #[test]
    fn nobody_sends_to_a_receiver_that_is_gone() {
        let mut channel = Channel::new(Some(0));
        channel.apply(ChannelAction::Send);
        channel.apply(ChannelAction::DropReceiver);
        assert!(channel.ready(ChannelAction::AwaitTaken { count: 1 }));
        assert_eq!(channel.apply(ChannelAction::AwaitTaken { count: 1 }), Outcome::Disconnected);
        assert_eq!(channel.apply(ChannelAction::TrySend), Outcome::Disconnected);
    }
}
