//! loom: every execution that its reduction tells apart, under its C11 memory model.
//!
//! loom minds by whom an atomic is made: whoever uses it must know of that. A model's atomics are made wherever they are first
//! met, so they are made in advance by the main thread, each with the value that it begins with. What is needed the first
//! executions tell, which do not count.

use super::kit::{Carries, Kit, explain};
use super::natives::{Variable, alike, natives};
use super::things::taken;
use super::{Plan, course};
use crate::base::{AtomicAction, Error, Outcome, Rmw, Width};
use std::cell::{OnceCell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// loom keeps room for so many choices of an execution: a few for each of [its steps](super::LOOM_STEPS).
const BRANCHES: usize = 50_000;
/// loom's bound on threads, the main one included.
const THREADS: u32 = 5;

natives!(loom);

/// The atomics of an execution that nobody has met yet.
#[derive(Default)]
struct Pool {
    /// What there has to be: so wide, beginning with this, so many.
    needed: Vec<(Width, u64, usize)>,
    ready: Vec<(Width, u64, Box<dyn Variable>)>,
    /// How many of each were asked for.
    asked: Vec<(Width, u64, usize)>,
}

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
    static CARRIES: OnceCell<Rc<Carries<Loom>>> = const { OnceCell::new() };
}

/// Stops loom, which has no other way.
struct Enough;

struct Loom;

impl Kit for Loom {
    const NAME: &'static str = "loom";

    alike!(loom);

    type Key = loom::sync::Mutex<()>;
    type Sleeper = loom::thread::Thread;

    fn sleeper() -> Self::Sleeper {
        loom::thread::current()
    }

    fn park(_sleeper: &Self::Sleeper) {
        loom::thread::park();
    }

    fn unpark(sleeper: &Self::Sleeper) {
        sleeper.unpark();
    }

    fn atomic(width: Width, value: u64) -> Option<Box<dyn Variable>> {
        POOL.with_borrow_mut(|pool| pool.take(width, value))
    }

    fn key() -> Self::Key {
        loom::sync::Mutex::new(())
    }

    fn point(key: &Self::Key) {
        // A lock taken for no time, rather than an atomic: it can be made by anybody.
        drop(key.lock());
    }

    fn spawn(stack: usize, life: impl FnOnce() + Send + 'static) -> Self::Handle {
        // Counted in words there.
        let builder = loom::thread::Builder::new().stack_size(stack / size_of::<usize>());
        builder.spawn(life).expect("loom always can")
    }

    fn choose(_count: u32) -> Option<u32> {
        None
    }

    fn refuses_threads(count: u32) -> Option<Error> {
        (count > THREADS).then(|| {
            Error::new(
                format!(
                    "the model has more than {THREADS} threads, the main one included, and loom has no more"
                ),
                "on the backend loom",
                "explore a smaller one, or use another backend",
            )
        })
    }

    fn refuses_choices() -> Option<Error> {
        Some(Error::new(
            "the model has a choice of its own, and loom knows none",
            "on the backend loom",
            "use another backend",
        ))
    }

    fn is_too_long(panic: &str) -> bool {
        panic.contains("branches")
    }
}

impl Pool {
    fn take(&mut self, width: Width, value: u64) -> Option<Box<dyn Variable>> {
        add(&mut self.asked, width, value);
        let place = self.ready.iter().position(|(w, v, _)| (*w, *v) == (width, value));
        if place.is_none() {
            course::void();
        }
        place.map(|place| self.ready.remove(place).2)
    }

    /// Makes what an execution may need, on its main thread.
    fn fill(&mut self) {
        self.ready.clear();
        self.asked.clear();
        for (width, value, count) in &self.needed {
            self.ready.extend((0..*count).map(|_| (*width, *value, variable(*width, *value))));
        }
    }

    /// The last execution needed more of something than there was.
    fn learn(&mut self) {
        for (width, value, count) in std::mem::take(&mut self.asked) {
            match self.needed.iter_mut().find(|(w, v, _)| (*w, *v) == (width, value)) {
                Some((_, _, needed)) => *needed = count.max(*needed),
                None => self.needed.push((width, value, count)),
            }
        }
    }
}

fn add(counts: &mut Vec<(Width, u64, usize)>, width: Width, value: u64) {
    match counts.iter_mut().find(|(w, v, _)| (*w, *v) == (width, value)) {
        Some((_, _, count)) => *count += 1,
        None => counts.push((width, value, 1)),
    }
}

/// Explores a model with loom.
pub(super) fn run(model: Arc<dyn Fn() + Send + Sync>, plan: &Plan) {
    let preemptions = match plan {
        Plan::All { preemptions } => *preemptions,
        _ => None,
    };
    course::describe(match preemptions {
        Some(1) => "loom, with at most 1 preemption".to_owned(),
        Some(bound) => format!("loom, with at most {bound} preemptions"),
        None => "loom".to_owned(),
    });
    loop {
        let mut builder = loom::model::Builder::new();
        // Each of these may have been set by the environment, which is not ours.
        builder.max_threads = THREADS as usize;
        builder.max_branches = BRANCHES;
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.preemption_bound = preemptions.map(|bound| bound as usize);
        builder.checkpoint_file = None;
        builder.checkpoint_interval = usize::MAX;
        (builder.location, builder.log) = (false, false);
        let model = Arc::clone(&model);
        let ended = catch_unwind(AssertUnwindSafe(|| builder.check(move || once(&*model))));
        match ended {
            Ok(()) => course::note_exhausted(),
            Err(payload) if payload.is::<Enough>() => {}
            Err(payload) => course::strand(&explain::<Loom>(&*payload)),
        }
        if !course::begins_again() {
            return;
        }
        POOL.with_borrow_mut(Pool::learn);
    }
}

fn once(model: &(dyn Fn() + Send + Sync)) {
    if !course::goes_on() {
        // The main thread has nothing on its stack yet, and there is no other. No hook hears of it.
        resume_unwind(Box::new(Enough));
    }
    POOL.with_borrow_mut(Pool::fill);
    CARRIES.with(|carries| {
        carries.get_or_init(|| Rc::new(Carries::new(course::stack_size()))).execute(&model);
    });
    POOL.with_borrow_mut(|pool| pool.ready.clear());
}
