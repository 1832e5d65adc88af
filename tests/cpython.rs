//! What CPython does, recorded by the scripts in `tests/cpython`, and the same scenarios on the Rust primitives, held up to
//! each other line by line.
//!
//! To record anew: `cd tests/cpython; for s in *_scenarios.py; do python3 $s > ${s%.py}.txt; done` (recorded with 3.11).

#[path = "cpython/futures_scenarios.rs"]
mod futures_scenarios;
#[path = "cpython/multiprocessing_scenarios.rs"]
mod multiprocessing_scenarios;
#[path = "cpython/queue_scenarios.rs"]
mod queue_scenarios;
#[path = "cpython/socket_scenarios.rs"]
mod socket_scenarios;
#[path = "cpython/threading_scenarios.rs"]
mod threading_scenarios;

use selvedge::python::{Error, Shared};
use selvedge::{Explorer, strategy};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_secs(60);

#[test]
fn threading_does_what_cpython_does() {
    compare(include_str!("cpython/threading_scenarios.txt"), &threading_scenarios::SCENARIOS);
}

#[test]
fn queue_does_what_cpython_does() {
    compare(include_str!("cpython/queue_scenarios.txt"), &queue_scenarios::SCENARIOS);
}

#[test]
fn multiprocessing_does_what_cpython_does() {
    compare(include_str!("cpython/multiprocessing_scenarios.txt"), &multiprocessing_scenarios::SCENARIOS);
}

#[test]
fn futures_do_what_cpython_does() {
    compare(include_str!("cpython/futures_scenarios.txt"), &futures_scenarios::SCENARIOS);
}

#[test]
fn socket_does_what_cpython_does() {
    compare(include_str!("cpython/socket_scenarios.txt"), &socket_scenarios::SCENARIOS);
}

/// A scenario of the name that its Python function has.
type Scenario = (&'static str, fn(&Lines));

/// Runs each scenario under many interleavings; all have to tell what CPython told.
fn compare(recorded: &'static str, scenarios: &[Scenario]) {
    let mut sections = recorded.split("== ").skip(1);
    for &(name, scenario) in scenarios {
        let section = sections.next().unwrap_or_else(|| panic!("nothing is recorded of {name}"));
        assert_eq!(section.lines().next(), Some(name));
        let explorer = Explorer::new().strategy(strategy::random(1)).executions(200).all_findings(true);
        let report = explorer.explore(move || {
            let lines = Lines::default();
            scenario(&lines);
            let told = lines.0.lock().expect("nobody panics with it").join("\n");
            let expected: Vec<&str> = section.lines().skip(1).collect();
            assert_eq!(told, expected.join("\n"), "{name}");
        });
        let report = report.expect("the settings make sense");
        let panicked = |finding: &&selvedge::explore::Found| {
            finding.finding.kind() == selvedge::finding::FindingKind::Panic
                || finding.finding.kind() == selvedge::finding::FindingKind::Deadlock
        };
        assert!(!report.findings().iter().any(|finding| panicked(&finding)), "{report}");
        assert_eq!(report.executions(), 200);
    }
    assert_eq!(sections.next(), None, "something is recorded that is not compared");
}

/// What a scenario has told so far.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// A line: the name of a fact, and what is known of it.
    fn tell(&self, name: &str, facts: &[&dyn fmt::Display]) {
        let facts: Vec<String> = facts.iter().map(ToString::to_string).collect();
        let line = format!("{name}: {}", facts.join(", "));
        self.0.lock().expect("nobody panics with it").push(line);
    }
}

/// A value as Python's `repr` has it.
trait Repr {
    fn repr(&self) -> String;
}

impl Repr for () {
    fn repr(&self) -> String {
        "None".to_owned()
    }
}

impl Repr for bool {
    fn repr(&self) -> String {
        if *self { "True" } else { "False" }.to_owned()
    }
}

impl Repr for usize {
    fn repr(&self) -> String {
        self.to_string()
    }
}

impl Repr for i32 {
    fn repr(&self) -> String {
        self.to_string()
    }
}

impl Repr for &str {
    fn repr(&self) -> String {
        format!("'{self}'")
    }
}

impl Repr for String {
    fn repr(&self) -> String {
        self.as_str().repr()
    }
}

impl<T: Repr> Repr for Vec<T> {
    fn repr(&self) -> String {
        format!("[{}]", self.iter().map(Repr::repr).collect::<Vec<_>>().join(", "))
    }
}

/// The result, or the exception as the last line of a traceback has it.
impl<T: Repr> Repr for Result<T, Error> {
    fn repr(&self) -> String {
        self.as_ref().map_or_else(ToString::to_string, Repr::repr)
    }
}

fn repr(value: impl Repr) -> String {
    value.repr()
}

/// Runs `target` on a thread of its own, to its end.
fn run<R: selvedge::python::threading::Returned>(target: impl FnOnce() -> R + Send + 'static) {
    let thread = selvedge::python::threading::Thread::new(target);
    thread.start().expect("started once");
    thread.join().expect("started, and not by itself");
}

/// Waits until `condition` is true, by looking again and again.
fn until(condition: impl Fn() -> bool) {
    while !condition() {
        selvedge::python::time::sleep(SHORT);
    }
}

/// A list that threads append to.
fn list<T: Clone + fmt::Debug + 'static>() -> Shared<Vec<T>> {
    Shared::new(Vec::new())
}

fn append<T: Clone + fmt::Debug + 'static>(list: &Shared<Vec<T>>, item: T) {
    let mut items = list.get();
    items.push(item);
    list.set(items);
}
