//! The state of an execution as one number, for strategies that compare states.
//!
//! A thread is a deterministic function of the answers that it was given, so the answers since its start, and where it asked,
//! stand for its own state. An object's state is its state machine, and what it holds besides: a value is either known by its
//! bits, or stands there as the state of the thread that left it. Two executions whose numbers are equal go on in the same
//! ways.
//!
//! A thread that goes round a polling loop and sees the same again and again is, after each round, where it was before it:
//! its state is taken to be that of one round earlier. That is fairness, as in [`polling`](super::polling).

use super::objects::Object;
use super::thread::Thread;
use super::times::Times;
use crate::base::{
    Action, CondvarAction, FOREVER, MutexAction, ObjectKind, Operation, Outcome, OutputAction, QueueAction,
    SharedAction, Step, ThreadAction, ThreadId, ThreadSet,
};
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

/// After so many equal rounds of a loop that offers its turn, or that does not, a thread is where it was a round before.
const ROUNDS: [usize; 2] = [3, 16];
/// The most steps of a round that is recognized.
const LONGEST: usize = 16;

/// What is known of the state of an execution.
#[derive(Default)]
pub(crate) struct Portrait {
    /// From which choice on the strategy is told the state; `None` when it does not compare states.
    pub(crate) from: Option<u64>,
    threads: Vec<Own>,
    objects: Vec<Content>,
    /// Whether a thread was taken to be where it had been a round before.
    pub(crate) fair: bool,
    /// The last thread of which that was so, if it did not wait in that round.
    pub(crate) back: Option<ThreadId>,
}

/// What stands for the state of a thread.
#[derive(Default)]
struct Own {
    digest: Digest,
    /// What it has been told of the time.
    clock: Digest,
    /// Its last steps, as far as it has only looked since.
    looks: VecDeque<Look>,
}

/// A step with which a thread only looked.
struct Look {
    step: u128,
    /// The state of the thread before it.
    before: Digest,
    /// Whether it looked at something, and whether it let others go first.
    meets: bool,
    offers: bool,
    /// Whether it waited for time to pass.
    waits: bool,
}

/// What stands for what an object holds besides the state of its state machine.
#[derive(Default)]
struct Content {
    value: u128,
    items: VecDeque<u128>,
}

impl Portrait {
    pub(crate) fn reset(&mut self, from: Option<u64>) {
        self.from = from;
        (self.fair, self.back) = (false, None);
        if from.is_some() {
            self.threads.clear();
            self.objects.clear();
        }
    }

    pub(crate) fn is_active(&self) -> bool {
        self.from.is_some()
    }

    /// A thread has been told what time it is.
    pub(crate) fn tell_time(&mut self, thread: usize, now: u64) {
        if self.is_active() {
            self.own(thread).clock.write_u64(now);
        }
    }

    /// Takes in a step on an object of this kind.
    pub(crate) fn take(&mut self, step: &Step, kind: impl Fn(Operation) -> Option<ObjectKind>) {
        let mut answer = Digest::default();
        (step.location.line(), step.location.column(), step.operation).hash(&mut answer);
        (step.outcome, step.choice).hash(&mut answer);
        self.receive(step, &kind, &mut answer);
        let own = self.own(step.thread.index());
        let before = own.digest;
        own.digest.add(answer.0);
        let draws = matches!(step.operation.action, Action::Choose(_));
        if step.changes() || draws {
            own.looks.clear();
        } else {
            let meets = step.accesses().iter().flatten().next().is_some();
            let sleeps = matches!(
                step.operation.action,
                Action::Thread(ThreadAction::Sleep(_) | ThreadAction::Yield | ThreadAction::Spin)
            );
            let offers = sleeps || step.outcome == Outcome::TimedOut;
            let waits = offers
                && !matches!(step.operation.action, Action::Thread(ThreadAction::Yield | ThreadAction::Spin));
            if let Some(waits) = own.look(Look { step: answer.0, before, meets, offers, waits }) {
                self.fair = true;
                self.back = Some(step.thread).filter(|_| !waits);
            }
        }
        self.leave(step, &kind);
    }

