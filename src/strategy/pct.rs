//! Probabilistic concurrency testing.
//!
//! **Paper.** Burckhardt, Kothari, Musuvathi and Nagarakatti, "A randomized scheduler with probabilistic guarantees of
//! finding bugs" (ASPLOS 2010).
//!
//! **Guarantee.** A bug of depth `d` (it takes `d` orderings between steps to make it happen) in a program of `n` threads
//! and at most `k` choices is found by one execution with probability at least `1 / (n · k^(d-1))`.
//!
//! **Deviations.**
//! - `k` is learned: the longest execution so far, and [`FIRST_GUESS`] for the first one.
//! - `n` need not be known: a thread draws its priority when it is first seen enabled.
//! - A change point acts on the thread that is about to run, where the paper's acts on the one that has just run. So the
//!   very first step can be put off too, and a step is put off even when its thread has just got the turn.
//! - A thread that yields drops below all others, for else a spin loop of the thread on top would never end. Change points
//!   after that drop below the threads that have yielded. Without yields the order is the paper's, which other
//!   implementations give up: threads dropped by change points rank among themselves at random, not the latest last.
//! - Outcomes, which the paper has not, are uniform.

use super::dice::Dice;
use super::{Decision, Options, Strategy};
use crate::base::{Error, ThreadId, ThreadSet};

/// How many choices the first execution is taken to have: small tests mostly have fewer than that, and where it is too
/// small the first execution merely has its changes early.
const FIRST_GUESS: u64 = 24;

/// Runs the enabled thread with the highest random priority, and drops priorities at `depth - 1` random choices.
///
/// ```text
/// begin:   floor = 0
///          change points = depth - 1 pairs (uniform position below k, level), the levels being 1, 2, …
/// thread:  every thread first seen draws a random priority above 0
///          if the current thread yields { floor -= depth; its priority = floor }
///          for each change point reached { priority of the highest enabled thread = floor - its level }
///          the highest enabled thread, until the next change point
/// end:     k = longest execution so far
/// ```
///
/// It is asked only when threads become enabled or disabled, at yields and at change points.
#[derive(Clone, Debug)]
pub struct Pct {
    depth: u32,
    seed: u64,
    begun: u64,
    longest: u64,
    dice: Dice,
    // By thread number. Invariant: at least 0 if random, negative if dropped; drops are distinct.
    priorities: Vec<i64>,
    // Position and level, sorted; those before `next` are spent.
    changes: Vec<(u64, u32)>,
    next: usize,
    // Invariant: no thread is below, except those dropped by change points since the last yield.
    floor: i64,
}

impl Pct {
    /// For bugs of depth up to `depth`; every execution follows from `seed` and the lengths of those before it.
    ///
    /// # Errors
    ///
    /// When `depth` is 0.
    pub fn new(depth: u32, seed: u64) -> Result<Self, Error> {
        if depth == 0 {
            return Err(Error::new(
                "a bug of depth 0 happens in every execution",
                "at the depth of PCT",
                "give 1 or more; most bugs need no more than 3",
            ));
        }
        Ok(Pct {
            depth,
            seed,
            begun: 0,
            longest: 0,
            dice: Dice::new(seed, 0),
            priorities: Vec::new(),
            changes: Vec::new(),
            next: 0,
            floor: 0,
        })
    }

    fn admit(&mut self, thread: ThreadId) {
        while self.priorities.len() <= thread.index() {
            self.priorities.push(self.dice.below_long(1 << 63) as i64);
        }
    }

    fn highest(&self, enabled: &ThreadSet) -> ThreadId {
        enabled.iter().max_by_key(|t| self.priorities[t.index()]).expect("somebody is enabled")
    }
}

impl Strategy for Pct {
    fn describe(&self) -> String {
        format!("probabilistic concurrency testing of depth {}, seed {}", self.depth, self.seed)
    }

    fn begin(&mut self) -> bool {
        self.dice = Dice::new(self.seed, self.begun);
        self.begun += 1;
        self.priorities.clear();
        self.floor = 0;
        self.next = 0;
        self.changes.clear();
        let k = if self.longest == 0 { FIRST_GUESS } else { self.longest };
        // More changes than there are choices make no difference.
        let most = u32::try_from(k).unwrap_or(u32::MAX);
        for level in 1..self.depth.min(most.saturating_add(1)) {
            self.changes.push((self.dice.below_long(k), level));
        }
        self.changes.sort_unstable();
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        self.admit(options.current);
        options.enabled.iter().for_each(|t| self.admit(t));
        if options.yielding {
            self.floor -= i64::from(self.depth);
            self.priorities[options.current.index()] = self.floor;
        }
        while let Some((_, level)) = self.changes.get(self.next).filter(|c| c.0 <= options.position) {
            let running = self.highest(options.enabled);
            self.priorities[running.index()] = self.floor - i64::from(*level);
            self.next += 1;
        }
        let until = self.changes.get(self.next).map_or(u64::MAX, |c| c.0);
        let run = u32::try_from(until - options.position).unwrap_or(u32::MAX);
        Decision { thread: self.highest(options.enabled), run }
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        self.dice.below(count)
    }

    fn end(&mut self, choices: u64) {
        self.longest = self.longest.max(choices);
    }

