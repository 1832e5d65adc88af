//! Layer 4: schedules as data of [proptest](::proptest), so that a property's inputs and its schedule are found and shrunk together.
//!
//! ```
//! use ::proptest::prelude::*;
//! use selvedge::proptest::{explored, schedules};
//! use selvedge::{sync::Mutex, thread};
//!
//! /// Adds all the amounts, each in a thread of its own.
//! fn deposits(amounts: Vec<u32>) -> impl Fn() + Send + Sync {
//!     move || {
//!         let balance = Mutex::new(0);
//!         thread::scope(|scope| {
//!             for amount in &amounts {
//!                 scope.spawn(|| *balance.lock().unwrap() += amount);
//!             }
//!         });
//!         assert_eq!(*balance.lock().unwrap(), amounts.iter().sum::<u32>());
//!     }
//! }
//!
//! proptest! {
//!     #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]
//!
//!     // One schedule for each case: quick, and the schedule shrinks.
//!     fn nothing_is_lost_under_some_schedule(amounts in prop::collection::vec(0..100u32, 0..5), plan in schedules()) {
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

use crate::base::{Decision, Options, Strategy, ThreadId};
use crate::engine::MemoryModel;
use crate::explore::{Explorer, Report};
use ::proptest::collection::vec;
use ::proptest::strategy::Strategy as Generator;
use ::proptest::test_runner::TestCaseError;
use std::collections::BTreeMap;
use std::fmt;

/// Among how many points [`schedules`] puts preemptions, and how many at most.
const POINTS: u32 = 64;
const PREEMPTIONS: usize = 4;
/// How many choices that have to be made anyway a plan makes at most otherwise than by default.
const PICKS: usize = 8;

/// Schedules with up to four preemptions among the first 64 points at which there can be one. They shrink to fewer preemptions,
/// then to earlier ones.
pub fn schedules() -> impl Generator<Value = Plan> + Clone {
    schedules_within(POINTS, PREEMPTIONS)
}

/// Schedules with at most so many preemptions among the first so many points at which there can be one.
///
/// # Panics
///
/// When there are no points.
pub fn schedules_within(points: u32, preemptions: usize) -> impl Generator<Value = Plan> + Clone {
    assert!(points > 0, "a preemption needs a point at which it can be");
    let preemptions = vec((0..points, 0..8u32), 0..=preemptions);
    (preemptions, vec(0..8u32, 0..=PICKS))
        .prop_map(|(preemptions, picks)| Plan { preemptions: preemptions.into_iter().collect(), picks })
}

/// What is special about a schedule: followed as far as it goes, with a fixed rule for all that it does not say. So it goes with any
/// model, also with one whose data has been shrunk.
///
/// ```
/// use selvedge::proptest::Plan;
///
/// assert_eq!(Plan::default().to_string(), "no preemption");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// At which of the points where there is a choice the turn is taken away, and which of the others gets it.
    preemptions: BTreeMap<u32, u32>,
    /// What is chosen where somebody has to choose: who goes on after a thread that cannot, or with which outcome.
    picks: Vec<u32>,
}

impl Plan {
    /// How many preemptions it has; those for which an execution is too short are never made.
    pub fn preemptions(&self) -> usize {
        self.preemptions.len()
    }

    /// Runs `model` once, as planned. The [schedule](crate::Found::schedule) of what is found replays it without the plan.
    pub fn explore<F: Fn() + Send + Sync + 'static>(&self, model: F) -> Report {
        // As in a replay: under sequential consistency only what is sequentially consistent can be chosen anyway.
        let explorer = Explorer::new().strategy(Planned::new(self)).memory(MemoryModel::C11);
        explorer.minimise(false).explore(model).expect("the default settings make sense")
    }

    /// Runs `model` once, as planned.
    ///
    /// # Errors
    ///
    /// When anything is wrong with the execution: the report, for `?` in a property.
    pub fn check<F: Fn() + Send + Sync + 'static>(&self, model: F) -> Result<(), TestCaseError> {
        heed(&self.explore(model))
    }
}

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

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.preemptions.is_empty() {
            true => f.write_str("no preemption")?,
            false => f.write_str("preempted at ")?,
        }
        for (index, (at, to)) in self.preemptions.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}point {at} for other {to}")?;
        }
        match self.picks.iter().any(|pick| *pick > 0) {
            true => write!(f, ", choices {:?}", self.picks),
            false => Ok(()),
        }
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan({self})")
    }
}

/// Follows a plan, once.
///
/// ```text
/// the current thread can go on, and so can others:  the plan's other thread, if it has a preemption for this point;
///                                                   else the current one
/// only others can go on, or it yields:              the plan's next pick among them, counted from the current one;
///                                                   the first when there are no more picks
/// ```
struct Planned {
    plan: Plan,
    begun: bool,
    /// How many points there were at which there could have been a preemption.
    points: u32,
    picked: usize,
}

impl Planned {
    fn new(plan: &Plan) -> Self {
        Planned { plan: plan.clone(), begun: false, points: 0, picked: 0 }
    }

    fn pick(&mut self, count: usize) -> usize {
        let pick = self.plan.picks.get(self.picked).copied().unwrap_or_default();
        self.picked += 1;
        pick as usize % count
    }
}

impl Strategy for Planned {
    fn describe(&self) -> String {
        "as planned".into()
    }

    fn begin(&mut self) -> bool {
        !std::mem::replace(&mut self.begun, true)
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        let current = options.current;
        let (before, after): (Vec<ThreadId>, Vec<ThreadId>) =
            options.enabled.iter().filter(|thread| *thread != current).partition(|thread| *thread < current);
        let others: Vec<ThreadId> = after.into_iter().chain(before).collect();
        let goes_on = options.enabled.contains(current);
        if others.is_empty() {
            return Decision::once(current);
        }
        if !goes_on || options.yielding {
            let pick = if others.len() > 1 { self.pick(others.len()) } else { 0 };
            return Decision::once(others[pick]);
        }
        let other = self.plan.preemptions.get(&self.points);
        self.points += 1;
        Decision::once(other.map_or(current, |other| others[*other as usize % others.len()]))
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        self.pick(count as usize) as u32
    }
}
