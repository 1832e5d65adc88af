//! How large the search is, sounded out by going down at random.
//!
//! **Paper.** Knuth, "Estimating the efficiency of backtrack programs" (Mathematics of Computation 1975).
//!
//! **Guarantee.** The mean of many estimates is the number of executions. A single one is mostly too small, and now and then
//! far too large. What the search itself has finished tells less: it takes the small parts of its tree first.
//!
//! ```text
//! product = total = 1
//! from the root: run the node; children? { go on with one of them; product /= its probability; total += product }
//! ```
//!
//! **Deviation.** A child is the likelier the earlier it leaves the execution above it, by a half for each choice: so much
//! more is below it. With equal probabilities nearly all descents would end in the small parts of the tree.
//!
//! The executions are not wasted: no two of one descent are the same, and they lie far apart.

use super::super::dice::Dice;
use super::{Exhaustive, Node};
use crate::base::{Decision, Options, Record, Strategy, ThreadId};

/// Goes down the tree of [`Exhaustive`] at random, again and again.
#[derive(Debug)]
pub(crate) struct Probe {
    search: Exhaustive,
    dice: Dice,
    begun: bool,
    // Of the descent under way.
    product: f64,
    total: f64,
    // Of those that have come to their ends.
    descents: u32,
    sum: f64,
}

impl Probe {
    /// Descents that follow from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        let (search, dice) = (Exhaustive::new(), Dice::new(seed, 0));
        Probe { search, dice, begun: false, product: 1.0, total: 1.0, descents: 0, sum: 0.0 }
    }

    /// Whether a descent has come to its end. Until then the estimate counts only what is above where it stands.
    pub(crate) fn has_arrived(&self) -> bool {
        self.descents > 0
    }

    /// Goes on with one of the children of the node just visited, or with the root.
    fn descend(&mut self) {
        let waiting = &mut self.search.waiting;
        if waiting.is_empty() {
            self.sum += self.total;
            self.descents += 1;
            (self.product, self.total) = (1.0, 1.0);
            waiting.push(Node::root());
            return;
        }
        let shortest = waiting.iter().map(|node| node.choices.len()).min().unwrap_or(0);
        let weight = |node: &Node| 0.5f64.powi((node.choices.len() - shortest).min(1_000) as i32);
        let all: f64 = waiting.iter().map(weight).sum();
        let mut rest = all * self.dice.below_long(1 << 53) as f64 / (1u64 << 53) as f64;
        let chosen = waiting.iter().position(|node| {
            rest -= weight(node);
            rest < 0.0
        });
        let chosen = waiting.swap_remove(chosen.unwrap_or(0));
        self.product *= all / weight(&chosen);
        self.total += self.product;
        self.search.spare.append(waiting);
        waiting.push(chosen);
    }
}

impl Strategy for Probe {
    fn describe(&self) -> String {
        "random descents into it".into()
    }

    fn begin(&mut self) -> bool {
        if std::mem::replace(&mut self.begun, true) {
            self.descend();
        }
        self.search.begin()
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        self.search.thread(options)
    }

    fn outcome(&mut self, thread: ThreadId, count: u32) -> u32 {
        self.search.outcome(thread, count)
    }

    fn place(&mut self, thread: ThreadId, places: &[u32]) -> u32 {
        self.search.place(thread, places)
    }

    fn learns(&self) -> bool {
        self.search.learns()
    }

    fn started(&mut self, child: ThreadId, parent: ThreadId) {
        self.search.started(child, parent);
    }

    fn yielded(&mut self, thread: ThreadId) {
        self.search.yielded(thread);
    }

    fn learn(&mut self, record: &Record<'_>) {
        self.search.learn(record);
    }

    fn end(&mut self, choices: u64) {
        self.search.end(choices);
    }

    fn strayed(&self) -> Option<String> {
        self.search.strayed()
    }

    fn work(&self) -> u64 {
        self.search.work()
    }

    fn estimate(&self) -> Option<f64> {
        // The descent under way tells something too where none has come to its end.
        let all = self.sum + if self.descents == 0 { self.total } else { 0.0 };
        self.begun.then(|| all / f64::from(self.descents.max(1)))
    }
}
