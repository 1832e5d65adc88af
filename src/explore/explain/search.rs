//! The search for an execution that prints a log.
//!
//! **Papers.** A search that runs the model from its beginning at each turn back, with the states that have been visited kept
//! (Holzmann) and sleep sets (Godefroid, "Partial-order methods for the verification of concurrent systems", 1996, whose way to
//! have both is followed). Where it turns back to is told by [`frontier`](super::frontier).
//!
//! **Guarantee.** When it ends without a find, no schedule prints the log, polling loops taken to be fair.
//!
//! **What is particular to logs.**
//! - A write that is not what the log has next is held back, so the search never strays further than up to the next print of
//!   each thread.
//! - *Late steps.* Of the executions that differ only in the order of independent steps, one is looked for in which nothing is
//!   done before it is needed: each step between two lines happens before the second of them. A line printed while a step
//!   dangles, that is while no later step depends on it but the line's own thread is another, is a turn back. A step and those
//!   that follow it unasked, such as the end of its thread and what waits for that, dangle together.
//! - *Steps that nobody sees* (a random value, a sleep, a line that does not count) are done right before the next step of
//!   their thread that somebody sees; where that cannot be done, they were done too early.
//!
//! ```text
//! at each place between steps that somebody sees:
//!     state, log and dangling threads as before?   turn back, unless threads that slept then are awake now
//!     candidates = enabled threads that are awake and would not write anything else
//!     none?   turn back; several?   remember the place; take the likeliest
//! ```

use super::frontier::{Frontier, Rest, bit};
use super::furthest::Furthest;
use super::place::{Place, Script, Written};
use super::speakers::Speakers;
use super::standing::{Standing, is_unseen};
use super::visited::Visited;
use crate::base::{
    Action, Choice, Decision, Operation, Options, Outcome, OutputAction, Step, Strategy, TextId, ThreadId,
};
use std::collections::BTreeMap;
use std::panic::Location;
use std::rc::Rc;

/// The most steps in a row that nobody sees, before a thread is taken to do nothing else for ever.
const LONGEST: u32 = 1_000;

/// The search, as a strategy.
pub(super) struct Search {
    script: Rc<Script>,
    /// Whether time orders nothing, so that steps that nobody sees can be put off.
    lazy: bool,
    texts: BTreeMap<TextId, Rc<str>>,
    frontier: Frontier,
    pub(super) visited: Visited,
    speakers: Speakers,
    standing: Standing,
    /// How many points have been performed, and how many of them are known already.
    points: usize,
    known: usize,
    /// The choice under way.
    cursor: usize,
    pending: Vec<Option<Step>>,
    state: (u128, u64),
    begun: bool,
    /// The execution under way has printed the log. If that was to be all, it has to end yet.
    pub(super) printed: bool,
    pub(super) found: bool,
    /// Whether something was left out, so that finding nothing is no proof.
    pub(super) cut: bool,
    pub(super) furthest: Furthest,
}

impl Search {
    pub(super) fn new(script: Rc<Script>, lazy: bool) -> Self {
        Search {
            script,
            lazy,
            texts: BTreeMap::new(),
            frontier: Frontier::default(),
            visited: Visited::default(),
            speakers: Speakers::default(),
            standing: Standing::default(),
            points: 0,
            known: 0,
            cursor: 0,
            pending: Vec::new(),
            state: (0, 0),
            begun: false,
            printed: false,
            found: false,
            cut: false,
            furthest: Furthest::default(),
        }
    }

    /// The choices of the execution that was run last.
    pub(super) fn choices(&self) -> Vec<Choice> {
        self.frontier.moves(0).map(|m| m.choice).collect()
    }

    /// How far that has printed the log.
    pub(super) fn place(&self) -> &Place {
        &self.standing.place
    }

    /// Turns back to the likeliest place where something is left to try.
    fn turn_back(&mut self) -> bool {
        // Whoever could print the first line that was never printed.
        let wanted = self.speakers.next(&self.script, &self.furthest.place);
        let Some((known, standing)) = self.frontier.turn_back(wanted) else { return false };
        (self.known, self.standing) = (known, standing);
        true
    }

