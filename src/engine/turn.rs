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

use super::execution::{AHEAD, Arrival, Execution, Mode, NOBODY};
use crate::base::{
    Action, Decision, Ending, FOREVER, Operation, Options, Outcome, Step, ThreadAction, ThreadId,
};
use std::panic::Location;

impl Execution {
    /// Whether the running thread may perform `operation` now; otherwise `next` says whose turn it is.
    #[inline(never)]
    pub(crate) fn arrive_asking(
        &mut self,
        operation: &Operation,
        location: &'static Location<'static>,
    ) -> Arrival {
        if self.carried.is_some() {
            return self.arrive_carried(operation, location);
        }
        let me = self.running;
        if self.mode == Mode::TearingDown {
            return self.arrive_at_the_end(operation);
        }
        let thread = &mut self.threads[me.index()];
        thread.pending = *operation;
        thread.location = location;
        if self.learning.is_watchful() {
            self.guard_round(operation, location);
        }
        if operation.may_block() {
            self.arrive_blocking(operation);
        }
        if self.pass_turn() == Some(me) {
            return Arrival::Go;
        }
        if operation.may_block() && !self.threads[me.index()].watching {
            self.watch(me, operation, true);
        }
        if std::thread::panicking() { Arrival::SwitchUnwinding } else { Arrival::Switch }
    }

    /// As [`arrive_asking`](Execution::arrive_asking), for waiting for the end of a thread that has not ended.
    #[inline]
    pub(crate) fn arrive_joining(
        &mut self,
        ended: ThreadId,
        location: &'static Location<'static>,
    ) -> Arrival {
        let join = join_of(ended);
        let heard = self.carried.is_some() || self.learning.is_watchful();
        if heard || std::thread::panicking() || self.mode == Mode::TearingDown {
            return self.arrive_asking(&join, location);
        }
        let me = self.running;
        let thread = &mut self.threads[me.index()];
        thread.pending = join;
        thread.location = location;
        thread.watching = true;
        self.threads[ended.index()].joiners.insert(me);
        self.hold_back(me);
        self.pass_turn();
        Arrival::Switch
    }

    /// Performs the join of a thread that has ended, unless it waits in vain because the execution is over.
    #[inline]
    pub(crate) fn commit_join(&mut self, ended: ThreadId, location: &'static Location<'static>) {
        let me = self.running;
        if self.threads[me.index()].watching {
            self.threads[me.index()].watching = false;
            self.threads[ended.index()].joiners.remove(me);
        }
        self.learn_of_end(ended);
        let (operation, outcome) = (join_of(ended), Outcome::Done);
        self.push_free(Step { thread: me, choice: 0, operation, outcome, location });
    }

    /// Chooses who goes next and gives it the turn; `None` when the execution is over.
    #[inline(always)]
    pub(crate) fn pass_turn(&mut self) -> Option<ThreadId> {
        let thread = match self.eager.pop() {
            Some(thread) => Some(thread),
            None if self.steps.len() >= self.due_at && !self.attend() => None,
            None => self.choose(),
        };
        match thread {
            Some(thread) => self.give_turn(thread),
            None => self.next = None,
        }
        thread
    }

    #[inline(always)]
    pub(crate) fn give_turn(&mut self, thread: ThreadId) {
        self.running = thread;
        self.next = self.threads[thread.index()].fiber;
    }

    /// The strategy's choice, noted in the schedule; `None` when it has stopped the execution.
    #[inline(always)]
    pub(crate) fn choose(&mut self) -> Option<ThreadId> {
        let thread = if self.ahead_at < self.ahead_end { self.take_ahead() } else { self.ask() };
        if !self.enabled.contains(thread) && !self.rouse(thread) {
            self.stop();
            return None;
        }
        if thread != self.chosen {
            self.schedule.append_run(self.chosen, self.position() - self.run_began);
            (self.chosen, self.run_began) = (thread, self.position());
        }
        Some(thread)
    }

