//! Vector clocks: who knows of whose steps.

use super::ThreadId;

/// How many threads a clock has room for without an allocation.
pub(crate) const INLINE: usize = 8;

/// A vector clock whose entry for a thread is the trace offset of that thread's last step known.
///
/// Offsets grow along the trace, so nothing ever ticks: a step `s` of thread `t` happened before a point whose clock is
/// `c` exactly when `c.get(t) >= s`. Eight threads cost no allocation.
#[derive(Debug, Default)]
pub struct VectorClock {
    lanes: [i32; INLINE],
    more: Vec<i32>,
    // How often it has learned from another clock, where more than eight threads may be known of.
    lessons: u32,
}

impl VectorClock {
    /// The clock that knows of nothing.
    pub const fn new() -> Self {
        VectorClock { lanes: [0; INLINE], more: Vec::new(), lessons: 0 }
    }

    /// As [`get`](Self::get), where nobody's number is 8 or more.
    #[inline(always)]
    pub(crate) fn get_few(&self, thread: ThreadId) -> u32 {
        self.lanes[thread.index() % INLINE] as u32
    }

    /// As [`set`](Self::set), where nobody's number is 8 or more.
    #[inline(always)]
    pub(crate) fn set_few(&mut self, thread: ThreadId, offset: u32) {
        self.lanes[thread.index() % INLINE] = offset as i32;
    }

    /// As [`join`](Self::join), where nobody's number is 8 or more.
    #[inline(always)]
    pub(crate) fn join_few(&mut self, other: &VectorClock) {
        // Copied first, so that the compiler sees that it may take several lanes at a time.
        let (mut mine, theirs) = (self.lanes, other.lanes);
        for (mine, theirs) in mine.iter_mut().zip(&theirs) {
            *mine = (*mine).max(*theirs);
        }
        self.lanes = mine;
    }

    /// As [`copy_from`](Self::copy_from), where nobody's number is 8 or more.
    #[inline(always)]
    pub(crate) fn copy_few(&mut self, other: &VectorClock) {
        self.lanes = other.lanes;
    }

    /// The offset known of `thread`; zero when none is.
    #[inline(always)]
    pub fn get(&self, thread: ThreadId) -> u32 {
        let index = thread.index();
        let lane = if index < INLINE { self.lanes[index] } else { self.spilled(index) };
        lane as u32
    }

    /// Sets the offset known of `thread`.
    #[inline(always)]
    pub fn set(&mut self, thread: ThreadId, offset: u32) {
        let index = thread.index();
        if index < INLINE {
            self.lanes[index] = offset as i32;
        } else if let Some(lane) = self.more.get_mut(index - INLINE) {
            *lane = offset as i32;
        } else {
            self.set_spilled(index, offset);
        }
    }

    /// Learns all that `other` knows.
    #[inline(always)]
    pub fn join(&mut self, other: &VectorClock) {
        self.lessons = self.lessons.wrapping_add(1);
        self.join_few(other);
        if !other.more.is_empty() {
            self.join_spilled(other);
        }
    }

    /// Becomes a copy of `other`, reusing its own allocation.
    #[inline(always)]
    pub fn copy_from(&mut self, other: &VectorClock) {
        self.lessons = self.lessons.wrapping_add(1);
        self.lanes = other.lanes;
        if self.more.len() | other.more.len() != 0 {
            self.copy_spilled(other);
        }
    }

    /// Forgets everything; keeps its allocation.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.lessons = self.lessons.wrapping_add(1);
        self.lanes = [0; INLINE];
        if !self.more.is_empty() {
            self.more.clear();
        }
    }

    /// A number that changes whenever more changes than what is [set](Self::set), once the clock [is long](Self::is_long).
    #[inline(always)]
    pub(crate) fn lessons(&self) -> u64 {
        self.lessons.into()
    }

    /// Whether somebody of a number of 8 or more is known.
    #[inline(always)]
    pub(crate) fn is_long(&self) -> bool {
        !self.more.is_empty()
    }

    /// Whether all that this clock knows is also known to `other`.
    pub fn le(&self, other: &VectorClock) -> bool {
        let spilled = |i: usize| other.more.get(i).copied().unwrap_or(0);
        self.lanes.iter().zip(&other.lanes).all(|(mine, theirs)| mine <= theirs)
            && self.more.iter().enumerate().all(|(i, mine)| *mine <= spilled(i))
    }

    #[inline(always)]
    fn spilled(&self, index: usize) -> i32 {
        self.more.get(index - INLINE).copied().unwrap_or(0)
    }

    #[cold]
    fn set_spilled(&mut self, index: usize, offset: u32) {
        let index = index - INLINE;
        if self.more.len() <= index {
            self.more.resize(index + 1, 0);
        }
        self.more[index] = offset as i32;
    }

    #[cold]
    fn join_spilled(&mut self, other: &VectorClock) {
        if self.more.len() < other.more.len() {
            self.more.resize(other.more.len(), 0);
        }
        for (mine, theirs) in self.more.iter_mut().zip(&other.more) {
            *mine = (*mine).max(*theirs);
        }
    }

    #[cold]
    fn copy_spilled(&mut self, other: &VectorClock) {
        self.more.clear();
        self.more.extend_from_slice(&other.more);
    }
}

impl Clone for VectorClock {
    fn clone(&self) -> Self {
        VectorClock { lanes: self.lanes, more: self.more.clone(), lessons: self.lessons }
    }
}

impl PartialEq for VectorClock {
    fn eq(&self, other: &Self) -> bool {
        self.le(other) && other.le(self)
    }
}

impl Eq for VectorClock {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clock(entries: &[(u32, u32)]) -> VectorClock {
        let mut clock = VectorClock::new();
        entries.iter().for_each(|&(t, o)| clock.set(ThreadId(t), o));
        clock
    }

    fn entries() -> impl proptest::strategy::Strategy<Value = Vec<(u32, u32)>> {
        proptest::collection::vec((0u32..20, 0u32..1000), 0..12)
    }

    proptest! {
        #[test]
        fn join_is_the_least_upper_bound(a in entries(), b in entries()) {
            let (a, b) = (clock(&a), clock(&b));
            let mut joined = a.clone();
            joined.join(&b);
            prop_assert!(a.le(&joined) && b.le(&joined));
            for t in (0..20).map(ThreadId) {
                prop_assert_eq!(joined.get(t), a.get(t).max(b.get(t)));
            }
        }

        #[test]
        fn a_copy_knows_the_same(a in entries(), b in entries()) {
            let a = clock(&a);
            let mut copy = clock(&b);
            copy.copy_from(&a);
            prop_assert!(a.le(&copy) && copy.le(&a));
        }
    }
}
