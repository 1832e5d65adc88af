//! What the examples have in common: how their models are explored, and what comes out is shown.

use selvedge::{Explorer, FindingKind};

/// Explores a model, if it or none was asked for, and says what comes out. That has to be a proof, or what is known to be
/// wrong.
pub(crate) fn show(name: &str, wrong: Option<FindingKind>, model: fn()) {
    let asked = std::env::args().nth(1);
    if !cfg!(test) && asked.is_some_and(|asked| asked != name) {
        return;
    }
    let example = env!("CARGO_CRATE_NAME");
    let replay = format!("SELVEDGE_REPLAY='{{schedule}}' cargo run --example {example} {name}");
    let explorer = Explorer::from_env().expect("variables that make sense");
    let report = explorer.name(name).replay_command(replay).explore(model).expect("a schedule that fits");
    println!("{name}: {report}\n");
    match wrong {
        Some(kind) => assert!(report.shows(kind), "not found: {kind}"),
        None => assert!(report.proved(), "not proved"),
    }
}
