//! Parts of a graph.
//!
//! Stamps grow along program order, so a part that is closed under program order is given by *one length per thread*.

use super::Graph;
use super::event::{EventId, Kind};
use super::graph::{Location, Thread};
use crate::base::{ThreadId, VectorClock};

impl Graph {
    /// How many events each thread has.
    pub(crate) fn lengths(&self, lengths: &mut Vec<u32>) {
        lengths.clear();
        lengths.extend(self.threads.iter().map(|thread| thread.events.len() as u32));
    }

    /// How many events of each thread came before the stamp.
    pub(crate) fn lengths_before(&self, stamp: u32, lengths: &mut Vec<u32>) {
        lengths.clear();
        let earlier = |thread: &Thread| thread.events.partition_point(|event| event.stamp < stamp) as u32;
        lengths.extend(self.threads.iter().map(earlier));
    }

    /// How many events of each thread came before the stamp or are in the past.
    pub(crate) fn lengths_left(&self, stamp: u32, past: &VectorClock, lengths: &mut Vec<u32>) {
        self.lengths_before(stamp, lengths);
        for (thread, length) in lengths.iter_mut().enumerate() {
            *length = (*length).max(past.get(ThreadId(thread as u32)));
        }
    }

    /// Makes `into` the part of this graph with so many events of each thread.
    pub(crate) fn copy_part(&self, lengths: &[u32], into: &mut Graph) {
        into.model = self.model;
        (into.weak, into.seq_cst) = (0, 0);
        into.threads.truncate(self.threads.len());
        for (at, thread) in self.threads.iter().enumerate() {
            if at == into.threads.len() {
                into.threads.push(Thread { events: Vec::new(), ..*thread });
            }
            let copy = &mut into.threads[at];
            (copy.parent, copy.nth, copy.start) = (thread.parent, thread.nth, thread.start);
            copy.events.clear();
            copy.events.extend_from_slice(&thread.events[..lengths[at] as usize]);
            // Each with clocks of all threads.
            let work = copy.events.len() * (8 + self.threads.len());
            into.toil(work);
        }
        self.copy_locations(lengths, into);
        for (at, thread) in self.threads.iter().enumerate() {
            let cut = thread.events.get(lengths[at] as usize);
            if cut.is_some_and(|event| event.joined && event.kind == Kind::Chain) {
                into.untie(at as u32);
            }
        }
        let last = |thread: &Thread| thread.events.last().map_or(0, |last| last.stamp + 1);
        into.stamp = into.threads.iter().map(last).max().unwrap_or(0);
        for event in into.threads.iter().flat_map(|thread| &thread.events) {
            into.seq_cst += u32::from(event.is_seq_cst());
            into.weak += u32::from(self.is_weak(event));
        }
    }

    fn copy_locations(&self, lengths: &[u32], into: &mut Graph) {
        let kept = |id: &EventId| id.index < lengths[id.thread as usize];
        into.locations.truncate(self.locations.len());
        for (at, location) in self.locations.iter().enumerate() {
            if at == into.locations.len() {
                into.locations.push(Location { order: Vec::new(), reads: Vec::new(), ..location.clone() });
            }
            let copy = &mut into.locations[at];
            (copy.key, copy.strong) = (location.key, location.strong);
            copy.begins.clone_from(&location.begins);
            copy.order.clear();
            copy.order.extend(location.order.iter().copied().filter(kept));
            copy.reads.clear();
            copy.reads.extend(location.reads.iter().copied().filter(kept));
            for place in 0..into.locations[at].order.len() {
                let id = into.locations[at].order[place];
                let event = into.event_mut(id);
                event.place = place as u32 + u32::from(event.writes());
            }
        }
    }

    /// The past of the first half of a step, without what the second half depends on.
    pub(crate) fn loose_past(&self, first: EventId) -> VectorClock {
        let mut past = self.before(first).map(|before| before.past.clone()).unwrap_or_default();
        let event = self.event(first);
        if let Some(place) = event.place.checked_sub(1) {
            past.join(&self.event(self.location(event.location).order[place as usize]).past);
        }
        past.set(ThreadId(first.thread), first.index + 1);
        past
    }

    /// The second half of the thread's last step is gone: who depends on the first half depends on that alone.
    fn untie(&mut self, thread: u32) {
        if let Some(index) = self.events_of(thread).len().checked_sub(1) {
            let first = EventId { thread, index: index as u32 };
            let past = self.loose_past(first);
            self.event_mut(first).past = past;
        }
    }
}
