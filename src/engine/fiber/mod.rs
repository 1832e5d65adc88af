//! Fibers: where virtual threads run, and the only home of unsafe switching.
//!
//! A fiber is a coroutine on a pooled stack that runs one job after another. The loop that resumes them (the *hub*) runs
//! on the OS thread's own stack. What a running fiber and the hub share, the [`Execution`], is reached through a
//! thread-local pointer for the time of one closure, never across a switch, so that no two references to it ever live
//! at once.
//!
//! A fiber that gives the turn away resumes the next one itself, on top of it, unless that one is further down already;
//! then it suspends, and so does everybody in between:
//!
//! ```text
//! hub -> a             a gives the turn to b      a resumes b
//! hub -> a -> b        b gives the turn to c      b resumes c
//! hub -> a -> b -> c   c gives the turn to a      c suspends, b suspends, a goes on
//! hub -> a             nobody is next             a suspends, the hub goes on
//! ```
//!
//! No fiber suspends without having been resumed, so that there are never more of these half switches than through the hub
//! alone, and between two threads there are half as many.
//!
//! What is unsafe here, and why it is sound:
//! - [`with`] makes `&mut Execution` from a raw pointer: only code of this crate's engine runs inside the closure, it never
//!   calls the model and never switches.
//! - A [`Packet`] holds a value whose type is known only to the caller; each `put` is paired with one `take` of the type.
//! - A fiber abandoned in the middle (its thread cannot be unwound) is reset: its frames never run again. Their contents
//!   leak; the stack does not. References into that stack belong to scoped threads. That is the end of the execution, in which
//!   nobody starts any more, so that the stack is not used again before they are torn down.
//! - A [counter of panics](panic_count) is reset like that when its OS thread ends. Its stack is nobody else's business.

mod carried;
mod escape;
mod job;
mod overflow;
mod packet;
mod panic_count;
mod pool;

pub(crate) use carried::{Carriage, Stage, is_carried, trace_so_far};
pub(crate) use escape::{learn, leave_hook};
pub(crate) use job::{Claim, drop_job, spawn};
pub(crate) use packet::{Packet, PendingDrop};
pub(crate) use panic_count::set_aside;
pub(crate) use pool::{FiberRef, Pool};

use super::execution::Execution;
use super::panics;
use crate::base::ThreadId;
use corosensei::Yielder;
use corosensei::trap::CoroutineTrapHandler;
use std::cell::{Cell, UnsafeCell};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;

thread_local! {
    static HOST: Cell<*mut Execution> = const { Cell::new(ptr::null_mut()) };
    /// The fiber that runs.
    static FIBER: Cell<Option<FiberRef>> = const { Cell::new(None) };
}

/// The payload that unwinds a thread whose execution is over, or that ends itself.
pub(super) struct Torn;

/// Whether an exploration runs on this OS thread.
#[inline(always)]
pub(crate) fn is_active() -> bool {
    !HOST.get().is_null()
}

/// Whether the caller runs on a fiber.
pub(crate) fn on_fiber() -> bool {
    FIBER.get().is_some()
}

/// Runs `f` on the execution of this OS thread.
///
/// # Panics
///
/// When there is none. `f` must neither call the model nor switch nor call `with`.
#[inline(always)]
pub(crate) fn with<R>(f: impl FnOnce(&mut Execution) -> R) -> R {
    let host = HOST.get();
    assert!(!host.is_null(), "no exploration runs on this OS thread");
    // SAFETY: `host` was set by `Hub::enter` to an execution that outlives it and is unset before that ends. It belongs to
    // this OS thread alone, and `f` does not call `with` again, so no other reference to it is live.
    f(unsafe { &mut *host })
}

/// The execution of this OS thread, found once for the several things that a facade call asks of it.
///
/// For use within one call: an exploration does not end while one of its own threads is inside the facade.
#[derive(Clone, Copy)]
pub(crate) struct Host(ptr::NonNull<Execution>);

