//! The wishes that were worth keeping, and all pairs known.

use super::super::dice::Dice;
use super::reads::{BEGINNING, Pair, Reads};
use std::collections::BTreeMap;

/// How many wishes are kept at most; the oldest go first.
const MOST_WISHES: usize = 64;
/// How many pairs a wish has at most.
const MOST_PAIRS: usize = 6;
/// After so many wishes that were in vain, a pair is taken for one that cannot be.
const MANY: u32 = 24;

/// What has been learned from the executions so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Corpus {
    /// The pairs that two steps could make, because they have met one object in one execution.
    pairs: BTreeMap<Pair, Known>,
    /// Wishes of executions that have shown something new. The empty wish is always among them.
    kept: Vec<Vec<Pair>>,
    /// How many of the pairs have been shown.
    shown: usize,
}

/// What is known of a pair.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// How many executions have shown it.
    shown: u32,
    /// How many were to show it.
    wished: u32,
}

impl Corpus {
    /// How many pairs have been shown.
    pub(super) fn shown(&self) -> usize {
        self.shown
    }

    /// Whether a pair could be.
    pub(super) fn knows(&self, pair: Pair) -> bool {
        self.pairs.contains_key(&pair)
    }

    /// Writes the next wish over `wish`.
    ///
    /// ```text
    /// wish = one of those kept, or nothing
    /// add    a pair not shown, of those wished for least often    (now and then, or where there is none: one shown least often)
    /// remove another pair, now and then
    /// ```
    pub(super) fn wish(&mut self, dice: &mut Dice, wish: &mut Vec<Pair>) {
        wish.clear();
        let chosen = dice.below(1 + self.kept.len() as u32) as usize;
        if let Some(kept) = chosen.checked_sub(1) {
            wish.extend_from_slice(&self.kept[kept]);
        }
        if !wish.is_empty() && dice.below(4) == 0 {
            wish.swap_remove(dice.below(wish.len() as u32) as usize);
        }
        let unseen = if dice.below(8) == 0 { None } else { self.rarest(dice, |known| known.shown == 0) };
        // What has been wished for often and never come is mostly impossible.
        let hopeful = unseen.filter(|pair| self.pairs[pair].wished < MANY || dice.below(8) == 0);
        let Some(pair) = hopeful.or_else(|| self.rarest(dice, |known| known.shown > 0)) else { return };
        if let Some(known) = self.pairs.get_mut(&pair) {
            known.wished += 1;
        }
        // A look finds one thing at a time.
        wish.retain(|other| other.look != pair.look);
        if wish.len() == MOST_PAIRS {
            wish.remove(0);
        }
        wish.push(pair);
    }

    /// One of the pairs wished for least often among those for which `fits`.
    fn rarest(&self, dice: &mut Dice, fits: impl Fn(&Known) -> bool) -> Option<Pair> {
        let least = self.pairs.values().filter(|known| fits(known)).map(|known| known.wished).min()?;
        let equals = |(_, known): &(&Pair, &Known)| fits(known) && known.wished == least;
        let count = self.pairs.iter().filter(equals).count() as u32;
        self.pairs.iter().filter(equals).nth(dice.below(count) as usize).map(|(pair, _)| *pair)
    }

    /// An execution that was to fulfil `wish` has ended.
    pub(super) fn learn(&mut self, reads: &mut Reads, wish: &[Pair]) {
        for met in reads.objects() {
            for &look in &met.looks {
                for &write in met.writes.iter().chain(&[BEGINNING]) {
                    self.pairs.entry(Pair { look, write }).or_default();
                }
            }
        }
        let mut new = false;
        for pair in reads.shown() {
            let known = self.pairs.entry(*pair).or_default();
            new |= known.shown == 0;
            self.shown += usize::from(known.shown == 0);
            known.shown = known.shown.saturating_add(1);
        }
        if new && !wish.is_empty() && !self.kept.iter().any(|kept| kept == wish) {
            if self.kept.len() == MOST_WISHES {
                self.kept.remove(0);
            }
            self.kept.push(wish.to_vec());
        }
    }
}
