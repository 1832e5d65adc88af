//! `threading.Barrier`.

use super::{SHORT, fine, message, start};
use crate::base::Ending;
use crate::engine::testing::{all, outcomes, run};
use crate::python::threading::{Barrier, Lock};
use crate::python::{Error, Shared};

const BROKEN: &str = "threading.BrokenBarrierError";

#[test]
fn a_barrier_numbers_those_who_come_and_serves_again() {
    let indices = outcomes(|| {
        let barrier = Barrier::new(3).named("gate");
        let others = [(); 2].map(|()| {
            let (barrier, index) = (barrier.clone(), Shared::new(9));
            let mine = index.clone();
            let thread = start(move || {
                let first = barrier.wait()?;
                mine.set(10 * first + barrier.wait()?);
                Ok(())
            });
            (thread, index)
        });
        let first = barrier.wait().unwrap();
        let mut indices = vec![10 * first + barrier.wait().unwrap()];
        others.iter().for_each(|(thread, _)| thread.join().unwrap());
        indices.extend(others.iter().map(|(_, index)| index.get()));
        assert_eq!((barrier.parties(), barrier.n_waiting(), barrier.broken()), (3, 0, false));
        indices
    });
    let sum = |list: &Vec<usize>, digit: fn(usize) -> usize| list.iter().map(|n| digit(*n)).sum::<usize>();
    assert!(indices.iter().all(|list| sum(list, |n| n / 10) == 3 && sum(list, |n| n % 10) == 3));
    // Any order of coming, then any order of coming again.
    assert_eq!(indices.len(), 36);
}

#[test]
fn the_last_to_come_acts_before_anybody_passes() {
    let seen = outcomes(|| {
        let done = Shared::new(0);
        let act = done.clone();
        let barrier = Barrier::new(2).action(move || act.set(act.get() + 1));
        let (other, look) = (barrier.clone(), done.clone());
        let seen = Shared::new(0);
        let note = seen.clone();
        let thread = start(move || {
            other.wait()?;
            note.set(look.get());
            Ok(())
        });
        barrier.wait_timeout(SHORT).ok();
        let mine = done.get();
        thread.join().unwrap();
        (mine, seen.get(), barrier.broken())
    });
    // Either both see what the action did, or the time was up first and nobody acted.
    assert_eq!(seen, [(0, 0, true), (1, 1, false)]);
}

#[test]
fn an_action_that_fails_breaks_it_and_is_told_to_the_last_to_come() {
    let seen = outcomes(|| {
        let lock = Lock::new();
        let barrier = Barrier::new(2).action(move || lock.release());
        let (other, theirs) = (barrier.clone(), Shared::new(String::new()));
        let told = theirs.clone();
        let thread = start(move || told.set(message(other.wait())));
        let mine = message(barrier.wait());
        thread.join().unwrap();
        assert!(barrier.broken() && barrier.wait() == Err(Error::BrokenBarrier));
        (mine, theirs.get())
    });
    let failed = "RuntimeError: release unlocked lock".to_owned();
    assert_eq!(seen, [(failed.clone(), BROKEN.to_owned()), (BROKEN.to_owned(), failed)]);
    fn cannot_act() {
        panic!("cannot act");
    }
    let trace = run(|| {
        let barrier = Barrier::new(1).action(cannot_act);
        let same = barrier.clone();
        start(move || same.wait().map(drop)).join().unwrap();
        assert!(barrier.broken());
    });
    assert_eq!((trace.ending, trace.panics[0].message.as_str()), (Ending::Finished, "cannot act"));
}

#[test]
fn a_time_out_breaks_it_for_all() {
    let seen = outcomes(|| {
        let barrier = Barrier::new(3).timeout(SHORT);
        let (other, theirs) = (barrier.clone(), Shared::new(false));
        let told = theirs.clone();
        let thread = start(move || told.set(other.wait().is_err()));
        let mine = barrier.wait().is_err();
        thread.join().unwrap();
        let broken = barrier.broken();
        barrier.reset();
        (mine, theirs.get(), broken, barrier.broken(), barrier.n_waiting())
    });
    assert_eq!(seen, [(true, true, true, false, 0)]);
}

#[test]
fn abort_and_reset_send_those_away_who_wait() {
    for reset in [false, true] {
        let seen = outcomes(move || {
            let barrier = Barrier::new(2);
            let (other, theirs) = (barrier.clone(), Shared::new(String::new()));
            let told = theirs.clone();
            let thread = start(move || told.set(message(other.wait_timeout(SHORT))));
            let waiting = barrier.n_waiting();
            if reset {
                barrier.reset()
            } else {
                barrier.abort()
            }
            let broken = barrier.broken();
            thread.join().unwrap();
            (theirs.get(), waiting, broken)
        });
        assert!(seen.iter().all(|(message, _, _)| message == BROKEN));
        assert_eq!(seen.iter().map(|s| s.1).max(), Some(1));
        assert!(seen.iter().any(|s| s.2));
    }
}

#[test]
fn too_few_wait_for_ever() {
    let mut endings = Vec::new();
    all(
        || {
            let barrier = Barrier::new(3);
            let other = barrier.clone();
            start(move || other.wait().map(drop));
            barrier.wait().unwrap();
        },
        |trace| endings.push(trace.ending),
    );
    assert!(endings.iter().all(|ending| *ending == Ending::Deadlocked));
}

#[test]
fn a_barrier_of_one_lets_everybody_through() {
    assert_eq!(fine(|| assert_eq!(Barrier::new(1).wait(), Ok(0))), 1);
}
