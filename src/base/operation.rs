//! Operations: what a thread is *about to* do, before anything is decided.
//!
//! One enum per family of objects, so that an object's state machine matches on its own actions only. All are small
//! `Copy` values: a pending operation is kept per thread, and a performed one becomes a [`Step`](super::Step).

use super::{ObjectId, PipeAction, PortAction, StreamAction, TextId, ThreadId, ValueAction};
use std::sync::atomic::Ordering;

/// Stands for "no time-out" in actions that carry one, in nanoseconds.
pub const FOREVER: u64 = u64::MAX;

/// An action on an object, not yet performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    /// The object met; [`ObjectId::NONE`] where there is none or the action names a thread.
    pub object: ObjectId,
    /// What is done to it.
    pub action: Action,
}

/// What is done to an object, by family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// On an atomic variable.
    Atomic(AtomicAction),
    /// A memory fence.
    Fence(Ordering),
    /// On a race-checked, unsynchronized cell.
    Cell(CellAction),
    /// On a shared Python variable: sequentially consistent, one step each.
    Shared(SharedAction),
    /// On a mutex, also one behind a Python `Lock` or `RLock`.
    Mutex(MutexAction),
    /// On a readers-writer lock.
    RwLock(RwLockAction),
    /// On a condition variable.
    Condvar(CondvarAction),
    /// On a barrier.
    Barrier(BarrierAction),
    /// On a one-time initialization.
    Once(OnceAction),
    /// On a channel.
    Channel(ChannelAction),
    /// On an event flag.
    Event(EventAction),
    /// On a Python queue.
    Queue(QueueAction),
    /// On a semaphore.
    Semaphore(SemaphoreAction),
    /// On a Python barrier.
    Rendezvous(RendezvousAction),
    /// On the count of a reference-counted pointer.
    Arc(ArcAction),
    /// On the standard output.
    Output(OutputAction),
    /// On one direction of a pipe between processes.
    Pipe(PipeAction),
    /// On a port that somebody listens at.
    Port(PortAction),
    /// On a connection between two sockets.
    Stream(StreamAction),
    /// On a value in memory that processes share, with a lock of its own.
    Value(ValueAction),
    /// Closes an object for good, whatever it is: all that is done to it from then on is refused as to one that is gone.
    Close,
    /// On a thread.
    Thread(ThreadAction),
    /// A free choice among `n` values.
    Choose(u32),
}

/// The read-modify-write functions of std's atomics, on values kept as 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rmw {
    /// `swap`
    Swap,
    /// `fetch_add`, wrapping
    Add,
    /// `fetch_sub`, wrapping
    Sub,
    /// `fetch_and`
    And,
    /// `fetch_nand`
    Nand,
    /// `fetch_or`
    Or,
    /// `fetch_xor`
    Xor,
    /// `fetch_max`
    Max,
    /// `fetch_min`
    Min,
}

/// On an atomic variable. Values are the variable's bits, zero- or sign-extended to 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AtomicAction {
    /// Reads the value.
    Load(Ordering),
    /// Replaces the value.
    Store {
        /// The new value.
        value: u64,
        /// Its ordering.
        ordering: Ordering,
    },
    /// Reads, applies a function and writes, in one step.
    Rmw {
        /// The function.
        function: Rmw,
        /// Its second operand; the first is the value found.
        operand: u64,
        /// Its ordering.
        ordering: Ordering,
    },
    /// Writes `new` if the value is `expected`.
    CompareExchange {
        /// The value asked for.
        expected: u64,
        /// The value to write.
        new: u64,
        /// The ordering on success.
        success: Ordering,
        /// The ordering on failure.
        failure: Ordering,
        /// Whether it may fail though the value is as expected.
        weak: bool,
    },
}

