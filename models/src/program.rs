//! What a program is, and the list of them.

use super::parameters::{Parameter, Parameters};
use super::programs::{
    bank_account, bounded_queue, clock_manager, clock_pipe, clock_queue, clock_value, condition_endless,
    condition_queue, connections, counter, daemon_thread, downloads, event_chain, event_start_line,
    increments, list_condition, lock_takers, messengers, rlock_reverse, semaphores, signals, worker_threads,
};
use super::suggest;
use selvedge::explore::Report;
use selvedge::{Error, Output};

/// A document program as a model.
#[derive(Debug)]
pub struct Program {
    /// Its name on the command line and in tests.
    pub name: &'static str,
    /// The document that it is from, and where there.
    pub document: &'static str,
    /// What it does and what is claimed of it, in a sentence or two.
    pub about: &'static str,
    /// What the document says of it.
    pub claim: &'static str,
    /// What sets its size.
    pub parameters: &'static [Parameter],
    /// Whether it is about what it prints, and what that is to be.
    pub prints: Prints,
    /// What exploring it shows.
    pub expected: Expected,
    /// The model.
    pub run: fn(&Parameters),
}

/// What a program prints.
#[derive(Clone, Copy, Debug)]
pub enum Prints {
    /// It is about something else.
    Aside,
    /// It is about that, so all that it can print is explored.
    Whatever,
    /// So it is, and the document says what it prints, all of it: whether an output is that.
    Promised(fn(&str) -> bool),
}

impl Prints {
    /// Whether what is printed is part of what is explored.
    #[must_use]
    pub fn output(self) -> Output {
        match self {
            Prints::Aside => Output::Unobserved,
            Prints::Whatever | Prints::Promised(_) => Output::Observed,
        }
    }

    /// Of what an exploration has seen printed, the first that is not what the document says.
    #[must_use]
    pub fn broken(self, report: &Report) -> Option<&str> {
        let Prints::Promised(holds) = self else { return None };
        report.outputs()?.iter().map(String::as_str).find(|output| !holds(output))
    }
}

impl Program {
    /// The number of the document that it is from.
    #[must_use]
    pub fn document_number(&self) -> &'static str {
        self.document.split_once(',').map_or(self.document, |(number, _)| number)
    }
}

/// The documents: the number of each, and what it is about.
pub const DOCUMENTS: &[(&str, &str)] = &[
    ("000", "events and conditions"),
    ("001", "threads, daemons and locks"),
    ("002", "races, semaphores and a bounded queue"),
    ("003", "the tools of `threading`"),
    ("004", "what processes share"),
];

/// What exploring a program shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing is wrong.
    Nothing,
    /// It can print something else than the document says.
    OtherOutput,
    /// Something is: what, in the words of the report, the most important first.
    Findings(&'static [&'static str]),
}

/// All programs, in the order of the documents.
#[must_use]
pub fn programs() -> &'static [Program] {
    PROGRAMS
}

static PROGRAMS: &[Program] = &[
    event_start_line::PROGRAM,
    condition_endless::PROGRAM,
    condition_queue::PROGRAM,
    worker_threads::FUNCTION,
    worker_threads::CLASS,
    worker_threads::LOGGING,
    daemon_thread::SLIP,
    daemon_thread::DAEMON,
    daemon_thread::JOINED,
    event_chain::PUBLISHED,
    event_chain::FIXED,
    lock_takers::PUBLISHED,
    lock_takers::FIXED,
    rlock_reverse::PUBLISHED,
    rlock_reverse::GLOBAL,
    rlock_reverse::PLAIN_LOCK,
    rlock_reverse::OTHER_THREAD,
    messengers::PROGRAM,
    increments::PUBLISHED,
    increments::LOCKED,
    bank_account::UNLOCKED,
    bank_account::LOCKED,
    semaphores::SUM,
    semaphores::SUM_OF_TWO,
    semaphores::ORDER,
    semaphores::ORDER_SHORT,
    bounded_queue::PUBLISHED,
    bounded_queue::FIXED,
    downloads::PUBLISHED,
    downloads::CHECKED,
    connections::PUBLISHED,
    connections::FIXED,
    connections::IN_TURN,
    counter::PUBLISHED,
    counter::FIXED,
    semaphores::POOL,
    semaphores::POOL_OF_MORE,
    list_condition::PUBLISHED,
    list_condition::FIXED,
    signals::EVENT,
    signals::TIMER,
    signals::TIMER_JOINED,
    signals::BARRIER,
    clock_value::ONE,
    clock_value::MANY,
    clock_value::UNCHECKED,
    clock_value::LOCKED,
    clock_manager::JOINED,
    clock_manager::STARTED,
    clock_queue::POLLED,
    clock_queue::TWO,
    clock_queue::TWO_FIXED,
    clock_pipe::PROGRAM,
    clock_pipe::TWO,
    clock_pipe::TWO_LOCKED,
    clock_pipe::GONE,
    clock_pipe::CLOSED,
];

/// The program of this name.
///
/// # Errors
///
/// When there is none, with the nearest name.
pub fn find(name: &str) -> Result<&'static Program, Error> {
    programs().iter().find(|p| p.name == name).ok_or_else(|| {
        let known: Vec<&str> = programs().iter().map(|p| p.name).collect();
        let called: String = name.chars().take(60).collect();
        let more = if called.len() < name.len() { "…" } else { "" };
        let what = format!("`{called}{more}` is no program");
        Error::new(what, "in the list of programs", suggest::mend(name, &known))
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
            assert!(DOCUMENTS.iter().any(|(number, _)| *number == program.document_number()));
            for p in program.parameters {
                assert!(p.minimum >= 1, "{} {}", program.name, p.name);
                let bounds = p.minimum..=p.maximum;
                assert!(bounds.contains(&p.default), "{} {}", program.name, p.name);
                assert!(p.document_value.is_none_or(|v| bounds.contains(&v)), "{} {}", program.name, p.name);
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
            find("").unwrap_err().to_string().contains("there are `event_start_line`, `condition_endless`")
        );
    }
}
