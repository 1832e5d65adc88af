//! Published programs with known bugs: how many traces they have and how many of those fail, and who finds a bug how soon.

#[path = "../benches/support/bugs.rs"]
#[expect(dead_code, reason = "the benchmark prints what is published")]
mod bugs;

use bugs::{BUGS, Bug};
use selvedge::base::Ending;
use selvedge::explore::{Coverage, Search};
use selvedge::{Explorer, strategy};
use std::cell::Cell;
use std::rc::Rc;

/// The one of that name.
fn bug(name: &str) -> &'static Bug {
    BUGS.iter().find(|bug| bug.name == name).expect("a program")
}

/// How many traces fail, of how many.
fn failing(name: &str) -> (u64, u64) {
    let failed: Rc<Cell<u64>> = Rc::default();
    let count = Rc::clone(&failed);
    let explorer = Explorer::new().strategy(strategy::exhaustive()).all_findings(true).minimise(false);
    let report = explorer
        .on_execution(move |trace| {
            let fails = trace.ending == Ending::Deadlocked || !trace.panics.is_empty();
            count.set(count.get() + u64::from(fails));
        })
        .explore(bug(name).run)
        .unwrap();
    assert_eq!(report.coverage(), Coverage::Proved);
    (failed.get(), report.executions())
}

#[test]
fn classes_under_sequential_consistency() {
    assert_eq!(failing("twostage"), (1, 3));
    assert_eq!(failing("lazy01"), (2, 6));
    assert_eq!(failing("account"), (2, 6));
    assert_eq!(failing("reorder_3"), (12, 56));
    assert_eq!(failing("deadlock01"), (1, 3));
}

/// The number of the first execution that fails.
fn first(name: &str, search: Search, seed: u64, most: u64) -> Option<u64> {
    let explorer = Explorer::new().search(search).executions(most).seed(seed).minimise(false);
    let report = explorer.explore(bug(name).run).unwrap();
    report.failed().then(|| report.executions())
}

#[test]
fn every_strategy_finds_the_small_ones() {
    let searches =
        [Search::Pos, Search::Surw, Search::Fuzz, Search::Bounded, Search::Exhaustive, Search::Portfolio];
    for name in ["account", "deadlock01", "lazy01", "reorder_3", "twostage", "wronglock_3"] {
        for search in searches.clone() {
            assert!(first(name, search.clone(), 0, 2_000).is_some(), "{name} by {search:?}");
        }
    }
}

#[test]
fn fuzzing_is_not_put_off_by_many_threads() {
    for seed in 0..5 {
        assert!(first("reorder_10", Search::Fuzz, seed, 200).is_some(), "seed {seed}");
    }
}

#[test]
fn a_seed_finds_the_same() {
    for search in [Search::Pos, Search::Surw, Search::Fuzz] {
        let found = |seed| BUGS.iter().take(4).map(|b| first(b.name, search.clone(), seed, 300)).collect();
        let (once, again): (Vec<_>, Vec<_>) = (found(3), found(3));
        assert_eq!(once, again, "{search:?}");
    }
}
