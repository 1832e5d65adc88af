//! Every interleaving, those with few preemptions first.
//!
//! **Paper.** Musuvathi and Qadeer, "Iterative context bounding for systematic testing of multithreaded programs"
//! (PLDI 2007).
//!
//! **Guarantee.** First every interleaving without a preemption is visited, with every outcome, then every one with exactly
//! one, then with two, and so on; none twice. So whenever it ends, all with fewer preemptions than the last have been
//! visited, and a bug found is one of those with the fewest. When nothing is left, nothing was left out.
//!
//! **Deviations.**
//! - The paper keeps what is left to do with one preemption more as states to return to. Here each execution that has such
//!   branches is kept as the list of the ways that it took, and the branches are read off it when their time comes. That
//!   is 12 bytes for each choice of each execution.
//! - Taking the turn from a thread that has yielded is no preemption, as in [`Dfs`](super::Dfs).
//! - The model is watched: where it does not repeat itself, the search stops and says so.

use super::dfs::alternative;
use super::{Decision, Divergence, Mismatch, Options, Strategy, on_and_on};
use crate::base::ThreadId;

/// Depth-first search with at most 0 preemptions, then with 1, 2, …, none of the executions repeated.
///
/// ```text
/// begin:   take the last branch from `now`; when there are none left, `now` = `later`, with one preemption more
/// thread:  ways = current thread, then the others by number
///          up to the branch the way that it says, then the first    (a fork, if there are several)
/// end:     for each fork after the branch, the other ways are branches:
///          of `now`, if they take the turn from nobody; otherwise of `later`
/// ```
///
/// ```
/// use selvedge::explore::Coverage;
/// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use selvedge::{Explorer, strategy, thread};
///
/// let explorer = Explorer::new().strategy(strategy::bounded()).executions(200);
/// let report = explorer
///     .explore(|| {
///         static HITS: AtomicU32 = AtomicU32::new(0);
///         let add = || (0..4).for_each(|_| drop(HITS.fetch_add(1, SeqCst)));
///         let threads: Vec<_> = (0..3).map(|_| thread::spawn(add)).collect();
///         threads.into_iter().for_each(|t| t.join().unwrap());
///     })
///     .unwrap();
/// assert_eq!(report.coverage(), Coverage::AllWithin(1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Bounded {
    // How many preemptions the executions under way have.
    bound: u32,
    // Branches with that many, the next one last; and those with one more.
    now: Vec<Branches>,
    later: Vec<Branches>,
    // The forks that the execution under way has passed, and before that those that it is to pass.
    path: Vec<Fork>,
    // How many of them are given, and how many have been passed.
    given: usize,
    passed: usize,
    // Position of the last question.
    position: u64,
    executions: u64,
    // How many executions there were when the last bound had been completed.
    within: u64,
    begun: bool,
    complete: bool,
    divergence: Option<Divergence>,
}

/// A place where there was more than one way to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fork {
    // Invariant: index < count, and count is at least 2.
    index: u32,
    count: u32,
    /// Whether the other ways preempt the thread of the first.
    preempts: bool,
}

/// The ways that an execution has not taken, all of those that preempt or all that do not.
#[derive(Clone, Debug)]
struct Branches {
    path: Box<[Fork]>,
    /// How many forks were given: the ways not taken there are the business of other branches.
    given: usize,
    preempting: bool,
    /// The next branch is at the last fork of that many, where it goes this way.
    end: usize,
    index: u32,
}

impl Branches {
    /// Moves on to the next branch; `false` when there is none.
    fn advance(&mut self) -> bool {
        self.index += 1;
        while self.end > self.given {
            let fork = self.path[self.end - 1];
            if fork.preempts == self.preempting && self.index < fork.count {
                return true;
            }
            self.end -= 1;
            self.index = 1;
        }
        false
    }
}

impl Bounded {
    /// The whole search.
    pub fn new() -> Self {
        Bounded::default()
    }

    /// The greatest number of preemptions of which all executions have been visited.
    pub fn completed(&self) -> Option<u32> {
        if self.complete { Some(self.bound) } else { self.bound.checked_sub(1) }
    }

    /// How many executions have more preemptions than [`completed`](Bounded::completed) says.
    pub fn beyond(&self) -> u64 {
        self.executions - self.within
    }

    /// Where the model did not repeat itself, if it was caught at that. The search has ended there.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// Writes the next branch over `path`; `false` when there are none left.
    fn branch(&mut self) -> bool {
        loop {
            while let Some(branches) = self.now.last_mut() {
                if branches.advance() {
                    self.path.clear();
                    self.path.extend_from_slice(&branches.path[..branches.end]);
                    self.path[branches.end - 1].index = branches.index;
                    return true;
                }
                self.now.pop();
            }
            self.within = self.executions;
            if self.later.is_empty() {
                self.complete = true;
                return false;
            }
            std::mem::swap(&mut self.now, &mut self.later);
            self.now.reverse();
            self.bound += 1;
        }
    }

