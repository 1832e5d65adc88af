//! Which threads there are.

use super::Thread;
use crate::base::ThreadId;
use crate::engine::current;
use crate::python::identity::require_exploration;

/// `threading.current_thread()`. The one that runs the model is "MainThread".
///
/// # Panics
///
/// Outside of an exploration.
#[must_use]
#[track_caller]
pub fn current_thread() -> Thread {
    require_exploration();
    Thread::known(current::thread())
}

/// `threading.main_thread()`: the one that runs the model.
///
/// # Panics
///
/// Outside of an exploration.
#[must_use]
#[track_caller]
pub fn main_thread() -> Thread {
    require_exploration();
    Thread::known(ThreadId::MAIN)
}

/// `threading.get_ident()`: the [`ident`](Thread::ident) of the caller.
///
/// # Panics
///
/// Outside of an exploration.
#[must_use]
#[track_caller]
pub fn get_ident() -> u64 {
    require_exploration();
    u64::from(current::thread().0) + 1
}

/// `threading.enumerate()`: the threads that run, in the order in which they were started.
///
/// Those started so far are asked one after the other, each a step as [`is_alive`](Thread::is_alive) is.
///
/// # Panics
///
/// Outside of an exploration.
#[must_use]
#[track_caller]
pub fn enumerate() -> Vec<Thread> {
    require_exploration();
    let me = current::thread();
    let mut alive = Vec::new();
    for thread in (0..current::thread_count()).map(ThreadId) {
        let thread_of = Thread::known(thread);
        if thread == me || thread_of.is_alive() {
            alive.push(thread_of);
        }
    }
    alive
}

/// `threading.active_count()`: how many threads [`enumerate`] tells of.
///
/// # Panics
///
/// Outside of an exploration.
#[must_use]
#[track_caller]
pub fn active_count() -> usize {
    enumerate().len()
}
