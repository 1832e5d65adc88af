//! From operations to events.

use crate::base::{
    Action, AtomicAction, BarrierAction, ChannelAction, CondvarAction, FOREVER, MutexAction, ObjectId,
    OnceAction, Operation, OutputAction, PipeAction, SharedAction, ThreadAction, ThreadId,
};
use std::sync::atomic::Ordering;

/// What an operation is in a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lowered {
    /// No event: others see nothing of it.
    Nothing,
    /// Reads a variable.
    Load,
    /// Writes a variable.
    Store {
        value: u64,
        ordering: Ordering,
    },
    /// Reads and, if it finds what it looks for, writes.
    Update,
    /// Asks whether a thread has ended: reads a variable that its end writes.
    AskEnd(ThreadId),
    /// Takes its place among the operations on its object.
    Chain,
    /// Takes or gives the token of a thread.
    Token(ThreadId),
    /// Falls asleep on a condition variable and gives a mutex back.
    Wait {
        mutex: ObjectId,
    },
    /// Notified, takes the mutex again.
    Reacquire {
        mutex: ObjectId,
    },
    /// Waits for what stays.
    Passive,
    /// Waits for the end of a thread.
    Join(ThreadId),
    /// Starts a thread.
    Start(ThreadId),
    /// Ends its own.
    End,
    Fence(Ordering),
    Choose(u32),
}

/// Giving back the mutex is the second half of a condition wait, taking it the second half of waking.
pub(super) const UNLOCK: Action = Action::Mutex(MutexAction::Unlock { poison: false });
pub(super) const LOCK: Action = Action::Mutex(MutexAction::Lock { timeout: FOREVER });

pub(super) fn lower(operation: &Operation, own: ThreadId) -> Lowered {
    match operation.action {
        Action::Cell(_)
        | Action::Output(OutputAction::WriteUnobserved(_))
        | Action::Pipe(PipeAction::Offer)
        // Who kills gives the proof up: see `learn`.
        | Action::Thread(
            ThreadAction::Yield
            | ThreadAction::Spin
            | ThreadAction::Sleep(_)
            | ThreadAction::Round { .. }
            | ThreadAction::Kill(_),
        ) => Lowered::Nothing,
        Action::Atomic(AtomicAction::Load(_)) | Action::Shared(SharedAction::Get) => Lowered::Load,
        Action::Atomic(AtomicAction::Store { value, ordering }) => Lowered::Store { value, ordering },
        Action::Shared(SharedAction::Set(value)) => {
            Lowered::Store { value: value.unwrap_or(0), ordering: Ordering::SeqCst }
        }
        Action::Atomic(AtomicAction::Rmw { .. } | AtomicAction::CompareExchange { .. }) => Lowered::Update,
        Action::Condvar(CondvarAction::Wait { mutex, .. }) => Lowered::Wait { mutex },
        Action::Condvar(CondvarAction::Reacquire { mutex }) => Lowered::Reacquire { mutex },
        Action::Barrier(BarrierAction::Pass { .. })
        | Action::Channel(ChannelAction::AwaitTaken { .. })
        | Action::Once(OnceAction::Wait)
        | Action::Thread(ThreadAction::GoOn) => Lowered::Passive,
        Action::Fence(ordering) => Lowered::Fence(ordering),
        Action::Choose(count) => Lowered::Choose(count),
        Action::Thread(ThreadAction::Spawn(child)) => Lowered::Start(child),
        Action::Thread(ThreadAction::Exit { .. }) => Lowered::End,
        Action::Thread(ThreadAction::Join { thread, timeout: FOREVER }) => Lowered::Join(thread),
        Action::Thread(ThreadAction::Join { thread, .. } | ThreadAction::IsFinished(thread)) => {
            Lowered::AskEnd(thread)
        }
        Action::Thread(ThreadAction::Park { .. }) => Lowered::Token(own),
        Action::Thread(ThreadAction::Unpark(thread)) => Lowered::Token(thread),
        _ => Lowered::Chain,
    }
}
