//! Polling loops: threads that only look rest, and when all do, that is a livelock.
//!
//! A thread *rests* when it has gone round a polling loop (one with a yield, a spin hint, a sleep or a time-out in it) and
//! nothing changed meanwhile: going round again would show it the same. It is not enabled until another thread has
//! changed something. This is fairness, as loom's and GenMC's treatment of spin loops assumes it; a loop that counts its
//! rounds and then gives up is assumed to see a change first if there is one to see.

use super::execution::Execution;
use crate::base::{Action, AtomicAction, Ending, Outcome, Rmw, Step, ThreadId};
use std::panic::Location;

/// After so many steps in which nothing changed, threads that only look are made to rest or are a livelock.
pub(crate) const QUIET: u64 = 512;
/// How many of those steps each enabled thread must have had for a livelock.
const SHARE: usize = 16;

impl Execution {
    /// Threads rest until another one has changed something.
    pub(crate) fn wake_resting(&mut self) {
        if self.resting.is_empty() {
            return;
        }
        let changed = self.steps.since(self.resting_since).any(changes);
        self.resting_since = self.steps.len();
        if changed {
            let resting = std::mem::take(&mut self.resting);
            for thread in &resting {
                self.refresh_thread(thread);
            }
        }
    }

    /// Lets the thread that has rested longest go round once more: nobody else can do anything.
    pub(crate) fn rouse_one(&mut self) -> bool {
        let longest = |t: &ThreadId| self.threads[t.index()].last_yield.map_or(0, |(_, at)| at);
        let Some(thread) = self.resting.iter().filter(|t| self.is_possible(*t)).min_by_key(longest) else {
            return false;
        };
        self.resting.remove(thread);
        self.enabled.insert(thread);
        self.ask_again();
        true
    }

    /// The running thread lets others go first: has anything changed since it last did so at this place?
    #[cold]
    pub(crate) fn note_yield(&mut self, location: &'static Location<'static>) {
        let me = self.running;
        self.yielding = true;
        self.ask_again();
        let now = self.steps.len();
        let last = self.threads[me.index()].last_yield.replace((location, now));
        let Some((_, at)) = last.filter(|(place, at)| *place == location && *at >= self.steps.first()) else {
            return;
        };
        if self.steps.since(at).any(changes) {
            return;
        }
        self.resting.insert(me);
        self.due = 0;
        self.resting_since = now;
        self.enabled.remove(me);
    }

    /// Nothing changed for a long time, perhaps. Threads that had their share of looking rest; once all that can go on
    /// have looked since the last change, that is a livelock.
    pub(crate) fn look_for_livelock(&mut self) {
        self.last_busy = self.position;
        let Some(onlookers) = self.onlookers() else { return self.looked.clear() };
        onlookers.into_iter().for_each(|t| self.looked.insert(t));
        let can: Vec<ThreadId> = self.enabled.iter().chain(self.resting.iter()).collect();
        if can.iter().all(|t| self.looked.contains(*t)) {
            self.over = Some(Ending::Livelocked);
            return;
        }
        for thread in can.into_iter().filter(|t| self.looked.contains(*t)) {
            self.enabled.remove(thread);
            self.resting.insert(thread);
        }
        self.ask_again();
        self.resting_since = self.steps.len();
    }

    /// The threads that had their share of the last steps, if nothing changed in them.
    fn onlookers(&self) -> Option<Vec<ThreadId>> {
        let window = self.steps.since(self.steps.len().saturating_sub(QUIET as usize));
        if window.clone().any(changes) {
            return None;
        }
        let had_share = |t: &ThreadId| window.clone().filter(|s| s.thread == *t).count() >= SHARE;
        Some((0..self.live_threads).map(ThreadId).filter(had_share).collect())
    }
}

/// Whether a step changed anything that another thread could see.
fn changes(step: &Step) -> bool {
    let same_value = matches!(
        (step.operation.action, step.outcome),
        (Action::Atomic(AtomicAction::Rmw { function: Rmw::Swap, operand, .. }), Outcome::Value(old))
            if old == operand
    );
    !step.only_reads() && !same_value
}
