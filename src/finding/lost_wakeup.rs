//! Lost wakeups, by counterfactual: wake the sleeper, let only it run, and see whether it leaves its wait loop.
//!
//! [`candidates`] tells whom to wake at a deadlock; the caller replays the execution, wakes that thread alone and runs it
//! until it blocks or ends; [`judge`] compares. A thread leaves its wait loop when, once woken, it gives the lock back,
//! changes something, ends or goes on to something else before it waits on the same condition again. Then what it waited
//! for was true, and a notify that should have told it so was lost or never sent. If it sleeps again at once, the
//! deadlock is an ordinary one.

use super::{Case, Tale};
use crate::base::{
    Access, Action, AtomicAction, CondvarAction, Ending, EventAction, Meeting, MutexAction, ObjectId,
    SharedAction, Step, ThreadId,
};
use crate::trace::standing::{Place, standings};
use crate::trace::state::State;
use crate::trace::{Annotation, Trace};

/// A thread sleeps though what it waits for has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostWakeup {
    /// Who sleeps.
    pub thread: ThreadId,
    /// On what.
    pub condvar: ObjectId,
    /// The lock that goes with it.
    pub mutex: ObjectId,
    /// Offset of the step with which it fell asleep.
    pub asleep_since: u64,
    /// Offset of its last look at what it waits for, if it was a visible one.
    pub looked: Option<u64>,
    /// What made true what it waits for.
    pub made_true: MadeTrue,
    /// The last notify on the condition.
    pub last_notify: Option<LastNotify>,
    /// Other threads that sleep on the same condition though they could go on.
    pub also: Vec<ThreadId>,
}

/// What made true what a sleeper waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeTrue {
    /// This step changed what it had looked at.
    Step(u64),
    /// Something that left no step of its own; the lock was last given back to others by this step.
    UnderLock(u64),
    /// The trace does not tell.
    Unknown,
}

/// A notify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastNotify {
    /// Offset of its step.
    pub step: u64,
    /// Whom it woke.
    pub woke: Vec<ThreadId>,
}

/// The threads to be woken for a judgement: at a deadlock, those asleep on a condition and not notified.
pub fn candidates(trace: &Trace) -> Vec<ThreadId> {
    if trace.ending != Ending::Deadlocked {
        return Vec::new();
    }
    let asleep =
        standings(trace).into_iter().filter(|s| matches!(s.place, Place::Asleep { since: Some(_), .. }));
    asleep.map(|standing| standing.thread).collect()
}

/// Whether the wakeup of `thread` was lost: `probe` has the steps of `original`, then those of `thread` alone, woken.
///
/// A probe that went another way tells nothing.
pub fn judge(original: &Trace, thread: ThreadId, probe: &Trace) -> Option<LostWakeup> {
    let same = |offset, step: &Step| {
        probe.step(offset).is_some_and(|s| (s.thread, s.operation) == (step.thread, step.operation))
    };
    if !original
        .numbered()
        .filter(|(offset, _)| *offset >= probe.skipped)
        .all(|(offset, step)| same(offset, step))
    {
        return None;
    }
    let mut state = State::new();
    let mut last_notify = Vec::new();
    for (offset, step) in original.numbered() {
        let woke = state.apply(offset, step);
        if is_notify(step) {
            last_notify.retain(|(condvar, _)| *condvar != step.operation.object);
            last_notify.push((step.operation.object, LastNotify { step: offset, woke }));
        }
    }
    let sleeper = *state.sleeper(thread)?;
    let woken = leaves_wait_loop(original, thread, sleeper.condvar, probe)?;
    let before = looks_before(original, thread, sleeper.mutex, sleeper.since);
    let (looked, made_true) = made_true(original, thread, &before, &woken);
    let made_true = made_true.map(MadeTrue::Step);
    let under_lock = || {
        let mut later = original.numbered().rev().take_while(|(offset, _)| *offset > sleeper.since);
        let given_back = later.find(|(_, step)| step.thread != thread && gives_back(step, sleeper.mutex));
        given_back.map_or(MadeTrue::Unknown, |(offset, _)| MadeTrue::UnderLock(offset))
    };
    Some(LostWakeup {
        thread,
        condvar: sleeper.condvar,
        mutex: sleeper.mutex,
        asleep_since: sleeper.since,
        looked: looked.or_else(|| before.last().map(|(offset, _)| *offset)),
        made_true: made_true.unwrap_or_else(under_lock),
        last_notify: last_notify.into_iter().find(|(condvar, _)| *condvar == sleeper.condvar).map(|(_, n)| n),
        also: Vec::new(),
    })
}

