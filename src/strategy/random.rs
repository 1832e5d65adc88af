//! The random walk.
//!
//! **Paper.** None is needed; for what it is good and bad at, see Thomson, Donaldson and Betts, "Concurrency testing
//! using controlled schedulers" (ACM TOPC 2016), where it found more bugs than depth-first search on most programs.
//!
//! **Guarantee.** At each choice each enabled thread is equally likely, and so is each outcome: an execution with
//! choices among `n1`, `n2`, … has probability `1 / (n1 · n2 · …)`, which is never zero.
//!
//! **Deviation.** Yields are not honoured: a thread that spins is as likely to go on as any other. Choices are drawn ahead,
//! and dropped when the enabled threads change; nothing is drawn while a single thread is enabled. Neither changes a
//! probability, because the draws depend on nothing but the enabled threads.

use super::dice::Dice;
use super::{Decision, Options, Strategy, on_and_on};
use crate::base::ThreadId;

/// Chooses uniformly among the enabled threads, and among outcomes.
///
/// ```text
/// begin:    dice = numbers of (seed, index of the execution)
/// thread:   one of the enabled threads, for one choice
/// ahead:    one of the enabled threads for each choice asked for
/// outcome:  one of the outcomes
/// ```
///
/// The numbers of execution `k` depend on the seed and `k` alone, so that it can be repeated without those before it:
///
/// ```
/// use selvedge::strategy::{Strategy, random};
///
/// let mut again = random(42).starting_at(17);
/// assert!(again.begin());
/// assert_eq!(again.execution(), 17);
/// assert_eq!(again.describe(), "random walk, seed 42, from execution 17");
/// ```
#[derive(Clone, Debug)]
pub struct Random {
    dice: Dice,
    seed: u64,
    start: u64,
    begun: u64,
}

impl Random {
    /// A walk whose every execution follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Random { dice: Dice::new(seed, 0), seed, start: 0, begun: 0 }
    }

    /// Begins with execution number `execution`, counted from zero, as if those before it had been run.
    pub fn starting_at(self, execution: u64) -> Self {
        Random { start: execution, begun: 0, ..self }
    }

    /// The number of the execution begun last, for [`starting_at`](Random::starting_at).
    pub fn execution(&self) -> u64 {
        self.start.wrapping_add(self.begun.saturating_sub(1))
    }
}

impl Strategy for Random {
    fn describe(&self) -> String {
        match self.start {
            0 => format!("random walk, seed {}", self.seed),
            start => format!("random walk, seed {}, from execution {start}", self.seed),
        }
    }

    fn begin(&mut self) -> bool {
        self.begun += 1;
        self.dice = Dice::new(self.seed, self.execution());
        true
    }

    #[inline]
    fn thread(&mut self, options: &Options<'_>) -> Decision {
        match options.enabled.as_word() {
            Some(word) if word & (word - 1) == 0 => on_and_on(ThreadId(word.trailing_zeros())),
            _ => Decision::once(self.dice.member(options.enabled)),
        }
    }

    /// All of them, unless a single thread is enabled, which is better answered with a long run.
    fn ahead(&mut self, options: &Options<'_>, ahead: &mut [ThreadId]) -> usize {
        if options.enabled.as_word().is_some_and(|word| word & (word - 1) == 0) {
            return 0;
        }
        self.dice.members(options.enabled, ahead);
        ahead.len()
    }

    #[inline]
    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        self.dice.below(count)
    }

    fn every_point(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulator::{Op, Program, Run, some};
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn executions(program: &Program, mut strategy: Random, count: usize) -> Vec<Run> {
        some(program, &mut strategy, count)
    }

    #[test]
    fn each_interleaving_has_the_probability_of_its_path() {
        // Of the paths aabb, abab, abba, … those that end in a thread running alone are likelier.
        let program = Program::free(2, 2);
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for execution in executions(&program, Random::new(5), 8000) {
            *counts.entry(execution.schedule().to_string()).or_default() += 1;
        }
        let expected =
            [("a2 b2", 4), ("a b a b", 8), ("a b2 a", 8), ("b a2 b", 8), ("b a b a", 8), ("b2 a2", 4)];
        assert_eq!(counts.len(), expected.len());
        for (schedule, one_in) in expected {
            let mean = 8000 / one_in;
            assert!(counts[schedule].abs_diff(mean) < mean / 8, "{counts:?}");
        }
    }

    #[test]
    fn outcomes_are_equally_likely() {
        let program = Program::new([vec![Op::Choose(5)]]);
        let mut counts = [0u32; 5];
        for execution in executions(&program, Random::new(9), 5000) {
            counts[execution.choices[0].outcome as usize] += 1;
        }
        assert!(counts.iter().all(|c| c.abs_diff(1000) < 130), "{counts:?}");
    }

    #[test]
    fn a_lone_thread_needs_one_question() {
        let execution = &executions(&Program::free(1, 1000), Random::new(1), 1)[0];
        assert_eq!((execution.choices.len(), execution.asked), (1000, 1));
    }

    proptest! {
        #[test]
        fn an_execution_can_be_repeated_alone(seed in any::<u64>(), k in 0usize..20) {
            let program = Program::free(3, 6);
            let all = executions(&program, Random::new(seed), k + 1);
            let alone = executions(&program, Random::new(seed).starting_at(k as u64), 1);
            prop_assert_eq!(&all[k], &alone[0]);
        }
    }
}
