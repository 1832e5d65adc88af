//! Who drops the last pointer runs the destructor: a choice of the schedule, where it is one.

use selvedge::explore::Shard;
use selvedge::sync::atomic::{AtomicU32, Ordering, Ordering::Relaxed, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex, Weak};
use selvedge::{Explorer, FindingKind, MemoryModel, Report, Search, choose, thread};
use std::collections::BTreeSet;
use std::sync::{Arc as Plain, Mutex as Seen};

const ALL: [&str; 9] = ["portfolio", "exhaustive", "dfs", "bounded", "random", "pct", "pos", "surw", "fuzz"];

fn search(name: &str) -> Explorer {
    Explorer::new().search(name.parse().expect("a strategy"))
}

fn explored(explorer: Explorer, model: impl Fn() + Send + Sync + 'static) -> Report {
    explorer.explore(model).expect("the settings make sense")
}

/// Takes a lock when it is destroyed.
struct Locks(Arc<Mutex<()>>);

impl Drop for Locks {
    fn drop(&mut self) {
        drop(self.0.lock());
    }
}

/// Main drops its pointer while it holds the lock that the destructor takes. If the other thread has dropped its own by then,
/// main waits for itself. `between` is done by main right before.
fn drops_under_the_lock(between: fn(&Mutex<()>)) {
    let (held, other) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let (shared, apart) = (Arc::new(Locks(Arc::clone(&held))), Arc::clone(&other));
    let theirs = Arc::clone(&shared);
    let guard = held.lock();
    let dropper = thread::spawn(move || {
        drop(other.lock());
        drop(theirs);
    });
    between(&apart);
    drop(shared);
    drop(guard);
    dropper.join().unwrap();
}

/// The same, and gives the lock back before.
fn drops_after_the_lock() {
    let held = Arc::new(Mutex::new(()));
    let shared = Arc::new(Locks(Arc::clone(&held)));
    let theirs = Arc::clone(&shared);
    let guard = held.lock();
    let dropper = thread::spawn(move || drop(theirs));
    drop(guard);
    drop(shared);
    dropper.join().unwrap();
}

/// Main looks whether the value is still there while it holds the lock. If the other thread drops the only strong pointer
/// there was right then, main has the last one.
fn upgrades(under_the_lock: bool) {
    let held = Arc::new(Mutex::new(()));
    let strong = Arc::new(Locks(Arc::clone(&held)));
    let weak: Weak<Locks> = Arc::downgrade(&strong);
    let dropper = thread::spawn(move || drop(strong));
    let guard = held.lock();
    let found = weak.upgrade();
    if under_the_lock {
        drop(found);
        drop(guard);
    } else {
        drop(guard);
        drop(found);
    }
    dropper.join().unwrap();
}

#[test]
fn either_thread_is_the_last_where_a_step_stands_before() {
    Explorer::new().expect(FindingKind::Deadlock).check(|| {
        drops_under_the_lock(|apart| drop(apart.lock()));
    });
}

#[test]
fn either_thread_is_the_last_where_none_does() {
    for name in ALL {
        let report = explored(search(name).executions(200), || drops_under_the_lock(|_| ()));
        assert!(report.shows(FindingKind::Deadlock) && report.divergence().is_none(), "{name}: {report}");
    }
    for (name, executions) in [("exhaustive", 2), ("dfs", 3)] {
        let report = explored(search(name), drops_after_the_lock);
        assert_eq!((report.proved(), report.executions()), (true, executions), "{name}: {report}");
    }
}

#[test]
fn a_pointer_that_was_weak_may_be_the_last() {
    for name in ALL {
        let report = explored(search(name).executions(200), || upgrades(true));
        assert!(report.shows(FindingKind::Deadlock) && report.divergence().is_none(), "{name}: {report}");
    }
    for (name, executions) in [("exhaustive", 4), ("dfs", 9)] {
        let report = explored(search(name), || upgrades(false));
        assert_eq!((report.proved(), report.executions()), (true, executions), "{name}: {report}");
    }
}

/// Counts when it is destroyed, and tells outside who does it.
struct Counts(Plain<AtomicU32>, Plain<Seen<BTreeSet<String>>>, Ordering);

impl Drop for Counts {
    fn drop(&mut self) {
        let count = self.0.fetch_add(1, self.2);
        let thread = thread::current().name().unwrap_or("main").to_string();
        self.1.lock().unwrap().insert(format!("{thread} {count}"));
    }
}

/// So many threads drop a pointer each, and the one that is the last may count before main does or after it.
fn who_destroys(
    threads: u32,
    ordering: Ordering,
    seen: Plain<Seen<BTreeSet<String>>>,
) -> impl Fn() + Send + Sync {
    move || {
        let total = Plain::new(AtomicU32::new(0));
        let shared = Arc::new(Counts(Plain::clone(&total), Plain::clone(&seen), ordering));
        let dropper = |number: u32| {
            let mine = Arc::clone(&shared);
            thread::Builder::new().name(number.to_string()).spawn(move || drop(mine)).unwrap()
        };
        let droppers: Vec<_> = (0..threads).map(dropper).collect();
        drop(shared);
        total.fetch_add(1, ordering);
        droppers.into_iter().for_each(|dropper| dropper.join().unwrap());
    }
}

