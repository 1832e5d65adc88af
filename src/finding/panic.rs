//! Panics: of several, the one that began it, with the lost update that explains a failed assertion.
//!
//! A panic that a join delivered, in an execution that finished, was dealt with by the model and is no finding. One
//! that a destructor raised while the threads were torn down is an artefact of ending an execution early.

use super::lost_update::{self, LostUpdate};
use super::{Case, Tale};
use crate::base::{Ending, ThreadId};
use crate::trace::render::short_path;
use crate::trace::{Annotation, Panic, PanicKind, ThreadStatus, Trace};

/// A thread panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    /// Who.
    pub thread: ThreadId,
    /// How many steps had been performed.
    pub at: u64,
    /// What it said.
    pub message: String,
    /// `file:line:column`; empty when unknown.
    pub location: String,
    /// What kind of panic.
    pub kind: PanicKind,
    /// What explains it.
    pub cause: Option<LostUpdate>,
    /// Who panicked after it, each thread once.
    pub also: Vec<ThreadId>,
}

/// The panic to blame, if one is.
pub fn find(trace: &Trace) -> Option<Panicked> {
    let real = || trace.panics.iter().filter(|panic| panic.kind != PanicKind::WhileTearingDown);
    let blamed = real().filter(|panic| fails(trace, panic));
    // Something else ended the execution, and then a destructor could not bear being torn down: better than nothing.
    let torn = || trace.panics.iter().find(|panic| panic.kind == PanicKind::WhileTearingDown);
    let worst = blamed.min_by_key(|panic| (panic.kind == PanicKind::Ordinary, panic.at)).or_else(torn)?;
    // A thread that trips over another's panic (an unwrapped join, a poisoned lock) is not the one to look at.
    let root = if is_echo(&worst.message) { real().find(|panic| !is_echo(&panic.message)) } else { None };
    let root = root.filter(|root| root.at <= worst.at).unwrap_or(worst);
    let mut also: Vec<ThreadId> = real().map(|panic| panic.thread).filter(|t| *t != root.thread).collect();
    also.sort();
    also.dedup();
    Some(Panicked {
        thread: root.thread,
        at: root.at,
        message: root.message.clone(),
        location: root.location.clone(),
        kind: root.kind,
        cause: (root.kind == PanicKind::Ordinary).then(|| lost_update::find(trace)).flatten(),
        also,
    })
}

fn fails(trace: &Trace, panic: &Panic) -> bool {
    let undelivered = |status| matches!(status, ThreadStatus::Panicked { delivered: false });
    panic.kind != PanicKind::Ordinary
        || trace.ending == Ending::Panicked(panic.thread)
        || trace.threads.get(panic.thread.index()).is_some_and(|record| undelivered(record.status))
}

/// Whether a message is what std says when another thread's panic is unwrapped, or comes out of a scope.
fn is_echo(message: &str) -> bool {
    message.contains("Any { .. }") || message.contains("PoisonError") || message == "a scoped thread panicked"
}

impl Tale for Panicked {
    fn what(&self, case: &Case<'_>) -> String {
        let message = if self.message.is_empty() { "no message" } else { &self.message };
        format!("{} panicked: {message}", case.thread(self.thread))
    }

    fn why(&self, case: &Case<'_>) -> String {
        let mut sentences = Vec::new();
        if case.locations && !self.location.is_empty() {
            sentences.push(format!("It did so at {}.", short_path(&self.location)));
        }
        sentences.extend(match self.kind {
            PanicKind::WhileUnwinding => Some(
                "A destructor panicked while the thread was unwinding from another panic: a real program would abort."
                    .to_string(),
            ),
            PanicKind::StackOverflow => {
                Some("It needed more stack than it was given: look for a recursion without end.".to_string())
            }
            PanicKind::WhileTearingDown => Some(
                "The execution was over and its threads were unwound when a destructor panicked: it cannot bear that its thread ends where it waits."
                    .to_string(),
            ),
            PanicKind::Ordinary => None,
        });
        if let Some(cause) = &self.cause {
            sentences.push(format!(
                "The cause may be a lost update of {}: {}",
                case.object(cause.object),
                cause.why(case)
            ));
        } else {
            let mut own = case.trace.numbered().rev();
            let last = own.find(|(offset, step)| *offset < self.at && step.thread == self.thread);
            sentences.extend(last.map(|(offset, _)| {
                format!(
                    "Before that, {} last did {} (step {}).",
                    case.thread(self.thread),
                    case.step(offset),
                    offset + 1
                )
            }));
        }
        if !self.also.is_empty() {
            sentences.push(format!("Then {} panicked too.", case.names.threads(&self.also)));
        }
        if sentences.is_empty() {
            sentences.push("It had met no other thread before.".to_string());
        }
        sentences.join(" ")
    }

    fn annotations(&self, case: &Case<'_>) -> Vec<Annotation> {
        self.cause.as_ref().map_or(Vec::new(), |cause| cause.annotations(case))
    }

    fn involved(&self, case: &Case<'_>) -> Vec<String> {
        vec![case.names.thread(self.thread).into(), self.message.clone(), self.location.clone()]
    }
}
