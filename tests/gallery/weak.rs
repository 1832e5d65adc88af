//! Atomics under the C11 memory model, and under sequential consistency.

use super::expect;
use selvedge::sync::atomic::{AtomicU32, Ordering, Ordering::*, fence};
use selvedge::thread;
use selvedge::{Explorer, MemoryModel, strategy};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// What the executions of a program of a few registers come to.
pub(super) fn outcomes<const N: usize>(
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
    std::mem::take(&mut *seen.lock().unwrap())
}

pub(super) fn sampled() -> [Explorer; 2] {
    let most = |e: Explorer| e.seed(1);
    [
        most(Explorer::new().strategy(strategy::random(1))),
        most(Explorer::new().strategy(strategy::pct(3, 1).unwrap())),
    ]
}

pub(super) fn every() -> Explorer {
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

type Variables = Arc<[AtomicU32; 2]>;
type Body = Box<dyn FnOnce(&Variables) + Send>;

fn body(body: impl FnOnce(&Variables) + Send + 'static) -> Body {
    Box::new(body)
}

/// Asserts how many execution graphs a program has under C11.
#[track_caller]
fn graphs(expected: u64, bodies: impl Fn() -> Vec<Body> + Send + Sync + 'static) {
    let explorer = every().memory(MemoryModel::C11).executions(1_000_000);
    let report = explorer
        .explore(move || {
            let variables = Variables::default();
            let start = |body: Body| {
                let variables = Arc::clone(&variables);
                thread::spawn(move || body(&variables))
            };
            let threads: Vec<_> = bodies().into_iter().map(start).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        })
        .unwrap();
    assert!(report.proved(), "{report}");
    assert_eq!(report.executions(), expected);
}

fn load(variable: &AtomicU32, ordering: Ordering) -> u32 {
    variable.load(ordering)
}

#[test]
fn each_execution_graph_of_a_litmus_test_is_visited_once() {
    let look = |first: usize| {
        body(move |v| {
            load(&v[first], Acquire);
            load(&v[1 - first], Acquire);
        })
    };
    for (expected, publish, read) in [(4, Relaxed, Relaxed), (3, Release, Acquire)] {
        // Message passing.
        graphs(expected, move || {
            let send = body(move |v| {
                v[0].store(1, Relaxed);
                v[1].store(1, publish);
            });
            let receive = body(move |v| {
                load(&v[1], read);
                load(&v[0], Relaxed);
            });
            vec![send, receive]
        });
    }
    // Load buffering: no value comes out of thin air.
    graphs(3, || {
        let side = |mine: usize| {
            body(move |v| {
                load(&v[mine], Relaxed);
                v[1 - mine].store(1, Relaxed);
            })
        };
        vec![side(0), side(1)]
    });
    // 2+2W.
    graphs(4, || {
        let side = |first: usize| {
            body(move |v| {
                v[first].store(1, Relaxed);
                v[1 - first].store(2, Relaxed);
            })
        };
        vec![side(0), side(1)]
    });
    // IRIW.
    graphs(16, move || {
        let write = |which: usize| body(move |v| v[which].store(1, SeqCst));
        vec![write(0), write(1), look(0), look(1)]
    });
}

#[test]
fn each_execution_graph_of_a_counter_is_visited_once() {
    for (threads, expected) in [(2, 2), (3, 6), (4, 24), (5, 120)] {
        let add = || body(|v| drop(v[0].fetch_add(1, Relaxed).to_string()));
        graphs(expected, move || (0..threads).map(|_| add()).collect());
    }
    for (threads, expected) in [(2u32, 4), (3, 36)] {
        let add = |i: u32| body(move |v| v[0].store(load(&v[0], Relaxed) + (1 << i), Relaxed));
        graphs(expected, move || (0..threads).map(add).collect());
    }
    for threads in 2..=5u32 {
        let set = |i: u32| {
            body(move |v| {
                let _ = v[0].compare_exchange(0, i + 1, Relaxed, Relaxed);
            })
        };
        graphs(u64::from(threads), move || (0..threads).map(set).collect());
    }
    for (rounds, expected) in [(1, 11), (2, 140), (3, 1698)] {
        let add = move |mine: usize| {
            body(move |v| {
                for _ in 0..rounds {
                    let sum = load(&v[mine], SeqCst) + load(&v[1 - mine], SeqCst);
                    v[mine].store(sum, SeqCst);
                }
            })
        };
        let check = || {
            body(|v| {
                load(&v[0], SeqCst);
                load(&v[1], SeqCst);
            })
        };
        graphs(expected, move || vec![add(0), add(1), check()]);
    }
}

/// One thread fills a cell and raises a flag, for which the other waits in a loop.
fn wait_for_a_flag(raise: Ordering, look: Ordering) -> u32 {
    let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let other = Arc::clone(&shared);
    let sender = thread::spawn(move || {
        other.0.store(7, Relaxed);
        other.1.store(1, raise);
    });
    while shared.1.load(look) == 0 {
        selvedge::hint::spin_loop();
    }
    let seen = shared.0.load(Relaxed);
    sender.join().unwrap();
    seen
}

#[test]
fn a_loop_that_waits_for_a_flag_ends_and_sees_what_the_flag_publishes() {
    assert_eq!(outcomes(every(), || [wait_for_a_flag(Release, Acquire)]), BTreeSet::from([[7]]));
    assert_eq!(outcomes(every(), || [wait_for_a_flag(Relaxed, Relaxed)]), BTreeSet::from([[0], [7]]));
    for explorer in sampled() {
        let seen = outcomes(explorer.executions(300), || [wait_for_a_flag(Relaxed, Relaxed)]);
        assert_eq!(seen, BTreeSet::from([[0], [7]]));
    }
    for explorer in sampled() {
        let seen = outcomes(explorer.executions(300), || [wait_for_a_flag(Release, Acquire)]);
        assert_eq!(seen, BTreeSet::from([[7]]));
    }
}

#[test]
fn a_spin_lock_excludes_under_weak_memory() {
    let model = |unlock: Ordering| {
        move || {
            let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || {
                        while shared.0.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
                            selvedge::hint::spin_loop();
                        }
                        shared.1.store(load(&shared.1, Relaxed) + 1, Relaxed);
                        shared.0.store(0, unlock);
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(load(&shared.1, Relaxed), 2);
        }
    };
    assert!(every().explore(model(Release)).unwrap().proved());
    assert!(every().explore(model(Relaxed)).unwrap().failed());
}

#[test]
fn what_was_found_under_c11_can_be_replayed() {
    let model = || assert_eq!(wait_for_a_flag(Relaxed, Relaxed), 7, "stale");
    let report = every().explore(model).unwrap();
    let schedule = report.findings()[0].schedule();
    let again = Explorer::new().search(selvedge::Search::Replay(schedule)).explore(model).unwrap();
    assert_eq!(again.findings()[0].trace.steps.len(), report.findings()[0].trace.steps.len());
    assert!(again.to_string().contains("stale"), "{again}");
}

/// One stores so many numbers and then raises a flag; another, when it sees that, takes the number for the last one.
fn last_of(numbers: u32, raise: Ordering, look: Ordering) {
    let (number, flag) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            (1..=numbers).for_each(|each| number.store(each, Relaxed));
            flag.store(1, raise);
        });
        let seen = flag.load(look) == 1;
        assert!(!seen || number.load(Relaxed) == numbers, "an old number");
    });
}