impl AtomicAction {
    /// The orderings that it may come to have: of a compare-exchange that on success and that on failure.
    #[inline(always)]
    pub const fn orderings(&self) -> (Ordering, Ordering) {
        match *self {
            AtomicAction::Load(ordering)
            | AtomicAction::Store { ordering, .. }
            | AtomicAction::Rmw { ordering, .. } => (ordering, ordering),
            AtomicAction::CompareExchange { success, failure, .. } => (success, failure),
        }
    }

    /// Whether all its orderings are `SeqCst`.
    #[inline(always)]
    pub const fn is_sequentially_consistent(&self) -> bool {
        matches!(self.orderings(), (Ordering::SeqCst, Ordering::SeqCst))
    }

    /// Whether it is `SeqCst`, or may be.
    pub const fn may_be_sequentially_consistent(&self) -> bool {
        matches!(self.orderings(), (Ordering::SeqCst, _) | (_, Ordering::SeqCst))
    }
}

/// On a race-checked cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellAction {
    /// Shared access.
    Read,
    /// Exclusive access.
    Write,
}

/// On a shared Python variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SharedAction {
    /// Reads it; the outcome carries the value's bits when its type has some.
    Get,
    /// Writes it; the value's bits when its type has some.
    Set(Option<u64>),
}

/// On a mutex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MutexAction {
    /// Waits until it is free and takes it; gives up after so many nanoseconds ([`FOREVER`]: never).
    Lock {
        /// Nanoseconds, or [`FOREVER`].
        timeout: u64,
    },
    /// Takes it if it is free.
    TryLock,
    /// Gives it back.
    Unlock {
        /// Whether the holder panicked while it held it.
        poison: bool,
    },
    /// Gives it back whoever holds it, as Python's `Lock.release` does; refused when nobody holds it.
    Release,
    /// Asks whether somebody holds it.
    IsLocked,
    /// Asks whether it is poisoned.
    IsPoisoned,
    /// Heals it.
    ClearPoison,
}

/// On a readers-writer lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RwLockAction {
    /// Waits until no writer holds it and takes it shared.
    Read,
    /// Takes it shared if no writer holds it.
    TryRead,
    /// Waits until nobody holds it and takes it alone.
    Write,
    /// Takes it alone if nobody holds it.
    TryWrite,
    /// Gives a shared hold back.
    UnlockRead,
    /// Gives an exclusive hold back.
    UnlockWrite {
        /// Whether the holder panicked while it held it.
        poison: bool,
    },
    /// Makes an exclusive hold a shared one, in one step.
    Downgrade,
    /// Asks whether it is poisoned.
    IsPoisoned,
    /// Heals it.
    ClearPoison,
}

/// On a condition variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CondvarAction {
    /// Releases the mutex and falls asleep, in one step.
    Wait {
        /// The mutex released.
        mutex: ObjectId,
        /// Nanoseconds, or [`FOREVER`].
        timeout: u64,
    },
    /// The second half of an untimed wait: notified, takes the mutex again.
    Reacquire {
        /// The mutex to take.
        mutex: ObjectId,
    },
    /// The second half of a timed wait: wakes, notified or timed out; a plain lock follows.
    Wake {
        /// Nanoseconds.
        timeout: u64,
        /// Whether one who has timed out is still among the waiters, until it [leaves](CondvarAction::Leave).
        stays: bool,
    },
    /// The last part of a timed wait of Python's that has timed out: with the lock again, it is a waiter no more. The outcome
    /// tells whether it had been notified meanwhile, which helps nobody.
    Leave,
    /// Wakes one waiter; which one is the outcome.
    NotifyOne,
    /// Wakes up to so many waiters in the order in which they came.
    NotifyFirst(u32),
    /// Wakes all waiters.
    NotifyAll,
}

/// On a barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BarrierAction {
    /// Comes to the barrier.
    Arrive,
    /// Goes on once all have come to the generation that it came to.
    Pass {
        /// The generation, from the outcome of `Arrive`.
        generation: u32,
    },
}

