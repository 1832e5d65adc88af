//! `multiprocessing`: processes and what they share.

use super::{fine, message};
use crate::base::Ending;
use crate::engine::testing::{all, outcomes, run};
use crate::python::multiprocessing::{
    Array, Barrier, BoundedSemaphore, Condition, Event, Lock, Manager, Process, RLock, Semaphore, Value,
    active_children, current_process,
};
use crate::python::threading::Returned;
use crate::python::{Error, Shared};
use crate::trace::ThreadStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

pub(super) fn start<R: Returned>(target: impl FnOnce() -> R + Send + 'static) -> Process {
    let process = Process::new(target);
    process.start().unwrap();
    process
}

#[test]
fn a_process_starts_once_and_is_joined_by_its_parent() {
    fine(|| {
        let process = Process::new(|| {
            assert_eq!(current_process().name(), "Process-1");
            assert_eq!(message(current_process().join()), "AssertionError: can only join a child process");
            let child = start(|| assert_eq!(current_process().name(), "Process-1:1"));
            child.join()
        });
        assert_eq!((process.is_alive(), process.exitcode(), process.pid()), (Ok(false), Ok(None), None));
        assert_eq!(message(process.join()), "AssertionError: can only join a started process");
        process.start().unwrap();
        assert_eq!(message(process.start()), "AssertionError: cannot start a process twice");
        process.join().unwrap();
        assert_eq!((process.is_alive(), process.exitcode()), (Ok(false), Ok(Some(0))));
        process.close().unwrap();
        assert_eq!(message(process.join()), "ValueError: process object is closed");
        assert_eq!(current_process().name(), "MainProcess");
    });
}

#[test]
fn only_its_parent_may_ask_whether_a_process_runs_and_a_daemon_starts_none_however_often_it_tries() {
    fine(|| {
        let never = Event::new();
        let wait = never.clone();
        let first = start(move || wait.wait());
        let sibling = first.clone();
        let second = start(move || {
            assert_eq!(message(sibling.is_alive()), "AssertionError: can only test a child process");
            assert_eq!(current_process().is_alive(), Ok(true));
        });
        second.join().unwrap();
        never.set();
        first.join().unwrap();
        let daemon = Process::new(|| {
            let child = Process::new(|| ());
            let refused = "AssertionError: daemonic processes are not allowed to have children";
            assert_eq!((message(child.start()), message(child.start())), (refused.into(), refused.into()));
        });
        let daemon = daemon.daemon(true);
        daemon.start().unwrap();
        daemon.join().unwrap();
    });
}

#[test]
fn an_unhandled_error_is_exit_code_one_and_a_finding_and_a_system_exit_is_neither() {
    let trace = run(|| {
        let codes = [
            start(|| Err(Error::ValueError("boom".into()))),
            start(|| Err(Error::SystemExit(3))),
            start(|| {
                if true {
                    crate::python::sys::exit(4)
                }
            }),
            start(|| -> Result<(), Error> { panic!("boom") }),
        ];
        let codes = codes.map(|process| {
            process.join().unwrap();
            process.exitcode().unwrap()
        });
        assert_eq!(codes, [Some(1), Some(3), Some(4), Some(1)]);
    });
    assert_eq!(trace.ending, Ending::Finished);
    let panics: Vec<_> = trace.panics.iter().map(|p| p.message.as_str()).collect();
    assert_eq!(panics, ["ValueError: boom", "boom"]);
}

#[test]
fn the_parent_waits_at_its_end_for_its_children_and_ends_those_that_are_daemons() {
    let mut killed = 0;
    all(
        || {
            let last = Shared::new(0).named("last");
            start(move || last.set(1));
            let never = Event::new();
            Process::new(move || never.wait()).daemon(true).start().unwrap();
        },
        |trace| {
            assert_eq!(trace.ending, Ending::Finished);
            assert!(matches!(trace.threads[1].status, ThreadStatus::Finished), "{:?}", trace.threads[1]);
            assert!(matches!(trace.threads[2].status, ThreadStatus::Killed), "{:?}", trace.threads[2]);
            killed += 1;
        },
    );
    assert!(killed > 0);
}