    fn every_point(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulator::{Op, Program, Run, run, some};
    use super::*;
    use proptest::prelude::*;

    fn executions(program: &Program, depth: u32, seed: u64, count: usize) -> Vec<Run> {
        some(program, &mut Pct::new(depth, seed).expect("a depth"), count)
    }

    /// Asserts that variable 3 is set at least as often as the paper promises, within four standard deviations.
    fn assert_guarantee(program: &Program, depth: u32, threads: u32, longest: u32) {
        let count = 30_000;
        let runs = executions(program, depth, 1, count);
        assert_eq!(runs.iter().map(|r| r.choices.len()).max(), Some(longest as usize));
        let found = runs.iter().filter(|r| r.variables[3] == 1).count() as f64;
        let promised = count as f64 / (f64::from(threads) * f64::from(longest).powi(depth as i32 - 1));
        assert!(found > promised - 4.0 * promised.sqrt(), "depth {depth}: {found} of {promised} promised");
    }

    #[test]
    fn depth_1_is_found_as_often_as_promised() {
        // The other thread must come first.
        let program = Program::new([vec![Op::Set(0, 1)], vec![Op::If(0, 1, 2), Op::Set(3, 1)]]);
        assert_guarantee(&program, 1, 2, 3);
    }

    #[test]
    fn depth_2_is_found_as_often_as_promised() {
        // The second thread must look between the two writes.
        let writer = vec![Op::Set(0, 1), Op::Set(0, 0)];
        let looker = vec![Op::If(0, 1, 2), Op::Goto(9), Op::Set(3, 1)];
        assert_guarantee(&Program::new([writer, looker]), 2, 2, 4);
    }

    #[test]
    fn depth_3_is_found_as_often_as_promised() {
        // A chain: each thread must look between the two writes of the one before.
        let first = vec![Op::Set(0, 1), Op::Set(0, 0)];
        let second = vec![Op::If(0, 1, 2), Op::Goto(9), Op::Set(1, 1), Op::Set(1, 0)];
        let third = vec![Op::If(1, 1, 2), Op::Goto(9), Op::Set(3, 1)];
        assert_guarantee(&Program::new([first, second, third]), 3, 3, 7);
    }

    #[test]
    fn dropped_threads_rank_at_random_among_themselves() {
        let program = Program::new([vec![Op::Free; 2], vec![Op::Free; 2], vec![Op::Free]]);
        let runs = executions(&program, 3, 1, 2000);
        let seen = |text: &str| runs.iter().any(|r| r.schedule().to_string() == text);
        assert!(seen("a b c a b"), "the first one dropped is above the second");
        assert!(seen("a b c b a"), "and below it");
    }

    /// The producer announces the end without notifying: a consumer that has looked before waits for ever.
    fn bounded_queue() -> Program {
        let (queue, done) = (0, 1);
        let producer = vec![Op::Lock(0), Op::Set(queue, 1), Op::Notify(0), Op::Unlock(0), Op::Set(done, 1)];
        let consumer = vec![
            Op::Lock(0),
            Op::If(queue, 1, 7),
            Op::If(done, 1, 5),
            Op::Wait(0),
            Op::Goto(1),
            Op::Unlock(0),
            Op::Goto(99),
            Op::Set(queue, 0),
            Op::Unlock(0),
            Op::Goto(0),
        ];
        let main = vec![Op::Start(1), Op::Start(2)];
        Program::new([main, producer, consumer]).later(&[1, 2])
    }

    #[test]
    fn finds_the_lost_wakeup_of_the_bounded_queue_at_once() {
        for depth in [2, 3] {
            let tries = |seed| {
                1 + executions(&bounded_queue(), depth, seed, 40).iter().position(|r| r.deadlocked).unwrap()
            };
            let mut tries: Vec<usize> = (0..101).map(tries).collect();
            tries.sort_unstable();
            assert!(tries[50] <= 3, "depth {depth}: {tries:?}");
        }
    }

    #[test]
    fn spin_loops_end() {
        let spin = vec![Op::If(0, 1, 3), Op::Yield, Op::Goto(0)];
        let program = Program::new([spin.clone(), spin.clone(), vec![Op::Set(0, 1)], spin]);
        for execution in executions(&program, 3, 1, 500) {
            assert!(!execution.endless && execution.choices.len() < 40, "{execution:?}");
        }
    }

    #[test]
    fn rejects_depth_0() {
        let error = Pct::new(0, 1).unwrap_err().to_string();
        assert!(error.contains("give 1 or more"), "{error}");
    }

    #[test]
    fn a_depth_beyond_all_choices_is_that_of_every_choice() {
        let deep = executions(&bounded_queue(), u32::MAX, 1, 20);
        assert!(deep.iter().any(|run| run.preemptions > 3));
        let mut strategy = Pct::new(u32::MAX, 1).expect("a depth");
        some(&bounded_queue(), &mut strategy, 20);
        assert!(strategy.changes.len() as u64 <= strategy.longest.max(FIRST_GUESS));
    }

    #[test]
    fn does_not_allocate_again() {
        let mut strategy = Pct::new(3, 1).expect("a depth");
        let mut sizes = || {
            run(&bounded_queue(), &mut strategy);
            (strategy.priorities.capacity(), strategy.changes.capacity(), strategy.priorities.as_ptr())
        };
        assert_eq!(sizes(), sizes());
    }

    proptest! {
        #[test]
        fn switches_no_more_often_than_its_depth_allows(
            seed in any::<u64>(), depth in 1u32..6, threads in 1usize..80, steps in 1usize..9,
        ) {
            for execution in executions(&Program::free(threads, steps), depth, seed, 5) {
                prop_assert!(execution.asked < threads as u64 + u64::from(depth));
                // The first thread counts as current, so that beginning with another is a preemption.
                prop_assert!(execution.preemptions <= depth);
            }
        }

        #[test]
        fn same_seed_same_executions(seed in any::<u64>(), depth in 1u32..5) {
            prop_assert_eq!(executions(&bounded_queue(), depth, seed, 6), executions(&bounded_queue(), depth, seed, 6));
        }
    }
}
