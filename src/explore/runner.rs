//! The loop: strategy times model gives a report.

use super::config::{Config, Search};
use super::minimise;
use super::progress::{Progress, Watcher};
use super::report::{Coverage, Found, Report};
use crate::base::{Ending, Error, Schedule, Strategy};
use crate::engine::{Engine, Summary};
use crate::finding::{self, Finding, FindingKind};
use crate::strategy::{self, Dfs, Replay};
use crate::trace::{Trace, first_difference};
use std::any::Any;
use std::collections::BTreeSet;
use std::time::Instant;

/// How many findings of different kinds are collected at most.
const MOST_FINDINGS: usize = 32;
/// Executions between two calls of the progress callback, and looks at the time.
const BEAT: u64 = 64;

pub(super) struct Runner<'a, F> {
    pub(super) engine: Engine,
    pub(super) model: &'a F,
    pub(super) config: Config,
    progress: Option<Watcher<Progress>>,
    observer: Option<Watcher<Trace>>,
    started: Instant,
    report: Report,
    seen: BTreeSet<String>,
    lock_orders: BTreeSet<u64>,
}

/// How a strategy's turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It had nothing left to try.
    Done,
    /// Its share of the budget is used up.
    Budget,
    /// A finding, and no more were asked for; or the time is up.
    Stop,
}

impl<'a, F: Fn()> Runner<'a, F> {
    pub(super) fn new(
        config: Config,
        model: &'a F,
        progress: Option<Watcher<Progress>>,
        observer: Option<Watcher<Trace>>,
    ) -> Self {
        let report = Report {
            name: config.name.clone(),
            replay_command: config.replay_command.clone(),
            explore_command: config.explore_command.clone(),
            locations: config.locations,
            replayed: None,
            strategy: String::new(),
            executions: 0,
            choices: 0,
            longest: 0,
            most_threads: 0,
            cut_short: 0,
            fairness_assumed: false,
            counts_seen: false,
            estimate: None,
            coverage: Coverage::Sampled,
            findings: Vec::new(),
            divergence: None,
        };
        let engine = Engine::new(config.settings());
        let (seen, lock_orders) = (BTreeSet::new(), BTreeSet::new());
        Runner {
            engine,
            model,
            config,
            progress,
            observer,
            started: Instant::now(),
            report,
            seen,
            lock_orders,
        }
    }

    pub(super) fn explore(mut self, custom: Option<Box<dyn Strategy>>) -> Result<Report, Error> {
        let (executions, choices, seed) = (self.config.executions, self.config.choices, self.config.seed);
        if let Some(strategy) = custom {
            self.single(strategy)?;
        } else {
            match self.config.search.clone() {
                Search::Portfolio => self.portfolio(executions, choices, seed)?,
                Search::Random => self.single(Box::new(strategy::random(seed)))?,
                Search::Pct { depth } => self.single(Box::new(strategy::pct(depth, seed)?))?,
                Search::Dfs { preemptions: None } => self.single(Box::new(strategy::dfs()))?,
                Search::Dfs { preemptions: Some(bound) } => {
                    self.single(Box::new(strategy::dfs().preemption_bound(bound)))?;
                }
                Search::Replay(schedule) => {
                    // Its trace is shown whether or not anything is wrong with it.
                    self.engine.keep_notes(true);
                    self.single(Box::new(strategy::replay(schedule)))?;
                }
            }
        }
        Ok(self.finish())
    }

    /// Every interleaving as far as half of the budget reaches, then sampling: half by PCT, half by a random walk.
    fn portfolio(&mut self, executions: u64, choices: u64, seed: u64) -> Result<(), Error> {
        let (end, strategy) = self.run(Box::new(strategy::dfs()), executions, choices)?;
        self.describe(&*strategy, end);
        if end != End::Budget {
            return Ok(());
        }
        let first = self.report.strategy.clone();
        let samplers: [Box<dyn Strategy>; 2] =
            [Box::new(strategy::pct(3, seed)?), Box::new(strategy::random(seed))];
        for sampler in samplers {
            let (end, sampler) = self.run(sampler, (executions / 2).max(1), (choices / 2).max(1))?;
            let estimate = self.report.estimate;
            let so_far = std::mem::take(&mut self.report.strategy);
            self.describe(&*sampler, end);
            self.report.estimate = estimate;
            self.report.strategy = format!("{so_far}, then {}", self.report.strategy);
            if end == End::Stop {
                break;
            }
        }
        debug_assert!(self.report.strategy.starts_with(&first));
        Ok(())
    }

