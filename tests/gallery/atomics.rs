//! Atomics are atomic and, for now, sequentially consistent.

use super::{every, expect, outcomes, outcomes_of};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use selvedge::thread;

/// Runs two bodies on two atomics at once.
fn two<A: Send + 'static, B>(one: fn(&[AtomicU32; 2]) -> A, other: fn(&[AtomicU32; 2]) -> B) -> (B, A) {
    let atomics = Arc::new([AtomicU32::with_name(0, "x"), AtomicU32::with_name(0, "y")]);
    let theirs = Arc::clone(&atomics);
    let thread = thread::spawn(move || one(&theirs));
    let mine = other(&atomics);
    (mine, thread.join().unwrap())
}

#[test]
fn a_load_beside_a_store_sees_both_values() {
    let seen = outcomes(|| two(|[x, _]| x.store(x.load(SeqCst) + 1, SeqCst), |[x, _]| x.load(SeqCst)).0);
    assert_eq!(seen, [0, 1]);
}

#[test]
fn a_redundant_load_takes_no_outcome_away() {
    let plain = outcomes(|| {
        two(|[x, y]| (x.store(1, SeqCst), y.load(SeqCst)).1, |[x, y]| (y.store(1, SeqCst), x.load(SeqCst)).1)
    });
    let more = outcomes(|| {
        two(
            |[x, y]| {
                x.load(SeqCst);
                x.store(1, SeqCst);
                x.load(SeqCst);
                y.load(SeqCst)
            },
            |[x, y]| (y.store(1, SeqCst), x.load(SeqCst)).1,
        )
    });
    assert_eq!(plain, more);
}

#[test]
fn stores_buffered_past_loads_are_impossible_in_sequential_consistency() {
    let seen = outcomes(|| {
        two(|[x, y]| (x.store(1, SeqCst), y.load(SeqCst)).1, |[x, y]| (y.store(1, SeqCst), x.load(SeqCst)).1)
    });
    assert_eq!(seen, [(0, 1), (1, 0), (1, 1)]);
}

#[test]
fn a_swap_beside_a_store_is_atomic() {
    let seen = outcomes(|| {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || theirs.store(1, SeqCst));
        let before = x.swap(2, SeqCst);
        other.join().unwrap();
        (before, x.load(SeqCst))
    });
    // Either the swap came first and was stored over, or it took what was stored.
    assert_eq!(seen, [(0, 1), (1, 2)]);
}

#[test]
fn additions_in_one_step_are_never_lost() {
    expect(every(), 6, &[], || {
        let x = Arc::new(AtomicU32::new(0));
        let workers: Vec<_> = (0..3)
            .map(|_| {
                let x = Arc::clone(&x);
                thread::spawn(move || x.fetch_add(1, Relaxed))
            })
            .collect();
        let mut before: Vec<u32> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
        before.sort();
        assert_eq!(before, [0, 1, 2]);
    });
}

#[test]
fn weak_exchanges_fail_without_cause_only_when_asked() {
    let model = || AtomicU32::new(3).compare_exchange_weak(3, 4, SeqCst, Relaxed);
    assert_eq!(outcomes(model), [Ok(3)]);
    assert_eq!(outcomes_of(every().weak_failures(1), model), [Ok(3), Err(3)]);
    let strong = || AtomicU32::new(3).compare_exchange(3, 4, SeqCst, Relaxed);
    assert_eq!(outcomes_of(every().weak_failures(1), strong), [Ok(3)]);
    // A loop around it ends however often it is asked for.
    let update = || AtomicU32::new(3).fetch_update(SeqCst, SeqCst, |value| Some(value + 1));
    assert_eq!(outcomes_of(every().weak_failures(3), update), [Ok(3)]);
}
