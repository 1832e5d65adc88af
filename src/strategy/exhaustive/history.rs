//! A maximal execution as a partial order: events, what each met, what happens before what, and what an operation would have
//! done in a part of it.
//!
//! An *event* is a point of the schedule with all that its thread did, and all that followed from it unasked (threads that
//! began, ended, joined), up to the next point. An event meets *meetings*: objects, and of each thread its token, its place
//! in a wait, and its end. Two events of different threads are dependent when they share a meeting and one of them writes it.

use super::family::Family;
use crate::base::object::State;
use crate::base::{Action, Guard, Operation, Outcome, Record, Step, ThreadAction};

/// Stands for "none" where a number is expected.
pub(super) const NONE: u32 = u32::MAX;

/// A point of the schedule and what followed from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) thread: u32,
    /// Which of its thread's events it is.
    pub(super) index: u32,
    /// The number of its first step.
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
    pub(super) step: u32,
    pub(super) write: bool,
    /// Whether what it met was another after it.
    pub(super) changes: bool,
    /// How many writes there have been with this one.
    pub(super) writes: u32,
}

/// A part of an execution that is closed under happens-before.
#[derive(Clone, Copy, Debug)]
pub(super) enum View<'a> {
    /// So many events of each thread.
    Cut(&'a [u32]),
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

/// What each thread has of its own: meetings of the three kinds, by which they are numbered after the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Token = 0,
    Ticket = 1,
    End = 2,
}

/// The last execution. All memory is kept for the next one.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) threads: usize,
    pub(super) events: Vec<Event>,
    /// The events of each thread.
    pub(super) by_thread: Vec<Vec<u32>>,
    /// For each event and thread: how many events of that thread happen before it or are it.
    pub(super) clocks: Vec<u32>,
    /// The same for what its thread knew when it came to it, apart from what it met.
    pub(super) before: Vec<u32>,
    /// The same for each thread at the end, and at its exit.
    pub(super) now: Vec<u32>,
    pub(super) ended: Vec<u32>,
    /// For each event and thread: how many events of that thread were performed before it.
    pub(super) cuts: Vec<u32>,
    pub(super) steps: Vec<Step>,
    pub(super) met: Vec<(u32, bool)>,
    /// Where each of `met` is among the entries of its meeting.
    pub(super) places: Vec<u32>,
    pub(super) objects: usize,
    pub(super) meetings: Vec<Vec<Entry>>,
    /// The states of each object after each write; filled as far as they are asked for.
    pub(super) states: Vec<Vec<State>>,
    pub(super) begun: Vec<State>,
    pub(super) guards: Vec<Guard>,
    // For each thread: the guard of its next event, and what it has spent.
    pub(super) guarded: Vec<u32>,
    pub(super) spent: Vec<Spent>,
    yielded: Vec<u32>,
    /// Whether anybody has let others go first.
    pub(super) yields: bool,
    pub(super) pending: Vec<Option<Operation>>,
    /// For each thread the first one of its process, where the execution has somebody who ends that from outside.
    pub(super) mortal: Vec<Option<u32>>,
    pub(super) weak_failures: u32,
    pub(super) spurious_wakeups: u32,
    /// What an operation foreseen would meet.
    pub(super) foreseen: Vec<(u32, bool)>,
}

impl History {
    /// Takes in an execution.
    pub(super) fn take(&mut self, record: &Record<'_>, family: &Family) {
        self.reset(record, family.len());
        let (mut point, mut glued, mut guard, mut offer) = (0u64, 0, 0, 0);
        for (number, step) in record.steps.iter().enumerate() {
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
            let is_glued = record.glued.get(glued) == Some(&point);
            (point, glued) = (point + 1, glued + usize::from(is_glued));
            match self.events.last() {
                Some(last) if is_glued && last.thread == step.thread.0 => self.add_to_last(number, step),
                _ => self.add_event(number, step),
            }
        }
        for (number, guard) in record.guards.iter().enumerate().skip(guard) {
            self.guarded[guard.thread.index()] = number as u32;
        }
        record.yields[offer..].iter().for_each(|(thread, _)| self.note_yield(thread.index()));
    }

    fn note_yield(&mut self, thread: usize) {
        self.yielded[thread] += 1;
        if let Some(&last) = self.by_thread[thread].last() {
            self.events[last as usize].yields = self.yielded[thread];
        }
    }

    fn reset(&mut self, record: &Record<'_>, threads: usize) {
        // Threads beyond that were made while all was torn down, and never ran.
        self.threads = threads;
        self.objects = record.begun.len();
        self.events.clear();
        self.met.clear();
        self.places.clear();
        // A row for each event; rows are written before they are read.
        let rows = record.steps.len() * threads;
        for table in [&mut self.clocks, &mut self.before, &mut self.cuts] {
            table.resize(rows.max(table.len()), 0);
        }
        for list in [&mut self.now, &mut self.ended] {
            list.clear();
            list.resize(self.threads * self.threads, 0);
        }
        self.by_thread.iter_mut().for_each(Vec::clear);
        self.by_thread.resize_with(self.threads.max(self.by_thread.len()), Vec::new);
        let meetings = self.objects + 3 * self.threads;
        self.meetings.iter_mut().for_each(Vec::clear);
        self.meetings.resize_with(meetings.max(self.meetings.len()), Vec::new);
        self.states.iter_mut().for_each(Vec::clear);
        self.states.resize_with(self.objects.max(self.states.len()), Vec::new);
        record.begun.clone_into(&mut self.begun);
        self.guards.clear();
        self.guards.extend_from_slice(record.guards);
        self.guarded.clear();
        self.guarded.resize(self.threads, NONE);
        self.spent.clear();
        self.spent.resize(self.threads, Spent::default());
        self.yielded.clear();
        self.yielded.resize(self.threads, 0);
        self.yields = !record.yields.is_empty();
        self.pending.clear();
        self.pending.extend_from_slice(&record.pending[..threads]);
        self.find_mortals(record, threads);
        self.steps.clear();
        self.steps.extend_from_slice(record.steps);
        (self.weak_failures, self.spurious_wakeups) = (record.weak_failures, record.spurious_wakeups);
    }

