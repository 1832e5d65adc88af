//! Logs: what a person has seen printed, and how it is to be read.

use super::place::{Group, Line, MOST_TOGETHER, Script};
use crate::base::Error;
use std::fmt;
use std::str::FromStr;

/// A log to be explained: its text, and how it is to be read.
///
/// Without further words it is all that the program prints, line by line, in this order. Names of the form `Thread-7` and
/// `Process-7` may stand for others of that form as long as their order is kept, because they are numbered as they are made;
/// addresses (`0x000001528AD9BBB0`) may stand for any; and white space at the end of a line does not count.
///
/// ```
/// use selvedge::explain::Log;
///
/// let log = Log::new("Clock activated ...\nTime: 1 # so far\n").prefix().comments("#");
/// assert_eq!(log.lines().collect::<Vec<_>>(), [(1, "Clock activated ..."), (2, "Time: 1")]);
/// ```
#[derive(Clone, Debug)]
pub struct Log {
    text: String,
    prefix: bool,
    blank_lines: bool,
    comments: Vec<String>,
    ignored: Vec<Pattern>,
    unprinted: Vec<Pattern>,
    unordered: Vec<(usize, usize)>,
    names: Vec<(String, String)>,
    numbered: Vec<String>,
}

impl Log {
    /// The whole output of the program.
    pub fn new(text: impl Into<String>) -> Self {
        Log {
            text: text.into(),
            prefix: false,
            blank_lines: true,
            comments: Vec::new(),
            ignored: Vec::new(),
            unprinted: Vec::new(),
            unordered: Vec::new(),
            names: Vec::new(),
            numbered: Vec::new(),
        }
    }

    /// It is only the beginning of what the program prints, which may have gone on for ever.
    #[must_use]
    pub fn prefix(self) -> Self {
        Log { prefix: true, ..self }
    }

    /// Blank lines do not count, neither those of the log nor those that the program prints.
    #[must_use]
    pub fn ignore_blank_lines(self) -> Self {
        Log { blank_lines: false, ..self }
    }

    /// What follows this marker on a line is a comment; a line that is nothing else does not count.
    #[must_use]
    pub fn comments(mut self, marker: impl Into<String>) -> Self {
        self.comments.push(marker.into());
        self
    }

    /// Lines of the log that do not count.
    #[must_use]
    pub fn ignore(mut self, lines: Pattern) -> Self {
        self.ignored.push(lines);
        self
    }

    /// Lines that the program prints and the log lacks.
    #[must_use]
    pub fn ignore_printed(mut self, lines: Pattern) -> Self {
        self.unprinted.push(lines);
        self
    }

    /// The lines from number `first` to number `last`, counted from 1, may have been printed in any order; at most 64 of them.
    #[must_use]
    pub fn unordered(mut self, first: usize, last: usize) -> Self {
        self.unordered.push((first, last));
        self
    }

    /// What the log calls `here` the program calls `there`. When one name is given, all are taken to be: no other is guessed.
    #[must_use]
    pub fn rename(mut self, here: impl Into<String>, there: impl Into<String>) -> Self {
        self.names.push((here.into(), there.into()));
        self
    }

    /// Numbers after this word, such as `pid `, may stand for others, each always for the same one.
    #[must_use]
    pub fn numbered(mut self, word: impl Into<String>) -> Self {
        self.numbered.push(word.into());
        self
    }

    /// The lines that count, with their numbers in the text, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().zip(1..).filter_map(|(line, number)| {
            let whole = line.trim_end();
            let mut kept = whole;
            for marker in &self.comments {
                kept = kept.split(marker.as_str()).next().unwrap_or_default();
            }
            let kept = kept.trim_end();
            let comment = kept.is_empty() && !whole.is_empty();
            let blank = kept.is_empty() && !self.blank_lines;
            let counts = !comment && !blank && !self.ignored.iter().any(|pattern| pattern.matches(kept));
            counts.then_some((number, kept))
        })
    }

    /// The program's names that were given for the log's.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(_, there)| there.as_str())
    }

    /// The line with the program's names. They may change places, so all are taken out before any is put in.
    fn renamed(&self, line: &str) -> String {
        let mut text = line.to_owned();
        for (number, (here, _)) in self.names.iter().enumerate() {
            text = replaced(&text, here, &format!("\0{number}\0")).unwrap_or(text);
        }
        let put_in = |text: String, (number, (_, there)): (usize, &(String, String))| {
            text.replace(&format!("\0{number}\0"), there)
        };
        self.names.iter().enumerate().fold(text, put_in)
    }

    /// What has to be printed, in order.
    pub(super) fn script(&self) -> Result<Script, Error> {
        for (here, _) in &self.names {
            if replaced(&self.text, here, "").is_none() {
                let what = format!("no line says `{here}`");
                return Err(Error::new(what, "in the log", "give a name as the log has it"));
            }
        }
        for (first, last) in &self.unordered {
            let lines = self.lines().filter(|(number, _)| (*first..=*last).contains(number)).count();
            if !(2..=MOST_TOGETHER).contains(&lines) {
                let what = format!("from line {first} to line {last} there are {lines} lines that count");
                let mend = format!("name from 2 to {MOST_TOGETHER} lines that may have come in any order");
                return Err(Error::new(what, "in the log", mend));
            }
        }
        let mut groups: Vec<Group> = Vec::new();
        let mut open = None;
        for (number, text) in self.lines() {
            let text = self.renamed(text);
            let together = self.unordered.iter().position(|(first, last)| (*first..=*last).contains(&number));
            match groups.last_mut().filter(|_| together.is_some() && together == open) {
                Some(group) => group.lines.push(Line { number, text }),
                None => groups.push(Group { lines: vec![Line { number, text }] }),
            }
            open = together;
        }
        if groups.is_empty() {
            return Err(Error::new("there is no line to explain", "in the log", "give what was printed"));
        }
        let names = if self.names.is_empty() { ["Thread-", "Process-"].as_slice() } else { &[] };
        let ordered = names.iter().map(|name| ((*name).to_owned(), true));
        let numbered = ordered.chain(self.numbered.iter().map(|word| (word.clone(), false))).collect();
        Ok(Script {
            groups,
            prefix: self.prefix,
            blank_lines: self.blank_lines,
            unprinted: self.unprinted.clone(),
            numbered,
        })
    }
}

