//! What can be asked for. Values are taken as text here and read in [`Settings`], so that whatever is wrong with one is
//! said in the words of [`Error`].

use super::explain::ExplainOptions;
use clap::{Args, Parser, Subcommand};
use models::{Parameters, Program, find};
use selvedge::explore::{Config, Search};
use selvedge::{Backend, Clock, Error, Output, Schedule};
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Explores concurrent programs: runs them under every interleaving that matters, or a sample, and shows what goes wrong.
///
/// Without a command, all programs are explored briefly.
#[derive(Debug, Parser)]
#[command(name = "selvedge", version, disable_help_subcommand = true)]
pub(super) struct Options {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Explore a program and report what is wrong with it.
    Explore(ExploreOptions),
    /// Run one schedule of a program and show what happens.
    Replay(ReplayOptions),
    /// Look for an execution of a program that prints a log.
    Explain(ExplainOptions),
    /// Put the reports of all parts of an exploration together.
    Merge(MergeOptions),
    /// Run programs on all backends, side by side: the engine, loom, shuttle and threads of the operating system.
    Backends(BackendsOptions),
    /// List the programs with their parameters.
    List,
}

/// Which program, at which size, under which circumstances: what a schedule alone does not say.
#[derive(Debug, Args)]
pub(super) struct ModelOptions {
    /// The program; `list` tells which there are.
    pub(super) name: String,
    /// Set a parameter of the program.
    #[arg(long, value_name = "NAME=NUMBER", allow_hyphen_values = true)]
    set: Vec<String>,
    /// Begin with the sizes in the document instead of the small ones.
    #[arg(long)]
    pub(super) document: bool,
    /// How time passes: abstract (a time-out may fire whenever its thread waits) or virtual (only when nobody can run).
    #[arg(long, value_name = "CLOCK", default_value = "abstract", allow_hyphen_values = true)]
    clock: String,
    /// How many spurious wakeups an execution may have.
    #[arg(long, value_name = "NUMBER", default_value = "0", allow_hyphen_values = true)]
    spurious: String,
    /// Tell apart in which order the program prints, and count the outputs.
    #[arg(long)]
    observe_output: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExploreOptions {
    #[command(flatten)]
    pub(super) model: ModelOptions,
    /// Which choices to try: portfolio, exhaustive, random, pct, pct:DEPTH, pos, surw, fuzz, bounded, dfs or
    /// dfs:PREEMPTIONS [default: portfolio, which begins with exhaustive; with --document, where that is hopeless, random].
    #[arg(long, value_name = "STRATEGY", allow_hyphen_values = true)]
    strategy: Option<String>,
    /// Who runs the threads: engine, loom, shuttle or std.
    #[arg(long, value_name = "BACKEND", default_value = "engine", allow_hyphen_values = true)]
    backend: String,
    /// The seed of all that is random.
    #[arg(long, value_name = "NUMBER", default_value = "0", allow_hyphen_values = true)]
    seed: String,
    /// The most executions.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    executions: Option<String>,
    /// The longest time to spend.
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    time: Option<String>,
    /// The most choices in one execution.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    steps: Option<String>,
    /// Go on after the first finding and report all that differ in what goes wrong or in who is involved.
    #[arg(long)]
    pub(super) all_findings: bool,
    /// Say where in the program each step was called.
    #[arg(long)]
    locations: bool,
    /// How many processors an exhaustive search uses; 0 for all there are. What is found does not depend on it.
    #[arg(long, value_name = "NUMBER", default_value = "0", allow_hyphen_values = true)]
    jobs: String,
    /// Keep in a file where an exhaustive search stands, and go on from there if it exists.
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Do one part of an exhaustive search, such as 2/3.
    #[arg(long, value_name = "PART/PARTS", allow_hyphen_values = true)]
    shard: Option<String>,
    /// Write what an exhaustive search came to to a file, for `merge`.
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct BackendsOptions {
    /// The programs; all if none is named.
    #[arg(value_name = "NAME")]
    pub(super) names: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct MergeOptions {
    /// The files that `explore --report` wrote.
    #[arg(required = true, value_name = "REPORT")]
    pub(super) reports: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ReplayOptions {
    #[command(flatten)]
    pub(super) model: ModelOptions,
    /// The schedule, as a report prints it.
    schedule: String,
    /// The schedule is one that `explain` has found.
    #[arg(long)]
    pub(super) explained: bool,
    /// Say where in the program each step was called.
    #[arg(long)]
    locations: bool,
}

/// A program with all that it is told.
pub(super) struct Settings {
    pub(super) program: &'static Program,
    pub(super) parameters: Parameters,
    pub(super) config: Config,
}

/// Enough for what a document program does at its own size.
const DOCUMENT_STEPS: u64 = 1 << 29;

impl ModelOptions {
    pub(super) fn settings(&self) -> Result<Settings, Error> {
        let program = find(&self.name)?;
        let mut parameters =
            if self.document { Parameters::document(program) } else { Parameters::new(program) };
        let mut set: Vec<&str> = Vec::with_capacity(self.set.len());
        for assignment in &self.set {
            let name = parameters.assign(assignment)?.name;
            if set.contains(&name) {
                return Err(Error::new(
                    format!("`{name}` is set twice"),
                    "on the command line",
                    "set each parameter once",
                ));
            }
            set.push(name);
        }
        let mut config = Config { name: Some(program.name.to_owned()), ..Config::default() };
        config.clock = match self.clock.as_str() {
            "abstract" => Clock::Abstract,
            "virtual" => Clock::Virtual,
            other => return Err(no_value(other, "--clock", "write abstract or virtual")),
        };
        config.output = if self.observe_output { Output::Observed } else { program.prints.output() };
        config.spurious_wakeups = number(&self.spurious, "--spurious", 0, u32::MAX)?;
        if self.document {
            config.steps = DOCUMENT_STEPS;
        }
        Ok(Settings { program, parameters, config })
    }

    /// The same options again, as a person would type them.
    pub(super) fn again(&self, settings: &Settings) -> String {
        let mut words = String::from(settings.program.name);
        let sizes = if self.document { Parameters::document } else { Parameters::new };
        if self.document {
            words.push_str(" --document");
        }
        for ((parameter, value), (_, usual)) in settings.parameters.iter().zip(sizes(settings.program).iter())
        {
            if value != usual {
                words.push_str(&format!(" --set {}={value}", parameter.name));
            }
        }
        if settings.config.clock == Clock::Virtual {
            words.push_str(" --clock virtual");
        }
        if settings.config.output != settings.program.prints.output() {
            words.push_str(" --observe-output");
        }
        if settings.config.spurious_wakeups > 0 {
            words.push_str(&format!(" --spurious {}", settings.config.spurious_wakeups));
        }
        words
    }
}

impl ExploreOptions {
    pub(super) fn settings(&self) -> Result<Settings, Error> {
        let mut settings = self.model.settings()?;
        let parameters = settings.parameters.iter().map(|(parameter, n)| format!("{}={n}", parameter.name));
        let parameters = parameters.collect::<Vec<_>>().join(" ");
        let config = &mut settings.config;
        config.search = self.strategy().parse()?;
        config.backend = self.backend.parse()?;
        config.jobs = number(&self.jobs, "--jobs", 0, u32::MAX)? as usize;
        if let Some(option) = self.of_a_whole() {
            if config.search != Search::Exhaustive || config.clock == Clock::Virtual {
                return Err(Error::new(
                    format!("`{option}` is for exhaustive searches"),
                    "on the command line",
                    "leave `--strategy` and `--clock` out",
                ));
            }
            config.parameters = Some(parameters);
            // Work that is divided is meant to be done, however long it takes.
            (config.executions, config.choices) = (u64::MAX, u64::MAX);
        }
        if let Some(text) = &self.shard {
            config.shard = text.parse()?;
        }
        config.seed = number(&self.seed, "--seed", 0, u64::MAX)?;
        if let Some(text) = &self.time {
            config.time = Some(seconds(text)?);
            // Whoever names a strategy and a time means to use all of it. The portfolio has to divide its budget.
            if config.search != Search::Portfolio {
                (config.executions, config.choices) = (u64::MAX, u64::MAX);
            }
        }
        if let Some(text) = &self.executions {
            (config.executions, config.choices) = (number(text, "--executions", 1, u64::MAX)?, u64::MAX);
        }
        if let Some(text) = &self.steps {
            config.steps = number(text, "--steps", 1, Config::MOST_STEPS)?;
        }
        config.all_findings = self.all_findings;
        config.locations = self.locations;
        settings.config = settings.config.validated()?;
        Ok(settings)
    }

    fn strategy(&self) -> &str {
        let usual = match self.of_a_whole() {
            Some(_) => "exhaustive",
            None if self.model.document => "random",
            None => "portfolio",
        };
        self.strategy.as_deref().unwrap_or(usual)
    }

    /// An option that goes with exhaustive searches alone, if there is one.
    fn of_a_whole(&self) -> Option<&'static str> {
        let given = [
            ("--checkpoint", self.checkpoint.is_some()),
            ("--shard", self.shard.is_some()),
            ("--report", self.report.is_some()),
        ];
        given.into_iter().find_map(|(option, given)| given.then_some(option))
    }

    /// The command that comes to the same execution again.
    pub(super) fn explore_command(&self, settings: &Settings) -> String {
        let config = &settings.config;
        let mut command = format!("{RUN} explore {}", self.model.again(settings));
        if config.search != Search::Portfolio {
            command.push_str(&format!(" --strategy {}", self.strategy()));
        }
        if config.backend != Backend::Engine {
            command.push_str(&format!(" --backend {}", config.backend));
        }
        command.push_str(&format!(" --seed {}", config.seed));
        // How the portfolio and the exhaustive search divide their budget depends on the whole of it.
        let divided = matches!(config.search, Search::Portfolio | Search::Exhaustive);
        match &self.executions {
            Some(_) if divided => {
                command.push_str(&format!(" --executions {}", config.executions));
            }
            None if divided => {}
            _ => command.push_str(" --executions {execution}"),
        }
        if let Some(shard) = &self.shard {
            command.push_str(&format!(" --shard {shard}"));
        }
        if self.steps.is_some() {
            command.push_str(&format!(" --steps {}", config.steps));
        }
        if self.all_findings {
            command.push_str(" --all-findings");
        }
        command
    }

    /// The command that replays a schedule.
    pub(super) fn replay_command(&self, settings: &Settings) -> String {
        format!("{RUN} replay {} '{{schedule}}'", self.model.again(settings))
    }
}

impl ReplayOptions {
    pub(super) fn settings(&self) -> Result<Settings, Error> {
        let mut settings = self.model.settings()?;
        let schedule = self.schedule()?;
        let config = &mut settings.config;
        // A schedule found under a larger bound is still replayed to its end.
        config.steps = config.steps.saturating_add(schedule.len());
        config.search = Search::Replay(schedule);
        config.all_findings = true;
        config.minimise = false;
        config.locations = self.locations;
        settings.config = settings.config.validated()?;
        Ok(settings)
    }

    pub(super) fn schedule(&self) -> Result<Schedule, Error> {
        self.schedule.parse()
    }
}

/// How the tool is run from a fresh clone.
pub(super) const RUN: &str = "cargo run --release --";

pub(super) fn number<N>(text: &str, option: &str, least: N, most: N) -> Result<N, Error>
where
    N: FromStr + PartialOrd + Display,
{
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse().ok().filter(|value| digits && (&least..=&most).contains(&value));
    value.ok_or_else(|| no_value(text, option, &format!("write a whole number from {least} to {most}")))
}

/// A longer time than a century is as good as none.
const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);

pub(super) fn seconds(text: &str) -> Result<Duration, Error> {
    let value = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    value.filter(|time| !time.is_zero() && *time <= LONGEST).ok_or_else(|| {
        let most = LONGEST.as_secs();
        no_value(
            text,
            "--time",
            &format!("write a number of seconds from 0.000000001 to {most}, such as 0.5"),
        )
    })
}

pub(super) fn no_value(text: &str, option: &str, mend: &str) -> Error {
    Error::new(format!("`{text}` is no value for `{option}`"), "on the command line", mend)
}
