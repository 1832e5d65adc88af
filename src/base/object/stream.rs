//! Connections: two streams of bytes between two ends, as TCP has them.

use crate::base::{End, Outcome, StreamAction};

/// A connection. The bytes are the facade's.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Stream {
    client: Side,
    server: Side,
    /// How many bytes may be on the way to an end; no bound when it is zero.
    room: u64,
}

/// What is known at one end.
#[derive(Clone, Copy, Debug, Hash)]
struct Side {
    /// Bytes that have come and are not yet received.
    come: u64,
    /// Sockets of this end: how many there were, and a bit for each that is open.
    sockets: u8,
    open: u64,
    receives_no_more: bool,
    sends_no_more: bool,
    /// The connection has been reset, and nobody at this end has been told.
    reset: bool,
}

impl Side {
    const NEW: Side =
        Side { come: 0, sockets: 1, open: 1, receives_no_more: false, sends_no_more: false, reset: false };

    fn is_gone(&self) -> bool {
        self.open == 0
    }

    /// No byte will come from it any more.
    fn has_ended(&self) -> bool {
        self.is_gone() || self.sends_no_more
    }

    fn has_open(&self, socket: u8) -> bool {
        self.open & 1 << socket != 0
    }

    /// The connection is cut from the other side.
    fn cut(&mut self) {
        self.reset = !self.is_gone();
        self.receives_no_more = true;
        self.sends_no_more = true;
    }
}

impl Stream {
    /// A connection with room for so many bytes each way (0: any number).
    pub(crate) fn new(room: u64) -> Self {
        Stream { client: Side::NEW, server: Side::NEW, room }
    }

    pub(crate) fn ready(&self, action: StreamAction) -> bool {
        match action {
            StreamAction::Send { end, socket, .. } => {
                let (own, other) = (self.side(end), self.side(end.other()));
                !own.has_open(socket)
                    || own.has_ended()
                    || other.is_gone()
                    || self.room == 0
                    || other.come < self.room
            }
            StreamAction::Receive { timeout: 0, .. } => true,
            StreamAction::Receive { end, .. } => {
                let own = self.side(end);
                own.come > 0 || own.receives_no_more || self.side(end.other()).has_ended()
            }
            _ => true,
        }
    }

    pub(crate) fn apply(&mut self, action: StreamAction) -> Outcome {
        match action {
            StreamAction::Hold(end) => return self.hold(end),
            StreamAction::Close { end, socket } => return self.close(end, socket),
            StreamAction::Reset(end) => {
                let (own, other) = self.sides(end);
                own.open = 0;
                other.cut();
            }
            StreamAction::ShutDown { end, reads, writes } => {
                let own = self.sides(end).0;
                own.receives_no_more |= reads;
                own.sends_no_more |= writes;
            }
            StreamAction::Send { end, socket, bytes } => return self.send(end, socket, u64::from(bytes)),
            StreamAction::Receive { end, most, .. } => return self.receive(end, u64::from(most)),
        }
        Outcome::Done
    }

    fn hold(&mut self, end: End) -> Outcome {
        let own = self.sides(end).0;
        if own.is_gone() || u32::from(own.sockets) == u64::BITS {
            return Outcome::Refused;
        }
        let socket = own.sockets;
        own.sockets += 1;
        own.open |= 1 << socket;
        Outcome::Value(u64::from(socket))
    }

    fn close(&mut self, end: End, socket: u8) -> Outcome {
        let (own, other) = self.sides(end);
        if !own.has_open(socket) {
            return Outcome::Refused;
        }
        own.open &= !(1 << socket);
        if own.is_gone() && std::mem::take(&mut own.come) > 0 {
            other.cut();
        }
        Outcome::Done
    }

    fn send(&mut self, end: End, socket: u8, bytes: u64) -> Outcome {
        let room = self.room;
        let (own, other) = self.sides(end);
        if !own.has_open(socket) {
            return Outcome::Refused;
        }
        if std::mem::take(&mut own.reset) {
            return Outcome::Disconnected;
        }
        if own.has_ended() {
            return Outcome::Refused;
        }
        if other.is_gone() {
            // Nobody is there to take it, which the sender learns only from the answer.
            own.sends_no_more = true;
            return Outcome::Value(bytes);
        }
        let sent = if room == 0 { bytes } else { bytes.min(room.saturating_sub(other.come)) };
        other.come += sent;
        Outcome::Value(sent)
    }

