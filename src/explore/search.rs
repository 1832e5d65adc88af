//! The ways to search, as data, and their names.

use crate::base::{Error, Schedule};
use std::fmt;
use std::str::FromStr;

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

impl fmt::Display for Search {
    /// The name in settings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Search::Portfolio => f.write_str("portfolio"),
            Search::Random => f.write_str("random"),
            Search::Pct { depth } => write!(f, "pct:{depth}"),
            Search::Pos => f.write_str("pos"),
            Search::Surw => f.write_str("surw"),
            Search::Fuzz => f.write_str("fuzz"),
            Search::Exhaustive => f.write_str("exhaustive"),
            Search::Bounded => f.write_str("bounded"),
            Search::Dfs { preemptions: None } => f.write_str("dfs"),
            Search::Dfs { preemptions: Some(bound) } => write!(f, "dfs:{bound}"),
            Search::Replay(_) => f.write_str("replay"),
        }
    }
}

impl FromStr for Search {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let number = |argument: &str, least: u32| {
            argument.parse::<u32>().map_err(|_| {
                Error::new(
                    format!("`{argument}` is no number for `{name}`"),
                    format!("in the strategy `{text}`"),
                    format!("give a whole number from {least} to {}", u32::MAX),
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
            ("pct", argument) => match argument.map_or(Ok(3), |argument| number(argument, 1))? {
                0 => Err(Error::new(
                    "a depth of 0 finds nothing",
                    format!("in the strategy `{text}`"),
                    "give a depth of at least 1",
                )),
                depth => Ok(Search::Pct { depth }),
            },
            ("dfs", argument) => {
                let preemptions = argument.map(|argument| number(argument, 0)).transpose()?;
                Ok(Search::Dfs { preemptions })
            }
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

    #[test]
    fn a_number_that_does_not_fit_is_told_what_does() {
        let message = |text: &str| text.parse::<Search>().expect_err("refused").to_string();
        assert_eq!(
            message("pct:99999999999999999"),
            "`99999999999999999` is no number for `pct`, in the strategy `pct:99999999999999999`: give a whole number from 1 to \
             4294967295"
        );
        assert!(message("dfs:-1").ends_with("give a whole number from 0 to 4294967295"));
    }
}
