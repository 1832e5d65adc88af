//! Layer 4: schedules as data of `proptest`, so that a property's inputs and its schedule are found and shrunk together.
//!
//! ```
//! use ::proptest::prelude::*;
//! use selvedge::proptest::{explored, scheduled};
//! use selvedge::{sync::Mutex, thread};
//!
//! /// Adds all the amounts, each in a thread of its own.
//! fn deposits(amounts: Vec<u32>) -> impl Fn() + Send + Sync {
//!     move || {
//!         let balance = &Mutex::new(0);
//!         thread::scope(|scope| {
//!             for amount in &amounts {
//!                 scope.spawn(move || *balance.lock().unwrap() += amount);
//!             }
//!         });
//!         assert_eq!(*balance.lock().unwrap(), amounts.iter().sum::<u32>());
//!     }
//! }
//!
//! proptest! {
//!     #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]
//!
//!     // One schedule for each case: quick, and it shrinks together with the amounts.
//!     fn nothing_is_lost_under_some_schedule((amounts, plan) in scheduled(prop::collection::vec(0..100u32, 0..5))) {
//!         plan.check(deposits(amounts))?;
//!     }
//!
//!     // Every schedule for each case.
//!     fn nothing_is_lost_under_any_schedule(amounts in prop::collection::vec(0..100u32, 0..4)) {
//!         explored(deposits(amounts))?;
//!     }
//! }
//! nothing_is_lost_under_some_schedule();
//! nothing_is_lost_under_any_schedule();
//! ```

mod plan;
mod shrink;

pub use plan::Plan;
pub use shrink::{Scheduled, ScheduledTree, scheduled, schedules};

use crate::explore::Report;
use ::proptest::test_runner::TestCaseError;

/// Explores every behaviour of `model`, as [`explore`](crate::explore()) does.
///
/// # Errors
///
/// When anything is wrong with it: the report, for `?` in a property.
pub fn explored<F: Fn() + Send + Sync + 'static>(model: F) -> Result<(), TestCaseError> {
    heed(&crate::explore::explore(model))
}

fn heed(report: &Report) -> Result<(), TestCaseError> {
    if report.failed() { Err(TestCaseError::fail(report.to_string())) } else { Ok(()) }
}
