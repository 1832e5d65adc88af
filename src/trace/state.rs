//! What the steps of a trace tell of locks, sleepers and threads at any point, without running anything.
//!
//! The engine knows more while it runs, but a trace must explain itself: it is read long after its execution is gone.
//! Of a trace whose first steps were dropped, the state is what the rest tells.

use crate::base::object::Channel;
use crate::base::{
    Action, BarrierAction, ChannelAction, CondvarAction, EventAction, MutexAction, ObjectId, OnceAction,
    Operation, Outcome, PortAction, QueueAction, RwLockAction, SemaphoreAction, Step, ThreadAction, ThreadId,
};
use std::collections::{BTreeMap, BTreeSet};

/// A lock held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The lock.
    pub lock: ObjectId,
    /// Who holds it.
    pub thread: ThreadId,
    /// Offset of the step that took it.
    pub since: u64,
    /// Whether others may hold it too (a reader).
    pub shared: bool,
}

/// A thread that waits on a condition variable and has not yet gone on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sleeper {
    /// Who.
    pub thread: ThreadId,
    /// On what.
    pub condvar: ObjectId,
    /// The mutex that it released.
    pub mutex: ObjectId,
    /// Offset of the step with which it fell asleep.
    pub since: u64,
    /// Offset of the step that notified it.
    pub notified: Option<u64>,
}

/// The state of locks, sleepers and threads after some steps.
#[derive(Clone, Debug, Default)]
pub struct State {
    holds: Vec<Hold>,
    // Invariant: in the order in which they fell asleep.
    sleepers: Vec<Sleeper>,
    ended: BTreeMap<ThreadId, bool>,
    objects: BTreeMap<ObjectId, Counter>,
    tokens: Vec<ThreadId>,
    // Invariant: in the order in which they were taken.
    permits: Vec<Hold>,
}

/// What is counted of an object that is neither a lock nor a condition variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counter {
    // Items in a queue or channel; generations of a barrier completed.
    count: i64,
    // An event that is up, an initialization that is complete, a channel whose other end is gone, a queue shut down.
    flag: bool,
    // What the senders had that are gone.
    dropped: u64,
    // Who initializes.
    busy: Option<ThreadId>,
    unfinished: i64,
    // Of a semaphore: somebody has given back what he had not taken.
    signals: bool,
}

impl State {
    /// The state before the first step.
    pub fn new() -> Self {
        State::default()
    }

    /// Goes one step further; gives the threads that it notified.
    pub fn apply(&mut self, offset: u64, step: &Step) -> Vec<ThreadId> {
        let done = !matches!(step.outcome, Outcome::Refused | Outcome::TimedOut | Outcome::Disconnected);
        let object = step.operation.object;
        match step.operation.action {
            Action::Mutex(action) if done => self.mutex(offset, step.thread, object, action),
            Action::RwLock(action) if done => self.rwlock(offset, step.thread, object, action),
            Action::Semaphore(action) if done => self.semaphore(offset, step.thread, object, action),
            Action::Condvar(action) if step.outcome != Outcome::Disconnected => {
                return self.condvar(offset, step, action);
            }
            Action::Thread(action) if done => self.thread(step.thread, action),
            _ if done => self.count(step),
            Action::Channel(_) => self.objects.entry(object).or_default().flag = true,
            _ => {}
        }
        Vec::new()
    }

    /// All locks held, in the order in which they were taken.
    pub fn holds(&self) -> &[Hold] {
        &self.holds
    }

