//! Reference-counted pointers, known by the addresses of their allocations.
//!
//! Most allocations are cloned and dropped and never asked how many pointers there are. So nothing is known of one until
//! a pointer to it goes while others remain, which leaves what its thread knows for whoever is the last, or until somebody
//! looks at its count, which makes it an object.

use super::execution::Execution;
use super::slot::Slot;
use crate::base::object::State;
use crate::base::{ObjectId, ObjectKind, VectorClock};

/// The allocations of which something is known in this execution.
#[derive(Default)]
pub(crate) struct Pointers {
    // Those from `live` on are kept for their memory only.
    known: Vec<Allocation>,
    live: usize,
}

/// An allocation that several pointers share.
struct Allocation {
    address: usize,
    /// There once somebody has looked at the count.
    object: Option<ObjectId>,
    /// What the pointers that are gone left for the last one.
    left: VectorClock,
}

impl Pointers {
    pub(crate) fn clear(&mut self) {
        self.live = 0;
    }

    #[inline(always)]
    fn get_mut(&mut self, address: usize) -> Option<&mut Allocation> {
        self.known.iter_mut().take(self.live).find(|known| known.address == address)
    }

    fn add(&mut self, address: usize) -> &mut Allocation {
        if self.live == self.known.len() {
            self.known.push(Allocation { address, object: None, left: VectorClock::new() });
        }
        let new = &mut self.known[self.live];
        self.live += 1;
        (new.address, new.object) = (address, None);
        new.left.clear();
        new
    }

    #[inline(always)]
    fn forget(&mut self, address: usize) {
        if let Some(at) = self.known.iter().take(self.live).position(|known| known.address == address) {
            self.live -= 1;
            if at != self.live {
                self.known.swap(at, self.live);
            }
        }
    }
}

impl Execution {
    /// The allocation at `address` as an object, for an operation on its count.
    pub(crate) fn pointer(&mut self, slot: &Slot, address: usize) -> ObjectId {
        if let Some(object) = slot.number(self.epoch()) {
            return object;
        }
        let known = self.pointers.get_mut(address).and_then(|known| known.object);
        let object = match known {
            Some(object) => {
                slot.assign(self.epoch(), object);
                object
            }
            None => self.add_object(slot, address, ObjectKind::Arc, State::Arc),
        };
        match self.pointers.get_mut(address) {
            Some(known) => known.object = Some(object),
            None => self.pointers.add(address).object = Some(object),
        }
        object
    }

    /// An allocation has just been made: whatever was known of one at the same address is about another.
    #[inline(always)]
    pub(crate) fn pointer_made(&mut self, address: usize) {
        if self.pointers.live > 0 {
            self.pointers.forget(address);
        }
    }

    /// A pointer of the running thread's goes, and others remain. No step: nobody can observe it by itself.
    #[inline]
    pub(crate) fn pointer_dropped(&mut self, address: usize) {
        let (me, offset) = (self.running, self.steps.len() as u32);
        let knows = &mut self.threads[me.index()].knows;
        knows.clock.set(me, offset);
        match self.pointers.get_mut(address) {
            Some(known) => known.left.join(&knows.clock),
            None => self.pointers.add(address).left.copy_from(&knows.clock),
        }
    }

    /// The running thread has the only pointer left: all that others did with theirs came before.
    #[inline]
    pub(crate) fn pointer_alone(&mut self, address: usize) {
        if let Some(known) = self.pointers.get_mut(address) {
            self.threads[self.running.index()].knows.clock.join(&known.left);
        }
    }

    /// As [`pointer_alone`](Self::pointer_alone), for a pointer that goes too, with the allocation.
    #[inline]
    pub(crate) fn pointer_gone(&mut self, address: usize) {
        if self.pointers.live > 0 {
            self.pointer_alone(address);
            self.pointers.forget(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_an_allocation_until_it_is_gone() {
        let mut pointers = Pointers::default();
        pointers.add(8).object = Some(ObjectId(1));
        pointers.add(16).left.set(crate::base::ThreadId(0), 7);
        assert_eq!(pointers.get_mut(8).and_then(|known| known.object), Some(ObjectId(1)));
        pointers.forget(8);
        assert!(pointers.get_mut(8).is_none() && pointers.get_mut(16).is_some());
        assert_eq!(pointers.add(24).object, None);
        pointers.clear();
        assert!(pointers.get_mut(16).is_none());
        assert_eq!(pointers.add(16).left, VectorClock::new());
    }
}
