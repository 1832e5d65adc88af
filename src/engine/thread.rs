//! A virtual thread of an execution, apart from its stack.

use super::fiber::{FiberRef, Packet};
use super::knowledge::Knowledge;
use super::polling::Rounds;
use crate::base::{Action, ObjectId, Operation, ThreadAction, ThreadId, ThreadSet, VectorClock};
use std::any::Any;
use std::panic::Location;
use std::rc::Rc;

/// Whether a thread still runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    Running,
    Finished,
    Panicked,
    /// Its process was ended by somebody. It stays where it is until all is torn down.
    Killed,
}

/// A virtual thread. All of it is reused by the thread of the same number in the next execution.
pub(crate) struct Thread {
    pub(crate) knows: Knowledge,
    /// What it is about to do; stands only while another thread runs.
    pub(crate) pending: Operation,
    pub(crate) location: &'static Location<'static>,
    /// Virtual time, in nanoseconds, when the pending operation gives up waiting.
    pub(crate) deadline: u64,
    /// Whether the objects of the pending operation have it among their watchers.
    pub(crate) watching: bool,
    pub(crate) life: Life,
    /// Which fiber carries it; `None` before it starts and after it ends.
    pub(crate) fiber: Option<FiberRef>,
    /// Threads that wait for its end.
    pub(crate) joiners: ThreadSet,
    /// The token of `park` and `unpark`.
    pub(crate) token: bool,
    pub(crate) unparked: VectorClock,
    /// How many locks it holds.
    pub(crate) held: u32,
    /// Those that it holds alone.
    pub(crate) locks: Vec<ObjectId>,
    /// Stands for the order in which it took them.
    pub(crate) lock_order: u64,
    pub(crate) name: String,
    pub(crate) parent: Option<ThreadId>,
    /// The thread with which its process began.
    pub(crate) process: ThreadId,
    pub(crate) daemon: bool,
    /// Whether what it prints comes out line by line, as a process's own output does.
    pub(crate) whole_lines: bool,
    /// Whom a question answered with "yes" has told of its end, or a join where it was killed, each with the number of that step.
    /// What other joins tell is in their clocks.
    pub(crate) end_told: Vec<(ThreadId, u32)>,
    /// Who has been told that it has not ended though it has, once for each time.
    pub(crate) end_denied: Vec<ThreadId>,
    /// Whether a join has returned its panic.
    pub(crate) delivered: bool,
    /// Nobody can ask for its result any more.
    pub(crate) detached: bool,
    /// How many spurious wakeups it has had, and weak compare-exchanges failed.
    pub(crate) spurious: u32,
    pub(crate) weak: u32,
    /// How often in a row it has found that one who has come to receive does not wait yet.
    pub(crate) refused: u32,
    /// How many shares it has taken.
    pub(crate) shares: u32,
    /// Whether it has gone round for long without seeing what is there to be seen, and reads the newest values now.
    pub(crate) catches_up: bool,
    /// How it has been going round a polling loop.
    pub(crate) rounds: Option<Rounds>,
    /// The closure to run, then its result.
    pub(crate) packet: Packet,
    /// Its thread-locals by the address of the key.
    pub(crate) locals: Vec<(usize, Rc<dyn Any>)>,
}

impl Thread {
    pub(crate) fn new() -> Self {
        Thread {
            knows: Knowledge::default(),
            pending: IDLE,
            location: Location::caller(),
            deadline: u64::MAX,
            watching: false,
            life: Life::Running,
            fiber: None,
            joiners: ThreadSet::new(),
            token: false,
            unparked: VectorClock::new(),
            held: 0,
            locks: Vec::new(),
            lock_order: 0,
            name: String::new(),
            parent: None,
            process: ThreadId::MAIN,
            daemon: false,
            whole_lines: false,
            end_told: Vec::new(),
            end_denied: Vec::new(),
            delivered: false,
            detached: false,
            spurious: 0,
            catches_up: false,
            weak: 0,
            shares: 0,
            refused: 0,
            rounds: None,
            packet: Packet::new(),
            locals: Vec::new(),
        }
    }

    /// Makes it fresh for a new execution, keeping its allocations. What it knows is set when it starts.
    pub(crate) fn reset(&mut self) {
        self.unparked.clear();
        self.pending = IDLE;
        self.deadline = u64::MAX;
        self.watching = false;
        self.life = Life::Running;
        self.fiber = None;
        self.joiners.clear();
        self.token = false;
        self.held = 0;
        self.locks.clear();
        self.lock_order = 0;
        self.name.clear();
        self.parent = None;
        self.process = ThreadId::MAIN;
        self.daemon = false;
        self.whole_lines = false;
        self.end_told.clear();
        self.end_denied.clear();
        self.delivered = false;
        self.detached = false;
        (self.spurious, self.weak, self.shares) = (0, 0, 0);
        (self.refused, self.catches_up) = (0, false);
        self.rounds = None;
        debug_assert!(self.locals.is_empty());
    }

    #[cold]
    pub(crate) fn give_name(&mut self, name: &str) {
        self.name.push_str(name);
    }

    /// It has taken a lock; what stands for the order in which it took those that it holds, if there are several.
    #[inline(always)]
    pub(crate) fn took_lock(&mut self, object: ObjectId) -> Option<u64> {
        self.lock_order = (self.lock_order ^ u64::from(object.0) ^ u64::from(self.held) << 32)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(23);
        self.held += 1;
        self.locks.push(object);
        (self.held > 1).then_some(self.lock_order)
    }

    /// It has given a lock back; whether it is the one that took it.
    #[inline(always)]
    pub(crate) fn gave_lock_back(&mut self, object: ObjectId) -> bool {
        if self.locks.last() == Some(&object) {
            self.gave_last_lock_back();
            return true;
        }
        self.gave_other_lock_back(object)
    }

    /// It has given back the lock that it took last.
    #[inline(always)]
    pub(crate) fn gave_last_lock_back(&mut self) {
        self.held = self.held.saturating_sub(1);
        self.locks.pop();
    }

    #[cold]
    #[inline(never)]
    fn gave_other_lock_back(&mut self, object: ObjectId) -> bool {
        self.held = self.held.saturating_sub(1);
        let place = self.locks.iter().rposition(|lock| *lock == object);
        place.map(|place| self.locks.swap_remove(place)).is_some()
    }

    /// It has given a permit back; whether it is one that it holds as a lock.
    #[inline(always)]
    pub(crate) fn gave_permit_back(&mut self, object: ObjectId) -> bool {
        let place = self.locks.iter().rposition(|lock| *lock == object);
        place.map(|place| self.locks.remove(place)).is_some()
    }

    /// Whether it has panicked and no join has returned that.
    pub(crate) fn has_secret_panic(&self) -> bool {
        self.life == Life::Panicked && !self.delivered
    }

    pub(crate) fn is_over(&self) -> bool {
        self.life != Life::Running
    }
}

/// Stands for "nothing yet": a thread that has not come to its first operation.
pub(crate) const IDLE: Operation =
    Operation { object: ObjectId::NONE, action: Action::Thread(ThreadAction::Yield) };
