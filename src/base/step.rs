//! Steps: operations performed, with what came of them.

use super::operation::{
    Action, ArcAction, AtomicAction, BarrierAction, CellAction, ChannelAction, CondvarAction, EventAction,
    MutexAction, OnceAction, Operation, OutputAction, QueueAction, RendezvousAction, Rmw, SharedAction,
};
use super::{ObjectId, PipeAction, StreamAction, ThreadId, ValueAction};
use std::panic::Location;

/// What came of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done, and there is no more to say.
    Done,
    /// It was done and read this: an atomic's bits before it, a count, 1 or 0 for a question.
    Value(u64),
    /// A compare-exchange found this instead of what it expected, or failed by choice.
    Mismatch(u64),
    /// A lock was taken that is poisoned.
    Poisoned,
    /// It was not done: a `try_` operation in a state that does not allow it, or a misuse.
    Refused,
    /// Its time was up first.
    TimedOut,
    /// It woke though nobody notified it.
    Spurious,
    /// The other end is gone.
    Disconnected,
    /// The caller is the one that completes a barrier, or that has to run the initializer.
    Chosen,
}

impl Outcome {
    /// The value read, if one was.
    #[inline(always)]
    pub fn value(self) -> Option<u64> {
        match self {
            Outcome::Value(value) | Outcome::Mismatch(value) => Some(value),
            _ => None,
        }
    }
}

/// How a step meets an object: two steps of different threads on one object conflict unless both only read, or both only add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Leaves the object as it was.
    Read,
    /// Changes it, and nobody can tell in which order several do so.
    Add,
    /// May change it.
    Write,
}

impl Access {
    /// Whether the order in which two steps meet an object in these ways can matter.
    pub fn conflicts(self, other: Access) -> bool {
        self != other || self == Access::Write
    }
}

/// How wide a number is and how it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// `u8` to `u64`, `usize`: so many bits.
    Unsigned(u8),
    /// `i8` to `i64`, `isize`: so many bits.
    Signed(u8),
    /// `bool`
    Bool,
    /// A pointer; its value is never shown.
    Pointer,
}

/// What an object is, for its name in traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// An atomic variable.
    Atomic(Width),
    /// A race-checked cell.
    Cell,
    /// A Python variable; the width when its values are numbers.
    Shared(Option<Width>),
    /// A mutex.
    Mutex,
    /// A Python `Lock`.
    Lock,
    /// A Python `RLock`.
    RLock,
    /// A readers-writer lock.
    RwLock,
    /// A condition variable (Python's `Condition` too).
    Condvar,
    /// A barrier.
    Barrier,
    /// A one-time initialization.
    Once,
    /// A channel.
    Channel,
    /// An event flag.
    Event,
    /// A Python queue; the width when its items are numbers.
    Queue(Option<Width>),
    /// A semaphore.
    Semaphore {
        /// How many permits it had in the beginning.
        permits: u32,
    },
    /// A Python barrier.
    Rendezvous {
        /// How many threads it waits for.
        parties: u32,
    },
    /// A reference-counted pointer.
    Arc,
    /// The standard output.
    Output,
    /// One direction of a pipe between processes; the width when its messages are numbers.
    Pipe(Option<Width>),
    /// The pipe behind a queue between processes; the width when its items are numbers.
    ProcessQueue(Option<Width>),
    /// A port at which servers listen.
    Port,
    /// A connection between two sockets.
    Stream,
    /// A value in shared memory, with a lock; the width when it is a number.
    Value(Option<Width>),
    /// Something that a manager's server keeps; the width when it is a number.
    Served(Option<Width>),
}

/// An operation performed.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Who performed it.
    pub thread: ThreadId,
    /// Which of the allowed outcomes was chosen, counted from zero.
    pub choice: u32,
    /// What was performed.
    pub operation: Operation,
    /// What came of it.
    pub outcome: Outcome,
    /// Where in the model it was called.
    pub location: &'static Location<'static>,
}

/// What two steps of different threads must not share for their order to be free: an object, a thread's life, or
/// its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meeting {
    /// An object.
    Object(ObjectId),
    /// A thread: its start, its end.
    Thread(ThreadId),
    /// The token of a thread, which `unpark` makes available and `park` takes.
    Token(ThreadId),
    /// How many senders a channel has.
    Senders(ObjectId),
}

impl Step {
    /// Whether it leaves the whole visible state as it was: a load, a failed attempt, a question.
    pub fn only_reads(&self) -> bool {
        self.accesses().iter().flatten().all(|(_, access)| *access == Access::Read)
    }

    /// Whether it changed anything that another thread could see. A swap that writes what was there already did not, though
    /// it counts as a write for what happens before what.
    pub fn changes(&self) -> bool {
        let same_value = matches!(
            (self.operation.action, self.outcome),
            (Action::Atomic(AtomicAction::Rmw { function: Rmw::Swap, operand, .. }), Outcome::Value(old))
                if old == operand
        );
        !same_value && !self.only_reads()
    }

    /// Whether it ends a round of a loop that goes round for ever, one that came to something: whatever the round has only
    /// looked at, it was no waiting for a change.
    pub fn ends_fruitful_round(&self) -> bool {
        matches!(self.operation.action, Action::Thread(super::ThreadAction::Round { fruitful: true }))
    }

    /// Whether the order of this step and `other`, of another thread, can matter.
    pub fn conflicts(&self, other: &Step) -> bool {
        if self.kills(other) || other.kills(self) {
            return true;
        }
        self.accesses().iter().flatten().any(|(here, mine)| {
            let meets = |(there, theirs): &(Meeting, Access)| here == there && mine.conflicts(*theirs);
            other.accesses().iter().flatten().any(meets)
        })
    }

