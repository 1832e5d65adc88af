//! One job: a bounded piece of an exploration, done by one worker with an engine of its own.
//!
//! What comes of a job depends on the job and on what was known when its round began, not on who does it or when.

use super::sizes::{Kind, Sampled, Sizes, chance, choose};
use crate::base::Ending;
use crate::engine::{Loop, Summary};
use crate::explore::report::Report;
use crate::explore::runner::Runner;
use crate::strategy::Divisible;
use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

/// What to do, and how much of it.
pub(super) struct Job<I> {
    /// The work, with how many pieces each stands for when a beam goes down from them.
    pub(super) items: Vec<(I, f64)>,
    pub(super) way: Way,
    /// The most executions.
    pub(super) executions: u64,
    /// About the most choices in them.
    pub(super) choices: u64,
    /// About the most [work](crate::base::Strategy::work).
    pub(super) work: u64,
    pub(super) known: Arc<Known>,
}

/// How to go about it.
pub(super) enum Way {
    /// To the end of a piece, depth-first, or as far as the budget reaches.
    Finish,
    /// The same, noting what is below what.
    Begin,
    /// Visit a few pieces of each level, to estimate how many there are.
    Beam(Beam),
}

/// What a beam goes by.
pub(super) struct Beam {
    pub(super) sizes: Arc<Sizes>,
    pub(super) width: usize,
    pub(super) seed: u64,
    pub(super) round: u64,
}

/// What has been seen before the round.
#[derive(Default)]
pub(super) struct Known {
    pub(super) signatures: BTreeSet<String>,
    pub(super) lock_orders: BTreeSet<u64>,
}

/// What came of a job.
pub(super) struct Done<S: Divisible> {
    pub(super) report: Report,
    pub(super) lock_orders: BTreeSet<u64>,
    /// Where a thread went round a loop for long.
    pub(super) loops: Vec<Loop>,
    pub(super) learned: S::Learned,
    /// What is left to do, with what turned out to be below.
    pub(super) left: Vec<S::Item>,
    pub(super) sampled: Vec<Sampled>,
    /// How many executions the items stand for, if the beam has come to its end.
    pub(super) total: Option<f64>,
    /// Whether there is a reason to end the exploration here.
    pub(super) stops: bool,
}

/// What all workers look at while they work.
#[derive(Debug)]
pub(super) struct Signals {
    /// The first job of the round that ends the exploration: later ones are in vain.
    pub(super) first_stop: AtomicUsize,
    pub(super) deadline: Option<Instant>,
    pub(super) interrupt: Arc<AtomicBool>,
    /// Executions and choices run by all, for progress.
    pub(super) executions: AtomicU64,
    pub(super) choices: AtomicU64,
}

impl Signals {
    /// Tells what one worker has done.
    fn add(&self, pace: &mut Pace) {
        let (executions, choices) = std::mem::take(&mut pace.untold);
        self.executions.fetch_add(executions, Relaxed);
        self.choices.fetch_add(choices, Relaxed);
    }

