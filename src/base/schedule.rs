//! Schedules: the choices of one execution, and all that is needed to repeat it.

use super::{Choice, Error, ThreadId};
use std::fmt;
use std::num::IntErrorKind;
use std::str::FromStr;

/// The list of choices of an execution, kept as runs: a thread and how many choices it got in a row.
///
/// The text form is one word a run, `a` being the main thread, `b` the first one spawned and so on; `b3` is three
/// choices for `b`, `b` is one, and `b!2` is one with outcome number 2 instead of 0. A last word `~…` holds a check
/// character per run, from which a replay tells at which run a changed model went another way. Alone, `~` is the schedule
/// without choices.
///
/// ```
/// let schedule: selvedge::Schedule = "a2 b3 a b!1".parse().unwrap();
/// assert_eq!(schedule.len(), 7);
/// assert_eq!(schedule.to_string(), "a2 b3 a b!1");
/// ```
///
/// Long executions cost about a byte a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    // Each run is one byte, thread << 4 | count - 1, or LONG followed by two variable-length numbers.
    runs: Vec<u8>,
    // Invariant: positions grow strictly, outcomes are not zero.
    outcomes: Vec<(u64, u32)>,
    // Check characters, one a run of the text form; empty when unknown.
    checks: String,
    length: u64,
    last: Option<(ThreadId, u64)>,
}

const LONG: u8 = 0xff;

impl Schedule {
    /// The empty schedule.
    pub const fn new() -> Self {
        Schedule { runs: Vec::new(), outcomes: Vec::new(), checks: String::new(), length: 0, last: None }
    }

    /// How many choices it holds.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Appends a choice.
    #[inline]
    pub fn push(&mut self, choice: Choice) {
        if choice.outcome != 0 {
            self.outcomes.push((self.length, choice.outcome));
        }
        self.length += 1;
        match &mut self.last {
            Some((thread, count)) if *thread == choice.thread => *count += 1,
            last => {
                if let Some((thread, count)) = last.replace((choice.thread, 1)) {
                    self.append_run(thread, count);
                }
            }
        }
    }

    /// Appends a run; another thread's run, or [`end_with`](Schedule::end_with), must follow.
    ///
    /// Together with [`outcome_at`](Schedule::outcome_at) this builds a schedule at a cost per switch instead of per choice.
    #[inline(always)]
    pub(crate) fn append_run(&mut self, thread: ThreadId, count: u64) {
        // Both fit in four bits, in one comparison: the thread is below 15, the count between 1 and 16.
        let fits = (count.wrapping_sub(1) | (u64::from(thread.0) + 1)) < 16;
        if fits && self.runs.len() < self.runs.capacity() {
            self.runs.push((thread.0 as u8) << 4 | (count as u8 - 1));
        } else if count > 0 {
            self.encode_long(thread, count);
        }
    }

    /// Appends the last run, of which the schedule then has `length` choices.
    pub(crate) fn end_with(&mut self, thread: ThreadId, count: u64, length: u64) {
        self.last = (count > 0).then_some((thread, count));
        self.length = length;
    }

    /// Notes that the choice at `position` has an outcome other than 0.
    pub fn outcome_at(&mut self, position: u64, outcome: u32) {
        if outcome != 0 {
            self.outcomes.push((position, outcome));
        }
    }

    /// The choice at `position` has this outcome after all.
    pub(crate) fn set_outcome(&mut self, position: u64, outcome: u32) {
        let at = self.outcomes.partition_point(|(other, _)| *other < position);
        if self.outcomes.get(at).is_some_and(|(other, _)| *other == position) {
            self.outcomes.remove(at);
        }
        if outcome != 0 {
            self.outcomes.insert(at, (position, outcome));
        }
    }

    /// Empties it; keeps its memory.
    pub fn clear(&mut self) {
        self.runs.clear();
        self.outcomes.clear();
        self.checks.clear();
        self.length = 0;
        self.last = None;
    }

