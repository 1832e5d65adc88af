//! The scenarios of `multiprocessing_scenarios.py`.

use super::{Lines, Repr, SHORT, Scenario, repr, until};
use selvedge::python::multiprocessing::{
    Array, Barrier, BoundedSemaphore, Condition, JoinableQueue, Lock, Manager, Process, Queue, RLock,
    Semaphore, SimpleQueue, Value, current_process, pipe,
};
use selvedge::python::threading::{Event, Returned};
use selvedge::python::{Error, sys};
use std::fmt::Display;

pub(super) const SCENARIOS: [Scenario; 8] = [
    ("ends", ends),
    ("pipes", pipes),
    ("queues", queues),
    ("memory", memory),
    ("locks", locks),
    ("semaphores", semaphores),
    ("barriers", barriers),
    ("managers", managers),
];

/// As [`Lines::tell`], of facts that are text already.
fn tell<const N: usize>(lines: &Lines, name: &str, facts: [String; N]) {
    let facts: Vec<&dyn Display> = facts.iter().map(|fact| fact as &dyn Display).collect();
    lines.tell(name, &facts);
}

/// A value that may not be known.
fn option<T: Repr>(value: Result<Option<T>, Error>) -> String {
    match value {
        Ok(Some(value)) => repr(value),
        Ok(None) => repr(()),
        Err(error) => error.to_string(),
    }
}

fn ran<R: Returned>(target: impl FnOnce() -> R + Send + 'static) -> String {
    let process = Process::new(target);
    process.start().unwrap();
    process.join().unwrap();
    option(process.exitcode())
}

fn ends(lines: &Lines) {
    let codes = [
        ran(|| ()),
        ran(|| {
            if true {
                sys::exit(3)
            }
        }),
        ran(|| {
            if true {
                sys::exit(0)
            }
        }),
    ];
    tell(lines, "exit codes", codes);
    for stop in [Process::terminate as fn(&Process) -> Result<(), Error>, Process::kill] {
        let never = Event::new();
        let process = Process::new(move || never.wait());
        let known = |process: &Process| (repr(process.is_alive()), option(process.exitcode()));
        let (alive, code) = known(&process);
        tell(lines, "before", [alive, code, repr(process.join())]);
        process.start().unwrap();
        let (alive, code) = known(&process);
        tell(lines, "while", [alive, code, repr(process.close())]);
        stop(&process).unwrap();
        process.join().unwrap();
        let (alive, code) = known(&process);
        tell(lines, "after", [alive, code, repr(process.start()), repr(stop(&process))]);
        process.close().unwrap();
        tell(lines, "closed", [repr(process.join()), repr(process.is_alive()), repr(process.start())]);
    }
    let process = Process::new(|| ());
    let pid = option(Ok(process.pid().map(|pid| pid as usize)));
    tell(lines, "not started", [repr(process.terminate()), repr(process.kill()), pid]);
    tell(lines, "self", [current_process().name(), repr(current_process().join())]);
}

fn pipes(lines: &Lines) {
    let (one, other) = pipe("pipe").back("back").duplex();
    tell(lines, "poll", [repr(one.poll()), repr(one.poll_timeout(SHORT))]);
    one.send(1).unwrap();
    tell(lines, "there", [repr(other.poll()), repr(other.recv()), repr(other.poll())]);
    other.send(2).unwrap();
    tell(lines, "back", [repr(one.recv())]);
    one.send(3).unwrap();
    one.close();
    let left = [repr(other.recv()), repr(other.poll()), repr(other.recv()), repr(other.send(4))];
    tell(lines, "left", left);
    tell(lines, "closed", [repr(one.recv()), repr(one.send(5)), repr(one.poll()), repr(one.is_closed())]);
    let (reader, writer) = pipe("one way").one_way();
    tell(lines, "one way", [repr(reader.send(1)), repr(writer.recv()), repr(writer.poll())]);
    reader.close();
    tell(lines, "broken", [repr(writer.send(1))]);
}

