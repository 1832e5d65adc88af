//! Depth-first search, with or without a bound on preemptions.
//!
//! **Paper.** Musuvathi and Qadeer, "Iterative context bounding for systematic testing of multithreaded programs"
//! (PLDI 2007), the search of CHESS.
//!
//! **Guarantee.** Every interleaving, with every outcome, is visited exactly once; under a bound, every one with no more
//! preemptions than that. When the search ends and the bound has cut nothing off, nothing was left out.
//!
//! **Deviations.**
//! - One bound; [`Bounded`](super::Bounded) is the series of searches with growing bounds.
//! - Yields: taking the turn from a thread that has yielded is no preemption, and the others come first, cyclically. The
//!   paper's fairness is not built in, so a model that can spin for ever has infinitely many executions; a bound on steps
//!   has to cut each, and what it cuts off is not known here.
//! - The model is watched: where it does not repeat itself, the search stops and says so.

use super::{Decision, Divergence, Mismatch, Options, Strategy, after_current, on_and_on};
use crate::base::{ThreadId, ThreadSet};

/// Visits every interleaving, those with few preemptions first.
///
/// ```text
/// begin:    drop the last nodes that have no alternative left; advance the last one that has
/// thread:   alternatives = current thread, then the others by number    (the current one alone when the bound is spent)
///           if there is one, take it until something changes            (no node)
///           else take the one that the node says; beyond the last node, push a new one and take the first
/// outcome:  likewise
/// ```
///
/// The nodes are all that it remembers: memory grows with the length of an execution, not with their number.
#[derive(Clone, Debug, Default)]
pub struct Dfs {
    bound: Option<u32>,
    // The path of the last execution: those places only where there was more than one way to go on.
    nodes: Vec<Node>,
    // How many nodes the execution under way has passed.
    passed: usize,
    // Position of the last question, and the preemptions up to there.
    position: u64,
    preemptions: u32,
    executions: u64,
    begun: bool,
    // Whether `begin` was called and `end` not yet.
    running: bool,
    complete: bool,
    cut: bool,
    divergence: Option<Divergence>,
}

#[derive(Clone, Debug)]
struct Node {
    position: u64,
    place: Place,
    // Invariant: index < count, and count is at least 2.
    index: u32,
    count: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Between these threads. Allocates only where there are more than 64.
    Threads(ThreadSet),
    /// Between the outcomes of this thread's operation.
    Outcomes(ThreadId),
}

impl Dfs {
    /// A search without a bound.
    pub fn new() -> Self {
        Dfs::default()
    }

    /// Only executions with at most `preemptions` switches away from a thread that could have gone on.
    pub fn preemption_bound(self, preemptions: u32) -> Self {
        Dfs { bound: Some(preemptions), ..self }
    }

    /// The bound on preemptions, if there is one.
    pub fn bound(&self) -> Option<u32> {
        self.bound
    }

    /// Where the model did not repeat itself, if it was caught at that. The search has ended there.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// Whether the bound has cut off anything so far.
    pub fn cut(&self) -> bool {
        self.cut
    }

    /// Passes a place with several ways to go on: which one to take, or `None` where it was another place before.
    fn pass(&mut self, place: Place, count: u32) -> Option<u32> {
        let position = self.position;
        if self.passed == self.nodes.len() {
            self.nodes.push(Node { position, place, index: 0, count });
            self.passed += 1;
            return Some(0);
        }
        let node = &self.nodes[self.passed];
        let same = node.position == position && node.place == place && node.count == count;
        same.then(|| {
            self.passed += 1;
            node.index
        })
    }

    /// The node that the execution under way has not come to although it has come further.
    fn missed(&self) -> Option<Divergence> {
        let node = self.nodes.get(self.passed).filter(|node| node.position < self.position)?;
        let mismatch = match &node.place {
            Place::Threads(before) => Mismatch::OtherThreads { before: Some(before.clone()), now: None },
            Place::Outcomes(thread) => {
                Mismatch::OtherOutcomes { thread: *thread, before: node.count, now: 1 }
            }
        };
        Some(Divergence { position: node.position, mismatch })
    }

    /// The threads between which there was a choice at the position of the last question.
    fn before(&self) -> Option<ThreadSet> {
        match self.nodes.get(self.passed) {
            Some(Node { position, place: Place::Threads(before), .. }) if *position == self.position => {
                Some(before.clone())
            }
            _ => None,
        }
    }

    fn diverge(&mut self, mismatch: Mismatch) {
        self.divergence.get_or_insert(Divergence { position: self.position, mismatch });
    }

    /// The share of the tree that has been finished, each way to go on from a node being given an equal share of it.
    fn progress(&self) -> f64 {
        let (mut done, mut share) = (0.0, 1.0);
        for node in &self.nodes {
            share /= f64::from(node.count);
            done += share * f64::from(node.index);
        }
        if self.running { done } else { done + share }
    }
}

