//! Threads of which others see how far they have got: whether they have ended, or have come to receive a message.
//!
//! A thread ends as soon as it can, unasked, after its last event or after the last one of a thread that it joins. Which one that is
//! cannot be told of an event that is yet to come; nor after which one it waits to receive. So whoever sees that conflicts with
//! all of them: each writes that the thread has got on, which the other reads. Only in executions where somebody looks is
//! that noted; in the others there is nothing to be in another order with.
//!
//! | who sees | of whom |
//! |---|---|
//! | a question whether a thread has ended, a join with a time-out | that thread |
//! | an attempt to send on a channel without capacity | each thread that receives from it |

use super::history::{History, NONE, Own, View};
use super::rows;
use crate::base::object::State;
use crate::base::{
    Action, ChannelAction, FOREVER, MOST_DENIALS, ObjectId, Operation, Outcome, Record, Step, ThreadAction,
    ThreadId,
};

/// The thread of which an operation asks whether it has ended, if it does.
fn asks_of(operation: &Operation) -> Option<ThreadId> {
    match operation.action {
        Action::Thread(ThreadAction::IsFinished(thread)) => Some(thread),
        Action::Thread(ThreadAction::Join { thread, timeout }) if timeout != FOREVER => Some(thread),
        _ => None,
    }
}

/// Whether a question whether a thread has ended, or a join with a time-out, has found that it has.
pub(super) fn tells_end(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Value(1) | Outcome::Done)
}

/// The thread that an operation waits for until it has ended, however long that takes.
fn joins(operation: &Operation) -> Option<ThreadId> {
    match operation.action {
        Action::Thread(ThreadAction::Join { thread, timeout: FOREVER }) => Some(thread),
        _ => None,
    }
}

fn receives(operation: &Operation) -> bool {
    matches!(operation.action, Action::Channel(ChannelAction::Receive { .. }))
}

/// Whether an operation is an attempt to hand over a message, which succeeds if somebody waits for one.
pub(in crate::strategy) fn tries_handover(operation: &Operation, begun: &[State]) -> bool {
    operation.action == Action::Channel(ChannelAction::TrySend)
        && matches!(begun.get(operation.object.index()), Some(State::Channel(channel)) if channel.is_rendezvous())
}

/// Whether an operation may see how far another thread has got.
pub(super) fn sees_progress(operation: &Operation, begun: &[State]) -> bool {
    asks_of(operation).is_some() || tries_handover(operation, begun)
}

/// All operations of an execution, performed and pending.
fn operations<'a>(record: &'a Record<'_>) -> impl Iterator<Item = (ThreadId, &'a Operation)> + Clone {
    let done = record.steps.iter().map(|step| (step.thread, &step.operation));
    let pending = record.pending.iter().zip(0..);
    done.chain(pending.filter_map(|(operation, thread)| Some((ThreadId(thread), operation.as_ref()?))))
}

/// Somebody has been told that a thread has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    ended: ThreadId,
    whom: u32,
    /// How many of his events he had then, and how many others must know of to know that.
    own: u32,
    known: u32,
}

impl History {
    /// Finds the threads of which somebody sees how far they have got, or is about to.
    pub(super) fn find_watched(&mut self, record: &Record<'_>, threads: usize) {
        self.watched.iter_mut().for_each(Vec::clear);
        self.watched.resize_with(threads.max(self.watched.len()), Vec::new);
        self.receivers.clear();
        self.watches = false;
        for (_, operation) in operations(record) {
            if let Some(asked) = asks_of(operation) {
                self.watch(record, asked, threads);
            } else if tries_handover(operation, record.begun) {
                let same =
                    |(_, other): &(ThreadId, &Operation)| other.object == operation.object && receives(other);
                for (receiver, _) in operations(record).filter(same) {
                    let known = (operation.object.0, receiver.0);
                    if !self.receivers.contains(&known) {
                        self.receivers.push(known);
                        self.watch(record, receiver, threads);
                    }
                }
            }
        }
    }

    /// How far `thread` gets is seen: by its events, and by those of all that it joins.
    fn watch(&mut self, record: &Record<'_>, thread: ThreadId, threads: usize) {
        if thread.index() >= threads || self.watched[thread.index()].contains(&thread.0) {
            return;
        }
        self.watches = true;
        self.watched[thread.index()].push(thread.0);
        let mut found = true;
        while std::mem::take(&mut found) {
            for (waiter, operation) in operations(record) {
                let Some(joined) = joins(operation).filter(|joined| joined.index() < threads) else {
                    continue;
                };
                if self.watched[waiter.index()].contains(&thread.0)
                    && !self.watched[joined.index()].contains(&thread.0)
                {
                    self.watched[joined.index()].push(thread.0);
                    found = true;
                }
            }
        }
    }

