//! A list behind a condition: one thread supplies items, another takes them.
//!
//! As published, the supplier's endless loop is inside of its `with`: it never lets go of the lock, so the consumer, notified or
//! not, never gets it, and waits for ever. With the `with` inside of the loop each item reaches the consumer.

use super::super::parameters::{Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::unwrap;
use selvedge::python::threading::{Condition, RLock, Thread};
use selvedge::python::{Error, Round, Shared, endless};

const DOCUMENT: &str = "003, conditions";
const CLAIM: &str = "The consumer waits until the supplier has added something and notified it.";

const PARAMETERS: &[Parameter] = &[Parameter {
    name: "rounds",
    about: "how often the supplier is followed round its loop",
    default: 2,
    document_value: None,
    minimum: 1,
    maximum: u32::MAX,
}];

pub(crate) const PUBLISHED: Program = Program {
    name: "list_condition",
    document: DOCUMENT,
    about: "A supplier adds to a list and notifies a condition, in an endless loop inside of its `with`.",
    claim: CLAIM,
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["starvation"]),
    run: |parameters| {
        unwrap(main(parameters, |list, rounds| list.cv.with(|| endless(rounds, || list.supply()))));
    },
};

pub(crate) const FIXED: Program = Program {
    name: "list_condition_fixed",
    document: DOCUMENT,
    about: "The same with the `with` inside of the loop.",
    claim: CLAIM,
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| {
        unwrap(main(parameters, |list, rounds| endless(rounds, || list.cv.with(|| list.supply()))));
    },
};

/// The list and the condition that guards it.
#[derive(Clone)]
struct List {
    items: Shared<u32>,
    cv: Condition,
}

fn main(parameters: &Parameters, supply: fn(&List, u32) -> Result<(), Error>) -> Result<(), Error> {
    let rounds = parameters.get("rounds");
    let list = List {
        items: Shared::new(0).named("items in aList"),
        cv: Condition::over(&RLock::new().named("cv's lock")).named("cv"),
    };
    let theirs = list.clone();
    Thread::new(move || supply(&theirs, rounds)).named("supplier").start()?;
    Thread::new(move || list.take()).named("consumer").start()
}

impl List {
    fn supply(&self) -> Result<Round, Error> {
        self.items.set(self.items.get() + 1);
        self.cv.notify()?;
        Ok(Round::Fruitful)
    }

    fn take(&self) -> Result<(), Error> {
        self.cv.with(|| {
            while self.items.get() == 0 {
                self.cv.wait()?;
            }
            self.items.set(self.items.get() - 1);
            Ok(())
        })
    }
}
