//! How a report is told: its stable text.

use super::report::Report;
use crate::base::{Cursor, Schedule};
use std::fmt;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(divergence) = &self.divergence {
            writeln!(f, "the model does not repeat itself: {divergence}")?;
            writeln!(
                f,
                "\n  Under the same choices it must do the same. Look for real time, real threads, random numbers, the order\n  \
                 of a hash map, and state kept from one execution to the next (a static, or something captured).\n"
            )?;
        }
        for found in &self.findings {
            writeln!(f, "{}\n", self.tell(found))?;
        }
        if let Some(broken) = &self.broken {
            writeln!(f, "the backend {} could not go on: {broken}\n", self.backend)?;
        }
        if self.has_nothing() {
            writeln!(f, "nothing wrong was found")?;
        }
        write!(f, "{} ({})", self.verdict(), self.strategy)?;
        if let Some(outputs) = &self.outputs {
            write!(f, "\n{}", count(outputs.len() as u64, "distinct output"))?;
        }
        if let Some(doubt) = &self.doubt {
            write!(f, "\nno proof: {doubt}")?;
        }
        for remark in &self.remarks {
            write!(f, "\n{remark}")?;
        }
        if let Some(trivial) = self.triviality() {
            write!(f, "\n{trivial}")?;
        }
        if self.cut_short > 0 {
            let were = if self.cut_short == 1 { "was" } else { "were" };
            write!(
                f,
                "\n{} reached the bound on steps and {were} not followed further",
                count(self.cut_short, "execution")
            )?;
        }
        Ok(())
    }
}

/// The most words of a schedule that a person might paste.
const LONGEST: usize = 2_000;

/// Whether a schedule has too many words to print. Only so many are looked at: it may have millions.
pub(super) fn is_long(schedule: &Schedule) -> bool {
    let mut cursor = Cursor::default();
    (0..=LONGEST).all(|_| schedule.next_word(&mut cursor).is_some())
}

/// "12 870".
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.char_indices() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// "1 execution", "2 executions", "12 870 executions".
pub(crate) fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

pub(super) fn scientific(number: f64) -> String {
    if number.is_infinite() {
        return "1e308 or more".to_string();
    }
    if number < 1e6 { grouped(number.round() as u64) } else { format!("{number:.1e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_for_reading() {
        assert_eq!(count(1, "execution"), "1 execution");
        assert_eq!(count(12_870, "execution"), "12 870 executions");
        assert_eq!(scientific(222_616.4), "222 616");
        assert_eq!(scientific(3.14e9), "3.1e9");
        assert_eq!(scientific(f64::INFINITY), "1e308 or more");
    }
}
