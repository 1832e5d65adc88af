//! Selvedge.
pub mod base;
pub use base::{Error, Schedule, ThreadId};
/// Strategies.
pub mod strategy {
    pub use crate::base::{Decision, Options, Strategy};
}
