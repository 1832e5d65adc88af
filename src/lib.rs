//! Selvedge.
pub mod base;
pub mod engine;
pub mod sync;
pub mod trace;
pub use base::{Error, Schedule, ThreadId};
/// Strategies.
pub mod strategy { pub use crate::base::{Decision, Options, Strategy}; }
