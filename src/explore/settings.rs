//! Settings by their names: those of the attribute, and of the environment.

use super::config::Config;
use super::search::Search;
use crate::base::Error;
use crate::engine::{Clock, MemoryModel};
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

/// The variables, and the setting that each changes. The last decides.
const VARIABLES: &[(&str, &str)] = &[
    ("SELVEDGE_STRATEGY", "strategy"),
    ("SELVEDGE_BACKEND", "backend"),
    ("SELVEDGE_SEED", "seed"),
    ("SELVEDGE_BUDGET", "budget"),
    ("SELVEDGE_STEPS", "steps"),
    ("SELVEDGE_TIME", "time"),
    ("SELVEDGE_JOBS", "jobs"),
    ("SELVEDGE_LOCATIONS", "locations"),
    ("SELVEDGE_REPLAY", "replay"),
];

impl Config {
    /// These settings with one changed that is given by its name, as `#[selvedge::test]` takes it.
    ///
    /// | setting | value |
    /// |---|---|
    /// | `strategy` | `portfolio`, `exhaustive`, `random`, `pct`, `pct:DEPTH`, `pos`, `surw`, `fuzz`, `bounded`, `dfs` or `dfs:PREEMPTIONS` |
    /// | `backend` | who runs the threads: `engine`, `loom`, `shuttle` or `std` |
    /// | `budget` | the most executions |
    /// | `seed` | a number |
    /// | `steps` | the most choices in one execution |
    /// | `time` | the longest time to spend, in seconds |
    /// | `jobs` | how many processors to use; 0 for all there are |
    /// | `replay` | a schedule: run only that |
    /// | `expect` | the [kind](crate::FindingKind) of finding that a check has to find |
    /// | `allow_trivial` | `true` or `false` |
    /// | `locations` | `true` or `false`: whether reports tell lines of code |
    /// | `memory` | `sequential` or `c11` |
    /// | `clock` | `abstract` or `virtual` |
    /// | `spurious_wakeups`, `weak_failures` | how many of them each thread may have |
    ///
    /// ```
    /// use selvedge::explore::{Config, Search};
    ///
    /// let config = Config::default().set("strategy", "pct:2").unwrap().set("budget", "500").unwrap();
    /// assert_eq!((config.search, config.executions), (Search::Pct { depth: 2 }, 500));
    /// let error = Config::default().set("seed", "seven").unwrap_err();
    /// assert_eq!(error.to_string(), "`seven` is no whole number, in the setting `seed`: give one, such as 7");
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no such setting, or the value is none that it can have.
    pub fn set(mut self, setting: &str, value: &str) -> Result<Self, Error> {
        let text = value.trim();
        let place = format!("in the setting `{setting}`");
        match setting {
            "strategy" => self.search = text.parse()?,
            "backend" => self.backend = text.parse()?,
            "replay" => self.search = Search::Replay(text.parse()?),
            "seed" => self.seed = number(text, place, 0, u64::MAX)?,
            "steps" => self.steps = bound(text, place, Config::MOST_STEPS)?,
            // A century is as good as any longer time, and can be added to the present.
            "time" => {
                let seconds = bound(text, place, u64::MAX)?;
                self.time = Some(Duration::from_secs(seconds.min(u64::from(u32::MAX))));
            }
            "budget" => {
                self.executions = bound(text, place, u64::MAX)?;
                // Who says how many executions means it: the bound on choices is for those who do not.
                self.choices = u64::MAX;
            }
            "jobs" => self.jobs = number(text, place, 0, usize::MAX)?,
            "spurious_wakeups" => self.spurious_wakeups = number(text, place, 0, u32::MAX)?,
            "weak_failures" => self.weak_failures = number(text, place, 0, u32::MAX)?,
            "expect" => self.expect = Some(text.parse()?),
            "allow_trivial" => self.allow_trivial = flag(text, place)?,
            "locations" => self.locations = flag(text, place)?,
            "clock" => {
                self.clock =
                    one_of(text, place, &[("abstract", Clock::Abstract), ("virtual", Clock::Virtual)])?;
            }
            "memory" => {
                let models = [("sequential", MemoryModel::SequentiallyConsistent), ("c11", MemoryModel::C11)];
                self.memory = Some(one_of(text, place, &models)?);
            }
            _ => {
                return Err(Error::new(
                    format!("there is no setting `{setting}`"),
                    "among the settings",
                    "use one that the documentation of `Config::set` lists",
                ));
            }
        }
        Ok(self)
    }

