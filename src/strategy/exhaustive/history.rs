//! A maximal execution as a partial order: events, what each met, what happens before what, and what an operation would have
//! done in a part of it.
//!
//! An *event* is a point of the schedule with all that its thread did, and all that followed from it unasked (threads that
//! began, ended, joined), up to the next point. An event meets *meetings*: objects, and of each thread its token, its place
//! in a wait, and its end. Two events of different threads are dependent when they share a meeting and one of them writes it.

use super::family::Family;
use super::resume::{Joins, is_plain};
use super::rows::{self, Row, Rows};
use super::watching::Told;
use crate::base::object::State;
use crate::base::{Access, Action, Choice, Guard, Meeting, Operation, Outcome, Record, Step, ThreadAction};

/// Stands for "none" where a number is expected.
pub(super) const NONE: u32 = u32::MAX;

/// A point of the schedule and what followed from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) thread: u32,
    /// Which of its thread's events it is.
    pub(super) index: u32,
    /// The number of its step.
    pub(super) step: u32,
    pub(super) choice: u32,
    /// How many outcomes it could have had.
    pub(super) alternatives: u32,
    /// What it met: a range of `met`.
    pub(super) first: u32,
    pub(super) end: u32,
    /// The round of a polling loop that it begins, if it has to wait for a change; a number of a guard.
    pub(super) guard: u32,
    /// How often its thread had let others go first when it had been followed to its end.
    pub(super) yields: u32,
    /// How many weak exchanges of its thread had failed, and spurious wakeups had been, before it.
    pub(super) spent: Spent,
}

/// What a thread has used of its budgets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) weak: u32,
    pub(super) spurious: u32,
}

/// A meeting of an event with what it met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) event: u32,
    /// The thread of the event, and which of its events it is.
    pub(super) thread: u32,
    pub(super) index: u32,
    pub(super) step: u32,
    pub(super) write: bool,
    /// Whether what it met was another after it.
    pub(super) changes: bool,
    /// How many writes there have been with this one.
    pub(super) writes: u32,
}

/// What an event has met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Met {
    pub(super) meeting: u32,
    pub(super) write: bool,
    /// Where it is among the entries of the meeting.
    pub(super) place: u32,
}

/// A part of an execution that is closed under happens-before.
#[derive(Clone, Copy, Debug)]
pub(super) enum View<'a> {
    /// So many events of each thread.
    Cut(&'a Row),
    /// All but an event and what happens after it.
    Without(u32),
}

/// What a thread is about to do after so many of its events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    pub(super) thread: u32,
    pub(super) index: u32,
    pub(super) operation: Operation,
    pub(super) guard: u32,
    pub(super) spent: Spent,
}

/// What each thread has of its own: meetings of these kinds, by which they are numbered after the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Token = 0,
    Ticket = 1,
    End = 2,
    /// How far it has got, where somebody sees that.
    Progress = 3,
}

/// How many kinds of those there are. After them come how many senders each channel has, numbered as the objects.
const OWN: usize = 4;

/// The last execution. All memory is kept for the next one.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) threads: usize,
    pub(super) events: Vec<Event>,
    /// Those that could have had other outcomes.
    pub(super) several: Vec<u32>,
    /// The events of each thread.
    pub(super) by_thread: Vec<Vec<u32>>,
    /// For each event and thread: how many events of that thread happen before it or are it.
    pub(super) clocks: Rows,
    /// The same for what its thread knew when it came to it, apart from what it met.
    pub(super) before: Rows,
    /// The same for each thread at the end, and at its exit.
    pub(super) now: Rows,
    pub(super) ended: Rows,
    /// For each event and thread: how many events of that thread were performed before it.
    pub(super) cuts: Rows,
    pub(super) steps: Vec<Step>,
    /// The choice that each event is.
    pub(super) schedule: Vec<Choice>,
    pub(super) met: Vec<Met>,
    pub(super) objects: usize,
    pub(super) meetings: Vec<Vec<Entry>>,
    /// The states of each object after each write; filled as far as they are asked for.
    pub(super) states: Vec<Vec<State>>,
    /// That of a channel asked for last.
    pub(super) channel: Option<State>,
    pub(super) begun: Vec<State>,
    pub(super) guards: Vec<Guard>,
    // For each thread: the guard of its next event, and what it has spent.
    pub(super) guarded: Vec<u32>,
    pub(super) spent: Vec<Spent>,
    yielded: Vec<u32>,
    /// Whether anybody has let others go first.
    pub(super) yields: bool,
    /// What threads knew before they learned of others' ends, to take it back.
    pub(super) joins: Joins,
    /// Whether nothing waits for what a round of a loop has looked at, and nobody is ended from outside or watched.
    pub(super) plain: bool,
    pub(super) pending: Vec<Option<Operation>>,
    /// For each thread the first one of its process, where the execution has somebody who ends that from outside.
    pub(super) mortal: Vec<Option<u32>>,
    /// Whether somebody sees how far a thread has got, and the threads that get on by each one's events.
    pub(super) watches: bool,
    pub(super) watched: Vec<Vec<u32>>,
    /// Channels on which somebody tries to hand over a message, each with a thread that receives from it.
    pub(super) receivers: Vec<(u32, u32)>,
    pub(super) told: Vec<Told>,
    pub(super) weak_failures: u32,
    pub(super) spurious_wakeups: u32,
    /// What an operation foreseen would meet.
    pub(super) foreseen: Vec<(u32, bool)>,
}

