//! Producers and consumers around one condition, as published: all of them loop for ever.
//!
//! Can somebody wait for ever? No: `notify` wakes those who sleep in the order in which they came, a consumer that was woken
//! looks again, and nobody keeps the lock. For the same program with a number of messages to be consumed, so that its end can be
//! checked, see `condition_queue`.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{rounds, stay, unwrap};
use selvedge::python::queue::Queue;
use selvedge::python::random::randint;
use selvedge::python::threading::{Condition, RLock, Thread, current_thread};
use selvedge::python::{Error, Round, endless, print, time};
use std::time::Duration;

const CAPACITY: usize = 10_000;

pub(crate) const PROGRAM: Program = Program {
    name: "condition_endless",
    document: "000, the producer-consumer pattern with a Condition",
    about: "Producers put random messages into a queue for ever and notify the consumers that wait on the condition.",
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
            default: 1,
            document_value: Some(2),
            minimum: 1,
            maximum: MOST_THREADS,
        },
        Parameter {
            name: "numbers",
            about: "how many different messages there are",
            default: 1,
            document_value: Some(10),
            minimum: 1,
            maximum: u32::MAX,
        },
        rounds(2, None),
    ],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(main(parameters)),
};

/// What the threads share, and how far they are followed.
#[derive(Clone)]
struct Shop {
    pipeline: Queue<i64>,
    condition: Condition,
    numbers: i64,
    rounds: u32,
}

fn main(parameters: &Parameters) -> Result<(), Error> {
    let shop = Shop {
        pipeline: Queue::new(CAPACITY).named("pipeline"),
        condition: Condition::over(&RLock::new().named("condition's lock")).named("condition"),
        numbers: i64::from(parameters.get("numbers")),
        rounds: parameters.get("rounds"),
    };
    let me = || current_thread().name();
    print(format_args!(
        "[{}] condition object : <Condition(<unlocked _thread.RLock object owner=0 count=0 at 0x7f0000000000>, 0)>",
        me()
    ));
    let thread = |run: fn(&Shop) -> Result<(), Error>| {
        let shop = shop.clone();
        Thread::new(move || run(&shop))
    };
    let mut threads = Vec::new();
    for (role, run, count) in [
        ("producer", Shop::produce as fn(&Shop) -> _, parameters.get("producers")),
        ("consumer", Shop::consume, parameters.get("consumers")),
    ] {
        for number in 1..=count {
            let made = thread(run);
            print(format_args!("[{}] create {role}_thread_{number} : {}", me(), made.name()));
            threads.push((format!("{role}_thread_{number}"), made));
        }
    }
    for (name, thread) in &threads {
        print(format_args!("[{}] start {name}", me()));
        thread.start()?;
    }
    print(format_args!("[{}] join all", me()));
    stay()
}

impl Shop {
    fn produce(&self) -> Result<(), Error> {
        let say = |text: std::fmt::Arguments<'_>| {
            print(format_args!("[Producer {}] {text}", current_thread().name()));
        };
        endless(self.rounds, || {
            self.condition.acquire();
            say(format_args!("acquired condition"));
            let message = randint(1, self.numbers);
            self.pipeline.put(message);
            say(format_args!("put message {message}"));
            self.condition.notify()?;
            say(format_args!("notify condition"));
            self.condition.release()?;
            say(format_args!("release condition"));
            time::sleep(Duration::from_secs(30));
            say(format_args!("finish run after waiting for 1 seconds"));
            Ok(Round::Fruitful)
        })
    }

    fn consume(&self) -> Result<(), Error> {
        let say = |text: std::fmt::Arguments<'_>| {
            print(format_args!("[Consumer {}] {text}", current_thread().name()));
        };
        endless(self.rounds, || {
            self.condition.acquire();
            say(format_args!("acquired condition"));
            while self.pipeline.empty() {
                say(format_args!("wait condition"));
                self.condition.wait()?;
            }
            let message = self.pipeline.get();
            say(format_args!("get message {message}"));
            say(format_args!("release condition"));
            self.condition.release()?;
            say(format_args!("finish run"));
            Ok(Round::Fruitful)
        })
    }
}
