//! Lock-order inversions: locks taken in orders that can deadlock, in an execution that did not.
//!
//! Goodlock (Havelund 2000; Bensalem & Havelund 2005): an edge from lock `a` to lock `b` for a thread that takes `b`
//! while it holds `a`; a circle of edges of different threads is an inversion, unless one lock is held throughout by
//! all of them (a gate), or the start and end of threads order two of the edges. An attempt that does not wait
//! (`try_lock`) is no edge. Readers keep nobody out who reads, as long as nobody writes: one who waits to write may keep them out.
//! Inversions are looked for within one execution.

use super::{Case, Tale};
use crate::base::{
    Action, CondvarAction, MutexAction, ObjectId, Outcome, RwLockAction, Step, ThreadAction, ThreadId,
    VectorClock,
};
use crate::trace::state::{Hold, State};
use crate::trace::{Annotation, Trace};
use std::collections::BTreeSet;

/// The longest circle that is looked for.
const LONGEST: usize = 6;

/// Locks were taken in orders that can deadlock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockOrderInversion {
    /// The edges of the circle: each lock wanted is the next one held.
    pub circle: Vec<Nesting>,
}

/// A thread took a lock while it held another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nesting {
    /// Who.
    pub thread: ThreadId,
    /// What it held.
    pub held: ObjectId,
    /// Offset of the step that took it.
    pub since: u64,
    /// What it took.
    pub taken: ObjectId,
    /// Offset of the step that took that.
    pub step: u64,
}

/// An edge with what excludes others.
#[derive(Clone, Debug)]
struct Edge {
    nesting: Nesting,
    /// Whether it takes a lock for reading which nobody ever writes under, and whether it holds one so.
    takes_shared: bool,
    holds_shared: bool,
    /// All locks held, and whether for reading.
    gates: Vec<(ObjectId, bool)>,
    /// What the starts and ends of threads order before it.
    clock: VectorClock,
}

/// The first and shortest inversion of `trace`.
pub fn find(trace: &Trace) -> Option<LockOrderInversion> {
    let edges = edges(trace);
    (2..=LONGEST).find_map(|length| {
        edges.iter().find_map(|edge| {
            let mut path = vec![edge];
            extend(&edges, &mut path, length)
                .then(|| LockOrderInversion { circle: path.iter().map(|edge| edge.nesting).collect() })
        })
    })
}

/// Adds edges to `path` until it is a circle of `length`.
fn extend<'a>(edges: &'a [Edge], path: &mut Vec<&'a Edge>, length: usize) -> bool {
    let wanted = path[path.len() - 1].nesting.taken;
    if path.len() == length {
        return wanted == path[0].nesting.held && is_kept_out(path[path.len() - 1], path[0]);
    }
    let last = path[path.len() - 1];
    for edge in edges.iter().filter(|edge| edge.nesting.held == wanted && is_kept_out(last, edge)) {
        if path.iter().all(|other| can_meet(edge, other)) {
            path.push(edge);
            if extend(edges, path, length) {
                return true;
            }
            path.pop();
        }
    }
    false
}

/// Whether one who wants the lock that the other holds has to wait.
fn is_kept_out(wants: &Edge, holds: &Edge) -> bool {
    !(wants.takes_shared && holds.holds_shared)
}

/// Whether two threads could be at these two edges at once.
fn can_meet(a: &Edge, b: &Edge) -> bool {
    // Two who hold a lock for reading can be there at once.
    let excludes = |(lock, shared): &(ObjectId, bool)| {
        b.gates.iter().any(|(other, also)| lock == other && !(*shared && *also))
    };
    let ordered = |a: &Edge, b: &Edge| b.clock.get(a.nesting.thread) > a.nesting.step as u32;
    a.nesting.thread != b.nesting.thread && !a.gates.iter().any(excludes) && !ordered(a, b) && !ordered(b, a)
}

/// All edges, each kind once.
fn edges(trace: &Trace) -> Vec<Edge> {
    let mut state = State::new();
    let mut clocks: Vec<VectorClock> = Vec::new();
    let mut edges: Vec<Edge> = Vec::new();
    let written: BTreeSet<ObjectId> = trace.steps.iter().filter_map(writes_under).collect();
    for (offset, step) in trace.numbered() {
        let at = offset.saturating_sub(trace.skipped) as u32 + 1;
        advance(&mut clocks, step, at);
        if let Some(taken) = waits_for_lock(step) {
            let held: Vec<Hold> =
                state.held_by(step.thread).copied().filter(|hold| hold.lock != taken).collect();
            for hold in &held {
                let nesting =
                    Nesting { thread: step.thread, held: hold.lock, since: hold.since, taken, step: offset };
                let gates: Vec<_> = held.iter().map(|hold| (hold.lock, hold.shared)).collect();
                let clock = clocks[step.thread.index()].clone();
                let reads = matches!(step.operation.action, Action::RwLock(RwLockAction::Read));
                let takes_shared = reads && !written.contains(&taken);
                let holds_shared = hold.shared && !written.contains(&hold.lock);
                let edge = Edge { nesting, takes_shared, holds_shared, gates, clock };
                if !edges.iter().any(|known| alike(known, &edge)) {
                    edges.push(edge);
                }
            }
        }
        state.apply(offset, step);
    }
    edges
}

