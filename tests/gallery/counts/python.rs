//! Programs around Python's own objects.

use super::run_all;
use selvedge::python::Shared;
use selvedge::python::queue::{LifoQueue, Queue, SimpleQueue};
use selvedge::python::threading::{Barrier, Semaphore};

/// `permits` for `n` threads that each do `x += 1` inside.
fn semaphore(permits: u32, n: u32) {
    let (semaphore, x) = (Semaphore::new(permits), Shared::new(0));
    run_all((0..n).map(|_| {
        let (semaphore, x) = (semaphore.clone(), x.clone());
        move || semaphore.with(|| x.set(x.get() + 1))
    }));
}

pub(super) fn one_permit(n: u32, _: u32) {
    semaphore(1, n);
}

pub(super) fn two_permits(n: u32, _: u32) {
    semaphore(2, n);
}

/// Each thread releases what the next one acquires; the first goes without.
pub(super) fn relay(n: u32, _: u32) {
    let semaphores: Vec<_> = (0..=n).map(|_| Semaphore::new(0)).collect();
    run_all((0..n as usize).map(|i| {
        let (before, after) = (semaphores[i].clone(), semaphores[i + 1].clone());
        move || {
            if i > 0 {
                before.acquire();
            }
            after.release();
        }
    }));
}

pub(super) fn barrier(n: u32, rounds: u32) {
    let barrier = Barrier::new(n);
    run_all((0..n).map(|_| {
        let barrier = barrier.clone();
        move || (0..rounds).for_each(|_| assert!(barrier.wait().is_ok()))
    }));
}

/// One thread more than go through.
pub(super) fn one_too_many(n: u32, _: u32) {
    let barrier = Barrier::new(n);
    run_all((0..=n).map(|_| {
        let barrier = barrier.clone();
        move || assert!(barrier.wait().is_ok())
    }));
}

/// `n` producers of one item each, and one consumer of all.
fn funnel(n: u32, queue: Queue<u32>) {
    let (producer, consumer) = (queue.clone(), queue);
    let producers = (0..n).map(move |i| {
        let queue = producer.clone();
        Box::new(move || queue.put(i)) as Box<dyn FnOnce() + Send>
    });
    let consume = Box::new(move || (0..n).for_each(|_| drop(consumer.get().to_string())));
    run_all(producers.chain([consume as Box<dyn FnOnce() + Send>]));
}

pub(super) fn fifo(n: u32, _: u32) {
    funnel(n, Queue::new(0));
}

pub(super) fn fifo_of_one(n: u32, _: u32) {
    funnel(n, Queue::new(1));
}

pub(super) fn lifo(n: u32, _: u32) {
    funnel(n, Queue::clone(&LifoQueue::new(0)));
}

/// One producer and one consumer of `n` items.
pub(super) fn simple(n: u32, _: u32) {
    let queue = SimpleQueue::new();
    let (put, get) = (queue.clone(), queue);
    let sides: [Box<dyn FnOnce() + Send>; 2] = [
        Box::new(move || (0..n).for_each(|i| put.put(i))),
        Box::new(move || (0..n).for_each(|_| drop(get.get().to_string()))),
    ];
    run_all(sides.into_iter());
}
