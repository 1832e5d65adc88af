//! Loom as a peer.

use super::measure::Counter;
use super::peer::{Bounds, Peer, Ran, Search};
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::sync::{Condvar, Mutex, MutexGuard};
use loom::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// <https://github.com/tokio-rs/loom>, with std's `Arc`: its own is modelled and
/// makes three times as many executions.
pub(crate) struct Loom;

impl Peer for Loom {
    const NAME: &'static str = "loom";

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

    /// It knows one way of searching only, whatever is asked.
    fn explore(_search: Search, bounds: Bounds, model: impl Fn() + Send + Sync + 'static) -> Ran {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = None;
        builder.max_branches = 1 << 24;
        // Its bounds are looked at when a checkpoint is due, before an execution.
        builder.checkpoint_interval = 1;
        builder.max_permutations = Some(bounds.executions as usize + 1);
        builder.max_duration = bounds.time;
        let counter = Counter::default();
        let counted = counter.counting(model);
        let started = std::time::Instant::now();
        let failed = catch_unwind(AssertUnwindSafe(|| builder.check(counted))).is_err();
        let in_time = bounds.time.is_none_or(|time| started.elapsed() < time);
        let executions = counter.get();
        Ran { executions, failed, exhausted: !failed && in_time && executions < bounds.executions }
    }
}
