//! Simpler schedules for what a trace shows: proposals only, to be executed again by whoever can.
//!
//! "Simpler" is a stated order: fewest preemptions, then fewest steps, then the schedule's text. From a failing trace,
//! [`candidates`] proposes schedules likely to be simpler and to fail the same way; the caller executes each, filling in
//! by default what a proposal leaves open, keeps the first that fails the same way and is smaller, and asks again.
//!
//! The guarantee is modest: when no proposal is left that helps, the trace is a local minimum. Proposals that only
//! reorder independent steps (see [`Step::conflicts`](crate::base::Step::conflicts)) come first, because those cannot
//! change what happens.

use super::Trace;
use super::switches;
use crate::base::{Choice, Schedule, Step, ThreadId};
use std::cmp::Ordering;

/// How simple a trace is; less is simpler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// How often the turn was taken from a thread that could have gone on.
    pub preemptions: u64,
    /// How many steps it takes.
    pub steps: u64,
    /// The schedule's text, shorter before longer.
    pub schedule: String,
}

impl Size {
    /// How simple `trace` is.
    pub fn of(trace: &Trace) -> Self {
        Size { preemptions: preemptions(trace), steps: trace.end(), schedule: bare(&trace.schedule) }
    }
}

impl Ord for Size {
    fn cmp(&self, other: &Self) -> Ordering {
        let text = |size: &Size| (size.schedule.len(), size.schedule.clone());
        let numbers = (self.preemptions, self.steps).cmp(&(other.preemptions, other.steps));
        numbers.then_with(|| text(self).cmp(&text(other)))
    }
}

impl PartialOrd for Size {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How often the turn was taken from a thread that could have gone on.
pub fn preemptions(trace: &Trace) -> u64 {
    switches::preemptions(trace).len() as u64
}

/// Schedules that may show the same more simply, the most promising first, made as they are asked for.
pub fn candidates(trace: &Trace) -> impl Iterator<Item = Schedule> {
    let runs = Runs::new(trace);
    let count = runs.list.len();
    // The first pass keeps what happens and only reorders; the second forces the order; then parts are left out.
    let pairs = |strict: bool| (0..count).flat_map(move |run| [(run, true, strict), (run, false, strict)]);
    let merged = runs.clone();
    let merges = pairs(true)
        .chain(pairs(false))
        .filter_map(move |(run, back, strict)| merged.merge(run, back, strict));
    let cut = runs.clone();
    let cuts = tails(count).map(move |keep| cut.prefix(keep));
    let plain = runs.clone();
    let outcomes = (0..runs.choices.len()).filter_map(move |at| plain.with_default_outcome(at));
    let removed = runs.clone();
    let removals = (0..count).flat_map(|run| [(run, 0), (run, 1)]);
    let removals = removals.filter_map(move |(run, keep)| removed.without(run, keep));
    let own = runs.schedule();
    let less = cuts.chain(outcomes).chain(removals);
    // Long tails are cheap to try and save the most, so they come before the many merges of a long schedule.
    let halves = runs.clone();
    let early = tails(count).take(if count > 40 { 4 } else { 0 }).map(move |keep| halves.prefix(keep));
    early.chain(merges).chain(less).filter(move |schedule| *schedule != own)
}

/// The schedule's text without its checks.
fn bare(schedule: &Schedule) -> String {
    let text = schedule.to_string();
    text.split(" ~").next().unwrap_or_default().to_string()
}

/// How many of `count` runs to keep: half, three quarters and so on, then one less each time.
fn tails(count: usize) -> impl Iterator<Item = usize> {
    let halves = std::iter::successors(Some(count / 2), move |keep| Some(keep + (count - keep) / 2));
    let halves = halves.take_while(move |keep| keep + 1 < count);
    halves.chain((count.saturating_sub(8)..count).rev())
}

/// A schedule's choices with the runs that they form, and, as far as the trace has them, their steps.
#[derive(Clone)]
struct Runs {
    choices: Vec<Choice>,
    // First choice and one past the last.
    list: Vec<(usize, usize)>,
    // Empty when the trace does not have them all; else one for each choice.
    steps: Vec<Step>,
}

impl Runs {
    fn new(trace: &Trace) -> Self {
        let choices: Vec<Choice> = trace.schedule.choices().collect();
        let points = trace.steps.iter().filter(|step| step.operation.is_point());
        let mut steps: Vec<Step> = points.copied().collect();
        if steps.len() != choices.len() {
            steps.clear();
        }
        let mut list: Vec<(usize, usize)> = Vec::new();
        for (at, choice) in choices.iter().enumerate() {
            match list.last_mut() {
                Some((first, end)) if choices[*first].thread == choice.thread => *end = at + 1,
                _ => list.push((at, at + 1)),
            }
        }
        Runs { choices, list, steps }
    }

    fn schedule(&self) -> Schedule {
        self.choices.iter().copied().collect()
    }

    fn thread(&self, run: usize) -> ThreadId {
        self.choices[self.list[run].0].thread
    }

    fn prefix(&self, runs: usize) -> Schedule {
        let end = runs.checked_sub(1).map_or(0, |last| self.list[last].1);
        self.choices[..end].iter().copied().collect()
    }

    fn with_default_outcome(&self, at: usize) -> Option<Schedule> {
        let choice = self.choices[at];
        let plain = Choice { outcome: 0, ..choice };
        let put = |choices: &[Choice]| [&choices[..at], &[plain], &choices[at + 1..]].concat();
        (choice.outcome != 0).then(|| put(&self.choices).into_iter().collect())
    }

