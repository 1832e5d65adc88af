//! RC11 over plain relations, as it stands in the paper, to compare with what `memory` computes step by step.

use super::program::{INIT, Machine};
use crate::base::{Action, MutexAction, Outcome, ThreadId};
use crate::strategy::graph::lower::Lowered;
use std::sync::atomic::Ordering;

/// A relation: a row of bits for each event.
type Relation = Vec<u128>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Begin,
    Read,
    Write,
    Fence,
    Other,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    thread: usize,
    sort: Sort,
    id: (usize, usize),
    object: usize,
    ordering: Ordering,
    /// What a read reads.
    source: (usize, usize),
    /// Whether it is the second half of a read-modify-write.
    update: bool,
}

fn acquires(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
}

fn releases(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
}

fn closure(relation: &Relation) -> Relation {
    let mut closed = relation.clone();
    for middle in 0..closed.len() {
        let row = closed[middle];
        for other in &mut closed {
            if *other >> middle & 1 == 1 {
                *other |= row;
            }
        }
    }
    closed
}

fn compose(one: &Relation, other: &Relation) -> Relation {
    let row =
        |bits: &u128| (0..other.len()).filter(|at| bits >> at & 1 == 1).fold(0, |all, at| all | other[at]);
    one.iter().map(row).collect()
}

fn union(parts: &[&Relation]) -> Relation {
    (0..parts[0].len()).map(|at| parts.iter().fold(0, |all, part| all | part[at])).collect()
}

fn irreflexive(relation: &Relation) -> bool {
    (0..relation.len()).all(|at| relation[at] >> at & 1 == 0)
}

fn relation(nodes: &[Node], holds: impl Fn(usize, usize) -> bool) -> Relation {
    let row =
        |one| (0..nodes.len()).filter(|other| holds(one, *other)).fold(0, |bits, other| bits | 1 << other);
    (0..nodes.len()).map(row).collect()
}

fn nodes(machine: &Machine<'_>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let begin = |thread| Node {
        thread,
        sort: Sort::Begin,
        id: (thread, usize::MAX),
        object: usize::MAX,
        ordering: Ordering::Relaxed,
        source: INIT,
        update: false,
    };
    nodes.extend(machine.started.iter().map(|thread| begin(*thread)));
    for event in &machine.log {
        let id = (event.thread, event.index);
        let node = Node { id, object: event.object, ordering: event.ordering, ..begin(event.thread) };
        if let Some(source) = event.reads {
            nodes.push(Node { sort: Sort::Read, source, ..node });
        }
        if event.writes {
            nodes.push(Node { sort: Sort::Write, update: event.reads.is_some(), ..node });
        }
        if event.reads.is_none() && !event.writes {
            let fence = matches!(event.lowered, Lowered::Fence(_));
            nodes.push(Node { sort: if fence { Sort::Fence } else { Sort::Other }, ..node });
        }
    }
    assert!(nodes.len() <= 128);
    nodes
}

/// Starts, ends and what passes a mutex on.
fn synchronizes(machine: &Machine<'_>, nodes: &[Node]) -> Relation {
    let event = |node: &Node| machine.log.iter().find(|e| (e.thread, e.index) == node.id);
    let lowered = |node: &Node| event(node).map(|event| event.lowered);
    // The mutex that an event gives back, and the one that it takes.
    let gives = |node: &Node| match event(node) {
        Some(e) if matches!(e.action, Action::Mutex(MutexAction::Unlock { .. })) => Some(e.object),
        Some(e) if matches!(e.lowered, Lowered::Wait { .. }) => Some(e.second),
        _ => None,
    };
    let takes = |node: &Node| match event(node) {
        Some(e) if matches!(e.action, Action::Mutex(MutexAction::Lock { .. } | MutexAction::TryLock)) => {
            (e.outcome == Outcome::Done).then_some(e.object)
        }
        Some(e) if matches!(e.lowered, Lowered::Reacquire { .. }) => Some(e.second),
        _ => None,
    };
    let thread = |id: ThreadId| machine.started[id.index()];
    let mut edges = vec![0u128; nodes.len()];
    for (one, node) in nodes.iter().enumerate() {
        for (other, later) in nodes.iter().enumerate() {
            let holds = match (lowered(node), lowered(later)) {
                (Some(Lowered::Start(child)), None) => thread(child) == later.thread,
                (Some(Lowered::End), Some(Lowered::Join(ended))) => thread(ended) == node.thread,
                _ if takes(later).is_some() => {
                    let gives_it = |node: &Node| gives(node) == takes(later);
                    one < other && gives_it(node) && !nodes[one + 1..other].iter().any(gives_it)
                }
                _ => false,
            };
            edges[one] |= u128::from(holds) << other;
        }
    }
    edges
}

