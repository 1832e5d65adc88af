//! Which reversals an execution owns: the nodes below its node.

use super::Exhaustive;
use super::history::{History, Next, View};
use super::node::{Label, Node};
use crate::base::Choice;

/// Memory for cuts: so many events of each thread.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    /// Decisions that an operation conflicts with.
    rivals: Vec<u32>,
    /// What happens before the witness, without the decision.
    past: Vec<u32>,
    /// What the node below begins with.
    prefix: Vec<u32>,
    /// What the default policy starts from, to see whether it gives this execution.
    start: Vec<u32>,
}

impl Exhaustive {
    /// Labels the events beyond the node's schedule: decisions all of them.
    pub(super) fn label(&mut self) {
        let events = self.history.events.len();
        let forced = self.node.labels.len();
        if forced < events {
            self.node.labels.push(if self.retried { self.node.decision } else { Label::FREE });
        }
        self.node.labels.resize(events.max(forced), Label::FREE);
    }

    /// Puts the nodes of all reversals that this execution owns among those to visit, those with the longest schedule in common
    /// with this execution last.
    pub(super) fn reverse(&mut self) {
        self.family.order(&mut self.order);
        debug_assert!(self.found.is_empty());
        for event in 0..self.history.events.len() as u32 {
            if self.history.events[event as usize].alternatives > 1 {
                self.take_other_outcomes(event);
            }
            let witness = self.history.events[event as usize];
            self.reverse_before(witness.thread, Some(event));
        }
        for thread in 0..self.history.threads as u32 {
            self.reverse_before(thread, None);
        }
        self.found.sort_by_key(|(event, _)| *event);
        let below = self.found.len();
        if below == 0 {
            self.done += self.node.share;
        }
        for (_, mut node) in self.found.drain(..) {
            node.share = self.node.share / below as f64;
            self.waiting.push(node);
        }
    }

    /// The reversals of an event, or of what `thread` waits for at the end, with all decisions that it conflicts with.
    fn reverse_before(&mut self, thread: u32, witness: Option<u32>) {
        let next = match witness {
            Some(witness) => Some(self.history.next_of(witness)),
            None => self.history.pending_of(thread as usize),
        };
        let Some(next) = next else { return };
        let mut rivals = std::mem::take(&mut self.cuts.rivals);
        rivals.clear();
        self.history.rivals(&next, witness, &mut rivals);
        for &event in &rivals {
            if self.node.labels[event as usize] != Label::Forced {
                self.reverse_with(event, &next, witness);
            }
        }
        self.cuts.rivals = rivals;
    }

    /// The other outcomes of a decision.
    fn take_other_outcomes(&mut self, event: u32) {
        let decision = self.history.events[event as usize];
        if decision.alternatives < 2 || decision.choice != 0 {
            return;
        }
        if self.node.labels[event as usize] == Label::Forced {
            return;
        }
        self.cuts.start.clear();
        self.cuts.start.extend_from_slice(self.history.cut_before(event));
        self.cuts.start[decision.thread as usize] += 1;
        if !self.is_default() {
            return;
        }
        for outcome in 1..decision.alternatives {
            let mut node = self.begin_node(event);
            let thread = self.renumbering.of(decision.thread);
            node.choices.push(Choice { thread, outcome });
            node.labels.push(Label::Forced);
            self.found.push((event, node));
        }
    }

    /// The reversal of a decision with what a thread does first after it, if this execution owns it.
    fn reverse_with(&mut self, event: u32, next: &Next, witness: Option<u32>) {
        let decision = self.history.events[event as usize];
        let thread = next.thread;
        let outcomes = self.history.foresee(next, View::Without(event));
        if outcomes == 0 || !conflict(&self.history.foreseen, self.history.met(event)) {
            return;
        }
        let knew = match witness {
            Some(witness) => self.history.before(witness),
            None => self.history.at_end(thread as usize),
        };
        let limit = witness.unwrap_or(u32::MAX);
        self.history.past_of_foreseen(knew, View::Without(event), limit, &mut self.cuts.past);
        if !self.is_least_witness(event, thread) {
            return;
        }
        self.cuts.prefix.clear();
        let base = self.history.cut_before(event);
        self.cuts.prefix.extend(base.iter().zip(&self.cuts.past).map(|(a, b)| *a.max(b)));
        self.cuts.start.clone_from(&self.cuts.prefix);
        self.cuts.start[decision.thread as usize] = decision.index + 1;
        if self.history.foresee(next, View::Cut(&self.cuts.start)) > 0 {
            // It can go on right after the decision too, and must have done so.
            let Some(witness) = witness else { return };
            let clock = self.history.clock(witness);
            let behind = clock.iter().zip(&self.cuts.start).enumerate();
            let behind = behind.filter(|(t, _)| *t != thread as usize).all(|(_, (a, b))| a <= b);
            if !behind || self.history.events[witness as usize].choice != 0 {
                return;
            }
            self.cuts.start[thread as usize] = next.index + 1;
        }
        if self.is_default() {
            self.push_reversals(event, thread, outcomes);
        }
    }

