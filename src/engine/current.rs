//! The one door: a facade call becomes an [`Operation`], and is carried out here.
//!
//! Every function asks the exploration of this OS thread; where there is none, [`object`] says so and the facade falls back
//! to std.

pub(crate) use super::belongings::{Belongs, of_execution};
use super::carried;
pub(crate) use super::carried::is_living;
use super::execution::Arrival;
use super::fiber::{self, Host, with};
pub(crate) use super::fiber::{Claim, host, is_active, spawn};
use super::hot::Hot;
pub(crate) use super::output::print_whole_lines;
pub(crate) use super::output::{print, write};
pub(crate) use super::pointers::{
    PointerSteps, begin_destructor, end_destructor, end_watched, knows_pointer, look_at_count, pointer_steps,
    pointer_unique, weak_dropped,
};
use super::slot::Slot;
pub(crate) use super::statics::{Erased, keep_static, remove_static, static_of, take_static};
pub(crate) use super::threads::{
    detach_running, ended_in_panic, found_process, has_joined, inherit_panic, is_daemon, leave_thread,
    mark_delivered, next_share, process, process_of, rename_thread, set_local_of, take_panic, thread_count,
    thread_name,
};
use crate::base::object::State;
use crate::base::{Action, FOREVER, Name, ObjectId, ObjectKind, Operation, Outcome, ThreadAction, ThreadId};
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

/// The reference-counted allocation at `address`, of which many pointers may know, each with a slot.
pub(crate) fn pointer(slot: &Slot, address: usize) -> Option<ObjectId> {
    is_active().then(|| with(|execution| execution.pointer(slot, address)))
}

/// A reference-counted allocation has been made.
#[inline(always)]
pub(crate) fn pointer_made(address: usize) {
    if is_active() {
        with(|execution| execution.pointer_made(address));
    }
}

/// One of several pointers to an allocation goes.
#[inline]
pub(crate) fn pointer_dropped(address: usize) {
    with(|execution| execution.pointer_dropped(address));
}

/// The caller has the only pointer to an allocation.
#[inline]
pub(crate) fn pointer_alone(address: usize) {
    with(|execution| execution.pointer_alone(address));
}

/// The only pointer to an allocation goes, and no weak one is left.
#[inline]
pub(crate) fn pointer_gone(address: usize) {
    with(|execution| execution.pointer_gone(address));
}

/// Gives an object its name after its first use.
pub(crate) fn rename(object: ObjectId, name: Name) {
    with(|execution| execution.object_mut(object).name = name);
}

/// Performs an operation: waits for the caller's turn, applies it and records it.
///
/// Unwinds instead when the execution is over.
#[inline(never)]
pub(crate) fn perform(operation: Operation, location: &'static Location<'static>) -> Outcome {
    let mut host = fiber::host().expect("an operation is performed only inside an exploration");
    match host.now().arrive(&operation, location) {
        Arrival::Go => {}
        Arrival::Switch => fiber::switch(host),
        arrival => wait(host, arrival),
    }
    host.now().commit(operation, location)
}

/// As [`perform`], for an operation known by its type.
#[inline(always)]
pub(crate) fn perform_hot<H: Hot>(
    object: ObjectId,
    hot: H,
    location: &'static Location<'static>,
) -> H::Answer {
    perform_in(fiber::host().expect("an object is known only inside an exploration"), object, hot, location)
}

/// As [`perform_hot`], inside an exploration as the caller has seen.
#[inline(always)]
pub(crate) fn perform_in<H: Hot>(
    mut host: Host,
    object: ObjectId,
    hot: H,
    location: &'static Location<'static>,
) -> H::Answer {
    if let Some(answer) = host.now().perform_quickly(object.index(), hot, location) {
        return answer;
    }
    if !H::MAY_BLOCK
        && host.now().many_threads
        && let Some(answer) = perform_again(host, object, hot, location)
    {
        return answer;
    }
    perform_slowly(host, object, hot, location)
}

/// A facade object that [`meet_hot`] knows.
pub(crate) trait Met {
    fn slot(&self) -> &Slot;

    /// What it is, and what it begins with in an execution.
    fn begin(&self) -> (ObjectKind, State);
}

/// Performs an operation known by its type on the object behind a slot; `None` outside an exploration.
#[inline(always)]
pub(crate) fn meet_hot<H: Hot>(
    met: &(impl Met + ?Sized),
    hot: H,
    location: &'static Location<'static>,
) -> Option<(ObjectId, H::Answer)> {
    let mut host = fiber::host()?;
    let place = met.slot().place(host.now().epoch());
    if let Some(answer) = host.now().perform_quickly(place, hot, location) {
        return Some((ObjectId(place as u32), answer));
    }
    Some(meet_slowly(host, met, hot, location))
}

/// As [`meet_hot`], when it is not to be performed at once. Out of line, because calls and switches save registers.
#[inline(never)]
fn meet_slowly<H: Hot>(
    mut host: Host,
    met: &(impl Met + ?Sized),
    hot: H,
    location: &'static Location<'static>,
) -> (ObjectId, H::Answer) {
    let object = host.now().object(met.slot(), || met.begin());
    (object, wait_and_perform(host, object, hot, location))
}

/// What a thread does over and over under a lock, with so many others around that there is no shorter way.
#[inline(never)]
fn perform_again<H: Hot>(
    mut host: Host,
    object: ObjectId,
    hot: H,
    location: &'static Location<'static>,
) -> Option<H::Answer> {
    host.now().perform_protected::<H, true>(object, hot, location)
}

#[inline(never)]
fn perform_slowly<H: Hot>(
    host: Host,
    object: ObjectId,
    hot: H,
    location: &'static Location<'static>,
) -> H::Answer {
    wait_and_perform(host, object, hot, location)
}

