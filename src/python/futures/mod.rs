//! Python's `concurrent.futures`: a pool of threads, and what is to come of what it is given.

mod future;
mod pool;

pub use future::Future;
pub use pool::{Results, ThreadPoolExecutor};
