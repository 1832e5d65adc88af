//! Bad input, and only that: what is wrong with a model is a finding, never an error.

use std::fmt;

/// Input that cannot be used: what is wrong, where, and how to mend it, in one sentence.
///
/// ```
/// let error = "a2 b?".parse::<selvedge::Schedule>().unwrap_err();
/// assert_eq!(error.to_string(), "`b?` is no run of a thread, in word 2 of the schedule: write a thread's letters and a count, such as `b3`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    what: String,
    place: String,
    mend: String,
}

impl Error {
    /// An error from its three parts: *what* is wrong, *where* ("in …", "at …"), and how to *mend* it.
    pub fn new(what: impl Into<String>, place: impl Into<String>, mend: impl Into<String>) -> Self {
        Error { what: what.into(), place: place.into(), mend: mend.into() }
    }

    /// The same error, said to be in `container`.
    pub fn within(mut self, container: &str) -> Self {
        self.place = if self.place.contains("word") {
            format!("{} in {container}", self.place)
        } else {
            format!("in {container}")
        };
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.what, self.place, self.mend)
    }
}

impl std::error::Error for Error {}