#[test]
fn all_searches_see_the_same() {
    for ordering in [SeqCst, Relaxed] {
        for (threads, [every, dfs]) in [(1, [3, 4]), (2, [10, 16])] {
            let mut outcomes = Vec::new();
            for (name, executions, jobs) in
                [("exhaustive", every, 1), ("exhaustive", every, 2), ("dfs", dfs, 1)]
            {
                let seen = Plain::default();
                let model = who_destroys(threads, ordering, Plain::clone(&seen));
                let report = explored(search(name).jobs(jobs), model);
                let weak = report.memory() == MemoryModel::C11;
                assert_eq!((report.proved(), weak), (true, ordering == Relaxed), "{name}: {report}");
                assert_eq!(report.executions(), executions, "{name}: {report}");
                outcomes.push(seen.lock().unwrap().clone());
            }
            // Main counts after its drop, so if it is the last it is the first to count.
            assert_eq!(outcomes[0].len() as u32, 2 * threads + 1);
            assert!(outcomes.iter().all(|seen| *seen == outcomes[0]), "{outcomes:?}");
        }
    }
}

#[test]
fn a_schedule_in_which_drops_are_choices_can_be_replayed() {
    for wrong in [(|| drops_under_the_lock(|_| ())) as fn(), || upgrades(true)] {
        let found = selvedge::explore(wrong);
        let schedule = found.findings()[0].schedule();
        let again = explored(Explorer::new().search(Search::Replay(schedule)), wrong);
        assert_eq!(again.findings()[0].finding.kind(), FindingKind::Deadlock, "{again}");
        let (first, second) = (&found.findings()[0].trace, &again.findings()[0].trace);
        assert_eq!(first.schedule, second.schedule);
    }
}

#[test]
fn what_cannot_begin_again_proves_nothing() {
    let in_part = Explorer::new().search(Search::Exhaustive).shard(Shard { number: 1, of: 2 });
    for explorer in [in_part, Explorer::new().search(Search::Exhaustive).on_checkpoint(|_| ())] {
        let report = explored(explorer, || {
            choose(2);
            drops_after_the_lock();
        });
        assert!(!report.proved() && !report.failed(), "{report}");
        assert!(report.to_string().contains("\nno proof: a destructor performs operations"), "{report}");
    }
}

#[test]
fn drops_are_no_choices_where_destructors_do_nothing() {
    /// Has a destructor that performs no operation.
    struct Quiet(u32);

    impl Drop for Quiet {
        fn drop(&mut self) {
            self.0 += 1;
        }
    }

    for (name, executions) in [("exhaustive", 2), ("dfs", 2)] {
        let report = explored(search(name), || {
            let shared = Arc::new((Quiet(0), AtomicU32::new(0), Arc::new(Quiet(1))));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || drop(theirs.1.fetch_add(1, SeqCst).to_string()));
            shared.1.fetch_add(1, SeqCst);
            drop(shared);
            other.join().unwrap();
        });
        assert_eq!((report.proved(), report.executions()), (true, executions), "{name}: {report}");
    }
}

#[test]
fn a_destructor_that_acts_in_late_executions_only_is_noticed_by_whoever_comes_to_it() {
    /// Counts when it is destroyed, if it was told to.
    struct Late(Arc<AtomicU32>, AtomicU32);

    impl Drop for Late {
        fn drop(&mut self) {
            if self.1.load(SeqCst) == 5 {
                self.0.fetch_add(1, SeqCst);
            }
        }
    }

    let mut counts = BTreeSet::new();
    for (name, jobs) in [("exhaustive", 1), ("exhaustive", 2), ("portfolio", 1), ("portfolio", 2)] {
        let report = explored(search(name).jobs(jobs), || {
            let total = Arc::new(AtomicU32::new(0));
            let late = Arc::new(Late(Arc::clone(&total), AtomicU32::new(0)));
            let worker = |first: bool| {
                let (total, late) = (Arc::clone(&total), Arc::clone(&late));
                thread::spawn(move || {
                    total.fetch_add(1, SeqCst);
                    let seen = total.fetch_add(1, SeqCst);
                    if first && seen == 5 {
                        late.1.store(seen, SeqCst);
                    }
                })
            };
            let workers: Vec<_> = [true, false, false].map(worker).into();
            drop(late);
            workers.into_iter().for_each(|worker| worker.join().unwrap());
        });
        assert!(report.proved(), "{name}: {report}");
        counts.insert(report.executions());
    }
    assert_eq!(counts.len(), 1, "{counts:?}");
}
