//! Pipes between processes: one direction of a wire on which each message is two parts.

use crate::base::{Outcome, PipeAction, ThreadId};
use std::collections::VecDeque;

/// One direction of a pipe: what is on the wire, and how many hold its two ends. The messages are the facade's.
///
/// An end with one holder is written, or read, a message at a time. With several holders each part is a step of its own, and
/// parts that do not belong together make a corrupt message.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Pipe {
    parts: VecDeque<Part>,
    /// How many messages fit in; no bound when it is zero.
    capacity: u64,
    writers: u32,
    readers: u32,
    /// Whether locks around both ends keep messages whole, as around those of a queue.
    guarded: bool,
    sent: u64,
    /// Messages of which only the first part has been written.
    begun: Vec<Part>,
    /// First parts taken, by whom, and who had taken something before.
    taken: Vec<(ThreadId, Part, ThreadId)>,
    last_reader: ThreadId,
}

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Part {
    message: u64,
    writer: ThreadId,
    second: bool,
}

impl Pipe {
    /// A pipe with room for so many messages (0: any number), one holder at each end.
    pub(crate) fn new(capacity: u64, guarded: bool) -> Self {
        Pipe {
            parts: VecDeque::new(),
            capacity,
            writers: 1,
            readers: 1,
            guarded,
            sent: 0,
            begun: Vec::new(),
            taken: Vec::new(),
            last_reader: ThreadId::MAIN,
        }
    }

    pub(crate) fn ready(&self, action: PipeAction) -> bool {
        match action {
            PipeAction::Send => {
                self.readers == 0 || self.capacity == 0 || (self.parts.len() as u64) < 2 * self.capacity
            }
            PipeAction::Receive { timeout: 0 } | PipeAction::Poll { timeout: 0 } => true,
            PipeAction::Receive { .. } => self.has_something() || self.writers == 0,
            PipeAction::ReceiveRest | PipeAction::Poll { .. } => !self.parts.is_empty() || self.writers == 0,
            _ => true,
        }
    }

    /// `Send` gives `Chosen` when the second part has yet to be written, `Receive` when it has yet to be taken. A message taken is
    /// known by its number, counted from zero as they were begun; a corrupt one gives a mismatch, see [`culprits`].
    pub(crate) fn apply(&mut self, thread: ThreadId, action: PipeAction) -> Outcome {
        match action {
            PipeAction::Hold { writes } => *self.holders(writes) += 1,
            PipeAction::Close { writes } => *self.holders(writes) = self.holders(writes).saturating_sub(1),
            PipeAction::Offer => {}
            PipeAction::Send => return self.send(thread),
            PipeAction::SendRest => return self.send_rest(thread),
            PipeAction::Receive { .. } => return self.receive(thread),
            PipeAction::ReceiveRest => return self.receive_rest(thread),
            PipeAction::Poll { .. } => {
                return Outcome::Value(u64::from(!self.parts.is_empty() || self.writers == 0));
            }
        }
        Outcome::Done
    }

    fn holders(&mut self, writes: bool) -> &mut u32 {
        if writes { &mut self.writers } else { &mut self.readers }
    }

    fn shares_reading(&self) -> bool {
        self.readers > 1 && !self.guarded
    }

    /// Whether there is enough on the wire for a receiver to go on.
    fn has_something(&self) -> bool {
        self.parts.len() >= if self.shares_reading() { 1 } else { 2 }
    }

    fn send(&mut self, writer: ThreadId) -> Outcome {
        if self.readers == 0 {
            return Outcome::Disconnected;
        }
        let part = Part { message: self.sent, writer, second: false };
        self.sent += 1;
        self.parts.push_back(part);
        if self.writers > 1 && !self.guarded {
            self.begun.push(part);
            return Outcome::Chosen;
        }
        self.parts.push_back(Part { second: true, ..part });
        Outcome::Done
    }

    fn send_rest(&mut self, writer: ThreadId) -> Outcome {
        if self.readers == 0 {
            return Outcome::Disconnected;
        }
        let Some(at) = self.begun.iter().position(|part| part.writer == writer) else {
            return Outcome::Refused;
        };
        let part = self.begun.remove(at);
        self.parts.push_back(Part { second: true, ..part });
        Outcome::Done
    }

    fn receive(&mut self, reader: ThreadId) -> Outcome {
        if !self.has_something() {
            return if self.writers == 0 { Outcome::Disconnected } else { Outcome::Refused };
        }
        let Some(part) = self.parts.pop_front() else { return Outcome::Refused };
        self.taken.push((reader, part, self.last_reader));
        self.last_reader = reader;
        if self.shares_reading() { Outcome::Chosen } else { self.receive_rest(reader) }
    }

