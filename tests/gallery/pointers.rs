//! Reference-counted pointers: the last drop comes after all others.

use super::{every_trace, outcomes, outcomes_of, right, wrong};
use selvedge::cell::UnsafeCell;
use selvedge::sync::{Arc, Weak};
use selvedge::{MemoryModel, thread};

struct Slate(UnsafeCell<u32>);

// SAFETY: false, on purpose: whether accesses are ordered is what the tests ask.
unsafe impl Sync for Slate {}

impl Drop for Slate {
    fn drop(&mut self) {
        self.0.with_mut(|_| ());
    }
}

#[test]
fn a_cell_written_when_the_last_pointer_goes_is_no_race() {
    // The destructor's access counts as an operation, so that drops are steps: two threads take two steps each in 6 orders.
    right(6, || {
        let slate = Arc::new(Slate(UnsafeCell::with_name(0, "slate")));
        let theirs = Arc::clone(&slate);
        let other = thread::spawn(move || theirs.0.with(|_| ()));
        slate.0.with(|_| ());
        drop(slate);
        other.join().unwrap();
    });
}

#[test]
fn a_cell_written_when_somebody_thinks_that_it_is_the_last_is_a_race() {
    // The count says one, but looking at it orders nothing.
    let report = super::every().explore(|| {
        let slate = Arc::new(Slate(UnsafeCell::with_name(0, "slate")));
        let theirs = Arc::clone(&slate);
        let other = thread::spawn(move || theirs.0.with_mut(|_| ()));
        slate.0.with_mut(|_| ());
        drop(slate);
        other.join().unwrap();
    });
    let report = report.unwrap();
    assert_eq!(report.findings()[0].finding.kind(), selvedge::finding::FindingKind::DataRace, "{report}");
}

#[test]
fn the_only_owner_may_change_what_it_owns() {
    let seen = outcomes(|| {
        let mut mine = Arc::new(Slate(UnsafeCell::new(1)));
        let theirs = Arc::clone(&mine);
        let other = thread::spawn(move || {
            // A drop that is not the last is no step of its own, so it needs one before it to come late.
            thread::yield_now();
            drop(theirs);
        });
        let alone = Arc::get_mut(&mut mine).map(|slate| *slate.0.get_mut() += 1).is_some();
        other.join().unwrap();
        alone
    });
    assert_eq!(seen, [false, true]);
}

/// Writes, and lets its weak pointer go.
fn write_and_let_go(of: &Arc<u32>, slate: &std::sync::Arc<Slate>) -> thread::JoinHandle<()> {
    let (weak, slate) = (Arc::downgrade(of), std::sync::Arc::clone(slate));
    thread::spawn(move || {
        slate.0.with_mut(|_| ());
        drop(weak);
    })
}

#[test]
fn who_gets_what_is_behind_a_pointer_knows_of_weak_ones_that_are_gone() {
    for explorer in [super::every(), every_trace()] {
        let seen = outcomes_of(explorer, || {
            let slate = std::sync::Arc::new(Slate(UnsafeCell::new(0)));
            let mut mine = Arc::new(1);
            let other = write_and_let_go(&mine, &slate);
            let alone = Arc::get_mut(&mut mine).is_some();
            if alone {
                slate.0.with(|_| ());
            }
            other.join().unwrap();
            alone
        });
        assert_eq!(seen, [false, true]);
    }
}

#[test]
fn who_only_takes_the_value_out_of_a_pointer_knows_nothing_of_weak_ones() {
    let report = super::every().explore(|| {
        let slate = std::sync::Arc::new(Slate(UnsafeCell::with_name(0, "slate")));
        let mine = Arc::new(1);
        let other = write_and_let_go(&mine, &slate);
        assert_eq!(Arc::try_unwrap(mine), Ok(1));
        slate.0.with(|_| ());
        other.join().unwrap();
    });
    let report = report.unwrap();
    assert_eq!(report.findings()[0].finding.kind(), selvedge::finding::FindingKind::DataRace, "{report}");
}

