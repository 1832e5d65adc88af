//! `queue`, beyond the plain queue.

use super::{SHORT, fine, message, start};
use crate::engine::testing::outcomes;
use crate::python::queue::{LifoQueue, PriorityQueue, Queue, SimpleQueue};
use crate::python::{Error, Shared};

#[test]
fn a_lifo_queue_gives_the_newest_and_a_priority_queue_the_least() {
    fine(|| {
        let (stack, heap) = (LifoQueue::new(0).named("stack"), PriorityQueue::new(3).numbered("heap", 1));
        for item in [2, 3, 1] {
            stack.put(item);
            heap.put(item);
        }
        assert!(heap.full() && !stack.full() && heap.maxsize() == 3);
        assert_eq!([(); 3].map(|()| stack.get()), [1, 3, 2]);
        assert_eq!([(); 3].map(|()| heap.get()), [1, 2, 3]);
        assert_eq!(message(heap.get_nowait()), "_queue.Empty");
        (0..3).for_each(|_| heap.task_done().unwrap());
        heap.join();
    });
}

#[test]
fn any_queue_is_a_queue() {
    fn fill(queue: &Queue<i32>) {
        (0..2).for_each(|item| queue.put(item));
    }
    fine(|| {
        let stack = LifoQueue::new(0);
        fill(&stack);
        let same = stack.clone();
        assert_eq!((same.get(), stack.qsize()), (1, 1));
    });
}

#[test]
fn a_simple_queue_has_room_for_all() {
    let taken = outcomes(|| {
        let queue = SimpleQueue::new().named("simple");
        assert!(queue.empty() && queue.get_timeout(SHORT) == Err(Error::Empty));
        let other = queue.clone();
        start(move || (0..3).for_each(|item| other.put(item))).join().unwrap();
        assert_eq!(queue.qsize(), 3);
        (queue.get(), queue.get_nowait().unwrap(), queue.get_timeout(SHORT).unwrap(), queue.empty())
    });
    assert_eq!(taken, [(0, 1, 2, true)]);
}

#[test]
fn a_queue_shut_down_gives_what_it_has_and_no_more() {
    fine(|| {
        let queue = Queue::new(2);
        queue.put(1);
        queue.shutdown(false);
        assert_eq!(message(queue.try_put(2)), "queue.ShutDown");
        assert_eq!(queue.put_nowait(2), Err(Error::ShutDown));
        assert_eq!(queue.put_timeout(2, SHORT), Err(Error::ShutDown));
        assert_eq!(queue.try_get(), Ok(1));
        assert_eq!((queue.try_get(), queue.get_nowait()), (Err(Error::ShutDown), Err(Error::ShutDown)));
        assert_eq!(queue.get_timeout(SHORT), Err(Error::ShutDown));
        queue.task_done().unwrap();
        queue.join();
    });
}

#[test]
fn a_shut_down_wakes_those_who_wait() {
    for immediate in [false, true] {
        let seen = outcomes(move || {
            let (queue, got) = (Queue::new(1), Shared::new(String::new()));
            queue.put(1);
            let (put, get, told) = (queue.clone(), queue.clone(), got.clone());
            let putter = start(move || assert_eq!(put.try_put(2), Err(Error::ShutDown)));
            queue.shutdown(immediate);
            let getter = start(move || told.set(format!("{:?} {:?}", get.try_get(), get.try_get())));
            putter.join().unwrap();
            getter.join().unwrap();
            if immediate {
                queue.join();
            }
            got.get()
        });
        let (left, gone) = ("Ok(1) Err(ShutDown)".to_owned(), "Err(ShutDown) Err(ShutDown)".to_owned());
        assert_eq!(seen, [if immediate { gone } else { left }]);
    }
}
