//! Polling loops: threads that only look rest, and when all do, that is a livelock.
//!
//! A thread *rests* when it has gone round a polling loop (one with a yield, a spin hint, a sleep or a time-out in it)
//! several times with the same steps and outcomes, and nothing changed meanwhile: going round again would show it the same.
//! It is not enabled until another thread has changed something. This is fairness, as loom's and GenMC's treatment of spin
//! loops assumes it. A loop that tries a few times and gives up is followed to its end: samplers let a thread repeat its round
//! [`FEW`] times before it rests, and for strategies that learn it is [tried](super::trial) whether it gives up by itself. One that
//! gives up later is assumed to see a change first if there is one to see; a proof that rests on this says so. Where every
//! interleaving is visited a round is repeated only twice.
//!
//! A loop without any of these shows itself only by going round for long. Here its thread rests then; under strategies that
//! learn from whole executions the places in it are known from then on, see [`loops`](super::loops).

use super::Clock;
use super::execution::Execution;
use super::trial::FEW;
use crate::base::{Ending, Operation, Step, ThreadId};
use std::panic::Location;

/// After so many choices it is looked whether anything has changed.
const QUIET: u64 = 512;
/// The same for a strategy that learns, which begins again once it knows of a loop: the sooner, the less was in vain.
const SOON: u64 = 128;
/// How many steps of those each enabled thread must have had for a livelock.
const SHARE: usize = 16;
/// For how many choices nothing must have changed for a livelock. A loop that gives up after counting so far is taken for
/// one that never does.
pub(super) const LONG: u64 = 4 * 1024;
/// How often a thread that only looks is let go round once more when nobody else can do anything, since something changed, where
/// others are in endless loops that are followed no further.
const ROUSES: u32 = 64;
/// How often a thread may repeat a round of a polling loop before it rests, where every choice is asked for: each round more is
/// a multiple of interleavings.
const PATIENCE: u32 = 2;

impl Execution {
    /// After how many choices it is looked whether anything has changed.
    pub(crate) fn quiet(&self) -> u64 {
        if self.learning.active { SOON } else { QUIET }
    }

    /// The steps in which nothing must have changed for threads to have gone in circles.
    pub(super) fn recent(&self) -> impl Iterator<Item = &Step> + Clone {
        self.steps.since(self.recent_from())
    }

    fn recent_from(&self) -> usize {
        self.steps.len().saturating_sub(self.quiet() as usize)
    }

    /// Whether a thread has read something since then of which there is a newer value that it has not seen.
    pub(super) fn is_late(&self, thread: ThreadId, from: usize) -> bool {
        self.steps.since(from).any(|step| step.thread == thread && self.is_stale(step))
    }

    /// Threads rest until another one has changed something.
    pub(crate) fn wake_resting(&mut self) {
        if self.resting.is_empty() || self.learning.active {
            return;
        }
        let changed = self.steps.since(self.resting_since).any(Step::changes);
        self.resting_since = self.steps.len();
        if changed {
            self.learning.rouses = 0;
            let resting = std::mem::take(&mut self.resting);
            for thread in &resting {
                self.refresh_thread(thread);
            }
        }
    }

    /// Whether threads rest by what is known of their states: where states are compared, and time passes for those who sleep
    /// while others poll.
    pub(crate) fn rests_by_state(&self) -> bool {
        self.settings.clock == Clock::Virtual && self.following.portrait.is_active()
    }

    /// A thread that was found to be where it had been a round before, and has not waited meanwhile, rests.
    pub(crate) fn rest_who_is_back(&mut self) {
        self.tell_steps();
        let Some(thread) = self.following.portrait.back.take() else { return };
        if self.enabled.contains(thread) {
            self.enabled.remove(thread);
            self.resting.insert(thread);
            self.resting_since = self.steps.len();
            self.ask_again();
        }
    }

    /// Lets the thread that has rested longest go round once more: nobody else can do anything.
    pub(crate) fn rouse_one(&mut self) -> bool {
        if self.learning.active {
            return self.rouse_in_turn();
        }
        if self.is_endless() {
            // What the others wait to see may come in a round that is not followed.
            self.learning.rouses += 1;
            if self.learning.rouses > ROUSES {
                return false;
            }
        }
        let longest = |t: &ThreadId| self.threads[t.index()].rounds.map_or(0, |rounds| rounds.now);
        let Some(thread) = self.resting.iter().filter(|t| self.is_possible(*t)).min_by_key(longest) else {
            return false;
        };
        self.rouse(thread)
    }

    /// Lets a thread that rests go on; `false` if it does not rest.
    #[cold]
    pub(crate) fn rouse(&mut self, thread: ThreadId) -> bool {
        if !self.resting.contains(thread) {
            return false;
        }
        self.resting.remove(thread);
        self.enabled.insert(thread);
        self.ask_again();
        true
    }

