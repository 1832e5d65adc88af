//! Python's `print`.

use super::identity::require_exploration;
use crate::engine::current;
use std::fmt::Display;
use std::panic::Location;

/// `print(text)`: writes the text and the end of its line to the standard output.
///
/// These are two writes, as in CPython: where the output is [observed](crate::Output::Observed) another thread may print in
/// between, so that two lines are glued together and an empty one follows. Where nobody looks it is one step that adds no
/// executions. The text is made by its `Display`, which must not perform operations of the model.
///
/// ```
/// use selvedge::{Explorer, Output, python::{print, threading::Thread}};
///
/// let greet = || {
///     let threads = ["a", "b"].map(|name| Thread::new(move || print(name)));
///     threads.iter().for_each(|thread| thread.start().unwrap());
/// };
/// let report = Explorer::new().output(Output::Observed).explore(greet).unwrap();
/// let outputs = report.outputs().unwrap().iter().map(String::as_str).collect::<Vec<_>>();
/// assert_eq!(outputs, ["a\nb\n", "ab\n\n", "b\na\n", "ba\n\n"]);
/// ```
///
/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub fn print(text: impl Display) {
    require_exploration();
    current::print(format_args!("{text}"), Location::caller());
}

/// `sys.stdout.write(text)`: one write, without the end of a line; of nothing, none.
///
/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub fn write(text: impl Display) {
    require_exploration();
    current::write(format_args!("{text}"), Location::caller());
}
