//! Programs of processes.

use selvedge::python::multiprocessing::{Connection, Lock, Process, Queue, Value, pipe};

fn start<F, R>(target: F) -> Process
where
    F: FnOnce() -> R + Send + 'static,
    R: selvedge::python::threading::Returned,
{
    let process = Process::new(target);
    process.start().expect("it is new");
    process
}

fn join_all(processes: &[Process]) {
    processes.iter().for_each(|process| process.join().expect("it is a child"));
}

/// `v.value += 1`, which is two steps.
pub(super) fn value_update(n: u32, rounds: u32) {
    let value = Value::new(0);
    let update = |value: Value<u32>| move || (0..rounds).for_each(|_| value.set(value.get() + 1));
    join_all(&(0..n).map(|_| start(update(value.clone()))).collect::<Vec<_>>());
}

/// The same under the value's own lock.
pub(super) fn guarded_update(n: u32, rounds: u32) {
    let value = Value::new(0);
    let update = |value: Value<u32>| {
        move || (0..rounds).for_each(|_| value.get_lock().with(|| value.set(value.get() + 1)))
    };
    join_all(&(0..n).map(|_| start(update(value.clone()))).collect::<Vec<_>>());
}

/// Each of `n` processes puts so many items, which nobody takes: their feeders write in every order.
pub(super) fn feeders(n: u32, items: u32) {
    let queue = Queue::new(0);
    let put = |queue: Queue<u32>| move || (0..items).try_for_each(|item| queue.put(item));
    join_all(&(0..n).map(|_| start(put(queue.clone()))).collect::<Vec<_>>());
}

/// One process puts, another one takes.
pub(super) fn hand_over(_: u32, items: u32) {
    let queue = Queue::new(0);
    let other = queue.clone();
    let taker = start(move || (0..items).try_for_each(|_| other.get().map(drop)));
    (0..items).for_each(|item| queue.put(item).expect("it is open"));
    taker.join().expect("it is a child");
}

/// Asks right after the put.
pub(super) fn late_feeder(_: u32, asks: u32) {
    let queue = Queue::new(0);
    queue.put(1).expect("it is open");
    (0..asks).for_each(|_| drop(queue.empty()));
}

/// A pipe from one process to another.
pub(super) fn one_way(_: u32, messages: u32) {
    let (reader, writer) = pipe("pipe").one_way();
    let sender = start(move || (0..messages).try_for_each(|message| writer.send(message)));
    while reader.recv().is_ok() {}
    sender.join().expect("it is a child");
}

/// Several processes write to one end.
pub(super) fn mixed(n: u32, _: u32) {
    let (reader, writer) = pipe("pipe").one_way();
    let writers: Vec<_> = std::iter::repeat_n(writer, n as usize).collect();
    let send = |writer: Connection<u32>| start(move || writer.send(1));
    let senders: Vec<_> = writers.into_iter().map(send).collect();
    join_all(&senders);
    drop(reader);
}

/// A process of so many steps is terminated at any of them.
pub(super) fn terminated(_: u32, steps: u32) {
    let value = Value::new(0);
    let written = value.clone();
    let process = start(move || (0..steps).for_each(|step| written.set(step)));
    process.terminate().expect("it was started");
    process.join().expect("it is a child");
}

/// A process is terminated while it may hold a lock.
pub(super) fn lock_of_the_dead(_: u32, _: u32) {
    let lock = Lock::new();
    let held = lock.clone();
    let process = start(move || held.with(|| ()));
    process.terminate().expect("it was started");
    process.join().expect("it is a child");
    lock.with(|| ());
}
