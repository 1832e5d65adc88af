//! The default search: a proof where one is within reach, and otherwise several ways to look, each good at other bugs.

use super::config::Config;
use super::runner::{End, Runner};
use crate::base::{Error, Strategy};
use crate::strategy;

/// How much of the budget a strategy may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    executions: u64,
    choices: u64,
    /// Whether it is given up before that when its estimate says that it will not come to its end.
    doubted: bool,
}

/// An estimate is not looked at before so many executions, or half of the budget if that is less.
const FIRST_DOUBT: u64 = 1_000;

impl Share {
    /// All of it.
    pub(super) fn of(config: &Config) -> Self {
        Share { executions: config.executions, choices: config.choices, doubted: false }
    }

    /// Whether it is used up, or there is no hope that it will suffice.
    pub(super) fn is_spent(&self, executions: u64, choices: u64, strategy: &dyn Strategy) -> bool {
        let spent = executions >= self.executions || choices >= self.choices;
        spent || self.doubted && self.is_hopeless(executions, choices, strategy.estimate())
    }

    /// Whether the estimate says that the share will not suffice.
    ///
    /// Estimates are rough, the more so the earlier, and a proof is worth more than samples. So an estimate is believed as far
    /// as the search has come: at a tenth of the budget it must be ten times the budget, at a half twice.
    fn is_hopeless(&self, executions: u64, choices: u64, estimate: Option<f64>) -> bool {
        if executions < (self.executions / 10).max(FIRST_DOUBT.min(self.executions / 2)) {
            return false;
        }
        let Some(estimate) = estimate else { return false };
        let used = share(executions, self.executions).max(share(choices, self.choices));
        let needed = used * estimate / executions as f64;
        needed * used > 1.0
    }

    /// What is left of it, in `parts` equal parts of at least one execution each.
    fn part(&self, executions: u64, choices: u64, parts: u64) -> Self {
        let part = |all: u64, used: u64| (all.saturating_sub(used) / parts).max(1);
        let (executions, choices) = (part(self.executions, executions), part(self.choices, choices));
        Share { executions, choices, doubted: false }
    }
}

fn share(used: u64, all: u64) -> f64 {
    used as f64 / all as f64
}

impl<F: Fn()> Runner<'_, F> {
    /// Every behaviour, until it is plain that the budget does not reach that far. Then a quarter each of what is left goes to
    /// interleavings with few preemptions, PCT, partial order sampling and a random walk.
    pub(super) fn portfolio(&mut self) -> Result<(), Error> {
        let (seed, all) = (self.config.seed, Share::of(&self.config));
        let (end, strategy) = self.run(self.every_behaviour(), Share { doubted: true, ..all })?;
        self.describe(&*strategy, end);
        if end != End::Budget {
            return Ok(());
        }
        let others: [Box<dyn Strategy>; 4] = [
            Box::new(strategy::bounded()),
            Box::new(strategy::pct(3, seed)?),
            Box::new(strategy::pos(seed)),
            Box::new(strategy::random(seed)),
        ];
        let mut left = others.len() as u64;
        for other in others {
            let share = all.part(self.report.executions, self.report.choices, left);
            left -= 1;
            let (end, other) = self.run(other, share)?;
            let (estimate, so_far) = (self.report.estimate, std::mem::take(&mut self.report.strategy));
            self.describe(&*other, end);
            self.report.estimate = estimate;
            self.report.strategy = format!("{so_far}, then {}", self.report.strategy);
            if end == End::Stop {
                break;
            }
            // However far bounded search has come: what follows is a sample.
            self.report.coverage = super::Coverage::Sampled;
            self.report.beyond = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_believed_as_far_as_the_search_has_come() {
        let all = Share { executions: 20_000, choices: u64::MAX, doubted: true };
        assert!(!all.is_hopeless(1_999, 0, Some(1e9)));
        assert!(all.is_hopeless(2_000, 0, Some(210_000.0)));
        assert!(!all.is_hopeless(2_000, 0, Some(190_000.0)));
        assert!(all.is_hopeless(10_000, 0, Some(41_000.0)));
        assert!(!all.is_hopeless(10_000, 0, Some(39_000.0)));
        assert!(!all.is_hopeless(10_000, 0, None));
        // Small budgets are not given up at once, and long executions use up the choices first.
        let small = Share { executions: 100, ..all };
        assert!(!small.is_hopeless(49, 0, Some(1e9)) && small.is_hopeless(50, 0, Some(1e9)));
        let long = Share { choices: 2_000_000, ..all };
        assert!(long.is_hopeless(2_000, 1_000_000, Some(9_000.0)));
        assert!(!long.is_hopeless(2_000, 1_000_000, Some(7_000.0)));
    }

    #[test]
    fn what_is_left_is_divided() {
        let all = Share { executions: 20_000, choices: 1_000, doubted: true };
        let part = all.part(4_000, 2_000, 4);
        assert_eq!((part.executions, part.choices), (4_000, 1));
    }
}