    /// The next of the choices made ahead, and those after it that are for the same thread.
    #[inline(always)]
    fn take_ahead(&mut self) -> ThreadId {
        let first = self.ahead_at;
        let thread = self.ahead[usize::from(first)];
        // Behind the last one there is nobody.
        let mut next = first + 1;
        while self.ahead[usize::from(next)] == thread {
            next += 1;
        }
        let count = self.steps.len();
        self.covered = count + usize::from(next - first);
        (self.ahead_at, self.exempt) = (next, 1);
        if self.covered > self.due_at {
            self.take_one_ahead(first);
        }
        thread
    }

    /// Something is due before all of the choices could be taken that are for the same thread.
    #[cold]
    fn take_one_ahead(&mut self, first: u8) {
        let count = self.steps.len();
        let taken = self.due_at.saturating_sub(count).clamp(1, AHEAD);
        self.covered = count + taken;
        self.ahead_at = first + taken as u8;
    }

    /// Asks the strategy who goes next, and who after that.
    #[inline(never)]
    fn ask(&mut self) -> ThreadId {
        if self.following.active {
            self.tell();
        }
        let options = Options {
            enabled: &self.enabled,
            resting: &self.resting,
            current: self.chosen,
            position: self.position(),
            yielding: self.yielding,
        };
        let strategy = self.strategy.as_mut().expect("a strategy is set while an execution runs");
        // The longer nothing has changed, the further ahead.
        let reach = if self.yielding { 0 } else { (2 * usize::from(self.ahead_end)).min(AHEAD) };
        if reach > 0 {
            let given = strategy.ahead(&options, &mut self.ahead[..reach]).min(reach);
            (self.ahead_at, self.ahead_end) = (0, given as u8);
            self.ahead[given] = NOBODY;
            if given > 0 {
                return self.take_ahead();
            }
        } else {
            (self.ahead_at, self.ahead_end) = (1, 1);
        }
        let Decision { thread, run } = strategy.thread(&options);
        self.yielding = false;
        if run > 1 && !self.learning.asks_always() {
            // While something is due at every choice, every choice is asked for.
            let count = self.steps.len();
            self.covered = count + (run as usize).min(self.due_at.saturating_sub(count));
            self.exempt = 0;
        }
        thread
    }

    #[cold]
    fn stop(&mut self) {
        self.over = Some(Ending::Stopped);
        self.due_at = 0;
    }

    /// Sees to all that is due before the strategy is asked; `false` when the execution is over.
    #[cold]
    #[inline(never)]
    fn attend(&mut self) -> bool {
        self.wake_resting();
        if self.rests_by_state() {
            self.rest_who_is_back();
        }
        if self.position() >= self.last_busy + self.quiet() && self.over.is_none() {
            self.look_for_livelock();
        }
        if self.over.is_none() && self.position() >= self.settings.steps {
            self.over = Some(Ending::StepLimit);
        }
        while self.over.is_none() && self.enabled.is_empty() {
            if !self.let_time_pass() && !self.rouse_one() {
                self.over = Some(self.ending_at_standstill());
            }
        }
        let looks_again = match self.resting.is_empty() && !self.rests_by_state() {
            true => self.last_busy + self.quiet(),
            false => 0,
        };
        self.set_due(looks_again);
        self.over.is_none()
    }

    /// How an execution ended in which nobody can go on.
    pub(super) fn ending_at_standstill(&self) -> Ending {
        match self.learning.closed {
            Some((ending, _)) => ending,
            None if self.unfinished == 0 => Ending::Finished,
            None if self.is_endless() => Ending::Endless,
            // Who only looks, and not who has given up looking and waits for somebody.
            None if self.resting.iter().any(|thread| self.is_possible(thread)) => Ending::Livelocked,
            None => Ending::Deadlocked,
        }
    }

    /// A thread that is torn down because the execution is over is not interrupted.
    #[cold]
    pub(super) fn arrive_at_the_end(&mut self, operation: &Operation) -> Arrival {
        let can = !operation.may_block() || self.is_ready(self.running, operation);
        self.torn_operations += 1;
        // It would wait for ever, or it is a model that catches its own end and goes on and on.
        let stuck = !can || self.torn_operations > 10_000;
        if stuck { Arrival::Never } else { Arrival::Go }
    }
}

/// Waiting for the end of a thread, however long that takes.
const fn join_of(thread: ThreadId) -> Operation {
    Operation::free(Action::Thread(ThreadAction::Join { thread, timeout: FOREVER }))
}
