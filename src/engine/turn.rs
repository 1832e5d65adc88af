//! Whose turn it is: the slow half of arriving at an operation.
//!
//! ```text
//! arrive_asking(operation):
//!     remember the pending operation; is it enabled?
//!     loop:
//!         a thread that must go on unasked (just spawned, just joined, a parent)?   -> its turn
//!         nobody enabled?   let virtual time pass, or wake a resting thread, or the execution is over
//!         ask the strategy                                                          -> that thread's turn
//! ```
//!
//! A thread *rests* when it has gone round a polling loop (one with a yield, a spin hint, a sleep or a time-out in it) and
//! nothing changed meanwhile: going round again would show it the same. It is not enabled until another thread has
//! changed something. This is fairness, as loom's and GenMC's treatment of spin loops assumes it; a loop that counts its
//! rounds and then gives up is assumed to see a change first if there is one to see.

use super::Clock;
use super::execution::{Execution, Mode};
use crate::base::{
    Action, CondvarAction, Decision, Ending, FOREVER, MutexAction, ObjectId, Operation, Options, Outcome, Schedule,
    Step, ThreadAction, ThreadId,
};
use std::panic::Location;

/// After so many steps in which nothing changed, threads that only look are made to rest or are a livelock.
const QUIET: u64 = 512;
/// How many of those steps each enabled thread must have had for a livelock.
const SHARE: usize = 16;

impl Execution {
    /// Whether the running thread may perform `operation` now; otherwise `next` says whose turn it is.
    #[inline(never)]
    pub(crate) fn arrive_asking(&mut self, operation: &Operation, location: &'static Location<'static>) -> bool {
        let me = self.running;
        if self.mode == Mode::TearingDown {
            return self.arrive_torn(operation);
        }
        if std::thread::panicking() && self.arrive_unwinding(operation) {
            return true;
        }
        let thread = &mut self.threads[me.index()];
        thread.pending = *operation;
        thread.location = location;
        if operation.may_block() {
            self.arrive_blocking(operation);
        } else if self.is_spared(operation) {
            return true;
        }
        self.pass_turn();
        self.next == Some(me) && {
            self.next = None;
            true
        }
    }

    /// Chooses who goes next, or finds that the execution is over; the answer is in `next`.
    #[inline(always)]
    pub(crate) fn pass_turn(&mut self) {
        let next = self.find_next();
        if let Some(thread) = next {
            self.running = thread;
        }
        self.next = next;
    }

    #[inline(always)]
    fn find_next(&mut self) -> Option<ThreadId> {
        if let Some(thread) = self.eager.pop() {
            return Some(thread);
        }
        if self.over.is_some() {
            return None;
        }
        if self.attention() && !self.attend() {
            return None;
        }
        let options = Options {
            enabled: &self.enabled,
            current: self.chosen,
            position: self.position,
            yielding: std::mem::take(&mut self.yielding),
        };
        let strategy = self.strategy.as_mut().expect("a strategy is set while an execution runs");
        let Decision { thread, run } = strategy.thread(&options);
        if !self.enabled.contains(thread) {
            self.over = Some(Ending::Stopped);
            return None;
        }
        self.chosen = thread;
        let room = (self.settings.steps - self.position).min(u64::from(super::record::ROOM)) as u32;
        self.countdown = if self.resting.is_empty() { run.min(room) - 1 } else { 0 };
        Some(thread)
    }

    /// Whether anything but asking the strategy is due.
    #[inline(always)]
    fn attention(&self) -> bool {
        self.enabled.is_empty()
            || !self.resting.is_empty()
            || self.position >= self.settings.steps
            || self.position >= self.last_busy + QUIET
            || self.steps.len() >= 2 * super::record::KEPT
    }

    /// Sees to all that is due before the strategy is asked; `false` when the execution is over.
    #[cold]
    fn attend(&mut self) -> bool {
        self.forget_old_steps();
        self.wake_resting();
        if self.position >= self.last_busy + QUIET && self.over.is_none() {
            self.look_for_livelock();
        }
        if self.over.is_none() && self.position >= self.settings.steps {
            self.over = Some(Ending::StepLimit);
        }
        while self.over.is_none() && self.enabled.is_empty() {
            if !self.let_time_pass() && !self.rouse_one() {
                self.over = Some(if self.unfinished == 0 { Ending::Finished } else { Ending::Deadlocked });
            }
        }
        self.over.is_none()
    }

    /// The running thread's pending operation may block: is it enabled, and who must tell when that changes?
    fn arrive_blocking(&mut self, operation: &Operation) {
        let me = self.running;
        let timeout = operation.timeout();
        if timeout != FOREVER {
            let thread = &mut self.threads[me.index()];
            thread.deadline = self.time.saturating_add(timeout);
        }
        let possible = self.is_possible(me);
        self.enabled.set(me, possible);
        self.watch(operation, true);
    }