/// The execution of this OS thread, if there is one.
#[inline(always)]
pub(crate) fn host() -> Option<Host> {
    ptr::NonNull::new(HOST.get()).map(Host)
}

impl Host {
    /// As [`with`].
    #[inline(always)]
    pub(crate) fn with<R>(mut self, f: impl FnOnce(&mut Execution) -> R) -> R {
        f(self.now())
    }

    /// The execution for one call, under the conditions of [`with`]: it neither calls the model nor switches. A closure is not
    /// always inlined; this is.
    #[inline(always)]
    pub(crate) fn now(&mut self) -> &mut Execution {
        // SAFETY: as in `with`; after a switch it is the same execution, because a fiber stays on its OS thread.
        unsafe { self.0.as_mut() }
    }
}

/// Gives the turn to the thread that the execution has chosen; returns when it is the caller's turn again.
///
/// Unwinds when the execution is over instead.
#[inline(always)]
pub(crate) fn switch(mut host: Host) {
    pass(host);
    if host.now().is_tearing_down() {
        unwind();
    }
}

/// As [`switch`], for a thread that is unwinding already and so cannot be unwound once more.
#[cold]
pub(crate) fn switch_while_unwinding(mut host: Host) {
    let panics = set_aside();
    pass(host);
    if host.now().is_tearing_down() {
        panics.forget();
        abandon();
    }
    drop(panics);
}

/// Ends the calling fiber here and now, without unwinding it.
pub(crate) fn abandon() -> ! {
    if is_carried() {
        super::carried::strand("a destructor has panicked while its thread unwound");
    }
    if let Some(fiber) = FIBER.get() {
        with(|execution| execution.lose_fiber_by(Errand::Abandoned, fiber));
        fiber.suspend();
    }
    unreachable!("an abandoned fiber is never resumed")
}

/// Ends the calling thread by unwinding it, which nobody is told of.
#[cold]
pub(crate) fn unwind() -> ! {
    resume_unwind(Box::new(Torn))
}

/// Lets the fiber run whose turn it is, until it is the caller's turn.
#[inline(always)]
fn pass(mut host: Host) {
    let me = FIBER.get().expect("only a fiber can be switched away from");
    loop {
        let next = host.now().next;
        match next {
            Some(next) if next == me => return,
            Some(next) if !next.is_up() => {
                if next.resume() {
                    overflowed(host);
                }
                FIBER.set(Some(me));
            }
            // Whoever is resumed is so because it is its turn, or to be unwound.
            _ => return me.suspend(),
        }
    }
}

/// The running fiber's trap handler, if `address` is in its guard page.
fn trap_at(address: usize) -> Option<CoroutineTrapHandler<()>> {
    FIBER.get()?.trap_at(address)
}

/// What a fiber does: one job after another; each resumption after a job's end brings the next.
fn body(yielder: &Yielder<(), ()>) {
    let me = FIBER.get().expect("set by whoever has resumed this fiber");
    // A fiber serves one execution only, that of its pool.
    let mut host = host().expect("a fiber runs inside an exploration");
    me.set_yielder(yielder);
    let serve = || -> Infallible {
        loop {
            if let Some(run) = host.now().running_mut().packet.take_run() {
                // SAFETY: stored together with the job, which nobody else takes.
                unsafe { run(host) };
            }
            host.now().finish_running();
            me.suspend();
        }
    };
    // What the model panics with ends with its job. This is the strategy, or the engine; it must not get to whoever has resumed
    // this fiber, who would never set right what says who runs.
    let Err(payload) = catch_unwind(AssertUnwindSafe(serve));
    let report = panics::take_report(&*payload);
    with(|execution| execution.break_off(report));
    me.suspend();
    unreachable!("an execution that was broken off is not gone on with")
}

/// What only the hub can do, because no fiber may be below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// The thread whose turn it is needs a fiber, and none is free.
    Grow,
    /// The running thread's stack has overflowed: the signal handler has cut its fiber off.
    Overflowed,
    /// The running thread's fiber has given itself up.
    Abandoned,
}

/// The loop that resumes fibers.
pub(crate) struct Hub {
    execution: Box<UnsafeCell<Execution>>,
}

