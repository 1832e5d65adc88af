//! A daemon thread that starts, sleeps and exits, while the main program ends, or waits for it.
//!
//! The document first says that only "Start" is printed, because the daemon dies with the main program, then strikes that out:
//! its own run printed "Exit", too. Both are right in their way. As published, the program compares `__name__` with
//! `"_main__"`, so it does nothing at all; whoever calls `main` from an interactive session, which does not end, sees the daemon
//! finish. With the slip mended and run as a program, the daemon dies with it.

use super::super::program::{Expected, Prints, Program};
use super::unwrap;
use selvedge::python::logging::Level;
use selvedge::python::threading::Thread;
use selvedge::python::{Error, logging, print, time};
use std::time::Duration;

const DOCUMENT: &str = "001, Daemon Thread";
const FORMAT: &str = "(%(threadName)s) %(message)s";

pub(crate) const SLIP: Program = Program {
    name: "daemon_slip",
    document: DOCUMENT,
    about: "A daemon thread, in a program that compares its name with \"_main__\" and so does nothing.",
    claim: "\"Start\", \"end of main\" and, five seconds later, \"Exit\" are printed.",
    parameters: &[],
    prints: Prints::Promised(goes_on_after_main),
    expected: Expected::OtherOutput,
    run: |_| {
        logging::basic_config(Level::Debug, FORMAT);
        let name = "__main__";
        if name == "_main__" {
            unwrap(start(false));
            print("end of main");
        }
    },
};

pub(crate) const DAEMON: Program = Program {
    name: "daemon_thread",
    document: DOCUMENT,
    about: "The daemon thread with the slip mended: it dies with the main program.",
    claim: "\"Start\", \"end of main\" and, five seconds later, \"Exit\" are printed.",
    parameters: &[],
    prints: Prints::Promised(goes_on_after_main),
    expected: Expected::OtherOutput,
    run: |_| {
        logging::basic_config(Level::Debug, FORMAT);
        unwrap(start(false));
        print("end of main");
    },
};

pub(crate) const JOINED: Program = Program {
    name: "daemon_joined",
    document: DOCUMENT,
    about: "The daemon thread, joined: the main program waits for it.",
    claim: "\"Start\", \"Exit\" and then \"end of main\" are printed.",
    parameters: &[],
    prints: Prints::Promised(|output| output == "(daemon) Start\n(daemon) Exit\nend of main\n"),
    expected: Expected::Nothing,
    run: |_| {
        logging::basic_config(Level::Debug, FORMAT);
        unwrap(start(true));
        print("end of main");
    },
};

fn goes_on_after_main(output: &str) -> bool {
    output == "(daemon) Start\nend of main\n(daemon) Exit\n"
}

/// `main`
fn start(join: bool) -> Result<(), Error> {
    let thread = Thread::new(daemon).named("daemon").daemon(true);
    thread.start()?;
    if join { thread.join() } else { Ok(()) }
}

fn daemon() {
    logging::debug("Start");
    time::sleep(Duration::from_secs(5));
    logging::debug("Exit");
}