    /// The default settings, changed by the environment. This is the only place that reads it, once per call:
    ///
    /// | variable | value |
    /// |---|---|
    /// | `SELVEDGE_STRATEGY` | `portfolio`, `exhaustive`, `random`, `pct`, `pct:DEPTH`, `pos`, `surw`, `fuzz`, `bounded`, `dfs` or `dfs:PREEMPTIONS` |
    /// | `SELVEDGE_BACKEND` | `engine`, `loom`, `shuttle` or `std` |
    /// | `SELVEDGE_SEED` | the seed of all that is random |
    /// | `SELVEDGE_BUDGET` | the most executions |
    /// | `SELVEDGE_STEPS` | the most choices in one execution |
    /// | `SELVEDGE_TIME` | the longest time to spend, in seconds |
    /// | `SELVEDGE_JOBS` | how many processors an exhaustive search uses; 0 for all there are |
    /// | `SELVEDGE_LOCATIONS` | `true` if reports are to tell lines of code: where each step is called, and where a panic was |
    /// | `SELVEDGE_REPLAY` | a schedule from a report: run only that, in every check of the process |
    ///
    /// A variable that is empty counts as one that is not set; the schedule without choices is written `~`.
    ///
    /// # Errors
    ///
    /// When a variable is set to something that it cannot mean, or has a name that begins with `SELVEDGE_` and is none of these.
    pub fn from_env() -> Result<Self, Error> {
        Config::default().overridden_by_env()
    }

    /// These settings, changed by the environment as [`from_env`](Config::from_env) says.
    pub(super) fn overridden_by_env(self) -> Result<Self, Error> {
        for (name, _) in std::env::vars_os() {
            refuse_unknown(&name.to_string_lossy())?;
        }
        // What is no text is not passed over, but makes no sense to whoever reads it.
        let lookup = |variable: &str| Some(std::env::var_os(variable)?.to_string_lossy().into_owned());
        self.overridden(&lookup)
    }

    /// These settings, changed by variables as [`from_env`](Config::from_env) lists them, asked of `lookup`.
    ///
    /// # Errors
    ///
    /// When a variable is set to something that it cannot mean.
    pub fn overridden(mut self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        for (variable, setting) in VARIABLES {
            if let Some(text) = lookup(variable).filter(|text| !text.trim().is_empty()) {
                let within = |error: Error| error.within(&format!("the variable `{variable}`"));
                self = self.set(setting, &text).map_err(within)?;
            }
        }
        self.validated()
    }
}

/// A name of ours that is misspelt would be passed over, and nobody would know.
fn refuse_unknown(variable: &str) -> Result<(), Error> {
    let is_known = VARIABLES.iter().any(|(known, _)| *known == variable);
    if is_known || !variable.starts_with("SELVEDGE_") {
        return Ok(());
    }
    let known: Vec<&str> = VARIABLES.iter().map(|(known, _)| *known).collect();
    let mend = format!("use {}, or unset it", known.join(", "));
    Err(Error::new(format!("there is no variable `{variable}`"), "in the environment", mend))
}

fn flag(text: &str, place: String) -> Result<bool, Error> {
    one_of(text, place, &[("true", true), ("false", false)])
}

/// Reads a number that the text says, if it is between these.
fn number<T>(text: &str, place: String, least: T, most: T) -> Result<T, Error>
where
    T: FromStr + PartialOrd + Display,
{
    match text.parse() {
        Ok(number) if (&least..=&most).contains(&&number) => Ok(number),
        _ if is_whole(text) => {
            let what = format!("`{text}` is out of range");
            Err(Error::new(what, place, format!("give a whole number from {least} to {most}")))
        }
        _ => Err(Error::new(format!("`{text}` is no whole number"), place, "give one, such as 7")),
    }
}

/// Whether a text says a whole number, be it larger than any that can be kept, or below zero.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn bound(text: &str, place: String, most: u64) -> Result<u64, Error> {
    if text.parse() == Ok(0) {
        return Err(Error::new("with a bound of 0 nothing would be run", place, "give at least 1"));
    }
    number(text, place, 1, most)
}

