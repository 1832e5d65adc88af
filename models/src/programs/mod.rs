//! One file for each document program, with its variants.

pub(super) mod bank_account;
pub(super) mod bounded_queue;
pub(super) mod condition_queue;
pub(super) mod rlock_reverse;

use selvedge::python;
use selvedge::python::threading::Thread;
use std::sync::{Arc, Mutex, PoisonError};

/// The end of a main program: an exception that nobody handled.
#[track_caller]
fn unwrap(result: Result<(), python::Error>) {
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Starts threads in their order and waits for them in that order.
fn start_and_join(threads: &[Thread]) -> Result<(), python::Error> {
    threads.iter().try_for_each(Thread::start)?;
    threads.iter().try_for_each(Thread::join)
}

/// What came out at the far end, for checking. It is no part of the program, so writing it down is no step.
#[derive(Clone, Default)]
struct Received(Arc<Mutex<Vec<u64>>>);

impl Received {
    fn push(&self, item: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }

    /// Asserts that each number below `count` came out exactly once.
    #[track_caller]
    fn assert_each_once(&self, count: u64) {
        let mut received = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        received.sort_unstable();
        let all: Vec<u64> = (0..count).collect();
        assert!(received == all, "of the {count} items put, these were taken: {received:?}");
    }
}
