//! A trace as a person reads it: in columns, a row a step and a column a thread.
//!
//! ```text
//!     step   a: main          b: left       c: right
//!        1   spawn left
//!        2                    lock a
//!   >    3                                  lock b  <- …
//! ```
//!
//! The text is stable: names and values only, no addresses, no paths, line numbers only when asked.

mod columns;
mod network;
mod phrase;
mod printed;
mod processes;
mod python;
mod rows;

pub use columns::{lay_out, width};
pub use phrase::{Scene, phrase, value};
pub(crate) use processes::mixed;
pub use rows::{Cell, Mark, Row, one_line, phrases, place, rows, short_path};

use super::Trace;
use super::names::Names;
use std::fmt;

/// How a trace is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether each step says where in the model it was called.
    pub locations: bool,
    /// About how many rows are shown of a long trace; the middle is left out. Annotated rows always stay.
    pub max_rows: usize,
    /// How many characters a line should have at most.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Style { locations: false, max_rows: 80, width: 116 }
    }
}

/// Something said about a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The step's offset.
    pub step: u64,
    /// What is said.
    pub text: String,
}

impl Annotation {
    /// Says `text` about the step at `step`.
    pub fn new(step: u64, text: impl Into<String>) -> Self {
        Annotation { step, text: text.into() }
    }
}

/// The trace in columns, each line ended by a line break.
pub fn render(trace: &Trace, annotations: &[Annotation], style: &Style) -> String {
    let names = Names::new(trace);
    lay_out(&rows(trace, &names, annotations, style), &names, style)
}

impl fmt::Display for Trace {
    /// The trace in columns, in the default [`Style`]: text without addresses, times, seeds and paths.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(render(self, &[], &Style::default()).trim_end())
    }
}

#[cfg(test)]
mod tests;
