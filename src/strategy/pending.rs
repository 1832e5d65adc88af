//! What each thread is about to do, for strategies that follow the threads.

use crate::base::{Action, Operation, Outcome, Step, ThreadAction, ThreadId};
use std::panic::Location;

/// The operations that threads have arrived at and not yet performed.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    // By thread number: the operation as a step that may change whatever it could change.
    steps: Vec<Option<Step>>,
}

impl Pending {
    /// Nobody is about to do anything.
    pub(super) fn clear(&mut self) {
        self.steps.clear();
    }

    /// `thread` has arrived at `operation`.
    pub(super) fn arrive(
        &mut self,
        thread: ThreadId,
        operation: &Operation,
        location: &'static Location<'static>,
    ) {
        if self.steps.len() <= thread.index() {
            self.steps.resize(thread.index() + 1, None);
        }
        // With this outcome whatever can change its object is taken to change it.
        let outcome = Outcome::Chosen;
        self.steps[thread.index()] =
            Some(Step { thread, choice: 0, operation: *operation, outcome, location });
    }

    /// `step` has been performed, so its thread is no longer about to.
    pub(super) fn perform(&mut self, step: &Step) {
        if let Some(pending) = self.steps.get_mut(step.thread.index()) {
            *pending = None;
        }
    }

    /// What `thread` is about to do, as a step that may change whatever it could change.
    pub(super) fn of(&self, thread: ThreadId) -> Option<&Step> {
        self.steps.get(thread.index())?.as_ref()
    }

    /// Calls `race` with each thread that is about to do something whose order with `step` can matter.
    pub(super) fn racing(&self, step: &Step, mut race: impl FnMut(ThreadId)) {
        for pending in self.steps.iter().flatten() {
            if pending.thread != step.thread && pending.conflicts(step) {
                race(pending.thread);
            }
        }
    }
}

/// The thread that `step` starts, if it starts one.
pub(super) fn started_by(step: &Step) -> Option<ThreadId> {
    match step.operation.action {
        Action::Thread(ThreadAction::Spawn(child)) => Some(child),
        _ => None,
    }
}

/// The thread of `threads` that comes first by `rank`, a number by thread; among equals the one with the least number.
pub(super) fn highest(threads: impl Iterator<Item = ThreadId>, rank: &[u64]) -> Option<ThreadId> {
    let rank = |thread: &ThreadId| rank.get(thread.index()).copied().unwrap_or(0);
    threads.max_by_key(|thread| (rank(thread), std::cmp::Reverse(*thread)))
}
