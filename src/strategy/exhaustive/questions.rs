//! What there is to ask of an execution taken in: what happens before what, and the states of objects in a part of it.

use super::history::{Entry, Event, History, Met, NONE, Next, Own, View};
use super::rows::{self, Lanes, Row};
use crate::base::object::State;
use crate::base::{Action, CondvarAction, FOREVER, MutexAction, ObjectId, Outcome, Step};

impl History {
    /// How often a thread has let others go first in so many of its events.
    pub(super) fn yields_in(&self, thread: u32, events: u32) -> u32 {
        let last = events.checked_sub(1).map(|last| self.by_thread[thread as usize][last as usize]);
        last.map_or(0, |last| self.events[last as usize].yields)
    }

    /// How many events of each thread were performed before an event.
    pub(super) fn cut_before(&self, event: u32) -> &Row {
        self.cuts.row(event as usize)
    }

    /// The last event of a cut; 0 where there is none.
    pub(super) fn last_in(&self, cut: &Row) -> u32 {
        let threads = self.by_thread.iter().zip(cut.as_flattened());
        let last = |(events, count): (&Vec<u32>, &i32)| (*count > 0).then(|| events[*count as usize - 1]);
        threads.filter_map(last).max().unwrap_or(0)
    }

    /// The events of other threads that `next` may conflict with and that its thread did not know of when it came to it: then
    /// it is the first of its thread to happen after them.
    pub(super) fn rivals(&self, next: &Next, event: Option<u32>, rivals: &mut Vec<u32>) {
        let knew = match event {
            Some(event) => self.before(event),
            None => self.at_end(next.thread as usize),
        };
        let locks = matches!(next.operation.action, Action::Mutex(MutexAction::Lock { timeout: FOREVER }));
        let limit = event.unwrap_or(NONE);
        let mut look_at = |meeting: u32, write: bool, place: u32| {
            let entries = &self.meetings[meeting as usize];
            for entry in entries[..entries.len().min(place as usize)].iter().rev() {
                if entry.event >= limit {
                    continue;
                }
                if rows::get(knew, entry.thread) > entry.index {
                    if entry.write {
                        break;
                    }
                } else if (entry.write || write)
                    && entry.thread != next.thread
                    // Without the release nobody could take it.
                    && !(locks && self.leaves_free(entry) == Some(true))
                    && event.is_none_or(|event| rows::get(self.clock(event), entry.thread) > entry.index)
                    && !rivals.contains(&entry.event)
                {
                    rivals.push(entry.event);
                }
            }
        };
        if let Some(event) = event {
            let event = &self.events[event as usize];
            for at in event.first as usize..event.end as usize {
                let Met { meeting, write, place } = self.met[at];
                look_at(meeting, write, place);
            }
        }
        // What it has met, or would meet with another outcome.
        match (event, next.operation.action) {
            (Some(_), Action::Condvar(CondvarAction::Wake { .. })) | (None, Action::Condvar(_)) => {
                look_at(next.operation.object.0, true, NONE);
                look_at(self.own(Own::Ticket, next.thread), true, NONE);
            }
            (None, Action::Thread(_)) => look_at(self.own(Own::Token, next.thread), true, NONE),
            (None, _) => look_at(next.operation.object.0, true, NONE),
            _ => {}
        }
        if let (None, Some(mutex)) = (event, next.operation.second_object()) {
            look_at(mutex.0, true, NONE);
        }
        if let (None, Some(life)) = (event, self.life_of(next)) {
            look_at(life, false, NONE);
        }
        if next.guard != NONE {
            self.guards_look(next, &mut look_at);
        }
    }

    /// What the round before `next` looked at.
    fn guards_look(&self, next: &Next, look_at: &mut impl FnMut(u32, bool, u32)) {
        let from = self.guards[next.guard as usize].from;
        let earlier = self.by_thread[next.thread as usize][..next.index as usize].iter().rev();
        for &event in earlier.take_while(|event| self.events[**event as usize].step as usize >= from) {
            let looks = self.met(event).iter().map(|met| met.meeting);
            looks.for_each(|meeting| look_at(meeting, self.is_senders(meeting), NONE));
        }
    }

    pub(super) fn events_of(&self, thread: usize) -> &[u32] {
        &self.by_thread[thread]
    }

    pub(super) fn clock(&self, event: u32) -> &Row {
        self.clocks.row(event as usize)
    }

    /// What the thread of an event knew when it came to it.
    pub(super) fn before(&self, event: u32) -> &Row {
        self.before.row(event as usize)
    }

    /// What a thread knew at the end.
    pub(super) fn at_end(&self, thread: usize) -> &Row {
        self.now.row(thread)
    }

    /// Whether `first` happens before `second` or is it.
    pub(super) fn ordered(&self, first: u32, second: u32) -> bool {
        let event = &self.events[first as usize];
        rows::get(self.clock(second), event.thread) > event.index
    }

    pub(super) fn met(&self, event: u32) -> &[Met] {
        let event = &self.events[event as usize];
        &self.met[event.first as usize..event.end as usize]
    }

    /// What an event was when its thread came to it.
    pub(super) fn next_of(&self, event: u32) -> Next {
        let event = &self.events[event as usize];
        let operation = self.steps[event.step as usize].operation;
        Next { thread: event.thread, index: event.index, operation, guard: event.guard, spent: event.spent }
    }

    /// What a thread was about to do at the end.
    pub(super) fn pending_of(&self, thread: usize) -> Option<Next> {
        let operation = self.pending[thread]?;
        let index = self.by_thread[thread].len() as u32;
        let (guard, spent) = (self.guarded[thread], self.spent[thread]);
        Some(Next { thread: thread as u32, index, operation, guard, spent })
    }

