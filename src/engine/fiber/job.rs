//! Jobs: what a fiber runs for a virtual thread, and the claim on its result.

use super::{Torn, is_active, switch, with};
use crate::base::ThreadId;
use crate::engine::execution::Execution;
use crate::engine::panics;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

/// A typed claim on the result of a virtual thread.
pub(crate) struct Claim<T> {
    pub(crate) thread: ThreadId,
    pub(crate) epoch: u64,
    result: PhantomData<fn() -> T>,
}

impl<T> Claim<T> {
    /// Takes the result of a thread that has ended; `None` if it has none to give (torn down, or taken).
    pub(crate) fn take(&self) -> Option<std::thread::Result<T>> {
        let stands =
            |e: &mut Execution| e.epoch() == self.epoch && e.thread_mut(self.thread).packet.holds_result();
        if !is_active() || !with(stands) {
            return None;
        }
        // SAFETY: a claim of `T` is made by `spawn` only, for the thread whose job stores a `Result<T>`, and the packet holds
        // the result of that job.
        let take = |e: &mut Execution| unsafe { e.thread_mut(self.thread).packet.take() };
        Some(with(take))
    }
}

/// Starts a virtual thread and runs it up to its first operation.
pub(crate) fn spawn<F, T>(name: &str, daemon: bool, location: &'static Location<'static>, job: F) -> Claim<T>
where
    F: FnOnce() -> T,
{
    let (thread, epoch) = with(|execution| {
        let thread = execution.add_thread(name, daemon);
        execution.thread_mut(thread).packet.put_job(job, run_job::<F, T>);
        (thread, execution.epoch())
    });
    if with(|execution| execution.start(thread, location)) {
        switch();
    } else if let Some(job) = with(|execution| execution.thread_mut(thread).packet.take_drop()) {
        // Everything is being torn down and the thread never runs: a claim must not take its job for its result.
        job.run();
    }
    Claim { thread, epoch, result: PhantomData }
}

/// Takes the job from the running thread's packet, runs it and leaves its result there.
///
/// # Safety
///
/// The packet of the running thread must hold an `F`.
pub(super) unsafe fn run_job<F: FnOnce() -> T, T>() {
    // SAFETY: as this function demands.
    let job: F = with(|execution| unsafe { execution.running_mut().packet.take() });
    let result = catch_unwind(AssertUnwindSafe(|| {
        let value = job();
        drop_locals();
        value
    }));
    let result = match result {
        Err(payload) if payload.is::<Torn>() => {
            // Already unwound; what is left of its thread-locals goes without a say.
            let _ = catch_unwind(AssertUnwindSafe(drop_locals));
            return;
        }
        Err(payload) => {
            let report = panics::take_report(&*payload);
            with(|execution| execution.note_panic(report));
            let _ = catch_unwind(AssertUnwindSafe(drop_locals));
            Err(payload)
        }
        Ok(value) => Ok(value),
    };
    let detached = with(|execution| {
        let thread = execution.running_mut();
        if thread.detached {
            Some(result)
        } else {
            thread.packet.put::<std::thread::Result<T>>(result);
            None
        }
    });
    // The result of a thread that nobody can join is dropped as the thread's last deed, on its own stack.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(detached)));
}

/// Destroys the running thread's locals, youngest first; destructors may make new ones.
fn drop_locals() {
    while let Some(local) = with(|execution| execution.running_mut().locals.pop()) {
        drop(local);
    }
}
