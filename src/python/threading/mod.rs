//! Python's `threading`.

mod any_lock;
mod condition;
mod event;
mod lock;
mod rlock;
mod thread;

pub use any_lock::AnyLock;
pub use condition::Condition;
pub use event::Event;
pub use lock::Lock;
pub use rlock::RLock;
pub use thread::{Returned, Thread, current_thread};
