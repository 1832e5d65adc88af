//! The bank account: parents pay 100 in, students draw 100 out, equally often, so 0 should be left.
//!
//! `totalCount += 100` loads, adds and stores, and the interpreter may switch threads in between: an update that comes in
//! there is lost. The locked version keeps the total in an object whose methods take its lock.
//!
//! The document's locked version ends with an `AttributeError`, because its last line misspells `lockedValue`; the model
//! reads what was meant.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{start_and_join, unwrap};
use selvedge::python::threading::{Lock, Thread};
use selvedge::python::{Error, Shared};

const DOCUMENT: &str = "002, section 1.1";
const AMOUNT: i64 = 100;

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "pairs",
        about: "depositors, and as many withdrawers",
        default: 1,
        document_value: Some(2),
        minimum: 1,
        maximum: MOST_THREADS,
    },
    Parameter {
        name: "times",
        about: "how often each of them moves 100",
        default: 1,
        document_value: Some(2_500_000),
        minimum: 1,
        maximum: u32::MAX,
    },
];

pub(crate) const UNLOCKED: Program = Program {
    name: "bank_account",
    document: DOCUMENT,
    about: "Depositors and withdrawers update one balance without a lock; as much goes in as comes out.",
    claim: "As much is paid in as drawn out, so 0 should be left; and it is not.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["lost update"]),
    run: |parameters| unwrap(unlocked(parameters)),
};

pub(crate) const LOCKED: Program = Program {
    name: "bank_account_locked",
    document: DOCUMENT,
    about: "The bank account with a lock around each update.",
    claim: "With the lock the result is right.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(locked(parameters)),
};

fn unlocked(parameters: &Parameters) -> Result<(), Error> {
    let times = parameters.get("times");
    let total = Shared::new(0i64).named("total");
    let threads = in_turns(parameters, |amount| {
        let total = total.clone();
        move || {
            for _ in 0..times {
                total.set(total.get() + amount);
            }
        }
    });
    start_and_join(&threads)?;
    assert_nothing_left(&total);
    Ok(())
}

/// The document's `ThreadVariable`.
#[derive(Clone)]
struct Account {
    lock: Lock,
    total: Shared<i64>,
}

impl Account {
    /// `plus`, and with a negative amount `minus`.
    fn plus(&self, amount: i64) {
        self.lock.with(|| self.total.set(self.total.get() + amount));
    }
}

fn locked(parameters: &Parameters) -> Result<(), Error> {
    let times = parameters.get("times");
    let account = Account { lock: Lock::new().named("lock"), total: Shared::new(0i64).named("total") };
    let threads = in_turns(parameters, |amount| {
        let account = account.clone();
        move || {
            for _ in 0..times {
                account.plus(amount);
            }
        }
    });
    start_and_join(&threads)?;
    assert_nothing_left(&account.total);
    Ok(())
}

/// A depositor, a withdrawer, a depositor, … as the document starts them.
fn in_turns<F: FnOnce() + Send + 'static>(parameters: &Parameters, target: impl Fn(i64) -> F) -> Vec<Thread> {
    let pair = |number| {
        [
            Thread::new(target(AMOUNT)).named(format!("depositor {number}")),
            Thread::new(target(-AMOUNT)).named(format!("withdrawer {number}")),
        ]
    };
    (1..=parameters.get("pairs")).flat_map(pair).collect()
}

fn assert_nothing_left(total: &Shared<i64>) {
    let total = total.get();
    assert!(total == 0, "the balance is {total}, not 0");
}
