//! Atomics under the C11 memory model: a load may read an older store, and a store may take an earlier place.
//!
//! Each atomic has its stores in *modification order*. An operation's outcome says how many places before the end of that
//! order it reads or writes, so that outcome 0 is always what sequential consistency would do, and a schedule means the same
//! under every strategy. Which places a strategy may choose follows from coherence, read off the vector clocks: a thread
//! neither reads nor writes before a store that it knows of, or that somebody is known to have read. Nothing comes between a
//! read-modify-write and the store that it read.
//!
//! As in RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer, "Repairing sequential consistency in C/C++11", PLDI 2017) a load reads only
//! from stores that have been performed: values never come out of thin air.
//!
//! **Sequentially consistent accesses and fences** take the order in which they are performed as their total order (C++20,
//! [atomics.order]): such an access neither reads nor writes before a store that an earlier such access to the variable has met or
//! an earlier such fence has known of, nor does any access after such a fence. Most of what this loses another order of the same
//! steps shows; not where a thread sees a weaker store and then, sequentially consistently, what was before an earlier store of the
//! same thread, which C11 allows. A strategy that keeps the model's axioms itself is not held to it.

mod rearrange;

use super::execution::{Execution, Mode};
use super::knowledge::Knowledge;
use crate::base::object::{State, compute};
use crate::base::{
    Acquire, Action, AtomicAction, MOST_PLACES, ObjectId, Operation, Outcome, Step, ThreadId, VectorClock,
    Width, atomic,
};
use rearrange::Access;
use std::collections::VecDeque;
use std::panic::Location;
use std::sync::atomic::Ordering;

/// How many stores of one atomic are kept for a strategy that takes samples. Older ones are no longer read: an execution shows fewer
/// behaviours then, never wrong ones.
const KEPT: usize = 64;

/// A store in the modification order of an atomic.
#[derive(Debug, Default)]
struct Store {
    value: u64,
    thread: ThreadId,
    /// The number of its step; 0 for the value that the atomic began with.
    offset: u32,
    /// What reading it with acquire teaches.
    leaves: VectorClock,
    /// When each thread first read it, or had to know of it at a fence.
    read_by: VectorClock,
    /// Whether it is the write of a read-modify-write, which stays right behind what that read.
    follows: bool,
    /// Whether a sequentially consistent access has met it, or a sequentially consistent fence known of it.
    total: bool,
    /// How many stores to the atomic were performed before it.
    number: u32,
    /// The stores that come before it, as a set of numbers; known only where somebody else carries the execution.
    behind: u64,
}

/// The modification order of an atomic.
#[derive(Debug, Default)]
struct History {
    stores: VecDeque<Store>,
    /// How many stores there have been.
    made: u32,
    /// What has met them, where somebody else carries the execution.
    accesses: Vec<Access>,
}

/// The atomics of an execution, by object.
#[derive(Debug, Default)]
pub(crate) struct Weak {
    /// Whether atomics behave as C11 says.
    pub(crate) active: bool,
    /// Whether anything but sequentially consistent orderings has been used.
    pub(crate) seen: bool,
    /// Whether stores that might have been read have been forgotten, for a strategy that may prove something.
    pub(crate) forgot: bool,
    /// Whether sequentially consistent accesses are held to the order in which they are performed.
    pub(super) total: bool,
    /// How many stores of one atomic are kept.
    kept: usize,
    histories: Vec<History>,
    /// Whether anything sequentially consistent has met an atomic or been a fence, while atomics behave so.
    strict: bool,
    places: Vec<u32>,
    spare: Vec<Store>,
}

impl Weak {
    /// Begins an execution. Whether C11 holds, whether sequentially consistent accesses keep to the order in which they are performed,
    /// and whether a proof may be built on it.
    pub(crate) fn reset(&mut self, active: bool, total: bool, proves: bool) {
        (self.total, self.kept) = (total, if proves { MOST_PLACES as usize } else { KEPT });
        if self.active {
            self.begin_again();
        }
        self.active = active;
    }