    /// The runs in order: a thread, and how many choices it got in a row.
    pub fn runs(&self) -> Runs<'_> {
        Runs { bytes: &self.runs, last: self.last }
    }

    /// The choices in order.
    pub fn choices(&self) -> impl Iterator<Item = Choice> + '_ {
        let mut outcomes = self.outcomes.iter().peekable();
        let threads = self.runs().flat_map(|(thread, count)| std::iter::repeat_n(thread, count as usize));
        threads.enumerate().map(move |(position, thread)| {
            let outcome =
                outcomes.next_if(|(at, _)| *at == position as u64).map_or(0, |(_, outcome)| *outcome);
            Choice { thread, outcome }
        })
    }

    /// The check characters, one for each word of the text form; empty when the schedule carries none.
    pub fn checks(&self) -> &str {
        &self.checks
    }

    /// Attaches check characters: `signature` gives a number for each choice (by position) from what was performed.
    pub fn with_checks(mut self, mut signature: impl FnMut(u64) -> u64) -> Self {
        let mut position = 0;
        self.checks = self
            .words()
            .iter()
            .map(|word| {
                let mut hash = CHECK_SEED;
                for _ in 0..word.count {
                    hash = mix_check(hash, signature(position));
                    position += 1;
                }
                check_character(hash)
            })
            .collect();
        self
    }

    /// The words of the text form: runs, split where an outcome is not zero.
    pub fn words(&self) -> Vec<Word> {
        let mut cursor = Cursor::default();
        std::iter::from_fn(|| self.next_word(&mut cursor)).collect()
    }

    /// The word at a cursor, which moves on; `None` at the end.
    pub fn next_word(&self, cursor: &mut Cursor) -> Option<Word> {
        if cursor.left == 0 {
            let last = if cursor.ended { None } else { self.last };
            let mut runs = Runs { bytes: &self.runs[cursor.byte..], last };
            (cursor.thread, cursor.left) = runs.next()?;
            cursor.ended = runs.last.is_none();
            cursor.byte = self.runs.len() - runs.bytes.len();
        }
        let (count, outcome) = match self.outcomes.get(cursor.outcome) {
            Some(&(at, outcome)) if at == cursor.position => (1, outcome),
            Some(&(at, _)) => (cursor.left.min(at - cursor.position), 0),
            None => (cursor.left, 0),
        };
        cursor.outcome += usize::from(outcome != 0);
        cursor.position += count;
        cursor.left -= count;
        Some(Word { thread: cursor.thread, count, outcome })
    }

    #[cold]
    fn encode_long(&mut self, thread: ThreadId, count: u64) {
        // Grow by a quarter: a long execution's schedule is most of what is kept of it. A word has at most 21 bytes.
        if self.runs.capacity() - self.runs.len() < 21 {
            self.runs.reserve_exact(self.runs.len() / 4 + 64);
        }
        if thread.0 < 15 && count <= 16 {
            return self.append_run(thread, count);
        }
        self.runs.push(LONG);
        push_number(&mut self.runs, u64::from(thread.0));
        push_number(&mut self.runs, count);
    }
}

/// A word of a schedule's text form: so many choices in a row for a thread, with one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The thread.
    pub thread: ThreadId,
    /// How many choices.
    pub count: u64,
    /// Their outcome; where it is not zero, `count` is 1.
    pub outcome: u32,
}

/// A place between two words of a [`Schedule`], which it does not borrow; the default is before the first.
#[derive(Clone, Debug)]
pub struct Cursor {
    byte: usize,
    outcome: usize,
    position: u64,
    // What is left of the run begun.
    thread: ThreadId,
    left: u64,
    // Whether the schedule's last run, which is not encoded, has been begun.
    ended: bool,
}

impl Default for Cursor {
    fn default() -> Self {
        Cursor { byte: 0, outcome: 0, position: 0, thread: ThreadId::MAIN, left: 0, ended: false }
    }
}

/// The runs of a [`Schedule`].
#[derive(Clone, Debug)]
pub struct Runs<'a> {
    bytes: &'a [u8],
    last: Option<(ThreadId, u64)>,
}

