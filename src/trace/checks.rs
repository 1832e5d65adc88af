//! Check characters: a few bits of what each run of a schedule did, from which a replay tells where it went astray.

use super::Trace;
use super::names::Names;
use crate::base::{
    Action, ArcAction, AtomicAction, BarrierAction, CHECK_SEED, CellAction, ChannelAction, CondvarAction,
    EventAction, MutexAction, OnceAction, OutputAction, PipeAction, PortAction, QueueAction,
    RendezvousAction, RwLockAction, Schedule, SemaphoreAction, SharedAction, Step, StreamAction,
    ThreadAction, ThreadId, ValueAction, check_character, mix_check,
};
use std::fmt;

/// A stable number for what a step does: the kind of action, and which object by the order of first appearance.
///
/// Values are left out: a replay that reads another value, and yet does the same, has not gone astray.
pub fn check_signature(step: &Step, names: &Names) -> u64 {
    let object = names.ordinal(step.operation.object).map_or(0, |n| u64::from(n) + 1);
    let verb = verb(&step.operation.action).bytes();
    let hash = verb.fold(CHECK_SEED, |hash, byte| mix_check(hash, u64::from(byte)));
    mix_check(hash, object)
}

/// The trace's schedule with its check characters; without, when the trace does not have all its steps.
pub fn checked_schedule(trace: &Trace) -> Schedule {
    let points = point_signatures(trace);
    match trace.skipped == 0 && points.len() as u64 == trace.schedule.len() {
        true => trace.schedule.clone().with_checks(|position| points[position as usize].1),
        false => trace.schedule.clone(),
    }
}

/// A stable number for all that happened in an execution: who did what to which object, values left out.
pub fn fingerprint(trace: &Trace) -> u64 {
    let names = Names::new(trace);
    trace.numbered().fold(CHECK_SEED, |hash, (_, step)| {
        mix_check(mix_check(hash, u64::from(step.thread.0)), check_signature(step, &names))
    })
}

/// Where a replay differs from the schedule that it replays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which word of the schedule's text, counted from zero.
    pub word: usize,
    /// The thread that the word names.
    pub thread: ThreadId,
    /// Offset of the first step of that run.
    pub from: u64,
    /// Offset after its last step, as far as the replay went.
    pub until: u64,
    /// What is known of it.
    pub kind: DifferenceKind,
}

/// How a run differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// Another thread went instead.
    Thread(ThreadId),
    /// The same thread did something else.
    Steps,
    /// The execution ended before.
    Ended,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thread = self.thread;
        let steps = match self.until.saturating_sub(self.from) {
            0 | 1 => format!("at step {}", self.from + 1),
            _ => format!("within steps {} to {}", self.from + 1, self.until),
        };
        write!(f, "the model differs from the schedule {steps} (word {}): ", self.word + 1)?;
        match self.kind {
            DifferenceKind::Thread(other) => write!(f, "thread {thread} was to go on, thread {other} went"),
            DifferenceKind::Steps => write!(f, "thread {thread} did not do there what it did when recorded"),
            DifferenceKind::Ended => write!(f, "thread {thread} was to go on, but nothing was left to do"),
        }
    }
}

/// The first run of `schedule` in which `replay` went another way; `None` when all that can be compared agrees.
pub fn first_difference(schedule: &Schedule, replay: &Trace) -> Option<Difference> {
    if replay.skipped > 0 {
        return None;
    }
    let points = point_signatures(replay);
    let threads: Vec<ThreadId> = replay.schedule.choices().map(|choice| choice.thread).collect();
    let mut checks = schedule.checks().chars();
    let mut position = 0;
    for (index, word) in schedule.words().iter().enumerate() {
        let end = position + word.count as usize;
        let here = &points[position.min(points.len())..end.min(points.len())];
        let other = threads.iter().skip(position).take(word.count as usize).find(|t| **t != word.thread);
        let hash = here.iter().fold(CHECK_SEED, |hash, (_, signature)| mix_check(hash, *signature));
        let kind = match (other, checks.next()) {
            (Some(other), _) => Some(DifferenceKind::Thread(*other)),
            (None, _) if here.len() < end - position => Some(DifferenceKind::Ended),
            (None, Some(check)) if check != check_character(hash) => Some(DifferenceKind::Steps),
            _ => None,
        };
        if let Some(kind) = kind {
            let from = here.first().map_or(replay.end(), |(offset, _)| *offset);
            let until = here.last().map_or(replay.end(), |(offset, _)| offset + 1);
            return Some(Difference { word: index, thread: word.thread, from, until, kind });
        }
        position = end;
    }
    None
}

/// Offset and signature of each step that the schedule counts.
fn point_signatures(trace: &Trace) -> Vec<(u64, u64)> {
    let names = Names::new(trace);
    let points = trace.numbered().filter(|(_, step)| step.operation.is_point());
    points.map(|(offset, step)| (offset, check_signature(step, &names))).collect()
}

