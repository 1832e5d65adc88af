//! Happens-before, step by step.

use super::*;
use crate::base::{Action, AtomicAction, Outcome, synchronization};
use std::sync::atomic::Ordering;

const A: ThreadId = ThreadId(0);
const B: ThreadId = ThreadId(1);

fn store(ordering: Ordering) -> (Acquire, Release) {
    synchronization(Action::Atomic(AtomicAction::Store { value: 1, ordering }), Outcome::Done)
}

fn load(ordering: Ordering) -> (Acquire, Release) {
    synchronization(Action::Atomic(AtomicAction::Load(ordering)), Outcome::Value(1))
}

/// A writes at step 1, publishes at step 2 as given; B reads the flag at step 3; does B know of the write?
fn published(publish: Ordering, read: Ordering, fences: bool) -> bool {
    let (mut a, mut b, mut flag) = (Knowledge::default(), Knowledge::default(), Trail::default());
    flag.clear();
    if fences {
        a.fence(A, 1, Ordering::Release);
    }
    flag.synchronize(&mut a, A, 2, store(publish));
    flag.synchronize(&mut b, B, 3, load(read));
    if fences {
        b.fence(B, 4, Ordering::Acquire);
    }
    b.clock.get(A) >= 1
}

#[test]
fn only_release_and_acquire_together_publish() {
    use Ordering::{Acquire, Relaxed, Release, SeqCst};
    assert!(published(Release, Acquire, false));
    assert!(published(SeqCst, SeqCst, false));
    assert!(!published(Relaxed, Acquire, false));
    assert!(!published(Release, Relaxed, false));
    assert!(published(Relaxed, Relaxed, true));
}

#[test]
fn a_relaxed_store_ends_a_release_sequence_and_a_relaxed_increment_carries_it_on() {
    let increment =
        AtomicAction::Rmw { function: crate::base::Rmw::Add, operand: 1, ordering: Ordering::Relaxed };
    let increment = synchronization(Action::Atomic(increment), Outcome::Value(1));
    for (between, carried) in [(increment, true), (store(Ordering::Relaxed), false)] {
        let (mut a, mut b, mut c) = (Knowledge::default(), Knowledge::default(), Knowledge::default());
        let mut flag = Trail::default();
        flag.clear();
        flag.synchronize(&mut a, A, 2, store(Ordering::Release));
        flag.synchronize(&mut b, B, 3, between);
        flag.synchronize(&mut c, ThreadId(2), 4, load(Ordering::Acquire));
        assert_eq!(c.clock.get(A) == 2, carried);
    }
}

#[test]
fn unordered_accesses_race_unless_both_read() {
    let (a, b, mut cell) = (VectorClock::new(), VectorClock::new(), Trail::default());
    cell.clear();
    assert_eq!(cell.read(&a, A, 1), None);
    assert_eq!(cell.read(&b, B, 2), None);
    assert_eq!(cell.write(&b, B, 3, 2), Some(1));
    assert_eq!(cell.read(&a, A, 4), Some(3));
}

#[test]
fn whoever_learns_in_between_leaves_all_that_it_knows() {
    let lock = (Acquire::Released, Release::Nothing);
    let unlock = (Acquire::Nothing, Release::Replace);
    let threads = [ThreadId(20), ThreadId(21), ThreadId(22)];
    let mut knows = [Knowledge::default(), Knowledge::default(), Knowledge::default()];
    let (mut first, mut second) = (Trail::default(), Trail::default());
    first.synchronize(&mut knows[0], threads[0], 1, unlock);
    first.synchronize(&mut knows[0], threads[0], 2, unlock);
    second.synchronize(&mut knows[1], threads[1], 3, unlock);
    second.synchronize(&mut knows[0], threads[0], 4, lock);
    first.synchronize(&mut knows[0], threads[0], 5, unlock);
    first.synchronize(&mut knows[2], threads[2], 6, lock);
    assert_eq!((knows[2].clock.get(threads[0]), knows[2].clock.get(threads[1])), (5, 3));
}

#[test]
fn each_message_carries_its_own_senders_knowledge() {
    let send = (Acquire::Nothing, Release::Enqueue);
    let receive = (Acquire::Oldest, Release::Nothing);
    let (mut a, mut b, mut channel) = (Knowledge::default(), Knowledge::default(), Trail::default());
    channel.synchronize(&mut a, A, 1, send);
    channel.synchronize(&mut a, A, 5, send);
    channel.synchronize(&mut b, B, 6, receive);
    assert_eq!(b.clock.get(A), 1);
    channel.synchronize(&mut b, B, 7, receive);
    assert_eq!(b.clock.get(A), 5);
}

/// What a thread knows when it comes after `first` and then a step like `second` of the same other thread, which has learned of
/// a third one in between; the ways of synchronizing few threads and any number of them are mixed.
fn passed_on(first: bool, learn: bool, second: bool) -> u32 {
    fn step(
        few: bool,
        trail: &mut Trail,
        who: &mut Knowledge,
        me: ThreadId,
        offset: u32,
        effect: (Acquire, Release),
    ) {
        match few {
            true => trail.synchronize_among::<true>(who, me, offset, effect),
            false => trail.synchronize(who, me, offset, effect),
        }
    }
    let (lock, unlock) = ((Acquire::Released, Release::Nothing), (Acquire::Nothing, Release::Replace));
    let c = ThreadId(2);
    let mut knows = [Knowledge::default(), Knowledge::default(), Knowledge::default()];
    let (mut mutex, mut flag) = (Trail::default(), Trail::default());
    step(first, &mut mutex, &mut knows[0], A, 1, unlock);
    flag.synchronize(&mut knows[1], B, 2, unlock);
    step(learn, &mut flag, &mut knows[0], A, 3, lock);
    step(second, &mut mutex, &mut knows[0], A, 4, unlock);
    mutex.synchronize(&mut knows[2], c, 5, lock);
    knows[2].clock.get(B)
}

#[test]
fn whoever_learns_by_one_way_passes_it_on_by_the_other() {
    for ways in 0..8u32 {
        assert_eq!(passed_on(ways & 1 != 0, ways & 2 != 0, ways & 4 != 0), 2, "{ways:03b}");
    }
}
