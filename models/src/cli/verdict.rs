//! A report in a word or two.

use models::{Expected, Program};
use selvedge::explore::{Coverage, Report};
use selvedge::finding::deadlock::Shape;
use selvedge::finding::{Finding, FindingKind, Severity};

/// What the verdict is when a program can print something else than its document says.
const OTHER_OUTPUT: &str = "other output";

/// What an exploration came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// What there is to say: "lost update", "deadlock (self)", "proved", "sampled".
    pub(super) word: String,
    /// How it is meant.
    pub(super) tone: Tone,
    /// The kind of what was found, as [`Expected`] names it.
    found: Option<String>,
}

/// How a verdict is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing is wrong, and nothing can be.
    Good,
    /// Nothing wrong was found.
    Open,
    /// Something is wrong.
    Bad,
}

impl Verdict {
    pub(super) fn of(program: &Program, report: &Report) -> Self {
        if report.divergence().is_some() {
            return Verdict::bad("does not repeat itself", "");
        }
        let failures = report.findings().iter().filter(|f| f.finding.severity() == Severity::Failure);
        if let Some(found) = failures.map(|f| &f.finding).next() {
            let kind = kind(found).to_string();
            return Verdict::bad(&format!("{kind}{}", detail(found)), &kind);
        }
        if program.prints.broken(report).is_some() {
            return Verdict::bad(OTHER_OUTPUT, OTHER_OUTPUT);
        }
        let word = match report.coverage() {
            Coverage::Proved if report.is_of_some_rounds() => "proved for rounds",
            Coverage::Proved => "proved",
            Coverage::AllWithin(_) => "partly proved",
            _ => "sampled",
        };
        let tone = if report.proved() { Tone::Good } else { Tone::Open };
        Verdict { word: word.to_owned(), tone, found: None }
    }

    /// Whether this is what the program is known for.
    pub(super) fn is(&self, expected: Expected) -> bool {
        match expected {
            Expected::Nothing => self.found.is_none(),
            Expected::OtherOutput => self.found.as_deref() == Some(OTHER_OUTPUT),
            Expected::Findings(kinds) => self.found.as_deref() == kinds.first().copied(),
        }
    }

    fn bad(word: &str, kind: &str) -> Self {
        Verdict { word: word.to_owned(), tone: Tone::Bad, found: Some(kind.to_owned()) }
    }
}

/// A failed assertion that a lost update explains is called by its cause.
pub(super) fn kind(finding: &Finding) -> FindingKind {
    finding.cause().unwrap_or(finding.kind())
}

fn detail(finding: &Finding) -> &'static str {
    match finding {
        Finding::Deadlock(deadlock) if deadlock.shape == Shape::Oneself => " (self)",
        _ => "",
    }
}
