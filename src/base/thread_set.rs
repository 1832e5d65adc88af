//! A set of threads: one word for the first 64, spilled to the heap beyond.

use super::ThreadId;

/// A set of [`ThreadId`]s. The first 64 threads cost one word and no allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ThreadSet {
    first: u64,
    // Invariant: never ends in a zero word after `remove`, `clear` or `insert` (so that equality is set equality).
    more: Vec<u64>,
}

impl ThreadSet {
    /// The empty set.
    pub const fn new() -> Self {
        ThreadSet { first: 0, more: Vec::new() }
    }

    /// Whether `thread` is in the set.
    #[inline(always)]
    pub fn contains(&self, thread: ThreadId) -> bool {
        if thread.0 < 64 { self.first >> thread.0 & 1 == 1 } else { self.contains_spilled(thread) }
    }

    /// Puts `thread` in.
    #[inline(always)]
    pub fn insert(&mut self, thread: ThreadId) {
        if thread.0 < 64 { self.first |= 1 << thread.0 } else { self.insert_spilled(thread) }
    }

    /// Takes `thread` out.
    #[inline(always)]
    pub fn remove(&mut self, thread: ThreadId) {
        if thread.0 < 64 { self.first &= !(1 << thread.0) } else { self.remove_spilled(thread) }
    }

    /// Puts `thread` in or takes it out.
    #[inline(always)]
    pub fn set(&mut self, thread: ThreadId, present: bool) {
        if present { self.insert(thread) } else { self.remove(thread) }
    }

    /// Puts all members of `others` in; whether any of them was not.
    #[inline]
    pub(crate) fn insert_all(&mut self, others: &ThreadSet) -> bool {
        let mut news = others.first & !self.first;
        self.first |= others.first;
        if self.more.len() < others.more.len() {
            self.more.resize(others.more.len(), 0);
        }
        for (mine, theirs) in self.more.iter_mut().zip(&others.more) {
            news |= theirs & !*mine;
            *mine |= theirs;
        }
        news != 0
    }

    /// Takes all members of `others` out; whether any of them was in.
    #[inline]
    pub(crate) fn remove_all(&mut self, others: &ThreadSet) -> bool {
        let mut gone = others.first & self.first;
        self.first &= !others.first;
        for (mine, theirs) in self.more.iter_mut().zip(&others.more) {
            gone |= theirs & *mine;
            *mine &= !theirs;
        }
        while self.more.last() == Some(&0) {
            self.more.pop();
        }
        gone != 0
    }

    /// Whether nobody is in it.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.first | self.more.len() as u64 == 0
    }

    /// The members below 64, where there are no others.
    #[inline(always)]
    pub(crate) fn few(&self) -> u64 {
        self.first
    }

    /// Replaces the members, where none is 64 or more.
    #[inline(always)]
    pub(crate) fn set_few(&mut self, members: u64) {
        self.first = members;
    }

    /// As [`remove`](Self::remove), where nobody's number is 64 or more.
    #[inline(always)]
    pub(crate) fn remove_few(&mut self, thread: ThreadId) {
        self.first &= !(1 << (thread.0 % 64));
    }

    /// The only member; `None` if there are others, or it is 64 or more.
    #[inline(always)]
    pub(crate) fn sole(&self) -> Option<ThreadId> {
        let sole = self.first & self.first.wrapping_sub(1) == 0 && self.first != 0 && self.more.is_empty();
        sole.then(|| ThreadId(self.first.trailing_zeros()))
    }

    /// How many are in it.
    #[inline(always)]
    pub fn len(&self) -> u32 {
        let first = self.first.count_ones();
        if self.more.is_empty() {
            first
        } else {
            first + self.more.iter().map(|w| w.count_ones()).sum::<u32>()
        }
    }

    /// Empties the set; keeps the allocation.
    pub fn clear(&mut self) {
        self.first = 0;
        self.more.clear();
    }

    /// The thread with the least number.
    #[inline]
    pub fn first(&self) -> Option<ThreadId> {
        self.iter().next()
    }

    /// The `n`th thread in the order of numbers, counted from zero.
    ///
    /// # Panics
    ///
    /// When the set has no more than `n` members.
    #[inline]
    pub fn nth(&self, n: u32) -> ThreadId {
        let here = self.first.count_ones();
        if n < here {
            let mut word = self.first;
            for _ in 0..n {
                word &= word - 1;
            }
            return ThreadId(word.trailing_zeros());
        }
        self.nth_spilled(n - here)
    }

    /// The members in the order of numbers.
    #[inline]
    pub fn iter(&self) -> Iter<'_> {
        Iter { word: self.first, base: 0, more: &self.more }
    }

    /// The sole word when all members are below 64, for callers with a fast path.
    #[inline(always)]
    pub fn as_word(&self) -> Option<u64> {
        self.more.is_empty().then_some(self.first)
    }

    #[cold]
    fn contains_spilled(&self, thread: ThreadId) -> bool {
        self.more.get(thread.index() / 64 - 1).is_some_and(|w| w >> (thread.0 % 64) & 1 == 1)
    }

    #[cold]
    fn insert_spilled(&mut self, thread: ThreadId) {
        let word = thread.index() / 64 - 1;
        if self.more.len() <= word {
            self.more.resize(word + 1, 0);
        }
        self.more[word] |= 1 << (thread.0 % 64);
    }

    #[cold]
    fn remove_spilled(&mut self, thread: ThreadId) {
        let word = thread.index() / 64 - 1;
        if let Some(bits) = self.more.get_mut(word) {
            *bits &= !(1 << (thread.0 % 64));
        }
        while self.more.last() == Some(&0) {
            self.more.pop();
        }
    }

    #[cold]
    fn nth_spilled(&self, n: u32) -> ThreadId {
        let spilled = Iter { word: 0, base: 0, more: &self.more };
        spilled.into_iter().nth(n as usize).expect("the set has more than n members")
    }
}

