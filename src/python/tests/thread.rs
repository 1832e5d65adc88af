//! `threading.Thread`.

use super::{SHORT, fine, message, start};
use crate::base::{Action, Ending, SharedAction};
use crate::engine::testing::{all, outcomes, run, run_with, settings};
use crate::python::threading::{Event, Lock, Thread, current_thread};
use crate::python::{Shared, time};
use crate::trace::ThreadStatus;

#[test]
fn threads_start_once_and_are_joined_by_anybody_but_themselves() {
    fine(|| {
        let thread = Thread::new(|| {
            assert_eq!(message(current_thread().join()), "RuntimeError: cannot join current thread");
        });
        assert!(!thread.is_alive());
        assert_eq!(message(thread.join()), "RuntimeError: cannot join thread before it is started");
        assert_eq!(
            message(thread.join_timeout(SHORT)),
            "RuntimeError: cannot join thread before it is started"
        );
        thread.start().unwrap();
        assert_eq!(message(thread.start()), "RuntimeError: threads can only be started once");
        let other = thread.clone();
        start(move || other.join()).join().unwrap();
        thread.join().unwrap();
        thread.join_timeout(SHORT).unwrap();
        assert!(!thread.is_alive());
        assert_eq!(message(thread.start()), "RuntimeError: threads can only be started once");
        assert_eq!(message(current_thread().join()), "RuntimeError: cannot join current thread");
    });
}

#[test]
fn a_join_with_a_time_out_returns_either_way() {
    let alive = outcomes(|| {
        let event = Event::new();
        let wait = event.clone();
        let thread = start(move || wait.wait());
        thread.join_timeout(SHORT).unwrap();
        let alive = thread.is_alive();
        event.set();
        thread.join().unwrap();
        alive
    });
    assert_eq!(alive, [true]);
}

#[test]
fn names_are_given_or_counted_as_cpython_counts() {
    for _ in 0..2 {
        let trace = run(|| {
            assert_eq!(current_thread().name(), "MainThread");
            let threads = [Thread::new(|| ()), Thread::new(|| ()).named("producer"), Thread::new(|| ())];
            assert_eq!(threads.clone().map(|t| t.name()), ["Thread-1", "producer", "Thread-2"]);
            threads.iter().for_each(|t| t.start().unwrap());
            start(|| assert_eq!(current_thread().name(), "Thread-3"));
        });
        let names: Vec<_> = trace.threads.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(names, ["", "Thread-1", "producer", "Thread-2", "Thread-3"]);
        assert!(trace.panics.is_empty(), "{:?}", trace.panics);
    }
}

#[test]
fn a_daemon_dies_with_the_program_and_hands_its_nature_down() {
    let mut seen = Vec::new();
    all(
        || {
            let never = Event::new();
            let daemon = Thread::new(move || {
                assert!(Thread::new(|| ()).is_daemon() && current_thread().is_daemon());
                never.wait();
            });
            let daemon = daemon.daemon(true);
            daemon.start().unwrap();
            // Not a daemon: the program waits for it, though main does not.
            let last = Shared::new(0).named("last");
            start(move || last.set(1));
        },
        |trace| seen.push((trace.ending, trace.steps.iter().any(|s| is_set(s.operation.action)))),
    );
    assert!(seen.iter().all(|s| *s == (Ending::Finished, true)), "{seen:?}");
}

fn is_set(action: Action) -> bool {
    matches!(action, Action::Shared(SharedAction::Set(_)))
}

#[test]
fn an_unhandled_error_ends_the_thread_and_join_keeps_quiet() {
    let trace = run(|| {
        let thread = start(|| Lock::new().release());
        assert_eq!(thread.join(), Ok(()));
    });
    assert_eq!(trace.ending, Ending::Finished);
    assert_eq!(trace.panics[0].message, "RuntimeError: release unlocked lock");
    assert!(matches!(trace.threads[1].status, ThreadStatus::Panicked { delivered: false }));
}

#[test]
fn a_wait_without_a_time_out_after_a_sleep_lets_time_pass() {
    let mut settings = settings();
    settings.clock = crate::Clock::Virtual;
    let trace = run_with(settings, || {
        let late = start(|| time::sleep(SHORT * 2));
        time::sleep(SHORT);
        late.join().unwrap();
    });
    assert_eq!(trace.ending, Ending::Finished);
}
