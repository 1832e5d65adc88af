//! What the examples have in common: how their models are explored, and what comes out is shown.

use selvedge::{Error, Explorer, FindingKind, Report};
use std::process::exit;

/// A model: its name, what is known to be wrong with it, and what it does.
pub(crate) type Model = (&'static str, Option<FindingKind>, fn());

/// Explores all models, or the one that was asked for, and says what comes out. That has to be a proof, or what is known to be
/// wrong. Variables or arguments that make no sense get one sentence.
pub(crate) fn show(models: &[Model]) {
    // The harness has arguments of its own.
    let asked = std::env::args().nth(1).filter(|_| !cfg!(test));
    if let Err(sentence) = chosen(models, asked.as_deref()).and_then(|models| explore_all(&models)) {
        eprintln!("error: {sentence}");
        exit(2);
    }
}

/// The models that were asked for.
fn chosen(models: &[Model], asked: Option<&str>) -> Result<Vec<Model>, String> {
    let models_asked: Vec<Model> =
        models.iter().filter(|(name, ..)| asked.is_none_or(|asked| asked == *name)).copied().collect();
    match asked {
        Some(asked) if models_asked.is_empty() => {
            let names: Vec<&str> = models.iter().map(|(name, ..)| *name).collect();
            Err(format!("there is no model `{asked}` in this example: there are {}", names.join(", ")))
        }
        _ => Ok(models_asked),
    }
}

fn explore_all(models: &[Model]) -> Result<(), String> {
    for (name, wrong, model) in models {
        let report = explore(name, *model).map_err(|error| error.to_string())?;
        println!("{name}: {report}\n");
        match wrong {
            Some(kind) => assert!(report.shows(*kind), "not found: {kind}"),
            None => assert!(report.proved(), "not proved"),
        }
    }
    Ok(())
}

fn explore(name: &str, model: fn()) -> Result<Report, Error> {
    let example = env!("CARGO_CRATE_NAME");
    let replay = format!("SELVEDGE_REPLAY='{{schedule}}' cargo run --example {example} {name}");
    Explorer::from_env()?.name(name).replay_command(replay).explore(model)
}

#[test]
fn a_model_that_there_is_not_is_refused() {
    let models: [Model; 2] = [("right", None, || {}), ("wrong", Some(FindingKind::Panic), || {})];
    let names = |asked| chosen(&models, asked).map(|found| found.iter().map(|(name, ..)| *name).collect());
    assert_eq!(names(None), Ok(vec!["right", "wrong"]));
    assert_eq!(names(Some("wrong")), Ok(vec!["wrong"]));
    let refused = "there is no model `nosuch` in this example: there are right, wrong";
    assert_eq!(names(Some("nosuch")), Err(refused.to_owned()));
}