/// How many ways to go on there are within the bound.
fn alternatives(options: &Options<'_>, bound_spent: bool) -> u32 {
    let kept = bound_spent && !options.yielding && options.enabled.contains(options.current);
    if kept { 1 } else { options.enabled.len() }
}

/// The `n`th way to go on: the current thread unless it yields, then the others.
pub(super) fn alternative(options: &Options<'_>, n: u32) -> ThreadId {
    let (enabled, current) = (options.enabled, options.current);
    if options.yielding {
        return after_current(options, n);
    }
    if !enabled.contains(current) {
        return enabled.nth(n);
    }
    let before = enabled.iter().take_while(|t| *t < current).count() as u32;
    match n {
        0 => current,
        n if n <= before => enabled.nth(n - 1),
        n => enabled.nth(n),
    }
}

impl Strategy for Dfs {
    fn describe(&self) -> String {
        match self.bound {
            None => "depth-first search".into(),
            Some(1) => "depth-first search with at most 1 preemption".into(),
            Some(bound) => format!("depth-first search with at most {bound} preemptions"),
        }
    }

    fn begin(&mut self) -> bool {
        if self.divergence.is_some() {
            return false;
        }
        if self.begun {
            while self.nodes.pop_if(|node| node.index + 1 == node.count).is_some() {}
            match self.nodes.last_mut() {
                Some(node) => node.index += 1,
                None => self.complete = true,
            }
        }
        self.begun = true;
        self.passed = 0;
        self.position = 0;
        self.preemptions = 0;
        self.running = !self.complete;
        self.running
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        self.position = options.position;
        self.divergence = self.divergence.take().or_else(|| self.missed());
        if self.divergence.is_some() {
            return Decision::STOP;
        }
        let count = alternatives(options, self.bound == Some(self.preemptions));
        self.cut |= count < options.enabled.len();
        let index = if count > 1 {
            self.pass(Place::Threads(options.enabled.clone()), count)
        } else {
            self.before().is_none().then_some(0)
        };
        let Some(index) = index else {
            self.diverge(Mismatch::OtherThreads {
                before: self.before(),
                now: Some(options.enabled.clone()),
            });
            return Decision::STOP;
        };
        let thread = alternative(options, index);
        self.preemptions += u32::from(options.preempts(thread));
        if count > 1 { Decision::once(thread) } else { on_and_on(thread) }
    }

    fn outcome(&mut self, thread: ThreadId, count: u32) -> u32 {
        if self.divergence.is_some() {
            return 0;
        }
        self.pass(Place::Outcomes(thread), count).unwrap_or_else(|| {
            let node = &self.nodes[self.passed];
            let before = if node.place == Place::Outcomes(thread) { node.count } else { 1 };
            self.diverge(Mismatch::OtherOutcomes { thread, before, now: count });
            0
        })
    }

    fn end(&mut self, _choices: u64) {
        self.executions += 1;
        self.running = false;
        if let Some(node) = self.nodes.get(self.passed) {
            self.position = node.position;
            self.diverge(Mismatch::Ended);
        }
    }

    fn strayed(&self) -> Option<String> {
        self.divergence.as_ref().map(ToString::to_string)
    }

    fn exhausted(&self) -> bool {
        self.complete && !self.cut && self.divergence.is_none()
    }

    /// After the first execution, Knuth's estimate ("Estimating the efficiency of backtrack programs", 1975): the product
    /// of the branching along it. As shares of the tree are finished, their number divided by their sum.
    fn estimate(&self) -> Option<f64> {
        if self.complete {
            return Some(self.executions as f64);
        }
        let estimate = self.executions as f64 / self.progress();
        (self.executions > 0 && estimate.is_finite()).then_some(estimate)
    }
}

#[cfg(test)]
mod tests {
    use super::super::simulator::{Op, Program, all, explore, key, programs, run};
    use super::*;
    use crate::base::Strategy;
    use proptest::prelude::*;

    #[test]
    fn free_steps_interleave_in_binomially_many_ways() {
        for (n, expected) in [(1, 6), (2, 70), (3, 924), (4, 12870)] {
            let mut strategy = Dfs::new();
            assert_eq!(explore(&Program::free(2, 2 * n), &mut strategy).len(), expected);
            assert!(strategy.exhausted());
            assert_eq!(strategy.estimate(), Some(expected as f64));
        }
    }

    #[test]
    fn the_current_thread_comes_first() {
        let runs = explore(&Program::free(2, 2), &mut Dfs::new());
        let schedules: Vec<_> = runs.iter().map(|r| r.schedule().to_string()).collect();
        assert_eq!(schedules, ["a2 b2", "a b2 a", "a b a b", "b2 a2", "b a2 b", "b a b a"]);
    }

