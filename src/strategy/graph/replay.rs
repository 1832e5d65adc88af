//! From a graph to the choices that repeat it.
//!
//! Any order that respects program order, who reads what and the order on objects will do, since loads are told what to read
//! and stores where to stand; on strong locations modification order has to be respected too, for there the latest store is
//! all there is. The order of stamps is none: a load that has been revisited came before the store that it reads.
//!
//! ```text
//! over and over:  for each thread:  while all that its next step depends on is done:  do it, and note the choice
//! ```

use super::level::Level;
use crate::base::ThreadId;
use crate::memory::{Event, EventId, Graph, Key, Kind, Model};

/// A choice of a schedule, by the number of the thread in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) thread: u32,
    pub(super) outcome: u32,
}

/// Writes the choices that repeat the graph; `false` if there are none.
pub(super) fn plan(level: &Level, done: &mut Vec<u32>, plan: &mut Vec<Planned>) -> bool {
    let graph = &level.graph;
    plan.clear();
    done.clear();
    done.resize(graph.threads.len(), 0);
    loop {
        let (mut moved, mut complete) = (false, true);
        for thread in 0..graph.threads.len() {
            let events = graph.events_of(thread as u32);
            while let Some(event) = events.get(done[thread] as usize) {
                let id = EventId { thread: thread as u32, index: done[thread] };
                if !is_due(graph, id, done) {
                    complete = false;
                    break;
                }
                let idle = Planned { thread: thread as u32, outcome: 0 };
                plan.extend((0..event.lead).map(|_| idle));
                if event.point {
                    plan.push(Planned { outcome: outcome(graph, id, done), ..idle });
                }
                done[thread] += 1 + u32::from(second_half(graph, id).is_some());
                moved = true;
            }
        }
        if complete || !moved {
            return complete;
        }
    }
}

/// The second half of the step that `id` begins.
fn second_half(graph: &Graph, id: EventId) -> Option<(EventId, &Event)> {
    let next = EventId { index: id.index + 1, ..id };
    let event = graph.events_of(id.thread).get(next.index as usize)?;
    event.joined.then_some((next, event))
}

/// Whether all that the step depends on is done.
fn is_due(graph: &Graph, id: EventId, done: &[u32]) -> bool {
    let event = graph.event(id);
    let second = second_half(graph, id);
    let past = second.map_or(&event.past, |(_, second)| &second.past);
    let own = id.thread as usize;
    graph.toil(done.len());
    let known = done.iter().enumerate();
    let past_done =
        known.clone().all(|(thread, done)| thread == own || past.get(ThreadId(thread as u32)) <= *done);
    let (store, written) = second.unwrap_or((id, event));
    past_done
        && (!written.writes() || !graph.is_strong(written.location) || is_latest(graph, store, id, done))
}

/// Whether the store before it is done, and whatever reads that.
fn is_latest(graph: &Graph, store: EventId, step: EventId, done: &[u32]) -> bool {
    let met = graph.location(graph.event(store).location);
    let is_done = |id: EventId| id.index < done[id.thread as usize];
    let before = match graph.event(store).place {
        1 => EventId::INIT,
        place => met.order[place as usize - 2],
    };
    let mut readers = met.reads.iter().filter(|read| **read != step && graph.event(**read).source == before);
    (before == EventId::INIT || is_done(before)) && readers.all(|read| is_done(*read))
}

/// The outcome of a step, when so much is done: see [`Graphs`](super::Graphs) for the numbers.
fn outcome(graph: &Graph, id: EventId, done: &[u32]) -> u32 {
    let event = graph.event(id);
    let place = match event.kind {
        Kind::Chain | Kind::Choice => return event.choice,
        Kind::Passive | Kind::Fence => return 0,
        Kind::Read | Kind::UpdateRead => graph.place(event.source),
        Kind::Write | Kind::UpdateWrite => event.place,
    };
    let met = graph.location(event.location);
    if matches!(met.key, Key::Life(_)) {
        // A thread ends as soon as it can, so only whoever asks decides whether the end is seen.
        return u32::from(event.reads() && event.source == EventId::INIT);
    }
    if graph.model == Model::SequentiallyConsistent && graph.is_strong(event.location) {
        return 0;
    }
    let later = met.order[place as usize..].iter();
    later.filter(|id| id.index < done[id.thread as usize]).count() as u32
}