#[test]
fn an_upgrade_beside_the_last_drop_sees_both() {
    let seen = outcomes(|| {
        let strong = Arc::new(1);
        let weak: Weak<u32> = Arc::downgrade(&strong);
        let other = thread::spawn(move || weak.upgrade().is_some());
        drop(strong);
        other.join().unwrap()
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn an_upgrade_beside_the_making_of_a_value_sees_it_whole_or_not_at_all() {
    struct Part(UnsafeCell<u32>);
    // SAFETY: who reads it has upgraded a pointer, and it is written before that can be done.
    unsafe impl Sync for Part {}
    fn upgrades() -> (bool, Option<u32>) {
        let (mut early, mut other) = (false, None);
        let whole = Arc::new_cyclic(|weak: &Weak<Part>| {
            let theirs = weak.clone();
            // SAFETY: as above.
            let read = move || theirs.upgrade().map(|part| part.0.with(|number| unsafe { *number }));
            other = Some(thread::spawn(read));
            early = weak.upgrade().is_some();
            let part = Part(UnsafeCell::new(1));
            // SAFETY: as above.
            part.0.with_mut(|number| unsafe { *number = 2 });
            part
        });
        let read = other.unwrap().join().unwrap();
        drop(whole);
        (early, read)
    }
    let expected = [(false, None), (false, Some(2))];
    assert_eq!(outcomes(upgrades), expected);
    for memory in [MemoryModel::SequentiallyConsistent, MemoryModel::C11] {
        assert_eq!(outcomes_of(every_trace().memory(memory), upgrades), expected, "{memory:?}");
    }
}

#[test]
fn one_of_two_owners_unwraps_at_most() {
    let seen = outcomes(|| {
        let mine = Arc::new(1);
        let theirs = Arc::clone(&mine);
        let other = thread::spawn(move || Arc::into_inner(theirs).is_some());
        (Arc::into_inner(mine).is_some(), other.join().unwrap())
    });
    assert_eq!(seen, [(false, true), (true, false)]);
}

#[test]
fn two_owners_that_try_to_unwrap_may_both_fail() {
    let seen = outcomes(|| {
        let mine = Arc::new(1);
        let theirs = Arc::clone(&mine);
        let other = thread::spawn(move || Arc::try_unwrap(theirs).is_ok());
        let alone = Arc::try_unwrap(mine).is_ok();
        (alone, other.join().unwrap())
    });
    // Both may find the other one still there: what comes back from the first is a pointer until it is dropped.
    assert_eq!(seen, [(false, false), (false, true), (true, false)]);
}

#[test]
fn cloning_and_dropping_are_no_scheduling_points() {
    right(1, || {
        let mine = Arc::new(1);
        let theirs = Arc::clone(&mine);
        let other = thread::spawn(move || drop(Arc::clone(&theirs)));
        drop(Arc::clone(&mine));
        other.join().unwrap();
        assert_eq!(Arc::strong_count(&mine), 1);
    });
    wrong(1, &["panic: `main` panicked: two"], || {
        let (one, _two) = (Arc::new(1), Arc::new(2));
        let _other = Arc::clone(&one);
        assert!(Arc::strong_count(&one) == 1, "two");
    });
}

#[test]
fn what_is_seen_of_a_count_depends_on_who_drops_meanwhile() {
    let seen = outcomes_everywhere(|| {
        let one = Arc::new(0);
        let other = Arc::clone(&one);
        let asks = thread::spawn(move || Arc::into_inner(one).is_some());
        drop(other);
        u64::from(asks.join().unwrap())
    });
    assert_eq!(seen, [0, 1]);
    let seen = outcomes_everywhere(|| {
        let one = Arc::new(0);
        let other = Arc::clone(&one);
        let asks = thread::spawn(move || Arc::strong_count(&one) as u64);
        drop(other);
        asks.join().unwrap()
    });
    assert_eq!(seen, [1, 2]);
    let seen = outcomes_everywhere(|| {
        let mut one = Arc::new(0);
        let weak = Arc::downgrade(&one);
        let asks = thread::spawn(move || Arc::get_mut(&mut one).is_some());
        drop(weak);
        u64::from(asks.join().unwrap())
    });
    assert_eq!(seen, [0, 1]);
}

#[test]
fn who_knows_that_all_others_are_gone_has_no_choice() {
    let seen = outcomes_everywhere(|| {
        let one = Arc::new(0);
        let other = Arc::clone(&one);
        let drops = thread::spawn(move || drop(other));
        drops.join().unwrap();
        u64::from(Arc::try_unwrap(one).is_ok())
    });
    assert_eq!(seen, [1]);
}

/// The same under every interleaving and every trace.
#[track_caller]
fn outcomes_everywhere(model: fn() -> u64) -> Vec<u64> {
    let seen = outcomes(model);
    assert_eq!(outcomes_of(every_trace(), model), seen);
    seen
}