/// On a one-time initialization (`Once`, `OnceLock`, `LazyLock`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnceAction {
    /// Waits while somebody initializes; then either it is done, or it is for the caller to do.
    Begin {
        /// Whether a poisoned one is begun again (`call_once_force`) or refused.
        force: bool,
    },
    /// Ends the initialization.
    Complete {
        /// Whether the initializer panicked.
        poison: bool,
    },
    /// Asks whether it is initialized.
    IsCompleted,
    /// Waits until it is initialized.
    Wait,
    /// Sets it at once; refused when it is set already, blocked while somebody initializes.
    Set,
    /// Makes it uninitialized again.
    Reset,
}

/// On a channel of `std::sync::mpsc`'s kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelAction {
    /// Waits for room and sends; disconnected when the receiver is gone.
    Send,
    /// Sends if there is room.
    TrySend,
    /// The second half of a send on a rendezvous channel: waits until the message is taken.
    AwaitTaken {
        /// How many messages must have been taken.
        count: u64,
    },
    /// Waits for a message; disconnected when none is left and all senders are gone.
    Receive {
        /// Nanoseconds, or [`FOREVER`].
        timeout: u64,
    },
    /// Receives if there is a message.
    TryReceive,
    /// A sender goes. Whether it is the last it is not told: that depends on the order, which nobody else can tell.
    DropSender {
        /// What it has of the channel; what all senders have sums up to nothing only when all are gone.
        share: u64,
    },
    /// The receiver goes.
    DropReceiver,
}

/// On an event flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventAction {
    /// Raises the flag.
    Set,
    /// Lowers it.
    Clear,
    /// Asks whether it is up.
    IsSet,
    /// Waits until it is up.
    Wait {
        /// Nanoseconds, or [`FOREVER`].
        timeout: u64,
    },
}

/// On a Python queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueueAction {
    /// Waits for room and puts an item; the outcome carries the item's bits when its type has some.
    Put {
        /// Nanoseconds, [`FOREVER`], or 0 for "not at all".
        timeout: u64,
    },
    /// Waits for an item and takes it.
    Get {
        /// Nanoseconds, [`FOREVER`], or 0 for "not at all".
        timeout: u64,
    },
    /// Asks how many items are there.
    Length,
    /// Asks whether it is empty.
    IsEmpty,
    /// Asks whether it is full.
    IsFull,
    /// Says that an item taken has been dealt with.
    TaskDone,
    /// Waits until all items put have been dealt with.
    Join,
    /// Takes no more items from now on.
    ShutDown {
        /// Whether what is in it is thrown away.
        immediate: bool,
    },
}

/// On a semaphore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SemaphoreAction {
    /// Waits for a permit and takes it.
    Acquire {
        /// Nanoseconds, [`FOREVER`], or 0 for "not at all".
        timeout: u64,
    },
    /// Adds so many permits; refused when there would be more than in the beginning and it is bounded.
    Release {
        /// How many.
        count: u32,
    },
}

/// On a Python barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RendezvousAction {
    /// Comes to it; refused when it is broken. The outcome carries the round, and how many had come before in it.
    Arrive {
        /// Whether the last one to come has something to do before it opens.
        acts: bool,
    },
    /// Goes on once all have come to the round that it came to; refused when that was broken. A time-out breaks it.
    Pass {
        /// The round.
        round: u32,
        /// Nanoseconds, or [`FOREVER`].
        timeout: u64,
    },
    /// The last one to come has done what it had to do.
    Open {
        /// Whether it has failed, which breaks the barrier.
        fails: bool,
    },
    /// Breaks it.
    Abort,
    /// Mends it; those who wait are sent away.
    Reset,
    /// Asks how many wait.
    Waiting,
    /// Asks whether it is broken.
    IsBroken,
}

