//! Fibers: where virtual threads run, and the only home of unsafe switching.
//!
//! A fiber is a coroutine on a pooled stack that runs one job after another. The loop that resumes them (the *hub*) runs
//! on the OS thread's own stack. What a running fiber and the hub share, the [`Execution`], is reached through a
//! thread-local pointer for the time of one closure, never across a switch, so that no two references to it ever live
//! at once.
//!
//! What is unsafe here, and why it is sound:
//! - [`with`] makes `&mut Execution` from a raw pointer: only code of this crate's engine runs inside the closure, it never
//!   calls the model and never switches.
//! - A [`Packet`] holds a value whose type is known only to the caller; each `put` is paired with one `take` of the type.
//! - A fiber abandoned in the middle (its thread cannot be unwound) is reset: its frames never run again. Their contents
//!   leak; the stack does not. References into that stack belong to scoped threads, which have larger numbers and are
//!   torn down before it.

mod escape;
mod job;
mod overflow;
mod packet;

pub(crate) use escape::{learn, leave_hook};
pub(crate) use job::{Claim, spawn};
pub(crate) use packet::Packet;

use super::execution::{Arrival, Execution};
use super::hot::Hot;
use super::panics;
use super::slot::Slot;
use crate::base::object::State;
use crate::base::{ObjectId, ObjectKind, Outcome, ThreadId};
use corosensei::stack::DefaultStack;
use corosensei::trap::CoroutineTrapHandler;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use packet::PendingDrop;
use std::cell::{Cell, UnsafeCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::ptr;

thread_local! {
    static HOST: Cell<*mut Execution> = const { Cell::new(ptr::null_mut()) };
    static FIBER: Cell<*const FiberInfo> = const { Cell::new(ptr::null()) };
}

/// The payload that unwinds a thread whose execution is over.
pub(super) struct Torn;

/// Whether an exploration runs on this OS thread.
#[inline(always)]
pub(crate) fn is_active() -> bool {
    !HOST.get().is_null()
}

/// Whether the caller runs on a fiber.
pub(crate) fn on_fiber() -> bool {
    !FIBER.get().is_null()
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
    /// See [`Execution::object`].
    #[inline(always)]
    pub(crate) fn object(mut self, slot: &Slot, begin: impl FnOnce() -> (ObjectKind, State)) -> ObjectId {
        // SAFETY: as in `with`.
        unsafe { self.0.as_mut() }.object(slot, begin)
    }

    /// See [`Execution::arrive_hot`].
    #[inline(always)]
    pub(crate) fn arrive_hot<H: Hot>(
        mut self,
        object: ObjectId,
        hot: H,
        place: &'static Location<'static>,
    ) -> Arrival {
        // SAFETY: as in `with`.
        unsafe { self.0.as_mut() }.arrive_hot(object, hot, place)
    }

    /// See [`Execution::commit_hot`].
    #[inline(always)]
    pub(crate) fn commit_hot<H: Hot>(
        mut self,
        object: ObjectId,
        hot: H,
        place: &'static Location<'static>,
    ) -> Outcome {
        // SAFETY: as in `with`; after a switch it is the same execution, because a fiber stays on its OS thread.
        unsafe { self.0.as_mut() }.commit_hot(object, hot, place)
    }
}

/// Gives the turn to the thread that the execution has chosen; returns when it is the caller's turn again.
///
/// Unwinds when the execution is over instead.
#[inline(always)]
pub(crate) fn switch() {
    suspend();
    if with(|execution| execution.is_tearing_down()) {
        unwind();
    }
}

/// As [`switch`], for a thread that is unwinding already and so cannot be unwound once more.
#[cold]
pub(crate) fn switch_while_unwinding() {
    suspend();
    if with(|execution| execution.is_tearing_down()) {
        abandon();
    }
}

/// Ends the calling fiber here and now, without unwinding it.
pub(crate) fn abandon() -> ! {
    with(|execution| execution.note_abandoned());
    suspend();
    unreachable!("an abandoned fiber is never resumed")
}

#[cold]
fn unwind() -> ! {
    resume_unwind(Box::new(Torn))
}

#[inline(always)]
fn suspend() {
    let fiber = FIBER.get();
    assert!(!fiber.is_null(), "only a fiber can be switched away from");
    // SAFETY: set by the hub to the fiber that it resumes, whose info is boxed and lives as long as its coroutine, and
    // whose yielder was stored by its own first lines.
    unsafe { (*(*fiber).yielder.get()).suspend(()) }
}

/// What is known of a fiber while it runs. Boxed, so that its address stays.
pub(crate) struct FiberInfo {
    yielder: Cell<*const Yielder<(), ()>>,
    trap: CoroutineTrapHandler<()>,
    guard: std::ops::Range<usize>,
}

impl FiberInfo {
    /// The running fiber's trap handler, if `address` is in its guard page.
    fn trap_at(address: usize) -> Option<CoroutineTrapHandler<()>> {
        let fiber = FIBER.get();
        if fiber.is_null() {
            return None;
        }
        // SAFETY: as in `suspend`; only plain fields are read, which is fit for a signal handler.
        let info = unsafe { &*fiber };
        info.guard.contains(&address).then_some(info.trap)
    }
}

struct Fiber {
    coroutine: Coroutine<(), (), (), DefaultStack>,
    info: Box<FiberInfo>,
}

impl Fiber {
    fn new(stack: DefaultStack) -> Self {
        use corosensei::stack::Stack;
        let limit = stack.limit().get();
        let coroutine = Coroutine::with_stack(stack, Self::body);
        let guard = limit..limit + overflow::page_size();
        let info = FiberInfo { yielder: Cell::new(ptr::null()), trap: coroutine.trap_handler(), guard };
        Fiber { coroutine, info: Box::new(info) }
    }

    /// Runs one job after another; each resumption after a job's end brings the next.
    fn body(yielder: &Yielder<(), ()>, (): ()) {
        let info = FIBER.get();
        // SAFETY: the hub has set it to this fiber's info.
        unsafe { (*info).yielder.set(yielder) };
        loop {
            if let Some(run) = with(|execution| execution.running_mut().packet.take_run()) {
                // SAFETY: stored together with the job, which nobody else takes.
                unsafe { run() };
            }
            with(|execution| execution.finish_running());
            suspend();
        }
    }
}

/// The loop that resumes fibers, and the fibers' pool.
pub(crate) struct Hub {
    execution: Box<UnsafeCell<Execution>>,
    fibers: Vec<Fiber>,
    stack_size: usize,
}

impl Hub {
    pub(crate) fn new(execution: Execution, stack_size: usize) -> Self {
        panics::install();
        overflow::install();
        Hub { execution: Box::new(UnsafeCell::new(execution)), fibers: Vec::new(), stack_size }
    }

    /// The execution, while no fiber runs.
    pub(crate) fn execution(&mut self) -> &mut Execution {
        self.execution.get_mut()
    }

    /// Runs `model` as the main thread, and all that it spawns, until the execution is over; then tears down what is left.
    pub(crate) fn run<F: Fn()>(&mut self, model: &F) {
        assert!(HOST.get().is_null(), "explorations do not nest: a model must not explore another one");
        HOST.set(self.execution.get());
        let leave = Leave;
        with(|execution| {
            let main = execution.add_thread("", false);
            execution.thread_mut(main).packet.put_job(model, job::run_job::<&F, ()>);
            execution.start_main();
        });
        self.drive();
        self.tear_down();
        drop(leave);
    }

    fn drive(&mut self) {
        while let Some(fiber) = with(|execution| execution.take_next()) {
            if fiber as usize >= self.fibers.len() {
                self.grow(fiber as usize);
            }
            self.resume(fiber as usize);
        }
        FIBER.set(ptr::null());
    }

    #[cold]
    fn grow(&mut self, fiber: usize) {
        while self.fibers.len() <= fiber {
            let stack = DefaultStack::new(self.stack_size).unwrap_or_else(|error| {
                panic!("no memory for the stack of virtual thread {}: {error}", self.fibers.len())
            });
            self.fibers.push(Fiber::new(stack));
        }
    }

    #[inline(always)]
    fn resume(&mut self, index: usize) {
        let fiber = &mut self.fibers[index];
        FIBER.set(&raw const *fiber.info);
        let result = fiber.coroutine.resume(());
        if matches!(result, CoroutineResult::Return(())) || with(|execution| execution.is_abandoned()) {
            self.cut_off(index, matches!(result, CoroutineResult::Return(())));
        }
    }

    /// The fiber is not to be resumed again: the signal handler cut it off, or it gave itself up.
    #[cold]
    fn cut_off(&mut self, index: usize, overflowed: bool) {
        FIBER.set(ptr::null());
        self.renew(index);
        with(|execution| if overflowed { execution.note_overflow() } else { execution.end_abandoned() });
        panics::rebalance();
    }

    /// Gives the fiber's stack to a new coroutine; what was on it is gone.
    #[cold]
    fn renew(&mut self, index: usize) {
        let mut fiber = self.fibers.swap_remove(index);
        // SAFETY: the coroutine is never resumed again and nothing on its stack is used again; see the module's comment.
        unsafe { fiber.coroutine.force_reset() };
        self.fibers.push(Fiber::new(fiber.coroutine.into_stack()));
        let last = self.fibers.len() - 1;
        self.fibers.swap(index, last);
    }

    /// Unwinds the threads that have not ended, the youngest first, so that what scoped threads borrow outlives them.
    fn tear_down(&mut self) {
        let threads = with(|execution| execution.begin_teardown());
        if !with(|execution| execution.has_leftovers()) {
            return;
        }
        for thread in (0..threads).rev().map(ThreadId) {
            if let Some(fiber) = with(|execution| execution.prepare_teardown(thread)) {
                self.resume(fiber as usize);
                FIBER.set(ptr::null());
            }
            let locals = with(|execution| std::mem::take(&mut execution.thread_mut(thread).locals));
            if !locals.is_empty() {
                let _ = catch_unwind(AssertUnwindSafe(|| drop(locals)));
            }
            if let Some(result) = with(|execution| execution.thread_mut(thread).packet.take_drop()) {
                self.drop_result(result);
            }
        }
        with(|execution| execution.statics.forget());
        with(Execution::end_teardown);
    }

    fn drop_result(&mut self, result: PendingDrop) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| result.run())) {
            let report = panics::take_report(&*payload);
            with(|execution| execution.note_panic(report));
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        for mut fiber in self.fibers.drain(..) {
            // SAFETY: every fiber is between jobs (or was abandoned): its stack holds only the loop of `body`, which owns
            // nothing.
            unsafe { fiber.coroutine.force_reset() };
        }
    }
}

/// Unsets the thread-local pointer, also when the hub unwinds.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        HOST.set(ptr::null_mut());
        FIBER.set(ptr::null());
    }
}
