//! Loops that wait by looking again and again.

use super::{every, every_trace, expect, right};
use selvedge::sync::Arc;
use selvedge::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::atomic::{AtomicBool, AtomicU32};
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

/// Under sequential consistency, and twice under C11.
const ORDERINGS: [(Ordering, Ordering); 3] = [(SeqCst, SeqCst), (Release, Acquire), (Relaxed, Relaxed)];

/// So many threads wait for a flag that another one raises.
fn wait_bare(threads: u32, store: Ordering, load: Ordering) {
    let flag = Arc::new(AtomicBool::new(false));
    let wait = |flag: Arc<AtomicBool>| move || while !flag.load(load) {};
    let others: Vec<_> = (1..threads).map(|_| thread::spawn(wait(Arc::clone(&flag)))).collect();
    let theirs = Arc::clone(&flag);
    let setter = thread::spawn(move || theirs.store(true, store));
    wait(flag)();
    setter.join().unwrap();
    others.into_iter().for_each(|other| other.join().unwrap());
}

#[test]
fn a_loop_without_a_hint_is_proved_because_a_round_that_saw_nothing_new_twice_is_not_repeated() {
    for (store, load) in ORDERINGS {
        for threads in 1..=3 {
            // Each sees the flag in its first, its second or its third round.
            expect(every_trace(), 3u64.pow(threads), &[], move || wait_bare(threads, store, load));
        }
    }
}

#[test]
fn such_a_loop_is_known_also_where_no_execution_begins_with_it() {
    for (store, load) in ORDERINGS {
        expect(every_trace(), 3, &[], move || {
            let flag = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&flag);
            let waiter = thread::spawn(move || while !theirs.load(load) {});
            flag.store(true, store);
            waiter.join().unwrap();
        });
    }
}

#[test]
fn a_message_behind_a_flag_that_is_spun_on_needs_release_and_acquire() {
    let pass = |store: Ordering, load: Ordering| {
        move || {
            let shared = Arc::new((AtomicBool::new(false), AtomicU32::new(0)));
            let theirs = Arc::clone(&shared);
            let sender = thread::spawn(move || {
                theirs.1.store(1, Relaxed);
                theirs.0.store(true, store);
            });
            while !shared.0.load(load) {}
            assert!(shared.1.load(Relaxed) == 1, "the message is not there");
            sender.join().unwrap();
        }
    };
    expect(every_trace(), 3, &[], pass(Release, Acquire));
    let late = "panic: `main` panicked: the message is not there";
    // In each round the flag may be seen, and then the message or not.
    expect(every_trace(), 6, &[late], pass(Relaxed, Relaxed));
}

/// Each of so many threads adds one under a spin lock, which `is_taken` tries to take.
fn add_under_lock(
    threads: u32,
    is_taken: impl Fn(&AtomicBool) -> bool + Copy + Send + 'static,
    [give, count]: [Ordering; 2],
    pause: fn(),
) {
    let shared = Arc::new((AtomicBool::new(false), AtomicU32::new(0)));
    let add = |shared: Arc<(AtomicBool, AtomicU32)>| {
        move || {
            while is_taken(&shared.0) {
                pause();
            }
            shared.1.store(shared.1.load(count) + 1, count);
            shared.0.store(false, give);
        }
    };
    let others: Vec<_> = (1..threads).map(|_| thread::spawn(add(Arc::clone(&shared)))).collect();
    add(Arc::clone(&shared))();
    others.into_iter().for_each(|other| other.join().unwrap());
    assert!(shared.1.load(count) == threads, "one has not been counted");
}

fn bare_spin_lock(threads: u32, take: Ordering, give: Ordering) {
    let is_taken = move |lock: &AtomicBool| lock.compare_exchange(false, true, take, Relaxed).is_err();
    add_under_lock(threads, is_taken, [give, Relaxed], || ());
}

#[test]
fn a_spin_lock_without_hints_is_proved_and_one_that_orders_nothing_is_not() {
    // Whoever is second finds the lock taken never, once or twice before it rests.
    expect(every_trace(), 6, &[], || bare_spin_lock(2, Acquire, Release));
    expect(every_trace(), 126, &[], || bare_spin_lock(3, Acquire, Release));
    // The second one may read the older count and store before or behind the first one, or read the newer: three times as many.
    let lost = "panic: `main` panicked: one has not been counted";
    expect(every_trace(), 18, &[lost], || bare_spin_lock(2, Relaxed, Relaxed));
}

/// As [`bare_spin_lock`], with a swap, which writes what it finds when the lock is taken.
fn swap_lock(threads: u32, [take, give, count]: [Ordering; 3], pause: fn()) {
    add_under_lock(threads, move |lock| lock.swap(true, take), [give, count], pause);
}