    #[test]
    fn a_bound_that_cuts_nothing_off_leaves_a_proof() {
        let search = |bound| {
            let mut strategy = Dfs::new().preemption_bound(bound);
            (explore(&Program::free(2, 2), &mut strategy).len(), strategy.exhausted(), strategy.cut())
        };
        // Beginning with `b` takes the turn from `a`, which counts as current at the start.
        assert_eq!(search(0), (1, false, true));
        assert_eq!(search(1), (3, false, true));
        assert_eq!(search(2), (5, false, true));
        assert_eq!(search(3), (6, true, false));
    }

    #[test]
    fn a_spent_bound_is_asked_no_more() {
        let runs = explore(&Program::free(2, 100), &mut Dfs::new().preemption_bound(0));
        assert_eq!((runs.len(), runs[0].asked), (1, 2));
    }

    #[test]
    fn estimates_an_even_tree_exactly() {
        let mut strategy = Dfs::new();
        let program = Program::new([vec![Op::Choose(2), Op::Choose(3), Op::Choose(5)]]);
        assert_eq!(strategy.estimate(), None);
        for execution in 1..=30 {
            assert!(run(&program, &mut strategy).is_some());
            let estimate = strategy.estimate().expect("an estimate");
            assert!((estimate - 30.0).abs() < 1e-9, "{estimate} after {execution}");
        }
        assert!(run(&program, &mut strategy).is_none());
    }

    #[test]
    fn spin_loops_end_in_the_first_execution() {
        let spin = vec![Op::If(0, 1, 3), Op::Yield, Op::Goto(0)];
        let program = Program::new([spin.clone(), spin, vec![Op::Set(0, 1)]]);
        let execution = run(&program, &mut Dfs::new().preemption_bound(0)).expect("a first one");
        assert_eq!(execution.schedule().to_string(), "a2 b2 c a b");
    }

    /// Runs `first` once and `second` after it, as if one model had done both.
    fn caught(first: &Program, second: &Program) -> String {
        let mut strategy = Dfs::new();
        run(first, &mut strategy);
        let execution = run(second, &mut strategy).expect("a second one");
        let divergence = strategy.divergence().expect("a divergence").to_string();
        assert!(execution.stopped || !divergence.contains("can go on"), "{execution:?}");
        assert!(!strategy.begin() && !strategy.exhausted());
        divergence
    }

    #[test]
    fn a_model_that_does_not_repeat_itself_is_caught() {
        let pair = Program::free(2, 2);
        assert_eq!(
            caught(&pair, &Program::free(3, 2)),
            "at choice 1 the threads that can go on were a, b, now a, b, c"
        );
        assert_eq!(
            caught(&pair, &Program::free(1, 2)),
            "at choice 1 the threads that can go on were a, b, now a"
        );
        assert_eq!(caught(&pair, &Program::free(0, 0)), "the execution ended before choice 1");
        let choice = |n| Program::new([vec![Op::Free, Op::Choose(n), Op::Choose(2)]]);
        assert_eq!(caught(&choice(2), &choice(3)), "at choice 1 thread a had 2 outcomes, now 3");
        let lone = |steps| vec![Op::Free; steps];
        let late = Program::new([vec![Op::Free, Op::Start(1), Op::Free], lone(1)]).later(&[1]);
        let early = Program::new([vec![Op::Start(1), Op::Free, Op::Free], lone(1)]).later(&[1]);
        assert_eq!(caught(&late, &early), "at choice 2 the threads that can go on were one alone, now a, b");
        assert_eq!(caught(&early, &late), "at choice 2 the threads that can go on were a, b, now one alone");
        assert_eq!(caught(&choice(2), &Program::free(1, 3)), "the execution ended before choice 1");
        let alone = Program::new([vec![Op::Choose(2), Op::Start(1)], lone(1)]).later(&[1]);
        let plain = Program::new([vec![Op::Free, Op::Start(1)], lone(1)]).later(&[1]);
        assert_eq!(caught(&alone, &plain), "at choice 1 thread a had 2 outcomes, now 1");
    }

    #[test]
    fn does_not_allocate_again() {
        let mut strategy = Dfs::new();
        run(&Program::free(3, 3), &mut strategy);
        let before = (strategy.nodes.capacity(), strategy.nodes.as_ptr());
        explore(&Program::free(3, 3), &mut strategy);
        assert_eq!((strategy.nodes.capacity(), strategy.nodes.as_ptr()), before);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn visits_exactly_what_brute_force_finds(program in programs(), bound in proptest::option::of(0u32..4)) {
            let everything = all(&program);
            let within = |preemptions| bound.is_none_or(|b| preemptions <= b);
            let mut expected: Vec<_> = everything.iter().filter(|e| within(e.1)).map(|e| key(&e.0)).collect();
            let mut strategy = Dfs { bound, ..Dfs::new() };
            let mut found: Vec<_> = explore(&program, &mut strategy).iter().map(|r| key(&r.choices)).collect();
            expected.sort_unstable();
            found.sort_unstable();
            prop_assert_eq!(strategy.exhausted(), expected.len() == everything.len());
            prop_assert_eq!(found, expected);
            prop_assert_eq!(strategy.divergence(), None);
        }
    }
}
