//! The programs, by what they are about, and how they are explored.

mod atomics;
mod canonical;
mod channels;
mod choices;
mod conditions;
mod counts;
mod endless;
mod futures;
mod limits;
mod linked;
mod locks;
mod meeting;
mod mixed;
mod panics;
mod peers;
mod permits;
mod pointers;
mod polling;
mod processes;
mod races;
mod sockets;
mod spinning;
mod statics;
mod threads;
mod times;
mod weak;

use selvedge::{Explorer, Report, strategy};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Every interleaving, to the end, collecting all that is wrong.
fn every() -> Explorer {
    Explorer::new()
        .strategy(strategy::dfs())
        .memory(selvedge::MemoryModel::SequentiallyConsistent)
        .executions(1_000_000)
        .all_findings(true)
}

/// Every behaviour once, to the end, collecting all that is wrong.
fn every_trace() -> Explorer {
    Explorer::new().strategy(strategy::exhaustive()).executions(100_000).all_findings(true)
}

/// Asserts that nothing at all is wrong with a program that has so many executions.
#[track_caller]
fn right(executions: u64, model: impl Fn() + Send + Sync + 'static) {
    expect(every(), executions, &[], model);
}

/// Asserts that exactly this is wrong with a program that has so many executions, the most important first.
#[track_caller]
fn wrong(executions: u64, headlines: &[&str], model: impl Fn() + Send + Sync + 'static) {
    expect(every(), executions, headlines, model);
}

/// Asserts what an exploration to the end finds.
#[track_caller]
fn expect(explorer: Explorer, executions: u64, headlines: &[&str], model: impl Fn() + Send + Sync + 'static) {
    let report = explorer.explore(model).expect("the settings make sense");
    assert_eq!(report.divergence(), None);
    assert_eq!(self::headlines(&report), headlines, "{report}");
    assert_eq!(report.executions(), executions, "{report}");
    assert_eq!(report.coverage(), selvedge::explore::Coverage::Proved, "{report}");
}

/// What was found, in a sentence each.
fn headlines(report: &Report) -> Vec<String> {
    report.findings().iter().map(|found| found.finding.headline(&found.trace)).collect()
}

/// What a program returns under every interleaving, and in how many executions; nothing may be wrong with it.
#[track_caller]
fn outcomes<T>(model: impl Fn() -> T + Send + Sync + 'static) -> Vec<T>
where
    T: Ord + Send + 'static,
{
    outcomes_of(every(), model)
}

/// What a program returns under an exploration to the end.
#[track_caller]
fn outcomes_of<T>(explorer: Explorer, model: impl Fn() -> T + Send + Sync + 'static) -> Vec<T>
where
    T: Ord + Send + 'static,
{
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let keep = Arc::clone(&seen);
    let report = explorer.explore(move || {
        let outcome = model();
        keep.lock().expect("nobody panics with it").insert(outcome);
    });
    let report = report.expect("the settings make sense");
    assert!(!report.failed() && report.coverage() == selvedge::Coverage::Proved, "{report}");
    let seen = std::mem::take(&mut *seen.lock().expect("nobody panics with it"));
    seen.into_iter().collect()
}
