//! Loops that wait by looking again and again.

use super::{every, expect, right};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, Ordering::SeqCst};
use selvedge::{Explorer, Report, hint, strategy, thread};

/// Each waits for the other one to raise its flag first.
fn after_you(pause: fn()) {
    let flags = Arc::new([AtomicBool::with_name(false, "mine"), AtomicBool::with_name(false, "yours")]);
    let polite = |who: usize| {
        let flags = Arc::clone(&flags);
        move || {
            while !flags[1 - who].load(SeqCst) {
                pause();
            }
            flags[who].store(true, SeqCst);
        }
    };
    let (one, two) = (polite(0), polite(1));
    let other = thread::spawn(two);
    one();
    other.join().unwrap();
}

#[test]
fn two_threads_spinning_on_each_other_are_a_livelock_found_at_once() {
    let pauses: [fn(); 3] = [hint::spin_loop, thread::yield_now, || {}];
    for pause in pauses {
        for seed in 0..10 {
            let random = Explorer::new().strategy(strategy::random(seed)).executions(1);
            let report = random.explore(move || after_you(pause)).unwrap();
            let headlines = super::headlines(&report);
            let expected =
                "livelock: `main` and `thread 1` go round for ever, and nothing that is read can change";
            assert_eq!(headlines, [expected], "{report}");
            assert!(report.choices() < 10_000, "{} choices", report.choices());
        }
    }
}

#[test]
fn a_loop_that_somebody_ends_is_none() {
    let pauses: [fn(); 3] = [hint::spin_loop, thread::yield_now, || {}];
    for pause in pauses {
        for seed in 0..50 {
            let random = Explorer::new().strategy(strategy::random(seed)).executions(20);
            let report = random
                .explore(move || {
                    let flag = Arc::new(AtomicBool::new(false));
                    let theirs = Arc::clone(&flag);
                    let waiter = thread::spawn(move || {
                        while !theirs.load(SeqCst) {
                            pause();
                        }
                    });
                    flag.store(true, SeqCst);
                    waiter.join().unwrap();
                })
                .unwrap();
            assert!(!report.failed() && report.cut_short() == 0, "{report}");
        }
    }
}

struct SpinLock(AtomicBool);

impl SpinLock {
    fn lock(&self) {
        while self.0.swap(true, SeqCst) {
            hint::spin_loop();
        }
    }

    fn unlock(&self) {
        self.0.store(false, SeqCst);
    }
}

#[test]
fn a_spin_lock_comes_to_an_end_under_the_samplers() {
    for seed in 0..20 {
        spin_lock(3, Explorer::new().strategy(strategy::random(seed)).executions(50));
        spin_lock(3, Explorer::new().strategy(strategy::pct(3, seed).unwrap()).executions(50));
    }
}

fn spin_lock(threads: u32, explorer: Explorer) -> Report {
    let report = explorer.explore(move || {
        let shared = Arc::new((SpinLock(AtomicBool::new(false)), std::sync::Mutex::new(0)));
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    shared.0.lock();
                    *shared.1.try_lock().expect("the spin lock keeps others out") += 1;
                    shared.0.unlock();
                })
            })
            .collect();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        assert_eq!(*shared.1.lock().unwrap(), threads);
    });
    let report = report.unwrap();
    assert!(!report.failed() && report.cut_short() == 0, "{report}");
    assert!(report.longest() < 10_000, "{} choices", report.longest());
    report
}

#[test]
fn a_spin_lock_is_proved_because_a_thread_that_goes_round_rests_until_something_has_changed() {
    let report = spin_lock(2, every());
    assert_eq!((report.proved(), report.executions()), (true, 18), "{report}");
}

#[test]
fn threads_spinning_on_each_other_are_a_livelock() {
    let livelock = "livelock: `main` and `thread 1` go round for ever, and nothing that is read can change";
    let report = Explorer::new().strategy(strategy::dfs()).explore(|| after_you(hint::spin_loop)).unwrap();
    assert_eq!(super::headlines(&report), [livelock], "{report}");
    assert_eq!(report.executions(), 1, "the first interleaving shows it");
}

#[test]
fn a_spin_that_only_itself_could_end_is_found_beside_a_blocked_thread() {
    let headline = "livelock: `main` goes round for ever, and nothing that is read can change";
    let first = Explorer::new().strategy(strategy::random(0)).executions(1);
    let report = first
        .explore(|| {
            let lock = Arc::new(selvedge::sync::Mutex::with_name((), "lock"));
            let flag = Arc::new(AtomicBool::with_name(false, "flag"));
            let _guard = lock.lock().unwrap();
            let (theirs, their_flag) = (Arc::clone(&lock), Arc::clone(&flag));
            let _helper = thread::spawn(move || {
                let _guard = theirs.lock().unwrap();
                their_flag.store(true, SeqCst);
            });
            while !flag.load(SeqCst) {
                hint::spin_loop();
            }
        })
        .unwrap();
    assert_eq!(super::headlines(&report), [headline], "{report}");
}

#[test]
fn a_bounded_loop_that_yields_is_explored_to_its_end() {
    expect(every(), 2, &[], || {
        let other = thread::spawn(thread::yield_now);
        thread::yield_now();
        other.join().unwrap();
    });
    right(1, || thread::spawn(|| ()).join().unwrap());
}
