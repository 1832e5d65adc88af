//! How much there is below pieces of work that have not been done, and so how much there is in all.
//!
//! The trees of an exhaustive search are lopsided: most pieces have next to nothing below them and a few have nearly all.
//! Random probes that take each branch with the same probability (Knuth, "Estimating the efficiency of backtrack programs",
//! 1975) hardly ever come upon those few. So a probe is a beam: of all pieces of a level a few are visited, likely ones
//! being those that are likely to be large, and each stands for as many as its probability says (stratified sampling in the
//! manner of Chen, "Heuristic sampling", SIAM J. Comput. 1992; unequal probabilities as Horvitz and Thompson have them). What
//! is likely to be large is learned from the beams before, by kinds of pieces that are alike. However bad that guess, the
//! sum is right on average; the better it is, the less it varies.
//!
//! Nothing is visited twice for it: what a beam visits counts as visited, and what it passes over is left to do. All of it
//! depends on nothing but the seed and the tree.

use std::collections::BTreeMap;

/// What tells pieces apart that differ in size.
pub(super) type Kind = (u32, u32);

/// A piece that a beam has visited: its kind, how many pieces it stands for, and the kinds of those below it.
pub(super) type Sampled = (Kind, f64, Vec<Kind>);

/// How large pieces of each kind are on average, as far as beams have told.
#[derive(Clone, Debug, Default)]
pub(super) struct Sizes {
    kinds: BTreeMap<Kind, Seen>,
    /// The mean over the kinds.
    mean: f64,
}

#[derive(Clone, Debug)]
struct Seen {
    weight: f64,
    /// How many pieces of each kind were below those seen.
    below: BTreeMap<Kind, f64>,
    size: f64,
}

/// The most kinds that are told apart.
const MOST_KINDS: usize = 4096;

impl Sizes {
    pub(super) fn note(&mut self, (kind, weight, below): &Sampled) {
        let kind = coarse(*kind);
        if self.kinds.len() >= MOST_KINDS && !self.kinds.contains_key(&kind) {
            return;
        }
        let empty = || Seen { weight: 0.0, below: BTreeMap::new(), size: 1.0 };
        let seen = self.kinds.entry(kind).or_insert_with(empty);
        seen.weight += weight;
        for kind in below {
            *seen.below.entry(coarse(*kind)).or_default() += weight;
        }
    }

    /// Works the sizes out from what is below each kind, by going over them until they hardly change.
    pub(super) fn settle(&mut self) {
        let kinds: Vec<Kind> = self.kinds.keys().copied().collect();
        // Where the size of a kind is found, be it that of the nearest one.
        let place = |kind: &Kind| kinds.partition_point(|other| other <= kind).saturating_sub(1);
        let counts = |seen: &Seen| seen.below.iter().map(|(kind, count)| (place(kind), *count)).collect();
        let below: Vec<Vec<(usize, f64)>> = self.kinds.values().map(counts).collect();
        let weights: Vec<f64> = self.kinds.values().map(|seen| seen.weight).collect();
        let mut sizes: Vec<f64> = self.kinds.values().map(|seen| seen.size).collect();
        for _ in 0..40 {
            let mut change = 0.0f64;
            for (number, below) in below.iter().enumerate() {
                let below: f64 = below.iter().map(|(place, count)| count * sizes[*place]).sum();
                // Kinds may lie below each other in a circle: then there is no telling.
                let size = (1.0 + below / weights[number]).min(1e15);
                change = change.max((size - sizes[number]).abs() / size);
                sizes[number] = size;
            }
            if change < 1e-3 {
                break;
            }
        }
        self.mean = sizes.iter().sum::<f64>() / sizes.len().max(1) as f64;
        self.kinds.values_mut().zip(sizes).for_each(|(seen, size)| seen.size = size);
    }

    /// What a piece may come to where its size matters to whether it is looked at: of what is not known better say much, and
    /// it will be known.
    pub(super) fn at_most(&self, kind: Kind) -> f64 {
        let kind = coarse(kind);
        if let Some(seen) = self.kinds.get(&kind) {
            return seen.size;
        }
        let next = self.kinds.range(kind..).next().map_or(1.0, |(_, seen)| seen.size);
        self.of(kind).max(next).max(self.mean)
    }

    /// The size of a piece; where none of its kind has been seen, that of the nearest kind.
    pub(super) fn of(&self, kind: Kind) -> f64 {
        let kind = coarse(kind);
        let before = self.kinds.range(..=kind).next_back();
        before.or_else(|| self.kinds.iter().next()).map_or(1.0, |(_, seen)| seen.size)
    }
}

/// Large numbers that hardly differ count as the same.
fn coarse((a, b): Kind) -> Kind {
    let round = |n: u32| {
        let spare = (26 - n.leading_zeros().min(26)).min(26);
        n >> spare << spare
    };
    (round(a), round(b))
}

