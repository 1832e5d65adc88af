//! CPython's behaviours, as `python3` shows them, held up to the types here: under every interleaving, where there is more
//! than one.

mod barrier;
mod condition;
mod ends;
mod futures;
mod messages;
mod output;
mod processes;
mod queue;
mod semaphore;
mod sockets;
mod thread;

use super::queue::Queue;
use super::threading::{Event, Lock, RLock, Thread};
use super::{Error, Shared, time};
use crate::base::{Action, Ending, MutexAction, ObjectKind, Outcome, SharedAction, Width};
use crate::engine::testing::{all, outcomes, run, run_with, settings};
use crate::trace::ThreadStatus;
use crate::{Explorer, Output, Report, Search};
use std::sync::Mutex;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(10);

fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().to_string()
}

fn start<R: super::threading::Returned>(target: impl FnOnce() -> R + Send + 'static) -> Thread {
    let thread = Thread::new(target);
    thread.start().unwrap();
    thread
}

/// Runs a model under every interleaving, none of which may go wrong; how many there were.
fn fine(model: impl Fn()) -> usize {
    all(model, |trace| {
        assert_eq!(trace.ending, Ending::Finished, "{trace:#?}");
        assert!(trace.panics.is_empty(), "{:?}", trace.panics);
    })
}

fn explored(search: Search, output: Output, model: impl Fn() + Send + Sync + 'static) -> Report {
    Explorer::new().search(search).output(output).executions(200_000).explore(model).unwrap()
}

/// All outputs, as two exhaustive searches agree on them.
fn outputs(model: impl Fn() + Copy + Send + Sync + 'static) -> Vec<String> {
    let reports = [Search::Exhaustive, Search::Dfs { preemptions: None }]
        .map(|search| explored(search, Output::Observed, model));
    assert!(reports.iter().all(Report::proved), "{}", reports[0]);
    assert_eq!(reports[0].outputs(), reports[1].outputs());
    reports[0].outputs().unwrap().iter().cloned().collect()
}

#[test]
fn an_update_of_a_shared_variable_is_two_steps() {
    let totals = outcomes(|| {
        let total = Shared::new(0i64).named("total");
        let threads = [100, -100].map(|amount| {
            let total = total.clone();
            start(move || total.set(total.get() + amount))
        });
        threads.iter().for_each(|t| t.join().unwrap());
        total.get()
    });
    assert_eq!(totals, [-100, 0, 100]);
}

#[test]
fn steps_on_a_shared_variable_show_its_values() {
    let mut settings = settings();
    settings.notes = true;
    let trace = run_with(settings, || {
        let number = Shared::new(-7i32).named("number");
        number.set(number.get() - 1);
        let text = Shared::new("a".to_owned());
        text.set(text.get() + "b");
    });
    let steps: Vec<_> = trace.steps.iter().map(|s| (s.operation.action, s.outcome)).collect();
    assert_eq!(steps[0], (Action::Shared(SharedAction::Get), Outcome::Value(-7i64 as u64)));
    assert_eq!(steps[1], (Action::Shared(SharedAction::Set(Some(-8i64 as u64))), Outcome::Done));
    assert_eq!(trace.objects[0].kind, ObjectKind::Shared(Some(Width::Signed(32))));
    assert_eq!(trace.objects[0].name.to_string(), "number");
    assert_eq!(trace.notes, [(2, "\"a\"".to_owned()), (3, "\"ab\"".to_owned())]);
}

#[test]
fn a_lock_excludes_and_is_given_back_by_anybody() {
    fine(|| {
        let lock = Lock::new().named("lock");
        assert_eq!(message(lock.release()), "RuntimeError: release unlocked lock");
        lock.acquire();
        assert!(lock.locked() && !lock.try_acquire() && !lock.acquire_timeout(SHORT));
        let other = lock.clone();
        start(move || other.release()).join().unwrap();
        assert!(!lock.locked() && lock.try_acquire());
        lock.release().unwrap();
        assert!(lock.acquire_timeout(Duration::ZERO));
        lock.release().unwrap();
    });
    let counts = outcomes(|| {
        let (lock, count) = (Lock::new(), Shared::new(0));
        let threads = [(); 2].map(|()| {
            let (lock, count) = (lock.clone(), count.clone());
            start(move || lock.with(|| count.set(count.get() + 1)))
        });
        threads.iter().for_each(|t| t.join().unwrap());
        count.get()
    });
    assert_eq!(counts, [2]);
}

#[test]
fn a_lock_taken_twice_by_one_thread_is_a_deadlock() {
    let trace = run(|| {
        let lock = Lock::new();
        lock.acquire();
        lock.acquire();
    });
    assert_eq!(trace.ending, Ending::Deadlocked);
    assert!(matches!(trace.threads[0].status, ThreadStatus::Blocked(..)));
}

#[test]
fn with_gives_back_also_on_the_way_out_of_a_panic() {
    let trace = run(|| {
        let lock = Lock::new();
        let taken = lock.clone();
        start(move || taken.with::<()>(|| panic!("inside"))).join().unwrap();
        assert!(!lock.locked());
        lock.with(|| lock.release()).unwrap();
    });
    let messages: Vec<_> = trace.panics.iter().map(|p| p.message.as_str()).collect();
    assert_eq!(messages, ["inside", "RuntimeError: release unlocked lock"]);
    assert_eq!(trace.ending, Ending::Panicked(crate::base::ThreadId::MAIN));
}