    /// A step that is no point follows from the last event.
    fn follow(&mut self, number: u32, step: &Step) {
        let (me, width) = (step.thread.index(), self.threads);
        let Action::Thread(action) = step.operation.action else { return };
        match action {
            ThreadAction::Spawn(child) => {
                self.now.copy_within(me * width..(me + 1) * width, child.index() * width);
            }
            ThreadAction::Exit { .. } => {
                let own = self.now[me * width..(me + 1) * width].iter();
                self.ended[me * width..(me + 1) * width].iter_mut().zip(own).for_each(|(e, n)| *e = *n);
                self.end(number, step.thread.0);
            }
            ThreadAction::Join { thread, .. } => self.learn_of_end(me, thread.index()),
            _ => {}
        }
    }

    /// A thread has ended: the last event is what ended it, after all who found it still running.
    fn end(&mut self, number: u32, thread: u32) {
        let (end, width) = (self.own(Own::End, thread), self.threads);
        if !self.meetings[end as usize].is_empty() && !self.events.is_empty() {
            let event = self.events.len() - 1;
            let by = self.events[event].thread as usize;
            for at in 0..self.meetings[end as usize].len() {
                let reader = self.meetings[end as usize][at].event as usize;
                for t in 0..width {
                    let knows = self.clocks[reader * width + t];
                    for known in [&mut self.clocks[event * width + t], &mut self.now[by * width + t]] {
                        *known = (*known).max(knows);
                    }
                }
            }
        }
        self.meet_last(number, end, true, true);
    }

    fn learn_of_end(&mut self, me: usize, ended: usize) {
        let width = self.threads;
        for t in 0..width {
            let knows = &mut self.now[me * width + t];
            *knows = (*knows).max(self.ended[ended * width + t]);
        }
    }

    /// The last event, if there is one, also meets this.
    pub(super) fn meet_last(&mut self, step: u32, meeting: u32, write: bool, changes: bool) {
        let Some(event) = self.events.len().checked_sub(1) else {
            // Before the first point: there is nobody to be in another order with.
            let entry = Entry { event: NONE, step, write, changes, writes: 1 };
            return self.meetings[meeting as usize].push(entry);
        };
        self.met.push((meeting, write));
        self.places.push(self.meetings[meeting as usize].len() as u32);
        self.events[event].end = self.met.len() as u32;
        self.enter(event as u32, step, meeting, write, changes);
    }

    fn enter(&mut self, event: u32, step: u32, meeting: u32, write: bool, changes: bool) {
        let entries = &mut self.meetings[meeting as usize];
        let writes = entries.last().map_or(0, |e| e.writes) + u32::from(write);
        entries.push(Entry { event, step, write, changes, writes });
    }

    fn add_event(&mut self, number: u32, step: &Step) {
        let (me, width) = (step.thread.index(), self.threads);
        let event = self.events.len() as u32;
        let index = self.by_thread[me].len() as u32;
        let guard = std::mem::replace(&mut self.guarded[me], NONE);
        let first = self.met.len() as u32;
        let next =
            Next { thread: step.thread.0, index, operation: step.operation, guard, spent: self.spent[me] };
        let alternatives = self.alternatives_of(&next, step);
        self.spent[me].weak +=
            u32::from(step.choice != 0 && matches!(step.operation.action, Action::Atomic(_)));
        self.spent[me].spurious += u32::from(step.outcome == Outcome::Spurious);
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
            spent: next.spent,
        });
        self.by_thread[me].push(event);
        let row = event as usize * width;
        match (event as usize).checked_sub(1) {
            None => self.cuts[..width].fill(0),
            Some(last) => {
                self.cuts.copy_within(last * width..row, row);
                self.cuts[row + self.events[last].thread as usize] += 1;
            }
        }
        let knows = &self.now[me * width..(me + 1) * width];
        self.before[row..row + width].copy_from_slice(knows);
        self.clocks[row..row + width].copy_from_slice(knows);
        self.clocks[row + me] = index + 1;
        if guard != NONE {
            self.foreseen.clear();
            self.changed_since(&next, View::Without(NONE));
            let looked = std::mem::take(&mut self.foreseen);
            looked.iter().for_each(|&(meeting, _)| self.meet(number, meeting, false, false));
            self.foreseen = looked;
        }
        self.meet_all(number, step);
        self.now[me * width..(me + 1) * width]
            .copy_from_slice(&self.clocks[event as usize * width..(event as usize + 1) * width]);
    }

    /// A step that could not be parted from the last event.
    fn add_to_last(&mut self, number: u32, step: &Step) {
        let (me, width) = (step.thread.index(), self.threads);
        self.meet_all(number, step);
        let event = self.events.len() - 1;
        self.now[me * width..(me + 1) * width]
            .copy_from_slice(&self.clocks[event * width..(event + 1) * width]);
    }

    pub(super) fn own(&self, own: Own, thread: u32) -> u32 {
        self.objects as u32 + 3 * thread + own as u32
    }
}
