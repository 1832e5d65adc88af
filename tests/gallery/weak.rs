//! Atomics under the C11 memory model, and under sequential consistency.

use selvedge::sync::atomic::{AtomicU32, Ordering, Ordering::*, fence};
use selvedge::thread;
use selvedge::{Explorer, MemoryModel, strategy};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// What the executions of a program of a few registers come to.
fn outcomes<const N: usize>(
    explorer: Explorer,
    program: impl Fn() -> [u32; N] + Send + Sync + 'static,
) -> BTreeSet<[u32; N]> {
    let seen: Arc<Mutex<BTreeSet<[u32; N]>>> = Arc::default();
    let keep = Arc::clone(&seen);
    let report = explorer
        .executions(100_000)
        .explore(move || {
            let outcome = program();
            keep.lock().unwrap().insert(outcome);
        })
        .unwrap();
    assert!(!report.failed(), "{report}");
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    seen
}

fn sampled() -> [Explorer; 2] {
    let most = |e: Explorer| e.seed(1);
    [
        most(Explorer::new().strategy(strategy::random(1))),
        most(Explorer::new().strategy(strategy::pct(3, 1).unwrap())),
    ]
}

fn every() -> Explorer {
    Explorer::new().strategy(strategy::exhaustive())
}

/// Both threads store to their variable and load the other's.
fn store_buffering(store: Ordering, between: Option<Ordering>, load: Ordering) -> [u32; 2] {
    let (x, y) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let side = |mine: &Arc<AtomicU32>, theirs: &Arc<AtomicU32>| {
        let (mine, theirs) = (Arc::clone(mine), Arc::clone(theirs));
        thread::spawn(move || {
            mine.store(1, store);
            between.into_iter().for_each(fence);
            theirs.load(load)
        })
    };
    [side(&x, &y), side(&y, &x)].map(|side| side.join().unwrap())
}

#[test]
fn a_store_may_be_buffered_unless_all_accesses_are_in_one_total_order() {
    let all = BTreeSet::from([[0, 0], [0, 1], [1, 0], [1, 1]]);
    let but_none = BTreeSet::from([[0, 1], [1, 0], [1, 1]]);
    assert_eq!(outcomes(every(), || store_buffering(Relaxed, None, Relaxed)), all);
    assert_eq!(outcomes(every(), || store_buffering(Release, None, Acquire)), all);
    assert_eq!(outcomes(every(), || store_buffering(SeqCst, None, SeqCst)), but_none);
    assert_eq!(outcomes(every(), || store_buffering(Relaxed, Some(SeqCst), Relaxed)), but_none);
    let sc = every().memory(MemoryModel::SequentiallyConsistent);
    assert_eq!(outcomes(sc, || store_buffering(Relaxed, None, Relaxed)), but_none);
    for explorer in sampled() {
        assert_eq!(outcomes(explorer.executions(300), || store_buffering(Relaxed, None, Relaxed)), all);
    }
    for explorer in sampled() {
        assert_eq!(outcomes(explorer, || store_buffering(Relaxed, Some(SeqCst), Relaxed)), but_none);
    }
}
