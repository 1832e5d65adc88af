//! A maximal graph and what is left to try from it.

use super::lower::{LOCK, UNLOCK};
use crate::base::{Action, CondvarAction, VectorClock};
use crate::memory::{Access, Event, EventId, Graph, Kind, Reach, is_weak};
use crate::strategy::MOST_OUTCOMES;
use std::sync::atomic::Ordering;

/// Another graph, told by how it differs from the one at hand. It is made only when its turn has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// When `event` came, it read `source`.
    Read { event: EventId, source: EventId },
    /// When `event` came, a store, it took its place right after the store `after`.
    Write { event: EventId, after: EventId },
    /// When `event` came, it got another outcome.
    Choice { event: EventId, choice: u32 },
    /// `read`, which came before, reads the store that comes at `event`, or right after it in a read-modify-write; that store
    /// stands right after `after`.
    Revisit { event: EventId, read: EventId, after: EventId },
    /// The operation `event` takes the place of `target`, which came before it on the same object.
    Overtake { event: EventId, target: EventId, choice: u32 },
    /// So does an operation that is blocked for ever.
    Unblock { blocked: u32, target: EventId, choice: u32 },
}

/// An operation that a thread waits in vain to perform.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocked {
    pub(super) thread: u32,
    pub(super) location: u32,
    pub(super) action: Action,
    pub(super) source: EventId,
    pub(super) lead: u32,
}

/// A graph, and what is left to try from it.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) graph: Graph,
    pub(super) items: Vec<Item>,
    pub(super) blocked: Vec<Blocked>,
    /// The share of the whole that each item stands for, for the estimate.
    pub(super) share: f64,
}

/// What the search uses again and again, so that it allocates nothing.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) reach: Reach,
    pub(super) found: Vec<EventId>,
    pub(super) lengths: Vec<u32>,
}

/// A new event: what is done, to what, after how many choices that are no events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deed {
    pub(super) thread: u32,
    pub(super) action: Action,
    pub(super) location: u32,
    pub(super) lead: u32,
}

impl Deed {
    /// What an event of some graph does.
    pub(super) fn of(thread: u32, event: &Event) -> Self {
        Deed { thread, action: event.action, location: event.location, lead: event.lead }
    }

    fn access(&self) -> Access {
        Access { thread: self.thread, location: self.location, weak: is_weak(self.action) }
    }

    pub(super) fn event(&self, graph: &Graph, kind: Kind) -> Event {
        let mut event = graph.template(self.thread, kind, self.location, self.action);
        event.lead = self.lead;
        event
    }
}