/// The text with each whole `name` replaced; `None` when there is none. A name does not go on with a letter or a digit.
fn replaced(text: &str, name: &str, by: &str) -> Option<String> {
    let (mut result, mut rest, mut found) = (String::new(), text, false);
    while let Some(at) = rest.find(name).filter(|_| !name.is_empty()) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let whole = !after.starts_with(|c: char| c.is_alphanumeric())
            && !before.ends_with(|c: char| c.is_alphanumeric());
        result.push_str(before);
        result.push_str(if whole { by } else { name });
        found |= whole;
        rest = after;
    }
    found.then(|| result + rest)
}

/// Which lines are meant.
///
/// As text it is the line itself, with a star at an end where the line may go on.
///
/// ```
/// use selvedge::explain::Pattern;
///
/// assert!("Time: *".parse::<Pattern>().unwrap().matches("Time: 20"));
/// assert!("*finish*".parse::<Pattern>().unwrap().matches("[Thread-1] finish job"));
/// assert!(!"finish".parse::<Pattern>().unwrap().matches("finish job"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This line.
    Exact(String),
    /// Lines that begin so.
    Prefix(String),
    /// Lines that end so.
    Suffix(String),
    /// Lines in which this stands.
    Contains(String),
}

impl Pattern {
    /// Whether a line is one of those meant.
    pub fn matches(&self, line: &str) -> bool {
        match self {
            Pattern::Exact(text) => line == text,
            Pattern::Prefix(text) => line.starts_with(text.as_str()),
            Pattern::Suffix(text) => line.ends_with(text.as_str()),
            Pattern::Contains(text) => line.contains(text.as_str()),
        }
    }
}

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (rest, open_end) = text.strip_suffix('*').map_or((text, false), |rest| (rest, true));
        let (rest, open_start) = rest.strip_prefix('*').map_or((rest, false), |rest| (rest, true));
        if rest.is_empty() {
            let what = format!("`{text}` means every line, or none");
            return Err(Error::new(what, "in a pattern", "write some of what the lines say"));
        }
        let rest = rest.to_owned();
        Ok(match (open_start, open_end) {
            (false, false) => Pattern::Exact(rest),
            (false, true) => Pattern::Prefix(rest),
            (true, false) => Pattern::Suffix(rest),
            (true, true) => Pattern::Contains(rest),
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Exact(text) => f.write_str(text),
            Pattern::Prefix(text) => write!(f, "{text}*"),
            Pattern::Suffix(text) => write!(f, "*{text}"),
            Pattern::Contains(text) => write!(f, "*{text}*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_are_replaced() {
        assert_eq!(replaced("[Thread-3] Thread-34", "Thread-3", "A").as_deref(), Some("[A] Thread-34"));
        assert_eq!(replaced("Thread-34", "Thread-3", "A"), None);
        assert_eq!(replaced("x", "", "A"), None);
        let log = Log::new("").rename("Thread-1", "Thread-2").rename("Thread-2", "Thread-1");
        assert_eq!(
            log.renamed("[Thread-1] starts Thread-2 and Thread-21"),
            "[Thread-2] starts Thread-1 and Thread-21"
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_one_sentence() {
        let error = |log: Log| log.script().unwrap_err().to_string();
        assert_eq!(
            error(Log::new("\n \n").ignore_blank_lines()),
            "there is no line to explain, in the log: give what was printed"
        );
        assert_eq!(
            error(Log::new("a\n").rename("Thread-7", "Thread-1")),
            "no line says `Thread-7`, in the log: give a name as the log has it"
        );
        assert_eq!(
            error(Log::new("a\nb\n").unordered(2, 3)),
            "from line 2 to line 3 there are 1 lines that count, in the log: name from 2 to 64 lines that may have come in any order"
        );
        assert_eq!(
            "*".parse::<Pattern>().unwrap_err().to_string(),
            "`*` means every line, or none, in a pattern: write some of what the lines say"
        );
    }
}
