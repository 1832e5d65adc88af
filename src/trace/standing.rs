//! Where each unfinished thread stands at the end of a trace: ready, waiting for a lock, asleep.

use super::names::{Names, listed};
use super::state::State;
use super::{ThreadRecord, ThreadStatus, Trace};
use crate::base::{
    Action, BarrierAction, ChannelAction, CondvarAction, Ending, EventAction, MutexAction, ObjectId,
    ObjectKind, OnceAction, Operation, PipeAction, QueueAction, RendezvousAction, RwLockAction,
    SemaphoreAction, StreamAction, ThreadAction, ThreadId,
};

/// A thread that has not ended, and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub thread: ThreadId,
    /// Where.
    pub place: Place,
}

/// What a thread waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing: it could go on with this.
    Ready(Operation),
    /// A lock, held by these.
    Lock {
        /// The lock.
        lock: ObjectId,
        /// Who holds it.
        holders: Vec<Holder>,
        /// Whether it has been woken from a condition wait and only lacks the lock.
        woken: bool,
    },
    /// A permit of a semaphore, all of which are taken.
    Permit {
        /// The semaphore.
        semaphore: ObjectId,
        /// How many permits it had in the beginning.
        of: u32,
        /// Who has taken them; nobody where those who take permits are not those who give them back.
        holders: Vec<Holder>,
    },
    /// Others at a barrier.
    Company {
        /// The barrier.
        barrier: ObjectId,
        /// How many have come.
        come: u32,
        /// How many have to come.
        parties: u32,
    },
    /// To be notified.
    Asleep {
        /// The condition variable.
        condvar: ObjectId,
        /// Offset of the step with which it fell asleep, if the trace still has it.
        since: Option<u64>,
    },
    /// The end of a thread.
    Join(ThreadId),
    /// Somebody who is initializing something.
    Initializer(ObjectId, ThreadId),
    /// Something that no particular thread must do: an item, a message, room, a flag, a token, others at a barrier.
    Something(Operation),
}

/// Somebody who holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub thread: ThreadId,
    /// Offset of the step that took it, if the trace still has it.
    pub since: Option<u64>,
}

/// Where all unfinished threads of `trace` stand, in the order of their numbers.
pub fn standings(trace: &Trace) -> Vec<Standing> {
    let mut state = State::new();
    trace.numbered().for_each(|(offset, step)| drop(state.apply(offset, step)));
    let threads = trace.threads.iter().zip(0..);
    let standing = threads.filter_map(|(record, index)| {
        let thread = ThreadId(index);
        let place = match record.status {
            // At a deadlock nobody could go on, whatever was thought when the last step was made.
            ThreadStatus::Enabled(operation, _)
                if !matches!(trace.ending, Ending::Deadlocked | Ending::Endless) =>
            {
                Place::Ready(operation)
            }
            ThreadStatus::Enabled(operation, _) => blocked(trace, &state, thread, operation),
            ThreadStatus::Blocked(operation, _) => blocked(trace, &state, thread, operation),
            ThreadStatus::Finished | ThreadStatus::Killed | ThreadStatus::Panicked { .. } => return None,
        };
        Some(Standing { thread, place })
    });
    standing.collect()
}

impl Standing {
    /// Whom it waits for by name: the holders of its lock, the thread that it joins.
    pub fn waits_for(&self) -> Vec<ThreadId> {
        match &self.place {
            Place::Lock { holders, .. } => holders.iter().map(|h| h.thread).collect(),
            Place::Join(thread) | Place::Initializer(_, thread) => vec![*thread],
            // Any of them could give one back: itself only where there is nobody else.
            Place::Permit { holders, .. } => {
                let others = holders.iter().map(|h| h.thread).filter(|t| *t != self.thread);
                let others: Vec<ThreadId> = others.collect();
                if others.is_empty() { holders.iter().map(|h| h.thread).take(1).collect() } else { others }
            }
            Place::Ready(_) | Place::Asleep { .. } | Place::Company { .. } | Place::Something(_) => {
                Vec::new()
            }
        }
    }

    /// The lock that it waits for.
    pub fn lock(&self) -> Option<ObjectId> {
        match self.place {
            Place::Lock { lock, .. } => Some(lock),
            _ => None,
        }
    }

    /// The same in words, a predicate without its subject: "waits for `b`, held by `main` since step 4".
    pub fn describe(&self, names: &Names) -> String {
        let object = |o| format!("`{}`", names.object(o));
        match &self.place {
            Place::Ready(_) => "could go on".into(),
            Place::Lock { lock, holders, woken } => {
                let holders = holders.iter().map(|h| self.holder(h, names)).collect::<Vec<_>>();
                let held = if holders.is_empty() {
                    String::new()
                } else {
                    format!(", held by {}", holders.join(" and "))
                };
                let woken = if *woken { "was notified, but " } else { "" };
                format!("{woken}waits for {}{held}", object(*lock))
            }
            Place::Permit { semaphore, holders, .. } if holders.is_empty() => {
                format!("waits for a permit of {}, and there is none", object(*semaphore))
            }
            Place::Permit { semaphore, of, holders } => {
                let taken = holders.len();
                let holders = listed(holders.iter().map(|h| self.holder(h, names)));
                format!("waits for a permit of {}, {taken} of {of} taken: by {holders}", object(*semaphore))
            }
            Place::Company { barrier, come, parties } => {
                format!("waits for others to come to {}, {come} of {parties} have", object(*barrier))
            }
            Place::Asleep { condvar, .. } => format!("sleeps on {}", object(*condvar)),
            Place::Join(thread) => format!("waits for `{}` to end", names.thread(*thread)),
            Place::Initializer(once, by) => {
                format!("waits until `{}` has initialized {}", names.thread(*by), object(*once))
            }
            Place::Something(operation) => something(operation, names),
        }
    }

