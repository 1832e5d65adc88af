//! Selvedge as a peer.

use super::peer::{Bounds, Peer, Ran, Search};
use selvedge::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use selvedge::sync::{Arc, Condvar, Mutex, MutexGuard};
use selvedge::{Backend, Explorer, explore, thread};

/// This crate, its models carried by the backend of this number.
pub(crate) struct On<const BACKEND: usize>;

/// This crate on its own engine.
pub(crate) type Selvedge = On<0>;

impl<const BACKEND: usize> Peer for On<BACKEND> {
    const NAME: &'static str = ["selvedge", "selvedge on loom", "selvedge on shuttle"][BACKEND];

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
        let search = match search {
            Search::Random => explore::Search::Random,
            Search::Pct => explore::Search::Pct { depth: 3 },
            Search::Exhaustive => explore::Search::Exhaustive,
        };
        let explorer = Explorer::new().search(search).executions(bounds.executions).seed(bounds.seed);
        let backend = Backend::ALL[BACKEND];
        let steps = if backend == Backend::Engine { 1 << 30 } else { 1 << 20 };
        let explorer = explorer.backend(backend).steps(steps).minimise(false);
        let explorer = match bounds.time {
            Some(time) => explorer.time(time),
            None => explorer,
        };
        let report = explorer.explore(model).expect("the settings make sense");
        let exhausted = matches!(report.coverage(), explore::Coverage::Proved | explore::Coverage::AllOf(_));
        Ran { executions: report.executions(), failed: report.failed(), exhausted }
    }
}
