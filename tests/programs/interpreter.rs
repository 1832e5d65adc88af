//! A plain interpreter of programs, which shares no code with what it checks.

use super::{Do, Outcomes, Program};
use selvedge::base::Outcome;
use std::collections::BTreeSet;

/// What there is to know of a program.
#[derive(Default)]
pub(crate) struct Known {
    /// How many interleavings it has.
    pub(crate) executions: u64,
    /// What they come to.
    pub(crate) outcomes: BTreeSet<Outcomes>,
}

/// Every interleaving of `program`.
pub(crate) fn brute_force(program: &Program) -> Known {
    let mut known = Known::default();
    visit(program, &State::new(program), &mut known);
    known
}

/// The values of the atomics when the threads run one after the other, if they all come to their ends.
pub(crate) fn one_after_the_other(program: &Program) -> Option<[u32; 2]> {
    let mut state = State::new(program);
    for thread in 0..program.len() {
        while let Some(step) = state.next(program, thread) {
            if !state.is_enabled(step) {
                return None;
            }
            state.perform(program, thread, step);
        }
    }
    Some(state.atomics)
}

#[derive(Clone)]
struct State {
    atomics: [u32; 2],
    holders: [Option<usize>; 2],
    // How far each thread has come.
    places: Vec<usize>,
    log: Vec<Vec<String>>,
}

fn visit(program: &Program, state: &State, known: &mut Known) {
    let pending: Vec<(usize, Do)> =
        (0..program.len()).filter_map(|thread| Some((thread, state.next(program, thread)?))).collect();
    let mut stuck = true;
    for &(thread, step) in pending.iter().filter(|(_, step)| state.is_enabled(*step)) {
        stuck = false;
        let mut next = state.clone();
        next.perform(program, thread, step);
        visit(program, &next, known);
    }
    if stuck {
        known.executions += 1;
        // The main thread only starts and joins the others.
        let log = std::iter::once(Vec::new()).chain(state.log.clone()).collect();
        known.outcomes.insert((log, pending.is_empty()));
    }
}

impl State {
    fn new(program: &Program) -> Self {
        let count = program.len();
        let (places, log) = (vec![0; count], vec![Vec::new(); count]);
        let mut state = State { atomics: [0; 2], holders: [None; 2], places, log };
        (0..count).for_each(|thread| state.skip(program, thread));
        state
    }

    /// What a thread does next, if it has not ended: what its program says, then giving back what it holds.
    fn next(&self, program: &Program, thread: usize) -> Option<Do> {
        let held = |object: &usize| self.holders[*object] == Some(thread);
        let listed = program[thread].get(self.places[thread]);
        listed.copied().or_else(|| (0..2).find(held).map(Do::Unlock))
    }

    fn is_enabled(&self, step: Do) -> bool {
        !matches!(step, Do::Lock(object) if self.holders[object].is_some())
    }

    fn perform(&mut self, program: &Program, thread: usize, step: Do) {
        let outcome = match step {
            Do::Load(object) => Outcome::Value(self.atomics[object].into()),
            Do::Store(object, value) => {
                self.atomics[object] = value;
                Outcome::Done
            }
            Do::Add(object) => {
                self.atomics[object] += 1;
                Outcome::Value((self.atomics[object] - 1).into())
            }
            Do::Exchange(object, from, to) => {
                let found = self.atomics[object];
                if found == from {
                    self.atomics[object] = to;
                    Outcome::Value(found.into())
                } else {
                    Outcome::Mismatch(found.into())
                }
            }
            Do::TryLock(object) if self.holders[object].is_some() => Outcome::Refused,
            Do::Lock(object) | Do::TryLock(object) => {
                self.holders[object] = Some(thread);
                Outcome::Done
            }
            Do::Unlock(object) => {
                self.holders[object] = None;
                Outcome::Done
            }
        };
        self.log[thread].push(format!("{outcome:?}"));
        self.places[thread] += 1;
        self.skip(program, thread);
    }

    /// Giving back what is not held is no step.
    fn skip(&mut self, program: &Program, thread: usize) {
        while let Some(Do::Unlock(object)) = program[thread].get(self.places[thread])
            && self.holders[*object] != Some(thread)
        {
            self.places[thread] += 1;
        }
    }
}
