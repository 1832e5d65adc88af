//! Which threads there are.

use super::{Thread, roster};
use crate::base::{Action, Operation, ThreadAction, ThreadId};
use crate::engine::current;
use crate::python::identity::require_exploration;
use std::collections::VecDeque;
use std::panic::Location;

/// `threading.current_thread()`. The one that runs the model is "MainThread", and so is the first one of each process.
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

/// `threading.main_thread()`: the first one of the running process, which is the one that runs the model unless that starts others.
///
/// # Panics
///
/// Outside of an exploration.
#[must_use]
#[track_caller]
pub fn main_thread() -> Thread {
    require_exploration();
    Thread::known(current::process())
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

/// `threading.enumerate()`: the threads of the running process that run, in the order in which they were started.
///
/// Those started so far are asked one after the other, each a step as [`is_alive`](Thread::is_alive) is; and whoever was found to run
/// before another was found to have ended is asked again, so that all that are told of did run at one time.
///
/// # Panics
///
/// Outside of an exploration.
#[must_use]
#[track_caller]
pub fn enumerate() -> Vec<Thread> {
    require_exploration();
    let location = Location::caller();
    let (me, process) = (current::thread(), current::process());
    let threads = (0..current::thread_count()).map(ThreadId).filter(|thread| *thread != me);
    let own = |thread: &ThreadId| current::process_of(*thread) == process && !roster::is_hidden(*thread);
    let mut left: VecDeque<ThreadId> = threads.filter(own).collect();
    let mut alive = Vec::new();
    while let Some(thread) = left.pop_front() {
        let question = Action::Thread(ThreadAction::IsFinished(thread));
        if current::perform(Operation::free(question), location).value() == Some(1) {
            // Whoever had to end before that one has ended too.
            current::join(thread, location);
            left.extend(alive.drain(..));
        } else {
            alive.push(thread);
        }
    }
    alive.push(me);
    alive.sort();
    alive.into_iter().map(Thread::known).collect()
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
