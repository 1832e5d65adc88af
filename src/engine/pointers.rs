//! Reference-counted pointers, known by the addresses of their allocations.
//!
//! Most allocations are cloned and dropped and never asked how many pointers there are. So nothing is known of one until
//! a pointer to it goes while others remain, which leaves what its thread knows for whoever is the last, or until somebody
//! looks at its count, which makes it an object.
//!
//! Who drops the last pointer runs the value's destructor. Where that performs operations, it matters who that is, so that
//! drops have to be steps. Most destructors perform none, and steps cost executions: so drops are none until a destructor
//! has been seen to perform an operation. Whoever explores then [begins again](super::Engine::choose_pointer_steps) with drops as
//! steps.
//!
//! Likewise with the end of a value that weak pointers outlive: who drops the last pointer does not matter where that one knows of the
//! other drops. Where he does not it could have been another, and all drops are steps.
//!
//! Likewise with counts: most are looked at only by who knows of all that others have done with their pointers, to take the value
//! out of the last one, say. Where others may yet clone and drop theirs, or could have done so later, all of that are steps.

use super::execution::{Execution, Mode};
use super::fiber::{is_active, with};
use super::slot::Slot;
use crate::base::object::State;
use crate::base::{Action, ObjectId, ObjectKind, Step, ThreadAction, ThreadId, VectorClock};

/// Which operations on reference-counted pointers are steps besides those that ask something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PointerSteps {
    #[default]
    None,
    /// Drops of pointers to values that have something to destroy.
    Drops,
    /// Drops of all pointers that are not weak.
    AllDrops,
    /// All clones and drops, of weak pointers too.
    All,
}

/// The allocations of which something is known in this execution.
#[derive(Default)]
pub(crate) struct Pointers {
    // Those from `live` on are kept for their memory only.
    known: Vec<Allocation>,
    live: usize,
    /// Which operations are steps, in this execution and those to come.
    steps: PointerSteps,
    /// Who is running a destructor, and how many steps there were when it began.
    destructors: Vec<(ThreadId, usize)>,
    /// Whether a destructor has performed an operation.
    acted: bool,
    /// Whether another could have dropped the last pointer where there were weak ones.
    contended: bool,
    /// Whether the destructor of a thread's result that no join takes has performed an operation, in this or an earlier execution.
    pub(crate) result_acted: bool,
}

/// An allocation that several pointers share.
struct Allocation {
    address: usize,
    /// There once somebody has looked at the count.
    object: Option<ObjectId>,
    /// What the pointers that are gone left for the last one.
    left: VectorClock,
    /// What the weak pointers that are gone left for whoever makes sure that there are none.
    left_by_weak: VectorClock,
    /// For each thread, the step that is the first after it dropped one, weak ones included: who does not know of that step cannot
    /// know of the drop.
    drops: VectorClock,
}

impl Pointers {
    pub(crate) fn clear(&mut self) {
        self.live = 0;
        self.destructors.clear();
        self.acted = false;
        self.contended = false;
    }

    /// From now on these operations are steps.
    pub(crate) fn choose_steps(&mut self, steps: PointerSteps) {
        self.steps = steps;
    }

    /// Whether a destructor has performed an operation; one that has not come to its end stands at one.
    fn destructor_acted(&self) -> bool {
        self.acted || !self.destructors.is_empty()
    }

    /// Which operations would have to be steps, after what has been seen of drops in this execution.
    pub(crate) fn matter(&self) -> PointerSteps {
        match (self.contended, self.destructor_acted()) {
            (true, _) => PointerSteps::AllDrops,
            (false, true) => PointerSteps::Drops,
            (false, false) => PointerSteps::None,
        }
    }

    #[inline(always)]
    fn get_mut(&mut self, address: usize) -> Option<&mut Allocation> {
        self.place_of(address).map(|at| &mut self.known[at])
    }

    #[inline(always)]
    fn place_of(&self, address: usize) -> Option<usize> {
        self.known.iter().take(self.live).position(|known| known.address == address)
    }

    fn get_or_add(&mut self, address: usize) -> &mut Allocation {
        match self.place_of(address) {
            Some(at) => &mut self.known[at],
            None => self.add(address),
        }
    }

    fn add(&mut self, address: usize) -> &mut Allocation {
        if self.live == self.known.len() {
            self.known.push(Allocation {
                address,
                object: None,
                left: VectorClock::new(),
                left_by_weak: VectorClock::new(),
                drops: VectorClock::new(),
            });
        }
        let new = &mut self.known[self.live];
        self.live += 1;
        (new.address, new.object) = (address, None);
        new.left.clear();
        new.left_by_weak.clear();
        new.drops.clear();
        new
    }

