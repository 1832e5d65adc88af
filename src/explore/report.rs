//! What an exploration has found, and how much it has seen.

use super::again::LeftOut;
use super::config::Config;
use super::file::Origin;
use super::measure::Measure;
use super::part::Part;
use super::shard::Shard;
pub(crate) use super::told::count;
pub(super) use super::told::{grouped, is_long, scientific};
use crate::backend::Backend;
use crate::base::Schedule;
use crate::engine::{MemoryModel, Output};
use crate::finding::{Context, Finding, Severity};
use crate::trace::{Style, Trace, checked_schedule};
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// How much of all behaviour was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Coverage {
    /// All of it: what was not found is not there (under the settings given).
    Proved,
    /// Only executions with few preemptions, but all of those.
    AllWithin(u32),
    /// A part: the budget ended first.
    Sampled,
    /// All of one part; what was not found there may be in another.
    Part(Shard),
    /// It was broken off at a finding.
    Stopped,
    /// One schedule was replayed.
    Replayed,
    /// All that a backend other than the engine tells apart.
    AllOf(Backend),
}

/// A finding with the execution that shows it.
///
/// Its [`Display`](fmt::Display) form is what a [`Report`] tells of it, without the name of the model: what is wrong, why, the
/// trace in columns, and how to replay it. It is as stable as the report's, so that it can be a snapshot.
///
/// ```
/// use selvedge::sync::Mutex;
///
/// let report = selvedge::explore(|| {
///     let lock = Mutex::with_name((), "lock");
///     let _held = lock.lock();
///     let _again = lock.lock();
/// });
/// let told = report.findings()[0].to_string();
/// assert!(told.starts_with("deadlock: `main` waits for `lock`, which it holds itself"));
/// assert!(told.contains("1   lock lock  <- never given back; its holder waits for it"));
/// ```
#[derive(Clone, Debug)]
pub struct Found {
    /// What is wrong.
    pub finding: Finding,
    /// The smallest execution known that shows it.
    pub trace: Trace,
    /// In which execution, counted from 1, it was first seen.
    pub execution: u64,
}

impl Found {
    /// The schedule that replays it, with check characters.
    pub fn schedule(&self) -> Schedule {
        checked_schedule(&self.trace)
    }

    /// How it is replayed by whoever knows no command for it.
    fn search(&self) -> String {
        format!("`Explorer::search` with `Search::Replay(\"{}\".parse()?)`", self.schedule())
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replay = (!is_long(&self.trace.schedule)).then(|| self.search());
        let context = Context { replay, execution: Some(self.execution), ..Context::default() };
        f.write_str(self.finding.render(&self.trace, &context).trim_end())
    }
}

/// The result of an exploration. Its [`Display`](fmt::Display) form is stable: no times, seeds, addresses or paths.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) name: Option<String>,
    pub(super) replay_command: Option<String>,
    pub(super) explore_command: Option<String>,
    pub(super) locations: bool,
    pub(super) replayed: Option<Trace>,
    pub(super) strategy: String,
    pub(super) executions: u64,
    pub(super) choices: u64,
    pub(super) longest: u64,
    pub(super) most_threads: u32,
    pub(super) cut_short: u64,
    /// How many executions have more preemptions than those of which all were run.
    pub(super) beyond: u64,
    /// Whether anything in the first execution could have gone otherwise, as far as that is known.
    pub(super) matters: Option<bool>,
    pub(super) fairness_assumed: bool,
    pub(super) endless: bool,
    pub(super) counts_seen: bool,
    pub(super) left_out: LeftOut,
    /// Whether no two executions differ only in the order of independent steps.
    pub(super) each_once: bool,
    pub(super) measure: Option<Measure>,
    pub(super) time: Elapsed,
    pub(super) memory: MemoryModel,
    pub(super) doubt: Option<String>,
    pub(super) estimate: Option<f64>,
    pub(super) spread: Option<f64>,
    pub(super) coverage: Coverage,
    pub(super) findings: Vec<Found>,
    pub(super) divergence: Option<String>,
    pub(super) backend: Backend,
    /// Why the backend broke off.
    pub(super) broken: Option<String>,
    /// What else is to be said of it.
    pub(super) remarks: Vec<String>,
    /// Where the output is observed: what was printed in executions that came to an end.
    pub(super) outputs: Option<BTreeSet<String>>,
    /// What it was that was explored, where that was asked for.
    pub(super) origin: Option<Origin>,
}

