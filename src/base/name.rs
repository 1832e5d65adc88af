//! Names that a person gave, for traces.

use std::fmt;

/// A name given to an object, with a number where one name serves many ("fork 2"); empty when none was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    part: &'static str,
    text: &'static str,
    number: Option<u32>,
}

impl Name {
    /// No name.
    pub const NONE: Name = Name { part: "", text: "", number: None };

    /// A name.
    pub const fn new(text: &'static str) -> Self {
        Name { part: "", text, number: None }
    }

    /// A name shared by several objects, with this one's number.
    pub const fn numbered(text: &'static str, number: u32) -> Self {
        Name { part: "", text, number: Some(number) }
    }

    /// The name of a part of what has this name ("room of jobs"); none when this is none.
    pub const fn part(self, part: &'static str) -> Self {
        if self.is_empty() { self } else { Name { part, ..self } }
    }

    /// Whether none was given.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.part.is_empty() {
            write!(f, "{} ", self.part)?;
        }
        match self.number {
            None => f.write_str(self.text),
            Some(number) => write!(f, "{} {number}", self.text),
        }
    }
}
