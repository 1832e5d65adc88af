//! Which reversals an execution owns: the nodes below its node.

use super::Exhaustive;
use super::history::{History, Met, NONE, Next, View};
use super::node::{Label, Node};
use super::rows::{self, Lanes, Row, Rows};
use crate::base::{Choice, ThreadId};
use crate::strategy::{MOST_OUTCOMES, UNTRIED};

/// Memory for cuts: so many events of each thread.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    /// Decisions that an operation conflicts with.
    rivals: Vec<u32>,
    /// What happens before the witness, without the decision.
    past: Vec<Lanes>,
    /// What the node below begins with.
    prefix: Vec<Lanes>,
    /// What the default policy starts from, to see whether it gives this execution.
    start: Vec<Lanes>,
    /// Whether it does, from so many events of the execution on, as far as that has come up.
    known: Vec<Option<Result<(), u32>>>,
    /// Where it came up last.
    passed: Vec<u32>,
}

/// A reversal that begins with a canonical witness: the execution that goes on from it by default owns it.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    /// The decision.
    event: u32,
    /// The event that is put in front of it; `NONE` for what a thread waits for at the end.
    witness: u32,
    thread: u32,
    /// How many outcomes it has there.
    outcomes: u32,
    /// The last event of the cut from which the default policy goes on.
    last: u32,
    /// An event: no execution that is the same up to it owns the reversal, or not again.
    settled: u32,
}

/// The candidates of an execution, in the order of their witnesses.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    all: Vec<Candidate>,
    /// For each the cut that the node below begins with, and the one from which the default policy goes on.
    cuts: Rows,
}

impl Candidates {
    /// Forgets those whose witnesses are not among the first `kept` events, of so many threads.
    fn keep(&mut self, kept: u32, threads: usize) {
        if kept == 0 {
            self.cuts.begin(threads);
        }
        let kept = self.all.partition_point(|candidate| candidate.witness < kept);
        self.all.truncate(kept);
        self.cuts.truncate(2 * kept);
    }

    fn add(&mut self, candidate: Candidate, prefix: &Row, start: &Row) {
        self.all.push(candidate);
        self.cuts.push(prefix);
        self.cuts.push(start);
    }

    fn prefix(&self, number: usize) -> &Row {
        self.cuts.row(2 * number)
    }

    fn start(&self, number: usize) -> &Row {
        self.cuts.row(2 * number + 1)
    }
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
    /// with this execution last. Of its first events, as many as were `kept`, the candidates are known.
    pub(super) fn reverse(&mut self, kept: usize) {
        self.family.order(&mut self.order);
        self.cuts.known.clear();
        self.cuts.known.resize(self.history.events.len(), None);
        debug_assert!(self.found.is_empty());
        for number in 0..self.history.several.len() {
            self.take_other_outcomes(self.history.several[number]);
        }
        self.candidates.keep(kept as u32, self.history.threads);
        for event in kept as u32..self.history.events.len() as u32 {
            let witness = self.history.events[event as usize];
            self.find_before(witness.thread, Some(event));
        }
        for thread in 0..self.history.threads as u32 {
            self.find_before(thread, None);
        }
        for number in 0..self.candidates.all.len() {
            let settled = self.candidates.all[number].settled < kept as u32;
            debug_assert!(!settled || self.leads_elsewhere(number), "what is settled stays so");
            if !settled {
                self.settle(number);
            }
        }
        self.hand_out();
    }

