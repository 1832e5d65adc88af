//! What is kept of an execution, and how it becomes a [`Trace`].

use super::execution::Execution;
use super::objects::Object;
use super::thread::{Life, Thread};
use crate::base::{Ending, ThreadId};
use crate::trace::{ObjectRecord, ThreadRecord, ThreadStatus, Trace};

impl Execution {
    /// The execution as it ended, copied.
    pub(crate) fn trace(&self) -> Trace {
        let mut schedule = self.schedule.clone();
        schedule.end_with(self.chosen, self.position() - self.run_began, self.position());
        let threads = (0..self.live_threads).map(|t| self.thread_record(ThreadId(t))).collect();
        let record = |object: &Object| ObjectRecord {
            kind: object.kind,
            name: object.name,
            holder: object.last_holder,
        };
        let (written, texts) = self.printing.kept(self.steps.since(0));
        Trace {
            schedule,
            steps: self.steps.since(0).copied().collect(),
            skipped: self.steps.first() as u64,
            ending: self.over.unwrap_or(Ending::Stopped),
            threads,
            objects: self.objects().iter().map(record).collect(),
            races: self.races.clone(),
            panics: self.panics.clone(),
            notes: self.notes.clone(),
            written,
            texts,
        }
    }

    fn thread_record(&self, id: ThreadId) -> ThreadRecord {
        let thread: &Thread = &self.threads[id.index()];
        let status = match thread.life {
            Life::Finished => ThreadStatus::Finished,
            Life::Killed => ThreadStatus::Killed,
            Life::Panicked => ThreadStatus::Panicked { delivered: thread.delivered },
            Life::Running if self.enabled.contains(id) || self.resting.contains(id) => {
                ThreadStatus::Enabled(thread.pending, thread.location)
            }
            Life::Running => ThreadStatus::Blocked(thread.pending, thread.location),
        };
        ThreadRecord { name: thread.name.clone(), parent: thread.parent, daemon: thread.daemon, status }
    }
}
