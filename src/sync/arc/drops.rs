//! What a drop means to the engine.

use super::address;
use super::answers::{answer, dropped};
use crate::base::{Action, ArcAction, ObjectId};
use crate::engine::current::{self, PointerSteps};
use crate::engine::slot::Slot;
use std::mem;
use std::panic::Location;
use std::sync::Arc as StdArc;

/// The destructor of a value, from its beginning to its end.
pub(super) struct Destructor(());

impl Destructor {
    fn begin() -> Self {
        current::begin_destructor();
        Destructor(())
    }
}

impl Drop for Destructor {
    fn drop(&mut self) {
        current::end_destructor();
    }
}

/// Whether drops of pointers to such a value are steps. Where nothing is to be destroyed, nobody can tell who does it, but by the
/// count.
#[inline]
pub(super) fn are_steps<T: ?Sized>() -> bool {
    match current::pointer_steps() {
        PointerSteps::None => false,
        PointerSteps::Drops => mem::needs_drop::<T>(),
        PointerSteps::AllDrops | PointerSteps::All => true,
    }
}

/// A pointer to the allocation is made from another, or a weak one goes.
#[inline]
pub(super) fn change_count<T: ?Sized>(
    data: *const T,
    slot: &Slot,
    action: ArcAction,
    place: &'static Location<'static>,
) {
    if current::pointer_steps() == PointerSteps::All && !current::is_tearing_down() {
        perform(action, address(data), slot, place);
    }
}

/// A pointer is about to go, inside an exploration. Whoever drops it keeps what is given back until the value's destructor
/// has come to its end.
#[inline]
pub(super) fn let_go<T: ?Sized>(
    data: &StdArc<T>,
    slot: &Slot,
    place: &'static Location<'static>,
) -> Option<Destructor> {
    if are_steps::<T>() {
        let_go_in_turn(data, slot, place);
        return None;
    }
    let address = address(StdArc::as_ptr(data));
    if StdArc::strong_count(data) > 1 {
        current::pointer_dropped(address);
        return None;
    }
    let last = if StdArc::weak_count(data) == 0 {
        current::pointer_gone(address);
        true
    } else {
        let_go_watched(data, slot, place)
    };
    (last && mem::needs_drop::<T>()).then(Destructor::begin)
}

/// As [`let_go`], for the last strong pointer where there are weak ones; whether it is the last still.
#[cold]
fn let_go_watched<T: ?Sized>(data: &StdArc<T>, slot: &Slot, place: &'static Location<'static>) -> bool {
    let address = address(StdArc::as_ptr(data));
    let object = perform(ArcAction::DropLast, address, slot, place);
    // A weak pointer may have been upgraded before our turn came, or be gone.
    let last = StdArc::strong_count(data) == 1;
    current::end_watched(address, last);
    answer(object, address, last, StdArc::weak_count(data) == 0);
    if !last {
        current::pointer_dropped(address);
    }
    last
}

/// As [`let_go`], where drops are steps. All of an allocation's are, so that whether there is a step does not depend on who
/// comes first; only where there has never been another pointer nobody can come first.
#[cold]
fn let_go_in_turn<T: ?Sized>(data: &StdArc<T>, slot: &Slot, place: &'static Location<'static>) {
    let address = address(StdArc::as_ptr(data));
    let alone = StdArc::strong_count(data) == 1 && StdArc::weak_count(data) == 0;
    if alone && !current::knows_pointer(address) {
        return;
    }
    let object = perform(ArcAction::Drop, address, slot, place);
    let last = StdArc::strong_count(data) == 1;
    dropped(object, last);
    match last {
        true if StdArc::weak_count(data) == 0 => current::pointer_gone(address),
        true => current::pointer_alone(address),
        false => current::pointer_dropped(address),
    }
}

fn perform(
    action: ArcAction,
    address: usize,
    slot: &Slot,
    place: &'static Location<'static>,
) -> Option<ObjectId> {
    let object = current::pointer(slot, address)?;
    current::perform_on(object, Action::Arc(action), place);
    Some(object)
}