/// A word for each kind of action. Schedules pasted years ago depend on these: add, never change.
pub(super) fn verb(action: &Action) -> &'static str {
    match action {
        Action::Atomic(AtomicAction::Load(_)) => "load",
        Action::Atomic(AtomicAction::Store { .. }) => "store",
        Action::Atomic(AtomicAction::Rmw { .. }) => "rmw",
        Action::Atomic(AtomicAction::CompareExchange { .. }) => "exchange",
        Action::Fence(_) => "fence",
        Action::Cell(CellAction::Read) => "cell read",
        Action::Cell(CellAction::Write) => "cell write",
        Action::Shared(SharedAction::Get) => "get",
        Action::Shared(SharedAction::Set(_)) => "set",
        Action::Mutex(action) => mutex_verb(action),
        Action::RwLock(action) => rwlock_verb(action),
        Action::Condvar(CondvarAction::Wait { .. }) => "wait",
        Action::Condvar(CondvarAction::Reacquire { .. }) => "reacquire",
        Action::Condvar(CondvarAction::Wake { .. }) => "wake",
        Action::Condvar(CondvarAction::Leave) => "leave",
        Action::Condvar(CondvarAction::NotifyOne) => "notify one",
        Action::Condvar(CondvarAction::NotifyFirst(_)) => "notify first",
        Action::Condvar(CondvarAction::NotifyAll) => "notify all",
        Action::Barrier(BarrierAction::Arrive) => "arrive",
        Action::Barrier(BarrierAction::Pass { .. }) => "pass",
        Action::Once(action) => once_verb(action),
        Action::Channel(action) => channel_verb(action),
        Action::Event(EventAction::Set) => "event set",
        Action::Event(EventAction::Clear) => "event clear",
        Action::Event(EventAction::IsSet) => "event is set",
        Action::Event(EventAction::Wait { .. }) => "event wait",
        Action::Queue(action) => queue_verb(action),
        Action::Semaphore(SemaphoreAction::Acquire { .. }) => "semaphore acquire",
        Action::Semaphore(SemaphoreAction::Release { .. }) => "semaphore release",
        Action::Rendezvous(action) => rendezvous_verb(action),
        Action::Arc(ArcAction::Count) => "arc count",
        Action::Arc(ArcAction::Unique) => "arc unique",
        Action::Arc(ArcAction::Begin) => "arc begin",
        Action::Arc(ArcAction::Upgrade) => "arc upgrade",
        Action::Arc(ArcAction::DropLast) => "arc drop",
        Action::Arc(ArcAction::Drop) => "arc let go",
        Action::Arc(ArcAction::Clone) => "arc clone",
        Action::Arc(ArcAction::Downgrade) => "arc downgrade",
        Action::Arc(ArcAction::DropWeak) => "arc drop weak",
        Action::Pipe(action) => pipe_verb(action),
        Action::Port(action) => port_verb(action),
        Action::Stream(action) => stream_verb(action),
        Action::Value(ValueAction::Get) => "value get",
        Action::Value(ValueAction::Set(_)) => "value set",
        Action::Close => "close",
        Action::Thread(action) => thread_verb(action),
        Action::Output(OutputAction::Write(_) | OutputAction::WriteUnobserved(_)) => "print",
        Action::Output(OutputAction::Close) => "close output",
        Action::Choose(_) => "choose",
    }
}

fn mutex_verb(action: &MutexAction) -> &'static str {
    match action {
        MutexAction::Lock { .. } => "lock",
        MutexAction::TryLock => "try_lock",
        MutexAction::Unlock { .. } => "unlock",
        MutexAction::Release => "release",
        MutexAction::IsLocked => "is locked",
        MutexAction::IsPoisoned => "is poisoned",
        MutexAction::ClearPoison => "clear poison",
    }
}

fn rwlock_verb(action: &RwLockAction) -> &'static str {
    match action {
        RwLockAction::Read => "read lock",
        RwLockAction::TryRead => "try_read",
        RwLockAction::Write => "write lock",
        RwLockAction::TryWrite => "try_write",
        RwLockAction::UnlockRead => "read unlock",
        RwLockAction::UnlockWrite { .. } => "write unlock",
        RwLockAction::Downgrade => "downgrade",
        RwLockAction::IsPoisoned => "rw is poisoned",
        RwLockAction::ClearPoison => "rw clear poison",
    }
}

fn once_verb(action: &OnceAction) -> &'static str {
    match action {
        OnceAction::Begin { .. } => "once begin",
        OnceAction::Complete { .. } => "once complete",
        OnceAction::IsCompleted => "once is completed",
        OnceAction::Wait => "once wait",
        OnceAction::Set => "once set",
        OnceAction::Reset => "once reset",
    }
}

fn channel_verb(action: &ChannelAction) -> &'static str {
    match action {
        ChannelAction::Send => "send",
        ChannelAction::TrySend => "try_send",
        ChannelAction::AwaitTaken { .. } => "await taken",
        ChannelAction::Receive { .. } => "receive",
        ChannelAction::TryReceive => "try_recv",
        ChannelAction::DropSender { .. } => "drop sender",
        ChannelAction::DropReceiver => "drop receiver",
    }
}

