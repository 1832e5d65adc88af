//! Tests of mutexes.

use super::{deadlocks, finishes, panics_with};
use crate::base::{Action, Ending, MutexAction};
use crate::engine::testing::{all, outcomes, run};
use crate::sync::{Mutex, TryLockError};
use crate::thread;
use crate::trace::ThreadStatus;
use std::sync::Arc;

#[test]
fn outside_it_behaves_as_stds() {
    let mutex = Arc::new(Mutex::new(1));
    *mutex.lock().unwrap() += 1;
    let guard = mutex.lock().unwrap();
    assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    assert_eq!(
        format!("{guard} {guard:?} {mutex:?}"),
        "2 2 Mutex { data: \"<locked>\", poisoned: false, .. }"
    );
    drop(guard);
    assert_eq!(format!("{mutex:?}"), "Mutex { data: 2, poisoned: false, .. }");
    let other = Arc::clone(&mutex);
    let _ = std::thread::spawn(move || {
        let _guard = other.lock();
        std::panic::resume_unwind(Box::new("poison"));
    })
    .join();
    assert!(mutex.is_poisoned());
    assert_eq!(*mutex.lock().unwrap_err().into_inner(), 2);
    assert!(matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_))));
    mutex.clear_poison();
    let mut mutex = Arc::into_inner(mutex).unwrap().named("m");
    *mutex.get_mut().unwrap() += 1;
    assert_eq!(mutex.into_inner().unwrap(), 3);
    assert_eq!(*Mutex::<u8>::default().lock().unwrap(), 0);
    assert_eq!(*Mutex::from(4).lock().unwrap(), 4);
}

#[test]
fn it_serves_values_of_unknown_size_and_guards_are_shared() {
    fn is_sync<T: Sync + ?Sized>(_: &T) {}
    let mutex: Arc<Mutex<[i32]>> = Arc::new(Mutex::new([1, 2]));
    let guard = mutex.lock().unwrap();
    is_sync(&guard);
    assert_eq!(guard.len(), 2);
}

#[test]
fn locked_increments_are_never_lost() {
    let count = finishes(|| {
        let mutex = Arc::new(Mutex::new(0));
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || *other.lock().unwrap() += 1);
        *mutex.lock().unwrap() += 1;
        thread.join().unwrap();
        assert_eq!(*mutex.lock().unwrap(), 2);
    });
    assert!(count > 1);
}

#[test]
fn a_refused_try_lock_is_among_the_outcomes() {
    let seen = outcomes(|| {
        let mutex = Arc::new(Mutex::new(0));
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || drop(other.lock()));
        let taken = mutex.try_lock().is_ok();
        thread.join().unwrap();
        taken
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn opposite_orders_deadlock_sometimes() {
    let (deadlocked, all) = deadlocks(|| {
        let locks = Arc::new((Mutex::with_name((), "a"), Mutex::with_name((), "b")));
        let other = Arc::clone(&locks);
        let thread = thread::spawn(move || {
            let _b = other.1.lock().unwrap();
            let _a = other.0.lock().unwrap();
        });
        let a = locks.0.lock().unwrap();
        let b = locks.1.lock().unwrap();
        drop((a, b));
        thread.join().unwrap();
    });
    assert!(0 < deadlocked && deadlocked < all, "{deadlocked} of {all}");
}

#[test]
fn locking_twice_deadlocks_and_names_the_holder() {
    let trace = run(|| {
        let mutex = Mutex::with_name((), "m");
        let _first = mutex.lock();
        let _second = mutex.lock();
    });
    assert_eq!(trace.ending, Ending::Deadlocked);
    assert_eq!(trace.objects[0].holder, Some(crate::base::ThreadId::MAIN));
    assert_eq!(trace.objects[0].name.to_string(), "m");
    let status = trace.threads[0].status;
    assert!(matches!(status, ThreadStatus::Blocked(..)), "{status:?}");
}

#[test]
fn a_panicking_holder_poisons() {
    finishes_but_for_one_panic(|| {
        let mutex = Arc::new(Mutex::new(0));
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || {
            let mut guard = other.lock().unwrap();
            *guard = 7;
            panic!("poison");
        });
        assert!(thread.join().is_err());
        assert!(mutex.is_poisoned());
        assert_eq!(*mutex.lock().unwrap_err().into_inner(), 7);
        assert!(matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_))));
        mutex.clear_poison();
        assert_eq!(*mutex.lock().unwrap(), 7);
        assert_eq!(Arc::into_inner(mutex).unwrap().into_inner().unwrap(), 7);
    });
}

