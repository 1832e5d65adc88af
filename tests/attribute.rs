//! `#[selvedge::test]` and checks as a user meets them: what passes, what fails, and with which words.

use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::{Explorer, FindingKind, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Deposits that keep the lock.
#[selvedge::test]
fn both_deposits_arrive() {
    let balance = Mutex::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| *balance.lock().unwrap() += 100);
        }
    });
    assert_eq!(*balance.lock().unwrap(), 200);
}

#[selvedge::test(strategy = "pct:3", budget = 50, seed = 0xff, steps = 1_000)]
fn settings_are_understood() -> Result<(), String> {
    let hits = AtomicU32::new(0);
    thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(|| hits.fetch_add(1, SeqCst)))));
    if hits.load(SeqCst) == 3 { Ok(()) } else { Err("a hit was lost".into()) }
}

#[selvedge::test]
#[should_panic(expected = "the test returned an error: \"a hit was lost\"")]
fn an_error_fails_the_test() -> Result<(), String> {
    let hits = AtomicU32::new(0);
    thread::scope(|scope| {
        (0..2).for_each(|_| drop(scope.spawn(|| hits.store(hits.load(SeqCst) + 1, SeqCst))));
    });
    if hits.load(SeqCst) == 2 { Ok(()) } else { Err("a hit was lost".into()) }
}

mod inside {
    #[selvedge::test]
    #[should_panic(
        expected = "panic in inside::a_report_has_the_name_of_the_test: `main` panicked: overtaken"
    )]
    fn a_report_has_the_name_of_the_test() {
        super::overtaken();
    }

    #[selvedge::test]
    #[should_panic(expected = "cargo test inside::the_command_is_exact -- --exact")]
    fn the_command_is_exact() {
        super::overtaken();
    }
}

fn overtaken() {
    let done = Arc::new(AtomicBool::new(false));
    let other = Arc::clone(&done);
    let thread = thread::spawn(move || other.store(true, SeqCst));
    assert!(!done.load(SeqCst), "overtaken");
    thread.join().unwrap();
}

#[selvedge::test]
#[ignore = "so that it is seen that this is heeded"]
fn an_ignored_test_is_not_run() {
    panic!("it was run");
}

#[selvedge::test(expect = "deadlock")]
fn a_deadlock_is_expected() {
    let (a, b) = (Mutex::new(()), Mutex::new(()));
    thread::scope(|scope| {
        scope.spawn(|| drop((a.lock(), b.lock())));
        scope.spawn(|| drop((b.lock(), a.lock())));
    });
}

fn sleeps_too_late() {
    let shared = Arc::new((Mutex::new(()), Condvar::new()));
    let other = Arc::clone(&shared);
    thread::spawn(move || other.1.notify_one());
    let guard = shared.0.lock().unwrap();
    drop(shared.1.wait(guard));
}

#[selvedge::test(expect = "lost update")]
fn a_lost_update_is_expected() {
    loses_an_update();
}

fn loses_an_update() {
    let total = AtomicU32::new(0);
    thread::scope(|scope| {
        (0..2).for_each(|_| drop(scope.spawn(|| total.store(total.load(SeqCst) + 1, SeqCst))));
    });
    assert_eq!(total.load(SeqCst), 2);
}

#[selvedge::test(expect = "lock-order inversion")]
#[should_panic(expected = "expected: lock-order inversion; but something else was found")]
fn a_warning_does_not_stand_for_a_failure() {
    let (a, b, c) = (Mutex::new(()), Mutex::new(()), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            drop((a.lock(), b.lock()));
            c.store(true, SeqCst);
        });
        scope.spawn(|| {
            assert!(!c.load(SeqCst));
        });
    });
    drop((b.lock(), a.lock()));
}

#[selvedge::test(expect = "data race", allow_trivial)]
#[should_panic(
    expected = "expected: data race; but nothing wrong was found\n\nnothing wrong was found\nproved"
)]
fn what_is_expected_has_to_be_found() {}

#[selvedge::test(expect = "deadlock")]
#[should_panic(expected = "expected: deadlock; but something else was found\n\npanic in ")]
fn what_is_found_has_to_be_what_is_expected() {
    overtaken();
}

#[selvedge::test]
#[should_panic(
    expected = "there was nothing to explore: the model has only one thread; are its threads from"
)]
fn one_thread_is_nothing_to_explore() {
    *Mutex::new(0).lock().unwrap() += 1;
}

#[selvedge::test]
#[should_panic(expected = "there was nothing to explore: no thread meets another in anything")]
fn a_lock_of_std_is_nothing_to_explore() {
    let total = std::sync::Mutex::new(0);
    thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(|| *total.lock().unwrap() += 1))));
}