    /// What was found is left to be visited.
    fn hand_out(&mut self) {
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

    /// Visits what begins with the reversal of a candidate, if this execution owns it.
    fn settle(&mut self, number: usize) {
        self.cuts.start.clear();
        self.cuts.start.extend_from_slice(self.candidates.start(number));
        match self.is_default(self.candidates.all[number].last) {
            Ok(()) => {
                self.push_reversals(number);
                // No other execution owns it.
                self.candidates.all[number].settled = 0;
            }
            Err(event) => self.candidates.all[number].settled = event,
        }
    }

    /// Whether the default policy gives another execution after a candidate's reversal.
    fn leads_elsewhere(&mut self, number: usize) -> bool {
        self.cuts.start.clear();
        self.cuts.start.extend_from_slice(self.candidates.start(number));
        self.is_default(self.candidates.all[number].last).is_err()
    }

    /// The candidates for reversal of an event, or of what `thread` waits for at the end, with all decisions that it conflicts
    /// with.
    fn find_before(&mut self, thread: u32, witness: Option<u32>) {
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
                self.find_with(event, &next, witness);
            }
        }
        self.cuts.rivals = rivals;
    }

    /// The other outcomes of a decision.
    fn take_other_outcomes(&mut self, event: u32) {
        let decision = self.history.events[event as usize];
        if decision.choice != 0 {
            return;
        }
        if self.node.labels[event as usize] == Label::Forced {
            return;
        }
        self.cuts.start.clear();
        self.cuts.start.extend_from_slice(self.history.cut_before(event));
        rows::set(&mut self.cuts.start, decision.thread, decision.index + 1);
        if self.is_default(event).is_err() {
            return;
        }
        if decision.alternatives > MOST_OUTCOMES {
            self.doubt.get_or_insert_with(|| UNTRIED.to_string());
        }
        for outcome in 1..decision.alternatives.min(MOST_OUTCOMES) {
            let mut node = self.begin_node(event);
            let thread = self.renumbered(decision.thread);
            node.choices.push(Choice { thread, outcome });
            node.labels.push(Label::Forced);
            self.found.push((event, node));
        }
    }

    /// The reversal of a decision with what a thread does first after it, if it begins with a canonical witness.
    fn find_with(&mut self, event: u32, next: &Next, witness: Option<u32>) {
        let decision = self.history.events[event as usize];
        let thread = next.thread;
        // It looks through what others have met.
        self.work += self.history.events.len() as u64;
        let outcomes = self.history.foresee(next, View::Without(event));
        if outcomes == 0 || !conflict(&self.history.foreseen, self.history.met(event)) {
            return;
        }
        let knew = match witness {
            Some(witness) => self.history.before(witness),
            None => self.history.at_end(thread as usize),
        };
        let limit = witness.unwrap_or(NONE);
        self.history.past_of_foreseen(knew, event, limit, &mut self.cuts.past);
        if !self.is_least_witness(event, thread) {
            return;
        }
        self.cuts.prefix.clone_from(&self.cuts.past);
        rows::join(&mut self.cuts.prefix, self.history.cut_before(event));
        self.cuts.start.clone_from(&self.cuts.prefix);
        rows::set(&mut self.cuts.start, decision.thread, decision.index + 1);
        let mut last = self.history.last_in(&self.cuts.past).max(event);
        if self.history.foresee(next, View::Cut(&self.cuts.start)) > 0 {
            // It can go on right after the decision too, and must have done so.
            let Some(witness) = witness else { return };
            rows::set(&mut self.cuts.start, thread, next.index + 1);
            let behind = rows::beyond(self.history.clock(witness), &self.cuts.start) == 0;
            if !behind || self.history.events[witness as usize].choice != 0 {
                return;
            }
            last = witness;
        }
        let witness = witness.unwrap_or(NONE);
        let candidate = Candidate { event, witness, thread, outcomes, last, settled: NONE };
        self.candidates.add(candidate, &self.cuts.prefix, &self.cuts.start);
    }

    /// Of the witnesses in front of a decision that happen neither before nor after each other the least goes first.
    fn is_least_witness(&self, event: u32, thread: u32) -> bool {
        for &witness in self.node.chain(self.node.labels[event as usize]).iter().rev() {
            let witness = &self.history.events[witness as usize];
            if rows::get(&self.cuts.past, witness.thread) > witness.index {
                return true;
            }
            if self.family.compare(thread, witness.thread).is_le() {
                return false;
            }
        }
        true
    }

    /// Whether the default policy, from `cuts.start` on, gives this execution. If not, the last of the events that show it:
    /// whatever comes after that, it is no different. The `last` event of the cut is known.
    fn is_default(&mut self, last: u32) -> Result<(), u32> {
        self.cuts.passed.clear();
        let result = self.follow_default(last);
        for events in &self.cuts.passed {
            self.cuts.known[*events as usize] = Some(result);
        }
        result
    }

    /// As [`is_default`](Self::is_default). Many cuts soon come to be all that the execution begins with, up to some event, and
    /// how it goes on from there is found out once. What shows that it is another comes later than the events up to there, so it is
    /// the same wherever the policy came from.
    fn follow_default(&mut self, mut last: u32) -> Result<(), u32> {
        let cut = &mut self.cuts.start;
        let total: i32 = cut.iter().flatten().sum();
        let (mut seen, mut over) = (0, 0);
        for events in total as u32..self.history.events.len() as u32 {
            if last + 1 == events {
                if let Some(result) = self.cuts.known[events as usize] {
                    return result;
                }
                self.cuts.passed.push(events);
            }
            self.work += self.history.threads as u64;
            if self.history.yields {
                let history = &self.history;
                let place = |thread: &u32| history.yields_in(*thread, rows::get(cut, *thread));
                self.family.order(&mut self.order);
                self.order.sort_by_key(place);
                over = 0;
            }
            while self.history.is_over(self.order[over], cut) {
                over += 1;
            }
            let order = &self.order[over..];
            let next = order.iter().find_map(|thread| policy(&mut self.history, cut, *thread));
            match next {
                Some(Ok(event)) => {
                    seen = seen.max(event);
                    last = last.max(event);
                    let event = &self.history.events[event as usize];
                    rows::set(cut, event.thread, event.index + 1);
                }
                Some(Err(event)) => return Err(seen.max(event)),
                None => {
                    debug_assert!(false, "a cut is closed under happens-before");
                    return Err(NONE);
                }
            }
        }
        Ok(())
    }

    /// The nodes that begin with all before a candidate's decision, then what happens before its operation, then that.
    fn push_reversals(&mut self, number: usize) {
        let Candidate { event, thread, outcomes, .. } = self.candidates.all[number];
        let decision = self.history.events[event as usize];
        for outcome in 0..outcomes {
            let mut node = self.begin_node(event);
            for other in event + 1..self.history.events.len() as u32 {
                let happens = &self.history.events[other as usize];
                if happens.index < rows::get(self.candidates.prefix(number), happens.thread) {
                    self.append(&mut node, other);
                    node.labels.push(Label::Forced);
                }
            }
            let witness = node.labels.len() as u32;
            node.choices.push(Choice { thread: self.renumbered(thread), outcome });
            node.labels.push(Label::Forced);
            node.target = self.renumbered(decision.thread).0;
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
        self.work += self.history.events.len() as u64;
        node.labels.extend_from_slice(&self.node.labels[..event as usize]);
        let used = |label: &Label| if let Label::Decision { end, .. } = label { *end } else { 0 };
        let chains = node.labels.iter().map(used).max().unwrap_or(0);
        node.chains.extend_from_slice(&self.node.chains[..chains as usize]);
        node.choices.extend_from_slice(&self.history.schedule[..event as usize]);
        if self.family.nested {
            self.renumbering.begin(self.history.threads);
            self.renumbering.follow(self.history.steps_before(event));
        }
        node
    }

    /// The choice that an event is comes next.
    fn append(&mut self, node: &mut Node, event: u32) {
        let Choice { thread, outcome } = self.history.schedule[event as usize];
        node.choices.push(Choice { thread: self.renumbered(thread.0), outcome });
        if self.family.nested {
            self.renumbering.follow(self.history.steps_of(event));
        }
    }

    /// The number that a thread will have in the node that is being put together.
    fn renumbered(&self, thread: u32) -> ThreadId {
        // Where the main thread starts all of them, it starts them in the same order.
        if self.family.nested { self.renumbering.of(thread) } else { ThreadId(thread) }
    }
}

/// What the default policy would do with a thread in a cut: `None`, pass it over; otherwise let it go next, and its next event
/// (if it has one) is what the execution did, or is not.
fn policy(history: &mut History, cut: &Row, thread: u32) -> Option<Result<u32, u32>> {
    let index = rows::get(cut, thread) as usize;
    let (next, event) = match history.events_of(thread as usize).get(index) {
        Some(&event) => {
            if rows::beyond(history.clock(event), cut) == 1 {
                // It is beyond the cut in nothing but itself.
                let first = history.events[event as usize].choice == 0;
                return Some(if first { Ok(event) } else { Err(event) });
            }
            if rows::beyond(history.before(event), cut) > 0 {
                return None;
            }
            (history.next_of(event), event)
        }
        None => {
            let next = history.pending_of(thread as usize)?;
            if rows::beyond(history.at_end(thread as usize), cut) > 0 {
                return None;
            }
            (next, NONE)
        }
    };
    (history.foresee(&next, View::Cut(cut)) > 0).then_some(Err(event))
}

fn conflict(a: &[(u32, bool)], b: &[Met]) -> bool {
    a.iter().any(|(here, mine)| b.iter().any(|met| *here == met.meeting && (*mine || met.write)))
}
