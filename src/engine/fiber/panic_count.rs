//! Panics under way, by fiber.
//!
//! std counts the panics that are under way by OS thread, and virtual threads share one. So whoever gives its turn away in the
//! middle of unwinding sets its panics aside first and takes them back when it is its turn again: `std::thread::panicking` says of
//! every virtual thread what it would say of a real one, and locks are poisoned by those that panic and no others.
//!
//! There is no way to set the count, but to panic and to catch. A [`Counter`] does both, each when asked: it is a coroutine that
//! unwinds, and is kept waiting in a destructor between the two. Counters are tokens: it does not matter whose panic one that waits
//! catches. Where none waits a panic is [taken away](panics::take_one_away) by other means, and afterwards one is made to wait for
//! the next time, while no panic is under way.
//!
//! Who sets a panic aside may be in the middle of making its message, where std lets nobody panic. A counter that catches does not
//! mind, and neither does the first [attempt](panics::balance_from_inside) where none waits.

use crate::engine::panics;
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, Yielder, on_stack};
use std::cell::RefCell;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Enough for the unwinder.
const STACK: usize = 64 * 1024;
/// Enough for a panic hook around ours, too.
const HOOK_STACK: usize = 1024 * 1024;

#[derive(Default)]
struct Counters {
    /// They have caught their panics. Never fewer than panics are set aside.
    idle: Vec<Counter>,
    /// They are in the middle of unwinding. That is nobody's business by now: what they had begun others have caught.
    waiting: Vec<Counter>,
    /// How many panics are set aside.
    owed: usize,
    /// Where a panic is taken away: a model's stack may be small.
    stack: Option<DefaultStack>,
}

thread_local! {
    static COUNTERS: RefCell<Counters> = RefCell::default();
}

fn with<R>(f: impl FnOnce(&mut Counters) -> R) -> R {
    COUNTERS.with_borrow_mut(f)
}

/// How many panics somebody was in the middle of. They are under way again when it is dropped.
#[derive(Debug, Default)]
#[must_use = "they are under way again when it is dropped"]
pub(crate) struct SetAside(usize);

impl SetAside {
    /// They never will be under way again: nobody catches them.
    #[cold]
    pub(crate) fn forget(self) {
        with(|counters| counters.owed -= self.0);
        mem::forget(self);
    }

    #[cold]
    fn take_back(&self) {
        for _ in 0..self.0 {
            let idle = with(|counters| {
                counters.owed -= 1;
                counters.idle.pop()
            });
            idle.expect("as many are idle as panics are set aside").panic();
        }
    }
}

impl Drop for SetAside {
    #[inline(always)]
    fn drop(&mut self) {
        if self.0 > 0 {
            self.take_back();
        }
    }
}

/// From here on no panic is under way, for others to run.
#[inline(always)]
pub(crate) fn set_aside() -> SetAside {
    if std::thread::panicking() { set_all_aside() } else { SetAside::default() }
}

#[cold]
fn set_all_aside() -> SetAside {
    let mut panics = SetAside::default();
    while std::thread::panicking() && set_one_aside(panics.0 == 0) {
        panics.0 += 1;
    }
    if panics.0 > 0 {
        prepare();
    }
    panics
}

/// Whether it could be done.
fn set_one_aside(first: bool) -> bool {
    match with(|counters| counters.waiting.pop()) {
        Some(counter) => counter.catch(),
        None => {
            // Before it is taken away, so that it is certain that it can be taken back.
            let Some(counter) = with(Counters::another) else { return false };
            with(|counters| counters.idle.push(counter));
            if first {
                panics::balance_from_inside();
            }
            if std::thread::panicking() && !take_one_away() {
                return false;
            }
        }
    }
    with(|counters| counters.owed += 1);
    true
}

/// Makes a counter wait, if none does. No panic is under way.
fn prepare() {
    if with(|counters| counters.waiting.is_empty())
        && let Some(counter) = with(Counters::another)
    {
        counter.panic();
        if !take_one_away()
            && let Some(counter) = with(|counters| counters.waiting.pop())
        {
            counter.catch();
        }
    }
}