#[test]
fn an_rlock_belongs_to_its_owner_and_inner_acquires_are_no_steps() {
    fine(|| {
        let lock = RLock::new();
        assert_eq!(message(lock.release()), "RuntimeError: cannot release un-acquired lock");
        lock.acquire();
        assert!(lock.try_acquire() && lock.acquire_timeout(SHORT));
        let other = lock.clone();
        let stranger = start(move || {
            assert!(!other.try_acquire() && !other.acquire_timeout(SHORT));
            assert_eq!(message(other.release()), "RuntimeError: cannot release un-acquired lock");
        });
        stranger.join().unwrap();
        (0..3).for_each(|_| lock.release().unwrap());
        assert!(lock.release().is_err());
    });
    let trace = run(|| {
        let lock = RLock::new();
        lock.with(|| lock.with(|| lock.with(|| ())));
    });
    let locks = trace.steps.iter().filter(|s| matches!(s.operation.action, Action::Mutex(_))).count();
    assert_eq!(locks, 2, "one acquire, one release: {:?}", trace.steps);
}

#[test]
fn an_event_lets_through_while_it_is_set() {
    fine(|| {
        let event = Event::new().named("event");
        assert!(!event.is_set() && !event.wait_timeout(SHORT));
        let set = event.clone();
        let setter = start(move || set.set());
        event.wait();
        assert!(event.is_set() && event.wait_timeout(SHORT));
        event.clear();
        assert!(!event.is_set());
        setter.join().unwrap();
    });
    let seen = outcomes(|| {
        let event = Event::new();
        let set = event.clone();
        start(move || set.set());
        event.wait_timeout(SHORT)
    });
    assert_eq!(seen, [false, true]);
}

#[test]
fn when_time_tells_a_set_lets_go_all_who_wait() {
    let mut settings = settings();
    settings.clock = crate::Clock::Virtual;
    let trace = run_with(settings, || {
        let event = Event::new();
        let other = event.clone();
        let waiter = start(move || other.wait());
        time::sleep(SHORT);
        event.set();
        event.clear();
        waiter.join().unwrap();
        assert!(!event.is_set());
    });
    assert_eq!((trace.ending, trace.panics.len()), (Ending::Finished, 0));
}

#[test]
fn a_queue_is_first_in_first_out_and_says_when_it_is_full_or_empty() {
    fine(|| {
        let queue = Queue::new(2).named("queue");
        assert_eq!(message(queue.get_nowait()), "_queue.Empty");
        assert_eq!(queue.get_timeout(SHORT), Err(Error::Empty));
        queue.put("a");
        queue.put_nowait("b").unwrap();
        assert_eq!(message(queue.put_nowait("c")), "queue.Full");
        assert_eq!(queue.put_timeout("c", SHORT), Err(Error::Full));
        assert!(queue.full() && !queue.empty() && queue.qsize() == 2);
        assert_eq!((queue.get(), queue.get_nowait(), queue.empty()), ("a", Ok("b"), true));
        queue.task_done().unwrap();
        queue.task_done().unwrap();
        assert_eq!(message(queue.task_done()), "ValueError: task_done() called too many times");
        queue.join();
    });
}

#[test]
fn a_queue_holds_back_and_lets_go() {
    let taken = outcomes(|| {
        let queue = Queue::new(1);
        let items = queue.clone();
        start(move || (1..=3).for_each(|i| items.put(i)));
        let taken = [queue.get(), queue.get(), queue.get()];
        taken.iter().for_each(|_| queue.task_done().unwrap());
        queue.join();
        taken
    });
    assert_eq!(taken, [[1, 2, 3]]);
}

#[test]
fn a_sleep_orders_nothing() {
    let seen = outcomes(|| {
        let value = Shared::new(0);
        let other = value.clone();
        start(move || {
            time::sleep(Duration::from_secs(60));
            other.set(1);
        });
        time::sleep(SHORT);
        value.get()
    });
    assert_eq!(seen, [0, 1]);
}

#[test]
fn locks_held_in_the_end_have_their_holder() {
    let trace = run(|| Lock::new().named("lock").acquire());
    assert_eq!(trace.objects[0].kind, ObjectKind::Lock);
    assert_eq!(trace.objects[0].holder, Some(crate::base::ThreadId::MAIN));
    let release = Action::Mutex(MutexAction::Release);
    assert!(trace.steps.iter().all(|s| s.operation.action != release));
}

#[test]
#[should_panic(
    expected = "Python's primitives are for models: make and use them inside of the closure that is explored"
)]
fn outside_of_an_exploration_there_is_one_clear_sentence() {
    let _ = Lock::new();
}

#[test]
fn an_object_left_from_an_earlier_execution_is_told_apart() {
    let kept = Mutex::new(None::<Lock>);
    run(|| {
        let lock = Lock::new();
        lock.acquire();
        *kept.lock().unwrap() = Some(lock);
    });
    let kept = kept.into_inner().unwrap().unwrap();
    let trace = run(move || kept.acquire());
    assert!(trace.panics[0].message.contains("belongs to the execution in which it was made"));
}