/// One finding a condition: the others that sleep on it are named beside the first.
pub(super) fn merge(lost: Vec<LostWakeup>) -> Vec<LostWakeup> {
    let mut merged: Vec<LostWakeup> = Vec::new();
    for wakeup in lost {
        match merged.iter_mut().find(|known| known.condvar == wakeup.condvar) {
            Some(known) => known.also.push(wakeup.thread),
            None => merged.push(wakeup),
        }
    }
    merged
}

/// What the thread looks at once woken, when it then leaves its wait loop; `None` when it sleeps again or never woke.
fn leaves_wait_loop(
    original: &Trace,
    thread: ThreadId,
    condvar: ObjectId,
    probe: &Trace,
) -> Option<Vec<Step>> {
    let after = probe.numbered().filter(|(offset, step)| *offset >= original.end() && step.thread == thread);
    let mut steps = after.map(|(_, step)| *step);
    steps.next().filter(|first| matches!(first.operation.action, Action::Condvar(_)) && !is_notify(first))?;
    let mut looks = Vec::new();
    for step in steps {
        let waits = matches!(step.operation.action, Action::Condvar(CondvarAction::Wait { .. }));
        if waits && step.operation.object == condvar {
            return None;
        }
        looks.push(step);
        let retakes = matches!(step.operation.action, Action::Mutex(MutexAction::Lock { .. }));
        if !step.only_reads() && !retakes {
            break;
        }
    }
    Some(looks)
}

/// What the thread looked at between taking the lock and falling asleep, with offsets.
fn looks_before(original: &Trace, thread: ThreadId, mutex: ObjectId, asleep: u64) -> Vec<(u64, Step)> {
    let own = original.numbered().rev().filter(|(offset, step)| *offset < asleep && step.thread == thread);
    let locked = own.take_while(|(_, step)| {
        let action = step.operation.action;
        let woken =
            matches!(action, Action::Condvar(CondvarAction::Reacquire { mutex: lock }) if lock == mutex);
        !(woken || step.operation.object == mutex && matches!(action, Action::Mutex(_)))
    });
    let mut looks: Vec<(u64, Step)> =
        locked.filter(|(_, s)| s.only_reads()).map(|(at, step)| (at, *step)).collect();
    looks.reverse();
    looks
}

/// The look that was overtaken and the step that overtook it: of all that the thread looks at again, rather something
/// whose value now differs.
fn made_true(
    original: &Trace,
    thread: ThreadId,
    before: &[(u64, Step)],
    after: &[Step],
) -> (Option<u64>, Option<u64>) {
    let again = |look: &Step| after.iter().find(|step| step.operation.object == look.operation.object);
    let rank = |look: &Step| match (again(look), look.outcome.value()) {
        (None, _) => None,
        (Some(step), Some(old)) if step.outcome.value().is_some_and(|new| new != old) => Some(0),
        (Some(step), Some(_)) if step.outcome.value().is_some() => Some(2),
        _ => Some(1),
    };
    let mut looks: Vec<(i32, u64, &Step)> =
        before.iter().filter_map(|(offset, look)| Some((rank(look)?, *offset, look))).collect();
    looks.sort_by_key(|(rank, offset, _)| (*rank, *offset));
    let overtaken = looks.iter().filter(|(rank, ..)| *rank < 2);
    let mut found =
        overtaken.filter_map(|(_, offset, look)| Some((*offset, changed(original, thread, *offset, look)?)));
    found.next().map_or((None, None), |(looked, step)| (Some(looked), Some(step)))
}

/// The first step of another thread since which the object differs from what `look` found.
fn changed(original: &Trace, thread: ThreadId, looked: u64, look: &Step) -> Option<u64> {
    let met = Some((Meeting::Object(look.operation.object), Access::Write));
    let mut since = None;
    for (offset, step) in original.numbered().filter(|(offset, _)| *offset > looked) {
        if step.thread != thread && step.accesses().contains(&met) {
            let restores = written(step).is_some() && written(step) == look.outcome.value();
            since = if restores { None } else { since.or(Some(offset)) };
        }
    }
    since
}