/// A time that leaves no trace in a snapshot.
#[derive(Clone, Copy, Default)]
pub(super) struct Elapsed(pub(super) Duration);

impl fmt::Debug for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Report {
    /// Before anything has been run.
    pub(super) fn new(config: &Config) -> Self {
        Report {
            memory: config.memory.unwrap_or_default(),
            name: config.name.clone(),
            replay_command: config.replay_command.clone(),
            explore_command: config.explore_command.clone(),
            locations: config.locations,
            replayed: None,
            strategy: String::new(),
            executions: 0,
            choices: 0,
            longest: 0,
            most_threads: 0,
            cut_short: 0,
            beyond: 0,
            matters: None,
            fairness_assumed: false,
            endless: false,
            counts_seen: false,
            left_out: LeftOut::default(),
            each_once: false,
            measure: config.measure.then(Measure::default),
            time: Elapsed::default(),
            doubt: None,
            estimate: None,
            spread: None,
            coverage: Coverage::Sampled,
            findings: Vec::new(),
            divergence: None,
            backend: config.backend,
            broken: None,
            remarks: Vec::new(),
            outputs: (config.output == Output::Observed).then(BTreeSet::new),
            origin: None,
        }
    }

    /// What was found, the most important first.
    pub fn findings(&self) -> &[Found] {
        &self.findings
    }

    /// Whether a test should fail: a finding that is more than a warning, or a model that does not repeat itself.
    pub fn failed(&self) -> bool {
        let unsure = self.divergence.is_some() || self.broken.is_some();
        unsure || self.findings.iter().any(|f| f.finding.severity() == Severity::Failure)
    }

    /// Whether nothing is wrong and every behaviour has been seen, polling loops taken to be [fair](Self::assumes_fairness).
    pub fn proved(&self) -> bool {
        !self.failed() && self.coverage == Coverage::Proved && !self.counts_seen
    }

    /// How much of all behaviour was seen.
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// How many executions were run, those for minimising not counted.
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// How many executions there are in all, as far as is known. There is none for C11's execution graphs unless all have been run:
    /// what is finished of them says too little of the rest.
    pub fn estimate(&self) -> Option<f64> {
        self.estimate
    }

    /// By how much the [estimate](Self::estimate) may well be wrong, as far as is known.
    pub fn spread(&self) -> Option<f64> {
        self.spread
    }

    /// How many choices were made in all of them.
    pub fn choices(&self) -> u64 {
        self.choices
    }

    /// The most choices in one execution.
    pub fn longest(&self) -> u64 {
        self.longest
    }

    /// The most threads in one execution, the main one included.
    pub fn threads(&self) -> u32 {
        self.most_threads
    }

    /// How many executions reached the bound on steps, so that nothing is known of what would have followed. If all of them did, the
    /// test has tested nothing, and a [`check`](crate::check()) fails as where there is [nothing to explore](Self::is_trivial).
    pub fn cut_short(&self) -> u64 {
        self.cut_short
    }

    /// Whether there is nothing to tell of but how much was seen.
    pub(super) fn has_nothing(&self) -> bool {
        self.findings.is_empty() && self.divergence.is_none() && self.broken.is_none()
    }

    /// Whether a thread was kept back because it had gone round a polling loop in vain: what was seen is all there is if
    /// such loops are fair, that is, if they go on until they see what they wait for.
    pub fn assumes_fairness(&self) -> bool {
        self.fairness_assumed
    }

    /// Whether a loop [without an end](crate::hint::endless) would have gone on: what was seen is all there is in as many rounds as
    /// were asked for.
    pub fn is_of_some_rounds(&self) -> bool {
        self.endless
    }

    /// Whether the model looks at reference counts that others may change, in an exploration in which clones and drops of an `Arc`
    /// are no choices of their own: counts were seen to change only together with a neighbouring step.
    pub fn sees_counts(&self) -> bool {
        self.counts_seen
    }

    /// How long it took. It is shown nowhere, since it is another one each time.
    pub fn time(&self) -> Duration {
        self.time.0
    }

    /// How atomics behaved.
    pub fn memory(&self) -> MemoryModel {
        self.memory
    }

