//! What time it is.
//!
//! Under the virtual clock all have the same time. Under the abstract clock each thread has one of its own: a sleep, a wait in vain
//! and asking for it move it on; and a step comes no earlier than the steps before it that it conflicts with, a join no earlier than
//! the end of the thread. So a thread's time is the least that can have passed. It depends on nothing but what happens before, and
//! is the same in all orders of independent steps.
//!
//! Most models never ask, so times are worked out from the steps that are kept, once somebody does.
//!
//! Under C11 a step comes after what it has read and after whoever has changed an object, and not after those who have only
//! looked: nobody knows of them.

use super::Clock;
use super::execution::Execution;
use super::ring::KEPT;
use crate::base::{
    Access, Action, AtomicAction, BarrierAction, FOREVER, MOST_PLACES, Meeting, Outcome, SharedAction, Step,
    ThreadAction, ThreadId,
};
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

/// How long asking takes, in nanoseconds, so that a loop which waits for a deadline comes to an end.
const ASKING: u64 = 1_000;
/// How many waits may wait to be taken in.
const MOST_WAITS: usize = 1_000;

/// The times of an execution's threads, as far as its steps have been taken in.
#[derive(Default)]
pub(crate) struct Times {
    /// That of all under the virtual clock, in nanoseconds.
    pub(crate) common: u64,
    /// Whether any time has passed in this execution.
    begun: bool,
    /// Whether somebody has asked, in this execution or an earlier one.
    asked: bool,
    /// How many steps have been taken in.
    taken: usize,
    threads: Vec<u64>,
    places: Vec<Left>,
    /// Under C11, of each atomic, the times of its stores in modification order.
    stores: Vec<VecDeque<u64>>,
    /// The steps still to be taken in that waited, by number, and for how long.
    waits: VecDeque<(usize, u64)>,
}

/// The latest times at which something was met, for each way of meeting it.
#[derive(Clone, Copy, Default, Hash)]
struct Left([u64; 3]);

impl Times {
    pub(crate) fn reset(&mut self) {
        self.common = 0;
        if self.begun {
            self.begun = false;
            self.threads.clear();
            self.places.clear();
            self.stores.clear();
            self.waits.clear();
        }
    }

    /// Time begins to pass; nothing before it matters.
    fn begin(&mut self, steps: usize) {
        if !self.begun {
            (self.begun, self.taken) = (true, steps);
        }
    }

    fn own(&mut self, thread: ThreadId) -> &mut u64 {
        at(&mut self.threads, thread.index())
    }

    /// How long a step up to number `last` has waited, of which that has not been said yet.
    fn waited(&mut self, last: usize) -> Option<u64> {
        self.waits.front().filter(|(number, _)| *number <= last)?;
        self.waits.pop_front().map(|(_, waited)| waited)
    }

    /// The steps before number `first` have not been kept: they are taken to have come one after the other.
    #[cold]
    fn lose(&mut self, first: usize, threads: usize) {
        let mut all = self.threads.iter().copied().max().unwrap_or(0);
        while let Some(waited) = self.waited(first - 1) {
            all = all.saturating_add(waited);
        }
        self.threads.clear();
        self.threads.resize(threads, all);
        self.places.clear();
        self.stores.clear();
        self.taken = first;
    }

    fn take(&mut self, number: usize, step: &Step, weak: bool) {
        let me = step.thread;
        while let Some(waited) = self.waited(number) {
            let own = self.own(me);
            *own = own.saturating_add(waited);
        }
        let now = *self.own(me);
        let now = match (step.operation.action, step.outcome) {
            (Action::Thread(ThreadAction::Spawn(child)), _) => {
                *self.own(child) = now;
                return;
            }
            (Action::Thread(ThreadAction::Join { thread, .. }), Outcome::Done)
            | (Action::Thread(ThreadAction::IsFinished(thread)), Outcome::Value(1))
            | (Action::Thread(ThreadAction::Kill(thread)), Outcome::Done) => now.max(*self.own(thread)),
            (Action::Atomic(_) | Action::Shared(_), _) if weak => self.meet_store(step, now),
            _ => self.meet(step, now, weak),
        };
        *self.own(me) = now;
    }

    fn meet(&mut self, step: &Step, now: u64, weak: bool) -> u64 {
        let meetings = meetings(step);
        let mut now = now;
        for (place, access) in meetings.into_iter().flatten() {
            now = now.max(at(&mut self.places, place).before(access));
        }
        for (place, access) in meetings.into_iter().flatten() {
            if !(weak && access == Access::Read) {
                let left = &mut self.places[place].0[access as usize];
                *left = now.max(*left);
            }
        }
        now
    }

