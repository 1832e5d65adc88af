//! Loops that look and go on, and loops that give up: neither is a livelock, and giving up is among the outcomes.

use super::{every_trace, expect, outcomes, outcomes_of, right};
use selvedge::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::atomic::{AtomicBool, AtomicU32, fence};
use selvedge::sync::{Arc, mpsc};
use selvedge::{Explorer, FindingKind, MemoryModel, Search, hint, strategy, thread};
use std::time::Duration;

#[test]
fn looking_at_many_things_once_each_is_no_livelock() {
    right(1, || {
        let seats: Vec<AtomicBool> = (0..1_500).map(|_| AtomicBool::new(false)).collect();
        assert!(!seats.iter().any(|seat| seat.load(SeqCst)));
    });
}

#[test]
fn looking_at_one_thing_many_times_and_giving_up_is_no_livelock() {
    for hinted in [false, true] {
        right(1, move || {
            let flag = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&flag);
            let looker = thread::spawn(move || {
                for _ in 0..700 {
                    assert!(!theirs.load(SeqCst));
                    if hinted {
                        hint::spin_loop();
                    }
                }
            });
            looker.join().unwrap();
        });
    }
}

#[test]
fn a_thread_that_only_yields_is_not_kept_back() {
    let seen = outcomes(|| {
        let number = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&number);
        let other = thread::spawn(move || {
            (0..3).for_each(|_| thread::yield_now());
            theirs.store(1, SeqCst);
        });
        let seen = number.load(SeqCst);
        other.join().unwrap();
        seen
    });
    assert_eq!(seen, [0, 1]);
}

#[test]
fn three_tries_may_all_fail() {
    let seen = outcomes(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(true, SeqCst));
        let mut found = false;
        for _ in 0..3 {
            found = flag.load(SeqCst);
            if found {
                break;
            }
            thread::yield_now();
        }
        other.join().unwrap();
        found
    });
    assert_eq!(seen, [false, true]);
}

/// Looks so many times whether another thread has raised a flag.
fn try_to_see(tries: u32, [store, load]: [Ordering; 2], pause: fn()) {
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&flag);
    let setter = thread::spawn(move || theirs.store(true, store));
    let seen = (0..tries).any(|_| {
        let seen = flag.load(load);
        if !seen {
            pause();
        }
        seen
    });
    setter.join().unwrap();
    assert!(seen, "it has given up");
}

#[test]
fn a_loop_that_gives_up_after_a_few_tries_may_do_so_too_early() {
    let early = "panic: `main` panicked: it has given up";
    let pauses: [fn(); 3] = [hint::spin_loop, thread::yield_now, || thread::sleep(Duration::from_millis(1))];
    for pause in pauses {
        for orderings in [[SeqCst, SeqCst], [Release, Acquire], [Relaxed, Relaxed]] {
            for tries in [1, 2, 5, 16] {
                // It sees the flag in one of its tries, or gives up.
                let executions = u64::from(tries) + 1;
                expect(every_trace(), executions, &[early], move || try_to_see(tries, orderings, pause));
            }
        }
    }
}

#[test]
fn waiting_a_few_times_for_a_while_may_be_too_short() {
    for tries in [1u32, 2, 5, 16] {
        let early = "panic: `main` panicked: nothing has come";
        // The message comes in one of the tries, or, where it is sent, after that.
        expect(every_trace(), 2 * u64::from(tries) + 1, &[early], move || {
            let (sender, receiver) = mpsc::channel();
            let other = thread::spawn(move || sender.send(1).unwrap());
            let come = (0..tries).any(|_| receiver.recv_timeout(Duration::from_millis(1)).is_ok());
            other.join().unwrap();
            assert!(come, "nothing has come");
        });
    }
}

#[test]
fn a_loop_that_tries_more_often_than_it_is_followed_is_taken_to_be_fair_and_that_is_said() {
    let report = every_trace().explore(|| try_to_see(100, [SeqCst; 2], hint::spin_loop)).unwrap();
    assert!(!report.failed() && report.assumes_fairness(), "{report}");
}

#[test]
fn threads_that_try_to_see_each_other_may_all_give_up() {
    // As many as orders of the looks and additions in which nobody looks again who has seen enough.
    for (threads, tries, executions) in [(2, 1, 4), (2, 2, 5), (2, 4, 7), (3, 1, 36), (3, 2, 73), (3, 4, 198)]
    {
        for ordering in [SeqCst, Relaxed] {
            expect(every_trace(), executions, &[], move || {
                let come = Arc::new(AtomicU32::new(0));
                let visit = |number: u32| {
                    let come = Arc::clone(&come);
                    thread::spawn(move || {
                        for _ in 0..tries {
                            if come.load(ordering) >= number {
                                break;
                            }
                            hint::spin_loop();
                        }
                        come.fetch_add(1, ordering);
                    })
                };
                let visitors: Vec<_> = (0..threads).map(visit).collect();
                visitors.into_iter().for_each(|visitor| visitor.join().unwrap());
            });
        }
    }
}

#[test]
fn a_loop_may_give_up_before_a_join_that_waits() {
    for ordering in [SeqCst, Relaxed] {
        for tries in [1, 2, 3, 8] {
            for looks_again in [false, true] {
                let seen = outcomes_of(every_trace(), move || {
                    let flag = Arc::new(AtomicBool::new(false));
                    let theirs = Arc::clone(&flag);
                    let other = thread::spawn(move || theirs.store(true, ordering));
                    let seen = (0..tries).any(|_| flag.load(ordering) || !is_waited_for());
                    other.join().unwrap();
                    // Whatever comes after the join must not make the search believe that the loop was fruitful.
                    assert!(!looks_again || flag.load(ordering));
                    seen
                });
                assert_eq!(seen, [false, true], "{tries} {ordering:?} {looks_again}");
            }
        }
    }
}

