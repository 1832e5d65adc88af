//! Ways for a thread to go slow: yield, sleep, park.

use crate::base::{Action, FOREVER, Operation, Outcome, ThreadAction};
use crate::engine::current;
use std::panic::Location;
use std::time::Duration;

/// Lets other threads go first.
///
/// A loop that does nothing but yield until another thread changes something is not a million steps: after a round in
/// which nothing has changed the thread rests until something does.
#[track_caller]
pub fn yield_now() {
    match current::is_active() {
        true => go_slow(ThreadAction::Yield, Location::caller()),
        false => std::thread::yield_now(),
    }
}

/// Sleeps at least so long.
///
/// Inside an exploration no time is lost. Under the abstract clock a sleep orders nothing: whatever others may do may
/// happen before or after it. Under the virtual clock time passes only when nobody can run.
#[track_caller]
pub fn sleep(time: Duration) {
    match current::is_active() {
        true => go_slow(ThreadAction::Sleep(nanoseconds(time)), Location::caller()),
        false => std::thread::sleep(time),
    }
}

/// [`sleep`] for so many milliseconds.
#[deprecated(note = "replaced by `thread::sleep`, as in std")]
#[track_caller]
pub fn sleep_ms(ms: u32) {
    sleep(Duration::from_millis(ms.into()));
}

/// Waits until the calling thread's token is there, and takes it; see [`Thread::unpark`](super::Thread::unpark).
///
/// Inside an exploration it does not return without a token, though std would allow it.
#[track_caller]
pub fn park() {
    match current::is_active() {
        true => {
            pause(ThreadAction::Park { timeout: FOREVER }, Location::caller());
        }
        false => std::thread::park(),
    }
}

/// As [`park`], but not longer than so long: inside an exploration the time may be up at any moment.
#[track_caller]
pub fn park_timeout(time: Duration) {
    if !current::is_active() {
        return std::thread::park_timeout(time);
    }
    let location = Location::caller();
    if pause(ThreadAction::Park { timeout: nanoseconds(time) }, location) == Outcome::TimedOut {
        current::offer_turn(location);
    }
}

/// [`park_timeout`] for so many milliseconds.
#[deprecated(note = "replaced by `thread::park_timeout`, as in std")]
#[track_caller]
pub fn park_timeout_ms(ms: u32) {
    park_timeout(Duration::from_millis(ms.into()));
}

/// Performs an operation that a polling loop goes round on, and lets others go first.
pub(crate) fn go_slow(action: ThreadAction, location: &'static Location<'static>) {
    pause(action, location);
    current::offer_turn(location);
}

fn pause(action: ThreadAction, location: &'static Location<'static>) -> Outcome {
    current::perform(Operation::free(Action::Thread(action)), location)
}

/// A time as operations carry it: never [`FOREVER`], however long.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(FOREVER).min(FOREVER - 1)
}
