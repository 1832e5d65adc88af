//! Hints, as in [`std::hint`].

use crate::base::ThreadAction;
use crate::engine::current;
use crate::thread::go_slow;
use std::panic::Location;

pub use std::hint::{assert_unchecked, black_box, unreachable_unchecked};

/// Says that the caller spins.
///
/// Inside an exploration others go first then, and after a round of a loop in which nothing has changed the thread rests
/// until something does. A loop that spins *without* saying so is made to rest too, only later.
#[track_caller]
pub fn spin_loop() {
    match current::is_active() {
        true => go_slow(ThreadAction::Spin, Location::caller()),
        false => std::hint::spin_loop(),
    }
}