#[selvedge::test(allow_trivial)]
fn nothing_to_explore_may_be_allowed() {
    assert_eq!(1 + 1, 2);
}

#[selvedge::test(steps = 1)]
#[should_panic(
    expected = "no execution came to its end, so that nothing was tested; raise the bound on steps: \
                           `SELVEDGE_STEPS`, `steps = ...` in the attribute"
)]
fn to_be_cut_short_everywhere_is_no_test() {
    loses_an_update();
}

#[selvedge::test(steps = 1, allow_trivial)]
fn to_be_cut_short_everywhere_may_be_allowed() {
    loses_an_update();
}

/// Only where the main thread comes first does it go round so often that the execution is cut short.
#[selvedge::test(strategy = "random", budget = 50, steps = 12)]
fn to_be_cut_short_here_and_there_is_a_test() {
    let total = AtomicU32::new(0);
    thread::scope(|scope| {
        scope.spawn(|| total.store(1, SeqCst));
        let rounds = if total.load(SeqCst) == 0 { 100 } else { 1 };
        for _ in 0..rounds {
            total.fetch_add(1, SeqCst);
        }
    });
}

#[test]
fn a_check_without_the_attribute_minds_as_much() {
    let told = |explorer: Explorer, model: fn()| {
        let unwound = catch_unwind(AssertUnwindSafe(|| explorer.check(model))).err();
        unwound.map(|message| *message.downcast::<String>().expect("a text"))
    };
    assert!(told(Explorer::new(), || {}).expect("trivial").contains("nothing to explore"));
    assert_eq!(told(Explorer::new().allow_trivial(true), || {}), None);
    for strategy in ["portfolio", "exhaustive", "random", "pct", "bounded", "dfs"] {
        let search = || Explorer::new().search(strategy.parse().expect("a strategy")).executions(50);
        let unended = told(search().steps(1), loses_an_update).expect("no execution came to its end");
        assert!(unended.contains("raise the bound on steps"), "{strategy}: {unended}");
        assert!(unended.contains("reached the bound on steps and"), "{strategy}: {unended}");
        assert!(!unended.contains("nothing to explore"), "{strategy}: {unended}");
    }
    assert_eq!(told(Explorer::new().expect(FindingKind::Panic), loses_an_update), None);
    assert_eq!(told(Explorer::new().expect(FindingKind::LostUpdate), loses_an_update), None);
    let wrong = told(Explorer::new().expect(FindingKind::Deadlock), loses_an_update);
    assert!(wrong.expect("another kind").starts_with("expected: deadlock; but something else was found"));
    assert_eq!(told(Explorer::new().expect(FindingKind::LostWakeup), sleeps_too_late), None);
    let wrong = told(Explorer::new().expect(FindingKind::Deadlock), sleeps_too_late);
    assert!(wrong.is_some(), "a lost wakeup is more than a deadlock");
}

#[test]
fn what_is_trivial_does_not_depend_on_the_strategy() {
    let trivial = |strategy: &str, model: fn()| {
        let search = strategy.parse().expect("a strategy");
        let explorer = Explorer::new().search(search).executions(50);
        explorer.explore(model).expect("it makes sense").is_trivial()
    };
    for strategy in ["portfolio", "exhaustive", "random", "pct", "pos", "surw", "fuzz", "bounded", "dfs"] {
        assert!(trivial(strategy, || {}), "{strategy}");
        assert!(trivial(strategy, || thread::spawn(|| {}).join().unwrap()), "{strategy}");
        assert!(!trivial(strategy, || assert!(selvedge::choose(2) < 2)), "{strategy}");
        assert!(!trivial(strategy, both_deposits), "{strategy}");
        assert!(!trivial(strategy, loses_an_update), "{strategy}: what fails is not said to be trivial");
    }
}

fn both_deposits() {
    let balance = Mutex::new(0);
    thread::scope(|scope| {
        (0..2).for_each(|_| drop(scope.spawn(|| *balance.lock().unwrap() += 100)));
    });
}

#[test]
fn a_report_is_in_lines_whatever_the_names_are() {
    let report = |name: &str, command: &str| {
        let explorer = selvedge::Explorer::new().name(name).replay_command(command);
        explorer.explore(|| panic!("on purpose")).unwrap().to_string()
    };
    let named = report("two\nlines \u{1b}[31m", "again '{schedule}'");
    assert!(named.starts_with("panic in two lines [31m: "), "{named}");
    let unnamed = report("", "again");
    assert!(unnamed.starts_with("panic: "), "{unnamed}");
    // Whoever forgets to say where the schedule goes is given it all the same.
    assert!(unnamed.contains("replay: again '~'"), "{unnamed}");
}
