//! Jobs: what a fiber runs for a virtual thread, and the claim on its result.

use super::{Host, Torn, host, switch, switch_while_unwinding};
use crate::base::ThreadId;
use crate::engine::execution::Execution;
use crate::engine::{carried, output, panics};
use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::thread::{Result, panicking};

/// A typed claim on the result of a virtual thread.
pub(crate) struct Claim<T> {
    pub(crate) thread: ThreadId,
    pub(crate) epoch: u64,
    result: PhantomData<fn() -> T>,
}

impl<T> Claim<T> {
    /// Takes the result of a thread that has ended; `None` if it has none to give (torn down, or taken).
    #[inline]
    pub(crate) fn take(&self) -> Option<Result<T>> {
        let mut host = host()?;
        let execution = host.now();
        if execution.epoch().number() != self.epoch
            || !execution.thread_mut(self.thread).packet.holds_result()
        {
            return None;
        }
        // SAFETY: a claim of `T` is made by `spawn` only, for the thread whose job stores a `Result<T>`, and the packet holds
        // the result of that job.
        Some(unsafe { execution.thread_mut(self.thread).packet.take() })
    }
}

/// Starts a virtual thread and runs it up to its first operation.
#[inline]
pub(crate) fn spawn<F, T>(name: &str, daemon: bool, location: &'static Location<'static>, job: F) -> Claim<T>
where
    F: FnOnce() -> T,
{
    let mut host = host().expect("a virtual thread is started only inside an exploration");
    let execution = host.now();
    let thread = execution.add_thread(name, daemon);
    execution.thread_mut(thread).packet.put_job(job, run_job::<F, T>);
    let epoch = execution.epoch().number();
    if execution.carried.is_some() {
        carried::start(host, thread, location);
    } else if execution.start(thread, location) {
        if panicking() { switch_while_unwinding(host) } else { switch(host) }
    } else {
        drop_job(host, thread);
    }
    Claim { thread, epoch, result: PhantomData }
}

/// Everything is being torn down and the thread never runs: a claim must not take its job for its result.
#[cold]
pub(crate) fn drop_job(host: Host, thread: ThreadId) {
    if let Some(job) = host.with(|execution| execution.thread_mut(thread).packet.take_drop()) {
        job.run();
    }
}

/// Takes the job from the running thread's packet, runs it and leaves its result there.
///
/// # Safety
///
/// The packet of the running thread must hold an `F`.
pub(super) unsafe fn run_job<F: FnOnce() -> T, T>(mut host: Host) {
    // SAFETY: as this function demands.
    let job: F = unsafe { host.now().running_mut().packet.take() };
    let run = move || {
        let value = job();
        if !host.now().running_mut().locals.is_empty() {
            drop_locals(host);
        }
        output::leave(host);
        value
    };
    let result = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(value) => Ok(value),
        Err(payload) if ends_in_panic(host, &*payload) => Err(payload),
        Err(_) => return,
    };
    if let Some(result) = leave_result(host.now(), result) {
        // The result of a thread that nobody can join is dropped as the thread's last deed, on its own stack.
        let steps = host.now().steps.len();
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(result))) {
            ends_in_panic(host, &*payload);
            panics::dispose(payload);
        }
        host.now().pointers.result_acted |= host.now().steps.len() > steps;
    }
}

/// Leaves the running thread's result in its packet; gives it back if nobody can ask for it.
#[inline(always)]
fn leave_result<T>(execution: &mut Execution, result: Result<T>) -> Option<Result<T>> {
    let thread = execution.running_mut();
    if thread.detached {
        return Some(result);
    }
    thread.packet.put(result);
    None
}

/// Sees to a thread that has unwound; whether by a panic of its own.
#[cold]
fn ends_in_panic(host: Host, payload: &(dyn Any + Send)) -> bool {
    let report = (!payload.is::<Torn>()).then(|| panics::take_report(payload));
    // Of one torn down, what is left of its thread-locals goes without a say. Whoever waits for its end waits for theirs.
    panics::quietly(|| drop_locals(host));
    let Some(report) = report else { return false };
    host.with(|execution| execution.note_panic(report));
    true
}

/// Destroys the running thread's locals, youngest first; destructors may make new ones.
#[cold]
fn drop_locals(host: Host) {
    while let Some(local) = host.with(|execution| execution.running_mut().locals.pop()) {
        drop(local);
    }
}
