//! Shuttle as a peer.

use super::measure::Counter;
use super::peer::{Bounds, Peer, Ran, Search};
use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// <https://github.com/awslabs/shuttle>
pub(crate) struct Shuttle;

impl Peer for Shuttle {
    const NAME: &'static str = "shuttle";

    type Arc<T: Send + Sync + 'static> = Arc<T>;
    type Atomic = AtomicUsize;
    type Mutex<T: Send + 'static> = Mutex<T>;
    type Guard<'a, T: Send + 'static> = MutexGuard<'a, T>;
    type Condvar = Condvar;
    type Handle = thread::JoinHandle<()>;

    #[inline(always)]
    fn arc<T: Send + Sync + 'static>(value: T) -> Arc<T> {
        Arc::new(value)
    }

    #[inline(always)]
    fn atomic(value: usize) -> AtomicUsize {
        AtomicUsize::new(value)
    }

    #[inline(always)]
    fn load(atomic: &AtomicUsize) -> usize {
        atomic.load(SeqCst)
    }

    #[inline(always)]
    fn store(atomic: &AtomicUsize, value: usize) {
        atomic.store(value, SeqCst);
    }

    #[inline(always)]
    fn mutex<T: Send + 'static>(value: T) -> Mutex<T> {
        Mutex::new(value)
    }

    #[inline(always)]
    fn lock<T: Send + 'static>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap()
    }

    #[inline(always)]
    fn condvar() -> Condvar {
        Condvar::new()
    }

    #[inline(always)]
    fn wait<'a, T: Send + 'static>(condvar: &Condvar, guard: Self::Guard<'a, T>) -> Self::Guard<'a, T> {
        condvar.wait(guard).unwrap()
    }

    #[inline(always)]
    fn notify_one(condvar: &Condvar) {
        condvar.notify_one();
    }

    #[inline(always)]
    fn notify_all(condvar: &Condvar) {
        condvar.notify_all();
    }

    #[inline(always)]
    fn spawn(job: impl FnOnce() + Send + 'static) -> Self::Handle {
        thread::spawn(job)
    }

    #[inline(always)]
    fn join(handle: Self::Handle) {
        handle.join().unwrap();
    }

    fn explore(search: Search, bounds: Bounds, model: impl Fn() + Send + Sync + 'static) -> Ran {
        let most = bounds.executions as usize;
        match search {
            Search::Random => run(RandomScheduler::new_from_seed(bounds.seed, most), bounds, model),
            Search::Pct => run(PctScheduler::new_from_seed(bounds.seed, 3, most), bounds, model),
            Search::Exhaustive => run(DfsScheduler::new(Some(most), false), bounds, model),
        }
    }
}

fn run(scheduler: impl Scheduler + 'static, bounds: Bounds, model: impl Fn() + Send + Sync + 'static) -> Ran {
    let mut config = Config::new();
    config.max_steps = MaxSteps::None;
    config.max_time = bounds.time;
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    let counter = Counter::default();
    let counted = counter.counting(model);
    let started = std::time::Instant::now();
    let failed = catch_unwind(AssertUnwindSafe(|| Runner::new(scheduler, config).run(counted))).is_err();
    let in_time = bounds.time.is_none_or(|time| started.elapsed() < time);
    let executions = counter.get();
    Ran { executions, failed, exhausted: !failed && in_time && executions < bounds.executions }
}
