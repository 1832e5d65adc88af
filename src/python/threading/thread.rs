//! Python's threads.

use crate::base::{self, Action, Operation, ThreadAction};
use crate::engine::current;
use crate::python::Error;
use crate::python::identity::require_exploration;
use crate::python::time::nanoseconds;
use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// `threading.Thread`. A clone is the same thread, and anybody may join it, any number of times.
///
/// An error that the target returns ends the thread as an unhandled exception does in Python: it is reported as a panic of
/// the thread, and [`join`](Thread::join) says nothing about it.
#[derive(Clone)]
pub struct Thread(Arc<Inner>);

struct Inner {
    name: Label,
    daemon: bool,
    epoch: u64,
    /// Taken by `start`.
    target: Mutex<Option<Target>>,
    /// Set as its first deed, before it or anybody else can ask.
    started: OnceLock<base::ThreadId>,
}

type Target = Box<dyn FnOnce() -> Result<(), Error> + Send>;

enum Label {
    Given(String),
    /// "Thread-" and this.
    Counted(u32),
}

/// What a thread's target may return: nothing, or an error that ends the thread.
pub trait Returned {
    /// The error, if it is one.
    ///
    /// # Errors
    ///
    /// What the target returned.
    fn into_result(self) -> Result<(), Error>;
}

impl Returned for () {
    fn into_result(self) -> Result<(), Error> {
        Ok(())
    }
}

impl Returned for Result<(), Error> {
    fn into_result(self) -> Result<(), Error> {
        self
    }
}

impl Thread {
    /// `Thread(target=…)`: a thread of the running execution, not started. It is a daemon if its creator is one.
    ///
    /// Without a name it gets CPython's: "Thread-1", "Thread-2", … in the order in which they are made.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[track_caller]
    pub fn new<F, R>(target: F) -> Self
    where
        F: FnOnce() -> R + Send + 'static,
        R: Returned,
    {
        require_exploration();
        let epoch = current::epoch();
        let target: Target = Box::new(move || target().into_result());
        Thread(Arc::new(Inner {
            name: Label::Counted(next_number(epoch)),
            daemon: current::is_daemon(current::thread()),
            epoch,
            target: Mutex::new(Some(target)),
            started: OnceLock::new(),
        }))
    }

    /// `name=…`
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        let inner = self.sole();
        if let Label::Counted(number) = inner.name {
            give_back_number(inner.epoch, number);
        }
        inner.name = Label::Given(name.into());
        self
    }

    /// `daemon=…`: whether the program ends without waiting for it.
    #[must_use]
    #[track_caller]
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.sole().daemon = daemon;
        self
    }

    /// `start()`: it runs at once, up to its first step.
    ///
    /// # Errors
    ///
    /// `RuntimeError: threads can only be started once`
    #[track_caller]
    pub fn start(&self) -> Result<(), Error> {
        let location = Location::caller();
        self.check();
        let target = self.0.target.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(target) = target else { return Err(Error::runtime("threads can only be started once")) };
        let inner = Arc::clone(&self.0);
        let claim = current::spawn(&self.name(), self.0.daemon, location, move || {
            inner.started.get_or_init(current::thread);
            drop(inner);
            if let Err(error) = target() {
                panic!("{error}");
            }
        });
        // It never ran when the execution is being torn down.
        self.0.started.get_or_init(|| claim.thread);
        Ok(())
    }

    /// `join()`: waits until it has ended.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot join thread before it is started`; `RuntimeError: cannot join current thread`.
    #[track_caller]
    pub fn join(&self) -> Result<(), Error> {
        current::join(self.joinable()?, Location::caller());
        Ok(())
    }

    /// `join(timeout)`: waits until it has ended or the time is up. As in Python, [`is_alive`](Self::is_alive) tells which.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    #[track_caller]
    pub fn join_timeout(&self, timeout: Duration) -> Result<(), Error> {
        let location = Location::caller();
        if !current::join_within(self.joinable()?, nanoseconds(timeout), location) {
            current::offer_turn(location);
        }
        Ok(())
    }

    /// `is_alive()`: whether it has been started and has not ended.
    #[track_caller]
    pub fn is_alive(&self) -> bool {
        let location = Location::caller();
        self.check();
        let Some(&thread) = self.0.started.get() else { return false };
        let question = Action::Thread(ThreadAction::IsFinished(thread));
        current::perform(Operation::free(question), location).value() != Some(1)
    }

    /// `name`
    pub fn name(&self) -> String {
        match &self.0.name {
            Label::Given(name) => name.clone(),
            Label::Counted(number) => format!("Thread-{number}"),
        }
    }

    /// `daemon`
    pub fn is_daemon(&self) -> bool {
        self.0.daemon
    }

    fn joinable(&self) -> Result<base::ThreadId, Error> {
        self.check();
        match self.0.started.get() {
            None => Err(Error::runtime("cannot join thread before it is started")),
            Some(&thread) if thread == current::thread() => Err(Error::runtime("cannot join current thread")),
            Some(&thread) => Ok(thread),
        }
    }

    #[track_caller]
    fn check(&self) {
        require_exploration();
        assert!(self.0.epoch == current::epoch(), "this thread belongs to another execution");
    }

    #[track_caller]
    fn sole(&mut self) -> &mut Inner {
        Arc::get_mut(&mut self.0).expect("say what a thread is before it is shared or started")
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("name", &self.name())
            .field("daemon", &self.0.daemon)
            .finish_non_exhaustive()
    }
}

/// `threading.current_thread()`. The one that runs the model is "MainThread".
///
/// # Panics
///
/// Outside of an exploration.
#[must_use]
#[track_caller]
pub fn current_thread() -> Thread {
    require_exploration();
    let thread = current::thread();
    let name = match current::thread_name(thread) {
        name if !name.is_empty() => name,
        _ if thread == base::ThreadId::MAIN => "MainThread".to_owned(),
        // Not started by `threading`.
        _ => format!("Dummy-{}", thread.0),
    };
    Thread(Arc::new(Inner {
        name: Label::Given(name),
        daemon: current::is_daemon(thread),
        epoch: current::epoch(),
        target: Mutex::new(None),
        started: OnceLock::from(thread),
    }))
}

thread_local! {
    /// How many unnamed threads the execution has made: (its epoch, the number). An execution has one OS thread.
    static COUNTED: Cell<(u64, u32)> = const { Cell::new((0, 0)) };
}

fn next_number(epoch: u64) -> u32 {
    let (of, last) = COUNTED.get();
    let number = if of == epoch { last + 1 } else { 1 };
    COUNTED.set((epoch, number));
    number
}

/// CPython counts only threads that are made without a name, and here the name comes a moment later.
fn give_back_number(epoch: u64, number: u32) {
    if COUNTED.get() == (epoch, number) {
        COUNTED.set((epoch, number - 1));
    }
}