#[test]
fn a_process_is_terminated_wherever_it_is() {
    let seen = outcomes(|| {
        let value = Value::new(0);
        let written = value.clone();
        let process = start(move || {
            written.set(1);
            written.set(2);
        });
        process.terminate().unwrap();
        process.join().unwrap();
        (value.get(), process.exitcode().unwrap())
    });
    assert_eq!(seen, [(0, Some(-15)), (1, Some(-15)), (2, Some(0))]);
}

#[test]
fn the_locks_of_a_terminated_process_stay_held() {
    let mut endings = [0, 0];
    all(
        || {
            let lock = Lock::new().named("lock");
            let held = lock.clone();
            let process = start(move || held.with(|| ()));
            process.terminate().unwrap();
            process.join().unwrap();
            lock.acquire();
            lock.release().unwrap();
        },
        |trace| endings[usize::from(trace.ending == Ending::Deadlocked)] += 1,
    );
    assert!(endings.iter().all(|count| *count > 0), "{endings:?}");
}

#[test]
fn a_value_is_guarded_by_its_lock_and_an_update_of_it_is_not() {
    let update = |guarded: bool| {
        outcomes(move || {
            let value = Value::new(0).named("value");
            let workers = [(); 2].map(|()| {
                let value = value.clone();
                start(move || {
                    let add = || value.set(value.get() + 1);
                    if guarded { value.get_lock().with(add) } else { add() }
                })
            });
            workers.iter().for_each(|worker| worker.join().unwrap());
            value.get()
        })
    };
    assert_eq!(update(false), [1, 2]);
    assert_eq!(update(true), [2]);
}

#[test]
fn whoever_holds_the_lock_of_a_value_keeps_others_from_reading_it() {
    let seen = outcomes(|| {
        let array = Array::new([0, 0]);
        let written = array.clone();
        let worker = start(move || {
            written.get_lock().with(|| {
                written.set(0, 1).unwrap();
                written.set(1, 1).unwrap();
            });
        });
        let seen = (array.get(1).unwrap(), array.get(0).unwrap());
        assert_eq!(message(array.get(2)), "IndexError: invalid index");
        worker.join().unwrap();
        seen
    });
    assert_eq!(seen, [(0, 0), (0, 1), (1, 1)]);
}

#[test]
fn locks_say_what_cpythons_say() {
    fine(|| {
        let lock = Lock::new();
        assert_eq!(message(lock.release()), "ValueError: semaphore or lock released too many times");
        let lock = RLock::new();
        assert_eq!(
            message(lock.release()),
            "AssertionError: attempt to release recursive lock not owned by thread"
        );
        let condition = Condition::new();
        assert_eq!(message(condition.wait()), "AssertionError: must acquire() condition before using wait()");
        assert_eq!(message(condition.notify()), "AssertionError: lock is not owned");
    });
}

#[test]
fn a_condition_between_processes_wants_its_caller_to_hold_a_plain_lock_too() {
    fine(|| {
        let lock = Lock::new();
        let condition = Condition::over(&lock);
        lock.acquire();
        let other = condition.clone();
        let process = start(move || {
            assert_eq!(message(other.notify()), "AssertionError: lock is not owned");
            let early = "AssertionError: must acquire() condition before using wait()";
            assert_eq!(message(other.wait()), early);
        });
        process.join().unwrap();
        condition.notify().unwrap();
        condition.release().unwrap();
        let too_often = "ValueError: semaphore or lock released too many times";
        assert_eq!(message(condition.release()), too_often);
    });
}

#[test]
fn a_notification_between_processes_wakes_any_that_sleeps() {
    let woken = outcomes(|| {
        let (condition, ready) = {
            let lock = Lock::new();
            (Condition::over(&lock), Condition::over(&lock))
        };
        // Known under the lock only, so they are no steps.
        let (asleep, first) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        for number in [1, 2] {
            let (condition, ready) = (condition.clone(), ready.clone());
            let (asleep, first) = (Arc::clone(&asleep), Arc::clone(&first));
            let sleeper = Process::new(move || {
                condition.acquire();
                asleep.fetch_add(1, Relaxed);
                ready.notify()?;
                condition.wait()?;
                let _ = first.compare_exchange(0, number, Relaxed, Relaxed);
                condition.notify()?;
                condition.release()
            });
            sleeper.start().unwrap();
        }
        ready.acquire();
        ready.wait_for(|| asleep.load(Relaxed) == 2).unwrap();
        condition.notify().unwrap();
        ready.release().unwrap();
        active_children().iter().for_each(|child| child.join().unwrap());
        first.load(Relaxed)
    });
    assert_eq!(woken, [1, 2]);
}

