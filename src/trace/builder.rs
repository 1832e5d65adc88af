//! Traces written by hand, for tests: short names for steps, nothing run.

use super::state::State;
use super::{ObjectRecord, Panic, PanicKind, Race, ThreadRecord, ThreadStatus, Trace};
use crate::base::{
    Action, AtomicAction, CellAction, Choice, CondvarAction, Ending, EventAction, FOREVER, MutexAction, Name,
    ObjectId, ObjectKind, Operation, Outcome, QueueAction, SharedAction, Step, ThreadAction, ThreadId, Width,
};
use std::panic::Location;
use std::sync::atomic::Ordering;

/// The commonest steps; [`Builder::raw`] takes any.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    Spawn(ThreadId),
    End,
    Join(ThreadId),
    Lock(ObjectId),
    TryLockBusy(ObjectId),
    Unlock(ObjectId),
    Release(ObjectId),
    Wait(ObjectId, ObjectId),
    Wake(ObjectId, ObjectId),
    NotifyOne(ObjectId),
    NotifyAll(ObjectId),
    Get(ObjectId, u64),
    Set(ObjectId, u64),
    Load(ObjectId, u64),
    Store(ObjectId, u64, Ordering),
    Read(ObjectId),
    Write(ObjectId),
    Put(ObjectId),
    Take(ObjectId),
    IsEmpty(ObjectId, bool),
    SetEvent(ObjectId),
    IsSet(ObjectId, bool),
    Spin,
    /// Begins a round of an endless loop; whether the one before was fruitful.
    Round(bool),
}

/// Builds a trace step by step.
pub(crate) struct Builder {
    trace: Trace,
    state: State,
}

impl Builder {
    pub(crate) fn new() -> Self {
        let trace = Trace {
            schedule: Default::default(),
            steps: Vec::new(),
            skipped: 0,
            ending: Ending::Finished,
            threads: Vec::new(),
            objects: Vec::new(),
            races: Vec::new(),
            panics: Vec::new(),
            notes: Vec::new(),
            written: Vec::new(),
            texts: Default::default(),
        };
        let mut build = Builder { trace, state: State::new() };
        build.thread("");
        build
    }

    pub(crate) fn thread(&mut self, name: &str) -> ThreadId {
        let thread = ThreadId(self.trace.threads.len() as u32);
        let parent = (thread != ThreadId::MAIN).then_some(ThreadId::MAIN);
        let status = ThreadStatus::Finished;
        self.trace.threads.push(ThreadRecord { name: name.into(), parent, daemon: false, status });
        thread
    }

    pub(crate) fn object(&mut self, kind: ObjectKind, name: &'static str) -> ObjectId {
        self.trace.objects.push(ObjectRecord { kind, name: Name::new(name), holder: None });
        ObjectId(self.trace.objects.len() as u32 - 1)
    }

    pub(crate) fn mutex(&mut self, name: &'static str) -> ObjectId {
        self.object(ObjectKind::Mutex, name)
    }

    pub(crate) fn condvar(&mut self, name: &'static str) -> ObjectId {
        self.object(ObjectKind::Condvar, name)
    }

