//! From what was performed to a maximal graph.
//!
//! The steps that repeat the graph at hand are met again, so that its locations are known by the objects of this execution;
//! all others are added to it, one after the other, each with the items that it gives rise to.

use super::level::{Blocked, Deed, Level, Scratch};
use super::lower::{LOCK, Lowered, lower};
use super::symbols::Symbols;
use crate::base::object::{Atomic, State};
use crate::base::{Action, Operation, Record, Step, ThreadAction, ThreadId, Width};
use crate::memory::{EventId, Graph, Key, Kind, Object, passive_source};
use std::sync::atomic::Ordering;

const UNKNOWN: u32 = u32::MAX;

/// How this execution's threads and objects are called in the graph, and how far each thread has come.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By number in the execution.
    pub(super) threads: Vec<u32>,
    objects: Vec<u32>,
    /// By number in the graph: how many events it had at first, how many have been met, and how many choices since that are
    /// no events.
    lengths: Vec<u32>,
    met: Vec<u32>,
    leads: Vec<u32>,
    /// Whether its next event begins a round of a polling loop again.
    guarded: Vec<bool>,
    symbols: Symbols,
}

/// The execution did not do what the graph says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Surprise {
    /// At which choice.
    pub(super) position: u64,
}

impl Names {
    fn begin(&mut self, graph: &Graph) {
        graph.lengths(&mut self.lengths);
        self.objects.clear();
        for counts in [&mut self.met, &mut self.leads] {
            counts.clear();
            counts.resize(self.lengths.len(), 0);
        }
        self.guarded.clear();
        self.guarded.resize(self.lengths.len(), false);
        self.symbols.begin();
    }

    fn thread(&self, thread: ThreadId) -> u32 {
        self.threads[thread.index()]
    }

    /// What a step is in a graph that does not have it yet, but for what it reads.
    fn translate(&mut self, record: &Record<'_>, step: &Step) -> Step {
        let mut step = *step;
        if let (Some(_), Action::Atomic(action)) = (pointer_met(record, &step), step.operation.action) {
            step.operation.action = Action::Atomic(self.symbols.translate(action));
        }
        step
    }
}

/// Grows the graph of `level` to that of the execution.
pub(super) fn grow(
    level: &mut Level,
    names: &mut Names,
    record: &Record<'_>,
    scratch: &mut Scratch,
) -> Result<(), Surprise> {
    names.begin(&level.graph);
    level.graph.free_locations();
    let (mut position, mut guards) = (0, record.guards.iter().peekable());
    for (number, step) in record.steps.iter().enumerate() {
        while let Some(guard) = guards.next_if(|guard| guard.at <= number) {
            let thread = names.thread(guard.thread) as usize;
            names.guarded[thread] = true;
        }
        let thread = names.thread(step.thread);
        let at = thread as usize;
        let known = names.met[at] < names.lengths[at];
        let step = &if known { *step } else { names.translate(record, step) };
        let lowered = lower(&step.operation, step.thread);
        if lowered == Lowered::Nothing {
            names.leads[at] += 1;
            position += u64::from(step.operation.is_point());
            continue;
        }
        let again = std::mem::take(&mut names.guarded[at]);
        if known {
            meet(level, names, record, step, lowered).ok_or(Surprise { position })?;
            names.leads[at] = 0;
        } else {
            let first = level.graph.next_of(thread);
            let before = level.items.len();
            add(level, names, record, step, lowered, scratch).ok_or(Surprise { position })?;
            if again {
                level.must_see_news(first, before);
            }
            names.leads[at] = 0;
        }
        position += u64::from(step.operation.is_point());
    }
    if names.met.iter().zip(&names.lengths).any(|(met, length)| met < length) {
        return Err(Surprise { position });
    }
    if record.maximal {
        note_blocked(level, names, record);
        level.unblock(scratch);
    }
    Ok(())
}