    /// Beyond what is known: who goes next.
    fn go_further(&mut self, options: &Options<'_>) -> Option<ThreadId> {
        self.note_progress();
        if self.standing.stray {
            return None;
        }
        self.printed = self.script.is_done(&self.standing.place);
        if self.printed && self.script.prefix {
            self.found = true;
            return None;
        }
        if self.standing.time != self.state.1 {
            self.standing.pass_time(self.state.1);
        }
        if let Some(thread) = self.standing.unseen.filter(|_| self.lazy && !self.printed) {
            self.cut |= self.standing.unseen_steps > LONGEST;
            let goes_on = self.standing.unseen_steps <= LONGEST && options.enabled.contains(thread);
            return (goes_on && self.may_go(thread)).then_some(thread).inspect(|thread| self.push(*thread));
        }
        self.wake();
        let all: Vec<ThreadId> = options.enabled.iter().filter(|thread| self.may_go(*thread)).collect();
        let bits = all.iter().fold(0, |bits, thread| bits | bit(*thread));
        let place = (&self.standing.place, self.standing.dangling(), self.printed);
        let met = self.visited.meet(self.state.0, place, bits, self.standing.asleep)?;
        self.standing.asleep = met.asleep;
        let mut left: Vec<ThreadId> =
            all.into_iter().filter(|thread| thread.0 >= 64 || bit(*thread) & met.awake != 0).collect();
        let wanted = self.speakers.next(&self.script, &self.standing.place);
        left.sort_by_key(|thread| self.rank(*thread, wanted, options));
        let thread = *left.first()?;
        let pending = wanted.and_then(|thread| self.pending.get(thread.index())?.as_ref());
        if pending.is_some_and(|pending| !self.may_go(pending.thread)) {
            self.frontier.depart();
        }
        if left.len() > 1 {
            left.remove(0);
            let lines = self.script.progress(&self.standing.place);
            self.frontier.open(self.frontier.len(), Rest::Threads(left, bit(thread)), &self.standing, lines);
        }
        self.push(thread);
        Some(thread)
    }

    fn push(&mut self, thread: ThreadId) {
        self.cursor = self.frontier.len();
        self.frontier.push(thread, 0, false);
    }

    /// The steps since the last place wake those whose own next step depends on one of them.
    fn wake(&mut self) {
        let steps = std::mem::take(&mut self.standing.steps);
        let sleeps = |thread: &u32| {
            let pending = self.pending.get(*thread as usize).and_then(Option::as_ref);
            pending.is_some_and(|pending| {
                let unknown = self.lazy && self.is_unseen(pending);
                !unknown && !steps.iter().any(|step| step.conflicts(pending))
            })
        };
        let asleep = self.standing.asleep;
        let still = (0..64).filter(|thread| asleep >> thread & 1 == 1).filter(sleeps);
        self.standing.asleep = still.fold(0, |bits, thread| bits | 1 << thread);
    }

    /// Whether what a thread is about to do may be done now as far as the log goes.
    fn may_go(&self, thread: ThreadId) -> bool {
        let Some(pending) = self.pending.get(thread.index()).and_then(Option::as_ref) else { return true };
        match pending.operation.action {
            Action::Output(OutputAction::Write(_)) => self.written(pending) != Written::Other,
            Action::Output(OutputAction::Close) => self.script.is_done(&self.standing.place),
            _ => true,
        }
    }

    fn is_unseen(&self, step: &Step) -> bool {
        match step.operation.action {
            Action::Output(OutputAction::Write(_)) => matches!(self.written(step), Written::Ignored(_)),
            action => is_unseen(action),
        }
    }

    /// What a write is to the log.
    fn written(&self, step: &Step) -> Written {
        let Action::Output(OutputAction::Write(text)) = step.operation.action else { return Written::Other };
        let text = self.texts.get(&text).map_or("", |text| text);
        self.script.write(&self.standing.place, step.thread, text)
    }