fn queues(lines: &Lines) {
    let queue = Queue::new(1);
    queue.put(1).unwrap();
    let late = [repr(queue.put_nowait(2)), repr(queue.put_timeout(2, SHORT))];
    let [now, later] = late;
    tell(lines, "full", [repr(queue.full()), repr(queue.qsize()), now, later]);
    tell(lines, "get", [repr(queue.get()), repr(queue.full()), repr(queue.qsize())]);
    tell(lines, "empty", [repr(queue.empty()), repr(queue.get_nowait()), repr(queue.get_timeout(SHORT))]);
    let queue = Queue::new(0);
    (0..3).for_each(|item| queue.put(item).unwrap());
    let order: Vec<i32> = (0..3).map(|_| queue.get().unwrap()).collect();
    tell(lines, "order", [repr(order), repr(queue.full())]);
    queue.close();
    tell(lines, "closed", [repr(queue.join_thread()), repr(queue.empty())]);
    let queue = Queue::<i32>::new(0);
    queue.close();
    tell(lines, "closed unused", [repr(queue.empty()), repr(queue.join_thread())]);
    let queue = Queue::new(0);
    let other = queue.clone();
    ran(move || other.put("x"));
    tell(lines, "after join", [repr(queue.empty()), repr(queue.get_nowait())]);
    let simple = SimpleQueue::new();
    simple.put(1).unwrap();
    tell(lines, "simple", [repr(simple.empty()), repr(simple.get()), repr(simple.empty())]);
    simple.close();
    tell(lines, "simple closed", [repr(simple.put(1)), repr(simple.get()), repr(simple.empty())]);
    let joinable = JoinableQueue::new(0);
    joinable.put(1).unwrap();
    let (got, done) = (repr(joinable.get()), repr(joinable.task_done()));
    joinable.join();
    tell(lines, "joinable", [got, done, repr(()), repr(joinable.task_done())]);
}

fn memory(lines: &Lines) {
    let value = Value::new(5);
    value.set(value.get() + 1);
    value.get_lock().with(|| value.set(value.get() + 1));
    tell(lines, "value", [repr(value.get())]);
    let array = Array::new([0, 0]);
    array.set(1, 4).unwrap();
    let items = vec![array.get(0).unwrap(), array.get(1).unwrap()];
    tell(lines, "array", [repr(items), repr(array.len()), repr(array.get(2))]);
}

fn locks(lines: &Lines) {
    let lock = Lock::new();
    let unheld = repr(lock.release());
    lock.acquire();
    let rest = [unheld, repr(true), repr(lock.try_acquire()), repr(lock.acquire_timeout(SHORT))];
    tell(lines, "lock", rest);
    let other = lock.clone();
    ran(move || other.release());
    tell(lines, "released by another", [repr(lock.try_acquire())]);
    let rlock = RLock::new();
    let unheld = repr(rlock.release());
    let taken = [repr(rlock.try_acquire()), repr(rlock.try_acquire())];
    let [first, second] = taken;
    tell(lines, "rlock", [unheld, first, second, repr(rlock.release()), repr(rlock.release())]);
    tell(lines, "rlock after", [repr(rlock.release())]);
    let condition = Condition::new();
    let unheld = [repr(condition.wait()), repr(condition.notify()), repr(condition.notify_all())];
    tell(lines, "condition", unheld);
    condition
        .with(|| tell(lines, "in vain", [repr(condition.wait_timeout(SHORT)), repr(condition.notify())]));
}

fn semaphores(lines: &Lines) {
    let semaphore = Semaphore::new(2);
    semaphore.acquire();
    tell(lines, "take", [repr(true), repr(semaphore.acquire_timeout(SHORT))]);
    tell(lines, "take too many", [repr(semaphore.try_acquire()), repr(semaphore.acquire_timeout(SHORT))]);
    let other = semaphore.clone();
    ran(move || other.release());
    tell(lines, "released by another", [repr(semaphore.try_acquire()), repr(semaphore.try_acquire())]);
    (0..3).for_each(|_| semaphore.release());
    let taken: Vec<bool> = (0..4).map(|_| semaphore.try_acquire()).collect();
    tell(lines, "released more", [repr(taken)]);
    let bounded = BoundedSemaphore::new(1);
    let full = repr(bounded.release());
    bounded.acquire();
    tell(lines, "bounded", [full, repr(true), repr(bounded.release()), repr(bounded.release())]);
    tell(lines, "bounded after", [repr(bounded.try_acquire()), repr(bounded.try_acquire())]);
}