impl History {
    /// Takes in an execution. How many events at its beginning, `most` at most, are known from the last one.
    pub(super) fn take(&mut self, record: &Record<'_>, family: &Family, most: usize) -> usize {
        let kept = self.keep(record, family.len(), most);
        if kept == 0 {
            self.reset(record, family.len());
        }
        self.make_room(record);
        let from = self.steps.len();
        self.steps.extend_from_slice(&record.steps[from..]);
        let (mut guard, mut offer) = (0, 0);
        for (number, step) in record.steps.iter().enumerate().skip(from) {
            while record.guards.get(guard).is_some_and(|g| g.at <= number) {
                self.guarded[record.guards[guard].thread.index()] = guard as u32;
                guard += 1;
            }
            while record.yields.get(offer).is_some_and(|(_, at)| *at <= number) {
                self.note_yield(record.yields[offer].0.index());
                offer += 1;
            }
            let number = number as u32;
            if !step.operation.is_point() {
                self.follow(number, step);
                continue;
            }
            self.add_event(number, step);
            self.schedule.push(Choice { thread: step.thread, outcome: step.choice });
        }
        for (number, guard) in record.guards.iter().enumerate().skip(guard) {
            self.guarded[guard.thread.index()] = number as u32;
        }
        record.yields[offer..].iter().for_each(|(thread, _)| self.note_yield(thread.index()));
        kept
    }

    fn note_yield(&mut self, thread: usize) {
        self.yielded[thread] += 1;
        if let Some(&last) = self.by_thread[thread].last() {
            self.events[last as usize].yields = self.yielded[thread];
        }
    }

    /// Nothing is known yet.
    fn reset(&mut self, record: &Record<'_>, threads: usize) {
        // Threads beyond that were made while all was torn down, and never ran.
        self.threads = threads;
        self.objects = record.begun.len();
        self.events.clear();
        self.several.clear();
        self.met.clear();
        for table in [&mut self.clocks, &mut self.before, &mut self.cuts, &mut self.now, &mut self.ended] {
            table.begin(threads);
        }
        self.now.fill(threads);
        self.ended.fill(threads);
        self.by_thread.iter_mut().for_each(Vec::clear);
        self.by_thread.resize_with(self.threads.max(self.by_thread.len()), Vec::new);
        let meetings = 2 * self.objects + OWN * self.threads;
        self.meetings.iter_mut().for_each(Vec::clear);
        self.meetings.resize_with(meetings.max(self.meetings.len()), Vec::new);
        self.guards.clear();
        self.guards.extend_from_slice(record.guards);
        self.guarded.clear();
        self.guarded.resize(self.threads, NONE);
        self.spent.clear();
        self.spent.resize(self.threads, Spent::default());
        self.yielded.clear();
        self.yielded.resize(self.threads, 0);
        self.yields = !record.yields.is_empty();
        self.find_mortals(record, threads);
        self.find_watched(record, threads);
        self.steps.clear();
        self.schedule.clear();
        self.joins.begin(threads);
        self.told.clear();
        self.plain = is_plain(record) && self.mortal.iter().all(Option::is_none) && !self.watches;
        (self.weak_failures, self.spurious_wakeups) = (record.weak_failures, record.spurious_wakeups);
    }

    /// Copies what is short, and makes room for what is new.
    fn make_room(&mut self, record: &Record<'_>) {
        self.states.resize_with(self.objects.max(self.states.len()), Vec::new);
        self.begun.truncate(self.objects);
        for (object, begun) in record.begun.iter().enumerate() {
            match self.begun.get_mut(object) {
                // It has been met, so it has been there.
                Some(_) if !self.meetings[object].is_empty() => continue,
                Some(old) => old.clone_from(begun),
                None => self.begun.push(begun.clone()),
            }
            self.states[object].clear();
        }
        self.pending.clear();
        self.pending.extend_from_slice(&record.pending[..self.threads]);
    }

