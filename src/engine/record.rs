//! What is kept of an execution, and how it becomes a [`Trace`].

use super::execution::Execution;
use super::thread::{Life, Thread};
use crate::base::{Ending, Schedule, ThreadId};
use crate::trace::{ObjectRecord, ThreadRecord, ThreadStatus, Trace};

/// How many of the last steps a very long execution keeps at least.
pub(crate) const KEPT: usize = 16 * 1024;
/// After how many choices, at most, the engine looks whether steps must be forgotten.
pub(crate) const ROOM: u32 = 4 * 1024;

impl Execution {
    /// Keeps only the choices of the oldest steps when there are many.
    pub(crate) fn forget_old_steps(&mut self) {
        if self.steps.len() < 2 * KEPT || self.settings.keep_all_steps {
            return;
        }
        let old = self.steps.len() - KEPT;
        Execution::add_choices(&mut self.schedule, &self.steps[..old]);
        self.steps.drain(..old);
        self.skipped += old as u64;
    }

    /// The execution as it ended, copied.
    pub(crate) fn trace(&self) -> Trace {
        let mut schedule: Schedule = self.schedule.clone();
        Execution::add_choices(&mut schedule, &self.steps);
        let threads = (0..self.live_threads).map(|t| self.thread_record(ThreadId(t))).collect();
        let record = |object: &super::execution::Object| ObjectRecord {
            kind: object.kind,
            name: object.name,
            holder: object.last_holder,
        };
        Trace {
            schedule,
            steps: self.steps.clone(),
            skipped: self.skipped,
            ending: self.over.unwrap_or(Ending::Stopped),
            threads,
            objects: self.objects().iter().map(record).collect(),
            races: self.races.clone(),
            panics: self.panics.clone(),
            notes: self.notes.clone(),
        }
    }

    fn thread_record(&self, id: ThreadId) -> ThreadRecord {
        let thread: &Thread = &self.threads[id.index()];
        let status = match thread.life {
            Life::Finished => ThreadStatus::Finished,
            Life::Panicked => ThreadStatus::Panicked { delivered: thread.delivered },
            Life::Running if self.enabled.contains(id) || self.resting.contains(id) => {
                ThreadStatus::Enabled(thread.pending, thread.location)
            }
            Life::Running => ThreadStatus::Blocked(thread.pending, thread.location),
        };
        ThreadRecord { name: thread.name.clone(), parent: thread.parent, daemon: thread.daemon, status }
    }
}