    /// Passes a fork: which way to go, or `None` where it was another one before.
    fn pass(&mut self, count: u32, preempts: bool) -> Option<u32> {
        let index = match self.path.get(self.passed) {
            Some(fork) if (fork.count, fork.preempts) == (count, preempts) => fork.index,
            Some(fork) => {
                let mismatch = Mismatch::OtherWays { before: fork.count, now: count };
                self.divergence.get_or_insert(Divergence { position: self.position, mismatch });
                return None;
            }
            None => {
                self.path.push(Fork { index: 0, count, preempts });
                0
            }
        };
        self.passed += 1;
        Some(index)
    }

    /// Keeps the ways that the execution under way has not taken.
    fn keep(&mut self) {
        let forks = &self.path[self.given..];
        for preempting in [false, true] {
            if forks.iter().any(|fork| fork.preempts == preempting) {
                let (path, end) = (self.path.clone().into_boxed_slice(), self.path.len());
                let list = if preempting { &mut self.later } else { &mut self.now };
                list.push(Branches { path, given: self.given, preempting, end, index: 0 });
            }
        }
    }
}

impl Strategy for Bounded {
    fn describe(&self) -> String {
        "depth-first search with 0, 1, 2, … preemptions".into()
    }

    fn begin(&mut self) -> bool {
        if self.divergence.is_some() || self.complete || self.begun && !self.branch() {
            return false;
        }
        self.begun = true;
        (self.given, self.passed, self.position) = (self.path.len(), 0, 0);
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        self.position = options.position;
        if self.divergence.is_some() {
            return Decision::STOP;
        }
        let count = options.enabled.len();
        if count == 1 {
            return on_and_on(options.enabled.nth(0));
        }
        let preempts = !options.yielding && options.enabled.contains(options.current);
        match self.pass(count, preempts) {
            Some(index) => Decision::once(alternative(options, index)),
            None => Decision::STOP,
        }
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        if self.divergence.is_some() { 0 } else { self.pass(count, false).unwrap_or(0) }
    }

    fn end(&mut self, _choices: u64) {
        self.executions += 1;
        if self.divergence.is_some() {
            return;
        }
        if self.passed < self.given {
            self.divergence = Some(Divergence { position: self.position, mismatch: Mismatch::Ended });
        } else {
            self.keep();
        }
    }

    fn strayed(&self) -> Option<String> {
        self.divergence.as_ref().map(ToString::to_string)
    }

    fn exhausted(&self) -> bool {
        self.complete && self.divergence.is_none()
    }

    fn estimate(&self) -> Option<f64> {
        self.complete.then_some(self.executions as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulator::{Program, all, explore, key, programs, run};
    use super::{Bounded, Strategy as _};
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn visits_every_interleaving_once_and_those_with_fewer_preemptions_first(program in programs()) {
            let mut strategy = Bounded::new();
            let found = explore(&program, &mut strategy);
            prop_assert!(found.is_sorted_by_key(|run| run.preemptions));
            let mut found: Vec<_> = found.iter().map(|run| key(&run.choices)).collect();
            let mut expected: Vec<_> = all(&program).iter().map(|e| key(&e.0)).collect();
            found.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
            prop_assert!(strategy.exhausted());
            prop_assert_eq!(strategy.beyond(), 0);
        }
    }

    #[test]
    fn says_how_far_it_has_come() {
        // Of the 20 interleavings 1 has no preemption, 3 have one, 6 have two.
        let program = Program::free(2, 3);
        let mut strategy = Bounded::new();
        let mut completed = Vec::new();
        while run(&program, &mut strategy).is_some() {
            completed.push((strategy.completed(), strategy.beyond()));
        }
        assert_eq!(completed[0], (None, 1));
        assert_eq!(completed[1], (Some(0), 1));
        assert_eq!(completed[3], (Some(0), 3));
        assert_eq!(completed[4], (Some(1), 1));
        assert_eq!(completed.len(), 20);
        assert_eq!(strategy.completed(), Some(5));
    }

    #[test]
    fn a_model_that_does_not_repeat_itself_is_caught() {
        let mut strategy = Bounded::new();
        run(&Program::free(2, 2), &mut strategy);
        let execution = run(&Program::free(3, 2), &mut strategy).expect("a second one");
        assert!(execution.stopped);
        let divergence = strategy.divergence().expect("a divergence").to_string();
        assert_eq!(divergence, "at choice 1 there were 2 ways to go on, now 3");
        assert!(!strategy.begin() && !strategy.exhausted());
    }
}
