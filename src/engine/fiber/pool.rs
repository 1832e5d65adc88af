//! Fibers, each with its stack, kept from one thread to the next and from one execution to the next.

use super::{FIBER, body, overflow};
use corosensei::stack::{DefaultStack, Stack};
use corosensei::trap::CoroutineTrapHandler;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use std::cell::{Cell, UnsafeCell};
use std::ops::Range;
use std::ptr::{self, NonNull};

/// A coroutine that runs one job after another, and what has to be known of it while it runs.
struct Fiber {
    // Invariant: mutably borrowed by `FiberRef::resume` exactly while `up`, and by nobody else.
    coroutine: UnsafeCell<Coroutine<(), (), (), DefaultStack>>,
    yielder: Cell<*const Yielder<(), ()>>,
    /// Whether somebody has resumed it and it has not suspended since.
    up: Cell<bool>,
    trap: CoroutineTrapHandler<()>,
    guard: Range<usize>,
}

impl Fiber {
    fn new(stack: DefaultStack) -> Self {
        let limit = stack.limit().get();
        let coroutine = Coroutine::with_stack(stack, |yielder, ()| body(yielder));
        Fiber {
            trap: coroutine.trap_handler(),
            coroutine: UnsafeCell::new(coroutine),
            yielder: Cell::new(ptr::null()),
            up: Cell::new(false),
            guard: limit..limit + overflow::page_size(),
        }
    }
}

/// A fiber of a [`Pool`], which outlives it.
///
/// It is handed out by the pool to one thread of an execution at a time, and used on the OS thread of that execution only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FiberRef(NonNull<Fiber>);

impl FiberRef {
    #[inline(always)]
    fn fiber(&self) -> &Fiber {
        // SAFETY: made from a box that its pool frees when it is dropped itself or the fiber is renewed, which is after the
        // last use; all that changes is in cells.
        unsafe { self.0.as_ref() }
    }

    /// Whether it waits for a fiber that it has resumed, or runs.
    #[inline(always)]
    pub(super) fn is_up(self) -> bool {
        self.fiber().up.get()
    }

    /// Runs it until it suspends; whether it was cut off instead. The caller sets [`FIBER`] back.
    #[inline(always)]
    pub(super) fn resume(self) -> bool {
        FIBER.set(Some(self));
        self.fiber().up.set(true);
        // SAFETY: it is not up, so nobody else has borrowed the coroutine.
        let result = unsafe { (*self.fiber().coroutine.get()).resume(()) };
        self.fiber().up.set(false);
        matches!(result, CoroutineResult::Return(()))
    }

    /// Gives the turn back to whoever has resumed it. Only the fiber itself may do so.
    #[inline(always)]
    pub(super) fn suspend(self) {
        // SAFETY: the fiber runs, so its first lines have stored the yielder, which lives as long as the coroutine.
        unsafe { (*self.fiber().yielder.get()).suspend(()) }
    }

    /// Told by its first lines.
    pub(super) fn set_yielder(self, yielder: &Yielder<(), ()>) {
        self.fiber().yielder.set(yielder);
    }

    /// Its trap handler, if `address` is in its guard page. Only plain fields are read, which is fit for a signal handler.
    pub(super) fn trap_at(self, address: usize) -> Option<CoroutineTrapHandler<()>> {
        self.fiber().guard.contains(&address).then_some(self.fiber().trap)
    }
}

/// So many fibers an engine may have. Each stack is two mappings, of which Linux allows 65 530 in a process unless told otherwise; where
/// there are no more, nothing else can be allocated either. So it is half of that for each of two workers, and some to spare.
const MOST: usize = 15_000;

/// All fibers of an engine.
pub(crate) struct Pool {
    all: Vec<FiberRef>,
    free: Vec<FiberRef>,
    stack_size: usize,
}

impl Pool {
    pub(crate) fn new(stack_size: usize) -> Self {
        Pool { all: Vec::new(), free: Vec::new(), stack_size }
    }

    /// A fiber for a thread that starts; `None` when there has to be one more.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<FiberRef> {
        self.free.pop()
    }

    /// The thread that had it has ended.
    #[inline(always)]
    pub(crate) fn give_back(&mut self, fiber: FiberRef) {
        self.free.push(fiber);
    }

    /// One more fiber; `false` when there are as many as there may be, or the system has no stack for it.
    #[cold]
    pub(super) fn grow(&mut self) -> bool {
        self.all.len() < MOST && DefaultStack::new(self.stack_size).map(|stack| self.add(stack)).is_ok()
    }

    /// The fiber is never to be resumed again where it is: its stack goes to a new one, and what was on it is gone.
    #[cold]
    pub(crate) fn renew(&mut self, fiber: FiberRef) {
        debug_assert!(!fiber.is_up());
        self.all.retain(|other| *other != fiber);
        // SAFETY: the pool made it from a box, and nobody has it any more: the thread that had it has lost it.
        let mut coroutine = unsafe { Box::from_raw(fiber.0.as_ptr()) }.coroutine.into_inner();
        // SAFETY: the coroutine is never resumed again and nothing on its stack is used again; see the module's comment.
        unsafe { coroutine.force_reset() };
        self.add(coroutine.into_stack());
    }

    fn add(&mut self, stack: DefaultStack) {
        let fiber = FiberRef(NonNull::from(Box::leak(Box::new(Fiber::new(stack)))));
        self.all.push(fiber);
        self.free.push(fiber);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for fiber in self.all.drain(..) {
            // SAFETY: the pool made it from a box, and no execution uses it any more. It is between jobs (or was given up): its
            // stack holds only the loop of `body`, which owns nothing.
            unsafe { Box::from_raw(fiber.0.as_ptr()).coroutine.get_mut().force_reset() };
        }
    }
}
