//! Livelocks: threads that go round for ever, reading what nobody is left to change.

use super::{Case, Tale};
use crate::base::{Access, Ending, Meeting, ObjectId, Step, ThreadId};
use crate::trace::standing::{Place, Standing, standings};
use crate::trace::{Annotation, Trace};

/// The longest way round that is looked for, in steps of one thread.
const LONGEST: usize = 256;

/// Threads go round for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Livelock {
    /// Those that go round.
    pub spinning: Vec<Spinning>,
    /// Those that wait.
    pub waiting: Vec<Standing>,
}

/// A thread that goes round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spinning {
    /// Who.
    pub thread: ThreadId,
    /// Offsets of the steps of one round, the first that the trace has.
    pub round: Vec<u64>,
    /// What it reads in a round.
    pub reads: Vec<ObjectId>,
}

/// The livelock in which `trace` ended.
pub fn find(trace: &Trace) -> Option<Livelock> {
    if trace.ending != Ending::Livelocked {
        return None;
    }
    let (ready, waiting): (Vec<_>, Vec<_>) =
        standings(trace).into_iter().partition(|s| matches!(s.place, Place::Ready(_)));
    let spinning = ready.iter().map(|standing| spinning(trace, standing.thread)).collect();
    Some(Livelock { spinning, waiting })
}

fn spinning(trace: &Trace, thread: ThreadId) -> Spinning {
    let steps: Vec<(u64, &Step)> = trace.numbered().filter(|(_, step)| step.thread == thread).collect();
    let same = |a: usize, b: usize| {
        (steps[a].1.operation, steps[a].1.outcome) == (steps[b].1.operation, steps[b].1.outcome)
    };
    let count = steps.len();
    let repeats = |period: &usize| (count - period..count).all(|at| same(at, at - period));
    let period = (1..=LONGEST.min(count / 2)).find(repeats).unwrap_or(0);
    let mut first = count - period;
    while period > 0 && first > 0 && same(first - 1, first - 1 + period) {
        first -= 1;
    }
    let round = &steps[first..first + period];
    let mut reads: Vec<ObjectId> = Vec::new();
    for (_, step) in round.iter().filter(|(_, step)| step.only_reads()) {
        for (meeting, _) in step.accesses().into_iter().flatten() {
            if let Meeting::Object(object) = meeting
                && !reads.contains(&object)
            {
                reads.push(object);
            }
        }
    }
    Spinning { thread, round: round.iter().map(|(offset, _)| *offset).collect(), reads }
}

impl Livelock {
    /// Who changed `object` last, and when.
    fn last_change(&self, case: &Case<'_>, object: ObjectId) -> String {
        let writes = |step: &Step| step.accesses().contains(&Some((Meeting::Object(object), Access::Write)));
        let name = case.object(object);
        match case.trace.numbered().rev().find(|(_, step)| writes(step)) {
            Some((offset, step)) => {
                format!("{name} was last changed by {} at step {}", case.thread(step.thread), offset + 1)
            }
            None => format!("{name} was never changed"),
        }
    }
}

impl Tale for Livelock {
    fn what(&self, case: &Case<'_>) -> String {
        let threads = case.names.threads(self.spinning.iter().map(|s| &s.thread));
        let go = if self.spinning.len() == 1 { "goes" } else { "go" };
        format!("{threads} {go} round for ever, and nothing that is read can change")
    }

    fn why(&self, case: &Case<'_>) -> String {
        let mut sentences = Vec::new();
        let mut told: Vec<ObjectId> = Vec::new();
        for spinning in self.spinning.iter().take(4) {
            let shown: Vec<String> = spinning.round.iter().take(4).map(|offset| case.step(*offset)).collect();
            let more = if spinning.round.len() > 4 { ", …" } else { "" };
            sentences.push(match spinning.round.len() {
                0 => format!("{} makes no step that leads anywhere.", case.thread(spinning.thread)),
                _ => format!("{} repeats {}{more}.", case.thread(spinning.thread), shown.join(", ")),
            });
            told.extend(spinning.reads.iter().filter(|object| !told.contains(object)).collect::<Vec<_>>());
        }
        let changes: Vec<String> =
            told.iter().take(3).map(|object| self.last_change(case, *object)).collect();
        if !changes.is_empty() {
            sentences.push(format!("{}.", changes.join("; ")));
        }
        let waiting: Vec<String> = self
            .waiting
            .iter()
            .take(4)
            .map(|s| format!("{} {}", case.thread(s.thread), s.describe(case.names)))
            .collect();
        if !waiting.is_empty() {
            sentences.push(format!("Meanwhile {}.", waiting.join("; ")));
        }
        sentences.join(" ")
    }

    fn annotations(&self, _: &Case<'_>) -> Vec<Annotation> {
        let first = self.spinning.iter().filter_map(|spinning| spinning.round.first());
        first.map(|offset| Annotation::new(*offset, "from here on it only goes round")).collect()
    }

    fn involved(&self, case: &Case<'_>) -> Vec<String> {
        let mut involved: Vec<String> = Vec::new();
        for spinning in &self.spinning {
            let reads: Vec<String> =
                spinning.reads.iter().map(|o| super::role(case.names.object(*o))).collect();
            involved.push(format!(
                "{} on {}",
                super::role(case.names.thread(spinning.thread)),
                reads.join(" and ")
            ));
        }
        involved.sort();
        involved.dedup();
        involved
    }

    fn shown_until(&self) -> Option<u64> {
        let ends = self.spinning.iter().filter_map(|s| s.round.last());
        ends.max().map(|last| last + 1)
    }
}
