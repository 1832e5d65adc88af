//! The same models on all backends: each finds what is wrong, and nothing else; what they cannot do is refused in a sentence; and
//! nothing of theirs gets through to the user.

use selvedge::cell::Cell;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, Ordering::*};
use selvedge::sync::mpsc;
use selvedge::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, RwLockWriteGuard};
use selvedge::{Backend, Config, Coverage, Explorer, FindingKind, Output, Report, Search, choose, thread};
use std::process::Command;
use std::sync::PoisonError;
use std::time::Duration;

const OTHERS: [Backend; 3] = [Backend::Loom, Backend::Shuttle, Backend::Std];

#[track_caller]
fn on(backend: Backend, model: fn()) -> Report {
    let executions = if backend == Backend::Std { 200 } else { 3_000 };
    let report =
        Explorer::new().backend(backend).executions(executions).explore(model).expect("it can be run");
    assert_eq!(report.broken(), None, "{report}");
    assert_eq!(report.backend(), backend);
    report
}

#[track_caller]
fn kinds(report: &Report) -> Vec<FindingKind> {
    report.findings().iter().map(|found| found.finding.kind()).collect()
}

/// Nothing is wrong with it, on any backend.
#[track_caller]
fn right(model: fn()) {
    for backend in OTHERS {
        let report = on(backend, model);
        assert!(!report.failed(), "{backend}: {report}");
        assert!(report.executions() > 0);
    }
    let report = on(Backend::Engine, model);
    assert!(!report.failed(), "{report}");
}

/// All backends find this; threads of the operating system at least nothing else, because they may be lucky.
#[track_caller]
fn wrong(kind: FindingKind, model: fn()) {
    for backend in Backend::ALL {
        let report = on(backend, model);
        match kinds(&report).first() {
            None if backend == Backend::Std => {}
            found => assert_eq!(found, Some(&kind), "{backend}: {report}"),
        }
        // What it found the engine repeats, so that it comes with the same evidence.
        let repeats = !report.remarks().iter().any(|remark| remark.contains("does not repeat"));
        assert!(repeats, "{backend}: {report}");
    }
}

fn two(a: impl FnOnce() + Send + 'static, b: impl FnOnce() + Send + 'static) {
    let a = thread::spawn(a);
    let b = thread::spawn(b);
    a.join().unwrap();
    b.join().unwrap();
}

fn twice<T: Send + Sync + 'static>(shared: T, body: fn(&T)) -> Arc<T> {
    let shared = Arc::new(shared);
    let (a, b) = (Arc::clone(&shared), Arc::clone(&shared));
    two(move || body(&a), move || body(&b));
    shared
}

#[test]
fn atomics() {
    right(|| {
        let n = twice(AtomicU32::new(5), |n| {
            n.fetch_add(1, Relaxed);
        });
        assert_eq!(n.load(Relaxed), 7);
    });
    wrong(FindingKind::Panic, || {
        let hits = twice(AtomicU64::new(0), |n| n.store(n.load(SeqCst) + 1, SeqCst));
        assert_eq!(hits.load(SeqCst), 2);
    });
}

#[test]
fn mutexes() {
    right(|| assert_eq!(*twice(Mutex::new(0), |n| *n.lock().unwrap() += 1).lock().unwrap(), 2));
    wrong(FindingKind::Deadlock, || {
        let locks = Arc::new((Mutex::new(()), Mutex::new(())));
        let other = Arc::clone(&locks);
        two(move || drop((locks.0.lock(), locks.1.lock())), move || drop((other.1.lock(), other.0.lock())));
    });
    wrong(FindingKind::Deadlock, || {
        let lock = Mutex::new(());
        let _held = lock.lock().unwrap();
        drop(lock.lock());
    });
}

/// Beside one that waits for a while and in vain, a thread takes a lock, and again what it holds still unless it lets go.
fn takes_twice(lets_go: bool) -> impl Fn() + Clone + Send + Sync {
    move || {
        let lock = Mutex::new(());
        thread::scope(|scope| {
            scope.spawn(|| thread::park_timeout(Duration::from_millis(1)));
            scope.spawn(|| {
                let held = lock.try_lock();
                if lets_go {
                    drop(held);
                }
                let _again = lock.lock();
            });
        });
    }
}