/// On the count of a reference-counted pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArcAction {
    /// `strong_count`, `weak_count`: looks at the count.
    Count,
    /// `get_mut`, `make_mut`, `try_unwrap`, `into_inner`: asks to be the only one.
    Unique,
    /// The end of `Arc::new_cyclic`: from then on a weak pointer can be upgraded.
    Begin,
    /// `Weak::upgrade`.
    Upgrade,
    /// The drop of the last strong pointer.
    DropLast,
    /// The drop of a strong pointer, the last one or not, where it matters who drops the last.
    Drop,
    /// Another strong pointer is made from one, where it matters how many there are.
    Clone,
    /// A weak pointer is made, where it matters how many there are.
    Downgrade,
    /// A weak pointer goes, where it matters how many there are.
    DropWeak,
}

/// On the standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputAction {
    /// Writes a text, where the output is observed: the order of writes matters.
    Write(TextId),
    /// Writes a text, where nobody looks at the output: no point of the schedule, and it meets nothing.
    WriteUnobserved(TextId),
    /// The end of the program: what daemon threads would write after it is lost.
    Close,
}

/// On a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThreadAction {
    /// Starts a thread.
    Spawn(ThreadId),
    /// Ends the caller.
    Exit {
        /// Whether by a panic.
        panicked: bool,
    },
    /// Waits until a thread has ended.
    Join {
        /// The thread waited for.
        thread: ThreadId,
        /// Nanoseconds, or [`FOREVER`].
        timeout: u64,
    },
    /// Asks whether a thread has ended.
    IsFinished(ThreadId),
    /// Waits for the caller's token.
    Park {
        /// Nanoseconds, or [`FOREVER`].
        timeout: u64,
    },
    /// Gives a thread its token.
    Unpark(ThreadId),
    /// Lets others go first.
    Yield,
    /// Says that the caller spins.
    Spin,
    /// Sleeps so many nanoseconds.
    Sleep(u64),
    /// Begins a round of an endless loop.
    Round {
        /// Whether the round before did what the loop is for; also said of the first.
        fruitful: bool,
    },
    /// Would go round an endless loop for ever and is not followed any further.
    GoOn,
    /// Ends a process, which is all threads that began with this one, wherever they are.
    Kill(ThreadId),
}

impl Operation {
    /// An operation on `object`.
    #[inline(always)]
    pub const fn new(object: ObjectId, action: Action) -> Self {
        Operation { object, action }
    }

    /// An operation that meets no object of its own: a fence, a free choice, or one that names a thread.
    #[inline(always)]
    pub const fn free(action: Action) -> Self {
        Operation { object: ObjectId::NONE, action }
    }

    /// Whether the strategy is asked before it and a schedule counts it.
    ///
    /// Thread start, exit and join are not, nor is another round of an endless loop, nor a write that nobody observes: they
    /// commute with all that others may do in between, so they are performed as soon as they can be.
    #[inline(always)]
    pub const fn is_point(&self) -> bool {
        !matches!(
            self.action,
            Action::Thread(
                ThreadAction::Spawn(_)
                    | ThreadAction::Exit { .. }
                    | ThreadAction::Join { timeout: FOREVER, .. }
                    | ThreadAction::Round { .. }
            ) | Action::Output(OutputAction::WriteUnobserved(_))
        )
    }

