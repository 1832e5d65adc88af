//! What an execution comes to when the order of steps that do not meet is left out.
//!
//! **Paper.** Musuvathi & Qadeer, "Partial-order reduction for context-bounded state exploration" (MSR-TR-2007-12): a number for
//! the happens-before relation, made as the execution goes.
//!
//! **Guarantee.** Executions that differ in the order of independent steps only have the same number; others have the same one
//! by a coincidence of 64 bits.
//!
//! ```text
//! number of a step  = mix(what it does, number of the step before it in its thread,
//!                         for each thing it meets: number of the last write there,
//!                                                  and if it writes, the sum of the numbers of the reads since)
//! number of a trace = the sum of the numbers of its steps
//! ```
//!
//! Neither objects nor threads have names here, because they are numbered in the order in which they come to be; what has
//! happened to them before tells them apart.

use super::Trace;
use super::checks::verb;
use crate::base::{Access, Action, CHECK_SEED, Meeting, Step, ThreadAction, ThreadId, mix_check};
use std::collections::BTreeMap;

/// A number that two traces have in common if they differ in the order of independent steps only. Of a very long execution the
/// steps that are kept count.
pub fn equivalence(trace: &Trace) -> u64 {
    let mut past = Past::default();
    trace.steps.iter().fold(0, |sum: u64, step| sum.wrapping_add(past.add(step)))
}

#[derive(Default)]
struct Past {
    /// The last step of each thread, or that by which it was spawned.
    threads: BTreeMap<ThreadId, u64>,
    met: BTreeMap<Meeting, Last>,
}

/// What happened last to something that can be met.
#[derive(Clone, Copy, Default)]
struct Last {
    write: u64,
    /// The sum of the reads since.
    reads: u64,
    /// Likewise of what was added.
    adds: u64,
}

impl Past {
    /// The number of the next step.
    fn add(&mut self, step: &Step) -> u64 {
        let own = self.threads.get(&step.thread).copied().unwrap_or_default();
        let verb = verb(&step.operation.action).bytes();
        let mut number = verb.fold(CHECK_SEED, |hash, byte| mix_check(hash, u64::from(byte)));
        number = mix_check(mix_check(number, own), u64::from(step.choice));
        number = mix_check(number, step.outcome.value().unwrap_or_default());
        let accesses = step.accesses();
        for (meeting, access) in accesses.iter().flatten() {
            let last = self.met.get(meeting).copied().unwrap_or_default();
            number = mix_check(number, last.write);
            let others = match access {
                Access::Read => last.adds,
                Access::Add => last.reads,
                Access::Write => last.reads.wrapping_add(last.adds.rotate_left(1)),
            };
            if *access == Access::Write || others != 0 {
                number = mix_check(number, others);
            }
        }
        for (meeting, access) in accesses.iter().flatten() {
            let last = self.met.entry(*meeting).or_default();
            match access {
                Access::Write => *last = Last { write: number, reads: 0, adds: 0 },
                Access::Add => last.adds = last.adds.wrapping_add(number),
                Access::Read => last.reads = last.reads.wrapping_add(number),
            }
        }
        self.threads.insert(step.thread, number);
        if let Action::Thread(ThreadAction::Spawn(child)) = step.operation.action {
            // So that what the child does next is not taken for what its parent does.
            self.threads.insert(child, mix_check(number, 1));
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ObjectId;
    use crate::trace::builder::{Builder, Does};

    /// Two threads that do these steps, in this order.
    fn number(steps: &[(u32, Does)]) -> u64 {
        let mut build = Builder::new();
        let b = build.thread("b");
        build.shared("x");
        build.shared("y");
        build.step(0, Does::Spawn(b));
        for (thread, does) in steps {
            build.step(*thread, *does);
        }
        equivalence(&build.finish())
    }

    const X: ObjectId = ObjectId(0);
    const Y: ObjectId = ObjectId(1);

    #[test]
    fn the_order_of_steps_that_do_not_meet_is_left_out() {
        let (x, y) = ((0, Does::Set(X, 1)), (1, Does::Set(Y, 1)));
        assert_eq!(number(&[x, y]), number(&[y, x]));
        let (mine, theirs) = ((0, Does::Get(X, 0)), (1, Does::Get(X, 0)));
        assert_eq!(number(&[mine, theirs]), number(&[theirs, mine]));
    }

    #[test]
    fn the_order_of_steps_that_meet_is_not() {
        let (mine, theirs) = ((0, Does::Set(X, 1)), (1, Does::Set(X, 1)));
        assert_ne!(number(&[mine, theirs]), number(&[theirs, mine]));
        assert_ne!(number(&[mine, theirs]), number(&[mine, (1, Does::Set(Y, 1))]));
        let look = (1, Does::Get(X, 1));
        assert_ne!(number(&[mine, look, mine]), number(&[mine, mine, look]));
    }
}
