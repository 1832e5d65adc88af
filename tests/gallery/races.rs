//! Data races on cells, and what orders accesses.

use super::{right, wrong};
use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::{AtomicBool, Ordering, fence};
use selvedge::sync::{Arc, Barrier, Mutex, Once, mpsc};
use selvedge::thread;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

struct Parcel {
    content: UnsafeCell<u32>,
    sent: AtomicBool,
}

// SAFETY: false, on purpose: whether accesses are ordered is what the tests ask.
unsafe impl Sync for Parcel {}

impl Parcel {
    fn new() -> Arc<Parcel> {
        Arc::new(Parcel {
            content: UnsafeCell::with_name(0, "content"),
            sent: AtomicBool::with_name(false, "sent"),
        })
    }

    fn fill(&self) {
        // SAFETY: nobody reads it before it is sent.
        self.content.with_mut(|content| unsafe { *content = 7 });
    }

    fn look(&self) {
        // SAFETY: it has been sent.
        self.content.with(|content| assert_eq!(unsafe { *content }, 7));
    }
}

/// One thread fills the parcel and raises a flag; another one looks into it if the flag is up.
fn sent(store: Ordering, load: Ordering) {
    let parcel = Parcel::new();
    let theirs = Arc::clone(&parcel);
    let sender = thread::spawn(move || {
        theirs.fill();
        theirs.sent.store(true, store);
    });
    if parcel.sent.load(load) {
        parcel.look();
    }
    sender.join().unwrap();
}

const RACE: &str = "data race: `thread 1` writes `content`, `main` reads it, and nothing orders the two";

#[test]
fn a_flag_publishes_only_what_it_releases_to_who_acquires() {
    // The write comes first, then the two operations on the flag in either order.
    wrong(3, &[RACE], || sent(Relaxed, Relaxed));
    wrong(3, &[RACE], || sent(Release, Relaxed));
    wrong(3, &[RACE], || sent(Relaxed, Acquire));
    right(3, || sent(Release, Acquire));
    right(3, || sent(SeqCst, SeqCst));
}

#[test]
fn fences_publish_around_a_relaxed_flag_when_there_are_two() {
    let with_fences = |release: bool, acquire: bool| {
        move || {
            let parcel = Parcel::new();
            let theirs = Arc::clone(&parcel);
            let sender = thread::spawn(move || {
                theirs.fill();
                if release {
                    fence(Release);
                }
                theirs.sent.store(true, Relaxed);
            });
            if parcel.sent.load(Relaxed) {
                if acquire {
                    fence(Acquire);
                }
                parcel.look();
            }
            sender.join().unwrap();
        }
    };
    wrong(4, &[RACE], with_fences(true, false));
    wrong(3, &[RACE], with_fences(false, true));
    right(4, with_fences(true, true));
}

#[test]
fn a_read_modify_write_in_between_keeps_the_release_going() {
    let handed_on = |by: Ordering| {
        move || {
            let parcel = Parcel::new();
            let (theirs, between) = (Arc::clone(&parcel), Arc::clone(&parcel));
            let sender = thread::spawn(move || {
                theirs.fill();
                theirs.sent.store(true, Release);
            });
            let other = thread::spawn(move || {
                between.sent.fetch_or(false, by);
            });
            if parcel.sent.load(Acquire) {
                parcel.look();
            }
            sender.join().unwrap();
            other.join().unwrap();
        }
    };
    right(13, handed_on(Relaxed));
    right(13, handed_on(AcqRel));
}

#[test]
fn a_store_in_between_breaks_the_release_off() {
    wrong(16, &[RACE], || {
        let parcel = Parcel::new();
        let (theirs, between) = (Arc::clone(&parcel), Arc::clone(&parcel));
        let sender = thread::spawn(move || {
            theirs.fill();
            theirs.sent.store(true, Release);
        });
        let other = thread::spawn(move || {
            if between.sent.load(Relaxed) {
                between.sent.store(true, Relaxed);
            }
        });
        if parcel.sent.load(Acquire) {
            parcel.look();
        }
        sender.join().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn starting_joining_locks_channels_barriers_and_initializers_order_accesses() {
    right(1, || {
        let parcel = Parcel::new();
        parcel.fill();
        let theirs = Arc::clone(&parcel);
        thread::spawn(move || theirs.look()).join().unwrap();
        parcel.fill();
    });
    right(2, || {
        let (parcel, lock) = (Parcel::new(), Arc::new(Mutex::new(())));
        let (theirs, their_lock) = (Arc::clone(&parcel), Arc::clone(&lock));
        let other = thread::spawn(move || {
            let _guard = their_lock.lock().unwrap();
            theirs.fill();
        });
        let guard = lock.lock().unwrap();
        parcel.fill();
        drop(guard);
        other.join().unwrap();
    });
    right(3, || {
        let (parcel, (sender, receiver)) = (Parcel::new(), mpsc::channel());
        let theirs = Arc::clone(&parcel);
        let other = thread::spawn(move || {
            theirs.fill();
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
        parcel.look();
        other.join().unwrap();
    });
    right(4, || {
        let (parcel, barrier) = (Parcel::new(), Arc::new(Barrier::new(2)));
        let (theirs, their_barrier) = (Arc::clone(&parcel), Arc::clone(&barrier));
        let other = thread::spawn(move || {
            theirs.fill();
            their_barrier.wait();
        });
        barrier.wait();
        parcel.look();
        other.join().unwrap();
    });
    right(3, || {
        let (parcel, once) = (Parcel::new(), Arc::new(Once::new()));
        let (theirs, their_once) = (Arc::clone(&parcel), Arc::clone(&once));
        let other = thread::spawn(move || their_once.call_once(|| theirs.fill()));
        once.call_once(|| parcel.fill());
        parcel.look();
        other.join().unwrap();
    });
}

#[test]
fn two_writes_race_and_two_reads_do_not() {
    let both = |access: fn(&Parcel)| {
        move || {
            let parcel = Parcel::new();
            let theirs = Arc::clone(&parcel);
            let other = thread::spawn(move || access(&theirs));
            access(&parcel);
            other.join().unwrap();
        }
    };
    right(2, both(|parcel| parcel.content.with(|_| ())));
    let race = "data race: `main` writes `content`, `thread 1` writes it, and nothing orders the two";
    wrong(2, &[race], both(|parcel| parcel.content.with_mut(|_| ())));
}
