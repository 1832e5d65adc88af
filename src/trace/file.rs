//! A trace as a file: its schedule, and a line a step, so that a replay can be verified step by step.
//!
//! ```text
//! selvedge trace v1
//! model bounded_queue
//! schedule a2 b3 a
//! steps 6
//! 1 main: spawn producer
//! 2 main: lock m
//! …
//! ```
//!
//! The steps are the words that a person sees, so the file can be read, and a difference can be told, as it stands.

use super::Trace;
use super::names::Names;
use super::render::{one_line, phrases};
use super::snapshot::mask;
use crate::base::{Error, Schedule, ThreadId};
use std::fmt;
use std::str::FromStr;

const HEADER: &str = "selvedge trace v1";

/// What a trace file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceFile {
    /// The name of the model.
    pub model: String,
    /// The choices.
    pub schedule: Schedule,
    /// How many steps came before the first line.
    pub skipped: u64,
    /// The steps in words: "main: lock m".
    pub steps: Vec<String>,
}

impl TraceFile {
    /// The file for `trace` of `model`.
    pub fn new(model: &str, trace: &Trace) -> Self {
        let schedule = trace.schedule.clone();
        TraceFile { model: one_line(model), schedule, skipped: trace.skipped, steps: lines(trace) }
    }

    /// Compares a replay with what the file expects; `Err` names the first step that differs.
    pub fn verify(&self, trace: &Trace) -> Result<(), Divergence> {
        let found = lines(trace);
        let from = self.skipped.max(trace.skipped);
        let until = (self.skipped + self.steps.len() as u64).max(trace.end());
        for offset in from..until {
            let at = |lines: &[String], skipped: u64| lines.get((offset - skipped) as usize).cloned();
            let (expected, found) = (at(&self.steps, self.skipped), at(&found, trace.skipped));
            if expected != found {
                return Err(Divergence { step: offset, expected, found });
            }
        }
        Ok(())
    }
}

/// The first step at which a replay went another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The step's offset.
    pub step: u64,
    /// What was expected, in words; `None` when the execution should have ended.
    pub expected: Option<String>,
    /// What was found, in words; `None` when the execution had ended.
    pub found: Option<String>,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |step: &Option<String>| step.as_ref().map_or("the end".to_string(), |s| format!("`{s}`"));
        let (expected, found) = (words(&self.expected), words(&self.found));
        write!(f, "the replay differs at step {}: expected {expected}, found {found}", self.step + 1)
    }
}

impl std::error::Error for Divergence {}

impl fmt::Display for TraceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nmodel {}", self.model)?;
        let space = if self.schedule.is_empty() { "" } else { " " };
        writeln!(f, "schedule{space}{}\nsteps {}", self.schedule, self.steps.len())?;
        let numbered = self.steps.iter().zip(self.skipped + 1..);
        numbered.into_iter().try_for_each(|(step, number)| writeln!(f, "{number} {step}"))
    }
}

impl FromStr for TraceFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut lines = text.lines().zip(1..);
        match lines.next() {
            Some((HEADER, _)) => {}
            Some((line, _)) if line.starts_with("selvedge trace v") => {
                return Err(wrong(
                    format!("the version in `{line}` is not known"),
                    1,
                    "read it with a newer Selvedge",
                ));
            }
            _ => return Err(wrong("this is no trace file", 1, format!("begin it with `{HEADER}`"))),
        }
        let model = field(&mut lines, 2, "model")?.to_string();
        let schedule = field(&mut lines, 3, "schedule")?;
        let schedule =
            schedule.parse().map_err(|e: Error| wrong(e.to_string(), 3, "paste the schedule whole"))?;
        let count = field(&mut lines, 4, "steps")?;
        let count: usize = count
            .parse()
            .map_err(|_| wrong(format!("`{count}` is no number of steps"), 4, "write a number"))?;
        let (mut steps, mut skipped) = (Vec::new(), 0);
        for (line, at) in lines.filter(|(line, _)| !line.is_empty()) {
            let numbered = line.split_once(' ').and_then(|(n, step)| Some((n.parse::<u64>().ok()?, step)));
            let (number, step) = numbered.filter(|(number, _)| *number > 0).ok_or_else(|| {
                wrong(format!("`{line}` is no step"), at, "write its number and what is done")
            })?;
            if steps.is_empty() {
                skipped = number - 1;
            }
            let due = skipped + steps.len() as u64 + 1;
            if number != due {
                return Err(wrong(
                    format!("step {number} stands where step {due} is due"),
                    at,
                    "keep all lines in order",
                ));
            }
            steps.push(step.to_string());
        }
        if steps.len() != count {
            let what = format!("{count} steps are announced and {} are there", steps.len());
            return Err(wrong(what, text.lines().count(), "copy the file whole"));
        }
        Ok(TraceFile { model, schedule, skipped, steps })
    }
}

