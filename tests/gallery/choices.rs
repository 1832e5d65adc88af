//! Every exploration of one program under one strategy is the same.

use selvedge::explore::Search;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::trace::{Trace, snapshot};
use selvedge::{Explorer, strategy, thread};
use std::cell::RefCell;
use std::rc::Rc;

/// A bit of everything, with choices of more than one outcome.
fn model() {
    let shared =
        Arc::new((Mutex::with_name(0, "lock"), Condvar::with_name("changed"), AtomicU32::with_name(0, "x")));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let (lock, changed, x) = &*shared;
                let _ = x.compare_exchange_weak(0, 1, SeqCst, SeqCst);
                drop(changed.wait_while(lock.lock().unwrap(), |open| *open == 0).unwrap());
                changed.notify_one();
            })
        })
        .collect();
    *shared.0.lock().unwrap() = 1;
    shared.1.notify_one();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
}

/// The traces of an exploration, as text.
fn traces(explorer: Explorer) -> Vec<(String, Trace)> {
    let kept = Rc::new(RefCell::new(Vec::new()));
    let keep = Rc::clone(&kept);
    let explorer = explorer.spurious_wakeups(1).weak_failures(1).minimise(false).all_findings(true);
    let explorer =
        explorer.on_execution(move |trace| keep.borrow_mut().push((snapshot(trace), trace.clone())));
    let report = explorer.explore(model).unwrap();
    assert!(!report.failed(), "{report}");
    kept.take()
}

#[test]
fn two_explorations_are_the_same_and_each_execution_can_be_replayed() {
    let explorers: [fn() -> Explorer; 3] = [
        || Explorer::new().strategy(strategy::random(3)).executions(40),
        || Explorer::new().strategy(strategy::pct(3, 3).unwrap()).executions(40),
        || Explorer::new().strategy(strategy::dfs()).executions(40),
    ];
    for explorer in explorers {
        let (one, two) = (traces(explorer()), traces(explorer()));
        assert_eq!(one.len(), 40);
        for ((text, trace), (again, _)) in one.iter().zip(&two) {
            assert_eq!(text, again);
            let replayed = traces(Explorer::new().search(Search::Replay(trace.schedule.clone())));
            assert_eq!(&replayed[0].0, text);
        }
    }
}

#[test]
fn every_interleaving_of_a_search_is_another_one() {
    let schedules: Vec<String> = traces(Explorer::new().strategy(strategy::dfs()).executions(3_000))
        .into_iter()
        .map(|(_, trace)| trace.schedule.to_string())
        .collect();
    let mut distinct = schedules.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), schedules.len());
}