    /// Who holds `lock`.
    pub fn holders(&self, lock: ObjectId) -> impl Iterator<Item = &Hold> + '_ {
        self.holds.iter().filter(move |hold| hold.lock == lock)
    }

    /// The permits of a semaphore that are taken, in the order in which they were, where whoever takes one gives it back;
    /// none where others do, for then it counts something else.
    pub fn permits(&self, semaphore: ObjectId) -> impl Iterator<Item = &Hold> + '_ {
        let signals = self.objects.get(&semaphore).is_some_and(|counter| counter.signals);
        self.permits.iter().filter(move |permit| permit.lock == semaphore && !signals)
    }

    /// Whether all senders of a channel are gone, as far as its trace tells: of one made outside it does not.
    pub fn has_no_sender(&self, channel: ObjectId) -> bool {
        self.objects.get(&channel).is_some_and(|counter| counter.dropped == Channel::WHOLE)
    }

    /// What `thread` holds.
    pub fn held_by(&self, thread: ThreadId) -> impl Iterator<Item = &Hold> + '_ {
        self.holds.iter().filter(move |hold| hold.thread == thread)
    }

    /// The wait in which `thread` is, notified or not.
    pub fn sleeper(&self, thread: ThreadId) -> Option<&Sleeper> {
        self.sleepers.iter().find(|s| s.thread == thread)
    }

    /// Whether `thread` has ended, and if so whether by a panic.
    pub fn ended(&self, thread: ThreadId) -> Option<bool> {
        self.ended.get(&thread).copied()
    }

    /// Who is initializing `once`.
    pub fn initializer(&self, once: ObjectId) -> Option<ThreadId> {
        self.objects.get(&once).and_then(|c| c.busy)
    }

    /// Whether it is the same but for when all that came about.
    pub fn is_like(&self, other: &State) -> bool {
        let holds = |state: &State| {
            let mut holds: Vec<_> = state.holds.iter().map(|h| (h.lock, h.thread, h.shared)).collect();
            holds.sort_unstable();
            holds
        };
        let sleepers = |state: &State| -> Vec<_> {
            let sleeper = |s: &Sleeper| (s.thread, s.condvar, s.mutex, s.notified.is_some());
            state.sleepers.iter().map(sleeper).collect()
        };
        // Of items that nobody says are done, how many there are makes no difference: there are some.
        let counters = |state: &State| -> Vec<_> {
            let bounded = |c: &Counter| Counter { unfinished: c.unfinished.signum(), ..*c };
            let all = state.objects.iter().map(|(object, counter)| (*object, bounded(counter)));
            all.filter(|(_, counter)| *counter != Counter::default()).collect()
        };
        let tokens = |state: &State| BTreeSet::from_iter(state.tokens.iter().copied());
        holds(self) == holds(other)
            && sleepers(self) == sleepers(other)
            && self.ended == other.ended
            && counters(self) == counters(other)
            && tokens(self) == tokens(other)
    }

    /// Whether `thread` could perform `operation` now; `None` when the steps do not tell.
    ///
    /// A thread that sleeps, or waits with a time-out, is not ready until what it waits for has come.
    pub fn ready(&self, thread: ThreadId, operation: &Operation) -> Option<bool> {
        let object = operation.object;
        let free = |lock| self.holders(lock).next().is_none();
        let counter = self.objects.get(&object).copied().unwrap_or_default();
        match operation.action {
            Action::Mutex(MutexAction::Lock { .. }) => Some(free(object)),
            Action::Value(_) => Some(self.holders(object).all(|hold| hold.thread == thread)),
            Action::Pipe(action) => (!action.may_block()).then_some(true),
            Action::Port(action) => (!matches!(action, PortAction::Accept { .. })).then_some(true),
            Action::Stream(action) => (!action.may_block()).then_some(true),
            Action::RwLock(RwLockAction::Write) => Some(free(object)),
            Action::RwLock(RwLockAction::Read) => Some(self.holders(object).all(|hold| hold.shared)),
            Action::Condvar(CondvarAction::Reacquire { mutex }) => {
                Some(free(mutex) && self.sleeper(thread).is_some_and(|s| s.notified.is_some()))
            }
            Action::Condvar(CondvarAction::Wake { .. }) => {
                Some(self.sleeper(thread).is_some_and(|s| s.notified.is_some()))
            }
            Action::Barrier(BarrierAction::Pass { generation }) => {
                Some(counter.count > i64::from(generation))
            }
            Action::Once(OnceAction::Begin { .. } | OnceAction::Set) => Some(counter.busy.is_none()),
            Action::Once(OnceAction::Wait) => Some(counter.flag),
            Action::Channel(ChannelAction::Receive { .. }) => Some(counter.count > 0 || counter.flag),
            Action::Channel(ChannelAction::Send | ChannelAction::AwaitTaken { .. }) => {
                counter.flag.then_some(true)
            }
            Action::Event(EventAction::Wait { .. }) => Some(counter.flag),
            Action::Queue(QueueAction::Get { timeout }) => {
                Some(timeout == 0 || counter.count > 0 || counter.flag)
            }
            Action::Queue(QueueAction::Put { timeout }) => (timeout == 0 || counter.flag).then_some(true),
            Action::Semaphore(SemaphoreAction::Acquire { timeout }) => (timeout == 0).then_some(true),
            Action::Rendezvous(_) => None,
            Action::Queue(QueueAction::Join) => Some(counter.unfinished <= 0),
            Action::Thread(ThreadAction::Join { thread, .. }) => Some(self.ended.contains_key(&thread)),
            Action::Thread(ThreadAction::Park { .. }) => Some(self.tokens.contains(&thread)),
            Action::Thread(
                ThreadAction::Sleep(_) | ThreadAction::Yield | ThreadAction::Spin | ThreadAction::GoOn,
            ) => Some(false),
            _ => Some(true),
        }
    }

    fn take(&mut self, lock: ObjectId, thread: ThreadId, since: u64, shared: bool) {
        self.holds.push(Hold { lock, thread, since, shared });
    }

    fn mutex(&mut self, offset: u64, thread: ThreadId, lock: ObjectId, action: MutexAction) {
        match action {
            MutexAction::Lock { .. } | MutexAction::TryLock => self.take(lock, thread, offset, false),
            MutexAction::Unlock { .. } | MutexAction::Release => self.holds.retain(|hold| hold.lock != lock),
            MutexAction::IsLocked | MutexAction::IsPoisoned | MutexAction::ClearPoison => {}
        }
    }

    fn rwlock(&mut self, offset: u64, thread: ThreadId, lock: ObjectId, action: RwLockAction) {
        match action {
            RwLockAction::Read | RwLockAction::TryRead => self.take(lock, thread, offset, true),
            RwLockAction::Write | RwLockAction::TryWrite => self.take(lock, thread, offset, false),
            RwLockAction::UnlockWrite { .. } => self.holds.retain(|hold| hold.lock != lock),
            RwLockAction::UnlockRead => {
                // A guard may be dropped by another thread than the one that took it only where it is not `Send`'s
                // business; then any reader's hold will do.
                let own = |hold: &Hold| hold.lock == lock && hold.thread == thread;
                let any = |hold: &Hold| hold.lock == lock;
                let at = self.holds.iter().rposition(own).or_else(|| self.holds.iter().rposition(any));
                at.map(|at| self.holds.remove(at));
            }
            RwLockAction::Downgrade => {
                self.holds.iter_mut().filter(|hold| hold.lock == lock).for_each(|hold| hold.shared = true);
            }
            RwLockAction::IsPoisoned | RwLockAction::ClearPoison => {}
        }
    }

    fn semaphore(&mut self, offset: u64, thread: ThreadId, semaphore: ObjectId, action: SemaphoreAction) {
        match action {
            SemaphoreAction::Acquire { .. } => {
                self.permits.push(Hold { lock: semaphore, thread, since: offset, shared: true })
            }
            SemaphoreAction::Release { count } => {
                for _ in 0..count {
                    let own = |permit: &Hold| permit.lock == semaphore && permit.thread == thread;
                    match self.permits.iter().rposition(own) {
                        Some(at) => drop(self.permits.remove(at)),
                        None => {
                            self.objects.entry(semaphore).or_default().signals = true;
                            break;
                        }
                    }
                }
            }
        }
    }

    fn condvar(&mut self, offset: u64, step: &Step, action: CondvarAction) -> Vec<ThreadId> {
        let condvar = step.operation.object;
        match action {
            CondvarAction::Wait { mutex, .. } if step.outcome != Outcome::Refused => {
                self.holds.retain(|hold| hold.lock != mutex);
                let thread = step.thread;
                self.sleepers.push(Sleeper { thread, condvar, mutex, since: offset, notified: None });
                Vec::new()
            }
            CondvarAction::Reacquire { mutex } => {
                self.sleepers.retain(|s| s.thread != step.thread);
                self.take(mutex, step.thread, offset, false);
                Vec::new()
            }
            CondvarAction::Wake { stays: true, .. } if step.outcome == Outcome::TimedOut => Vec::new(),
            CondvarAction::Wake { .. } | CondvarAction::Leave => {
                self.sleepers.retain(|s| s.thread != step.thread);
                Vec::new()
            }
            CondvarAction::NotifyOne => self.notify(offset, condvar, step.choice as usize, 1),
            CondvarAction::NotifyFirst(count) => self.notify(offset, condvar, 0, count as usize),
            CondvarAction::NotifyAll => self.notify(offset, condvar, 0, usize::MAX),
            CondvarAction::Wait { .. } => Vec::new(),
        }
    }

    /// Notifies up to `count` of those asleep on `condvar`, from the one numbered `first` in the order of coming.
    fn notify(&mut self, offset: u64, condvar: ObjectId, first: usize, count: usize) -> Vec<ThreadId> {
        let asleep = self.sleepers.iter_mut().filter(|s| s.condvar == condvar && s.notified.is_none());
        let woken = asleep.skip(first).take(count).map(|s| {
            s.notified = Some(offset);
            s.thread
        });
        woken.collect()
    }

    fn thread(&mut self, me: ThreadId, action: ThreadAction) {
        match action {
            ThreadAction::Exit { panicked } => drop(self.ended.insert(me, panicked)),
            ThreadAction::Unpark(thread) if !self.tokens.contains(&thread) => self.tokens.push(thread),
            ThreadAction::Park { .. } => self.tokens.retain(|t| *t != me),
            _ => {}
        }
    }

    fn count(&mut self, step: &Step) {
        let counter = self.objects.entry(step.operation.object).or_default();
        match step.operation.action {
            Action::Barrier(BarrierAction::Arrive) => {
                counter.count += i64::from(step.outcome == Outcome::Chosen)
            }
            Action::Once(OnceAction::Begin { .. }) if step.outcome == Outcome::Chosen => {
                counter.busy = Some(step.thread);
            }
            Action::Once(OnceAction::Complete { poison }) => (counter.busy, counter.flag) = (None, !poison),
            Action::Once(OnceAction::Set) => counter.flag = true,
            Action::Once(OnceAction::Reset) => *counter = Counter::default(),
            Action::Event(EventAction::Set) => counter.flag = true,
            Action::Event(EventAction::Clear) => counter.flag = false,
            Action::Queue(QueueAction::Put { .. }) => {
                counter.count += 1;
                counter.unfinished += 1;
            }
            Action::Queue(QueueAction::Get { .. }) => counter.count -= 1,
            Action::Queue(QueueAction::TaskDone) => counter.unfinished -= 1,
            Action::Queue(QueueAction::ShutDown { immediate }) => {
                counter.flag = true;
                if immediate {
                    counter.unfinished -= counter.count;
                    counter.count = 0;
                }
            }
            Action::Channel(ChannelAction::Send | ChannelAction::TrySend) => counter.count += 1,
            Action::Channel(ChannelAction::Receive { .. } | ChannelAction::TryReceive) => counter.count -= 1,
            Action::Channel(ChannelAction::DropSender { share }) => {
                counter.dropped = counter.dropped.wrapping_add(share);
                counter.flag |= counter.dropped == Channel::WHOLE;
            }
            Action::Channel(ChannelAction::DropReceiver) => counter.flag = true,
            _ => {}
        }
    }
}
