//! Producers and consumers around one condition: a message is put and one consumer is notified; a consumer that finds the
//! queue empty waits.
//!
//! In the document all of them loop for ever. Here each producer makes a number of messages, and the consumers share them
//! out among themselves beforehand, so that all of them end when every message finds its consumer. If one sleeps for ever
//! while there are messages, the program does not end, and that is a deadlock. A consumer that is notified may find that
//! another was faster and goes back to sleep: this is why it has to look again, and it does.
//!
//! A message is a random number in the document. Nothing depends on which, so here they are numbered, which lets the
//! model check that each is consumed exactly once.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{Received, start_and_join, unwrap};
use selvedge::python::queue::Queue;
use selvedge::python::threading::{Condition, RLock, Thread};
use selvedge::python::{Error, time};
use std::time::Duration;

const CAPACITY: usize = 10_000;

pub(crate) const PROGRAM: Program = Program {
    name: "condition_queue",
    document: "000, the producer-consumer pattern with a Condition",
    about: "Producers put messages into a queue and notify one of the consumers that wait on the condition.",
    claim: "Whoever wins the lock works, and consumers that find nothing wait to be notified.",
    parameters: &[
        Parameter {
            name: "producers",
            about: "threads that put messages",
            default: 1,
            document_value: Some(3),
            minimum: 1,
            maximum: MOST_THREADS,
        },
        Parameter {
            name: "consumers",
            about: "threads that take them",
            default: 2,
            document_value: Some(2),
            minimum: 1,
            maximum: MOST_THREADS,
        },
        Parameter {
            name: "messages",
            about: "how many each producer puts",
            default: 2,
            document_value: None,
            minimum: 1,
            maximum: u32::MAX,
        },
    ],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(main(parameters)),
};

fn main(parameters: &Parameters) -> Result<(), Error> {
    let size = |name| u64::from(parameters.get(name));
    let (producers, consumers, messages) = (size("producers"), size("consumers"), size("messages"));
    let total = producers * messages;
    let pipeline = Queue::new(CAPACITY).named("pipeline");
    // `Condition()` makes its lock itself; here it is made beforehand to give it a name.
    let condition = Condition::over(&RLock::new().named("condition's lock")).named("condition");
    let received = Received::default();

    let producer = |number: u64| {
        let (pipeline, condition) = (pipeline.clone(), condition.clone());
        Thread::new(move || produce(&pipeline, &condition, number * messages, messages))
            .named(format!("producer {}", number + 1))
    };
    let consumer = |number: u64| {
        let (pipeline, condition, received) = (pipeline.clone(), condition.clone(), received.clone());
        let share = total / consumers + u64::from(number < total % consumers);
        Thread::new(move || consume(&pipeline, &condition, share, &received))
            .named(format!("consumer {}", number + 1))
    };
    let threads: Vec<Thread> = (0..producers).map(producer).chain((0..consumers).map(consumer)).collect();
    start_and_join(&threads)?;
    received.assert_each_once(total);
    Ok(())
}

fn produce(pipeline: &Queue<u64>, condition: &Condition, first: u64, messages: u64) -> Result<(), Error> {
    for message in first..first + messages {
        condition.acquire();
        pipeline.put(message);
        condition.notify()?;
        condition.release()?;
        time::sleep(Duration::from_secs(30));
    }
    Ok(())
}

fn consume(
    pipeline: &Queue<u64>,
    condition: &Condition,
    share: u64,
    received: &Received,
) -> Result<(), Error> {
    for _ in 0..share {
        condition.acquire();
        loop {
            if !pipeline.empty() {
                received.push(pipeline.get());
                break;
            }
            condition.wait()?;
        }
        condition.release()?;
    }
    Ok(())
}