    /// Whether sequentially consistent operations have been used beside weaker ones, and are held to their order.
    pub(crate) fn mixes(&self) -> bool {
        self.active && self.total && self.seen && self.strict
    }

    /// Forgets what was stored.
    pub(crate) fn begin_again(&mut self) {
        self.forgot = false;
        for history in &mut self.histories {
            self.spare.extend(history.stores.drain(..));
            history.accesses.clear();
        }
    }

    /// The order of an atomic, which begins with a value.
    fn history(&mut self, object: ObjectId, begins: u64) -> &mut History {
        if self.histories.len() <= object.index() {
            self.histories.resize_with(object.index() + 1, History::default);
        }
        if self.histories[object.index()].stores.is_empty() {
            let mut first = take(&mut self.spare);
            first.value = begins;
            let history = &mut self.histories[object.index()];
            history.stores.push_back(first);
            history.made = 1;
        }
        &mut self.histories[object.index()]
    }
}

fn take(spare: &mut Vec<Store>) -> Store {
    let mut store = spare.pop().unwrap_or_default();
    store.leaves.clear();
    store.read_by.clear();
    let (value, thread, offset) = (0, ThreadId::MAIN, 0);
    Store { value, thread, offset, follows: false, total: false, number: 0, behind: 0, ..store }
}

impl Store {
    fn put_behind(&mut self, numbers: u64) {
        self.behind |= numbers & !1u64.checked_shl(self.number).unwrap_or(0);
    }

    /// The thread does not go back before it any more, nor does whoever knows of that step: of the first, where there are several.
    fn note_known(&mut self, me: ThreadId, offset: u32) {
        if self.read_by.get(me) == 0 {
            self.read_by.set(me, offset);
        }
    }

    /// Whether one who knows so much may not go back before it.
    fn is_known(&self, me: ThreadId, clock: &VectorClock, threads: u32) -> bool {
        let knows = |thread: ThreadId, at: u32| at > 0 && (thread == me || clock.get(thread) >= at);
        self.offset == 0
            || knows(self.thread, self.offset)
            || (0..threads).map(ThreadId).any(|t| knows(t, self.read_by.get(t)))
    }
}

impl History {
    /// Whether a store can be put right behind the one at `index`.
    fn has_room_behind(&self, index: usize) -> bool {
        self.stores.get(index + 1).is_none_or(|next| !next.follows)
    }
}

impl Execution {
    /// Performs an operation on an atomic under the C11 memory model.
    #[cold]
    #[inline(never)]
    pub(crate) fn commit_weak(
        &mut self,
        object: ObjectId,
        action: AtomicAction,
        location: &'static Location<'static>,
    ) -> Outcome {
        let State::Atomic(state) = &self.objects[object.index()].state else {
            crate::base::object::mismatch()
        };
        let (begins, width) = (state.value(), state.width());
        self.weak.history(object, begins);
        let native = self.take_native();
        let carried = native.is_some();
        let (choice, strange) = match native.and_then(Outcome::value) {
            Some(read) => self.place_of(object, action, read),
            None => (self.place(object, action), None),
        };
        let present = self.weak.histories[object.index()].made;
        let behind = if carried { self.barring(object, action) } else { 0 };
        let (me, offset, position) = (self.running, self.offset(), self.position());
        let history = &mut self.weak.histories[object.index()];
        let last = history.stores.len() - 1;
        let index = last.saturating_sub((choice % MOST_PLACES) as usize);
        let found = strange.unwrap_or(history.stores[index].value);
        let outcome = result(action, found, choice);
        let effect = atomic(action, outcome);
        let knows = &mut self.threads[me.index()].knows;
        if !matches!(action, AtomicAction::Store { .. }) {
            history.read(index, knows, me, offset, effect.0);
        }
        if let Some(value) = written(action, found, outcome, width) {
            let mut store = take(&mut self.weak.spare);
            (store.value, store.thread, store.offset) = (value, me, offset);
            store.number = history.made;
            history.made += 1;
            store.follows = !matches!(action, AtomicAction::Store { .. });
            if store.follows {
                store.leaves.copy_from(&history.stores[index].leaves);
            }
            knows.leave(&mut store.leaves, me, offset, effect.1);
            history.stores.insert(index + 1, store);
        }
        if is_total(action, outcome) {
            self.weak.strict = true;
            let met = if written(action, found, outcome, width).is_some() { index + 1 } else { index };
            history.stores[met].total = true;
        }
        if carried && strange.is_none() {
            let met = if matches!(action, AtomicAction::Store { .. }) { index + 1 } else { index };
            let (step, position, store) = (offset as usize - 1, position, history.stores[met].number);
            history.note(Access { step, position, store, present }, met, behind);
        }
        if history.stores.len() > self.weak.kept {
            self.weak.forgot |= self.weak.kept > KEPT;
            self.weak.spare.extend(history.stores.pop_front());
        }
        let newest = history.stores.back().map_or(begins, |store| store.value);
        self.objects[object.index()].state = State::Atomic(crate::base::object::Atomic::new(newest, width));
        if !self.objects[object.index()].exposed {
            self.note_meeting(object);
        }
        let operation = Operation::new(object, Action::Atomic(action));
        self.record_step(Step { thread: me, choice, operation, outcome, location });
        outcome
    }

