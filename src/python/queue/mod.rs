//! Python's `queue`.
//!
//! [`Queue`], [`LifoQueue`], [`PriorityQueue`] and [`SimpleQueue`] do what those of CPython 3.11 do; `shutdown` follows the
//! documentation of 3.13.

mod fifo;
mod kinds;
mod simple;
mod store;

pub use fifo::Queue;
pub use kinds::{LifoQueue, PriorityQueue};
pub use simple::SimpleQueue;
