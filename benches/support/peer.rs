//! A peer: one explorer of schedules, with its own threads, locks and atomics.
//!
//! The trait has no more than what the programs need. Everything in it is a direct call, inlined, so that a program over
//! the trait costs what it would cost written for that peer.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// How schedules are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// A random walk.
    Random,
    /// Random priorities with two changes.
    Pct,
    /// One schedule after another until there are no more.
    Exhaustive,
}

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Search::Random => "random",
            Search::Pct => "pct(3)",
            Search::Exhaustive => "exhaustive",
        })
    }
}

/// How far to go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The most executions.
    pub(crate) executions: u64,
    /// The longest time, looked at between executions.
    pub(crate) time: Option<Duration>,
    /// The seed of what is random.
    pub(crate) seed: u64,
}

impl Bounds {
    /// So many executions, however long they take.
    pub(crate) fn executions(executions: u64) -> Self {
        Bounds { executions, time: None, seed: 0 }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ran {
    /// How many executions there were, the one that failed included.
    pub(crate) executions: u64,
    /// Whether one failed.
    pub(crate) failed: bool,
    /// Whether there are no more schedules.
    pub(crate) exhausted: bool,
}

/// A schedule explorer.
pub(crate) trait Peer: 'static {
    /// Its name in tables and on the command line.
    const NAME: &'static str;

    /// Shared ownership.
    type Arc<T: Send + Sync + 'static>: Clone + Deref<Target = T> + Send + Sync + 'static;
    /// An atomic integer, sequentially consistent here.
    type Atomic: Send + Sync + 'static;
    /// A lock with data.
    type Mutex<T: Send + 'static>: Send + Sync + 'static;
    /// The possession of a lock.
    type Guard<'a, T: Send + 'static>: DerefMut<Target = T>;
    /// A condition variable.
    type Condvar: Send + Sync + 'static;
    /// A thread to be joined.
    type Handle;

    /// Shared ownership of `value`.
    fn arc<T: Send + Sync + 'static>(value: T) -> Self::Arc<T>;
    /// A new atomic.
    fn atomic(value: usize) -> Self::Atomic;
    /// Reads.
    fn load(atomic: &Self::Atomic) -> usize;
    /// Writes.
    fn store(atomic: &Self::Atomic, value: usize);
    /// A new lock.
    fn mutex<T: Send + 'static>(value: T) -> Self::Mutex<T>;
    /// Takes a lock.
    fn lock<T: Send + 'static>(mutex: &Self::Mutex<T>) -> Self::Guard<'_, T>;
    /// A new condition variable.
    fn condvar() -> Self::Condvar;
    /// Waits on it.
    fn wait<'a, T: Send + 'static>(condvar: &Self::Condvar, guard: Self::Guard<'a, T>) -> Self::Guard<'a, T>;
    /// Wakes one waiter.
    fn notify_one(condvar: &Self::Condvar);
    /// Wakes all waiters.
    fn notify_all(condvar: &Self::Condvar);
    /// Starts a thread.
    fn spawn(job: impl FnOnce() + Send + 'static) -> Self::Handle;
    /// Waits for its end.
    fn join(handle: Self::Handle);

    /// Runs `model` until a bound is reached, an execution fails or all schedules were tried.
    fn explore(search: Search, bounds: Bounds, model: impl Fn() + Send + Sync + 'static) -> Ran;
}
