//! Locks: mutexes, readers-writer locks, the order in which they are taken, and giving them back.

use super::{every, expect, headlines, outcomes, right, wrong};
use selvedge::explore::Search;
use selvedge::sync::atomic::{AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex, RwLock, RwLockWriteGuard, TryLockError};
use selvedge::{Explorer, MemoryModel, thread};

/// Two threads of `rounds` times load and store; main starts them, joins them and looks.
fn unlocked(rounds: u32) {
    let total = Arc::new(AtomicU32::with_name(0, "total"));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let total = Arc::clone(&total);
            thread::spawn(move || {
                for _ in 0..rounds {
                    total.store(total.load(SeqCst) + 1, SeqCst);
                }
            })
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    assert!(total.load(SeqCst) == 2 * rounds, "an update was lost");
}

#[test]
fn an_unlocked_counter_loses_updates() {
    wrong(6, &["panic: `main` panicked: an update was lost"], || unlocked(1));
}

#[test]
fn starting_joining_and_reading_at_the_end_add_no_interleavings() {
    // C(4n, 2n)
    for (rounds, executions) in [(1, 6), (2, 70), (3, 924), (4, 12_870)] {
        let headline = "panic: `main` panicked: an update was lost";
        expect(every().minimise(false), executions, &[headline], move || unlocked(rounds));
    }
}

#[test]
fn a_locked_counter_is_proved() {
    // Once a thread has the lock the other one cannot go on: only the order of taking it is free.
    for (rounds, executions) in [(1, 2), (2, 6), (3, 20)] {
        right(executions, move || {
            let total = Arc::new(Mutex::with_name(0, "total"));
            let workers: Vec<_> = (0..2)
                .map(|_| {
                    let total = Arc::clone(&total);
                    thread::spawn(move || (0..rounds).for_each(|_| *total.lock().unwrap() += 1))
                })
                .collect();
            workers.into_iter().for_each(|worker| worker.join().unwrap());
            assert_eq!(*total.lock().unwrap(), 2 * rounds);
        });
    }
}

/// Two threads that take two locks, in the same order or in opposite ones.
fn nested(opposite: bool) {
    let locks = Arc::new([Mutex::with_name((), "left"), Mutex::with_name((), "right")]);
    let order = |first: usize| {
        let locks = Arc::clone(&locks);
        move || {
            let _outer = locks[first].lock().unwrap();
            let _inner = locks[1 - first].lock().unwrap();
        }
    };
    let (one, two) = (order(0), order(usize::from(opposite)));
    let other = thread::spawn(two);
    one();
    other.join().unwrap();
}

const DEADLOCK: &str = "deadlock: `main` and `thread 1` wait for each other";
const INVERSION: &str = "lock-order inversion: `left` and `right` are taken in both orders";

#[test]
fn locks_taken_in_opposite_orders_deadlock() {
    wrong(6, &[DEADLOCK, INVERSION], || nested(true));
}

#[test]
fn locks_taken_in_one_order_do_not() {
    right(2, || nested(false));
}

#[test]
fn an_execution_that_did_not_deadlock_warns_of_the_order() {
    let one_after_the_other = Search::Replay("a4 b4".parse().unwrap());
    let report = Explorer::new().search(one_after_the_other).explore(|| nested(true)).unwrap();
    assert!(!report.failed(), "{report}");
    assert_eq!(headlines(&report), [INVERSION], "{report}");
}

#[test]
fn two_who_only_read_keep_nobody_out_unless_somebody_writes() {
    fn reads(writes: bool) {
        let locks = Arc::new([RwLock::with_name((), "left"), RwLock::with_name((), "right")]);
        let order = |first: usize| {
            let locks = Arc::clone(&locks);
            move || {
                let _outer = locks[first].read().unwrap();
                let _inner = locks[1 - first].read().unwrap();
            }
        };
        let (one, two) = (order(0), order(1));
        let other = thread::spawn(two);
        one();
        other.join().unwrap();
        if writes {
            locks.iter().for_each(|lock| drop(lock.write()));
        }
    }
    let report = |writes| Explorer::new().all_findings(true).explore(move || reads(writes)).unwrap();
    assert!(report(false).proved(), "{}", report(false));
    // Where somebody may wait to write, readers may have to wait too.
    assert_eq!(headlines(&report(true)), [INVERSION]);
}

