//! Whether anything in an execution could have gone otherwise.

use super::Trace;
use crate::base::{Access, Action, FOREVER, Meeting, Step, ThreadAction, ThreadId};
use std::collections::BTreeMap;

/// Whether a value was chosen, or two threads met in something that one of them changed. If not, no other schedule can make a
/// difference: each thread does what it does whatever the others have done by then.
///
/// That a thread is started before it does anything, and has ended before a join returns, is so under any schedule.
///
/// Nothing is known, so that the answer is yes, when the trace does not have all steps.
pub fn order_matters(trace: &Trace) -> bool {
    let mut met: BTreeMap<Meeting, Met> = BTreeMap::new();
    trace.skipped > 0
        || trace.steps.iter().any(|step| {
            is_choice(step)
                || !is_given(step)
                    && step
                        .accesses()
                        .into_iter()
                        .flatten()
                        .any(|(meeting, access)| met.entry(meeting).or_default().add(step.thread, access))
        })
}

/// Who has met in something.
#[derive(Default)]
struct Met {
    first: Option<ThreadId>,
    several: bool,
    changed: bool,
}

impl Met {
    /// Whether several threads have met in it by now, one to change it.
    fn add(&mut self, thread: ThreadId, access: Access) -> bool {
        self.several |= *self.first.get_or_insert(thread) != thread;
        self.changed |= access != Access::Read;
        self.several && self.changed
    }
}

/// Whether a value was chosen, or a process ended from outside, wherever its threads were.
fn is_choice(step: &Step) -> bool {
    let action = step.operation.action;
    step.choice > 0 || matches!(action, Action::Choose(2..) | Action::Thread(ThreadAction::Kill(_)))
}

/// Whether it comes where it comes under any schedule.
fn is_given(step: &Step) -> bool {
    matches!(
        step.operation.action,
        Action::Thread(ThreadAction::Spawn(_) | ThreadAction::Join { timeout: FOREVER, .. })
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Operation, Outcome};
    use crate::trace::builder::{Builder, Does};

    fn alone(build: &mut Builder, x: crate::base::ObjectId) {
        let b = build.thread("b");
        build.step(0, Does::Spawn(b)).step(0, Does::Set(x, 1));
        build.step(1, Does::End).step(0, Does::Join(b)).step(0, Does::Get(x, 1)).step(0, Does::End);
    }

    #[test]
    fn threads_that_meet_nowhere_can_go_in_any_order() {
        let mut build = Builder::new();
        let x = build.shared("x");
        alone(&mut build, x);
        assert!(!order_matters(&build.finish()));
    }

    #[test]
    fn reading_the_same_is_no_meeting_and_changing_it_is() {
        let mut build = Builder::new();
        let (x, b) = (build.shared("x"), build.thread("b"));
        build.step(0, Does::Spawn(b)).step(0, Does::Get(x, 0)).step(1, Does::Get(x, 0));
        assert!(!order_matters(&build.finish()));
        build.step(1, Does::Set(x, 1));
        assert!(order_matters(&build.finish()));
    }

    #[test]
    fn who_asks_whether_another_has_ended_meets_it() {
        let mut build = Builder::new();
        let (x, ask) = (build.shared("x"), Action::Thread(ThreadAction::IsFinished(ThreadId(1))));
        alone(&mut build, x);
        build.raw(0, 0, Operation::free(ask), Outcome::Value(1));
        assert!(order_matters(&build.finish()));
    }

    #[test]
    fn a_value_may_be_another_one_also_for_one_thread() {
        let mut build = Builder::new();
        build.raw(0, 0, Operation::free(Action::Choose(1)), Outcome::Value(0));
        assert!(!order_matters(&build.finish()));
        build.raw(0, 0, Operation::free(Action::Choose(2)), Outcome::Value(0));
        assert!(order_matters(&build.finish()));
    }
}
