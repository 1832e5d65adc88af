//! How executions go wrong and come to their end: panics, stack overflows, and taking down what is left.

use super::execution::{Execution, Mode};
use super::fiber::{Errand, FiberRef, PendingDrop};
use super::panics::Report;
use super::thread::{Life, Thread};
use crate::base::{Ending, ThreadId};
use crate::trace::{Panic, PanicKind};

impl Execution {
    /// The running thread has panicked.
    pub(crate) fn note_panic(&mut self, report: Report) {
        let kind = match (report.while_unwinding, self.mode) {
            (_, Mode::TearingDown) => PanicKind::WhileTearingDown,
            (true, _) => PanicKind::WhileUnwinding,
            (false, _) => PanicKind::Ordinary,
        };
        let (thread, now) = (self.running, self.steps.len() as u64);
        let Report { message, location, at, .. } = report;
        let at = at.unwrap_or(now);
        self.panics.push(Panic { thread, at, message, location, kind });
        if self.mode == Mode::Running {
            self.running_mut().life = Life::Panicked;
        }
        if kind == PanicKind::WhileUnwinding {
            self.over = Some(Ending::Panicked(thread));
        }
    }

    /// Nobody can ask for a thread's result any more; what is left to drop of it, and whether the thread was joined before. Like the last
    /// owner of an `Arc`, whoever gets that knows all that the thread has done.
    pub(crate) fn detach(&mut self, thread: ThreadId) -> Option<(PendingDrop, bool)> {
        self.threads[thread.index()].detached = true;
        let over = self.threads[thread.index()].is_over();
        let pending = if over { self.threads[thread.index()].packet.take_drop() } else { None };
        let joined = self.has_joined(thread);
        if !joined {
            // Who drops the result is no step, and neither is what is learned with it.
            self.learning.overheard = true;
            if pending.is_some() {
                self.learn_of_end(thread);
            }
        }
        pending.map(|pending| (pending, joined))
    }

    /// Whether the hub has something to do for a fiber, or for the question asked of this execution.
    #[inline(always)]
    pub(crate) fn has_errand(&mut self) -> bool {
        self.errand.is_some() || (self.probe.is_some() && self.begin_probe())
    }

    pub(crate) fn take_errand(&mut self) -> Option<Errand> {
        self.errand.take()
    }

    /// A thread's fiber is never to be resumed again. The hub sees to it.
    #[cold]
    pub(crate) fn lose_fiber_by(&mut self, errand: Errand, fiber: FiberRef) {
        self.errand = Some(errand);
        self.next = None;
        // It may have chosen already whose turn comes next, on its way there.
        let mut all = (0..self.live_threads).map(ThreadId);
        if let Some(thread) = all.find(|thread| self.threads[thread.index()].fiber == Some(fiber)) {
            self.running = thread;
        }
    }

    /// The running thread has begun to panic.
    pub(crate) fn keep_report(&mut self, report: Report) {
        self.take_report();
        self.reports.push((self.running, report));
    }

    /// What was kept of the running thread's last panic.
    pub(crate) fn take_report(&mut self) -> Option<Report> {
        let place = self.reports.iter().position(|(thread, _)| *thread == self.running)?;
        Some(self.reports.swap_remove(place).1)
    }

    /// The strategy, or the engine, has panicked after the end of a thread: nothing here is to be relied on any more.
    #[cold]
    pub(crate) fn break_off(&mut self, report: Report) {
        self.broken = Some(report);
        (self.next, self.errand, self.probe) = (None, None, None);
    }

    /// The running thread cannot start, as there is no stack for it.
    #[cold]
    pub(crate) fn end_unstarted(&mut self) {
        let (kib, at_once) = (self.settings.stack_size / 1024, self.unfinished);
        let mend =
            if at_once > 1 { "start fewer, or give them smaller stacks" } else { "ask for a smaller one" };
        let message = format!("there is no stack of {kib} KiB for one of {at_once} threads at once: {mend}");
        self.note_panic_of_engine(message, PanicKind::Ordinary);
        self.end_lost(Errand::Abandoned);
    }

    /// The running thread has lost its fiber, which is the end of it.
    pub(crate) fn end_lost(&mut self, errand: Errand) {
        if let Some(fiber) = self.running_mut().fiber.take() {
            self.pool.renew(fiber);
        }
        if errand == Errand::Overflowed {
            self.note_overflow();
        }
        if self.mode == Mode::Running {
            // Cut off in the middle, which is the end of the execution too.
            let me = self.running;
            self.threads[me.index()].life = Life::Panicked;
            self.enabled.remove(me);
            self.over.get_or_insert(Ending::Panicked(me));
            self.eager.clear();
        }
    }

    fn note_overflow(&mut self) {
        let kib = self.settings.stack_size / 1024;
        let message = format!("stack overflow: it needs more than {kib} KiB of stack");
        self.note_panic_of_engine(message, PanicKind::StackOverflow);
    }

    /// The running thread ends in a panic that no code of the model's has called for.
    fn note_panic_of_engine(&mut self, message: String, kind: PanicKind) {
        let (thread, at) = (self.running, self.steps.len() as u64);
        self.panics.push(Panic { thread, at, message, location: String::new(), kind });
        if self.mode == Mode::Running {
            self.over = Some(Ending::Panicked(thread));
        }
    }

    #[inline(always)]
    pub(crate) fn is_tearing_down(&self) -> bool {
        self.mode == Mode::TearingDown
    }

    /// The execution is over; how many threads there are.
    pub(crate) fn begin_teardown(&mut self) -> u32 {
        self.mode = Mode::TearingDown;
        self.due_at = 0;
        self.ask_again();
        self.performed = self.steps.len();
        self.free_in_all = self.free;
        self.keep_holders();
        self.live_threads
    }

    /// Remembers who holds what, now that the execution is over.
    fn keep_holders(&mut self) {
        for object in &mut self.objects[..self.live_objects] {
            object.last_holder = object.state.holder();
            self.held_at_end |= object.last_holder.is_some();
            // Who could go on now is what the trace tells: nobody gets to by what is done from here on.
            object.quick = false;
        }
    }

    /// Whether anything is left of the execution that has to be unwound or dropped.
    pub(crate) fn has_leftovers(&self) -> bool {
        let left = |t: &Thread| t.fiber.is_some() || t.packet.is_full() || !t.locals.is_empty();
        !self.statics.is_empty() || self.threads.first(self.live_threads).any(left)
    }

    /// Everything has been torn down: what was done meanwhile is no part of the execution.
    pub(crate) fn end_teardown(&mut self) {
        self.steps.truncate(self.performed);
        self.free = self.free_in_all;
    }

    /// Makes `thread` the running one; its fiber, if it has to be unwound.
    pub(crate) fn prepare_teardown(&mut self, thread: ThreadId) -> Option<FiberRef> {
        self.running = thread;
        self.torn_operations = 0;
        self.threads[thread.index()].fiber
    }
}
