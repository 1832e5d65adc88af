//! Misuse: an operation that its object refuses because the caller may not do it now.
//!
//! What may fail by design (`try_lock`, a full queue, setting a `OnceLock` twice) is none. Taking a poisoned lock is a
//! warning, and only when nothing else tells of the panic and nobody heals the lock.

use super::{Case, Severity, Tale, panic};
use crate::base::{
    Action, MutexAction, ObjectId, Outcome, QueueAction, RendezvousAction, RwLockAction, SemaphoreAction,
    Step, ThreadId,
};
use crate::trace::render::mixed;
use crate::trace::{Annotation, Trace};

/// Something done that its object does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misuse {
    /// Who did it.
    pub thread: ThreadId,
    /// Offset of the step.
    pub step: u64,
    /// To what.
    pub object: ObjectId,
    /// What.
    pub kind: MisuseKind,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MisuseKind {
    /// A lock was released that nobody held.
    ReleaseOfFreeLock,
    /// A condition was waited on or notified without its lock.
    ConditionWithoutLock,
    /// More items were said to be done than were put.
    TooManyDone,
    /// A bounded semaphore was released more often than acquired.
    TooManyReleases,
    /// A barrier was waited at that is broken.
    BrokenBarrier,
    /// An item was put into a queue that is shut down.
    PutAfterShutDown,
    /// Parts of messages that do not belong together were taken for one: these two have mixed them.
    CorruptMessage([ThreadId; 2]),
    /// A poisoned lock was taken and not healed.
    PoisonedLock,
}

/// The first misuse of each kind and object.
pub fn find(trace: &Trace) -> Vec<Misuse> {
    let mut found: Vec<Misuse> = Vec::new();
    for (offset, step) in trace.numbered() {
        let Some(kind) = kind(step) else { continue };
        let object = step.operation.object;
        let known = found.iter().any(|misuse| misuse.kind == kind && misuse.object == object);
        let dealt_with =
            kind == MisuseKind::PoisonedLock && (heals(trace, object) || panic::find(trace).is_some());
        if !known && !dealt_with {
            found.push(Misuse { thread: step.thread, step: offset, object, kind });
        }
    }
    found
}

fn kind(step: &Step) -> Option<MisuseKind> {
    if let Some(mixed) = mixed(step) {
        return Some(MisuseKind::CorruptMessage(mixed));
    }
    match (step.operation.action, step.outcome) {
        (Action::Mutex(MutexAction::Release), Outcome::Refused) => Some(MisuseKind::ReleaseOfFreeLock),
        (Action::Condvar(_), Outcome::Refused) => Some(MisuseKind::ConditionWithoutLock),
        (Action::Queue(QueueAction::TaskDone), Outcome::Refused) => Some(MisuseKind::TooManyDone),
        (Action::Queue(QueueAction::Put { .. }), Outcome::Disconnected) => Some(MisuseKind::PutAfterShutDown),
        (Action::Semaphore(SemaphoreAction::Release { .. }), Outcome::Refused) => {
            Some(MisuseKind::TooManyReleases)
        }
        (Action::Rendezvous(RendezvousAction::Arrive { .. }), Outcome::Refused) => {
            Some(MisuseKind::BrokenBarrier)
        }
        (Action::Mutex(_) | Action::RwLock(_), Outcome::Poisoned) => Some(MisuseKind::PoisonedLock),
        _ => None,
    }
}

fn heals(trace: &Trace, lock: ObjectId) -> bool {
    let healing = |step: &Step| {
        matches!(
            step.operation.action,
            Action::Mutex(MutexAction::ClearPoison) | Action::RwLock(RwLockAction::ClearPoison)
        )
    };
    trace.steps.iter().any(|step| step.operation.object == lock && healing(step))
}

impl Misuse {
    pub(super) fn severity(&self) -> Severity {
        match self.kind {
            // Python programs are told by an exception, which is how some of them end.
            MisuseKind::BrokenBarrier | MisuseKind::PutAfterShutDown | MisuseKind::PoisonedLock => {
                Severity::Warning
            }
            _ => Severity::Failure,
        }
    }
}

impl Tale for Misuse {
    fn what(&self, case: &Case<'_>) -> String {
        let (thread, object) = (case.thread(self.thread), case.object(self.object));
        match self.kind {
            MisuseKind::ReleaseOfFreeLock => format!("{thread} releases {object}, which nobody holds"),
            MisuseKind::ConditionWithoutLock => format!("{thread} uses {object} without holding its lock"),
            MisuseKind::TooManyDone => format!("{thread} calls `task_done` on {object} once too often"),
            MisuseKind::TooManyReleases => format!("{thread} releases {object}, of which no permit is taken"),
            MisuseKind::BrokenBarrier => format!("{thread} waits at {object}, which is broken"),
            MisuseKind::PutAfterShutDown => {
                format!("{thread} puts an item into {object}, which is shut down")
            }
            MisuseKind::CorruptMessage(mixed) => {
                let both = case.names.threads(&mixed);
                format!("{thread} receives a corrupt message from {object}, which {both} have mixed")
            }
            MisuseKind::PoisonedLock => format!("{thread} takes {object}, which a panic has poisoned"),
        }
    }

    fn why(&self, case: &Case<'_>) -> String {
        let mut before = case.trace.numbered().filter(|(offset, step)| {
            *offset < self.step && step.operation.object == self.object && !step.only_reads()
        });
        let last = before.next_back().map(|(offset, step)| {
            let thread = case.thread(step.thread);
            format!(" The last to change it was {thread} with {} (step {}).", case.step(offset), offset + 1)
        });
        let rule = match self.kind {
            MisuseKind::ReleaseOfFreeLock => "A lock can be released only while it is held.",
            MisuseKind::ConditionWithoutLock => {
                "A condition can be waited on and notified only with its lock held."
            }
            MisuseKind::TooManyDone => "Each item put can be done once.",
            MisuseKind::TooManyReleases => {
                "A bounded semaphore never has more permits than in the beginning."
            }
            MisuseKind::BrokenBarrier => "A broken barrier lets nobody through until it is reset.",
            MisuseKind::PutAfterShutDown => "A queue that is shut down takes no items.",
            MisuseKind::CorruptMessage(_) => {
                "A message is two parts on the wire, and at each end only one process at a time may use it."
            }
            MisuseKind::PoisonedLock => {
                "What it guards may be half changed, and nobody has cleared the poison."
            }
        };
        format!("{rule}{}", last.unwrap_or_else(|| " Nobody had changed it before.".into()))
    }

    fn annotations(&self, _: &Case<'_>) -> Vec<Annotation> {
        let text = if self.kind == MisuseKind::PoisonedLock { "poisoned" } else { "not allowed" };
        vec![Annotation::new(self.step, text)]
    }

    fn involved(&self, case: &Case<'_>) -> Vec<String> {
        vec![
            format!("{:?}", self.kind),
            case.names.object(self.object).into(),
            case.names.thread(self.thread).into(),
        ]
    }
}
