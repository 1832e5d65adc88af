//! Barriers and one-time initialization.

use super::{outcomes, outcomes_of, right, wrong};
use selvedge::sync::{Arc, Barrier, Once, OnceLock};
use selvedge::{MemoryModel, thread};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

/// Two threads at a barrier for so many.
fn meet(size: usize) -> [bool; 2] {
    let barrier = Arc::new(Barrier::with_name(size, "barrier"));
    let theirs = Arc::clone(&barrier);
    let other = thread::spawn(move || theirs.wait().is_leader());
    [barrier.wait().is_leader(), other.join().unwrap()]
}

#[test]
fn a_barrier_lets_all_through_at_once_and_one_of_them_leads() {
    assert_eq!(outcomes(|| meet(2)), [[false, true], [true, false]]);
    assert_eq!(outcomes(|| meet(1)), [[true, true]]);
}

#[test]
fn a_barrier_for_more_than_there_are_lets_nobody_through() {
    let headline = "deadlock: `main` and `thread 1` wait for what nobody is left to do";
    wrong(2, &[headline], || {
        meet(3);
    });
}

#[test]
fn an_initializer_runs_once_and_the_others_wait_for_it() {
    right(2, || {
        let shared = Arc::new((Once::new(), AtomicU32::new(0)));
        let begin = |shared: &(Once, AtomicU32)| {
            shared.0.call_once(|| {
                thread::yield_now();
                shared.1.fetch_add(1, SeqCst);
            });
            assert_eq!(shared.1.load(SeqCst), 1);
        };
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || begin(&theirs));
        begin(&shared);
        other.join().unwrap();
    });
}

#[test]
fn an_initializer_that_needs_itself_waits_for_itself() {
    let report = super::every()
        .explore(|| {
            let once = Arc::new(Once::with_name("setup"));
            let inner = Arc::clone(&once);
            once.call_once(move || inner.call_once(|| ()));
        })
        .unwrap();
    assert!(report.failed(), "{report}");
    assert_eq!(report.findings()[0].finding.kind(), selvedge::finding::FindingKind::Deadlock, "{report}");
}

#[test]
fn the_first_to_set_a_cell_wins() {
    let seen = outcomes(|| {
        let cell = Arc::new(OnceLock::new());
        let theirs = Arc::clone(&cell);
        let other = thread::spawn(move || *theirs.get_or_init(|| 1));
        let mine = *cell.get_or_init(|| 2);
        (mine, other.join().unwrap())
    });
    assert_eq!(seen, [(1, 1), (2, 2)]);
}

#[test]
fn a_look_at_a_cell_that_is_being_set_sees_either() {
    let seen = outcomes(|| {
        let cell = Arc::new(OnceLock::new());
        let theirs = Arc::clone(&cell);
        let other = thread::spawn(move || theirs.set(1).is_ok());
        let seen = cell.get().copied();
        assert!(other.join().unwrap());
        (seen, *cell.wait())
    });
    assert_eq!(seen, [(None, 1), (Some(1), 1)]);
}

#[test]
fn whoever_waits_for_what_was_poisoned_and_then_forced_finds_either() {
    for memory in [MemoryModel::SequentiallyConsistent, MemoryModel::C11] {
        let seen = outcomes_of(selvedge::Explorer::new().memory(memory), || {
            let once = Arc::new(Once::new());
            let [theirs, waited] = [Arc::clone(&once), Arc::clone(&once)];
            let poisons = thread::spawn(move || theirs.call_once(|| panic!("on purpose")));
            let waits = thread::spawn(move || waited.wait());
            poisons.join().unwrap_err();
            once.call_once_force(|_| ());
            waits.join().is_ok()
        });
        assert_eq!(seen, [false, true]);
    }
}

#[test]
fn those_who_only_wait_are_in_no_order() {
    for memory in [MemoryModel::SequentiallyConsistent, MemoryModel::C11] {
        super::expect(super::every_trace().memory(memory), 1, &[], || {
            let once = Arc::new(Once::new());
            let wait = |_| {
                let once = Arc::clone(&once);
                thread::spawn(move || once.wait())
            };
            let threads = [0; 3].map(wait);
            once.call_once(|| ());
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
}
