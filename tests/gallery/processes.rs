//! Programs of Python's processes: right ones and wrong ones.

use super::{every_trace, expect, headlines};
use selvedge::Report;
use selvedge::python::Error;
use selvedge::python::multiprocessing::{Connection, Lock, Manager, Process, Queue, Semaphore, Value, pipe};
use selvedge::python::threading::Returned;

#[track_caller]
fn right(executions: u64, model: impl Fn() + Send + Sync + 'static) {
    expect(every_trace(), executions, &[], model);
}

#[track_caller]
fn wrong(executions: u64, headlines: &[&str], model: impl Fn() + Send + Sync + 'static) {
    expect(every_trace(), executions, headlines, model);
}

fn start<R: Returned>(target: impl FnOnce() -> R + Send + 'static) -> Process {
    let process = Process::new(target);
    process.start().unwrap();
    process
}

#[test]
fn an_end_of_file_needs_every_holder_to_close() {
    let drain = |close: bool| {
        move || {
            let (reader, writer) = pipe("pipe").one_way::<u32>();
            let inherited = writer.clone();
            let worker = start(move || inherited.send(1));
            if close {
                writer.close();
            }
            while reader.recv().is_ok() {}
            worker.join().unwrap();
        }
    };
    let report = every_trace().explore(drain(true)).unwrap();
    assert!(report.proved(), "{report}");
    let report = every_trace().explore(drain(false)).unwrap();
    assert_eq!(headlines(&report), ["deadlock: `main` waits for what nobody is left to do"], "{report}");
    assert!(text(&report).contains("`main` waits for something to come from `pipe`"), "{report}");
    assert!(text(&report).contains("One holder of the writing end has not closed it"), "{report}");
}

#[test]
fn two_writers_of_one_end_need_a_lock() {
    let model = |locked: bool| {
        move || {
            let (reader, writer) = pipe("pipe").one_way();
            let writers = [writer.clone(), writer];
            let lock = Lock::new().named("lock");
            let send = |writer: Connection<u32>| {
                let lock = lock.clone();
                start(move || if locked { lock.with(|| writer.send(1)) } else { writer.send(1) })
            };
            let senders = writers.map(send);
            let _ = (reader.recv(), reader.recv());
            senders.iter().for_each(|sender| sender.join().unwrap());
        }
    };
    let report = every_trace().explore(model(true)).unwrap();
    assert!(report.proved(), "{report}");
    let report = every_trace().explore(model(false)).unwrap();
    let expected =
        "misuse: `main` receives a corrupt message from `pipe`, which `Process-1` and `Process-2` have mixed";
    assert_eq!(headlines(&report).first().map(String::as_str), Some(expected), "{report}");
}

#[test]
fn a_terminated_process_takes_its_locks_along() {
    wrong(3, &["deadlock: `main` waits for `lock`, whose holder has ended"], || {
        let lock = Lock::new().named("lock");
        let held = lock.clone();
        let process = start(move || held.with(|| ()));
        process.terminate().unwrap();
        process.join().unwrap();
        lock.with(|| ());
    });
}

#[test]
fn an_item_put_is_not_yet_there() {
    wrong(2, &["panic: `main` panicked: the queue is empty: Empty"], || {
        let queue = Queue::new(0).named("queue");
        queue.put(1).unwrap();
        queue.get_nowait().expect("the queue is empty");
    });
    right(1, || {
        let queue = Queue::new(0).named("queue");
        queue.put(1).unwrap();
        assert_eq!(queue.get(), Ok(1));
    });
}

#[test]
fn an_update_of_a_value_needs_its_lock() {
    let model = |locked: bool| {
        move || {
            let value = Value::new(0).named("value");
            let add = |value: Value<u32>| {
                let update = |value: &Value<u32>| value.set(value.get() + 1);
                start(move || if locked { value.get_lock().with(|| update(&value)) } else { update(&value) })
            };
            let workers = [add(value.clone()), add(value.clone())];
            workers.iter().for_each(|worker| worker.join().unwrap());
            assert_eq!(value.get(), 2);
        }
    };
    right(2, model(true));
    let report = every_trace().explore(model(false)).unwrap();
    assert_eq!(report.executions(), 4, "{report}");
    assert!(text(&report).contains("The cause may be a lost update of `value`"), "{report}");
}

#[test]
fn joining_before_taking_what_was_put_hangs_when_the_pipe_is_full() {
    let model = || {
        let (reader, writer) = pipe("pipe").capacity(1).one_way();
        let worker = start(move || {
            writer.send(1)?;
            writer.send(2)
        });
        worker.join().unwrap();
        assert_eq!(reader.recv(), Ok(1));
    };
    let report = every_trace().explore(model).unwrap();
    assert!(text(&report).contains("`Process-1` waits for room in `pipe`"), "{report}");
}

#[test]
fn to_look_whether_a_queue_is_empty_and_then_to_get_hangs_with_two_consumers() {
    let drain = |queue: Queue<u32>| {
        start(move || {
            while !queue.empty()? {
                queue.get()?;
            }
            Ok::<_, Error>(())
        })
    };
    let model = move || {
        let queue = Queue::new(0).named("queue");
        queue.put(1).unwrap();
        let consumers = [drain(queue.clone()), drain(queue.clone())];
        consumers.iter().for_each(|consumer| consumer.join().unwrap());
    };
    let report = every_trace().explore(model).unwrap();
    let told = text(&report);
    assert!(headlines(&report).iter().any(|headline| headline.starts_with("deadlock")), "{report}");
    assert!(told.contains("waits for something to come from `queue`"), "{report}");
}

#[test]
fn a_call_of_a_proxy_is_one_step_and_an_update_two() {
    let model = |locked: bool| {
        move || {
            Manager::with(|manager| {
                let (value, lock) = (manager.value(0)?, manager.lock("lock")?);
                let add = || {
                    let (value, lock) = (value.clone(), lock.clone());
                    let update = move || value.set(value.get()? + 1);
                    start(move || if locked { lock.with(update)? } else { update() })
                };
                let workers = [add(), add()];
                workers.iter().try_for_each(Process::join)?;
                assert_eq!(value.get()?, 2);
                Ok::<_, Error>(())
            })
            .unwrap();
        }
    };
    right(2, model(true));
    let report = every_trace().explore(model(false)).unwrap();
    assert_eq!(report.executions(), 4, "{report}");
    assert!(report.failed(), "{report}");
}

#[test]
fn the_permit_of_a_terminated_process_stays_taken() {
    let model = || {
        let pool = Semaphore::new(1).named("pool");
        let held = pool.clone();
        let process = start(move || held.with(|| ()));
        process.terminate().unwrap();
        process.join().unwrap();
        pool.with(|| ());
    };
    let headline = "deadlock: `main` waits for a permit of `pool`, which threads that have ended keep";
    wrong(3, &[headline], model);
}

fn text(report: &Report) -> String {
    report.to_string()
}
