//! Semaphores: a binary one around a sum, a counting one that puts threads in order, and a pool of three permits.
//!
//! The binary one keeps the sum right: it is held around a thread's whole loop, and only one thread can hold it. With a second
//! permit the updates of two threads meet, and some are lost.
//!
//! The document says of a counting semaphore that it can order threads, and shows no program. Here is one: whoever is to come
//! last takes as many permits as there are others, each of which gives one when it is done. One permit short, and it may come
//! before the last of them.
//!
//! The pool lets so many threads download at a time. Taken in a `with`, a permit comes back whatever happens, so all files
//! arrive, and never are more threads inside than there are permits.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{Tally, start_and_join, unwrap};
use selvedge::python::threading::{Semaphore, Thread};
use selvedge::python::{Error, Shared, print};

const BINARY: &str = "002, section 1.2, binary semaphore";
const COUNTING: &str = "002, section 1.2, counting semaphore";

const SUM_PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "threads",
        about: "threads, every other of which adds and the others subtract",
        default: 2,
        document_value: Some(100),
        minimum: 1,
        maximum: MOST_THREADS,
    },
    Parameter {
        name: "times",
        about: "how often each of them does",
        default: 2,
        document_value: Some(50_000),
        minimum: 1,
        maximum: u32::MAX,
    },
];

pub(crate) const SUM: Program = Program {
    name: "semaphore_sum",
    document: BINARY,
    about: "Threads add 1 to a sum or subtract 1 from it, many times, inside of a semaphore with one permit.",
    claim: "The semaphore keeps the sum consistent: 0 is left.",
    parameters: SUM_PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(sum(parameters, 1)),
};

pub(crate) const SUM_OF_TWO: Program = Program {
    name: "semaphore_sum_two_permits",
    document: BINARY,
    about: "The sum with a semaphore that has a second permit.",
    claim: "(Not in the document: how much hangs on the one permit.)",
    parameters: SUM_PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["lost update"]),
    run: |parameters| unwrap(sum(parameters, 2)),
};

const ORDER_PARAMETERS: &[Parameter] = &[Parameter {
    name: "first",
    about: "threads that are to be done before the last one begins",
    default: 2,
    document_value: Some(3),
    minimum: 1,
    maximum: MOST_THREADS,
}];

pub(crate) const ORDER: Program = Program {
    name: "semaphore_order",
    document: COUNTING,
    about: "A thread takes as many permits as others give when they are done, so it comes after all of them.",
    claim: "A counting semaphore can put processes in order.",
    parameters: ORDER_PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(order(parameters.get("first"), parameters.get("first"))),
};

pub(crate) const ORDER_SHORT: Program = Program {
    name: "semaphore_order_short",
    document: COUNTING,
    about: "The order with a thread that takes one permit too few.",
    claim: "(Not in the document: how the order is lost.)",
    parameters: ORDER_PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["panic"]),
    run: |parameters| unwrap(order(parameters.get("first"), parameters.get("first") - 1)),
};

pub(crate) const POOL: Program = Program {
    name: "semaphore_pool",
    document: "003, semaphores",
    about: "Threads download a file each, in a pool of few permits.",
    claim: "At most three download at a time, and the fourth waits for a permit.",
    parameters: &[
        Parameter {
            name: "permits",
            about: "how many may download at a time",
            default: 2,
            document_value: Some(3),
            minimum: 1,
            maximum: u32::MAX,
        },
        Parameter {
            name: "files",
            about: "how many are downloaded, by a thread each",
            default: 3,
            document_value: None,
            minimum: 1,
            maximum: MOST_THREADS,
        },
    ],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(pool(parameters, parameters.get("permits"))),
};

pub(crate) const POOL_OF_MORE: Program = Program {
    name: "semaphore_pool_of_more",
    document: "003, semaphores",
    about: "The pool with a permit more than may be inside.",
    claim: "(Not in the document: that it is the permits that keep the others out.)",
    parameters: POOL.parameters,
    prints: Prints::Aside,
    expected: Expected::Findings(&["panic"]),
    run: |parameters| unwrap(pool(parameters, parameters.get("permits") + 1)),
};

fn sum(parameters: &Parameters, permits: u32) -> Result<(), Error> {
    let times = parameters.get("times");
    let sum = Shared::new(0i64).named("sum");
    let semaphore = Semaphore::new(permits).named("sem");
    let thread = |number: u32| {
        let (sum, semaphore) = (sum.clone(), semaphore.clone());
        let by = if number.is_multiple_of(2) { 1 } else { -1 };
        Thread::new(move || {
            semaphore.acquire();
            for _ in 0..times {
                sum.set(sum.get() + by);
            }
            semaphore.release();
        })
    };
    let threads: Vec<Thread> = (0..parameters.get("threads")).map(thread).collect();
    start_and_join(&threads)?;
    let (left, expected) = (sum.get(), i64::from(parameters.get("threads") % 2) * i64::from(times));
    print(format_args!("sum = {left}"));
    assert!(left == expected, "the sum is {left}, not {expected}");
    Ok(())
}

fn order(first: u32, taken: u32) -> Result<(), Error> {
    let semaphore = Semaphore::new(0).named("done");
    let work: Vec<_> = (1..=first).map(|number| Shared::new(false).numbered("work", number)).collect();
    let one = |(number, work): (u32, &Shared<bool>)| {
        let (semaphore, work) = (semaphore.clone(), work.clone());
        let run = move || {
            work.set(true);
            semaphore.release();
        };
        Thread::new(run).named(format!("first {number}"))
    };
    let mut threads: Vec<Thread> = (1..).zip(&work).map(one).collect();
    let last = move || {
        (0..taken).for_each(|_| {
            semaphore.acquire();
        });
        let done = work.iter().filter(|work| work.get()).count();
        assert!(done == work.len(), "the last one began when {done} of {} were done", work.len());
    };
    threads.push(Thread::new(last).named("last"));
    start_and_join(&threads)
}

fn pool(parameters: &Parameters, given: u32) -> Result<(), Error> {
    let (permits, files) = (parameters.get("permits"), parameters.get("files"));
    let semaphore = Semaphore::new(given).named("pool_sema");
    let (inside, written) = (Tally::default(), Tally::default());
    let download = |number| {
        let (semaphore, inside, written) = (semaphore.clone(), inside.clone(), written.clone());
        let run = move || {
            semaphore.with(|| {
                let now = inside.add(1);
                assert!(now <= i64::from(permits), "{now} threads are inside, with {permits} permits");
                // The transfer: others go on meanwhile.
                selvedge::python::time::sleep(std::time::Duration::from_secs(1));
                written.add(1);
            });
            // Right behind the step that gives the permit back, as the other is right behind the one that takes it: so the order of
            // these tells how many are inside.
            inside.add(-1);
        };
        Thread::new(run).named(format!("download {number}"))
    };
    start_and_join(&(1..=files).map(download).collect::<Vec<_>>())?;
    let written = written.get();
    assert!(written == i64::from(files), "{written} of {files} files were written");
    Ok(())
}