    /// The running thread lets others go first. Has it been here before, several times, each time after the same steps with
    /// the same outcomes, and has nothing changed meanwhile?
    #[cold]
    pub(crate) fn note_yield(&mut self, location: &'static Location<'static>) {
        let me = self.running;
        self.yielding = true;
        self.ask_again();
        if self.learning.active {
            self.note_offer();
            return;
        }
        if self.following.portrait.is_active() {
            return;
        }
        if self.carried.is_some() {
            return self.offer_carried();
        }
        let now = self.steps.len();
        let rounds = match self.threads[me.index()].rounds {
            Some(last) if last.location == location && self.went_round(last) => {
                Rounds { before: last.now, now, same: last.same + u32::from(last.before > 0), ..last }
            }
            Some(last) if last.location == location => Rounds { before: last.now, now, same: 0, ..last },
            _ => Rounds { location, before: 0, now, same: 0 },
        };
        let thread = &mut self.threads[me.index()];
        thread.rounds = Some(rounds);
        thread.catches_up &= rounds.same > 0;
        let patience = if self.every_point { PATIENCE } else { FEW as u32 };
        if rounds.same < patience {
            return;
        }
        self.fairness_assumed = true;
        if self.is_late(me, rounds.before) {
            // What is stored becomes visible in the end: there is something new for it.
            self.threads[me.index()].catches_up = true;
            return;
        }
        self.resting.insert(me);
        self.due_at = 0;
        self.resting_since = now;
        self.enabled.remove(me);
    }

    /// Whether the running thread has repeated the round before: the same steps with the same outcomes, at least one of
    /// which looked at something, while nobody changed anything.
    fn went_round(&self, last: Rounds) -> bool {
        let news = |step: &Step| step.changes() || step.thread == self.running && step.ends_fruitful_round();
        if last.before < self.steps.first() || self.steps.since(last.now).any(news) {
            return false;
        }
        let mine = |from: usize| self.steps.since(from).filter(|s| s.thread == self.running);
        let new: Vec<&Step> = mine(last.now).collect();
        let old: Vec<&Step> = mine(last.before).take(mine(last.before).count() - new.len()).collect();
        let looks = new.iter().any(|s| s.accesses().iter().flatten().next().is_some());
        // The first round has none before it to compare with.
        looks
            && (last.before == 0 || (old.len() == new.len() && old.iter().zip(&new).all(|(a, b)| same(a, b))))
    }

    /// Nothing changed for a while, perhaps. Threads that only went round in circles rest; once all that can go on have done
    /// so for long, that is a livelock.
    pub(crate) fn look_for_livelock(&mut self) {
        self.last_busy = self.position();
        if self.following.portrait.is_active() || self.learning.trial.is_some() {
            return;
        }
        let Some(circling) = self.circling() else {
            self.looked.clear();
            self.last_change = self.position();
            return;
        };
        if self.learning.active {
            return self.note_loops(&circling);
        }
        if self.let_catch_up(&circling) {
            return;
        }
        circling.into_iter().for_each(|t| self.looked.insert(t));
        let can: Vec<ThreadId> = self.enabled.iter().chain(self.resting.iter()).collect();
        if can.iter().all(|t| self.looked.contains(*t)) {
            if self.position() >= self.last_change + LONG {
                self.over = Some(Ending::Livelocked);
            }
            return;
        }
        for thread in can.into_iter().filter(|t| self.looked.contains(*t)) {
            self.fairness_assumed = true;
            self.enabled.remove(thread);
            self.resting.insert(thread);
        }
        self.ask_again();
        self.resting_since = self.steps.len();
    }

    /// Those who go in circles because they do not see what has been stored will see it now; whether there is anybody like that.
    fn let_catch_up(&mut self, circling: &[ThreadId]) -> bool {
        let from = self.recent_from();
        let late: Vec<ThreadId> = circling.iter().copied().filter(|t| self.is_late(*t, from)).collect();
        for thread in &late {
            self.fairness_assumed = true;
            self.threads[thread.index()].catches_up = true;
        }
        !late.is_empty()
    }

    /// The threads that went in circles in the last steps, if nothing changed in those.
    fn circling(&self) -> Option<Vec<ThreadId>> {
        if self.recent().any(Step::changes) {
            return None;
        }
        let circles = |t: &ThreadId| goes_in_circles(self.recent().filter(|s| s.thread == *t));
        Some((0..self.live_threads).map(ThreadId).filter(circles).collect())
    }
}

/// How a thread has been going round a polling loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds {
    /// Where it lets others go first.
    location: &'static Location<'static>,
    /// How many steps there were at the last time but one; 0 when there was none.
    before: usize,
    /// How many steps there were at the last time.
    pub(crate) now: usize,
    /// How often a round was the same as the one before.
    same: u32,
}

/// Whether this is what a step performed, and where it was called.
pub(super) fn is_at(step: &Step, operation: &Operation, location: &'static Location<'static>) -> bool {
    std::ptr::eq(step.location, location) && step.operation == *operation
}

/// Whether two steps of one thread are the same as far as the thread can tell.
pub(super) fn same(a: &Step, b: &Step) -> bool {
    std::ptr::eq(a.location, b.location) && a.operation == b.operation && a.outcome == b.outcome
}

/// Whether steps of one thread repeat themselves, many times over.
fn goes_in_circles<'a>(steps: impl Iterator<Item = &'a Step>) -> bool {
    circle(&steps.collect::<Vec<_>>()).is_some()
}

/// In how many steps a thread goes round, if its steps repeat themselves, many times over.
pub(super) fn circle(steps: &[&Step]) -> Option<usize> {
    let repeats = |period: &usize| steps.iter().zip(&steps[*period..]).all(|(a, b)| same(a, b));
    (1..=steps.len() / 4).find(repeats).filter(|_| steps.len() >= SHARE)
}
