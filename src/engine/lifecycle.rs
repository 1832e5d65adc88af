//! Threads' lives: start, end, panics, and taking everything down when the execution is over.

use super::execution::{Execution, Mode};
use super::thread::{Life, Thread};
use super::{Clock, Probe};
use crate::base::{
    Action, CondvarAction, Ending, FOREVER, MutexAction, Operation, Outcome, Step, ThreadAction, ThreadId,
};
use std::panic::Location;

impl Execution {
    /// Makes a new thread known. It does not run yet.
    pub(crate) fn add_thread(&mut self, name: &str, daemon: bool) -> ThreadId {
        let id = ThreadId(self.live_threads);
        if self.threads.len() == id.index() {
            self.threads.push(Thread::new());
        }
        self.live_threads += 1;
        let thread = &mut self.threads[id.index()];
        thread.reset();
        thread.name.push_str(name);
        thread.daemon = daemon;
        self.unfinished += u32::from(!daemon);
        id
    }

    /// The main thread goes first.
    pub(crate) fn start_main(&mut self) {
        let main = self.thread_mut(ThreadId::MAIN);
        main.knows.inherit(None);
        // Nobody takes what the model returns.
        main.detached = true;
        self.assign_fiber(ThreadId::MAIN);
        self.enabled.insert(ThreadId::MAIN);
        self.next = Some(ThreadId::MAIN);
    }

    /// The running thread starts `child`, which goes on at once, unasked, up to its first operation; `false` when nobody
    /// runs any more and the child never will.
    pub(crate) fn start(&mut self, child: ThreadId, location: &'static Location<'static>) -> bool {
        if self.mode == Mode::TearingDown {
            self.threads[child.index()].life = Life::Finished;
            return false;
        }
        let me = self.running;
        let offset = self.offset();
        let [parent, thread] =
            self.threads.get_disjoint_mut([me.index(), child.index()]).expect("a new thread");
        thread.knows.inherit(Some((&mut parent.knows, me, offset)));
        thread.parent = Some(me);
        thread.now = parent.now;
        let operation = Operation::free(Action::Thread(ThreadAction::Spawn(child)));
        self.steps.push(Step { thread: me, choice: 0, operation, outcome: Outcome::Done, location });
        if self.learning.active
            && let Some(strategy) = &mut self.strategy
        {
            strategy.started(child, me);
        }
        self.assign_fiber(child);
        self.enabled.insert(child);
        self.ask_again();
        self.eager.push(me);
        self.running = child;
        self.next = Some(child);
        true
    }

    /// The running thread's job has ended, one way or another. Whose turn is it?
    pub(crate) fn finish_running(&mut self) {
        let me = self.running;
        let thread = &mut self.threads[me.index()];
        let fiber = thread.fiber.take();
        self.free_fibers.extend(fiber);
        if self.mode == Mode::TearingDown {
            // What it was when the execution ended is what the trace tells.
            return;
        }
        if thread.life == Life::Running {
            thread.life = Life::Finished;
        }
        let panicked = thread.life == Life::Panicked;
        self.unfinished -= u32::from(!thread.daemon);
        thread.knows.clock.set(me, self.steps.len() as u32 + 1);
        let location = thread.location;
        let operation = Operation::free(Action::Thread(ThreadAction::Exit { panicked }));
        self.steps.push(Step { thread: me, choice: 0, operation, outcome: Outcome::Done, location });
        self.enabled.remove(me);
        self.resting.remove(me);
        self.ask_again();
        if !self.threads[me.index()].joiners.is_empty() {
            self.rouse_joiners(me);
        }
        if panicked && me == ThreadId::MAIN {
            self.close(Ending::Panicked(me));
        } else if self.unfinished == 0 {
            self.close(Ending::Finished);
        }
        if self.over.is_some() {
            self.eager.clear();
        }
        if self.over.is_some() || self.enabled.is_empty() {
            self.due = 0;
        }
        self.pass_turn();
    }

    /// Those who wait for the end of `ended` without a time-out go on at once, unasked.
    #[cold]
    fn rouse_joiners(&mut self, ended: ThreadId) {
        let joiners = std::mem::take(&mut self.threads[ended.index()].joiners);
        for joiner in &joiners {
            let pending = self.threads[joiner.index()].pending;
            if pending.is_point() {
                self.refresh_thread(joiner);
            } else {
                self.enabled.insert(joiner);
                self.eager.push(joiner);
            }
        }
        self.threads[ended.index()].joiners = joiners;
        // Popped from the end: the least number first.
        self.eager.reverse();
    }

    /// Performs an operation that meets no object: on threads, fences, free choices.
    #[inline(never)]
    pub(crate) fn commit_free(&mut self, operation: Operation, choice: u32) -> Outcome {
        let me = self.running;
        let outcome = match operation.action {
            Action::Choose(_) => Outcome::Value(u64::from(choice)),
            Action::Fence(ordering) => {
                let offset = self.offset();
                if ordering == std::sync::atomic::Ordering::SeqCst {
                    self.fence_totally();
                } else {
                    self.weak.seen = true;
                }
                self.running_mut().knows.fence(me, offset, ordering);
                Outcome::Done
            }
            Action::Thread(action) => self.commit_thread(action, choice),
            _ => unreachable!("called for operations without an object only"),
        };
        if operation.may_block() && self.running_mut().watching {
            self.unwatch(&operation);
        }
        outcome
    }

