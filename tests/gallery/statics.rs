//! Statics and thread-locals start afresh in every execution.

use super::{outcomes, right};
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, LazyLock, Mutex, Once, OnceLock};
use selvedge::thread;
use std::cell::Cell;

#[test]
fn statics_start_afresh_in_every_execution() {
    static COUNT: AtomicU32 = AtomicU32::with_name(5, "COUNT");
    static ONCE: Once = Once::new();
    static CELL: OnceLock<u32> = OnceLock::new();
    static LAZY: LazyLock<Vec<u32>> = LazyLock::new(|| vec![COUNT.fetch_add(1, SeqCst)]);
    // The counter's two additions and the once: whoever is first finds all as in the beginning.
    let seen = outcomes(|| {
        let visit = || {
            let mut first = false;
            ONCE.call_once(|| first = true);
            let set = CELL.set(1).is_ok();
            (first, set, LAZY[0])
        };
        assert_eq!(COUNT.load(SeqCst), 5);
        let other = thread::spawn(visit);
        let mine = visit();
        let theirs = other.join().unwrap();
        assert_eq!(COUNT.load(SeqCst), 6);
        (mine, theirs)
    });
    let other = |first: bool, set: bool| ((first, set, 5), (!first, !set, 5));
    assert_eq!(seen, [other(false, false), other(false, true), other(true, false), other(true, true)]);
    assert_eq!(COUNT.load(SeqCst), 5, "outside nothing has happened");
    assert_eq!(CELL.get(), None);
}

#[test]
fn a_static_mutex_keeps_its_data_and_a_model_that_depends_on_it_is_caught() {
    static NEXT: Mutex<u32> = Mutex::new(0);
    let report = super::every()
        .explore(|| {
            let turns = {
                let mut next = NEXT.lock().unwrap();
                *next += 1;
                *next % 2
            };
            let other = thread::spawn(move || (0..turns).for_each(|_| thread::yield_now()));
            thread::yield_now();
            other.join().unwrap();
        })
        .unwrap();
    assert!(report.failed() && report.divergence().is_some(), "{report}");
}

selvedge::thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(1) };
    static LABEL: String = String::from("nobody");
}

#[test]
fn thread_locals_are_one_per_virtual_thread_and_execution() {
    right(2, || {
        assert_eq!(DEPTH.get(), 1);
        DEPTH.set(10);
        let other = thread::spawn(|| {
            assert_eq!(DEPTH.get(), 1);
            DEPTH.set(20);
            thread::yield_now();
            DEPTH.get()
        });
        thread::yield_now();
        assert_eq!((DEPTH.get(), other.join().unwrap()), (10, 20));
        assert_eq!(LABEL.with(String::len), 6);
    });
    assert_eq!(DEPTH.get(), 1, "outside nothing has happened");
}

#[test]
fn a_thread_local_is_dropped_when_its_thread_ends() {
    struct Tells(Arc<AtomicU32>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    selvedge::thread_local! {
        static KEPT: Cell<Option<Tells>> = const { Cell::new(None) };
    }
    right(1, || {
        let dropped = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&dropped);
        let other = thread::spawn(move || KEPT.set(Some(Tells(theirs))));
        other.join().unwrap();
        assert_eq!(dropped.load(SeqCst), 1);
    });
}
