//! The loop: strategy times model gives a report.

use super::again::Drops;
use super::checkpoint::Checkpoint;
use super::config::Config;
use super::parallel::Survey;
use super::portfolio::Share;
use super::progress::{Progress, Watcher};
use super::report::{Coverage, Report};
use super::search::Search;
use crate::base::{Ending, Error, Schedule, Strategy};
use crate::engine::{Engine, Halt, Leeway, Loop, MemoryModel, Plain, PointerSteps, Summary};
use crate::strategy::{self, Bounded, Dfs, Exhaustive, Graphs, Replay};
use crate::trace::{Trace, first_difference};
use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// How many findings of different kinds are collected at most.
pub(super) const MOST_FINDINGS: usize = 32;
/// Executions between two calls of the progress callback, and looks at the time.
const BEAT: u64 = 64;
/// Or after so many choices.
const MANY: u64 = 100_000;

pub(super) struct Runner<'a, F> {
    pub(super) engine: Engine,
    pub(super) model: &'a F,
    pub(super) config: Config,
    pub(super) progress: Option<Watcher<Progress>>,
    pub(super) observer: Option<Watcher<Trace>>,
    pub(super) started: Instant,
    pub(super) report: Report,
    /// What to begin again with, because the model does what the exploration was not prepared for.
    pub(super) again: Option<Box<dyn Strategy>>,
    pub(super) drops: Drops,
    /// Where the model polls without a hint, as far as that is known; `None` when the exploration cannot begin again.
    pub(super) loops: Option<Vec<Loop>>,
    pub(super) seen: BTreeSet<String>,
    pub(super) lock_orders: BTreeSet<u64>,
    /// The first execution, of which it is known that it repeats itself.
    pub(super) first: Option<Trace>,
    /// What is known of the size of the search, should it be gone on with.
    pub(super) survey: Survey,
    pub(super) extras: Extras,
    /// What an execution has printed, while it is looked at.
    output: String,
}

/// What only some explorations are given.
#[derive(Default)]
pub(super) struct Extras {
    /// Set from outside to stop.
    pub(super) interrupt: Option<Arc<AtomicBool>>,
    /// Told now and then where the exploration stands.
    pub(super) checkpoints: Option<Watcher<Checkpoint>>,
    /// Where to go on from.
    pub(super) resume: Option<Checkpoint>,
}

/// How a strategy's turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
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
        crate::backend::prepare();
        let mut config = config;
        if config.memory.is_none() && matches!(config.search, Search::Replay(_)) {
            // There all that is different is a choice of the schedule.
            config.memory = Some(MemoryModel::C11);
        }
        let report = Report::new(&config);
        let engine = Engine::new(config.settings());
        let (seen, lock_orders) = (BTreeSet::new(), BTreeSet::new());
        Runner {
            engine,
            model,
            config,
            progress,
            observer,
            started: Instant::now(),
            again: None,
            drops: Drops::Watched(PointerSteps::None),
            loops: Some(Vec::new()),
            report,
            seen,
            lock_orders,
            first: None,
            survey: Survey::default(),
            extras: Extras::default(),
            output: String::new(),
        }
    }
}

