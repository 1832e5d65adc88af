//! Searches whose work can be divided, on one processor or many, in parts, and over several processes.
//!
//! ```text
//! left := the whole search
//! while something is left and the budget lasts:
//!     jobs := this round's choice from what is left: beams, which estimate the size of the whole, and pieces to be finished
//!     do the jobs, in any order, on all processors
//!     take in what came of them in the order of their numbers: counts, findings, what is left to do
//!     now and then: tell how far it has come, hand out a checkpoint
//! ```
//!
//! Which jobs there are depends on what came of the rounds before, and what comes of a job on nothing but itself. So the counts,
//! the findings and the executions in which they were found are the same for any number of workers. When a job finds reason
//! to stop, those with lower numbers are finished and the others are forgotten. Only a limit of time, or an interruption,
//! makes a difference from run to run: how far it gets.
//!
//! The first executions are run depth-first by one worker, so that small searches are done before anybody has to be waited
//! for.

mod job;
mod plan;
mod pool;
mod saved;
mod sizes;

use super::file::Origin;
use super::portfolio::{Left, Share};
use super::report::Report;
use super::runner::{End, MOST_FINDINGS, Runner};
use crate::base::{Error, Schedule, Strategy};
use crate::engine::Plain;
use crate::strategy::Divisible;
use job::{Done, Job, Known, Signals, Way, Worker};
use plan::FIRST;
use pool::{Lost, Pool};
use sizes::{Estimates, Sizes};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

/// What is left to do is summed up again when so large a part of what has been run is new.
const OFTEN: u64 = 32;

/// How far a search has come.
struct Search<S: Divisible> {
    main: Box<S>,
    left: Vec<S::Item>,
    survey: Survey,
}

/// What is known of a search besides what is left to do, also when it is gone on with later.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Executions and choices in them.
    run: u64,
    chosen: u64,
    /// How many of the executions are counted; in a part of a search others have been run to find it.
    own: u64,
    /// How many were run by beams that have come to their ends.
    beamed: u64,
    round: u64,
    /// How large a part of the estimate its spread is, and after how many executions that was worked out.
    doubt: Option<f64>,
    estimated: u64,
    sizes: Sizes,
    estimates: Estimates,
    saved: Option<Instant>,
}

/// How far to go, from where.
#[derive(Clone, Copy)]
struct Limits {
    share: Share,
    /// What had been run when the share was given.
    begin: (u64, u64),
    /// After how many executions to stop for other reasons than the share.
    until: u64,
}

impl Limits {
    fn are_reached<S: Divisible>(&self, search: &Search<S>) -> bool {
        let (run, chosen) = self.used(search);
        search.survey.run >= self.until || self.share.is_spent(run, chosen, &*search.main)
    }

    /// How much may follow.
    fn left<S: Divisible>(&self, search: &Search<S>) -> Left {
        let (run, chosen) = self.used(search);
        self.share.left(run, chosen, search.main.work())
    }

    fn used<S: Divisible>(&self, search: &Search<S>) -> (u64, u64) {
        (search.survey.run - self.begin.0, search.survey.chosen - self.begin.1)
    }
}

