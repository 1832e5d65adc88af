//! Threads of the operating system, which decides whose turn it is: what a model does when it is just run, many times.
//!
//! One thread runs at a time: whoever has the baton. It gives the baton away before each operation, so that the threads'
//! operations come in whatever order the machine makes of it, and no two race for real. Now and then it waits a little, as
//! drawn from the seed, since threads that run a few microseconds each would hardly ever meet.

use super::{Plan, course, locked};
use crate::base::{Error, ObjectId, Outcome, ThreadId};
use crate::engine::carried::{Carrier, Meeting, Stage};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How many executions there are at most, unless there are to be fewer: each starts real threads.
const MOST: u64 = 2_000;

/// What a thread of the operating system needs for itself.
const LEAST_STACK: usize = 128 * 1024;

/// What the threads of an execution share.
struct Table {
    state: Mutex<State>,
    /// Somebody has given the baton away.
    free: Condvar,
}

struct State {
    taken: bool,
    /// The threads that were woken since they last rested.
    woken: Vec<bool>,
    handles: Vec<Option<JoinHandle<()>>>,
    random: Xoshiro256PlusPlus,
}

/// Carries executions on threads of the operating system.
struct Threads {
    table: Arc<Table>,
    stack: usize,
}

impl Table {
    fn take(&self) {
        let mut state = locked(&self.state);
        while state.taken {
            state = self.free.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.taken = true;
    }

    fn give(&self) {
        locked(&self.state).taken = false;
        self.free.notify_all();
    }

    /// Whether `thread` was woken; from now on it was not.
    fn was_woken(state: &mut State, thread: ThreadId) -> bool {
        state.woken.get_mut(thread.index()).is_some_and(std::mem::take)
    }
}

impl Carrier for Threads {
    fn meet(&self, _me: ThreadId, meeting: &Meeting<'_>) -> Option<Outcome> {
        course::beat();
        if meeting.unwinding {
            return None;
        }
        let drawn = locked(&self.table.state).random.next_u32();
        self.table.give();
        match drawn % 16 {
            0 => std::thread::sleep(Duration::from_micros(u64::from(drawn >> 8) % 100)),
            1..=9 => std::thread::yield_now(),
            _ => {}
        }
        self.table.take();
        None
    }

    fn pause(&self, _me: ThreadId) {
        self.table.give();
        std::thread::yield_now();
        self.table.take();
    }

    fn retake(&self, _me: ThreadId, _mutex: ObjectId) {}

    fn rest(&self, me: ThreadId) {
        let mut state = locked(&self.table.state);
        state.taken = false;
        self.table.free.notify_all();
        while state.taken || !Table::was_woken(&mut state, me) {
            state = self.table.free.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.taken = true;
    }

    fn wake(&self, thread: ThreadId) {
        let mut state = locked(&self.table.state);
        if state.woken.len() <= thread.index() {
            state.woken.resize(thread.index() + 1, false);
        }
        state.woken[thread.index()] = true;
    }

    fn start(&self, thread: ThreadId, stage: Stage) -> Result<(), Error> {
        let (table, share) = (Arc::clone(&self.table), course::share());
        let life = move || {
            share.into_iter().for_each(course::join_in);
            table.take();
            stage.live(thread);
            table.give();
        };
        let handle = std::thread::Builder::new().stack_size(self.stack).spawn(life).map_err(|error| {
            Error::new(
                format!("no further thread could be started ({error})"),
                "on the backend std",
                "start fewer",
            )
        })?;
        let mut state = locked(&self.table.state);
        if state.handles.len() <= thread.index() {
            state.handles.resize_with(thread.index() + 1, || None);
        }
        state.handles[thread.index()] = Some(handle);
        Ok(())
    }

    fn wait_for(&self, _me: ThreadId, thread: ThreadId) -> bool {
        let mut state = locked(&self.table.state);
        let handle = state.handles.get_mut(thread.index()).and_then(Option::take);
        drop(state);
        let Some(handle) = handle else { return false };
        self.table.give();
        // It never panics: what the model panics with is caught.
        drop(handle.join());
        self.table.take();
        true
    }

    fn choose(&self, count: u32) -> Option<u32> {
        Some(locked(&self.table.state).random.next_u32() % count)
    }

    fn refuses_choices(&self) -> Option<Error> {
        None
    }

    fn settle(&self) {}

    fn let_go(&self) {}

    fn strand(&self, why: &str) -> ! {
        course::strand(why)
    }
}

/// Runs a model again and again on real threads.
pub(super) fn run(model: &Arc<dyn Fn() + Send + Sync>, seed: u64, plan: &Plan) {
    debug_assert!(matches!(plan, Plan::Usual | Plan::Random), "refused before");
    course::describe("threads of the operating system".to_owned());
    let most = course::executions().min(MOST);
    let state = State {
        taken: true,
        woken: Vec::new(),
        handles: Vec::new(),
        random: Xoshiro256PlusPlus::seed_from_u64(seed),
    };
    let table = Arc::new(Table { state: Mutex::new(state), free: Condvar::new() });
    let carrier = Rc::new(Threads { table, stack: course::stack_size().max(LEAST_STACK) });
    for _ in 0..most {
        if !course::goes_on() {
            return;
        }
        course::execute(&**model, Rc::clone(&carrier) as Rc<dyn Carrier>);
        let mut state = locked(&carrier.table.state);
        state.woken.clear();
        state.handles.clear();
    }
}
