//! One execution: the state of all threads and objects, and the two halves of an operation.
//!
//! An operation comes in through [`perform`](super::current::perform) as
//!
//! ```text
//! arrive(operation)            is it still my turn? otherwise whose is it?  -> switch
//! commit(operation)            apply to the object, happens-before, record
//! ```
//!
//! Both run on the calling thread's own stack. As long as the strategy's last answer stands (`covered`) `arrive` is one
//! test; the rest is in [`turn`](super::turn).

use super::Settings;
use super::belongings::Belongings;
use super::carried::Carried;
use super::fiber::{Errand, FiberRef, Pool};
use super::following::Following;
use super::learning::Learning;
use super::objects::Object;
use super::output::Printing;
use super::panics;
use super::pointers::Pointers;
use super::ring::Ring;
use super::roster::Roster;
use super::slot::Epoch;
use super::statics::Statics;
use super::thread::Thread;
use super::times::Times;
use super::weak::Weak;
use crate::base::{Ending, Schedule, Strategy, ThreadId, ThreadSet};
use crate::trace::{Panic, Race};
use std::sync::atomic::{AtomicU64, Ordering};

/// How many choices a strategy may make ahead.
pub(crate) const AHEAD: usize = 64;
/// Behind the choices made ahead; no thread has this number.
pub(crate) const NOBODY: ThreadId = ThreadId(u32::MAX);

/// What a thread that has arrived at an operation has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Perform it.
    Go,
    /// Switch; perform it when the turn comes back.
    Switch,
    /// Switch, in the middle of unwinding.
    SwitchUnwinding,
    /// Never: the execution is over and it would wait for ever.
    Never,
    /// What the carrier of the execution says.
    Carried,
}

/// Where an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Running,
    TearingDown,
}

/// The state of one execution. All memory is kept for the next one.
pub(crate) struct Execution {
    /// Up to how many steps the running thread goes on before anybody is asked again.
    pub(crate) covered: usize,
    /// One if what is covered are choices made ahead, which only choices use up; otherwise zero.
    pub(crate) exempt: usize,
    /// At how many steps something besides asking the strategy is due, if all that come are choices; 0 when it is due at once.
    pub(crate) due_at: usize,
    /// How many steps have been no choices.
    pub(crate) free: usize,
    pub(crate) running: ThreadId,
    pub(crate) steps: Ring,
    pub(crate) objects: Vec<Object>,
    pub(crate) live_objects: usize,
    pub(crate) threads: Roster,
    pub(crate) live_threads: u32,
    /// Whether there are more threads than a clock has room for without an allocation.
    pub(crate) many_threads: bool,
    /// How many threads that the execution waits for have not ended.
    pub(crate) unfinished: u32,
    pub(crate) enabled: ThreadSet,
    /// Threads whose last loop iteration saw nothing new; not enabled until something changes.
    pub(crate) resting: ThreadSet,
    pub(crate) resting_since: usize,
    /// Threads that go on before anybody is asked.
    pub(crate) eager: Vec<ThreadId>,
    /// Who was chosen last, and how many choices had been made when it was not yet.
    pub(crate) chosen: ThreadId,
    pub(crate) run_began: u64,
    pub(crate) yielding: bool,
    /// The fiber whose turn it is: the running thread's; `None` when nobody goes on without the hub.
    pub(crate) next: Option<FiberRef>,
    pub(crate) errand: Option<Errand>,
    /// What something else than the model has panicked with.
    pub(crate) broken: Option<panics::Report>,
    pub(crate) pool: Pool,
    pub(crate) strategy: Option<Box<dyn Strategy>>,
    /// Whether the strategy learns or follows, and may have to be told something.
    pub(crate) heard: bool,
    pub(crate) every_point: bool,
    pub(crate) try_lock_seen: bool,
    /// Whether the release of a mutex needs no scheduling point.
    pub(crate) spares_releases: bool,
    /// Whether somebody has released a lock that another thread had taken.
    pub(crate) strange_release_seen: bool,
    /// Whether somebody has looked at a reference count that could have been another.
    pub(crate) count_seen: bool,
    /// The objects known to be met without protection, by number.
    pub(crate) exposed: Vec<bool>,
    pub(crate) settings: Settings,
    pub(crate) mode: Mode,
    pub(crate) over: Option<Ending>,
    pub(crate) schedule: Schedule,
    /// Choices that the strategy has made ahead: those from `ahead_at` on are still to be taken. With room for all that a byte can
    /// count, so that none has to be looked for beyond the end.
    pub(crate) ahead: [ThreadId; 256],
    pub(crate) ahead_at: u8,
    pub(crate) ahead_end: u8,
    pub(crate) times: Times,
    pub(crate) torn_operations: u32,
    pub(crate) last_busy: u64,
    /// How many choices had been made when something was last seen to have changed.
    pub(crate) last_change: u64,
    /// Whether a thread was kept back because it had only been looking.
    pub(crate) fairness_assumed: bool,
    /// Threads that have only looked, each for a good while, since something last changed.
    pub(crate) looked: ThreadSet,
    pub(crate) races: Vec<Race>,
    pub(crate) panics: Vec<Panic>,
    /// What the hook has been told of the last panic of a thread, until it is asked for.
    pub(crate) reports: Vec<(ThreadId, panics::Report)>,
    /// How many steps there were, and how many that were no choices, when the execution was over, before the threads were torn down.
    pub(crate) performed: usize,
    pub(crate) free_in_all: usize,
    pub(crate) notes: Vec<(u64, String)>,
    pub(crate) nested_locks: bool,
    /// Stands for the order in which each thread took nested locks.
    pub(crate) lock_order: u64,
    pub(crate) misuse: bool,
    /// Whether a lock was held when it was over.
    pub(crate) held_at_end: bool,
    /// What has been told of what stays known.
    pub(crate) told: [bool; 4],
    /// Whether a thread has begun a round of an endless loop.
    pub(crate) rounds_begun: bool,
    pub(crate) statics: Statics,
    pub(crate) pointers: Pointers,
    pub(crate) probe: Option<super::Probe>,
    pub(crate) learning: Learning,
    pub(crate) weak: Weak,
    pub(crate) following: Following,
    pub(crate) printing: Printing,
    pub(crate) belongings: Belongings,
    /// Who runs the threads, where it is not the engine.
    pub(crate) carried: Option<Box<Carried>>,
    pub(super) epoch: Epoch,
}

