//! What ties a Python object to the engine, and to the execution in which it was made.

use crate::base::object::State;
use crate::base::{Name, ObjectId, ObjectKind};
use crate::engine::current;
use crate::engine::slot::Slot;
use std::sync::Arc;

/// An object's place in the execution in which it was made.
#[derive(Debug)]
pub(super) struct Identity {
    slot: Slot,
}

impl Identity {
    /// # Panics
    ///
    /// Outside of an exploration.
    #[track_caller]
    pub(super) fn new() -> Self {
        require_exploration();
        Identity { slot: Slot::new() }
    }

    #[inline(always)]
    pub(super) fn object(&self, begin: impl FnOnce() -> (ObjectKind, State)) -> ObjectId {
        let mut stale = false;
        let object = current::object(&self.slot, || {
            // Seen before and now for the first time in this execution: it is left from an earlier one.
            stale = !self.slot.is_fresh();
            begin()
        });
        match object {
            Some(object) if !stale => object,
            _ => foreign(),
        }
    }

    #[track_caller]
    pub(super) fn rename(&mut self, name: Name) {
        assert!(self.slot.is_fresh(), "give a Python object its name before its first use");
        self.slot = std::mem::replace(&mut self.slot, Slot::new()).named(name);
    }
}

/// Names the object behind a handle.
///
/// # Panics
///
/// When the handle was cloned already, or used.
#[track_caller]
pub(super) fn rename<T>(handle: &mut Arc<T>, name: Name, identity: impl FnOnce(&mut T) -> &mut Identity) {
    let object = Arc::get_mut(handle).expect("give a Python object its name before it is shared");
    identity(object).rename(name);
}

/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub(super) fn require_exploration() {
    assert!(
        current::is_active(),
        "Python's primitives are for models: make and use them inside of the closure that is explored"
    );
}

#[cold]
fn foreign() -> ! {
    require_exploration();
    panic!("a Python object belongs to the execution in which it was made: make it inside of the model");
}