    /// Whether it ends the process of `other`'s thread, as far as one step can tell: that of its first thread. It would not have
    /// come to be afterwards.
    fn kills(&self, other: &Step) -> bool {
        matches!(self.operation.action, Action::Thread(super::ThreadAction::Kill(process)) if process == other.thread)
    }

    /// What it meets, and how. A fence, a yield, a free choice and a write that nobody
    /// observes meet nothing.
    pub fn accesses(&self) -> [Option<(Meeting, Access)>; 2] {
        use super::ThreadAction as T;
        let own = Meeting::Thread(self.thread);
        match self.operation.action {
            Action::Fence(_)
            | Action::Choose(_)
            | Action::Output(OutputAction::WriteUnobserved(_))
            | Action::Pipe(PipeAction::Offer)
            | Action::Thread(T::Yield | T::Spin | T::Sleep(_) | T::Round { .. } | T::GoOn) => [None, None],
            Action::Thread(T::Kill(process)) => {
                let ended = self.outcome == Outcome::Done;
                let access = if ended { Access::Write } else { Access::Read };
                [Some((Meeting::Thread(process), access)), None]
            }
            Action::Thread(T::Spawn(child)) => [Some((Meeting::Thread(child), Access::Write)), None],
            Action::Thread(T::Exit { .. }) => [Some((own, Access::Write)), None],
            Action::Thread(T::Park { .. }) => {
                let taken = self.outcome == Outcome::Done;
                let access = if taken { Access::Write } else { Access::Read };
                [Some((Meeting::Token(self.thread), access)), None]
            }
            Action::Thread(T::Join { thread, .. } | T::IsFinished(thread)) => {
                [Some((Meeting::Thread(thread), Access::Read)), None]
            }
            Action::Thread(T::Unpark(thread)) => [Some((Meeting::Token(thread), Access::Write)), None],
            // Who is last, nobody learns but from the receiver, who finds nothing.
            Action::Channel(ChannelAction::DropSender { .. }) => {
                [Some((Meeting::Senders(self.operation.object), Access::Add)), None]
            }
            Action::Channel(action @ (ChannelAction::Receive { .. } | ChannelAction::TryReceive)) => {
                let received = self.outcome == Outcome::Done;
                let object = self.operation.object;
                // Without the message that it got, one who does not wait for ever would have found how many senders there are.
                let waits = matches!(action, ChannelAction::Receive { timeout: super::FOREVER });
                let first = (Meeting::Object(object), if received { Access::Write } else { Access::Read });
                let second = (Meeting::Senders(object), Access::Read);
                [Some(first), (!received || !waits).then_some(second)]
            }
            _ => {
                let first = (Meeting::Object(self.operation.object), self.access());
                let second = self.operation.second_object().map(|m| (Meeting::Object(m), Access::Write));
                [Some(first), second]
            }
        }
    }

    /// How it meets its first object. Whether an outcome only reads is declared here, once, and checked as a law by
    /// the engine's tests (permuting two steps that do not conflict changes nothing).
    fn access(&self) -> Access {
        let reads = match self.operation.action {
            Action::Atomic(AtomicAction::Load(_)) | Action::Cell(CellAction::Read) => true,
            Action::Atomic(AtomicAction::CompareExchange { .. }) => {
                matches!(self.outcome, Outcome::Mismatch(_))
            }
            Action::Shared(SharedAction::Get) => true,
            Action::Mutex(MutexAction::IsLocked | MutexAction::IsPoisoned) => true,
            Action::Once(OnceAction::IsCompleted | OnceAction::Wait) => true,
            Action::Once(OnceAction::Begin { .. }) => {
                matches!(self.outcome, Outcome::Done | Outcome::Poisoned)
            }
            Action::Barrier(BarrierAction::Pass { .. }) => true,
            Action::Channel(ChannelAction::AwaitTaken { .. }) => true,
            Action::Event(EventAction::IsSet | EventAction::Wait { .. }) => true,
            Action::Queue(
                QueueAction::Length | QueueAction::IsEmpty | QueueAction::IsFull | QueueAction::Join,
            ) => true,
            Action::Rendezvous(RendezvousAction::Waiting | RendezvousAction::IsBroken) => true,
            // Who has come in time only finds that the barrier is open, or broken; who has not breaks it.
            Action::Rendezvous(RendezvousAction::Pass { .. }) => self.outcome != Outcome::TimedOut,
            Action::Arc(ArcAction::Count) => true,
            Action::Pipe(PipeAction::Poll { .. }) | Action::Value(ValueAction::Get) => true,
            Action::Condvar(CondvarAction::Wake { stays, .. }) => stays && self.outcome == Outcome::TimedOut,
            Action::Condvar(CondvarAction::Leave) => false,
            // The first to be told of a reset is the last; whoever finds the end leaves it there.
            Action::Stream(StreamAction::Send { .. } | StreamAction::Receive { .. }) => {
                matches!(self.outcome, Outcome::Refused | Outcome::TimedOut | Outcome::Value(0))
            }
            // A notification that reaches nobody.
            Action::Condvar(_) => self.outcome == Outcome::Value(0),
            _ => matches!(self.outcome, Outcome::Refused | Outcome::TimedOut | Outcome::Disconnected),
        };
        if reads { Access::Read } else { Access::Write }
    }
}