    /// A step that is no point follows from the last event.
    fn follow(&mut self, number: u32, step: &Step) {
        let me = step.thread.index();
        let Action::Thread(action) = step.operation.action else { return };
        match action {
            ThreadAction::Spawn(child) => {
                self.now.copy(me, child.index());
            }
            ThreadAction::Exit { .. } => {
                rows::copy(self.ended.row_mut(me), self.now.row(me));
                self.end(number, step.thread.0);
            }
            ThreadAction::Join { thread, .. } => {
                self.note_told_by_join(me, thread);
                self.joins.note(self.events.len(), me, self.now.row(me));
                rows::join(self.now.row_mut(me), self.ended.row(thread.index()));
            }
            _ => {}
        }
    }

    /// A thread has ended: the last event is what ended it, after all who found it still running.
    fn end(&mut self, number: u32, thread: u32) {
        let end = self.own(Own::End, thread);
        if let Some(last) = self.events.last() {
            let now = self.now.row_mut(last.thread as usize);
            let (clocks, clock) = self.clocks.split_last();
            let event = self.events.len() - 1;
            for entry in self.meetings[end as usize].iter().filter(|entry| entry.event as usize != event) {
                rows::join(clock, clocks.row(entry.event as usize));
                rows::join(now, clocks.row(entry.event as usize));
            }
        }
        self.meet_last(number, end, true, true);
    }

    /// The last event, if there is one, also meets this.
    pub(super) fn meet_last(&mut self, step: u32, meeting: u32, write: bool, changes: bool) {
        let Some(event) = self.events.len().checked_sub(1) else {
            // Before the first point: there is nobody to be in another order with.
            let entry = Entry { event: NONE, thread: 0, index: 0, step, write, changes, writes: 1 };
            return self.meetings[meeting as usize].push(entry);
        };
        let entries = &mut self.meetings[meeting as usize];
        let writes = entries.last().map_or(0, |e| e.writes) + u32::from(write);
        self.met.push(Met { meeting, write, place: entries.len() as u32 });
        let last = &mut self.events[event];
        last.end = self.met.len() as u32;
        let (thread, index, event) = (last.thread, last.index, event as u32);
        entries.push(Entry { event, thread, index, step, write, changes, writes });
    }

    fn add_event(&mut self, number: u32, step: &Step) {
        let me = step.thread.index();
        let event = self.events.len() as u32;
        let index = self.by_thread[me].len() as u32;
        let guard = std::mem::replace(&mut self.guarded[me], NONE);
        let first = self.met.len() as u32;
        let spent = self.spent[me];
        let alternatives = self.alternatives_of(step, index, spent);
        if step.choice != 0 && matches!(step.operation.action, Action::Atomic(_)) {
            self.spent[me].weak += 1;
        }
        if step.outcome == Outcome::Spurious {
            self.spent[me].spurious += 1;
        }
        self.events.push(Event {
            thread: step.thread.0,
            index,
            step: number,
            choice: step.choice,
            alternatives,
            first,
            end: first,
            guard,
            yields: self.yielded[me],
            spent,
        });
        self.by_thread[me].push(event);
        if alternatives > 1 {
            self.several.push(event);
        }
        match self.events.len().checked_sub(2) {
            None => self.cuts.fill(1),
            Some(last) => {
                self.cuts.push_again();
                let Event { thread, index, .. } = self.events[last];
                rows::set(self.cuts.last_mut(), thread, index + 1);
            }
        }
        let knows = self.now.row(me);
        self.before.push(knows);
        self.clocks.push(knows);
        rows::set(self.clocks.last_mut(), step.thread.0, index + 1);
        if guard != NONE {
            let next = Next { thread: step.thread.0, index, operation: step.operation, guard, spent };
            self.meet_unchanged(number, |history| _ = history.changed_since(&next, View::Without(NONE)));
        }
        self.meet_all(number, step);
        rows::copy(self.now.row_mut(me), self.clocks.row(event as usize));
    }

    pub(super) fn own(&self, own: Own, thread: u32) -> u32 {
        self.objects as u32 + OWN as u32 * thread + own as u32
    }

    /// How many senders a channel has. There those who drop one "read", and those who find none left, or one, "write": so neither is
    /// in an order with its like, as far as it matters.
    pub(super) fn senders(&self, channel: u32) -> u32 {
        self.own(Own::Token, self.threads as u32) + channel
    }

    /// Whether it is [how many senders](Self::senders) a channel has.
    pub(super) fn is_senders(&self, meeting: u32) -> bool {
        meeting >= self.senders(0)
    }

    /// The number of a meeting with an object, and whether it counts as written there.
    pub(super) fn numbered(&self, meeting: Meeting, access: Access) -> Option<(u32, bool)> {
        match meeting {
            Meeting::Object(object) => Some((object.0, access == Access::Write)),
            Meeting::Senders(channel) => Some((self.senders(channel.0), access == Access::Read)),
            Meeting::Thread(_) | Meeting::Token(_) => None,
        }
    }
}