    fn single(&mut self, strategy: Box<dyn Strategy>) -> Result<(), Error> {
        let (executions, choices) = (self.config.executions, self.config.choices);
        let (end, strategy) = self.run(strategy, executions, choices)?;
        self.describe(&*strategy, end);
        Ok(())
    }

    fn describe(&mut self, strategy: &dyn Strategy, end: End) {
        let any: &dyn Any = strategy;
        self.report.strategy = strategy.describe();
        self.report.estimate = strategy.estimate();
        self.report.coverage = match end {
            End::Stop if !self.report.findings.is_empty() => Coverage::Stopped,
            End::Done if self.report.cut_short > 0 => Coverage::Sampled,
            End::Done if strategy.exhausted() => Coverage::Proved,
            End::Done if any.is::<Replay>() => Coverage::Replayed,
            End::Done => {
                any.downcast_ref::<Dfs>().and_then(Dfs::bound).map_or(Coverage::Sampled, Coverage::AllWithin)
            }
            _ => Coverage::Sampled,
        };
    }

    /// Runs a strategy until it is done, its share of the budget is used up, or there is reason to stop.
    fn run(
        &mut self,
        mut strategy: Box<dyn Strategy>,
        executions: u64,
        choices: u64,
    ) -> Result<(End, Box<dyn Strategy>), Error> {
        let (mut run, mut chosen) = (0u64, 0u64);
        loop {
            if run >= executions || chosen >= choices {
                return Ok((End::Budget, strategy));
            }
            if !strategy.begin() {
                return Ok((End::Done, strategy));
            }
            let (summary, back) = self.engine.run(self.model, strategy);
            strategy = back;
            strategy.end(summary.choices);
            run += 1;
            chosen += summary.choices;
            self.count(&summary);
            if let Some(observer) = &mut self.observer {
                observer(&self.engine.trace());
            }
            if summary.ending == Ending::Stopped {
                self.explain_stop(&*strategy)?;
                return Ok((End::Stop, strategy));
            }
            self.check_replay(&*strategy)?;
            if self.is_worth_a_look(&summary) {
                let trace = self.engine.trace();
                self.diagnose(trace);
            }
            let full = self.report.failed() && !self.config.all_findings;
            if full || self.report.findings.len() >= MOST_FINDINGS {
                return Ok((End::Stop, strategy));
            }
            if (run % BEAT == 0 || summary.choices > 100_000) && self.beat(&*strategy) {
                return Ok((End::Stop, strategy));
            }
        }
    }

    fn count(&mut self, summary: &Summary) {
        let report = &mut self.report;
        report.executions += 1;
        report.choices += summary.choices;
        report.longest = report.longest.max(summary.choices);
        report.most_threads = report.most_threads.max(summary.threads);
        report.fairness_assumed |= summary.fairness_assumed;
        report.counts_seen |= summary.count_seen;
        report.cut_short += u64::from(summary.ending == Ending::StepLimit);
    }

    /// The order of locks can be wrong in an execution in which nothing went wrong; each way of nesting is looked at once.
    fn is_worth_a_look(&mut self, summary: &Summary) -> bool {
        let new_order = summary
            .nested_locks
            .is_some_and(|order| self.lock_orders.len() < 4096 && self.lock_orders.insert(order));
        summary.suspicious || new_order
    }

    /// Tells who watches how far it has come; whether the time is up.
    fn beat(&mut self, strategy: &dyn Strategy) -> bool {
        let elapsed = self.started.elapsed();
        if let Some(progress) = &mut self.progress {
            progress(&Progress {
                executions: self.report.executions,
                choices: self.report.choices,
                findings: self.report.findings.len(),
                estimate: strategy.estimate(),
                bound: self.config.executions,
                elapsed,
            });
        }
        self.config.time.is_some_and(|limit| elapsed >= limit)
    }