    /// Whether to stop at once, whatever is left to do.
    pub(super) fn halted(&self) -> bool {
        self.interrupt.load(Relaxed) || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// A worker's hands: an engine in a runner of its own, and a strategy.
pub(super) struct Worker<'r, 'a, F, S> {
    pub(super) runner: &'r mut Runner<'a, F>,
    pub(super) strategy: Option<Box<S>>,
    pub(super) signals: &'r Signals,
}

/// How far a worker has come with a job.
struct Pace {
    number: usize,
    executions: u64,
    choices: u64,
    work: u64,
    stops: bool,
    /// Whether it is the beginning of the search.
    begins: bool,
    /// Where a thread went round a loop for long.
    loops: Vec<Loop>,
    /// Executions and choices that have not been told to all: others' processors need not hear of every one.
    untold: (u64, u64),
}

impl Pace {
    /// Whether the execution of this number, in its job, is one of the few that are run again.
    fn is_sampled(&self, number: u64) -> bool {
        if self.begins { number.is_power_of_two() } else { number == 64 }
    }
}

impl<F: Fn(), S: Divisible> Worker<'_, '_, F, S> {
    pub(super) fn perform(&mut self, number: usize, job: Job<S::Item>) -> Done<S> {
        let lock_orders = job.known.lock_orders.clone();
        let kept = self.runner.begin_job(job.known.signatures.clone(), lock_orders);
        let mut pace = Pace {
            number,
            executions: job.executions,
            choices: job.choices,
            work: job.work,
            stops: false,
            begins: matches!(job.way, Way::Begin),
            loops: Vec::new(),
            untold: (0, 0),
        };
        let mut strategy = self.strategy.take().expect("put back after each job");
        let (mut left, mut sampled, mut total) = (Vec::new(), Vec::new(), None);
        match job.way {
            Way::Finish => {
                job.items.into_iter().for_each(|(item, _)| strategy.give(item));
                while self.may_go_on(&pace) && strategy.begin() {
                    strategy = self.run(strategy, &mut pace);
                }
                strategy.take(&mut left);
            }
            Way::Begin => {
                left.extend(job.items.into_iter().map(|(item, _)| item));
                while self.may_go_on(&pace)
                    && let Some(item) = left.pop()
                {
                    let first = left.len();
                    let kind = S::likeness(&item);
                    strategy = self.visit(strategy, item, &mut pace, &mut left);
                    sampled.push((kind, 1.0, left[first..].iter().map(S::likeness).collect()));
                }
            }
            Way::Beam(beam) => {
                (strategy, total) =
                    self.go_down(strategy, &beam, job.items, &mut pace, &mut left, &mut sampled);
            }
        }
        self.signals.add(&mut pace);
        let learned = strategy.learned();
        self.strategy = Some(strategy);
        let (report, lock_orders) = self.runner.end_job(kept);
        let Pace { stops, loops, .. } = pace;
        Done { report, lock_orders, loops, learned, left, sampled, total, stops }
    }

    fn may_go_on(&self, pace: &Pace) -> bool {
        let wanted = !pace.stops && pace.executions > 0 && pace.choices > 0 && pace.work > 0;
        wanted && self.signals.first_stop.load(Relaxed) > pace.number && !self.signals.halted()
    }

    /// One execution, whose strategy has begun.
    fn run(&mut self, strategy: Box<S>, pace: &mut Pace) -> Box<S> {
        let before = strategy.work();
        let (summary, back) = self.runner.engine.run(self.runner.model, strategy);
        let any: Box<dyn Any> = back;
        let mut strategy: Box<S> = any.downcast().expect("the engine gives back what it was given");
        strategy.end(summary.choices);
        pace.executions -= 1;
        pace.choices = pace.choices.saturating_sub(summary.choices.max(1));
        pace.work = pace.work.saturating_sub(strategy.work() - before);
        let first = pace.untold.0 == 0 && self.signals.executions.load(Relaxed) == 0;
        pace.untold.0 += 1;
        pace.untold.1 += summary.choices;
        self.runner.count(&summary);
        if first {
            self.runner.look_for_meetings(&summary);
        }
        if self.runner.tells_to_begin_again(&summary) {
            pace.stops = true;
            pace.loops.extend_from_slice(self.runner.loops_found(&summary));
        } else {
            self.look(&summary, &*strategy, pace);
        }
        if pace.stops {
            self.signals.first_stop.fetch_min(pace.number, Relaxed);
        }
        if pace.executions.is_multiple_of(64) || summary.choices > 100_000 {
            self.signals.add(pace);
            self.runner.tick(self.signals);
        }
        strategy
    }

    /// Looks at what was run last.
    fn look(&mut self, summary: &Summary, strategy: &S, pace: &mut Pace) {
        self.runner.observe();
        match summary.ending {
            ending if ending == Ending::Stopped || strategy.strayed().is_some() => {
                self.runner.explain_divergence(strategy);
                pace.stops = true;
            }
            _ if pace.is_sampled(self.runner.report.executions)
                && !self.runner.repeats(summary, strategy) =>
            {
                pace.stops = true;
            }
            _ => self.runner.judge(summary),
        }
        pace.stops |= self.runner.has_enough();
    }

    /// One execution, of a given item; what is below goes to `below`.
    fn visit(
        &mut self,
        mut strategy: Box<S>,
        item: S::Item,
        pace: &mut Pace,
        below: &mut Vec<S::Item>,
    ) -> Box<S> {
        strategy.give(item);
        if strategy.begin() {
            strategy = self.run(strategy, pace);
        }
        strategy.take(below);
        strategy
    }

    /// Visits level after level, at most so many of each; how many pieces those stand for, if it comes to the end.
    fn go_down(
        &mut self,
        mut strategy: Box<S>,
        beam: &Beam,
        items: Vec<(S::Item, f64)>,
        pace: &mut Pace,
        left: &mut Vec<S::Item>,
        sampled: &mut Vec<Sampled>,
    ) -> (Box<S>, Option<f64>) {
        let (mut level, mut depth, mut total) = (items, 0, 0.0);
        while !level.is_empty() {
            let mut below = Vec::new();
            let mut pieces = level.into_iter();
            for (item, weight) in pieces.by_ref() {
                if !self.may_go_on(pace) {
                    left.push(item);
                    break;
                }
                let kind = S::likeness(&item);
                let mut items = Vec::new();
                strategy = self.visit(strategy, item, pace, &mut items);
                total += weight;
                sampled.push((kind, weight, items.iter().map(S::likeness).collect()));
                below.extend(items.into_iter().map(|item| (item, weight)));
            }
            left.extend(pieces.map(|(item, _)| item));
            if !self.may_go_on(pace) {
                let open = !below.is_empty() || !left.is_empty();
                left.extend(below.into_iter().map(|(item, _)| item));
                return (strategy, if open { None } else { Some(total) });
            }
            depth += 1;
            let size = |item: &S::Item| -> (Kind, f64) {
                let kind = S::likeness(item);
                (kind, beam.sizes.at_most(kind))
            };
            let chance = chance(beam.seed, beam.round, (pace.number as u64) << 32 | depth);
            let (chosen, others) = choose(below, beam.width, size, chance);
            left.extend(others);
            level = chosen;
        }
        (strategy, Some(total))
    }
}