    /// Whether there are states in which it cannot be performed.
    #[inline(always)]
    pub const fn may_block(&self) -> bool {
        match self.action {
            Action::Mutex(action) => matches!(action, MutexAction::Lock { .. }),
            Action::RwLock(action) => matches!(action, RwLockAction::Read | RwLockAction::Write),
            Action::Condvar(action) => {
                matches!(action, CondvarAction::Reacquire { .. } | CondvarAction::Wake { .. })
            }
            Action::Barrier(action) => matches!(action, BarrierAction::Pass { .. }),
            Action::Once(action) => {
                matches!(action, OnceAction::Begin { .. } | OnceAction::Wait | OnceAction::Set)
            }
            Action::Channel(action) => matches!(
                action,
                ChannelAction::Send | ChannelAction::AwaitTaken { .. } | ChannelAction::Receive { .. }
            ),
            Action::Event(action) => matches!(action, EventAction::Wait { .. }),
            Action::Queue(action) => {
                matches!(action, QueueAction::Put { .. } | QueueAction::Get { .. } | QueueAction::Join)
            }
            Action::Semaphore(action) => matches!(action, SemaphoreAction::Acquire { .. }),
            // While the last one to come acts nobody else gets in.
            Action::Rendezvous(action) => matches!(
                action,
                RendezvousAction::Arrive { .. }
                    | RendezvousAction::Pass { .. }
                    | RendezvousAction::Abort
                    | RendezvousAction::Reset
            ),
            Action::Pipe(action) => action.may_block(),
            Action::Port(action) => matches!(action, PortAction::Accept { .. }),
            Action::Stream(action) => action.may_block(),
            Action::Value(_) => true,
            Action::Thread(action) => matches!(
                action,
                ThreadAction::Join { .. }
                    | ThreadAction::Park { .. }
                    | ThreadAction::Sleep(_)
                    | ThreadAction::GoOn
            ),
            _ => false,
        }
    }

    /// The time-out that it carries, in nanoseconds; [`FOREVER`] when it has none.
    pub const fn timeout(&self) -> u64 {
        match self.action {
            Action::Mutex(MutexAction::Lock { timeout })
            | Action::Condvar(CondvarAction::Wake { timeout, .. })
            | Action::Channel(ChannelAction::Receive { timeout })
            | Action::Event(EventAction::Wait { timeout })
            | Action::Queue(QueueAction::Put { timeout } | QueueAction::Get { timeout })
            | Action::Semaphore(SemaphoreAction::Acquire { timeout })
            | Action::Rendezvous(RendezvousAction::Pass { timeout, .. })
            | Action::Pipe(PipeAction::Receive { timeout } | PipeAction::Poll { timeout })
            | Action::Port(PortAction::Accept { timeout, .. })
            | Action::Stream(StreamAction::Receive { timeout, .. })
            | Action::Thread(
                ThreadAction::Join { timeout, .. }
                | ThreadAction::Park { timeout }
                | ThreadAction::Sleep(timeout),
            ) => timeout,
            _ => FOREVER,
        }
    }

    /// What it does to a second object in the same step: a condition wait gives its mutex back, and takes it again.
    #[inline(always)]
    pub const fn second(&self) -> Option<Operation> {
        let (object, action) = match self.action {
            Action::Condvar(CondvarAction::Wait { mutex, .. }) => {
                (mutex, MutexAction::Unlock { poison: false })
            }
            Action::Condvar(CondvarAction::Reacquire { mutex }) => {
                (mutex, MutexAction::Lock { timeout: FOREVER })
            }
            _ => return None,
        };
        Some(Operation { object, action: Action::Mutex(action) })
    }

    /// The second object met, where there are two: the mutex of a condition wait.
    #[inline(always)]
    pub const fn second_object(&self) -> Option<ObjectId> {
        match self.second() {
            Some(second) => Some(second.object),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_stays_small() {
        assert!(size_of::<Operation>() <= 32, "{}", size_of::<Operation>());
    }

    #[test]
    fn only_start_exit_untimed_join_and_another_round_are_no_points() {
        let free = |a| Operation::free(Action::Thread(a)).is_point();
        assert!(!free(ThreadAction::Spawn(ThreadId(1))));
        assert!(!free(ThreadAction::Exit { panicked: false }));
        assert!(!free(ThreadAction::Join { thread: ThreadId(1), timeout: FOREVER }));
        assert!(free(ThreadAction::Join { thread: ThreadId(1), timeout: 5 }));
        assert!(!free(ThreadAction::Round { fruitful: true }));
        assert!(free(ThreadAction::Yield) && free(ThreadAction::GoOn));
        assert!(Operation::new(ObjectId(0), Action::Mutex(MutexAction::Unlock { poison: false })).is_point());
    }
}
