//! What an exploration is told: bounds, seed, clock and the rest, checked before anything runs.

use super::search::Search;
use super::shard::Shard;
use crate::backend::Backend;
use crate::base::Error;
use crate::engine::{Clock, MemoryModel, Output, Settings};
use crate::finding::FindingKind;
use std::time::Duration;

/// All settings of an exploration, as data. [`Explorer`](super::Explorer) is the builder over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Which choices to try.
    pub search: Search,
    /// The most executions to run in all.
    pub executions: u64,
    /// The most choices to make in all; it bounds the work of a default search in a way that does not depend on the
    /// machine.
    pub choices: u64,
    /// Who runs the threads.
    pub backend: Backend,
    /// The longest time to spend. A time limit makes *how far* a search gets depend on the machine, never what an
    /// execution does.
    pub time: Option<Duration>,
    /// The most choices in one execution.
    pub steps: u64,
    /// The seed of all that is random.
    pub seed: u64,
    /// How time passes.
    pub clock: Clock,
    /// Whether the order of what the model prints matters.
    pub output: Output,
    /// How atomics behave; `None`, as the model uses them: sequentially consistent unless it asks for less somewhere.
    pub memory: Option<MemoryModel>,
    /// How many spurious wakeups of condition variables each thread may have in an execution.
    pub spurious_wakeups: u32,
    /// How many weak compare-exchanges of each thread may fail in an execution though they could succeed.
    pub weak_failures: u32,
    /// Whether to go on after the first finding and collect all kinds.
    pub all_findings: bool,
    /// Whether to look for the smallest execution that fails the same way.
    pub minimise: bool,
    /// The stack of a virtual thread, in bytes.
    pub stack_size: usize,
    /// How many processors to use for work that can be divided; 0 for all there are.
    pub jobs: usize,
    /// Which part of an exhaustive search to do.
    pub shard: Shard,
    /// The name of what is explored, for reports.
    pub name: Option<String>,
    /// What else the model was made from (sizes, inputs): files that were written for another one are refused.
    pub parameters: Option<String>,
    /// How a person replays a schedule: a command in which `{schedule}` stands for the schedule.
    pub replay_command: Option<String>,
    /// How a person makes an execution again whose schedule is too long to print: a command in which `{execution}` stands
    /// for its number, counted from 1.
    pub explore_command: Option<String>,
    /// Whether reports say where in the model each step was called.
    pub locations: bool,
    /// What a check has to find: it fails if nothing is wrong with the model, or something else.
    pub expect: Option<FindingKind>,
    /// Whether a check may pass though there was nothing to explore.
    pub allow_trivial: bool,
    /// Whether to look at every execution for a [`Measure`](super::Measure).
    pub measure: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            search: Search::Portfolio,
            executions: 20_000,
            choices: 2_000_000,
            backend: Backend::Engine,
            time: None,
            steps: 1_000_000,
            seed: 0,
            clock: Clock::Abstract,
            output: Output::Unobserved,
            memory: None,
            spurious_wakeups: 0,
            weak_failures: 0,
            all_findings: false,
            minimise: true,
            stack_size: 256 * 1024,
            jobs: 1,
            shard: Shard::default(),
            name: None,
            parameters: None,
            replay_command: None,
            explore_command: None,
            locations: false,
            expect: None,
            allow_trivial: false,
            measure: false,
        }
    }
}

impl Config {
    /// The largest bound on [steps](Config::steps): they are numbered in 31 bits, and an execution may have steps that are no
    /// choices.
    pub const MOST_STEPS: u64 = 1 << 30;

    /// These settings, if they make sense.
    ///
    /// # Errors
    ///
    /// When a bound is zero, or a stack too small to run on, or larger than memory can be.
    pub fn validated(self) -> Result<Self, Error> {
        let bounds = [
            ("executions", self.executions),
            ("choices", self.choices),
            ("steps", self.steps),
            ("time", self.time.map_or(1, |t| t.as_nanos() as u64)),
        ];
        if let Some((name, _)) = bounds.iter().find(|(_, bound)| *bound == 0) {
            return Err(Error::new(
                format!("the bound on {name} is 0, so nothing would be run"),
                "in the settings of the exploration",
                "give at least 1",
            ));
        }
        if self.steps > Self::MOST_STEPS {
            return Err(Error::new(
                format!("the bound of {} steps is beyond what can be counted", self.steps),
                "in the settings of the exploration",
                format!("give at most {}", Self::MOST_STEPS),
            ));
        }
        if self.search == (Search::Pct { depth: 0 }) {
            return Err(Error::new(
                "a depth of 0 finds nothing",
                "in the strategy `pct`",
                "give a depth of at least 1",
            ));
        }
        if self.stack_size < LEAST_STACK {
            return Err(Error::new(
                format!("a stack of {} bytes is too small to run on", self.stack_size),
                "in the settings of the exploration",
                format!("give at least {LEAST_STACK} bytes"),
            ));
        }
        if self.stack_size > MOST_STACK {
            return Err(Error::new(
                format!("a stack of {} bytes is more than there can be", self.stack_size),
                "in the settings of the exploration",
                format!("give at most {MOST_STACK} bytes"),
            ));
        }
        Ok(self)
    }

    pub(super) fn settings(&self) -> Settings {
        Settings {
            steps: self.steps,
            stack_size: self.stack_size,
            clock: self.clock,
            memory: self.memory.unwrap_or_default(),
            spurious_wakeups: self.spurious_wakeups,
            weak_failures: self.weak_failures,
            notes: false,
            output: self.output,
            endless: false,
        }
    }
}

const LEAST_STACK: usize = 16 * 1024;
/// A quarter of all addresses.
const MOST_STACK: usize = usize::MAX / 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_that_nothing_fits_into_are_refused() {
        assert!(Config { stack_size: 1, ..Config::default() }.validated().is_err());
        assert!(Config { stack_size: usize::MAX, ..Config::default() }.validated().is_err());
        assert!(Config { steps: u64::MAX, ..Config::default() }.validated().is_err());
        assert!(Config { executions: 0, ..Config::default() }.validated().is_err());
    }
}
