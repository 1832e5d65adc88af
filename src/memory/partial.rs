//! The axiom psc of RC11: the accesses and fences marked `SeqCst` can be put in one order.
//!
//! **Paper.** Lahav et al. (PLDI 2017), section 3.4. With `E` the events marked `SeqCst` and `F` the fences among them:
//!
//! ```text
//! scb      = po + po(other location); hb; po(other location) + hb(same location) + mo + fr
//! psc_base = (E + F; hb?); scb; (E + hb?; F)
//! psc_F    = F; (hb + hb; eco; hb); F
//! psc      = psc_base + psc_F has no cycle
//! ```
//!
//! **Deviation.** Nothing depends on a new event, so what it adds to these relations begins with one of the edges that leave
//! it: from a load to the stores after the one it reads, from a store to the stores after it. A load that reads the last
//! store and a store that is the last need no test; for the others, only a cycle over such an edge is looked for.
//!
//! ```text
//! closes(event):
//!     reached = what psc leads to from the event, the first edge leaving the event (or a fence before it)
//!     while something is reached that was not looked at:  reach what psc leads to from there
//!     is the event (or a fence before it) reached?
//! ```

use super::event::{Event, is_strict, is_weak};
use super::{EventId, Graph, Kind, Model};
use crate::base::{Action, ThreadId};

impl Graph {
    /// Whether accesses are weak here and there, so that psc has to be looked at.
    pub(crate) fn is_mixed(&self) -> bool {
        self.weak > 0 && self.seq_cst > 0 && self.model == Model::C11
    }

    /// Whether that may become so with another access.
    pub(super) fn could_be_mixed(&self, action: Action) -> bool {
        let weak = self.weak > 0 || is_weak(action);
        self.model == Model::C11 && weak && (self.seq_cst > 0 || is_strict(action))
    }

    /// Whether `id`, on which nothing depends, closes a cycle of psc.
    pub(crate) fn closes_cycle(&self, id: EventId) -> bool {
        let event = self.event(id);
        if !self.is_mixed() || !event.accesses() {
            return false;
        }
        let stores = self.location(event.location).order.len() as u32;
        if self.place_of(event) == stores {
            return false;
        }
        let all: Vec<EventId> = self.all().collect();
        self.toil(all.len());
        let fenced = |after: EventId| all.iter().any(|f| self.is_fence(*f) && self.happens(*f, after));
        let next = |to: &EventId| self.mo_or_fr(id, *to);
        let base: Vec<EventId> = all.iter().copied().filter(next).collect();
        let mut search = Search { graph: self, all: &all, reached: vec![false; all.len()] };
        if event.is_seq_cst() {
            base.iter().for_each(|to| search.end_base(*to));
            search.run();
            if search.has(id) {
                return true;
            }
        }
        if !fenced(id) {
            return false;
        }
        search.reached.fill(false);
        base.iter().for_each(|to| search.end_base(*to));
        let extended = |to: &EventId| {
            base.iter().any(|b| b == to || self.event(*to).source == *b && self.event(*to).reads())
        };
        all.iter().filter(|to| extended(to)).for_each(|to| search.end_fence(*to));
        search.run();
        all.iter().any(|f| self.is_fence(*f) && self.happens(*f, id) && search.has(*f))
    }

    fn all(&self) -> impl Iterator<Item = EventId> {
        let numbered = self.threads.iter().enumerate();
        numbered.flat_map(|(thread, known)| {
            (0..known.events.len() as u32).map(move |index| EventId { thread: thread as u32, index })
        })
    }

    fn is_fence(&self, id: EventId) -> bool {
        let event = self.event(id);
        event.kind == Kind::Fence && event.is_seq_cst()
    }

    fn happens(&self, first: EventId, second: EventId) -> bool {
        first != second && first.index < self.event(second).happens.get(ThreadId(first.thread))
    }

    fn same_location(&self, one: &Event, other: &Event) -> bool {
        one.accesses() && other.accesses() && one.location == other.location
    }

    /// The place of the store that an access is or reads.
    fn place_of(&self, event: &Event) -> u32 {
        if event.reads() { self.place(event.source) } else { event.place }
    }

    /// From a store or a load to a store after it.
    fn mo_or_fr(&self, first: EventId, second: EventId) -> bool {
        let (one, other) = (self.event(first), self.event(second));
        self.same_location(one, other) && other.writes() && self.place_of(one) < other.place
    }

    /// eco: modification order, who reads what and what a read overlooks, one after the other.
    fn eco(&self, first: EventId, second: EventId) -> bool {
        let (one, other) = (self.event(first), self.event(second));
        if first == second || !self.same_location(one, other) {
            return false;
        }
        let (place, later) = (self.place_of(one), self.place_of(other));
        place < later || place == later && one.writes() && other.reads()
    }

    fn scb(&self, first: EventId, second: EventId) -> bool {
        let (one, other) = (self.event(first), self.event(second));
        if first.thread == second.thread && first.index < second.index || self.mo_or_fr(first, second) {
            return true;
        }
        if self.same_location(one, other) && self.happens(first, second) {
            return true;
        }
        let leaves = self.events_of(first.thread)[first.index as usize + 1..].iter();
        let Some(away) = leaves.clone().position(|event| !self.same_location(one, event)) else {
            return false;
        };
        let away = first.index + 1 + away as u32;
        let before = &self.events_of(second.thread)[..second.index as usize];
        let entry = before.iter().rfind(|event| !self.same_location(other, event));
        let entry = entry.or_else(|| self.get(self.threads[second.thread as usize].start));
        entry.is_some_and(|entry| away < entry.happens.get(ThreadId(first.thread)))
    }
}

struct Search<'a> {
    graph: &'a Graph,
    all: &'a [EventId],
    reached: Vec<bool>,
}

impl Search<'_> {
    fn has(&self, id: EventId) -> bool {
        self.all.iter().zip(&self.reached).any(|(other, reached)| *other == id && *reached)
    }

    /// The right end of psc_base, after scb has led to `to`.
    fn end_base(&mut self, to: EventId) {
        let graph = self.graph;
        graph.toil(self.all.len());
        for (id, reached) in self.all.iter().zip(&mut self.reached) {
            *reached |= *id == to && graph.event(to).is_seq_cst()
                || graph.is_fence(*id) && (*id == to || graph.happens(to, *id));
        }
    }

    /// The right end of psc_F, after hb; eco has led to `to`.
    fn end_fence(&mut self, to: EventId) {
        let graph = self.graph;
        graph.toil(self.all.len());
        for (id, reached) in self.all.iter().zip(&mut self.reached) {
            *reached |= graph.is_fence(*id) && graph.happens(to, *id);
        }
    }

    fn run(&mut self) {
        let mut seen = vec![false; self.all.len()];
        while let Some(next) = (0..seen.len()).find(|at| self.reached[*at] && !seen[*at]) {
            seen[next] = true;
            self.follow(self.all[next]);
        }
    }

    /// What psc leads to from `from`.
    fn follow(&mut self, from: EventId) {
        let (graph, all) = (self.graph, self.all);
        let fence = graph.is_fence(from);
        for start in all.iter().filter(|id| **id == from || fence && graph.happens(from, **id)) {
            graph.toil(all.len());
            for to in all {
                if graph.scb(*start, *to) {
                    self.end_base(*to);
                }
                if fence && *start != from && graph.eco(*start, *to) {
                    self.end_fence(*to);
                }
            }
        }
        if fence {
            self.end_fence(from);
        }
    }
}
