//! Executions whose threads somebody else runs: another crate's scheduler, or the operating system.
//!
//! The threads are no fibers then. A [`Carrier`] starts them, decides whose turn it is, and performs what it has primitives of
//! its own for. All else stays as it is: objects are the same state machines, and steps, clocks and schedule are kept, so that
//! such an execution is a [`Trace`](crate::trace::Trace) like any other.
//!
//! ```text
//! arrive   what is it about to do?
//! carry    the carrier: others run; its own primitive, where it has one for that
//!          until it can be performed: rest, be woken
//! commit   as ever
//! ```
//!
//! An execution that is over is brought down by its own threads: each that is woken then unwinds, so that none of the carrier's
//! stacks is ever dropped with frames on it.

mod carrier;
mod state;

pub(crate) use super::fiber::Stage;
pub(crate) use super::panics::{install_over, text};
pub(crate) use carrier::{Carrier, Meeting};
pub(crate) use state::Carried;

use super::execution::{Execution, Mode};
use super::fiber::{self, Host};
use super::thread::{IDLE, Life};
use crate::base::{Action, Ending, Operation, ThreadAction, ThreadId};
use std::panic::Location;

/// Whether the caller is a thread of an execution, rather than whoever takes down what a thread has left.
pub(crate) fn is_living() -> bool {
    let is_gone = |execution: &mut Execution| {
        let running = execution.running;
        execution.carried.as_ref().is_none_or(|carried| carried.gone.contains(running))
    };
    fiber::on_fiber() || !fiber::with(is_gone)
}

/// How many choices the execution under way on this OS thread has made.
pub(crate) fn position() -> Option<u64> {
    fiber::host().map(|host| host.with(|execution| execution.position()))
}

/// Whether a thread of the execution under way on this OS thread is about to perform what is a choice.
pub(crate) fn has_arrived(thread: ThreadId) -> bool {
    let arrived = |execution: &mut Execution| execution.carried().arrived.contains(thread);
    fiber::host().is_some_and(|host| host.with(arrived))
}

/// The execution under way can be brought to no end.
#[cold]
pub(super) fn strand(why: &str) -> ! {
    let carrier = fiber::with(|execution| execution.carrier());
    carrier.strand(why)
}

/// The running thread has arrived at an operation: returns when it may be performed, and unwinds if it never may.
pub(super) fn carry(mut host: Host) {
    let execution = host.now();
    let me = execution.running;
    let operation = execution.threads[me.index()].pending;
    if execution.is_tearing_down() {
        return settle_join(host, me, &operation);
    }
    let carrier = execution.carrier();
    if execution.closes_at(&operation) {
        leave(host);
    }
    if execution.has_business() {
        wake_who_can(host, me, &*carrier);
        if host.now().takes_offer(me) {
            away(host, me, || carrier.pause(me));
        }
        // Others may have run, to the end. Then its guards are being let go, and it may no longer meet anything.
        if host.now().over.is_some() {
            leave(host);
        }
    }
    let execution = host.now();
    let meeting = execution.meeting(&operation);
    if operation.is_point() {
        execution.carried().arrived.insert(me);
    }
    let native = away(host, me, || carrier.meet(me, &meeting));
    if !host.now().may_perform(me) {
        wait_until_possible(host, me, &*carrier);
    }
    if let Some(mutex) = meeting.retakes() {
        away(host, me, || carrier.retake(me, mutex));
        // Others may have run again, and the execution may be over.
        wait_until_possible(host, me, &*carrier);
    }
    host.now().take_turn(me, &operation, native);
}

#[cold]
fn wait_until_possible(mut host: Host, me: ThreadId, carrier: &dyn Carrier) {
    loop {
        let execution = host.now();
        if execution.over.is_some() {
            leave(host);
        }
        if execution.may_perform(me) {
            return;
        }
        if execution.threads[me.index()].life != Life::Killed && execution.stands_still() {
            continue;
        }
        execution.sleep(me);
        away(host, me, || carrier.rest(me));
    }
}

/// In an execution that is over: waits until a thread has unwound, so that what it borrows outlives it.
fn settle_join(mut host: Host, me: ThreadId, operation: &Operation) {
    let Action::Thread(ThreadAction::Join { thread, .. }) = operation.action else { leave(host) };
    let carrier = host.now().carrier();
    wait_until_gone(host, me, thread, &*carrier);
}