    /// Of the witnesses in front of a decision that happen neither before nor after each other the least goes first.
    fn is_least_witness(&self, event: u32, thread: u32) -> bool {
        for &witness in self.node.chain(self.node.labels[event as usize]).iter().rev() {
            let witness = &self.history.events[witness as usize];
            if self.cuts.past[witness.thread as usize] > witness.index {
                return true;
            }
            if self.family.compare(thread, witness.thread).is_le() {
                return false;
            }
        }
        true
    }

    /// Whether the default policy, from `cuts.start` on, gives this execution.
    fn is_default(&mut self) -> bool {
        let cut = &mut self.cuts.start;
        let total: u32 = cut.iter().sum();
        for _ in total..self.history.events.len() as u32 {
            if self.history.yields {
                let history = &self.history;
                let place = |thread: &u32| history.yields_in(*thread, cut[*thread as usize]);
                self.family.order(&mut self.order);
                self.order.sort_by_key(place);
            }
            let next = self.order.iter().find_map(|thread| policy(&mut self.history, cut, *thread));
            match next {
                Some(Some(thread)) => cut[thread as usize] += 1,
                Some(None) => return false,
                None => {
                    debug_assert!(false, "a cut is closed under happens-before");
                    return false;
                }
            }
        }
        true
    }

    /// The nodes that begin with all before `event`, then what happens before the operation of `thread`, then that.
    fn push_reversals(&mut self, event: u32, thread: u32, outcomes: u32) {
        let decision = self.history.events[event as usize];
        for outcome in 0..outcomes {
            let mut node = self.begin_node(event);
            for other in event + 1..self.history.events.len() as u32 {
                let happens = &self.history.events[other as usize];
                if happens.index < self.cuts.prefix[happens.thread as usize] {
                    self.append(&mut node, other);
                    node.labels.push(Label::Forced);
                }
            }
            let witness = node.labels.len() as u32;
            node.choices.push(Choice { thread: self.renumbering.of(thread), outcome });
            node.labels.push(Label::Forced);
            node.target = self.renumbering.of(decision.thread).0;
            let first = node.chains.len() as u32;
            node.chains.extend_from_slice(self.node.chain(self.node.labels[event as usize]));
            node.chains.push(witness);
            node.decision = Label::Decision { first, end: node.chains.len() as u32 };
            self.found.push((event, node));
        }
    }

    /// A node that begins with all events before `event`.
    fn begin_node(&mut self, event: u32) -> Node {
        let mut node = self.spare.pop().unwrap_or_else(Node::root);
        node.clear();
        node.labels.extend_from_slice(&self.node.labels[..event as usize]);
        let used = |label: &Label| if let Label::Decision { end, .. } = label { *end } else { 0 };
        let chains = node.labels.iter().map(used).max().unwrap_or(0);
        node.chains.extend_from_slice(&self.node.chains[..chains as usize]);
        self.renumbering.begin(self.history.threads);
        self.renumbering.follow(self.history.steps_before_all());
        for earlier in 0..event {
            self.append(&mut node, earlier);
        }
        node
    }

    /// The choices of an event come next.
    fn append(&mut self, node: &mut Node, event: u32) {
        let steps = self.history.steps_of(event);
        for step in steps.iter().filter(|step| step.operation.is_point()) {
            node.choices.push(Choice { thread: self.renumbering.of(step.thread.0), outcome: step.choice });
        }
        self.renumbering.follow(steps);
    }
}

/// What the default policy would do with a thread in a cut: `None`, pass it over; otherwise who goes next, if that is what the
/// execution did.
fn policy(history: &mut History, cut: &[u32], thread: u32) -> Option<Option<u32>> {
    let index = cut[thread as usize] as usize;
    let within = |clock: &[u32]| clock.iter().zip(cut).all(|(a, b)| a <= b);
    let next = match history.events_of(thread as usize).get(index) {
        Some(&event) => {
            if !within(history.before(event)) {
                return None;
            }
            let clock = history.clock(event);
            if (0..cut.len()).all(|t| t == thread as usize || clock[t] <= cut[t]) {
                let first = history.events[event as usize].choice == 0;
                return Some(first.then_some(thread));
            }
            history.next_of(event)
        }
        None => {
            if !within(history.at_end(thread as usize)) {
                return None;
            }
            history.pending_of(thread as usize)?
        }
    };
    (history.foresee(&next, View::Cut(cut)) > 0).then_some(None)
}

fn conflict(a: &[(u32, bool)], b: &[(u32, bool)]) -> bool {
    a.iter().any(|(here, mine)| b.iter().any(|(there, theirs)| here == there && (*mine || *theirs)))
}
