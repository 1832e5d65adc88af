//! Files that an exploration can be written to: lines of a word and what it says, under a version and above a checksum.

use super::again::LeftOut;
use super::config::Config;
use super::report::Report;
use super::shard::Shard;
use crate::base::Error;
use crate::engine::{Clock, MemoryModel};
use std::fmt::{self, Write};

/// What an exploration was of: a file goes only with the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The name of the model and what it was made from.
    pub(super) model: String,
    /// The settings that decide which executions there are.
    pub(super) settings: String,
    pub(super) shard: Shard,
    /// Stands for all that happens in the first execution.
    pub(super) first: u64,
}

impl Origin {
    pub(super) fn new(config: &Config, first: u64) -> Self {
        let name = config.name.as_deref().unwrap_or("-");
        let model = config.parameters.as_ref().map_or(name.to_owned(), |more| format!("{name} {more}"));
        let clock = match config.clock {
            Clock::Abstract => "abstract",
            Clock::Virtual => "virtual",
        };
        let memory = match config.memory {
            None => "as used",
            Some(MemoryModel::SequentiallyConsistent) => "sc",
            Some(MemoryModel::C11) => "c11",
        };
        let settings = format!(
            "clock={clock} memory={memory} spurious={} weak={} steps={}",
            config.spurious_wakeups, config.weak_failures, config.steps
        );
        Origin { model: one_line(&model), settings, shard: config.shard, first }
    }

    pub(super) fn write(&self, text: &mut String) {
        field(text, "model", &self.model);
        field(text, "settings", &self.settings);
        field(text, "shard", &self.shard);
        field(text, "first", &format!("{:016x}", self.first));
    }

    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Error> {
        let model = lines.take("model")?.to_owned();
        let settings = lines.take("settings")?.to_owned();
        let shard = lines.parse("shard")?;
        let first = u64::from_str_radix(lines.take("first")?, 16).map_err(|_| lines.wrong("first"))?;
        Ok(Origin { model, settings, shard, first })
    }

    /// Nothing, if a file of `other` goes with this; or else what is wrong with it.
    pub(super) fn refuse(&self, other: &Origin, place: &str) -> Result<(), Error> {
        self.difference(other).map_or(Ok(()), |(what, mend)| Err(Error::new(what, place, mend)))
    }

    /// In what `other` is of something else, and how to mend that where an exploration is to go on from its file.
    pub(super) fn difference(&self, other: &Origin) -> Option<(String, &'static str)> {
        if self.model != other.model {
            let what = format!("it is of `{}`, not of `{}`", other.model, self.model);
            Some((what, "give the file of this model, or a new name"))
        } else if self.settings != other.settings {
            let what = format!("it was made with {}, not with {}", other.settings, self.settings);
            Some((what, "give the same options"))
        } else if self.first != other.first {
            let what = "the model has changed since: its first execution is another one";
            Some((what.to_owned(), "begin anew, in a new file"))
        } else {
            None
        }
    }
}

/// The figures of a report, in a line.
pub(super) fn figures(report: &Report) -> String {
    format!(
        "{} {} {} {} {} {} {}",
        report.executions,
        report.choices,
        report.longest,
        report.most_threads,
        report.cut_short,
        u64::from(report.fairness_assumed) | u64::from(report.endless) << 1 | report.left_out.bits() << 2,
        u8::from(report.counts_seen)
    )
}

/// Reads [`figures`] into a report.
pub(super) fn read_figures(lines: &mut Lines<'_>) -> Result<Report, Error> {
    let mut report = Report::new(&Config::default());
    parse_figures(lines.take("figures")?, &mut report).ok_or_else(|| lines.wrong("figures"))?;
    Ok(report)
}

fn parse_figures(text: &str, report: &mut Report) -> Option<()> {
    let numbers = text.split(' ').map(|number| number.parse().ok()).collect::<Option<Vec<u64>>>()?;
    let [executions, choices, longest, threads, cut_short, fair, counts] = numbers.try_into().ok()?;
    (report.executions, report.choices, report.longest) = (executions, choices, longest);
    (report.most_threads, report.cut_short) = (threads.try_into().ok()?, cut_short);
    (report.fairness_assumed, report.endless, report.counts_seen) =
        (fair & 1 != 0, fair & 2 != 0, counts != 0);
    report.left_out = LeftOut::from_bits(fair >> 2)?;
    Some(())
}

/// Adds a line.
pub(super) fn field(text: &mut String, word: &str, value: &dyn fmt::Display) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{word} {value}");
}

/// Adds the last line, from which it is told whether the file is whole.
pub(super) fn seal(text: &mut String) {
    let _ = writeln!(text, "end {:016x}", checksum(text));
}

fn checksum(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of a file between its header and its seal.
pub(super) struct Lines<'a> {
    rest: std::iter::Peekable<std::str::Lines<'a>>,
    place: &'static str,
}

impl<'a> Lines<'a> {
    /// Opens a file of `kind` ("checkpoint"), of which this is version 1.
    pub(super) fn open(text: &'a str, kind: &str, place: &'static str) -> Result<Self, Error> {
        let begin = format!("selvedge {kind} v");
        let first = text.lines().next().unwrap_or_default();
        match first.strip_prefix(&begin) {
            Some("1") => {}
            Some(version) => {
                let what = format!("version {version} of it is not known");
                return Err(Error::new(what, place, "use the Selvedge that wrote it, or begin anew"));
            }
            None => {
                let what = format!("this does not begin with `{begin}1`");
                return Err(Error::new(what, place, "name another file"));
            }
        }
        let end = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
        let seal = text[end..].trim_end().strip_prefix("end ");
        match seal.map(|sum| u64::from_str_radix(sum, 16)) {
            None => Err(Error::new("its end is missing", place, "begin anew")),
            Some(Ok(sum)) if sum == checksum(&text[..end]) => {
                let mut rest = text[..end].lines().peekable();
                rest.next();
                Ok(Lines { rest, place })
            }
            Some(_) => Err(Error::new("it has been changed or damaged", place, "begin anew")),
        }
    }

    /// What the next line says, which begins with `word`.
    pub(super) fn take(&mut self, word: &str) -> Result<&'a str, Error> {
        self.take_if(word).ok_or_else(|| self.wrong(word))
    }

    /// What the next line says, if it begins with `word`.
    pub(super) fn take_if(&mut self, word: &str) -> Option<&'a str> {
        let line = self.rest.peek()?.strip_prefix(word)?.strip_prefix(' ')?;
        self.rest.next();
        Some(line)
    }

    pub(super) fn parse<T: std::str::FromStr>(&mut self, word: &str) -> Result<T, Error> {
        self.take(word)?.parse().map_err(|_| self.wrong(word))
    }

    pub(super) fn wrong(&self, word: &str) -> Error {
        Error::new(format!("its line `{word}` makes no sense"), self.place, "begin anew")
    }

    /// Nothing more may follow.
    pub(super) fn close(mut self) -> Result<(), Error> {
        match self.rest.next() {
            None => Ok(()),
            Some(line) => Err(self.wrong(line.split(' ').next().unwrap_or_default())),
        }
    }
}
