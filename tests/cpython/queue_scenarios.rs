//! The scenarios of `queue_scenarios.py`.

use super::{Lines, SHORT, Scenario, append, list, repr};
use selvedge::python::queue::{LifoQueue, PriorityQueue, Queue, SimpleQueue};
use selvedge::python::threading::Thread;
use std::cmp::Ordering;

pub(super) const SCENARIOS: [Scenario; 3] =
    [("queues", queues), ("other_queues", other_queues), ("equals", equals)];

fn queues(lines: &Lines) {
    let tasks = Queue::new(2);
    let empty = [repr(tasks.empty()), repr(tasks.full()), repr(tasks.qsize()), repr(tasks.get_nowait())];
    lines.tell("empty", &[&empty[0], &empty[1], &empty[2], &empty[3]]);
    lines.tell("get in vain", &[&repr(tasks.get_timeout(SHORT))]);
    tasks.put("a");
    tasks.put_nowait("b").unwrap();
    let full = [repr(tasks.empty()), repr(tasks.full()), repr(tasks.qsize()), repr(tasks.put_nowait("c"))];
    lines.tell("full", &[&full[0], &full[1], &full[2], &full[3]]);
    lines.tell("put in vain", &[&repr(tasks.put_timeout("c", SHORT))]);
    lines.tell("get", &[&tasks.get(), &tasks.get_nowait().unwrap(), &tasks.maxsize()]);
    let done: Vec<String> = (0..3).map(|_| repr(tasks.task_done())).collect();
    lines.tell("done", &[&repr(done)]);
    tasks.join();
    lines.tell("join", &[&repr(())]);
    let (tasks, taken) = (Queue::new(1), list());
    let (items, takes) = (tasks.clone(), taken.clone());
    let consumer = Thread::new(move || (0..3).for_each(|_| append(&takes, items.get())));
    consumer.start().unwrap();
    (0..3).for_each(|item| tasks.put(item));
    consumer.join().unwrap();
    lines.tell("through room for one", &[&repr(taken.get())]);
}

fn other_queues(lines: &Lines) {
    let items = [5, 3, 8, 1, 9, 2];
    let (stack, heap, simple) = (LifoQueue::new(0), PriorityQueue::new(0), SimpleQueue::new());
    for item in items {
        stack.put(item);
        heap.put(item);
        simple.put(item);
    }
    for (name, queue) in [("LifoQueue", Queue::clone(&stack)), ("PriorityQueue", Queue::clone(&heap))] {
        let taken = items.map(|_| queue.get()).to_vec();
        lines.tell(name, &[&repr(taken), &repr(queue.empty()), &repr(queue.get_nowait())]);
    }
    let taken = items.map(|_| simple.get()).to_vec();
    lines.tell("SimpleQueue", &[&repr(taken), &repr(simple.empty()), &repr(simple.get_nowait())]);
    let stack = LifoQueue::new(1);
    stack.put(1);
    let late = [repr(stack.full()), repr(stack.put_timeout(2, SHORT)), repr(stack.get_timeout(SHORT))];
    lines.tell("a full stack", &[&late[0], &late[1], &late[2]]);
    let heap = PriorityQueue::new(0);
    [(2, "b"), (1, "z"), (2, "a"), (1, "a")].into_iter().for_each(|pair| heap.put(pair));
    let second: String = (0..4).map(|_| heap.get().1).collect();
    lines.tell("pairs", &[&second, &repr(heap.task_done())]);
    let simple = SimpleQueue::<i32>::new();
    lines.tell("get in vain", &[&repr(simple.get_timeout(SHORT)), &repr(simple.qsize())]);
}

/// Of which two are equal when their keys are.
#[derive(Clone, Debug)]
struct Item {
    key: u8,
    name: char,
}

impl PartialEq for Item {
    fn eq(&self, other: &Item) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Item) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Item) -> Ordering {
        self.key.cmp(&other.key)
    }
}

fn equals(lines: &Lines) {
    let heap = PriorityQueue::new(0);
    for (key, name) in [1, 1, 0, 1, 0, 1, 2, 0, 1].into_iter().zip('a'..) {
        heap.put(Item { key, name });
    }
    let order: String = (0..9).map(|_| heap.get().name).collect();
    lines.tell("equals", &[&order]);
}