    /// The steps of an event.
    pub(super) fn steps_of(&self, event: u32) -> &[Step] {
        let from = self.events[event as usize].step as usize;
        let to = self.events.get(event as usize + 1).map_or(self.steps.len(), |next| next.step as usize);
        &self.steps[from..to]
    }

    /// The steps before an event.
    pub(super) fn steps_before(&self, event: u32) -> &[Step] {
        &self.steps[..self.events[event as usize].step as usize]
    }

    /// Whether a thread does no more after a cut, nor waits for anything.
    #[inline]
    pub(super) fn is_over(&self, thread: u32, cut: &Row) -> bool {
        let events = self.by_thread[thread as usize].len() as u32;
        rows::get(cut, thread) == events && self.pending[thread as usize].is_none()
    }

    #[inline]
    pub(super) fn is_in(&self, entry: &Entry, view: View<'_>) -> bool {
        if entry.event == NONE {
            return true;
        }
        match view {
            View::Cut(cut) => entry.index < rows::get(cut, entry.thread),
            View::Without(NONE) => true,
            View::Without(event) => !self.ordered(event, entry.event),
        }
    }

    /// The last write of a meeting in a view.
    pub(super) fn last_write(&self, meeting: u32, view: View<'_>) -> Option<&Entry> {
        self.meetings[meeting as usize].iter().rev().find(|entry| entry.write && self.is_in(entry, view))
    }

    /// The state of an object in a view.
    pub(super) fn state(&mut self, object: ObjectId, view: View<'_>) -> &State {
        let writes = self.last_write(object.0, view).map_or(0, |entry| entry.writes as usize);
        let at = object.index();
        while self.states[at].len() <= writes {
            let next = match self.states[at].last() {
                None => self.begun[at].clone(),
                Some(last) => {
                    let number = self.states[at].len() as u32;
                    let entries = &self.meetings[at];
                    let write = entries.iter().find(|entry| entry.write && entry.writes == number);
                    let step = &self.steps[write.expect("as many writes as counted").step as usize];
                    let mut state = last.clone();
                    apply(&mut state, object, step);
                    state
                }
            };
            self.states[at].push(next);
        }
        if let State::Channel(channel) = &self.states[at][writes] {
            let mut channel = *channel;
            let drops = self.meetings[self.senders(object.0) as usize].iter();
            for entry in drops.filter(|entry| entry.changes && self.is_in(entry, view)) {
                if let Action::Channel(action) = self.steps[entry.step as usize].operation.action {
                    channel.apply(action);
                }
            }
            self.channel = Some(State::Channel(channel));
            return self.channel.as_ref().expect("just set");
        }
        &self.states[at][writes]
    }

    /// Whether a mutex is free after a write; `None` where that does not tell.
    fn leaves_free(&self, write: &Entry) -> Option<bool> {
        match self.steps[write.step as usize].operation.action {
            Action::Mutex(MutexAction::Unlock { .. } | MutexAction::Release) => Some(true),
            Action::Condvar(CondvarAction::Wait { .. }) => Some(true),
            Action::Mutex(MutexAction::Lock { .. } | MutexAction::TryLock) => Some(false),
            Action::Condvar(CondvarAction::Reacquire { .. }) => Some(false),
            _ => None,
        }
    }

    /// Whether nobody holds a mutex in a view.
    pub(super) fn is_free(&mut self, mutex: ObjectId, view: View<'_>) -> bool {
        let known = self.last_write(mutex.0, view).and_then(|write| self.leaves_free(write));
        known.unwrap_or_else(|| self.state(mutex, view).holder().is_none())
    }

    /// Whether a thread that waits has been notified.
    pub(super) fn is_notified(&self, thread: u32, view: View<'_>) -> bool {
        let last = self.last_write(self.own(Own::Ticket, thread), view);
        last.is_some_and(|entry| {
            let Action::Condvar(action) = self.steps[entry.step as usize].operation.action else {
                return false;
            };
            !matches!(
                action,
                CondvarAction::Wait { .. }
                    | CondvarAction::Wake { .. }
                    | CondvarAction::Reacquire { .. }
                    | CondvarAction::Leave
            )
        })
    }

    /// What happens before an operation foreseen without a decision and what happens after it, given what its thread knew: so
    /// many events of each thread.
    pub(super) fn past_of_foreseen(&self, knew: &Row, decision: u32, before: u32, past: &mut Vec<Lanes>) {
        let Event { thread, index, .. } = self.events[decision as usize];
        past.clear();
        past.extend_from_slice(knew);
        for &(meeting, write) in &self.foreseen {
            for entry in self.meetings[meeting as usize].iter().rev() {
                // What conflicts with the witness and comes later happens after it.
                if entry.event >= before {
                    continue;
                }
                let clock = self.clock(entry.event);
                if rows::get(clock, thread) > index {
                    continue;
                }
                if entry.write || write {
                    rows::join(past, clock);
                }
                if entry.write {
                    break;
                }
            }
        }
    }
}

/// What a step does to the state of one of the objects that it writes.
fn apply(state: &mut State, object: ObjectId, step: &Step) {
    let action = step.operation.action;
    if step.operation.object != object {
        if let Some(second) = step.operation.second() {
            state.apply(step.thread, second.action, 0);
        }
    } else if step.outcome == Outcome::TimedOut {
        state.time_out(step.thread, action);
    } else if let (State::Channel(channel), Action::Channel(action)) = (&mut *state, action) {
        channel.repeat(action, step.outcome);
    } else {
        state.apply(step.thread, action, step.choice);
    }
}
