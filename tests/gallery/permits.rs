//! Python's semaphores, barriers and queues when something is wrong: what is said of them.

use super::{every, headlines, right};
use selvedge::python::Error;
use selvedge::python::queue::Queue;
use selvedge::python::threading::{Barrier, BoundedSemaphore, Semaphore, Thread};

/// What an exploration tells, in a sentence each, and the whole report with its lines joined.
#[track_caller]
fn told(model: impl Fn() + Send + Sync + 'static) -> (Vec<String>, String) {
    let report = every().explore(model).expect("the settings make sense");
    let text = report.to_string();
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (headlines(&report), joined)
}

fn started(name: &str, target: impl FnOnce() + Send + 'static) -> Thread {
    let thread = Thread::new(target).named(name);
    thread.start().expect("it is started once");
    thread
}

#[test]
fn those_who_want_another_permit_each_are_told_who_has_taken_them() {
    let (headlines, text) = told(|| {
        let pool = Semaphore::new(2).named("pool");
        for name in ["A", "B"] {
            let pool = pool.clone();
            started(name, move || pool.with(|| pool.with(|| ())));
        }
    });
    assert_eq!(headlines, ["deadlock: `A` and `B` wait for each other"]);
    assert!(
        text.contains(
            "`A` waits for a permit of `pool`, 2 of 2 taken: by itself since step 4 and `B` since step 5;"
        ),
        "{text}"
    );
}

#[test]
fn who_has_taken_all_permits_waits_for_himself() {
    let (headlines, text) = told(|| {
        let pool = Semaphore::new(1).named("pool");
        pool.acquire();
        pool.acquire();
    });
    assert_eq!(headlines, ["deadlock: `main` waits for a permit of `pool`, all of which it has taken"]);
    assert!(text.contains("1 of 1 taken: by itself since step 1."), "{text}");
}

#[test]
fn a_permit_kept_by_a_thread_that_has_ended_is_given_back_by_nobody() {
    let (headlines, _) = told(|| {
        let pool = Semaphore::new(1).named("pool");
        let keeper = pool.clone();
        started("keeper", move || keeper.acquire()).join().unwrap();
        pool.acquire();
    });
    let expected = "deadlock: `main` waits for a permit of `pool`, which threads that have ended keep";
    assert_eq!(headlines, [expected]);
}

#[test]
fn a_semaphore_that_is_a_signal_has_no_holders() {
    let (headlines, text) = told(|| {
        let items = Semaphore::new(0).named("items");
        let signal = items.clone();
        started("producer", move || signal.release());
        items.acquire();
        items.acquire();
    });
    assert_eq!(headlines, ["deadlock: `main` waits for what nobody is left to do"]);
    assert!(text.contains("`main` waits for a permit of `items`, and there is none."), "{text}");
}

#[test]
fn a_barrier_tells_how_many_have_come() {
    let (headlines, text) = told(|| {
        let gate = Barrier::new(3).named("gate");
        let other = gate.clone();
        started("other", move || drop(other.wait()));
        drop(gate.wait());
    });
    assert_eq!(headlines, ["deadlock: `main` and `other` wait for what nobody is left to do"]);
    assert!(text.contains("`main` waits for others to come to `gate`, 2 of 3 have;"), "{text}");
}

#[test]
fn misuses_are_named_whether_or_not_the_exception_is_caught() {
    let (headlines, text) = told(|| {
        let pool = BoundedSemaphore::new(1).named("pool");
        pool.with(|| ());
        assert!(pool.release().is_err());
    });
    assert_eq!(headlines, ["misuse: `main` releases `pool`, of which no permit is taken"]);
    assert!(text.contains("A bounded semaphore never has more permits than in the beginning."), "{text}");
    let (headlines, _) = told(|| {
        let gate = Barrier::new(2).named("gate");
        gate.abort();
        assert_eq!(gate.wait(), Err(Error::BrokenBarrier));
    });
    assert_eq!(headlines, ["misuse: `main` waits at `gate`, which is broken"]);
    let (headlines, _) = told(|| {
        let tasks = Queue::new(0).named("tasks");
        tasks.shutdown(false);
        assert_eq!(tasks.try_put(1), Err(Error::ShutDown));
    });
    assert_eq!(headlines, ["misuse: `main` puts an item into `tasks`, which is shut down"]);
    let (headlines, _) = told(|| {
        let tasks = Queue::<u8>::new(0).named("tasks");
        assert!(tasks.task_done().is_err());
    });
    assert_eq!(headlines, ["misuse: `main` calls `task_done` on `tasks` once too often"]);
}

#[test]
fn an_error_that_nobody_catches_reads_as_in_python() {
    let (headlines, _) = told(|| {
        let worker = Thread::new(|| BoundedSemaphore::new(0).release()).named("worker");
        worker.start().unwrap();
    });
    let panic = "panic: `worker` panicked: ValueError: Semaphore released too many times";
    assert!(headlines.contains(&panic.to_owned()), "{headlines:?}");
}

#[test]
fn a_consumer_that_is_told_of_the_end_leaves() {
    right(2, || {
        let tasks = Queue::new(0);
        let taken = tasks.clone();
        let consumer = Thread::new(move || while taken.try_get().is_ok() {});
        consumer.start().unwrap();
        tasks.put(1);
        tasks.shutdown(false);
        consumer.join().unwrap();
    });
}