fn wait_until_gone(mut host: Host, me: ThreadId, thread: ThreadId, carrier: &dyn Carrier) {
    while !host.now().is_gone(thread) {
        if !away(host, me, || carrier.wait_for(me, thread)) && !host.now().is_gone(thread) {
            host.now().carried().waiting.insert(me);
            away(host, me, || carrier.rest(me));
        }
    }
}

/// The running thread gives its turn away until the carrier gives it back.
fn away<R>(mut host: Host, me: ThreadId, call: impl FnOnce() -> R) -> R {
    host.now().carried().unsettled |= std::thread::panicking();
    // Others of this execution may run on the same OS thread.
    let _panics = fiber::set_aside();
    let result = call();
    host.now().running = me;
    result
}

/// The execution is over for the running thread: it unwinds.
#[cold]
pub(super) fn leave(mut host: Host) -> ! {
    let me = host.now().running;
    bring_down(host, me);
    if std::thread::panicking() {
        strand("a destructor that runs while its thread unwinds waits for what will never be");
    }
    wait_for_the_rest(host);
    fiber::unwind()
}

/// Waits until all threads younger than the running one have come to their ends: those of its scopes borrow what is on its
/// stack.
fn wait_for_the_rest(mut host: Host) {
    let me = host.now().running;
    let carrier = host.now().carrier();
    for thread in (me.0 + 1..host.now().live_threads).rev().map(ThreadId) {
        wait_until_gone(host, me, thread, &*carrier);
    }
}

/// The running thread starts another.
#[cold]
pub(super) fn start(mut host: Host, child: ThreadId, location: &'static Location<'static>) {
    let execution = host.now();
    let me = execution.running;
    if execution.is_tearing_down() {
        execution.threads[child.index()].life = Life::Finished;
        execution.note_gone(child);
        return fiber::drop_job(host, child);
    }
    execution.beget(child, location);
    // What it has done last may be no longer possible, which must not count as waiting.
    execution.threads[me.index()].pending = IDLE;
    let (carrier, stage) = (execution.carrier(), host.stage());
    if let Err(error) = away(host, me, || carrier.start(child, stage)) {
        let execution = host.now();
        execution.refuse(error);
        execution.note_gone(child);
        bring_down(host, me);
        fiber::drop_job(host, child);
        leave(host);
    }
    if host.now().over.is_some() {
        leave(host);
    }
}

/// The running thread's job has ended, one way or another.
pub(super) fn finish(mut host: Host) {
    let execution = host.now();
    let me = execution.running;
    let carrier = execution.carrier();
    if execution.is_to_settle() {
        away(host, me, || carrier.settle());
    }
    let execution = host.now();
    if execution.mode == Mode::Running {
        if execution.threads[me.index()].life != Life::Killed {
            let panicked = execution.note_exit(me);
            execution.note_gone(me);
            execution.note_end(me, panicked);
            execution.eager.clear();
        }
        if execution.over.is_some() || execution.stands_still() {
            bring_down(host, me);
        } else if execution.has_business() {
            wake_who_can(host, me, &*carrier);
        }
    }
    host.now().note_gone(me);
    wake_each(host, me, &*carrier, Execution::next_waiting);
}

/// The main thread has come to its end: waits until all others have, and drops what they have left.
pub(super) fn end(mut host: Host) {
    wait_for_the_rest(host);
    if host.now().mode == Mode::Running {
        // Who went last did not leave anybody to wait for.
        bring_down(host, ThreadId::MAIN);
    }
}

/// Wakes those whose operations have become possible.
#[cold]
fn wake_who_can(mut host: Host, me: ThreadId, carrier: &dyn Carrier) {
    if host.now().is_to_settle() {
        away(host, me, || carrier.settle());
    }
    wake_each(host, me, carrier, Execution::next_to_wake);
}

fn wake_each(
    mut host: Host,
    me: ThreadId,
    carrier: &dyn Carrier,
    next: fn(&mut Execution) -> Option<ThreadId>,
) {
    while let Some(thread) = next(host.now()) {
        away(host, me, || carrier.wake(thread));
    }
}

/// The execution is over: all threads are woken, to unwind.
fn bring_down(mut host: Host, me: ThreadId) {
    let execution = host.now();
    if execution.mode == Mode::TearingDown {
        return;
    }
    execution.over.get_or_insert(Ending::Finished);
    execution.begin_teardown();
    let carrier = execution.carrier();
    away(host, me, || carrier.let_go());
    wake_each(host, me, &*carrier, Execution::next_asleep);
}