    /// Why it is no proof that a search has come to its end, where it is none.
    pub fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }

    /// All complete outputs that were seen, sorted; `None` unless the output is [observed](Output::Observed). After a
    /// [proof](Self::coverage) there is no other.
    pub fn outputs(&self) -> Option<&BTreeSet<String>> {
        self.outputs.as_ref()
    }

    /// Who ran the executions.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Why the backend could not go on, where it could not.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// What else there is to say of what another backend than the engine has done: that the engine does not repeat it, or that no run
    /// of the model can do it.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// How the choices were made.
    pub fn strategy(&self) -> &str {
        &self.strategy
    }

    /// Why the model cannot be explored: it does not behave the same under the same choices.
    pub fn divergence(&self) -> Option<&str> {
        self.divergence.as_deref()
    }

    /// The execution that was replayed, if that is what was asked for.
    pub fn replayed(&self) -> Option<&Trace> {
        self.replayed.as_ref()
    }

    /// The report as one of a part, to be written to a file and put together with those of the other parts. There is one for
    /// exhaustive searches of which a part was asked for, or a checkpoint, or whose [parameters](Config::parameters) are known.
    pub fn part(&self) -> Option<Part> {
        Part::of(self)
    }

    /// One sentence on how much was seen.
    pub fn verdict(&self) -> String {
        let executions = count(self.executions, "execution");
        let were = if self.executions == 1 { "was" } else { "were" };
        match self.coverage {
            Coverage::Proved if self.counts_seen => {
                format!(
                    "all {executions} {were} run; no proof, as clones and drops of an `Arc` are no choices and the model looks at its count"
                )
            }
            Coverage::Proved => {
                let assumed = [
                    (self.fairness_assumed, ", polling loops taken to be fair"),
                    (self.endless, ", endless loops followed for the rounds asked for"),
                ];
                let fair: String = assumed.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
                // Below something wrong it would read as if that were proved to be right.
                let proved = if self.has_nothing() { "proved: " } else { "" };
                match self.executions {
                    1 => format!("{proved}the only execution was run{fair}"),
                    _ => format!("{proved}all {executions} were run{fair}"),
                }
            }
            Coverage::AllWithin(bound) if self.beyond > 0 => {
                let within = count(self.executions - self.beyond, "execution");
                let bound = count(u64::from(bound), "preemption");
                let beyond = grouped(self.beyond);
                format!("all {within} with at most {bound} were run, and {beyond} of those with more")
            }
            Coverage::AllWithin(bound) => {
                format!("all {executions} with at most {} {were} run", count(u64::from(bound), "preemption"))
            }
            Coverage::Sampled => match self.estimate {
                Some(estimate) if estimate > self.executions as f64 => {
                    format!("sampled: {executions} of about {} {were} run", scientific(estimate))
                }
                _ => format!("sampled: {executions} {were} run"),
            },
            Coverage::Part(shard) => format!("finished part {shard}: all its {executions} {were} run"),
            Coverage::AllOf(backend) => format!("all {executions} that {backend} tells apart {were} run"),
            Coverage::Stopped => format!("stopped after {executions}"),
            Coverage::Replayed => "replayed one schedule".to_string(),
        }
    }

    /// What a finding is told as.
    pub(super) fn tell(&self, found: &Found) -> String {
        found.finding.render(&found.trace, &self.context(found)).trim_end().to_owned()
    }

    fn context(&self, found: &Found) -> Context {
        let replay = if is_long(&found.trace.schedule) { self.again(found) } else { self.replay(found) };
        let style = Style { locations: self.locations, ..Style::default() };
        Context { program: self.name.clone(), replay: Some(replay), execution: Some(found.execution), style }
    }

    fn replay(&self, found: &Found) -> String {
        let Some(command) = &self.replay_command else { return found.search() };
        let schedule = found.schedule();
        // An empty variable counts as none; an empty check word says that no choice is meant.
        let text = if schedule.is_empty() { "~".to_owned() } else { schedule.to_string() };
        match command.contains("{schedule}") {
            true => command.replace("{schedule}", &text),
            false => format!("{command} '{text}'"),
        }
    }

    /// How to see an execution again whose schedule nobody wants to see.
    fn again(&self, found: &Found) -> String {
        let choices = count(found.trace.schedule.len(), "choice");
        match &self.explore_command {
            Some(command) => {
                let command = command.replace("{execution}", &found.execution.to_string());
                format!("{command}\n          (its schedule of {choices} is too long to print)")
            }
            None => {
                format!("explore again: its schedule of {choices} is too long to print ({})", self.strategy)
            }
        }
    }
}
