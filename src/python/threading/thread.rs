//! Python's threads.

use super::{numbering, roster};
use crate::base::{self, Action, Operation, ThreadAction};
use crate::engine::current;
use crate::python::identity::require_exploration;
use crate::python::time::nanoseconds;
use crate::python::{Error, Shared};
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// `threading.Thread`. A clone is the same thread, and anybody may join it, any number of times.
///
/// An error that the target returns ends the thread as an unhandled exception does in Python: it is reported as a panic of
/// the thread, and [`join`](Thread::join) says nothing about it. A daemon dies with the program, which does not wait for it.
///
/// ```
/// use selvedge::python::{Error, threading::{Lock, Run, Thread}};
///
/// /// What would be a subclass of `Thread` in Python.
/// struct Worker { lock: Lock }
///
/// impl Run for Worker {
///     type Output = Result<(), Error>;
///
///     fn run(self) -> Result<(), Error> {
///         self.lock.acquire();
///         self.lock.release()
///     }
/// }
///
/// selvedge::check(|| {
///     let lock = Lock::new();
///     let worker = Thread::new(Worker { lock: lock.clone() }).named("worker");
///     let other = Thread::new(move || lock.with(|| ()));
///     worker.start().unwrap();
///     other.start().unwrap();
///     worker.join().unwrap();
/// });
/// ```
pub struct Thread(Arc<Inner>);

struct Inner {
    /// Until it is started; then the engine has it.
    name: Mutex<Label>,
    daemon: AtomicBool,
    epoch: u64,
    /// Taken by `start`.
    target: Mutex<Option<Target>>,
    /// Set as its first deed, before it or anybody else can ask.
    started: OnceLock<base::ThreadId>,
    /// Whether it has been started, as a variable, once there are several handles to one that has not: then somebody may look while
    /// another starts it. Of one that is started before anybody else knows it nobody can tell.
    contested: OnceLock<Shared<bool>>,
}

type Target = Box<dyn FnOnce() -> Result<(), Error> + Send>;

enum Label {
    Given(String),
    /// "Thread-" and this.
    Counted(u32),
}

/// What a thread does: a closure, or a type of one's own where Python has a subclass that overrides `run`.
pub trait Run: Send + 'static {
    /// What comes of it.
    type Output: Returned;

    /// `run()`, called once, on the new thread.
    fn run(self) -> Self::Output;
}