    fn watch(&mut self, operation: &Operation, watching: bool) {
        let me = self.running;
        self.threads[me.index()].watching = watching;
        match operation.action {
            Action::Thread(ThreadAction::Join { thread, .. }) => self.threads[thread.index()].joiners.set(me, watching),
            Action::Thread(_) => {}
            _ => {
                self.object_mut(operation.object).watchers.set(me, watching);
                if let Some(second) = operation.second_object() {
                    self.object_mut(second).watchers.set(me, watching);
                }
            }
        }
    }

    /// The operation that the running thread was watched for is being performed.
    #[cold]
    pub(crate) fn unwatch(&mut self, operation: &Operation) {
        self.watch(operation, false);
    }

    /// Whether the operation of the running thread could be performed at once, time-outs aside.
    #[inline(always)]
    pub(crate) fn is_ready(&self, thread: ThreadId, operation: &Operation) -> bool {
        match operation.action {
            Action::Thread(action) => self.is_thread_ready(thread, action),
            action => {
                let state = &self.objects()[operation.object.index()].state;
                let free = |mutex: ObjectId| self.objects()[mutex.index()].state.holder().is_none();
                state.ready(thread, action) && operation.second_object().is_none_or(free)
            }
        }
    }

    fn is_thread_ready(&self, thread: ThreadId, action: ThreadAction) -> bool {
        match action {
            ThreadAction::Join { thread, .. } => self.threads[thread.index()].is_over(),
            ThreadAction::Park { .. } => self.threads[thread.index()].token,
            ThreadAction::Sleep(_) => self.settings.clock == Clock::Abstract,
            _ => true,
        }
    }

    /// Whether the pending operation of `thread` can be performed: it is ready, or its time may be up, or it may wake
    /// for no reason.
    pub(crate) fn is_possible(&self, thread: ThreadId) -> bool {
        let pending = &self.threads[thread.index()].pending;
        self.is_ready(thread, pending) || self.may_time_out(thread, pending) || self.may_wake_spuriously(pending)
    }

    fn may_time_out(&self, thread: ThreadId, operation: &Operation) -> bool {
        operation.timeout() != FOREVER
            && (self.settings.clock == Clock::Abstract || self.time >= self.threads[thread.index()].deadline)
    }

    fn may_wake_spuriously(&self, operation: &Operation) -> bool {
        match operation.action {
            Action::Condvar(CondvarAction::Reacquire { mutex }) => {
                self.spurious_left > 0 && self.objects()[mutex.index()].state.holder().is_none()
            }
            _ => false,
        }
    }

    /// The state of `object` has changed: whom does it hold back now?
    #[cold]
    #[inline(never)]
    pub(crate) fn refresh(&mut self, object: ObjectId) {
        let watchers = std::mem::take(&mut self.object_mut(object).watchers);
        for thread in &watchers {
            self.refresh_thread(thread);
        }
        self.object_mut(object).watchers = watchers;
    }

    pub(crate) fn refresh_thread(&mut self, thread: ThreadId) {
        let possible = self.is_possible(thread) && !self.resting.contains(thread);
        if possible != self.enabled.contains(thread) {
            self.enabled.set(thread, possible);
            self.countdown = 0;
        }
    }

    /// Which of several outcomes an operation gets.
    #[cold]
    pub(crate) fn pick_outcome(&mut self, operation: &Operation) -> u32 {
        let count = match operation.action {
            Action::Choose(count) => count,
            Action::Atomic(_) => 1 + u32::from(self.weak_left > 0 && self.would_match(operation)),
            Action::Thread(ThreadAction::IsFinished(thread)) => {
                let thread = &self.threads[thread.index()];
                1 + u32::from(thread.is_over() && !thread.end_seen)
            }
            action => self.objects()[operation.object.index()].state.outcomes(action),
        };
        if count < 2 || self.mode == Mode::TearingDown {
            return 0;
        }
        let strategy = self.strategy.as_mut().expect("a strategy is set while an execution runs");
        let choice = strategy.outcome(self.running, count);
        if matches!(operation.action, Action::Atomic(_)) {
            self.weak_left -= u32::from(choice != 0);
        }
        choice.min(count - 1)
    }

    /// The execution is over and the threads are being unwound: nothing waits any more.
    #[cold]
    fn arrive_torn(&mut self, operation: &Operation) -> bool {
        self.torn_operations += 1;
        let can = !operation.may_block() || self.is_ready(self.running, operation);
        // An operation that would wait for ever, or a model that catches its own end and goes on and on.
        if can && self.torn_operations <= 10_000 {
            return true;
        }
        self.stuck = true;
        false
    }

    /// A destructor that runs while its thread unwinds is not interrupted, but may have to wait.
    #[cold]
    fn arrive_unwinding(&mut self, operation: &Operation) -> bool {
        let mine = self.is_unwinding();
        self.unwinder = self.running;
        mine && (!operation.may_block() || self.is_ready(self.running, operation))
    }

