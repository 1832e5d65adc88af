//! The programs on all backends, side by side.

use super::Outcome;
use super::options::BackendsOptions;
use super::output::Output;
use super::table::{brief, grouped};
use super::verdict::kind;
use models::{Parameters, Program, find, programs};
use owo_colors::OwoColorize;
use selvedge::explore::Coverage;
use selvedge::{Backend, Error, Explorer, Report, Severity};
use std::time::Instant;

/// How many executions each gets. Threads of the operating system take much longer to start.
const EXECUTIONS: u64 = 500;
const EXECUTIONS_OF_STD: u64 = 50;

pub(super) fn run(options: &BackendsOptions, output: &mut Output) -> Result<Outcome, Error> {
    let named: Vec<&Program> = match options.names.is_empty() {
        true => programs().iter().collect(),
        false => options.names.iter().map(|name| find(name)).collect::<Result<_, _>>()?,
    };
    let widest = named.iter().map(|program| program.name.len()).max().unwrap_or(0);
    let heading = row(widest, "program", &Backend::ALL.map(|backend| backend.name().to_owned()));
    output.print(&format!("{}\n", heading.bold()));
    let mut surprises = String::new();
    for program in named {
        let cells = Backend::ALL.map(|backend| {
            let (cell, strange) = on(backend, program);
            if strange {
                surprises
                    .push_str(&format!("{} on {backend}: not {cell}, as far as is known\n", program.name));
            }
            cell
        });
        output.print(&format!("{}\n", row(widest, program.name, &cells)));
        if output.is_closed() {
            break;
        }
    }
    if surprises.is_empty() {
        return Ok(Outcome::Fine);
    }
    output.print(&format!("\n{}", surprises.red()));
    Ok(Outcome::Found)
}

fn row(widest: usize, name: &str, cells: &[String; 4]) -> String {
    let [engine, loom, shuttle, std] = cells;
    format!("{name:widest$}  {engine:33}  {loom:33}  {shuttle:33}  {std}")
}

/// What comes of a program on a backend, and whether that is not what is known of it.
fn on(backend: Backend, program: &'static Program) -> (String, bool) {
    let begin = Instant::now();
    let parameters = Parameters::new(program);
    let explorer = Explorer::new().backend(backend).output(program.prints.output());
    let explorer = match backend {
        Backend::Engine => explorer,
        Backend::Std => explorer.executions(EXECUTIONS_OF_STD),
        _ => explorer.executions(EXECUTIONS),
    };
    match explorer.explore(move || (program.run)(&parameters)) {
        Ok(report) => {
            let found = found(program, &report);
            let known = match program.expected {
                models::Expected::Nothing => found.is_none(),
                models::Expected::OtherOutput => found.as_deref().is_none_or(|found| found == "other output"),
                // What was not found may still be there.
                models::Expected::Findings(kinds) => {
                    found.as_deref().is_none_or(|found| kinds.contains(&found))
                }
            };
            let strange = !known || report.broken().is_some();
            (format!("{}, {}", cell(found, &report), brief(begin.elapsed())), strange)
        }
        Err(error) => (refusal(&error), false),
    }
}

/// What is wrong with it, in a word or two.
fn found(program: &Program, report: &Report) -> Option<String> {
    let failure = report.findings().iter().find(|found| found.finding.severity() == Severity::Failure);
    let failure = failure.map(|found| kind(&found.finding).to_string());
    failure.or_else(|| program.prints.broken(report).map(|_| "other output".to_owned()))
}

fn cell(found: Option<String>, report: &Report) -> String {
    let executions = grouped(report.executions());
    match (found, report.coverage()) {
        (Some(found), _) => format!("{found} in {executions}"),
        (None, Coverage::Proved) => format!("proved in {executions}"),
        (None, Coverage::AllOf(_)) => format!("nothing in all {executions}"),
        (None, _) => format!("nothing in {executions}"),
    }
}

/// Why it cannot be run there, in a few words.
fn refusal(error: &Error) -> String {
    let sentence = error.to_string();
    let known =
        [("more than 5 threads", "too many threads"), ("a choice of its own", "has a choice of its own")];
    let words =
        known.into_iter().find(|(part, _)| sentence.contains(part)).map(|(_, words)| words.to_owned());
    words.unwrap_or(sentence)
}
