//! What an operation would have done in a part of an execution: whether it could have gone on, with how many outcomes, and
//! what it would have met.

use super::history::{Entry, History, NONE, Next, Own, Spent, View};
use super::watching::tells_end;
use crate::base::object::State;
use crate::base::{
    Action, AtomicAction, ChannelAction, CondvarAction, FOREVER, MutexAction, ObjectId, Operation, Outcome,
    PipeAction, Step, ThreadAction, ThreadId,
};
use std::panic::Location;

impl History {
    /// How many outcomes `next` would have had in a view, in which its thread has come to it: 0 when it could not have gone
    /// on. What it would have met with the first of them is in `foreseen`.
    pub(super) fn foresee(&mut self, next: &Next, view: View<'_>) -> u32 {
        self.foreseen.clear();
        if next.guard != NONE && !self.changed_since(next, view) {
            return 0;
        }
        if self.is_killed(next, view) {
            return 0;
        }
        let outcomes = self.foresee_action(next, view);
        if let (Some(life), 1..) = (self.life_of(next), outcomes) {
            self.foreseen.push((life, false));
        }
        if outcomes > 0 && self.watches {
            self.foresee_watched(next.thread);
        }
        outcomes
    }

    fn foresee_action(&mut self, next: &Next, view: View<'_>) -> u32 {
        match next.operation.action {
            Action::Choose(count) => count,
            Action::Fence(_) | Action::Cell(_) | Action::Pipe(PipeAction::Offer) => 1,
            Action::Thread(action) => self.foresee_on_thread(next, action, view),
            Action::Condvar(action) => self.foresee_on_condvar(next, action, view),
            Action::Atomic(AtomicAction::Load(_)) => self.would_meet(next.operation.object.0, false),
            Action::Atomic(AtomicAction::Store { .. } | AtomicAction::Rmw { .. }) => {
                self.would_meet(next.operation.object.0, true)
            }
            Action::Mutex(MutexAction::Lock { timeout: FOREVER }) => {
                let free = self.is_free(next.operation.object, view);
                if free { self.would_meet(next.operation.object.0, true) } else { 0 }
            }
            _ => self.foresee_on_object(next, view),
        }
    }

    fn would_meet(&mut self, meeting: u32, write: bool) -> u32 {
        self.foreseen.push((meeting, write));
        1
    }

    /// Whether something that the round before `next` looked at has changed since. All that it looked at is met.
    pub(super) fn changed_since(&mut self, next: &Next, view: View<'_>) -> bool {
        let guard = self.guards[next.guard as usize];
        let mut changed = false;
        for place in (0..next.index as usize).rev() {
            let event = self.events_of(next.thread as usize)[place];
            if (self.events[event as usize].step as usize) < guard.from {
                break;
            }
            for at in 0..self.met(event).len() {
                let meeting = self.met(event)[at].meeting;
                let later = |entry: &&Entry| entry.event != event;
                let news = self.meetings[meeting as usize].iter().rev().take_while(later);
                changed |= news.clone().any(|entry| entry.changes && self.is_in(entry, view));
                let look = (meeting, self.is_senders(meeting));
                // Rounds that wait for a change look at what the rounds before them looked at: once each, or it doubles.
                if !self.foreseen.contains(&look) {
                    self.foreseen.push(look);
                }
            }
        }
        changed
    }

    fn foresee_on_thread(&mut self, next: &Next, action: ThreadAction, view: View<'_>) -> u32 {
        let token = self.own(Own::Token, next.thread);
        match action {
            ThreadAction::Park { timeout } => {
                let given = self.last_write(token, view).is_some_and(|entry| {
                    let action = self.steps[entry.step as usize].operation.action;
                    matches!(action, Action::Thread(ThreadAction::Unpark(_)))
                });
                if given {
                    return self.would_meet(token, true);
                }
                let wakes = timeout != FOREVER || next.spent.spurious < self.spurious_wakeups;
                if wakes { self.would_meet(token, false) } else { 0 }
            }
            ThreadAction::Unpark(thread) => self.would_meet(self.own(Own::Token, thread.0), true),
            // Nothing goes on at a join: what waits for an end follows from it.
            ThreadAction::Join { timeout: FOREVER, .. } => 0,
            // Whoever would go on for ever does nothing more.
            ThreadAction::GoOn => 0,
            ThreadAction::Kill(process) => self.foresee_kill(process, view),
            ThreadAction::Join { thread, .. } | ThreadAction::IsFinished(thread) => {
                let end = self.own(Own::End, thread.0);
                let over = self.last_write(end, view).is_some();
                self.foresee_question(thread);
                1 + u32::from(over && self.may_be_denied_end(next.thread, next.index, thread))
            }
            _ => 1,
        }
    }