    /// Whether the running thread is unwinding. std counts panics per OS thread, so a thread switched away from in the
    /// middle of one is remembered.
    pub(crate) fn is_unwinding(&self) -> bool {
        std::thread::panicking() && (self.unwinding == 0 || self.threads[self.running.index()].unwinding)
    }

    /// Whether the strategy may be spared: the release of a mutex that nobody tries commutes with all that others do.
    #[inline(always)]
    fn is_spared(&self, operation: &Operation) -> bool {
        matches!(operation.action, Action::Mutex(MutexAction::Unlock { .. }))
            && !self.every_point
            && !self.try_lock_seen
            && self.eager.is_empty()
            && self.enabled.contains(self.running)
    }

    /// Threads rest until another one has changed something.
    fn wake_resting(&mut self) {
        let since = usize::try_from(self.resting_since.saturating_sub(self.skipped)).unwrap_or(usize::MAX);
        let changed = self.steps.get(since..).is_some_and(|new| new.iter().any(changes));
        self.resting_since = self.skipped + self.steps.len() as u64;
        if changed && !self.resting.is_empty() {
            let resting = std::mem::take(&mut self.resting);
            for thread in &resting {
                self.refresh_thread(thread);
            }
        }
    }

    /// Lets the thread that has rested longest go round once more: nobody else can do anything.
    fn rouse_one(&mut self) -> bool {
        let longest = |t: &ThreadId| self.threads[t.index()].last_yield.map_or(0, |(_, at)| at);
        let Some(thread) = self.resting.iter().filter(|t| self.is_possible(*t)).min_by_key(longest) else {
            return false;
        };
        self.resting.remove(thread);
        self.enabled.insert(thread);
        true
    }

    /// The running thread lets others go first: has anything changed since it last did so at this place?
    #[cold]
    pub(crate) fn note_yield(&mut self, location: &'static Location<'static>) {
        let me = self.running;
        self.yielding = true;
        self.countdown = 0;
        let now = self.skipped + self.steps.len() as u64;
        let last = self.threads[me.index()].last_yield.replace((location, now));
        let Some((_, at)) = last.filter(|(place, at)| *place == location && *at >= self.skipped) else { return };
        if self.steps[(at - self.skipped) as usize..].iter().any(changes) {
            return;
        }
        self.resting.insert(me);
        self.resting_since = now;
        self.enabled.remove(me);
    }

    /// Moves virtual time to the next moment at which something happens; `false` when there is none.
    fn let_time_pass(&mut self) -> bool {
        if self.settings.clock == Clock::Abstract {
            return false;
        }
        let waits = |t: &&super::thread::Thread| !t.is_over() && t.watching && t.deadline != FOREVER;
        let threads = &self.threads[..self.live_threads as usize];
        let Some(next) = threads.iter().filter(waits).map(|t| t.deadline).min() else { return false };
        self.time = self.time.max(next);
        for thread in (0..self.live_threads).map(ThreadId) {
            if !self.threads[thread.index()].is_over() && self.threads[thread.index()].watching {
                self.refresh_thread(thread);
            }
        }
        !self.enabled.is_empty()
    }

    /// Nothing changed for a long time, perhaps. Threads that had their share of looking rest; once all that can go on
    /// have looked since the last change, that is a livelock.
    fn look_for_livelock(&mut self) {
        let window = &self.steps[self.steps.len().saturating_sub(QUIET as usize)..];
        self.last_busy = self.position;
        if window.iter().any(changes) {
            self.looked.clear();
            return;
        }
        let share = |t: &ThreadId| window.iter().filter(|s| s.thread == *t).count() >= SHARE;
        let can: Vec<ThreadId> = self.enabled.iter().chain(self.resting.iter()).collect();
        for thread in can.iter().copied().filter(share) {
            self.looked.insert(thread);
        }
        if can.iter().all(|t| self.looked.contains(*t)) {
            self.over = Some(Ending::Livelocked);
            return;
        }
        for thread in can.into_iter().filter(|t| self.looked.contains(*t)) {
            self.enabled.remove(thread);
            self.resting.insert(thread);
        }
        self.resting_since = self.skipped + self.steps.len() as u64;
    }

    /// Whether the last operation arrived at can never be performed, so that the fiber has to be abandoned.
    pub(crate) fn is_stuck(&mut self) -> bool {
        std::mem::take(&mut self.stuck)
    }

    /// The choices of the steps given, onto the schedule.
    pub(crate) fn add_choices(schedule: &mut Schedule, steps: &[Step]) {
        for step in steps.iter().filter(|s| s.operation.is_point()) {
            schedule.push(crate::base::Choice { thread: step.thread, outcome: step.choice });
        }
    }
}

/// Whether a step changed anything that another thread could see.
fn changes(step: &Step) -> bool {
    let same_value = matches!(
        (step.operation.action, step.outcome),
        (Action::Atomic(crate::base::AtomicAction::Rmw { function: crate::base::Rmw::Swap, operand, .. }), Outcome::Value(old))
            if old == operand
    );
    !step.only_reads() && !same_value
}

