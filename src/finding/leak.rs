//! Leaks: locks still held when all threads have ended.
//!
//! A warning: Python programs hold a lock to the end on purpose. A thread that never ends is a deadlock, not a leak.

use super::{Case, Tale};
use crate::base::{Ending, ObjectId, ThreadId};
use crate::trace::state::State;
use crate::trace::{Annotation, Trace};

/// A lock that was never given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The lock.
    pub object: ObjectId,
    /// Who took it.
    pub thread: ThreadId,
    /// Offset of the step that took it, if the trace still has it.
    pub since: Option<u64>,
}

/// The locks held at the end of an execution that finished, except by daemon threads, which die where they stand.
pub fn find(trace: &Trace) -> Vec<Leak> {
    if trace.ending != Ending::Finished {
        return Vec::new();
    }
    let held = trace.objects.iter().zip(0..).filter_map(|(object, n)| Some((ObjectId(n), object.holder?)));
    let held: Vec<_> = held.filter(|(_, t)| trace.threads.get(t.index()).is_none_or(|r| !r.daemon)).collect();
    if held.is_empty() {
        return Vec::new();
    }
    let mut state = State::new();
    trace.numbered().for_each(|(offset, step)| drop(state.apply(offset, step)));
    let since = |lock, thread| state.holders(lock).find(|hold| hold.thread == thread).map(|hold| hold.since);
    held.into_iter().map(|(object, thread)| Leak { object, thread, since: since(object, thread) }).collect()
}

impl Tale for Leak {
    fn what(&self, case: &Case<'_>) -> String {
        format!("{} still holds {} at the end", case.thread(self.thread), case.object(self.object))
    }

    fn why(&self, case: &Case<'_>) -> String {
        match self.since {
            Some(since) => {
                format!("It took {} at step {} and never gave it back.", case.object(self.object), since + 1)
            }
            None => format!("It took {} and never gave it back.", case.object(self.object)),
        }
    }

    fn annotations(&self, _: &Case<'_>) -> Vec<Annotation> {
        self.since.map(|since| Annotation::new(since, "never given back")).into_iter().collect()
    }

    fn involved(&self, case: &Case<'_>) -> Vec<String> {
        vec![case.names.object(self.object).into(), case.names.thread(self.thread).into()]
    }
}
