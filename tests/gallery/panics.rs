//! Panics, wherever they come up: none of them ends the test process.

use super::{every, every_trace, headlines, outcomes_of, right, wrong};
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Explorer, MemoryModel, Report, thread};
use std::cell::{Cell, RefCell};
use std::panic::{catch_unwind, resume_unwind};
use std::rc::Rc;

struct PanicsOnDrop(&'static str);

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

#[test]
fn the_panic_of_a_thread_that_is_joined_is_the_joiners_business() {
    right(1, || {
        let died = thread::spawn(|| panic!("told")).join().unwrap_err();
        assert_eq!(died.downcast_ref::<&str>(), Some(&"told"));
    });
}

#[test]
fn the_panic_of_a_thread_that_nobody_joins_is_a_finding() {
    wrong(1, &["panic: `thread 1` panicked: untold"], || drop(thread::spawn(|| panic!("untold"))));
}

#[test]
fn a_result_that_panics_when_it_goes_is_told_of_where_nobody_takes_it() {
    fn late() -> PanicsOnDrop {
        thread::yield_now();
        PanicsOnDrop("the result")
    }

    wrong(1, &["panic: `thread 1` panicked: the result"], || drop(thread::spawn(late)));
    wrong(1, &["panic: `main` panicked: the result"], || drop(thread::spawn(|| PanicsOnDrop("the result"))));
    right(1, || std::mem::forget(thread::spawn(late).join()));
}

#[test]
fn what_a_thread_panics_with_may_panic_when_it_goes() {
    let report = Explorer::new()
        .explore(|| {
            drop(thread::spawn(|| {
                thread::yield_now();
                resume_unwind(Box::new(PanicsOnDrop("what is left")));
            }));
        })
        .unwrap();
    assert_eq!(headlines(&report), ["panic: `thread 1` panicked: a value that is no text"], "{report}");
    assert!(report.to_string().contains("panics: what is left"), "{report}");
}

#[test]
fn a_panic_passed_on_by_unwrapping_is_told_of_once_where_it_began() {
    wrong(1, &["panic: `thread 1` panicked: at the bottom"], || {
        thread::spawn(|| panic!("at the bottom")).join().unwrap();
    });
}

#[test]
fn a_panic_while_unwinding_is_a_finding_and_the_process_lives() {
    let report = Explorer::new()
        .explore(|| {
            let _guard = PanicsOnDrop("second");
            panic!("first");
        })
        .unwrap();
    assert_eq!(headlines(&report), ["panic: `main` panicked: second"], "{report}");
    assert!(report.to_string().contains("a real program would abort"), "{report}");
}

#[test]
fn a_panic_while_unwinding_in_a_thread_is_a_finding_too() {
    let report = Explorer::new()
        .explore(|| {
            let died = thread::spawn(|| {
                let _guard = PanicsOnDrop("second");
                panic!("first");
            });
            let _ = died.join();
        })
        .unwrap();
    assert_eq!(headlines(&report), ["panic: `thread 1` panicked: second"], "{report}");
}

#[test]
fn a_panic_in_a_destructor_after_a_deadlock_does_not_hide_the_deadlock() {
    let report = Explorer::new()
        .explore(|| {
            let lock = Arc::new(Mutex::with_name((), "lock"));
            let _held = lock.lock().unwrap();
            let _bomb = PanicsOnDrop("while it is torn down");
            let theirs = Arc::clone(&lock);
            let other = thread::spawn(move || {
                let _bomb = PanicsOnDrop("here too");
                let _guard = theirs.lock().unwrap();
            });
            other.join().unwrap();
        })
        .unwrap();
    let both =
        ["deadlock: `main` and `thread 1` wait for each other", "panic: `thread 1` panicked: here too"];
    assert_eq!(headlines(&report), both, "{report}");
}

#[test]
fn a_destructor_that_locks_and_waits_does_not_hang_the_end_of_a_deadlock() {
    struct Locks(Arc<Mutex<u32>>);
    impl Drop for Locks {
        fn drop(&mut self) {
            let _ = self.0.lock().map(|mut count| *count += 1);
            thread::spawn(|| thread::yield_now()).join().unwrap();
        }
    }
    let report = Explorer::new()
        .explore(|| {
            let lock = Arc::new(Mutex::with_name(0, "lock"));
            let _late = Locks(Arc::clone(&lock));
            let _held = lock.lock().unwrap();
            let _again = lock.lock().unwrap();
        })
        .unwrap();
    assert_eq!(headlines(&report), ["deadlock: `main` waits for `lock`, which it holds itself"], "{report}");
}

#[test]
fn a_stack_overflow_is_a_finding_and_the_process_lives() {
    let overflow = |stack: usize| -> Report {
        let model = || {
            thread::spawn(|| assert_eq!(deep(u32::MAX), 0)).join().unwrap();
        };
        Explorer::new().stack_size(stack).explore(model).unwrap()
    };
    for stack in [64 * 1024, 256 * 1024] {
        let report = overflow(stack);
        assert_eq!(report.findings().len(), 1, "{report}");
        assert!(report.to_string().contains("It needed more stack than it was given"), "{report}");
    }
}

/// Recurses so often; every call uses some of the stack.
#[allow(unconditional_recursion, reason = "this is how a stack overflows")]
fn deep(depth: u32) -> u32 {
    let frame = std::hint::black_box([depth; 64]);
    if depth == 0 { frame[0] } else { deep(depth - 1).wrapping_add(frame[63]) }
}

#[test]
fn an_exploration_after_all_of_that_works() {
    the_panic_of_a_thread_that_nobody_joins_is_a_finding();
    a_panic_while_unwinding_is_a_finding_and_the_process_lives();
    a_stack_overflow_is_a_finding_and_the_process_lives();
    right(1, || thread::spawn(|| ()).join().unwrap());
}

#[test]
fn a_caught_panic_is_none() {
    right(1, || {
        let caught = std::panic::catch_unwind(|| panic!("caught"));
        assert!(caught.is_err());
        assert!(!thread::panicking());
    });
}

/// Adds one when it goes.
struct AddsOnDrop(Arc<AtomicU32>);

impl Drop for AddsOnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Panics, and adds one twice while it unwinds.
fn unwind_in_two_steps(count: &Arc<AtomicU32>) -> thread::JoinHandle<()> {
    let [one, other] = [Arc::clone(count), Arc::clone(count)].map(AddsOnDrop);
    thread::spawn(move || {
        let _both = (one, other);
        panic!("on purpose");
    })
}

#[test]
fn others_come_in_between_while_a_thread_unwinds() {
    for explorer in [every(), every_trace(), every_trace().memory(MemoryModel::C11)] {
        let seen = outcomes_of(explorer, || {
            let count = Arc::new(AtomicU32::new(0));
            let worker = unwind_in_two_steps(&count);
            let seen = count.load(SeqCst);
            worker.join().unwrap_err();
            seen
        });
        assert_eq!(seen, [0, 1, 2]);
    }
}

#[test]
fn one_who_unwinds_is_not_taken_for_another_who_does() {
    // Each poisons its own lock, however the two unwind in turns.
    for explorer in [every(), every_trace()] {
        let seen = outcomes_of(explorer, || {
            let locks = Arc::new([Mutex::new(()), Mutex::new(()), Mutex::new(())]);
            let start = |own: usize, panics: bool| {
                let locks = Arc::clone(&locks);
                thread::spawn(move || {
                    let _held = locks[own].lock().unwrap();
                    assert!(!panics, "on purpose");
                })
            };
            let threads = [start(0, true), start(1, true), start(2, false)];
            let ends = threads.map(|thread| thread.join().is_err());
            (ends, locks.each_ref().map(Mutex::is_poisoned))
        });
        assert_eq!(seen, [([true, true, false], [true, true, false])]);
    }
}

#[test]
fn a_panic_handed_on_is_one_also_while_another_unwinds() {
    for explorer in [every(), every_trace(), every_trace().memory(MemoryModel::C11)] {
        let seen = outcomes_of(explorer, || {
            let lock = Arc::new(Mutex::new(()));
            let theirs = Arc::clone(&lock);
            let first = unwind_in_two_steps(&Arc::new(AtomicU32::new(0)));
            let second = thread::spawn(move || {
                let _held = theirs.lock().unwrap();
                resume_unwind(Box::new("from elsewhere"));
            });
            let ends = [first.join().is_err(), second.join().is_err()];
            (ends, lock.is_poisoned())
        });
        assert_eq!(seen, [([true, true], true)]);
    }
}

#[test]
fn a_panic_that_was_caught_poisons_nothing_while_another_unwinds() {
    for explorer in [every(), every_trace()] {
        let seen = outcomes_of(explorer, || {
            let count = Arc::new(AtomicU32::new(0));
            let worker = unwind_in_two_steps(&count);
            count.load(SeqCst);
            catch_unwind(|| panic!("and caught")).unwrap_err();
            let lock = Mutex::new(());
            drop(lock.lock().unwrap());
            let panicking = thread::panicking() || std::thread::panicking();
            worker.join().unwrap_err();
            (panicking, lock.is_poisoned())
        });
        assert_eq!(seen, [(false, false)]);
    }
}

#[test]
fn a_thread_may_be_started_and_waited_for_while_one_unwinds() {
    struct Waits(Arc<AtomicU32>);
    impl Drop for Waits {
        fn drop(&mut self) {
            let count = Arc::clone(&self.0);
            let helper = thread::spawn(move || {
                assert!(!thread::panicking());
                count.fetch_add(1, SeqCst);
            });
            helper.join().unwrap();
            assert!(thread::panicking());
        }
    }
    for explorer in [every(), every_trace()] {
        let seen = outcomes_of(explorer, || {
            let count = Arc::new(AtomicU32::new(0));
            let waits = Waits(Arc::clone(&count));
            let worker = thread::spawn(move || {
                let _waits = waits;
                panic!("on purpose");
            });
            let seen = count.load(SeqCst);
            worker.join().unwrap_err();
            (seen, count.load(SeqCst))
        });
        assert_eq!(seen, [(0, 1), (1, 1)]);
    }
}

/// Explorations do what they always do while whoever explores unwinds.
#[test]
fn one_may_explore_in_a_destructor() {
    struct Explores;
    impl Drop for Explores {
        fn drop(&mut self) {
            let model = || {
                assert!(!thread::panicking());
                let _bomb = PanicsOnDrop("second");
                panic!("first");
            };
            let report = Explorer::new().explore(model).unwrap();
            assert_eq!(headlines(&report), ["panic: `main` panicked: second"], "{report}");
            assert!(thread::panicking());
        }
    }
    let explores = || {
        let _explores = Explores;
        resume_unwind(Box::new("outside"));
    };
    let died: std::thread::Result<()> = catch_unwind(explores);
    assert!(died.is_err() && !thread::panicking());
}

#[test]
fn each_of_two_who_unwind_at_once_tells_where_it_began() {
    let told = Rc::new(Cell::new(0));
    let tell = Rc::clone(&told);
    let explorer = every().on_execution(move |trace| {
        assert!(trace.panics.iter().all(|panic| panic.location.contains("panics.rs")), "{trace}");
        tell.set(tell.get() + trace.panics.len());
    });
    let report = explorer.explore(|| {
        let count = Arc::new(AtomicU32::new(0));
        let threads = ["one", "another"].map(|what| {
            let adds = AddsOnDrop(Arc::clone(&count));
            thread::spawn(move || {
                let _adds = adds;
                panic!("{what}");
            })
        });
        count.load(SeqCst);
        assert!(threads.map(|thread| thread.join().is_err()) == [true, true]);
    });
    let executions = report.unwrap().executions();
    assert_eq!((executions, told.get()), (6, 12));
}

#[test]
fn who_tries_a_lock_meets_one_who_panics_with_it_before_and_after() {
    for explorer in [every(), every_trace()] {
        let seen = outcomes_of(explorer, || {
            let lock = Arc::new(Mutex::new(()));
            let theirs = Arc::clone(&lock);
            let other = thread::spawn(move || {
                let _held = theirs.try_lock().ok()?;
                panic!("on purpose");
                #[expect(unreachable_code, reason = "it says what the thread returns otherwise")]
                Some(())
            });
            let taken = match lock.try_lock() {
                Ok(_) => "free",
                Err(std::sync::TryLockError::WouldBlock) => "held",
                Err(std::sync::TryLockError::Poisoned(_)) => "poisoned",
            };
            (taken, other.join().is_err())
        });
        assert_eq!(seen, [("free", false), ("free", true), ("held", true), ("poisoned", true)]);
    }
}

#[test]
fn a_join_waits_for_the_thread_locals_of_one_who_panics() {
    selvedge::thread_local! {
        static KEPT: RefCell<Option<AddsOnDrop>> = const { RefCell::new(None) };
    }
    for explorer in [every(), every_trace()] {
        let seen = outcomes_of(explorer, || {
            let count = Arc::new(AtomicU32::new(0));
            let adds = AddsOnDrop(Arc::clone(&count));
            let worker = thread::spawn(move || {
                KEPT.with(|kept| *kept.borrow_mut() = Some(adds));
                panic!("on purpose");
            });
            worker.join().unwrap_err();
            count.load(SeqCst)
        });
        assert_eq!(seen, [1]);
    }
}
