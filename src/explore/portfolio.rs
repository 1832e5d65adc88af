//! The default search: a proof where one is within reach, and otherwise several ways to look, each good at other bugs.

use super::config::Config;
use super::report::Coverage;
use super::runner::{End, Runner};
use crate::base::{Error, Strategy};
use crate::engine::MemoryModel;
use crate::strategy;
use std::any::Any;

/// How much of the budget a strategy may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    executions: u64,
    choices: u64,
    /// How much the strategy may [compute](Strategy::work).
    work: u64,
    /// How much of it has been used in an earlier turn of the same strategy.
    before: (u64, u64),
    /// Whether it is given up when it is plain that it will not come to its end, and how many executions there are in all by
    /// another estimate than its own.
    doubted: Option<f64>,
}

/// What is left of a share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    pub(super) executions: u64,
    pub(super) choices: u64,
    pub(super) work: u64,
}

impl Left {
    /// No more executions than that.
    pub(super) fn at_most(self, executions: u64) -> Self {
        Left { executions: self.executions.min(executions), ..self }
    }

    /// One of so many equal parts.
    pub(super) fn part(self, parts: u64) -> Self {
        let Left { executions, choices, work } = self;
        Left { executions: executions / parts, choices: choices / parts, work: work / parts }
    }
}

/// A proof is not doubted before so many executions, or half of the budget if that is less.
const FIRST_DOUBT: u64 = 1_000;
/// So much may be [computed](Strategy::work) for each execution of the budget, on average: by far enough for models of which there
/// is hope, and with many threads that meet in one place a bound of some seconds on what would take hours.
const WORK: u64 = 50_000;
/// Which part of the budget goes into sounding out how many executions there are.
const PROBED: u64 = 20;

impl Share {
    /// All of it, whatever has to be computed.
    pub(super) fn of(config: &Config) -> Self {
        let (executions, choices) = (config.executions, config.choices);
        Share { executions, choices, work: u64::MAX, before: (0, 0), doubted: None }
    }

    /// All of it, where there are other ways to look if this one costs too much.
    fn of_many(config: &Config) -> Self {
        Share { work: config.executions.saturating_mul(WORK), ..Share::of(config) }
    }

    /// Has a strategy know of its bound on what it computes.
    pub(super) fn bound(&self, strategy: &mut dyn Strategy) {
        strategy.bound_work(self.work);
    }

    /// Whether it is used up, or there is no hope that it will suffice.
    pub(super) fn is_spent(&self, executions: u64, choices: u64, strategy: &dyn Strategy) -> bool {
        let (executions, choices) = (executions + self.before.0, choices.saturating_add(self.before.1));
        let work = strategy.work();
        let spent = executions >= self.executions || choices >= self.choices || work >= self.work;
        spent
            || self.doubted.is_some_and(|other| {
                let estimate = strategy.estimate().unwrap_or(0.0).max(other);
                self.is_hopeless(executions, choices, work, estimate)
            })
    }

    /// Whether it may turn out at any time that there is no hope that it will suffice.
    pub(super) fn is_doubted(&self) -> bool {
        self.doubted.is_some()
    }

    /// Whether an estimate says that the share will not suffice.
    ///
    /// Estimates are rough, the more so the earlier, and a proof is worth more than samples. So an estimate is believed as far
    /// as the search has come: at a tenth of the budget it must be ten times the budget, at a half twice.
    fn is_hopeless(&self, executions: u64, choices: u64, work: u64, estimate: f64) -> bool {
        let used = share(executions, self.executions).max(share(choices, self.choices));
        let used = used.max(share(work, self.work));
        let needed = used * estimate / executions as f64;
        needed * used > 1.0
    }

    /// The most executions, choices and work left after so much more.
    pub(super) fn left(&self, executions: u64, choices: u64, work: u64) -> Left {
        Left {
            executions: self.executions.saturating_sub(self.before.0 + executions),
            choices: self.choices.saturating_sub(self.before.1.saturating_add(choices)),
            work: self.work.saturating_sub(work),
        }
    }

