//! At which places of the model the strategy was asked, and before which of them another thread had come in between.

use super::checks::verb;
use super::{Names, Trace};
use crate::base::{Action, ObjectId, Step, ThreadAction, ThreadId};
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Visits {
    /// How often what stands there was done.
    pub done: u64,
    /// How often another thread had done something since the thread's own last step, or since it was spawned.
    pub interrupted: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}:{}:{}", self.what, self.file, self.line, self.column)
    }
}

/// Adds the places of a trace.
pub fn add_places(trace: &Trace, places: &mut BTreeMap<Place, Visits>) {
    let names = Names::new(trace);
    // How many points there had been when each thread did something, or was spawned.
    let mut since: BTreeMap<ThreadId, u64> = BTreeMap::new();
    let mut points = 0;
    for step in &trace.steps {
        if step.operation.is_point() {
            let visits = places.entry(place(step, &names)).or_default();
            visits.done += 1;
            visits.interrupted += u64::from(since.get(&step.thread).is_some_and(|before| *before < points));
            points += 1;
        }
        since.insert(step.thread, points);
        if let Action::Thread(ThreadAction::Spawn(child)) = step.operation.action {
            since.insert(child, points);
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
    fn a_place_is_interrupted_when_somebody_else_goes_first() {
        let mut build = Builder::new();
        let (x, b) = (build.shared("x"), build.thread("b"));
        build.step(0, Does::Spawn(b)).step(0, Does::Get(x, 0));
        build.step(1, Does::Put(x)); // after main's look
        build.step(1, Does::Set(x, 1)); // at once
        build.step(0, Does::Store(x, 1, std::sync::atomic::Ordering::SeqCst)); // after both of them
        let mut places = BTreeMap::new();
        add_places(&build.finish(), &mut places);
        let mut seen: Vec<_> = places.iter().map(|(place, visits)| (&*place.what, *visits)).collect();
        seen.sort();
        let visits = |interrupted| Visits { done: 1, interrupted };
        assert_eq!(
            seen,
            [("get x", visits(0)), ("put x", visits(1)), ("set x", visits(0)), ("store x", visits(1))]
        );
    }
}
