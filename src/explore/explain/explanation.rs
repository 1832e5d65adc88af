//! What a search for a log came to.

use crate::base::Schedule;
use crate::explore::report::count;
use crate::trace::{Style, Trace, checked_schedule, render};
use std::fmt;

/// How a search for a log ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is an execution that prints the log.
    Reproduced,
    /// There is none.
    Impossible,
    /// The search did not come to its end; why.
    Undecided(String),
}

/// How a log comes about, or how far it can.
#[derive(Clone, Debug)]
pub struct Explanation {
    pub(super) verdict: Verdict,
    pub(super) trace: Trace,
    /// How many lines can be printed, and how many there are.
    pub(super) lines: (usize, usize),
    /// The first line that cannot, with its number in the log.
    pub(super) stopped: Option<(usize, String)>,
    pub(super) instead: Vec<String>,
    pub(super) renamed: Vec<(String, String)>,
    pub(super) executions: u64,
    pub(super) states: usize,
    pub(super) fair: bool,
    pub(super) name: Option<String>,
    pub(super) replay: Option<String>,
    pub(super) locations: bool,
}

impl Explanation {
    /// How the search ended.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Whether there is an execution that prints the log.
    pub fn is_reproduced(&self) -> bool {
        self.verdict == Verdict::Reproduced
    }

    /// Whether there is none.
    pub fn is_impossible(&self) -> bool {
        self.verdict == Verdict::Impossible
    }

    /// The execution that prints the log, or as much of it as can be: up to its last line, when it is the beginning of an output.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The schedule of that execution, with check characters, for [`retrace`](crate::Explorer::retrace).
    pub fn schedule(&self) -> Schedule {
        checked_schedule(&self.trace)
    }

    /// How many lines of the log can be printed in a row, as far as is known.
    pub fn printed(&self) -> usize {
        self.lines.0
    }

    /// The first line that no execution prints next, as far as is known, with its number in the log. `None` also when the whole
    /// log can be printed, but more is always printed then.
    pub fn stopped_at(&self) -> Option<(usize, &str)> {
        self.stopped.as_ref().map(|(number, line)| (*number, line.as_str()))
    }

    /// What can be printed there instead, sorted.
    pub fn instead(&self) -> &[String] {
        &self.instead
    }

    /// The program's names that stand for others in the log.
    pub fn renamed(&self) -> &[(String, String)] {
        &self.renamed
    }

    /// How many executions were run.
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// How many states were told apart.
    pub fn states(&self) -> usize {
        self.states
    }

    /// Whether polling loops were taken to be fair: to see a change if there is one, before they give up.
    pub fn assumes_fairness(&self) -> bool {
        self.fair
    }

    fn headline(&self) -> String {
        let (printed, all) = (self.lines.0 as u64, self.lines.1 as u64);
        let fair = if self.fair { ", polling loops taken to be fair" } else { "" };
        match &self.verdict {
            Verdict::Reproduced => format!("reproduced: this execution prints {}", lines(all, "all")),
            Verdict::Impossible if self.stopped.is_none() => {
                format!("impossible: after {} every execution prints more{fair}", lines(all, "all"))
            }
            Verdict::Impossible if printed == 0 => {
                format!("impossible: no execution begins with the first line{fair}")
            }
            Verdict::Impossible => {
                format!(
                    "impossible: no execution prints more than {} of {all}{fair}",
                    lines(printed, "the first")
                )
            }
            Verdict::Undecided(why) => {
                format!("undecided: {why}; {} of {all} can be printed", lines(printed, "the first"))
            }
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.name.as_ref().map_or(String::new(), |name| format!("{name}: "));
        writeln!(f, "{of}{}\n", self.headline())?;
        if let Some((number, line)) = &self.stopped {
            writeln!(f, "  line {number}: {line:?}")?;
        }
        if !self.is_reproduced() {
            let instead = self.instead.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>();
            let instead = if instead.is_empty() { "nothing".to_owned() } else { instead.join(", ") };
            writeln!(f, "  there could follow: {instead}\n")?;
        }
        if !self.renamed.is_empty() {
            let pairs = self.renamed.iter().map(|(here, there)| format!("{here} is {there}"));
            writeln!(f, "  in the log {}\n", pairs.collect::<Vec<_>>().join(", "))?;
        }
        let style = Style { locations: self.locations, ..Style::default() };
        writeln!(f, "{}", render(&self.trace, &[], &style).trim_end())?;
        if let Some(command) = &self.replay {
            writeln!(f, "\n  replay: {}", command.replace("{schedule}", &self.schedule().to_string()))?;
        }
        let executions = count(self.executions, "execution");
        write!(f, "\n{} and {} were tried", executions, count(self.states as u64, "state"))
    }
}

fn lines(number: u64, which: &str) -> String {
    match (number, which) {
        (0, _) => "none".to_owned(),
        (1, "all") => "its line".to_owned(),
        (1, _) => "the first line".to_owned(),
        _ => format!("{which} {}", count(number, "line")),
    }
}
