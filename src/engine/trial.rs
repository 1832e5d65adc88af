//! Trials: does a thread that goes round a polling loop in vain give up by itself?
//!
//! A loop that polls until it sees what it waits for need not be followed while it sees nothing new: that it goes on until it does
//! is fairness. One that counts its rounds and gives up after a few is no such loop, and what it does when it has given up is a
//! behaviour like any other. So before a thread is made to rest for the first time at some place, it is let go on alone, with
//! nothing changing. If it leaves the loop within [`FEW`] rounds, rounds of it are followed from then on; otherwise the place is
//! one where threads rest. Either way the search begins again, because what it did alone is no execution of the search.

use super::execution::Execution;
use super::loops::{Loop, Nature, Place};
use super::polling::is_at;
use crate::base::{Action, Operation, Outcome, ThreadAction, ThreadId, ThreadSet};

/// Within how many rounds a loop has to give up for being followed.
pub(super) const FEW: usize = 16;

/// A loop that shows more than so many different things in its rounds is not followed.
const MOST: usize = 1_000;

/// A thread is let go on alone.
#[derive(Debug)]
pub(crate) struct Trial {
    thread: ThreadId,
    /// With what its round begins.
    first: Operation,
    place: Place,
    /// Where the operations of a round are called, and what comes of them.
    round: Vec<(Place, Outcome)>,
    /// How many rounds it has begun.
    rounds: usize,
    /// How many steps there were when it was let go.
    began: usize,
    /// Who could have gone on meanwhile.
    waiting: ThreadSet,
}

impl Execution {
    /// Whether it is to be tried what a thread does that goes round a loop there in vain.
    pub(super) fn is_untried(&self, place: Place) -> bool {
        self.learning.loops.tries && self.learning.loops.nature(place).is_none()
    }

    /// Begins a trial of the running thread, which has gone round in vain since step `from` and is about to begin again.
    pub(super) fn begin_trial(&mut self, from: usize, operation: &Operation, place: Place) {
        let me = self.running;
        let own = self.steps.since(from).filter(|step| step.thread == me);
        let round: Vec<_> = own.map(|step| (step.location, step.outcome)).collect();
        let waiting: ThreadSet = self.enabled.iter().filter(|thread| *thread != me).collect();
        for thread in &waiting {
            self.enabled.remove(thread);
            self.resting.insert(thread);
        }
        self.ask_again();
        let (first, began) = (*operation, self.steps.len());
        self.learning.trial =
            Some(Box::new(Trial { thread: me, first, place, round, rounds: 1, began, waiting }));
    }

    /// The running thread arrives at an operation. Whether it is on trial and goes on. What it does in a round may be another
    /// thing each time, as long as it does it in the same places: it may print how often it has tried.
    pub(super) fn is_on_trial(&mut self, operation: &Operation, place: Place) -> bool {
        let me = self.running;
        let Some(trial) = self.learning.trial.as_mut().filter(|trial| trial.thread == me) else {
            return false;
        };
        if operation.action == Action::Thread(ThreadAction::GoOn) {
            // It is a loop without an end, of which no more rounds are followed.
            self.end_trial(Nature::Polls);
            return false;
        }
        let last = self.steps.get(self.steps.len() - 1);
        let as_before = |(place, outcome): &(Place, Outcome)| {
            std::ptr::eq(*place, last.location) && *outcome == last.outcome
        };
        if self.steps.len() > trial.began && !trial.round.iter().any(as_before) {
            if trial.round.len() > MOST {
                self.end_trial(Nature::Polls);
                return false;
            }
            // Nobody has changed anything since: it has caught up with what it had to see.
            trial.round.push((last.location, last.outcome));
        }
        if !trial.round.iter().any(|(known, _)| std::ptr::eq(*known, place)) {
            self.end_trial(Nature::Counts);
            return false;
        }
        trial.rounds += usize::from(trial.first == *operation && std::ptr::eq(trial.place, place));
        if trial.rounds > FEW || self.steps.len() - trial.began > (FEW + 1) * trial.round.len() {
            self.end_trial(Nature::Polls);
            return false;
        }
        true
    }

    /// Whether the running thread is on trial: then it sees nothing new that it need not see.
    pub(super) fn tries_running(&self) -> bool {
        self.learning.trial.as_ref().is_some_and(|trial| trial.thread == self.running)
    }

    /// The running thread has come to its end, if it was on trial.
    pub(super) fn end_trial_at_exit(&mut self) {
        if self.tries_running() {
            self.end_trial(Nature::Counts);
        }
    }

    /// What has come of the trial is known; the others may go on.
    fn end_trial(&mut self, nature: Nature) {
        let Some(trial) = self.learning.trial.take() else { return };
        for thread in &trial.waiting {
            self.resting.remove(thread);
            self.enabled.insert(thread);
        }
        self.ask_again();
        self.learning.loops.note(Loop { place: trial.place, nature });
    }

    /// Whether the running thread, which has gone round in vain, is known to give up before long if it is let go on.
    pub(super) fn gives_up_soon(&self, operation: &Operation, place: Place) -> bool {
        self.learning.loops.nature(place) == Some(Nature::Counts)
            && self.rounds_begun(operation, place) <= FEW
    }

    /// How often the running thread has begun a round with this since it last changed anything.
    pub(super) fn rounds_begun(&self, operation: &Operation, place: Place) -> usize {
        self.only_looked().filter(|(_, step)| is_at(step, operation, place)).count()
    }
}