    fn own(&mut self, thread: usize) -> &mut Own {
        if self.threads.len() <= thread {
            self.threads.resize_with(thread + 1, Own::default);
        }
        &mut self.threads[thread]
    }

    fn content(&mut self, operation: Operation) -> &mut Content {
        let object = operation.object.index();
        if self.objects.len() <= object {
            self.objects.resize_with(object + 1, Content::default);
        }
        &mut self.objects[object]
    }

    /// What a step tells its thread that its outcome does not.
    fn receive(&mut self, step: &Step, kind: &impl Fn(Operation) -> Option<ObjectKind>, answer: &mut Digest) {
        let operation = step.operation;
        match operation.action {
            Action::Shared(SharedAction::Get) if step.outcome == Outcome::Done => {
                answer.add(self.content(operation).value);
            }
            Action::Queue(QueueAction::Get { .. }) if is_done(step.outcome) => {
                let taken = self.content(operation).take(step.outcome.value());
                answer.add(taken.unwrap_or(0));
            }
            Action::Thread(ThreadAction::Join { thread, .. }) if step.outcome == Outcome::Done => {
                answer.add(self.own(thread.index()).digest.0);
            }
            Action::Condvar(CondvarAction::Reacquire { .. }) => {
                if let Some(second) = operation.second().filter(|second| kind(*second).is_some_and(guards)) {
                    answer.add(self.content(second).value);
                }
            }
            action if is_known(action) || kind(operation).is_none_or(|kind| !guards(kind)) => {}
            _ => answer.add(self.content(operation).value),
        }
    }

    /// What a step leaves behind for others besides a change of its object's state.
    fn leave(&mut self, step: &Step, kind: &impl Fn(Operation) -> Option<ObjectKind>) {
        let operation = step.operation;
        let own = self.own(step.thread.index()).digest;
        match operation.action {
            Action::Shared(SharedAction::Set(bits)) => {
                self.content(operation).value = bits.map_or(own.0, u128::from);
            }
            Action::Queue(QueueAction::Put { .. }) if is_done(step.outcome) => {
                let item = step.outcome.value().map_or(own.0, u128::from);
                self.content(operation).items.push_back(item);
            }
            Action::Queue(QueueAction::ShutDown { immediate: true }) => self.content(operation).items.clear(),
            Action::Thread(ThreadAction::Spawn(child)) => {
                let child_own = self.own(child.index());
                child_own.digest = own;
                child_own.digest.write_u32(child.0);
            }
            Action::Condvar(CondvarAction::Wait { .. }) => {
                if let Some(second) = operation.second().filter(|second| kind(*second).is_some_and(guards)) {
                    self.content(second).value = own.0;
                }
            }
            // Nothing is changed before the lock is given back.
            Action::Mutex(MutexAction::Lock { .. } | MutexAction::TryLock) => {}
            action if is_known(action) || step.only_reads() => {}
            _ if kind(operation).is_some_and(guards) => self.content(operation).value = own.0,
            _ => {}
        }
    }

    /// The state, given the threads and objects as they are.
    pub(crate) fn fingerprint<'a>(
        &self,
        threads: impl Iterator<Item = &'a Thread>,
        objects: &[Object],
        times: &Times,
        resting: &ThreadSet,
    ) -> u128 {
        let mut digest = Digest::default();
        times.hash(&mut digest);
        for (number, thread) in threads.enumerate() {
            if let Some(own) = self.threads.get(number) {
                digest.add(own.digest.0);
                digest.add(own.clock.0);
            }
            let timed = thread.watching && thread.pending.timeout() != FOREVER;
            let left = if timed { thread.deadline.saturating_sub(times.common) } else { FOREVER };
            let rests = resting.contains(ThreadId(number as u32));
            (rests, thread.life as u8, thread.token, thread.spurious, thread.weak, left).hash(&mut digest);
        }
        for (number, object) in objects.iter().enumerate() {
            object.state.hash(&mut digest);
            if let Some(content) = self.objects.get(number) {
                digest.add(content.value);
                content.items.iter().for_each(|item| digest.add(*item));
                digest.write_usize(content.items.len());
            }
        }
        digest.0
    }
}

