//! Processes.

use super::world::{self, Life};
use crate::base::{Action, Operation, ThreadAction, ThreadId};
use crate::engine::current;
use crate::python::identity::require_exploration;
use crate::python::threading::{numbering, roster};
use crate::python::time::nanoseconds;
use crate::python::{Error, futures};
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// The exit code of whoever is ended by SIGTERM.
pub(super) const TERMINATED: i32 = -15;
const KILLED: i32 = -9;

/// `multiprocessing.Process`. A clone is the same process.
///
/// Its closure owns what it is given, as a process owns what it has inherited. An error that it returns, or a panic, ends it with
/// exit code 1 and is a finding, as the traceback of an unhandled exception is; [`sys::exit`](crate::python::sys::exit) and [`Error::SystemExit`] end it with their code and are
/// none. When it ends it waits for its own children, for what it has put into queues to be written and for its threads, and ends those
/// children and threads that are daemons.
///
/// ```
/// use selvedge::Explorer;
/// use selvedge::python::multiprocessing::{Process, Value};
///
/// let report = Explorer::new()
///     .explore(|| {
///         let total = Value::new(0);
///         let workers: Vec<_> = (0..2)
///             .map(|_| {
///                 let total = total.clone();
///                 let worker = Process::new(move || total.set(total.get() + 1));
///                 worker.start().unwrap();
///                 worker
///             })
///             .collect();
///         workers.iter().for_each(|worker| worker.join().unwrap());
///         assert_eq!(total.get(), 2, "an update was lost");
///     })
///     .unwrap();
/// assert!(report.failed()); // `total.value += 1` is two steps
/// ```
#[derive(Clone)]
pub struct Process(Arc<Inner>);

struct Inner {
    life: Arc<Life>,
    epoch: u64,
    /// Taken by `start`.
    target: Mutex<Option<Target>>,
    closed: OnceLock<()>,
}

type Target = Box<dyn FnOnce() -> Result<(), Error> + Send>;

/// What a process's target may return: nothing, or an error that ends the process.
pub use crate::python::threading::Returned as Exited;

impl Process {
    /// `Process(target=…)`: a process of the running execution, not started.
    ///
    /// Without a name it gets CPython's: "Process-1", "Process-2", …, and those of its own children "Process-1:1", ….
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[track_caller]
    pub fn new<F, R>(target: F) -> Self
    where
        F: FnOnce() -> R + Send + 'static,
        R: Exited,
    {
        require_exploration();
        let parent = current::process();
        let number = world::next_number();
        let name = match world::life_of(parent) {
            Some(life) if life.name.starts_with("Process-") => format!("{}:{number}", life.name),
            _ => format!("Process-{number}"),
        };
        let target: Target = Box::new(move || target().into_result());
        Process(Arc::new(Inner {
            life: Arc::new(Life {
                name,
                daemon: world::life_of(parent).is_some_and(|life| life.daemon),
                parent,
                thread: OnceLock::new(),
                exit: OnceLock::new(),
                signal: OnceLock::new(),
            }),
            epoch: current::epoch(),
            target: Mutex::new(Some(target)),
            closed: OnceLock::new(),
        }))
    }

