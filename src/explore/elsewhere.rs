//! Explorations whose executions another backend carries.
//!
//! ```text
//! the backend runs executions until it has enough; those in which something is wrong are kept
//! each of these is run again by the engine, along the same schedule
//!     it does the same   -> the engine tells what is wrong, and looks for the smallest execution that shows it
//!     it does not        -> what the backend has shown is told as it is, and that the engine does not repeat it
//! ```

use super::again::Drops;
use super::config::Config;
use super::report::{Coverage, Report, count};
use super::runner::Runner;
use super::search::Search;
use crate::backend::{self, Backend, Job, Outcome, Plan};
use crate::base::{Error, Strategy};
use crate::engine::{MemoryModel, PointerSteps};
use crate::finding;
use crate::trace::Trace;
use std::sync::Arc;
use std::time::Duration;

/// How many choices an execution may have where the settings do not say: the schedulers of others are not fair.
const STEPS: u64 = 20_000;
const STEPS_OF_STD: u64 = 2_000;
/// How many executions are run where the settings do not say.
const USUAL: u64 = 2_000;
/// How long a search may take that nobody has set a bound to.
const LONGEST: Duration = Duration::from_secs(60);

impl<F: Fn() + Sync> Runner<'_, F> {
    /// Explores the model on the backend that the settings ask for.
    pub(super) fn explore_elsewhere(
        mut self,
        model: Arc<dyn Fn() + Send + Sync>,
        custom: Option<Box<dyn Strategy>>,
    ) -> Result<Report, Error> {
        let backend = self.config.backend;
        self.report.backend = backend;
        self.set_drops(Drops::Watched(PointerSteps::None));
        let job = self.job(Arc::clone(&model), custom.is_some())?;
        if backend == Backend::Loom {
            self.report.memory = MemoryModel::C11;
            self.engine.set_memory(MemoryModel::C11);
        }
        let plan = job.plan.clone();
        let mut outcome = backend::run(job, &mut self)?;
        while let Some(steps) = self.drops.wanted(outcome.pointers_matter) {
            self.begin_with_drops(steps);
            outcome = backend::run(self.job(Arc::clone(&model), false)?, &mut self)?;
        }
        self.adopt(&outcome);
        self.report.coverage = match &plan {
            _ if !self.report.findings.is_empty() && self.has_enough() => Coverage::Stopped,
            _ if outcome.cut_short > 0 => Coverage::Sampled,
            Plan::All { preemptions: Some(bound) } if outcome.exhausted => Coverage::AllWithin(*bound),
            _ if outcome.exhausted && tries_all(backend, &plan) => Coverage::AllOf(backend),
            Plan::Replay(_) => Coverage::Replayed,
            _ => Coverage::Sampled,
        };
        Ok(self.hand_over())
    }

    /// Replays a schedule in place of a backend that can follow none.
    pub(super) fn replay_instead(mut self, backend: Backend) -> Result<Report, Error> {
        if backend == Backend::Loom {
            self.config.memory.get_or_insert(MemoryModel::C11);
        }
        let mut report = self.explore(None)?;
        report.remarks.push(format!("the engine has replayed it, as {backend} can follow no schedule"));
        Ok(report)
    }

    fn job(&self, model: Arc<dyn Fn() + Send + Sync>, custom: bool) -> Result<Job, Error> {
        let config = &self.config;
        let backend = config.backend;
        let refuse = |what: &str| {
            let place = format!("on the backend {backend}");
            Err(Error::new(format!("there is no {what}"), place, "ask for none, or use the engine"))
        };
        if custom {
            return refuse("strategy of the engine's");
        }
        if config.shard.of > 1 || self.extras.checkpoints.is_some() || self.extras.resume.is_some() {
            return refuse("search in parts or with checkpoints");
        }
        if config.measure {
            return refuse("measure of what was interrupted");
        }
        if config.jobs > 1 {
            return refuse("second worker");
        }
        let memory = match backend {
            Backend::Loom => MemoryModel::C11,
            _ => MemoryModel::SequentiallyConsistent,
        };
        let replays = matches!(config.search, Search::Replay(_));
        if config.memory.is_some_and(|asked| asked != memory) && !replays {
            return refuse("other memory model");
        }
        // A bound that somebody has set is meant; the usual one is the engine's, which is many times as fast.
        let executions = match config.choices {
            u64::MAX => config.executions,
            _ if backend == Backend::Loom => u64::MAX,
            _ => config.executions.min(USUAL),
        };
        let time = config.time.or((config.choices != u64::MAX || executions == u64::MAX).then_some(LONGEST));
        let mut settings = config.settings();
        if settings.steps == Config::default().steps {
            settings.steps = if backend == Backend::Std { STEPS_OF_STD } else { STEPS };
        }
        settings.memory = memory;
        if backend == Backend::Loom {
            settings.steps = settings.steps.min(backend::LOOM_STEPS);
        }
        Ok(Job {
            backend,
            model,
            settings,
            plan: plan_of(&config.search),
            plan_name: config.search.to_string(),
            seed: config.seed,
            executions,
            time,
            steps: self.drops.steps(),
            observed: self.observer.is_some(),
            interrupt: self.extras.interrupt.clone(),
        })
    }

    /// What the backend has counted and found.
    fn adopt(&mut self, outcome: &Outcome) {
        let report = &mut self.report;
        report.strategy.clone_from(&outcome.strategy);
        report.executions = outcome.executions;
        report.choices = outcome.choices;
        report.longest = outcome.longest;
        report.most_threads = outcome.threads;
        report.cut_short = outcome.cut_short;
        report.counts_seen = outcome.counts_seen;
        report.endless = outcome.endless;
        report.matters = outcome.matters;
        if let Some(outputs) = &mut report.outputs {
            outputs.clone_from(&outcome.outputs);
        }
        report.broken.clone_from(&outcome.stranded);
        if outcome.counts_seen {
            let what = "clones and drops of an `Arc` are no choices there, and the model looks at its count";
            report.remarks.push(what.to_owned());
        }
        if let Some((executions, what)) = &outcome.odd {
            report.remarks.push(format!(
                "passed over {} of {}, which did what the objects they met cannot do: first {what}",
                count(*executions, "execution"),
                report.backend
            ));
        }
        if let (true, Some((execution, trace))) = (self.report.findings.is_empty(), &outcome.unended) {
            self.report.executions = *execution;
            self.tell_of_unended(trace);
        }
        self.report.executions = outcome.executions;
    }

    /// An execution of the backend's has reached the bound on steps: the engine sees whether that is because it goes round and round.
    fn tell_of_unended(&mut self, trace: &Trace) {
        if let Some(again) = self.rerun(trace.schedule.clone(), true) {
            self.diagnose_and_settle(again);
        }
    }

    fn diagnose_and_settle(&mut self, trace: Trace) {
        let from = self.report.findings.len();
        self.diagnose(trace);
        (from..self.report.findings.len()).for_each(|index| self.settle(index));
    }
}

