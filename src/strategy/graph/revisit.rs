//! Which events that came earlier may be looked at again, now that another one has come.
//!
//! ```text
//! a store comes; for every load r of its variable that is not in its past:
//!     if everything that goes was added maximally:  r may read it, wherever it may stand in what is left
//! an operation a comes, or is blocked for ever; for every operation r on its object that is not in its past:
//!     if a was possible before r, and everything that goes was added maximally:  a takes the place of r
//! ```
//!
//! What goes is all that came at the time of `r` or later and is not in the past of the new event. It was *added maximally*
//! if the run to the end would add it just so again: a load reads the last store that it could know, a store is the last
//! and nobody reads it, a choice is the first, and an operation on an object has not itself taken the place of another.
//! That is what makes each graph come from one other graph only.

use super::level::{Deed, Item, Level, Scratch};
use super::news::is_no_news;
use crate::base::{ThreadId, VectorClock};
use crate::memory::{Event, EventId, Graph, Kind, is_weak};

impl Level {
    /// The store that comes as `event` (or as the second half of `event`, right after the store `fixed`) revisits loads.
    pub(super) fn revisit_loads(
        &mut self,
        event: EventId,
        deed: Deed,
        fixed: Option<EventId>,
        scratch: &mut Scratch,
    ) {
        let (graph, items) = (&self.graph, &mut self.items);
        let location = deed.location;
        let nothing = VectorClock::new();
        let clocks = |event: &Event| (event.past.clone(), event.happens.clone());
        let (past, happens) = graph.last_of(event.thread).map(clocks).unwrap_or_default();
        let met = graph.location(location);
        let passes = fixed.filter(|_| {
            let found = graph.event(event).value;
            graph.update(location, deed.action, found) == Some(found)
        });
        for read in &met.reads {
            let known = read.index < past.get(ThreadId(read.thread)) || is_no_news(graph, *read, passes);
            if known || !may_go(graph, *read, &past, &mut scratch.lengths) {
                continue;
            }
            let (earlier, knew) = graph.before(*read).map_or((&nothing, &nothing), |e| (&e.past, &e.happens));
            let weak = is_weak(deed.action) || is_weak(graph.event(*read).action);
            let lengths = &scratch.lengths[..];
            let floor =
                scratch.reach.floor(graph, location, &[&past, earlier], &[&happens, knew], lengths, weak);
            let floor = graph.place(floor);
            let kept = |id: &EventId| id.index < lengths[id.thread as usize];
            let mut next = None;
            for store in met.order.iter().rev().copied().filter(kept).chain([EventId::INIT]) {
                let free = !next.is_some_and(|next| graph.updates(next, store));
                let fits = graph.place(store) >= floor && fixed.is_none_or(|fixed| fixed == store);
                if free && fits {
                    items.push(Item::Revisit { event, read: *read, after: store });
                }
                if graph.place(store) <= floor {
                    break;
                }
                next = Some(store);
            }
        }
    }

    /// The operation `deed`, which comes or is blocked, takes the places of others.
    pub(super) fn overtake(
        &mut self,
        deed: Deed,
        source: EventId,
        item: impl Fn(EventId, u32) -> Item,
        scratch: &mut Scratch,
    ) {
        let graph = &self.graph;
        let met = graph.location(deed.location);
        let nothing = VectorClock::new();
        let (own, _) = self.pasts(deed.thread, &nothing);
        let known = |past: &VectorClock, id: &EventId| id.index < past.get(ThreadId(id.thread));
        if met.order.last().is_none_or(|last| known(own, last)) {
            return;
        }
        let mut own = own.clone();
        if let Some(source) = graph.get(source) {
            own.join(&source.past);
        }
        let mut object = met.begins.clone();
        for (place, target) in met.order.iter().enumerate() {
            if !known(&own, target) && object.possible(deed.thread, deed.action) {
                let mut past = own.clone();
                if place > 0 {
                    past.join(&graph.event(met.order[place - 1]).past);
                }
                if may_go(graph, *target, &past, &mut scratch.lengths) {
                    let choices = 0..object.outcomes(deed.action);
                    self.items.extend(choices.map(|choice| item(*target, choice)));
                }
            }
            let event = graph.event(*target);
            object.perform(target.thread, event.action, event.choice);
        }
    }
}

/// Whether `first` and all that came after it, but for what is in `past`, may go; `lengths` is what is left then.
fn may_go(graph: &Graph, first: EventId, past: &VectorClock, lengths: &mut Vec<u32>) -> bool {
    let stamp = graph.event(first).stamp;
    lengths.clear();
    for (thread, known) in graph.threads.iter().enumerate() {
        let stays = past.get(ThreadId(thread as u32)) as usize;
        let mut length = known.events.len();
        while length > stays && known.events[length - 1].stamp >= stamp {
            length -= 1;
            let id = EventId { thread: thread as u32, index: length as u32 };
            if !is_maximal(graph, id, past) {
                return false;
            }
        }
        lengths.push(length as u32);
    }
    graph.toil(graph.threads.len());
    true
}

/// Whether the run to the end would add the event just so again.
fn is_maximal(graph: &Graph, id: EventId, past: &VectorClock) -> bool {
    graph.toil(1);
    let event = graph.event(id);
    let earlier = |other: EventId| {
        other == EventId::INIT
            || graph.event(other).stamp <= event.stamp
            || other.index < past.get(ThreadId(other.thread))
    };
    let last = || {
        let order = &graph.location(event.location).order;
        order.iter().rev().copied().find(|store| earlier(*store)).unwrap_or(EventId::INIT)
    };
    match event.kind {
        Kind::Chain => !event.reversed && event.choice == 0,
        Kind::Choice => event.choice == 0,
        Kind::Read | Kind::UpdateRead => last() == event.source,
        Kind::Write | Kind::UpdateWrite => {
            let reads = &graph.location(event.location).reads;
            last() == id && !reads.iter().any(|read| graph.event(*read).source == id && earlier(*read))
        }
        Kind::Passive | Kind::Fence => true,
    }
}
