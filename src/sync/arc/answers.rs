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

/// Completes an upgrade.
pub(super) fn answer_upgrade(object: Option<ObjectId>, address: usize, upgraded: bool) {
    if object.is_some() {
        current::annotate(Outcome::Value(u64::from(upgraded)));
        if upgraded {
            current::pointer_alone(address);
        }
    }
}

/// Completes a step that asked for a number.
pub(super) fn counted(object: Option<ObjectId>, count: usize) -> usize {
    if object.is_some() {
        current::annotate(Outcome::Value(count as u64));
    }
    count
}