/// A process that waits at a barrier and says what came of it.
fn waits(barrier: &Barrier, queue: &Queue<Result<usize, Error>>) -> Process {
    let (barrier, queue) = (barrier.clone(), queue.clone());
    let process = Process::new(move || queue.put(barrier.wait()));
    process.start().unwrap();
    process
}

fn barriers(lines: &Lines) {
    let (barrier, queue) = (Barrier::new(2), Queue::new(0));
    let process = waits(&barrier, &queue);
    let both = barrier.wait().unwrap() + queue.get().unwrap().unwrap();
    let state = [repr(barrier.parties()), repr(barrier.n_waiting()), repr(barrier.broken())];
    let [parties, waiting, broken] = state;
    tell(lines, "through", [repr(both), parties, waiting, broken]);
    process.join().unwrap();
    let late = repr(barrier.wait_timeout(SHORT));
    tell(lines, "time out", [late, repr(barrier.broken()), repr(barrier.wait())]);
    barrier.reset();
    let process = waits(&barrier, &queue);
    until(|| barrier.n_waiting() == 1);
    barrier.abort();
    tell(lines, "abort", [repr(queue.get().unwrap()), repr(barrier.broken())]);
    process.join().unwrap();
    let lock = Lock::new();
    let barrier = Barrier::new(1).action(move || lock.release());
    tell(lines, "action fails", [repr(barrier.wait()), repr(barrier.broken())]);
}

fn managers(lines: &Lines) {
    let manager = Manager::new();
    let (value, queue) = (manager.value(0).unwrap(), manager.queue("queue").unwrap());
    let (dict, items) = (manager.dict("dict").unwrap(), manager.list("list", [1]).unwrap());
    let space = manager.namespace("space").unwrap();
    let (event, lock) = (manager.event("event").unwrap(), manager.lock("lock").unwrap());
    value.set(3).unwrap();
    items.append(2).unwrap();
    dict.set("a", 1).unwrap();
    space.set("x", 4).unwrap();
    event.set().unwrap();
    queue.put(5).unwrap();
    let of_items = (repr(items.copy()), repr(items.pop()), repr(items.len()));
    let kept = [repr(value.get()), of_items.0, of_items.1, of_items.2, repr(dict.at(&"a"))];
    let [value_is, copy, popped, length, at] = kept;
    let rest = [repr(space.get("x")), repr(event.is_set()), repr(queue.get())];
    let [attribute, set, got] = rest;
    tell(lines, "kept", [value_is, copy, popped, length, at, attribute, set, got]);
    tell(lines, "missing", [repr(items.get(9)), repr(dict.at(&"b")), repr(space.get("y"))]);
    let done = [repr(queue.get_nowait()), repr(queue.task_done()), repr(queue.task_done())];
    let [empty, first, second] = done;
    tell(lines, "misuse", [repr(lock.release()), empty, first, second]);
    let (condition, rlock) = (manager.condition("condition").unwrap(), manager.rlock("rlock").unwrap());
    tell(lines, "condition", [repr(condition.notify(1)), repr(rlock.release())]);
    let semaphore = manager.semaphore("semaphore", 1).unwrap();
    let bounded = manager.bounded_semaphore("bounded", 1).unwrap();
    semaphore.acquire().unwrap();
    let none_left = [repr(semaphore.try_acquire()), repr(semaphore.acquire_timeout(SHORT))];
    let [now, later] = none_left;
    tell(lines, "semaphore", [repr(true), now, later, repr(semaphore.release())]);
    let full = repr(bounded.release());
    bounded.acquire().unwrap();
    tell(lines, "bounded", [full, repr(true), repr(bounded.release()), repr(bounded.release())]);
    manager.shutdown();
    let again = manager.queue::<i32>("again").map(drop);
    tell(lines, "shut down", [repr(value.get()), repr(queue.get()), repr(lock.acquire()), repr(again)]);
}
