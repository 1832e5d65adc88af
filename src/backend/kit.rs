//! Executions whose threads another crate runs one at a time, with its own atomics and locks.
//!
//! | of the model | is |
//! |---|---|
//! | atomics, fences | the crate's own |
//! | mutexes, readers-writer locks | the crate's own, each with the engine's object beside it, which has to agree |
//! | threads, joins, yields | the crate's own |
//! | all else | the engine's object, between a scheduling point of the crate's and its `park` and `unpark` |
//!
//! The guards of locks live here and not on the stacks of their holders, so that an execution which is over can let go of all.

mod rw_lock;

use super::course;
use super::natives::Variable;
use super::things::{Guard, Hold, Member, Thing};
use crate::base::{
    Action, CondvarAction, Error, FOREVER, MutexAction, ObjectId, ObjectKind, Outcome, ThreadAction,
    ThreadId, Width,
};
use crate::engine::carried::{Carrier, Meeting, Stage, text};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::Ordering;

/// The primitives of such a crate.
pub(super) trait Kit: 'static {
    const NAME: &'static str;

    type Lock: 'static;
    type Held: 'static;
    type RwLock: 'static;
    type HeldRead: 'static;
    type HeldWrite: 'static;
    type Handle: 'static;
    type Sleeper: Clone + 'static;
    /// What a scheduling point for one object is made of.
    type Key: 'static;

    fn lock() -> Self::Lock;
    fn acquire(lock: Rc<Self::Lock>) -> Self::Held;
    fn try_acquire(lock: Rc<Self::Lock>) -> Option<Self::Held>;
    fn rw_lock() -> Self::RwLock;
    fn read(lock: Rc<Self::RwLock>) -> Self::HeldRead;
    fn try_read(lock: Rc<Self::RwLock>) -> Option<Self::HeldRead>;
    fn write(lock: Rc<Self::RwLock>) -> Self::HeldWrite;
    fn try_write(lock: Rc<Self::RwLock>) -> Option<Self::HeldWrite>;
    /// An atomic, unless there is none to be had in this execution.
    fn atomic(width: Width, value: u64) -> Option<Box<dyn Variable>>;
    fn fence(ordering: Ordering);
    fn key() -> Self::Key;
    fn point(key: &Self::Key);
    fn spawn(stack: usize, life: impl FnOnce() + Send + 'static) -> Self::Handle;
    fn join(handle: Self::Handle);
    /// What the calling thread rests on.
    fn sleeper() -> Self::Sleeper;
    fn park(sleeper: &Self::Sleeper);
    fn unpark(sleeper: &Self::Sleeper);
    /// Lets others go first.
    fn pause();
    /// One of `count` values, if it can choose.
    fn choose(count: u32) -> Option<u32>;
    /// Why there cannot be so many threads.
    fn refuses_threads(count: u32) -> Option<Error>;
    /// Why there cannot be choices of the model's own.
    fn refuses_choices() -> Option<Error>;
    /// Whether a panic of its own says that there is no room for so long an execution.
    fn is_too_long(panic: &str) -> bool;
}

/// What a panic of a kit's means, which is no bug of the model's.
pub(super) fn explain<K: Kit>(payload: &dyn Any) -> String {
    let (name, panic) = (K::NAME, text(payload));
    if panic.starts_with("deadlock") {
        format!("{name} takes it for a deadlock, though a thread can go on: that is not so")
    } else if K::is_too_long(&panic) {
        format!("{name} has no room for so long an execution")
    } else {
        format!("{name} broke off")
    }
}

/// Carries executions on a kit.
pub(super) struct Carries<K: Kit> {
    stack: usize,
    things: RefCell<Vec<Thing<K>>>,
    /// What is held, by whom, and what it is held by.
    held: RefCell<Vec<(ThreadId, ObjectId, Guard<K>)>>,
    /// Guards that were given back by threads while they unwound: dropping them then would poison what they guard.
    late: RefCell<Vec<Guard<K>>>,
    threads: RefCell<Vec<Member<K>>>,
    /// The locks whose writers are becoming readers, each with what other writers wait at.
    gates: RefCell<Vec<(ObjectId, Rc<K::Lock>)>>,
    over: Cell<bool>,
}

impl<K: Kit> Carries<K> {
    pub(super) fn new(stack: usize) -> Self {
        Carries {
            stack,
            things: RefCell::default(),
            held: RefCell::default(),
            late: RefCell::default(),
            threads: RefCell::default(),
            gates: RefCell::default(),
            over: Cell::new(false),
        }
    }