/// Whether the outcomes of an action, and the state of its object, tell all that there is to know.
fn is_known(action: Action) -> bool {
    matches!(
        action,
        Action::Atomic(_)
            | Action::Shared(_)
            | Action::Event(_)
            | Action::Queue(_)
            | Action::Semaphore(_)
            | Action::Rendezvous(_)
            | Action::Condvar(_)
            | Action::Fence(_)
            | Action::Choose(_)
            | Action::Thread(_)
            | Action::Output(OutputAction::Write(_) | OutputAction::WriteUnobserved(_) | OutputAction::Close)
    )
}

/// Whether an object of this kind may hold data that only the facade knows.
fn guards(kind: ObjectKind) -> bool {
    !matches!(kind, ObjectKind::Lock | ObjectKind::RLock | ObjectKind::Event | ObjectKind::Output)
}

fn is_done(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Done | Outcome::Value(_))
}

impl Content {
    /// An item is taken from a queue of whatever order; what stands for it, when its bits do not tell. Where it is not plain which
    /// one it was, what is left is known by all that there was.
    fn take(&mut self, bits: Option<u64>) -> Option<u128> {
        let (front, back) = (self.items.front().copied(), self.items.back().copied());
        match bits.map(u128::from) {
            Some(item) if front == Some(item) && (back != front || self.items.len() == 1) => {
                self.items.pop_front();
                return None;
            }
            Some(item) if back == Some(item) && front != back => {
                self.items.pop_back();
                return None;
            }
            _ => {}
        }
        let mut all = Digest(self.value);
        self.items.drain(..).for_each(|item| all.add(item));
        self.value = all.0;
        bits.is_none().then_some(all.0)
    }
}

impl Own {
    /// It has only looked. If it is where it was before its last round, whether it waited in that.
    fn look(&mut self, look: Look) -> Option<bool> {
        self.looks.push_back(look);
        if self.looks.len() > LONGEST * ROUNDS[1] {
            self.looks.pop_front();
        }
        let begun = self.looks.len() - self.period()?;
        self.digest = self.looks[begun].before;
        let waits = self.looks.range(begun..).any(|look| look.waits);
        self.looks.truncate(begun);
        Some(waits)
    }

    /// The length of the rounds that the thread has repeated so often that nothing new is to be expected of another.
    fn period(&self) -> Option<usize> {
        let last = self.looks.len().checked_sub(1)?;
        let same = |a: usize, b: usize| self.looks[a].step == self.looks[b].step;
        let repeats = |period: usize, rounds: usize| {
            let compared = period * (rounds - 1);
            self.looks.len() >= period * rounds
                && (0..compared).all(|back| same(last - back, last - back - period))
        };
        let recognized = |period: &usize| {
            let round = self.looks.range(self.looks.len() - period..);
            let offers = round.clone().any(|look| look.offers);
            round.clone().any(|look| look.meets) && repeats(*period, ROUNDS[usize::from(!offers)])
        };
        (1..=LONGEST.min(self.looks.len() / ROUNDS[0])).find(recognized)
    }
}

/// 128 bits that stand for all that was put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Digest(u128);

impl Digest {
    fn add(&mut self, word: u128) {
        let mixed = (self.0 ^ word).wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645);
        self.0 = (mixed ^ mixed >> 71).wrapping_add(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        (self.0 ^ self.0 >> 64) as u64
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.add(u128::from(*byte)));
    }

    fn write_u8(&mut self, word: u8) {
        self.add(u128::from(word));
    }

    fn write_u32(&mut self, word: u32) {
        self.add(u128::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.add(u128::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.add(word as u128);
    }
}
