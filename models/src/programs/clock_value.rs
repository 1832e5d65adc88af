//! A clock in shared memory: processes add to a value, and another one prints it.
//!
//! With a single clock nothing is lost, because nobody else writes. With several, `value = value + 1` is a read and a write, and
//! what another process adds in between is lost: how much the time grows in a second is anybody's guess. The value comes with a
//! lock; held around the two, it keeps every tick.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{Tally, rounds, unwrap};
use selvedge::python::multiprocessing::{Process, Value};
use selvedge::python::{Error, Round, endless, print, time};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const BASIC: &str = "004, section 1-1, shared memory";
const LIMITS: &str = "004, section 1-2, the limits of shared memory";

const LIMIT: Parameter = Parameter {
    name: "limit",
    about: "the time at which the reader stops",
    default: 3,
    document_value: Some(20),
    minimum: 1,
    maximum: u32::MAX,
};

const CLOCKS: Parameter = Parameter {
    name: "clocks",
    about: "processes that add to the time",
    default: 2,
    document_value: Some(10),
    minimum: 1,
    maximum: MOST_THREADS,
};

pub(crate) const ONE: Program = Program {
    name: "clock_value",
    document: BASIC,
    about: "A process adds 1 to a shared value each second for ever, and another prints it until it has reached a limit.",
    claim: "The two processes share the value: the reader sees each second pass.",
    parameters: &[LIMIT, rounds(2, Some(22))],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(main(parameters, 1, parameters.get("limit"), (tick, checked))),
};

pub(crate) const MANY: Program = Program {
    name: "clock_writers",
    document: LIMITS,
    about: "Several processes add 1 to a shared value each second for ever, and another prints it.",
    claim: "If only one process at a time had access, the time would grow by one for each clock; it grows by less.",
    parameters: &[CLOCKS, rounds(2, Some(4))],
    prints: Prints::Aside,
    expected: Expected::Findings(&["lost update"]),
    run: |parameters| unwrap(main(parameters, parameters.get("clocks"), u32::MAX, (tick, checked))),
};

pub(crate) const UNCHECKED: Program = Program {
    name: "clock_writers_unchecked",
    document: LIMITS,
    about: "The same with nothing asserted, so that it goes on when a tick is lost, as the document's run does.",
    claim: "(The program itself: the one before checks what it prints.)",
    parameters: &[CLOCKS, rounds(2, Some(4))],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| {
        let look = |time: &Value<u32>, _: &Tally| time.get();
        unwrap(main(parameters, parameters.get("clocks"), u32::MAX, (tick, look)));
    },
};

pub(crate) const LOCKED: Program = Program {
    name: "clock_writers_locked",
    document: LIMITS,
    about: "The same with each clock holding the value's own lock.",
    claim: "(Not in the document: the mend.)",
    parameters: &[CLOCKS, rounds(2, Some(4))],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| {
        let locked = |time: &Value<u32>, ticks: &Tally| time.get_lock().with(|| tick(time, ticks));
        unwrap(main(parameters, parameters.get("clocks"), u32::MAX, (locked, checked)));
    },
};

/// How a clock adds to the time, and how the time is read.
type Tick = fn(&Value<u32>, &Tally);
type Look = fn(&Value<u32>, &Tally) -> u32;

fn main(parameters: &Parameters, clocks: u32, limit: u32, (tick, look): (Tick, Look)) -> Result<(), Error> {
    let rounds = parameters.get("rounds");
    let time = Value::new(0u32).named("int_Time_counter");
    let ticks = Tally::default();
    let clock = |_| {
        let (time, ticks) = (time.clone(), ticks.clone());
        Process::new(move || count_time(&time, &ticks, rounds, tick))
    };
    let mut processes: Vec<Process> = (0..clocks).map(clock).collect();
    processes.push(Process::new(move || print_time(rounds, limit, || look(&time, &ticks))));
    processes.iter().try_for_each(|process| process.start())
}

/// `count_Time`
fn count_time(time: &Value<u32>, ticks: &Tally, rounds: u32, tick: Tick) -> Result<(), Error> {
    endless(rounds, || {
        tick(time, ticks);
        print("Clock activated ...");
        time::sleep(SECOND);
        Ok(Round::Fruitful)
    })
}

fn tick(time: &Value<u32>, ticks: &Tally) {
    time.set(time.get() + 1);
    ticks.add(1);
}

/// What the time is, which has to be how often it was added to.
fn checked(time: &Value<u32>, ticks: &Tally) -> u32 {
    let (seen, ticks) = (time.get(), ticks.get());
    assert!(i64::from(seen) == ticks, "the time is {seen} after {ticks} ticks");
    seen
}

/// `print_Time`
fn print_time(rounds: u32, limit: u32, look: impl Fn() -> u32) -> Result<(), Error> {
    endless(rounds, || {
        if limit < u32::MAX && look() >= limit {
            return Ok(Round::Last);
        }
        print(format_args!("Time: {}", look()));
        time::sleep(SECOND);
        Ok(Round::Fruitful)
    })
}
