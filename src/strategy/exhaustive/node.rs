//! Nodes of the search: a schedule to begin with, and what is known of its events.

use crate::base::Choice;

/// Stands for "nobody" where a thread is expected.
pub(super) const NOBODY: u32 = u32::MAX;

/// Where an execution begins; all else follows from the model and the default policy.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// The choices to begin with.
    pub(super) choices: Vec<Choice>,
    /// What each event that they perform is.
    pub(super) labels: Vec<Label>,
    /// The witnesses in front of decisions, by the decisions' labels.
    pub(super) chains: Vec<u32>,
    /// The thread whose decision the last reversal has passed; it goes next if it can.
    pub(super) target: u32,
    /// The label of that decision.
    pub(super) decision: Label,
    /// The share of the whole tree that is below it, as far as is known.
    pub(super) share: f64,
}

/// What an event of a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// Part of a reversal: nothing is decided here.
    Forced,
    /// A decision of the default policy, made after the witnesses in a range of `chains`: events, by number.
    Decision {
        /// Where the range begins.
        first: u32,
        /// Where it ends.
        end: u32,
    },
}

impl Label {
    /// A decision that nobody was put in front of.
    pub(super) const FREE: Label = Label::Decision { first: 0, end: 0 };
}

impl Node {
    /// The whole search.
    pub(super) fn root() -> Self {
        Node {
            choices: Vec::new(),
            labels: Vec::new(),
            chains: Vec::new(),
            target: NOBODY,
            decision: Label::FREE,
            share: 1.0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.choices.clear();
        self.labels.clear();
        self.chains.clear();
        (self.target, self.decision) = (NOBODY, Label::FREE);
    }

    /// How many events at the beginning are the same, with the same witnesses in front of them, in both.
    pub(super) fn common(&self, other: &Node) -> usize {
        let chains = self.chains.iter().zip(&other.chains).take_while(|(a, b)| a == b).count();
        let same = |(a, b): &(&Label, &Label)| match a {
            Label::Forced => a == b,
            Label::Decision { end, .. } => a == b && *end as usize <= chains,
        };
        self.labels.iter().zip(&other.labels).take_while(same).count()
    }

    /// The witnesses in front of a decision.
    pub(super) fn chain(&self, label: Label) -> &[u32] {
        match label {
            Label::Forced => &[],
            Label::Decision { first, end } => &self.chains[first as usize..end as usize],
        }
    }
}
