//! Python's `concurrent.futures`: a pool of threads, and what is to come of what it is given.

mod exit;
mod future;
mod pool;
mod task;

pub(super) use exit::{end_pools, is_in_task};
pub use future::Future;
pub use pool::{Results, ThreadPoolExecutor};
