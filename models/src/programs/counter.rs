//! A counter under a lock: one thread adds to it and another prints it.
//!
//! As published, both take `counter_lock` and release `lock`. Where there is no `lock`, that is a `NameError`; where there is
//! one, it is a `RuntimeError`, because nobody holds it. Either way the thread dies holding `counter_lock`, and the other one
//! waits for ever. With `with` there is nothing to release by hand.

use super::super::program::{Expected, Prints, Program};
use super::{start_and_join, unwrap};
use selvedge::python::threading::{Lock, Thread};
use selvedge::python::{Error, Shared, print};

const DOCUMENT: &str = "003, locks";

pub(crate) const PUBLISHED: Program = Program {
    name: "counter_wrong_lock",
    document: DOCUMENT,
    about: "A thread adds to a counter and another prints it; both take one lock and release another.",
    claim: "The lock makes changing and reading the counter safe.",
    parameters: &[],
    prints: Prints::Aside,
    expected: Expected::Findings(&["misuse", "panic", "deadlock"]),
    run: |_| {
        let other = Lock::new().named("lock");
        unwrap(main(move |counter_lock, body| {
            counter_lock.acquire();
            body();
            other.release()
        }));
    },
};

pub(crate) const FIXED: Program = Program {
    name: "counter_with",
    document: "003, context managers",
    about: "The same with the lock held by a `with`.",
    claim: "The lock is released however the block is left.",
    parameters: &[],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |_| {
        unwrap(main(|counter_lock, body| {
            counter_lock.with(body);
            Ok(())
        }));
    },
};

type Guarded = fn(&Shared<u32>);

fn main(
    guarded: impl Fn(&Lock, &dyn Fn()) -> Result<(), Error> + Clone + Send + 'static,
) -> Result<(), Error> {
    let counter = Shared::new(0u32).named("counter");
    let lock = Lock::new().named("counter_lock");
    let worker = |name: &str, work: Guarded| {
        let (counter, lock, guarded) = (counter.clone(), lock.clone(), guarded.clone());
        Thread::new(move || guarded(&lock, &|| work(&counter))).named(name)
    };
    start_and_join(&[
        worker("worker A", |counter| counter.set(counter.get() + 1)),
        worker("worker B", |counter| print(counter.get())),
    ])
}
