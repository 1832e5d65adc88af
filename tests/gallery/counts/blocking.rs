//! Programs whose threads wait for each other.

use super::run_all;
use selvedge::python::Error;
use selvedge::python::threading::{Condition, Lock, RLock};
use selvedge::sync::{Arc, Mutex};
use selvedge::thread;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

pub(super) fn locked_update(n: u32, rounds: u32) {
    let balance = Arc::new(Mutex::new(0));
    run_all((0..n).map(|_| {
        let balance = Arc::clone(&balance);
        move || (0..rounds).for_each(|_| *balance.lock().unwrap() += 1)
    }));
}

pub(super) fn rlock_twice(n: u32, rounds: u32) {
    let lock = RLock::new();
    run_all((0..n).map(|_| {
        let lock = lock.clone();
        move || (0..rounds).for_each(|_| lock.with(|| lock.with(|| ())))
    }));
}

pub(super) fn abba(_: u32, rounds: u32) {
    let locks = Arc::new([Mutex::new(()), Mutex::new(())]);
    run_all([0, 1].into_iter().map(|first: usize| {
        let locks = Arc::clone(&locks);
        move || {
            for _ in 0..rounds {
                let _outer = locks[first].lock().unwrap();
                let _inner = locks[1 - first].lock().unwrap();
            }
        }
    }));
}

pub(super) fn philosophers(n: u32, _: u32) {
    let forks: Arc<Vec<_>> = Arc::new((0..n).map(|_| Mutex::new(())).collect());
    run_all((0..n as usize).map(|left| {
        let forks = Arc::clone(&forks);
        move || {
            let _left = forks[left].lock().unwrap();
            let _right = forks[(left + 1) % forks.len()].lock().unwrap();
        }
    }));
}

/// A step of a program around one condition.
fn unwrap<T>(result: Result<T, Error>) -> T {
    result.expect("the lock is held")
}

pub(super) fn lost_wakeup(_: u32, _: u32) {
    let condition = Condition::over(&Lock::new());
    let (waits, notifies) = (condition.clone(), condition);
    let waits = thread::spawn(move || waits.with(|| unwrap(waits.wait())));
    let notifies = thread::spawn(move || notifies.with(|| unwrap(notifies.notify())));
    waits.join().unwrap();
    notifies.join().unwrap();
}

/// Producers put so many items each, consumers take so many each, around one condition. How many items there are is
/// known only under the lock, so it is no step.
fn queue(producers: &[u32], consumers: &[u32], room: u32) {
    let condition = Condition::over(&Lock::new());
    let items = Arc::new(AtomicU32::new(0));
    // Waits while there are `from` items.
    let side = |count: u32, from: u32, change: fn(u32) -> u32| {
        let (condition, items) = (condition.clone(), Arc::clone(&items));
        move || {
            for _ in 0..count {
                condition.with(|| {
                    while items.load(SeqCst) == from {
                        unwrap(condition.wait());
                    }
                    items.store(change(items.load(SeqCst)), SeqCst);
                    if from == 0 && room == u32::MAX {
                        // Nobody waits for room.
                        return;
                    }
                    unwrap(condition.notify());
                });
            }
        }
    };
    let producers = producers.iter().map(|count| side(*count, room, |items| items + 1));
    let consumers = consumers.iter().map(|count| side(*count, 0, |items| items - 1));
    run_all(producers.chain(consumers));
}

pub(super) fn one_to_one(_: u32, items: u32) {
    queue(&[items], &[items], u32::MAX);
}

pub(super) fn two_to_one(_: u32, items: u32) {
    queue(&[items, items], &[2 * items], u32::MAX);
}

pub(super) fn one_to_two(_: u32, items: u32) {
    queue(&[2 * items], &[items, items], u32::MAX);
}

pub(super) fn room_for_one(_: u32, items: u32) {
    queue(&[items], &[items], 1);
}