#[test]
fn what_is_let_go_at_the_end_is_taken_by_nobody() {
    for backend in [Backend::Engine, Backend::Loom, Backend::Shuttle] {
        for (lets_go, expected) in [(true, None), (false, Some(FindingKind::Deadlock))] {
            // Each execution of the wrong one ends with its guards being let go.
            let explorer = Explorer::new().backend(backend).search(Search::Dfs { preemptions: None });
            let report = explorer.executions(3_000).all_findings(true).explore(takes_twice(lets_go)).unwrap();
            assert_eq!(report.broken(), None, "{report}");
            assert_eq!(kinds(&report).into_iter().next(), expected, "{report}");
            let all = matches!(report.coverage(), Coverage::Proved | Coverage::AllOf(_));
            assert!(all, "{report}");
        }
    }
}

#[test]
fn locks_of_readers_and_writers() {
    right(|| {
        let pair = twice(RwLock::new((0, 0)), |pair| {
            let seen = *pair.read().unwrap();
            assert_eq!(seen.0, seen.1);
            let mut both = pair.write().unwrap();
            *both = (both.0 + 1, both.1 + 1);
        });
        assert_eq!(*pair.read().unwrap(), (2, 2));
    });
    wrong(FindingKind::Panic, || {
        let total = twice(RwLock::new(0), |total| {
            let seen = *total.read().unwrap();
            *total.write().unwrap() = seen + 1;
        });
        assert_eq!(*total.read().unwrap(), 2);
    });
}

#[test]
fn writers_that_become_readers() {
    right(|| {
        let pair = twice(RwLock::new((0, 0)), |pair| {
            let mut both = pair.write().unwrap();
            both.0 += 1;
            let written = both.0;
            let both = RwLockWriteGuard::downgrade(both);
            assert_eq!(both.0, written);
            drop(both);
            // A writer that has not quite become a reader lets nobody in who just tries.
            drop(pair.try_read());
        });
        assert_eq!(pair.read().unwrap().0, 2);
    });
    // A reader gets in while the first still reads, or they would wait for each other.
    right(|| {
        let value = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&value);
        let writer = value.write().unwrap();
        let other = thread::spawn(move || drop(theirs.read()));
        let reader = RwLockWriteGuard::downgrade(writer);
        other.join().unwrap();
        drop(reader);
    });
    wrong(FindingKind::Panic, || {
        let total = twice(RwLock::new(0), |total| {
            let seen = *RwLockWriteGuard::downgrade(total.write().unwrap());
            *total.write().unwrap() = seen + 1;
        });
        assert_eq!(*total.read().unwrap(), 2);
    });
}

#[test]
fn conditions() {
    fn wait(pair: &(Mutex<bool>, Condvar), looks: bool) {
        let mut ready = pair.0.lock().unwrap();
        if looks {
            while !*ready {
                ready = pair.1.wait(ready).unwrap();
            }
        } else {
            drop(pair.1.wait(ready).unwrap());
        }
    }
    fn tell(pair: &(Mutex<bool>, Condvar)) {
        *pair.0.lock().unwrap() = true;
        pair.1.notify_one();
    }
    right(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&pair);
        two(move || wait(&pair, true), move || tell(&other));
    });
    wrong(FindingKind::LostWakeup, || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&pair);
        two(move || wait(&pair, false), move || tell(&other));
    });
    // A time-out may fire, and need not.
    right(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&pair);
        let wait = move || {
            let guard = pair.0.lock().unwrap();
            drop(pair.1.wait_timeout(guard, Duration::from_secs(1)).unwrap());
        };
        two(wait, move || tell(&other));
    });
}

#[test]
fn barriers_and_beginnings() {
    static CELL: OnceLock<u32> = OnceLock::new();
    static LAZY: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(3));
    static ONCE: Once = Once::new();
    right(|| {
        let met = twice((Barrier::new(2), AtomicU32::new(0)), |(barrier, leaders)| {
            leaders.fetch_add(u32::from(barrier.wait().is_leader()), Relaxed);
            assert!(leaders.load(Relaxed) <= 1);
        });
        assert_eq!(met.1.load(Relaxed), 1);
    });
    right(|| {
        twice((), |()| {
            assert_eq!(*CELL.get_or_init(|| 7), 7);
            ONCE.call_once(|| {
                LAZY.fetch_add(1, Relaxed);
            });
            assert_eq!(LAZY.load(Relaxed), 4);
        });
    });
}

