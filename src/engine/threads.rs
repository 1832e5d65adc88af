//! What the facade asks and says of threads through its [door](super::current).

use super::execution::Execution;
use super::fiber::{self, is_active, with};
use super::panics::Report;
use crate::base::{CHECK_SEED, ThreadId, mix_check};
use std::any::Any;
use std::rc::Rc;

/// The name of a virtual thread of this execution; empty when it has none.
pub(crate) fn thread_name(thread: ThreadId) -> String {
    with(|execution| execution.thread_mut(thread).name.clone())
}

/// Gives a virtual thread of this execution another name.
pub(crate) fn rename_thread(thread: ThreadId, name: &str) {
    with(|execution| {
        let thread = execution.thread_mut(thread);
        thread.name.clear();
        thread.give_name(name);
    });
}

/// How many virtual threads have been started, the first one included.
pub(crate) fn thread_count() -> u32 {
    with(|execution| execution.live_threads)
}

/// Nobody will ask for the result of the running thread.
pub(crate) fn detach_running() {
    with(|execution| execution.running_mut().detached = true);
}

/// Ends the running thread as if it had come to its end, unwinding it; returns if somebody may still ask for its result.
pub(crate) fn leave_thread() {
    if with(|execution| execution.running_mut().detached) {
        fiber::unwind();
    }
}

/// What is known of the panic that the running thread has just caught, for whichever thread is to end by it.
pub(crate) fn take_panic() -> Option<Report> {
    with(Execution::take_report)
}

/// The running thread ends by a panic that another one has caught.
pub(crate) fn inherit_panic(report: Option<Report>) {
    with(|execution| report.into_iter().for_each(|report| execution.keep_report(report)));
}

/// Whether the execution does not wait for a thread.
pub(crate) fn is_daemon(thread: ThreadId) -> bool {
    with(|execution| execution.thread_mut(thread).daemon)
}

/// The result of a thread has been taken: if it panicked, somebody has learned of it.
pub(crate) fn mark_delivered(thread: ThreadId) {
    with(|execution| execution.thread_mut(thread).delivered = true);
}

/// Whether a thread has ended in a panic of which nobody has learned.
pub(crate) fn ended_in_panic(thread: ThreadId) -> bool {
    with(|execution| execution.thread_mut(thread).has_secret_panic())
}

/// The running thread is the first of a process of its own.
pub(crate) fn found_process() {
    with(|execution| execution.found_process());
}

/// The thread with which the process of the running thread began.
pub(crate) fn process() -> ThreadId {
    with(|execution| execution.running_mut().process)
}

/// The thread with which the process of a thread began.
pub(crate) fn process_of(thread: ThreadId) -> ThreadId {
    with(|execution| execution.thread_mut(thread).process)
}

/// Whether the running thread has joined another, or knows of somebody who has.
pub(crate) fn has_joined(thread: ThreadId) -> bool {
    with(|execution| execution.has_joined(thread))
}

/// The share that the running thread gives the next one of several who own something together; `None` outside of an exploration.
///
/// It is another one each time, and follows from what the thread itself has done: who it is by the threads that started it,
/// each of them which of its parent's.
pub(crate) fn next_share() -> Option<u64> {
    fn next(execution: &mut Execution) -> u64 {
        let me = execution.running_mut();
        me.shares += 1;
        let (mut share, mut child) = (mix_check(CHECK_SEED, u64::from(me.shares)), execution.running);
        while let Some(parent) = execution.threads[child.index()].parent {
            let siblings =
                execution.threads.first(child.0).filter(|thread| thread.parent == Some(parent)).count();
            share = mix_check(share, siblings as u64);
            child = parent;
        }
        // An odd number: however often the same is given, it does not come to nothing.
        share | 1
    }
    is_active().then(|| with(next))
}

/// Keeps a value for a thread, which is dropped as its last deed.
pub(crate) fn set_local_of(thread: ThreadId, key: usize, value: Rc<dyn Any>) {
    with(|execution| execution.thread_mut(thread).locals.push((key, value)));
}