impl<F, R> Run for F
where
    F: FnOnce() -> R + Send + 'static,
    R: Returned,
{
    type Output = R;

    fn run(self) -> R {
        self()
    }
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
    /// Without a name it gets CPython's: "Thread-1", "Thread-2", … in the order in which they are made. (CPython 3.10
    /// and later add the name of the target in parentheses; of a closure no name is known here.)
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[track_caller]
    pub fn new(target: impl Run) -> Self {
        require_exploration();
        let epoch = current::epoch();
        let target: Target = Box::new(move || target.run().into_result());
        Thread(Arc::new(Inner {
            name: Mutex::new(Label::Counted(numbering::next())),
            daemon: AtomicBool::new(roster::is_daemon(current::thread())),
            epoch,
            target: Mutex::new(Some(target)),
            started: OnceLock::new(),
            contested: OnceLock::new(),
        }))
    }

    /// `name=…`
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        let inner = self.sole();
        let given = Mutex::new(Label::Given(name.into()));
        let old = std::mem::replace(&mut inner.name, given).into_inner();
        if let Ok(Label::Counted(number)) = old {
            numbering::give_back(number);
        }
        self
    }

    /// `daemon=…`: whether the program ends without waiting for it.
    #[must_use]
    #[track_caller]
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.sole().daemon = AtomicBool::new(daemon);
        self
    }

    /// `start()`: it runs at once, up to its first step. Where there was more than one handle to it before, this is a step, as is
    /// whatever then depends on it.
    ///
    /// # Errors
    ///
    /// `RuntimeError: threads can only be started once`
    #[track_caller]
    pub fn start(&self) -> Result<(), Error> {
        let location = Location::caller();
        self.check();
        if let Some(started) = self.0.contested.get() {
            started.set(true);
        }
        let target = self.0.target.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(target) = target else { return Err(Error::runtime("threads can only be started once")) };
        let inner = Arc::clone(&self.0);
        let daemon = self.is_daemon();
        // The execution waits for no thread of a daemonic process.
        let unawaited = daemon || current::is_daemon(current::process());
        let claim = current::spawn(&self.name(), unawaited, location, move || {
            inner.started.get_or_init(current::thread);
            roster::enter(daemon);
            drop(inner);
            // Its result is nothing, and nobody takes it.
            current::detach_running();
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
        self.look();
        let Some(&thread) = self.0.started.get() else { return false };
        let question = Action::Thread(ThreadAction::IsFinished(thread));
        current::perform(Operation::free(question), location).value() != Some(1)
    }

    /// `name`
    pub fn name(&self) -> String {
        if let Some(&thread) = self.0.started.get() {
            if thread != base::ThreadId::MAIN && roster::is_first(thread) {
                return roster::name_of(thread).unwrap_or_else(|| "MainThread".to_owned());
            }
            let called = current::thread_name(thread);
            if !called.is_empty() {
                return called;
            }
            if thread == base::ThreadId::MAIN {
                return "MainThread".to_owned();
            }
        }
        match &*self.label() {
            Label::Given(name) => name.clone(),
            Label::Counted(number) => format!("Thread-{number}"),
        }
    }

    /// `name = …`
    #[track_caller]
    pub fn set_name(&self, name: impl Into<String>) {
        self.check();
        let name = name.into();
        match self.0.started.get() {
            Some(&thread) if thread != base::ThreadId::MAIN && roster::is_first(thread) => {
                roster::rename(thread, &name);
            }
            Some(&thread) => current::rename_thread(thread, &name),
            None => {}
        }
        *self.label() = Label::Given(name);
    }

    /// `daemon`
    pub fn is_daemon(&self) -> bool {
        self.0.daemon.load(Relaxed)
    }

    /// `daemon = …`
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot set daemon status of active thread` once it has been started.
    #[track_caller]
    pub fn set_daemon(&self, daemon: bool) -> Result<(), Error> {
        self.check();
        self.look();
        if self.0.started.get().is_some() {
            return Err(Error::runtime("cannot set daemon status of active thread"));
        }
        self.0.daemon.store(daemon, Relaxed);
        Ok(())
    }

    /// `ident`, and `native_id`: a number that no other thread of the execution has; `None` before it is started.
    #[track_caller]
    pub fn ident(&self) -> Option<u64> {
        self.look();
        self.0.started.get().map(|thread| u64::from(thread.0) + 1)
    }

    /// The handle to a thread that runs or has run.
    pub(super) fn known(thread: base::ThreadId) -> Self {
        Thread(Arc::new(Inner {
            // Not started by `threading`, if the engine has no name for it.
            name: Mutex::new(Label::Given(format!("Dummy-{}", thread.0))),
            daemon: AtomicBool::new(roster::is_daemon(thread)),
            epoch: current::epoch(),
            target: Mutex::new(None),
            started: OnceLock::from(thread),
            contested: OnceLock::new(),
        }))
    }

    fn label(&self) -> MutexGuard<'_, Label> {
        self.0.name.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn joinable(&self) -> Result<base::ThreadId, Error> {
        self.check();
        self.look();
        match self.0.started.get() {
            None => Err(Error::runtime("cannot join thread before it is started")),
            Some(&thread) if thread == current::thread() => Err(Error::runtime("cannot join current thread")),
            Some(&thread) => Ok(thread),
        }
    }

    /// Somebody depends on whether it has been started.
    #[track_caller]
    fn look(&self) {
        if let Some(started) = self.0.contested.get() {
            started.get();
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

impl Clone for Thread {
    #[track_caller]
    fn clone(&self) -> Self {
        if self.0.started.get().is_none() && current::is_active() && self.0.epoch == current::epoch() {
            self.0.contested.get_or_init(|| Shared::new(false).named("started"));
        }
        Thread(Arc::clone(&self.0))
    }
}

/// Two handles are equal when they are of one thread.
impl PartialEq for Thread {
    fn eq(&self, other: &Thread) -> bool {
        match (self.0.started.get(), other.0.started.get()) {
            (Some(one), Some(other_one)) => one == other_one && self.0.epoch == other.0.epoch,
            _ => Arc::ptr_eq(&self.0, &other.0),
        }
    }
}

impl Eq for Thread {}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("name", &self.name())
            .field("daemon", &self.is_daemon())
            .finish_non_exhaustive()
    }
}