impl Iterator for Runs<'_> {
    type Item = (ThreadId, u64);

    fn next(&mut self) -> Option<(ThreadId, u64)> {
        let Some((&byte, rest)) = self.bytes.split_first() else { return self.last.take() };
        self.bytes = rest;
        if byte != LONG {
            return Some((ThreadId(u32::from(byte >> 4)), u64::from(byte & 15) + 1));
        }
        let thread = pop_number(&mut self.bytes);
        Some((ThreadId(thread as u32), pop_number(&mut self.bytes)))
    }
}

impl FromIterator<Choice> for Schedule {
    fn from_iter<I: IntoIterator<Item = Choice>>(choices: I) -> Self {
        let mut schedule = Schedule::new();
        choices.into_iter().for_each(|c| schedule.push(c));
        schedule
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, word) in self.words().iter().enumerate() {
            let space = if i == 0 { "" } else { " " };
            match (word.outcome, word.count) {
                (0, 1) => write!(f, "{space}{}", word.thread)?,
                (0, count) => write!(f, "{space}{}{count}", word.thread)?,
                (outcome, _) => write!(f, "{space}{}!{outcome}", word.thread)?,
            }
        }
        if self.checks.is_empty() { Ok(()) } else { write!(f, " ~{}", self.checks) }
    }
}

impl FromStr for Schedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut schedule = Schedule::new();
        let mut words = text.split_whitespace().enumerate().peekable();
        while let Some((index, word)) = words.next() {
            if let Some(checks) = word.strip_prefix('~') {
                if words.peek().is_some() {
                    return Err(Error::new(
                        "the check word `~…` is followed by more",
                        format!("in word {} of the schedule", index + 2),
                        "put the check word last or leave it out",
                    ));
                }
                schedule.checks = checks.to_string();
                break;
            }
            let word = parse_word(word, index)?;
            schedule.outcomes.extend((word.outcome != 0).then_some((schedule.length, word.outcome)));
            schedule.push_run(word.thread, word.count);
        }
        let words = schedule.words().len();
        if !schedule.checks.is_empty() && schedule.checks.len() != words {
            return Err(Error::new(
                format!("the check word has {} characters for {words} runs", schedule.checks.chars().count()),
                "at the end of the schedule",
                "paste the schedule whole, or leave the check word out",
            ));
        }
        Ok(schedule)
    }
}

impl Schedule {
    fn push_run(&mut self, thread: ThreadId, count: u64) {
        self.length += count;
        match &mut self.last {
            Some((last, total)) if *last == thread => *total += count,
            last => {
                if let Some((thread, count)) = last.replace((thread, count)) {
                    self.append_run(thread, count);
                }
            }
        }
    }
}

fn parse_word(word: &str, index: usize) -> Result<Word, Error> {
    let place = || format!("in word {} of the schedule", index + 1);
    let refuse = || {
        Error::new(
            format!("`{word}` is no run of a thread"),
            place(),
            "write a thread's letters and a count, such as `b3`",
        )
    };
    // What has the form of a run and too large a number is told so, and not that it has another form.
    let parse_number = |text: &str, least: u32| match text.parse::<u32>() {
        Ok(number) if number >= least && !text.starts_with('+') => Ok(number),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow && !text.starts_with('+') => {
            let what = format!("`{word}` has too large a number");
            Err(Error::new(what, place(), format!("write a number from {least} to {}", u32::MAX)))
        }
        _ => Err(refuse()),
    };
    let digits = word.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(word.len());
    let (letters, rest) = word.split_at(digits);
    if letters.is_empty() || letters.len() > 6 {
        return Err(refuse());
    }
    let number = letters.bytes().fold(0u32, |n, letter| n * 26 + u32::from(letter - b'a') + 1) - 1;
    let (count, outcome) = match rest.strip_prefix('!') {
        Some(outcome) => (1, parse_number(outcome, 0)?),
        None if rest.is_empty() => (1, 0),
        None => (u64::from(parse_number(rest, 1)?), 0),
    };
    Ok(Word { thread: ThreadId(number), count, outcome })
}