    /// `name=…`
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.sole().name = name.into();
        self
    }

    /// `daemon=…`: whether it is ended when its parent ends.
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
    /// `AssertionError: cannot start a process twice`; `AssertionError: daemonic processes are not allowed to have children`;
    /// `AssertionError: can only start a process object created by current process`; `ValueError: process object is closed`.
    #[track_caller]
    pub fn start(&self) -> Result<(), Error> {
        let location = Location::caller();
        self.check()?;
        let me = current::process();
        let mut kept = self.0.target.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() {
            return Err(Error::assertion("cannot start a process twice"));
        }
        if me != self.0.life.parent {
            return Err(Error::assertion("can only start a process object created by current process"));
        }
        if world::life_of(me).is_some_and(|life| life.daemon) {
            return Err(Error::assertion("daemonic processes are not allowed to have children"));
        }
        let Some(target) = kept.take() else { unreachable!("looked at under the same guard") };
        drop(kept);
        let (life, threads_made) = (Arc::clone(&self.0.life), numbering::count());
        world::begin(&life);
        let claim = current::spawn(&self.0.life.name, self.0.life.daemon, location, move || {
            current::found_process();
            numbering::go_on_from(threads_made);
            current::detach_running();
            current::print_whole_lines();
            life.thread.get_or_init(current::thread);
            run(&life, target, location);
        });
        // It never ran when the execution is being torn down.
        self.0.life.thread.get_or_init(|| claim.thread);
        Ok(())
    }

    /// `join()`: waits until it has ended.
    ///
    /// # Errors
    ///
    /// `AssertionError: can only join a started process`; `AssertionError: can only join a child process`; `ValueError: process
    /// object is closed`.
    #[track_caller]
    pub fn join(&self) -> Result<(), Error> {
        self.joinable()?;
        world::wait_for(&self.0.life, Location::caller());
        Ok(())
    }

    /// `join(timeout)`: waits until it has ended or the time is up; [`exitcode`](Self::exitcode) tells which.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    #[track_caller]
    pub fn join_timeout(&self, timeout: Duration) -> Result<(), Error> {
        let location = Location::caller();
        if current::join_within(self.joinable()?, nanoseconds(timeout), location) {
            world::wait_for(&self.0.life, location);
        } else {
            current::offer_turn(location);
        }
        Ok(())
    }

    /// `is_alive()`: whether it has been started and has not ended.
    ///
    /// # Errors
    ///
    /// `AssertionError: can only test a child process`; `ValueError: process object is closed`.
    #[track_caller]
    pub fn is_alive(&self) -> Result<bool, Error> {
        let location = Location::caller();
        self.check()?;
        let me = current::process();
        if self.0.life.thread.get() == Some(&me) {
            return Ok(true);
        }
        if self.0.life.parent != me {
            return Err(Error::assertion("can only test a child process"));
        }
        Ok(self.0.life.thread.get().is_some() && !self.has_ended(location))
    }

    /// `exitcode`: `None` while it has not ended, 0 after an ordinary end, 1 after an unhandled exception, the code of a
    /// `sys.exit`, minus the number of the signal that ended it.
    ///
    /// # Errors
    ///
    /// `ValueError: process object is closed`
    #[track_caller]
    pub fn exitcode(&self) -> Result<Option<i32>, Error> {
        let location = Location::caller();
        self.check()?;
        let ended = self.0.life.thread.get().is_some() && self.has_ended(location);
        Ok(if ended { self.0.life.exit.get().copied() } else { None })
    }

    /// `terminate()`: sends it SIGTERM, which ends it wherever it then is.
    ///
    /// The signal is on its way when this returns, as in CPython: a hidden thread delivers it. The locks that the process holds
    /// stay held. The ends of pipes that it has used are closed; an end that it was given and had not yet touched is not.
    ///
    /// # Errors
    ///
    /// `AttributeError: 'NoneType' object has no attribute 'terminate'` before it is started; `ValueError: process object is
    /// closed`.
    #[track_caller]
    pub fn terminate(&self) -> Result<(), Error> {
        self.signal(TERMINATED, "terminate", "SIGTERM", Location::caller())
    }

    /// `kill()`: as [`terminate`](Self::terminate), with SIGKILL.
    ///
    /// # Errors
    ///
    /// As [`terminate`](Self::terminate).
    #[track_caller]
    pub fn kill(&self) -> Result<(), Error> {
        self.signal(KILLED, "kill", "SIGKILL", Location::caller())
    }

    /// `close()`: lets go of it; nothing else can be asked of it then.
    ///
    /// # Errors
    ///
    /// `ValueError: Cannot close a process while it is still running. You should first call join() or terminate().`
    #[track_caller]
    pub fn close(&self) -> Result<(), Error> {
        let location = Location::caller();
        if self.0.closed.get().is_none() && self.0.life.thread.get().is_some() && !self.has_ended(location) {
            let message = "Cannot close a process while it is still running. You should first call join() or terminate().";
            return Err(Error::value(message));
        }
        self.0.closed.get_or_init(|| ());
        Ok(())
    }

    /// `name`
    pub fn name(&self) -> String {
        self.0.life.name.clone()
    }

    /// `daemon`
    pub fn is_daemon(&self) -> bool {
        self.0.life.daemon
    }

    /// `pid`: a small number that is the same in every run of a schedule; `None` before it is started.
    pub fn pid(&self) -> Option<u32> {
        self.0.life.thread.get().map(|thread| thread.0)
    }

    fn signal(
        &self,
        code: i32,
        method: &str,
        name: &str,
        location: &'static Location<'static>,
    ) -> Result<(), Error> {
        self.check()?;
        if self.0.life.thread.get().is_none() {
            let message = format!("'NoneType' object has no attribute '{method}'");
            return Err(Error::AttributeError(message));
        }
        if self.0.life.signal.get().is_some() {
            return Ok(());
        }
        let life = Arc::clone(&self.0.life);
        let name = format!("{name} to {}", life.name);
        let claim = current::spawn(&name, true, location, move || {
            roster::hide();
            life.signal.get_or_init(current::thread);
            world::kill(&life, code, location);
        });
        self.0.life.signal.get_or_init(|| claim.thread);
        Ok(())
    }

    /// Asks whether it has ended, given that it was started.
    pub(super) fn has_ended(&self, location: &'static Location<'static>) -> bool {
        let ended = |thread: Option<&ThreadId>| {
            thread.is_none_or(|thread| {
                let question = Action::Thread(ThreadAction::IsFinished(*thread));
                current::perform(Operation::free(question), location).value() == Some(1)
            })
        };
        let signalled = self.0.life.exit.get().is_some_and(|code| *code < 0);
        ended(self.0.life.thread.get()) && (!signalled || ended(self.0.life.signal.get()))
    }

    /// A handle to a process that runs or has run.
    pub(super) fn known(life: Arc<Life>) -> Self {
        let (target, closed) = (Mutex::new(None), OnceLock::new());
        Process(Arc::new(Inner { life, epoch: current::epoch(), target, closed }))
    }

    fn joinable(&self) -> Result<ThreadId, Error> {
        self.check()?;
        if self.0.life.parent != current::process() || self.0.life.thread.get() == Some(&ThreadId::MAIN) {
            return Err(Error::assertion("can only join a child process"));
        }
        self.0.life.thread.get().copied().ok_or_else(|| Error::assertion("can only join a started process"))
    }

    fn check(&self) -> Result<(), Error> {
        require_exploration();
        assert!(self.0.epoch == current::epoch(), "this process belongs to another execution");
        match self.0.closed.get() {
            Some(()) => Err(Error::value("process object is closed")),
            None => Ok(()),
        }
    }

    #[track_caller]
    fn sole(&mut self) -> &mut Life {
        let inner = Arc::get_mut(&mut self.0).and_then(|inner| Arc::get_mut(&mut inner.life));
        inner.expect("say what a process is before it is shared or started")
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("name", &self.0.life.name)
            .field("daemon", &self.0.life.daemon)
            .finish_non_exhaustive()
    }
}

/// What the first thread of a process does.
fn run(life: &Life, target: Target, location: &'static Location<'static>) {
    let result = catch_unwind(AssertUnwindSafe(target));
    if current::is_tearing_down() {
        if let Err(payload) = result {
            resume_unwind(payload);
        }
        return;
    }
    let written = world::leave(location);
    futures::end_pools(location);
    roster::join_all(location);
    world::end_rest(&written, location);
    let code = match &result {
        Ok(Ok(())) => 0,
        Ok(Err(Error::SystemExit(code))) => *code,
        _ => 1,
    };
    let _ = life.exit.set(code);
    match result {
        Err(payload) => resume_unwind(payload),
        Ok(Err(error)) if !matches!(error, Error::SystemExit(_)) => panic!("{error}"),
        Ok(_) => {}
    }
}
