//! How many behaviours each program has at a size, as exhaustive search visits them, each once, and what is wrong in any of
//! them. Where depth-first search comes to an end too, its interleavings fall into just as many classes.

#[path = "../../tests/gallery/canonical.rs"]
mod canonical;

use canonical::canonical;
use models::{Parameters, find, programs};
use selvedge::explore::{Coverage, Report};
use selvedge::finding::Severity;
use selvedge::{Explorer, strategy};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

/// A program of a size, how many behaviours it has, what is wrong in some of them, and how many interleavings they come from,
/// where those can be counted in a moment.
type Row = (&'static str, u64, &'static [&'static str], Option<u64>);

const ROWS: &[Row] = &[];

fn explored(text: &str, explorer: Explorer) -> Report {
    let mut words = text.split(' ');
    let program = find(words.next().unwrap_or_default()).unwrap();
    let mut parameters = Parameters::new(program);
    words.for_each(|word| parameters.assign(word).unwrap());
    let explorer = explorer.all_findings(true).minimise(false).output(program.output);
    explorer.explore(move || (program.run)(&parameters)).unwrap()
}

fn wrong(report: &Report) -> BTreeSet<String> {
    let failures = report.findings().iter().filter(|f| f.finding.severity() == Severity::Failure);
    failures.map(|found| found.finding.kind().to_string()).collect()
}

#[test]
fn each_behaviour_is_visited_once() {
    let names: BTreeSet<&str> = ROWS.iter().map(|row| row.0.split(' ').next().unwrap_or_default()).collect();
    let missing: Vec<_> = programs().iter().map(|p| p.name).filter(|name| !names.contains(name)).collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
    let mut different = Vec::new();
    for &(text, behaviours, kinds, _) in ROWS {
        let report = explored(text, Explorer::new().strategy(strategy::exhaustive()).executions(100_000));
        let found = (report.executions(), report.coverage(), wrong(&report));
        let kinds = kinds.iter().map(ToString::to_string).collect();
        if found != (behaviours, Coverage::Proved, kinds) {
            different.push(format!("{text}: {found:?}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn interleavings_fall_into_just_as_many_classes() {
    let mut different = Vec::new();
    for &(text, behaviours, _, interleavings) in ROWS {
        let Some(interleavings) = interleavings else { continue };
        let classes: Rc<RefCell<HashSet<Vec<Vec<u32>>>>> = Rc::default();
        let seen = Rc::clone(&classes);
        let keep = move |trace: &_| {
            seen.borrow_mut().insert(canonical(trace));
        };
        let explorer = Explorer::new().strategy(strategy::dfs()).executions(100_000).on_execution(keep);
        let report = explored(text, explorer);
        let found = (report.executions(), report.coverage(), classes.borrow().len() as u64);
        if found != (interleavings, Coverage::Proved, behaviours) {
            different.push(format!("{text}: {found:?}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}