    /// The part of it after which a proof is first doubted.
    fn until_doubt(&self) -> Self {
        let executions = (self.executions / 10).max(FIRST_DOUBT.min(self.executions.div_ceil(2)));
        Share { executions, choices: (self.choices / 10).max(1), work: self.work / 10, ..*self }
    }

    /// The part of it that goes into sounding out.
    fn for_probes(&self) -> Self {
        let (choices, work) = (self.choices / PROBED, self.work / PROBED);
        Share { executions: self.executions.div_ceil(PROBED), choices, work, ..*self }
    }

    /// What is left of it, in `parts` equal parts of at least one execution each.
    fn part(&self, executions: u64, choices: u64, parts: u64) -> Self {
        let part = |all: u64, used: u64| (all.saturating_sub(used) / parts).max(1);
        let (executions, choices) = (part(self.executions, executions), part(self.choices, choices));
        Share { executions, choices, ..*self }
    }
}

fn share(used: u64, all: u64) -> f64 {
    used as f64 / all as f64
}

impl<F: Fn() + Sync> Runner<'_, F> {
    /// Every behaviour, until it is plain that the budget does not reach that far, or that it comes to no proof. Then a quarter each of
    /// what is left goes to interleavings with few preemptions, PCT, partial order sampling and a random walk.
    pub(super) fn portfolio(&mut self) -> Result<(), Error> {
        let (seed, all) = (self.config.seed, Share::of_many(&self.config));
        let end = self.prove(all)?;
        let in_vain = end == End::Done && self.report.doubt.is_some() && self.report.cut_short == 0;
        if end != End::Budget && (!in_vain || self.again.is_some()) {
            return self.doubt_fairness(all);
        }
        let others: [Box<dyn Strategy>; 4] = [
            Box::new(strategy::bounded()),
            Box::new(strategy::pct(3, seed)?),
            Box::new(strategy::pos(seed)),
            Box::new(strategy::random(seed)),
        ];
        let mut left = others.len() as u64;
        for other in others {
            if self.report.executions >= all.executions {
                break;
            }
            let share = all.part(self.report.executions, self.report.choices, left);
            left -= 1;
            let before = (self.report.executions, self.report.choices);
            let (end, other) = self.run(other, share)?;
            self.go_on(&*other, end);
            if self.report.coverage == Coverage::Proved {
                // All there are, each counted once.
                self.report.executions -= before.0;
                self.report.choices -= before.1;
                break;
            }
            if end == End::Stop {
                break;
            }
            // However far bounded search has come: what follows is a sample.
            self.report.coverage = Coverage::Sampled;
            self.report.beyond = 0;
        }
        Ok(())
    }

    /// Where a proof takes polling loops to be fair, a random walk that goes round them more often tries to catch it at being wrong: a
    /// loop may keep something from round to round. What it has run in vain is not counted, since the proof covers it.
    fn doubt_fairness(&mut self, all: Share) -> Result<(), Error> {
        let report = &self.report;
        let proved = report.coverage == Coverage::Proved && report.findings.is_empty();
        if !(proved && report.fairness_assumed && self.again.is_none()) {
            return Ok(());
        }
        let counted =
            (report.executions, report.choices, report.longest, report.most_threads, report.cut_short);
        let (end, walk) = self.run(Box::new(strategy::random(self.config.seed)), all.for_probes())?;
        if self.report.findings.is_empty() && self.report.divergence.is_none() {
            let report = &mut self.report;
            (report.executions, report.choices, report.longest, report.most_threads, report.cut_short) =
                counted;
        } else {
            self.go_on(&*walk, end);
        }
        Ok(())
    }

    /// Every behaviour; between the first tenth and the rest it is sounded out how many there are.
    fn prove(&mut self, all: Share) -> Result<End, Error> {
        let (mut end, mut search) = self.run(self.every_behaviour(), all.until_doubt())?;
        self.describe(&*search, end);
        let mut before = (self.report.executions, self.report.choices);
        if end != End::Budget || before.0 >= all.executions || before.1 >= all.choices {
            return Ok(end);
        }
        let (mut expected, mut known) = (0.0, true);
        if self.has_traces() && self.report.memory == MemoryModel::SequentiallyConsistent {
            let (ended, probe) =
                self.run(Box::new(strategy::Probe::new(self.config.seed)), all.for_probes())?;
            expected = probe.estimate().unwrap_or(0.0);
            let any: &dyn Any = &*probe;
            known = any.downcast_ref::<strategy::Probe>().is_none_or(strategy::Probe::has_arrived);
            if ended == End::Stop {
                self.go_on(&*probe, ended);
                return Ok(ended);
            }
        }
        let probed = (self.report.executions - before.0, self.report.choices - before.1);
        // So that no more than the whole budget is used.
        before = (before.0 + probed.0, before.1 + probed.1);
        (end, search) = self.run(search, Share { before, doubted: Some(expected), ..all })?;
        self.describe(&*search, end);
        if self.report.coverage == Coverage::Proved {
            // All there are, each counted once.
            self.report.executions -= probed.0;
            self.report.choices -= probed.1;
        } else {
            // Some of them may have been run while sounding out, too.
            self.report.each_once = false;
            let own = self.report.estimate.unwrap_or(0.0);
            // Too little is no estimate to tell, though enough to give up the search.
            self.report.estimate = Some(own.max(expected)).filter(|estimate| known && *estimate > 0.0);
            self.report.spread = self.report.spread.filter(|_| own >= expected);
        }
        Ok(end)
    }

    /// Describes what another strategy has come to after those before it.
    fn go_on(&mut self, strategy: &dyn Strategy, end: End) {
        let (estimate, so_far) =
            ((self.report.estimate, self.report.spread), std::mem::take(&mut self.report.strategy));
        self.describe(strategy, end);
        (self.report.estimate, self.report.spread) = estimate;
        self.report.strategy = format!("{so_far}, then {}", self.report.strategy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Decision, Options, ThreadId};

    const ALL: Share =
        Share { executions: 20_000, choices: u64::MAX, work: u64::MAX, before: (0, 0), doubted: Some(0.0) };

    #[test]
    fn an_estimate_is_believed_as_far_as_the_search_has_come() {
        assert!(ALL.is_hopeless(2_000, 0, 0, 210_000.0));
        assert!(!ALL.is_hopeless(2_000, 0, 0, 190_000.0));
        assert!(ALL.is_hopeless(10_000, 0, 0, 41_000.0));
        assert!(!ALL.is_hopeless(10_000, 0, 0, 39_000.0));
        // Long executions use up the choices first.
        let long = Share { choices: 2_000_000, ..ALL };
        assert!(long.is_hopeless(2_000, 1_000_000, 0, 9_000.0));
        assert!(!long.is_hopeless(2_000, 1_000_000, 0, 7_000.0));
    }

    #[test]
    fn what_is_computed_counts_as_well() {
        let costly = Share { work: 1_000_000, ..ALL };
        assert!(costly.is_hopeless(20, 0, 100_000, 2_100.0));
        assert!(!costly.is_hopeless(20, 0, 100_000, 1_900.0));
        assert!(costly.until_doubt().is_spent(20, 0, &Costs(100_000)));
        assert!(!costly.until_doubt().is_spent(20, 0, &Costs(99_999)));
        assert_eq!(costly.left(1_000, 0, 400_000).part(10).work, 60_000);
    }

    /// A strategy that has computed so much.
    struct Costs(u64);

    impl Strategy for Costs {
        fn describe(&self) -> String {
            "costs".into()
        }

        fn begin(&mut self) -> bool {
            true
        }

        fn thread(&mut self, _: &Options<'_>) -> Decision {
            Decision::STOP
        }

        fn outcome(&mut self, _: ThreadId, _: u32) -> u32 {
            0
        }

        fn work(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn a_proof_is_not_doubted_at_once() {
        let until = |executions| Share { executions, ..ALL }.until_doubt().executions;
        assert_eq!([until(1), until(100), until(5_000), until(20_000)], [1, 50, 1_000, 2_000]);
    }

    #[test]
    fn what_is_left_is_divided() {
        let part = Share { choices: 1_000, ..ALL }.part(4_000, 2_000, 4);
        assert_eq!((part.executions, part.choices), (4_000, 1));
    }
}
