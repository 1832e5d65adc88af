//! All programs, each explored briefly.

use super::Outcome;
use super::output::Output;
use super::progress::Bar;
use super::table::{about, brief, grouped};
use super::verdict::{Tone, Verdict};
use models::{DOCUMENTS, Expected, Parameters, Program, programs};
use owo_colors::OwoColorize;
use selvedge::Explorer;
use selvedge::explore::{Coverage, Found, Report};
use selvedge::finding::{Finding, Panicked, Severity};
use selvedge::trace::Names;
use std::time::{Duration, Instant};

pub(super) fn run(output: &mut Output) -> Outcome {
    let widest = programs().iter().map(|program| program.name.len()).max().unwrap_or(0);
    let heading = row(widest, "program", "verdict", "executions", "time");
    output.print(&format!("{}\n", heading.bold()));
    let (mut wrong, mut surprises) = (String::new(), String::new());
    let mut document = "";
    for program in programs() {
        if program.document_number() != document {
            document = program.document_number();
            output.print(&format!("\n{}\n", title(document).bold()));
        }
        let begin = Instant::now();
        let report = explored(program);
        let verdict = Verdict::of(program, &report);
        output.print(&line(widest, program, &verdict, &report, begin.elapsed()));
        if let Some(found) = report.findings().first() {
            wrong.push_str(&format!("{:widest$}  {}\n", program.name, sentence(found)));
        } else if let Some(printed) = program.prints.broken(&report) {
            wrong.push_str(&format!("{:widest$}  {}\n", program.name, other_output(printed)));
        }
        if !verdict.is(program.expected) {
            let expected = match program.expected {
                Expected::Nothing => "nothing wrong".to_owned(),
                Expected::OtherOutput => "other output".to_owned(),
                Expected::Findings(kinds) => kinds.join(" and "),
            };
            surprises.push_str(&format!("{}: {expected} was expected, not {}\n", program.name, verdict.word));
        }
        if output.is_closed() {
            break;
        }
    }
    output.print(&format!("\n{}\n{wrong}", "what is wrong".bold()));
    output
        .print(&format!("\nHow it comes about: {}\n", "cargo run --release -- explore bounded_queue".cyan()));
    if surprises.is_empty() {
        return Outcome::Fine;
    }
    output.print(&format!("\n{}", surprises.red()));
    Outcome::Found
}

/// The heading of a document's programs.
fn title(document: &str) -> String {
    let about = DOCUMENTS.iter().find(|(number, _)| *number == document).map_or("", |(_, about)| about);
    format!("{document}  {}", about.replace('`', ""))
}

fn explored(program: &'static Program) -> Report {
    let parameters = Parameters::new(program);
    let bar = Bar::new(program.name, None);
    bar.watch(Explorer::new().output(program.prints.output()))
        .explore(move || (program.run)(&parameters))
        .expect("the default settings make sense")
}

fn line(widest: usize, program: &Program, verdict: &Verdict, report: &Report, time: Duration) -> String {
    let text = row(widest, program.name, &verdict.word, &seen(verdict, report), &brief(time));
    let painted = match verdict.tone {
        Tone::Good => verdict.word.green().to_string(),
        Tone::Open => verdict.word.yellow().to_string(),
        Tone::Bad => verdict.word.red().to_string(),
    };
    // The name comes first, and no name holds a verdict, so this is the verdict's column.
    let (name, rest) = text.split_at(widest);
    format!("{name}{}\n", rest.replacen(&verdict.word, &painted, 1))
}

fn row(widest: usize, name: &str, verdict: &str, executions: &str, time: &str) -> String {
    format!("{name:widest$}  {verdict:18}  {executions:>21}  {time:>8}")
}

/// What is wrong, in a line.
fn sentence(found: &Found) -> String {
    let headline = found.finding.headline(&found.trace);
    let sentence = headline.split_once(": ").map_or(headline.as_str(), |(_kind, sentence)| sentence);
    let line = sentence.lines().next().unwrap_or_default().trim_end_matches(':');
    let line = match found.finding.severity() {
        Severity::Failure => line.to_owned(),
        _ => format!("(a warning) {line}"),
    };
    match &found.finding {
        Finding::Panic(Panicked { cause: Some(update), .. }) => {
            format!("{line}: an update of `{}` was lost", Names::new(&found.trace).object(update.object))
        }
        _ => line,
    }
}

/// What a program can print, though its document says otherwise.
pub(super) fn other_output(printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
    match &lines[..] {
        [] => "it can print nothing at all".to_owned(),
        lines => format!("it can print \"{}\"", lines.join(" | ")),
    }
}

fn seen(verdict: &Verdict, report: &Report) -> String {
    let run = grouped(report.executions());
    match (verdict.tone, report.coverage()) {
        (Tone::Bad, _) if !report.proved() => run,
        (_, Coverage::Proved) => format!("all {run}"),
        _ => match report.estimate() {
            Some(estimate) if estimate > report.executions() as f64 => {
                format!("{run} of about {}", about(estimate))
            }
            _ => run,
        },
    }
}
