//! Execution graphs: events by thread, stores by modification order, operations by object.
//!
//! An event comes into a graph when all that it depends on (program order, what it reads, the operation before it on its
//! object) is there and nothing depends on it, so its clocks are computed once and never change. Stamps grow along program
//! order, so a part of a graph that is closed under program order is given by *one length per thread*, its `lengths`.

use super::event::{Event, EventId, Kind, acquires, releases};
use super::synchronize::{is_plain, learn_by_reading, learn_passively, sent};
use super::{Model, Object};
use crate::base::object::State;
use crate::base::{Action, AtomicAction, Outcome, ThreadId, VectorClock};
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
}

impl Graph {
    pub(crate) fn new(model: Model) -> Self {
        Graph { model, ..Graph::default() }
    }

    pub(crate) fn event(&self, id: EventId) -> &Event {
        &self.threads[id.thread as usize].events[id.index as usize]
    }

    fn event_mut(&mut self, id: EventId) -> &mut Event {
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

    fn is_weak(&self, event: &Event) -> bool {
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
            Action::Thread(crate::base::ThreadAction::Join { .. }) => Ordering::Acquire,
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

    /// The step is performed as soon as it can be and is no choice.
    pub(crate) fn is_no_point(&mut self, id: EventId) {
        self.event_mut(id).point = false;
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

    /// How many events each thread has.
    pub(crate) fn lengths(&self, lengths: &mut Vec<u32>) {
        lengths.clear();
        lengths.extend(self.threads.iter().map(|thread| thread.events.len() as u32));
    }

    /// How many events of each thread came before the stamp.
    pub(crate) fn lengths_before(&self, stamp: u32, lengths: &mut Vec<u32>) {
        lengths.clear();
        let earlier =
            |thread: &Thread| thread.events.partition_point(|event| event.stamp < stamp) as u32;
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

    /// An order of threads that does not depend on their numbers: who was started comes after who started it, and a thread's
    /// descendants come in the order in which it started them.
    pub(crate) fn compare_threads(&self, one: u32, other: u32) -> std::cmp::Ordering {
        let parts = |thread| (self.threads[thread as usize].parent, self.threads[thread as usize].nth);
        let depth = |mut thread: u32| {
            let mut depth = 0;
            while parts(thread).0 != u32::MAX {
                (thread, depth) = (parts(thread).0, depth + 1);
            }
            depth
        };
        let (mut a, mut b) = (one, other);
        let (above, below) = (depth(a), depth(b));
        (below..above).for_each(|_| a = parts(a).0);
        (above..below).for_each(|_| b = parts(b).0);
        if a == b {
            return above.cmp(&below);
        }
        while parts(a).0 != parts(b).0 {
            (a, b) = (parts(a).0, parts(b).0);
        }
        parts(a).1.cmp(&parts(b).1)
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
