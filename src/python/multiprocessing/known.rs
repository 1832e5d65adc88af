//! Which processes there are.

use super::Process;
use super::world::{self, Life};
use crate::base::ThreadId;
use crate::engine::current;
use crate::python::identity::require_exploration;
use std::panic::Location;
use std::sync::{Arc, OnceLock};

/// `multiprocessing.current_process()`. The one that runs the model is "MainProcess".
///
/// # Panics
///
/// Outside of an exploration.
#[must_use]
#[track_caller]
pub fn current_process() -> Process {
    require_exploration();
    let thread = current::process();
    let life = world::life_of(thread).unwrap_or_else(|| {
        Arc::new(Life {
            name: "MainProcess".to_owned(),
            daemon: false,
            parent: ThreadId::MAIN,
            thread: OnceLock::from(thread),
            exit: OnceLock::new(),
            signal: OnceLock::new(),
        })
    });
    Process::known(life)
}

/// `multiprocessing.active_children()`: the children of the running process that have not ended. Each question is a step.
///
/// # Panics
///
/// Outside of an exploration.
#[must_use]
#[track_caller]
pub fn active_children() -> Vec<Process> {
    require_exploration();
    let location = Location::caller();
    let children = world::children_of(current::process()).into_iter().map(Process::known);
    children.filter(|child| !child.has_ended(location)).collect()
}