impl<F: Fn() + Sync> backend::Host for Runner<'_, F> {
    fn watch(&mut self, trace: &Trace) {
        self.observer.iter_mut().for_each(|observe| observe(trace));
    }

    /// Looks what is wrong with an execution of the backend's, with the engine's help.
    fn find(&mut self, execution: u64, trace: &Trace) -> bool {
        self.report.executions = execution;
        let from = self.report.findings.len();
        // Threads begin to run when the backend lets them, so that not all steps need be in the same places.
        let same = |again: &Trace| again.ending == trace.ending;
        match self.rerun(trace.schedule.clone(), false).filter(same) {
            Some(again) => self.diagnose_and_settle(again),
            None => {
                self.keep(finding::diagnose(trace), trace);
                if self.report.findings.len() > from {
                    let backend = self.report.backend;
                    self.report.remarks.push(format!("the engine does not repeat what {backend} has shown"));
                }
            }
        }
        self.has_enough()
    }
}

fn plan_of(search: &Search) -> Plan {
    match search {
        Search::Portfolio => Plan::Usual,
        Search::Exhaustive | Search::Dfs { preemptions: None } => Plan::All { preemptions: None },
        Search::Dfs { preemptions } => Plan::All { preemptions: *preemptions },
        Search::Random => Plan::Random,
        Search::Pct { depth } => Plan::Pct { depth: *depth },
        Search::Surw => Plan::Uniform,
        Search::Replay(schedule) => Plan::Replay(schedule.clone()),
        Search::Pos | Search::Fuzz | Search::Bounded => Plan::Other,
    }
}

/// Whether the backend's search under this plan ends by itself when nothing is left to try.
fn tries_all(backend: Backend, plan: &Plan) -> bool {
    backend == Backend::Loom || matches!(plan, Plan::All { .. })
}
