//! Steps on Python's own objects in words.

use super::phrase::{Scene, value, yes};
use crate::base::{EventAction, ObjectKind, Outcome, QueueAction, RendezvousAction, SemaphoreAction, Step};

pub(super) fn event(action: EventAction, outcome: Outcome, object: &str) -> String {
    match (action, outcome) {
        (EventAction::Set, _) => format!("set {object}"),
        (EventAction::Clear, _) => format!("clear {object}"),
        (EventAction::IsSet, outcome) => format!("is {object} set? {}", yes(outcome)),
        (EventAction::Wait { .. }, Outcome::TimedOut) => format!("wait for {object}: times out"),
        (EventAction::Wait { .. }, _) => format!("wait for {object}: it is set"),
    }
}

pub(super) fn queue(action: QueueAction, step: &Step, scene: &Scene<'_>, object: &str) -> String {
    let item = match (step.outcome, scene.width(step)) {
        (Outcome::Value(bits), Some(width)) => scene.noted_or(" ", value(bits, Some(width))),
        _ => scene.noted(" "),
    };
    match (action, step.outcome) {
        (QueueAction::Put { .. }, Outcome::Disconnected) => {
            format!("put{item} into {object}: refused, it is shut down")
        }
        (QueueAction::Put { timeout: 0 }, Outcome::Refused | Outcome::TimedOut) => {
            format!("put{item} into {object}: full")
        }
        (QueueAction::Put { .. }, Outcome::Refused | Outcome::TimedOut) => {
            format!("put{item} into {object}: times out")
        }
        (QueueAction::Put { .. }, _) => format!("put{item} into {object}"),
        (QueueAction::Get { .. }, Outcome::Disconnected) => {
            format!("get from {object}: empty and shut down")
        }
        (QueueAction::Get { timeout: 0 }, Outcome::Refused | Outcome::TimedOut) => {
            format!("get from {object}: empty")
        }
        (QueueAction::Get { .. }, Outcome::Refused | Outcome::TimedOut) => {
            format!("get from {object}: times out")
        }
        (QueueAction::Get { .. }, _) => format!("get{item} from {object}"),
        (QueueAction::Length, outcome) => format!("length of {object} -> {}", outcome.value().unwrap_or(0)),
        (QueueAction::IsEmpty, outcome) => format!("is {object} empty? {}", yes(outcome)),
        (QueueAction::IsFull, outcome) => format!("is {object} full? {}", yes(outcome)),
        (QueueAction::TaskDone, Outcome::Refused) => format!("task done on {object}: refused, one too many"),
        (QueueAction::TaskDone, _) => format!("task done on {object}"),
        (QueueAction::Join, _) => format!("join {object}: all is done"),
        (QueueAction::ShutDown { immediate: false }, _) => format!("shut down {object}"),
        (QueueAction::ShutDown { immediate: true }, _) => format!("shut down {object} at once"),
    }
}

pub(super) fn semaphore(action: SemaphoreAction, outcome: Outcome, object: &str) -> String {
    match (action, outcome) {
        (SemaphoreAction::Acquire { .. }, Outcome::Refused) => format!("acquire {object}: none left"),
        (SemaphoreAction::Acquire { .. }, Outcome::TimedOut) => format!("acquire {object}: times out"),
        (SemaphoreAction::Acquire { .. }, _) => format!("acquire {object}"),
        (SemaphoreAction::Release { .. }, Outcome::Refused) => {
            format!("release {object}: refused, none is taken")
        }
        (SemaphoreAction::Release { count: 1 }, _) => format!("release {object}"),
        (SemaphoreAction::Release { count }, _) => format!("release {object}, {count} permits"),
    }
}

pub(super) fn rendezvous(action: RendezvousAction, step: &Step, scene: &Scene<'_>, object: &str) -> String {
    match (action, step.outcome) {
        (RendezvousAction::Arrive { .. }, Outcome::Refused) => format!("comes to {object}: it is broken"),
        (RendezvousAction::Arrive { acts: false }, Outcome::Chosen) => {
            format!("comes to {object}, the last one")
        }
        (RendezvousAction::Arrive { .. }, Outcome::Chosen) => {
            format!("comes to {object}, the last one, and acts")
        }
        (RendezvousAction::Arrive { .. }, outcome) => {
            let number = outcome.value().unwrap_or(0) as u32 + 1;
            match scene.trace.objects.get(step.operation.object.index()).map(|object| object.kind) {
                Some(ObjectKind::Rendezvous { parties }) => {
                    format!("comes to {object}, {number} of {parties}")
                }
                _ => format!("comes to {object}"),
            }
        }
        (RendezvousAction::Pass { .. }, Outcome::TimedOut) => format!("waits at {object}: times out"),
        (RendezvousAction::Pass { .. }, Outcome::Refused) => format!("waits at {object}: it is broken"),
        (RendezvousAction::Pass { .. }, _) => format!("passes {object}"),
        (RendezvousAction::Open { fails: false }, _) => format!("has acted at {object}"),
        (RendezvousAction::Open { fails: true }, _) => format!("fails to act at {object}, which breaks it"),
        (RendezvousAction::Abort, _) => format!("abort {object}"),
        (RendezvousAction::Reset, _) => format!("reset {object}"),
        (RendezvousAction::Waiting, outcome) => {
            format!("waiting at {object} -> {}", outcome.value().unwrap_or(0))
        }
        (RendezvousAction::IsBroken, outcome) => format!("is {object} broken? {}", yes(outcome)),
    }
}
