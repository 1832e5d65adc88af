//! Python's `logging`, as far as its module-level functions go: one root logger with one handler, which writes to the
//! standard output here, as a terminal shows both.
//!
//! ```
//! use selvedge::python::logging::{self, Level};
//! use selvedge::python::threading::Thread;
//! use selvedge::{Explorer, Output};
//!
//! let report = Explorer::new().output(Output::Observed).explore(|| {
//!     logging::basic_config(Level::Debug, "(%(threadName)s) %(message)s");
//!     let thread = Thread::new(|| logging::debug("Start")).named("worker");
//!     thread.start().unwrap();
//!     logging::info("Wait ...");
//! });
//! let outputs = report.unwrap().outputs().unwrap().iter().cloned().collect::<Vec<_>>();
//! assert_eq!(outputs, ["(MainThread) Wait ...\n(worker) Start\n", "(worker) Start\n(MainThread) Wait ...\n"]);
//! ```

mod format;

use super::identity::require_exploration;
use super::threading::current_thread;
use crate::engine::current;
use format::{Format, Record};
use std::fmt::Display;
use std::panic::Location;

/// `logging.BASIC_FORMAT`, which holds where nobody gives another.
pub const BASIC_FORMAT: &str = "%(levelname)s:%(name)s:%(message)s";

/// How important a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `logging.DEBUG`
    Debug = 10,
    /// `logging.INFO`
    Info = 20,
    /// `logging.WARNING`
    Warning = 30,
    /// `logging.ERROR`
    Error = 40,
    /// `logging.CRITICAL`
    Critical = 50,
}

impl Level {
    /// `logging.getLevelName(level)`
    pub fn name(self) -> &'static str {
        match self {
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warning => "WARNING",
            Level::Error => "ERROR",
            Level::Critical => "CRITICAL",
        }
    }
}

/// What `basicConfig` has been told.
struct Setup {
    level: Level,
    format: Format,
}

/// `logging.basicConfig(level=…, format=…)`: which records are written, and how. As in CPython it does nothing when it has been
/// called before, or anything has been logged.
///
/// Of the fields of a record there are `threadName`, `processName`, `message`, `levelname`, `levelno` and `name`, with the flags,
/// the width and the precision of Python's `%`.
///
/// # Panics
///
/// When the format is none, with CPython's words; outside of an exploration.
#[track_caller]
pub fn basic_config(level: Level, format: &str) {
    require_exploration();
    match Format::parse(format) {
        Ok(format) => with_setup(|setup| {
            setup.get_or_insert(Setup { level, format });
        }),
        Err(error) => panic!("{error}"),
    }
}

/// `logging.debug(message)`
///
/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub fn debug(message: impl Display) {
    log(Level::Debug, message);
}

/// `logging.info(message)`
///
/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub fn info(message: impl Display) {
    log(Level::Info, message);
}

/// `logging.warning(message)`
///
/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub fn warning(message: impl Display) {
    log(Level::Warning, message);
}

/// `logging.error(message)`
///
/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub fn error(message: impl Display) {
    log(Level::Error, message);
}

/// `logging.critical(message)`
///
/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub fn critical(message: impl Display) {
    log(Level::Critical, message);
}

/// `logging.log(level, message)`: one write, because a handler has a lock and writes the record with the end of its line. A
/// record below the level that was set is none.
///
/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub fn log(level: Level, message: impl Display) {
    require_exploration();
    let enabled = with_setup(|setup| level >= setup.get_or_insert_with(by_default).level);
    if !enabled {
        return;
    }
    // Made before the setup is looked at again: it runs the model's code.
    let record = Record { message: message.to_string(), thread: current_thread().name(), level };
    let line = with_setup(|setup| setup.get_or_insert_with(by_default).format.apply(&record));
    current::write(format_args!("{line}\n"), Location::caller());
}

fn by_default() -> Setup {
    let format = Format::parse(BASIC_FORMAT).expect("the basic format is one");
    Setup { level: Level::Warning, format }
}

impl current::Belongs for Option<Setup> {}

fn with_setup<R>(f: impl FnOnce(&mut Option<Setup>) -> R) -> R {
    current::of_execution(f)
}