impl FromIterator<ThreadId> for ThreadSet {
    fn from_iter<I: IntoIterator<Item = ThreadId>>(threads: I) -> Self {
        let mut set = ThreadSet::new();
        threads.into_iter().for_each(|t| set.insert(t));
        set
    }
}

impl<'a> IntoIterator for &'a ThreadSet {
    type Item = ThreadId;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Iterates over a [`ThreadSet`] in the order of numbers.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    word: u64,
    base: u32,
    more: &'a [u64],
}

impl Iterator for Iter<'_> {
    type Item = ThreadId;

    #[inline]
    fn next(&mut self) -> Option<ThreadId> {
        while self.word == 0 {
            let (next, rest) = self.more.split_first()?;
            self.word = *next;
            self.more = rest;
            self.base += 64;
        }
        let bit = self.word.trailing_zeros();
        self.word &= self.word - 1;
        Some(ThreadId(self.base + bit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn behaves_like_a_sorted_set(ops in proptest::collection::vec((0u32..200, any::<bool>()), 0..60)) {
            let (mut ours, mut reference) = (ThreadSet::new(), BTreeSet::new());
            for (n, insert) in ops {
                ours.set(ThreadId(n), insert);
                if insert { reference.insert(n); } else { reference.remove(&n); }
            }
            prop_assert_eq!(ours.iter().map(|t| t.0).collect::<Vec<_>>(), reference.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(ours.len() as usize, reference.len());
            prop_assert_eq!(ours.is_empty(), reference.is_empty());
            prop_assert_eq!(ours.first().map(|t| t.0), reference.first().copied());
            for (i, n) in reference.iter().enumerate() {
                prop_assert_eq!(ours.nth(i as u32), ThreadId(*n));
                prop_assert!(ours.contains(ThreadId(*n)));
            }
            prop_assert_eq!(ours, reference.into_iter().map(ThreadId).collect());
        }

        #[test]
        fn all_at_once_is_one_after_the_other(
            mine in proptest::collection::btree_set(0u32..200, 0..30),
            theirs in proptest::collection::btree_set(0u32..200, 0..30),
        ) {
            let set = |members: &BTreeSet<u32>| members.iter().copied().map(ThreadId).collect::<ThreadSet>();
            let (mut both, mut rest) = (set(&mine), set(&mine));
            prop_assert_eq!(both.insert_all(&set(&theirs)), !theirs.is_subset(&mine));
            prop_assert_eq!(both, set(&mine.union(&theirs).copied().collect()));
            prop_assert_eq!(rest.remove_all(&set(&theirs)), !theirs.is_disjoint(&mine));
            prop_assert_eq!(rest, set(&mine.difference(&theirs).copied().collect()));
        }
    }
}
