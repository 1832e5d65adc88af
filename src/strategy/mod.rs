//! Layer 2: strategies, which make the choices: options in, choice out.
//!
//! One algorithm a file, none of which knows the engine:
//!
//! | constructor | what it visits | how it ends |
//! |---|---|---|
//! | [`random`] | a random walk: each enabled thread is equally likely at each choice | never by itself |
//! | [`pct`] | random priorities with few changes, so that bugs of small depth are likely | never by itself |
//! | [`pos`] | random priorities of steps, drawn again after a race: every partial order is likely | never by itself |
//! | [`surw`] | a random walk in which all orders of the steps on some object are equally likely | never by itself |
//! | [`fuzz`] | partial order sampling, steered to looks that have not found what they might | never by itself |
//! | [`dfs`] | every interleaving, or those with few preemptions | when all were visited |
//! | [`bounded`] | every interleaving, those with fewer preemptions first | when all were visited |
//! | [`exhaustive`] | every behaviour once: orders of independent steps are not told apart | when all were visited |
//! | [`graphs`] | every execution graph, under a memory model | when all were visited |
//! | [`replay`] | one schedule | after one execution |
//!
//! What all of them rely on: a strategy that answers with a run longer than 1 is asked again as soon as a thread becomes
//! enabled or disabled, or the running one yields. [`Options::position`] counts choices, not questions.

mod bounded;
mod dfs;
mod dice;
mod divergence;
mod divisible;
mod exhaustive;
mod fuzz;
mod graph;
mod pct;
mod pending;
mod pos;
mod random;
mod replay;
#[cfg(test)]
mod simulator;
mod surw;

pub use crate::base::{Choice, Decision, Guard, Options, Record, Strategy};
pub use crate::memory::Model;
pub use bounded::Bounded;
pub use dfs::Dfs;
pub use divergence::{Divergence, Mismatch};
pub use divisible::Divisible;
pub(crate) use exhaustive::Probe;
pub use exhaustive::{Exhaustive, Item, Learned};
pub use fuzz::Fuzz;
pub(crate) use graph::FORGOTTEN;
pub use graph::Graphs;
pub use pct::Pct;
pub use pos::Pos;
pub use random::Random;
pub use replay::Replay;
pub use surw::Surw;

use crate::base::{Error, Schedule, ThreadId};

/// So many values of a free choice are tried where all are: what is left to do is kept in memory.
const MOST_OUTCOMES: u32 = 1 << 16;
const UNTRIED: &str = "a free choice is among more values than are tried, which are 65 536";

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

/// Random priorities of steps, drawn again where a race was lost: see [`Pos`].
pub fn pos(seed: u64) -> Pos {
    Pos::new(seed)
}

/// A random walk in which the orders of the steps on one object are equally likely: see [`Surw`].
pub fn surw(seed: u64) -> Surw {
    Surw::new(seed)
}

/// Partial order sampling, steered to looks that have not yet found what they might find: see [`Fuzz`].
pub fn fuzz(seed: u64) -> Fuzz {
    Fuzz::new(seed)
}

/// Every interleaving, one after the other: see [`Dfs`].
pub fn dfs() -> Dfs {
    Dfs::new()
}

/// Every interleaving, those with few preemptions first: see [`Bounded`].
pub fn bounded() -> Bounded {
    Bounded::new()
}

/// Every trace, once: see [`Exhaustive`].
pub fn exhaustive() -> Exhaustive {
    Exhaustive::new()
}

/// Every execution graph once, under a memory model: see [`Graphs`].
pub fn graphs(model: Model) -> Graphs {
    Graphs::new(model)
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
