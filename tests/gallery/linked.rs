//! Structures linked by atomic pointers, whose nodes lie elsewhere in every execution.

use super::{every_trace, expect};
use selvedge::MemoryModel::{C11, SequentiallyConsistent};
use selvedge::cell::UnsafeCell;
use selvedge::sync::Arc;
use selvedge::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};
use selvedge::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};
use selvedge::{hint, thread};
use std::ptr::{null_mut, with_exposed_provenance_mut};

/// A stack (Treiber, 1986) that is only pushed to, by three threads at once.
struct Stack<Head>(Head);

struct Plate {
    number: usize,
    below: *mut Plate,
}

impl Stack<AtomicPtr<Plate>> {
    fn push(&self, number: usize) {
        let plate = Box::into_raw(Box::new(Plate { number, below: null_mut() }));
        loop {
            let top = self.0.load(Relaxed);
            // SAFETY: nobody else knows of it yet.
            unsafe { (*plate).below = top };
            if self.0.compare_exchange(top, plate, Release, Relaxed).is_ok() {
                return;
            }
        }
    }

    fn take_all(&self) -> Vec<usize> {
        let (mut numbers, mut top) = (Vec::new(), self.0.swap(null_mut(), Acquire));
        while !top.is_null() {
            // SAFETY: made by `push`, and in the stack once.
            let plate = unsafe { Box::from_raw(top) };
            numbers.push(plate.number);
            top = plate.below;
        }
        numbers
    }
}

#[test]
fn a_stack_of_pointers_is_a_stack_of_numbers() {
    for memory in [SequentiallyConsistent, C11] {
        expect(every_trace().memory(memory), 60, &[], || {
            let stack = Arc::new(Stack(AtomicPtr::new(null_mut())));
            let push = |number| {
                let stack = Arc::clone(&stack);
                thread::spawn(move || stack.push(number))
            };
            let threads = [push(1), push(2)];
            stack.push(3);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            let mut numbers = stack.take_all();
            numbers.sort();
            assert_eq!(numbers, [1, 2, 3]);
        });
        expect(every_trace().memory(memory), 60, &[], || {
            let stack = Arc::new(Stack(AtomicUsize::new(0)));
            let push = |stack: &Stack<AtomicUsize>, number| loop {
                let top = stack.0.load(Relaxed);
                if stack.0.compare_exchange(top, number, Release, Relaxed).is_ok() {
                    return;
                }
            };
            let start = |number| {
                let stack = Arc::clone(&stack);
                thread::spawn(move || push(&stack, number))
            };
            let threads = [start(1), start(2)];
            push(&stack, 3);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            stack.0.swap(0, Acquire);
        });
    }
}

/// A queue of those who wait for a lock (Mellor-Crummey and Scott, 1991). Each has a place of its own, allocated every time; they are
/// freed at the end, so that none lies where another was.
struct Queue {
    last: AtomicPtr<Place>,
    count: UnsafeCell<u32>,
}

struct Place {
    waits: AtomicBool,
    next: AtomicPtr<Place>,
}

// SAFETY: the count is used by who has the lock, which is what is tested; on one thread of the operating system in any case.
unsafe impl Sync for Queue {}

impl Queue {
    fn add_one(&self, seen: Ordering) -> usize {
        let new = Place { waits: AtomicBool::new(true), next: AtomicPtr::new(null_mut()) };
        let mine = Box::into_raw(Box::new(new));
        let before = self.last.swap(mine, AcqRel);
        // SAFETY: places are freed when all is over.
        unsafe {
            if !before.is_null() {
                (*before).next.store(mine, Release);
                while (*mine).waits.load(seen) {
                    hint::spin_loop();
                }
            }
            self.count.with_mut(|count| *count += 1);
            let alone = || self.last.compare_exchange(mine, null_mut(), Release, Relaxed).is_ok();
            if !(*mine).next.load(Acquire).is_null() || !alone() {
                while (*mine).next.load(Acquire).is_null() {
                    hint::spin_loop();
                }
                (*(*mine).next.load(Relaxed)).waits.store(false, Release);
            }
        }
        mine.expose_provenance()
    }
}

fn two_add(times: u32, seen: Ordering) {
    let queue = Arc::new(Queue { last: AtomicPtr::new(null_mut()), count: UnsafeCell::new(0) });
    let theirs = Arc::clone(&queue);
    let other = thread::spawn(move || (0..times).map(|_| theirs.add_one(seen)).collect::<Vec<_>>());
    let mine: Vec<_> = (0..times).map(|_| queue.add_one(seen)).collect();
    for place in mine.into_iter().chain(other.join().unwrap()) {
        // SAFETY: made by `add_one`, and nobody uses it any more.
        drop(unsafe { Box::from_raw(with_exposed_provenance_mut::<Place>(place)) });
    }
    // SAFETY: the other has ended.
    assert_eq!(queue.count.with(|count| unsafe { *count }), 2 * times);
}

#[test]
fn a_queue_lock_is_right() {
    for memory in [SequentiallyConsistent, C11] {
        expect(every_trace().memory(memory), 14, &[], || two_add(1, Acquire));
        expect(every_trace().memory(memory), 798, &[], || two_add(2, Acquire));
    }
}

#[test]
fn a_queue_lock_handed_on_too_loosely_is_wrong() {
    for memory in [SequentiallyConsistent, C11] {
        let report = every_trace().memory(memory).explore(|| two_add(1, Relaxed)).unwrap();
        let told = super::headlines(&report);
        assert!(!told.is_empty() && told.iter().all(|told| told.starts_with("data race: ")), "{report}");
        assert_eq!(report.executions(), 14, "{report}");
    }
}

#[test]
fn a_tag_in_a_pointer_is_set_by_one() {
    for memory in [SequentiallyConsistent, C11] {
        expect(every_trace().memory(memory), 3, &[], || {
            let node = Box::into_raw(Box::new(7_u64));
            let link = Arc::new(AtomicPtr::new(node));
            let theirs = Arc::clone(&link);
            let sets_tag = |link: &AtomicPtr<u64>| link.fetch_or(1, AcqRel).addr() & 1 == 0;
            let other = thread::spawn(move || sets_tag(&theirs));
            let cut = link.compare_exchange(node, null_mut(), AcqRel, Acquire).is_ok();
            let mine = sets_tag(&link);
            assert!(mine != other.join().unwrap());
            assert_eq!(link.load(Relaxed).addr(), if cut { 1 } else { node.addr() + 1 });
            // SAFETY: made above; nobody uses it any more.
            drop(unsafe { Box::from_raw(node) });
        });
    }
}