    fn receive(&mut self, end: End, most: u64) -> Outcome {
        let (own, other) = self.sides(end);
        let taken = most.min(own.come);
        if taken > 0 {
            own.come -= taken;
            return Outcome::Value(taken);
        }
        if std::mem::take(&mut own.reset) {
            return Outcome::Disconnected;
        }
        if own.receives_no_more || other.has_ended() { Outcome::Value(0) } else { Outcome::Refused }
    }

    fn side(&self, end: End) -> &Side {
        match end {
            End::Client => &self.client,
            End::Server => &self.server,
        }
    }

    /// The side of this end, and the other one.
    fn sides(&mut self, end: End) -> (&mut Side, &mut Side) {
        match end {
            End::Client => (&mut self.client, &mut self.server),
            End::Server => (&mut self.server, &mut self.client),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::End::{Client, Server};
    use super::*;
    use crate::base::FOREVER;

    fn send(end: End, bytes: u32) -> StreamAction {
        StreamAction::Send { end, socket: 0, bytes }
    }

    fn receive(end: End, most: u32) -> StreamAction {
        StreamAction::Receive { end, most, timeout: FOREVER }
    }

    fn close(end: End, socket: u8) -> StreamAction {
        StreamAction::Close { end, socket }
    }

    #[test]
    fn bytes_come_as_a_stream_and_then_the_end() {
        let mut stream = Stream::new(0);
        assert!(!stream.ready(receive(Server, 9)));
        assert_eq!(stream.apply(send(Client, 2)), Outcome::Value(2));
        assert_eq!(stream.apply(send(Client, 3)), Outcome::Value(3));
        assert_eq!(stream.apply(receive(Server, 4)), Outcome::Value(4));
        stream.apply(close(Client, 0));
        assert_eq!(stream.apply(receive(Server, 4)), Outcome::Value(1));
        assert!(stream.ready(receive(Server, 4)));
        assert_eq!(stream.apply(receive(Server, 4)), Outcome::Value(0));
    }

    #[test]
    fn the_first_bytes_sent_to_one_that_is_gone_are_lost_and_the_next_refused() {
        let mut stream = Stream::new(0);
        stream.apply(close(Server, 0));
        assert_eq!(stream.apply(send(Client, 2)), Outcome::Value(2));
        assert_eq!(stream.apply(send(Client, 2)), Outcome::Refused);
        assert_eq!(stream.apply(receive(Client, 1)), Outcome::Value(0));
    }

    #[test]
    fn what_was_never_received_resets_the_connection_of_which_one_is_told_once() {
        let mut stream = Stream::new(0);
        stream.apply(send(Client, 2));
        stream.apply(send(Server, 1));
        stream.apply(close(Server, 0));
        assert_eq!(stream.apply(receive(Client, 9)), Outcome::Value(1));
        assert_eq!(stream.apply(receive(Client, 9)), Outcome::Disconnected);
        assert_eq!(stream.apply(receive(Client, 9)), Outcome::Value(0));
        assert_eq!(stream.apply(send(Client, 2)), Outcome::Refused);
    }

    #[test]
    fn an_end_is_gone_with_its_last_holder() {
        let mut stream = Stream::new(0);
        assert_eq!(stream.apply(StreamAction::Hold(Client)), Outcome::Value(1));
        assert_eq!(stream.apply(close(Client, 0)), Outcome::Done);
        assert_eq!(stream.apply(close(Client, 0)), Outcome::Refused);
        assert_eq!(stream.apply(send(Client, 1)), Outcome::Refused);
        assert!(!stream.ready(receive(Server, 1)));
        assert_eq!(stream.apply(close(Client, 1)), Outcome::Done);
        assert!(stream.ready(receive(Server, 1)));
    }

    #[test]
    fn a_sender_waits_for_room() {
        let mut stream = Stream::new(2);
        assert_eq!(stream.apply(send(Client, 3)), Outcome::Value(2));
        assert!(!stream.ready(send(Client, 1)) && stream.ready(send(Server, 1)));
        stream.apply(receive(Server, 1));
        assert_eq!(stream.apply(send(Client, 3)), Outcome::Value(1));
        stream.apply(StreamAction::ShutDown { end: Client, reads: false, writes: true });
        assert_eq!(stream.apply(send(Client, 1)), Outcome::Refused);
        assert_eq!(stream.apply(receive(Server, 9)), Outcome::Value(2));
        assert_eq!(stream.apply(receive(Server, 9)), Outcome::Value(0));
    }
}
