//! Threads: tokens, scopes, names, asking whether one has ended.

use super::{every_trace, outcomes, outcomes_of, right, wrong};
use selvedge::sync::atomic::{AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Explorer, MemoryModel, Search, thread};
use std::time::Duration;

#[test]
fn a_token_given_before_it_is_waited_for_is_kept() {
    right(2, || {
        let sleeper = thread::spawn(|| {
            thread::yield_now();
            thread::park();
        });
        sleeper.thread().unpark();
        sleeper.join().unwrap();
    });
}

#[test]
fn two_tokens_are_one() {
    wrong(2, &["deadlock: `thread 1` waits for what nobody is left to do"], || {
        let sleeper = thread::spawn(|| {
            thread::park();
            thread::park();
        });
        sleeper.thread().unpark();
        sleeper.thread().unpark();
        sleeper.join().unwrap();
    });
}

#[test]
fn parking_without_a_token_is_for_ever_unless_there_is_a_time_out() {
    wrong(1, &["deadlock: `main` waits for what nobody is left to do"], thread::park);
    right(1, || thread::park_timeout(Duration::from_millis(1)));
}

#[test]
fn a_scope_lends_what_is_on_the_stack_and_waits() {
    right(2, || {
        let (mut words, total) = (vec!["warp", "weft"], AtomicU32::new(0));
        let lengths = thread::scope(|scope| {
            let handles: Vec<_> = words
                .iter()
                .map(|word| {
                    let total = &total;
                    scope.spawn(move || {
                        total.fetch_add(1, SeqCst);
                        word.len()
                    })
                })
                .collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect::<Vec<_>>()
        });
        words.push("selvedge");
        assert_eq!((lengths, total.load(SeqCst)), (vec![4, 4], 2));
    });
}

#[test]
fn a_scope_with_a_panic_that_nobody_takes_panics() {
    let headline = "panic: `thread 1` panicked: torn";
    wrong(1, &[headline], || {
        thread::scope(|scope| {
            scope.spawn(|| panic!("torn"));
        });
    });
}

