//! Loops that look and go on, and loops that give up: neither is a livelock, and giving up is among the outcomes.

use super::{outcomes, right};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use selvedge::{hint, thread};

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
