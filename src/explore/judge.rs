//! What is wrong with executions, and the smallest that shows it.

use super::minimise;
use super::report::{Elapsed, Found, Report};
use super::runner::{MOST_FINDINGS, Runner};
use crate::base::Strategy;
use crate::engine::Summary;
use crate::finding::{self, Finding, FindingKind};
use crate::strategy;
use crate::trace::{Trace, departure};

impl<F: Fn()> Runner<'_, F> {
    /// Looks for what is wrong with the last execution, if there is reason to.
    pub(super) fn judge(&mut self, summary: &Summary) {
        if self.is_worth_a_look(summary)
            && let Some(trace) = self.trace_to_judge(summary)
        {
            self.diagnose(trace);
        }
    }

    /// The trace of the last execution as one who looks from outside sees it. Where it was run otherwise for a strategy that
    /// learns, it is run again.
    pub(super) fn trace_to_judge(&mut self, summary: &Summary) -> Option<Trace> {
        let trace = self.engine.trace();
        let Some(choices) = summary.closed_at.or(summary.ran_for_learning.then_some(u64::MAX)) else {
            return Some(trace);
        };
        let schedule = trace.schedule.choices().take(choices.try_into().unwrap_or(usize::MAX)).collect();
        self.rerun(schedule, true)
    }

    /// The order of locks can be wrong in an execution in which nothing went wrong; each way of nesting is looked at once.
    fn is_worth_a_look(&mut self, summary: &Summary) -> bool {
        let new_order = finding::lock_order::is_new(summary.nested_locks, &mut self.lock_orders);
        summary.suspicious || new_order
    }

    pub(super) fn diagnose(&mut self, trace: Trace) {
        let findings = self.findings_of(&trace);
        self.keep(findings, &trace);
    }

    /// Reports what is new of an execution's findings.
    pub(super) fn keep(&mut self, findings: Vec<Finding>, trace: &Trace) {
        let execution = self.report.executions;
        let deadlocked = |f: &Finding| matches!(f.kind(), FindingKind::Deadlock | FindingKind::LostWakeup);
        let deadlocked = findings.iter().any(deadlocked);
        for finding in findings {
            // Who has seen the deadlock needs no warning that one could happen.
            if deadlocked && finding.kind() == FindingKind::LockOrderInversion {
                continue;
            }
            let signature = finding.signature(trace).to_string();
            if self.report.findings.len() < MOST_FINDINGS && self.seen.insert(signature) {
                self.report.findings.push(Found { finding, trace: trace.clone(), execution });
            }
        }
    }

    /// What is wrong with an execution. At a deadlock each sleeper is asked, by running it, what it would do if woken.
    pub(super) fn findings_of(&mut self, trace: &Trace) -> Vec<Finding> {
        let mut lost = Vec::new();
        for thread in finding::lost_wakeup::candidates(trace) {
            let mut replay = strategy::replay(trace.schedule.clone());
            replay.begin();
            let probe = self.engine.probe(self.model, Box::new(replay), thread);
            lost.extend(finding::lost_wakeup::judge(trace, thread, &probe));
        }
        finding::diagnose_with(trace, lost)
    }

    /// The report, when all has been run.
    pub(super) fn finish(mut self) -> Report {
        let found = !self.report.findings.is_empty() && self.report.divergence.is_none();
        if found && !self.is_as_in_the_beginning() {
            // What was found may be due to what was left over, and so may what a repetition of it would find.
            self.report.findings.clear();
        }
        for index in 0..self.report.findings.len() {
            self.settle(index);
        }
        self.hand_over()
    }

    /// The report as it stands, the most important finding first.
    pub(super) fn hand_over(mut self) -> Report {
        self.report
            .findings
            .sort_by_key(|found| (std::cmp::Reverse(found.finding.severity()), found.finding.kind()));
        self.engine.retire();
        self.report.time = Elapsed(self.started.elapsed());
        self.report
    }

    /// Looks for the smallest execution that shows a finding, and writes it out.
    pub(super) fn settle(&mut self, index: usize) {
        let found = self.report.findings[index].clone();
        if self.config.minimise {
            self.report.findings[index] = minimise::minimise(self, found);
        }
        self.add_notes(index);
    }

    /// Runs the final schedule once more: it must do the same, and this time values are kept as text.
    fn add_notes(&mut self, index: usize) {
        if self.report.findings[index].trace.skipped > 0 {
            return;
        }
        let trace = self.report.findings[index].trace.clone();
        self.engine.keep_notes(true);
        let again = self.repeat(trace.schedule.clone());
        self.engine.keep_notes(false);
        match departure(&trace, &again) {
            None => self.report.findings[index].trace.notes = again.notes,
            Some(departure) => {
                self.report.divergence.get_or_insert(format!(
                    "an execution that {} was run again with the same choices: {departure}",
                    trace.ending
                ));
            }
        }
    }
}
