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
use super::execution::{AHEAD, Arrival, Execution, Mode};
use super::object::State;
use crate::base::{
    Action, CondvarAction, Decision, Ending, FOREVER, MutexAction, ObjectId, Operation, Options, Outcome,
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
    pub(crate) fn arrive_asking(
        &mut self,
        operation: &Operation,
        location: &'static Location<'static>,
    ) -> Arrival {
        let me = self.running;
        let panicking = std::thread::panicking();
        if (panicking || self.mode == Mode::TearingDown)
            && let Some(arrival) = self.arrive_at_the_end(operation)
        {
            return arrival;
        }
        let unwinding = panicking && self.is_unwinding();
        let thread = &mut self.threads[me.index()];
        thread.pending = *operation;
        thread.location = location;
        if operation.may_block() {
            self.arrive_blocking(operation);
        }
        self.pass_turn();
        if self.next == Some(me) {
            self.next = None;
            return Arrival::Go;
        }
        if operation.may_block() {
            self.watch(me, operation, true);
        }
        if unwinding { Arrival::SwitchUnwinding } else { Arrival::Switch }
    }

    /// As [`arrive_asking`](Execution::arrive_asking), for operations that never block, in as few instructions as can be.
    #[inline(never)]
    pub(crate) fn arrive_free(
        &mut self,
        operation: &Operation,
        location: &'static Location<'static>,
    ) -> Arrival {
        if std::thread::panicking() || self.position >= self.due {
            return self.arrive_asking(operation, location);
        }
        let me = self.running;
        let thread = &mut self.threads[me.index()];
        thread.pending = *operation;
        thread.location = location;
        let next = if self.ahead_at < self.ahead_end { self.take_ahead() } else { self.ask() };
        if !self.enabled.contains(next) {
            self.stop();
            return Arrival::Switch;
        }
        if next != self.chosen {
            self.schedule.begin_run(next, self.position);
            self.chosen = next;
        }
        if next == me {
            return Arrival::Go;
        }
        self.running = next;
        self.next = Some(next);
        Arrival::Switch
    }

    /// As [`arrive_asking`](Execution::arrive_asking), for waiting for the end of a thread that has not ended.
    #[inline(never)]
    pub(crate) fn arrive_joining(
        &mut self,
        join: &Operation,
        ended: ThreadId,
        location: &'static Location<'static>,
    ) -> Arrival {
        if std::thread::panicking() || self.mode == Mode::TearingDown {
            return self.arrive_asking(join, location);
        }
        let me = self.running;
        let thread = &mut self.threads[me.index()];
        thread.pending = *join;
        thread.location = location;
        thread.watching = true;
        self.threads[ended.index()].joiners.insert(me);
        self.enabled.remove(me);
        self.ask_again();
        if self.enabled.is_empty() {
            self.due = 0;
        }
        self.pass_turn();
        Arrival::Switch
    }

    /// Performs the join of a thread that has ended, unless it waits in vain because the execution is over.
    #[inline]
    pub(crate) fn commit_join(
        &mut self,
        join: Operation,
        ended: ThreadId,
        location: &'static Location<'static>,
    ) {
        let me = self.running;
        if self.threads[me.index()].watching {
            self.threads[me.index()].watching = false;
            self.threads[ended.index()].joiners.remove(me);
        }
        self.learn_of_end(ended);
        self.steps.push(Step { thread: me, choice: 0, operation: join, outcome: Outcome::Done, location });
    }

    /// As [`arrive_asking`](Execution::arrive_asking), for taking a mutex.
    #[inline(never)]
    pub(crate) fn arrive_locking(
        &mut self,
        operation: &Operation,
        location: &'static Location<'static>,
    ) -> Arrival {
        if std::thread::panicking() || self.mode == Mode::TearingDown {
            return self.arrive_asking(operation, location);
        }
        let me = self.running;
        let thread = &mut self.threads[me.index()];
        thread.pending = *operation;
        thread.location = location;
        let mutex = self.object_mut(operation.object);
        if mutex.state.holder().is_some() {
            self.enabled.remove(me);
            self.ask_again();
            if self.enabled.is_empty() {
                self.due = 0;
            }
        }
        self.pass_turn();
        if self.next == Some(me) {
            self.next = None;
            return Arrival::Go;
        }
        self.threads[me.index()].watching = true;
        self.object_mut(operation.object).watchers.insert(me);
        Arrival::Switch
    }

    /// Chooses who goes next, or finds that the execution is over; the answer is in `next`.
    #[inline(always)]
    pub(crate) fn pass_turn(&mut self) {
        self.next = None;
        if let Some(thread) = self.eager.pop() {
            self.running = thread;
            self.next = Some(thread);
            return;
        }
        if self.position >= self.due && !self.attend() {
            return;
        }
        let thread = if self.ahead_at < self.ahead_end { self.take_ahead() } else { self.ask() };
        if !self.enabled.contains(thread) {
            return self.stop();
        }
        if thread != self.chosen {
            self.schedule.begin_run(thread, self.position);
            self.chosen = thread;
        }
        self.running = thread;
        self.next = Some(thread);
    }

    #[inline(always)]
    fn take_ahead(&mut self) -> ThreadId {
        let thread = self.ahead[self.ahead_at % AHEAD];
        self.ahead_at += 1;
        thread
    }

    /// Asks the strategy who goes next, and who after that.
    #[inline(never)]
    fn ask(&mut self) -> ThreadId {
        let options = Options {
            enabled: &self.enabled,
            current: self.chosen,
            position: self.position,
            yielding: self.yielding,
        };
        let strategy = self.strategy.as_mut().expect("a strategy is set while an execution runs");
        // The longer nothing has changed, the further ahead.
        let reach = if self.yielding { 0 } else { (2 * self.ahead_end).min(AHEAD) };
        self.ahead_at = 0;
        self.ahead_end = if reach == 0 { 1 } else { strategy.ahead(&options, &mut self.ahead[..reach]) };
        if reach > 0 && self.ahead_end > 0 {
            return self.take_ahead();
        }
        let Decision { thread, run } = strategy.thread(&options);
        self.ahead_at = self.ahead_end;
        self.yielding = false;
        // While something is due at every choice, every choice is asked for.
        self.countdown = u64::from(run - 1).min(self.due.saturating_sub(self.position + 1)) as u32;
        thread
    }

    #[cold]
    fn stop(&mut self) {
        self.over = Some(Ending::Stopped);
        self.due = 0;
    }

    /// Sees to all that is due before the strategy is asked; `false` when the execution is over.
    #[cold]
    #[inline(never)]
    fn attend(&mut self) -> bool {
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
        let looks_again = if self.resting.is_empty() { self.last_busy + QUIET } else { 0 };
        self.due = looks_again.min(self.settings.steps);
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
        if !self.is_possible(me) || self.resting.contains(me) {
            self.enabled.remove(me);
            self.ask_again();
            if self.enabled.is_empty() {
                self.due = 0;
            }
        }
    }

    /// Whether `me` is to be looked at again whenever what its pending operation meets has changed. Only threads that do not
    /// run need to be.
    fn watch(&mut self, me: ThreadId, operation: &Operation, watching: bool) {
        self.threads[me.index()].watching = watching;
        match operation.action {
            Action::Thread(ThreadAction::Join { thread, .. }) => {
                self.threads[thread.index()].joiners.set(me, watching)
            }
            Action::Thread(_) => {}
            _ => {
                let object = self.object_mut(operation.object);
                object.watchers.set(me, watching);
                if !matches!(operation.action, Action::Mutex(MutexAction::Lock { timeout: FOREVER })) {
                    object.only_lockers = false;
                }
                if let Some(second) = operation.second_object() {
                    let second = self.object_mut(second);
                    second.watchers.set(me, watching);
                    second.only_lockers = false;
                }
            }
        }
    }

    /// The operation that the running thread was watched for is being performed.
    pub(crate) fn unwatch(&mut self, operation: &Operation) {
        self.watch(self.running, operation, false);
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
        self.is_ready(thread, pending)
            || self.may_time_out(thread, pending)
            || self.may_wake_spuriously(pending)
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
    #[inline(never)]
    pub(crate) fn refresh(&mut self, object: ObjectId) {
        if self.mode == Mode::TearingDown {
            // Who could go on when the execution was over is what the trace tells.
            return;
        }
        let met = &self.objects()[object.index()];
        if met.only_lockers
            && let State::Mutex(mutex) = &met.state
            && let (Some(lockers), Some(enabled)) = (met.watchers.as_word(), self.enabled.as_word())
        {
            // The common case, without looking at each: all of them wait to take it.
            let now = if mutex.holder().is_some() { enabled & !lockers } else { enabled | lockers };
            if now != enabled {
                self.enabled.set_word(now);
                self.ask_again();
            }
            return;
        }
        let watchers = std::mem::take(&mut self.object_mut(object).watchers);
        for thread in &watchers {
            self.refresh_thread(thread);
        }
        self.object_mut(object).watchers = watchers;
    }

    pub(crate) fn refresh_thread(&mut self, thread: ThreadId) {
        debug_assert!(self.mode == Mode::Running);
        let possible = self.is_possible(thread) && !self.resting.contains(thread);
        if possible != self.enabled.contains(thread) {
            self.enabled.set(thread, possible);
            self.ask_again();
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
        let choice = strategy.outcome(self.running, count).min(count - 1);
        // The position has been counted up already for the choice under way.
        self.schedule.outcome_at(self.position - 1, choice);
        if matches!(operation.action, Action::Atomic(_)) {
            self.weak_left -= u32::from(choice != 0);
        }
        choice
    }

    /// Threads that are unwinding, or torn down because the execution is over, are not interrupted; `None` when one that
    /// unwinds has to wait all the same.
    #[cold]
    fn arrive_at_the_end(&mut self, operation: &Operation) -> Option<Arrival> {
        let can = !operation.may_block() || self.is_ready(self.running, operation);
        if self.mode == Mode::TearingDown {
            self.torn_operations += 1;
            // It would wait for ever, or it is a model that catches its own end and goes on and on.
            let stuck = !can || self.torn_operations > 10_000;
            return Some(if stuck { Arrival::Never } else { Arrival::Go });
        }
        self.unwinder = self.running;
        (can && self.is_unwinding()).then_some(Arrival::Go)
    }

    /// Whether the running thread is unwinding. std counts panics per OS thread, so a thread switched away from in the
    /// middle of one is remembered.
    pub(crate) fn is_unwinding(&self) -> bool {
        std::thread::panicking() && (self.unwinding == 0 || self.threads[self.running.index()].unwinding)
    }

    /// Threads rest until another one has changed something.
    fn wake_resting(&mut self) {
        if self.resting.is_empty() {
            return;
        }
        let changed = self.steps.since(self.resting_since).any(changes);
        self.resting_since = self.steps.len();
        if changed {
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
        self.ask_again();
        true
    }

    /// The running thread lets others go first: has anything changed since it last did so at this place?
    #[cold]
    pub(crate) fn note_yield(&mut self, location: &'static Location<'static>) {
        let me = self.running;
        self.yielding = true;
        self.ask_again();
        let now = self.steps.len();
        let last = self.threads[me.index()].last_yield.replace((location, now));
        let Some((_, at)) = last.filter(|(place, at)| *place == location && *at >= self.steps.first()) else {
            return;
        };
        if self.steps.since(at).any(changes) {
            return;
        }
        self.resting.insert(me);
        self.due = 0;
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
        self.last_busy = self.position;
        let Some(onlookers) = self.onlookers() else { return self.looked.clear() };
        onlookers.into_iter().for_each(|t| self.looked.insert(t));
        let can: Vec<ThreadId> = self.enabled.iter().chain(self.resting.iter()).collect();
        if can.iter().all(|t| self.looked.contains(*t)) {
            self.over = Some(Ending::Livelocked);
            return;
        }
        for thread in can.into_iter().filter(|t| self.looked.contains(*t)) {
            self.enabled.remove(thread);
            self.resting.insert(thread);
        }
        self.ask_again();
        self.resting_since = self.steps.len();
    }

    /// The threads that had their share of the last steps, if nothing changed in them.
    fn onlookers(&self) -> Option<Vec<ThreadId>> {
        let window = self.steps.since(self.steps.len().saturating_sub(QUIET as usize));
        if window.clone().any(changes) {
            return None;
        }
        let had_share = |t: &ThreadId| window.clone().filter(|s| s.thread == *t).count() >= SHARE;
        Some((0..self.live_threads).map(ThreadId).filter(had_share).collect())
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
