//! Data races: two accesses to a cell, at least one a write, that nothing orders. The engine's clocks find them.

use super::{Case, Tale};
use crate::base::{Action, AtomicAction, CellAction, ObjectId, Step};
use crate::trace::render::place;
use crate::trace::{Annotation, Trace};
use std::sync::atomic::Ordering;

/// Two accesses to a cell that nothing orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataRace {
    /// The cell.
    pub object: ObjectId,
    /// Offset of the earlier access.
    pub first: u64,
    /// Offset of the later access.
    pub second: u64,
    /// An atomic through which the one thread told the other, without ordering the two.
    pub weak_link: Option<WeakLink>,
}

/// A value handed on that does not order what came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeakLink {
    /// The atomic.
    pub object: ObjectId,
    /// Offset of the write, and whether it is one that releases.
    pub write: (u64, bool),
    /// Offset of the read, and whether it is one that acquires.
    pub read: (u64, bool),
}

/// The first race of each cell.
pub fn find(trace: &Trace) -> Vec<DataRace> {
    let mut races: Vec<DataRace> = Vec::new();
    for race in &trace.races {
        if races.iter().all(|known| known.object != race.object) {
            let (object, first, second) = (race.object, race.first, race.second);
            races.push(DataRace { object, first, second, weak_link: weak_link(trace, first, second) });
        }
    }
    races
}

/// A write by the first thread after its access that the second thread read before its own.
fn weak_link(trace: &Trace, first: u64, second: u64) -> Option<WeakLink> {
    let (writer, reader) = (trace.step(first)?.thread, trace.step(second)?.thread);
    let between = || trace.numbered().filter(|(offset, _)| (first..second).contains(offset));
    let writes = between().filter(|(_, step)| step.thread == writer && !step.only_reads());
    let mut links = writes.filter_map(|(write, step)| {
        let releases = atomic_ordering(step)?;
        let reads = |read: &Step| read.thread == reader && read.operation.object == step.operation.object;
        let (read, acquires) = between()
            .filter(|(read, step)| *read > write && reads(step))
            .find_map(|(read, step)| Some((read, atomic_ordering(step)?)))?;
        let release = matches!(releases, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst);
        let acquire = matches!(acquires, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst);
        Some(WeakLink { object: step.operation.object, write: (write, release), read: (read, acquire) })
    });
    links.rfind(|link| !(link.write.1 && link.read.1))
}

fn atomic_ordering(step: &Step) -> Option<Ordering> {
    match step.operation.action {
        Action::Atomic(AtomicAction::Load(ordering)) => Some(ordering),
        Action::Atomic(AtomicAction::Store { ordering, .. } | AtomicAction::Rmw { ordering, .. }) => {
            Some(ordering)
        }
        Action::Atomic(AtomicAction::CompareExchange { success, .. }) => Some(success),
        _ => None,
    }
}

impl DataRace {
    /// "`main` writes", of the access at `offset`.
    fn access(&self, case: &Case<'_>, offset: u64) -> String {
        let Some(step) = case.trace.step(offset) else { return "an earlier step accesses".into() };
        let verb = if step.operation.action == Action::Cell(CellAction::Read) { "reads" } else { "writes" };
        format!("{} {verb}", case.thread(step.thread))
    }
}

impl Tale for DataRace {
    fn what(&self, case: &Case<'_>) -> String {
        let (first, second) = (self.access(case, self.first), self.access(case, self.second));
        format!("{first} {}, {second} it, and nothing orders the two", case.object(self.object))
    }

    fn why(&self, case: &Case<'_>) -> String {
        let (first, second) = (self.first + 1, self.second + 1);
        let mut text = format!("Steps {first} and {second} could as well be made at the same moment: ");
        match self.weak_link {
            None => text.push_str("no lock, join or atomic passes from the one to the other."),
            Some(link) => {
                let weak = match (link.write.1, link.read.1) {
                    (true, _) => "the load does not acquire",
                    (false, true) => "the store does not release",
                    (false, false) => "neither does the store release nor the load acquire",
                };
                text.push_str(&format!(
                    "{} is passed from the one to the other (steps {} and {}), but {weak}, so it orders nothing else.",
                    case.object(link.object),
                    link.write.0 + 1,
                    link.read.0 + 1,
                ));
            }
        }
        if case.locations {
            let at = |offset| case.trace.step(offset).map_or("unknown".into(), |step| place(step.location));
            text.push_str(&format!(" They are at {} and {}.", at(self.first), at(self.second)));
        }
        text
    }

    fn annotations(&self, _: &Case<'_>) -> Vec<Annotation> {
        vec![
            Annotation::new(self.first, format!("races with step {}", self.second + 1)),
            Annotation::new(self.second, format!("races with step {}", self.first + 1)),
        ]
    }

    fn involved(&self, case: &Case<'_>) -> Vec<String> {
        let thread =
            |offset| case.trace.step(offset).map_or(String::new(), |s| case.names.thread(s.thread).into());
        let mut threads = vec![thread(self.first), thread(self.second)];
        threads.sort();
        [vec![case.names.object(self.object).to_string()], threads].concat()
    }
}
