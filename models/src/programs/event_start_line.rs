//! The starting line: one thread sets an event for which two others wait, and the main thread sleeps until all is over.
//!
//! The document says that nobody passes the wait before the event is set, and that holds. That the main thread finishes last
//! is a matter of its twenty seconds of sleep, not of the event: nothing orders it, and under the abstract clock it may well
//! be the first to finish.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{Said, unwrap};
use selvedge::python::threading::{Event, Thread, current_thread};
use selvedge::python::{Error, print, time};
use std::time::Duration;

pub(crate) const PROGRAM: Program = Program {
    name: "event_start_line",
    document: "000, Event",
    about: "Two threads wait for an event that a third sets, while the main thread sleeps.",
    claim: "The waiting threads start when the event is set.",
    parameters: &[Parameter {
        name: "waiters",
        about: "threads that wait for the event",
        default: 2,
        document_value: Some(2),
        minimum: 1,
        maximum: MOST_THREADS,
    }],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(main(parameters)),
};

fn main(parameters: &Parameters) -> Result<(), Error> {
    let event = Event::new().named("event");
    say(format_args!("Event Object : <threading.Event object at 0x7f0000000000>"));
    say(format_args!("Is the event set? : {}", Said(event.is_set())));
    let setter = {
        let event = event.clone();
        Thread::new(move || first(&event))
    };
    let waiter = |_| {
        let event = event.clone();
        Thread::new(move || wait(&event))
    };
    let threads: Vec<Thread> =
        std::iter::once(setter).chain((0..parameters.get("waiters")).map(waiter)).collect();
    threads.iter().for_each(|thread| say(format_args!("start Thread {}", thread.name())));
    threads.iter().try_for_each(|thread| thread.start())?;
    say(format_args!("sleep 20 seconds"));
    time::sleep(Duration::from_secs(20));
    say(format_args!("finish job"));
    Ok(())
}

/// `firstThread`
fn first(event: &Event) {
    say(format_args!("do job(sleeping 5 seconds) before setting Event"));
    time::sleep(Duration::from_secs(5));
    say(format_args!("has the event been set? {}", Said(event.is_set())));
    say(format_args!("set Event"));
    event.set();
    say(format_args!("has the event been set? {}", Said(event.is_set())));
    say(format_args!("the event has been set"));
    say(format_args!("finish job"));
}

/// `secondThread` and `thirdThread`, which are the same.
fn wait(event: &Event) {
    say(format_args!("waiting for the event to be set"));
    event.wait();
    let set = event.is_set();
    say(format_args!("has the event been set? {}", Said(set)));
    assert!(set, "a wait returned before the event was set");
    say(format_args!("do job(sleep 5 seconds)"));
    time::sleep(Duration::from_secs(5));
    say(format_args!("finish job"));
}

/// Prints under the thread's name, as all lines of this program are.
#[track_caller]
fn say(text: std::fmt::Arguments<'_>) {
    print(format_args!("[{}] {text}", current_thread().name()));
}