impl<F: Fn() + Sync> Runner<'_, F> {
    pub(super) fn explore(mut self, custom: Option<Box<dyn Strategy>>) -> Result<Report, Error> {
        self.refuse_to_divide(custom.as_deref())?;
        self.watch_model(custom.as_deref());
        let Some(strategy) = custom else {
            self.search()?;
            while self.again.take().is_some() {
                self.forget()?;
                self.search()?;
            }
            return Ok(self.finish());
        };
        let any: &dyn Any = &*strategy;
        let every = any.is::<Exhaustive>();
        self.single(if every { self.every_behaviour() } else { strategy })?;
        while let Some(again) = self.again.take() {
            self.forget()?;
            self.single(again)?;
        }
        Ok(self.finish())
    }

    /// What the settings ask for.
    fn search(&mut self) -> Result<(), Error> {
        let seed = self.config.seed;
        match self.config.search.clone() {
            Search::Portfolio => self.portfolio()?,
            Search::Exhaustive => {
                let strategy = self.every_behaviour();
                self.single(strategy)?;
            }
            Search::Random => self.single(Box::new(strategy::random(seed)))?,
            Search::Pos => self.single(Box::new(strategy::pos(seed)))?,
            Search::Surw => self.single(Box::new(strategy::surw(seed)))?,
            Search::Fuzz => self.single(Box::new(strategy::fuzz(seed)))?,
            Search::Bounded => self.single(Box::new(strategy::bounded()))?,
            Search::Pct { depth } => self.single(Box::new(strategy::pct(depth, seed)?))?,
            Search::Dfs { preemptions: None } => self.single(Box::new(strategy::dfs()))?,
            Search::Dfs { preemptions: Some(bound) } => {
                self.single(Box::new(strategy::dfs().preemption_bound(bound)))?;
            }
            Search::Replay(schedule) => {
                // Its trace is shown whether or not anything is wrong with it.
                self.engine.keep_notes(true);
                self.replay(schedule)?;
            }
        }
        Ok(())
    }

    pub(super) fn single(&mut self, strategy: Box<dyn Strategy>) -> Result<(), Error> {
        let share = Share::of(&self.config);
        let (end, strategy) = self.run(strategy, share)?;
        self.describe(&*strategy, end);
        Ok(())
    }

    pub(super) fn describe(&mut self, strategy: &dyn Strategy, end: End) {
        let any: &dyn Any = strategy;
        self.report.strategy = strategy.describe();
        self.report.each_once = any.is::<Exhaustive>() || any.is::<Graphs>();
        (self.report.estimate, self.report.spread) = (strategy.estimate(), strategy.spread());
        if any.is::<Graphs>() || any.is::<Exhaustive>() && self.report.spread.is_none() {
            // What has been finished lies in the small parts of the tree, and says nothing of the others.
            self.report.estimate = None;
        }
        let doubt = match any.downcast_ref::<Graphs>() {
            Some(graphs) => graphs.doubt(),
            None => any.downcast_ref::<Exhaustive>().and_then(Exhaustive::doubt),
        };
        self.report.doubt = doubt.map(ToString::to_string).or(self.report.doubt.take());
        self.report.coverage = match end {
            End::Stop if !self.report.findings.is_empty() => Coverage::Stopped,
            End::Done if self.report.cut_short > 0 => Coverage::Sampled,
            End::Done if strategy.exhausted() && self.config.shard.of > 1 => {
                Coverage::Part(self.config.shard)
            }
            End::Done if strategy.exhausted() => Coverage::Proved,
            End::Done if any.is::<Replay>() => Coverage::Replayed,
            End::Done => {
                any.downcast_ref::<Dfs>().and_then(Dfs::bound).map_or(Coverage::Sampled, Coverage::AllWithin)
            }
            _ => Coverage::Sampled,
        };
        let bounded = any.downcast_ref::<Bounded>();
        if self.report.coverage == Coverage::Sampled
            && self.report.cut_short == 0
            && let Some(bound) = bounded.and_then(Bounded::completed)
        {
            self.report.coverage = Coverage::AllWithin(bound);
            self.report.beyond = bounded.map_or(0, Bounded::beyond);
        }
        if self.report.coverage == Coverage::Proved {
            // Of a search before this one.
            self.report.doubt = None;
        }
        self.doubt_proof(any.is::<Graphs>());
    }

    /// Runs a strategy until it is done, its share of the budget is used up, or there is reason to stop.
    pub(super) fn run(
        &mut self,
        strategy: Box<dyn Strategy>,
        share: Share,
    ) -> Result<(End, Box<dyn Strategy>), Error> {
        if (&*strategy as &dyn Any).is::<Exhaustive>() {
            let any: Box<dyn Any> = strategy;
            let strategy = any.downcast::<Exhaustive>().expect("it is one");
            self.engine.begin_again_for_loops(false);
            return self.divide(strategy, share);
        }
        self.engine.begin_again_for_loops(self.loops.is_some());
        let mut strategy = strategy;
        share.bound(&mut *strategy);
        let (mut run, mut chosen) = (0u64, 0u64);
        let mut odd = None;
        loop {
            let summary = match odd.take() {
                Some(odd) => odd,
                None if share.is_spent(run, chosen, &*strategy) => return Ok((End::Budget, strategy)),
                None if !strategy.begin() => {
                    return Ok((self.ended(&share, run, chosen, &*strategy), strategy));
                }
                None => {
                    let (summary, back) = self.engine.run(self.model, strategy);
                    strategy = back;
                    summary
                }
            };
            strategy.end(summary.choices);
            run += 1;
            chosen += summary.choices;
            self.count(&summary);
            if run == 1 {
                self.look_for_meetings(&summary);
            }
            if self.begins_again(&summary, &*strategy) {
                return Ok((End::Stop, strategy));
            }
            self.observe();
            if summary.ending == Ending::Stopped || strategy.strayed().is_some() {
                self.explain_stop(&*strategy)?;
                return Ok((End::Stop, strategy));
            }
            self.check_replay(&*strategy)?;
            if run.is_power_of_two() && !self.repeats(&summary, &*strategy) {
                return Ok((End::Stop, strategy));
            }
            self.judge(&summary);
            if self.has_enough() {
                return Ok((End::Stop, strategy));
            }
            if (run % BEAT == 0 || summary.choices > MANY) && self.beat(&*strategy) {
                return Ok((End::Stop, strategy));
            }
            if let Some(leeway) = self.leeway(&share, run, chosen, &*strategy) {
                let (plain, halt, back) = self.engine.run_on(self.model, strategy, leeway);
                strategy = back;
                run += plain.executions;
                chosen += plain.choices;
                self.tally(&plain);
                match halt {
                    Halt::Done => return Ok((self.ended(&share, run, chosen, &*strategy), strategy)),
                    Halt::Odd(summary) => odd = Some(summary),
                    Halt::Leeway => {}
                }
            }
        }
    }
}

