//! What an execution has in common with the one before it is not taken in again.
//!
//! Executions are visited depth-first, so most of the events of one are those that the one before it began with, made in the
//! same order. What is known of these stays, and what has been derived from them too.
//!
//! ```text
//! kept := the events up to the first step that is another
//! for each later event, the last first:
//!     its thread knows what it knew before the event, and nothing has been met by it
//! go on with the first step that is another
//! ```

use super::history::{Event, History, Met};
use super::killing::kills;
use super::rows::{self, Row, Rows};
use super::watching::sees_progress;
use crate::base::object::State;
use crate::base::{Action, Record, Step};

/// What threads knew before they learned of the ends of others.
#[derive(Debug, Default)]
pub(super) struct Joins {
    /// How many events there were, and whose knowledge it is.
    at: Vec<(usize, usize)>,
    /// A row for each.
    rows: Rows,
}

impl Joins {
    pub(super) fn begin(&mut self, threads: usize) {
        self.at.clear();
        self.rows.begin(threads);
    }

    /// A thread that knows this much learns of an end after so many events.
    pub(super) fn note(&mut self, events: usize, thread: usize, knows: &Row) {
        self.at.push((events, thread));
        self.rows.push(knows);
    }

    /// Takes back what threads have learned of ends since there were more than `events` events.
    fn take_back(&mut self, events: usize, now: &mut Rows) {
        while let Some(&(at, thread)) = self.at.last()
            && at > events
        {
            self.at.pop();
            rows::copy(now.row_mut(thread), self.rows.row(self.at.len()));
            self.rows.truncate(self.at.len());
        }
    }
}

/// Whether nothing in an execution depends on rounds of polling loops.
pub(super) fn is_plain(record: &Record<'_>) -> bool {
    record.guards.is_empty() && record.yields.is_empty()
}

impl History {
    /// Keeps the events that an execution begins with as the last one did, `most` at most, and forgets the others.
    pub(super) fn keep(&mut self, record: &Record<'_>, threads: usize, most: usize) -> usize {
        let fits = self.threads == threads && self.objects == record.begun.len();
        if !fits || !self.begins_as(record) || !self.plain || !is_plain(record) {
            return 0;
        }
        let end = self.events.get(most).map_or(self.steps.len(), |event| event.step as usize);
        let both = self.steps[..end].iter().zip(record.steps);
        let same = both.take_while(|(old, new)| is_same(old, new)).count() as u32;
        let others = record.steps[same as usize..].iter().map(|step| &step.operation);
        if others
            .chain(record.pending.iter().flatten())
            .any(|operation| kills(operation).is_some() || sees_progress(operation, record.begun))
        {
            return 0;
        }
        let begun = self.events.partition_point(|event| event.step <= same);
        let kept = begun.saturating_sub(1).min(most);
        if kept > 0 {
            self.forget_from(kept);
        }
        kept
    }

    /// Whether atomics begin with the values that they had: not so where these are addresses.
    fn begins_as(&self, record: &Record<'_>) -> bool {
        self.begun.iter().zip(record.begun).all(|begun| match begun {
            (State::Atomic(old), State::Atomic(new)) => old.value() == new.value(),
            _ => true,
        })
    }

    /// Forgets the event of that number and all after it.
    fn forget_from(&mut self, kept: usize) {
        for number in (kept..self.events.len()).rev() {
            self.joins.take_back(number, &mut self.now);
            let Event { thread, first, end, spent, .. } = self.events[number];
            let me = thread as usize;
            rows::copy(self.now.row_mut(me), self.before.row(number));
            self.by_thread[me].pop();
            self.spent[me] = spent;
            for &Met { meeting, .. } in &self.met[first as usize..end as usize] {
                let last = self.meetings[meeting as usize].pop();
                if let (Some(entry), Some(states)) = (last, self.states.get_mut(meeting as usize))
                    && entry.write
                {
                    states.truncate(entry.writes as usize);
                }
            }
        }
        let Event { step, first, .. } = self.events[kept];
        self.met.truncate(first as usize);
        self.events.truncate(kept);
        while self.several.last().is_some_and(|event| *event as usize >= kept) {
            self.several.pop();
        }
        for table in [&mut self.clocks, &mut self.before, &mut self.cuts] {
            table.truncate(kept);
        }
        self.steps.truncate(step as usize);
        self.schedule.truncate(kept);
    }
}

/// Whether two steps are the same, given that all before them are. A place in the source performs one kind of operation, on what
/// follows from the steps before; but what a pointer points to is elsewhere in every execution.
fn is_same(old: &Step, new: &Step) -> bool {
    old.thread == new.thread
        && old.choice == new.choice
        && old.operation.object == new.operation.object
        && std::ptr::eq(old.location, new.location)
        && old.outcome == new.outcome
        && match (old.operation.action, new.operation.action) {
            (Action::Atomic(old), Action::Atomic(new)) => old == new,
            _ => true,
        }
}