    /// The kit's thing for an object, which `make` makes when the object is first met.
    fn thing(&self, object: ObjectId, make: impl FnOnce() -> Thing<K>) -> Thing<K> {
        let mut things = self.things.borrow_mut();
        if things.len() <= object.index() {
            things.resize_with(object.index() + 1, || Thing::Nothing);
        }
        if matches!(things[object.index()], Thing::Nothing) {
            things[object.index()] = make();
        }
        things[object.index()].clone()
    }

    /// A scheduling point at which an object is met.
    fn point(&self, object: ObjectId) {
        if let Thing::Key(key) = self.thing(object, || Thing::Key(Rc::new(K::key()))) {
            K::point(&key);
        }
    }

    /// A scheduling point at which a thread is met.
    fn point_at_thread(&self, thread: ThreadId) {
        let key =
            self.member(thread, |member| Rc::clone(member.key.get_or_insert_with(|| Rc::new(K::key()))));
        K::point(&key);
    }

    fn member<R>(&self, thread: ThreadId, f: impl FnOnce(&mut Member<K>) -> R) -> R {
        let mut threads = self.threads.borrow_mut();
        if threads.len() <= thread.index() {
            threads.resize_with(thread.index() + 1, Member::default);
        }
        f(&mut threads[thread.index()])
    }

    fn lock(&self, object: ObjectId) -> Rc<K::Lock> {
        match self.thing(object, || Thing::Lock(Rc::new(K::lock()))) {
            Thing::Lock(lock) => lock,
            _ => unreachable!("an object keeps its kind"),
        }
    }

    fn hold(&self, me: ThreadId, object: ObjectId, hold: Hold<K>) {
        let guard = Guard::new(hold);
        match self.over.get() {
            // Whoever waited for it while the execution came to its end has no use for it.
            true => self.give_back(guard),
            false => self.held.borrow_mut().push((me, object, guard)),
        }
    }

    fn holds(&self, me: ThreadId, object: ObjectId) -> bool {
        self.held.borrow().iter().any(|(holder, of, _)| (*holder, *of) == (me, object))
    }

    fn release(&self, me: ThreadId, object: ObjectId) {
        let mut held = self.held.borrow_mut();
        let place = held.iter().rposition(|(holder, of, _)| (*holder, *of) == (me, object));
        let hold = place.map(|place| held.swap_remove(place).2);
        drop(held);
        if let Some(hold) = hold {
            self.give_back(hold);
        }
    }

    fn give_back(&self, guard: Guard<K>) {
        match guard.would_poison() {
            true => self.late.borrow_mut().push(guard),
            false => drop(guard),
        }
    }

    fn tried(&self, me: ThreadId, object: ObjectId, hold: Option<Hold<K>>) -> Outcome {
        match hold {
            Some(hold) => {
                self.hold(me, object, hold);
                Outcome::Done
            }
            None => Outcome::Refused,
        }
    }

    fn meet_mutex(&self, me: ThreadId, object: ObjectId, action: MutexAction) -> Option<Outcome> {
        match action {
            // Who waits for himself waits for ever, which is for the engine to say.
            MutexAction::Lock { timeout: FOREVER } if self.holds(me, object) => None,
            MutexAction::Lock { timeout: FOREVER } => {
                let held = K::acquire(self.lock(object));
                self.hold(me, object, Hold::Lock(held));
                None
            }
            MutexAction::TryLock => {
                let held = K::try_acquire(self.lock(object));
                Some(self.tried(me, object, held.map(Hold::Lock)))
            }
            MutexAction::Unlock { .. } => {
                self.release(me, object);
                None
            }
            _ => None,
        }
    }

    fn meet_thread(&self, me: ThreadId, action: ThreadAction, awaited: Option<ThreadId>) {
        match action {
            ThreadAction::Join { .. } if let Some(thread) = awaited => {
                self.wait_for(me, thread);
            }
            ThreadAction::Join { thread, .. }
            | ThreadAction::IsFinished(thread)
            | ThreadAction::Unpark(thread) => {
                self.point_at_thread(thread);
            }
            ThreadAction::Kill(process) => self.point_at_thread(process),
            ThreadAction::Park { .. } => self.point_at_thread(me),
            ThreadAction::Yield | ThreadAction::Spin | ThreadAction::Sleep(_) => K::pause(),
            ThreadAction::Spawn(_)
            | ThreadAction::Exit { .. }
            | ThreadAction::Round { .. }
            | ThreadAction::GoOn => {}
        }
    }