/// The start value of a run's check.
pub const CHECK_SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes what was performed by one choice into a run's check.
pub fn mix_check(hash: u64, signature: u64) -> u64 {
    (hash ^ signature).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(29)
}

/// The character that stands for a run's check.
pub fn check_character(hash: u64) -> char {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    char::from(ALPHABET[(hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53) >> 59) as usize])
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn pop_number(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let Some((&byte, rest)) = bytes.split_first() else { break };
        *bytes = rest;
        number |= u64::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn choices() -> impl proptest::strategy::Strategy<Value = Vec<Choice>> {
        let one = (
            prop_oneof![4 => 0u32..4, 1 => 0u32..1000],
            prop_oneof![5 => Just(0u32), 1 => 0u32..9],
            1usize..40,
        );
        proptest::collection::vec(one, 0..40).prop_map(|runs| {
            let run = |(t, outcome, n)| std::iter::repeat_n(Choice { thread: ThreadId(t), outcome }, n);
            runs.into_iter().flat_map(run).collect()
        })
    }

    proptest! {
        #[test]
        fn keeps_every_choice(choices in choices()) {
            let schedule: Schedule = choices.iter().copied().collect();
            prop_assert_eq!(schedule.len(), choices.len() as u64);
            prop_assert_eq!(schedule.choices().collect::<Vec<_>>(), choices);
        }

        #[test]
        fn building_by_switches_is_the_same(choices in choices()) {
            let mut built = Schedule::new();
            let (mut thread, mut began) = (ThreadId::MAIN, 0);
            for (position, choice) in (0..).zip(&choices) {
                if thread != choice.thread {
                    built.append_run(thread, position - began);
                    (thread, began) = (choice.thread, position);
                }
                built.outcome_at(position, choice.outcome);
            }
            let length = choices.len() as u64;
            built.end_with(thread, length - began, length);
            prop_assert_eq!(built.choices().collect::<Vec<_>>(), choices);
        }

        #[test]
        fn words_hold_every_choice(choices in choices()) {
            let schedule: Schedule = choices.iter().copied().collect();
            let words = schedule.words();
            prop_assert!(words.iter().all(|w| w.count > 0 && (w.outcome == 0 || w.count == 1)));
            let spelled = words.iter().flat_map(|w| {
                std::iter::repeat_n(Choice { thread: w.thread, outcome: w.outcome }, w.count as usize)
            });
            prop_assert_eq!(spelled.collect::<Vec<_>>(), choices);
        }

        #[test]
        fn parse_undoes_print(choices in choices(), checked in any::<bool>()) {
            let mut schedule: Schedule = choices.into_iter().collect();
            if checked {
                schedule = schedule.with_checks(|position| position * 7);
            }
            prop_assert_eq!(schedule.to_string().parse::<Schedule>().unwrap(), schedule);
        }

        #[test]
        fn never_panics_on_any_text(text in "[a-z0-9!~ +.-]{0,30}") {
            let _ = text.parse::<Schedule>();
        }
    }

    #[test]
    fn names_the_word_that_is_wrong() {
        let message = |text: &str| text.parse::<Schedule>().unwrap_err().to_string();
        assert!(message("a2 b0 c").contains("`b0` is no run of a thread, in word 2 of the schedule"));
        assert!(message("a2 ~0 b").contains("followed by more"));
        assert!(message("a2 b ~0").contains("1 characters for 2 runs"));
        assert!(message("A2").contains("word 1"));
        let large = "has too large a number, in word 1 of the schedule: write a number from";
        assert_eq!(message("b4294967296"), format!("`b4294967296` {large} 1 to 4294967295"));
        assert_eq!(message("b!4294967296"), format!("`b!4294967296` {large} 0 to 4294967295"));
        assert!(message("b+1").contains("is no run of a thread"));
        assert!(message("a99999999999999999999").contains("word 1"));
    }
}
