//! Worker threads that each print one line: as a function, as a class, and through `logging`.
//!
//! The document says that the lines come in another order each time. They do, and more than that: `print` writes the text and
//! the line end one after the other, so lines of different threads can stand glued together, as in the document's own output,
//! which says that Python 3's `print` was thread-safe. `logging` writes a record at once, under its handler's lock: all
//! orders of the lines are possible, and nothing else is.
//!
//! The class takes a name that it does not pass on, so its threads are called "Thread-1" and so on, whatever they were given.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::unwrap;
use selvedge::python::logging::Level;
use selvedge::python::threading::{Thread, current_thread};
use selvedge::python::{Error, logging, print};

const CLAIM: &str = "The result is another one each time, with two lines glued together, say.";
const LOGGED: &str = "The result is another one each time.";

const fn threads(default: u32) -> Parameter {
    Parameter {
        name: "threads",
        about: "worker threads",
        default,
        document_value: Some(5),
        minimum: 1,
        maximum: MOST_THREADS,
    }
}

pub(crate) const FUNCTION: Program = Program {
    name: "worker_function",
    document: "001, Thread",
    about: "Threads print their name and argument.",
    claim: CLAIM,
    parameters: &[threads(3)],
    prints: Prints::Whatever,
    expected: Expected::Nothing,
    run: |parameters| {
        unwrap(start_all(parameters, |number| Thread::new(move || work(number)).named(called(number))));
    },
};

pub(crate) const CLASS: Program = Program {
    name: "worker_class",
    document: "001, Thread",
    about: "The same with a class of threads that is given names, and does not pass them on.",
    claim: CLAIM,
    parameters: &[threads(3)],
    prints: Prints::Whatever,
    expected: Expected::Nothing,
    run: |parameters| unwrap(start_all(parameters, |number| Thread::new(move || work(number)))),
};

pub(crate) const LOGGING: Program = Program {
    name: "worker_logging",
    document: "001, Thread Logging",
    about: "The same through `logging`, which writes each line at once.",
    claim: LOGGED,
    parameters: &[threads(5)],
    prints: Prints::Promised(a_line_each),
    expected: Expected::Nothing,
    run: |parameters| {
        logging::basic_config(Level::Debug, "name: %(threadName)s, argument : %(message)s");
        print("called main");
        let worker = |number| Thread::new(move || logging::debug(number)).named(called(number));
        unwrap(start_all(parameters, worker));
    },
};

fn start_all(parameters: &Parameters, make: impl Fn(u32) -> Thread) -> Result<(), Error> {
    (0..parameters.get("threads")).try_for_each(|number| make(number).start())
}

/// "called main" and then, in whatever order, the whole line of each thread.
fn a_line_each(output: &str) -> bool {
    let mut lines = output.lines();
    let main = lines.next() == Some("called main");
    let mut said: Vec<&str> = lines.collect();
    let expected: Vec<String> =
        (0..said.len() as u32).map(|n| format!("name: {}, argument : {n}", called(n))).collect();
    said.sort_unstable();
    main && said == expected
}

fn called(number: u32) -> String {
    format!("thread {number}")
}

fn work(argument: u32) {
    print(format_args!("name: {}, argument: {argument} ", current_thread().name()));
}