    fn meet_unguarded(&self, me: ThreadId, meeting: &Meeting<'_>) -> Option<Outcome> {
        let object = meeting.operation.object;
        match (meeting.operation.action, meeting.kind) {
            (Action::Atomic(action), Some(ObjectKind::Atomic(width))) => {
                let make = || match K::atomic(width, meeting.value) {
                    Some(atomic) => Thing::Atomic(Rc::from(atomic)),
                    None => Thing::Nothing,
                };
                match self.thing(object, make) {
                    Thing::Atomic(atomic) => Some(atomic.perform(action)),
                    _ => None,
                }
            }
            (Action::Mutex(action), Some(ObjectKind::Mutex)) => self.meet_mutex(me, object, action),
            (Action::RwLock(action), Some(_)) => self.meet_rw_lock(me, object, action),
            (Action::Condvar(CondvarAction::Wait { mutex, .. }), _) => {
                if !meeting.unwinding {
                    self.point(object);
                }
                if meeting.second == Some(ObjectKind::Mutex) {
                    self.release(me, mutex);
                }
                None
            }
            (Action::Fence(ordering), _) => {
                K::fence(ordering);
                None
            }
            (Action::Thread(action), _) if meeting.awaited.is_some() || !meeting.unwinding => {
                self.meet_thread(me, action, meeting.awaited);
                None
            }
            (Action::Choose(_), _) => None,
            (_, Some(_)) if meeting.operation.is_point() && !meeting.unwinding => {
                self.point(object);
                None
            }
            _ => None,
        }
    }

    /// Calls the kit. What it panics with is no panic of the model's, and nothing can be done any more.
    fn guarded<R>(&self, call: impl FnOnce() -> R) -> R {
        match catch_unwind(AssertUnwindSafe(call)) {
            Ok(result) => result,
            Err(payload) => self.strand(&explain::<K>(&*payload)),
        }
    }

    /// Runs the model once, on the kit's main thread.
    pub(super) fn execute(self: &Rc<Self>, model: &dyn Fn()) {
        course::execute(model, Rc::clone(self) as Rc<dyn Carrier>);
        self.clear();
    }

    /// The execution has ended; nothing is left of it for the next one.
    fn clear(&self) {
        self.held.borrow_mut().clear();
        self.late.borrow_mut().clear();
        self.things.borrow_mut().clear();
        self.threads.borrow_mut().clear();
        self.gates.borrow_mut().clear();
        self.over.set(false);
    }
}

impl<K: Kit> Carrier for Carries<K> {
    fn meet(&self, me: ThreadId, meeting: &Meeting<'_>) -> Option<Outcome> {
        self.guarded(|| self.meet_unguarded(me, meeting))
    }

    fn pause(&self, _me: ThreadId) {
        self.guarded(K::pause);
    }

    fn retake(&self, me: ThreadId, mutex: ObjectId) {
        let held = self.guarded(|| K::acquire(self.lock(mutex)));
        self.hold(me, mutex, Hold::Lock(held));
    }

    fn rest(&self, me: ThreadId) {
        self.guarded(|| {
            let sleeper = self.member(me, |member| member.sleeper.get_or_insert_with(K::sleeper).clone());
            if !self.member(me, |member| std::mem::take(&mut member.woken)) {
                K::park(&sleeper);
                self.member(me, |member| member.woken = false);
            }
        });
    }

    fn wake(&self, thread: ThreadId) {
        let sleeper = self.member(thread, |member| {
            member.woken = true;
            member.sleeper.clone()
        });
        if let Some(sleeper) = sleeper {
            self.guarded(|| K::unpark(&sleeper));
        }
    }

    fn start(&self, thread: ThreadId, stage: Stage) -> Result<(), Error> {
        if let Some(error) = K::refuses_threads(thread.0 + 1) {
            return Err(error);
        }
        let handle = self.guarded(|| K::spawn(self.stack, move || stage.live(thread)));
        self.member(thread, |member| member.handle = Some(handle));
        Ok(())
    }

    fn wait_for(&self, _me: ThreadId, thread: ThreadId) -> bool {
        let handle = self.member(thread, |member| member.handle.take());
        let waits = handle.is_some();
        self.guarded(|| handle.into_iter().for_each(K::join));
        waits
    }

    fn choose(&self, count: u32) -> Option<u32> {
        K::choose(count)
    }

    fn refuses_choices(&self) -> Option<Error> {
        K::refuses_choices()
    }

    fn settle(&self) {
        if !std::thread::panicking() && !self.late.borrow().is_empty() {
            let late = std::mem::take(&mut *self.late.borrow_mut());
            self.guarded(|| drop(late));
        }
    }

    fn let_go(&self) {
        self.over.set(true);
        let held = std::mem::take(&mut *self.held.borrow_mut());
        held.into_iter().for_each(|(_, _, guard)| self.give_back(guard));
        self.settle();
    }

    fn strand(&self, why: &str) -> ! {
        course::strand(why)
    }
}
