//! Downloads: a thread for each address, all started and then joined.
//!
//! A thread whose server does not answer with 200 returns without a word. The join is satisfied with that, so when the main
//! thread goes on a file may be missing, and nobody knows. In the checked version the threads leave what became of each.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::{Tally, start_and_join, unwrap};
use selvedge::python::Error;
use selvedge::python::random::choice;
use selvedge::python::threading::Thread;
use selvedge::python::time;
use std::time::Duration;

const DOCUMENT: &str = "003, threading.Thread";

const PARAMETERS: &[Parameter] = &[Parameter {
    name: "urls",
    about: "addresses, with a thread each",
    default: 2,
    document_value: None,
    minimum: 1,
    maximum: MOST_THREADS,
}];

pub(crate) const PUBLISHED: Program = Program {
    name: "downloads",
    document: DOCUMENT,
    about: "A thread downloads each address into a file; the main thread starts all and joins all.",
    claim: "Each address is downloaded, and the main thread waits for that.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["panic"]),
    run: |parameters| {
        let (files, _) = unwrap_all(parameters);
        let urls = i64::from(parameters.get("urls"));
        assert!(files == urls, "{files} of {urls} files are there");
    },
};

pub(crate) const CHECKED: Program = Program {
    name: "downloads_checked",
    document: DOCUMENT,
    about: "The same with the main thread asking what became of each address.",
    claim: "(Not in the document: the mend.)",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| {
        let (files, refused) = unwrap_all(parameters);
        let urls = i64::from(parameters.get("urls"));
        assert!(
            files + refused == urls,
            "{files} files are there, and {refused} of {urls} addresses were refused"
        );
    },
};

/// How many files are there in the end, and how many addresses were refused.
fn unwrap_all(parameters: &Parameters) -> (i64, i64) {
    let (files, refused) = (Tally::default(), Tally::default());
    unwrap(download_all(parameters.get("urls"), &files, &refused));
    (files.get(), refused.get())
}

fn download_all(urls: u32, files: &Tally, refused: &Tally) -> Result<(), Error> {
    let download = |number| {
        let (files, refused) = (files.clone(), refused.clone());
        let run = move || {
            // `urlopen`: the others go on meanwhile.
            time::sleep(Duration::from_secs(1));
            match choice(&[200, 404]) {
                200 => files.add(1),
                _ => refused.add(1),
            };
        };
        Thread::new(run).named(format!("download {number}"))
    };
    start_and_join(&(1..=urls).map(download).collect::<Vec<_>>())
}
