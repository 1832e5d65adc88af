//! Why the end of the search may not mean that all graphs have been visited.

use crate::base::{Action, ArcAction, ChannelAction, OnceAction, Record, Step};

pub(super) const NO_EXECUTION: &str =
    "an execution graph could not be run, and what would differ from it was not tried";
pub(super) const TOLD: &str = "from an `Arc`, a channel or a result a thread learned more of others than execution graphs have, so that some of them \
                    cannot be";
/// Also told by whoever knows that stores were forgotten.
pub(crate) const FORGOTTEN: &str =
    "an atomic has had so many stores that reading the oldest of them was not tried";
pub(super) const CUT_OFF: &str =
    "an execution was cut off in the middle, and what others would have done then was not tried";
pub(super) const DEEP: &str = "graphs with something left to try were too many to keep; give loops an end, or wait in them for what changes";
pub(super) const KILLED: &str = "a process is killed, and when is not part of execution graphs";
pub(super) const HANDED_OVER: &str = "an attempt to send on a channel without room succeeds if somebody waits, which is not part of execution graphs";

pub(super) const MOVED: &str = "an atomic pointer was equal to others than before, as memory that is used again lies elsewhere in every execution, or \
                     a pointer was counted on from another";

pub(super) const POISONED: &str =
    "a `Once` is poisoned, and whether one who waits for it finds that is not part of execution graphs";

/// Whether somebody poisons what somebody waits for, who then does not wait any more, or waits for more.
pub(super) fn waits_for_poison(record: &Record<'_>) -> bool {
    let operations =
        || record.steps.iter().map(|step| &step.operation).chain(record.pending.iter().flatten());
    let any = |action| operations().any(|operation| operation.action == Action::Once(action));
    any(OnceAction::Complete { poison: true }) && any(OnceAction::Wait)
}

/// Whether a step may tell its thread more than an event of a graph does.
pub(super) fn tells_more(step: &Step) -> bool {
    use ArcAction::{Drop, DropLast, Unique};
    matches!(
        step.operation.action,
        Action::Arc(Unique | Drop | DropLast) | Action::Channel(ChannelAction::AwaitTaken { .. })
    )
}
