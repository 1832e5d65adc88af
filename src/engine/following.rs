//! Telling a strategy that follows them what threads have done and are about to do.
//!
//! It is told when it is next asked, not when it happens: so the others pay one test per question for it.

use super::execution::Execution;
use super::portrait::Portrait;
use crate::base::{Action, Operation, OutputAction, Strategy, ThreadAction, ThreadId, ThreadSet};

/// What a strategy that follows has been told.
#[derive(Default)]
pub(crate) struct Following {
    /// Whether the strategy of this execution follows.
    pub(crate) active: bool,
    /// How many steps it has been told of.
    told: usize,
    /// Threads that have come to another operation since.
    arrived: ThreadSet,
    pub(crate) portrait: Portrait,
}

impl Following {
    pub(crate) fn reset(&mut self, strategy: &dyn Strategy) {
        self.active = strategy.follows();
        self.told = 0;
        self.arrived.clear();
        self.portrait.reset(strategy.compares_states().filter(|_| self.active));
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
        let shows = self.following.portrait.from.is_some_and(|from| from <= self.position());
        if shows {
            self.take_asked_times();
        }
        let Some(strategy) = &mut self.strategy else { return };
        let arrived = &mut self.following.arrived;
        for thread in &*arrived {
            let state = &self.threads[thread.index()];
            if !state.is_over() {
                if let Action::Output(OutputAction::Write(text)) = state.pending.action {
                    strategy.text(text, self.printing.text(text));
                }
                strategy.arrived(thread, &state.pending, state.location);
            }
        }
        arrived.clear();
        let portrait = &self.following.portrait;
        if shows {
            let threads = self.threads.first(self.live_threads);
            let objects = &self.objects[..self.live_objects];
            let fingerprint = portrait.fingerprint(threads, objects, &self.times, &self.resting);
            strategy.state(fingerprint, self.times.common);
        }
        self.fairness_assumed |= portrait.fair;
    }

    /// Tells the strategy what has been performed since it was last told. At the end of an execution that is all.
    pub(crate) fn tell_steps(&mut self) {
        if !self.following.active {
            return;
        }
        let Some(strategy) = &mut self.strategy else { return };
        let objects = &self.objects;
        let kind = |operation: Operation| objects.get(operation.object.index()).map(|object| object.kind);
        for step in self.steps.since(self.following.told) {
            if self.following.portrait.is_active() {
                self.following.portrait.take(step, kind);
            }
            strategy.performed(step);
            self.following.arrived.insert(step.thread);
            if let Action::Thread(ThreadAction::Spawn(child)) = step.operation.action {
                self.following.arrived.insert(child);
            }
        }
        self.following.told = self.steps.len();
    }
}
