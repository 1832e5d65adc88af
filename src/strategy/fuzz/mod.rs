//! Fuzzing guided by what reads what.
//!
//! **Paper.** Wolff, Shi, Duck, Mathur and Roychoudhury, "Greybox fuzzing for concurrency testing" (ASPLOS 2024).
//!
//! **Guarantee.** None on probabilities; every partial order has one above zero, as under [`Pos`](super::Pos), which is
//! what goes on underneath. What it is good at: a bug that takes a certain step to see what a certain other step has left
//! is looked for by name, however many threads make it unlikely.
//!
//! **The idea.** Steps are told apart by where in the model they are called. A *pair* is such a step that looks at an
//! object and one that wrote what it found there (or nobody, if the object was as it began). A *wish* is a set of pairs. An
//! execution that has shown a new pair is interesting, and its wish is kept, to be changed a little for later executions:
//! mostly by a pair that has not been seen, made of two steps that have met the same object.
//!
//! **Deviations.**
//! - Locks, conditions, channels and the rest are objects like variables: who held a lock before is what its next holder
//!   reads. So a wish can order critical sections, where delaying an access inside of one would only delay all.
//! - The pair not seen and wished for least often is wished for next; what wishes to keep is drawn evenly, where the paper
//!   favours those that have shown rare sets of pairs.
//! - There are no negative constraints: a pair that was always seen is broken up by wishing for another with the same
//!   look.
//! - A wish holds threads back for no longer than [`PATIENCE`] times the shortest execution, so that a polling loop which
//!   waits for one that is held back does not go on for ever.
//! - Outcomes, which the paper has not, are uniform.

mod corpus;
mod reads;

use super::dice::Dice;
use super::pos::Walk;
use super::{Decision, Options, Strategy};
use crate::base::{Operation, Step, ThreadId, ThreadSet};
use corpus::Corpus;
use reads::{Pair, Reads, Role};
use std::panic::Location;

/// For how many choices a wish may hold threads back, in lengths of the shortest execution, which is taken for at least 64.
const PATIENCE: u64 = 4;

/// Partial order sampling that is steered to looks which have not yet found what they might find.
///
/// ```text
/// begin:   wish = one that was kept, changed:   one pair more or replaced, mostly one not seen; sometimes one less
/// thread:  for each pair wished for and not yet shown, and each thread
///              about to look:   the object was last written as wished?   goes first   otherwise   held back
///              about to write an object that has been written as wished and could be looked at     held back
///          the first of those that go first, those not held back, all, that are enabled, by priority
/// end:     a pair was shown for the first time?   keep the wish
/// ```
///
/// ```
/// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use selvedge::{Explorer, strategy, thread};
///
/// // One of ten threads has to be caught between its two writes by a thread that looks in between.
/// let report = Explorer::new()
///     .strategy(strategy::fuzz(7))
///     .executions(200)
///     .explore(|| {
///         static FIRST: AtomicU32 = AtomicU32::new(0);
///         static SECOND: AtomicU32 = AtomicU32::new(0);
///         let write = || {
///             FIRST.store(1, SeqCst);
///             SECOND.store(1, SeqCst);
///         };
///         let writers: Vec<_> = (0..10).map(|_| thread::spawn(write)).collect();
///         assert!(FIRST.load(SeqCst) == SECOND.load(SeqCst));
///         writers.into_iter().for_each(|t| t.join().unwrap());
///     })
///     .unwrap();
/// assert!(report.failed());
/// ```
#[derive(Clone, Debug)]
pub struct Fuzz {
    seed: u64,
    begun: u64,
    walk: Walk,
    reads: Reads,
    corpus: Corpus,
    // The pairs wished for in this execution that have not been shown, and all of them.
    open: Vec<Pair>,
    wish: Vec<Pair>,
    // For how many choices somebody has been held back in this execution.
    held: u64,
    shortest: u64,
    // Memory for what is computed at each choice.
    first: ThreadSet,
    rest: ThreadSet,
}

impl Fuzz {
    /// Every execution follows from `seed` and those before it.
    pub fn new(seed: u64) -> Self {
        Fuzz {
            seed,
            begun: 0,
            walk: Walk::new(),
            reads: Reads::default(),
            corpus: Corpus::default(),
            open: Vec::new(),
            wish: Vec::new(),
            held: 0,
            shortest: u64::MAX,
            first: ThreadSet::new(),
            rest: ThreadSet::new(),
        }
    }

    /// How many different pairs of a look and the write that it found have been shown so far.
    pub fn pairs(&self) -> usize {
        self.corpus.shown()
    }

