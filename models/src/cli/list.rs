//! What there is to explore.

use super::Outcome;
use super::output::Output;
use super::table::grouped;
use models::{Program, programs};
use owo_colors::OwoColorize;

pub(super) fn run(output: &mut Output) -> Outcome {
    let texts: Vec<String> = programs().iter().map(describe).collect();
    output.print(&texts.join("\n"));
    Outcome::Fine
}

fn describe(program: &Program) -> String {
    let mut text = format!(
        "{}\n  {}\n  Document {}: {}\n",
        program.name.bold(),
        program.about,
        program.document,
        program.claim
    );
    for parameter in program.parameters {
        let setting = format!("--set {}={}", parameter.name, parameter.default);
        let document = match parameter.document_value {
            Some(value) => format!("the document has {}", grouped(value.into())),
            None => "not in the document".to_owned(),
        };
        text.push_str(&format!("  {setting:20}  {} ({document})\n", parameter.about));
    }
    text
}