/// Writes two values between an odd and an even number, and reads them again and again until the number is the same even one
/// before and after; whether they belong together.
fn read_what_belongs_together([read, fence, write]: [Ordering; 3]) -> bool {
    let lock = Arc::new([AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0)]);
    let theirs = Arc::clone(&lock);
    let writer = thread::spawn(move || {
        let [number, first, second] = &*theirs;
        number.store(1, Relaxed);
        selvedge::sync::atomic::fence(Release);
        first.store(7, Relaxed);
        second.store(7, Relaxed);
        number.store(2, write);
    });
    let [number, first, second] = &*lock;
    let pair = loop {
        let before = number.load(read);
        let pair = (first.load(Relaxed), second.load(Relaxed));
        selvedge::sync::atomic::fence(fence);
        if before % 2 == 0 && number.load(Relaxed) == before {
            break pair;
        }
        hint::spin_loop();
    };
    writer.join().unwrap();
    pair.0 == pair.1
}

#[test]
fn a_reader_that_begins_again_until_nobody_has_written_meanwhile_is_right() {
    let c11 = || every_trace().memory(MemoryModel::C11);
    assert_eq!(outcomes_of(c11(), || read_what_belongs_together([Acquire, Acquire, Release])), [true]);
    // Without the fence, or without what it and the number stand for, values may come from different writes.
    for weaker in [[Acquire, Release, Release], [Relaxed, Acquire, Release], [Acquire, Acquire, Relaxed]] {
        assert_eq!(
            outcomes_of(c11(), move || read_what_belongs_together(weaker)),
            [false, true],
            "{weaker:?}"
        );
    }
}

/// A thread that rests stands at what its round begins with, and that need not be about an object.
#[test]
fn a_round_of_polling_may_begin_with_a_fence_or_a_choice() {
    let begin: [fn(); 3] = [|| fence(SeqCst), || _ = selvedge::choose(1), || _ = selvedge::choose(2)];
    for begin in begin {
        let model = move || {
            let flag = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&flag);
            let looker = thread::spawn(move || {
                for _ in 0..40 {
                    begin();
                    if theirs.load(Acquire) {
                        return;
                    }
                    hint::spin_loop();
                }
            });
            (0..40).for_each(|_| thread::yield_now());
            flag.store(true, Release);
            looker.join().unwrap();
        };
        let pct = Search::Pct { depth: 3 };
        for search in
            [Search::Exhaustive, Search::Dfs { preemptions: None }, Search::Random, pct, Search::Pos]
        {
            for memory in [MemoryModel::SequentiallyConsistent, MemoryModel::C11] {
                let explorer = Explorer::new().memory(memory).search(search.clone()).executions(2_000);
                let report = explorer.explore(model).unwrap();
                assert!(!report.failed(), "{report}");
            }
        }
    }
}

#[test]
fn a_loop_that_polls_and_counts_its_rounds_is_not_proved_to_be_right() {
    for ordering in [SeqCst, Relaxed] {
        for wrong in [1, 2, 3, 5] {
            let report = Explorer::new().explore(move || {
                let flag = Arc::new(AtomicBool::new(false));
                let theirs = Arc::clone(&flag);
                let other = thread::spawn(move || theirs.store(true, ordering));
                let mut rounds = 0;
                while !flag.load(ordering) {
                    rounds += 1;
                    hint::spin_loop();
                }
                other.join().unwrap();
                assert_ne!(rounds, wrong);
            });
            assert!(report.unwrap().shows(FindingKind::Panic), "{wrong}");
        }
    }
}

#[test]
fn a_function_that_tries_often_now_and_seldom_then_is_not_proved_to_be_right() {
    let try_to_see =
        |flag: &AtomicBool, tries: u32| (0..tries).any(|_| flag.load(SeqCst) || !is_waited_for());
    let report = Explorer::new().explore(move || {
        let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let theirs = Arc::clone(&flags);
        let other = thread::spawn(move || theirs.iter().for_each(|flag| flag.store(true, SeqCst)));
        while !try_to_see(&flags[0], 100) {}
        assert!(try_to_see(&flags[1], 2), "it has given up");
        other.join().unwrap();
    });
    assert!(report.unwrap().shows(FindingKind::Panic));
}

/// Waits a little.
fn is_waited_for() -> bool {
    hint::spin_loop();
    true
}

#[test]
fn what_is_stored_is_seen_in_the_end_by_whoever_spins_on_it() {
    let pauses: [fn(); 2] = [hint::spin_loop, || {}];
    for pause in pauses {
        for explorer in [
            Explorer::new().strategy(strategy::dfs()).executions(2_000),
            Explorer::new().strategy(strategy::bounded()).executions(2_000),
            Explorer::new().strategy(strategy::random(3)).executions(2_000),
        ] {
            let report = explorer.memory(MemoryModel::C11).all_findings(true).explore(move || {
                let flag = Arc::new(AtomicBool::new(false));
                let theirs = Arc::clone(&flag);
                let other = thread::spawn(move || theirs.store(true, Relaxed));
                while !flag.load(Relaxed) {
                    pause();
                }
                other.join().unwrap();
            });
            let report = report.unwrap();
            assert!(!report.failed() && report.findings().is_empty(), "{report}");
        }
    }
}
