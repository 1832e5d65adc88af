//! What is known while an exploration runs.

use std::time::Duration;

/// How far an exploration has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Executions run.
    pub executions: u64,
    /// Choices made in them.
    pub choices: u64,
    /// Kinds of findings so far.
    pub findings: usize,
    /// How many executions there will be in all, as far as is known.
    pub estimate: Option<f64>,
    /// By how much that may well be wrong, as far as is known.
    pub spread: Option<f64>,
    /// The bound on executions.
    pub bound: u64,
    /// Time spent.
    pub elapsed: Duration,
}

/// Who is told of something while an exploration runs.
pub(super) type Watcher<T> = Box<dyn FnMut(&T)>;
