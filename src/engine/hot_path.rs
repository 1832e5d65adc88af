//! The two halves of an operation that is known by its type.
//!
//! ```text
//! perform_quickly(operation)   nobody is asked: apply, happens-before, record
//! goes_on, arrive_hot          otherwise, the first half: is it still my turn?
//! commit_hot                   and the second
//! ```

use super::execution::{Arrival, Execution};
use super::hot::Hot;
use crate::base::{Action, ObjectId, Operation, Step};
use std::panic::Location;

impl Execution {
    /// Whether the running thread goes on before anybody is asked.
    #[inline(always)]
    pub(crate) fn covers(&self) -> bool {
        self.steps.len() < self.covered
    }

    /// The step to come is none that the strategy need be asked for: it uses up no choice made ahead.
    #[inline(always)]
    pub(crate) fn exempt_step(&mut self) {
        if self.covered < self.due_at { self.covered += self.exempt } else { self.give_back() }
    }

    /// It brings the moment nearer at which something is due, before which the last choice ahead can no longer be taken.
    #[cold]
    fn give_back(&mut self) {
        if self.covers() {
            self.ahead_at -= self.exempt as u8;
        }
    }

    /// Performs the operation at once, if the running thread goes on and the object at `place` is `quick`; otherwise nothing has
    /// happened. There are no calls in here, so that no register has to be saved.
    #[inline(always)]
    pub(crate) fn perform_quickly<H: Hot>(
        &mut self,
        place: usize,
        hot: H,
        location: &'static Location<'static>,
    ) -> Option<H::Answer> {
        if !(self.covers() || H::IS_RELEASE && self.may_spare_release()) {
            return None;
        }
        let met = self.objects.get(place)?;
        if !met.quick || H::MAY_BLOCK && !hot.is_ready(&met.state) {
            return None;
        }
        let object = ObjectId(place as u32);
        if !hot.is_plain(self.threads.few(self.running), object) {
            return None;
        }
        if H::IS_RELEASE && self.may_spare_release() {
            self.exempt_step();
        }
        Some(self.commit_quickly(object, hot, location))
    }

    /// Performs the operation on an object that is `quick`, when it is plain.
    #[inline(always)]
    fn commit_quickly<H: Hot>(
        &mut self,
        object: ObjectId,
        hot: H,
        location: &'static Location<'static>,
    ) -> H::Answer {
        if hot.is_weak() {
            self.weak.seen = true;
        }
        let (me, offset) = (self.running, self.offset());
        let met = &mut self.objects[object.index()];
        let thread = self.threads.few_mut(me);
        let outcome = hot.apply(&mut met.state, me);
        met.trail.synchronize_among::<true>(&mut thread.knows, me, offset, hot.effect(outcome));
        if H::MAY_BLOCK {
            thread.watching = false;
            met.watchers.remove_few(me);
        }
        if H::MAY_BLOCK || H::IS_RELEASE {
            let lockers = met.watchers.few();
            if lockers != 0 {
                // They can go on exactly while nobody holds it, or a permit is left.
                let enabled = self.enabled.few();
                let now = if H::MAY_BLOCK && hot.shuts(&met.state) {
                    enabled & !lockers
                } else {
                    enabled | lockers
                };
                self.enabled.set_few(now);
                (self.covered, self.ahead_at, self.ahead_end) = (0, 0, 0);
            }
        }
        let order = hot.note_plainly(thread, object, &met.state);
        let operation = Operation::new(object, hot.action());
        self.steps.push(Step { thread: me, choice: 0, operation, outcome, location });
        if let Some(order) = order {
            self.nest_locks(order);
        }
        H::answer(outcome)
    }

    /// Performs the operation at once, if its object has only been met under a lock that the running thread has taken last;
    /// otherwise nothing has happened. Nobody is asked, and nobody learns of the object what is not known already. `AGAIN` if only
    /// when that thread was there last, too: then there is next to nothing to do, and few registers are needed for it.
    #[inline(always)]
    pub(crate) fn perform_protected<H: Hot, const AGAIN: bool>(
        &mut self,
        object: ObjectId,
        hot: H,
        location: &'static Location<'static>,
    ) -> Option<H::Answer> {
        let (me, offset) = (self.running, self.offset());
        // Nobody waits for what neither blocks nor gives anything back, so nobody has to be told.
        if H::MAY_BLOCK || H::IS_RELEASE {
            return None;
        }
        let met = self.objects.get_mut(object.index())?;
        // Who is exposed has no guard.
        let guard = met.guard?;
        let thread = &mut self.threads[me.index()];
        if thread.locks.last() != Some(&guard) {
            return None;
        }
        if H::IS_ATOMIC && (hot.is_weak() || self.weak.active)
            || AGAIN && !met.trail.is_again(&thread.knows.clock, me)
        {
            return None;
        }
        // When something is due, be it that all is torn down, that comes first.
        if self.steps.len() >= self.due_at || me != self.chosen {
            return None;
        }
        let outcome = hot.apply(&mut met.state, me);
        let effect = hot.effect(outcome);
        if AGAIN {
            met.trail.synchronize_again(&mut thread.knows, me, offset, effect);
        } else if self.many_threads {
            met.trail.synchronize(&mut thread.knows, me, offset, effect);
        } else {
            met.trail.synchronize_among::<true>(&mut thread.knows, me, offset, effect);
        }
        self.exempt_step();
        let operation = Operation::new(object, hot.action());
        self.steps.push(Step { thread: me, choice: 0, operation, outcome, location });
        Some(H::answer(outcome))
    }

