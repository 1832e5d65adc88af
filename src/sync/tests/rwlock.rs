//! Tests of readers-writer locks.

use super::{deadlocks, finishes, panics_with};
use crate::base::Ending;
use crate::engine::testing::{all, outcomes, run};
use crate::sync::{RwLock, TryLockError};
use crate::thread;
use std::sync::Arc;

#[test]
fn outside_it_behaves_as_stds() {
    let lock = RwLock::new(1);
    let (one, two) = (lock.read().unwrap(), lock.try_read().unwrap());
    assert_eq!(*one + *two, 2);
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    drop((one, two));
    let mut guard = lock.write().unwrap();
    *guard += 1;
    assert_eq!(format!("{guard} {guard:?}"), "2 2");
    assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
    drop(guard);
    panics_with(|| {
        let _reader = lock.read();
        std::panic::resume_unwind(Box::new("does not poison"));
    });
    assert!(!lock.is_poisoned());
    panics_with(|| {
        let _writer = lock.write();
        std::panic::resume_unwind(Box::new("poison"));
    });
    assert_eq!(format!("{lock:?}"), "RwLock { data: 2, poisoned: true, .. }");
    assert!(lock.read().is_err() && lock.write().is_err());
    assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));
    assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(_))));
    lock.clear_poison();
    let mut lock = lock.numbered("l", 1);
    *lock.get_mut().unwrap() += 1;
    assert_eq!(lock.into_inner().unwrap(), 3);
    assert_eq!(*RwLock::<u8>::default().read().unwrap(), 0);
    assert_eq!(*RwLock::from(4).read().unwrap(), 4);
}

#[test]
fn writers_exclude_and_readers_share() {
    let seen = outcomes(|| {
        let lock = Arc::new(RwLock::new((0, 0)));
        let other = Arc::clone(&lock);
        let writer = thread::spawn(move || {
            let mut guard = other.write().unwrap();
            guard.0 += 1;
            thread::yield_now();
            guard.1 += 1;
        });
        let one = lock.read().unwrap();
        let two = lock.read().unwrap();
        assert_eq!(one.0, two.1);
        let seen = one.0;
        drop((one, two));
        writer.join().unwrap();
        seen
    });
    assert_eq!(seen, [0, 1]);
}

#[test]
fn trying_is_refused_sometimes() {
    let seen = outcomes(|| {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let writer = thread::spawn(move || drop(other.write()));
        let read = lock.try_read().is_ok();
        let seen = (read, lock.try_write().is_ok());
        writer.join().unwrap();
        seen
    });
    assert_eq!(seen, [(false, false), (false, true), (true, false), (true, true)]);
}

#[test]
fn a_reader_that_wants_to_write_deadlocks() {
    let trace = run(|| {
        let lock = RwLock::new(0);
        let _reader = lock.read();
        let _writer = lock.write();
    });
    assert_eq!(trace.ending, Ending::Deadlocked);
    let (deadlocked, all) = deadlocks(|| {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let upgrade = |lock: &RwLock<i32>| {
            let _reader = lock.read();
            drop(lock.try_write());
        };
        let thread = thread::spawn(move || upgrade(&other));
        upgrade(&lock);
        thread.join().unwrap();
    });
    assert_eq!(deadlocked, 0, "of {all}");
}

#[test]
fn only_a_panicking_writer_poisons() {
    for write in [false, true] {
        all(
            move || {
                let lock = Arc::new(RwLock::new(0));
                let other = Arc::clone(&lock);
                let thread = thread::spawn(move || {
                    let _reader = (!write).then(|| other.read());
                    let _writer = write.then(|| other.write());
                    panic!("poison");
                });
                assert!(thread.join().is_err());
                assert_eq!(lock.is_poisoned(), write);
                assert_eq!(lock.read().is_err(), write);
                assert_eq!(lock.try_write().is_err(), write);
                assert_eq!(Arc::into_inner(lock).unwrap().into_inner().is_err(), write);
            },
            |trace| assert_eq!((trace.panics.len(), trace.ending), (1, Ending::Finished)),
        );
    }
}

#[test]
fn nothing_is_left_of_an_execution_that_ends_while_it_is_held() {
    static SHARED: RwLock<u32> = RwLock::new(0);
    for _ in 0..2 {
        run(|| {
            let _held = SHARED.write().unwrap();
            panic!("with the lock held");
        });
        assert!(!SHARED.is_poisoned() && SHARED.try_write().is_ok());
    }
    finishes(|| drop(SHARED.read().unwrap()));
}
