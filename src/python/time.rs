//! Python's `time`, as far as programs wait by it.

use super::identity::require_exploration;
use crate::base::{Action, FOREVER, Operation, ThreadAction};
use crate::engine::current;
use std::panic::Location;
use std::time::Duration;

/// `time.sleep`: lets so much time pass.
///
/// Under the abstract clock a sleep orders nothing: it is one step, after which the turn is offered to the others.
///
/// # Panics
///
/// Outside of an exploration.
#[track_caller]
pub fn sleep(duration: Duration) {
    require_exploration();
    let location = Location::caller();
    current::perform(Operation::free(Action::Thread(ThreadAction::Sleep(nanoseconds(duration)))), location);
    current::offer_turn(location);
}

/// A finite time-out, as operations carry it.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).min(FOREVER - 1)
}
