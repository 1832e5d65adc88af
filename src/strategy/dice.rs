//! The random numbers of the sampling strategies: cheap, value-stable, and repeatable execution by execution.
//!
//! The generator is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), started afresh for each execution from the strategy's seed
//! and the execution's index, so that any one execution can be repeated without those before it. Most executions draw a
//! handful of numbers, so that what it costs to start matters more than how long it takes to repeat itself: it is a single
//! word, and a million executions of a million numbers each use a twenty-millionth of its period. Small numbers are drawn in
//! batches (Brackett-Rozinsky and Lemire, "Batched ranged random integer generation", 2024): a word of 64 bits, read as
//! a fraction, is multiplied by `n`; the whole part is the number drawn and the fraction serves the next draw:
//!
//! ```text
//! below(n):  spent *= n
//!            if spent > 2^32 { rest = 64 fresh bits; spent = n }
//!            (number, rest) = rest * n
//! ```
//!
//! As long as the product of the bounds stays within 2^32, each number is off the uniform by less than 2^-32.

use crate::base::{ThreadId, ThreadSet};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

const BATCH: u64 = 1 << 32;

/// A source of random numbers for one execution.
#[derive(Clone, Debug)]
pub(super) struct Dice {
    source: SplitMix64,
    rest: u64,
    // Invariant: the product of the bounds drawn from `rest` since it was fresh; at most BATCH.
    spent: u64,
}

impl Dice {
    /// The numbers of execution number `execution` under `seed`.
    ///
    /// The generator's seed is `seed` xor the first SplitMix64 number of `execution`: for one seed, no two executions
    /// share it, and neighbouring seeds have nothing in common.
    pub(super) fn new(seed: u64, execution: u64) -> Self {
        let start = seed ^ SplitMix64::seed_from_u64(execution).next_u64();
        Dice { source: SplitMix64::seed_from_u64(start), rest: 0, spent: BATCH }
    }

    /// A number below `n`, which is at least 1.
    #[inline(always)]
    pub(super) fn below(&mut self, n: u32) -> u32 {
        self.spent *= u64::from(n);
        if self.spent > BATCH {
            self.refill();
            self.spent = u64::from(n);
        }
        let product = u128::from(self.rest) * u128::from(n);
        self.rest = product as u64;
        (product >> 64) as u32
    }

    #[inline(never)]
    fn refill(&mut self) {
        self.rest = self.source.next_u64();
    }

    /// A number below `n`, which is at least 1 and may be large.
    pub(super) fn below_long(&mut self, n: u64) -> u64 {
        ((u128::from(self.source.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// One of the threads of a set that is not empty.
    #[inline(always)]
    pub(super) fn member(&mut self, set: &ThreadSet) -> ThreadId {
        match set.as_word() {
            Some(word) => ThreadId(self.bit(word)),
            None => self.member_counted(set),
        }
    }

    /// One of the bits that are set: a guess between the lowest and the highest, which mostly hits because threads are
    /// numbered densely. Counting bits would be exact at once, but without a machine instruction for it costs more.
    #[inline(always)]
    fn bit(&mut self, word: u64) -> u32 {
        let (low, window, width) = window(word);
        if is_dense(window) {
            return low + self.below(width);
        }
        self.bit_guessed(word)
    }

    #[inline(never)]
    fn bit_guessed(&mut self, word: u64) -> u32 {
        let (low, window, width) = window(word);
        for _ in 0..2 {
            let guess = self.below(width);
            if window >> guess & 1 == 1 {
                return low + guess;
            }
        }
        self.bit_counted(word)
    }

    /// Draws a member of a set that is not empty for each place.
    #[inline(always)]
    pub(super) fn members(&mut self, set: &ThreadSet, places: &mut [ThreadId]) {
        if let Some(word) = set.as_word()
            && let (low, window, width) = window(word)
            && is_dense(window)
        {
            places.iter_mut().for_each(|place| *place = ThreadId(low + self.below(width)));
        } else {
            places.iter_mut().for_each(|place| *place = self.member(set));
        }
    }

    #[cold]
    fn bit_counted(&mut self, mut word: u64) -> u32 {
        for _ in 0..self.below(word.count_ones()) {
            word &= word - 1;
        }
        word.trailing_zeros()
    }

    #[cold]
    fn member_counted(&mut self, set: &ThreadSet) -> ThreadId {
        let n = self.below(set.len());
        set.nth(n)
    }
}

/// The lowest bit set, the bits from there on, and how many there are up to the highest one set.
#[inline(always)]
fn window(word: u64) -> (u32, u64, u32) {
    let low = word.trailing_zeros();
    let window = word >> low;
    (low, window, 64 - window.leading_zeros())
}

/// Whether no bit is missing, so that a first guess hits.
#[inline(always)]
fn is_dense(window: u64) -> bool {
    window & window.wrapping_add(1) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// How far counts are from equal, in standard deviations of the chi-square statistic.
    fn unevenness(counts: &[u32]) -> f64 {
        let mean = counts.iter().sum::<u32>() as f64 / counts.len() as f64;
        let freedom = counts.len() as f64 - 1.0;
        let chi_square: f64 = counts.iter().map(|&c| (f64::from(c) - mean).powi(2) / mean).sum();
        (chi_square - freedom) / (2.0 * freedom).sqrt()
    }

    #[test]
    fn members_are_equally_likely() {
        let dense: Vec<u32> = (1..5).collect();
        for members in [dense, vec![0, 2, 3, 7], vec![5, 63], vec![0, 9, 40, 62], vec![1, 70, 129]] {
            let set: ThreadSet = members.iter().map(|&n| ThreadId(n)).collect();
            let mut dice = Dice::new(1, 0);
            let mut counts = vec![0; members.len()];
            for _ in 0..20_000 {
                let thread = dice.member(&set);
                counts[members.iter().position(|&n| n == thread.0).expect("a member")] += 1;
            }
            assert!(unevenness(&counts).abs() < 4.0, "{members:?}: {counts:?}");
        }
    }

    #[test]
    fn numbers_of_a_batch_are_independent() {
        let mut dice = Dice::new(7, 7);
        let mut counts = [0; 3 * 5 * 2 * 3];
        for _ in 0..90_000 {
            let (a, b, c, d) = (dice.below(3), dice.below(5), dice.below(2), dice.below(3));
            counts[(((a * 5 + b) * 2 + c) * 3 + d) as usize] += 1;
        }
        assert!(unevenness(&counts).abs() < 4.0, "{counts:?}");
    }

    #[test]
    fn neighbouring_executions_and_seeds_differ() {
        let mut firsts: Vec<u64> = (0..100)
            .flat_map(|seed| (0..100).map(move |k| Dice::new(seed, k).below_long(u64::MAX)))
            .collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 10_000);
    }

    #[test]
    fn numbers_never_change_between_releases() {
        let mut dice = Dice::new(42, 3);
        let numbers: Vec<u32> = (0..12).map(|_| dice.below(10)).collect();
        assert_eq!(numbers, [2, 6, 4, 3, 2, 0, 7, 5, 0, 3, 4, 3]);
    }

    proptest! {
        #[test]
        fn stays_below(seed in any::<u64>(), bounds in proptest::collection::vec(1u32.., 1..50)) {
            let mut dice = Dice::new(seed, 0);
            for n in bounds {
                prop_assert!(dice.below(n) < n);
                prop_assert!(dice.below_long(u64::from(n)) < u64::from(n));
                prop_assert_eq!(dice.below(1), 0);
            }
        }
    }
}