impl Execution {
    pub(crate) fn new(settings: Settings) -> Self {
        Execution {
            covered: 0,
            exempt: 0,
            due_at: 0,
            free: 0,
            running: ThreadId::MAIN,
            steps: Ring::new(),
            objects: Vec::new(),
            live_objects: 0,
            threads: Roster::new(),
            live_threads: 0,
            many_threads: false,
            unfinished: 0,
            enabled: ThreadSet::new(),
            resting: ThreadSet::new(),
            resting_since: 0,
            eager: Vec::new(),
            chosen: ThreadId::MAIN,
            run_began: 0,
            yielding: false,
            next: None,
            errand: None,
            broken: None,
            pool: Pool::new(settings.stack_size),
            strategy: None,
            heard: false,
            every_point: true,
            try_lock_seen: false,
            spares_releases: false,
            strange_release_seen: false,
            count_seen: false,
            exposed: Vec::new(),
            settings,
            mode: Mode::Running,
            over: None,
            schedule: Schedule::new(),
            ahead: [NOBODY; 256],
            ahead_at: 0,
            ahead_end: 0,
            times: Times::default(),
            torn_operations: 0,
            last_busy: 0,
            last_change: 0,
            fairness_assumed: false,
            looked: ThreadSet::new(),
            races: Vec::new(),
            panics: Vec::new(),
            reports: Vec::new(),
            performed: 0,
            free_in_all: 0,
            notes: Vec::new(),
            nested_locks: false,
            lock_order: 0,
            misuse: false,
            held_at_end: false,
            told: [false; 4],
            rounds_begun: false,
            statics: Statics::default(),
            pointers: Pointers::default(),
            probe: None,
            learning: Learning::new(),
            weak: Weak::default(),
            following: Following::default(),
            printing: Printing::default(),
            belongings: Belongings::default(),
            carried: None,
            epoch: Epoch::NONE,
        }
    }

    /// Forgets the last execution, keeping its memory.
    pub(crate) fn reset(&mut self) {
        // Every execution of every exploration in the process has a number of its own, so that a stale slot is known.
        static EPOCHS: AtomicU64 = AtomicU64::new(1);
        self.epoch = Epoch::new(EPOCHS.fetch_add(1, Ordering::Relaxed));
        self.running = ThreadId::MAIN;
        self.free = 0;
        self.steps.clear();
        self.pointers.clear();
        self.live_objects = 0;
        self.live_threads = 0;
        self.many_threads = false;
        self.unfinished = 0;
        self.enabled.clear();
        self.resting.clear();
        self.eager.clear();
        self.chosen = ThreadId::MAIN;
        self.yielding = false;
        self.next = None;
        self.mode = Mode::Running;
        self.over = None;
        self.schedule.clear();
        self.run_began = 0;
        self.ask_again();
        self.times.reset();
        self.errand = None;
        self.torn_operations = 0;
        self.last_busy = 0;
        self.last_change = 0;
        self.fairness_assumed = false;
        self.looked.clear();
        self.races.clear();
        self.panics.clear();
        self.reports.clear();
        self.notes.clear();
        self.nested_locks = false;
        self.lock_order = 0;
        self.misuse = false;
        self.held_at_end = false;
        self.rounds_begun = false;
        self.probe = None;
        self.printing.reset();
    }

    #[inline(always)]
    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    #[inline(always)]
    pub(crate) fn thread_mut(&mut self, thread: ThreadId) -> &mut Thread {
        &mut self.threads[thread.index()]
    }

    #[inline(always)]
    pub(crate) fn running_mut(&mut self) -> &mut Thread {
        &mut self.threads[self.running.index()]
    }

    /// The number of the step being performed, counted from 1, as clocks have it.
    #[inline(always)]
    pub(crate) fn offset(&self) -> u32 {
        self.steps.len() as u32 + 1
    }

    /// How many choices have been made.
    #[inline(always)]
    pub(crate) fn position(&self) -> u64 {
        (self.steps.len() - self.free) as u64
    }

    /// Something is due when so many choices have been made, or as many as there may be.
    #[inline(always)]
    pub(crate) fn set_due(&mut self, position: u64) {
        // An execution comes nowhere near the greatest numbers.
        self.due_at = self.free + position.min(self.settings.steps).min(1 << 48) as usize;
    }

    /// Whatever the strategy has answered stands no longer: who can go on has changed, or somebody yields.
    #[inline(always)]
    pub(crate) fn ask_again(&mut self) {
        self.covered = 0;
        self.ahead_at = 0;
        self.ahead_end = 0;
    }
}