    fn foresee_on_condvar(&mut self, next: &Next, action: CondvarAction, view: View<'_>) -> u32 {
        let condvar = next.operation.object;
        let ticket = self.own(Own::Ticket, next.thread);
        match action {
            CondvarAction::Wait { mutex, .. } => {
                self.foreseen.extend([(condvar.0, true), (mutex.0, true), (ticket, true)]);
                1
            }
            CondvarAction::Reacquire { mutex } => {
                let notified = self.is_notified(next.thread, view);
                let spurious = next.spent.spurious < self.spurious_wakeups;
                if !self.is_free(mutex, view) || !(notified || spurious) {
                    return 0;
                }
                self.foreseen.extend([(mutex.0, true), (ticket, !notified)]);
                if !notified {
                    self.foreseen.push((condvar.0, true));
                }
                1
            }
            CondvarAction::Wake { stays: true, .. } => {
                self.foreseen.push((ticket, false));
                if !self.is_notified(next.thread, view) {
                    self.foreseen.push((condvar.0, false));
                }
                1
            }
            CondvarAction::Leave => {
                let notified = self.is_notified(next.thread, view);
                self.foreseen.push((ticket, true));
                if !notified {
                    self.foreseen.push((condvar.0, true));
                }
                1
            }
            CondvarAction::Wake { .. } => {
                let notified = self.is_notified(next.thread, view);
                self.foreseen.push((ticket, !notified));
                if !notified {
                    self.foreseen.push((condvar.0, true));
                }
                1
            }
            _ => self.foresee_notify(condvar, action, 0, view),
        }
    }

    /// What a notification meets, with the given outcome, and how many outcomes it has.
    pub(super) fn foresee_notify(
        &mut self,
        condvar: ObjectId,
        action: CondvarAction,
        choice: u32,
        view: View<'_>,
    ) -> u32 {
        let State::Condvar(state) = self.state(condvar, view) else { return 1 };
        let sleepers = state.sleepers();
        let (from, count) = match action {
            CondvarAction::NotifyOne => (choice, 1),
            CondvarAction::NotifyFirst(count) => (0, count),
            _ => (0, u32::MAX),
        };
        let woken: Vec<ThreadId> = state.sleeping().skip(from as usize).take(count as usize).collect();
        self.foreseen.push((condvar.0, !woken.is_empty()));
        for thread in woken {
            self.foreseen.push((self.own(Own::Ticket, thread.0), true));
        }
        if action == CondvarAction::NotifyOne { sleepers.max(1) } else { 1 }
    }

    fn foresee_on_object(&mut self, next: &Next, view: View<'_>) -> u32 {
        let Operation { object, action } = next.operation;
        let thread = ThreadId(next.thread);
        let weak_left = next.spent.weak < self.weak_failures;
        if action == Action::Channel(ChannelAction::TrySend) {
            self.foresee_receivers(object);
            return self.foresee_attempt(next, view);
        }
        let state = self.state(object, view);
        let ready = state.ready(thread, action);
        if !ready && (next.operation.timeout() == FOREVER || !state.may_time_out()) {
            return 0;
        }
        let fails = match (state, action) {
            (State::Atomic(state), Action::Atomic(AtomicAction::CompareExchange { expected, weak, .. })) => {
                weak && weak_left && state.holds(expected)
            }
            _ => false,
        };
        let outcome = if ready { state.clone().apply(thread, action, 0) } else { Outcome::TimedOut };
        let step =
            Step { thread, choice: 0, operation: next.operation, outcome, location: Location::caller() };
        for (meeting, access) in step.accesses().into_iter().flatten() {
            self.foreseen.extend(self.numbered(meeting, access));
        }
        1 + u32::from(fails)
    }

    /// An attempt to send, which on a channel without capacity succeeds only if somebody waits for it.
    fn foresee_attempt(&mut self, next: &Next, view: View<'_>) -> u32 {
        let object = next.operation.object;
        let awaited = self.is_awaited(object, view);
        let mut state = self.state(object, view).clone();
        let (mut sends, mut outcomes) = (false, 1);
        if let State::Channel(channel) = &mut state {
            channel.set_receiver_waits(awaited);
            let may_be_refused = channel.would_hand_over() && self.may_be_refused(next.thread, next.index);
            outcomes += u32::from(may_be_refused);
            sends = matches!(channel.apply(ChannelAction::TrySend), Outcome::Value(_));
        }
        self.would_meet(object.0, sends);
        outcomes
    }

    /// How many outcomes an operation had that has just been performed as `step`, after so many events of its thread, which had
    /// spent so much.
    pub(super) fn alternatives_of(&mut self, step: &Step, index: u32, spent: Spent) -> u32 {
        match step.operation.action {
            Action::Choose(count) => count,
            Action::Condvar(action @ CondvarAction::NotifyOne) => {
                self.foreseen.clear();
                self.foresee_notify(step.operation.object, action, 0, View::Without(NONE))
            }
            Action::Atomic(AtomicAction::CompareExchange { weak: true, .. }) => {
                let might = spent.weak < self.weak_failures;
                let could = step.choice != 0 || !matches!(step.outcome, Outcome::Mismatch(_));
                1 + u32::from(might && could)
            }
            Action::Channel(ChannelAction::TrySend) => {
                let could = step.choice != 0 || self.hands_over(step);
                1 + u32::from(could && self.may_be_refused(step.thread.0, index))
            }
            Action::Thread(ThreadAction::Join { thread, .. } | ThreadAction::IsFinished(thread)) => {
                let over = step.choice != 0 || tells_end(step.outcome);
                1 + u32::from(over && self.may_be_denied_end(step.thread.0, index, thread))
            }
            _ => 1,
        }
    }
}