    /// The strategy has stopped the execution: a schedule does not fit, or the model does not repeat itself.
    fn explain_stop(&mut self, strategy: &dyn Strategy) -> Result<(), Error> {
        let any: &dyn Any = strategy;
        if let Some(divergence) = any.downcast_ref::<Replay>().and_then(Replay::divergence) {
            return Err(stale(&divergence.to_string()));
        }
        let divergence = any.downcast_ref::<Dfs>().and_then(Dfs::divergence).map(ToString::to_string);
        self.report.divergence =
            Some(divergence.unwrap_or_else(|| "the strategy chose a thread that cannot go on".to_string()));
        Ok(())
    }

    /// A replayed schedule carries checks: did the model do what it did when the schedule was made?
    fn check_replay(&mut self, strategy: &dyn Strategy) -> Result<(), Error> {
        let any: &dyn Any = strategy;
        let Some(replay) = any.downcast_ref::<Replay>() else { return Ok(()) };
        if let Some(divergence) = replay.divergence() {
            return Err(stale(&divergence.to_string()));
        }
        let trace = self.engine.trace();
        match first_difference(replay.schedule(), &trace) {
            Some(difference) => Err(stale(&difference.to_string())),
            None => {
                self.report.replayed = Some(trace);
                Ok(())
            }
        }
    }

    fn diagnose(&mut self, trace: Trace) {
        let execution = self.report.executions;
        let findings = self.findings_of(&trace);
        let deadlocked = |f: &Finding| matches!(f.kind(), FindingKind::Deadlock | FindingKind::LostWakeup);
        let deadlocked = findings.iter().any(deadlocked);
        for finding in findings {
            // Who has seen the deadlock needs no warning that one could happen.
            if deadlocked && finding.kind() == FindingKind::LockOrderInversion {
                continue;
            }
            let signature = finding.signature(&trace).to_string();
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

    /// Runs one schedule; its trace, unless it does not fit.
    pub(super) fn rerun(&mut self, schedule: Schedule, lenient: bool) -> Option<Trace> {
        let replay = strategy::replay(schedule);
        let mut replay = if lenient { replay.lenient() } else { replay };
        replay.begin();
        let (summary, _) = self.engine.run(self.model, Box::new(replay));
        (summary.ending != Ending::Stopped).then(|| self.engine.trace())
    }

    fn finish(mut self) -> Report {
        for index in 0..self.report.findings.len() {
            let found = self.report.findings[index].clone();
            if self.config.minimise {
                self.report.findings[index] = minimise::minimise(&mut self, found);
            }
            self.add_notes(index);
        }
        self.report
            .findings
            .sort_by_key(|found| (std::cmp::Reverse(found.finding.severity()), found.finding.kind()));
        self.engine.retire();
        self.report
    }

    /// Runs the final schedule once more: it must do the same, and this time values are kept as text.
    fn add_notes(&mut self, index: usize) {
        let trace = &self.report.findings[index].trace;
        if trace.skipped > 0 {
            return;
        }
        let (schedule, ending, steps) = (trace.schedule.clone(), trace.ending, trace.steps.len());
        self.engine.keep_notes(true);
        let again = self.rerun(schedule, false);
        self.engine.keep_notes(false);
        match again {
            Some(again) if again.ending == ending && again.steps.len() == steps => {
                self.report.findings[index].trace.notes = again.notes;
            }
            again => {
                let ending = again.map_or("it could not be followed to its end".to_string(), |t| {
                    format!("it {}", t.ending)
                });
                self.report.divergence.get_or_insert(format!(
                    "an execution that {} was run again with the same choices and then {ending}",
                    self.report.findings[index].trace.ending
                ));
            }
        }
    }
}

fn stale(what: &str) -> Error {
    Error::new(
        what.to_string(),
        "in the schedule to replay",
        "the model has changed since the schedule was recorded, or it belongs to another one; explore again for a new schedule",
    )
}