    /// Whether the running thread may perform the operation without anybody being asked.
    #[inline(always)]
    pub(crate) fn goes_on<H: Hot>(&mut self, object: ObjectId, hot: H) -> bool {
        if self.covers() && (!H::MAY_BLOCK || hot.is_ready(&self.objects[object.index()].state)) {
            if self.exempt > 0 && self.is_exempt(object, hot) {
                self.exempt_step();
            }
            return true;
        }
        H::IS_RELEASE && self.is_exempt(object, hot)
    }

    /// Whether the strategy may be spared the operation.
    #[inline(always)]
    fn is_exempt<H: Hot>(&self, object: ObjectId, hot: H) -> bool {
        if H::IS_RELEASE {
            return self.may_spare_release()
                && hot.gives_own_back(&self.threads[self.running.index()], object);
        }
        !H::MAY_BLOCK && !self.objects[object.index()].exposed && self.may_spare(object)
    }

    /// As [`arrive`](Execution::arrive), for an operation known by its type that does not just [go on](Self::goes_on).
    #[inline(always)]
    pub(crate) fn arrive_hot<H: Hot>(
        &mut self,
        object: ObjectId,
        hot: H,
        location: &'static Location<'static>,
    ) -> Arrival {
        if !H::IS_RELEASE && self.is_exempt(object, hot) {
            return Arrival::Go;
        }
        let heard = self.heard && (self.learning.is_watchful() || self.following.active);
        if self.steps.len() >= self.due_at || heard || std::thread::panicking() {
            return self.arrive_asking(&Operation::new(object, hot.action()), location);
        }
        let me = self.running;
        if H::MAY_BLOCK && !hot.is_ready(&self.objects[object.index()].state) {
            self.hold_back(me);
            if self.due_at == 0 {
                return self.arrive_asking(&Operation::new(object, hot.action()), location);
            }
        }
        let next = if self.eager.is_empty() { self.choose() } else { self.eager.pop() };
        if next == Some(me) {
            return Arrival::Go;
        }
        let fiber = next.and_then(|next| self.threads[next.index()].fiber);
        let thread = &mut self.threads[me.index()];
        thread.pending = Operation::new(object, hot.action());
        thread.location = location;
        if H::MAY_BLOCK {
            thread.watching = true;
            self.objects[object.index()].watchers.insert(me);
        }
        self.running = next.unwrap_or(me);
        self.next = fiber;
        Arrival::Switch
    }

    /// As [`commit`](Execution::commit), for an operation known by its type.
    #[inline(always)]
    pub(crate) fn commit_hot<H: Hot>(
        &mut self,
        object: ObjectId,
        hot: H,
        location: &'static Location<'static>,
    ) -> H::Answer {
        if self.objects[object.index()].quick && hot.is_plain(&self.threads[self.running.index()], object) {
            return self.commit_quickly(object, hot, location);
        }
        self.commit_carefully(object, hot, location)
    }

    /// As [`commit_quickly`](Self::commit_quickly), for any object.
    #[inline(never)]
    fn commit_carefully<H: Hot>(
        &mut self,
        object: ObjectId,
        hot: H,
        location: &'static Location<'static>,
    ) -> H::Answer {
        if H::IS_ATOMIC
            && let Action::Atomic(action) = hot.action()
        {
            self.weak.seen |= hot.is_weak();
            if self.weak.active {
                return H::answer(self.commit_weak(object, action, location));
            }
        }
        let (me, offset, many) = (self.running, self.offset(), self.many_threads);
        let met = &mut self.objects[object.index()];
        let thread = &mut self.threads[me.index()];
        let outcome = hot.apply(&mut met.state, me);
        let effect = hot.effect(outcome);
        if many {
            met.trail.synchronize(&mut thread.knows, me, offset, effect);
        } else {
            met.trail.synchronize_among::<true>(&mut thread.knows, me, offset, effect);
        }
        if H::MAY_BLOCK && thread.watching {
            thread.watching = false;
            met.watchers.remove(me);
        }
        let (watched, exposed) = (!met.watchers.is_empty(), met.exposed);
        let awaited = self.learning.active && !self.resting.is_empty();
        met.quick = exposed && !many && !awaited && (!watched || met.only_lockers);
        if !exposed {
            self.note_meeting(object);
        }
        if H::IS_RELEASE && !hot.gives_own_back(&self.threads[me.index()], object) {
            self.nobody_holds(object);
        }
        let (met, thread) = (&self.objects[object.index()], &mut self.threads[me.index()]);
        if let Some(order) = hot.note(thread, object, &met.state) {
            self.nest_locks(order);
        }
        if watched {
            self.refresh(object);
        }
        let operation = Operation::new(object, hot.action());
        self.steps.push(Step { thread: me, choice: 0, operation, outcome, location });
        if awaited {
            self.wake_lookers();
        }
        H::answer(outcome)
    }
}
