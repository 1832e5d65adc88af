//! Checks: explorations that fail the test in which they run.

use super::{Config, Explorer, Report, Search};
use crate::finding::{Finding, FindingKind, Severity};

/// Explores `model` and panics with the report if anything is wrong with it.
///
/// By default every behaviour is tried, once each, within a budget of 20 000 executions; as soon as it is plain that the
/// budget does not reach, what is left of it goes to bounded search and sampling. The environment may say otherwise (see [`Config::from_env`]).
///
/// The model is run many times. It must be deterministic apart from what the facade decides: no real time, no real threads,
/// no state kept from one run to the next.
///
/// ```
/// use selvedge::sync::{Arc, Mutex};
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let total = Arc::new(Mutex::new(0));
///     let other = Arc::clone(&total);
///     let adder = thread::spawn(move || *other.lock().unwrap() += 1);
///     *total.lock().unwrap() += 1;
///     adder.join().unwrap();
///     assert_eq!(*total.lock().unwrap(), 2);
/// });
/// ```
///
/// # Panics
///
/// When something is wrong with the model: the message is the report, with the smallest trace that shows it and how to
/// replay it. When there was nothing to explore, or no execution came to its end within the bound on steps (see
/// [`Report::is_trivial`]), because such a test tests nothing. Also when a `SELVEDGE_*` variable makes no sense.
#[track_caller]
pub fn check<F: Fn() + Send + Sync + 'static>(model: F) {
    match Config::default().of_running_test().overridden_by_env() {
        Ok(config) => Explorer::with(config).check(model),
        Err(error) => panic!("{error}"),
    }
}

impl Config {
    /// Says how to replay in the test that runs: the harness names its threads after their tests.
    fn of_running_test(self) -> Self {
        let thread = std::thread::current();
        let test = thread.name().filter(|name| *name != "main" && is_path(name));
        // Outside of a test the variable is read all the same, but what to run is not known.
        let replay_command =
            test.map_or_else(|| "run it again with SELVEDGE_REPLAY='{schedule}'".into(), replay_in);
        Config { replay_command: Some(replay_command), ..self }
    }

    /// Names the model after its test, and says how to replay in it.
    pub(super) fn of_test(self, test: &str) -> Self {
        Config { name: Some(test.to_owned()), replay_command: Some(replay_in(test)), ..self }
    }
}

/// The command that replays a schedule in one test and runs no other: to others it would be a schedule that does not fit.
fn replay_in(test: &str) -> String {
    format!("SELVEDGE_REPLAY='{{schedule}}' cargo test {test} -- --exact")
}

/// Whether it may be the name of a test, and can be pasted into a command.
fn is_path(name: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    name.split("::").all(word)
}

impl Explorer {
    /// What is wrong with the model: a [`check`](Explorer::check) then fails if nothing is found, or something else. For tests of
    /// tests, and for programs that show a mistake.
    ///
    /// A panic that a lost update explains counts as either.
    ///
    /// ```
    /// use selvedge::sync::Mutex;
    /// use selvedge::{Explorer, FindingKind};
    ///
    /// Explorer::new().expect(FindingKind::Deadlock).check(|| {
    ///     let lock = Mutex::new(());
    ///     let _held = lock.lock().unwrap();
    ///     drop(lock.lock());
    /// });
    /// ```
    pub fn expect(mut self, kind: FindingKind) -> Self {
        self.config.expect = Some(kind);
        self
    }

    /// Whether a [`check`](Explorer::check) may pass though there was [nothing to explore](Report::is_trivial); off by default.
    ///
    /// ```
    /// use selvedge::Explorer;
    ///
    /// Explorer::new().allow_trivial(true).check(|| assert_eq!(1 + 1, 2));
    /// ```
    pub fn allow_trivial(mut self, allow: bool) -> Self {
        self.config.allow_trivial = allow;
        self
    }