/// A step that the graph has: `None` if it is another.
fn meet(
    level: &mut Level,
    names: &mut Names,
    record: &Record<'_>,
    step: &Step,
    lowered: Lowered,
) -> Option<()> {
    let thread = names.thread(step.thread);
    let id = EventId { thread, index: names.met[thread as usize] };
    let events = level.graph.events_of(thread);
    let event = &events[id.index as usize];
    let kind = match lowered {
        Lowered::Load | Lowered::AskEnd(_) => Kind::Read,
        Lowered::Store { .. } | Lowered::End => Kind::Write,
        Lowered::Update => Kind::UpdateRead,
        Lowered::Chain | Lowered::Token(_) | Lowered::Wait { .. } | Lowered::Reacquire { .. } => Kind::Chain,
        Lowered::Passive | Lowered::Join(_) | Lowered::Start(_) => Kind::Passive,
        Lowered::Fence(_) => Kind::Fence,
        Lowered::Choose(_) => Kind::Choice,
        Lowered::Nothing => return None,
    };
    let value = step.outcome.value().filter(|_| event.reads() && matches!(event.action, Action::Atomic(_)));
    let object = step.operation.object.index();
    let begins = pointer_met(record, step);
    let agrees = match (begins, event.action, step.operation.action) {
        (Some(begins), Action::Atomic(known), Action::Atomic(action)) => {
            let symbols = &mut names.symbols;
            symbols.agree(begins, level.graph.value(event.location, EventId::INIT))
                && value.is_none_or(|value| symbols.agree(value, event.value))
                && symbols.repeats(action, known)
        }
        _ => value.is_none_or(|value| value == event.value),
    };
    if event.kind != kind || !agrees {
        return None;
    }
    let location = event.location;
    let second =
        events.get(id.index as usize + 1).filter(|second| second.joined).map(|second| second.location);
    names.met[thread as usize] += 1 + u32::from(second.is_some());
    match lowered {
        Lowered::Wait { mutex } => {
            name(names, object, location)?;
            name(names, mutex.index(), second?)
        }
        Lowered::Reacquire { mutex } => name(names, mutex.index(), location),
        Lowered::Load | Lowered::Store { .. } | Lowered::Update | Lowered::Chain => {
            name(names, object, location)
        }
        _ => Some(()),
    }
}

/// What a thread has just read from an atomic pointer is what its last event has.
fn reads_as_known(level: &Level, names: &mut Names, record: &Record<'_>, step: &Step) -> Option<()> {
    let event = level.graph.events_of(names.thread(step.thread)).last()?;
    let value = pointer_met(record, step).and(step.outcome.value());
    value.is_none_or(|value| names.symbols.agree(value, event.value)).then_some(())
}

/// What an object begins with, if it is an atomic pointer.
pub(super) fn pointer(begins: &State) -> Option<u64> {
    match begins {
        State::Atomic(atomic) if atomic.width() == Width::Pointer => Some(atomic.value()),
        _ => None,
    }
}

/// Likewise for the object that a step meets.
fn pointer_met(record: &Record<'_>, step: &Step) -> Option<u64> {
    record.begun.get(step.operation.object.index()).and_then(pointer)
}

/// An object of the execution is a location of the graph, now and from then on.
fn name(names: &mut Names, object: usize, location: u32) -> Option<()> {
    if names.objects.len() <= object {
        names.objects.resize(object + 1, UNKNOWN);
    }
    let known = &mut names.objects[object];
    if *known == UNKNOWN {
        *known = location;
    }
    (*known == location).then_some(())
}

/// The location of an object.
fn locate(level: &mut Level, names: &mut Names, record: &Record<'_>, object: usize, strong: bool) -> u32 {
    if let Some(known) = names.objects.get(object).filter(|known| **known != UNKNOWN) {
        return *known;
    }
    let begins = match pointer(&record.begun[object]) {
        Some(value) => State::Atomic(Atomic::new(names.symbols.symbol(value), Width::Pointer)),
        None => record.begun[object].clone(),
    };
    let location = level.graph.find_location(Key::Object, strong, Object::Plain(begins));
    name(names, object, location);
    location
}