    /// Where in the modification order the running thread's operation takes place: the strategy's choice.
    fn place(&mut self, object: ObjectId, action: AtomicAction) -> u32 {
        if self.mode == Mode::TearingDown {
            return 0;
        }
        let me = self.running;
        let history = &self.weak.histories[object.index()];
        let last = history.stores.len() - 1;
        let newest = self.weak.total && self.threads[me.index()].catches_up;
        let floor = if newest { last } else { self.floor(object, action) };
        let fails = self.threads[me.index()].weak < self.settings.weak_failures;
        self.weak.places.clear();
        for index in (floor..=last).rev() {
            let places = offers(action, history.stores[index].value, history.has_room_behind(index), fails);
            let back = (last - index) as u32;
            self.weak.places.extend(places.into_iter().flatten().map(|extra| back + extra));
        }
        if self.weak.places.len() < 2 {
            return self.weak.places.first().copied().unwrap_or(0);
        }
        let oldest = self.weak.places.last().copied().filter(|_| self.tries_running());
        let strategy = self.strategy.as_mut().expect("a strategy is set while an execution runs");
        let choice = oldest.unwrap_or_else(|| strategy.place(me, &self.weak.places));
        self.schedule.outcome_at(self.position(), choice);
        self.threads[me.index()].weak += u32::from(choice >= MOST_PLACES);
        choice
    }

