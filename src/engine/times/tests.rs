//! Times of threads, worked out from steps.

use super::*;
use crate::base::{ObjectId, Operation};
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

const A: ThreadId = ThreadId(0);
const B: ThreadId = ThreadId(1);
const C: ThreadId = ThreadId(2);

fn step(thread: ThreadId, object: u32, action: Action, outcome: Outcome, choice: u32) -> Step {
    let operation = Operation::new(ObjectId(object), action);
    Step { thread, choice, operation, outcome, location: Location::caller() }
}

fn load(thread: ThreadId, back: u32) -> Step {
    step(thread, 0, Action::Atomic(AtomicAction::Load(Relaxed)), Outcome::Value(0), back)
}

fn store(thread: ThreadId, back: u32) -> Step {
    let action = AtomicAction::Store { value: 1, ordering: Relaxed };
    step(thread, 0, Action::Atomic(action), Outcome::Done, back)
}

/// The times of three threads after these steps, each with how long it has waited.
fn after(steps: &[(Step, u64)], weak: bool) -> [u64; 3] {
    let mut times = Times::default();
    times.begin(0);
    for (number, (step, waited)) in steps.iter().enumerate() {
        times.waits.push_back((number, *waited));
        times.take(number, step, weak);
    }
    [A, B, C].map(|thread| *times.own(thread))
}

#[test]
fn who_reads_comes_after_who_has_written() {
    for weak in [false, true] {
        assert_eq!(after(&[(store(A, 0), 5), (load(B, 0), 1)], weak), [5, 5, 0]);
        assert_eq!(after(&[(load(A, 0), 5), (load(B, 0), 1)], weak), [5, 1, 0]);
    }
}

#[test]
fn under_c11_only_what_is_read_counts() {
    let steps = [(store(A, 0), 5), (store(B, 1), 7), (load(C, 0), 0)];
    assert_eq!(after(&steps, true), [5, 7, 5]);
    assert_eq!(after(&steps, false), [5, 7, 7]);
    assert_eq!(after(&[(store(A, 0), 5), (load(B, 1), 0)], true), [5, 0, 0]);
    let steps = [(load(A, 0), 5), (store(B, 0), 0)];
    assert_eq!((after(&steps, true), after(&steps, false)), ([5, 0, 0], [5, 5, 0]));
}

#[test]
fn a_place_before_all_known_stores_is_from_before_time_passed() {
    let steps = [(store(A, 0), 5), (store(B, 3), 7), (load(C, 3), 0)];
    assert_eq!(after(&steps, true), [5, 7, 7]);
    assert_eq!(after(&[steps[0], steps[1], (load(C, 4), 0)], true), [5, 7, 0]);
    assert_eq!(after(&[steps[0], (load(C, 3), 0)], true), [5, 0, 0]);
}

#[test]
fn what_is_not_kept_came_one_after_the_other() {
    let mut times = Times::default();
    times.begin(0);
    times.waits.extend([(0, 5), (3, 7), (9, 1)]);
    times.take(0, &store(A, 0), false);
    times.lose(9, 3);
    times.take(9, &store(B, 0), false);
    assert_eq!([A, B, C].map(|thread| *times.own(thread)), [12, 13, 12]);
}

/// More steps than are kept lie between two questions; times go on, and nothing that has passed is forgotten.
#[test]
fn a_long_execution_keeps_its_times() {
    use super::super::testing::{run_with, settings};
    use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use crate::time::{Duration, Instant};
    let settings = super::super::Settings { steps: 1 << 20, ..settings() };
    let trace = run_with(settings, || {
        let (begin, word) = (Instant::now(), AtomicU32::new(0));
        for round in 0..KEPT as u32 + 10 {
            if round % 10_000 == 0 {
                crate::thread::sleep(Duration::from_millis(1));
            }
            word.store(round, SeqCst);
        }
        for _ in 0..KEPT {
            word.load(SeqCst);
        }
        assert_eq!(begin.elapsed(), Duration::from_micros(4_001));
    });
    assert!(trace.panics.is_empty(), "{:?}", trace.panics);
}