#[inline(always)]
fn wait_and_perform<H: Hot>(
    mut host: Host,
    object: ObjectId,
    hot: H,
    location: &'static Location<'static>,
) -> H::Answer {
    if let Some(answer) = host.now().perform_protected::<H, false>(object, hot, location) {
        return answer;
    }
    if !host.now().goes_on(object, hot) {
        match host.now().arrive_hot(object, hot, location) {
            Arrival::Go => {}
            Arrival::Switch => fiber::switch(host),
            arrival => wait(host, arrival),
        }
    }
    host.now().commit_hot(object, hot, location)
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

/// The number of the current execution, unique in the process.
pub(crate) fn epoch() -> u64 {
    with(|execution| execution.epoch().number())
}

/// Waits for the end of a thread. `false` when the time was up first.
pub(crate) fn join_within(thread: ThreadId, timeout: u64, location: &'static Location<'static>) -> bool {
    if timeout == FOREVER {
        join(thread, location);
        return true;
    }
    let join = Operation::free(Action::Thread(ThreadAction::Join { thread, timeout }));
    perform(join, location) == Outcome::Done
}

/// Waits for the end of a thread.
#[inline]
pub(crate) fn join(thread: ThreadId, location: &'static Location<'static>) {
    let mut host = fiber::host().expect("a thread is known only inside an exploration");
    if host.now().has_to_wait_for(thread) {
        wait_for_end(host, thread, location);
    }
    host.now().commit_join(thread, location);
}

#[inline(never)]
fn wait_for_end(mut host: Host, thread: ThreadId, location: &'static Location<'static>) {
    match host.now().arrive_joining(thread, location) {
        Arrival::Go => {}
        Arrival::Switch => fiber::switch(host),
        arrival => wait(host, arrival),
    }
}

/// Nobody can ask for the thread's result any more; what there is of it is dropped.
pub(crate) fn detach(thread: ThreadId, epoch: u64) {
    if !is_active() || with(|execution| execution.epoch().number() != epoch) {
        return;
    }
    let pending = with(|execution| execution.detach(thread));
    if let Some((pending, joined)) = pending {
        let steps = steps();
        pending.run();
        with(|execution| execution.pointers.result_acted |= !joined && execution.offset() > steps);
    }
}

/// The value of an atomic whose only user is the caller, so that reading it is no step.
pub(crate) fn atomic_value(object: ObjectId) -> u64 {
    with(|execution| match &execution.object_mut(object).state {
        State::Atomic(atomic) => atomic.value(),
        _ => unreachable!("called for atomics only"),
    })
}

/// Whether the lock behind a slot is poisoned, for one who has it to himself, so that asking is no step; `None` where this
/// execution has not met it.
pub(crate) fn is_poisoned(slot: &Slot) -> Option<bool> {
    let met =
        || with(|execution| Some(execution.object_mut(slot.number(execution.epoch())?).state.is_poisoned()));
    if is_active() { met() } else { None }
}

/// Whether the execution is over and its threads are being unwound.
#[inline(always)]
pub(crate) fn is_tearing_down() -> bool {
    is_active() && with(|execution| execution.is_tearing_down())
}

/// How many steps the execution has performed: unchanged, nobody has done anything.
pub(crate) fn steps() -> u32 {
    with(|execution| execution.offset())
}

/// Begins a round of an endless loop, given whether the one before did what the loop is for; whether that did nothing at all.
pub(crate) fn begin_round(fruitful: bool, location: &'static Location<'static>) -> bool {
    with(|execution| execution.begin_round(fruitful, location))
}

/// Whether endless loops are followed however often they go round.
pub(crate) fn goes_on_for_ever() -> bool {
    with(|execution| execution.settings.endless)
}

/// The caller would go round an endless loop for ever, and is not followed any further.
pub(crate) fn go_on(location: &'static Location<'static>) -> ! {
    perform(Operation::free(Action::Thread(ThreadAction::GoOn)), location);
    unreachable!("nobody is ever let go on for ever")
}

/// Lets others go first, after an operation (a yield, a sleep, a time-out) that a polling loop goes round on.
pub(crate) fn offer_turn(location: &'static Location<'static>) {
    with(|execution| execution.note_yield(location));
}

/// [Offers the turn](offer_turn) if the time for an operation was up.
pub(crate) fn offer_turn_if_late(outcome: Outcome, location: &'static Location<'static>) {
    if outcome == Outcome::TimedOut {
        offer_turn(location);
    }
}

/// The running thread's virtual time in nanoseconds since the execution began.
pub(crate) fn now() -> u64 {
    with(|execution| execution.now())
}

/// The running thread's local under `key`; the first of that key wins.
pub(crate) fn local(key: usize) -> Option<Rc<dyn Any>> {
    with(|execution| {
        execution.running_mut().locals.iter().find(|(k, _)| *k == key).map(|(_, v)| Rc::clone(v))
    })
}

/// Keeps a local for the running thread until its end.
pub(crate) fn set_local(key: usize, value: Rc<dyn Any>) {
    with(|execution| execution.running_mut().locals.push((key, value)));
}

/// The waits that are not a plain switch.
#[cold]
fn wait(host: Host, arrival: Arrival) {
    if arrival == Arrival::SwitchUnwinding {
        return fiber::switch_while_unwinding(host);
    }
    if arrival == Arrival::Carried {
        return carried::carry(host);
    }
    give_up()
}

/// The execution is over, and what the caller waits for will never be: its fiber ends here.
#[cold]
pub(crate) fn give_up() -> ! {
    if fiber::on_fiber() {
        fiber::abandon();
    }
    if let Some(host) = fiber::host() {
        carried::leave(host);
    }
    std::panic::resume_unwind(Box::new(()))
}
