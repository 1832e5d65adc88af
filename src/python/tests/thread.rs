//! `threading.Thread`.

use super::{SHORT, fine, message, start};
use crate::base::{Action, Ending, SharedAction};
use crate::engine::testing::{all, outcomes, run, run_with, settings};
use crate::python::threading::{
    Event, Local, Lock, Run, Thread, Timer, active_count, current_thread, enumerate, get_ident, main_thread,
};
use crate::python::{Shared, sys, time};
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

#[test]
fn a_thread_may_be_a_type_of_ones_own() {
    struct Adder(Shared<i32>, i32);
    impl Run for Adder {
        type Output = ();

        fn run(self) {
            self.0.set(self.0.get() + self.1);
        }
    }
    let sums = outcomes(|| {
        let sum = Shared::new(0);
        let thread = Thread::new(Adder(sum.clone(), 5));
        thread.start().unwrap();
        thread.join().unwrap();
        sum.get()
    });
    assert_eq!(sums, [5]);
}

#[test]
fn what_a_thread_is_may_be_said_later_its_nature_only_before_the_start() {
    let trace = run(|| {
        let thread = Thread::new(|| {
            let me = current_thread();
            assert!(me.is_daemon() && me.ident() == Some(get_ident()) && me != main_thread());
            me.set_name("renamed");
        });
        assert_eq!((thread.ident(), thread.name().as_str()), (None, "Thread-1"));
        thread.set_name("named");
        thread.set_daemon(true).unwrap();
        assert_eq!(thread.name(), "named");
        thread.start().unwrap();
        let refused = "RuntimeError: cannot set daemon status of active thread";
        assert_eq!(message(thread.set_daemon(false)), refused);
        thread.join().unwrap();
        assert_eq!((thread.name().as_str(), thread.ident()), ("renamed", Some(2)));
        assert!(current_thread() == main_thread() && main_thread().name() == "MainThread");
        main_thread().set_name("boss");
        assert_eq!(current_thread().name(), "boss");
    });
    assert!(trace.panics.is_empty(), "{:?}", trace.panics);
    assert_eq!(trace.threads.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["boss", "renamed"]);
}

#[test]
fn those_that_run_are_told() {
    let seen = outcomes(|| {
        let event = Event::new();
        let (one, two) = (event.clone(), event.clone());
        let threads = [start(move || one.wait()), start(move || two.wait())];
        let before = enumerate();
        assert!(before[0] == main_thread() && before[1..] == threads);
        event.set();
        threads.iter().for_each(|t| t.join().unwrap());
        (before.len(), active_count())
    });
    assert_eq!(seen, [(3, 1)]);
}

#[test]
fn each_thread_has_a_local_value_of_its_own() {
    fine(|| {
        let local = Local::new("x");
        let missing = "AttributeError: '_thread._local' object has no attribute 'x'";
        assert_eq!(message(local.get()), missing);
        local.set(1);
        let other = local.clone();
        let thread = start(move || {
            assert_eq!(message(other.get()), missing);
            other.set(2);
            assert_eq!(other.get(), Ok(2));
        });
        thread.join().unwrap();
        assert_eq!(local.get(), Ok(1));
        local.delete().unwrap();
        assert_eq!(message(local.delete()), missing);
    });
}

#[test]
fn exit_ends_a_thread_and_nobody_is_told() {
    let trace = run(|| {
        let lock = Lock::new();
        let (held, never) = (lock.clone(), Shared::new(0));
        let thread = start(move || {
            held.with::<()>(|| sys::exit(3));
            never.set(1);
        });
        thread.join().unwrap();
        assert!(!thread.is_alive() && !lock.locked());
    });
    assert_eq!((trace.ending, trace.panics.len()), (Ending::Finished, 0));
    assert!(!trace.steps.iter().any(|s| is_set(s.operation.action)));
}

#[test]
fn exit_of_the_main_thread_waits_for_those_that_are_no_daemons() {
    let mut endings = Vec::new();
    all(
        || {
            let last = Shared::new(0);
            start(move || last.set(1));
            let daemon = Thread::new(|| Event::new().wait()).daemon(true);
            daemon.start().unwrap();
            sys::exit(1);
        },
        |trace| endings.push((trace.ending, trace.steps.iter().any(|s| is_set(s.operation.action)))),
    );
    assert!(endings.iter().all(|ending| *ending == (Ending::Finished, true)), "{endings:?}");
}

#[test]
fn a_thread_whose_result_is_awaited_cannot_just_go() {
    let trace = run(|| {
        let thread = crate::thread::spawn(|| sys::exit(2));
        let _: Box<dyn std::any::Any + Send> = thread.join().unwrap_err();
    });
    assert_eq!(trace.panics[0].message, "SystemExit: 2");
}

#[test]
fn a_timer_calls_its_function_unless_cancelled() {
    let rang = outcomes(|| {
        let rang = Shared::new(0);
        let ring = rang.clone();
        let timer = Timer::new(SHORT, move || ring.set(1)).named("timer").daemon(false);
        timer.start().unwrap();
        timer.join().unwrap();
        rang.get()
    });
    assert_eq!(rang, [1]);
    let rang = outcomes(|| {
        let rang = Shared::new(0);
        let ring = rang.clone();
        let timer = Timer::new(SHORT, move || ring.set(1));
        timer.start().unwrap();
        timer.cancel();
        timer.join().unwrap();
        rang.get()
    });
    assert_eq!(rang, [0, 1]);
    fine(|| {
        let timer = Timer::new(SHORT, || assert!(!current_thread().is_alive(), "cancelled before it began"));
        timer.cancel();
        timer.start().unwrap();
        timer.join().unwrap();
    });
}
