//! Loads that begin a round of a polling loop again: it is of no use for them to read what the round before has read.
//!
//! Nor is it to read what has only been swapped for the same since: a thread that takes a spin lock by swapping writes what it
//! finds as long as the lock is taken, and two of them could tell each other so for ever.

use super::level::{Item, Level};
use crate::memory::{EventId, Graph, Kind};

impl Level {
    /// The load that `event` is begins a round again. The items from number `from` on are its own.
    pub(super) fn must_see_news(&mut self, event: EventId, from: usize) {
        self.graph.begins_again(event);
        let (graph, mut at) = (&self.graph, 0);
        let Some(old) = told_before(graph, event) else { return };
        self.items.retain(|item| {
            at += 1;
            let again = matches!(item, Item::Read { event: own, source } if *own == event && origin(graph, *source) == old);
            at <= from || !again
        });
    }
}

/// Whether `read` begins a round again and would read in a store that comes only what its thread has read before; `passes` is
/// what the store passes on, if it writes what its own step has read.
pub(super) fn is_no_news(graph: &Graph, read: EventId, passes: Option<EventId>) -> bool {
    graph.event(read).again
        && passes.is_some_and(|source| told_before(graph, read) == Some(origin(graph, source)))
}

/// Where the value comes from that the thread of `event` has read last before it in the same variable.
fn told_before(graph: &Graph, event: EventId) -> Option<EventId> {
    let (before, from) = graph.events_of(event.thread).split_at(event.index as usize);
    let location = from.first()?.location;
    let last = before.iter().rev().find(|load| load.reads() && load.location == location)?;
    Some(origin(graph, last.source))
}

/// Where a store's value comes from: a read-modify-write that writes what it has read passes it on.
fn origin(graph: &Graph, store: EventId) -> EventId {
    let mut origin = store;
    while origin != EventId::INIT && graph.event(origin).kind == Kind::UpdateWrite {
        let read = graph.event(EventId { index: origin.index - 1, ..origin });
        if read.value != graph.event(origin).value {
            break;
        }
        origin = read.source;
    }
    origin
}