    fn commit_thread(&mut self, action: ThreadAction, choice: u32) -> Outcome {
        let me = self.running;
        match action {
            ThreadAction::Join { thread, timeout } => {
                if !self.threads[thread.index()].is_over() {
                    self.advance(timeout);
                    return Outcome::TimedOut;
                }
                self.learn_of_end(thread);
                Outcome::Done
            }
            ThreadAction::IsFinished(thread) => {
                let over = self.threads[thread.index()].is_over() && choice == 0;
                if over {
                    // Not a synchronization: std promises none before a join.
                    self.threads[thread.index()].end_seen = true;
                }
                Outcome::Value(u64::from(over))
            }
            ThreadAction::Park { timeout } => {
                let thread = &mut self.threads[me.index()];
                if !std::mem::take(&mut thread.token) {
                    if timeout == FOREVER {
                        thread.spurious += 1;
                        return Outcome::Spurious;
                    }
                    self.advance(timeout);
                    return Outcome::TimedOut;
                }
                thread.knows.clock.join(&thread.unparked);
                Outcome::Done
            }
            ThreadAction::Unpark(thread) => {
                let offset = self.offset();
                self.running_mut().knows.clock.set(me, offset);
                if me != thread {
                    let [mine, theirs] =
                        self.threads.get_disjoint_mut([me.index(), thread.index()]).expect("two threads");
                    theirs.unparked.join(&mine.knows.clock);
                }
                self.threads[thread.index()].token = true;
                if self.threads[thread.index()].watching && self.mode == Mode::Running {
                    self.refresh_thread(thread);
                }
                Outcome::Done
            }
            ThreadAction::Sleep(time) => {
                self.advance(time);
                Outcome::Done
            }
            ThreadAction::Yield | ThreadAction::Spin => Outcome::Done,
            ThreadAction::Spawn(_) | ThreadAction::Exit { .. } => {
                unreachable!("performed by the engine itself")
            }
        }
    }

    /// The running thread has let so much time pass.
    pub(crate) fn advance(&mut self, time: u64) {
        if time != FOREVER && self.settings.clock == Clock::Abstract {
            let thread = self.running_mut();
            thread.now = thread.now.saturating_add(time);
        }
    }

    /// The running thread's time in nanoseconds since the execution began.
    pub(crate) fn now(&mut self) -> u64 {
        match self.settings.clock {
            Clock::Virtual => self.time,
            Clock::Abstract => {
                // Asking takes time, so that a loop which waits for a deadline comes to an end; and no answer is before an
                // earlier one, whoever got that.
                let now = self.running_mut().now.saturating_add(1_000).max(self.time);
                self.running_mut().now = now;
                self.time = now;
                now
            }
        }
    }

    pub(crate) fn learn_of_end(&mut self, ended: ThreadId) {
        let me = self.running;
        self.threads[ended.index()].end_seen = true;
        if let Ok([mine, theirs]) = self.threads.get_disjoint_mut([me.index(), ended.index()]) {
            mine.knows.clock.join(&theirs.knows.clock);
            mine.now = mine.now.max(theirs.now);
        }
    }

    /// The fiber whose turn it is, for the hub; `None` when the execution is over.
    #[inline(always)]
    pub(crate) fn take_next(&mut self) -> Option<u32> {
        let next = match self.next.take() {
            None => self.probe_next()?,
            Some(next) => next,
        };
        self.threads[next.index()].fiber
    }

    /// Gives a thread that starts a fiber that is free.
    fn assign_fiber(&mut self, thread: ThreadId) {
        let fiber = self.free_fibers.pop().unwrap_or_else(|| {
            self.fibers += 1;
            self.fibers - 1
        });
        self.threads[thread.index()].fiber = Some(fiber);
    }

    /// A counterfactual: the execution has deadlocked; the thread asked about is woken and alone goes on.
    #[cold]
    fn probe_next(&mut self) -> Option<ThreadId> {
        match self.probe {
            Some(Probe::Armed(thread)) if self.over == Some(Ending::Deadlocked) => {
                let pending = self.threads[thread.index()].pending;
                let Action::Condvar(CondvarAction::Reacquire { mutex }) = pending.action else { return None };
                let unlocked = self
                    .object_mut(mutex)
                    .state
                    .ready(thread, Action::Mutex(MutexAction::Lock { timeout: FOREVER }));
                if !unlocked {
                    return None;
                }
                let wake = Action::Condvar(CondvarAction::NotifyAll);
                self.object_mut(pending.object).state.apply(thread, wake, 0);
                self.over = None;
                self.enabled.clear();
                self.enabled.insert(thread);
                self.probe = Some(Probe::Running(thread));
                self.strategy = Some(Box::new(super::OnlyOne::new(thread)));
                self.settings.steps = self.position + super::PROBE_STEPS;
                self.chosen = thread;
                self.running = thread;
                Some(thread)
            }
            _ => None,
        }
    }

    /// Attaches text to the step performed last.
    pub(crate) fn add_note(&mut self, text: String) {
        let last = (self.steps.len() as u64).saturating_sub(1);
        self.notes.push((last, text));
    }
}
