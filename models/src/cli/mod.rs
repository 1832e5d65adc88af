//! The command line: what is asked for, who does it, and what the shell is told.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | nothing is wrong, or a log was reproduced; without arguments: every program shows what it is expected to |
//! | 1 | something was found, or a log was not reproduced |
//! | 2 | bad input, said in one sentence; also a bound within which no execution comes to its end |
//! | 130 | interrupted, and nothing was found so far |

mod backends;
mod explain;
mod explore;
mod files;
mod gallery;
mod list;
mod merge;
mod options;
mod output;
mod progress;
mod replay;
mod table;
mod verdict;

use clap::Parser;
use clap::error::ErrorKind;
use options::{Command, Options};
use output::Output;
use selvedge::Error;
use std::process::ExitCode;

/// What a command found, and so what the shell is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing is wrong.
    Fine,
    /// Something is.
    Found,
    /// Nothing, but not all that was asked for was looked at.
    Interrupted,
}

const BAD_INPUT: u8 = 2;
/// What shells say of a process that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

pub(crate) fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let mut output = Output::new();
            output.print(&error.render().to_string());
            return finish(Ok(Outcome::Fine), output);
        }
        Err(error) if error.kind() == ErrorKind::InvalidUtf8 => return refuse(&no_text().to_string()),
        Err(error) => return refuse(&one_sentence(&error)),
    };
    let mut output = Output::new();
    let result = match &options.command {
        None => Ok(gallery::run(&mut output)),
        Some(Command::Explore(options)) => explore::run(options, &mut output),
        Some(Command::Explain(options)) => explain::run(options, &mut output),
        Some(Command::Replay(options)) => replay::run(options, &mut output),
        Some(Command::Merge(options)) => merge::run(options, &mut output),
        Some(Command::Backends(options)) => backends::run(options, &mut output),
        Some(Command::List) => Ok(list::run(&mut output)),
    };
    finish(result, output)
}

fn finish(result: Result<Outcome, Error>, output: Output) -> ExitCode {
    match (result, output.failure()) {
        (Err(error), _) => refuse(&error.to_string()),
        (_, Some(failure)) => refuse(&format!("the output cannot be written: {failure}")),
        (Ok(Outcome::Fine), None) => ExitCode::SUCCESS,
        (Ok(Outcome::Found), None) => ExitCode::from(1),
        (Ok(Outcome::Interrupted), None) => ExitCode::from(INTERRUPTED),
    }
}

fn refuse(sentence: &str) -> ExitCode {
    output::complain(sentence);
    ExitCode::from(BAD_INPUT)
}

/// Clap does not say which argument is no text. The names of files need be none, so that there may be several.
fn no_text() -> Error {
    let strange = std::env::args_os().skip(1).filter(|argument| argument.to_str().is_none());
    let strange: Vec<String> = strange.map(|argument| format!("`{}`", argument.to_string_lossy())).collect();
    let what = format!("{} is no text", strange.join(" or "));
    Error::new(what, "on the command line", "write it in UTF-8; only names of files may be anything")
}

/// What clap says, without its usage and hints.
fn one_sentence(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let mut paragraphs = text.split("\n\n");
    let words = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let what = words(paragraphs.next().unwrap_or_default());
    match paragraphs.map(words).find(|paragraph| paragraph.contains("similar")) {
        Some(tip) => format!("{what}; {}", tip.trim_start_matches("tip: ")),
        None => format!("{what}; see --help"),
    }
}
