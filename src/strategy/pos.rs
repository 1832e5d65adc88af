//! Partial order sampling.
//!
//! **Paper.** Yuan, Yang and Gu, "Partial order aware concurrency sampling" (CAV 2018).
//!
//! **Guarantee.** Every partial order of the model (its steps with the order of those that conflict) is sampled with a
//! probability above zero, and far more evenly than by a random walk: a step keeps its priority until it is performed,
//! however long others go on meanwhile, and draws another only when it has lost a race, so that one number decides one
//! race. Where one thread writes once and another after `n` steps that concern nobody, the latter writes first with
//! probability `1 / (n + 2)`; in a random walk with `1 / 2^(n + 1)`.
//!
//! **Deviations.**
//! - Starting, ending and joining threads have no priority: they happen as soon as they can.
//! - What a step will meet is known, whether it will change it mostly is not: a pending `try_lock` or compare-exchange is
//!   taken to change its object.
//! - Operations that only ever happen under one lock, and giving locks back, are not scheduled, as under the other
//!   samplers: their order follows from that of taking the lock.
//! - Outcomes, which the paper has not, are uniform.

use super::dice::Dice;
use super::on_and_on;
use super::pending::{Pending, highest};
use super::{Decision, Options, Strategy};
use crate::base::{Operation, Step, ThreadId};
use std::panic::Location;

/// Runs the pending step with the highest random priority; steps that have lost a race draw again.
///
/// ```text
/// arrived:    its priority = random
/// performed:  for each pending step of another thread that conflicts with it { its priority = random }
/// thread:     the enabled one with the highest priority
/// ```
///
/// ```
/// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use selvedge::{Explorer, strategy, thread};
///
/// let report = Explorer::new()
///     .strategy(strategy::pos(7))
///     .executions(100)
///     .explore(|| {
///         static HITS: AtomicU32 = AtomicU32::new(0);
///         let other = thread::spawn(|| HITS.store(HITS.load(SeqCst) + 1, SeqCst));
///         HITS.store(HITS.load(SeqCst) + 1, SeqCst);
///         other.join().unwrap();
///         assert_eq!(HITS.load(SeqCst), 2);
///     })
///     .unwrap();
/// assert!(report.failed());
/// ```
#[derive(Clone, Debug)]
pub struct Pos {
    seed: u64,
    begun: u64,
    walk: Walk,
}

impl Pos {
    /// Every execution follows from `seed` and its index.
    pub fn new(seed: u64) -> Self {
        Pos { seed, begun: 0, walk: Walk::new() }
    }
}

impl Strategy for Pos {
    fn describe(&self) -> String {
        format!("partial order sampling, seed {}", self.seed)
    }

    fn begin(&mut self) -> bool {
        self.walk.begin(Dice::new(self.seed, self.begun));
        self.begun += 1;
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        match options.enabled.as_word() {
            Some(word) if word.is_power_of_two() => on_and_on(ThreadId(word.trailing_zeros())),
            _ => Decision::once(self.walk.highest(options.enabled.iter())),
        }
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        self.walk.dice.below(count)
    }

    fn follows(&self) -> bool {
        true
    }

    fn performed(&mut self, step: &Step) {
        self.walk.performed(step);
    }

    fn arrived(&mut self, thread: ThreadId, operation: &Operation, location: &'static Location<'static>) {
        self.walk.arrived(thread, operation, location);
    }

    fn every_point(&self) -> bool {
        false
    }
}

/// The priorities of one execution.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    pub(super) dice: Dice,
    pub(super) pending: Pending,
    // By thread number: those of the pending steps.
    priorities: Vec<u64>,
}

impl Walk {
    pub(super) fn new() -> Self {
        Walk { dice: Dice::new(0, 0), pending: Pending::default(), priorities: Vec::new() }
    }

    /// A new execution.
    pub(super) fn begin(&mut self, dice: Dice) {
        self.dice = dice;
        self.pending.clear();
        self.priorities.clear();
    }

    pub(super) fn arrived(
        &mut self,
        thread: ThreadId,
        operation: &Operation,
        location: &'static Location<'static>,
    ) {
        self.pending.arrive(thread, operation, location);
        if self.priorities.len() <= thread.index() {
            self.priorities.resize(thread.index() + 1, 0);
        }
        self.priorities[thread.index()] = self.dice.below_long(u64::MAX);
    }

    pub(super) fn performed(&mut self, step: &Step) {
        self.pending.perform(step);
        let Walk { dice, pending, priorities } = self;
        pending.racing(step, |thread| priorities[thread.index()] = dice.below_long(u64::MAX));
    }

    /// The one of some threads, at least one, with the highest priority.
    pub(super) fn highest(&self, threads: impl Iterator<Item = ThreadId>) -> ThreadId {
        highest(threads, &self.priorities).expect("somebody is enabled")
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulator::{Op, Program, Run, run, some};
    use super::*;
    use std::collections::BTreeMap;

    fn executions(program: &Program, seed: u64, count: usize) -> Vec<Run> {
        some(program, &mut Pos::new(seed), count)
    }

    #[test]
    fn a_single_race_goes_either_way_whatever_comes_before_it() {
        // A random walk lets the short thread write last in one of about 2^20 executions.
        let long = [vec![Op::Free; 20], vec![Op::Set(0, 1)]].concat();
        let program = Program::new([long, vec![Op::Set(0, 2)]]);
        let count = 4000;
        let last = executions(&program, 1, count).iter().filter(|r| r.variables[0] == 2).count();
        // The short thread's write has to stay the lowest of all for that: one in 22.
        assert!(last.abs_diff(count / 22) < 60, "{last}");
    }

    #[test]
    fn whoever_loses_a_race_draws_again() {
        // Writers of one variable: each of the orders is equally likely, because each race is decided anew.
        let program = Program::new(vec![vec![Op::Set(0, 1)], vec![Op::Set(0, 2)], vec![Op::Set(0, 3)]]);
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for execution in executions(&program, 3, 6000) {
            *counts.entry(execution.schedule().to_string()).or_default() += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|c| c.abs_diff(1000) < 130), "{counts:?}");
    }

    #[test]
    fn a_seed_gives_the_same_executions() {
        let program = Program::new(vec![vec![Op::Set(0, 1), Op::If(1, 0, 2), Op::Set(1, 1)]; 3]);
        assert_eq!(executions(&program, 5, 50), executions(&program, 5, 50));
        assert_ne!(executions(&program, 5, 50), executions(&program, 6, 50));
    }

    #[test]
    fn does_not_allocate_again() {
        let program = Program::new(vec![vec![Op::Set(0, 1); 5]; 4]);
        let mut strategy = Pos::new(1);
        run(&program, &mut strategy);
        let before = strategy.walk.priorities.as_ptr();
        (0..20).for_each(|_| drop(run(&program, &mut strategy)));
        assert_eq!(strategy.walk.priorities.as_ptr(), before);
    }
}
