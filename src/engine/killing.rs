//! The end of a process from outside: all its threads stop where they are.

use super::execution::{Execution, Mode};
use super::thread::Life;
use crate::base::{Ending, Outcome, ThreadId};

impl Execution {
    /// The running thread is the first of a process of its own.
    pub(crate) fn found_process(&mut self) {
        let me = self.running;
        self.running_mut().process = me;
    }

    /// All threads of a process end, but for the running one; refused when its first thread has ended before.
    ///
    /// They keep the locks that they hold. Their stacks stay as they are, to be unwound with everything else when the execution
    /// is over: nothing of that is a step, so no destructor of theirs is seen to run.
    #[cold]
    pub(crate) fn kill(&mut self, process: ThreadId) -> Outcome {
        if self.threads[process.index()].is_over() || self.mode == Mode::TearingDown {
            return Outcome::Refused;
        }
        let (me, offset) = (self.running, self.offset());
        self.running_mut().knows.clock.set(me, offset);
        for thread in (0..self.live_threads).map(ThreadId) {
            let victim = &self.threads[thread.index()];
            if thread != me && victim.process == process && !victim.is_over() {
                self.end_killed(thread);
            }
        }
        self.ask_again();
        if self.unfinished == 0 {
            self.close(Ending::Finished);
            self.due_at = 0;
        }
        if self.enabled.is_empty() {
            self.due_at = 0;
        }
        Outcome::Done
    }

    fn end_killed(&mut self, thread: ThreadId) {
        let me = self.running;
        if self.threads[thread.index()].watching {
            let pending = self.threads[thread.index()].pending;
            self.watch(thread, &pending, false);
        }
        if let Some([mine, theirs]) = self.threads.pair(me, thread) {
            theirs.knows.clock.join(&mine.knows.clock);
            theirs.life = Life::Killed;
        }
        self.unfinished -= u32::from(!self.threads[thread.index()].daemon);
        self.enabled.remove(thread);
        self.resting.remove(thread);
        self.learning.alert.remove(thread);
        self.eager.retain(|eager| *eager != thread);
        if !self.threads[thread.index()].joiners.is_empty() {
            self.rouse_joiners(thread);
        }
    }

    /// The thread with which each thread's process began, and whether it was killed.
    pub(super) fn note_processes(&mut self) {
        self.learning.processes.clear();
        let of = |thread: &super::thread::Thread| (thread.process, thread.life == Life::Killed);
        self.learning.processes.extend(self.threads.first(self.live_threads).map(of));
    }
}
