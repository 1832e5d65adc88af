//! At which places of the model the strategy was asked, and at which of them the turn was taken away.

use super::checks::verb;
use super::switches::preemptions;
use super::{Names, Trace};
use crate::base::{ObjectId, Step};
use std::collections::BTreeMap;
use std::fmt;

/// A place in the model at which the strategy is asked who goes on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the compiler calls it.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1.
    pub column: u32,
    /// What is about to be done there: "lock items".
    pub what: String,
}

/// What has come of a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    /// How often what stands there was done.
    pub done: u64,
    /// How often a thread was about to do it, and could have, and another one went first.
    pub preempted: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}:{}:{}", self.what, self.file, self.line, self.column)
    }
}

/// Adds the places of a trace.
pub fn add_places(trace: &Trace, places: &mut BTreeMap<Place, Visits>) {
    let names = Names::new(trace);
    for step in trace.steps.iter().filter(|step| step.operation.is_point()) {
        places.entry(place(step, &names)).or_default().done += 1;
    }
    for offset in preemptions(trace) {
        let at = (offset - trace.skipped) as usize;
        let before = trace.steps[..at].iter().rev().find(|step| step.operation.is_point());
        // Before the first point it is the main thread whose turn was taken.
        let thread = before.map_or(crate::base::ThreadId::MAIN, |step| step.thread);
        let upcoming =
            trace.steps[at..].iter().find(|step| step.thread == thread && step.operation.is_point());
        if let Some(step) = upcoming {
            places.entry(place(step, &names)).or_default().preempted += 1;
        }
    }
}

fn place(step: &Step, names: &Names) -> Place {
    let (location, object) = (step.location, step.operation.object);
    let verb = verb(&step.operation.action);
    let what = match object {
        ObjectId::NONE => verb.to_owned(),
        object => format!("{verb} {}", names.object(object)),
    };
    Place { file: location.file(), line: location.line(), column: location.column(), what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::builder::{Builder, Does};

    #[test]
    fn a_place_is_preempted_when_somebody_else_goes_first() {
        let mut build = Builder::new();
        let (x, b) = (build.shared("x"), build.thread("b"));
        build.step(0, Does::Spawn(b)).step(0, Does::Get(x, 0)).step(1, Does::Get(x, 0));
        build.step(1, Does::Set(x, 1)).step(0, Does::Set(x, 1)).step(1, Does::End);
        let mut places = BTreeMap::new();
        add_places(&build.finish(), &mut places);
        let of = |what: &str| -> Vec<(u64, u64)> {
            let visits = places.iter().filter(|(place, _)| place.what == what);
            visits.map(|(_, visits)| (visits.done, visits.preempted)).collect()
        };
        // Those of the same line are told apart by their columns.
        assert_eq!(of("get x").iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1)), (2, 0));
        assert_eq!(of("set x").iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1)), (2, 1));
    }
}
