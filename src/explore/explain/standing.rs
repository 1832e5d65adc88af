//! Where the execution under way stands, as the search sees it.

use super::place::Place;
use crate::base::{Action, Step, ThreadAction, ThreadId};

/// What has to be known of the past to go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    pub(super) place: Place,
    /// For each thread its last step since the last line, if nothing has happened since that depends on it.
    dangling: Vec<Option<Step>>,
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
        let dangles = |other: &Step| other.thread != step.thread && !starts(other, step.thread);
        self.stray |= reduces && self.dangling.iter().flatten().any(dangles);
        self.dangling.clear();
        self.asleep = 0;
        self.steps.clear();
        (self.unseen, self.unseen_steps) = (None, 0);
        self.printed = true;
    }

    /// Any other step, and whether somebody sees it.
    pub(super) fn follow(&mut self, step: &Step, seen: bool) {
        let me = step.thread;
        self.printed &= !step.operation.is_point();
        for other in &mut self.dangling {
            let settled = |other: &mut Step| other.thread == me || starts(other, me) || other.conflicts(step);
            other.take_if(settled);
        }
        if self.dangling.len() <= me.index() {
            self.dangling.resize(me.index() + 1, None);
        }
        self.dangling[me.index()] = Some(*step).filter(|_| !self.printed);
        self.steps.push(*step);
        if seen {
            (self.unseen, self.unseen_steps) = (None, 0);
        } else if self.unseen.is_none_or(|thread| thread == me) {
            (self.unseen, self.unseen_steps) = (Some(me), self.unseen_steps + 1);
        }
    }

    /// Time has passed: nothing before can be put off until after that.
    pub(super) fn pass_time(&mut self, time: u64) {
        self.time = time;
        self.dangling.clear();
        self.asleep = 0;
    }

    /// Which threads dangle.
    pub(super) fn dangling_bits(&self) -> Vec<u32> {
        self.dangling.iter().flatten().map(|step| step.thread.0).collect()
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
