//! Reversing a resource: two daemon threads set it to 0 and to 1 for ever, and a third, while it holds the lock, calls the
//! function of one of them to set it to what it is not. That function takes the lock once more, hence the `RLock`.
//!
//! The document says "Reversed". Is it?
//!
//! - *As published*, never. `set_zero` and `set_one` assign `RESOURCE` without declaring it global, so each assigns a
//!   variable of its own; `set_reverse` only reads, so it reads the global, which stays 0.
//! - *With the assignment made global* it is, for as long as the lock is held: the inner release gives nothing away. After
//!   the outer one another thread may set it back before "Reversed" is printed, so nothing is asserted there.
//! - *With a plain lock* the thread waits for the lock that it holds itself.
//!
//! And what the document says of an RLock, that another thread can acquire it while one holds it, is not so: only its holder can.
//!
//! The daemons' loops are bounded here. Being daemons, they die with the program anyway.

use super::super::parameters::{Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{Said, start_and_join, unwrap};
use selvedge::python::threading::{AnyLock, Lock, RLock, Thread};
use selvedge::python::{Error, Shared, print, time};
use std::time::Duration;

const DOCUMENT: &str = "001, Thread Reentrant Lock";

const PARAMETERS: &[Parameter] = &[Parameter {
    name: "rounds",
    about: "how often each daemon sets the resource",
    default: 1,
    document_value: None,
    minimum: 1,
    maximum: u32::MAX,
}];

pub(crate) const PUBLISHED: Program = Program {
    name: "rlock_reverse",
    document: DOCUMENT,
    about: "A thread reverses a resource, taking an RLock twice; the functions that set it assign a local variable.",
    claim: "With an RLock the resource is reversed.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["panic"]),
    run: |parameters| {
        unwrap(main(parameters, AnyLock::from(&RLock::new().named("lock")), Assignment::Local));
    },
};

pub(crate) const GLOBAL: Program = Program {
    name: "rlock_reverse_global",
    document: DOCUMENT,
    about: "The reversal with the resource declared global: it holds while the lock is held.",
    claim: "(Not in the document: what was meant.)",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| {
        unwrap(main(parameters, AnyLock::from(&RLock::new().named("lock")), Assignment::Global));
    },
};

pub(crate) const PLAIN_LOCK: Program = Program {
    name: "rlock_reverse_plain_lock",
    document: DOCUMENT,
    about: "The reversal as published, with a Lock in place of the RLock.",
    claim: "(Not in the document: why it takes an RLock.)",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["deadlock"]),
    run: |parameters| {
        unwrap(main(parameters, AnyLock::from(&Lock::new().named("lock")), Assignment::Local));
    },
};

pub(crate) const OTHER_THREAD: Program = Program {
    name: "rlock_other_thread",
    document: DOCUMENT,
    about: "While one thread holds an RLock, another tries to acquire it and prints whether it could.",
    claim: "An RLock that a thread holds can be acquired by another thread.",
    parameters: &[],
    prints: Prints::Promised(|output| output == "True\n"),
    expected: Expected::OtherOutput,
    run: |_| {
        let lock = RLock::new().named("lock");
        let theirs = lock.clone();
        let other = Thread::new(move || print(Said(theirs.try_acquire()))).named("other");
        lock.with(|| unwrap(start_and_join(&[other])));
    },
};

/// What `RESOURCE = …` inside of a function assigns.
#[derive(Clone, Copy)]
enum Assignment {
    /// A variable of the function's own, that nobody reads.
    Local,
    /// The global, after `global RESOURCE`.
    Global,
}

/// The module's globals, and the lock that every function is given.
#[derive(Clone)]
struct Module {
    resource: Shared<u8>,
    assignment: Assignment,
    lock: AnyLock,
}

fn main(parameters: &Parameters, lock: AnyLock, assignment: Assignment) -> Result<(), Error> {
    let rounds = parameters.get("rounds");
    let module = Module { resource: Shared::new(0).named("RESOURCE"), assignment, lock };
    for (name, value) in [("zero", 0), ("one", 1)] {
        let module = module.clone();
        Thread::new(move || module.set(value, rounds)).named(name).daemon(true).start()?;
    }
    time::sleep(Duration::from_secs(6));
    Thread::new(move || module.reverse()).named("reverse").start()
}

impl Module {
    /// `set_reverse`
    fn reverse(&self) {
        self.lock.with(|| {
            let before = self.resource.get();
            // With `end=True`: one round.
            self.set(if before == 0 { 1 } else { 0 }, 1);
            let after = self.resource.get();
            assert!(after != before, "RESOURCE is not reversed: it was {before} and is {after}");
        });
    }

    /// `set_zero` and `set_one`, which differ only in the value.
    fn set(&self, value: u8, rounds: u32) {
        for _ in 0..rounds {
            self.lock.with(|| {
                match self.assignment {
                    Assignment::Local => {}
                    Assignment::Global => self.resource.set(value),
                }
                time::sleep(Duration::from_millis(500));
            });
            time::sleep(Duration::from_secs(1));
        }
    }
}
