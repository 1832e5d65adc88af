//! The text of a finding: what, why, the trace, and how to replay it.

use super::{Case, Finding};
use crate::trace::render::{Style, width};
use crate::trace::{Names, Trace, render};

/// What a report says besides the finding itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The name of the program or test.
    pub program: Option<String>,
    /// The command that replays it.
    pub replay: Option<String>,
    /// In which execution it was first seen, counted from 1.
    pub execution: Option<u64>,
    /// How the trace is shown.
    pub style: Style,
}

pub(super) fn report(finding: &Finding, trace: &Trace, context: &Context) -> String {
    let names = Names::new(trace);
    let case = Case { trace, names: &names, locations: context.style.locations };
    let tale = finding.tale();
    let program = context.program.as_ref().map_or(String::new(), |program| format!(" in {program}"));
    let cause = finding.cause().map_or(String::new(), |cause| format!(" after a {cause}"));
    let what = tale.what(&case);
    let mut lines = what.lines();
    let mut text = format!("{}{cause}{program}: {}\n", finding.kind(), lines.next().unwrap_or_default());
    for line in lines {
        text.push_str(format!("    {line}").trim_end());
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&wrap(&tale.why(&case), context.style.width));
    text.push('\n');
    let shown = tale.shown_until().map(|until| clip(trace, until));
    text.push_str(&render(shown.as_ref().unwrap_or(trace), &tale.annotations(&case), &context.style));
    if let Some(shown) = &shown {
        let left = trace.end() - shown.end();
        text.push_str(&format!("  and so on: {left} more steps were made before the execution was ended\n"));
    }
    if context.execution.is_some() || context.replay.is_some() {
        text.push('\n');
    }
    if let Some(execution) = context.execution {
        text.push_str(&format!("  found in execution {execution}\n"));
    }
    if let Some(replay) = &context.replay {
        text.push_str(&format!("  replay: {replay}\n"));
    }
    text
}

/// Breaks a paragraph into lines, indented by two.
pub(super) fn wrap(paragraph: &str, columns: usize) -> String {
    let mut text = String::new();
    let mut used = usize::MAX;
    for word in words(paragraph) {
        if used.saturating_add(1 + width(word)) <= columns {
            text.push(' ');
            used += 1;
        } else {
            text.push_str(if text.is_empty() { "  " } else { "\n  " });
            used = 2;
        }
        text.push_str(word);
        used += width(word);
    }
    text.push('\n');
    text
}

/// The words of a paragraph; what stands between backticks is one word.
fn words(paragraph: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let breaks = move |c: char| {
        quoted ^= c == '`';
        c.is_whitespace() && !quoted
    };
    paragraph.split(breaks).filter(|word| !word.is_empty())
}

/// The trace without its last steps.
fn clip(trace: &Trace, until: u64) -> Trace {
    let mut shown = trace.clone();
    shown.steps.truncate(until.saturating_sub(trace.skipped) as usize);
    shown
}