impl Level {
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.blocked.clear();
    }

    /// A load comes; also the first half of a read-modify-write.
    pub(super) fn load(&mut self, deed: Deed, kind: Kind, scratch: &mut Scratch) {
        let next = self.graph.next_of(deed.thread);
        scratch.reach.readable(&self.graph, deed.access(), &mut scratch.found);
        let mut event = deed.event(&self.graph, kind);
        for source in &scratch.found[1..] {
            event.source = *source;
            if self.graph.may_read(deed.thread, event.clone()) {
                self.items.push(Item::Read { event: next, source: *source });
            }
        }
        event.source = scratch.found[0];
        self.graph.add_read(deed.thread, event);
    }

    /// A store comes.
    pub(super) fn store(&mut self, deed: Deed, value: u64, ordering: Ordering, scratch: &mut Scratch) {
        let next = self.graph.next_of(deed.thread);
        scratch.reach.placeable(&self.graph, deed.access(), &mut scratch.found);
        let mut event = deed.event(&self.graph, Kind::Write);
        (event.value, event.ordering) = (value, ordering);
        for after in &scratch.found[1..] {
            let place = self.graph.place(*after) + 1;
            if self.graph.may_write(deed.thread, place, event.clone()) {
                self.items.push(Item::Write { event: next, after: *after });
            }
        }
        self.revisit_loads(next, deed, None, scratch);
        let place = self.graph.location(deed.location).order.len() as u32 + 1;
        self.graph.add_write(deed.thread, place, event);
    }

    /// A thread goes on to the second half of its last step, if it has one: whether the graph allows it.
    pub(super) fn finish_step(
        &mut self,
        thread: u32,
        mutex: impl FnOnce() -> u32,
        scratch: &mut Scratch,
    ) -> bool {
        let last = self.graph.events_of(thread).last().expect("a thread in the middle of a step");
        if let Action::Condvar(CondvarAction::Wait { .. }) = last.action {
            let deed = Deed { thread, action: UNLOCK, location: mutex(), lead: 0 };
            self.operate(deed, EventId::INIT, true, scratch);
            return true;
        }
        let Some(value) = self.graph.update(last.location, last.action, last.value) else { return true };
        let (location, source, ordering) = (last.location, last.source, last.ordering);
        let deed = Deed { thread, action: last.action, location, lead: 0 };
        let half = EventId { thread, index: self.graph.next_of(thread).index - 1 };
        self.revisit_loads(half, deed, Some(source), scratch);
        if self.graph.is_tied_to_next(location, source) {
            return false;
        }
        let mut event = deed.event(&self.graph, Kind::UpdateWrite);
        (event.value, event.ordering, event.joined) = (value, ordering, true);
        let place = self.graph.place(source) + 1;
        self.graph.add_write(thread, place, event);
        true
    }

    /// Whether a thread is in the middle of a step.
    pub(super) fn is_halfway(&self, thread: u32) -> bool {
        self.graph.events_of(thread).last().is_some_and(|last| match last.kind {
            Kind::UpdateRead => self.graph.update(last.location, last.action, last.value).is_some(),
            Kind::Chain => matches!(last.action, Action::Condvar(CondvarAction::Wait { .. })),
            _ => false,
        })
    }

    /// An operation on an object comes. What it has waited for besides is its source.
    pub(super) fn operate(&mut self, deed: Deed, source: EventId, joined: bool, scratch: &mut Scratch) {
        let next = self.graph.next_of(deed.thread);
        self.overtake(deed, source, |target, choice| Item::Overtake { event: next, target, choice }, scratch);
        let mut event = deed.event(&self.graph, Kind::Chain);
        (event.source, event.joined, event.point) = (source, joined, !joined);
        if matches!(deed.action, Action::Condvar(CondvarAction::NotifyOne)) {
            let met = self.graph.location(deed.location);
            let mut object = met.begins.clone();
            for id in &met.order {
                let earlier = self.graph.event(*id);
                object.perform(id.thread, earlier.action, earlier.choice);
            }
            let choices = 1..object.outcomes(deed.action);
            self.items.extend(choices.map(|choice| Item::Choice { event: next, choice }));
        }
        self.graph.add_chain(deed.thread, event);
    }

    /// A free choice among so many comes.
    pub(super) fn choose(&mut self, deed: Deed, count: u32) {
        let next = self.graph.next_of(deed.thread);
        self.items.extend((1..count.min(MOST_OUTCOMES)).map(|choice| Item::Choice { event: next, choice }));
        let event = deed.event(&self.graph, Kind::Choice);
        self.graph.add_choice(deed.thread, event);
    }

    /// Nobody can go on: the operations that are blocked take the places of others.
    pub(super) fn unblock(&mut self, scratch: &mut Scratch) {
        for at in 0..self.blocked.len() {
            let Blocked { thread, location, action, source, lead } = self.blocked[at];
            let deed = Deed { thread, action, location, lead };
            let blocked = at as u32;
            self.overtake(deed, source, |target, choice| Item::Unblock { blocked, target, choice }, scratch);
        }
    }

    /// What is performed when a condition wait ends.
    pub(super) fn wake(thread: u32, mutex: u32, lead: u32) -> Deed {
        Deed { thread, action: LOCK, location: mutex, lead }
    }

    /// What comes before the next event of `thread`.
    pub(super) fn pasts<'a>(
        &'a self,
        thread: u32,
        nothing: &'a VectorClock,
    ) -> (&'a VectorClock, &'a VectorClock) {
        self.graph.last_of(thread).map_or((nothing, nothing), |last| (&last.past, &last.happens))
    }
}