impl<F: Fn()> Runner<'_, F> {
    /// Whether enough has been found.
    pub(super) fn has_enough(&self) -> bool {
        let full = self.report.failed() && !self.config.all_findings;
        full || self.report.findings.len() >= MOST_FINDINGS
    }

    /// How far the exploration may go on without looking at each execution, if it may: up to the next one that has a business of
    /// its own, as long as nobody wants to see them all.
    fn leeway(&self, share: &Share, run: u64, chosen: u64, strategy: &dyn Strategy) -> Option<Leeway> {
        let watched =
            self.observer.is_some() || self.report.measure.is_some() || self.report.outputs.is_some();
        if watched || strategy.learns() || strategy.follows() || share.is_doubted() {
            return None;
        }
        let left = share.left(run, chosen, strategy.work());
        let business = (run + 1).next_power_of_two().min((run / BEAT + 1) * BEAT);
        let executions = left.executions.min(business - run - 1);
        (executions > 0 && left.work > 0).then(|| Leeway { executions, choices: left.choices.min(MANY) })
    }

    /// So many executions more.
    pub(super) fn tally(&mut self, plain: &Plain) {
        let report = &mut self.report;
        report.executions += plain.executions;
        report.choices += plain.choices;
        report.longest = report.longest.max(plain.longest);
        report.most_threads = report.most_threads.max(plain.threads);
    }

    pub(super) fn count(&mut self, summary: &Summary) {
        let (choices, threads) = (summary.choices, summary.threads);
        self.tally(&Plain { executions: 1, choices, longest: choices, threads });
        let report = &mut self.report;
        report.left_out.note(summary);
        report.fairness_assumed |= summary.fairness_assumed;
        report.endless |= summary.endless;
        report.counts_seen |= summary.count_seen;
        report.cut_short += u64::from(summary.ending == Ending::StepLimit);
        if let Some(outputs) = &mut report.outputs
            && self.engine.output(&mut self.output)
            && !outputs.contains(&self.output)
        {
            outputs.insert(self.output.clone());
        }
    }

    /// The strategy has stopped the execution: a schedule does not fit, or the model does not repeat itself.
    fn explain_stop(&mut self, strategy: &dyn Strategy) -> Result<(), Error> {
        let any: &dyn Any = strategy;
        if let Some(divergence) = any.downcast_ref::<Replay>().and_then(Replay::divergence) {
            return Err(stale(&divergence.to_string()));
        }
        self.explain_divergence(strategy);
        Ok(())
    }

    /// The strategy has nothing more to try: because it has seen to everything, because the model did not repeat itself, or because it
    /// would take more to find something than its share allows.
    fn ended(&mut self, share: &Share, run: u64, chosen: u64, strategy: &dyn Strategy) -> End {
        if strategy.strayed().is_some() {
            self.explain_divergence(strategy);
            return End::Stop;
        }
        if share.is_spent(run, chosen, strategy) { End::Budget } else { End::Done }
    }

    /// The model does not repeat itself.
    pub(super) fn explain_divergence(&mut self, strategy: &dyn Strategy) {
        let strayed = strategy.strayed();
        self.report.divergence =
            Some(strayed.unwrap_or_else(|| "the strategy chose a thread that cannot go on".to_string()));
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

    /// Runs one schedule; its trace, unless it does not fit.
    pub(super) fn rerun(&mut self, schedule: Schedule, lenient: bool) -> Option<Trace> {
        let replay = strategy::replay(schedule);
        let mut replay = if lenient { replay.lenient() } else { replay };
        replay.begin();
        let (summary, _) = self.engine.run(self.model, Box::new(replay));
        (summary.ending != Ending::Stopped).then(|| self.engine.trace())
    }
}

fn stale(what: &str) -> Error {
    Error::new(
        what.to_string(),
        "in the schedule to replay",
        "the model has changed since the schedule was recorded, or it belongs to another one, such as another check in the same test; explore again for a new schedule",
    )
}
