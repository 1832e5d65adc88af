//! What cannot be explored, and bounds that are reached: both are said.

use super::every;
use selvedge::explore::Coverage;
use selvedge::sync::Arc;
use selvedge::sync::atomic::AtomicU32;
use selvedge::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use selvedge::{Explorer, MemoryModel, Search, hint, strategy, thread};

fn look(x: &AtomicU32) {
    x.load(SeqCst);
}

/// Two threads of three loads each: C(6, 3) interleavings.
fn six_loads() {
    let x = Arc::new(AtomicU32::new(0));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let x = Arc::clone(&x);
            thread::spawn(move || (0..3).for_each(|_| look(&x)))
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
}

#[test]
fn a_model_that_is_not_deterministic_is_reported() {
    let runs = std::sync::atomic::AtomicU32::new(0);
    let report = every()
        .explore(move || {
            let loads = 1 + runs.fetch_add(1, SeqCst) % 2;
            let x = Arc::new(AtomicU32::new(0));
            let theirs = Arc::clone(&x);
            let other = thread::spawn(move || (0..loads).for_each(|_| look(&theirs)));
            (0..2).for_each(|_| look(&x));
            other.join().unwrap();
        })
        .unwrap();
    assert!(report.failed() && !report.proved(), "{report}");
    assert!(report.divergence().is_some(), "{report}");
    assert!(report.to_string().starts_with("the model does not repeat itself: "), "{report}");
}

#[test]
fn an_exploration_that_reaches_its_end_is_a_proof() {
    let report = every().explore(six_loads).unwrap();
    assert!(report.proved());
    assert_eq!(report.verdict(), "proved: all 20 executions were run");
}

#[test]
fn one_that_reaches_its_budget_is_none() {
    let report = every().executions(19).explore(six_loads).unwrap();
    assert!(!report.proved() && !report.failed());
    assert_eq!((report.coverage(), report.executions()), (Coverage::Sampled, 19));
    let report = every().executions(20).explore(six_loads).unwrap();
    assert_eq!(report.executions(), 20);
}

#[test]
fn one_whose_executions_reach_the_bound_on_steps_is_none() {
    let report = every().steps(5).explore(six_loads).unwrap();
    assert!(!report.proved() && !report.failed(), "{report}");
    assert_eq!((report.coverage(), report.cut_short()), (Coverage::Sampled, report.executions()));
    assert!(
        report.to_string().contains("reached the bound on steps and were not followed further"),
        "{report}"
    );
}

#[test]
fn a_bound_on_preemptions_is_said() {
    let bounded = |bound| {
        let strategy = strategy::dfs().preemption_bound(bound);
        Explorer::new().strategy(strategy).explore(six_loads).unwrap()
    };
    let report = bounded(0);
    assert_eq!((report.coverage(), report.executions()), (Coverage::AllWithin(0), 2), "{report}");
    // One of the six places between two of a thread's operations, for each of the two that may begin.
    let report = bounded(1);
    assert_eq!((report.coverage(), report.executions()), (Coverage::AllWithin(1), 6), "{report}");
    let report = bounded(100);
    assert_eq!((report.coverage(), report.executions()), (Coverage::Proved, 20), "{report}");
}

#[test]
fn the_default_search_proves_what_is_small_and_samples_what_is_not() {
    let report = selvedge::explore(six_loads);
    // Loads are independent of each other.
    assert_eq!((report.proved(), report.executions()), (true, 1), "{report}");
    let report = selvedge::Explorer::new()
        .executions(100)
        .explore(|| {
            let total = AtomicU32::new(0);
            thread::scope(|scope| {
                let add = || (0..6).map(|_| total.fetch_add(1, SeqCst)).max();
                (0..4).for_each(|_| drop(scope.spawn(add)));
            });
        })
        .unwrap();
    assert_eq!((report.coverage(), report.executions()), (Coverage::Sampled, 100), "{report}");
}

#[test]
fn an_execution_that_is_too_long_to_learn_from_is_no_proof() {
    use selvedge::sync::atomic::Ordering::Relaxed;
    for ordering in [SeqCst, Relaxed] {
        let report = Explorer::new().search(selvedge::Search::Exhaustive).explore(move || {
            let x = AtomicU32::new(0);
            (0..40_000).for_each(|_| drop(x.fetch_add(1, ordering).to_string()));
        });
        let report = report.unwrap();
        assert!(!report.proved() && !report.failed(), "{report}");
    }
}

#[test]
fn explorations_do_not_nest() {
    let report = Explorer::new().explore(|| drop(Explorer::new().explore(|| ()))).unwrap();
    assert!(report.failed(), "{report}");
}

#[test]
fn more_threads_than_there_are_stacks_for_is_a_finding() {
    let random =
        Explorer::new().strategy(strategy::random(1)).executions(1).minimise(false).stack_size(16 * 1024);
    let report = random.explore(|| {
        let threads: Vec<_> = (0..16_000).map(|_| thread::spawn(thread::yield_now)).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let headlines = super::headlines(&report.unwrap());
    let expected = "there is no stack of 16 KiB for one of 15001 threads at once: start fewer, or give them smaller stacks";
    assert!(headlines[0].ends_with(expected), "{headlines:?}");
}

#[test]
fn a_choice_among_more_values_than_can_be_tried_is_no_proof() {
    for memory in [MemoryModel::SequentiallyConsistent, MemoryModel::C11] {
        let choose = |count| {
            let explorer =
                Explorer::new().strategy(strategy::exhaustive()).memory(memory).executions(100_000);
            explorer.minimise(false).explore(move || drop(selvedge::choose(count).to_string())).unwrap()
        };
        assert!(choose(1_000).proved());
        let report = choose(u32::MAX);
        assert_eq!((report.executions(), report.proved()), (65_536, false), "{memory:?}: {report}");
        assert!(report.doubt().unwrap().contains("more values than are tried"), "{memory:?}: {report}");
    }
}

#[test]
fn a_loop_without_an_end_does_not_fill_the_memory() {
    // A reader comes in, and goes again if a writer is there.
    const WRITER: u32 = 1 << 31;
    let report = Explorer::new().search(Search::Exhaustive).executions(1_000_000).explore(|| {
        let lock = AtomicU32::new(0);
        let read = || {
            while lock.fetch_add(1, Acquire) & WRITER != 0 {
                lock.fetch_sub(1, Relaxed);
                hint::spin_loop();
            }
            lock.fetch_sub(1, Release);
        };
        thread::scope(|scope| {
            scope.spawn(|| {
                while lock.compare_exchange(0, WRITER, Acquire, Relaxed).is_err() {
                    hint::spin_loop();
                }
                lock.fetch_and(!WRITER, Release);
            });
            scope.spawn(read);
            read();
        });
    });
    let report = report.unwrap();
    assert!(!report.failed() && !report.proved(), "{report}");
    assert!(report.doubt().unwrap().contains("too many to keep"), "{report}");
}
