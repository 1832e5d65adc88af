//! Programs on which other tools are wrong or silent: here every behaviour is seen, and no other.

use selvedge::cell::UnsafeCell;
use selvedge::finding::FindingKind;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use selvedge::sync::{Arc, Condvar, Mutex, mpsc};
use selvedge::{Explorer, Report, hint, strategy, thread};
use std::collections::BTreeSet;
use std::sync::Mutex as Plain;
use std::time::Duration;

struct Open(UnsafeCell<u32>);

// SAFETY: false, on purpose: whether accesses are ordered is what a test asks. Nothing is read or written.
unsafe impl Sync for Open {}

impl Open {
    fn write(&self) {
        self.0.with_mut(|_| ());
    }
}

fn every() -> Explorer {
    Explorer::new().strategy(strategy::exhaustive()).executions(1_000_000)
}

/// What the executions come to, all of which must be right.
fn all<T: Ord + Send + 'static>(
    explorer: Explorer,
    program: impl Fn() -> T + Send + Sync + 'static,
) -> BTreeSet<T> {
    let seen: std::sync::Arc<Plain<BTreeSet<T>>> = Default::default();
    let keep = std::sync::Arc::clone(&seen);
    let model = move || {
        let outcome = program();
        keep.lock().unwrap().insert(outcome);
    };
    let report = explorer.explore(model).unwrap();
    assert!(report.proved(), "{report}");
    std::mem::take(&mut *seen.lock().unwrap())
}

fn found(explorer: Explorer, model: impl Fn() + Send + Sync + 'static) -> (FindingKind, Report) {
    let report = explorer.explore(model).unwrap();
    (report.findings()[0].finding.kind(), report)
}

#[test]
fn a_load_sees_a_store_of_what_was_loaded_before_it_and_not() {
    let program = |loads: u32| {
        move || {
            let x = Arc::new(AtomicU32::new(1));
            let other = Arc::clone(&x);
            let adder = thread::spawn(move || {
                (1..loads).for_each(|_| drop(other.load(SeqCst).to_string()));
                other.store(other.load(SeqCst) + 1, SeqCst);
            });
            let seen = x.load(SeqCst);
            adder.join().unwrap();
            seen
        }
    };
    assert_eq!(all(every(), program(1)), BTreeSet::from([1, 2]));
    // A load more takes nothing away.
    assert_eq!(all(every(), program(2)), BTreeSet::from([1, 2]));
}

#[test]
fn an_attempt_to_receive_may_come_before_the_message() {
    let seen = all(every(), || {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || sender.send(7).map_err(drop));
        let received = receiver.try_recv().ok();
        let _ = other.join().unwrap();
        received
    });
    assert_eq!(seen, BTreeSet::from([None, Some(7)]));
}

#[test]
fn nothing_comes_between_the_halves_of_a_swap() {
    let seen = all(every(), || {
        let x = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&x);
        let storer = thread::spawn(move || other.store(1, Relaxed));
        let old = x.swap(2, Relaxed);
        storer.join().unwrap();
        (old, x.load(Relaxed))
    });
    assert_eq!(seen, BTreeSet::from([(0, 1), (1, 2)]));
}

#[test]
fn two_attempts_to_lock_are_no_deadlock() {
    let seen = all(every(), || {
        let mutex = Arc::new(Mutex::new(()));
        let other = Arc::clone(&mutex);
        let rival = thread::spawn(move || other.try_lock().is_ok());
        let mine = mutex.try_lock().is_ok();
        (mine, rival.join().unwrap())
    });
    assert_eq!(seen, BTreeSet::from([(false, true), (true, false), (true, true)]));
}

#[test]
fn the_panic_of_a_thread_is_what_its_join_returns() {
    let seen = all(every(), || thread::spawn(|| panic!("as it should")).join().is_err());
    assert_eq!(seen, BTreeSet::from([true]));
}

#[test]
fn a_wakeup_for_no_reason_is_tried_when_asked_for() {
    let model = || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&pair);
        let setter = thread::spawn(move || {
            *other.0.lock().unwrap() = true;
            other.1.notify_one();
        });
        let mut ready = pair.0.lock().unwrap();
        if !*ready {
            ready = pair.1.wait(ready).unwrap();
        }
        assert!(*ready, "woken too early");
        drop(ready);
        setter.join().unwrap();
    };
    assert!(every().explore(model).unwrap().proved());
    assert_eq!(found(every().spurious_wakeups(1), model).0, FindingKind::Panic);
}

