//! The objects of an execution: known by their slots, made at their first use.

use super::clocks::Trail;
use super::execution::Execution;
use super::slot::{MAX_OBJECTS, Slot};
use crate::base::object::State;
use crate::base::{Name, ObjectId, ObjectKind, ThreadId, ThreadSet};

/// An object of the current execution.
pub(crate) struct Object {
    pub(crate) state: State,
    pub(crate) trail: Trail,
    /// Threads that wait for it or whose pending operation it could stop.
    pub(crate) watchers: ThreadSet,
    // Invariant: exposed, watched only by those who wait to take it, a mutex, and no clock has more threads than it has room
    // for. May be false when all that is so.
    pub(crate) quick: bool,
    /// Whether all watchers wait to take it, a mutex, without a time-out.
    pub(crate) only_lockers: bool,
    /// Whether it is known to be met without protection; see [`movers`](super::movers).
    pub(crate) exposed: bool,
    /// The mutex that was held when it was first met.
    pub(crate) guard: Option<ObjectId>,
    pub(crate) kind: ObjectKind,
    pub(crate) name: Name,
    /// Who held it when the execution was over, before the threads were torn down.
    pub(crate) last_holder: Option<ThreadId>,
    /// Where the facade object was at its first use, to know it again when another exploration took its slot.
    address: usize,
}

impl Execution {
    pub(crate) fn objects(&self) -> &[Object] {
        &self.objects[..self.live_objects]
    }

    pub(crate) fn object_mut(&mut self, object: ObjectId) -> &mut Object {
        &mut self.objects[object.index()]
    }

    /// The object behind a slot; on its first use in this execution it begins in the state given.
    #[inline(always)]
    pub(crate) fn object(&mut self, slot: &Slot, begin: impl FnOnce() -> (ObjectKind, State)) -> ObjectId {
        match slot.number(self.epoch) {
            Some(object) => object,
            None => {
                let (kind, state) = begin();
                self.register(slot, kind, state)
            }
        }
    }

    #[inline(never)]
    fn register(&mut self, slot: &Slot, kind: ObjectKind, state: State) -> ObjectId {
        let address = std::ptr::from_ref(slot).addr();
        // Seen by some execution before, and not last by this one: either left from an earlier execution, or shared with an
        // exploration on another OS thread that has taken the slot since.
        let known = if slot.is_fresh() { None } else { self.find(slot, address, kind) };
        known.unwrap_or_else(|| self.add_object(slot, address, kind, state))
    }

    /// The object at `address`, which the slot stands for from now on.
    fn find(&self, slot: &Slot, address: usize, kind: ObjectKind) -> Option<ObjectId> {
        let known = self.objects().iter().rposition(|o| o.address == address && o.kind == kind)?;
        slot.assign(self.epoch, ObjectId(known as u32));
        Some(ObjectId(known as u32))
    }

    /// A new object, which the slot stands for from now on.
    pub(crate) fn add_object(
        &mut self,
        slot: &Slot,
        address: usize,
        kind: ObjectKind,
        state: State,
    ) -> ObjectId {
        let number = self.live_objects;
        assert!(number < MAX_OBJECTS, "a model may use at most {MAX_OBJECTS} objects in one execution");
        let exposed = self.is_born_exposed(number, &state);
        if self.learning.active {
            self.learning.note_begun(ObjectId(number as u32), &state);
        }
        // Under C11 an atomic is more than its newest value.
        let weak = self.weak.active && matches!(state, State::Atomic(_));
        let quick = exposed && !self.many_threads && !weak;
        match self.objects.get_mut(number) {
            Some(object) => {
                state.recycle(&mut object.state);
                object.trail.clear();
                object.watchers.clear();
                object.only_lockers = true;
                object.quick = quick;
                (object.exposed, object.guard) = (exposed, None);
                (object.kind, object.name, object.address) = (kind, slot.name(), address);
            }
            None => {
                let mut trail = Trail::default();
                trail.clear();
                let watchers = ThreadSet::new();
                self.objects.push(Object {
                    state,
                    trail,
                    watchers,
                    quick,
                    only_lockers: true,
                    exposed,
                    guard: None,
                    kind,
                    name: slot.name(),
                    last_holder: None,
                    address,
                });
            }
        }
        self.live_objects += 1;
        let object = ObjectId(number as u32);
        slot.assign(self.epoch, object);
        object
    }
}
