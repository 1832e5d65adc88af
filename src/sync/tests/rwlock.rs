//! Tests of readers-writer locks.

use super::{deadlocks, finishes, panics_with};
use crate::base::Ending;
use crate::cell::UnsafeCell;
use crate::engine::testing::{all, outcomes, run};
use crate::sync::{RwLock, RwLockWriteGuard, TryLockError};
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

#[test]
fn a_writer_that_steps_down_shares() {
    let model = || {
        let lock = RwLock::new(1);
        let mut writer = lock.write().unwrap();
        *writer += 1;
        let reader = RwLockWriteGuard::downgrade(writer);
        assert_eq!((*reader, *lock.try_read().unwrap()), (2, 2));
        assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
        drop(reader);
        *lock.try_write().unwrap() += 1;
        assert_eq!(*lock.read().unwrap(), 3);
    };
    model();
    assert_eq!(run(model).ending, Ending::Finished);
}

#[test]
fn outside_no_writer_gets_in_while_another_steps_down() {
    let lock = RwLock::new(0_u32);
    let total = std::thread::scope(|scope| {
        let writer = || {
            for _ in 0..2_000 {
                let mut writer = lock.write().unwrap();
                *writer += 1;
                let written = *writer;
                assert_eq!(*RwLockWriteGuard::downgrade(writer), written);
                drop(lock.try_write().map(|mut writer| *writer += 0));
            }
        };
        let reader = || (0..2_000).for_each(|_| assert!(*lock.read().unwrap() <= 8_000));
        let writers: Vec<_> = (0..4).map(|_| scope.spawn(writer)).collect();
        scope.spawn(reader);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        *lock.read().unwrap()
    });
    assert_eq!(total, 8_000);
}

#[test]
fn what_steps_down_in_a_panic_poisons_nothing() {
    struct StepsDown<'a>(Option<RwLockWriteGuard<'a, u32>>);
    impl Drop for StepsDown<'_> {
        fn drop(&mut self) {
            drop(self.0.take().map(RwLockWriteGuard::downgrade));
        }
    }
    fn model() {
        let lock = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&lock);
        let died = thread::spawn(move || {
            let _writer = StepsDown(theirs.write().ok());
            std::panic::resume_unwind(Box::new("it is not the end of the hold"));
        });
        assert!(died.join().is_err());
        assert!(!lock.is_poisoned() && lock.try_write().is_ok());
        let reader = RwLockWriteGuard::downgrade(lock.write().unwrap());
        drop(reader);
        let theirs = Arc::clone(&lock);
        let died = thread::spawn(move || {
            let _writer = theirs.write();
            std::panic::resume_unwind(Box::new("poison"));
        });
        assert!(died.join().is_err());
        drop(RwLockWriteGuard::downgrade(lock.write().unwrap_err().into_inner()));
        assert!(lock.is_poisoned());
    }
    model();
    let trace = run(model);
    assert_eq!((trace.ending, trace.panics.len()), (Ending::Finished, 2));
}

/// A writer that changes something beside the lock before or after it steps down, and a reader that looks at that.
fn races_when_written(late: bool) -> bool {
    struct Beside(RwLock<bool>, UnsafeCell<u32>);
    // SAFETY: whether accesses are ordered is what is asked.
    unsafe impl Sync for Beside {}
    let mut racy = 0;
    all(
        move || {
            let shared = Arc::new(Beside(RwLock::new(false), UnsafeCell::new(0)));
            let theirs = Arc::clone(&shared);
            let reader = thread::spawn(move || {
                if *theirs.0.read().unwrap() {
                    theirs.1.with(|_| ());
                }
            });
            let mut writer = shared.0.write().unwrap();
            *writer = true;
            if !late {
                shared.1.with_mut(|_| ());
            }
            let reading = RwLockWriteGuard::downgrade(writer);
            if late {
                shared.1.with_mut(|_| ());
            }
            thread::yield_now();
            drop(reading);
            reader.join().unwrap();
        },
        |trace| racy += usize::from(!trace.races.is_empty()),
    );
    racy != 0
}

#[test]
fn who_steps_down_tells_readers_what_was_written_so_far() {
    assert!(!races_when_written(false));
    assert!(races_when_written(true));
}
