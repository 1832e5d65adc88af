//! The threads of an execution: the first few, of which clocks know without an allocation, and those beyond.

use super::thread::Thread;
use crate::base::{FEW_THREADS, ThreadId};
use std::ops::{Index, IndexMut};

/// All threads there have ever been at once. Those of earlier executions stay, to be reused.
pub(crate) struct Roster {
    few: [Thread; FEW_THREADS],
    more: Vec<Thread>,
}

impl Roster {
    pub(crate) fn new() -> Self {
        Roster { few: std::array::from_fn(|_| Thread::new()), more: Vec::new() }
    }

    /// How many threads there is room for.
    #[inline(always)]
    pub(crate) fn room(&self) -> usize {
        FEW_THREADS + self.more.len()
    }

    /// Room for one more.
    #[cold]
    pub(crate) fn grow(&mut self) {
        self.more.push(Thread::new());
    }

    /// A thread of a number below [`FEW_THREADS`], found without asking whether there is one.
    #[inline(always)]
    pub(crate) fn few(&self, thread: ThreadId) -> &Thread {
        &self.few[thread.index() % FEW_THREADS]
    }

    /// As [`few`](Self::few).
    #[inline(always)]
    pub(crate) fn few_mut(&mut self, thread: ThreadId) -> &mut Thread {
        &mut self.few[thread.index() % FEW_THREADS]
    }

    /// Two different threads.
    #[inline]
    pub(crate) fn pair(&mut self, one: ThreadId, other: ThreadId) -> Option<[&mut Thread; 2]> {
        let Roster { few, more } = self;
        let (one, other) = (one.index(), other.index());
        match (one.checked_sub(FEW_THREADS), other.checked_sub(FEW_THREADS)) {
            (None, None) => few.get_disjoint_mut([one, other]).ok(),
            (None, Some(other)) => Some([few.get_mut(one)?, more.get_mut(other)?]),
            (Some(one), None) => Some([more.get_mut(one)?, few.get_mut(other)?]),
            (Some(one), Some(other)) => more.get_disjoint_mut([one, other]).ok(),
        }
    }

    /// The first `count` of them.
    #[inline]
    pub(crate) fn first(&self, count: u32) -> impl DoubleEndedIterator<Item = &Thread> {
        let few = FEW_THREADS.min(count as usize);
        let more = (count as usize).saturating_sub(FEW_THREADS);
        self.few[..few].iter().chain(&self.more[..more])
    }

    /// As [`first`](Self::first).
    pub(crate) fn first_mut(&mut self, count: u32) -> impl Iterator<Item = &mut Thread> {
        let few = FEW_THREADS.min(count as usize);
        let more = (count as usize).saturating_sub(FEW_THREADS);
        self.few[..few].iter_mut().chain(&mut self.more[..more])
    }
}

impl Index<usize> for Roster {
    type Output = Thread;

    #[inline(always)]
    fn index(&self, index: usize) -> &Thread {
        if index < FEW_THREADS { &self.few[index] } else { &self.more[index - FEW_THREADS] }
    }
}

impl IndexMut<usize> for Roster {
    #[inline(always)]
    fn index_mut(&mut self, index: usize) -> &mut Thread {
        if index < FEW_THREADS { &mut self.few[index] } else { &mut self.more[index - FEW_THREADS] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_threads_on_both_sides_of_the_border() {
        let mut roster = Roster::new();
        (0..4).for_each(|_| roster.grow());
        assert_eq!(roster.room(), 12);
        (0..12).for_each(|n| roster[n].held = n as u32);
        assert_eq!(roster.few(ThreadId(7)).held, 7);
        for (one, other) in [(0, 1), (1, 9), (9, 1), (11, 8)] {
            let [a, b] = roster.pair(ThreadId(one), ThreadId(other)).expect("two threads");
            assert_eq!((a.held, b.held), (one, other));
        }
        assert!(roster.pair(ThreadId(3), ThreadId(3)).is_none());
        assert!(roster.pair(ThreadId(3), ThreadId(12)).is_none());
        assert_eq!(roster.first(10).map(|t| t.held).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        assert_eq!(roster.first_mut(3).count(), 3);
    }
}
