//! Where the execution under way stands, as the search sees it.

use super::place::Place;
use crate::base::{Action, Step, ThreadAction, ThreadId};
use std::collections::BTreeSet;

/// What has to be known of the past to go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    pub(super) place: Place,
    /// Points since the last line on which nothing has depended since, each with what followed unasked, whoever did it: the
    /// thread of the point, and a step.
    dangling: Vec<(ThreadId, Step)>,
    /// Whose the last point was.
    last: ThreadId,
    /// A bit for each thread that need not go next: what it would do has been tried.
    pub(super) asleep: u64,
    /// The steps since the last place at which the search could turn back.
    pub(super) steps: Vec<Step>,
    /// Who has last done what nobody sees, and how many such steps in a row.
    pub(super) unseen: Option<ThreadId>,
    pub(super) unseen_steps: u32,
    pub(super) time: u64,
    /// Whether the last point was a print: what follows it unasked cannot be put off.
    printed: bool,
    /// Whether there is nothing to be found this way.
    pub(super) stray: bool,
}

impl Standing {
    /// A step that prints what comes next; whether it was a stray one if a step dangles that it does not depend on.
    pub(super) fn print(&mut self, step: &Step, reduces: bool) {
        self.settle(|_, other| other.thread == step.thread || starts(other, step.thread));
        self.stray |= reduces && !self.dangling.is_empty();
        self.dangling.clear();
        self.asleep = 0;
        self.steps.clear();
        (self.unseen, self.unseen_steps) = (None, 0);
        (self.printed, self.last) = (true, step.thread);
    }

    /// Any other step, and whether somebody sees it.
    pub(super) fn follow(&mut self, step: &Step, seen: bool) {
        let me = step.thread;
        let point = step.operation.is_point();
        if point {
            (self.printed, self.last) = (false, me);
        }
        let last = self.last;
        self.settle(|of, other| {
            (point || of != last) && (other.thread == me || starts(other, me) || other.conflicts(step))
        });
        if !self.printed {
            self.dangling.push((last, *step));
        }
        self.steps.push(*step);
        if seen {
            (self.unseen, self.unseen_steps) = (None, 0);
        } else if point && self.unseen.is_none_or(|thread| thread == me) {
            (self.unseen, self.unseen_steps) = (Some(me), self.unseen_steps + 1);
        }
    }

    /// Time has passed: nothing before can be put off until after that.
    pub(super) fn pass_time(&mut self, time: u64) {
        self.time = time;
        self.dangling.clear();
        self.asleep = 0;
    }

    /// Something depends on these steps now, and so on the points that brought them about.
    fn settle(&mut self, needed: impl Fn(ThreadId, &Step) -> bool) {
        while let Some((settled, _)) = self.dangling.iter().copied().find(|(of, step)| needed(*of, step)) {
            self.dangling.retain(|(of, _)| *of != settled);
        }
    }

    /// Which threads dangle, and because of whom.
    pub(super) fn dangling(&self) -> BTreeSet<(ThreadId, ThreadId)> {
        self.dangling.iter().map(|(of, step)| (*of, step.thread)).collect()
    }
}

/// Whether `step` starts `thread`, so that what this does depends on it.
fn starts(step: &Step, thread: ThreadId) -> bool {
    step.operation.action == Action::Thread(ThreadAction::Spawn(thread))
}

/// Whether nobody but its thread can tell when it is done.
pub(super) fn is_unseen(action: Action) -> bool {
    matches!(
        action,
        Action::Choose(_)
            | Action::Fence(_)
            | Action::Thread(
                ThreadAction::Yield
                    | ThreadAction::Spin
                    | ThreadAction::Sleep(_)
                    | ThreadAction::Round { .. }
            )
    )
}
