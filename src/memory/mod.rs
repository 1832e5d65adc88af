//! Layer 1: memory models. Execution graphs, what is consistent in them, and what a new access may read or where a new store
//! may stand.
//!
//! A [`Graph`] holds the events of one execution: per thread in program order, per atomic variable in modification order,
//! per other object (a mutex, a queue, …) in the one order in which its operations took place. It says nothing about how
//! executions are found; a strategy grows graphs and cuts them back.
//!
//! | file | what it answers |
//! |---|---|
//! | `event` | what an event is |
//! | `graph` | what a graph is |
//! | `add` | adding events, with their clocks |
//! | `part` | parts of a graph |
//! | `object` | what an operation on an object that is no atomic finds, replayed from the order of its operations |
//! | `synchronize` | what happens before what |
//! | `floor` | which stores a load may read and where a store may stand: coherence, or sequential consistency |
//! | `partial` | whether the accesses and fences marked `SeqCst` can be put in one order (the axiom *psc*) |
//!
//! **Paper.** Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing sequential consistency in C/C++11" (PLDI 2017), the model
//! RC11, with the release sequences of C++20.

mod add;
mod event;
mod floor;
mod graph;
mod object;
mod part;
mod partial;
mod synchronize;

pub(crate) use event::{Event, EventId, Kind, is_weak};
pub(crate) use floor::{Access, Reach};
pub(crate) use graph::{Graph, Key};
pub(crate) use object::{Object, passive_source};

/// How atomics behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Model {
    /// Every load reads the latest store, whatever the orderings say. They still count for data races.
    #[default]
    SequentiallyConsistent,
    /// The model of C++20 and Rust without load buffering (RC11): a load may read an older store, and a store may take its
    /// place before others in modification order, as far as orderings and fences let them.
    C11,
}