#[test]
fn a_spin_lock_that_swaps_is_proved_because_to_swap_for_the_same_is_no_news() {
    let total = [SeqCst; 3];
    for orderings in [total, [Acquire, Release, Relaxed]] {
        // With a hint whoever is second finds the lock taken never or once before it rests; without one up to twice.
        expect(every_trace(), 4, &[], move || swap_lock(2, orderings, hint::spin_loop));
        expect(every_trace(), 6, &[], move || swap_lock(2, orderings, || ()));
        expect(every_trace(), 60, &[], move || swap_lock(3, orderings, hint::spin_loop));
        expect(every_trace(), 246, &[], move || swap_lock(3, orderings, || ()));
    }
    let lost = "panic: `main` panicked: one has not been counted";
    expect(every_trace(), 12, &[lost], || swap_lock(2, [Relaxed; 3], hint::spin_loop));
}

#[test]
fn a_loop_that_reads_two_variables_in_each_round_is_proved() {
    let both = |store: Ordering, load: Ordering, pause: fn()| {
        move || {
            let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
            let raise = |which: usize| {
                let flags = Arc::clone(&flags);
                thread::spawn(move || flags[which].store(true, store))
            };
            let setters = [raise(0), raise(1)];
            loop {
                let seen = [flags[0].load(load), flags[1].load(load)];
                if seen == [true, true] {
                    break;
                }
                pause();
            }
            setters.into_iter().for_each(|setter| setter.join().unwrap());
        }
    };
    expect(every_trace(), 15, &[], both(SeqCst, SeqCst, || {}));
    expect(every_trace(), 11, &[], both(Release, Acquire, || {}));
    expect(every_trace(), 11, &[], both(Relaxed, Relaxed, || {}));
    // With a hint the first load of a round waits, and the second may read the same for ever: that is seen in the same way.
    for (store, load) in ORDERINGS {
        expect(every_trace(), 7, &[], both(store, load, hint::spin_loop));
    }
}

#[test]
fn a_reader_that_tries_again_sees_what_it_sees_with_a_hint() {
    let read = |pause: fn()| {
        move || {
            let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
            let theirs = Arc::clone(&shared);
            let writer = thread::spawn(move || {
                theirs.0.store(1, SeqCst);
                theirs.1.store(7, SeqCst);
                theirs.0.store(2, SeqCst);
            });
            let seen = loop {
                let before = shared.0.load(SeqCst);
                let data = shared.1.load(SeqCst);
                if before.is_multiple_of(2) && shared.0.load(SeqCst) == before {
                    break (before, data);
                }
                pause();
            };
            writer.join().unwrap();
            seen
        }
    };
    let seen = super::outcomes_of(every_trace(), read(|| {}));
    assert_eq!(seen, [(0, 0), (2, 7)]);
    assert_eq!(seen, super::outcomes_of(every_trace(), read(hint::spin_loop)));
}

#[test]
fn a_loop_without_a_hint_that_nobody_ends_is_a_livelock_under_both_memory_models() {
    for (_, load) in ORDERINGS {
        let report = every_trace().explore(move || {
            let flag = AtomicBool::with_name(false, "flag");
            while !flag.load(load) {}
        });
        let report = report.unwrap();
        let livelock = "livelock: `main` goes round for ever, and nothing that is read can change";
        assert_eq!(super::headlines(&report), [livelock], "{report}");
        assert!(report.executions() == 1 && report.longest() < 10_000, "{report}");
    }
}

/// Looks at a flag so often, and then stores what another thread looks at; whether the flag was raised, and what was seen.
fn give_up(rounds: u32, raised: bool, load: Ordering, pause: fn()) -> (bool, u32) {
    let shared = Arc::new((AtomicBool::new(false), AtomicU32::new(0)));
    let theirs = Arc::clone(&shared);
    let other = thread::spawn(move || {
        let seen = theirs.1.load(load);
        if raised {
            theirs.0.store(true, Relaxed);
        }
        seen
    });
    let found = (0..rounds).any(|_| {
        let found = shared.0.load(load);
        pause();
        found
    });
    shared.1.store(1, Relaxed);
    (found, other.join().unwrap())
}

#[test]
fn a_loop_that_gives_up_in_the_end_is_followed_beyond_it() {
    let bare: fn() = || {};
    for (_, load) in ORDERINGS {
        // Not taken for one that polls: all is seen, nothing assumed.
        let all = super::outcomes_of(every_trace(), move || give_up(20, true, load, bare));
        assert_eq!(all, [(false, 0), (false, 1), (true, 0)]);
        // What it does at last has to be seen by who rests for it in no other order, too.
        for (rounds, pause) in
            [(5, hint::spin_loop as fn()), (100, hint::spin_loop), (20, bare), (1_000, bare)]
        {
            expect(every_trace(), 2, &[], move || {
                give_up(rounds, false, load, pause);
            });
        }
    }
}
