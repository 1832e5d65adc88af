//! Hints, as in [`std::hint`], and what exploration needs to be told of loops without an end.

use crate::base::ThreadAction;
use crate::engine::current;
use crate::thread::go_slow;
use std::panic::Location;

pub use std::hint::{assert_unchecked, black_box, select_unpredictable, unreachable_unchecked};

/// Says that the caller spins.
///
/// Inside an exploration others go first then, and after a round of a loop in which nothing has changed the thread rests
/// until something does. A loop that spins *without* saying so is known for one by going round for long, and made to rest too.
#[track_caller]
pub fn spin_loop() {
    match current::is_active() {
        true => go_slow(ThreadAction::Spin, Location::caller()),
        false => std::hint::spin_loop(),
    }
}

/// What a round of an [endless] loop came to.
///
/// A loop that counts its rounds and leaves after so many is not endless: write it as a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// It did what the loop is for; another follows.
    Fruitful,
    /// It tried in vain; another follows.
    InVain,
    /// It was the last: the loop is left.
    Last,
}

/// Goes round a loop that has no end of its own, `while true`.
///
/// Inside an exploration only the first `rounds` rounds are run. A thread that has gone round so often would go on for ever,
/// and is not followed any further: unlike one that has ended it can be joined by nobody. An execution in which nobody can do
/// anything else is over, and no deadlock is read into it. What is wrong with the program *in the limit* is found all the
/// same: when everything is as it was at the beginning of an earlier round (who holds what, who sleeps where, how far each
/// thread is in its own round, values aside), the threads can go on like this for ever, and it is a
/// [starvation](crate::finding::Starvation) if meanwhile somebody waits for what never comes, or goes round
/// [in vain](Round::InVain). Two or three rounds usually suffice to see that.
///
/// Where a log is [explained](crate::Explorer::explain) it goes round for as long as the log does, unless it does nothing.
///
/// Outside of an exploration it goes round until the body says that it was the last round.
///
/// # Errors
///
/// What the body returns.
///
/// ```
/// use selvedge::hint::{Round, endless};
/// use selvedge::sync::{Arc, Mutex};
/// use selvedge::thread;
///
/// let report = selvedge::Explorer::new().explore(|| {
///     let list = Arc::new(Mutex::new(0));
///     let supplied = Arc::clone(&list);
///     // It never lets go of the lock.
///     thread::spawn(move || {
///         let mut list = supplied.lock().unwrap();
///         endless(2, || {
///             *list += 1;
///             Ok::<_, ()>(Round::Fruitful)
///         })
///     });
///     *list.lock().unwrap() -= 1;
/// });
/// assert!(report.unwrap().to_string().contains("starvation"));
/// ```
#[track_caller]
pub fn endless<E>(rounds: u32, mut body: impl FnMut() -> Result<Round, E>) -> Result<(), E> {
    let location = Location::caller();
    let (mut gone, mut fruitful) = (0, true);
    loop {
        if current::is_active() {
            let idle = current::begin_round(fruitful, location);
            if gone >= rounds && (idle || !current::goes_on_for_ever()) {
                current::go_on(location);
            }
        }
        gone = gone.saturating_add(1);
        match body()? {
            Round::Fruitful => fruitful = true,
            Round::InVain => fruitful = false,
            Round::Last => return Ok(()),
        }
    }
}
