//! Adding events to a graph.
//!
//! An event comes when all that it depends on (program order, what it reads, the operation before it on its object) is there
//! and nothing depends on it. So its clocks are computed once and never change.

use super::Graph;
use super::event::{Event, EventId, Kind, acquires, releases};
use super::synchronize::{is_plain, learn_by_reading, learn_passively, sent};
use crate::base::{Action, AtomicAction, Outcome, ThreadAction, ThreadId, VectorClock};
use std::sync::atomic::Ordering;

impl Graph {
    /// The next event of `thread`, as far as its thread alone determines it.
    pub(crate) fn template(&self, thread: u32, kind: Kind, location: u32, action: Action) -> Event {
        let (mut past, mut happens) = (VectorClock::new(), VectorClock::new());
        if let Some(last) = self.last_of(thread) {
            past.copy_from(&last.past);
            happens.copy_from(&last.happens);
        }
        let own = self.next_of(thread).index + 1;
        past.set(ThreadId(thread), own);
        happens.set(ThreadId(thread), own);
        let fence = self.events_of(thread).last().map_or(0, |last| last.fence);
        Event {
            kind,
            reversed: false,
            joined: false,
            point: true,
            loose: false,
            again: false,
            stamp: self.stamp,
            location,
            source: EventId::INIT,
            place: 0,
            choice: 0,
            lead: 0,
            fence,
            value: 0,
            action,
            ordering: Ordering::Relaxed,
            past,
            happens,
            message: VectorClock::new(),
        }
    }

    /// Adds a load or the first half of a read-modify-write; its source is set.
    pub(crate) fn add_read(&mut self, thread: u32, mut event: Event) -> EventId {
        event.value = self.value(event.location, event.source);
        event.ordering = self.read_ordering(&event);
        if let Some(source) = self.get(event.source) {
            event.past.join(&source.past);
            learn_by_reading(&mut event, source);
        }
        let id = self.next_of(thread);
        self.locations[event.location as usize].reads.push(id);
        self.push(thread, event)
    }

    /// Whether a compare-exchange succeeds decides which of its orderings it has.
    pub(crate) fn read_ordering(&self, event: &Event) -> Ordering {
        match event.action {
            Action::Atomic(AtomicAction::Load(ordering) | AtomicAction::Rmw { ordering, .. }) => ordering,
            Action::Atomic(AtomicAction::CompareExchange { expected, success, failure, .. }) => {
                if event.value == expected { success } else { failure }
            }
            Action::Shared(_) => Ordering::SeqCst,
            // Whether a thread has ended: learnt from by a join only.
            Action::Thread(ThreadAction::Join { .. }) => Ordering::Acquire,
            _ => Ordering::Relaxed,
        }
    }

    /// Adds a store at `place` in modification order; its value and ordering are set.
    pub(crate) fn add_write(&mut self, thread: u32, place: u32, mut event: Event) -> EventId {
        if releases(event.ordering) {
            event.message.copy_from(&event.happens);
        } else if event.fence > 0 {
            event.message.copy_from(&self.events_of(thread)[event.fence as usize - 1].happens);
        }
        if event.kind == Kind::UpdateWrite {
            let read = self.events_of(thread).last().expect("the first half comes first");
            if let Some(source) = self.get(read.source) {
                event.message.join(&source.message);
            }
        }
        event.place = place;
        let location = event.location as usize;
        let id = self.push(thread, event);
        self.locations[location].order.insert(place as usize - 1, id);
        for later in place as usize..self.locations[location].order.len() {
            let moved = self.locations[location].order[later];
            self.event_mut(moved).place += 1;
        }
        id
    }

    /// Adds a fence; its ordering is set.
    pub(crate) fn add_fence(&mut self, thread: u32, mut event: Event) -> EventId {
        if acquires(event.ordering) {
            self.learn_by_fence(thread, &mut event.happens);
        }
        if releases(event.ordering) {
            event.fence = self.next_of(thread).index + 1;
        }
        self.push(thread, event)
    }

