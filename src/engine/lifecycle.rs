//! Threads' lives: start, end, panics, and taking everything down when the execution is over.

use super::Probe;
use super::execution::{Execution, Mode};
use super::fiber::Errand;
use super::thread::Life;
use crate::base::{
    Action, CondvarAction, Ending, FEW_THREADS, FOREVER, MutexAction, Operation, Outcome, Step, ThreadAction,
    ThreadId,
};
use std::panic::Location;

impl Execution {
    /// Makes a new thread known. It does not run yet.
    #[inline(always)]
    pub(crate) fn add_thread(&mut self, name: &str, daemon: bool) -> ThreadId {
        let id = ThreadId(self.live_threads);
        if id.index() >= FEW_THREADS || self.threads.room() <= id.index() {
            self.make_room(id);
        }
        self.live_threads += 1;
        let thread = &mut self.threads[id.index()];
        thread.reset();
        thread.daemon = daemon;
        if !name.is_empty() {
            thread.give_name(name);
        }
        self.unfinished += u32::from(!daemon);
        id
    }

    /// One thread more than there have ever been, or than clocks have room for.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, id: ThreadId) {
        if self.threads.room() == id.index() {
            self.threads.grow();
        }
        if id.index() == FEW_THREADS {
            self.many_threads = true;
            self.objects.iter_mut().for_each(|object| object.quick = false);
        }
    }

    /// The main thread goes first.
    #[inline(always)]
    pub(crate) fn start_main(&mut self) {
        self.begin_main();
        self.start_running();
    }

    /// The main thread is there, and runs.
    #[inline(always)]
    pub(crate) fn begin_main(&mut self) {
        let main = self.thread_mut(ThreadId::MAIN);
        main.knows.inherit(None);
        // Nobody takes what the model returns.
        main.detached = true;
        self.enabled.insert(ThreadId::MAIN);
        self.running = ThreadId::MAIN;
    }

    /// The running thread starts on a fiber that is free, if there is one.
    #[inline(always)]
    pub(crate) fn start_running(&mut self) {
        self.next = self.pool.take();
        self.threads[self.running.index()].fiber = self.next;
        if self.next.is_none() {
            self.errand = Some(Errand::Grow);
        }
    }

    /// The running thread starts `child`, which goes on at once, unasked, up to its first operation; `false` when nobody
    /// runs any more and the child never will.
    #[inline(always)]
    pub(crate) fn start(&mut self, child: ThreadId, location: &'static Location<'static>) -> bool {
        if self.mode == Mode::TearingDown {
            self.threads[child.index()].life = Life::Finished;
            return false;
        }
        let me = self.running;
        self.beget(child, location);
        // The parent goes on unasked at the child's first operation.
        self.eager.push(me);
        self.running = child;
        self.start_running();
        true
    }

    /// The running thread starts `child`, which knows what it knows.
    #[inline(always)]
    pub(super) fn beget(&mut self, child: ThreadId, location: &'static Location<'static>) {
        let me = self.running;
        let offset = self.offset();
        let [parent, thread] = self.threads.pair(me, child).expect("a thread does not start itself");
        thread.knows.inherit(Some((&mut parent.knows, me, offset)));
        thread.parent = Some(me);
        thread.process = parent.process;
        thread.whole_lines = parent.whole_lines;
        let operation = Operation::free(Action::Thread(ThreadAction::Spawn(child)));
        self.push_free(Step { thread: me, choice: 0, operation, outcome: Outcome::Done, location });
        if self.learning.active
            && let Some(strategy) = &mut self.strategy
        {
            strategy.started(child, me);
        }
        self.enabled.insert(child);
        self.ask_again();
    }

    /// The running thread's job has ended, one way or another. Whose turn is it?
    #[inline(always)]
    pub(crate) fn finish_running(&mut self) {
        let me = self.running;
        if let Some(fiber) = self.threads[me.index()].fiber.take() {
            self.pool.give_back(fiber);
        }
        if self.mode == Mode::TearingDown {
            // What it was when the execution ended is what the trace tells.
            return;
        }
        let panicked = self.note_exit(me);
        let thread = &self.threads[me.index()];
        let (awaited, joiner) = (!thread.joiners.is_empty(), thread.joiners.sole());
        let plain = !panicked && self.unfinished > 0 && self.resting.is_empty();
        if let (Some(joiner), true) = (joiner, plain && self.eager.is_empty())
            && !self.threads[joiner.index()].pending.is_point()
        {
            // The common case of what `rouse_joiners` does.
            self.enabled.insert(joiner);
            self.give_turn(joiner);
            return;
        }
        if awaited || !plain || self.enabled.is_empty() {
            self.note_end(me, panicked);
            if self.over.is_some() {
                self.next = None;
                return;
            }
        }
        self.pass_turn();
    }

    /// The running thread has come to its end; whether by a panic.
    #[inline(always)]
    pub(super) fn note_exit(&mut self, me: ThreadId) -> bool {
        if self.heard {
            self.end_trial_at_exit();
        }
        let offset = self.offset();
        let thread = &mut self.threads[me.index()];
        let panicked = thread.life == Life::Panicked;
        if !panicked {
            thread.life = Life::Finished;
        }
        self.unfinished -= u32::from(!thread.daemon);
        thread.knows.clock.set(me, offset);
        let location = thread.location;
        let operation = Operation::free(Action::Thread(ThreadAction::Exit { panicked }));
        self.push_free(Step { thread: me, choice: 0, operation, outcome: Outcome::Done, location });
        self.enabled.remove(me);
        self.ask_again();
        panicked
    }

    /// The end of a thread that matters to others, or is the end of the execution.
    #[inline(never)]
    pub(super) fn note_end(&mut self, ended: ThreadId, panicked: bool) {
        self.resting.remove(ended);
        if !self.threads[ended.index()].joiners.is_empty() {
            self.rouse_joiners(ended);
        }
        if panicked && ended == ThreadId::MAIN {
            self.close(Ending::Panicked(ended));
        } else if self.unfinished == 0 {
            self.close(Ending::Finished);
        }
        if self.over.is_some() {
            self.eager.clear();
        }
        if self.over.is_some() || self.enabled.is_empty() {
            self.due_at = 0;
        }
    }

    /// Those who wait for the end of `ended` without a time-out go on at once, unasked.
    pub(super) fn rouse_joiners(&mut self, ended: ThreadId) {
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
                self.running_mut().knows.fence(me, offset, ordering);
                if ordering == std::sync::atomic::Ordering::SeqCst {
                    self.fence_totally();
                } else {
                    self.weak.seen = true;
                }
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
                if !self.threads[thread.index()].is_over() || choice != 0 {
                    return self.join_in_vain(thread, timeout);
                }
                self.learn_of_end(thread);
                Outcome::Done
            }
            ThreadAction::IsFinished(thread) => {
                let (over, offset) = (self.threads[thread.index()].is_over(), self.offset());
                let asked = &mut self.threads[thread.index()];
                match (over, choice) {
                    // Not a synchronization: std promises none before a join.
                    (true, 0) => asked.end_told.push((me, offset)),
                    (true, _) => asked.end_denied.push(me),
                    (false, _) => {}
                }
                Outcome::Value(u64::from(over && choice == 0))
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
                    let [mine, theirs] = self.threads.pair(me, thread).expect("two threads");
                    theirs.unparked.join(&mine.knows.clock);
                }
                self.threads[thread.index()].token = true;
                if self.threads[thread.index()].watching && self.mode == Mode::Running {
                    self.refresh_thread(thread);
                }
                Outcome::Done
            }
            ThreadAction::Kill(process) => self.kill(process),
            ThreadAction::Sleep(time) => {
                self.advance(time);
                Outcome::Done
            }
            ThreadAction::Yield | ThreadAction::Spin => Outcome::Done,
            ThreadAction::Spawn(_)
            | ThreadAction::Exit { .. }
            | ThreadAction::Round { .. }
            | ThreadAction::GoOn => unreachable!("performed by the engine itself, or never"),
        }
    }

    #[inline(always)]
    pub(crate) fn learn_of_end(&mut self, ended: ThreadId) {
        let (me, offset) = (self.running, self.offset());
        if let Some([mine, theirs]) = self.threads.pair(me, ended) {
            mine.knows.clock.join(&theirs.knows.clock);
            if theirs.life == Life::Killed {
                // Its clock does not tell when it ended.
                theirs.end_told.push((me, offset));
            }
        }
    }

    /// A counterfactual: the execution has deadlocked; the thread asked about is woken and alone goes on. Whether there was
    /// such a question, and it could be.
    #[cold]
    pub(crate) fn begin_probe(&mut self) -> bool {
        match self.probe {
            // Not while it is torn down, when locks are given back that were held for ever.
            Some(Probe::Armed(thread))
                if self.over == Some(Ending::Deadlocked) && self.mode == Mode::Running =>
            {
                let pending = self.threads[thread.index()].pending;
                let Action::Condvar(CondvarAction::Reacquire { mutex }) = pending.action else {
                    return false;
                };
                let unlocked = self
                    .object_mut(mutex)
                    .state
                    .ready(thread, Action::Mutex(MutexAction::Lock { timeout: FOREVER }));
                if !unlocked {
                    return false;
                }
                let wake = Action::Condvar(CondvarAction::NotifyAll);
                self.object_mut(pending.object).state.apply(thread, wake, 0);
                self.over = None;
                self.enabled.clear();
                self.enabled.insert(thread);
                self.probe = Some(Probe::Running(thread));
                self.strategy = Some(Box::new(super::OnlyOne::new(thread)));
                self.settings.steps = self.position() + super::PROBE_STEPS;
                self.schedule.append_run(self.chosen, self.position() - self.run_began);
                (self.chosen, self.run_began) = (thread, self.position());
                self.give_turn(thread);
                true
            }
            _ => false,
        }
    }

    /// The running thread begins a round of an endless loop. Nobody has to be asked: it meets nothing. Whether it has done
    /// nothing since it began the round before, and so never will.
    #[cold]
    pub(crate) fn begin_round(&mut self, fruitful: bool, location: &'static Location<'static>) -> bool {
        if self.mode == Mode::TearingDown {
            return false;
        }
        self.rounds_begun = true;
        let operation = Operation::free(Action::Thread(ThreadAction::Round { fruitful }));
        let thread = self.running;
        let begins = |step: &&mut Step| {
            step.thread == thread
                && matches!(step.operation.action, Action::Thread(ThreadAction::Round { .. }))
        };
        let idle = self.steps.last_mut().filter(begins).is_some();
        self.record_free(Step { thread, choice: 0, operation, outcome: Outcome::Done, location });
        idle
    }

    /// Whether a thread has gone round an endless loop as often as it is followed.
    pub(crate) fn is_endless(&self) -> bool {
        self.threads
            .first(self.live_threads)
            .any(|t| !t.is_over() && t.pending.action == Action::Thread(ThreadAction::GoOn))
    }

    /// Attaches text to the step performed last.
    pub(crate) fn add_note(&mut self, text: String) {
        let last = (self.steps.len() as u64).saturating_sub(1);
        self.notes.push((last, text));
    }
}