#[test]
fn asking_whether_a_thread_has_ended_tells_either() {
    let seen = outcomes(|| {
        let other = thread::spawn(thread::yield_now);
        let ended = other.is_finished();
        other.join().unwrap();
        ended
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn threads_that_nobody_joins_are_waited_for() {
    right(2, || {
        let total = Arc::new(AtomicU32::new(0));
        for _ in 0..2 {
            let total = Arc::clone(&total);
            thread::spawn(move || total.fetch_add(1, SeqCst));
        }
    });
}

#[test]
fn threads_that_do_nothing_have_one_execution() {
    for count in 0..5 {
        right(1, move || {
            let threads: Vec<_> = (0..count).map(|_| thread::spawn(|| ())).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
}

#[test]
fn a_hundred_threads_are_no_trouble() {
    let report = selvedge::Explorer::new()
        .strategy(selvedge::strategy::random(1))
        .executions(20)
        .explore(|| {
            let total = Arc::new(AtomicU32::new(0));
            let threads: Vec<_> = (0..100)
                .map(|_| {
                    let total = Arc::clone(&total);
                    thread::spawn(move || total.fetch_add(1, SeqCst))
                })
                .collect();
            threads.into_iter().for_each(|thread| {
                thread.join().unwrap();
            });
            assert_eq!(total.load(SeqCst), 100);
        })
        .unwrap();
    assert!(!report.failed(), "{report}");
    // A step of each thread and main's look. The end of the pointer is none: nobody could tell.
    assert_eq!((report.threads(), report.longest()), (101, 101));
}

/// Asserts that a program returns this, by every interleaving and by every trace.
#[track_caller]
fn returns<T: Ord + Send + std::fmt::Debug + 'static>(
    expected: &[T],
    model: impl Fn() -> T + Clone + Send + Sync + 'static,
) {
    assert_eq!(outcomes(model.clone()), expected, "by every interleaving");
    assert_eq!(outcomes_of(every_trace(), model), expected, "by every trace");
}

#[test]
fn a_thread_may_have_ended_whatever_it_did_last() {
    returns(&[false, true], || {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || theirs.store(1, SeqCst));
        let ended = other.is_finished();
        other.join().unwrap();
        ended
    });
    // Asked first, and looked at after that: who has ended has stored.
    returns(&[(false, 0), (false, 1), (true, 1)], || {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || theirs.store(1, SeqCst));
        (other.is_finished(), x.load(SeqCst))
    });
    // It ends after somebody else, of whom nobody asks.
    returns(&[(false, 0), (false, 1), (true, 1)], || {
        let x = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&x);
        let other = thread::spawn(move || thread::spawn(move || theirs.store(1, SeqCst)).join().unwrap());
        (other.is_finished(), x.load(SeqCst))
    });
    // Two questions, and what is known from the first.
    returns(&[(false, false), (false, true), (true, true)], || {
        let lock = Arc::new(Mutex::new(()));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || drop(theirs.lock()));
        let first = other.is_finished();
        drop(lock.lock());
        (first, other.is_finished())
    });
}

#[test]
fn two_who_ask_may_get_different_answers() {
    // Neither knows what the other was told.
    returns(&[(false, false), (false, true), (true, false), (true, true)], || {
        let x = AtomicU32::new(0);
        thread::scope(|scope| {
            let other = scope.spawn(|| x.store(1, SeqCst));
            thread::scope(|scope| {
                let one = scope.spawn(|| other.is_finished());
                let two = other.is_finished();
                (one.join().unwrap(), two)
            })
        })
    });
}

/// Whoever goes on after a join has not been chosen for that: what it is spared to be asked about is a choice of its own all the same.
#[test]
fn what_is_done_right_after_a_join_under_a_lock_is_repeated() {
    for search in [Search::Random, Search::Pct { depth: 3 }, Search::Portfolio] {
        let report = Explorer::new().search(search).executions(200).explore(|| {
            let shared = Arc::new((Mutex::new(()), Mutex::new(0), AtomicU32::new(0)));
            let theirs = Arc::clone(&shared);
            let first = thread::spawn(move || {
                theirs.2.fetch_add(1, SeqCst);
                theirs.2.fetch_add(1, SeqCst);
            });
            let theirs = Arc::clone(&shared);
            let second = thread::spawn(move || {
                let held = theirs.0.lock().unwrap();
                let inner = theirs.1.lock().unwrap();
                first.join().unwrap();
                drop(inner);
                *theirs.1.lock().unwrap() += 1;
                drop(held);
            });
            let _held = shared.0.lock().unwrap();
            *shared.1.lock().unwrap() += 1;
            drop(_held);
            second.join().unwrap();
        });
        let report = report.unwrap();
        assert!(!report.failed(), "{report}");
    }
}

#[test]
fn a_loop_that_asks_whether_a_thread_has_ended_comes_to_an_end() {
    for (explorer, executions) in [(super::every(), 3), (every_trace(), 3)] {
        super::expect(explorer, executions, &[], || {
            let other = thread::spawn(|| ());
            while !other.is_finished() {
                thread::yield_now();
            }
            other.join().unwrap();
        });
    }
}

/// Says so when it goes.
struct Goes(Arc<AtomicU32>);

impl Drop for Goes {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn the_result_of_a_scoped_thread_whose_handle_is_gone_goes_while_the_scope_lasts() {
    let report = super::every().explore(|| {
        let gone = Arc::new(AtomicU32::new(0));
        thread::scope(|scope| {
            let theirs = Arc::clone(&gone);
            drop(scope.spawn(move || {
                thread::yield_now();
                Goes(theirs)
            }));
            assert!(gone.load(SeqCst) == 0, "it has gone");
        });
    });
    assert_eq!(super::headlines(&report.unwrap()), ["panic: `main` panicked: it has gone"]);
}

#[test]
fn nothing_is_proved_where_who_drops_a_result_matters() {
    // A thread may be held up between the last that it does and its end: then it drops its result later.
    let report = selvedge::explore(|| {
        let [gone, done] = [0, 0].map(|zero| Arc::new(AtomicU32::new(zero)));
        let (theirs, results) = (Arc::clone(&done), Arc::clone(&gone));
        let other = thread::spawn(move || {
            theirs.store(1, SeqCst);
            Goes(results)
        });
        let seen = done.load(SeqCst);
        drop(other);
        assert!(seen == 0 || gone.load(SeqCst) == 1);
    });
    assert!(!report.failed() && !report.proved(), "{report}");
    assert!(report.doubt().unwrap().contains("join the thread"), "{report}");
}

#[test]
fn whoever_drops_the_result_of_a_thread_knows_what_it_has_done() {
    let seen = |explorer, asks: bool| {
        super::weak::outcomes(explorer, move || {
            let [gone, done] = [0, 0].map(|zero| Arc::new(AtomicU32::new(zero)));
            let (theirs, results) = (Arc::clone(&done), Arc::clone(&gone));
            let other = thread::spawn(move || {
                theirs.fetch_add(1, Relaxed);
                Goes(results)
            });
            let _ = asks && other.is_finished();
            drop(other);
            [gone.load(SeqCst), done.load(Relaxed)]
        })
    };
    let possible = std::collections::BTreeSet::from([[0, 0], [0, 1], [1, 1]]);
    for memory in [MemoryModel::SequentiallyConsistent, MemoryModel::C11] {
        for explorer in [super::every, every_trace] {
            assert_eq!(seen(explorer().memory(memory), false), possible, "{memory:?}");
            assert_eq!(seen(explorer().memory(memory), true), possible, "{memory:?}");
        }
    }
}