fn queue_verb(action: &QueueAction) -> &'static str {
    match action {
        QueueAction::Put { .. } => "put",
        QueueAction::Get { .. } => "queue get",
        QueueAction::Length => "length",
        QueueAction::IsEmpty => "is empty",
        QueueAction::IsFull => "is full",
        QueueAction::TaskDone => "task done",
        QueueAction::Join => "queue join",
        QueueAction::ShutDown { .. } => "queue shut down",
    }
}

fn rendezvous_verb(action: &RendezvousAction) -> &'static str {
    match action {
        RendezvousAction::Arrive { .. } => "barrier arrive",
        RendezvousAction::Pass { .. } => "barrier pass",
        RendezvousAction::Open { .. } => "barrier open",
        RendezvousAction::Abort => "barrier abort",
        RendezvousAction::Reset => "barrier reset",
        RendezvousAction::Waiting => "barrier waiting",
        RendezvousAction::IsBroken => "barrier is broken",
    }
}

fn pipe_verb(action: &PipeAction) -> &'static str {
    match action {
        PipeAction::Hold { .. } => "hold end",
        PipeAction::Close { .. } => "close end",
        PipeAction::Offer => "offer",
        PipeAction::Send => "pipe send",
        PipeAction::SendRest => "pipe send rest",
        PipeAction::Receive { .. } => "pipe receive",
        PipeAction::ReceiveRest => "pipe receive rest",
        PipeAction::Poll { .. } => "poll",
    }
}

fn port_verb(action: &PortAction) -> &'static str {
    match action {
        PortAction::Bind => "bind",
        PortAction::Listen { .. } => "listen",
        PortAction::Open { .. } => "bind and listen",
        PortAction::Connect => "connect",
        PortAction::Accept { .. } => "accept",
        PortAction::ShutDown(_) => "port shut down",
        PortAction::Close(_) => "port close",
    }
}

fn stream_verb(action: &StreamAction) -> &'static str {
    match action {
        StreamAction::Hold(_) => "hold socket",
        StreamAction::Close { .. } => "close socket",
        StreamAction::Reset(_) => "reset",
        StreamAction::ShutDown { .. } => "socket shut down",
        StreamAction::Send { .. } => "socket send",
        StreamAction::Receive { .. } => "socket receive",
    }
}

fn thread_verb(action: &ThreadAction) -> &'static str {
    match action {
        ThreadAction::Spawn(_) => "spawn",
        ThreadAction::Exit { .. } => "exit",
        ThreadAction::Join { .. } => "join",
        ThreadAction::IsFinished(_) => "is finished",
        ThreadAction::Park { .. } => "park",
        ThreadAction::Unpark(_) => "unpark",
        ThreadAction::Yield => "yield",
        ThreadAction::Spin => "spin",
        ThreadAction::Sleep(_) => "sleep",
        ThreadAction::Round { .. } => "round",
        ThreadAction::GoOn => "go on",
        ThreadAction::Kill(_) => "kill",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::builder::{Builder, Does};

    /// Main writes `x`, the worker does `second` to the two variables, main reads.
    fn trace(second: fn(crate::base::ObjectId, crate::base::ObjectId) -> Does) -> Trace {
        let mut build = Builder::new();
        let (x, y, b) = (build.shared("x"), build.shared("y"), build.thread("worker"));
        build.step(0, Does::Set(x, 1)).step(0, Does::Set(y, 1)).step(0, Does::Spawn(b));
        build.step(1, second(x, y)).step(1, Does::End).step(0, Does::Join(b)).step(0, Does::Get(x, 1));
        build.finish()
    }

    #[test]
    fn a_replay_that_does_the_same_differs_nowhere_whatever_it_reads() {
        let schedule = checked_schedule(&trace(|x, _| Does::Get(x, 1)));
        assert_eq!(schedule.checks().len(), 3);
        assert_eq!(first_difference(&schedule, &trace(|x, _| Does::Get(x, 5))), None);
    }

    #[test]
    fn the_first_run_that_differs_is_named() {
        let schedule = checked_schedule(&trace(|x, _| Does::Get(x, 1)));
        let difference = |trace: &Trace| first_difference(&schedule, trace).map(|d| d.to_string());
        assert_eq!(
            difference(&trace(|_, y| Does::Get(y, 1))).unwrap(),
            "the model differs from the schedule at step 4 (word 2): thread b did not do there what it did when recorded"
        );
        let mut short = trace(|x, _| Does::Get(x, 1));
        short.steps.truncate(3);
        short.schedule = "a2".parse().unwrap();
        assert_eq!(
            difference(&short).unwrap(),
            "the model differs from the schedule at step 4 (word 2): thread b was to go on, but nothing was left to do"
        );
        let mut other = trace(|x, _| Does::Get(x, 1));
        other.schedule = "a2 c a".parse().unwrap();
        assert!(difference(&other).unwrap().ends_with("thread b was to go on, thread c went"));
    }

    #[test]
    fn without_checks_only_threads_are_compared() {
        let schedule: Schedule = "a2 b a".parse().unwrap();
        assert_eq!(first_difference(&schedule, &trace(|_, y| Does::Get(y, 1))), None);
    }
}
