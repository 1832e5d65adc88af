//! Layer 2: strategies, which make the choices: options in, choice out.
//!
//! One algorithm a file, none of which knows the engine:
//!
//! | constructor | what it visits | how it ends |
//! |---|---|---|
//! | [`random`] | a random walk: each enabled thread is equally likely at each choice | never by itself |
//! | [`pct`] | random priorities with few changes, so that bugs of small depth are likely | never by itself |
//! | [`dfs`] | every interleaving, or those with few preemptions | when all were visited |
//! | [`exhaustive`] | every behaviour once: orders of independent steps are not told apart | when all were visited |
//! | [`replay`] | one schedule | after one execution |
//!
//! What all of them rely on: a strategy that answers with a run longer than 1 is asked again as soon as a thread becomes
//! enabled or disabled, or the running one yields. [`Options::position`] counts choices, not questions.

mod dfs;
mod dice;
mod divergence;
mod divisible;
mod exhaustive;
mod pct;
mod random;
mod replay;
#[cfg(test)]
mod simulator;

pub use crate::base::{Choice, Decision, Guard, Options, Record, Strategy};
pub use dfs::Dfs;
pub use divergence::{Divergence, Mismatch};
pub use divisible::Divisible;
pub use exhaustive::{Exhaustive, Item, Learned};
pub use pct::Pct;
pub use random::Random;
pub use replay::Replay;

use crate::base::{Error, Schedule, ThreadId};

/// A random walk: see [`Random`].
pub fn random(seed: u64) -> Random {
    Random::new(seed)
}

/// Random priorities with `depth - 1` changes: see [`Pct`].
///
/// # Errors
///
/// When `depth` is 0: no bug is that shallow.
pub fn pct(depth: u32, seed: u64) -> Result<Pct, Error> {
    Pct::new(depth, seed)
}

/// Every interleaving, one after the other: see [`Dfs`].
pub fn dfs() -> Dfs {
    Dfs::new()
}

/// Every trace, once: see [`Exhaustive`].
pub fn exhaustive() -> Exhaustive {
    Exhaustive::new()
}

/// One schedule, strictly: see [`Replay`].
pub fn replay(schedule: Schedule) -> Replay {
    Replay::new(schedule)
}

/// `thread` goes next and goes on until the enabled threads change or it yields.
#[inline(always)]
const fn on_and_on(thread: ThreadId) -> Decision {
    Decision { thread, run: u32::MAX }
}

/// The `n`th enabled thread, counted cyclically from the one after the current; the current one comes last.
fn after_current(options: &Options<'_>, n: u32) -> ThreadId {
    let before = options.enabled.iter().take_while(|t| *t <= options.current).count() as u32;
    options.enabled.nth((before + n) % options.enabled.len())
}
