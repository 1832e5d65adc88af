//! Events: what a graph is made of.

use crate::base::{Action, VectorClock};
use std::sync::atomic::Ordering;

/// An event: the thread and its place in that thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventId {
    pub(crate) thread: u32,
    pub(crate) index: u32,
}

impl EventId {
    /// Stands for the initial write of every variable, and for the beginning of every object.
    pub(crate) const INIT: EventId = EventId { thread: u32::MAX, index: 0 };
}

/// What sort of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A load, or a compare-exchange that fails: reads its source.
    Read,
    /// A store.
    Write,
    /// The first half of a read-modify-write, or of a compare-exchange whatever comes of it: reads its source.
    UpdateRead,
    /// The second half, which stands right after the store that the first half reads.
    UpdateWrite,
    /// An operation on an object that is no atomic: follows the object's operation before it.
    Chain,
    /// An operation that stays possible once it is: a start, an end, a join, a wait for what stays. Has its source, if it
    /// has one, in its past, and there is never a choice.
    Passive,
    /// A fence.
    Fence,
    /// A free choice.
    Choice,
}

/// An event of a graph.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) kind: Kind,
    /// Whether it came into the graph by taking the place of another operation on its object.
    pub(crate) reversed: bool,
    /// Whether it belongs to the step of the event before it.
    pub(crate) joined: bool,
    /// Whether the step that it begins is a choice of the schedule.
    pub(crate) point: bool,
    /// Whether it begins a round of a polling loop again.
    pub(crate) again: bool,
    /// Whether it is ordered after something by its object or what it waited for that does not happen before it.
    pub(crate) loose: bool,
    /// Counts up in the order in which events came into the graph; a load that reads anew keeps its stamp.
    pub(crate) stamp: u32,
    /// The variable or object; meaningless where there is none.
    pub(crate) location: u32,
    /// What a read reads and what a passive event waits for; for the lock that ends a condition wait, the notification.
    pub(crate) source: EventId,
    /// A store's place in modification order (the initial write has place 0), an operation's place on its object.
    pub(crate) place: u32,
    /// Which of several outcomes it has.
    pub(crate) choice: u32,
    /// How many choices of its thread that are no events come right before it.
    pub(crate) lead: u32,
    /// One more than the place in its thread of the last release fence, itself included; 0 when there is none.
    pub(crate) fence: u32,
    /// What is read or written.
    pub(crate) value: u64,
    pub(crate) action: Action,
    pub(crate) ordering: Ordering,
    /// How many events of each thread come before it by program order, what is read, and the order on objects; it counts
    /// itself.
    pub(crate) past: VectorClock,
    /// How many events of each thread happen before it; it counts itself.
    pub(crate) happens: VectorClock,
    /// What a reader that acquires learns from it.
    pub(crate) message: VectorClock,
}

impl Event {
    pub(crate) fn reads(&self) -> bool {
        matches!(self.kind, Kind::Read | Kind::UpdateRead)
    }

    pub(crate) fn writes(&self) -> bool {
        matches!(self.kind, Kind::Write | Kind::UpdateWrite)
    }

    /// Whether it is an access to an atomic.
    pub(crate) fn accesses(&self) -> bool {
        self.reads() || self.writes()
    }

    pub(crate) fn is_seq_cst(&self) -> bool {
        self.ordering == Ordering::SeqCst && (self.accesses() || self.kind == Kind::Fence)
    }
}

pub(crate) fn acquires(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
}

pub(crate) fn releases(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
}

/// Whether an access is weaker than `SeqCst`, or may be.
pub(crate) fn is_weak(action: Action) -> bool {
    matches!(action, Action::Atomic(action) if !action.is_sequentially_consistent())
}

/// Whether an access is `SeqCst`, or may be.
pub(crate) fn is_strict(action: Action) -> bool {
    matches!(action, Action::Atomic(action) if action.may_be_sequentially_consistent())
}
