//! Which stores a load may read, and where a store may stand.
//!
//! The new event is the last of everything: nothing in the graph depends on it. So both questions have one answer, the
//! *floor*: the last store, in modification order, that the event's past forbids to overlook. A load may read the floor or
//! any store after it; a store may stand anywhere after it, but for between a read-modify-write and what that reads.
//!
//! - *Coherence* (weak locations). The floor is the last of the stores that happen before the event or are read by
//!   something that does.
//! - *Sequential consistency* (strong locations). Let B be the events that reach the event's predecessor over program order,
//!   who reads what, the order on objects, and on strong locations also modification order and from a load to the store
//!   after the one it reads. The floor is the last store in B. For if the event overlooks a store `w`, it comes before `w`,
//!   which makes a cycle exactly when `w` is in B. B is closed under program order, so it is one length per thread.
//!
//! Every question is about a part of the graph, given by its lengths, so that it can be asked before anything is cut back.

use super::{EventId, Graph, Kind};
use crate::base::{ThreadId, VectorClock};

/// An access that is about to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) thread: u32,
    pub(crate) location: u32,
    /// Whether it is, or may be, weaker than `SeqCst`.
    pub(crate) weak: bool,
}

/// A backward search, with what it has allocated.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    // How many events of each thread are in B, and how many of those have been looked at.
    reached: Vec<u32>,
    seen: Vec<u32>,
    lengths: Vec<u32>,
    // Whether the new event is a weak access.
    weak: bool,
}

impl Reach {
    /// B for an event whose predecessors are given: how many events of each thread.
    fn search(&mut self, graph: &Graph, starts: &[&VectorClock], lengths: &[u32]) {
        self.reached.clear();
        self.reached.resize(lengths.len(), 0);
        self.seen.clear();
        self.seen.resize(lengths.len(), 0);
        starts.iter().for_each(|start| self.include(start, lengths));
        loop {
            graph.toil(lengths.len());
            let mut changed = false;
            for thread in 0..lengths.len() {
                while self.seen[thread] < self.reached[thread] {
                    let id = EventId { thread: thread as u32, index: self.seen[thread] };
                    self.seen[thread] += 1;
                    self.include_before(graph, id, lengths);
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    fn include(&mut self, past: &VectorClock, lengths: &[u32]) {
        for (thread, reached) in self.reached.iter_mut().enumerate() {
            *reached = (*reached).max(past.get(ThreadId(thread as u32)).min(lengths[thread]));
        }
    }

    /// What comes right before a store on a strong location: the store before it, and who reads that one. All else is in
    /// the past of something in B already.
    fn include_before(&mut self, graph: &Graph, id: EventId, lengths: &[u32]) {
        let event = graph.event(id);
        if !event.writes() || !graph.is_strong_beside(event.location, self.weak) {
            return;
        }
        let met = graph.location(event.location);
        graph.toil(lengths.len() + met.reads.len());
        let kept = |id: &EventId| id.index < lengths[id.thread as usize];
        let earlier = met.order[..event.place as usize - 1].iter().rev().copied().find(kept);
        let earlier = earlier.unwrap_or(EventId::INIT);
        if let Some(store) = graph.get(earlier) {
            self.include(&store.past, lengths);
        }
        let own = if event.kind == Kind::UpdateWrite { id.index - 1 } else { u32::MAX };
        for read in &met.reads {
            let other = (read.thread, read.index) != (id.thread, own);
            if other && kept(read) && graph.event(*read).source == earlier {
                self.include(&graph.event(*read).past, lengths);
            }
        }
    }

    /// The floor at `location` in the part of `graph` with these `lengths`, for an event, or for a store and a load that is
    /// to read it, that come after all that the `pasts` and what `happens` before tell of.
    pub(crate) fn floor(
        &mut self,
        graph: &Graph,
        location: u32,
        pasts: &[&VectorClock],
        happens: &[&VectorClock],
        lengths: &[u32],
        weak: bool,
    ) -> EventId {
        self.weak = weak;
        let met = graph.location(location);
        let kept = |id: &&EventId| id.index < lengths[id.thread as usize];
        let knows = |clocks: &[&VectorClock], id: EventId| {
            clocks.iter().any(|clock| id.index < clock.get(ThreadId(id.thread)))
        };
        let strong = graph.is_strong_beside(location, weak);
        // In most cases the last store is known at once.
        let stores = || met.order.iter().rev().filter(kept).copied();
        let Some(last) = stores().next() else { return EventId::INIT };
        if knows(if strong { pasts } else { happens }, last) {
            return last;
        }
        if strong {
            self.search(graph, pasts, lengths);
            let reached = |id: &EventId| id.index < self.reached[id.thread as usize];
            return stores().find(reached).unwrap_or(EventId::INIT);
        }
        graph.toil(met.order.len() + met.reads.len());
        let written = stores().find(|id| knows(happens, *id)).unwrap_or(EventId::INIT);
        let seen = met.reads.iter().filter(kept).filter(|id| knows(happens, **id));
        let sources = seen.map(|id| graph.event(*id).source);
        sources.chain([written]).max_by_key(|id| graph.place(*id)).unwrap_or(EventId::INIT)
    }

    /// The stores that a new load may read, the last in modification order first. All but the first
    /// are subject to [`Graph::may_read`].
    pub(crate) fn readable(&mut self, graph: &Graph, new: Access, found: &mut Vec<EventId>) {
        self.collect(graph, new, found);
    }

    /// The stores right after which a new store may stand, the last first. All but the first are subject to
    /// [`Graph::may_write`].
    pub(crate) fn placeable(&mut self, graph: &Graph, new: Access, found: &mut Vec<EventId>) {
        self.collect(graph, new, found);
        found.retain(|after| !graph.is_tied_to_next(new.location, *after));
    }

    fn collect(&mut self, graph: &Graph, new: Access, found: &mut Vec<EventId>) {
        let Access { thread, location, weak } = new;
        found.clear();
        let met = graph.location(location);
        let Some(last) = met.order.last() else {
            found.push(EventId::INIT);
            return;
        };
        let nothing = VectorClock::new();
        let (past, happens) =
            graph.last_of(thread).map_or((&nothing, &nothing), |last| (&last.past, &last.happens));
        // The common case needs no search.
        if last.index
            < (if graph.is_strong_beside(location, weak) { past } else { happens }).get(ThreadId(last.thread))
        {
            found.push(*last);
            return;
        }
        let mut lengths = std::mem::take(&mut self.lengths);
        graph.lengths(&mut lengths);
        let floor = self.floor(graph, location, &[past], &[happens], &lengths, weak);
        self.lengths = lengths;
        let place = graph.place(floor) as usize;
        found.extend(met.order[place.saturating_sub(1)..].iter().rev());
        if place == 0 {
            found.push(EventId::INIT);
        }
    }
}

impl Graph {
    /// Whether nothing may come between a store and the one after it, because that is a read-modify-write of it.
    pub(crate) fn is_tied_to_next(&self, location: u32, store: EventId) -> bool {
        let next = self.location(location).order.get(self.place(store) as usize);
        next.is_some_and(|next| self.updates(*next, store))
    }

    /// Whether `store` is a read-modify-write of `source`.
    pub(crate) fn updates(&self, store: EventId, source: EventId) -> bool {
        let half = EventId { index: store.index.wrapping_sub(1), ..store };
        self.event(store).kind == Kind::UpdateWrite && self.event(half).source == source
    }
}
