//! Layer 1: what happened, as data, and how it is shown.

#[cfg(test)]
pub(crate) mod builder;
pub mod causality;
pub mod checks;
pub mod file;
pub mod matters;
pub mod minimise;
pub mod names;
pub mod points;
pub mod render;
pub mod repeat;
pub mod snapshot;
pub mod standing;
pub mod state;
pub mod switches;

pub use causality::equivalence;
pub use checks::{
    Difference, DifferenceKind, check_signature, checked_schedule, fingerprint, first_difference,
};
pub use file::{Divergence, TraceFile};
pub use matters::order_matters;
pub use names::Names;
pub use render::{Annotation, Style, render};
pub use repeat::{Departure, departure};
pub use snapshot::snapshot;

use crate::base::{Ending, Name, ObjectId, ObjectKind, Operation, Schedule, Step, TextId, Texts, ThreadId};
use std::panic::Location;

/// One execution: its schedule, its steps and how it ended.
///
/// Its [`Display`](std::fmt::Display) form shows the steps in columns, as [`render()`] does in the default [`Style`]: names and values
/// only, so that it can be a snapshot. [`snapshot()`] says what there is besides.
///
/// ```
/// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use selvedge::{Explorer, thread};
///
/// let explorer = Explorer::new().on_execution(|trace| {
///     assert!(trace.to_string().contains("store total = 1"), "{trace}");
/// });
/// explorer
///     .explore(|| {
///         static TOTAL: AtomicU32 = AtomicU32::with_name(0, "total");
///         thread::spawn(|| TOTAL.store(1, SeqCst)).join().unwrap();
///     })
///     .unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Trace {
    /// The choices made.
    pub schedule: Schedule,
    /// The steps performed; of a very long execution only the last ones.
    pub steps: Vec<Step>,
    /// How many steps were performed before the first one kept.
    pub skipped: u64,
    /// How it ended.
    pub ending: Ending,
    /// The threads, in the order of their numbers.
    pub threads: Vec<ThreadRecord>,
    /// The objects, in the order of their numbers.
    pub objects: Vec<ObjectRecord>,
    /// Pairs of unordered accesses to a cell.
    pub races: Vec<Race>,
    /// Panics, in the order in which they happened.
    pub panics: Vec<Panic>,
    /// Values too large for a step, as text: (offset of the step, text). Only kept when the engine was asked to.
    pub notes: Vec<(u64, String)>,
    /// What was written to the standard output, in order, as far as the execution goes for one who looks at it from outside.
    pub written: Vec<TextId>,
    /// The texts written.
    pub texts: Texts,
}

/// What is known of a thread at the end of an execution.
#[derive(Clone, Debug)]
pub struct ThreadRecord {
    /// The name given; empty when none was.
    pub name: String,
    /// Who spawned it.
    pub parent: Option<ThreadId>,
    /// Whether the execution does not wait for it.
    pub daemon: bool,
    /// Where it stands.
    pub status: ThreadStatus,
}

/// Where a thread stands at the end of an execution.
#[derive(Clone, Copy, Debug)]
pub enum ThreadStatus {
    /// It returned.
    Finished,
    /// It panicked; whether somebody has learned of it by joining it.
    Panicked {
        /// Whether a join has returned the panic.
        delivered: bool,
    },
    /// Somebody has ended its process.
    Killed,
    /// It waits to perform this and could.
    Enabled(Operation, &'static Location<'static>),
    /// It waits to perform this and cannot.
    Blocked(Operation, &'static Location<'static>),
}

impl ThreadStatus {
    /// What it is about to do, if it has not ended.
    pub fn pending(&self) -> Option<Operation> {
        match self {
            ThreadStatus::Enabled(operation, _) | ThreadStatus::Blocked(operation, _) => Some(*operation),
            ThreadStatus::Finished | ThreadStatus::Killed | ThreadStatus::Panicked { .. } => None,
        }
    }

    /// Where in the model it is about to do so.
    pub fn location(&self) -> Option<&'static Location<'static>> {
        match self {
            ThreadStatus::Enabled(_, location) | ThreadStatus::Blocked(_, location) => Some(location),
            ThreadStatus::Finished | ThreadStatus::Killed | ThreadStatus::Panicked { .. } => None,
        }
    }
}

impl Trace {
    /// The steps kept, each with its offset: its number in the whole execution, counted from zero.
    pub fn numbered(&self) -> impl DoubleEndedIterator<Item = (u64, &Step)> + '_ {
        self.steps.iter().enumerate().map(|(index, step)| (self.skipped + index as u64, step))
    }

    /// The step at `offset`, if it is one of those kept.
    pub fn step(&self, offset: u64) -> Option<&Step> {
        self.steps.get(offset.checked_sub(self.skipped)? as usize)
    }

    /// All that was written to the standard output.
    pub fn output(&self) -> String {
        self.written.iter().map(|text| self.texts.get(*text)).collect()
    }

    /// The offset after the last step.
    pub fn end(&self) -> u64 {
        self.skipped + self.steps.len() as u64
    }
}

/// What is known of an object at the end of an execution.
#[derive(Clone, Debug)]
pub struct ObjectRecord {
    /// What it is.
    pub kind: ObjectKind,
    /// The name given; empty when none was.
    pub name: Name,
    /// Who holds it, for locks: the holder, or the first of several readers.
    pub holder: Option<ThreadId>,
}

/// Two accesses to a cell, at least one a write, that nothing orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Race {
    /// The cell.
    pub object: ObjectId,
    /// Offset of the earlier access.
    pub first: u64,
    /// Offset of the later access.
    pub second: u64,
}

/// A panic inside the model.
#[derive(Clone, Debug)]
pub struct Panic {
    /// Who panicked.
    pub thread: ThreadId,
    /// How many steps had been performed.
    pub at: u64,
    /// What it said.
    pub message: String,
    /// Where, as `file:line:column` of the model's source; empty when unknown.
    pub location: String,
    /// What kind of panic.
    pub kind: PanicKind,
}

/// How a panic came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanicKind {
    /// An ordinary panic.
    Ordinary,
    /// A destructor panicked while the thread was unwinding already: a real program would abort.
    WhileUnwinding,
    /// The thread needed more stack than it was given.
    StackOverflow,
    /// A destructor panicked while the threads were torn down after the execution had ended otherwise.
    WhileTearingDown,
}