#[test]
fn channels() {
    right(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        let other = sender.clone();
        let threads = [thread::spawn(move || sender.send(1)), thread::spawn(move || other.send(2))];
        assert_eq!(receiver.iter().sum::<i32>(), 3);
        threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
    });
    wrong(FindingKind::Deadlock, || {
        let (sender, receiver) = mpsc::channel::<()>();
        let reader = thread::spawn(move || receiver.recv());
        assert!(reader.join().unwrap().is_err());
        drop(sender);
    });
}

#[test]
fn parking_and_scopes() {
    right(|| {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let sleeper = scope.spawn(|| {
                while !done.load(Acquire) {
                    thread::park();
                }
            });
            done.store(true, Release);
            sleeper.thread().unpark();
        });
    });
    wrong(FindingKind::Deadlock, || {
        thread::scope(|scope| drop(scope.spawn(thread::park)));
    });
}

#[test]
fn cells() {
    struct Shared(Cell<u32>, AtomicBool);
    // SAFETY: one of the models below is wrong about it, and that is what is looked for; nothing runs at the same time.
    unsafe impl Sync for Shared {}
    right(|| {
        let shared = Arc::new(Shared(Cell::new(0), AtomicBool::new(false)));
        let other = Arc::clone(&shared);
        let write = move || {
            shared.0.set(1);
            shared.1.store(true, Release);
        };
        two(write, move || assert!(!other.1.load(Acquire) || other.0.get() == 1));
    });
    wrong(FindingKind::DataRace, || {
        let shared = Arc::new(Shared(Cell::new(0), AtomicBool::new(false)));
        let other = Arc::clone(&shared);
        let write = move || {
            shared.0.set(1);
            shared.1.store(true, Relaxed);
        };
        two(write, move || assert!(!other.1.load(Acquire) || other.0.get() == 1));
    });
}

#[test]
fn thread_locals_and_panics() {
    selvedge::thread_local! {
        static MINE: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }
    right(|| {
        twice(AtomicU32::new(0), |n| {
            MINE.set(MINE.get() + n.fetch_add(1, Relaxed) + 1);
            assert!(MINE.get() <= 2);
        });
        assert_eq!(MINE.get(), 0);
        // A panic ends its thread, and whoever joins it is told.
        assert!(thread::spawn(|| panic!("told")).join().is_err());
    });
    wrong(FindingKind::Panic, || {
        let lock = Arc::new(Mutex::new(()));
        let other = Arc::clone(&lock);
        let panics = thread::spawn(move || {
            let _held = other.lock();
            panic!("while it holds the lock");
        });
        let poisoned = lock.lock().is_err();
        assert!(panics.join().is_err());
        assert!(!poisoned);
    });
}

/// A destructor that runs in a panic takes the lock and gives it back while another thread waits for it.
#[test]
fn locks_taken_in_a_panic_are_given_back_in_it() {
    struct Counts(Arc<Mutex<u32>>);
    impl Drop for Counts {
        fn drop(&mut self) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
    }
    right(|| {
        let count = Arc::new(Mutex::new(0));
        let theirs = Counts(Arc::clone(&count));
        let panics = thread::spawn(move || {
            let _counts = theirs;
            std::panic::resume_unwind(Box::new("expected"));
        });
        drop(count.lock().unwrap_or_else(PoisonError::into_inner));
        assert!(panics.join().is_err());
        assert_eq!(*count.lock().unwrap_or_else(PoisonError::into_inner), 1);
    });
}

/// Threads that are torn down borrow what their scope owns, which must outlive them.
#[test]
fn what_is_left_is_taken_down_in_order() {
    struct Loud<'a>(&'a Mutex<Vec<u32>>);
    impl Drop for Loud<'_> {
        fn drop(&mut self) {
            // The vector is on the stack of the thread that has opened the scope.
            drop(self.0.lock().map(|mut seen| seen.push(1)));
        }
    }
    wrong(FindingKind::Deadlock, || {
        let seen = Mutex::new(Vec::with_capacity(4));
        let (a, b) = (Mutex::new(()), Mutex::new(()));
        thread::scope(|scope| {
            scope.spawn(|| {
                let _loud = Loud(&seen);
                drop((a.lock(), b.lock()));
            });
            scope.spawn(|| {
                let _loud = Loud(&seen);
                drop((b.lock(), a.lock()));
            });
        });
    });
}