#[test]
fn a_gate_that_is_only_read_keeps_nobody_out() {
    let report = Explorer::new().all_findings(true).explore(|| {
        let (gate, locks) = (RwLock::new(()), [Mutex::with_name((), "left"), Mutex::with_name((), "right")]);
        let order = |first: usize| {
            let _gate = gate.read().unwrap();
            let _outer = locks[first].lock().unwrap();
            let _inner = locks[1 - first].lock().unwrap();
        };
        thread::scope(|scope| {
            scope.spawn(|| order(1));
            order(0);
        });
    });
    assert_eq!(headlines(&report.unwrap()), [DEADLOCK, INVERSION]);
}

#[test]
fn a_gate_around_both_locks_makes_the_order_free() {
    right(2, || {
        let locks = Arc::new([const { Mutex::new(()) }; 3]);
        let order = |first: usize| {
            let locks = Arc::clone(&locks);
            move || {
                let _gate = locks[2].lock().unwrap();
                let _outer = locks[first].lock().unwrap();
                let _inner = locks[1 - first].lock().unwrap();
            }
        };
        let (one, two) = (order(0), order(1));
        let other = thread::spawn(two);
        one();
        other.join().unwrap();
    });
}

#[test]
fn opposite_orders_one_after_the_other_cannot_deadlock() {
    right(1, || {
        let locks = Arc::new([const { Mutex::new(()) }; 2]);
        for first in [0, 1] {
            let locks = Arc::clone(&locks);
            let worker = thread::spawn(move || {
                let _outer = locks[first].lock().unwrap();
                let _inner = locks[1 - first].lock().unwrap();
            });
            worker.join().unwrap();
        }
    });
}

#[test]
fn a_thread_that_takes_a_lock_twice_waits_for_itself() {
    wrong(1, &["deadlock: `main` waits for `account`, which it holds itself"], || {
        let account = Mutex::with_name((), "account");
        let _outer = account.lock().unwrap();
        let _inner = account.lock().unwrap();
    });
}

#[test]
fn a_forgotten_guard_is_a_leak() {
    wrong(1, &["leak: `main` still holds `account` at the end"], || {
        std::mem::forget(Mutex::with_name((), "account").lock().unwrap());
    });
    right(1, || drop(Mutex::with_name((), "account").lock().unwrap()));
}

#[test]
fn two_try_locks_at_once_do_not_deadlock_and_one_may_fail() {
    let seen = outcomes(|| {
        let lock = Arc::new(Mutex::new(()));
        let other = Arc::clone(&lock);
        let other = thread::spawn(move || other.try_lock().is_ok());
        (lock.try_lock().is_ok(), other.join().unwrap())
    });
    assert_eq!(seen, [(false, true), (true, false), (true, true)]);
}

#[test]
fn a_panic_poisons_until_healed() {
    right(1, || {
        let lock = Arc::new(Mutex::new(1));
        let theirs = Arc::clone(&lock);
        let died = thread::spawn(move || {
            let _guard = theirs.lock();
            panic!("with the lock");
        });
        assert!(died.join().is_err());
        assert!(lock.is_poisoned());
        assert!(matches!(lock.try_lock(), Err(TryLockError::Poisoned(_))));
        assert_eq!(lock.lock().map(|guard| *guard).map_err(|poisoned| **poisoned.get_ref()), Err(1));
        lock.clear_poison();
        assert_eq!(*lock.lock().unwrap(), 1);
    });
}

/// What two locks show after a panic with both.
fn shown_poisoned() {
    let (mutex, lock) = (Arc::new(Mutex::new(1)), Arc::new(RwLock::new(2)));
    let (theirs, other) = (Arc::clone(&mutex), Arc::clone(&lock));
    let died = thread::spawn(move || {
        let _held = (theirs.lock(), other.write());
        panic!("with both");
    });
    assert!(died.join().is_err());
    assert_eq!(format!("{mutex:?}"), "Mutex { data: 1, poisoned: true, .. }");
    assert_eq!(format!("{lock:?}"), "RwLock { data: 2, poisoned: true, .. }");
}

#[test]
fn a_lock_shows_whether_it_is_poisoned_as_stds_does() {
    shown_poisoned();
    right(1, shown_poisoned);
}

