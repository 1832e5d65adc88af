//! The one door: a facade call becomes an [`Operation`], and is carried out here.
//!
//! Every function asks the exploration of this OS thread; where there is none, [`object`] says so and the facade falls back
//! to std.

use super::fiber::{self, with};
pub(crate) use super::fiber::{Claim, is_active, spawn};
use super::object::State;
use super::slot::Slot;
use crate::base::{Action, FOREVER, ObjectId, ObjectKind, Operation, Outcome, ThreadAction, ThreadId};
use std::any::Any;
use std::panic::Location;
use std::rc::Rc;

/// The object behind a slot, or `None` outside an exploration. On its first use in an execution it begins in the state that
/// `begin` gives.
#[inline(always)]
pub(crate) fn object(slot: &Slot, begin: impl FnOnce() -> (ObjectKind, State)) -> Option<ObjectId> {
    if !is_active() {
        return None;
    }
    Some(with(|execution| execution.object(slot, begin)))
}

/// Performs an operation: waits for the caller's turn, applies it and records it.
///
/// Unwinds instead when the execution is over.
#[inline(always)]
pub(crate) fn perform(operation: Operation, location: &'static Location<'static>) -> Outcome {
    if !with(|execution| execution.arrive(&operation, location)) {
        wait_for_turn();
    }
    with(|execution| execution.commit(operation, location))
}

/// Performs an operation on a slot's object.
#[inline(always)]
pub(crate) fn perform_on(object: ObjectId, action: Action, location: &'static Location<'static>) -> Outcome {
    perform(Operation::new(object, action), location)
}

/// Says what an operation just performed read or wrote, where only the facade knows.
#[inline(always)]
pub(crate) fn annotate(outcome: Outcome) {
    with(|execution| execution.annotate(outcome));
}

/// Attaches text to the operation just performed, when the engine keeps such notes; `text` is called only then, and must
/// not perform operations.
#[inline(always)]
pub(crate) fn note(text: impl FnOnce() -> String) {
    if with(|execution| execution.settings.notes) {
        let text = text();
        with(|execution| execution.add_note(text));
    }
}

/// The running virtual thread.
pub(crate) fn thread() -> ThreadId {
    with(|execution| execution.running)
}

/// Runs `f` on the name of a virtual thread of this execution; empty when it has none.
pub(crate) fn thread_name(thread: ThreadId) -> String {
    with(|execution| execution.thread_mut(thread).name.clone())
}

/// The number of the current execution, unique in the process.
pub(crate) fn epoch() -> u64 {
    with(|execution| execution.epoch())
}

/// Waits for the end of a thread. `false` when the time was up first.
pub(crate) fn join(thread: ThreadId, timeout: u64, location: &'static Location<'static>) -> bool {
    let join = Operation::free(Action::Thread(ThreadAction::Join { thread, timeout }));
    let over = with(|execution| timeout == FOREVER && execution.thread_mut(thread).is_over());
    let outcome =
        if over { with(|execution| execution.commit(join, location)) } else { perform(join, location) };
    outcome == Outcome::Done
}

/// The result of a thread has been taken: if it panicked, somebody has learned of it.
pub(crate) fn mark_delivered(thread: ThreadId) {
    with(|execution| execution.thread_mut(thread).delivered = true);
}

/// Nobody can ask for the thread's result any more; what there is of it is dropped.
pub(crate) fn detach(thread: ThreadId, epoch: u64) {
    if !is_active() || with(|execution| execution.epoch() != epoch) {
        return;
    }
    let pending = with(|execution| {
        let thread = execution.thread_mut(thread);
        thread.detached = true;
        if thread.is_over() { thread.packet.take_drop() } else { None }
    });
    if let Some(pending) = pending {
        pending.run();
    }
}

/// Whether the running virtual thread is unwinding.
#[inline(always)]
pub(crate) fn is_panicking() -> bool {
    std::thread::panicking() && with(|execution| execution.is_unwinding())
}

/// Whether the execution is over and its threads are being unwound.
#[inline(always)]
pub(crate) fn is_tearing_down() -> bool {
    is_active() && with(|execution| execution.is_tearing_down())
}

/// Lets others go first, after an operation (a yield, a sleep, a time-out) that a polling loop goes round on.
pub(crate) fn offer_turn(location: &'static Location<'static>) {
    with(|execution| execution.note_yield(location));
}

/// The running thread's virtual time in nanoseconds since the execution began.
pub(crate) fn now() -> u64 {
    with(|execution| execution.now())
}

/// The running thread's local under `key`; the first of that key wins.
pub(crate) fn local(key: usize) -> Option<Rc<dyn Any>> {
    with(|execution| execution.running_mut().locals.iter().find(|(k, _)| *k == key).map(|(_, v)| Rc::clone(v)))
}

/// Keeps a local for the running thread until its end.
pub(crate) fn set_local(key: usize, value: Rc<dyn Any>) {
    with(|execution| execution.running_mut().locals.push((key, value)));
}

/// Keeps a value as long as the execution, for an object whose facade may be a `static`; where it is kept.
pub(crate) fn keep_static(object: ObjectId, value: Box<dyn Any>) {
    with(|execution| execution.statics.push((object, Some(value))));
}

/// The address of the value kept for an object.
pub(crate) fn static_of(object: ObjectId) -> Option<*const dyn Any> {
    with(|execution| {
        let kept = execution.statics.iter().rev().find(|(o, _)| *o == object)?;
        kept.1.as_deref().map(std::ptr::from_ref)
    })
}

/// Takes back the value kept for an object.
pub(crate) fn take_static(object: ObjectId) -> Option<Box<dyn Any>> {
    with(|execution| execution.statics.iter_mut().rev().find(|(o, _)| *o == object)?.1.take())
}

#[inline(never)]
fn wait_for_turn() {
    if with(|execution| execution.is_stuck()) {
        give_up();
    }
    if std::thread::panicking() {
        return wait_unwinding();
    }
    fiber::switch();
}

/// A thread switched away from while it unwinds is marked, so that the others are not taken to unwind.
#[cold]
fn wait_unwinding() {
    let waiter = with(|execution| execution.mark_unwinding());
    fiber::switch_while_unwinding();
    with(|execution| execution.unmark_unwinding(waiter));
}

/// The execution is over and the operation would wait for ever.
#[cold]
fn give_up() {
    if fiber::on_fiber() {
        fiber::abandon();
    }
    std::panic::resume_unwind(Box::new(()));
}