    fn receive_rest(&mut self, reader: ThreadId) -> Outcome {
        let Some(second) = self.parts.pop_front() else { return Outcome::Disconnected };
        let between = std::mem::replace(&mut self.last_reader, reader);
        let Some(at) = self.taken.iter().position(|(by, ..)| *by == reader) else { return Outcome::Refused };
        let (_, first, before) = self.taken.remove(at);
        if first.message == second.message && !first.second && second.second {
            return Outcome::Value(first.message);
        }
        // Parts of two writers met, or another reader has taken what belongs to these.
        let (one, other) = match first.writer == second.writer {
            false => (first.writer, second.writer),
            true => (reader, if between == reader { before } else { between }),
        };
        Outcome::Mismatch(u64::from(one.0) << 32 | u64::from(other.0))
    }
}

/// Who has mixed parts of messages: the two threads in the outcome of taking a corrupt one.
pub(crate) fn culprits(mismatch: u64) -> [ThreadId; 2] {
    [ThreadId((mismatch >> 32) as u32), ThreadId(mismatch as u32)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FOREVER;

    const A: ThreadId = ThreadId(1);
    const B: ThreadId = ThreadId(2);
    const RECEIVE: PipeAction = PipeAction::Receive { timeout: FOREVER };

    #[test]
    fn one_writer_and_one_reader_need_one_step_a_message() {
        let mut pipe = Pipe::new(1, false);
        assert!(!pipe.ready(RECEIVE));
        assert_eq!(pipe.apply(A, PipeAction::Send), Outcome::Done);
        assert!(!pipe.ready(PipeAction::Send) && pipe.ready(RECEIVE));
        assert_eq!(pipe.apply(A, PipeAction::Poll { timeout: 0 }), Outcome::Value(1));
        assert_eq!(pipe.apply(B, RECEIVE), Outcome::Value(0));
        assert_eq!(pipe.apply(B, PipeAction::Receive { timeout: 0 }), Outcome::Refused);
    }

    #[test]
    fn two_writers_may_mix_their_parts() {
        let mut pipe = Pipe::new(0, false);
        pipe.apply(A, PipeAction::Hold { writes: true });
        assert_eq!(pipe.apply(A, PipeAction::Send), Outcome::Chosen);
        assert!(!pipe.ready(RECEIVE), "the second part is missing");
        assert_eq!(pipe.apply(B, PipeAction::Send), Outcome::Chosen);
        pipe.apply(A, PipeAction::SendRest);
        pipe.apply(B, PipeAction::SendRest);
        let Outcome::Mismatch(who) = pipe.apply(ThreadId::MAIN, RECEIVE) else { panic!("it is corrupt") };
        assert_eq!(culprits(who), [A, B]);
    }

    #[test]
    fn two_readers_may_take_each_others_parts() {
        let mut pipe = Pipe::new(0, false);
        pipe.apply(A, PipeAction::Hold { writes: false });
        pipe.apply(ThreadId::MAIN, PipeAction::Send);
        pipe.apply(ThreadId::MAIN, PipeAction::Send);
        assert_eq!(pipe.apply(A, RECEIVE), Outcome::Chosen);
        assert_eq!(pipe.apply(B, RECEIVE), Outcome::Chosen);
        for reader in [A, B] {
            let Outcome::Mismatch(who) = pipe.apply(reader, PipeAction::ReceiveRest) else {
                panic!("corrupt")
            };
            assert!(culprits(who).contains(&A) && culprits(who).contains(&B), "{:?}", culprits(who));
        }
    }

    #[test]
    fn the_end_comes_when_all_holders_have_closed() {
        let mut pipe = Pipe::new(0, false);
        pipe.apply(A, PipeAction::Hold { writes: true });
        pipe.apply(A, PipeAction::Close { writes: true });
        assert!(!pipe.ready(RECEIVE));
        pipe.apply(A, PipeAction::Send);
        pipe.apply(A, PipeAction::Close { writes: true });
        assert_eq!(pipe.apply(B, RECEIVE), Outcome::Value(0));
        assert_eq!(pipe.apply(B, PipeAction::Poll { timeout: 0 }), Outcome::Value(1));
        assert_eq!(pipe.apply(B, RECEIVE), Outcome::Disconnected);
        pipe.apply(B, PipeAction::Close { writes: false });
        assert_eq!(pipe.apply(A, PipeAction::Send), Outcome::Disconnected);
    }
}