/// A reader that looks twice, and a writer.
fn looked_twice(hold: bool) -> (u32, u32) {
    let value = Arc::new(RwLock::with_name(0, "value"));
    let theirs = Arc::clone(&value);
    let writer = thread::spawn(move || *theirs.write().unwrap() += 1);
    let first = value.read().unwrap();
    let seen = *first;
    let second = if hold {
        *value.read().unwrap()
    } else {
        drop(first);
        *value.read().unwrap()
    };
    writer.join().unwrap();
    (seen, second)
}

#[test]
fn a_read_lock_keeps_writers_out_for_as_long_as_it_is_held() {
    assert_eq!(outcomes(|| looked_twice(false)), [(0, 0), (0, 1), (1, 1)]);
}

#[test]
fn readers_come_in_together_and_writers_alone() {
    let together = outcomes(|| {
        let value = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&value);
        let other = thread::spawn(move || theirs.try_read().is_ok());
        (value.try_read().is_ok(), other.join().unwrap())
    });
    assert_eq!(together, [(true, true)]);
    let alone = outcomes(|| {
        let value = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&value);
        let other = thread::spawn(move || theirs.try_write().is_ok());
        (value.try_read().is_ok(), other.join().unwrap())
    });
    assert_eq!(alone, [(false, true), (true, false), (true, true)]);
}

#[test]
fn a_reader_that_wants_to_write_too_waits_for_itself() {
    wrong(1, &["deadlock: `main` waits for `value`, which it holds itself"], || {
        let value = RwLock::with_name(0, "value");
        let _shared = value.read().unwrap();
        let _alone = value.write().unwrap();
    });
}

/// A writer that goes on as a reader, and another writer: what the first writes, and then reads.
fn read_after_written(steps_down: bool) -> (u32, u32) {
    let value = Arc::new(RwLock::with_name(0, "value"));
    let theirs = Arc::clone(&value);
    let other = thread::spawn(move || *theirs.write().unwrap() += 10);
    let mut writer = value.write().unwrap();
    *writer += 1;
    let written = *writer;
    let reader = if steps_down {
        RwLockWriteGuard::downgrade(writer)
    } else {
        drop(writer);
        value.read().unwrap()
    };
    let read = *reader;
    drop(reader);
    other.join().unwrap();
    (written, read)
}

#[test]
fn no_writer_comes_in_while_another_becomes_a_reader() {
    assert_eq!(outcomes(|| read_after_written(true)), [(1, 1), (11, 11)]);
    assert_eq!(outcomes(|| read_after_written(false)), [(1, 1), (1, 11), (11, 11)]);
    right(2, || {
        read_after_written(true);
    });
}

#[test]
fn readers_come_in_once_a_writer_has_become_one() {
    // Each waits for the other while it holds the lock, so that neither may keep the other out.
    let met = |explorer: Explorer| {
        let report = explorer.explore(|| {
            let value = Arc::new((RwLock::new(0), AtomicU32::new(0)));
            let theirs = Arc::clone(&value);
            let mut writer = value.0.write().unwrap();
            *writer = 1;
            let other = thread::spawn(move || {
                let reader = theirs.0.read().unwrap();
                assert_eq!(*reader, 1);
                // Relaxed finds it all the same, because it was there before the writer stepped down.
                assert_eq!(theirs.1.load(Relaxed), 5);
            });
            value.1.store(5, Relaxed);
            let reader = RwLockWriteGuard::downgrade(writer);
            other.join().unwrap();
            drop(reader);
        });
        let report = report.unwrap();
        assert!(report.proved(), "{report}");
    };
    met(every());
    met(Explorer::new().memory(MemoryModel::C11));
    met(Explorer::new().memory(MemoryModel::SequentiallyConsistent));
}

#[test]
fn who_has_become_a_reader_and_wants_to_write_again_waits_for_itself() {
    wrong(1, &["deadlock: `main` waits for `value`, which it holds itself"], || {
        let value = RwLock::with_name(0, "value");
        let _shared = RwLockWriteGuard::downgrade(value.write().unwrap());
        let _alone = value.write().unwrap();
    });
    wrong(1, &["leak: `main` still holds `value` at the end"], || {
        let value = RwLock::with_name(0, "value");
        std::mem::forget(RwLockWriteGuard::downgrade(value.write().unwrap()));
    });
}
