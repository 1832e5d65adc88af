//! Each finding from a trace written by hand, its whole text as a person sees it.

mod stuck;
mod wrong;

use super::*;

fn context() -> Context {
    Context {
        program: Some("model".into()),
        replay: Some("cargo run --release -- replay model 'a2 b'".into()),
        execution: Some(7),
        ..Context::default()
    }
}

/// The text of the only finding.
fn only(trace: &Trace) -> String {
    let findings = diagnose(trace);
    let kinds: Vec<FindingKind> = findings.iter().map(Finding::kind).collect();
    assert_eq!(findings.len(), 1, "{kinds:?}");
    checked(findings[0].render(trace, &context()))
}

/// What holds of every text.
fn checked(text: String) -> String {
    assert!(text.lines().all(|line| line == line.trim_end()), "a line ends with spaces:\n{text}");
    text
}
