//! What is said when a model does not repeat itself.

use crate::base::{Choice, ThreadId, ThreadSet};
use std::fmt;

/// Where an execution went another way than the choices that it was to repeat.
///
/// Either the schedule belongs to another model, or the model depends on something besides its choices: time, addresses,
/// the order of a hash map, state kept from one execution to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// How many choices had been made before; for an outcome that comes up in the middle of a run, before the run.
    pub position: u64,
    /// What was different.
    pub mismatch: Mismatch,
}

/// What was different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The schedule's thread cannot go on.
    NotEnabled {
        /// What the schedule has here.
        expected: Choice,
        /// Who can go on.
        enabled: ThreadSet,
    },
    /// The schedule's outcome does not exist.
    NoSuchOutcome {
        /// What the schedule has here.
        expected: Choice,
        /// How many outcomes the operation has.
        count: u32,
    },
    /// Other threads can go on than in an earlier execution that began the same way.
    OtherThreads {
        /// Who could go on then; `None` where there was nothing to choose.
        before: Option<ThreadSet>,
        /// Who can go on now; `None` where there is nothing to choose.
        now: Option<ThreadSet>,
    },
    /// An operation has another number of outcomes than in an earlier execution that began the same way.
    OtherOutcomes {
        /// Whose operation.
        thread: ThreadId,
        /// How many there were then; 1 where there was nothing to choose.
        before: u32,
        /// How many there are now.
        now: u32,
    },
    /// There are more or fewer ways to go on than in an earlier execution that began the same way.
    OtherWays {
        /// How many there were then.
        before: u32,
        /// How many there are now.
        now: u32,
    },
    /// The execution ended before all that it was to repeat had been chosen.
    Ended,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.position + 1;
        match &self.mismatch {
            Mismatch::NotEnabled { expected, enabled } => {
                let thread = expected.thread;
                write!(f, "choice {number} is thread {thread}, which cannot go on; {} can", names(enabled))
            }
            Mismatch::NoSuchOutcome { expected: Choice { thread, outcome }, count } => {
                write!(f, "choice {number} is outcome {outcome} for thread {thread}, which has {count}")
            }
            Mismatch::OtherThreads { before, now } => {
                let [before, now] =
                    [before, now].map(|threads| threads.as_ref().map_or("one alone".into(), names));
                write!(f, "at choice {number} the threads that can go on were {before}, now {now}")
            }
            Mismatch::OtherOutcomes { thread, before, now } => {
                write!(f, "at choice {number} thread {thread} had {before} outcomes, now {now}")
            }
            Mismatch::OtherWays { before, now } => {
                write!(f, "at choice {number} there were {before} ways to go on, now {now}")
            }
            Mismatch::Ended => write!(f, "the execution ended before choice {number}"),
        }
    }
}

fn names(threads: &ThreadSet) -> String {
    threads.iter().map(|t| t.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_a_sentence() {
        let set = |threads: &[u32]| threads.iter().map(|&n| ThreadId(n)).collect::<ThreadSet>();
        let expected = Choice { thread: ThreadId(1), outcome: 2 };
        let say = |mismatch| Divergence { position: 6, mismatch }.to_string();
        assert_eq!(
            say(Mismatch::NotEnabled { expected, enabled: set(&[0, 2]) }),
            "choice 7 is thread b, which cannot go on; a, c can"
        );
        assert_eq!(
            say(Mismatch::NoSuchOutcome { expected, count: 2 }),
            "choice 7 is outcome 2 for thread b, which has 2"
        );
        assert_eq!(
            say(Mismatch::OtherThreads { before: Some(set(&[0, 1])), now: Some(set(&[0])) }),
            "at choice 7 the threads that can go on were a, b, now a"
        );
        assert_eq!(
            say(Mismatch::OtherThreads { before: None, now: Some(set(&[0, 1])) }),
            "at choice 7 the threads that can go on were one alone, now a, b"
        );
        assert_eq!(
            say(Mismatch::OtherOutcomes { thread: ThreadId(0), before: 1, now: 3 }),
            "at choice 7 thread a had 1 outcomes, now 3"
        );
        assert_eq!(say(Mismatch::Ended), "the execution ended before choice 7");
    }
}