    /// Leaves out a run but for its first `keep` choices.
    fn without(&self, run: usize, keep: usize) -> Option<Schedule> {
        let (first, end) = self.list[run];
        let kept = self.choices[..first + keep].iter().chain(&self.choices[end..]);
        (keep < end - first).then(|| kept.copied().collect())
    }

    /// Joins a run with the next one of its thread: the later one moves back to it, or it moves on to the later one.
    ///
    /// A strict merge happens only where the moved run conflicts with none that it passes; the others are proposed
    /// only when something stands in the way, since they would be the same proposals again.
    fn merge(&self, run: usize, back: bool, strict: bool) -> Option<Schedule> {
        let later = (run + 1..self.list.len()).find(|other| self.thread(*other) == self.thread(run))?;
        let (here, there) = (self.list[run], self.list[later]);
        let between = here.1..there.0;
        let moved = if back { there.0..there.1 } else { here.0..here.1 };
        let free = !self.steps.is_empty() && {
            let passed = &self.steps[between.clone()];
            self.steps[moved.clone()].iter().all(|step| !passed.iter().any(|other| step.conflicts(other)))
        };
        if free != strict {
            return None;
        }
        let choices = |range: std::ops::Range<usize>| self.choices[range].iter();
        let passed = choices(between);
        let order: Schedule = match back {
            true => choices(0..here.1)
                .chain(choices(moved))
                .chain(passed)
                .chain(choices(there.1..self.choices.len()))
                .copied()
                .collect(),
            false => choices(0..here.0)
                .chain(passed)
                .chain(choices(moved))
                .chain(choices(there.0..self.choices.len()))
                .copied()
                .collect(),
        };
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ObjectId;
    use crate::trace::builder::{Builder, Does};
    use proptest::prelude::*;

    /// Three threads that read and write three variables in any order.
    fn traces() -> impl Strategy<Value = Trace> {
        proptest::collection::vec((0u32..3, 0u32..3, any::<bool>()), 0..14).prop_map(|steps| {
            let mut build = Builder::new();
            let objects: Vec<ObjectId> = ["x", "y", "z"].map(|name| build.shared(name)).into();
            build.thread("");
            build.thread("");
            for (thread, object, write) in steps {
                let object = objects[object as usize];
                build.step(thread, if write { Does::Set(object, 1) } else { Does::Get(object, 0) });
            }
            build.finish()
        })
    }

    /// The steps in the order of `schedule`, each thread's own in their order.
    fn reordered(trace: &Trace, schedule: &Schedule) -> Vec<usize> {
        let mut queues = [vec![], vec![], vec![]];
        for (index, step) in trace.steps.iter().enumerate().rev() {
            queues[step.thread.index()].push(index);
        }
        schedule.choices().map(|choice| queues[choice.thread.index()].pop().unwrap()).collect()
    }

    proptest! {
        #[test]
        fn a_strict_merge_keeps_the_order_of_all_that_conflicts(trace in traces()) {
            let runs = Runs::new(&trace);
            for run in 0..runs.list.len() {
                for schedule in [true, false].into_iter().filter_map(|back| runs.merge(run, back, true)) {
                    let order = reordered(&trace, &schedule);
                    prop_assert_eq!(order.len(), trace.steps.len());
                    for (at, &early) in order.iter().enumerate() {
                        for &late in &order[at + 1..] {
                            let (a, b) = (&trace.steps[early], &trace.steps[late]);
                            prop_assert!(early < late || (a.thread != b.thread && !a.conflicts(b)));
                        }
                    }
                    prop_assert!(schedule.runs().count() < trace.schedule.runs().count());
                }
            }
        }

        #[test]
        fn proposals_end_and_are_never_the_schedule_itself(trace in traces()) {
            let all: Vec<Schedule> = candidates(&trace).collect();
            prop_assert!(all.iter().all(|schedule| *schedule != trace.schedule && schedule.len() <= trace.schedule.len()));
            prop_assert!(all.len() <= 8 * trace.schedule.runs().count() + 20);
        }
    }

    #[test]
    fn a_run_moves_to_its_like_over_what_it_does_not_touch() {
        let mut build = Builder::new();
        let (x, y) = (build.shared("x"), build.shared("y"));
        build.thread("");
        build.step(0, Does::Set(x, 1)).step(1, Does::Set(y, 1)).step(0, Does::Set(x, 2));
        let trace = build.finish();
        assert_eq!(trace.schedule.to_string(), "a b a");
        let proposals: Vec<String> = candidates(&trace).map(|s| s.to_string()).collect();
        assert_eq!(proposals[..2], ["a2 b", "b a2"]);
        assert!(proposals.contains(&"a b".to_string()) && proposals.contains(&"b a".to_string()));
    }

    #[test]
    fn fewer_preemptions_beat_fewer_steps_beat_a_shorter_text() {
        let size =
            |preemptions, steps, schedule: &str| Size { preemptions, steps, schedule: schedule.into() };
        assert!(size(0, 9, "a b") < size(1, 2, "a"));
        assert!(size(1, 2, "b9") < size(1, 3, "a"));
        assert!(size(1, 2, "b9") < size(1, 2, "a b"));
        assert!(size(1, 2, "a9") < size(1, 2, "b9"));
    }

    #[test]
    fn outcomes_other_than_the_first_are_proposed_away() {
        let mut build = Builder::new();
        let c = build.condvar("c");
        let notify = crate::base::Operation::new(
            c,
            crate::base::Action::Condvar(crate::base::CondvarAction::NotifyOne),
        );
        build.raw(0, 2, notify, crate::base::Outcome::Value(1));
        let trace = build.finish();
        assert!(candidates(&trace).any(|schedule| schedule.to_string() == "a"));
    }
}
