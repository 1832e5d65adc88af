//! What the threads of a pool are given.

use super::Future;
use super::exit::{begin_task, end_task};
use crate::engine::current;
use crate::python::threading::roster;
use crate::python::{Error, sys};
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// What the threads are given.
pub(super) enum Task {
    Do(Work),
    /// There will be no more.
    Stop,
}

/// Something to do, unless it is cancelled before.
pub(super) struct Work {
    ticket: Arc<Ticket>,
    run: Box<dyn FnOnce() + Send>,
}

/// How far a task has come. It begins in the step in which a thread takes it, so that no other is needed to tell.
#[derive(Debug, Default)]
pub(super) struct Ticket(AtomicU8);

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const CANCELLED: u8 = 2;

impl Ticket {
    pub(super) fn cancel(&self) {
        let _ = self.0.compare_exchange(WAITING, CANCELLED, Relaxed, Relaxed);
    }
}

impl Task {
    pub(super) fn new<T, F>(task: F, future: Future<T>, ticket: Arc<Ticket>) -> Self
    where
        T: Clone + Send + Sync + 'static,
        F: FnOnce() -> Result<T, Error> + Send + 'static,
    {
        Task::Do(Work { ticket, run: Box::new(move || future.finish(result_of(task))) })
    }
}

impl Work {
    /// Does it, on a thread that has just taken it.
    pub(super) fn run(self) {
        if self.ticket.0.compare_exchange(WAITING, BEGUN, Relaxed, Relaxed).is_ok() {
            (self.run)();
        }
    }
}

/// What comes of a task. As in Python nothing that it raises ends the thread.
fn result_of<T>(task: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    begin_task();
    let result = catch_unwind(AssertUnwindSafe(task));
    if current::is_tearing_down() {
        return result.unwrap_or_else(|payload| resume_unwind(payload));
    }
    end_task();
    result.unwrap_or_else(|payload| match payload.downcast::<sys::Exit>() {
        Ok(exit) => Err(Error::SystemExit(exit.0)),
        Err(payload) => Err(tell(payload)),
    })
}

/// A task has panicked, which is a finding: a thread ends by it in place of the one that has to go on.
fn tell(payload: Box<dyn Any + Send>) -> Error {
    let literal = payload.downcast_ref::<&'static str>().map(ToString::to_string);
    let message = literal.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
    let name = format!("task of {}", current::thread_name(current::thread()));
    let report = current::take_panic();
    let claim = current::spawn(&name, true, Location::caller(), move || {
        roster::hide();
        current::detach_running();
        current::inherit_panic(report);
        resume_unwind(payload);
    });
    current::detach(claim.thread, claim.epoch);
    Error::RuntimeError(message)
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Task::Do(_) => "a task",
            Task::Stop => "None",
        })
    }
}
