//! The bakery: a producer fills a shelf of limited size and consumers empty it; two conditions on one lock say "no longer
//! full" and "no longer empty", and an event says that nothing more will come.
//!
//! As published, the producer sets the event after it has let go of the lock, and notifies nobody. A consumer that has
//! seen an empty shelf and no event, and then falls asleep, sleeps for ever when the event comes in between or later:
//! there is nobody left to wake it. The fixed version sets the event while it holds the lock, so that it cannot come
//! between a consumer's look and its sleep, and then wakes all that sleep already.
//!
//! In the document these are processes and the objects are a manager's; here they are threads.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{Received, start_and_join, unwrap};
use selvedge::python::Error;
use selvedge::python::queue::Queue;
use selvedge::python::threading::{Condition, Event, Lock, Thread};

const DOCUMENT: &str = "002, section 1.2";

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "consumers",
        about: "threads that take items",
        default: 1,
        document_value: Some(5),
        minimum: 1,
        maximum: MOST_THREADS,
    },
    Parameter {
        name: "items",
        about: "how many the producer puts",
        default: 1,
        document_value: Some(100),
        minimum: 1,
        maximum: u32::MAX,
    },
    Parameter {
        name: "capacity",
        about: "how many the queue holds",
        default: 10,
        document_value: Some(10),
        minimum: 1,
        maximum: u32::MAX,
    },
];

pub(crate) const PUBLISHED: Program = Program {
    name: "bounded_queue",
    document: DOCUMENT,
    about: "A producer fills a bounded queue for several consumers, then sets an event to say that it has finished.",
    claim: "The consumers finish when the producer has and the queue is empty.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["lost wakeup"]),
    run: |parameters| unwrap(main(parameters, |shelf| shelf.finished.set())),
};

pub(crate) const FIXED: Program = Program {
    name: "bounded_queue_fixed",
    document: DOCUMENT,
    about: "The bounded queue with the event set under the lock and all consumers woken by it.",
    claim: "The consumers finish when the producer has and the queue is empty.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| {
        unwrap(main(parameters, |shelf| {
            shelf.empty.with(|| {
                shelf.finished.set();
                unwrap(shelf.empty.notify_all());
            });
        }));
    },
};

/// What the threads share.
#[derive(Clone)]
struct Shelf {
    queue: Queue<u64>,
    capacity: usize,
    finished: Event,
    full: Condition,
    empty: Condition,
}

fn main(parameters: &Parameters, finish: fn(&Shelf)) -> Result<(), Error> {
    let (items, capacity) = (u64::from(parameters.get("items")), parameters.get("capacity") as usize);
    let lock = Lock::new().named("lock");
    let shelf = Shelf {
        queue: Queue::new(capacity).named("queue"),
        capacity,
        finished: Event::new().named("finished"),
        full: Condition::over(&lock).named("full"),
        empty: Condition::over(&lock).named("empty"),
    };
    let received = Received::default();

    let producer = {
        let shelf = shelf.clone();
        Thread::new(move || produce(&shelf, items, finish)).named("producer")
    };
    let consumer = |number| {
        let (shelf, received) = (shelf.clone(), received.clone());
        Thread::new(move || consume(&shelf, &received)).named(format!("consumer {number}"))
    };
    let threads: Vec<Thread> =
        std::iter::once(producer).chain((1..=parameters.get("consumers")).map(consumer)).collect();
    start_and_join(&threads)?;
    let left = shelf.queue.qsize();
    assert!(left == 0, "{left} items are left in the queue");
    received.assert_each_once(items);
    Ok(())
}

fn produce(shelf: &Shelf, items: u64, finish: fn(&Shelf)) -> Result<(), Error> {
    for item in 0..items {
        shelf.full.with(|| {
            while shelf.queue.qsize() >= shelf.capacity {
                shelf.full.wait()?;
            }
            shelf.queue.put_nowait(item)?;
            shelf.empty.notify_all()
        })?;
    }
    finish(shelf);
    Ok(())
}

fn consume(shelf: &Shelf, received: &Received) -> Result<(), Error> {
    loop {
        let item = shelf.empty.with(|| {
            while shelf.queue.empty() && !shelf.finished.is_set() {
                shelf.empty.wait()?;
            }
            if shelf.queue.empty() && shelf.finished.is_set() {
                return Ok(None);
            }
            let item = shelf.queue.get_nowait()?;
            shelf.full.notify()?;
            Ok(Some(item))
        })?;
        match item {
            Some(item) => received.push(item),
            None => return Ok(()),
        }
    }
}
