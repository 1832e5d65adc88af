//! Tests of condition variables.

use super::{deadlocks, finishes};
use crate::base::Ending;
use crate::engine::Settings;
use crate::engine::testing::{all, all_with, outcomes, run, settings};
use crate::sync::{Condvar, Mutex};
use crate::thread;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(1);

type Gate = Arc<(Mutex<bool>, Condvar)>;

fn gate() -> Gate {
    Arc::new((Mutex::with_name(false, "open"), Condvar::with_name("opened")))
}

fn open(gate: &Gate) {
    *gate.0.lock().unwrap() = true;
    gate.1.notify_one();
}

#[test]
fn outside_it_behaves_as_stds() {
    let gate = gate();
    let other = Arc::clone(&gate);
    let thread = std::thread::spawn(move || open(&other));
    let guard = gate.1.wait_while(gate.0.lock().unwrap(), |open| !*open).unwrap();
    let (guard, result) = gate.1.wait_timeout_while(guard, LONG, |open| !*open).unwrap();
    assert!(*guard && !result.timed_out());
    let (guard, result) = gate.1.wait_timeout_while(guard, SHORT, |open| *open).unwrap();
    assert!(result.timed_out());
    drop(gate.1.wait_timeout(guard, SHORT).unwrap());
    thread.join().unwrap();
    gate.1.notify_all();
    assert_eq!(format!("{:?}", Condvar::default().named("c").numbered("c", 1)), "Condvar { .. }");
}

#[test]
#[expect(deprecated, reason = "it is std's older name for a timed wait")]
fn milliseconds_are_waited_as_durations_are() {
    let (lock, never) = (Mutex::new(()), Condvar::new());
    assert!(!never.wait_timeout_ms(lock.lock().unwrap(), 1).unwrap().1);
    let in_time = outcomes(|| {
        let gate = gate();
        let other = Arc::clone(&gate);
        let thread = thread::spawn(move || other.1.notify_one());
        let in_time = gate.1.wait_timeout_ms(gate.0.lock().unwrap(), 1).unwrap().1;
        thread.join().unwrap();
        in_time
    });
    assert_eq!(in_time, [false, true]);
}

#[test]
fn a_wait_in_a_loop_always_ends() {
    let count = finishes(|| {
        let gate = gate();
        let other = Arc::clone(&gate);
        let thread = thread::spawn(move || open(&other));
        let mut guard = gate.0.lock().unwrap();
        while !*guard {
            guard = gate.1.wait(guard).unwrap();
        }
        drop(guard);
        thread.join().unwrap();
    });
    assert!(count > 1);
}

#[test]
fn a_wait_that_does_not_look_first_sleeps_for_ever_sometimes() {
    let (deadlocked, all) = deadlocks(|| {
        let gate = gate();
        let other = Arc::clone(&gate);
        let thread = thread::spawn(move || open(&other));
        drop(gate.1.wait(gate.0.lock().unwrap()).unwrap());
        thread.join().unwrap();
    });
    assert!(0 < deadlocked && deadlocked < all, "{deadlocked} of {all}");
}

/// Two waiters take a ticket each; in which order, and whether `notify_one` had a choice.
fn take_tickets(notify: fn(&Condvar)) -> (Vec<Vec<u32>>, bool) {
    let (orders, mut chose) = (RefCell::new(Vec::new()), false);
    let model = || {
        let desk = Arc::new((Mutex::new((0, Vec::new())), Condvar::new()));
        let waiter = |i| {
            let desk = Arc::clone(&desk);
            thread::spawn(move || {
                let mut guard =
                    desk.1.wait_while(desk.0.lock().unwrap(), |(tickets, _)| *tickets == 0).unwrap();
                guard.0 -= 1;
                guard.1.push(i);
            })
        };
        let waiters = [waiter(0), waiter(1)];
        desk.0.lock().unwrap().0 = 2;
        notify(&desk.1);
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        orders.borrow_mut().push(desk.0.lock().unwrap().1.clone());
    };
    all(model, |trace| {
        assert_eq!(trace.ending, Ending::Finished);
        chose |= trace.steps.iter().any(|step| step.choice > 0);
    });
    let mut orders = orders.into_inner();
    orders.sort();
    orders.dedup();
    (orders, chose)
}

