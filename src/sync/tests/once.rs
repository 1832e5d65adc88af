//! Tests of one-time initialization.

use super::{finishes, panics_with};
use crate::base::Ending;
use crate::engine::testing::{all, outcomes, run};
use crate::sync::{Once, OnceState};
use crate::thread;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

#[test]
fn outside_it_behaves_as_stds() {
    let (once, runs) = (Once::new().named("o"), Cell::new(0));
    panics_with(|| once.call_once(|| std::panic::resume_unwind(Box::new("in the initializer"))));
    assert!(panics_with(|| once.call_once(|| ())).contains("poisoned"));
    assert!(!once.is_completed());
    once.call_once_force(|state| {
        assert_eq!(format!("{state:?}"), "OnceState { poisoned: true }");
        runs.set(runs.get() + 1);
    });
    once.call_once(|| runs.set(9));
    assert!(once.is_completed());
    once.wait();
    once.wait_force();
    assert_eq!((runs.get(), format!("{once:?}")), (1, "Once { .. }".into()));
}

#[test]
fn it_runs_once_and_all_wait_for_it() {
    finishes(|| {
        let shared = Arc::new((Once::with_name("o"), AtomicU32::new(0)));
        let other = Arc::clone(&shared);
        let add = |shared: &(Once, AtomicU32)| {
            shared.0.call_once(|| {
                thread::yield_now();
                shared.1.fetch_add(1, SeqCst);
            });
            assert_eq!(shared.1.load(SeqCst), 1);
        };
        let thread = thread::spawn(move || add(&other));
        add(&shared);
        thread.join().unwrap();
        assert!(shared.0.is_completed());
    });
}

#[test]
fn is_completed_answers_both_ways() {
    let seen = outcomes(|| {
        let once = Arc::new(Once::new());
        let other = Arc::clone(&once);
        let thread = thread::spawn(move || other.call_once(|| ()));
        let seen = once.is_completed();
        once.wait();
        thread.join().unwrap();
        seen
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn a_panicking_initializer_poisons_and_may_be_forced() {
    let count = all(
        || {
            let once = Arc::new(Once::new());
            let other = Arc::clone(&once);
            let first = thread::spawn(move || other.call_once(|| panic!("in the initializer")));
            assert!(first.join().is_err());
            let message = panics_with(|| once.call_once(|| ()));
            assert_eq!(message, "Once instance has previously been poisoned");
            let other = Arc::clone(&once);
            let waiter = thread::spawn(move || other.wait_force());
            once.call_once_force(|state: &OnceState| assert!(state.is_poisoned()));
            waiter.join().unwrap();
            once.call_once_force(|_| unreachable!("it is done"));
        },
        |trace| assert_eq!(trace.ending, Ending::Finished, "{:?}", trace.panics),
    );
    assert!(count > 1);
}

#[test]
fn a_recursive_initializer_deadlocks() {
    let trace = run(|| {
        let once = Once::new();
        once.call_once(|| once.call_once(|| ()));
    });
    assert_eq!(trace.ending, Ending::Deadlocked);
}

#[test]
fn a_static_starts_afresh_in_each_execution() {
    static ONCE: Once = Once::new();
    let runs = Cell::new(0);
    for _ in 0..3 {
        finishes(|| {
            assert!(!ONCE.is_completed());
            ONCE.call_once(|| runs.set(runs.get() + 1));
            ONCE.call_once(|| unreachable!("it is done"));
        });
    }
    assert_eq!(runs.get(), 3);
    assert!(!ONCE.is_completed());
    ONCE.call_once(|| ());
    finishes(|| assert!(ONCE.is_completed()));
}
