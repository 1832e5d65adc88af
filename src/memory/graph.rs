//! Execution graphs: events by thread, stores by modification order, operations by object.

use super::event::{Event, EventId};
use super::{Model, Object};
use crate::base::object::State;
use crate::base::{Action, AtomicAction, Outcome, descent};
use std::cell::Cell;
use std::sync::atomic::Ordering;

/// A thread of a graph. Threads are known by who started them and as which of its children, whatever their numbers in an
/// execution are; one that an execution does not start keeps its place and has no events.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) parent: u32,
    pub(crate) nth: u32,
    /// The event that starts it, when there is one.
    pub(crate) start: EventId,
    pub(crate) events: Vec<Event>,
}

/// What a location is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// None now; may be given away.
    Free,
    /// An object of the model.
    Object,
    /// The token of a thread.
    Token(u32),
    /// Whether a thread has ended: a variable that its end writes.
    Life(u32),
}

/// A variable or an object.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) key: Key,
    /// Whether its accesses are sequentially consistent whatever the model.
    pub(crate) strong: bool,
    /// As it was at the beginning.
    pub(crate) begins: Object,
    /// The stores in modification order, or all operations in their order.
    pub(crate) order: Vec<EventId>,
    /// The loads, read-modify-writes among them.
    pub(crate) reads: Vec<EventId>,
}

/// An execution graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub(crate) threads: Vec<Thread>,
    pub(crate) locations: Vec<Location>,
    pub(crate) model: Model,
    /// The stamp of the next event.
    pub(crate) stamp: u32,
    /// How many accesses to atomics are weaker than `SeqCst`, and how many other events are loose.
    pub(crate) weak: u32,
    /// How many accesses and fences are `SeqCst`.
    pub(crate) seq_cst: u32,
    /// What has been computed on it: see [`Strategy::work`](crate::base::Strategy::work).
    work: Cell<u64>,
}

impl Graph {
    pub(crate) fn new(model: Model) -> Self {
        Graph { model, ..Graph::default() }
    }

    /// So much has been computed on it.
    pub(crate) fn toil(&self, work: usize) {
        self.work.set(self.work.get() + work as u64);
    }

    /// What has been computed on it since the last time.
    pub(crate) fn take_work(&self) -> u64 {
        self.work.take()
    }

    pub(crate) fn event(&self, id: EventId) -> &Event {
        &self.threads[id.thread as usize].events[id.index as usize]
    }

    pub(super) fn event_mut(&mut self, id: EventId) -> &mut Event {
        &mut self.threads[id.thread as usize].events[id.index as usize]
    }

    /// The event, unless it is the initial one.
    pub(crate) fn get(&self, id: EventId) -> Option<&Event> {
        (id != EventId::INIT).then(|| self.event(id))
    }

    pub(crate) fn events_of(&self, thread: u32) -> &[Event] {
        &self.threads[thread as usize].events
    }

    pub(crate) fn location(&self, location: u32) -> &Location {
        &self.locations[location as usize]
    }

    /// The event that `thread` would get next.
    pub(crate) fn next_of(&self, thread: u32) -> EventId {
        EventId { thread, index: self.events_of(thread).len() as u32 }
    }

    /// Whether accesses to the location have to be sequentially consistent. As long as no atomic is accessed weakly, and
    /// whatever comes before something also happens before it, that is what C11 demands of all of them: then the axiom psc
    /// is that program order, modification order, who reads what and the orders on objects have no cycle.
    pub(crate) fn is_strong(&self, location: u32) -> bool {
        self.is_strong_beside(location, false)
    }

    /// Likewise, once another access has come, which may be `weak`.
    pub(crate) fn is_strong_beside(&self, location: u32, weak: bool) -> bool {
        let met = self.location(location);
        let weak = (weak || self.weak > 0) && self.model == Model::C11;
        met.strong || !weak && !matches!(met.key, Key::Life(_))
    }

    /// What comes before the next event of `thread`: its last event, or the one that started it.
    pub(crate) fn last_of(&self, thread: u32) -> Option<&Event> {
        let known = &self.threads[thread as usize];
        known.events.last().or_else(|| self.get(known.start))
    }

    /// The event before `id` in its thread, or the one that started the thread.
    pub(crate) fn before(&self, id: EventId) -> Option<&Event> {
        match id.index {
            0 => self.get(self.threads[id.thread as usize].start),
            index => Some(&self.events_of(id.thread)[index as usize - 1]),
        }
    }

    pub(super) fn is_weak(&self, event: &Event) -> bool {
        let life = || matches!(self.location(event.location).key, Key::Life(_));
        event.loose || event.accesses() && !event.is_seq_cst() && !life()
    }

    /// The place of a store in modification order.
    pub(crate) fn place(&self, store: EventId) -> u32 {
        self.get(store).map_or(0, |event| event.place)
    }

    /// The value that a store has left.
    pub(crate) fn value(&self, location: u32, store: EventId) -> u64 {
        match self.get(store) {
            Some(event) => event.value,
            None => match &self.location(location).begins {
                Object::Plain(State::Atomic(atomic)) => atomic.value(),
                _ => 0,
            },
        }
    }

    /// What a read-modify-write or a compare-exchange writes when it finds `old`; `None` when it fails.
    pub(crate) fn update(&self, location: u32, action: Action, old: u64) -> Option<u64> {
        let (Object::Plain(State::Atomic(begins)), Action::Atomic(atomic)) =
            (&self.location(location).begins, action)
        else {
            return None;
        };
        let mut scratch = *begins;
        scratch.apply(AtomicAction::Store { value: old, ordering: Ordering::Relaxed }, 0);
        match scratch.apply(atomic, 0) {
            Outcome::Mismatch(_) => None,
            _ => Some(scratch.value()),
        }
    }

    /// The location with this key, or a new one. Locations of objects are always new, for nobody knows them again.
    pub(crate) fn find_location(&mut self, key: Key, strong: bool, begins: Object) -> u32 {
        let wanted = if key == Key::Object { Key::Free } else { key };
        let found = self.locations.iter().position(|location| location.key == wanted);
        let at = found.unwrap_or_else(|| {
            let (order, reads) = (Vec::new(), Vec::new());
            self.locations.push(Location { key, strong, begins: begins.clone(), order, reads });
            self.locations.len() - 1
        });
        let location = &mut self.locations[at];
        (location.key, location.strong, location.begins) = (key, strong, begins);
        at as u32
    }

    /// Gives away the locations of objects that nothing in the graph meets.
    pub(crate) fn free_locations(&mut self) {
        for location in &mut self.locations {
            if location.key == Key::Object && location.order.is_empty() && location.reads.is_empty() {
                location.key = Key::Free;
            }
        }
    }

    /// The [order of descent](descent::compare).
    pub(crate) fn compare_threads(&self, one: u32, other: u32) -> std::cmp::Ordering {
        descent::compare(one, other, |thread| {
            let thread = &self.threads[thread as usize];
            (thread.parent, thread.nth)
        })
    }

    /// The thread that `parent` started as its `nth`; `u32::MAX` is the parent of the main thread.
    pub(crate) fn find_thread(&mut self, parent: u32, nth: u32) -> u32 {
        let known = self.threads.iter().position(|thread| (thread.parent, thread.nth) == (parent, nth));
        let at = known.unwrap_or_else(|| {
            self.threads.push(Thread { parent, nth, start: EventId::INIT, events: Vec::new() });
            self.threads.len() - 1
        });
        at as u32
    }
}