    /// Explores `model` and panics with the report if anything is wrong with it, or, where something is
    /// [expected](Explorer::expect) to be wrong, if it is not.
    ///
    /// # Panics
    ///
    /// When anything is wrong with the model, or with the settings; and when there was [nothing to explore](Report::is_trivial),
    /// unless that is [allowed](Explorer::allow_trivial).
    #[track_caller]
    pub fn check<F: Fn() + Send + Sync + 'static>(self, model: F) {
        let expected = self.config.expect;
        // One schedule is no exploration.
        let trivial = self.config.allow_trivial || matches!(self.config.search, Search::Replay(_));
        match self.explore(model) {
            Ok(report) => {
                if let Some(complaint) = complaint(&report, expected, trivial) {
                    panic!("{complaint}");
                }
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Why a test has to fail, if it has to.
fn complaint(report: &Report, expected: Option<FindingKind>, trivial: bool) -> Option<String> {
    match expected {
        Some(kind) if report.fails_by(kind) => None,
        Some(kind) if report.findings().is_empty() && report.divergence().is_none() => {
            Some(format!("expected: {kind}; but nothing wrong was found\n\n{report}"))
        }
        Some(kind) => Some(format!("expected: {kind}; but something else was found\n\n{report}")),
        None if report.failed() || (report.is_trivial() && !trivial) => Some(report.to_string()),
        None => None,
    }
}

impl Report {
    /// Whether a finding of this kind is among what was found; a panic that a lost update explains is of both kinds.
    ///
    /// ```
    /// use selvedge::FindingKind;
    ///
    /// let report = selvedge::explore(|| panic!("no"));
    /// assert!(report.shows(FindingKind::Panic) && !report.shows(FindingKind::LostUpdate));
    /// ```
    pub fn shows(&self, kind: FindingKind) -> bool {
        self.findings().iter().any(|found| is_of(&found.finding, kind))
    }

    /// Whether what is wrong is of this kind: a warning does not stand for the failures beside it.
    fn fails_by(&self, kind: FindingKind) -> bool {
        let severity = |severity| self.findings().iter().filter(move |f| f.finding.severity() == severity);
        let failures = severity(Severity::Failure).any(|found| is_of(&found.finding, kind));
        let warnings = severity(Severity::Warning).any(|found| is_of(&found.finding, kind));
        self.divergence().is_none() && (failures || (warnings && !self.failed()))
    }

    /// Whether there was nothing to explore, so that a test of the model says nothing about concurrency: in its first execution
    /// no value was chosen, and no thread did anything whose order with what another did could have mattered. Then there is no
    /// other way to run it. A model no execution of which came to its end within the bound on steps has not been tested either.
    ///
    /// Most often this is a mistake: locks and atomics that are std's and not the facade's, or threads that were not spawned.
    ///
    /// ```
    /// use selvedge::{sync::Mutex, thread};
    ///
    /// let alone = selvedge::explore(|| drop(Mutex::new(0).lock()));
    /// assert!(alone.is_trivial());
    /// let wrong_lock = selvedge::explore(|| {
    ///     let total = std::sync::Mutex::new(0);
    ///     thread::scope(|scope| {
    ///         (0..2).for_each(|_| drop(scope.spawn(|| *total.lock().unwrap() += 1)));
    ///     });
    /// });
    /// assert!(wrong_lock.is_trivial());
    /// assert!(wrong_lock.to_string().ends_with("is `selvedge::sync` used, and not `std::sync`?"));
    /// ```
    pub fn is_trivial(&self) -> bool {
        (self.matters == Some(false) || self.is_all_cut_short()) && !self.failed()
    }

    /// Whether not one execution came to its end.
    fn is_all_cut_short(&self) -> bool {
        self.cut_short > 0 && self.cut_short == self.executions
    }

    /// Why nothing was tested, if that is so.
    pub(super) fn triviality(&self) -> Option<&'static str> {
        let alone = "there was nothing to explore: the model has only one thread; are its threads from `selvedge::thread`?";
        let apart = "there was nothing to explore: no thread meets another in anything; is `selvedge::sync` used, and not `std::sync`?";
        let unended = "no execution came to its end, so that nothing was tested; raise the bound on steps: `SELVEDGE_STEPS`, `steps = ...` in the attribute, or `Explorer::steps`";
        self.is_trivial().then_some(match self.most_threads {
            _ if self.is_all_cut_short() => unended,
            0..=1 => alone,
            _ => apart,
        })
    }
}

fn is_of(finding: &Finding, kind: FindingKind) -> bool {
    finding.kind() == kind || finding.cause() == Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_tests_are_put_into_a_command() {
        assert!(is_path("tests::it_works") && is_path("it_works"));
        assert!(!is_path("") && !is_path("worker 1") && !is_path("a::") && !is_path("$(rm)"));
    }

    #[test]
    fn a_check_says_how_to_replay_in_its_test() {
        let named = std::thread::Builder::new().name("bank::pays_once".into());
        let command = named.spawn(|| Config::default().of_running_test().replay_command).expect("a thread");
        let command = command.join().expect("no panic");
        assert_eq!(
            command.as_deref(),
            Some("SELVEDGE_REPLAY='{schedule}' cargo test bank::pays_once -- --exact")
        );
    }
}
