//! `threading.Semaphore` and `threading.BoundedSemaphore`.

use super::{SHORT, fine, message, start};
use crate::base::Ending;
use crate::engine::testing::{all, outcomes, run};
use crate::python::Shared;
use crate::python::threading::{BoundedSemaphore, Semaphore};

#[test]
fn a_semaphore_gives_its_permits_to_anybody() {
    fine(|| {
        let semaphore = Semaphore::new(2).named("pool");
        semaphore.acquire();
        assert!(semaphore.try_acquire() && !semaphore.try_acquire() && !semaphore.acquire_timeout(SHORT));
        let other = semaphore.clone();
        start(move || other.release()).join().unwrap();
        assert!(semaphore.acquire_timeout(SHORT) && !semaphore.try_acquire());
        semaphore.release_n(3).unwrap();
        assert_eq!(message(semaphore.release_n(0)), "ValueError: n must be one or more");
        assert_eq!((0..5).filter(|_| semaphore.try_acquire()).count(), 3);
    });
}

#[test]
fn a_bounded_semaphore_is_released_no_more_often_than_acquired() {
    fine(|| {
        let semaphore = BoundedSemaphore::new(2);
        let too_many = "ValueError: Semaphore released too many times";
        assert_eq!(message(semaphore.release()), too_many);
        semaphore.with(|| assert_eq!(message(semaphore.release_n(2)), too_many));
        semaphore.acquire();
        semaphore.release().unwrap();
    });
    let trace = run(|| BoundedSemaphore::new(1).release_n(2).unwrap());
    assert!(matches!(trace.ending, Ending::Panicked(_)));
}

#[test]
fn no_more_are_inside_than_there_are_permits() {
    for (permits, most) in [(1, 1), (2, 2)] {
        let seen = outcomes(move || {
            let (semaphore, inside, seen) = (Semaphore::new(permits), Shared::new(0), Shared::new(0));
            let threads = [(); 2].map(|()| {
                let (semaphore, inside, seen) = (semaphore.clone(), inside.clone(), seen.clone());
                start(move || {
                    semaphore.with(|| {
                        inside.set(inside.get() + 1);
                        seen.set(seen.get().max(inside.get()));
                        inside.set(inside.get() - 1);
                    });
                })
            });
            threads.iter().for_each(|t| t.join().unwrap());
            seen.get()
        });
        assert_eq!(seen.last(), Some(&most));
    }
}

#[test]
fn each_release_lets_one_more_go_on() {
    let mut endings = Vec::new();
    all(
        || {
            let semaphore = Semaphore::new(0);
            let sleepers = [(); 2].map(|()| {
                let semaphore = semaphore.clone();
                start(move || semaphore.acquire())
            });
            semaphore.release();
            sleepers.iter().for_each(|t| t.join().unwrap());
        },
        |trace| endings.push(trace.ending),
    );
    assert!(endings.iter().all(|ending| *ending == Ending::Deadlocked));
    fine(|| {
        let semaphore = Semaphore::new(0);
        let sleepers = [(); 2].map(|()| {
            let semaphore = semaphore.clone();
            start(move || semaphore.acquire())
        });
        semaphore.release_n(2).unwrap();
        sleepers.iter().for_each(|t| t.join().unwrap());
    });
}

#[test]
fn a_timed_acquire_may_come_too_late_or_in_time() {
    let took = outcomes(|| {
        let semaphore = Semaphore::new(0);
        let other = semaphore.clone();
        start(move || other.release());
        semaphore.acquire_timeout(SHORT)
    });
    assert_eq!(took, [false, true]);
}