    pub(crate) fn shared(&mut self, name: &'static str) -> ObjectId {
        self.object(ObjectKind::Shared(Some(Width::Signed(64))), name)
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> ObjectId {
        self.object(ObjectKind::Atomic(Width::Bool), name)
    }

    pub(crate) fn step(&mut self, thread: u32, does: Does) -> &mut Self {
        let (operation, outcome) = operation(does);
        self.raw(thread, 0, operation, outcome)
    }

    #[track_caller]
    pub(crate) fn raw(
        &mut self,
        thread: u32,
        choice: u32,
        operation: Operation,
        outcome: Outcome,
    ) -> &mut Self {
        let thread = ThreadId(thread);
        let step = Step { thread, choice, operation, outcome, location: Location::caller() };
        self.state.apply(self.trace.end(), &step);
        if operation.is_point() {
            self.trace.schedule.push(Choice { thread, outcome: choice });
        }
        self.trace.steps.push(step);
        self
    }

    /// Says that a thread cannot go on from here.
    pub(crate) fn blocked(&mut self, thread: u32, does: Does) -> &mut Self {
        let status = ThreadStatus::Blocked(operation(does).0, Location::caller());
        self.trace.threads[thread as usize].status = status;
        self.trace.ending = Ending::Deadlocked;
        self
    }

    /// Says that a thread could go on from here.
    pub(crate) fn enabled(&mut self, thread: u32, does: Does) -> &mut Self {
        let status = ThreadStatus::Enabled(operation(does).0, Location::caller());
        self.trace.threads[thread as usize].status = status;
        self
    }

    pub(crate) fn ending(&mut self, ending: Ending) -> &mut Self {
        self.trace.ending = ending;
        self
    }

    pub(crate) fn panic(&mut self, thread: u32, message: &str) -> &mut Self {
        self.trace.panics.push(Panic {
            thread: ThreadId(thread),
            at: self.trace.end(),
            message: message.into(),
            location: "src/model.rs:12:9".into(),
            kind: PanicKind::Ordinary,
        });
        self.trace.threads[thread as usize].status = ThreadStatus::Panicked { delivered: false };
        if thread == 0 {
            self.trace.ending = Ending::Panicked(ThreadId::MAIN);
        }
        self
    }

    pub(crate) fn race(&mut self, object: ObjectId, first: u64, second: u64) -> &mut Self {
        self.trace.races.push(Race { object, first, second });
        self
    }

    pub(crate) fn note(&mut self, text: &str) -> &mut Self {
        self.trace.notes.push((self.trace.end() - 1, text.into()));
        self
    }

    pub(crate) fn finish(&mut self) -> Trace {
        for hold in self.state.holds() {
            self.trace.objects[hold.lock.index()].holder = Some(hold.thread);
        }
        self.trace.clone()
    }
}

fn operation(does: Does) -> (Operation, Outcome) {
    use Ordering::SeqCst;
    use Outcome::{Done, Refused, Value};
    let thread = |action| Operation::free(Action::Thread(action));
    let mutex = |m, action| Operation::new(m, Action::Mutex(action));
    let condvar = |c, action| Operation::new(c, Action::Condvar(action));
    match does {
        Does::Spawn(child) => (thread(ThreadAction::Spawn(child)), Done),
        Does::End => (thread(ThreadAction::Exit { panicked: false }), Done),
        Does::Join(child) => (thread(ThreadAction::Join { thread: child, timeout: FOREVER }), Done),
        Does::Spin => (thread(ThreadAction::Spin), Done),
        Does::Round(fruitful) => (thread(ThreadAction::Round { fruitful }), Done),
        Does::Lock(m) => (mutex(m, MutexAction::Lock { timeout: FOREVER }), Done),
        Does::TryLockBusy(m) => (mutex(m, MutexAction::TryLock), Refused),
        Does::Unlock(m) => (mutex(m, MutexAction::Unlock { poison: false }), Done),
        Does::Release(m) => (mutex(m, MutexAction::Release), Refused),
        Does::Wait(c, m) => (condvar(c, CondvarAction::Wait { mutex: m, timeout: FOREVER }), Done),
        Does::Wake(c, m) => (condvar(c, CondvarAction::Reacquire { mutex: m }), Done),
        Does::NotifyOne(c) => (condvar(c, CondvarAction::NotifyOne), Done),
        Does::NotifyAll(c) => (condvar(c, CondvarAction::NotifyAll), Done),
        Does::Get(o, v) => (Operation::new(o, Action::Shared(SharedAction::Get)), Value(v)),
        Does::Set(o, v) => (Operation::new(o, Action::Shared(SharedAction::Set(Some(v)))), Done),
        Does::Load(o, v) => (Operation::new(o, Action::Atomic(AtomicAction::Load(SeqCst))), Value(v)),
        Does::Store(o, value, ordering) => {
            (Operation::new(o, Action::Atomic(AtomicAction::Store { value, ordering })), Done)
        }
        Does::Read(o) => (Operation::new(o, Action::Cell(CellAction::Read)), Done),
        Does::Write(o) => (Operation::new(o, Action::Cell(CellAction::Write)), Done),
        Does::Put(q) => (Operation::new(q, Action::Queue(QueueAction::Put { timeout: FOREVER })), Done),
        Does::Take(q) => (Operation::new(q, Action::Queue(QueueAction::Get { timeout: FOREVER })), Done),
        Does::IsEmpty(q, yes) => {
            (Operation::new(q, Action::Queue(QueueAction::IsEmpty)), Value(u64::from(yes)))
        }
        Does::SetEvent(e) => (Operation::new(e, Action::Event(EventAction::Set)), Done),
        Does::IsSet(e, yes) => (Operation::new(e, Action::Event(EventAction::IsSet)), Value(u64::from(yes))),
    }
}
