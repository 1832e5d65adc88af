//! What an exploration is told: bounds, seed, clock and the rest, checked before anything runs.

use crate::base::{Error, Schedule};
use crate::engine::{Clock, MemoryModel, Output, Settings};
use std::fmt;
use std::time::Duration;

/// Which choices to try.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Search {
    /// Every behaviour, until it is plain that the budget does not reach that far; then bounded search, PCT, partial order
    /// sampling and the random walk share what is left.
    #[default]
    Portfolio,
    /// A random walk.
    Random,
    /// Random priorities with `depth - 1` changes.
    Pct {
        /// The depth of the bugs looked for.
        depth: u32,
    },
    /// Partial order sampling: random priorities of steps.
    Pos,
    /// A random walk in which all orders of the steps on some object are equally likely.
    Surw,
    /// Partial order sampling, steered to looks that have not found what they might.
    Fuzz,
    /// Every behaviour, once: orders of independent steps are not told apart.
    Exhaustive,
    /// Every interleaving, those with fewer preemptions first.
    Bounded,
    /// Every interleaving, or those with at most so many preemptions.
    Dfs {
        /// The bound, if any.
        preemptions: Option<u32>,
    },
    /// One schedule.
    Replay(Schedule),
}

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
}

impl Default for Config {
    fn default() -> Self {
        Config {
            search: Search::Portfolio,
            executions: 20_000,
            choices: 2_000_000,
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
        }
    }
}

impl Config {
    /// The default settings, changed by the environment. This is the only place that reads it, once per call:
    ///
    /// | variable | value |
    /// |---|---|
    /// | `SELVEDGE_STRATEGY` | `portfolio`, `exhaustive`, `random`, `pct`, `pct:DEPTH`, `pos`, `surw`, `fuzz`, `bounded`, `dfs` or `dfs:PREEMPTIONS` |
    /// | `SELVEDGE_SEED` | a number |
    /// | `SELVEDGE_BUDGET` | the most executions |
    /// | `SELVEDGE_STEPS` | the most choices in one execution |
    /// | `SELVEDGE_JOBS` | how many processors to use; 0 for all there are |
    /// | `SELVEDGE_REPLAY` | a schedule: run only that, in every `check` of the process |
    ///
    /// # Errors
    ///
    /// When a variable is set to something that it cannot mean.
    pub fn from_env() -> Result<Self, Error> {
        Config::default().overridden(&|variable| std::env::var(variable).ok())
    }

    /// These settings, changed by variables as [`from_env`](Config::from_env) lists them, asked of `lookup`.
    ///
    /// # Errors
    ///
    /// When a variable is set to something that it cannot mean.
    pub fn overridden(mut self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        if let Some(text) = lookup("SELVEDGE_STRATEGY") {
            self.search =
                text.parse().map_err(|error: Error| error.within("the variable `SELVEDGE_STRATEGY`"))?;
        }
        for (variable, field) in [
            ("SELVEDGE_SEED", &mut self.seed),
            ("SELVEDGE_BUDGET", &mut self.executions),
            ("SELVEDGE_STEPS", &mut self.steps),
        ] {
            if let Some(text) = lookup(variable) {
                *field = text.trim().parse().map_err(|_| no_number(&text, variable))?;
            }
        }
        if let Some(text) = lookup("SELVEDGE_JOBS") {
            self.jobs = text.trim().parse().map_err(|_| no_number(&text, "SELVEDGE_JOBS"))?;
        }
        if let Some(text) = lookup("SELVEDGE_REPLAY") {
            let schedule =
                text.parse().map_err(|error: Error| error.within("the variable `SELVEDGE_REPLAY`"))?;
            self.search = Search::Replay(schedule);
        }
        self.validated()
    }

