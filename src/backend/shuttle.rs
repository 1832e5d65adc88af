//! shuttle: random walks, PCT and depth-first search over schedules; atomics are sequentially consistent.

use super::kit::{Carries, Kit, explain};
use super::natives::{Variable, alike, natives};
use super::things::taken;
use super::{Plan, course};
use crate::base::{AtomicAction, Choice, Error, Outcome, Rmw, ThreadId, Width};
use crate::engine::carried::{has_arrived, install_over, position};
use shuttle::future::batch_semaphore::{BatchSemaphore, Fairness};
use shuttle::rand::RngCore;
use shuttle::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, Schedule, Scheduler, Task, TaskId, UrwRandomScheduler,
};
use std::cell::{Cell, OnceCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::Ordering::{self, SeqCst};
use std::sync::{Arc, PoisonError};

/// An execution may have so many steps of shuttle's for each of ours.
const FACTOR: usize = 8;

natives!(shuttle);

thread_local! {
    /// Whether the scheduler has random numbers for the model too.
    static CHOOSES: Cell<bool> = const { Cell::new(false) };
    static CARRIES: OnceCell<Rc<Carries<Shuttle>>> = const { OnceCell::new() };
}

struct Shuttle;

impl Kit for Shuttle {
    const NAME: &'static str = "shuttle";

    alike!(shuttle);

    type Key = shuttle::sync::atomic::AtomicBool;
    // Not its `park`, which its depth-first search lets go on for no reason as often as there is room for.
    type Sleeper = Rc<BatchSemaphore>;

    fn sleeper() -> Self::Sleeper {
        Rc::new(BatchSemaphore::new(0, Fairness::Unfair))
    }

    fn park(sleeper: &Self::Sleeper) {
        // It is never closed.
        let _ = sleeper.acquire_blocking(1);
    }

    fn unpark(sleeper: &Self::Sleeper) {
        sleeper.release(1);
    }

    fn atomic(width: Width, value: u64) -> Option<Box<dyn Variable>> {
        Some(variable(width, value))
    }

    fn key() -> Self::Key {
        shuttle::sync::atomic::AtomicBool::new(false)
    }

    fn point(key: &Self::Key) {
        key.load(SeqCst);
    }

    fn spawn(stack: usize, life: impl FnOnce() + Send + 'static) -> Self::Handle {
        shuttle::thread::Builder::new().stack_size(stack).spawn(life).expect("shuttle always can")
    }

    fn choose(count: u32) -> Option<u32> {
        CHOOSES.get().then(|| (shuttle::rand::thread_rng().next_u64() % u64::from(count)) as u32)
    }

    fn refuses_threads(_count: u32) -> Option<Error> {
        None
    }

    fn refuses_choices() -> Option<Error> {
        (!CHOOSES.get()).then(|| {
            Error::new(
                "the model has a choice of its own, and shuttle's depth-first search does not try them all",
                "on the backend shuttle",
                "use the strategy random, or another backend",
            )
        })
    }

    fn is_too_long(panic: &str) -> bool {
        panic.starts_with("exceeded max_steps")
    }
}

/// Ends when the exploration does, and says when there was nothing left to try.
struct Bounded(Option<Box<dyn Scheduler + Send>>);

impl Bounded {
    fn inner(&mut self) -> &mut Box<dyn Scheduler + Send> {
        self.0.as_mut().expect("it is there until the exploration ends")
    }
}

impl Scheduler for Bounded {
    fn new_execution(&mut self) -> Option<Schedule> {
        if !course::goes_on() {
            // One that is dropped before its own end takes that for a failure, and writes about it to the standard error.
            std::mem::forget(self.0.take());
            return None;
        }
        let next = self.inner().new_execution();
        if next.is_none() {
            course::note_exhausted();
        }
        next
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        self.inner().next_task(runnable, current, yields)
    }

    fn next_u64(&mut self) -> u64 {
        self.inner().next_u64()
    }
}

/// Follows a schedule of ours, once. Whoever is not about to do what is a choice of ours goes first, as nothing depends on it.
struct Follow {
    choices: Vec<Choice>,
    begun: bool,
}

impl Follow {
    /// The choice of the schedule so many before the one at which the execution has come, if it goes as far.
    fn choice(&self, before: u64) -> Option<&Choice> {
        self.choices.get(position().unwrap_or(0).saturating_sub(before) as usize)
    }
}

impl Scheduler for Follow {
    fn new_execution(&mut self) -> Option<Schedule> {
        (!std::mem::replace(&mut self.begun, true)).then(|| Schedule::new(0))
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, _yields: bool) -> Option<TaskId> {
        let number = |task: &Task| usize::from(task.id());
        let on_the_way = runnable.iter().find(|task| !has_arrived(ThreadId(number(task) as u32)));
        let choice = self.choice(0);
        let named = || {
            runnable.iter().find(|task| choice.is_some_and(|choice| choice.thread.index() == number(task)))
        };
        let current = || runnable.iter().find(|task| Some(task.id()) == current);
        on_the_way.or_else(named).or_else(current).or(runnable.first()).map(|task| task.id())
    }

    fn next_u64(&mut self) -> u64 {
        // Asked for the choice under way, whose outcome it is.
        self.choice(1).map_or(0, |choice| u64::from(choice.outcome))
    }
}

/// Explores a model with shuttle.
pub(super) fn run(model: Arc<dyn Fn() + Send + Sync>, plan: &Plan, seed: u64) {
    let most = usize::try_from(course::executions()).unwrap_or(usize::MAX);
    let (what, scheduler): (String, Box<dyn Scheduler + Send>) = match plan {
        Plan::All { .. } => ("depth-first".into(), Box::new(DfsScheduler::new(None, false))),
        Plan::Pct { depth } => (
            format!("PCT with depth {depth}"),
            Box::new(PctScheduler::new_from_seed(seed, *depth as usize, most)),
        ),
        Plan::Uniform => {
            ("uniform random walk".into(), Box::new(UrwRandomScheduler::new_from_seed(seed, most)))
        }
        Plan::Replay(schedule) => {
            ("one schedule".into(), Box::new(Follow { choices: schedule.choices().collect(), begun: false }))
        }
        Plan::Random | Plan::Usual | Plan::Other => {
            ("random walk".into(), Box::new(RandomScheduler::new_from_seed(seed, most)))
        }
    };
    CHOOSES.set(!matches!(plan, Plan::All { .. }));
    course::describe(format!("shuttle: {what}"));
    let stack = course::stack_size();
    let mut config = config();
    config.stack_size = stack;
    config.max_steps = shuttle::MaxSteps::FailAfter(course::steps().saturating_mul(FACTOR));
    let runner = shuttle::Runner::new(Bounded(Some(scheduler)), config);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        runner.run(move || {
            CARRIES.with(|carries| {
                carries.get_or_init(|| Rc::new(Carries::new(stack))).execute(&*model);
            });
        })
    }));
    if let Err(payload) = ended {
        course::strand(&explain::<Shuttle>(&*payload));
    }
}

/// shuttle puts a hook of its own over the panic hook when it first runs, which writes to the standard error. It is taken off
/// again: what panics in an exploration is told in its report, and what panics elsewhere is none of shuttle's.
pub(super) fn quiet() {
    install_over(|| {
        shuttle::Runner::new(DfsScheduler::new(Some(1), false), config()).run(|| {});
    });
}

/// Says nothing and writes no files.
fn config() -> shuttle::Config {
    let mut config = shuttle::Config::new();
    config.failure_persistence = shuttle::FailurePersistence::None;
    config.silence_warnings = true;
    config
}
