//! One schedule of a program, and what happens under it.

use super::Outcome;
use super::options::ReplayOptions;
use super::output::{Output, painted};
use selvedge::explore::Report;
use selvedge::finding::Context;
use selvedge::trace::{Style, render};
use selvedge::{Error, Explorer};

pub(super) fn run(options: &ReplayOptions, output: &mut Output) -> Result<Outcome, Error> {
    let settings = options.settings()?;
    let (program, parameters) = (settings.program, settings.parameters);
    let style = Style { locations: settings.config.locations, ..Style::default() };
    if options.explained {
        let explorer = Explorer::with(settings.config);
        let trace = explorer.retrace(&options.schedule()?, move || (program.run)(&parameters))?;
        let steps = render(&trace, &[], &style);
        let text =
            format!("this execution of {} prints\n\n{}\n{steps}", program.name, indented(&trace.output()));
        output.print(&painted(&text, false));
        return Ok(Outcome::Fine);
    }
    let report = Explorer::with(settings.config).explore(move || (program.run)(&parameters))?;
    let wrong = !report.findings().is_empty();
    output.print(&painted(&text(&report, program.name, style), wrong));
    Ok(if wrong { Outcome::Found } else { Outcome::Fine })
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// The most important finding in full, the others in a line each; when there is none, what happened.
fn text(report: &Report, name: &str, style: Style) -> String {
    let Some((first, others)) = report.findings().split_first() else {
        let Some(trace) = report.replayed() else { return "nothing was run\n".to_owned() };
        let steps = render(trace, &[], &style);
        return format!("nothing is wrong in this execution of {name}: it {}\n\n{steps}", trace.ending);
    };
    let context = Context { program: Some(name.to_owned()), style, ..Context::default() };
    let mut text = first.finding.render(&first.trace, &context);
    for other in others {
        text.push_str(&format!("\nalso: {}\n", other.finding.headline(&other.trace)));
    }
    text
}
