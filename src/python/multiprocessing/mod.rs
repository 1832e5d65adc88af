//! Python's `multiprocessing`.
//!
//! | Python | here |
//! |---|---|
//! | processes | [`Process`], [`current_process`], [`active_children`] |
//! | shared memory | [`Value`], [`Array`], [`RawValue`], [`RawArray`] |
//! | messages | [`pipe`], [`Connection`], [`Queue`], [`SimpleQueue`], [`JoinableQueue`] |
//! | locks | [`Lock`], [`RLock`], [`Semaphore`], [`BoundedSemaphore`], [`Condition`], [`Event`], [`Barrier`] |
//! | a server process | [`Manager`] and what it keeps |
//!
//! A process is a virtual thread. Nothing keeps the memory of two processes apart: a process owns what its closure was given, and
//! what is given to several (an `Arc`, a [`Shared`](super::Shared)) is shared by them as it would not be in Python. Give
//! processes only what this module makes, and a model shows what Python would.

mod connection;
mod ends;
mod feeder;
mod joinable_queue;
mod known;
mod lock;
pub mod manager;
mod process;
mod queue;
mod semaphore;
mod simple_queue;
mod value;
mod world;

pub use crate::python::threading::{Barrier, Event};
pub use connection::{Connection, PipeBuilder, pipe};
pub use joinable_queue::JoinableQueue;
pub use known::{active_children, current_process};
pub use lock::{Condition, Lock, RLock};
pub use manager::Manager;
pub use process::{Exited, Process};
pub use queue::Queue;
pub use semaphore::{BoundedSemaphore, Semaphore};
pub use simple_queue::SimpleQueue;
pub use value::{Array, RawArray, RawValue, Value};
pub(super) use world::note_exit;