/// The two crates run as many executions as they do when a program is written for them.
#[test]
fn counts_are_those_of_the_crates_themselves() {
    fn locked() {
        twice(Mutex::new(0), |n| (0..2).for_each(|_| *n.lock().unwrap() += 1));
    }
    fn racy() {
        twice(AtomicU32::new(0), |n| n.store(n.load(SeqCst) + 1, SeqCst));
    }
    let all = |backend, model: fn()| {
        let explorer = Explorer::new().backend(backend).search(Search::Exhaustive).executions(10_000);
        let report = explorer.explore(model).unwrap();
        assert_eq!(report.coverage(), Coverage::AllOf(backend), "{report}");
        assert!(!report.proved());
        report.executions()
    };
    use loom::sync::atomic::AtomicU32 as LoomAtomic;
    use shuttle::sync::atomic::AtomicU32 as ShuttleAtomic;
    assert_eq!(
        all(Backend::Loom, locked),
        by_loom(|| loom_twice(loom::sync::Mutex::new(0), |n| (0..2).for_each(|_| *n.lock().unwrap() += 1)))
    );
    assert_eq!(
        all(Backend::Loom, racy),
        by_loom(|| loom_twice(LoomAtomic::new(0), |n| n.store(n.load(SeqCst) + 1, SeqCst)))
    );
    assert_eq!(
        all(Backend::Shuttle, locked),
        by_shuttle(
            || shuttle_twice(shuttle::sync::Mutex::new(0), |n| (0..2).for_each(|_| *n.lock().unwrap() += 1))
        )
    );
    assert_eq!(
        all(Backend::Shuttle, racy),
        by_shuttle(|| shuttle_twice(ShuttleAtomic::new(0), |n| n.store(n.load(SeqCst) + 1, SeqCst)))
    );
}

