//! Replay of one schedule.
//!
//! **Paper.** None. That a schedule is all it takes is LeBlanc and Mellor-Crummey's "instant replay" (1987), which
//! records the order of accesses and not the data.
//!
//! **Guarantee.** The execution makes exactly the choices of the schedule, or it stops at the first that it cannot make
//! and [`divergence`](Replay::divergence) says where and why.
//!
//! **Deviations.** A schedule may end before the execution does; the rest is then chosen by a fixed rule. A lenient replay
//! leaves out what it cannot do, for those who try shorter schedules.

use super::{Decision, Divergence, Mismatch, Options, Strategy, after_current, on_and_on};
use crate::base::{Choice, Cursor, Schedule, ThreadId, Word};

/// Makes the choices of a schedule, once.
///
/// ```text
/// thread:   word = the run of the schedule that holds this position
///           if there is none { the current thread while it can go on and does not yield,
///                              the next one by number, cyclically, when it yields,
///                              else the one with the least number }
///           else if its thread is enabled { that thread, to the end of the word }
///           else { strict: stop; lenient: leave the word out and try the next }
/// outcome:  that of the word (words end where an outcome is not zero)
/// ```
#[derive(Clone, Debug)]
pub struct Replay {
    schedule: Schedule,
    lenient: bool,
    begun: bool,
    cursor: Cursor,
    word: Option<Word>,
    // The position at which the word ends.
    end: u64,
    // The outcome of the choice under way, until it has been asked for.
    outcome: u32,
    // The position of the last question.
    position: u64,
    divergence: Option<Divergence>,
}

impl Replay {
    /// A strict replay.
    pub fn new(schedule: Schedule) -> Self {
        Replay {
            schedule,
            lenient: false,
            begun: false,
            cursor: Cursor::default(),
            word: None,
            end: 0,
            outcome: 0,
            position: 0,
            divergence: None,
        }
    }

    /// Leaves choices out whose thread cannot go on, takes the last outcome for one that does not exist, and minds no
    /// execution that ends early: there is no divergence.
    pub fn lenient(self) -> Self {
        Replay { lenient: true, ..self }
    }

    /// The first choice that could not be made.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The next word begins at `position`.
    fn next_word(&mut self, position: u64) {
        self.word = self.schedule.next_word(&mut self.cursor);
        self.end = position + self.word.map_or(0, |word| word.count);
    }

    fn diverge(&mut self, position: u64, mismatch: Mismatch) {
        if !self.lenient {
            self.divergence.get_or_insert(Divergence { position, mismatch });
        }
    }

    /// An outcome is due when the schedule has another than zero and the operation turned out to have no choice.
    fn settle(&mut self) {
        if let (Some(Word { thread, .. }), outcome @ 1..) = (self.word, std::mem::take(&mut self.outcome)) {
            let expected = Choice { thread, outcome };
            self.diverge(self.position, Mismatch::NoSuchOutcome { expected, count: 1 });
        }
    }
}

/// Who goes on after the end of the schedule.
fn by_default(options: &Options<'_>) -> Decision {
    if options.yielding {
        return on_and_on(after_current(options, 0));
    }
    if options.enabled.contains(options.current) {
        return on_and_on(options.current);
    }
    on_and_on(options.enabled.first().expect("somebody is enabled"))
}

impl Strategy for Replay {
    fn describe(&self) -> String {
        let manner = if self.lenient { "lenient replay" } else { "replay" };
        match self.schedule.len() {
            1 => format!("{manner} of 1 choice"),
            choices => format!("{manner} of {choices} choices"),
        }
    }

    fn begin(&mut self) -> bool {
        if std::mem::replace(&mut self.begun, true) {
            return false;
        }
        self.next_word(0);
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        self.settle();
        self.position = options.position;
        if self.divergence.is_some() {
            return Decision::STOP;
        }
        while let Some(word) = self.word {
            if options.position >= self.end {
                self.next_word(self.end);
            } else if options.allows(word.thread) {
                self.outcome = word.outcome;
                let run = u32::try_from(self.end - options.position).unwrap_or(u32::MAX);
                return Decision { thread: word.thread, run };
            } else if self.lenient {
                self.next_word(options.position);
            } else {
                let expected = Choice { thread: word.thread, outcome: word.outcome };
                let enabled = options.enabled.clone();
                self.diverge(options.position, Mismatch::NotEnabled { expected, enabled });
                return Decision::STOP;
            }
        }
        by_default(options)
    }

    fn outcome(&mut self, thread: ThreadId, count: u32) -> u32 {
        let outcome = std::mem::take(&mut self.outcome);
        if outcome >= count {
            let expected = Choice { thread, outcome };
            self.diverge(self.position, Mismatch::NoSuchOutcome { expected, count });
        }
        outcome.min(count - 1)
    }

    fn place(&mut self, thread: ThreadId, places: &[u32]) -> u32 {
        let outcome = std::mem::take(&mut self.outcome);
        if !places.contains(&outcome) {
            let expected = Choice { thread, outcome };
            self.diverge(self.position, Mismatch::NoSuchOutcome { expected, count: places.len() as u32 });
            return 0;
        }
        outcome
    }

    fn orders_memory(&self) -> bool {
        true
    }

