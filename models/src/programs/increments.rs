//! `a = a + 1` is three instructions: load, add, store. Two threads that do it once each may leave 1.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{start_and_join, unwrap};
use selvedge::python::threading::{Lock, Thread};
use selvedge::python::{Error, Shared};

const DOCUMENT: &str = "002, section 1";

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "threads",
        about: "threads that add",
        default: 2,
        document_value: Some(4),
        minimum: 1,
        maximum: MOST_THREADS,
    },
    Parameter {
        name: "times",
        about: "how often each adds 1",
        default: 1,
        document_value: None,
        minimum: 1,
        maximum: u32::MAX,
    },
];

pub(crate) const PUBLISHED: Program = Program {
    name: "increments",
    document: DOCUMENT,
    about: "Threads add 1 to a variable: they load it, add, and store it.",
    claim: "After two threads have added 1, the variable may be 1 instead of 2.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["lost update"]),
    run: |parameters| unwrap(main(parameters, None)),
};

pub(crate) const LOCKED: Program = Program {
    name: "increments_locked",
    document: DOCUMENT,
    about: "The same under a lock.",
    claim: "Mutual exclusion keeps every increment.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(main(parameters, Some(Lock::new().named("lock")))),
};

fn main(parameters: &Parameters, lock: Option<Lock>) -> Result<(), Error> {
    let (threads, times) = (parameters.get("threads"), parameters.get("times"));
    let a = Shared::new(0u32).named("a");
    let adder = |number| {
        let (a, lock) = (a.clone(), lock.clone());
        let add = move || {
            let register = a.get();
            a.set(register + 1);
        };
        let run = move || {
            for _ in 0..times {
                match &lock {
                    Some(lock) => lock.with(&add),
                    None => add(),
                }
            }
        };
        Thread::new(run).named(format!("thread {number}"))
    };
    start_and_join(&(1..=threads).map(adder).collect::<Vec<_>>())?;
    let (left, expected) = (a.get(), threads * times);
    assert!(left == expected, "a is {left}, not {expected}");
    Ok(())
}
