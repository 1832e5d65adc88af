//! Figures of reports: what is distinct, what is known for nothing, and where nobody ever came in between.

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Condvar, Mutex};
use selvedge::{Explorer, Report, Search, thread};

fn increments() {
    let total = AtomicU32::with_name(0, "total");
    thread::scope(|scope| {
        (0..2).for_each(|_| drop(scope.spawn(|| total.store(total.load(SeqCst) + 1, SeqCst))));
    });
}

fn locked() {
    let (a, b) = (Mutex::new(0), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                *a.lock().unwrap() += 1;
                *b.lock().unwrap() += 1;
            });
        }
    });
}

fn handed_over() {
    let (full, changed) = (Mutex::new(false), Condvar::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            *full.lock().unwrap() = true;
            changed.notify_one();
        });
        scope.spawn(|| drop(changed.wait_while(full.lock().unwrap(), |full| !*full).unwrap()));
    });
}

fn chosen() {
    let sum = AtomicU32::new(selvedge::choose(3));
    thread::scope(|scope| {
        scope.spawn(|| sum.fetch_add(selvedge::choose(2), SeqCst));
        scope.spawn(|| sum.load(SeqCst));
    });
}

fn explored(search: &str, measure: bool, model: fn()) -> Report {
    let search: Search = search.parse().unwrap();
    Explorer::new().search(search).executions(100_000).measure(measure).explore(model).unwrap()
}

#[test]
fn all_interleavings_come_to_as_many_behaviours_as_an_exhaustive_search_runs() {
    for model in [increments, locked, handed_over, chosen] {
        let each_once = explored("exhaustive", false, model);
        let all = explored("dfs", true, model);
        assert!(each_once.proved() && all.proved() && all.executions() > each_once.executions());
        assert_eq!(all.distinct(), Some(each_once.executions()));
        assert_eq!(each_once.distinct(), Some(each_once.executions()));
        assert_eq!(explored("exhaustive", true, model).distinct(), Some(each_once.executions()));
    }
}

#[test]
fn what_is_not_measured_is_not_known_of_a_sample() {
    assert_eq!(explored("dfs", false, locked).distinct(), None);
    assert!(explored("dfs", false, locked).measure().is_none());
}

#[test]
fn any_number_of_processors_measures_the_same() {
    let measured = |jobs| {
        let explorer = Explorer::new().search(Search::Exhaustive).measure(true).jobs(jobs);
        explorer.explore(locked).unwrap().measure().unwrap().clone()
    };
    assert_eq!(measured(1), measured(2));
}

#[test]
fn places_tell_where_nobody_ever_came_in_between() {
    let never = |preemptions: u32| -> Vec<String> {
        let report = explored(&format!("dfs:{preemptions}"), true, increments);
        report.measure().unwrap().never_interrupted().map(|place| place.what.clone()).collect()
    };
    // The second thread begins after the first one has ended, and that is all.
    assert_eq!(never(0), ["store total"]);
    assert!(never(1).is_empty());
    let report = explored("dfs:0", true, increments);
    let place = report.measure().unwrap().places().keys().next().unwrap();
    assert!(place.to_string().starts_with(&format!("store total at {}:", file!())), "{place}");
}

#[test]
fn no_time_is_shown() {
    let (first, second) =
        (explored("exhaustive", false, increments), explored("exhaustive", false, increments));
    assert!(first.time() > std::time::Duration::ZERO);
    assert_eq!(format!("{first} {first:?}"), format!("{second} {second:?}"));
}
