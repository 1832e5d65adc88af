//! A clock whose time is kept by a manager's server process.
//!
//! As published first, the main process waits for the end of the clock before it starts the reader. The clock never ends, so the
//! reader never starts. The document notices, and starts both before it waits; that is right.

use super::super::parameters::{Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{rounds, stay, unwrap};
use selvedge::python::multiprocessing::manager::ValueProxy;
use selvedge::python::multiprocessing::{Manager, Process};
use selvedge::python::{Error, Round, endless, print, time};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const DOCUMENT: &str = "004, section 2, server process";

const PARAMETERS: &[Parameter] = &[rounds(2, Some(8))];

pub(crate) const JOINED: Program = Program {
    name: "manager_joined",
    document: DOCUMENT,
    about: "The main process starts a clock, waits for its end, and would then start the process that prints the time.",
    claim: "Only the clock is seen to work, because the main process waits for it.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["starvation"]),
    run: |parameters| {
        let one_by_one = |clock: &Process, printer: &Process| {
            clock.start()?;
            clock.join()?;
            printer.start()?;
            printer.join()
        };
        unwrap(Manager::with(|manager| main(manager, parameters, one_by_one)));
    },
};

pub(crate) const STARTED: Program = Program {
    name: "manager_started",
    document: DOCUMENT,
    about: "The same with both started before the main process waits for them.",
    claim: "Both of them work.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| {
        let together = |clock: &Process, printer: &Process| {
            clock.start()?;
            printer.start()?;
            stay()
        };
        unwrap(Manager::with(|manager| main(manager, parameters, together)));
    },
};

fn main(
    manager: &Manager,
    parameters: &Parameters,
    run: fn(&Process, &Process) -> Result<(), Error>,
) -> Result<(), Error> {
    let rounds = parameters.get("rounds");
    let time = manager.value_named("int_Time_counter", 0i64)?;
    print(format_args!("Initial value: {}", time.get()?));
    let theirs = time.clone();
    let clock = Process::new(move || count_time(&theirs, rounds));
    let printer = Process::new(move || print_time(&time, rounds));
    run(&clock, &printer)
}

/// `count_Time`
fn count_time(time: &ValueProxy<i64>, rounds: u32) -> Result<(), Error> {
    endless(rounds, || {
        time.set(time.get()? + 1)?;
        print("Clock activated ...");
        time::sleep(SECOND);
        Ok(Round::Fruitful)
    })
}

/// `print_Time`
fn print_time(time: &ValueProxy<i64>, rounds: u32) -> Result<(), Error> {
    let mut before = 0;
    endless(rounds, || {
        let now = time.get()?;
        assert!(now >= before, "the time was {before}, and then {now}");
        before = now;
        print(format_args!("Time: {now}"));
        time::sleep(SECOND);
        Ok(Round::Fruitful)
    })
}
