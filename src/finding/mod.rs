//! Layer 2: what is wrong with an execution, read off its trace after the fact.
//!
//! A [`Finding`] is a value with its evidence; text is made of it at the edge, by [`Finding::render`]. Nothing here runs
//! a thread. The one finding that a trace cannot settle alone, a lost wakeup, is judged from a second trace in which the
//! sleeper was woken (see [`lost_wakeup`]).
//!
//! Failures fail a test. Warnings do not: a lock-order inversion has not deadlocked yet, a lost update may not matter to
//! the model's own assertions, and a lock still held at the end may be meant so.

pub mod deadlock;
pub mod leak;
pub mod livelock;
pub mod lock_order;
pub mod lost_update;
pub mod lost_wakeup;
pub mod misuse;
pub mod panic;
pub mod race;
mod report;
pub mod starvation;

pub use deadlock::Deadlock;
pub use leak::Leak;
pub use livelock::Livelock;
pub use lock_order::LockOrderInversion;
pub use lost_update::LostUpdate;
pub use lost_wakeup::LostWakeup;
pub use misuse::Misuse;
pub use panic::Panicked;
pub use race::DataRace;
pub use report::Context;
pub use starvation::Starvation;

use crate::base::{Error, ObjectId, ThreadId};
use crate::trace::PanicKind;
use crate::trace::snapshot::mask;
use crate::trace::{Annotation, Names, Trace};
use std::fmt;

/// Something wrong with an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// Two accesses to a cell that nothing orders.
    DataRace(DataRace),
    /// Something done that its object does not allow.
    Misuse(Misuse),
    /// A thread panicked.
    Panic(Panicked),
    /// A thread sleeps though what it waits for has come.
    LostWakeup(LostWakeup),
    /// Threads wait for each other, or for what nobody will do.
    Deadlock(Deadlock),
    /// Threads go round for ever.
    Livelock(Livelock),
    /// Somebody can wait for ever while others go round endless loops.
    Starvation(Starvation),
    /// A lock was never given back.
    Leak(Leak),
    /// Locks were taken in orders that can deadlock.
    LockOrderInversion(LockOrderInversion),
    /// A write undid another one unseen.
    LostUpdate(LostUpdate),
}

/// What kind of thing is wrong, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// See [`Finding::DataRace`].
    DataRace,
    /// See [`Finding::Misuse`].
    Misuse,
    /// See [`Finding::Panic`].
    Panic,
    /// See [`Finding::LostWakeup`].
    LostWakeup,
    /// See [`Finding::Deadlock`].
    Deadlock,
    /// See [`Finding::Livelock`].
    Livelock,
    /// See [`Finding::Starvation`].
    Starvation,
    /// See [`Finding::Leak`].
    Leak,
    /// See [`Finding::LockOrderInversion`].
    LockOrderInversion,
    /// See [`Finding::LostUpdate`].
    LostUpdate,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; a test need not fail.
    Warning,
    /// A test should fail.
    Failure,
}

/// What makes two findings of different executions the same one: their kind, and who and what is involved.
///
/// Numbers in names are left out, so that `worker 1` and `worker 2`, or two forks of one table, make one finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature {
    kind: FindingKind,
    involved: String,
}

/// What is wrong with an execution, the most important first. Lost wakeups are taken for plain deadlocks.
pub fn diagnose(trace: &Trace) -> Vec<Finding> {
    diagnose_with(trace, Vec::new())
}

/// What is wrong with an execution, the most important first, when these wakeups are known to be lost.
pub fn diagnose_with(trace: &Trace, lost_wakeups: Vec<LostWakeup>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(race::find(trace).into_iter().map(Finding::DataRace));
    findings.extend(misuse::find(trace).into_iter().map(Finding::Misuse));
    let panicked = panic::find(trace);
    let update = if panicked.is_some() { None } else { lost_update::find(trace) };
    findings.extend(panicked.map(Finding::Panic));
    let lost = lost_wakeup::merge(lost_wakeups);
    let deadlock = deadlock::find(trace).filter(|deadlock| lost.is_empty() || deadlock.stands_beside(&lost));
    let locked = deadlock.as_ref().is_some_and(Deadlock::is_of_locks);
    findings.extend(lost.into_iter().map(Finding::LostWakeup));
    findings.extend(deadlock.map(Finding::Deadlock));
    findings.extend(livelock::find(trace).map(Finding::Livelock));
    findings.extend(starvation::find(trace).map(Finding::Starvation));
    findings.extend(leak::find(trace).into_iter().map(Finding::Leak));
    if !locked {
        findings.extend(lock_order::find(trace).map(Finding::LockOrderInversion));
    }
    findings.extend(update.map(Finding::LostUpdate));
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity()), finding.kind()));
    findings
}

