//! A clock that sends its ticks through a pipe.
//!
//! With one process at each end all is well. With a second clock at the same end the parts of two messages may be mixed, as the
//! documentation warns (CPython writes messages of up to 16 KiB in one piece, so numbers are safe in practice, which nothing
//! promises); a lock around each message mends that. And when the clock has gone, the reader learns of it only if
//! nobody else holds the sending end: a process that was started with a copy of it, or the main process which never closed its
//! own, keeps the reader waiting for ever.

use super::super::parameters::{Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{rounds, stay, unwrap};
use selvedge::python::multiprocessing::{Connection, Lock, Process, pipe};
use selvedge::python::{Error, Round, endless, print, time};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const DOCUMENT: &str = "004, section 4, pipe";

const ROUNDS: &[Parameter] = &[rounds(2, Some(3))];

const TICKS: &[Parameter] = &[Parameter {
    name: "ticks",
    about: "ticks before a clock stops",
    default: 1,
    document_value: None,
    minimum: 1,
    maximum: u32::MAX,
}];

pub(crate) const PROGRAM: Program = Program {
    name: "pipe_clock",
    document: DOCUMENT,
    about: "A clock sends its ticks through a pipe for ever, and a process at the other end prints them.",
    claim: "The value is passed on in one direction, from the sender to the receiver.",
    parameters: ROUNDS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(one(parameters.get("rounds"))),
};

pub(crate) const TWO: Program = Program {
    name: "pipe_two_clocks",
    document: DOCUMENT,
    about: "Two clocks send through the same end of a pipe.",
    claim: "(Not in the document: what happens with a second sender.)",
    parameters: TICKS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["misuse", "panic"]),
    run: |parameters| unwrap(two(parameters, |sender, _, tick| sender.send(tick))),
};

pub(crate) const TWO_LOCKED: Program = Program {
    name: "pipe_two_clocks_locked",
    document: DOCUMENT,
    about: "The same with a lock around each sending.",
    claim: "(Not in the document: the mend.)",
    parameters: TICKS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(two(parameters, |sender, lock, tick| lock.with(|| sender.send(tick)))),
};

pub(crate) const GONE: Program = Program {
    name: "pipe_sender_gone",
    document: DOCUMENT,
    about: "The clock stops, while the main process and the reader hold copies of its end.",
    claim: "(Not in the document: what the reader does when the sender has gone.)",
    parameters: TICKS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["deadlock"]),
    run: |parameters| unwrap(gone(parameters, false)),
};

pub(crate) const CLOSED: Program = Program {
    name: "pipe_sender_closed",
    document: DOCUMENT,
    about: "The same with each process closing the end that it does not use.",
    claim: "(Not in the document: the mend.)",
    parameters: TICKS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(gone(parameters, true)),
};

fn one(rounds: u32) -> Result<(), Error> {
    let (sender, receiver) = pipe("pipe").back("way back").duplex::<u32>();
    let clock = Process::new({
        let sender = sender.clone();
        move || {
            let mut time = 0;
            endless(rounds, || {
                time += 1;
                sender.send(time)?;
                print("Clock activated ...");
                time::sleep(SECOND);
                Ok(Round::Fruitful)
            })
        }
    });
    let printer = Process::new({
        let receiver = receiver.clone();
        move || {
            let mut before = 0;
            endless(rounds, || {
                let time = receiver.recv()?;
                assert!(time == before + 1, "{time} came after {before}");
                before = time;
                print(format_args!("Time: {time}"));
                Ok(Round::Fruitful)
            })
        }
    });
    clock.start()?;
    printer.start()?;
    // The main process keeps its copies of both ends, and waits for the two.
    stay()
}

/// How a tick is sent.
type Send = fn(&Connection<u32>, &Lock, u32) -> Result<(), Error>;

fn two(parameters: &Parameters, send: Send) -> Result<(), Error> {
    let ticks = parameters.get("ticks");
    let (receiver, sender) = pipe("pipe").one_way::<u32>();
    let lock = Lock::new().named("lock");
    let clock = |_| {
        let (sender, lock) = (sender.clone(), lock.clone());
        Process::new(move || (1..=ticks).try_for_each(|tick| send(&sender, &lock, tick)))
    };
    let clocks: Vec<Process> = (0..2).map(clock).collect();
    clocks.iter().try_for_each(|process| process.start())?;
    for _ in 0..2 * ticks {
        print(format_args!("Time: {}", receiver.recv()?));
    }
    clocks.iter().try_for_each(|process| process.join())
}

fn gone(parameters: &Parameters, close: bool) -> Result<(), Error> {
    let ticks = parameters.get("ticks");
    let (receiver, sender) = pipe("pipe").one_way::<u32>();
    let clock = Process::new({
        let (sender, receiver) = (sender.clone(), receiver.clone());
        move || {
            if close {
                receiver.close();
            }
            (1..=ticks).try_for_each(|tick| sender.send(tick))
        }
    });
    let printer = Process::new({
        let (sender, receiver) = (sender.clone(), receiver.clone());
        move || {
            if close {
                sender.close();
            }
            let mut seen = 0;
            loop {
                match receiver.recv() {
                    Ok(time) => print(format_args!("Time: {time}")),
                    Err(Error::EofError) => break,
                    Err(error) => return Err(error),
                }
                seen += 1;
            }
            assert!(seen == ticks, "{seen} of {ticks} ticks came");
            Ok(())
        }
    });
    clock.start()?;
    printer.start()?;
    if close {
        sender.close();
        receiver.close();
    }
    clock.join()?;
    printer.join()
}