fn one_of<T: Copy>(text: &str, place: String, words: &[(&str, T)]) -> Result<T, Error> {
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Error::new(format!("`{text}` is not known"), place, format!("give {}", words.join(" or ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FindingKind;

    fn with(variable: &'static str, value: &'static str) -> Result<Config, Error> {
        Config::default().overridden(&|asked| (asked == variable).then(|| value.to_string()))
    }

    #[test]
    fn variables_change_the_settings() {
        assert_eq!(with("SELVEDGE_SEED", "7").map(|c| c.seed), Ok(7));
        assert_eq!(with("SELVEDGE_SEED", " ").map(|c| c.seed), Ok(0));
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
        let nothing = Search::Replay(crate::base::Schedule::new());
        assert_eq!(with("SELVEDGE_REPLAY", "~").map(|c| c.search), Ok(nothing));
        assert_eq!(
            with("SELVEDGE_REPLAY", "a2 b").map(|c| c.search),
            Ok(Search::Replay("a2 b".parse().expect("a schedule")))
        );
    }

    #[test]
    fn a_misspelt_variable_is_refused() {
        assert!(VARIABLES.iter().all(|(known, _)| refuse_unknown(known) == Ok(())));
        assert_eq!(refuse_unknown("SELVAGE_SEED"), Ok(()));
        let told = refuse_unknown("SELVEDGE_BUGET").expect_err("it is no variable").to_string();
        assert!(
            told.starts_with(
                "there is no variable `SELVEDGE_BUGET`, in the environment: use SELVEDGE_STRATEGY"
            )
        );
    }

    #[test]
    fn a_schedule_to_replay_outweighs_a_strategy() {
        let both = |asked: &str| match asked {
            "SELVEDGE_REPLAY" => Some("a2".to_owned()),
            "SELVEDGE_STRATEGY" => Some("pos".to_owned()),
            _ => None,
        };
        let config = Config::default().overridden(&both).expect("both make sense");
        assert!(matches!(config.search, Search::Replay(_)));
    }

    #[test]
    fn settings_go_by_their_names() {
        let set = |setting, value| Config::default().set(setting, value).expect("it makes sense");
        assert_eq!(set("expect", "lost wakeup").expect, Some(FindingKind::LostWakeup));
        assert_eq!(set("memory", "c11").memory, Some(MemoryModel::C11));
        assert_eq!(set("clock", "virtual").clock, Clock::Virtual);
        assert!(set("allow_trivial", "true").allow_trivial);
        assert!(set("locations", "true").locations);
        assert_eq!(set("time", "90").time, Some(Duration::from_secs(90)));
        assert_eq!((set("budget", "9").executions, set("budget", "9").choices), (9, u64::MAX));
        assert_eq!(
            (set("spurious_wakeups", "2").spurious_wakeups, set("weak_failures", "3").weak_failures),
            (2, 3)
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_one_sentence() {
        let message = |variable, value| with(variable, value).expect_err("refused").to_string();
        assert_eq!(
            message("SELVEDGE_BUDGET", "0"),
            "with a bound of 0 nothing would be run, in the variable `SELVEDGE_BUDGET`: give at least 1"
        );
        assert_eq!(
            message("SELVEDGE_SEED", "x"),
            "`x` is no whole number, in the variable `SELVEDGE_SEED`: give one, such as 7"
        );
        for (variable, value, least, most) in [
            ("SELVEDGE_SEED", "-1", 0, u64::MAX),
            ("SELVEDGE_BUDGET", "99999999999999999999", 1, u64::MAX),
            ("SELVEDGE_STEPS", "99999999999", 1, 1 << 30),
        ] {
            assert_eq!(
                message(variable, value),
                format!(
                    "`{value}` is out of range, in the variable `{variable}`: give a whole number from {least} to {most}"
                )
            );
        }
        assert!(message("SELVEDGE_STRATEGY", "magic").starts_with("`magic` is no strategy, in the variable"));
        assert!(message("SELVEDGE_STRATEGY", "pct:0").contains("at least 1"));
        assert!(message("SELVEDGE_REPLAY", "a2 7").contains("`7` is no run of a thread, in word 2"));
        let message =
            |setting, value| Config::default().set(setting, value).expect_err("refused").to_string();
        assert_eq!(
            message("memory", "tso"),
            "`tso` is not known, in the setting `memory`: give sequential or c11"
        );
        assert!(message("expect", "trouble").starts_with("`trouble` is no kind of finding"));
        assert!(message("sede", "7").starts_with("there is no setting `sede`"));
    }
}
