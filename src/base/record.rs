//! Records: a whole execution as exhaustive strategies learn from it.

use super::{Operation, Step, ThreadId};
use crate::base::object::State;

/// An execution that has ended, lent to a strategy that learns from it: see
/// [`Strategy::learn`](super::Strategy::learn).
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// All steps in the order in which they were performed. Those that are
    /// [points](Operation::is_point) are the choices of the schedule, in the same order.
    pub steps: &'a [Step],
    /// What each thread, by number, was about to do when nobody could go on; `None` for those that have ended. Of
    /// those that were killed too.
    pub pending: &'a [Option<Operation>],
    /// With which thread the process of each thread, by number, began, and whether the thread was killed.
    pub processes: &'a [(ThreadId, bool)],
    /// The rounds of polling loops, in the order in which they began.
    pub guards: &'a [Guard],
    /// Who let others go first, and how many steps had been performed then.
    pub yields: &'a [(ThreadId, usize)],
    /// Whether it ran on until nobody could go on, and all of its steps are there. Of an execution that was too long to keep
    /// none are.
    pub maximal: bool,
    /// How many spurious wakeups each thread may have.
    pub spurious_wakeups: u32,
    /// How many weak compare-exchanges of each thread may fail though they could succeed.
    pub weak_failures: u32,
    /// Whether who dropped the result of a thread, and learned what it had done, was no step.
    pub(crate) overheard: bool,
    /// The state in which each object, by number, began.
    pub(crate) begun: &'a [State],
}

/// Where a thread came to the beginning of a round of a polling loop for the second time, having only looked in between. It
/// goes round again only once something that it looked at has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The thread.
    pub thread: ThreadId,
    /// The number of the step with which its last round began.
    pub from: usize,
    /// How many steps had been performed when it came to the beginning again.
    pub at: usize,
}
