//! Tests of barriers.

use super::{deadlocks, finishes};
use crate::sync::Barrier;
use crate::thread;
use std::sync::Arc;

#[test]
fn outside_it_behaves_as_stds() {
    let barrier = Arc::new(Barrier::new(2).named("b"));
    let other = Arc::clone(&barrier);
    let thread = std::thread::spawn(move || other.wait().is_leader());
    let mine = barrier.wait();
    assert_ne!(mine.is_leader(), thread.join().unwrap());
    assert_eq!(
        format!("{barrier:?} {:?}", Barrier::new(0).wait()),
        "Barrier { .. } BarrierWaitResult { is_leader: true }"
    );
}

#[test]
fn one_of_each_generation_leads() {
    finishes(|| {
        let barrier = Arc::new(Barrier::with_name(2, "b"));
        let twice = |barrier: &Barrier| [barrier.wait().is_leader(), barrier.wait().is_leader()];
        let other = Arc::clone(&barrier);
        let thread = thread::spawn(move || twice(&other));
        let mine = twice(&barrier);
        let theirs = thread.join().unwrap();
        assert!(mine[0] != theirs[0] && mine[1] != theirs[1]);
    });
}

#[test]
fn too_few_wait_for_ever() {
    let (deadlocked, all) = deadlocks(|| {
        Barrier::new(2).wait();
    });
    assert_eq!(deadlocked, all);
}
