//! Layer 4: what Python programs share and wait for, with CPython's semantics.
//!
//! | Python | here |
//! |---|---|
//! | a global variable | [`Shared`] |
//! | `threading` | [`threading`]: `Thread`, `Lock`, `RLock`, `Condition`, `Event`, `Semaphore`, `Barrier`, `Timer`, … |
//! | `queue` | [`queue`]: `Queue`, `LifoQueue`, `PriorityQueue`, `SimpleQueue` |
//! | `multiprocessing` | [`multiprocessing`]: `Process`, `Value`, `Array`, `Manager`, `Queue`, `Pipe`, `Lock`, … |
//! | `concurrent.futures` | [`futures`]: `ThreadPoolExecutor`, `Future` |
//! | `socket` | [`socket`]: `Socket`, `create_server`, `create_connection` |
//! | `time.sleep` | [`time::sleep`] |
//! | `while True` | [`endless`], for as many rounds as it is followed |
//! | `print` | [`print()`], [`write()`] |
//! | `logging` | [`logging`]: `basic_config`, `debug`, `info`, `warning`, `error`, `critical` |
//! | `random` | [`random`]: `randint`, `randrange`, `choice` |
//! | `sys.exit` | [`sys::exit`] |
//! | an exception | [`Error`], with the message that CPython gives |
//!
//! The objects are references, as in Python: a clone is the same object, and moving a clone into a thread's target is
//! what passing it to a Python thread is. They belong to the execution in which they were made, so a model makes its
//! own; outside of an exploration there is nothing behind them, and using one there is a panic that says so.
//!
//! What the interpreter's lock gives is kept: each step is one indivisible operation, and all of them are sequentially
//! consistent. What it does not give is not added: a thread may be switched away from between any two of them, so
//! `total.set(total.get() + 1)` is two steps.

mod bits;
mod error;
pub mod futures;
mod identity;
pub mod logging;
pub mod multiprocessing;
mod print;
pub mod queue;
pub mod random;
mod shared;
pub mod socket;
pub mod sys;
#[cfg(test)]
mod tests;
pub mod threading;
pub mod time;

pub use crate::hint::{Round, endless};
pub use error::Error;
pub use print::{print, write};
pub use shared::Shared;