    /// Those who receive from a channel on which somebody tries to hand over.
    fn receivers_of(&self, channel: ObjectId) -> impl Iterator<Item = u32> {
        self.receivers.iter().filter(move |(of, _)| *of == channel.0).map(|(_, thread)| *thread)
    }

    /// Whether a thread waits in a view to receive from a channel.
    pub(super) fn is_awaited(&self, channel: ObjectId, view: View<'_>) -> bool {
        self.receivers_of(channel).any(|thread| {
            let own = &self.by_thread[thread as usize];
            let next = own.iter().find(|event| match view {
                View::Cut(cut) => self.events[**event as usize].index >= rows::get(cut, thread),
                View::Without(NONE) => false,
                View::Without(gone) => self.ordered(gone, **event),
            });
            let next = match next {
                Some(event) => Some(self.next_of(*event).operation),
                None => self.pending[thread as usize],
            };
            next.is_some_and(|next| next.object == channel && receives(&next))
        })
    }

    /// Whether `me` may find at its event `index` that one who has come to receive does not wait yet, as the engine has it.
    pub(super) fn may_be_refused(&self, me: u32, index: u32) -> bool {
        let before = self.by_thread[me as usize].iter().take(index as usize).rev();
        let attempts =
            before.map(|event| &self.steps[self.events[*event as usize].step as usize]).filter(|step| {
                step.operation.action == Action::Channel(ChannelAction::TrySend)
                    && (step.choice != 0 || self.hands_over(step))
            });
        attempts.take_while(|step| step.choice != 0).count() < MOST_DENIALS
    }

    /// Whether an attempt has handed over its message.
    pub(super) fn hands_over(&self, step: &Step) -> bool {
        let begun = self.begun.get(step.operation.object.index());
        matches!(begun, Some(State::Channel(channel)) if channel.is_rendezvous())
            && matches!(step.outcome, Outcome::Value(_))
    }

    /// What an attempt to hand over meets besides the channel.
    pub(super) fn foresee_receivers(&mut self, channel: ObjectId) {
        for at in 0..self.receivers.len() {
            let (of, thread) = self.receivers[at];
            if of == channel.0 {
                self.foreseen.push((self.own(Own::Progress, thread), false));
            }
        }
    }

    /// The event has asked whether a thread has ended, or has waited some time for that.
    pub(super) fn note_told(&mut self, step: &Step, ended: ThreadId) {
        if tells_end(step.outcome) {
            let whom = step.thread.0;
            let events = self.by_thread[whom as usize].len() as u32;
            self.told.push(Told { ended, whom, own: events, known: events });
        }
    }

    /// A thread has joined another, after what is its last event so far. Others know of that with its next one.
    pub(super) fn note_told_by_join(&mut self, whom: usize, ended: ThreadId) {
        if self.watches {
            let own = self.by_thread[whom].len() as u32;
            // What the other was told at its end nobody has from a later event of its.
            for at in 0..self.told.len() {
                if self.told[at].whom == ended.0 {
                    self.told.push(Told { whom: whom as u32, own, known: own + 1, ..self.told[at] });
                }
            }
            self.told.push(Told { ended, whom: whom as u32, own, known: own + 1 });
        }
    }

    /// Whether `me` knows when it comes to its event `index` that a thread has ended: has been told, or by somebody who has.
    pub(super) fn knows_end_of(&self, me: u32, index: u32, ended: ThreadId) -> bool {
        let past = match self.by_thread[me as usize].get(index as usize) {
            Some(event) => self.before(*event),
            None => self.at_end(me as usize),
        };
        self.told.iter().filter(|told| told.ended == ended).any(|told| match told.whom == me {
            true => index >= told.own,
            false => rows::get(past, told.whom) >= told.known,
        })
    }

    /// Whether `me` may find at its event `index` that a thread has not ended though it has, as the engine has it.
    pub(super) fn may_be_denied_end(&self, me: u32, index: u32, ended: ThreadId) -> bool {
        let denied = |event: &&u32| {
            let step = &self.steps[self.events[**event as usize].step as usize];
            step.choice != 0 && asks_of(&step.operation) == Some(ended)
        };
        let before = self.by_thread[me as usize].iter().take(index as usize);
        !self.knows_end_of(me, index, ended) && before.filter(denied).count() < MOST_DENIALS
    }

    /// What a question whether a thread has ended meets.
    pub(super) fn foresee_question(&mut self, of: ThreadId) {
        self.foreseen.push((self.own(Own::Progress, of.0), false));
        self.foreseen.push((self.own(Own::End, of.0), false));
    }

    /// What an event of `thread` has in common with those who keep an eye on it, or on one that waits for its end.
    pub(super) fn foresee_watched(&mut self, thread: u32) {
        for at in 0..self.watched[thread as usize].len() {
            self.foreseen.push((self.own(Own::Progress, self.watched[thread as usize][at]), true));
        }
    }
}