#[test]
fn a_managers_objects_are_there_until_it_shuts_down() {
    fine(|| {
        let manager = Manager::new();
        let (value, list) = (manager.value(1).unwrap(), manager.list("list", [1, 2]).unwrap());
        let (dict, space) = (manager.dict("dict").unwrap(), manager.namespace("space").unwrap());
        let (queue, event) = (manager.queue("queue").unwrap(), manager.event("event").unwrap());
        let (lock, condition) = (manager.lock("lock").unwrap(), manager.condition("condition").unwrap());
        let worker = {
            let (list, queue, event) = (list.clone(), queue.clone(), event.clone());
            start(move || {
                list.append(3)?;
                queue.put("x")?;
                event.set()
            })
        };
        event.wait().unwrap();
        assert_eq!((queue.get_nowait(), list.copy(), list.pop()), (Ok("x"), Ok(vec![1, 2, 3]), Ok(3)));
        worker.join().unwrap();
        dict.set("a", 1).unwrap();
        space.set("x", 1).unwrap();
        assert_eq!((dict.at(&"a"), space.get("x"), value.get()), (Ok(1), Ok(1), Ok(1)));
        assert_eq!(message(dict.at(&"b")), "KeyError: 'b'");
        assert_eq!(message(space.get("y")), "AttributeError: 'Namespace' object has no attribute 'y'");
        assert_eq!(message(list.get(9)), "IndexError: list index out of range");
        assert_eq!(message(lock.release()), "RuntimeError: release unlocked lock");
        assert_eq!(message(condition.notify(1)), "RuntimeError: cannot notify on un-acquired lock");
        assert_eq!(lock.with(|| condition.with(|| condition.notify_all())), Ok(Ok(Ok(()))));
        manager.shutdown();
        assert_eq!(message(value.get()), "BrokenPipeError: [Errno 32] Broken pipe");
        assert_eq!((queue.get(), lock.acquire()), (Err(Error::BrokenPipeError), Err(Error::BrokenPipeError)));
        assert_eq!(message(manager.value(1)), "AssertionError: server not yet started");
    });
}

#[test]
fn a_shutdown_ends_what_waits_at_the_server() {
    let seen = outcomes(|| {
        let manager = Manager::new();
        let queue = manager.queue::<u8>("queue").unwrap();
        let worker = start(move || {
            assert_eq!(queue.get(), Err(Error::BrokenPipeError));
        });
        manager.shutdown();
        worker.join().unwrap();
        worker.exitcode().unwrap()
    });
    assert_eq!(seen, [Some(0)]);
}

#[test]
fn permits_are_given_to_anybody_and_none_too_often() {
    fine(|| {
        let pool = Semaphore::new(1).named("pool");
        pool.acquire();
        let other = pool.clone();
        start(move || other.release()).join().unwrap();
        assert!(pool.try_acquire() && !pool.try_acquire());
        let bounded = BoundedSemaphore::new(1);
        let too_many = "ValueError: semaphore or lock released too many times";
        assert_eq!(message(bounded.release()), too_many);
        bounded.with(|| ());
        assert!(bounded.try_acquire());
        let manager = Manager::new();
        let kept = manager.bounded_semaphore("kept", 1).unwrap();
        assert_eq!(message(kept.release()), "ValueError: Semaphore released too many times");
        kept.with(|| assert_eq!(kept.try_acquire(), Ok(false))).unwrap();
        manager.shutdown();
        assert_eq!(kept.acquire(), Err(Error::BrokenPipeError));
        assert!(manager.semaphore("late", 1).is_err());
    });
    let trace = run(|| {
        let bounded = BoundedSemaphore::new(1);
        bounded.with(|| bounded.release().unwrap());
    });
    let messages: Vec<_> = trace.panics.iter().map(|p| p.message.as_str()).collect();
    assert_eq!(messages, ["ValueError: semaphore or lock released too many times"]);
}

#[test]
fn processes_meet_at_a_barrier() {
    fine(|| {
        let gate = Barrier::new(2).named("gate");
        let other = gate.clone();
        let process = start(move || other.wait().map(drop));
        assert!(gate.wait().unwrap() < 2);
        process.join().unwrap();
    });
}