    fn holder(&self, holder: &Holder, names: &Names) -> String {
        let who = match holder.thread == self.thread {
            true => "itself".to_string(),
            false => format!("`{}`", names.thread(holder.thread)),
        };
        match holder.since {
            Some(since) => format!("{who} since step {}", since + 1),
            None => who,
        }
    }
}

fn something(operation: &Operation, names: &Names) -> String {
    let object = format!("`{}`", names.object(operation.object));
    match operation.action {
        Action::Barrier(BarrierAction::Pass { .. }) => format!("waits for others to come to {object}"),
        Action::Channel(ChannelAction::Receive { .. }) => format!("waits for a message on {object}"),
        Action::Channel(ChannelAction::AwaitTaken { .. }) => {
            format!("waits for its message on {object} to be taken")
        }
        Action::Channel(_) => format!("waits for room in {object}"),
        Action::Event(EventAction::Wait { .. }) => format!("waits for {object} to be set"),
        Action::Once(OnceAction::Wait) => format!("waits for {object} to be initialized"),
        Action::Queue(QueueAction::Put { .. }) => format!("waits for room in {object}"),
        Action::Queue(QueueAction::Get { .. }) => format!("waits for an item in {object}"),
        Action::Queue(QueueAction::Join) => format!("waits for all items of {object} to be done"),
        Action::Rendezvous(_) => format!("waits until the last to come to {object} has acted"),
        Action::Pipe(PipeAction::Send) => format!("waits for room in {object}"),
        Action::Pipe(PipeAction::ReceiveRest) => format!("waits for the rest of a message from {object}"),
        Action::Pipe(_) => format!("waits for something to come from {object}"),
        Action::Port(_) => format!("waits for a connection at {object}"),
        Action::Stream(StreamAction::Send { .. }) => format!("waits for room on {object}"),
        Action::Stream(_) => format!("waits for bytes on {object}"),
        Action::Thread(ThreadAction::Park { .. }) => "is parked".into(),
        Action::Thread(ThreadAction::Sleep(_)) => "sleeps".into(),
        Action::Thread(ThreadAction::GoOn) => "goes round for ever".into(),
        _ => "cannot go on".into(),
    }
}

/// What a thread waits for that cannot perform `operation` in `state`.
pub(crate) fn blocked(trace: &Trace, state: &State, thread: ThreadId, operation: Operation) -> Place {
    let lock = |lock: ObjectId, woken| Place::Lock { lock, holders: holders(trace, state, lock), woken };
    match operation.action {
        Action::Mutex(MutexAction::Lock { .. })
        | Action::RwLock(RwLockAction::Read | RwLockAction::Write)
        | Action::Value(_) => lock(operation.object, false),
        Action::Condvar(CondvarAction::Reacquire { mutex }) => match state.sleeper(thread) {
            Some(sleeper) if sleeper.notified.is_some() => lock(mutex, true),
            sleeper => Place::Asleep { condvar: operation.object, since: sleeper.map(|s| s.since) },
        },
        Action::Semaphore(SemaphoreAction::Acquire { .. }) => permit(trace, state, operation),
        Action::Rendezvous(RendezvousAction::Pass { .. }) => company(trace, operation),
        Action::Thread(ThreadAction::Join { thread, .. }) => Place::Join(thread),
        Action::Once(OnceAction::Begin { .. } | OnceAction::Set) => match state.initializer(operation.object)
        {
            Some(by) => Place::Initializer(operation.object, by),
            None => Place::Something(operation),
        },
        _ => Place::Something(operation),
    }
}

fn permit(trace: &Trace, state: &State, operation: Operation) -> Place {
    let semaphore = operation.object;
    let of = match trace.objects.get(semaphore.index()).map(|object| object.kind) {
        Some(ObjectKind::Semaphore { permits }) => permits,
        _ => return Place::Something(operation),
    };
    let taken = state.permits(semaphore).map(|p| Holder { thread: p.thread, since: Some(p.since) });
    // One that had none to begin with counts something else than who is inside.
    let holders = if of > 0 { taken.collect() } else { Vec::new() };
    Place::Permit { semaphore, of, holders }
}

fn company(trace: &Trace, operation: Operation) -> Place {
    let barrier = operation.object;
    let waits = |record: &&ThreadRecord| {
        record.status.pending().is_some_and(|pending| {
            pending.object == barrier
                && matches!(pending.action, Action::Rendezvous(RendezvousAction::Pass { .. }))
        })
    };
    let come = trace.threads.iter().filter(waits).count() as u32;
    match trace.objects.get(barrier.index()).map(|object| object.kind) {
        Some(ObjectKind::Rendezvous { parties }) => Place::Company { barrier, come, parties },
        _ => Place::Something(operation),
    }
}

/// Who holds `lock`: as the steps tell, or, where those that took it are not kept, as the engine knew.
fn holders(trace: &Trace, state: &State, lock: ObjectId) -> Vec<Holder> {
    let told: Vec<Holder> =
        state.holders(lock).map(|hold| Holder { thread: hold.thread, since: Some(hold.since) }).collect();
    if !told.is_empty() {
        return told;
    }
    let known = trace.objects.get(lock.index()).and_then(|o| o.holder);
    known.map(|thread| Holder { thread, since: None }).into_iter().collect()
}