fn alike(a: &Edge, b: &Edge) -> bool {
    let shared = |edge: &Edge| (edge.takes_shared, edge.holds_shared);
    let key = |edge: &Edge| (edge.nesting.thread, edge.nesting.held, edge.nesting.taken, shared(edge));
    key(a) == key(b) && a.gates == b.gates && a.clock == b.clock
}

/// Keeps clocks by the starts and ends of threads alone: an entry is one more than the number of steps known of.
fn advance(clocks: &mut Vec<VectorClock>, step: &Step, at: u32) {
    let other = match step.operation.action {
        Action::Thread(ThreadAction::Spawn(thread) | ThreadAction::Join { thread, .. }) => thread,
        _ => step.thread,
    };
    let known = step.thread.index().max(other.index()) + 1;
    if clocks.len() < known {
        clocks.resize(known, VectorClock::new());
    }
    match step.operation.action {
        Action::Thread(ThreadAction::Spawn(child)) => {
            clocks[step.thread.index()].set(step.thread, at + 1);
            let parent = clocks[step.thread.index()].clone();
            clocks[child.index()].join(&parent);
        }
        Action::Thread(ThreadAction::Exit { .. }) => clocks[step.thread.index()].set(step.thread, at + 1),
        Action::Thread(ThreadAction::Join { thread, .. }) if step.outcome != Outcome::TimedOut => {
            let child = clocks[thread.index()].clone();
            clocks[step.thread.index()].join(&child);
        }
        _ => {}
    }
}

/// Whether threads have nested locks in a way that was not seen before, given what stands for the ways that were. Only so many are
/// remembered.
pub(crate) fn is_new(way: Option<u64>, seen: &mut BTreeSet<u64>) -> bool {
    way.is_some_and(|way| seen.len() < 4096 && seen.insert(way))
}

/// The lock that a step took and had to wait for if it was not free.
fn waits_for_lock(step: &Step) -> Option<ObjectId> {
    let taken = matches!(step.outcome, Outcome::Done | Outcome::Poisoned | Outcome::Spurious);
    match step.operation.action {
        _ if !taken => None,
        Action::Mutex(MutexAction::Lock { .. }) => Some(step.operation.object),
        Action::RwLock(RwLockAction::Read | RwLockAction::Write) => Some(step.operation.object),
        Action::Condvar(CondvarAction::Reacquire { mutex }) => Some(mutex),
        _ => None,
    }
}

/// The readers-writer lock under which a step writes, or would like to.
fn writes_under(step: &Step) -> Option<ObjectId> {
    let writes =
        matches!(step.operation.action, Action::RwLock(RwLockAction::Write | RwLockAction::TryWrite));
    writes.then_some(step.operation.object)
}

impl Tale for LockOrderInversion {
    fn what(&self, case: &Case<'_>) -> String {
        let locks: Vec<String> = self.circle.iter().map(|nesting| case.object(nesting.held)).collect();
        let orders = if locks.len() == 2 { "in both orders" } else { "in a circle" };
        format!("{} are taken {orders}", crate::trace::names::listed(locks))
    }

    fn why(&self, case: &Case<'_>) -> String {
        let clause = |nesting: &Nesting| {
            let (held, taken) = (case.object(nesting.held), case.object(nesting.taken));
            format!(
                "{} took {taken} at step {} while it held {held}",
                case.thread(nesting.thread),
                nesting.step + 1
            )
        };
        let clauses: Vec<String> = self.circle.iter().map(clause).collect();
        format!(
            "{}. It went well here; when they meet, each waits for the other for ever.",
            clauses.join("; ")
        )
    }

    fn annotations(&self, case: &Case<'_>) -> Vec<Annotation> {
        let says =
            |n: &Nesting| Annotation::new(n.step, format!("while it holds {}", case.names.object(n.held)));
        self.circle.iter().map(says).collect()
    }

    fn involved(&self, case: &Case<'_>) -> Vec<String> {
        let mut locks: Vec<String> =
            self.circle.iter().map(|n| case.names.object(n.held).to_string()).collect();
        locks.sort();
        locks
    }
}
