//! Downloads: a thread for each address, all started and then joined.

use super::super::parameters::Parameter;
use super::super::program::{Expected, Prints, Program};
use super::{Tally, start_and_join, unwrap};
use selvedge::python::threading::Thread;
use selvedge::python::time;
use std::time::Duration;

pub(crate) const PROGRAM: Program = Program {
    name: "downloads",
    document: "003, threading.Thread",
    about: "A thread downloads each address into a file; the main thread starts all and joins all.",
    claim: "When the main thread goes on, all files are there.",
    parameters: &[Parameter {
        name: "urls",
        about: "addresses, with a thread each",
        default: 3,
        document_value: None,
        minimum: 1,
    }],
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| {
        let urls = parameters.get("urls");
        let files = Tally::default();
        let download = |number| {
            let files = files.clone();
            let run = move || {
                // `urlopen`: the others go on meanwhile.
                time::sleep(Duration::from_secs(1));
                files.add(1);
            };
            Thread::new(run).named(format!("download {number}"))
        };
        unwrap(start_and_join(&(1..=urls).map(download).collect::<Vec<_>>()));
        assert!(files.get() == i64::from(urls), "{} of {urls} files are there", files.get());
    },
};