impl Finding {
    /// What kind of thing is wrong.
    pub fn kind(&self) -> FindingKind {
        match self {
            Finding::DataRace(_) => FindingKind::DataRace,
            Finding::Misuse(_) => FindingKind::Misuse,
            Finding::Panic(_) => FindingKind::Panic,
            Finding::LostWakeup(_) => FindingKind::LostWakeup,
            Finding::Deadlock(_) => FindingKind::Deadlock,
            Finding::Livelock(_) => FindingKind::Livelock,
            Finding::Starvation(_) => FindingKind::Starvation,
            Finding::Leak(_) => FindingKind::Leak,
            Finding::LockOrderInversion(_) => FindingKind::LockOrderInversion,
            Finding::LostUpdate(_) => FindingKind::LostUpdate,
        }
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Finding::Misuse(misuse) => misuse.severity(),
            // Something else ended the execution; this is what came of it.
            Finding::Panic(panic) if panic.kind == PanicKind::WhileTearingDown => Severity::Warning,
            Finding::Leak(_) | Finding::LockOrderInversion(_) | Finding::LostUpdate(_) => Severity::Warning,
            _ => Severity::Failure,
        }
    }

    /// What makes it the same finding when another execution shows it.
    pub fn signature(&self, trace: &Trace) -> Signature {
        let names = Names::new(trace);
        let mut involved = self.tale().involved(&Case { trace, names: &names, locations: false });
        involved.iter_mut().for_each(|text| *text = role(text));
        Signature { kind: self.kind(), involved: involved.join(", ") }
    }

    /// What explains it, where that has a kind of its own: the lost update behind a failed assertion.
    pub fn cause(&self) -> Option<FindingKind> {
        match self {
            Finding::Panic(panic) => panic.cause.as_ref().map(|_| FindingKind::LostUpdate),
            _ => None,
        }
    }

    /// What is wrong, in one sentence without its full stop: "deadlock: `left` and `right` wait for each other".
    pub fn headline(&self, trace: &Trace) -> String {
        let names = Names::new(trace);
        format!("{}: {}", self.kind(), self.tale().what(&Case { trace, names: &names, locations: false }))
    }

    /// The whole report: what is wrong, why, the trace in columns, and how to replay it.
    pub fn render(&self, trace: &Trace, context: &Context) -> String {
        report::report(self, trace, context)
    }

    fn tale(&self) -> &dyn Tale {
        match self {
            Finding::DataRace(finding) => finding,
            Finding::Misuse(finding) => finding,
            Finding::Panic(finding) => finding,
            Finding::LostWakeup(finding) => finding,
            Finding::Deadlock(finding) => finding,
            Finding::Livelock(finding) => finding,
            Finding::Starvation(finding) => finding,
            Finding::Leak(finding) => finding,
            Finding::LockOrderInversion(finding) => finding,
            Finding::LostUpdate(finding) => finding,
        }
    }
}

/// The kind. What there is to tell besides takes the names in the trace: see [`Found`](crate::explore::Found), whose text is all
/// of it, and [`Finding::headline`].
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)
    }
}

/// What a finding is told from.
#[derive(Clone, Copy)]
struct Case<'a> {
    trace: &'a Trace,
    names: &'a Names,
    locations: bool,
}

/// What each finding can tell of itself.
trait Tale {
    /// What is wrong, a sentence without its full stop.
    fn what(&self, case: &Case<'_>) -> String;

    /// Why, in a few sentences.
    fn why(&self, case: &Case<'_>) -> String;

    /// What is said beside the steps that matter.
    fn annotations(&self, case: &Case<'_>) -> Vec<Annotation>;

    /// Who and what is involved, in an order that does not depend on the schedule.
    fn involved(&self, case: &Case<'_>) -> Vec<String>;

    /// Offset of the first step not worth showing.
    fn shown_until(&self) -> Option<u64> {
        None
    }
}

impl Case<'_> {
    fn thread(&self, thread: ThreadId) -> String {
        format!("`{}`", self.names.thread(thread))
    }

    fn object(&self, object: ObjectId) -> String {
        format!("`{}`", self.names.object(object))
    }

    /// The step in words: "`store x = 1`".
    fn step(&self, offset: u64) -> String {
        let index = offset.checked_sub(self.trace.skipped).map(|index| index as usize);
        let phrases = crate::trace::render::phrases(self.trace, self.names);
        let phrase = index.and_then(|index| phrases.into_iter().nth(index));
        format!("`{}`", phrase.map_or("something".to_string(), |(_, text)| text))
    }
}

impl FindingKind {
    /// All kinds, the most important first.
    pub const ALL: [FindingKind; 10] = [
        FindingKind::DataRace,
        FindingKind::Misuse,
        FindingKind::Panic,
        FindingKind::LostWakeup,
        FindingKind::Deadlock,
        FindingKind::Livelock,
        FindingKind::Starvation,
        FindingKind::Leak,
        FindingKind::LockOrderInversion,
        FindingKind::LostUpdate,
    ];
}

/// Reads the words of reports: `lost wakeup`.
impl std::str::FromStr for FindingKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        FindingKind::ALL.into_iter().find(|kind| kind.to_string() == text).ok_or_else(|| {
            let kinds = FindingKind::ALL.map(|kind| kind.to_string()).join(", ");
            Error::new(
                format!("`{text}` is no kind of finding"),
                "in the name of what is expected",
                format!("use one of {kinds}"),
            )
        })
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            FindingKind::DataRace => "data race",
            FindingKind::Misuse => "misuse",
            FindingKind::Panic => "panic",
            FindingKind::LostWakeup => "lost wakeup",
            FindingKind::Deadlock => "deadlock",
            FindingKind::Livelock => "livelock",
            FindingKind::Starvation => "starvation",
            FindingKind::Leak => "leak",
            FindingKind::LockOrderInversion => "lock-order inversion",
            FindingKind::LostUpdate => "lost update",
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(if *self == Severity::Failure { "failure" } else { "warning" })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.involved)
    }
}

/// A name without what tells it from others of its kind: "worker 2" and "worker (c)" become "worker".
fn role(name: &str) -> String {
    let name = name.strip_suffix(')').and_then(|name| name.rsplit_once(" (")).map_or(name, |(name, _)| name);
    let mut role = String::new();
    for c in mask(name).chars() {
        match c {
            '0'..='9' if role.ends_with('#') => {}
            '0'..='9' => role.push('#'),
            _ => role.push(c),
        }
    }
    role
}

#[cfg(test)]
mod tests;