    /// A step on an atomic under C11, or on what is like one.
    fn meet_store(&mut self, step: &Step, now: u64) -> u64 {
        let (reads, writes) = match step.operation.action {
            Action::Atomic(AtomicAction::Load(_)) | Action::Shared(SharedAction::Get) => (true, false),
            Action::Atomic(AtomicAction::Store { .. }) | Action::Shared(_) => (false, true),
            _ => (true, !matches!(step.outcome, Outcome::Mismatch(_))),
        };
        let stores = at(&mut self.stores, step.operation.object.index());
        let back = (step.choice % MOST_PLACES) as usize;
        // Those that have not been taken in were made before any time had passed.
        while stores.len() <= back {
            stores.push_front(0);
        }
        let met = stores.len() - 1 - back;
        let now = if reads { now.max(stores[met]) } else { now };
        if writes {
            stores.insert(met + 1, now);
            if stores.len() > MOST_PLACES as usize {
                stores.pop_front();
            }
        }
        now
    }
}

impl Hash for Times {
    /// What has been taken in, where the model asks.
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.asked {
            (&self.threads, &self.places, &self.stores).hash(state);
        }
    }
}

impl Left {
    /// The latest of those that come before whoever meets it in this way.
    fn before(&self, access: Access) -> u64 {
        let conflicts = |other: &Access| access.conflicts(*other);
        let all = [Access::Read, Access::Add, Access::Write].into_iter().filter(conflicts);
        all.map(|other| self.0[other as usize]).max().unwrap_or(0)
    }
}

/// What steps meet, by number, and how.
fn meetings(step: &Step) -> [Option<(usize, Access)>; 2] {
    let object = || 3 * step.operation.object.index();
    match step.operation.action {
        // Of those who race for a cell nothing is known; the others are in an order without it.
        Action::Cell(_) => [None, None],
        // Who passes comes after those who have opened it, and not after whoever has come for the next time.
        Action::Barrier(BarrierAction::Arrive) => {
            let opens = step.outcome == Outcome::Chosen;
            [Some((object(), Access::Write)), opens.then(|| (object() + 1, Access::Write))]
        }
        Action::Barrier(BarrierAction::Pass { .. }) => [Some((object() + 1, Access::Read)), None],
        // A notification says nothing that the mutex does not say: who waits may wake without it.
        Action::Condvar(_) => {
            let mutex = step.operation.second_object();
            [mutex.map(|mutex| (3 * mutex.index(), Access::Write)), None]
        }
        _ => step.accesses().map(|met| {
            let (meeting, access) = met?;
            let place = match meeting {
                Meeting::Object(object) => 3 * object.index(),
                Meeting::Senders(channel) => 3 * channel.index() + 1,
                Meeting::Token(thread) => 3 * thread.index() + 2,
                Meeting::Thread(_) => return None,
            };
            Some((place, access))
        }),
    }
}

fn at<T: Clone + Default>(all: &mut Vec<T>, place: usize) -> &mut T {
    if all.len() <= place {
        all.resize(place + 1, T::default());
    }
    &mut all[place]
}

impl Execution {
    /// The step that is being performed takes so much time.
    pub(crate) fn advance(&mut self, time: u64) {
        if time == FOREVER || self.settings.clock != Clock::Abstract {
            return;
        }
        let number = self.steps.len();
        self.times.begin(number);
        if self.times.waits.len() >= MOST_WAITS || number - self.times.taken >= KEPT / 2 {
            self.take_times();
        }
        self.times.waits.push_back((number, time));
    }

    /// The running thread's time in nanoseconds since the execution began.
    pub(crate) fn now(&mut self) -> u64 {
        let now = match self.settings.clock {
            Clock::Virtual => self.times.common,
            Clock::Abstract => self.ask_time(),
        };
        self.following.portrait.tell_time(self.running.index(), now);
        now
    }

    fn ask_time(&mut self) -> u64 {
        self.times.begin(self.steps.len());
        self.times.asked = true;
        self.take_times();
        let own = self.times.own(self.running);
        *own = own.saturating_add(ASKING);
        *own
    }

    /// As [`take_times`](Self::take_times), in an execution of a model that asks.
    pub(crate) fn take_asked_times(&mut self) {
        if self.times.asked && self.times.begun {
            self.take_times();
        }
    }

    /// Takes in the steps performed since that was last done.
    fn take_times(&mut self) {
        let Execution { times, steps, weak, live_threads, .. } = self;
        if steps.first() > times.taken {
            times.lose(steps.first(), *live_threads as usize);
        }
        for step in steps.since(times.taken) {
            times.take(times.taken, step, weak.active);
            times.taken += 1;
        }
    }
}

#[cfg(test)]
mod tests;
