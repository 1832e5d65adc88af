//! From an item to its graph.
//!
//! The part of the old graph that stays is copied, the event that differs is added, then a step that was cut in half is
//! finished. Whether the new graph is consistent is known but for one axiom, which is looked at when a load has been revisited:
//! see [`Graph::closes_cycle`].

use super::level::{Deed, Item, Level, Scratch};
use crate::base::VectorClock;
use crate::memory::{EventId, Graph, Kind};

/// What came of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derived {
    /// A graph, to be run to its end.
    Graph,
    /// A step that cannot be finished; only the items found on the way count.
    Stuck,
    /// Not allowed by the memory model.
    Inconsistent,
}

/// Makes `new` the graph of `item`, which was found at `old`.
pub(super) fn derive(old: &Level, item: Item, new: &mut Level, scratch: &mut Scratch) -> Derived {
    new.clear();
    if !differ(old, item, new, scratch) {
        return Derived::Inconsistent;
    }
    finish_steps(&old.graph, new, scratch)
}

/// Whether the event that differs is consistent with what is left.
fn differ(old: &Level, item: Item, new: &mut Level, scratch: &mut Scratch) -> bool {
    let graph = &old.graph;
    let (into, lengths) = (&mut new.graph, &mut scratch.lengths);
    match item {
        Item::Read { event, source } => {
            let was = graph.event(event);
            graph.lengths_before(was.stamp, lengths);
            graph.copy_part(lengths, into);
            let mut read = Deed::of(event.thread, was).event(into, was.kind);
            (read.source, read.point, read.again) = (source, was.point, was.again);
            into.add_read(event.thread, read);
            true
        }
        Item::Write { event, after } => {
            graph.lengths_before(graph.event(event).stamp, lengths);
            graph.copy_part(lengths, into);
            add_store(graph, event, after, into);
            true
        }
        Item::Choice { event, choice } => {
            let was = graph.event(event);
            graph.lengths_before(was.stamp, lengths);
            graph.copy_part(lengths, into);
            let mut chosen = Deed::of(event.thread, was).event(into, was.kind);
            chosen.choice = choice;
            match was.kind {
                Kind::Chain => into.add_chain(event.thread, chosen),
                _ => into.add_choice(event.thread, chosen),
            };
            true
        }
        Item::Revisit { event, read, after } => revisit(graph, event, read, after, into, lengths),
        Item::Overtake { event, target, choice } => {
            let was = graph.event(event);
            let deed = Deed::of(event.thread, was);
            let (source, joined) = (was.source, was.joined);
            let own = if joined {
                graph.loose_past(EventId { index: event.index - 1, ..event })
            } else {
                graph.before(event).map(|before| before.past.clone()).unwrap_or_default()
            };
            overtake(graph, deed, Overtaker { own, source, joined, choice }, target, into, lengths);
            true
        }
        Item::Unblock { blocked, target, choice } => {
            let blocked = &old.blocked[blocked as usize];
            let (thread, location, action, lead) =
                (blocked.thread, blocked.location, blocked.action, blocked.lead);
            let deed = Deed { thread, action, location, lead };
            let own = graph.last_of(thread).map(|last| last.past.clone()).unwrap_or_default();
            let overtaker = Overtaker { own, source: blocked.source, joined: false, choice };
            overtake(graph, deed, overtaker, target, into, lengths);
            true
        }
    }
}

/// Adds the store that came as `event`, or as its second half, right after `after`.
fn add_store(graph: &Graph, event: EventId, after: EventId, into: &mut Graph) -> EventId {
    let was = graph.event(event);
    let update = was.kind == Kind::UpdateRead;
    let mut deed = Deed::of(event.thread, was);
    deed.lead = if update { 0 } else { was.lead };
    let mut store = deed.event(into, if update { Kind::UpdateWrite } else { Kind::Write });
    (store.value, store.ordering, store.joined) = (was.value, was.ordering, update);
    store.point = was.point;
    if update {
        store.value =
            graph.update(was.location, was.action, was.value).expect("only one that writes revisits");
    }
    let place = into.place(after) + 1;
    into.add_write(event.thread, place, store)
}

fn revisit(
    graph: &Graph,
    event: EventId,
    read: EventId,
    after: EventId,
    into: &mut Graph,
    lengths: &mut Vec<u32>,
) -> bool {
    let nothing = VectorClock::new();
    let update = graph.event(event).kind == Kind::UpdateRead;
    let before = if update { Some(graph.event(event)) } else { graph.before(event) };
    let past = before.map_or(&nothing, |before| &before.past);
    graph.lengths_left(graph.event(read).stamp, past, lengths);
    graph.copy_part(lengths, into);
    let store = add_store(graph, event, after, into);
    if into.closes_cycle(store) {
        return false;
    }
    let was = graph.event(read);
    let mut again = Deed::of(read.thread, was).event(into, was.kind);
    (again.stamp, again.source) = (was.stamp, store);
    (again.point, again.again) = (was.point, was.again);
    let id = into.add_read(read.thread, again);
    !into.closes_cycle(id)
}

struct Overtaker {
    own: VectorClock,
    source: EventId,
    joined: bool,
    choice: u32,
}

fn overtake(
    graph: &Graph,
    deed: Deed,
    overtaker: Overtaker,
    target: EventId,
    into: &mut Graph,
    lengths: &mut Vec<u32>,
) {
    let Overtaker { own: mut past, source, joined, choice } = overtaker;
    if let Some(source) = graph.get(source) {
        past.join(&source.past);
    }
    let order = &graph.location(deed.location).order;
    if let Some(place) = graph.event(target).place.checked_sub(1) {
        past.join(&graph.event(order[place as usize]).past);
    }
    graph.lengths_left(graph.event(target).stamp, &past, lengths);
    graph.copy_part(lengths, into);
    let mut event = deed.event(into, Kind::Chain);
    (event.source, event.joined, event.point) = (source, joined, !joined);
    (event.choice, event.reversed) = (choice, true);
    into.add_chain(deed.thread, event);
}

/// Steps that have been cut in half go on before anything else.
fn finish_steps(old: &Graph, new: &mut Level, scratch: &mut Scratch) -> Derived {
    loop {
        let halfway = (0..new.graph.threads.len() as u32).filter(|thread| new.is_halfway(*thread));
        let Some(thread) = halfway.min_by(|a, b| new.graph.compare_threads(*a, *b)) else {
            return Derived::Graph;
        };
        let next = new.graph.next_of(thread);
        let mutex = || old.event(next).location;
        if !new.finish_step(thread, mutex, scratch) {
            return Derived::Stuck;
        }
    }
}