impl Hub {
    pub(crate) fn new(execution: Execution) -> Self {
        panics::install();
        overflow::install();
        Hub { execution: Box::new(UnsafeCell::new(execution)) }
    }

    /// The execution, while no fiber runs.
    pub(crate) fn execution(&mut self) -> &mut Execution {
        self.execution.get_mut()
    }

    pub(crate) fn into_execution(self) -> Execution {
        self.execution.into_inner()
    }

    /// Runs `model` as the main thread, and all that it spawns, until the execution is over; then tears down what is left.
    ///
    /// # Panics
    ///
    /// When the strategy has, or the engine, between two operations of the model. There is no going on from there.
    pub(crate) fn run<F: Fn()>(&mut self, model: &F) {
        assert!(HOST.get().is_null(), "explorations do not nest: a model must not explore another one");
        // Somebody may explore while he unwinds.
        let _panics = set_aside();
        HOST.set(self.execution.get());
        let leave = Leave;
        with(|execution| {
            let main = execution.add_thread("", false);
            execution.thread_mut(main).packet.put_job(model, job::run_job::<&F, ()>);
            execution.start_main();
        });
        drive();
        if let Some(report) = with(|execution| execution.broken.take()) {
            drop(leave);
            panic!("{} ({})", report.message, report.location);
        }
        tear_down();
    }
}

fn drive() {
    let mut host = host().expect("set by `run`");
    loop {
        let next = host.now().next;
        match next {
            Some(fiber) => resume(fiber),
            None if host.now().has_errand() => run_errand(),
            None => break,
        }
    }
    FIBER.set(None);
}

#[inline(always)]
fn resume(fiber: FiberRef) {
    if fiber.resume() {
        overflowed(host().expect("a fiber runs inside an exploration"));
    }
}

/// The fiber that ran last has been cut off.
#[cold]
fn overflowed(host: Host) {
    let fiber = FIBER.get().expect("nobody else has been resumed since");
    host.with(|execution| execution.lose_fiber_by(Errand::Overflowed, fiber));
}

#[cold]
fn run_errand() {
    FIBER.set(None);
    let lost = with(|execution| match execution.take_errand() {
        Some(Errand::Grow) => {
            match execution.pool.grow() {
                true => execution.start_running(),
                false => execution.end_unstarted(),
            }
            false
        }
        Some(errand) => {
            execution.end_lost(errand);
            true
        }
        None => false,
    });
    if lost {
        panics::rebalance();
    }
}

/// Unwinds the threads that have not ended, the youngest first, so that what scoped threads borrow outlives them.
fn tear_down() {
    let threads = with(|execution| execution.begin_teardown());
    take_down(threads);
}

/// Unwinds whoever of so many threads has not ended, and drops what is left of all.
fn take_down(threads: u32) {
    if !with(|execution| execution.has_leftovers()) {
        return;
    }
    for thread in (0..threads).rev().map(ThreadId) {
        if let Some(fiber) = with(|execution| execution.prepare_teardown(thread)) {
            resume(fiber);
            FIBER.set(None);
            if with(|execution| execution.has_errand()) {
                run_errand();
            }
        }
        drop_left(thread);
    }
    with(|execution| execution.statics.forget());
    with(Execution::end_teardown);
}

/// Drops what a thread has left behind: its locals, and a result that nobody has taken.
fn drop_left(thread: ThreadId) {
    let locals = with(|execution| std::mem::take(&mut execution.thread_mut(thread).locals));
    panics::quietly(|| drop(locals));
    if let Some(result) = with(|execution| execution.thread_mut(thread).packet.take_drop()) {
        drop_result(result);
    }
}

fn drop_result(result: PendingDrop) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| result.run())) {
        let report = panics::take_report(&*payload);
        with(|execution| execution.note_panic(report));
        panics::dispose(payload);
    }
}

/// Unsets the thread-local pointer, also when the hub unwinds.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        HOST.set(ptr::null_mut());
        FIBER.set(None);
    }
}
