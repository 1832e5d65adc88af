//! The states that a search has met, so that none is searched twice.
//!
//! With each are kept the threads that slept there: what they would do was tried elsewhere. Where the same state is met again
//! and some of them are awake, only those are left to try (Godefroid, 1996, "state space caching and sleep sets").

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// The most states kept.
pub(super) const MOST_STATES: usize = 400_000;

/// The states met, each with the threads that slept at all times.
#[derive(Debug, Default)]
pub(super) struct Visited(BTreeMap<u128, u64>);

/// What is left to try at a state.
pub(super) struct Left {
    /// A bit for each thread.
    pub(super) awake: u64,
    /// The threads that need not go next, some of which were tried when the state was met before.
    pub(super) asleep: u64,
}

impl Visited {
    /// Meets a state, given the threads that could go on and those that sleep; `None` when nothing is left to try.
    pub(super) fn meet(
        &mut self,
        state: u128,
        place: impl Hash,
        candidates: u64,
        asleep: u64,
    ) -> Option<Left> {
        let mut key = Key(state);
        place.hash(&mut key);
        let Some(before) = self.0.get_mut(&key.0) else {
            if self.0.len() < MOST_STATES {
                self.0.insert(key.0, asleep);
            }
            return Some(Left { awake: candidates & !asleep, asleep });
        };
        let missing = *before & !asleep & candidates;
        *before &= asleep;
        (missing != 0).then_some(Left { awake: missing, asleep: asleep | candidates & !missing })
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// A fingerprint to which more is added.
struct Key(u128);

impl Hasher for Key {
    fn finish(&self) -> u64 {
        self.0 as u64
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let mixed = (self.0 ^ u128::from(*byte)).wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645);
            self.0 = mixed ^ mixed >> 67;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meet(visited: &mut Visited, candidates: u64, asleep: u64) -> Option<(u64, u64)> {
        visited.meet(7, "here", candidates, asleep).map(|left| (left.awake, left.asleep))
    }

    #[test]
    fn a_state_met_again_is_left_but_for_those_who_slept() {
        let mut visited = Visited::default();
        assert_eq!(meet(&mut visited, 0b111, 0b110), Some((0b001, 0b110)));
        assert_eq!(meet(&mut visited, 0b111, 0b110), None);
        assert_eq!(meet(&mut visited, 0b111, 0b100), Some((0b010, 0b101)));
        assert_eq!(meet(&mut visited, 0b111, 0b111), None);
        assert_eq!(meet(&mut visited, 0b111, 0b000), Some((0b100, 0b011)));
        assert_eq!(meet(&mut visited, 0b111, 0b000), None);
        assert!(visited.meet(7, "there", 0b111, 0).is_some());
        assert_eq!(visited.len(), 2);
    }
}