#[test]
fn the_owner_learns_of_poison_without_a_step() {
    let trace = finishes_but_for_one_panic(|| {
        let mutex = Arc::new(Mutex::new(0));
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || {
            let _guard = other.lock();
            panic!("poison");
        });
        assert!(thread.join().is_err());
        assert!(Arc::into_inner(mutex).unwrap().into_inner().is_err());
    });
    let asks = |s: &&crate::base::Step| s.operation.action == Action::Mutex(MutexAction::IsPoisoned);
    assert_eq!(trace.steps.iter().filter(asks).count(), 0);
}

#[test]
fn a_lock_taken_while_unwinding_does_not_poison() {
    struct Tidy(Arc<Mutex<u32>>);
    impl Drop for Tidy {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    finishes_but_for_one_panic(|| {
        let mutex = Arc::new(Mutex::new(0));
        let tidy = Tidy(Arc::clone(&mutex));
        let thread = thread::spawn(move || {
            let _tidy = tidy;
            panic!("on the way");
        });
        assert!(thread.join().is_err());
        assert_eq!(*mutex.lock().unwrap(), 1);
    });
}

#[test]
fn nothing_is_left_of_an_execution_that_ends_while_locks_are_held() {
    static SHARED: Mutex<u32> = Mutex::new(0);
    for _ in 0..3 {
        let trace = run(|| {
            let _held = SHARED.lock().unwrap();
            panic!("with the lock held");
        });
        assert!(matches!(trace.ending, Ending::Panicked(_)));
        let trace = run(|| {
            let thread = thread::spawn(|| drop(SHARED.lock().unwrap()));
            let _held = SHARED.lock().unwrap();
            thread.join().unwrap();
        });
        assert_eq!(trace.ending, Ending::Deadlocked);
        assert!(!SHARED.is_poisoned());
        assert!(SHARED.try_lock().is_ok());
    }
}

#[test]
fn poison_from_outside_is_seen_inside_and_stays() {
    let mutex = Mutex::new(0);
    panics_with(|| {
        let _guard = mutex.lock();
        std::panic::resume_unwind(Box::new("poison"));
    });
    run(|| {
        assert!(mutex.lock().is_err());
        mutex.clear_poison();
        drop(mutex.lock().unwrap());
    });
    assert!(mutex.is_poisoned());
}

#[test]
fn a_lock_held_outside_is_told_apart_from_a_deadlock() {
    let mutex = Mutex::new(0);
    let guard = mutex.lock().unwrap();
    let trace = run(|| drop(mutex.lock()));
    assert!(trace.panics[0].message.contains("held from outside"), "{:?}", trace.panics);
    drop(guard);
}

#[test]
fn steps_are_where_the_model_calls() {
    let trace = run(|| drop(Mutex::new(0).lock()));
    for step in trace.steps.iter().filter(|s| matches!(s.operation.action, Action::Mutex(_))) {
        assert!(step.location.file().ends_with("tests/mutex.rs"), "{step:?}");
    }
}

fn finishes_but_for_one_panic(model: impl Fn()) -> crate::trace::Trace {
    all(&model, |trace| {
        assert_eq!(trace.panics.len(), 1, "{:?}", trace.panics);
        assert_eq!(trace.ending, Ending::Finished);
    });
    run(model)
}
