//! What `#[selvedge::test]` makes of a function. The attribute writes calls of [`run`]; nobody else should.

use super::{Config, Explorer};
use crate::base::Error;
use std::fmt;

/// What a test may return.
#[diagnostic::on_unimplemented(message = "a test returns nothing or a `Result`, not `{Self}`")]
pub trait Verdict {
    /// Panics if the test has failed.
    fn heed(self);
}

impl Verdict for () {
    fn heed(self) {}
}

impl<T: Verdict, E: fmt::Debug> Verdict for Result<T, E> {
    fn heed(self) {
        match self {
            Ok(verdict) => verdict.heed(),
            Err(error) => panic!("the test returned an error: {error:?}"),
        }
    }
}

/// Checks `model` with these settings, each by its [name](Config::set), as changed by the environment.
///
/// # Panics
///
/// As [`check`](super::check).
#[track_caller]
pub fn run<R: Verdict + 'static>(module: &str, function: &str, settings: &[(&str, &str)], model: fn() -> R) {
    match configured(module, function, settings) {
        Ok(config) => Explorer::with(config).check(move || model().heed()),
        Err(error) => panic!("{error}"),
    }
}

fn configured(module: &str, function: &str, settings: &[(&str, &str)]) -> Result<Config, Error> {
    let config = Config::default().of_test(&test_name(module, function));
    let set = |config: Config, (setting, value): &(&str, &str)| config.set(setting, value);
    settings.iter().try_fold(config, set)?.overridden_by_env()
}

/// As the harness calls it: without the name of the crate.
fn test_name(module: &str, function: &str) -> String {
    match module.split_once("::") {
        Some((_, inside)) => format!("{inside}::{function}"),
        None => function.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_called_what_the_harness_calls_it() {
        assert_eq!(test_name("bank::tests", "pays_once"), "tests::pays_once");
        assert_eq!(test_name("bank", "pays_once"), "pays_once");
        let config = configured("bank::tests", "pays_once", &[("steps", "5")]).expect("it makes sense");
        assert_eq!((config.steps, config.name.as_deref()), (5, Some("tests::pays_once")));
    }

    #[test]
    #[should_panic(expected = "the test returned an error: \"no\"")]
    fn an_error_fails_the_test() {
        Err::<(), _>("no").heed();
    }
}
