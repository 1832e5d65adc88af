//! What the steps of an execution have met, entered in the order in which they were performed.

use super::history::{History, NONE, Own, View};
use super::rows;
use crate::base::{
    Access, Action, AtomicAction, ChannelAction, CondvarAction, MutexAction, Outcome, Step, ThreadAction,
};

impl History {
    /// What the step performed as the last event has met.
    pub(super) fn meet_all(&mut self, number: u32, step: &Step) {
        let me = step.thread.0;
        self.meet_life(number, me);
        if self.watches {
            // Nobody who rests is woken by it.
            self.meet_unchanged(number, |history| history.foresee_watched(me));
        }
        if let Action::Atomic(action) = step.operation.action {
            let reads =
                matches!(action, AtomicAction::Load(_)) || matches!(step.outcome, Outcome::Mismatch(_));
            return self.meet(number, step.operation.object.0, !reads, !reads && step.changes());
        }
        if let (Action::Mutex(MutexAction::Lock { .. } | MutexAction::Unlock { .. }), Outcome::Done) =
            (step.operation.action, step.outcome)
        {
            return self.meet(number, step.operation.object.0, true, true);
        }
        match step.operation.action {
            Action::Cell(_) | Action::Fence(_) | Action::Choose(_) => {}
            Action::Thread(action) => match action {
                ThreadAction::Park { .. } => {
                    let taken = step.outcome == Outcome::Done;
                    self.meet(number, self.own(Own::Token, me), taken, taken);
                }
                ThreadAction::Kill(process) => self.meet_kill(number, step, process),
                ThreadAction::Unpark(thread) => self.meet(number, self.own(Own::Token, thread.0), true, true),
                ThreadAction::Join { thread, .. } | ThreadAction::IsFinished(thread) => {
                    self.note_told(step, thread);
                    self.meet_unchanged(number, |history| history.foresee_question(thread));
                    if matches!(step.outcome, Outcome::Done) {
                        self.know_end(thread.index());
                    }
                }
                _ => {}
            },
            Action::Condvar(action) => self.meet_condvar(number, step, action),
            _ => {
                if step.operation.action == Action::Channel(ChannelAction::TrySend) {
                    let channel = step.operation.object;
                    self.meet_unchanged(number, |history| history.foresee_receivers(channel));
                }
                let changes = !step.only_reads();
                for (meeting, access) in step.accesses().into_iter().flatten() {
                    if let Some((meeting, write)) = self.numbered(meeting, access) {
                        self.meet(number, meeting, write, changes && access != Access::Read);
                    }
                }
            }
        }
    }

    /// The last event has learned of the end of a thread.
    fn know_end(&mut self, ended: usize) {
        rows::join(self.clocks.last_mut(), self.ended.row(ended));
    }

    fn meet_condvar(&mut self, number: u32, step: &Step, action: CondvarAction) {
        let (me, condvar) = (step.thread.0, step.operation.object.0);
        let ticket = self.own(Own::Ticket, me);
        let notified = self.is_notified(me, View::Without(NONE));
        match action {
            CondvarAction::Wait { mutex, .. } => {
                for meeting in [condvar, mutex.0, ticket] {
                    self.meet(number, meeting, true, true);
                }
            }
            CondvarAction::Wake { stays: true, .. } => {
                self.meet(number, ticket, false, false);
                if !notified {
                    self.meet(number, condvar, false, false);
                }
            }
            CondvarAction::Leave => {
                self.meet(number, ticket, true, true);
                if !notified {
                    self.meet(number, condvar, true, true);
                }
            }
            CondvarAction::Reacquire { .. } | CondvarAction::Wake { .. } => {
                if let CondvarAction::Reacquire { mutex } = action {
                    self.meet(number, mutex.0, true, true);
                }
                self.meet(number, ticket, !notified, !notified);
                if !notified {
                    self.meet(number, condvar, true, true);
                }
            }
            CondvarAction::NotifyOne | CondvarAction::NotifyFirst(_) | CondvarAction::NotifyAll => {
                self.foreseen.clear();
                self.foresee_notify(step.operation.object, action, step.choice, View::Without(NONE));
                let met = std::mem::take(&mut self.foreseen);
                met.iter().for_each(|&(meeting, write)| self.meet(number, meeting, write, write));
                self.foreseen = met;
            }
        }
    }

    /// The last event meets what is foreseen, and leaves it as it was.
    pub(super) fn meet_unchanged(&mut self, step: u32, foresee: impl FnOnce(&mut Self)) {
        self.foreseen.clear();
        foresee(self);
        let met = std::mem::take(&mut self.foreseen);
        met.iter().for_each(|&(meeting, write)| self.meet(step, meeting, write, false));
        self.foreseen = met;
    }

    /// The last event meets this: it happens after all that it conflicts with there.
    pub(super) fn meet(&mut self, step: u32, meeting: u32, write: bool, changes: bool) {
        let event = self.events.len() - 1;
        let (clocks, clock) = self.clocks.split_last();
        for entry in self.meetings[meeting as usize].iter().rev() {
            if (entry.write || write) && entry.event != NONE && entry.event as usize != event {
                rows::join(clock, clocks.row(entry.event as usize));
            }
            if entry.write {
                break;
            }
        }
        self.meet_last(step, meeting, write, changes);
    }
}
