//! Where text goes. A reader who has seen enough (`| head`) is no error, and colours are for terminals only.

use owo_colors::OwoColorize;
use std::io::{self, ErrorKind, Write};

/// Standard output, which remembers that it could not be written to instead of panicking.
pub(super) struct Output {
    stream: anstream::Stdout,
    failure: Option<io::Error>,
}

impl Output {
    pub(super) fn new() -> Self {
        Output { stream: anstream::stdout(), failure: None }
    }

    /// Writes at once, so that a row of a table is seen as soon as it is known.
    pub(super) fn print(&mut self, text: &str) {
        if self.failure.is_none() {
            let written = self.stream.write_all(text.as_bytes()).and_then(|()| self.stream.flush());
            self.failure = written.err();
        }
    }

    /// Whether nobody reads on.
    pub(super) fn is_closed(&self) -> bool {
        self.failure.is_some()
    }

    /// Why it could not be written to; that nobody reads on does not count.
    pub(super) fn failure(self) -> Option<io::Error> {
        self.failure.filter(|failure| failure.kind() != ErrorKind::BrokenPipe)
    }
}

/// Says what is wrong with the input.
pub(super) fn complain(sentence: &str) {
    // When even this cannot be written there is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "{} {sentence}", "error:".red().bold());
}

/// A report with its headlines, its verdict and its commands set off.
pub(super) fn painted(report: &str, failed: bool) -> String {
    let lines = report.lines().map(|line| match line.strip_prefix("  replay: ") {
        Some(command) => format!("  replay: {}\n", command.cyan()),
        None if line.is_empty() || line.starts_with(' ') => format!("{line}\n"),
        None if failed => format!("{}\n", line.red().bold()),
        None => format!("{}\n", line.bold()),
    });
    lines.collect()
}
