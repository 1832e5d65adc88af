//! Selvedge.
pub mod base;
pub mod cell;
pub mod engine;
pub mod explore;
pub mod finding;
pub mod hint;
pub mod python;
pub mod strategy;
pub mod sync;
pub mod thread;
pub mod time;
pub mod trace;
pub use base::{Error, Schedule, ThreadId};
pub use engine::Clock;
pub use explore::{Explorer, Report, check, explore};

/// The examples of the README are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