/// Whether the execution so far is allowed by RC11.
pub(super) fn consistent(machine: &Machine<'_>) -> bool {
    let nodes = nodes(machine);
    let place = |node: &Node, id| machine.stores[node.object].iter().position(|(store, _)| *store == id);
    let places: Vec<usize> = nodes
        .iter()
        .map(|node| match node.sort {
            Sort::Read => place(node, node.source).expect("it reads a store"),
            Sort::Write => place(node, node.id).expect("it is a store"),
            _ => 0,
        })
        .collect();
    let access = |at: usize| matches!(nodes[at].sort, Sort::Read | Sort::Write);
    let same = |a: usize, b: usize| access(a) && access(b) && nodes[a].object == nodes[b].object;
    let is = |at: usize, sort| nodes[at].sort == sort;
    // Atomicity: a read-modify-write stands right after what it reads.
    for (at, node) in nodes.iter().enumerate() {
        if node.update && places[at] != places[at - 1] + 1 {
            return false;
        }
    }
    let po = relation(&nodes, |a, b| nodes[a].thread == nodes[b].thread && a < b);
    let rf = relation(&nodes, |a, b| {
        is(a, Sort::Write) && is(b, Sort::Read) && same(a, b) && nodes[b].source == nodes[a].id
    });
    let mo = relation(&nodes, |a, b| {
        is(a, Sort::Write) && is(b, Sort::Write) && same(a, b) && places[a] < places[b]
    });
    let fr = relation(&nodes, |a, b| {
        is(a, Sort::Read) && is(b, Sort::Write) && same(a, b) && places[a] < places[b]
    });
    let start = synchronizes(machine, &nodes);
    let sw = synchronizes_by_reading(&nodes);
    let hb = closure(&union(&[&po, &sw, &start]));
    let eco = closure(&union(&[&rf, &mo, &fr]));
    let coherent = irreflexive(&hb) && irreflexive(&eco) && irreflexive(&compose(&hb, &eco));
    if !coherent || !irreflexive(&closure(&union(&[&po, &rf, &start]))) {
        return false;
    }
    let here = relation(&nodes, same);
    let only = |sort: &dyn Fn(usize) -> bool| relation(&nodes, |a, b| a == b && sort(a));
    let marked = |at: usize| nodes[at].ordering == Ordering::SeqCst && (access(at) || is(at, Sort::Fence));
    let away: Relation = po.iter().zip(&here).map(|(po, here)| po & !here).collect();
    let near: Relation = hb.iter().zip(&here).map(|(hb, here)| hb & here).collect();
    let scb = union(&[&po, &compose(&compose(&away, &hb), &away), &near, &mo, &fr]);
    let e = only(&marked);
    let f = only(&|at| marked(at) && is(at, Sort::Fence));
    let maybe = union(&[&hb, &only(&|_| true)]);
    let left = union(&[&e, &compose(&f, &maybe)]);
    let right = union(&[&e, &compose(&maybe, &f)]);
    let base = compose(&compose(&left, &scb), &right);
    let fences = compose(&compose(&f, &union(&[&hb, &compose(&compose(&hb, &eco), &hb)])), &f);
    irreflexive(&closure(&union(&[&base, &fences])))
}

/// A read follows its release sequence back; fences lend their orderings to relaxed accesses.
fn synchronizes_by_reading(nodes: &[Node]) -> Relation {
    let mut edges = vec![0u128; nodes.len()];
    let po = |a: usize, b: usize| nodes[a].thread == nodes[b].thread && a < b;
    let fence = |at: usize| nodes[at].sort == Sort::Fence;
    for (read, node) in nodes.iter().enumerate().filter(|(_, node)| node.sort == Sort::Read) {
        let fences = |f: &usize| fence(*f) && acquires(nodes[*f].ordering) && po(read, *f);
        let mut ends: Vec<usize> = (0..nodes.len()).filter(fences).collect();
        if acquires(node.ordering) {
            ends.push(read);
        }
        let mut source = node.source;
        while source != INIT {
            let at = (0..nodes.len()).find(|at| nodes[*at].sort == Sort::Write && nodes[*at].id == source);
            let at = at.expect("a store that is read");
            for first in 0..nodes.len() {
                let heads = first == at && releases(nodes[at].ordering)
                    || fence(first) && releases(nodes[first].ordering) && po(first, at);
                if heads {
                    ends.iter().for_each(|end| edges[first] |= 1 << end);
                }
            }
            if !nodes[at].update {
                break;
            }
            source = nodes[at - 1].source;
        }
    }
    edges
}
