//! Models that do not repeat themselves: the order of a hash map, the clock, state kept from one execution to the next. Each
//! is told from what is wrong with a model, and each has a mend.

use selvedge::sync::Mutex;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::{Explorer, FindingKind, Report, choose, thread, time};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicU32 as Plain;
use std::time::{Duration, Instant};

const SEARCHES: [&str; 4] = ["portfolio", "exhaustive", "bounded", "dfs"];
const SAMPLES: [&str; 5] = ["random", "pct", "pos", "surw", "fuzz"];

fn explored(search: &str, model: impl Fn() + Send + Sync + 'static) -> Report {
    let search = search.parse().expect("a strategy");
    Explorer::new().search(search).executions(100).explore(model).expect("the settings make sense")
}

/// Asserts that the first execution and its repetition are told apart, in words that say where, however it is explored.
#[track_caller]
fn noticed_at_once<M: Fn() + Send + Sync + 'static>(model: impl Fn() -> M) {
    for search in SEARCHES.into_iter().chain(SAMPLES) {
        let report = explored(search, model());
        let divergence =
            report.divergence().unwrap_or_else(|| panic!("{search}: it was not noticed: {report}"));
        let (words, step) =
            divergence.split_once(": step ").unwrap_or_else(|| panic!("{search}: {divergence}"));
        assert_eq!(words, "an execution was run again with the same choices", "{search}");
        // Two orders may be as good as the same, and then the next repetition shows it.
        assert!(report.executions() <= 8, "{search}: {}", report.executions());
        // Who has no schedule is not told of one, but which step was which, and is now which.
        assert!(step.contains(" was `") && step.contains(", now "), "{search}: {divergence}");
        assert!(report.failed() && !report.proved() && report.findings().is_empty(), "{search}: {report}");
        assert!(report.to_string().starts_with("the model does not repeat itself: "), "{search}: {report}");
    }
}

/// Asserts that nothing is wrong with a model, however it is explored.
#[track_caller]
fn repeats(model: fn()) {
    for search in SEARCHES.into_iter().chain(SAMPLES) {
        let report = explored(search, model);
        assert!(!report.failed() && report.executions() > 1, "{search}: {report}");
    }
}

/// Another thread adds so often, this one twice.
fn additions(theirs: u32) {
    let total = AtomicU32::new(0);
    let add = |times: u32| (0..times).for_each(|_| drop(total.fetch_add(1, SeqCst).to_string()));
    thread::scope(|scope| {
        scope.spawn(|| add(theirs));
        add(2);
    });
}

/// A thread goes through all locks in this order, another through the first ones.
fn one_after_the_other<'a>(first: &[&'a Mutex<u32>], locks: impl Iterator<Item = &'a Mutex<u32>> + Send) {
    let add = |lock: &Mutex<u32>| *lock.lock().unwrap() += 1;
    thread::scope(|scope| {
        scope.spawn(|| locks.for_each(add));
        first.iter().copied().for_each(add);
    });
}

#[test]
fn the_order_of_a_hash_map() {
    // With so many locks there is little hope that two maps have the same order.
    let model = || {
        || {
            let locks: HashMap<u32, Mutex<u32>> = (0..12).map(|n| (n, Mutex::new(n))).collect();
            one_after_the_other(&[&locks[&0], &locks[&1]], locks.values());
        }
    };
    noticed_at_once(model);
    repeats(|| {
        let locks: BTreeMap<u32, Mutex<u32>> = (0..12).map(|n| (n, Mutex::new(n))).collect();
        one_after_the_other(&[&locks[&0], &locks[&1]], locks.values());
    });
}

