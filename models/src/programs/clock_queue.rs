//! A clock that puts its ticks into a queue of `multiprocessing`, and processes that print them.
//!
//! With a single reader, looking whether the queue is empty before taking from it is right: nobody else takes. With two, each
//! may see the same last item, and one of them then waits for another; when the clock has stopped, that never comes. And a queue
//! that is empty is not one into which nothing was put: what was put is written by a thread of its own, later, so the readers
//! may leave too early. The mend is to look by taking: an item for each reader says that there are no more.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{Tally, rounds, unwrap};
use selvedge::python::multiprocessing::{Event, Process, Queue};
use selvedge::python::{Error, Round, endless, print, time};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const DOCUMENT: &str = "004, section 3, queue";

pub(crate) const POLLED: Program = Program {
    name: "queue_polled",
    document: DOCUMENT,
    about: "A clock puts its ticks into a queue for ever; a process looks whether the queue is empty, and if not takes one.",
    claim: "A queue makes sure that the two are synchronized, which makes it the safest way.",
    parameters: &[rounds(2, Some(10))],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(polled(parameters.get("rounds"))),
};

const TICKS: &[Parameter] = &[
    Parameter {
        name: "ticks",
        about: "ticks before the clock stops",
        default: 1,
        document_value: None,
        minimum: 1,
        maximum: u32::MAX,
    },
    Parameter {
        name: "readers",
        about: "processes that print them",
        default: 2,
        document_value: None,
        minimum: 1,
        maximum: MOST_THREADS,
    },
];

pub(crate) const TWO: Program = Program {
    name: "queue_two_readers",
    document: DOCUMENT,
    about: "Two such readers, and a clock that stops.",
    claim: "(Not in the document: whether it is as safe with a second reader.)",
    parameters: TICKS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["panic", "deadlock"]),
    run: |parameters| unwrap(two(parameters)),
};

pub(crate) const TWO_FIXED: Program = Program {
    name: "queue_two_readers_fixed",
    document: DOCUMENT,
    about: "The same with readers that simply take, and a last item for each of them.",
    claim: "(Not in the document: the mend.)",
    parameters: TICKS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(two_fixed(parameters)),
};

fn polled(rounds: u32) -> Result<(), Error> {
    let queue = Queue::<u32>::new(0).named("queue_Time_counter");
    let theirs = queue.clone();
    let clock = Process::new(move || {
        let mut time = 0;
        endless(rounds, || {
            time += 1;
            theirs.put(time)?;
            print("Clock activated ...");
            time::sleep(SECOND);
            Ok(Round::Fruitful)
        })
    });
    let reader = Process::new(move || {
        let mut before = 0;
        endless(rounds, || {
            if queue.empty()? {
                return Ok(Round::InVain);
            }
            let time = queue.get()?;
            assert!(time == before + 1, "{time} came after {before}");
            before = time;
            print(format_args!("Time: {time}"));
            Ok(Round::Fruitful)
        })
    });
    clock.start()?;
    reader.start()
}

fn two(parameters: &Parameters) -> Result<(), Error> {
    let ticks = parameters.get("ticks");
    let queue = Queue::new(0).named("queue_Time_counter");
    let stopped = Event::new().named("stopped");
    let printed = Tally::default();
    let reader = |_| {
        let (queue, stopped, printed) = (queue.clone(), stopped.clone(), printed.clone());
        Process::new(move || {
            while !(stopped.is_set() && queue.empty()?) {
                if !queue.empty()? {
                    let time: u32 = queue.get()?;
                    print(format_args!("Time: {time}"));
                    printed.add(1);
                }
            }
            Ok::<_, Error>(())
        })
    };
    let readers: Vec<Process> = (0..parameters.get("readers")).map(reader).collect();
    readers.iter().try_for_each(|process| process.start())?;
    (1..=ticks).try_for_each(|tick| queue.put(tick))?;
    stopped.set();
    readers.iter().try_for_each(|process| process.join())?;
    check(&printed, ticks)
}

fn two_fixed(parameters: &Parameters) -> Result<(), Error> {
    let ticks = parameters.get("ticks");
    let queue = Queue::new(0).named("queue_Time_counter");
    let printed = Tally::default();
    let reader = |_| {
        let (queue, printed) = (queue.clone(), printed.clone());
        Process::new(move || {
            while let Some(time) = queue.get()? {
                print(format_args!("Time: {time}"));
                printed.add(1);
            }
            Ok::<_, Error>(())
        })
    };
    let readers: Vec<Process> = (0..parameters.get("readers")).map(reader).collect();
    readers.iter().try_for_each(|process| process.start())?;
    (1..=ticks).try_for_each(|tick| queue.put(Some(tick)))?;
    readers.iter().try_for_each(|_| queue.put(None))?;
    readers.iter().try_for_each(|process| process.join())?;
    check(&printed, ticks)
}

fn check(printed: &Tally, ticks: u32) -> Result<(), Error> {
    let printed = printed.get();
    assert!(printed == i64::from(ticks), "{printed} of {ticks} ticks were printed");
    Ok(())
}
