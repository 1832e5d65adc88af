//! Python's `random`: what it draws is a choice of the schedule, so that an exhaustive search tries each value once.

use super::identity::require_exploration;
use crate::base::{Action, Operation, Outcome};
use crate::engine::current;
use std::fmt::Debug;
use std::panic::Location;

/// `random.randint(low, high)`: a number between the two, both included.
///
/// ```
/// use selvedge::{Explorer, Search, python::random::randint};
///
/// let report = Explorer::new().search(Search::Exhaustive).explore(|| drop(randint(1, 10))).unwrap();
/// assert_eq!(report.executions(), 10);
/// ```
///
/// # Panics
///
/// When `high` is less than `low`, as CPython raises a `ValueError`; when there are more than 2³² - 1 numbers; outside of an
/// exploration.
#[track_caller]
pub fn randint(low: i64, high: i64) -> i64 {
    assert!(
        low <= high,
        "ValueError: empty range for randrange() ({low}, {}, {})",
        i128::from(high) + 1,
        i128::from(high) + 1 - i128::from(low)
    );
    let count =
        u32::try_from(i128::from(high) - i128::from(low) + 1).expect("a range of fewer than 2^32 numbers");
    let number = low + i64::from(draw(count, Location::caller()));
    match u64::try_from(number) {
        Ok(bits) => current::annotate(Outcome::Value(bits)),
        Err(_) => current::note(|| number.to_string()),
    }
    number
}

/// `random.randrange(stop)`: a number from 0 to `stop`, which is not included.
///
/// # Panics
///
/// When `stop` is not positive, as CPython raises a `ValueError`; when it is 2³² or more; outside of an exploration.
#[track_caller]
pub fn randrange(stop: i64) -> i64 {
    assert!(stop > 0, "ValueError: empty range for randrange()");
    let count = u32::try_from(stop).expect("a range of fewer than 2^32 numbers");
    i64::from(draw(count, Location::caller()))
}

/// `random.choice(items)`: one of them.
///
/// # Panics
///
/// When there is none, as CPython raises an `IndexError`; outside of an exploration.
#[track_caller]
pub fn choice<T: Clone + Debug>(items: &[T]) -> T {
    assert!(!items.is_empty(), "IndexError: Cannot choose from an empty sequence");
    let count = u32::try_from(items.len()).expect("a sequence of fewer than 2^32 items");
    let item = items[draw(count, Location::caller()) as usize].clone();
    current::note(|| format!("{item:?}"));
    item
}

/// A number below `count`.
#[track_caller]
fn draw(count: u32, location: &'static Location<'static>) -> u32 {
    require_exploration();
    current::perform(Operation::free(Action::Choose(count)), location).value().unwrap_or(0) as u32
}
