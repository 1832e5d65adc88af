//! Formats of records, in Python's `%` style.

use super::Level;
use crate::python::Error;

/// What is logged.
pub(super) struct Record {
    pub(super) message: String,
    pub(super) thread: String,
    pub(super) level: Level,
}

/// A format, taken apart.
#[derive(Debug)]
pub(super) struct Format {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Field(Field, Shape),
}

/// A field of a record.
#[derive(Clone, Copy, Debug)]
enum Field {
    Thread,
    Process,
    Message,
    LevelName,
    LevelNumber,
    Logger,
}

/// How a field is set.
#[derive(Clone, Copy, Debug)]
struct Shape {
    left: bool,
    zeros: bool,
    width: usize,
    precision: usize,
}

impl Format {
    /// # Errors
    ///
    /// `ValueError`, as CPython raises it: when there is no field in the format, or one that records do not have.
    pub(super) fn parse(format: &str) -> Result<Self, Error> {
        let invalid = || Error::ValueError(format!("Invalid format '{format}' for '%' style"));
        let (mut parts, mut rest, mut fields) = (Vec::new(), format, 0);
        while let Some((before, after)) = rest.split_once('%') {
            parts.push(Part::Text(before.to_owned()));
            rest = match after.strip_prefix('%') {
                Some(after) => {
                    parts.push(Part::Text("%".to_owned()));
                    after
                }
                None => {
                    let (field, after) = field(after).ok_or_else(invalid)??;
                    parts.push(field);
                    fields += 1;
                    after
                }
            };
        }
        parts.push(Part::Text(rest.to_owned()));
        if fields == 0 { Err(invalid()) } else { Ok(Format { parts }) }
    }

    /// The record's line.
    pub(super) fn apply(&self, record: &Record) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(field, shape) => shape.set(&record.get(*field)),
        };
        self.parts.iter().map(part).collect()
    }
}

/// A field at the beginning of what follows a `%`, and what follows it; `None` where there is none.
fn field(text: &str) -> Option<Result<(Part, &str), Error>> {
    let (name, after) = text.strip_prefix('(')?.split_once(')')?;
    let flags = after.len() - after.trim_start_matches(['-', '0', '+', ' ', '#']).len();
    let (flags, after) = after.split_at(flags);
    let (width, after) = number(after);
    let (precision, after) = match after.strip_prefix('.') {
        Some(after) => number(after),
        None => (None, after),
    };
    let conversion = after.chars().next().filter(|c| matches!(c, 's' | 'd' | 'i'))?;
    let shape = Shape {
        left: flags.contains('-'),
        zeros: flags.contains('0') && conversion != 's',
        width: width.unwrap_or(0),
        precision: precision.filter(|_| conversion == 's').unwrap_or(usize::MAX),
    };
    let field = match name {
        "threadName" => Field::Thread,
        "processName" => Field::Process,
        "message" => Field::Message,
        "levelname" => Field::LevelName,
        "levelno" => Field::LevelNumber,
        "name" => Field::Logger,
        _ => {
            let message = format!("Formatting field not found in record: '{name}'");
            return Some(Err(Error::ValueError(message)));
        }
    };
    Some(Ok((Part::Field(field, shape), &after[1..])))
}

fn number(text: &str) -> (Option<usize>, &str) {
    let (digits, rest) =
        text.split_at(text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len());
    (digits.parse().ok(), rest)
}

impl Record {
    fn get(&self, field: Field) -> String {
        match field {
            Field::Thread => self.thread.clone(),
            Field::Process => "MainProcess".to_owned(),
            Field::Message => self.message.clone(),
            Field::LevelName => self.level.name().to_owned(),
            Field::LevelNumber => (self.level as u32).to_string(),
            Field::Logger => "root".to_owned(),
        }
    }
}

impl Shape {
    fn set(&self, value: &str) -> String {
        let value: String = value.chars().take(self.precision).collect();
        let width = self.width;
        match (self.left, self.zeros) {
            (true, _) => format!("{value:<width$}"),
            (false, true) => format!("{value:0>width$}"),
            (false, false) => format!("{value:>width$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(format: &str) -> Result<String, String> {
        let record = Record { message: "hello".into(), thread: "MainThread".into(), level: Level::Debug };
        Format::parse(format).map(|format| format.apply(&record)).map_err(|error| error.to_string())
    }

    /// As `logging.Formatter(format).format(record)` of CPython 3.11 gives them.
    #[test]
    fn formats_are_cpythons() {
        let lines = [
            ("%(levelname)s:%(name)s:%(message)s", "DEBUG:root:hello"),
            ("(%(threadName)-10s) %(message)s", "(MainThread) hello"),
            ("%(threadName)-12s|%(message)7s", "MainThread  |  hello"),
            ("%(levelno)03d %(message)5.3s %%", "010   hel %"),
        ];
        lines.into_iter().for_each(|(format, expected)| assert_eq!(line(format), Ok(expected.to_owned())));
    }

    #[test]
    fn what_is_no_format_is_refused_with_cpythons_words() {
        let error = |format| line(format).unwrap_err();
        assert_eq!(error("%(foo)s x"), "ValueError: Formatting field not found in record: 'foo'");
        assert_eq!(error("plain"), "ValueError: Invalid format 'plain' for '%' style");
        assert_eq!(error("%d"), "ValueError: Invalid format '%d' for '%' style");
    }
}
