//! What is known while an exploration runs.

use super::runner::Runner;
use crate::base::Strategy;
use std::sync::atomic::Ordering;
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

impl<F: Fn()> Runner<'_, F> {
    /// Tells who watches how far it has come; whether the time is up.
    pub(super) fn beat(&mut self, strategy: &dyn Strategy) -> bool {
        let estimate = strategy.estimate().map(|estimate| (estimate, strategy.spread()));
        self.tell(self.report.executions, self.report.choices, estimate);
        self.config.time.is_some_and(|limit| self.started.elapsed() >= limit)
            || self.extras.interrupt.as_ref().is_some_and(|interrupt| interrupt.load(Ordering::Relaxed))
    }

    /// Tells who watches, if anybody does.
    pub(super) fn tell(&mut self, executions: u64, choices: u64, estimate: Option<(f64, Option<f64>)>) {
        if let Some(progress) = &mut self.progress {
            progress(&Progress {
                executions,
                choices,
                findings: self.report.findings.len(),
                estimate: estimate.map(|(estimate, _)| estimate),
                spread: estimate.and_then(|(_, spread)| spread),
                bound: self.config.executions,
                elapsed: self.started.elapsed(),
            });
        }
    }
}
