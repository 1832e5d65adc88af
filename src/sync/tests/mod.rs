//! Locks and one-time initialization, outside and inside of explorations.

mod barrier;
mod condvar;
mod mutex;
mod once;
mod once_lock;
mod rwlock;

use crate::base::Ending;
use crate::engine::testing;

/// Runs the model under every interleaving, each of which must finish; how many there were.
pub(in crate::sync) fn finishes(model: impl Fn()) -> usize {
    testing::all(model, |trace| {
        assert!(trace.panics.is_empty(), "{:?}", trace.panics);
        assert_eq!(trace.ending, Ending::Finished);
    })
}

/// Runs the model under every interleaving, without panics; how many deadlocked and how many there were.
pub(in crate::sync) fn deadlocks(model: impl Fn()) -> (usize, usize) {
    let mut deadlocked = 0;
    let all = testing::all(model, |trace| {
        assert!(trace.panics.is_empty(), "{:?}", trace.panics);
        deadlocked += usize::from(trace.ending == Ending::Deadlocked);
    });
    (deadlocked, all)
}

/// Something to catch a panic of `f` with, quietly.
pub(in crate::sync) fn panics_with(f: impl FnOnce()) -> String {
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).expect_err("it should panic");
    let literal = payload.downcast_ref::<&'static str>().map(ToString::to_string);
    literal.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}
