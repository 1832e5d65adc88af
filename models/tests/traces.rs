//! How many behaviours each program has at a size, as exhaustive search visits them, each once, and what is wrong in any of
//! them. Where depth-first search comes to an end too, its interleavings fall into just as many classes.

#[path = "../../tests/gallery/canonical.rs"]
mod canonical;
#[path = "shared/sized.rs"]
mod sized;

use canonical::canonical;
use models::programs;
use selvedge::explore::{Coverage, Report};
use selvedge::{Explorer, strategy};
use sized::{Sized, failures, sized};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

/// A program of a size, how many behaviours it has, what is wrong in some of them, and how many interleavings they come from,
/// where those can be counted in a moment.
type Row = (&'static str, u64, &'static [&'static str], Option<u64>);

// Where depth-first search has no number, it takes too long, or it leaves off where the main program ends and takes the others
// along, which exhaustive search follows to their own ends.
const ROWS: &[Row] = &[
    ("event_start_line", 1, &[], Some(1_540)),
    ("condition_endless", 6, &[], Some(148)),
    ("condition_endless producers=2 rounds=1", 8, &[], Some(264)),
    ("condition_queue", 24, &[], Some(530)),
    ("worker_function", 90, &[], Some(90)),
    ("worker_class", 90, &[], Some(90)),
    ("worker_logging", 120, &[], Some(120)),
    ("daemon_slip", 1, &[], Some(1)),
    ("daemon_thread", 10, &[], None),
    ("daemon_joined", 1, &[], Some(1)),
    ("event_chain_fixed", 28, &[], None),
    ("lock_takers", 15, &["starvation"], None),
    ("lock_takers_fixed", 4, &[], None),
    ("rlock_reverse", 6, &["panic"], None),
    ("rlock_reverse_global", 6, &[], None),
    ("rlock_reverse_plain_lock", 5, &["deadlock"], Some(361)),
    ("rlock_other_thread", 1, &[], Some(1)),
    ("messengers", 70, &[], Some(70)),
    ("increments", 4, &["panic"], Some(6)),
    ("increments_locked", 2, &[], Some(2)),
    ("bank_account", 4, &["panic"], Some(6)),
    ("bank_account_locked", 2, &[], Some(2)),
    ("semaphore_sum", 2, &[], Some(2)),
    ("semaphore_sum_two_permits times=1", 18, &["panic"], None),
    ("semaphore_sum_two_permits", 138, &["panic"], Some(924)),
    ("semaphore_order", 4, &[], Some(14)),
    ("semaphore_order_short", 6, &["panic"], Some(36)),
    ("bounded_queue", 4, &["lost wakeup"], Some(22)),
    ("bounded_queue_fixed", 6, &[], Some(6)),
    ("bounded_queue_fixed consumers=2 items=2", 1_480, &[], Some(1_480)),
    ("downloads", 4, &["panic"], Some(24)),
    ("downloads_checked", 4, &[], Some(24)),
    ("connections", 40, &["deadlock", "panic"], None),
    ("connections_fixed", 54, &[], None),
    ("connections_in_turn", 29, &["deadlock"], Some(25_643)),
    ("counter_wrong_lock", 2, &["deadlock", "misuse", "panic"], Some(2)),
    ("counter_with", 2, &[], Some(2)),
    ("semaphore_pool", 54, &[], Some(384)),
    ("semaphore_pool_of_more", 90, &["panic"], Some(888)),
    ("list_condition", 2, &["starvation"], Some(2)),
    ("list_condition_fixed", 4, &[], Some(4)),
    ("event_signal", 1, &[], Some(2)),
    ("timer_cancel", 4, &["panic"], Some(10)),
    ("timer_cancel_joined", 4, &[], Some(10)),
    ("barrier_start", 6, &[], Some(12)),
    ("clock_value", 15, &[], Some(924)),
    ("clock_writers", 460, &["panic"], None),
    ("clock_writers_unchecked", 510, &[], None),
    ("clock_writers_locked", 90, &[], None),
    ("manager_joined", 1, &["starvation"], Some(1)),
    ("manager_started", 6, &[], Some(210)),
    ("queue_polled", 8, &[], Some(389)),
    ("queue_two_readers_fixed", 20, &[], Some(168)),
    ("pipe_clock", 14, &[], Some(66)),
    ("pipe_two_clocks", 500, &["misuse", "panic"], None),
    ("pipe_two_clocks_locked", 84, &[], Some(282)),
    ("pipe_sender_gone", 9, &["deadlock"], Some(9)),
    ("pipe_sender_closed", 784, &[], Some(784)),
];

/// Programs that poll for ever, so that their behaviours have no end.
const WITHOUT_END: &[&str] = &["event_chain", "queue_two_readers"];

fn explored(text: &str, explorer: Explorer) -> Report {
    let Sized { program, parameters } = sized(text);
    let explorer = explorer.all_findings(true).minimise(false).output(program.prints.output());
    explorer.explore(move || (program.run)(&parameters)).unwrap()
}

fn wrong(report: &Report) -> BTreeSet<String> {
    failures(report).iter().map(ToString::to_string).collect()
}

#[test]
fn each_behaviour_is_visited_once() {
    let names: BTreeSet<&str> = ROWS.iter().map(|row| row.0.split(' ').next().unwrap_or_default()).collect();
    let missing: Vec<&str> = programs()
        .iter()
        .map(|p| p.name)
        .filter(|name| !names.contains(name) && !WITHOUT_END.contains(name))
        .collect();
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
