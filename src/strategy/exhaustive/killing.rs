//! Processes that are ended from outside.
//!
//! Whoever ends a process conflicts with every event of its threads: each of those reads that the process lives, which the end
//! writes. Only in executions with such an end is that noted; in the others there is nothing to be in another order with.

use super::history::{Entry, History, Next, Own, View};
use super::rows;
use crate::base::{Action, Operation, Outcome, Record, Step, ThreadAction, ThreadId};

/// Whether a process was ended while it waited for a thread that goes on: that it might have gone on itself, had that ended first,
/// is not looked into, because waiting for an end is no point of the schedule.
pub(super) fn is_murky(record: &Record<'_>) -> bool {
    let killed = |thread: ThreadId| record.processes.get(thread.index()).is_some_and(|(_, killed)| *killed);
    record.pending.iter().zip(record.processes).any(|(pending, (_, dead))| {
        let waits = |operation: &Operation| match operation.action {
            Action::Thread(ThreadAction::Join { thread, .. }) if !operation.is_point() => !killed(thread),
            _ => false,
        };
        *dead && pending.as_ref().is_some_and(waits)
    })
}

/// The process that an operation ends from outside, if it does.
pub(super) fn kills(operation: &Operation) -> Option<ThreadId> {
    match operation.action {
        Action::Thread(ThreadAction::Kill(process)) => Some(process),
        _ => None,
    }
}

impl History {
    /// Finds the threads whose process somebody ends in this execution, or is about to.
    pub(super) fn find_mortals(&mut self, record: &Record<'_>, threads: usize) {
        self.mortal.clear();
        self.mortal.resize(threads, None);
        let steps = record.steps.iter().filter_map(|step| kills(&step.operation));
        for process in steps.chain(record.pending.iter().flatten().filter_map(kills)) {
            for (mortal, (of, _)) in self.mortal.iter_mut().zip(record.processes) {
                if *of == process {
                    *mortal = Some(process.0);
                }
            }
        }
    }

    /// The event of a thread that may be ended from outside happens while its process lives.
    pub(super) fn meet_life(&mut self, number: u32, thread: u32) {
        if let Some(process) = self.mortal[thread as usize] {
            self.meet(number, self.own(Own::End, process), false, false);
        }
    }

    /// The last event has ended a process from outside.
    pub(super) fn meet_kill(&mut self, number: u32, step: &Step, process: ThreadId) {
        let ended = step.outcome == Outcome::Done;
        self.meet(number, self.own(Own::End, process.0), ended, ended);
        if !ended {
            return;
        }
        for thread in (0..self.threads).filter(|thread| *thread != step.thread.index()) {
            if self.mortal[thread] == Some(process.0) {
                let event = self.events.len() - 1;
                rows::join(self.ended.row_mut(thread), self.clocks.row(event));
            }
        }
    }

    /// Whether the thread of `next` has been ended from outside in a view.
    pub(super) fn is_killed(&self, next: &Next, view: View<'_>) -> bool {
        let Some(process) = self.mortal[next.thread as usize] else { return false };
        let by_other = |entry: &Entry| {
            let step = &self.steps[entry.step as usize];
            let kill = Action::Thread(ThreadAction::Kill(ThreadId(process)));
            step.operation.action == kill && step.thread.0 != next.thread
        };
        let entries = &self.meetings[self.own(Own::End, process) as usize];
        entries.iter().any(|entry| entry.write && by_other(entry) && self.is_in(entry, view))
    }

    /// What the thread of `next` has in common with whoever may end its process.
    pub(super) fn life_of(&self, next: &Next) -> Option<u32> {
        self.mortal[next.thread as usize].map(|process| self.own(Own::End, process))
    }

    /// How many outcomes ending a process has in a view.
    pub(super) fn foresee_kill(&mut self, process: ThreadId, view: View<'_>) -> u32 {
        let end = self.own(Own::End, process.0);
        let over = self.last_write(end, view).is_some();
        self.foreseen.push((end, !over));
        1
    }
}