    /// Whether the running thread's operation on an atomic can take no place before a store.
    fn bars(&self, action: AtomicAction) -> impl Fn(&Store) -> bool + '_ {
        let (me, threads) = (self.running, self.live_threads);
        let clock = &self.threads[me.index()].knows.clock;
        let total = self.weak.total && action.may_be_sequentially_consistent();
        move |store| store.is_known(me, clock, threads) || (total && store.total)
    }

    /// The first store of an atomic at which an operation of the running thread can take place.
    fn floor(&self, object: ObjectId, action: AtomicAction) -> usize {
        self.weak.histories[object.index()].stores.iter().rposition(self.bars(action)).unwrap_or(0)
    }

    /// The numbers of the stores before which the running thread's operation can take no place.
    fn barring(&self, object: ObjectId, action: AtomicAction) -> u64 {
        let (history, bars) = (&self.weak.histories[object.index()], self.bars(action));
        history.numbers(|index| bars(&history.stores[index]))
    }

    /// The place at which the carrier's own atomic has read a value; that value, if there is no such place.
    #[cold]
    fn place_of(&mut self, object: ObjectId, action: AtomicAction, read: u64) -> (u32, Option<u64>) {
        let floor = self.floor(object, action);
        let history = &self.weak.histories[object.index()];
        let last = history.stores.len() - 1;
        let fits = |index: &usize| {
            let value = history.stores[*index].value;
            value == read && offers(action, value, history.has_room_behind(*index), false)[0].is_some()
        };
        let found = (floor..=last).rev().find(fits);
        let earlier: Vec<usize> = (0..floor).rev().filter(fits).collect();
        let Some(index) = found.or_else(|| self.rearrange(object, action, &earlier)) else {
            self.note_odd_read(action, read);
            return (0, Some(read));
        };
        let place = (last - index) as u32;
        if place > 0 {
            self.schedule.outcome_at(self.position(), place);
        }
        (place, None)
    }

    /// Puts the stores to an atomic into an order in which the running thread may meet one of these; where that is then.
    fn rearrange(&mut self, object: ObjectId, action: AtomicAction, indices: &[usize]) -> Option<usize> {
        let behind = self.barring(object, action);
        let history = &mut self.weak.histories[object.index()];
        let index = indices.iter().find_map(|index| history.rearrange(*index, behind))?;
        for (step, position, place) in history.places() {
            self.steps.get_mut(step).choice = place;
            self.schedule.set_outcome(position, place);
        }
        Some(index)
    }

    /// A sequentially consistent fence, which has acquired and released what it does: before what its thread knows of by now, no later
    /// access of that kind goes; and before what such an access has met, nobody who knows of the fence.
    pub(crate) fn fence_totally(&mut self) {
        if !self.weak.active || !self.weak.total {
            return;
        }
        self.weak.strict = true;
        let (me, offset, threads) = (self.running, self.offset(), self.live_threads);
        let clock = &self.threads[me.index()].knows.clock;
        for store in self.weak.histories.iter_mut().flat_map(|history| &mut history.stores) {
            if store.total {
                store.note_known(me, offset);
            }
            store.total |= store.is_known(me, clock, threads);
        }
    }

    /// Whether the value that a step read is no longer the newest.
    pub(crate) fn is_stale(&self, step: &Step) -> bool {
        let Action::Atomic(_) = step.operation.action else { return false };
        let history = self.weak.histories.get(step.operation.object.index());
        let newest = history.and_then(|history| history.stores.back());
        self.weak.active
            && newest.is_some_and(|newest| newest.read_by.get(step.thread) == 0 && step.choice > 0)
    }
}

impl History {
    fn read(&mut self, index: usize, knows: &mut Knowledge, me: ThreadId, offset: u32, acquire: Acquire) {
        let store = &mut self.stores[index];
        store.note_known(me, offset);
        knows.learn(&store.leaves, acquire);
    }
}

/// The places that an operation has at a store of some value: each is `None` or what is added to the place.
fn offers(action: AtomicAction, value: u64, room: bool, fails: bool) -> [Option<u32>; 2] {
    match action {
        AtomicAction::Load(_) => [Some(0), None],
        AtomicAction::Store { .. } | AtomicAction::Rmw { .. } => [room.then_some(0), None],
        AtomicAction::CompareExchange { expected, .. } if value != expected => [Some(0), None],
        AtomicAction::CompareExchange { weak, .. } => {
            [room.then_some(0), (weak && fails).then_some(MOST_PLACES)]
        }
    }
}

fn result(action: AtomicAction, found: u64, choice: u32) -> Outcome {
    match action {
        AtomicAction::Store { .. } => Outcome::Done,
        AtomicAction::CompareExchange { expected, .. } if found != expected || choice >= MOST_PLACES => {
            Outcome::Mismatch(found)
        }
        _ => Outcome::Value(found),
    }
}

fn written(action: AtomicAction, found: u64, outcome: Outcome, width: Width) -> Option<u64> {
    match (action, outcome) {
        (AtomicAction::Store { value, .. }, _) => Some(value),
        (AtomicAction::Rmw { function, operand, .. }, _) => Some(compute(function, found, operand, width)),
        (AtomicAction::CompareExchange { new, .. }, Outcome::Value(_)) => Some(new),
        _ => None,
    }
}

fn is_total(action: AtomicAction, outcome: Outcome) -> bool {
    let (success, failure) = action.orderings();
    let ordering = if matches!(outcome, Outcome::Mismatch(_)) { failure } else { success };
    ordering == Ordering::SeqCst
}