    /// Adds an operation at the end of its object's order. A source, if it has one, is in its past.
    pub(crate) fn add_chain(&mut self, thread: u32, mut event: Event) -> EventId {
        if let Some(source) = self.get(event.source) {
            event.past.join(&source.past);
        }
        let met = &self.locations[event.location as usize];
        event.place = met.order.len() as u32;
        if let Some(before) = met.order.last() {
            event.past.join(&self.event(*before).past);
        }
        let outcome = if is_plain(event.action) { Outcome::Done } else { self.outcome(thread, &event) };
        event.value = sent(event.action, outcome);
        self.synchronize(&mut event, outcome);
        let (location, joined) = (event.location as usize, event.joined);
        let id = self.push(thread, event);
        self.locations[location].order.push(id);
        if joined {
            self.tie(id);
        }
        id
    }

    /// What comes of an operation at the end of its object's order.
    fn outcome(&self, thread: u32, event: &Event) -> Outcome {
        let met = self.location(event.location);
        let mut object = met.begins.clone();
        for id in &met.order {
            let earlier = self.event(*id);
            object.perform(id.thread, earlier.action, earlier.choice);
        }
        object.perform(thread, event.action, event.choice)
    }

    /// Two halves of one step: who depends on the first depends on both.
    fn tie(&mut self, second: EventId) {
        let events = &mut self.threads[second.thread as usize].events;
        let (first, second) = events.split_at_mut(second.index as usize);
        first.last_mut().expect("the first half").past.copy_from(&second[0].past);
    }

    /// The event begins a round of a polling loop again.
    pub(crate) fn begins_again(&mut self, id: EventId) {
        self.event_mut(id).again = true;
    }

    /// The step is performed as soon as it can be and is no choice.
    pub(crate) fn is_no_point(&mut self, id: EventId) {
        self.event_mut(id).point = false;
    }

    /// Adds an event that has no choice; its source, if it has one, is set.
    pub(crate) fn add_passive(&mut self, thread: u32, mut event: Event) -> EventId {
        if let Some(source) = self.get(event.source) {
            event.past.join(&source.past);
            learn_passively(&mut event, source);
        }
        self.push(thread, event)
    }

    /// Adds a free choice.
    pub(crate) fn add_choice(&mut self, thread: u32, event: Event) -> EventId {
        self.push(thread, event)
    }

    fn push(&mut self, thread: u32, mut event: Event) -> EventId {
        event.loose = !event.accesses() && !event.past.le(&event.happens);
        let id = self.next_of(thread);
        self.seq_cst += u32::from(event.is_seq_cst());
        self.weak += u32::from(self.is_weak(&event));
        self.stamp = self.stamp.max(event.stamp + 1);
        self.threads[thread as usize].events.push(event);
        id
    }

    /// Whether psc allows a load, or the first half of a read-modify-write, which coherence allows.
    pub(crate) fn may_read(&mut self, thread: u32, event: Event) -> bool {
        if !self.could_be_mixed(event.action) {
            return true;
        }
        let id = self.add_read(thread, event);
        let allowed = !self.closes_cycle(id);
        self.take_back(id);
        allowed
    }

    /// Whether psc allows a store at `place`, which coherence allows.
    pub(crate) fn may_write(&mut self, thread: u32, place: u32, event: Event) -> bool {
        if !self.could_be_mixed(event.action) {
            return true;
        }
        let id = self.add_write(thread, place, event);
        let allowed = !self.closes_cycle(id);
        self.take_back(id);
        allowed
    }

    /// Takes back the access that came last.
    fn take_back(&mut self, id: EventId) {
        let event = self.threads[id.thread as usize].events.pop().expect("it came last");
        self.seq_cst -= u32::from(event.is_seq_cst());
        self.weak -= u32::from(self.is_weak(&event));
        self.stamp = event.stamp;
        let met = &mut self.locations[event.location as usize];
        if event.reads() {
            met.reads.pop();
            return;
        }
        met.order.remove(event.place as usize - 1);
        let stores = met.order.len();
        for later in event.place as usize - 1..stores {
            let moved = self.locations[event.location as usize].order[later];
            self.event_mut(moved).place -= 1;
        }
    }
}
