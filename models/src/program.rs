//! What a program is, and the list of them.

use super::parameters::{Parameter, Parameters};
use super::programs::{bank_account, bounded_queue, condition_queue, rlock_reverse};
use super::suggest;
use selvedge::Error;

/// A document program as a model.
#[derive(Debug)]
pub struct Program {
    /// Its name on the command line and in tests.
    pub name: &'static str,
    /// The document that it is from, and where there.
    pub document: &'static str,
    /// What it does and what is claimed of it, in a sentence or two.
    pub about: &'static str,
    /// What sets its size.
    pub parameters: &'static [Parameter],
    /// What exploring it shows.
    pub expected: Expected,
    /// The model.
    pub run: fn(&Parameters),
}

/// What exploring a program shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing is wrong.
    Nothing,
    /// Something is: what, in the words of the report.
    Finding(&'static str),
}

/// All programs, in the order in which they are listed.
#[must_use]
pub fn programs() -> &'static [Program] {
    static PROGRAMS: [Program; 8] = [
        bank_account::UNLOCKED,
        bank_account::LOCKED,
        condition_queue::PROGRAM,
        bounded_queue::PUBLISHED,
        bounded_queue::FIXED,
        rlock_reverse::PUBLISHED,
        rlock_reverse::GLOBAL,
        rlock_reverse::PLAIN_LOCK,
    ];
    &PROGRAMS
}

/// The program of this name.
///
/// # Errors
///
/// When there is none, with the nearest name.
pub fn find(name: &str) -> Result<&'static Program, Error> {
    programs().iter().find(|p| p.name == name).ok_or_else(|| {
        let known: Vec<&str> = programs().iter().map(|p| p.name).collect();
        Error::new(format!("`{name}` is no program"), "in the list of programs", suggest::mend(name, &known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_program_is_found_by_its_name() {
        let names: BTreeSet<_> = programs().iter().map(|p| p.name).collect();
        assert_eq!(names.len(), programs().len());
        for program in programs() {
            assert!(std::ptr::eq(find(program.name).unwrap(), program));
        }
    }

    #[test]
    fn every_parameter_has_a_name_of_its_own_and_sizes_that_make_sense() {
        for program in programs() {
            let names: BTreeSet<_> = program.parameters.iter().map(|p| p.name).collect();
            assert_eq!(names.len(), program.parameters.len(), "{}", program.name);
            for p in program.parameters {
                assert!(p.minimum >= 1 && p.default >= p.minimum, "{} {}", program.name, p.name);
                assert!(p.document_value.is_none_or(|v| v >= p.minimum), "{} {}", program.name, p.name);
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        assert_eq!(
            find("bank_acount").unwrap_err().to_string(),
            "`bank_acount` is no program, in the list of programs: did you mean `bank_account`?"
        );
        assert!(
            find("").unwrap_err().to_string().contains("there are `bank_account`, `bank_account_locked`")
        );
    }
}