    /// The likeliest first: who would print what comes next, who is likely to come to it, who goes on anyway.
    fn rank(&self, thread: ThreadId, wanted: Option<ThreadId>, options: &Options<'_>) -> impl Ord + use<> {
        let pending = self.pending.get(thread.index()).and_then(Option::as_ref);
        let writes = pending.is_some_and(|pending| matches!(self.written(pending), Written::Next(_)));
        let speaks = wanted == Some(thread) || wanted.is_none() && !self.speakers.has_spoken(thread);
        let goes_on = thread == options.current && !options.yielding;
        (!writes, !speaks, !goes_on, thread)
    }

    /// Takes in a step that was not known yet.
    fn follow(&mut self, step: &Step) {
        let done = self.script.is_done(&self.standing.place);
        let (mut seen, mut next) = (!is_unseen(step.operation.action), false);
        if let Action::Output(OutputAction::Write(_)) = step.operation.action {
            match self.written(step) {
                Written::Next(place) => {
                    self.speakers.note(&self.script, &self.standing.place, step.thread);
                    (self.standing.place, next) = (place, true);
                }
                Written::Ignored(place) => (self.standing.place, seen) = (place, false),
                Written::Other => self.standing.stray = true,
            }
        }
        if next {
            self.standing.print(step, self.lazy || !done);
        } else {
            self.standing.follow(step, seen);
        }
    }

    /// Remembers how far the log has been printed at most, and what could come there instead of what it says.
    fn note_progress(&mut self) {
        let path = self.frontier.moves(0).take(self.points).map(|m| m.choice);
        let before = self.furthest.lines;
        if self.standing.stray || !self.furthest.reach(&self.script, &self.standing.place, path) {
            return;
        }
        if self.furthest.lines > before {
            self.frontier.advance();
        }
        for pending in self.pending.iter().flatten() {
            if let Action::Output(OutputAction::Write(text)) = pending.operation.action
                && !matches!(self.written(pending), Written::Ignored(_))
            {
                self.furthest.could_follow(self.texts.get(&text).map_or("", |text| text));
            }
        }
    }
}

impl Strategy for Search {
    fn describe(&self) -> String {
        "search for a log".into()
    }

    fn begin(&mut self) -> bool {
        if std::mem::replace(&mut self.begun, true) && !self.turn_back() {
            return false;
        }
        self.points = 0;
        self.printed = false;
        self.pending.clear();
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        let position = options.position as usize;
        let Some(first) = self.frontier.moves(position).next().map(|first| first.choice.thread) else {
            return self.go_further(options).map_or(Decision::STOP, Decision::once);
        };
        // Up to the first choice whose outcome is asked for, or of another thread.
        let mut run = 0;
        for m in self.frontier.moves(position).take_while(|m| m.choice.thread == first) {
            run += 1;
            if m.asked {
                break;
            }
        }
        self.cursor = position + run - 1;
        Decision { thread: first, run: run as u32 }
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        let lines = self.script.progress(&self.standing.place);
        self.frontier.outcome(self.cursor, count, &self.standing, lines)
    }

    fn end(&mut self, _choices: u64) {
        self.note_progress();
        self.printed = !self.standing.stray && self.script.is_done(&self.standing.place);
        self.found |= self.printed && self.script.prefix;
    }

    fn follows(&self) -> bool {
        true
    }

    fn performed(&mut self, step: &Step) {
        self.points += usize::from(step.operation.is_point());
        if let Some(pending) = self.pending.get_mut(step.thread.index()) {
            *pending = None;
        }
        if self.points > self.known {
            self.follow(step);
        }
    }

    fn arrived(&mut self, thread: ThreadId, operation: &Operation, location: &'static Location<'static>) {
        if self.pending.len() <= thread.index() {
            self.pending.resize(thread.index() + 1, None);
        }
        // With this outcome whatever can change its object is taken to change it.
        let outcome = Outcome::Chosen;
        self.pending[thread.index()] =
            Some(Step { thread, choice: 0, operation: *operation, outcome, location });
    }

    fn text(&mut self, id: TextId, text: &str) {
        self.texts.entry(id).or_insert_with(|| text.into());
    }

    fn compares_states(&self) -> Option<u64> {
        Some(self.frontier.len() as u64)
    }

    fn state(&mut self, fingerprint: u128, time: u64) {
        self.state = (fingerprint, time);
    }
}