fn wrong(what: impl Into<String>, line: usize, mend: impl Into<String>) -> Error {
    Error::new(what, format!("in line {line} of the trace file"), mend)
}

fn field<'a>(
    lines: &mut impl Iterator<Item = (&'a str, usize)>,
    at: usize,
    key: &str,
) -> Result<&'a str, Error> {
    let line = lines.next().map_or("", |(line, _)| line);
    let value = line.strip_prefix(key).filter(|rest| rest.is_empty() || rest.starts_with(' '));
    let missing =
        || wrong(format!("`{key}` is missing"), at, format!("write `{key}` and its value on a line"));
    value.map(str::trim).ok_or_else(missing)
}

fn lines(trace: &Trace) -> Vec<String> {
    let names = Names::new(trace);
    let line = |(thread, text): (ThreadId, String)| mask(&format!("{}: {text}", names.thread(thread)));
    phrases(trace, &names).into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Choice;
    use crate::trace::builder::{Builder, Does};
    use proptest::prelude::*;

    fn trace(read: u64) -> Trace {
        let mut build = Builder::new();
        let (x, b) = (build.shared("x"), build.thread("worker"));
        build.step(0, Does::Spawn(b)).step(1, Does::Get(x, read)).step(1, Does::End).step(0, Does::Join(b));
        build.finish()
    }

    #[test]
    fn is_lines_that_a_person_can_read() {
        insta::assert_snapshot!(TraceFile::new("demo", &trace(0)), @r"
    selvedge trace v1
    model demo
    schedule b
    steps 4
    1 main: spawn worker
    2 worker: read x -> 0
    3 worker: ends
    4 main: join worker
    ");
    }

    #[test]
    fn a_replay_is_verified_step_by_step() {
        let file = TraceFile::new("demo", &trace(0));
        assert_eq!(file.verify(&trace(0)), Ok(()));
        let differs = |trace: &Trace| file.verify(trace).unwrap_err().to_string();
        assert_eq!(
            differs(&trace(7)),
            "the replay differs at step 2: expected `worker: read x -> 0`, found `worker: read x -> 7`"
        );
        let mut short = trace(0);
        short.steps.pop();
        assert_eq!(
            differs(&short),
            "the replay differs at step 4: expected `main: join worker`, found the end"
        );
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_line() {
        let message = |text: &str| text.parse::<TraceFile>().unwrap_err().to_string();
        let head = "selvedge trace v1\nmodel m\nschedule a2\n";
        assert_eq!(
            message("x"),
            "this is no trace file, in line 1 of the trace file: begin it with `selvedge trace v1`"
        );
        assert!(message("selvedge trace v9").contains("the version in `selvedge trace v9` is not known"));
        assert!(message("selvedge trace v1\nmodel m\nschedule ?").contains("in line 3 of the trace file"));
        assert!(message("selvedge trace v1\nmodel m").contains("`schedule` is missing, in line 3"));
        assert!(message(&format!("{head}steps x")).contains("`x` is no number of steps, in line 4"));
        assert!(
            message(&format!("{head}steps 2\n1 a: b\n3 a: c"))
                .contains("step 3 stands where step 2 is due, in line 6")
        );
        assert!(
            message(&format!("{head}steps 2\n1 a: b"))
                .contains("2 steps are announced and 1 are there, in line 5")
        );
        assert!(message(&format!("{head}steps 1\nlock m")).contains("`lock m` is no step, in line 5"));
    }

    proptest! {
        #[test]
        fn parse_undoes_print(
            model in "[a-z_]{0,12}",
            runs in proptest::collection::vec((0u32..5, 0u32..3), 0..20),
            skipped in 0u64..1000,
            steps in proptest::collection::vec("[a-z]{1,8}: [!-~ ]{0,20}", 0..12),
        ) {
            let schedule = runs.into_iter().map(|(thread, outcome)| Choice { thread: ThreadId(thread), outcome });
            // Without a step there is nothing to number.
            let skipped = if steps.is_empty() { 0 } else { skipped };
            let file = TraceFile { model, schedule: schedule.collect(), skipped, steps };
            prop_assert_eq!(file.to_string().parse::<TraceFile>().unwrap(), file);
        }

        #[test]
        fn never_panics_on_any_text(text in "(selvedge trace v1\nmodel m\nschedule a\n)?[a-z0-9 \n:]{0,60}") {
            let _ = text.parse::<TraceFile>();
        }
    }
}
