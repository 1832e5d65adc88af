//! Identifiers: plain indices, stable under replay because they are given out in the order of events.

use std::fmt;

/// A thread of an execution, numbered in the order of spawning; the thread that runs the model is number 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u32);

impl ThreadId {
    /// The thread that runs the model itself.
    pub const MAIN: ThreadId = ThreadId(0);

    /// The number as an index.
    #[inline(always)]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for ThreadId {
    /// The letter code used in schedules: `a` to `z`, then `aa`, `ab`, …
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = [0u8; 8];
        let mut at = letters.len();
        let mut rest = u64::from(self.0) + 1;
        while rest > 0 {
            at -= 1;
            letters[at] = b'a' + ((rest - 1) % 26) as u8;
            rest = (rest - 1) / 26;
        }
        f.pad(std::str::from_utf8(&letters[at..]).expect("letters are ASCII"))
    }
}

/// An object of an execution, numbered in the order of first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub u32);

impl ObjectId {
    /// Stands for "no object": operations such as a fence or a yield meet nothing.
    pub const NONE: ObjectId = ObjectId(u32::MAX);

    /// The number as an index.
    #[inline(always)]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_count_like_columns_of_a_sheet() {
        let name = |n| ThreadId(n).to_string();
        assert_eq!(
            (name(0), name(25), name(26), name(27)),
            ("a".into(), "z".into(), "aa".into(), "ab".into())
        );
        assert_eq!(name(26 + 26 * 26), "aaa");
        assert_eq!(name(u32::MAX - 1).len(), 7);
    }
}