/// Some things, `width` at most, each with the number of things that it stands for; and the others.
///
/// A thing is chosen with a probability in proportion to its weight and size, those that come to more than one for sure.
pub(super) fn choose<T>(
    things: Vec<(T, f64)>,
    width: usize,
    mut size: impl FnMut(&T) -> (Kind, f64),
    chance: f64,
) -> (Vec<(T, f64)>, Vec<T>) {
    if things.len() <= width {
        return (things, Vec::new());
    }
    let sized = things.iter().map(|(thing, weight)| (size(thing), weight));
    let (kinds, measures): (Vec<Kind>, Vec<f64>) =
        sized.map(|((kind, size), weight)| (kind, size * weight)).unzip();
    let mut order: Vec<usize> = (0..things.len()).collect();
    // Sorted by kind, so that a choice at regular distances takes something of every kind.
    order.sort_by_key(|&index| kinds[index]);
    let probabilities = probabilities(&measures, width);
    let mut chosen = vec![false; things.len()];
    let mut sum = 0.0;
    for index in order {
        let next = sum + probabilities[index];
        chosen[index] = probabilities[index] >= 1.0 || (next - chance).floor() > (sum - chance).floor();
        sum = if probabilities[index] >= 1.0 { sum } else { next };
    }
    let (mut some, mut others) = (Vec::with_capacity(width), Vec::with_capacity(things.len()));
    for (index, (thing, weight)) in things.into_iter().enumerate() {
        match chosen[index] {
            true => some.push((thing, weight / probabilities[index].min(1.0))),
            false => others.push(thing),
        }
    }
    (some, others)
}

/// Probabilities in proportion to the measures that come to `width` in all, none above 1.
fn probabilities(measures: &[f64], width: usize) -> Vec<f64> {
    let mut largest: Vec<f64> = measures.to_vec();
    largest.sort_by(|a, b| b.total_cmp(a));
    let mut rest: f64 = largest.iter().sum();
    let (mut places, mut sure) = (width as f64, 0);
    while sure < width && largest[sure] * places >= rest {
        rest -= largest[sure];
        places -= 1.0;
        sure += 1;
    }
    let bound = if sure == 0 { f64::INFINITY } else { largest[sure - 1] };
    let mut left = sure;
    let mut probability = |measure: f64| {
        if measure >= bound && left > 0 {
            left -= 1;
            return 1.0;
        }
        if rest > 0.0 { (measure * places / rest).min(1.0 - 1e-12) } else { 0.0 }
    };
    measures.iter().map(|measure| probability(*measure)).collect()
}

/// Estimates of the whole, the later ones counting for more as they rest on more that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Estimates {
    weights: f64,
    squared_weights: f64,
    sum: f64,
    squares: f64,
}

impl Estimates {
    pub(super) fn add(&mut self, estimate: f64, weight: f64) {
        self.weights += weight;
        self.squared_weights += weight * weight;
        self.sum += weight * estimate;
        self.squares += weight * estimate * estimate;
    }

    /// How many executions there are in all, and by how much that may well be wrong. `run` have been, and for what is left to
    /// do the sizes say `expected` in all.
    pub(super) fn value(&self, run: f64, expected: f64) -> Option<(f64, f64)> {
        if self.weights == 0.0 {
            return None;
        }
        let mean = self.sum / self.weights;
        // Where kinds lie below each other in a circle their sizes mean nothing.
        let expected = expected.clamp(mean / 4.0, mean * 4.0).max(run);
        let variance = (self.squares / self.weights - mean * mean).max(0.0);
        let independent = self.weights * self.weights / self.squared_weights;
        let deviation = if independent > 1.5 { (variance / (independent - 1.0)).sqrt() } else { mean / 2.0 };
        // The sizes are up to date, the mean is right on average; the more has been run, the less it has to say.
        let known = (run / expected).clamp(0.5, 1.0);
        let value = known * expected + (1.0 - known) * mean;
        let spread = (1.0 - known) * 2.0 * (deviation + (mean - expected).abs());
        Some((value, spread))
    }
}

/// A number in [0, 1) for each three numbers.
pub(super) fn chance(seed: u64, round: u64, index: u64) -> f64 {
    let mut x = seed ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0xff51_afd7_ed55_8ccd] {
        x = (x ^ (x >> 30)).wrapping_mul(factor);
    }
    ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_stands_for_all_of_it_on_average() {
        let sizes = [1.0, 50.0, 2.0, 2.0, 7.0, 1.0, 1.0, 30.0];
        let whole: f64 = sizes.iter().sum();
        let mut sum = 0.0;
        for round in 0..4_000 {
            let things: Vec<(usize, f64)> = (0..sizes.len()).map(|index| (index, 1.0)).collect();
            // The guess at the sizes is a bad one, and the mean is right all the same.
            let guess = |index: &usize| ((0, *index as u32), sizes[*index].sqrt());
            let (some, others) = choose(things, 3, guess, chance(1, round, 0));
            assert_eq!((some.len(), others.len()), (3, 5));
            sum += some.iter().map(|(index, weight)| sizes[*index] * weight).sum::<f64>();
        }
        assert!((sum / 4_000.0 / whole - 1.0).abs() < 0.03, "{}", sum / 4_000.0);
    }

    #[test]
    fn sizes_follow_from_what_is_below() {
        let mut sizes = Sizes::default();
        sizes.note(&((3, 0), 1.0, vec![(2, 0), (2, 0)]));
        sizes.note(&((2, 0), 1.0, vec![(1, 0)]));
        sizes.note(&((2, 0), 1.0, vec![]));
        sizes.note(&((1, 0), 5.0, vec![]));
        sizes.settle();
        assert_eq!([(1, 0), (2, 0), (3, 0), (9, 9)].map(|kind| sizes.of(kind)), [1.0, 1.5, 4.0, 4.0]);
    }
}
