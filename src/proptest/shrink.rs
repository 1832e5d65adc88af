//! Plans as data that is found at random and shrinks.
//!
//! ```text
//! make the plan simpler:  one preemption less; none of its picks; one preemption earlier, for an earlier thread
//! make the data simpler:  as its own strategy does; if that passes under the plan, also try the plans beside it,
//!                         because with other data the same point is another one
//! make the plan simpler, again
//! ```

use super::Plan;
use ::proptest::collection::vec;
use ::proptest::strategy::{NewTree, Strategy, ValueTree};
use ::proptest::test_runner::TestRunner;
use std::iter::once;

/// Among how many points preemptions are put, how many at most, and of how many threads one is chosen.
const POINTS: u32 = 64;
const PREEMPTIONS: usize = 4;
const THREADS: u32 = 8;
/// How many choices that have to be made anyway a plan makes at most otherwise than by default.
const PICKS: usize = 8;

/// Schedules with up to four preemptions among the first 64 points at which there can be one. They shrink to fewer preemptions,
/// then to earlier ones. [`scheduled`] shrinks better where there is other data, too.
pub fn schedules() -> impl Strategy<Value = Plan> {
    scheduled(::proptest::strategy::Just(())).prop_map(|((), plan)| plan)
}

/// This data with a schedule as of [`schedules`], which shrink together: when less data fails under a schedule close by, that is
/// the one that is gone on with.
pub fn scheduled<S: Strategy>(data: S) -> Scheduled<S> {
    Scheduled { data }
}

/// See [`scheduled`].
#[derive(Clone, Copy, Debug)]
pub struct Scheduled<S> {
    data: S,
}

impl<S: Strategy> Strategy for Scheduled<S> {
    type Tree = ScheduledTree<S::Tree>;
    type Value = (S::Value, Plan);

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let data = self.data.new_tree(runner)?;
        let preemptions = vec((0..POINTS, 0..THREADS), 0..=PREEMPTIONS);
        let (preemptions, picks) = (preemptions, vec(0..THREADS, 0..=PICKS)).new_tree(runner)?.current();
        let plan = Plan { preemptions: preemptions.into_iter().collect(), picks };
        Ok(ScheduledTree { data, tried: plan.clone(), plan, others: Vec::new(), stage: Stage::First })
    }
}

/// Data with a plan, on their way to simpler ones.
#[derive(Clone, Debug)]
pub struct ScheduledTree<T> {
    data: T,
    /// The simplest plan under which the data, as it was then, is known to fail.
    plan: Plan,
    tried: Plan,
    /// What to try next instead, from the end.
    others: Vec<Plan>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing has been made simpler yet.
    First,
    Plan,
    Data,
    PlanAgain,
}

impl<T: ValueTree> ScheduledTree<T> {
    fn next_other(&mut self) -> bool {
        match self.others.pop() {
            Some(plan) => {
                self.tried = plan;
                true
            }
            None => {
                self.tried = self.plan.clone();
                false
            }
        }
    }

    /// Goes on with the data, or when that is as simple as can be, with the plan.
    fn simplify_data(&mut self) -> bool {
        self.stage = Stage::Data;
        if self.data.simplify() {
            self.others = reversed(beside(&self.plan));
            return true;
        }
        self.stage = Stage::PlanAgain;
        self.others = reversed(simpler(&self.plan));
        self.next_other()
    }
}

impl<T: ValueTree> ValueTree for ScheduledTree<T> {
    type Value = (T::Value, Plan);

    fn current(&self) -> Self::Value {
        (self.data.current(), self.tried.clone())
    }

    fn simplify(&mut self) -> bool {
        self.plan = self.tried.clone();
        match self.stage {
            Stage::Data => self.simplify_data(),
            Stage::First | Stage::Plan | Stage::PlanAgain => {
                if self.stage == Stage::First {
                    self.stage = Stage::Plan;
                }
                self.others = reversed(simpler(&self.plan));
                self.next_other() || (self.stage == Stage::Plan && self.simplify_data())
            }
        }
    }

    fn complicate(&mut self) -> bool {
        if self.stage == Stage::First {
            return false;
        }
        if self.next_other() {
            return true;
        }
        match self.stage {
            Stage::Data if self.data.complicate() => {
                self.others = reversed(beside(&self.plan));
                true
            }
            Stage::Plan => self.simplify_data(),
            _ => false,
        }
    }
}

fn reversed(plans: impl Iterator<Item = Plan>) -> Vec<Plan> {
    let mut plans: Vec<Plan> = plans.collect();
    plans.reverse();
    plans
}

/// Plans that are simpler than this, the simplest first.
fn simpler(plan: &Plan) -> impl Iterator<Item = Plan> {
    let fewer = plan.preemptions.keys().map(|at| without(plan, *at));
    let default = (!plan.picks.is_empty()).then(|| Plan { picks: Vec::new(), ..plan.clone() });
    let shorter =
        (0..plan.picks.len()).map(|length| Plan { picks: plan.picks[..length].to_vec(), ..plan.clone() });
    let earlier = plan.preemptions.iter().flat_map(|(at, to)| {
        let before = (0..*at).map(|earlier| (earlier, 0));
        before.chain((0..*to).map(|other| (*at, other))).map(|new| moved(plan, *at, new))
    });
    fewer.chain(default).chain(shorter).chain(earlier)
}

/// Plans with one preemption elsewhere, no later than it was, or without picks.
fn beside(plan: &Plan) -> impl Iterator<Item = Plan> {
    let picks = once(plan.picks.clone()).chain((!plan.picks.is_empty()).then(Vec::new));
    picks.flat_map(|picks| {
        let plan = Plan { picks, ..plan.clone() };
        let places: Vec<u32> = plan.preemptions.keys().copied().collect();
        let new = move |at: u32| (0..=at).flat_map(|earlier| [(earlier, 0), (earlier, 1)]);
        places.into_iter().flat_map(move |at| {
            let plan = plan.clone();
            new(at).map(move |new| moved(&plan, at, new))
        })
    })
}

fn without(plan: &Plan, at: u32) -> Plan {
    let mut plan = plan.clone();
    plan.preemptions.remove(&at);
    plan
}

fn moved(plan: &Plan, at: u32, (to_point, to_thread): (u32, u32)) -> Plan {
    let mut plan = without(plan, at);
    plan.preemptions.insert(to_point, to_thread);
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::proptest::strategy::Just;
    use ::proptest::test_runner::{Config, TestError};

    fn least(fails: impl Fn(&Plan) -> bool) -> Plan {
        let config = Config { failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new(config);
        let result = runner.run(&scheduled(Just(())), |((), plan)| match fails(&plan) {
            true => Err(::proptest::test_runner::TestCaseError::fail("it fails")),
            false => Ok(()),
        });
        let Err(TestError::Fail(_, ((), plan))) = result else { panic!("{result:?}") };
        plan
    }

    #[test]
    fn what_always_fails_needs_no_preemption() {
        assert_eq!(least(|_| true), Plan::default());
    }

    #[test]
    fn preemptions_that_are_needed_come_as_early_as_can_be() {
        let plan = least(|plan| plan.preemptions.keys().filter(|at| **at >= 3).count() >= 2);
        assert_eq!(plan.to_string(), "preempted at point 3 for other 0, point 4 for other 0");
        let plan = least(|plan| plan.picks.first().is_some_and(|pick| *pick > 0));
        assert_eq!((plan.preemptions(), plan.picks.len()), (0, 1));
    }
}
