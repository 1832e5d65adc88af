//! What is special about a schedule, and a strategy that follows it.

use super::heed;
use crate::base::{Decision, Options, Strategy, ThreadId};
use crate::engine::MemoryModel;
use crate::explore::{Explorer, Report};
use ::proptest::test_runner::TestCaseError;
use std::collections::BTreeMap;
use std::fmt;

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
    pub(super) preemptions: BTreeMap<u32, u32>,
    /// What is chosen where somebody has to choose: who goes on after a thread that cannot, or with which outcome.
    pub(super) picks: Vec<u32>,
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
