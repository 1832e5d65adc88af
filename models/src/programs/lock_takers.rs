//! Two ways of taking a lock: a daemon thread takes it again and again and waits for it each time, and another only tries,
//! until it has had it three times.
//!
//! The document shows a run in which five attempts are enough. Nothing says that they are: whoever only tries may find the lock
//! taken each time, for ever. The fixed version waits for the lock, too. (A lock of Python's promises no order, so one that
//! waits may still see others go first; but it cannot miss a lock that stays free.)

use super::super::parameters::{Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{rounds, unwrap};
use selvedge::python::logging::Level;
use selvedge::python::threading::{Lock, Thread};
use selvedge::python::{Error, Round, endless, logging, time};
use std::time::Duration;

const DOCUMENT: &str = "001, Thread Lock";
const CLAIM: &str =
    "The thread that does not wait gets the lock as often as it wants, three times after five attempts, say.";

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "grabs",
        about: "how often the thread that only tries wants to have the lock",
        default: 1,
        document_value: Some(3),
        minimum: 1,
        maximum: u32::MAX,
    },
    rounds(3, None),
];

pub(crate) const PUBLISHED: Program = Program {
    name: "lock_takers",
    document: DOCUMENT,
    about: "A daemon thread takes a lock again and again; another only tries to, until it has had it three times.",
    claim: CLAIM,
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["starvation"]),
    run: |parameters| unwrap(main(parameters, |lock| lock.try_acquire())),
};

pub(crate) const FIXED: Program = Program {
    name: "lock_takers_fixed",
    document: DOCUMENT,
    about: "The same with both waiting for the lock.",
    claim: CLAIM,
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| {
        unwrap(main(parameters, |lock| {
            lock.acquire();
            true
        }));
    },
};

fn main(parameters: &Parameters, attempt: fn(&Lock) -> bool) -> Result<(), Error> {
    logging::basic_config(Level::Debug, "(%(threadName)s) %(message)s");
    let (grabs, rounds) = (parameters.get("grabs"), parameters.get("rounds"));
    let lock = Lock::new().named("lock");
    let theirs = lock.clone();
    Thread::new(move || blocking(&theirs, rounds)).named("blocking").daemon(true).start()?;
    Thread::new(move || nonblocking(&lock, grabs, rounds, attempt)).named("nonblocking").start()
}

fn blocking(lock: &Lock, rounds: u32) -> Result<(), Error> {
    logging::debug("start blocking lock");
    endless(rounds, || {
        time::sleep(Duration::from_secs(1));
        lock.acquire();
        logging::debug("Grab it");
        time::sleep(Duration::from_millis(500));
        logging::debug("Release");
        lock.release()?;
        Ok(Round::Fruitful)
    })
}

fn nonblocking(lock: &Lock, grabs: u32, rounds: u32, attempt: fn(&Lock) -> bool) -> Result<(), Error> {
    logging::debug("start nonblocking lock");
    let (mut attempted, mut grabbed) = (0, 0);
    endless(rounds + grabs, || {
        if grabbed == grabs {
            return Ok(Round::Last);
        }
        time::sleep(Duration::from_secs(1));
        logging::debug("Attempt");
        attempted += 1;
        if !attempt(lock) {
            return Ok(Round::InVain);
        }
        logging::debug("Grab it");
        grabbed += 1;
        logging::debug("Release");
        lock.release()?;
        Ok(Round::Fruitful)
    })?;
    logging::debug(format_args!("Attempt: {attempted}, grab: {grabbed}"));
    Ok(())
}
