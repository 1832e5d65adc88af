//! One file for each document program, with its variants.

pub(super) mod bank_account;
pub(super) mod bounded_queue;
pub(super) mod clock_manager;
pub(super) mod clock_pipe;
pub(super) mod clock_queue;
pub(super) mod clock_value;
pub(super) mod condition_endless;
pub(super) mod condition_queue;
pub(super) mod connections;
pub(super) mod counter;
pub(super) mod daemon_thread;
pub(super) mod downloads;
pub(super) mod event_chain;
pub(super) mod event_start_line;
pub(super) mod increments;
pub(super) mod list_condition;
pub(super) mod lock_takers;
pub(super) mod messengers;
pub(super) mod rlock_reverse;
pub(super) mod semaphores;
pub(super) mod signals;
pub(super) mod worker_threads;

use super::parameters::Parameter;
use selvedge::python::threading::Thread;
use selvedge::python::{self, Round};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How often those of a program that loop for ever are followed round their loops; in the document's own run, so often.
const fn rounds(default: u32, document_value: Option<u32>) -> Parameter {
    let about = "how often each of them is followed round its loop";
    Parameter { name: "rounds", about, default, document_value, minimum: 1, maximum: u32::MAX }
}

/// The end of a main program: an exception that nobody handled.
#[track_caller]
fn unwrap(result: Result<(), python::Error>) {
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Starts threads in their order and waits for them in that order.
fn start_and_join(threads: &[Thread]) -> Result<(), python::Error> {
    // Closures: the place of a call by a method's bare name would be somewhere in `core`.
    threads.iter().try_for_each(|thread| thread.start())?;
    threads.iter().try_for_each(|thread| thread.join())
}

/// Waits for threads or processes that never end, which is what a main program does that is meant to run for ever.
///
/// It is no `join`, because a thread that joins one that never ends is waiting in vain.
fn stay() -> Result<(), python::Error> {
    python::endless(0, || Ok(Round::Fruitful))
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

/// A number kept for checking. It is no part of the program, so looking at it and changing it are no steps: they belong to the step
/// right before them. Only where the order of those steps matters does it tell anything.
#[derive(Clone, Default)]
struct Tally(Arc<Mutex<i64>>);

impl Tally {
    /// Adds so much; what it then is.
    fn add(&self, amount: i64) -> i64 {
        let mut number = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *number += amount;
        *number
    }

    fn get(&self) -> i64 {
        self.add(0)
    }
}

/// A truth value as Python prints it.
struct Said(bool);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "True" } else { "False" })
    }
}