/// One panic less is under way, if that can be done.
fn take_one_away() -> bool {
    let kept = with(|counters| counters.stack.take());
    let Some(mut stack) = kept.or_else(|| DefaultStack::new(HOOK_STACK).ok()) else { return false };
    let taken = on_stack(&mut stack, panics::take_one_away);
    with(|counters| counters.stack = Some(stack));
    taken
}

impl Counters {
    /// A counter that is idle and that nobody needs to take a panic back; `None` if there is no memory for it.
    fn another(&mut self) -> Option<Counter> {
        if self.idle.len() > self.owed {
            return self.idle.pop();
        }
        DefaultStack::new(STACK).map(Counter::new).ok()
    }
}

/// Panics when it is told to, and catches that when it is told so.
struct Counter(Coroutine<(), (), (), DefaultStack>);

impl Counter {
    fn new(stack: DefaultStack) -> Self {
        Counter(Coroutine::with_stack(stack, |yielder, ()| {
            loop {
                let panic = AssertUnwindSafe(|| {
                    let _wait = Wait(yielder);
                    resume_unwind(Box::new(()));
                });
                let _: std::thread::Result<()> = catch_unwind(panic);
                yielder.suspend(());
            }
        }))
    }

    /// One panic more is under way.
    fn panic(mut self) {
        self.0.resume(());
        with(|counters| counters.waiting.push(self));
    }

    /// One panic less is under way. If its message was just being made, that is forgotten.
    fn catch(mut self) {
        self.0.resume(());
        with(|counters| counters.idle.push(self));
    }
}

impl Drop for Counters {
    fn drop(&mut self) {
        for mut counter in self.idle.drain(..).chain(self.waiting.drain(..)) {
            // SAFETY: it is never resumed again, and what is on its stack nobody else knows of.
            unsafe { counter.0.force_reset() };
        }
    }
}

/// Waits in the middle of unwinding.
struct Wait<'a>(&'a Yielder<(), ()>);

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.0.suspend(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::panicking;

    struct OnDrop<F: Fn()>(F);

    impl<F: Fn()> Drop for OnDrop<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }

    #[test]
    fn panics_are_set_aside_and_taken_back_as_often_as_one_likes() {
        panics::install();
        let in_the_middle = || {
            let outer = std::cell::Cell::new(0);
            let _drop = OnDrop(|| {
                for round in 0..3 {
                    assert!(panicking());
                    let aside = set_aside();
                    assert!(!panicking());
                    // Others panic and catch meanwhile, and set aside.
                    let other = catch_unwind(|| {
                        let _drop = OnDrop(|| {
                            let aside = set_aside();
                            assert!(!panicking() && aside.0 == 1);
                            drop(aside);
                            assert!(panicking());
                        });
                        resume_unwind(Box::new(round));
                    });
                    assert!(other.is_err() && !panicking());
                    outer.set(aside.0);
                    drop(aside);
                }
                assert!(panicking() && outer.get() == 1);
            });
            resume_unwind(Box::new(()));
        };
        for _ in 0..3 {
            let result: std::thread::Result<()> = catch_unwind(in_the_middle);
            assert!(result.is_err() && !panicking());
        }
    }

    #[test]
    fn one_panic_within_another_is_two() {
        panics::install();
        let result: std::thread::Result<()> = catch_unwind(|| {
            let _outer = OnDrop(|| {
                let inner: std::thread::Result<()> = catch_unwind(|| {
                    let _inner = OnDrop(|| {
                        let aside = set_aside();
                        assert!(!panicking() && aside.0 == 2);
                        drop(aside);
                        assert!(panicking());
                    });
                    resume_unwind(Box::new(()));
                });
                assert!(inner.is_err() && panicking());
            });
            resume_unwind(Box::new(()));
        });
        assert!(result.is_err() && !panicking());
    }
}
