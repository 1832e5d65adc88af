//! Telling a strategy that follows them what threads have done and are about to do.
//!
//! It is told when it is next asked, not when it happens: so the others pay one test per question for it.

use super::execution::Execution;
use crate::base::{Action, ThreadAction, ThreadId, ThreadSet};

/// What a strategy that follows has been told.
#[derive(Default)]
pub(crate) struct Following {
    /// Whether the strategy of this execution follows.
    pub(crate) active: bool,
    /// How many steps it has been told of.
    told: usize,
    /// Threads that have come to another operation since.
    arrived: ThreadSet,
}

impl Following {
    pub(crate) fn reset(&mut self, active: bool) {
        self.active = active;
        self.told = 0;
        self.arrived.clear();
    }
}

impl Execution {
    /// Tells the strategy what has been performed since it was last told, and what those who did it come to next.
    #[cold]
    #[inline(never)]
    pub(crate) fn tell(&mut self) {
        if self.following.told == 0 {
            // Its first operation needs no step before it.
            self.following.arrived.insert(ThreadId::MAIN);
        }
        self.tell_steps();
        let Some(strategy) = &mut self.strategy else { return };
        let arrived = &mut self.following.arrived;
        for thread in &*arrived {
            let state = &self.threads[thread.index()];
            if !state.is_over() {
                strategy.arrived(thread, &state.pending, state.location);
            }
        }
        arrived.clear();
    }

    /// Tells the strategy what has been performed since it was last told. At the end of an execution that is all.
    pub(crate) fn tell_steps(&mut self) {
        if !self.following.active {
            return;
        }
        let Some(strategy) = &mut self.strategy else { return };
        for step in self.steps.since(self.following.told) {
            strategy.performed(step);
            self.following.arrived.insert(step.thread);
            if let Action::Thread(ThreadAction::Spawn(child)) = step.operation.action {
                self.following.arrived.insert(child);
            }
        }
        self.following.told = self.steps.len();
    }
}
