//! Python's `threading`.

mod any_lock;
mod barrier;
mod condition;
mod event;
mod known;
mod local;
mod lock;
pub(super) mod numbering;
mod rlock;
pub(super) mod roster;
mod semaphore;
mod thread;
mod timer;

pub use any_lock::AnyLock;
pub(super) use any_lock::within;
pub use barrier::Barrier;
pub use condition::Condition;
pub use event::Event;
pub use known::{active_count, current_thread, enumerate, get_ident, main_thread};
pub use local::Local;
pub use lock::Lock;
pub use rlock::RLock;
pub use semaphore::{BoundedSemaphore, Semaphore};
pub use thread::{Returned, Run, Thread};
pub use timer::Timer;