#[test]
fn the_clock() {
    // The first execution uses the time up, so that nothing is left for another.
    let model = || {
        let deadline = Instant::now() + Duration::from_millis(20);
        move || {
            let total = Mutex::new(0);
            let work = || *total.lock().unwrap() += 1;
            thread::scope(|scope| {
                scope.spawn(work);
                while Instant::now() < deadline {
                    work();
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
        }
    };
    noticed_at_once(model);
    repeats(|| {
        let total = Mutex::new(0);
        let work = || *total.lock().unwrap() += 1;
        let start = time::Instant::now();
        thread::scope(|scope| {
            scope.spawn(work);
            while start.elapsed() < Duration::from_micros(2) {
                work();
            }
        });
    });
}

#[test]
fn a_counter_that_is_kept() {
    let model = || {
        let runs = Plain::new(0);
        // Twice in the first execution, once when it is repeated.
        move || additions(2 - runs.fetch_add(1, SeqCst) % 2)
    };
    noticed_at_once(model);
    // A static of the facade's starts afresh.
    repeats(|| {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        additions(2 - RUNS.fetch_add(1, SeqCst) % 2);
    });
}

#[test]
fn searches_notice_later_executions_that_begin_the_same_and_go_on_otherwise() {
    for (search, words) in [
        ("portfolio", "choice 3 is thread b, which cannot go on; a can"),
        ("exhaustive", "choice 3 is thread b, which cannot go on; a can"),
        ("dfs", "at choice 2 the threads that can go on were a, b, now a"),
    ] {
        let runs = Plain::new(0);
        // Twice in the third execution only: the first two are run again.
        let report = explored(search, move || additions(1 + u32::from(runs.fetch_add(1, SeqCst) == 4)));
        assert_eq!(report.divergence(), Some(words), "{search}: {report}");
        assert!(report.failed() && !report.proved(), "{search}: {report}");
    }
}

#[test]
fn a_difference_at_the_very_end_is_noticed_too() {
    for search in SEARCHES {
        let runs = Plain::new(0);
        // From the third execution on there is no choice where there was one.
        let report = explored(search, move || {
            let less = if runs.fetch_add(1, SeqCst) > 3 { 2 } else { 0 };
            choose(3 - less);
        });
        assert!(report.divergence().is_some() && !report.proved(), "{search}: {report}");
    }
}

#[test]
fn a_failure_that_does_not_come_again() {
    for search in SEARCHES.into_iter().chain(SAMPLES) {
        let runs = Plain::new(0);
        let report = explored(search, move || {
            additions(2);
            assert!(runs.fetch_add(1, SeqCst) != 4, "the fifth");
        });
        let words = "an execution that panicked was run again with the same choices: \
                     step 8 was `main: ends by its panic`, now it is `main: ends`";
        assert_eq!(report.divergence(), Some(words), "{search}: {report}");
        // What was seen is shown beside it.
        assert!(report.shows(FindingKind::Panic), "{search}: {report}");
    }
}

#[test]
#[should_panic(expected = "the model does not repeat itself: ")]
fn a_check_fails_even_if_something_wrong_is_expected() {
    let runs = Plain::new(0);
    Explorer::new().expect(FindingKind::Panic).check(move || {
        additions(2);
        assert!(runs.fetch_add(1, SeqCst) != 4, "the fifth");
    });
}

#[test]
fn more_than_the_first_time() {
    let model = || {
        let runs = Plain::new(0);
        move || additions(1 + runs.fetch_add(1, SeqCst))
    };
    noticed_at_once(model);
}

#[test]
fn more_from_some_execution_on() {
    for search in SEARCHES {
        let runs = Plain::new(0);
        let report = explored(search, move || additions(1 + u32::from(runs.fetch_add(1, SeqCst) >= 3)));
        assert!(report.divergence().is_some(), "{search}: {report}");
    }
}

#[test]
fn a_failure_that_comes_again_only_because_of_what_was_left_over() {
    for search in SEARCHES.into_iter().chain(SAMPLES) {
        let runs = Plain::new(0);
        let report = explored(search, move || {
            additions(2);
            assert!(runs.fetch_add(1, SeqCst) < 4, "from the fifth on");
        });
        assert!(report.divergence().is_some(), "{search}: {report}");
    }
}

#[test]
fn a_later_sample_that_differs() {
    for search in SAMPLES {
        let runs = Plain::new(0);
        let report = explored(search, move || {
            // The first execution and its repetition do the same.
            let run = runs.fetch_add(1, SeqCst);
            additions(if run > 1 { 1 + run % 2 } else { 2 });
        });
        assert!(report.divergence().is_some(), "{search}: {report}");
    }
}

#[test]
fn few_executions_are_run_again() {
    for search in ["exhaustive", "dfs", "random", "pos"] {
        let runs = Plain::new(0);
        let counted = std::sync::Arc::new(runs);
        let model = {
            let counted = std::sync::Arc::clone(&counted);
            move || {
                counted.fetch_add(1, SeqCst);
                let total = AtomicU32::new(0);
                thread::scope(|scope| {
                    (0..3).for_each(|_| {
                        drop(
                            scope.spawn(|| (0..3).for_each(|_| drop(total.fetch_add(1, SeqCst).to_string()))),
                        )
                    });
                });
            }
        };
        let report =
            Explorer::new().search(search.parse().unwrap()).executions(1_000).explore(model).unwrap();
        let again = u64::from(counted.load(SeqCst)) - report.executions();
        assert!((5..=30).contains(&again) && report.executions() == 1_000, "{search}: {again} of {report}");
    }
}
