//! Whether the model repeats itself: under the same choices it has to do the same, or no execution says anything about
//! another.
//!
//! What depends on time, or on addresses, differs at once; what is kept from one execution to the next may differ later. So the
//! first execution is run again, and then one here and there, so few that it costs next to nothing. When something is found, the
//! first is run once more, because state that was left over would make any execution fail.

use super::runner::Runner;
use crate::base::{Ending, Schedule, Strategy};
use crate::engine::Summary;
use crate::strategy::{self, Replay};
use crate::trace::{Trace, departure};
use std::any::Any;

/// How many choices an execution may have to be run again.
const LONGEST: u64 = 10_000;

impl<F: Fn()> Runner<'_, F> {
    /// Whether the last execution does the same when it is run again.
    pub(super) fn repeats(&mut self, summary: &Summary, strategy: &dyn Strategy) -> bool {
        let any: &dyn Any = strategy;
        let stopped = matches!(summary.ending, Ending::Stopped | Ending::StepLimit);
        if stopped || any.is::<Replay>() || summary.choices > LONGEST {
            return true;
        }
        let Some(trace) = self.trace_to_judge(summary) else { return true };
        let again = self.repeat(trace.schedule.clone());
        self.report.divergence = departure(&trace, &again)
            .map(|departure| format!("an execution was run again with the same choices: {departure}"));
        if self.first.is_none() {
            self.first = Some(trace);
        }
        self.report.divergence.is_none()
    }

    /// Whether the first execution still does what it did, now that others have been run.
    pub(super) fn is_as_in_the_beginning(&mut self) -> bool {
        let Some(first) = self.first.take() else { return true };
        let again = self.repeat(first.schedule.clone());
        let departure = departure(&first, &again);
        if let Some(departure) = &departure {
            self.report.divergence = Some(format!(
                "the first execution was run again after others, with the same choices: {departure}"
            ));
        }
        departure.is_none()
    }

    /// Makes the choices of a schedule, as far as that can be done.
    pub(super) fn repeat(&mut self, schedule: Schedule) -> Trace {
        let mut replay = strategy::replay(schedule);
        replay.begin();
        self.engine.run(self.model, Box::new(replay));
        self.engine.trace()
    }
}
