//! What a facade object carries so that the engine knows it again.

use crate::base::{Name, ObjectId};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const NUMBER_BITS: u32 = 24;

/// The most objects that one execution can tell apart.
pub(crate) const MAX_OBJECTS: usize = (1 << NUMBER_BITS) - 1;

/// The number of an execution, unique in the process, as slots keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

impl Epoch {
    /// Before the first execution.
    pub(crate) const NONE: Epoch = Epoch(0);

    /// Execution number `count`, counted from 1.
    pub(crate) fn new(count: u64) -> Self {
        Epoch(count << NUMBER_BITS)
    }

    /// The number of the execution.
    pub(crate) fn number(self) -> u64 {
        self.0 >> NUMBER_BITS
    }
}

/// A facade object's place in the current execution: which execution last saw it, and its number there.
///
/// Both are packed into one word, read and written relaxed: a `static` may be shared by explorations on several OS
/// threads, each of which takes a word that is not its own for "not mine" and looks the object up by its address.
#[derive(Debug)]
pub(crate) struct Slot {
    word: AtomicU64,
    name: Name,
}

impl Slot {
    pub(crate) const fn new() -> Self {
        Slot { word: AtomicU64::new(0), name: Name::NONE }
    }

    /// The same object under a name.
    pub(crate) const fn named(self, name: Name) -> Self {
        // A slot is named when its object is made, before any execution has seen it.
        Slot { word: AtomicU64::new(0), name }
    }

    /// A second handle to the same object (a clone of a reference-counted pointer).
    pub(crate) fn duplicate(&self) -> Self {
        Slot { word: AtomicU64::new(self.word.load(Relaxed)), name: self.name }
    }

    pub(crate) fn name(&self) -> Name {
        self.name
    }

    /// Its number in execution `epoch`, if that execution was the last to see it; otherwise something beyond all numbers. So
    /// that one comparison tells both whether there is such an object, and whether it is this one.
    #[inline(always)]
    pub(crate) fn place(&self, epoch: Epoch) -> usize {
        (self.word.load(Relaxed) ^ epoch.0) as usize
    }

    /// The number in execution `epoch`, if that execution was the last to see it.
    #[inline(always)]
    pub(crate) fn number(&self, epoch: Epoch) -> Option<ObjectId> {
        let place = self.place(epoch);
        (place <= MAX_OBJECTS).then_some(ObjectId(place as u32))
    }

    /// Whether any execution has seen it.
    pub(crate) fn is_fresh(&self) -> bool {
        self.word.load(Relaxed) == 0
    }

    pub(crate) fn assign(&self, epoch: Epoch, object: ObjectId) {
        self.word.store(epoch.0 | u64::from(object.0), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_number_only_in_the_execution_that_gave_it() {
        let slot = Slot::new().named(Name::new("x"));
        assert!(slot.is_fresh());
        let (seven, eight) = (Epoch::new(7), Epoch::new(8));
        slot.assign(seven, ObjectId(3));
        assert_eq!(slot.number(seven), Some(ObjectId(3)));
        assert_eq!(slot.place(seven), 3);
        assert_eq!(slot.number(eight), None);
        assert!(slot.place(eight) > MAX_OBJECTS);
        assert_eq!(slot.duplicate().number(seven), Some(ObjectId(3)));
        assert!(!slot.is_fresh());
    }
}
