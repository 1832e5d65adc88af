//! From a log to an execution of a program that prints it.

use super::Outcome;
use super::explore::interruption;
use super::files;
use super::options::{ModelOptions, RUN, no_value, number, seconds};
use super::output::{Output, painted};
use clap::Args;
use selvedge::explain::Log;
use selvedge::{Error, Explorer};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Which log, and how it is to be read.
#[derive(Debug, Args)]
pub(super) struct ExplainOptions {
    #[command(flatten)]
    model: ModelOptions,
    /// The file with the log.
    #[arg(value_name = "LOGFILE")]
    log: PathBuf,
    /// The log is only the beginning of what the program prints.
    #[arg(long)]
    prefix: bool,
    /// Leave out lines of the log; TEXT*, *TEXT and *TEXT* stand for all lines that begin so, end so or say it.
    #[arg(long, value_name = "LINES", allow_hyphen_values = true)]
    ignore: Vec<String>,
    /// Leave out lines that the program prints and the log lacks.
    #[arg(long, value_name = "LINES", allow_hyphen_values = true)]
    ignore_printed: Vec<String>,
    /// Leave out blank lines, on both sides.
    #[arg(long)]
    ignore_blank_lines: bool,
    /// What follows this in a line of the log is a comment.
    #[arg(long, value_name = "MARKER", allow_hyphen_values = true)]
    comments: Vec<String>,
    /// Lines of the log, by their numbers, that may have been printed in any order.
    #[arg(long, value_name = "FIRST-LAST", allow_hyphen_values = true)]
    unordered: Vec<String>,
    /// The program's name for a name in the log; no others are guessed then.
    #[arg(long, value_name = "LOG=PROGRAM", allow_hyphen_values = true)]
    rename: Vec<String>,
    /// A word before numbers, such as "pid ", that may be others in the log.
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    numbered: Vec<String>,
    /// The most executions to try.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    executions: Option<String>,
    /// The longest time to spend.
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    time: Option<String>,
    /// Say where in the program each step was called.
    #[arg(long)]
    locations: bool,
}

pub(super) fn run(options: &ExplainOptions, output: &mut Output) -> Result<Outcome, Error> {
    let mut settings = options.model.settings()?;
    let log = options.log()?;
    let command = format!("{RUN} replay {} --explained '{{schedule}}'", options.model.again(&settings));
    let config = &mut settings.config;
    config.replay_command = Some(command);
    config.locations = options.locations;
    // Whoever sets no bound wants to know; the search ends by itself when there is too much to remember.
    config.executions = u64::MAX;
    if let Some(text) = &options.executions {
        config.executions = number(text, "--executions", 1, u64::MAX)?;
    }
    if let Some(text) = &options.time {
        config.time = Some(seconds(text)?);
    }
    let (program, parameters) = (settings.program, settings.parameters);
    let interrupt = interruption();
    let explorer = Explorer::with(settings.config).interrupt(Arc::clone(&interrupt));
    let explanation = explorer.explain(&log, move || (program.run)(&parameters))?;
    let reproduced = explanation.is_reproduced();
    output.print(&painted(&format!("{explanation}\n"), !reproduced));
    Ok(match (reproduced, interrupt.load(Relaxed)) {
        (true, _) => Outcome::Fine,
        (false, true) => Outcome::Interrupted,
        (false, false) => Outcome::Found,
    })
}

impl ExplainOptions {
    fn log(&self) -> Result<Log, Error> {
        let text = files::read(&self.log)?.ok_or_else(|| {
            let what = format!("there is no file `{}`", self.log.display());
            Error::new(what, "on the command line", "name the file with the log")
        })?;
        let mut log = Log::new(text);
        if self.prefix {
            log = log.prefix();
        }
        if self.ignore_blank_lines {
            log = log.ignore_blank_lines();
        }
        for marker in &self.comments {
            log = log.comments(marker.as_str());
        }
        for lines in &self.ignore {
            log = log.ignore(lines.parse()?);
        }
        for lines in &self.ignore_printed {
            log = log.ignore_printed(lines.parse()?);
        }
        for range in &self.unordered {
            let ends = range.split_once('-');
            let (first, last) =
                ends.ok_or_else(|| no_value(range, "--unordered", "write two numbers, such as 3-5"))?;
            let line = |text| number(text, "--unordered", 1, u32::MAX).map(|line| line as usize);
            log = log.unordered(line(first)?, line(last)?);
        }
        for pair in &self.rename {
            let (here, there) = pair
                .split_once('=')
                .ok_or_else(|| no_value(pair, "--rename", "write such as Thread-34=Thread-1"))?;
            log = log.rename(here, there);
        }
        Ok(self.numbered.iter().fold(log, |log, word| log.numbered(word.as_str())))
    }
}
