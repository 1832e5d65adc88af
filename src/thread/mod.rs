//! Threads, as in [`std::thread`].
//!
//! Inside an exploration a thread is a virtual one: it runs on the OS thread that explores, one at a time, switched only
//! at its operations. Starting one, its end and joining it are never choices, because they commute with all that others
//! may do meanwhile.
//!
//! Not here: `Builder::spawn_unchecked`, and what an operating system adds to handles (`JoinHandleExt`), because no thread of
//! it is behind a virtual one.

mod builder;
mod handle;
mod local;
mod pause;
mod scope;
#[cfg(test)]
mod tests;

pub use crate::thread_local;
pub use builder::Builder;
pub use handle::{JoinHandle, Thread, ThreadId};
pub use local::{AccessError, LocalKey};
pub(crate) use pause::go_slow;
pub use pause::{park, park_timeout, sleep, yield_now};
#[expect(deprecated, reason = "so that code which uses them still compiles, with std's warning")]
pub use pause::{park_timeout_ms, sleep_ms};
pub use scope::{Scope, ScopedJoinHandle, scope};
pub use std::thread::{Result, panicking};

use crate::engine::current;
use std::num::NonZero;
use std::panic::Location;

/// Starts a thread that runs `f`; inside an exploration it runs at once, up to its first operation.
///
/// ```
/// let answer = selvedge::thread::spawn(|| 6 * 7);
/// assert_eq!(answer.join().unwrap(), 42);
/// ```
#[inline]
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    match current::is_active() {
        true => JoinHandle::from_claim(current::spawn("", false, Location::caller(), f)),
        false => JoinHandle::from_std(std::thread::spawn(f)),
    }
}

/// The calling thread.
#[must_use]
pub fn current() -> Thread {
    match current::is_active() {
        true => Thread::new(current::thread(), current::epoch()),
        false => Thread::from_std(std::thread::current()),
    }
}

/// How many threads are worth starting.
///
/// Inside an exploration always two: a model must not differ between machines, and small models are explored best.
///
/// # Errors
///
/// As std, outside an exploration.
pub fn available_parallelism() -> std::io::Result<NonZero<usize>> {
    match current::is_active() {
        true => Ok(const { NonZero::new(2).expect("two is not zero") }),
        false => std::thread::available_parallelism(),
    }
}
