//! What several tests of the tool need.

use std::path::PathBuf;
use std::process::{Command, Output};

const TOOL: &str = env!("CARGO_BIN_EXE_selvedge");

/// What the tool does when it is called so.
pub(crate) fn called(arguments: &[&str]) -> Output {
    Command::new(TOOL).args(arguments).output().expect("the tool runs")
}

/// What the tool says when it is called so.
pub(crate) fn said(arguments: &[&str]) -> String {
    String::from_utf8(called(arguments).stdout).expect("it writes text")
}

/// The README, and where it is.
pub(crate) fn readme() -> (PathBuf, String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = std::fs::read_to_string(&path).expect("there is a README");
    (path, text)
}

/// Compares, or rewrites, what stands in the README between `<!-- begin NAME -->` and `<!-- end NAME -->`.
pub(crate) fn check(name: &str, expected: &str) {
    let (path, readme) = readme();
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("\n<!-- end {name} -->"));
    let (before, rest) = readme.split_once(&begin).expect("the beginning is marked");
    let (shown, after) = rest.split_once(&end).expect("the end is marked");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, format!("{before}{begin}{expected}{end}{after}")).expect("it can be written");
        return;
    }
    assert_eq!(shown, expected, "the README is out of date: see the top of the test");
}
