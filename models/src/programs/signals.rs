//! The small ones: an event as a signal, a timer that is cancelled, and a barrier.

use super::super::parameters::{MOST_THREADS, Parameter};
use super::super::program::{Expected, Prints, Program};
use super::{Tally, start_and_join, unwrap};
use selvedge::python::threading::{Barrier, Event, Thread, Timer};
use selvedge::python::{Error, print, time};
use std::time::Duration;

const DOCUMENT: &str = "003, event, timer, barrier";

pub(crate) const EVENT: Program = Program {
    name: "event_signal",
    document: DOCUMENT,
    about: "Threads wait for a signal that the main thread gives.",
    claim: "A thread that waits goes on when the event is set.",
    parameters: &[Parameter {
        name: "waiters",
        about: "threads that wait",
        default: 2,
        document_value: None,
        minimum: 1,
        maximum: MOST_THREADS,
    }],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(event(parameters.get("waiters"))),
};

pub(crate) const TIMER: Program = Program {
    name: "timer_cancel",
    document: DOCUMENT,
    about: "A timer calls a function after its delay, unless it is cancelled before; the main thread cancels it in time, it hopes.",
    claim: "If `cancel()` is called within the delay the function is not called.",
    parameters: &[],
    prints: Prints::Aside,
    expected: Expected::Findings(&["panic"]),
    run: |_| unwrap(timer(false)),
};

pub(crate) const TIMER_JOINED: Program = Program {
    name: "timer_cancel_joined",
    document: DOCUMENT,
    about: "The timer is cancelled and joined; whether it has fired by then is asked, not assumed.",
    claim: "After the join the function has been called or never will be.",
    parameters: &[],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |_| unwrap(timer(true)),
};

pub(crate) const BARRIER: Program = Program {
    name: "barrier_start",
    document: DOCUMENT,
    about: "Threads come to a barrier and go on when all have come.",
    claim: "When as many have called `wait` as the barrier is made for, all of them start at once.",
    parameters: &[Parameter {
        name: "threads",
        about: "threads that meet at the barrier",
        default: 3,
        document_value: None,
        minimum: 1,
        maximum: MOST_THREADS,
    }],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(barrier(parameters.get("threads"))),
};

fn event(waiters: u32) -> Result<(), Error> {
    let event = Event::new().named("event");
    let signalled = Tally::default();
    let waiter = |number| {
        let (event, signalled) = (event.clone(), signalled.clone());
        let run = move || {
            event.wait();
            assert!(signalled.get() == 1, "it went on before the signal");
        };
        Thread::new(run).named(format!("waiter {number}"))
    };
    let threads: Vec<Thread> = (1..=waiters).map(waiter).collect();
    threads.iter().try_for_each(|thread| thread.start())?;
    time::sleep(Duration::from_secs(1));
    signalled.add(1);
    event.set();
    threads.iter().try_for_each(|thread| thread.join())
}

fn timer(asks: bool) -> Result<(), Error> {
    let called = Tally::default();
    let theirs = called.clone();
    let timer = Timer::new(Duration::from_secs(5), move || {
        theirs.add(1);
        print("hello, world");
    });
    timer.start()?;
    // Well within the delay, if nothing holds it up.
    time::sleep(Duration::from_secs(1));
    timer.cancel();
    let before = called.get();
    timer.join()?;
    let after = called.get();
    if asks {
        time::sleep(Duration::from_secs(10));
        let later = called.get();
        assert!(later == after, "it had been called {after} times, and later {later} times");
    } else {
        assert!(before == 0 && after == 0, "the function was called though the timer was cancelled");
    }
    Ok(())
}

fn barrier(threads: u32) -> Result<(), Error> {
    let barrier = Barrier::new(threads).named("barrier");
    let come = Tally::default();
    let thread = |number| {
        let (barrier, come) = (barrier.clone(), come.clone());
        let run = move || {
            come.add(1);
            barrier.wait()?;
            assert!(come.get() == i64::from(threads), "somebody was let through before all had come");
            Ok::<_, Error>(())
        };
        Thread::new(run).named(format!("thread {number}"))
    };
    start_and_join(&(1..=threads).map(thread).collect::<Vec<_>>())
}
