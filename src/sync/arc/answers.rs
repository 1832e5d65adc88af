//! What the facade alone knows of an operation on a count: what came of it.

use crate::base::{ObjectId, Outcome};
use crate::engine::current;

/// Completes a step that asked whether the caller is the only one; `goes` if the allocation then goes.
pub(super) fn answer(object: Option<ObjectId>, address: usize, alone: bool, goes: bool) {
    if object.is_some() {
        current::annotate(if alone { Outcome::Done } else { Outcome::Refused });
        match (alone, goes) {
            (false, _) => {}
            (true, false) => current::pointer_alone(address),
            (true, true) => current::pointer_gone(address),
        }
    }
}

/// As [`answer`], for one who has looked at the count for it; `plain` if no weak pointer would have made a difference.
pub(super) fn answer_look(object: Option<ObjectId>, address: usize, alone: bool, goes: bool, plain: bool) {
    if object.is_some() {
        current::look_at_count(address, alone && plain);
        answer(object, address, alone, goes);
    }
}

/// Completes an upgrade. It tells nothing of what others did before they dropped theirs: std promises nothing of the kind.
pub(super) fn answer_upgrade(object: Option<ObjectId>, upgraded: bool) {
    if object.is_some() {
        current::annotate(Outcome::Value(u64::from(upgraded)));
    }
}

/// Completes a step that asked for a number; `alone` if there is one strong pointer, and no weak one.
pub(super) fn counted(object: Option<ObjectId>, address: usize, count: usize, alone: bool) -> usize {
    if object.is_some() {
        current::look_at_count(address, alone);
        current::annotate(Outcome::Value(count as u64));
    }
    count
}

/// Completes a drop that is a step in any case.
pub(super) fn dropped(object: Option<ObjectId>, last: bool) {
    if object.is_some() {
        current::annotate(Outcome::Value(u64::from(last)));
    }
}