    fn end(&mut self, choices: u64) {
        self.settle();
        if choices < self.schedule.len() {
            self.diverge(choices, Mismatch::Ended);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulator::{Op, Program, Run, run};
    use super::super::{pct, random};
    use super::*;
    use crate::base::Strategy;
    use crate::base::ThreadSet;
    use proptest::prelude::*;
    use proptest::strategy::Strategy as _;

    fn replayed(program: &Program, schedule: &str) -> (Run, Option<Divergence>) {
        let mut strategy = Replay::new(schedule.parse().expect("a schedule"));
        let execution = run(program, &mut strategy).expect("plays once");
        assert!(!strategy.begin(), "and once only");
        (execution, strategy.divergence)
    }

    fn leniently(program: &Program, schedule: &str) -> String {
        let mut strategy = Replay::new(schedule.parse().expect("a schedule")).lenient();
        let execution = run(program, &mut strategy).expect("plays once");
        assert_eq!(strategy.divergence(), None);
        execution.schedule().to_string()
    }

    fn locked() -> Program {
        Program::new(vec![vec![Op::Lock(0), Op::Free, Op::Choose(3), Op::Unlock(0)]; 2])
    }

    #[test]
    fn goes_on_by_rule_after_the_end() {
        let (execution, divergence) = replayed(&Program::free(3, 3), "a b");
        assert_eq!((execution.schedule().to_string().as_str(), divergence), ("a b3 a2 c3", None));
    }

    #[test]
    fn spins_end_after_the_end() {
        let spin = vec![Op::If(0, 1, 3), Op::Yield, Op::Goto(0)];
        let (execution, _) = replayed(&Program::new([spin.clone(), spin, vec![Op::Set(0, 1)]]), "");
        assert_eq!(execution.schedule().to_string(), "a2 b2 c a b");
    }

    #[test]
    fn names_the_thread_that_cannot_go_on() {
        let (execution, divergence) = replayed(&locked(), "a2 b a2");
        assert!(execution.stopped);
        let expected = Choice { thread: ThreadId(1), outcome: 0 };
        let enabled: ThreadSet = [ThreadId(0)].into_iter().collect();
        let mismatch = Mismatch::NotEnabled { expected, enabled };
        assert_eq!(divergence, Some(Divergence { position: 2, mismatch }));
    }

    #[test]
    fn names_the_outcome_that_does_not_exist() {
        let expected = Choice { thread: ThreadId(0), outcome: 3 };
        for (schedule, position, count) in [("a2 a!3 a", 2, 3), ("a a!3 a", 1, 1)] {
            let (execution, divergence) = replayed(&locked(), schedule);
            assert!(execution.stopped);
            let mismatch = Mismatch::NoSuchOutcome { expected, count };
            assert_eq!(divergence, Some(Divergence { position, mismatch }));
        }
        let (_, divergence) = replayed(&Program::free(1, 2), "a a!3");
        let mismatch = Mismatch::NoSuchOutcome { expected, count: 1 };
        assert_eq!(divergence, Some(Divergence { position: 1, mismatch }), "even at the very end");
    }

    #[test]
    fn names_the_early_end() {
        let (_, divergence) = replayed(&Program::free(1, 2), "a3");
        assert_eq!(divergence, Some(Divergence { position: 2, mismatch: Mismatch::Ended }));
    }

    #[test]
    fn leniently_leaves_out_what_cannot_be_done() {
        assert_eq!(leniently(&locked(), "a2 b9 a a b2"), "a4 b4");
        assert_eq!(leniently(&locked(), "b2 a b!7 b a3 a!1"), "b2 b!2 b a4");
        assert_eq!(leniently(&Program::free(1, 2), "a9 b"), "a2");
    }

    #[test]
    fn long_schedules_are_asked_once_a_run() {
        let mut schedule = Schedule::new();
        (0..3000).for_each(|n| schedule.push(Choice { thread: ThreadId(n / 1000), outcome: 0 }));
        let mut strategy = Replay::new(schedule.clone());
        let execution = run(&Program::free(3, 1000), &mut strategy).expect("plays once");
        assert_eq!((execution.asked, execution.schedule()), (3, schedule));
    }

    fn programs() -> impl proptest::strategy::Strategy<Value = Program> {
        let locking = Just(vec![Op::Lock(0), Op::Free, Op::Unlock(0)]);
        let one = prop_oneof![
            locking,
            Just(vec![Op::Free]),
            Just(vec![Op::Yield]),
            (2u32..4).prop_map(|n| vec![Op::Choose(n)])
        ];
        let thread = proptest::collection::vec(one, 0..6).prop_map(|parts| parts.concat());
        proptest::collection::vec(thread, 1..5).prop_map(Program::new)
    }

    proptest! {
        #[test]
        fn repeats_any_execution(program in programs(), seed in any::<u64>(), depth in 0u32..4) {
            let execution = match pct(depth, seed) {
                Ok(mut strategy) => run(&program, &mut strategy).unwrap(),
                Err(_) => run(&program, &mut random(seed)).unwrap(),
            };
            for mut strategy in [Replay::new(execution.schedule()), Replay::new(execution.schedule()).lenient()] {
                let again = run(&program, &mut strategy).unwrap();
                prop_assert_eq!(strategy.divergence(), None);
                prop_assert_eq!(&again.choices, &execution.choices);
            }
        }

        #[test]
        fn any_prefix_goes_on_to_an_end(program in programs(), seed in any::<u64>(), keep in 0usize..20) {
            let execution = run(&program, &mut random(seed)).unwrap();
            let keep = keep.min(execution.choices.len());
            let mut strategy = Replay::new(execution.choices[..keep].iter().copied().collect());
            let again = run(&program, &mut strategy).unwrap();
            prop_assert_eq!(strategy.divergence(), None);
            prop_assert_eq!(&again.choices[..keep], &execution.choices[..keep]);
            prop_assert!(!again.stopped && !again.endless);
        }
    }
}