#[test]
fn any_of_many_stores_may_be_read() {
    let all = || Explorer::new().all_findings(true).minimise(false);
    let graphs = || all().strategy(strategy::graphs(MemoryModel::C11));
    for numbers in [1, 5, 70, 200] {
        expect(graphs(), 2, &[], move || last_of(numbers, Release, Acquire));
        // The flag is seen, and any number or none, or it is not.
        let late = &["panic: `main` panicked: an old number"];
        expect(graphs(), u64::from(numbers) + 2, late, move || last_of(numbers, Relaxed, Relaxed));
    }
}

/// One stores seventy numbers and raises a flag; another sees that, and nothing of the numbers.
fn first_of_seventy() {
    let (number, flag) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            (1..=70).for_each(|each| number.store(each, Relaxed));
            flag.store(1, Relaxed);
        });
        let (seen, found) = (flag.load(Relaxed), number.load(Relaxed));
        assert!((seen, found) != (1, 0), "the first number of all");
    });
}

#[test]
fn depth_first_search_reads_the_first_of_many_stores() {
    let dfs = Explorer::new().memory(MemoryModel::C11).strategy(strategy::dfs());
    let report = dfs.executions(1_000_000).explore(first_of_seventy).unwrap();
    assert_eq!(super::headlines(&report), ["panic: `main` panicked: the first number of all"], "{report}");
}

#[test]
fn what_is_further_back_than_stores_are_kept_is_not_proved() {
    for search in ["portfolio", "dfs"] {
        let explorer = Explorer::new().search(search.parse().unwrap()).memory(MemoryModel::C11);
        let report = explorer.explore(|| last_of(1_100, Release, Acquire)).unwrap();
        assert!(!report.failed() && !report.proved(), "{report}");
    }
    let report = every().memory(MemoryModel::C11).explore(|| last_of(1_100, Relaxed, Relaxed)).unwrap();
    assert!(report.failed(), "{report}");
}

#[test]
fn many_threads_that_store_to_one_variable_are_sampled_all_the_same() {
    // More stores than a sample keeps, in more graphs than there is time for.
    let report = Explorer::new().executions(400).explore(|| {
        let total = AtomicU32::new(0);
        let add = || (0..4).for_each(|_| total.store(total.load(Relaxed) + 1, Release));
        thread::scope(|scope| (0..20).for_each(|_| drop(scope.spawn(add))));
    });
    let report = report.unwrap();
    assert!(!report.failed() && report.executions() > 300, "{report}");
}