    /// These settings, if they make sense.
    ///
    /// # Errors
    ///
    /// When a bound is zero, or a stack too small to run on.
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
        if self.steps > MOST_STEPS {
            return Err(Error::new(
                format!("the bound of {} steps is beyond what can be counted", self.steps),
                "in the settings of the exploration",
                format!("give at most {MOST_STEPS}"),
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

fn no_number(text: &str, variable: &str) -> Error {
    Error::new(
        format!("`{text}` is no number"),
        format!("in the variable `{variable}`"),
        "give a whole number",
    )
}

/// A part of an exhaustive search: the parts of one whole have nothing in common and are all of it.
///
/// ```
/// use selvedge::explore::Shard;
///
/// let second: Shard = "2/3".parse().unwrap();
/// assert_eq!((second.number, second.of), (2, 3));
/// assert!("4/3".parse::<Shard>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// Which part, counted from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };
}

impl Default for Shard {
    fn default() -> Self {
        Shard::WHOLE
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl std::str::FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        let numbers = text.split_once('/').filter(|(number, of)| plain(number) && plain(of));
        let shard = numbers
            .and_then(|(number, of)| Some(Shard { number: number.parse().ok()?, of: of.parse().ok()? }));
        shard.filter(|shard| (1..=shard.of).contains(&shard.number) && shard.of <= MOST_SHARDS).ok_or_else(
            || {
                Error::new(
                    format!("`{text}` is no part of a whole"),
                    "in the name of the shard",
                    format!("write the part and of how many it is one, such as 1/3; at most {MOST_SHARDS}"),
                )
            },
        )
    }
}

const MOST_SHARDS: u32 = 1024;
const LEAST_STACK: usize = 16 * 1024;
/// Steps are numbered in 31 bits, and an execution may have steps that are no choices.
const MOST_STEPS: u64 = 1 << 30;

impl std::str::FromStr for Search {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let number = |argument: &str| {
            argument.parse::<u32>().map_err(|_| {
                Error::new(
                    format!("`{argument}` is no number"),
                    format!("in the strategy `{text}`"),
                    "give a whole number",
                )
            })
        };
        match (name, argument) {
            ("portfolio", None) => Ok(Search::Portfolio),
            ("exhaustive", None) => Ok(Search::Exhaustive),
            ("random", None) => Ok(Search::Random),
            ("pos", None) => Ok(Search::Pos),
            ("surw", None) => Ok(Search::Surw),
            ("fuzz", None) => Ok(Search::Fuzz),
            ("bounded", None) => Ok(Search::Bounded),
            ("pct", argument) => match argument.map_or(Ok(3), number)? {
                0 => Err(Error::new(
                    "a depth of 0 finds nothing",
                    format!("in the strategy `{text}`"),
                    "give a depth of at least 1",
                )),
                depth => Ok(Search::Pct { depth }),
            },
            ("dfs", argument) => Ok(Search::Dfs { preemptions: argument.map(number).transpose()? }),
            _ => Err(Error::new(
                format!("`{text}` is no strategy"),
                "in the name of the strategy",
                "use portfolio, exhaustive, random, pct, pct:DEPTH, pos, surw, fuzz, bounded, dfs or dfs:PREEMPTIONS",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variable: &'static str, value: &'static str) -> Result<Config, Error> {
        Config::default().overridden(&|asked| (asked == variable).then(|| value.to_string()))
    }

    #[test]
    fn variables_change_the_settings() {
        assert_eq!(with("SELVEDGE_SEED", "7").map(|c| c.seed), Ok(7));
        assert_eq!(with("SELVEDGE_STRATEGY", "pct:2").map(|c| c.search), Ok(Search::Pct { depth: 2 }));
        assert_eq!(
            with("SELVEDGE_STRATEGY", "dfs:1").map(|c| c.search),
            Ok(Search::Dfs { preemptions: Some(1) })
        );
        for (name, search) in [
            ("pos", Search::Pos),
            ("surw", Search::Surw),
            ("fuzz", Search::Fuzz),
            ("bounded", Search::Bounded),
        ] {
            assert_eq!(with("SELVEDGE_STRATEGY", name).map(|c| c.search), Ok(search));
        }
        assert_eq!(
            with("SELVEDGE_REPLAY", "a2 b").map(|c| c.search),
            Ok(Search::Replay("a2 b".parse().expect("a schedule")))
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_one_sentence() {
        let message = |variable, value| with(variable, value).expect_err("refused").to_string();
        assert_eq!(
            message("SELVEDGE_BUDGET", "0"),
            "the bound on executions is 0, so nothing would be run, in the settings of the exploration: give at least 1"
        );
        assert_eq!(
            message("SELVEDGE_SEED", "x"),
            "`x` is no number, in the variable `SELVEDGE_SEED`: give a whole number"
        );
        assert!(message("SELVEDGE_STRATEGY", "magic").starts_with("`magic` is no strategy, in the variable"));
        assert!(message("SELVEDGE_STRATEGY", "pct:0").contains("at least 1"));
        assert!(message("SELVEDGE_REPLAY", "a2 7").contains("`7` is no run of a thread, in word 2"));
        assert!(Config { stack_size: 1, ..Config::default() }.validated().is_err());
        assert!(Config { steps: u64::MAX, ..Config::default() }.validated().is_err());
    }
}
