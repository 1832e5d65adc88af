//! Lost updates: a thread writes what it made of a value that another thread has replaced in between.
//!
//! Only plain writes count: a compare-exchange or another read-modify-write notices what came in between. What the
//! steps cannot tell is whether the write was made *from* the read, so alone a lost update is a warning; beside a
//! failed assertion it is the likely cause.

use super::{Case, Tale};
use crate::base::{Action, AtomicAction, ObjectId, ObjectKind, SharedAction, Step, ThreadId, ValueAction};
use crate::trace::render::value;
use crate::trace::{Annotation, Trace};
use std::collections::BTreeMap;

/// A write that undid another one unseen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostUpdate {
    /// The variable.
    pub object: ObjectId,
    /// Who overwrote.
    pub thread: ThreadId,
    /// Offset of its read.
    pub read: u64,
    /// Who was overwritten.
    pub overtaker: ThreadId,
    /// Offset of the write that was lost.
    pub lost: u64,
    /// Offset of the write that undid it.
    pub write: u64,
}

/// The lost update that explains most: one whose write differs from what it undid, before one that does not.
pub fn find(trace: &Trace) -> Option<LostUpdate> {
    let all = find_all(trace);
    let differs = |update: &&LostUpdate| {
        let bits = |offset| trace.step(offset).and_then(written);
        bits(update.lost) != bits(update.write)
    };
    all.iter().find(differs).or(all.first()).cloned()
}

/// The first lost update of each variable, and the first whose values differ.
fn find_all(trace: &Trace) -> Vec<LostUpdate> {
    let mut reads: BTreeMap<(ThreadId, ObjectId), u64> = BTreeMap::new();
    let mut writes: BTreeMap<ObjectId, (ThreadId, u64)> = BTreeMap::new();
    let mut found = Vec::new();
    for (offset, step) in trace.numbered() {
        let (thread, object) = (step.thread, step.operation.object);
        match step.operation.action {
            Action::Shared(SharedAction::Get)
            | Action::Value(ValueAction::Get)
            | Action::Atomic(AtomicAction::Load(_)) => {
                reads.insert((thread, object), offset);
            }
            Action::Shared(SharedAction::Set(_))
            | Action::Value(ValueAction::Set(_))
            | Action::Atomic(AtomicAction::Store { .. }) => {
                let read = reads.remove(&(thread, object));
                let overtaken = writes.insert(object, (thread, offset));
                if let (Some(read), Some((overtaker, lost))) = (read, overtaken)
                    && overtaker != thread
                    && lost > read
                    && changed(trace, read, lost)
                {
                    found.push(LostUpdate { object, thread, read, overtaker, lost, write: offset });
                }
            }
            Action::Atomic(_) if !step.only_reads() => {
                writes.insert(object, (thread, offset));
            }
            _ => {}
        }
    }
    found
}

/// Whether the write at `lost` left another value than the one read at `read`, as far as is known.
fn changed(trace: &Trace, read: u64, lost: u64) -> bool {
    let read = trace.step(read).and_then(|step| step.outcome.value());
    let lost = trace.step(lost).and_then(written);
    read.is_none() || lost.is_none() || read != lost
}

fn written(step: &Step) -> Option<u64> {
    match step.operation.action {
        Action::Shared(SharedAction::Set(bits)) | Action::Value(ValueAction::Set(bits)) => bits,
        Action::Atomic(AtomicAction::Store { value, .. }) => Some(value),
        _ => None,
    }
}

impl LostUpdate {
    /// The value that the step at `offset` read or wrote, as " (3)"; nothing when it is unknown.
    fn value(&self, case: &Case<'_>, offset: u64) -> String {
        let note = case.trace.notes.iter().find(|(at, _)| *at == offset).map(|(_, note)| note.clone());
        let width = match case.trace.objects.get(self.object.index()).map(|object| object.kind) {
            Some(ObjectKind::Atomic(width)) => Some(width),
            Some(ObjectKind::Shared(width) | ObjectKind::Value(width) | ObjectKind::Served(width)) => width,
            _ => None,
        };
        let bits = case.trace.step(offset).and_then(|step| written(step).or(step.outcome.value()));
        let shown = bits.filter(|_| width.is_some()).map(|bits| value(bits, width));
        note.or(shown).map_or(String::new(), |text| format!(" ({text})"))
    }
}

impl Tale for LostUpdate {
    fn what(&self, case: &Case<'_>) -> String {
        let object = case.object(self.object);
        format!(
            "{} overwrites what {} wrote to {object}",
            case.thread(self.thread),
            case.thread(self.overtaker)
        )
    }

    fn why(&self, case: &Case<'_>) -> String {
        format!(
            "{} read {} at step {}{} and wrote it at step {}{}; in between, at step {}, {} had written it{}, and that is gone.",
            case.thread(self.thread),
            case.object(self.object),
            self.read + 1,
            self.value(case, self.read),
            self.write + 1,
            self.value(case, self.write),
            self.lost + 1,
            case.thread(self.overtaker),
            self.value(case, self.lost),
        )
    }

    fn annotations(&self, _: &Case<'_>) -> Vec<Annotation> {
        vec![
            Annotation::new(self.read, format!("what step {} is made from", self.write + 1)),
            Annotation::new(self.lost, format!("undone by step {}", self.write + 1)),
            Annotation::new(self.write, format!("does not know of step {}", self.lost + 1)),
        ]
    }

    fn involved(&self, case: &Case<'_>) -> Vec<String> {
        vec![case.names.object(self.object).into()]
    }
}