#[test]
fn notify_all_wakes_all() {
    assert_eq!(take_tickets(Condvar::notify_all), (vec![vec![0, 1], vec![1, 0]], false));
}

#[test]
fn notify_one_wakes_any() {
    let twice = |condvar: &Condvar| (0..2).for_each(|_| condvar.notify_one());
    assert_eq!(take_tickets(twice), (vec![vec![0, 1], vec![1, 0]], true));
}

#[test]
fn a_timed_wait_is_notified_or_times_out() {
    let seen = outcomes(|| {
        let gate = gate();
        let other = Arc::clone(&gate);
        let thread = thread::spawn(move || open(&other));
        let guard = gate.0.lock().unwrap();
        let (guard, result) = gate.1.wait_timeout(guard, LONG).unwrap();
        let seen = (result.timed_out(), *guard);
        drop(guard);
        thread.join().unwrap();
        seen
    });
    assert_eq!(seen, [(false, true), (true, false), (true, true)]);
}

#[test]
fn a_timed_wait_while_tells_the_truth() {
    let seen = outcomes(|| {
        let gate = gate();
        let other = Arc::clone(&gate);
        let thread = thread::spawn(move || open(&other));
        let guard = gate.0.lock().unwrap();
        let (guard, result) = gate.1.wait_timeout_while(guard, LONG, |open| !*open).unwrap();
        assert_ne!(result.timed_out(), *guard);
        let seen = result.timed_out();
        drop(guard);
        thread.join().unwrap();
        seen
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn for_ever_is_no_time_out() {
    let trace = run(|| {
        let gate = gate();
        drop(gate.1.wait_timeout(gate.0.lock().unwrap(), Duration::MAX));
    });
    assert_eq!(trace.ending, Ending::Deadlocked);
}

#[test]
fn it_wakes_for_no_reason_when_asked_to() {
    let mut finished = 0;
    let settings = Settings { spurious_wakeups: 1, ..settings() };
    all_with(
        settings,
        || {
            let gate = gate();
            drop(gate.1.wait(gate.0.lock().unwrap()).unwrap());
        },
        |trace| finished += usize::from(trace.ending == Ending::Finished),
    );
    assert_eq!(finished, 1);
}

#[test]
fn a_waiter_learns_of_poison() {
    let trace = run(|| {
        let gate = gate();
        let other = Arc::clone(&gate);
        let thread = thread::spawn(move || {
            let mut guard = other.0.lock().unwrap();
            *guard = true;
            other.1.notify_all();
            panic!("poison");
        });
        let guard = gate.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let guard = gate.1.wait_timeout_while(guard, LONG, |open| !*open);
        assert!(guard.is_ok_and(|(open, _)| *open) || gate.0.is_poisoned());
        assert!(thread.join().is_err());
    });
    assert_eq!(trace.ending, Ending::Finished, "{:?}", trace.panics);
}

#[test]
fn nobody_unlocks_what_another_holds_when_all_ends() {
    static GATE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
    for _ in 0..3 {
        let trace = run(|| {
            let thread = thread::spawn(|| drop(GATE.1.wait(GATE.0.lock().unwrap())));
            let _held = GATE.0.lock().unwrap();
            thread.join().unwrap();
        });
        assert_eq!(trace.ending, Ending::Deadlocked);
        let trace = run(|| {
            let thread = thread::spawn(|| drop(GATE.1.wait_timeout(GATE.0.lock().unwrap(), LONG)));
            let _held = GATE.0.lock().unwrap();
            thread.join().unwrap();
        });
        assert_eq!(trace.ending, Ending::Deadlocked);
        assert!(GATE.0.try_lock().is_ok());
    }
}
