//! Programs of a size, as tables name them, and what is wrong with them.

use models::{Parameters, Program, find};
use selvedge::explore::Report;
use selvedge::finding::{FindingKind, Severity};
use std::collections::BTreeSet;

/// A program of a size: "bank_account times=2".
pub(crate) struct Sized {
    pub(crate) program: &'static Program,
    pub(crate) parameters: Parameters,
}

pub(crate) fn sized(text: &str) -> Sized {
    let mut words = text.split(' ');
    let program = find(words.next().unwrap_or_default()).unwrap();
    let mut parameters = Parameters::new(program);
    for word in words {
        parameters.assign(word).unwrap();
    }
    Sized { program, parameters }
}

/// The kinds of failures found.
pub(crate) fn failures(report: &Report) -> BTreeSet<FindingKind> {
    let failures = report.findings().iter().filter(|f| f.finding.severity() == Severity::Failure);
    failures.map(|found| found.finding.kind()).collect()
}