/// A step that the graph does not have yet.
fn add(
    level: &mut Level,
    names: &mut Names,
    record: &Record<'_>,
    step: &Step,
    lowered: Lowered,
    scratch: &mut Scratch,
) -> Option<()> {
    let Operation { object, action } = step.operation;
    let (object, thread) = (object.index(), names.thread(step.thread));
    let lead = names.leads[thread as usize];
    let deed = |location| Deed { thread, action, location, lead };
    match lowered {
        Lowered::Nothing => {}
        Lowered::Load => {
            let location = locate(level, names, record, object, matches!(action, Action::Shared(_)));
            level.load(deed(location), Kind::Read, scratch);
            reads_as_known(level, names, record, step)?;
        }
        Lowered::Store { value, ordering } => {
            let location = locate(level, names, record, object, matches!(action, Action::Shared(_)));
            level.store(deed(location), value, ordering, scratch);
        }
        Lowered::Update => {
            let location = locate(level, names, record, object, false);
            level.load(deed(location), Kind::UpdateRead, scratch);
            reads_as_known(level, names, record, step)?;
            level.finish_step(thread, || unreachable!("no wait"), scratch).then_some(())?;
        }
        Lowered::AskEnd(other) => {
            let location = life(&mut level.graph, names.thread(other));
            level.load(deed(location), Kind::Read, scratch);
        }
        Lowered::Chain => {
            let location = locate(level, names, record, object, false);
            level.operate(deed(location), EventId::INIT, false, scratch);
        }
        Lowered::Token(other) => {
            let location = token(&mut level.graph, names.thread(other));
            level.operate(deed(location), EventId::INIT, false, scratch);
        }
        Lowered::Wait { mutex } => {
            let location = locate(level, names, record, object, false);
            let mutex = locate(level, names, record, mutex.index(), false);
            level.operate(deed(location), EventId::INIT, false, scratch);
            level.finish_step(thread, || mutex, scratch);
        }
        Lowered::Reacquire { mutex } => {
            let location = locate(level, names, record, object, false);
            let source = passive_source(&level.graph, location, thread, action)?;
            let mutex = locate(level, names, record, mutex.index(), false);
            level.operate(Level::wake(thread, mutex, lead), source, false, scratch);
        }
        Lowered::Passive => {
            let location = locate(level, names, record, object, false);
            let source = passive_source(&level.graph, location, thread, action)?;
            add_passive(&mut level.graph, deed(location), source, true);
        }
        Lowered::Fence(ordering) => {
            let mut event = deed(0).event(&level.graph, Kind::Fence);
            event.ordering = ordering;
            level.graph.add_fence(thread, event);
        }
        Lowered::Choose(count) => level.choose(deed(0), count),
        Lowered::Join(_) | Lowered::Start(_) | Lowered::End => {
            add_life(level, names, deed(0), lowered, scratch)?
        }
    }
    Some(())
}

/// A thread starts, ends or learns of another's end.
fn add_life(
    level: &mut Level,
    names: &Names,
    deed: Deed,
    lowered: Lowered,
    scratch: &mut Scratch,
) -> Option<()> {
    match lowered {
        Lowered::Start(child) => {
            let start = add_passive(&mut level.graph, deed, EventId::INIT, false);
            level.graph.threads[names.thread(child) as usize].start = start;
        }
        Lowered::Join(other) => {
            let other = names.thread(other);
            let last = level.graph.events_of(other).last()?;
            let ended = matches!(last.action, Action::Thread(ThreadAction::Exit { .. }));
            let source = EventId { thread: other, index: level.graph.next_of(other).index - 1 };
            ended.then(|| add_passive(&mut level.graph, deed, source, false))?;
        }
        _ => {
            let location = life(&mut level.graph, deed.thread);
            let end = level.graph.next_of(deed.thread);
            level.store(Deed { location, ..deed }, 1, Ordering::Release, scratch);
            level.graph.is_no_point(end);
        }
    }
    Some(())
}

fn add_passive(graph: &mut Graph, deed: Deed, source: EventId, point: bool) -> EventId {
    let mut event = deed.event(graph, Kind::Passive);
    (event.source, event.point) = (source, point);
    graph.add_passive(deed.thread, event)
}

fn life(graph: &mut Graph, thread: u32) -> u32 {
    graph.find_location(Key::Life(thread), false, Object::Token(false))
}

fn token(graph: &mut Graph, thread: u32) -> u32 {
    graph.find_location(Key::Token(thread), false, Object::Token(false))
}

/// What the threads that cannot go on wait for.
fn note_blocked(level: &mut Level, names: &mut Names, record: &Record<'_>) {
    for (thread, pending) in record.pending.iter().enumerate() {
        let Some(operation) = pending else { continue };
        let id = ThreadId(thread as u32);
        if let Some(blocked) = blocked(level, names, record, id, operation) {
            level.blocked.push(blocked);
        }
    }
    let graph = &level.graph;
    level.blocked.sort_by(|one, other| graph.compare_threads(one.thread, other.thread));
}

/// What a thread waits for, unless it is something that stays once it has come: then whoever brings it looks back.
fn blocked(
    level: &mut Level,
    names: &mut Names,
    record: &Record<'_>,
    id: ThreadId,
    operation: &Operation,
) -> Option<Blocked> {
    let thread = names.threads.get(id.index()).copied()?;
    let lead = names.leads.get(thread as usize).copied().unwrap_or(0);
    let mut found = Blocked { thread, location: 0, action: operation.action, source: EventId::INIT, lead };
    match lower(operation, id) {
        Lowered::Chain => {
            found.location = locate(level, names, record, operation.object.index(), false);
        }
        Lowered::Token(other) => found.location = token(&mut level.graph, names.thread(other)),
        Lowered::Reacquire { mutex } => {
            let location = locate(level, names, record, operation.object.index(), false);
            found.source = passive_source(&level.graph, location, thread, operation.action)?;
            found.location = locate(level, names, record, mutex.index(), false);
            found.action = LOCK;
        }
        _ => return None,
    }
    Some(found)
}