    #[inline(always)]
    fn forget(&mut self, address: usize) {
        if let Some(at) = self.place_of(address) {
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
        if let Some(object) = self.pointers.get_mut(address).and_then(|known| known.object) {
            slot.assign(self.epoch(), object);
            return object;
        }
        let object = self.add_object(slot, address, ObjectKind::Arc, State::Arc);
        self.pointers.get_or_add(address).object = Some(object);
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
        let (known, clock) = self.note_drop(address);
        known.left.join(clock);
    }

    /// A weak pointer of the running thread's goes. It leaves nothing for the last of those that are not weak.
    #[inline]
    pub(crate) fn weak_dropped(&mut self, address: usize) {
        let (known, clock) = self.note_drop(address);
        known.left_by_weak.join(clock);
    }

    /// A pointer of the running thread's goes; the allocation, and what the thread knows.
    #[inline(always)]
    fn note_drop(&mut self, address: usize) -> (&mut Allocation, &VectorClock) {
        let (me, offset) = (self.running, self.steps.len() as u32);
        let clock = &mut self.threads[me.index()].knows.clock;
        clock.set(me, offset);
        let known = self.pointers.get_or_add(address);
        known.drops.set(me, offset + 1);
        (known, clock)
    }

    /// The running thread looks at a count; `alone` if it has the only pointer, and no weak one is left. What it sees is all that it
    /// could see here if nobody else has a pointer, and it knows of what those did who had: then nobody can tell whether that
    /// were steps.
    pub(crate) fn look_at_count(&mut self, address: usize, alone: bool) {
        if self.pointers.steps == PointerSteps::All {
            return;
        }
        self.count_seen |= !(alone && self.knows_of_drops(address));
    }

    /// The running thread has come to drop the last pointer where there are weak ones; whether it still was the last then.
    pub(crate) fn end_watched(&mut self, address: usize, last: bool) {
        self.pointers.contended |= !(last && self.knows_of_drops(address));
    }

    /// Whether the running thread knows of all drops of pointers to the allocation.
    fn knows_of_drops(&mut self, address: usize) -> bool {
        let (me, threads) = (self.running, self.live_threads);
        let knows = &self.threads[me.index()].knows.clock;
        let others = || (0..threads).map(ThreadId).filter(|thread| *thread != me);
        let Some(known) = self.pointers.get_mut(address) else { return true };
        others().all(|thread| known.drops.get(thread) <= knows.get(thread))
    }

    /// The running thread has the only pointer left: all that others did with theirs came before.
    #[inline]
    pub(crate) fn pointer_alone(&mut self, address: usize) {
        if let Some(known) = self.pointers.get_mut(address) {
            self.threads[self.running.index()].knows.clock.join(&known.left);
        }
    }

    /// The running thread, which has the [only pointer left](Self::pointer_alone), has made sure that there is no weak one either.
    pub(crate) fn pointer_unique(&mut self, address: usize) {
        if let Some(known) = self.pointers.get_mut(address) {
            self.threads[self.running.index()].knows.clock.join(&known.left_by_weak);
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

impl Execution {
    /// The running thread has dropped the last pointer to a value, and runs its destructor now.
    fn begin_destructor(&mut self) {
        self.pointers.destructors.push((self.running, self.steps.len()));
    }

    /// The destructor that the running thread began last has come to its end.
    fn end_destructor(&mut self) {
        let me = self.running;
        let Some(last) = self.pointers.destructors.iter().rposition(|(thread, _)| *thread == me) else {
            return;
        };
        let (_, from) = self.pointers.destructors.remove(last);
        let acts = |step: &Step| {
            let spawns = matches!(step.operation.action, Action::Thread(ThreadAction::Spawn(_)));
            step.thread == me && (step.operation.is_point() || spawns)
        };
        // When all is torn down, it is unwound from the operation that it stood at.
        let unwound = self.mode == Mode::TearingDown;
        self.pointers.acted |= unwound || self.steps.since(from).any(acts);
    }
}

/// Which operations on reference-counted pointers are steps.
#[inline]
pub(crate) fn pointer_steps() -> PointerSteps {
    if is_active() { with(|execution| execution.pointers.steps) } else { PointerSteps::None }
}

/// The caller has come to drop the last pointer where there are weak ones: see [`Execution::end_watched`].
pub(crate) fn end_watched(address: usize, last: bool) {
    with(|execution| execution.end_watched(address, last));
}

/// The caller, which has the only pointer left, has made sure that there is no weak one either.
pub(crate) fn pointer_unique(address: usize) {
    with(|execution| execution.pointer_unique(address));
}

/// A weak pointer of the caller's goes.
pub(crate) fn weak_dropped(address: usize) {
    with(|execution| execution.weak_dropped(address));
}

/// The caller has looked at the count of the allocation at `address`: see [`Execution::look_at_count`].
pub(crate) fn look_at_count(address: usize, alone: bool) {
    with(|execution| execution.look_at_count(address, alone));
}

/// Whether anything is known of the allocation at `address`.
pub(crate) fn knows_pointer(address: usize) -> bool {
    with(|execution| execution.pointers.get_mut(address).is_some())
}

/// The caller has dropped the last pointer to a value, and runs its destructor until [`end_destructor`].
pub(crate) fn begin_destructor() {
    with(|execution| execution.begin_destructor());
}

/// The destructor has come to its end.
pub(crate) fn end_destructor() {
    if is_active() {
        with(|execution| execution.end_destructor());
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