fn loom_twice<T: Send + Sync + 'static>(shared: T, body: fn(&T)) {
    let shared = std::sync::Arc::new(shared);
    let spawn = |_| {
        let shared = std::sync::Arc::clone(&shared);
        loom::thread::spawn(move || body(&shared))
    };
    let threads: Vec<_> = (0..2).map(spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn by_loom(model: impl Fn() + Send + Sync + 'static) -> u64 {
    let count = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = std::sync::Arc::clone(&count);
    loom::model::Builder::new().check(move || {
        counted.fetch_add(1, Relaxed);
        model();
    });
    count.load(Relaxed)
}

fn shuttle_twice<T: Send + Sync + 'static>(shared: T, body: fn(&T)) {
    let shared = std::sync::Arc::new(shared);
    let spawn = |_| {
        let shared = std::sync::Arc::clone(&shared);
        shuttle::thread::spawn(move || body(&shared))
    };
    let threads: Vec<_> = (0..2).map(spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn by_shuttle(model: impl Fn() + Send + Sync + 'static) -> u64 {
    let mut config = shuttle::Config::new();
    config.failure_persistence = shuttle::FailurePersistence::None;
    let scheduler = shuttle::scheduler::DfsScheduler::new(None, false);
    shuttle::Runner::new(scheduler, config).run(model) as u64
}

/// loom lets each of two threads miss the other's store, and says so of accesses too for which C11 rules it out.
#[test]
fn loom_knows_weak_memory() {
    fn buffering(order: Ordering) {
        let flags = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let other = Arc::clone(&flags);
        let seen = thread::spawn(move || {
            other.0.store(1, order);
            other.1.load(if order == SeqCst { SeqCst } else { Relaxed })
        });
        flags.1.store(1, order);
        let mine = flags.0.load(if order == SeqCst { SeqCst } else { Relaxed });
        let theirs = seen.join().unwrap();
        assert!(mine == 1 || theirs == 1);
    }
    let report = on(Backend::Loom, || buffering(Relaxed));
    assert_eq!(kinds(&report), [FindingKind::Panic], "{report}");
    assert!(report.remarks().is_empty(), "{report}");
    let report = on(Backend::Loom, || buffering(SeqCst));
    assert!(!report.failed(), "{report}");
    assert!(report.remarks()[0].starts_with("passed over"), "{report}");
}

/// What the engine has found shuttle does too, along the same schedule.
/// What an access shows may be the first that is known of the order in which earlier stores took their places.
#[test]
fn loom_need_not_put_stores_in_the_order_in_which_they_were_performed() {
    type Both = (AtomicU32, AtomicU32);
    fn crosswise(order: Ordering) {
        let both = Arc::new(Both::default());
        let theirs = Arc::clone(&both);
        let other = thread::spawn(move || {
            theirs.1.store(1, order);
            theirs.0.store(2, order);
        });
        both.0.store(1, order);
        both.1.store(2, order);
        other.join().unwrap();
        assert!(both.0.load(Relaxed) == 2 || both.1.load(Relaxed) == 2, "both stores came first");
    }
    fn seen_and_overtaken() {
        let both = Arc::new(Both::default());
        let theirs = Arc::clone(&both);
        let other = thread::spawn(move || {
            theirs.0.store(2, Relaxed);
            theirs.1.store(1, Relaxed);
        });
        let seen = both.1.load(Relaxed);
        both.0.store(1, Relaxed);
        other.join().unwrap();
        assert!(seen == 0 || both.0.load(Relaxed) == 1, "the store that was seen later came first");
    }
    for model in [|| crosswise(Relaxed), || crosswise(Release), seen_and_overtaken] {
        for backend in [Backend::Engine, Backend::Loom] {
            let report = on(backend, model);
            assert_eq!(kinds(&report), [FindingKind::Panic], "{report}");
            assert!(!report.to_string().contains("does not repeat"), "{report}");
        }
    }
}

#[test]
fn shuttle_replays_our_schedules() {
    fn model() {
        let hits = twice(AtomicU32::new(0), |n| n.store(n.load(SeqCst) + 1, SeqCst));
        assert_eq!(hits.load(SeqCst), 2);
    }
    let report = on(Backend::Engine, model);
    let schedule = report.findings()[0].schedule();
    let explorer = Explorer::new().backend(Backend::Shuttle).search(Search::Replay(schedule));
    let report = explorer.explore(model).unwrap();
    assert_eq!((report.executions(), kinds(&report)), (1, vec![FindingKind::Panic]), "{report}");
}

/// A finding is replayed by the same command whichever backend has shown it.
#[test]
fn the_engine_replays_what_others_cannot() {
    fn model() {
        let hits = twice(AtomicU32::new(0), |n| n.store(n.load(Relaxed) + 1, Relaxed));
        assert_eq!(hits.load(Relaxed), 2);
    }
    for backend in OTHERS {
        let schedule = on(backend, model).findings()[0].schedule();
        let report =
            Explorer::new().backend(backend).search(Search::Replay(schedule)).explore(model).unwrap();
        assert_eq!((report.executions(), kinds(&report)), (1, vec![FindingKind::Panic]), "{report}");
        assert_eq!(report.remarks().is_empty(), backend == Backend::Shuttle, "{report}");
    }
}

/// Who of several threads drops last, and so runs a destructor that others can see, is tried everywhere.
#[test]
fn drops_are_choices_where_a_destructor_acts() {
    struct Tells(thread::ThreadId, Arc<AtomicU32>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.1.store(if thread::current().id() == self.0 { 1 } else { 2 }, SeqCst);
        }
    }
    fn dropped_last(by: u32) {
        let last = Arc::new(AtomicU32::new(0));
        let value = Arc::new(Tells(thread::current().id(), Arc::clone(&last)));
        let theirs = Arc::clone(&value);
        let drops = thread::spawn(move || drop(theirs));
        drop(value);
        drops.join().unwrap();
        assert_ne!(last.load(SeqCst), by);
    }
    wrong(FindingKind::Panic, || dropped_last(1));
    wrong(FindingKind::Panic, || dropped_last(2));
    for backend in Backend::ALL {
        let report = on(backend, || dropped_last(1));
        assert!(report.remarks().is_empty(), "{report}");
    }
}

/// What leaves a thread standing that is not the main one is told at once, with the execution that came to that.
#[test]
fn a_destructor_that_panics_in_a_panic_is_found_wherever_it_runs() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("the second");
        }
    }
    for backend in OTHERS {
        let explorer = Explorer::new().backend(backend).executions(50).time(Duration::from_secs(5));
        let report = explorer.explore(|| {
            let panics = thread::spawn(|| {
                let _panics = Panics;
                panic!("the first");
            });
            let _ = panics.join();
        });
        let report = report.unwrap();
        assert_eq!(kinds(&report), [FindingKind::Panic], "{backend}: {report}");
        assert_eq!(report.executions(), 1, "{backend}: {report}");
    }
}

