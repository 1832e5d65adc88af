//! Tests of cells that are written once, and of values made when first used.

use super::{finishes, panics_with};
use crate::base::Ending;
use crate::engine::testing::{outcomes, run};
use crate::sync::{LazyLock, Mutex, OnceLock};
use crate::thread;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

#[test]
fn outside_it_behaves_as_stds() {
    let mut cell = OnceLock::new().named("c");
    assert_eq!(format!("{cell:?} {:?}", cell.get()), "OnceLock(<uninit>) None");
    panics_with(|| ignore(cell.get_or_init(|| std::panic::resume_unwind(Box::new("in the initializer")))));
    assert_eq!(cell.get_or_init(|| 1), &1);
    assert_eq!((cell.set(2), cell.get(), cell.wait()), (Err(2), Some(&1), &1));
    assert_eq!(cell, OnceLock::from(1));
    assert_eq!(cell.clone().into_inner(), Some(1));
    *cell.get_mut().unwrap() += 1;
    assert_eq!(format!("{cell:?}"), "OnceLock(2)");
    assert_eq!((cell.take(), cell.get()), (Some(2), None));
    assert_eq!(cell, OnceLock::default());
}

#[test]
fn inside_it_answers_the_same() {
    finishes(|| {
        let mut cell = OnceLock::with_name("c");
        assert_eq!(format!("{cell:?} {:?}", cell.get()), "OnceLock(<uninit>) None");
        assert_eq!(cell.get_or_init(|| String::from("a")), "a");
        assert_eq!(cell.set("b".into()), Err("b".into()));
        assert_eq!((cell.get().unwrap().as_str(), cell.wait().as_str()), ("a", "a"));
        assert_eq!(cell, cell.clone());
        cell.get_mut().unwrap().push('!');
        assert_eq!(format!("{cell:?}"), "OnceLock(\"a!\")");
        assert_eq!((cell.take(), cell.take(), cell.get()), (Some("a!".into()), None, None));
        cell.set("c".into()).unwrap();
        assert_eq!(cell.into_inner(), Some("c".into()));
    });
}

#[test]
fn one_wins() {
    let seen = outcomes(|| {
        let cell = Arc::new(OnceLock::new());
        let others: Vec<_> = [1, 2]
            .map(|value| {
                let cell = Arc::clone(&cell);
                thread::spawn(move || {
                    if value == 1 { cell.set(1).unwrap_or(()) } else { ignore(cell.get_or_init(|| 2)) }
                })
            })
            .into();
        let seen = (cell.get().copied(), *cell.wait());
        others.into_iter().for_each(|thread| thread.join().unwrap());
        seen
    });
    assert_eq!(seen, [(None, 1), (None, 2), (Some(1), 1), (Some(2), 2)]);
}

#[test]
fn a_panicking_initializer_leaves_it_empty() {
    let trace = run(|| {
        let cell = Arc::new(OnceLock::new());
        let other = Arc::clone(&cell);
        let thread = thread::spawn(move || ignore(other.get_or_init(|| panic!("in the initializer"))));
        assert!(thread.join().is_err());
        assert_eq!((cell.get(), cell.get_or_init(|| 3)), (None, &3));
    });
    assert_eq!(trace.ending, Ending::Finished, "{:?}", trace.panics);
}

#[test]
fn it_may_borrow_from_its_surroundings() {
    finishes(|| {
        let (text, drops) = (String::from("here"), Cell::new(0));
        struct Counted<'a>(&'a str, &'a Cell<u32>);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                assert_eq!(self.0, "here");
                self.1.set(self.1.get() + 1);
            }
        }
        let cell = OnceLock::new();
        assert!(cell.set(Counted(&text, &drops)).is_ok());
        assert_eq!(cell.get().unwrap().0, "here");
        drop(cell);
        assert_eq!(drops.get(), 1);
        let leaked = OnceLock::new();
        assert!(leaked.set(Counted(&text, &drops)).is_ok());
        std::mem::forget(leaked);
    });
}

#[test]
fn a_static_starts_afresh_and_is_never_dropped() {
    static LIVE: AtomicU32 = AtomicU32::new(0);
    struct Counted(u32);
    impl Drop for Counted {
        fn drop(&mut self) {
            LIVE.fetch_sub(1, SeqCst);
        }
    }
    static CELL: OnceLock<Counted> = OnceLock::new();
    for round in 0..5 {
        finishes(|| {
            assert!(CELL.get().is_none());
            let counted = CELL.get_or_init(|| {
                LIVE.fetch_add(1, SeqCst);
                Counted(round)
            });
            assert_eq!(counted.0, round);
        });
        // As std's statics are not: a reference to it may be anywhere.
        assert_eq!(LIVE.load(SeqCst), round + 1);
    }
    assert!(CELL.get().is_none());
    assert!(CELL.set(Counted(9)).is_ok());
    finishes(|| assert_eq!(CELL.get().unwrap().0, 9));
}

#[test]
fn what_a_static_holds_may_refer_to_what_another_holds() {
    static WORDS: OnceLock<Vec<&str>> = OnceLock::new();
    static FIRST: OnceLock<First> = OnceLock::new();
    struct First(&'static Vec<&'static str>);
    impl Drop for First {
        fn drop(&mut self) {
            assert_eq!((self.0[0], WORDS.get().map(Vec::len)), ("warp", Some(2)));
        }
    }
    for _ in 0..3 {
        finishes(|| {
            let words = WORDS.get_or_init(|| vec!["warp", "weft"]);
            assert!(FIRST.set(First(words)).is_ok());
        });
    }
}

#[test]
fn a_lazy_value_outside_behaves_as_stds() {
    static LAZY: LazyLock<Mutex<u32>> = LazyLock::with_name(|| Mutex::new(1), "lazy");
    assert_eq!(format!("{LAZY:?}"), "LazyLock(<uninit>)");
    *LAZY.lock().unwrap() += 1;
    assert_eq!(*LazyLock::force(&LAZY).lock().unwrap(), 2);
    let bad =
        LazyLock::<u32, _>::new(|| std::panic::resume_unwind(Box::new("in the initializer"))).named("bad");
    panics_with(|| ignore(LazyLock::force(&bad)));
    assert_eq!(panics_with(|| ignore(*bad)), "LazyLock instance has previously been poisoned");
    assert_eq!(*LazyLock::<u8>::default(), 0);
    finishes(|| assert_eq!(*LAZY.lock().unwrap(), 2));
}

#[test]
fn a_lazy_value_is_made_once_in_each_execution() {
    static MADE: AtomicU32 = AtomicU32::new(0);
    static LAZY: LazyLock<u32> = LazyLock::new(|| {
        thread::yield_now();
        MADE.fetch_add(1, SeqCst)
    });
    let executions = finishes(|| {
        let thread = thread::spawn(|| *LAZY);
        assert_eq!(*LAZY, thread.join().unwrap());
        assert_eq!(format!("{LAZY:?}"), format!("LazyLock({})", *LAZY));
    });
    assert_eq!(MADE.load(SeqCst), executions as u32);
    assert!(executions > 1);
}

#[test]
fn a_lazy_value_is_poisoned_inside_too() {
    let trace = run(|| {
        let lazy = Arc::new(LazyLock::<u32, _>::new(|| panic!("in the initializer")));
        let other = Arc::clone(&lazy);
        assert!(thread::spawn(move || **other).join().is_err());
        assert_eq!(panics_with(|| ignore(**lazy)), "LazyLock instance has previously been poisoned");
    });
    assert_eq!(trace.ending, Ending::Finished, "{:?}", trace.panics);
}

fn ignore<T>(_: T) {}
