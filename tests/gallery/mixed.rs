//! Interleavings under C11: what a thread may still read, and sequentially consistent operations beside weaker ones.

use super::weak::{every, outcomes, sampled};
use selvedge::sync::atomic::{AtomicU32, Ordering::*, fence};
use selvedge::{Explorer, MemoryModel, strategy, thread};
use std::collections::BTreeSet;

/// Depth-first search, under C11.
fn interleaved() -> Explorer {
    Explorer::new().strategy(strategy::dfs()).memory(MemoryModel::C11)
}

#[test]
fn whoever_knows_of_a_read_reads_nothing_older_though_it_was_read_again() {
    for explorer in [every().memory(MemoryModel::C11), interleaved()] {
        let seen = outcomes(explorer, || {
            let (x, flag) = (AtomicU32::new(0), AtomicU32::new(0));
            thread::scope(|scope| {
                scope.spawn(|| x.store(1, Relaxed));
                let reader = scope.spawn(|| {
                    let first = x.load(Relaxed);
                    flag.store(1, Release);
                    x.load(Relaxed);
                    first
                });
                let told = scope.spawn(|| [flag.load(Acquire), x.load(Relaxed)]);
                let [flag, later] = told.join().unwrap();
                [reader.join().unwrap(), flag, later]
            })
        });
        assert!(!seen.contains(&[1, 1, 0]) && seen.len() == 7, "{seen:?}");
    }
}

#[test]
fn a_fence_on_one_side_and_accesses_on_the_other_keep_two_out() {
    for swaps in [false, true] {
        let explorers = [every().memory(MemoryModel::C11), interleaved()].into_iter().chain(sampled());
        for explorer in explorers {
            let seen = outcomes(explorer.memory(MemoryModel::C11).executions(2_000), move || {
                let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
                thread::scope(|scope| {
                    let one = scope.spawn(|| {
                        x.store(1, Relaxed);
                        fence(SeqCst);
                        y.load(Relaxed)
                    });
                    let other = scope.spawn(|| {
                        if swaps {
                            _ = y.swap(1, SeqCst)
                        } else {
                            y.store(1, SeqCst)
                        }
                        x.load(SeqCst)
                    });
                    [one.join().unwrap(), other.join().unwrap()]
                })
            });
            assert_eq!(seen, BTreeSet::from([[0, 1], [1, 0], [1, 1]]));
        }
    }
}

/// Two readers disagree about two stores, all sequentially consistent but for the first read of each: C11 allows it, because
/// that need not come before the second one in the order of those that are.
fn readers_disagree() {
    let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
    let seen = thread::scope(|scope| {
        scope.spawn(|| x.store(1, SeqCst));
        scope.spawn(|| y.store(1, SeqCst));
        let one = scope.spawn(|| (x.load(Acquire), y.load(SeqCst)));
        let other = scope.spawn(|| (y.load(Acquire), x.load(SeqCst)));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_ne!(seen, ((1, 0), (1, 0)));
}

#[test]
fn interleavings_prove_nothing_where_sequential_consistency_is_mixed() {
    let found = every().executions(1_000).explore(readers_disagree).unwrap();
    assert!(found.failed(), "{found}");
    for strategy in ["dfs", "bounded"] {
        let search = Explorer::new().search(strategy.parse().unwrap());
        let report = search.executions(10_000).explore(readers_disagree).unwrap();
        assert!(!report.failed() && !report.proved(), "{report}");
        assert!(report.doubt().unwrap().contains("which only `exhaustive` tries"), "{report}");
    }
}

#[test]
fn bounded_search_begins_again_once_orderings_turn_out_to_matter() {
    let report = Explorer::new().search("bounded".parse().unwrap()).explore(|| {
        let (data, flag) = (AtomicU32::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                data.store(1, Relaxed);
                flag.store(1, Relaxed);
            });
            assert!(flag.load(Relaxed) == 0 || data.load(Relaxed) == 1, "the flag came first");
        });
    });
    assert!(report.unwrap().failed());
}

#[test]
fn a_fence_passes_on_what_it_has_acquired() {
    for explorer in [every().memory(MemoryModel::C11), interleaved()].into_iter().chain(sampled()) {
        let seen = outcomes(explorer.memory(MemoryModel::C11).executions(5_000), || {
            let [x, y, told] = [0, 0, 0].map(AtomicU32::new);
            thread::scope(|scope| {
                scope.spawn(|| {
                    x.store(1, Relaxed);
                    told.store(1, Release);
                });
                let reader = scope.spawn(|| {
                    let first = told.load(Relaxed);
                    fence(SeqCst);
                    [first, y.load(Relaxed)]
                });
                let other = scope.spawn(|| {
                    y.store(1, Relaxed);
                    fence(SeqCst);
                    x.load(Relaxed)
                });
                let [a, b] = reader.join().unwrap();
                [a, b, other.join().unwrap()]
            })
        });
        assert!(!seen.contains(&[1, 0, 0]) && seen.len() == 7, "{seen:?}");
    }
}