#[test]
fn all_that_is_printed_is_gathered() {
    fn prints() {
        twice((), |()| selvedge::python::print(format_args!("{}", thread::current().name().is_some())));
    }
    for backend in Backend::ALL {
        let report =
            Explorer::new().backend(backend).output(Output::Observed).executions(50).explore(prints).unwrap();
        assert!(report.outputs().unwrap().contains("false\nfalse\n"), "{backend}: {report}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_in_a_sentence() {
    let refusal = |explorer: Explorer, model: fn()| explorer.explore(model).unwrap_err().to_string();
    let loom = || Explorer::new().backend(Backend::Loom);
    assert_eq!(
        refusal(loom(), || (0..5).for_each(|_| drop(thread::spawn(|| {})))),
        "the model has more than 5 threads, the main one included, and loom has no more, on the backend loom: explore a smaller \
         one, or use another backend"
    );
    assert_eq!(
        refusal(loom(), || drop(choose(2).to_string())),
        "the model has a choice of its own, and loom knows none, on the backend loom: use another backend"
    );
    assert_eq!(
        refusal(loom().search(Search::Pct { depth: 3 }), || {}),
        "there is no strategy `pct:3`, on the backend loom: use portfolio, exhaustive, dfs or dfs:PREEMPTIONS"
    );
    let shuttle = Explorer::new().backend(Backend::Shuttle);
    assert!(
        refusal(shuttle.search(Search::Fuzz), || {})
            .starts_with("there is no strategy `fuzz`, on the backend shuttle")
    );
    let timed = Explorer::new().backend(Backend::Std).clock(selvedge::Clock::Virtual);
    assert_eq!(
        refusal(timed, || {}),
        "there is no virtual time, on the backend std: use the abstract clock, or the engine"
    );
    let error = Config::default().set("backend", "miri").unwrap_err().to_string();
    assert_eq!(error, "`miri` is no backend, in the name of the backend: use engine, loom, shuttle or std");
}

/// A choice is made at random where the backend can.
#[test]
fn choices_are_made_where_there_are_any() {
    for backend in [Backend::Shuttle, Backend::Std] {
        let report = on(backend, || {
            thread::spawn(|| {}).join().unwrap();
            assert!(choose(4) != 2);
        });
        assert_eq!(kinds(&report), [FindingKind::Panic], "{backend}: {report}");
    }
}

/// Run by the test below in a process of its own.
#[test]
#[ignore = "it is looked at from outside"]
fn says_nothing() {
    for backend in Backend::ALL {
        drop(on(backend, || {
            let lock = Arc::new(Mutex::new(()));
            let other = Arc::clone(&lock);
            let holder = thread::spawn(move || {
                let _held = other.lock();
                panic!("loudly");
            });
            assert!(holder.join().is_err() && lock.lock().is_ok());
        }));
        drop(on(backend, || thread::scope(|scope| drop(scope.spawn(thread::park)))));
    }
    assert!(std::panic::catch_unwind(|| panic!("of the user's own")).is_err());
}

#[test]
fn nothing_of_theirs_gets_through() {
    let own = std::env::current_exe().unwrap();
    let mut command = Command::new(own);
    command.args(["says_nothing", "--exact", "--ignored", "--nocapture"]).env_remove("RUST_BACKTRACE");
    // What the environment says to the crates is none of ours.
    command.env("LOOM_LOG", "trace").env("LOOM_MAX_PREEMPTIONS", "1");
    let output = command.output().unwrap();
    assert!(output.status.success());
    let heard = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = heard.lines().filter(|line| !line.is_empty()).collect();
    assert!(lines.len() <= 4 && heard.contains("of the user's own"), "{heard}");
    assert!(
        !heard.contains("shuttle") && !heard.contains("schedule") && !heard.contains("loudly"),
        "{heard}"
    );
}
