//! A chain of two events: the main thread sets the first, whoever waits for that sets the second, and another waits for it.
//! Both wait a second at a time and look again.
//!
//! The document says that the first thread sets the second event when the first one has come. It does so only if a *wait*
//! tells it. A wait may have given up just before the event is set; then the loop's own look finds it set, the loop ends, and
//! the second event is never set: the second thread looks for it for ever. The fixed version trusts the wait alone.

use super::super::program::{Expected, Prints, Program};
use super::{Said, unwrap};
use selvedge::python::logging::Level;
use selvedge::python::threading::{Event, Thread};
use selvedge::python::{Error, logging, time};
use std::time::Duration;

const DOCUMENT: &str = "001, Thread Event";
const CLAIM: &str = "The first thread sets the second event once the first is set, and all of them exit.";
const SECOND: Duration = Duration::from_secs(1);

pub(crate) const PUBLISHED: Program = Program {
    name: "event_chain",
    document: DOCUMENT,
    about: "A thread waits for an event a second at a time, then sets another one, for which a second thread waits.",
    claim: CLAIM,
    parameters: &[],
    prints: Prints::Aside,
    expected: Expected::Findings(&["livelock"]),
    run: |_| unwrap(main(first)),
};

pub(crate) const FIXED: Program = Program {
    name: "event_chain_fixed",
    document: DOCUMENT,
    about: "The chain with a loop that ends only when a wait has said that the event is set.",
    claim: CLAIM,
    parameters: &[],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |_| unwrap(main(first_fixed)),
};

fn main(first: fn(&Event, &Event)) -> Result<(), Error> {
    logging::basic_config(Level::Debug, "(%(threadName)s) %(message)s");
    let (e1, e2) = (Event::new().named("e1"), Event::new().named("e2"));
    let (one, two) = ((e1.clone(), e2.clone()), e2);
    Thread::new(move || first(&one.0, &one.1)).named("first").start()?;
    Thread::new(move || second(&two)).named("second").start()?;
    logging::debug("Wait ...");
    time::sleep(Duration::from_secs(5));
    logging::debug("end fo sleep(5)");
    logging::debug("Set e1");
    e1.set();
    time::sleep(Duration::from_secs(5));
    logging::debug("Exit");
    Ok(())
}

/// `first_wait`
fn first(e1: &Event, e2: &Event) {
    while !e1.is_set() {
        let event = e1.wait_timeout(SECOND);
        logging::debug(format_args!("Event status : ({})", Said(event)));
        if event {
            pass_on(e2);
        }
    }
    logging::debug("first exit");
}

fn first_fixed(e1: &Event, e2: &Event) {
    while !e1.wait_timeout(SECOND) {
        logging::debug(format_args!("Event status : ({})", Said(false)));
    }
    logging::debug(format_args!("Event status : ({})", Said(true)));
    pass_on(e2);
    logging::debug("first exit");
}

fn pass_on(e2: &Event) {
    logging::debug("e1 is set.");
    time::sleep(SECOND);
    logging::debug("set e2");
    e2.set();
}

/// `second_wait`
fn second(e2: &Event) {
    while !e2.is_set() {
        let event = e2.wait_timeout(SECOND);
        logging::debug(format_args!("event status : ({})", Said(event)));
        if event {
            logging::debug("e2 is set");
        }
    }
    logging::debug("second exit");
}