/// Has the jobs of a round done; nothing, if a worker was lost.
type Perform<'p, 'a, F, S> =
    dyn FnMut(&mut Runner<'a, F>, Vec<Job<<S as Divisible>::Item>>) -> Option<Vec<Done<S>>> + 'p;

impl<'a, F: Fn() + Sync> Runner<'a, F> {
    /// Runs a search until it is done, its share of the budget is used up, or there is reason to stop.
    pub(super) fn divide<S: Divisible>(
        &mut self,
        mut main: Box<S>,
        share: Share,
    ) -> Result<(End, Box<dyn Strategy>), Error> {
        let mut left = Vec::new();
        main.take(&mut left);
        let survey = std::mem::take(&mut self.survey);
        let begin = (survey.run, survey.chosen);
        let mut search = Search { main, left, survey };
        self.take_up(&mut search)?;
        let signals = Signals {
            first_stop: AtomicUsize::new(usize::MAX),
            deadline: self.config.time.and_then(|time| self.started.checked_add(time)),
            interrupt: self.extras.interrupt.clone().unwrap_or_default(),
            executions: AtomicU64::new(self.report.executions),
            choices: AtomicU64::new(self.report.choices),
        };
        // Whoever watches executions is told of them one after the other.
        let workers = if self.observer.is_some() { 1 } else { processors(self.config.jobs) };
        // Most searches are over before it pays to start threads.
        let limits = Limits { share, begin, until: if workers == 1 { u64::MAX } else { FIRST } };
        let mut end = self.alone(&mut search, limits, &signals);
        if workers > 1 && end == End::Budget {
            let limits = Limits { until: u64::MAX, ..limits };
            end = self.together(&mut search, limits, &signals, workers);
        }
        if self.again.is_none() {
            self.save(&mut search);
        }
        let Search { mut main, left, survey } = search;
        if end == End::Done {
            // There is nothing left, and now it knows.
            main.begin();
        }
        left.into_iter().for_each(|item| main.give(item));
        self.survey = survey;
        Ok((end, main))
    }

    fn alone<S: Divisible>(&mut self, search: &mut Search<S>, limits: Limits, signals: &Signals) -> End {
        let mut strategy = Some(Box::new(search.main.idle()));
        self.rounds(search, limits, signals, &mut |runner, jobs| {
            let mut worker = Worker { runner, strategy: strategy.take(), signals };
            let jobs = jobs.into_iter().enumerate();
            let done = jobs.map(|(number, job)| worker.perform(number, job)).collect();
            strategy = worker.strategy.take();
            Some(done)
        })
    }

    fn together<S: Divisible>(
        &mut self,
        search: &mut Search<S>,
        limits: Limits,
        signals: &Signals,
        workers: usize,
    ) -> End {
        let pool = Pool::new();
        std::thread::scope(|scope| {
            let _close_at_the_end = Lost(&pool);
            for _ in 0..workers {
                let (config, model, pool) = (self.config.clone(), self.model, &pool);
                let (drops, loops) = (self.drops, self.loops.clone());
                let strategy = Some(Box::new(search.main.idle()));
                scope.spawn(move || {
                    // An engine stays on its thread.
                    let mut runner = Runner::new(config, model, None, None);
                    runner.know(drops, loops);
                    let mut worker = Worker { runner: &mut runner, strategy, signals };
                    pool.work(|number, job| worker.perform(number, job));
                });
            }
            self.rounds(search, limits, signals, &mut |runner, jobs| pool.run(jobs, || runner.tick(signals)))
        })
    }

    fn rounds<S: Divisible>(
        &mut self,
        search: &mut Search<S>,
        limits: Limits,
        signals: &Signals,
        perform: &mut Perform<'_, 'a, F, S>,
    ) -> End {
        if search.survey.run == 0 && self.config.shard.of > 1 && self.deal(search, signals, perform) {
            return End::Stop;
        }
        loop {
            if self.has_enough() || signals.halted() {
                return End::Stop;
            }
            if search.left.is_empty() {
                return End::Done;
            }
            if limits.are_reached(search) {
                return End::Budget;
            }
            signals.first_stop.store(usize::MAX, Relaxed);
            let jobs = search.plan(limits.left(search), self.config.seed, self.known());
            let before = search.survey.own;
            let Some(done) = perform(self, jobs) else { return End::Stop };
            let mut beams = done.iter().filter(|done| !done.sampled.is_empty()).peekable();
            let told_more = beams.peek().is_some();
            let sampled: Option<f64> = beams.map(|done| done.total).sum();
            let stops = self.take_over(search, done, true);
            if told_more {
                search.survey.sizes.settle();
            }
            self.estimate(search, before, sampled);
            self.tick(signals);
            if stops {
                return End::Stop;
            }
            self.save_if_due(search);
        }
    }

    /// Finds its part of the whole: the top of the tree is visited by everybody, each execution of it counted by one, and what
    /// is below is dealt out. Whether there is reason to stop.
    fn deal<S: Divisible>(
        &mut self,
        search: &mut Search<S>,
        signals: &Signals,
        perform: &mut Perform<'_, 'a, F, S>,
    ) -> bool {
        let (own, of) = (self.config.shard.number as usize - 1, self.config.shard.of as usize);
        // Long prefixes that leave little open have little below them.
        let heaviest = |item: &S::Item| {
            let (open, length) = S::likeness(item);
            (i64::from(open) - i64::from(length), Reverse(length))
        };
        for turn in 0..32 * of {
            if search.left.is_empty() || search.left.len() >= 32 * of || signals.halted() {
                break;
            }
            let largest = (0..search.left.len()).rev().max_by_key(|index| heaviest(&search.left[*index]));
            let item = search.left.remove(largest.unwrap_or(0));
            let job = Job {
                items: vec![(item, 1.0)],
                way: Way::Finish,
                executions: 1,
                choices: u64::MAX,
                work: u64::MAX,
                known: self.known(),
            };
            signals.first_stop.store(usize::MAX, Relaxed);
            let Some(done) = perform(self, vec![job]) else { return true };
            if self.take_over(search, done, turn % of == own) {
                return true;
            }
        }
        search.left.sort_by_key(|item| Reverse(heaviest(item)));
        let mut index = 0;
        search.left.retain(|_| {
            index += 1;
            (index - 1) % of == own
        });
        signals.executions.store(self.report.executions, Relaxed);
        false
    }

    /// Takes in what came of the jobs of a round, in their order, or of those of another part only what is below; whether
    /// there is reason to stop.
    fn take_over<S: Divisible>(&mut self, search: &mut Search<S>, done: Vec<Done<S>>, own: bool) -> bool {
        for done in done {
            let survey = &mut search.survey;
            survey.run += done.report.executions;
            survey.chosen += done.report.choices;
            survey.beamed += done.total.map_or(0, |_| done.sampled.len() as u64);
            search.left.extend(done.left);
            done.sampled.iter().for_each(|sampled| survey.sizes.note(sampled));
            if own {
                survey.own += done.report.executions;
                if done.report.memory != self.report.memory {
                    self.weaken(&*search.main);
                }
                self.watch_loops(&done.loops, &*search.main);
                self.lock_orders.extend(done.lock_orders);
                search.main.absorb(done.learned);
                self.add(done.report);
                // What the same job has found before is forgotten with all else.
                if let Some(steps) = self.drops.wanted(self.report.left_out.pointers) {
                    self.choose_drops(steps, &*search.main);
                }
                if done.stops || self.has_enough() {
                    return true;
                }
            }
        }
        false
    }

    /// Adds what one job has seen to what all have.
    fn add(&mut self, other: Report) {
        for mut found in other.findings {
            let report = &mut self.report;
            let signature = found.finding.signature(&found.trace).to_string();
            if report.findings.len() < MOST_FINDINGS && self.seen.insert(signature) {
                found.execution += report.executions;
                report.findings.push(found);
            }
        }
        let Report { executions, choices, longest, most_threads: threads, .. } = other;
        self.tally(&Plain { executions, choices, longest, threads });
        let report = &mut self.report;
        report.matters = report.matters.or(other.matters);
        report.left_out.absorb(other.left_out);
        report.fairness_assumed |= other.fairness_assumed;
        report.endless |= other.endless;
        report.counts_seen |= other.counts_seen;
        report.cut_short += other.cut_short;
        report.outputs.iter_mut().for_each(|outputs| outputs.extend(other.outputs.iter().flatten().cloned()));
        if let (Some(measure), Some(other)) = (&mut report.measure, other.measure) {
            measure.absorb(other);
        }
        report.divergence = report.divergence.take().or(other.divergence);
    }

    /// `sampled` is what the beams of the round say of all that was left when it began.
    fn estimate<S: Divisible>(&mut self, search: &mut Search<S>, before: u64, sampled: Option<f64>) {
        let survey = &mut search.survey;
        let run = survey.own as f64;
        let sampled = sampled.filter(|sampled| *sampled > 0.0);
        if let Some(sampled) = sampled {
            survey.estimates.add(before as f64 + sampled, run);
        }
        let fresh = sampled.is_none() && survey.estimated + survey.own / OFTEN >= survey.own;
        let last = self.report.estimate.zip(self.report.spread).filter(|_| fresh);
        let estimate = last.or_else(|| {
            survey.estimated = survey.own;
            let left: f64 = search.left.iter().map(|item| survey.sizes.of(S::likeness(item))).sum();
            survey.estimates.value(run, run + left)
        });
        if let Some((value, spread)) = estimate {
            let value = value.max(run + search.left.len() as f64);
            survey.doubt = Some(spread / value);
            search.main.estimated(value, spread);
            (self.report.estimate, self.report.spread) = (Some(value), Some(spread));
        }
    }

    fn known(&self) -> Arc<Known> {
        Arc::new(Known { signatures: self.seen.clone(), lock_orders: self.lock_orders.clone() })
    }
}

/// What a worker does besides running the model.
impl<F: Fn()> Runner<'_, F> {
    /// Begins to count anew; what has been counted so far is to be given to [`end_job`](Self::end_job).
    fn begin_job(
        &mut self,
        seen: BTreeSet<String>,
        orders: BTreeSet<u64>,
    ) -> (Report, BTreeSet<String>, BTreeSet<u64>) {
        let mut report = Report::new(&self.config);
        (report.estimate, report.spread) = (self.report.estimate, self.report.spread);
        report.memory = self.report.memory;
        let report = std::mem::replace(&mut self.report, report);
        let seen = std::mem::replace(&mut self.seen, seen);
        (report, seen, std::mem::replace(&mut self.lock_orders, orders))
    }

    fn end_job(&mut self, kept: (Report, BTreeSet<String>, BTreeSet<u64>)) -> (Report, BTreeSet<u64>) {
        self.seen = kept.1;
        (std::mem::replace(&mut self.report, kept.0), std::mem::replace(&mut self.lock_orders, kept.2))
    }

    /// Tells who watches how far all have come.
    fn tick(&mut self, signals: &Signals) {
        let estimate = self.report.estimate.map(|estimate| (estimate, self.report.spread));
        self.tell(signals.executions.load(Relaxed), signals.choices.load(Relaxed), estimate);
    }

    /// What it is that is explored, where files may be written of it.
    fn origin(&mut self) -> Option<Origin> {
        let extras = &self.extras;
        let wanted = extras.checkpoints.is_some()
            || extras.resume.is_some()
            || self.config.shard.of > 1
            || self.config.parameters.is_some();
        if !wanted {
            return None;
        }
        let first = self.rerun(Schedule::new(), true);
        let first = first.map_or(0, |trace| crate::trace::fingerprint(&trace));
        Some(Origin::new(&self.config, first))
    }
}

/// How many workers there are.
fn processors(jobs: usize) -> usize {
    match jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    }
}