    /// Divides the enabled threads into those that go first, those that may go and those that are held back.
    fn divide(&mut self, enabled: &ThreadSet) {
        self.first.clear();
        self.rest.clear();
        let mut held = false;
        for thread in enabled {
            match self.role(thread) {
                Role::First => self.first.insert(thread),
                Role::Free => self.rest.insert(thread),
                Role::Held => held = true,
            }
        }
        self.held += u64::from(held);
    }

    /// What the wish means for what `thread` is about to do.
    fn role(&self, thread: ThreadId) -> Role {
        let Some(step) = self.walk.pending.of(thread) else { return Role::Free };
        let mut role = Role::Free;
        for pair in &self.open {
            let own = self.reads.role(step, *pair, |other| self.corpus.knows(other));
            // What a wish holds back stays where it is, whatever the other wishes are.
            role = role.max(own);
        }
        role
    }
}

impl Strategy for Fuzz {
    fn describe(&self) -> String {
        format!("reads-from guided fuzzing, seed {}", self.seed)
    }

    fn begin(&mut self) -> bool {
        let mut dice = Dice::new(self.seed, self.begun);
        self.begun += 1;
        self.corpus.wish(&mut dice, &mut self.wish);
        self.open.clone_from(&self.wish);
        self.held = 0;
        self.reads.begin();
        self.walk.begin(dice);
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        if self.open.is_empty() || self.held / PATIENCE > self.shortest.max(64) {
            return Decision::once(self.walk.highest(options.enabled.iter()));
        }
        self.divide(options.enabled);
        let among = [&self.first, &self.rest, options.enabled].into_iter().find(|set| !set.is_empty());
        Decision::once(self.walk.highest(among.expect("somebody is enabled").iter()))
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        self.walk.dice.below(count)
    }

    fn follows(&self) -> bool {
        true
    }

    fn performed(&mut self, step: &Step) {
        let Fuzz { reads, open, .. } = self;
        reads.perform(step, |shown| open.retain(|pair| *pair != shown));
        self.walk.performed(step);
    }

    fn arrived(&mut self, thread: ThreadId, operation: &Operation, location: &'static Location<'static>) {
        self.walk.arrived(thread, operation, location);
    }

    fn end(&mut self, choices: u64) {
        self.shortest = self.shortest.min(choices);
        self.corpus.learn(&mut self.reads, &self.wish);
    }

    fn every_point(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulator::{Op, Program, run};
    use super::*;

    /// How many executions it takes until variable 3 is set.
    fn first(program: &Program, seed: u64, most: usize) -> Option<usize> {
        let mut strategy = Fuzz::new(seed);
        let sets = |_: &usize| run(program, &mut strategy).expect("never ends by itself").variables[3] == 1;
        (1..=most).find(sets)
    }

    /// Many threads that write one variable and then another; one that looks whether it can see the former alone.
    fn between(writers: usize) -> Program {
        let look = vec![Op::If(0, 0, 3), Op::If(1, 1, 3), Op::Set(3, 1)];
        let write = vec![Op::Set(0, 1), Op::Set(1, 1)];
        let mut threads = vec![write; writers];
        threads.push(look);
        Program::new(threads)
    }

    #[test]
    fn looks_are_led_to_what_they_have_not_seen() {
        for seed in 0..20 {
            assert!(first(&between(12), seed, 60).is_some(), "seed {seed}");
        }
    }

    #[test]
    fn pairs_are_counted_once() {
        let program = Program::new([vec![Op::Set(0, 1)], vec![Op::If(0, 0, 9)]]);
        let mut strategy = Fuzz::new(1);
        (0..30).for_each(|_| drop(run(&program, &mut strategy)));
        // The look finds what was there in the beginning, or what was written.
        assert_eq!(strategy.pairs(), 2);
    }

    #[test]
    fn who_waits_for_what_is_held_back_does_not_wait_for_ever() {
        let spin = vec![Op::If(0, 1, 3), Op::Yield, Op::Goto(0)];
        let locked = vec![Op::Lock(0), Op::If(1, 2, 3), Op::Set(0, 1), Op::Unlock(0)];
        let program = Program::new([spin.clone(), spin, locked.clone(), locked]);
        let mut strategy = Fuzz::new(4);
        for _ in 0..200 {
            let execution = run(&program, &mut strategy).expect("never ends by itself");
            assert!(!execution.endless && !execution.deadlocked);
        }
    }

    #[test]
    fn a_seed_gives_the_same_executions() {
        let choices = |seed| {
            let mut strategy = Fuzz::new(seed);
            let program = between(4);
            (0..50).map(|_| run(&program, &mut strategy).map(|r| r.choices)).collect::<Vec<_>>()
        };
        assert_eq!(choices(5), choices(5));
        assert_ne!(choices(5), choices(6));
    }
}
