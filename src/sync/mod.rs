//! Synchronization, as `std::sync`: the same names, bounds, poisoning and errors.
//!
//! Outside an exploration everything here is std's. Inside, what could wait or be seen by another thread is a step, and
//! each execution starts afresh: what a `static` one-time initialization holds belongs to one execution. The data in a
//! `static` lock is the exception, as it cannot be reset.
//!
//! Every type has, besides std's `new`, a `with_name` and the methods `named` and `numbered`, for traces.

mod arc;
pub mod atomic;
mod barrier;
mod condvar;
mod lazy_lock;
pub mod mpsc;
mod mutex;
mod once;
mod once_lock;
mod per_execution;
mod rwlock;
mod rwlock_guard;
#[cfg(test)]
mod tests;

pub use arc::{Arc, Weak};
pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use lazy_lock::LazyLock;
pub use mutex::{Mutex, MutexGuard};
pub use once::{Once, OnceState};
pub use once_lock::OnceLock;
pub use rwlock::RwLock;
pub use rwlock_guard::{RwLockReadGuard, RwLockWriteGuard};
pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};