fn written(step: &Step) -> Option<u64> {
    match step.operation.action {
        Action::Shared(SharedAction::Set(bits)) => bits,
        Action::Atomic(AtomicAction::Store { value, .. }) => Some(value),
        Action::Event(EventAction::Set) => Some(1),
        Action::Event(EventAction::Clear) => Some(0),
        _ => None,
    }
}

fn is_notify(step: &Step) -> bool {
    matches!(
        step.operation.action,
        Action::Condvar(CondvarAction::NotifyOne | CondvarAction::NotifyFirst(_) | CondvarAction::NotifyAll)
    )
}

fn gives_back(step: &Step, mutex: ObjectId) -> bool {
    match step.operation.action {
        Action::Mutex(MutexAction::Unlock { .. } | MutexAction::Release) => step.operation.object == mutex,
        Action::Condvar(CondvarAction::Wait { mutex: lock, .. }) => lock == mutex,
        _ => false,
    }
}

impl LostWakeup {
    /// What made it true, as a sentence.
    fn cause(&self, case: &Case<'_>) -> String {
        let thread = case.thread(self.thread);
        match self.made_true {
            MadeTrue::Step(step) => {
                let by =
                    case.trace.step(step).map_or("another thread".into(), |step| case.thread(step.thread));
                let looked = self.looked.map_or(String::new(), |looked| {
                    format!(", after {thread} had looked ({} at step {})", case.step(looked), looked + 1)
                });
                format!(
                    "{thread} would go on if woken: {by} did {} at step {}{looked}.",
                    case.step(step),
                    step + 1
                )
            }
            MadeTrue::UnderLock(step) => {
                let by =
                    case.trace.step(step).map_or("another thread".into(), |step| case.thread(step.thread));
                let mutex = case.object(self.mutex);
                format!(
                    "{thread} would go on if woken: what it waits for has become true under {mutex}, which {by} last gave back at step {}.",
                    step + 1
                )
            }
            MadeTrue::Unknown => {
                format!("{thread} would go on if woken, though nothing has changed since it fell asleep.")
            }
        }
    }

    /// Where the notifies went, as a sentence.
    fn notify(&self, case: &Case<'_>) -> String {
        let condvar = case.object(self.condvar);
        let Some(last) = &self.last_notify else {
            return format!("Nobody ever notifies {condvar}.");
        };
        let reached = match last.woke.len() {
            0 => "reached nobody".to_string(),
            1..=3 => format!("woke {}", case.names.threads(&last.woke)),
            count => format!("woke {count} others"),
        };
        let when = if last.step < self.asleep_since { "came too early" } else { "did not reach it" };
        let step = last.step + 1;
        format!(
            "The last notify on {condvar}, at step {step}, {when} (it {reached}), and nobody is left to send another."
        )
    }
}

impl Tale for LostWakeup {
    fn what(&self, case: &Case<'_>) -> String {
        let condvar = case.object(self.condvar);
        format!(
            "{} sleeps on {condvar} for ever, though what it waits for has come",
            case.thread(self.thread)
        )
    }

    fn why(&self, case: &Case<'_>) -> String {
        let mut text = format!("{} {}", self.cause(case), self.notify(case));
        if !self.also.is_empty() {
            text.push_str(&format!(" The same holds for {}.", case.names.threads(&self.also)));
        }
        text
    }

    fn annotations(&self, case: &Case<'_>) -> Vec<Annotation> {
        let name = case.names.thread(self.thread);
        let mut annotations = vec![Annotation::new(self.asleep_since, "never woken")];
        annotations.extend(match self.made_true {
            MadeTrue::Step(step) => Some(Annotation::new(step, format!("what {name} waits for"))),
            MadeTrue::UnderLock(step) => Some(Annotation::new(step, format!("by now {name} could go on"))),
            MadeTrue::Unknown => None,
        });
        if let MadeTrue::Step(_) = self.made_true {
            annotations.extend(self.looked.map(|looked| Annotation::new(looked, "so it decides to wait")));
        }
        let condvar = case.names.object(self.condvar);
        let notify = self.last_notify.as_ref();
        annotations.extend(notify.map(|n| Annotation::new(n.step, format!("the last notify on {condvar}"))));
        annotations
    }

    fn involved(&self, case: &Case<'_>) -> Vec<String> {
        vec![case.names.object(self.condvar).into(), case.names.thread(self.thread).into()]
    }
}
