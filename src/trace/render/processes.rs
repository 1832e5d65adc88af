//! Steps on what processes share, in a few plain words.

use super::phrase::{Scene, value};
use crate::base::object::culprits;
use crate::base::{ObjectKind, Outcome, PipeAction, Step, ValueAction};

/// A step on a pipe, or on the pipe behind a queue.
pub(super) fn pipe(action: PipeAction, step: &Step, scene: &Scene<'_>, object: &str) -> String {
    let kind = scene.trace.objects.get(step.operation.object.index()).map(|object| object.kind);
    let queue = matches!(kind, Some(ObjectKind::ProcessQueue(_)));
    let item = match (step.outcome, scene.width(step)) {
        (Outcome::Value(bits), Some(width)) => scene.noted_or(" ", value(bits, Some(width))),
        _ => scene.noted(" "),
    };
    let end = |writes| if writes { "writing" } else { "reading" };
    match (action, step.outcome) {
        (PipeAction::Hold { writes }, _) => format!("inherit the {} end of {object}", end(writes)),
        (PipeAction::Close { writes }, _) => format!("close the {} end of {object}", end(writes)),
        (PipeAction::Offer, _) => format!("put{item} into {object}"),
        (PipeAction::Send, Outcome::Disconnected) => format!("send{item} on {object}: broken pipe"),
        (PipeAction::Send, _) if queue => format!("write{item} to the pipe of {object}"),
        (PipeAction::Send, Outcome::Chosen) => format!("send the header of a message on {object}"),
        (PipeAction::Send, _) => format!("send{item} on {object}"),
        (PipeAction::SendRest, _) => format!("send the body{item} on {object}"),
        (PipeAction::Receive { .. } | PipeAction::ReceiveRest, Outcome::Mismatch(_)) => {
            format!("receive from {object}: a corrupt message")
        }
        (PipeAction::Receive { timeout: 0 }, Outcome::Refused) if queue => {
            format!("get from {object}: empty")
        }
        (PipeAction::Receive { .. }, Outcome::TimedOut) if queue => format!("get from {object}: times out"),
        (PipeAction::Receive { .. }, Outcome::Disconnected) if queue => format!("get from {object}: closed"),
        (PipeAction::Receive { .. }, _) if queue => format!("get{item} from {object}"),
        (PipeAction::Receive { .. }, Outcome::Chosen) => {
            format!("receive the header of a message from {object}")
        }
        (PipeAction::Receive { .. } | PipeAction::ReceiveRest, Outcome::Disconnected) => {
            format!("receive from {object}: end of file")
        }
        (PipeAction::Receive { .. }, _) => format!("receive{item} from {object}"),
        (PipeAction::ReceiveRest, _) => format!("receive the body{item} from {object}"),
        (PipeAction::Poll { .. }, Outcome::TimedOut) => format!("poll {object}: times out"),
        (PipeAction::Poll { .. }, Outcome::Value(0)) if queue => format!("is {object} empty? yes"),
        (PipeAction::Poll { .. }, _) if queue => format!("is {object} empty? no"),
        (PipeAction::Poll { .. }, Outcome::Value(0)) => format!("poll {object} -> nothing"),
        (PipeAction::Poll { .. }, _) => format!("poll {object} -> ready"),
    }
}

/// A step on a value in shared memory.
pub(super) fn shared_value(action: ValueAction, step: &Step, scene: &Scene<'_>, object: &str) -> String {
    let width = scene.width(step);
    let show = |before: &str, bits: Option<u64>| match bits.filter(|_| width.is_some()) {
        Some(bits) => scene.noted_or(before, value(bits, width)),
        None => scene.noted(before),
    };
    match action {
        ValueAction::Get => format!("read {object}{}", show(" -> ", step.outcome.value())),
        ValueAction::Set(bits) => format!("write {object}{}", show(" = ", bits)),
    }
}

/// Who mixed the parts of a corrupt message, when the step took one.
pub(crate) fn mixed(step: &Step) -> Option<[crate::base::ThreadId; 2]> {
    match (step.operation.action, step.outcome) {
        (crate::base::Action::Pipe(_), Outcome::Mismatch(who)) => Some(culprits(who)),
        _ => None,
    }
}