#[test]
fn either_of_two_waiters_may_be_woken() {
    let seen = all(every(), || {
        let shared = Arc::new((Mutex::new(()), Condvar::new(), AtomicU32::new(0), AtomicU32::new(0)));
        let waiters: Vec<_> = (1..=2)
            .map(|number| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let guard = shared.0.lock().unwrap();
                    shared.2.fetch_add(1, SeqCst);
                    let _guard = shared.1.wait(guard).unwrap();
                    let _ = shared.3.compare_exchange(0, number, SeqCst, SeqCst);
                })
            })
            .collect();
        let until = |asks: &dyn Fn() -> bool| {
            while !asks() {
                thread::yield_now();
            }
        };
        until(&|| shared.2.load(SeqCst) == 2);
        // Once it can be locked, both are asleep.
        drop(shared.0.lock().unwrap());
        shared.1.notify_one();
        until(&|| shared.3.load(SeqCst) != 0);
        shared.1.notify_all();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        shared.3.load(SeqCst)
    });
    assert_eq!(seen, BTreeSet::from([1, 2]));
}

#[test]
fn a_weak_exchange_may_fail_when_asked_for() {
    let program = || AtomicU32::new(0).compare_exchange_weak(0, 1, SeqCst, SeqCst).is_ok();
    assert_eq!(all(every(), program), BTreeSet::from([true]));
    assert_eq!(all(every().weak_failures(1), program), BTreeSet::from([false, true]));
}

#[test]
fn a_wait_that_nobody_ends_times_out() {
    let seen = all(every(), || {
        let pair = (Mutex::new(()), Condvar::new());
        let guard = pair.0.lock().unwrap();
        pair.1.wait_timeout(guard, Duration::from_millis(5)).unwrap().1.timed_out()
    });
    assert_eq!(seen, BTreeSet::from([true]));
}

#[test]
fn accesses_that_nothing_orders_race() {
    let (kind, _) = found(every(), || {
        let cell = Arc::new(Open(UnsafeCell::new(0)));
        let other = Arc::clone(&cell);
        let writer = thread::spawn(move || other.write());
        cell.0.with(|_| ());
        writer.join().unwrap();
    });
    assert_eq!(kind, FindingKind::DataRace);
}

#[test]
fn an_upgrade_sees_the_last_drop_and_not() {
    let seen: std::sync::Arc<Plain<BTreeSet<bool>>> = Default::default();
    let keep = std::sync::Arc::clone(&seen);
    let report = every().explore(move || {
        let strong = Arc::new(1);
        let weak = Arc::downgrade(&strong);
        let other = thread::spawn(move || weak.upgrade().is_some());
        drop(strong);
        keep.lock().unwrap().insert(other.join().unwrap());
    });
    assert!(!report.unwrap().failed());
    assert_eq!(*seen.lock().unwrap(), BTreeSet::from([false, true]));
}

#[test]
fn a_panic_while_all_is_torn_down_aborts_nothing() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a drop");
        }
    }
    let (kind, report) = found(every().all_findings(true), || {
        let _bomb = Bomb;
        let mutex = Mutex::new(());
        let _one = mutex.lock().unwrap();
        let _two = mutex.lock().unwrap();
    });
    assert_eq!(kind, FindingKind::Deadlock, "{report}");
}

#[test]
fn a_stack_that_overflows_is_a_finding() {
    #[expect(unconditional_recursion, reason = "what it is about")]
    fn deeper(bytes: [u8; 512]) -> u8 {
        std::hint::black_box(bytes)[0].wrapping_add(deeper(bytes))
    }
    let (kind, report) = found(every(), || drop(deeper([0; 512]).to_string()));
    assert_eq!(kind, FindingKind::Panic);
    assert!(report.to_string().contains("stack overflow"), "{report}");
}

#[test]
fn threads_that_spin_on_each_other_are_found_out_at_once() {
    let (kind, report) = found(every(), || {
        let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let spin = |mine: usize| {
            let flags = Arc::clone(&flags);
            move || {
                while !flags[1 - mine].load(SeqCst) {
                    hint::spin_loop();
                }
                flags[mine].store(true, SeqCst);
            }
        };
        let other = thread::spawn(spin(0));
        spin(1)();
        other.join().unwrap();
    });
    assert_eq!(kind, FindingKind::Livelock, "{report}");
    assert!(report.executions() == 1 && report.longest() < 10_000, "{report}");
}

#[test]
fn a_model_that_does_not_repeat_itself_is_told_so() {
    let runs = AtomicStd::new(0);
    let report = every()
        .explore(move || {
            let x = Arc::new(AtomicU32::new(0));
            let other = Arc::clone(&x);
            let adder = thread::spawn(move || other.fetch_add(1, SeqCst));
            if runs.fetch_add(1, SeqCst) == 0 {
                x.fetch_add(1, SeqCst);
            }
            drop(adder.join());
        })
        .unwrap();
    assert!(report.divergence().is_some() || !report.proved(), "{report}");
}

use std::sync::atomic::AtomicU32 as AtomicStd;
