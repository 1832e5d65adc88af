//! Panics under way, by fiber.
//!
//! std counts the panics that are under way by OS thread, and virtual threads share one. So whoever gives its turn away in the
//! middle of unwinding sets its panics aside first and takes them back when it is its turn again: `std::thread::panicking` says of
//! every virtual thread what it would say of a real one, and locks are poisoned by those that panic and no others.
//!
//! There is no way to set the count, but to panic and to catch. A [`Counter`] does both, each when asked: it is a coroutine that
//! unwinds, and is kept waiting in a destructor between the two. One taken away without a counter that waits there is
//! [taken away](panics::take_one_away) by other means.

use crate::engine::panics;
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, Yielder};
use std::cell::RefCell;
use std::mem::take;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Enough for the unwinder.
const STACK: usize = 64 * 1024;

#[derive(Default)]
struct Counters {
    /// They have caught their panics.
    idle: Vec<Counter>,
    /// They are in the middle of unwinding.
    waiting: Vec<Counter>,
    /// How many panics are set aside. Never more than counters are idle.
    owed: usize,
}

thread_local! {
    static COUNTERS: RefCell<Counters> = RefCell::default();
}

/// How many panics somebody was in the middle of.
#[derive(Debug, Default)]
#[must_use = "they have to be taken back before they are caught"]
pub(crate) struct SetAside(usize);

impl SetAside {
    /// They are under way again.
    #[inline(always)]
    pub(crate) fn take_back(self) {
        if self.0 > 0 {
            self.panic();
        }
    }

    #[cold]
    fn panic(self) {
        for _ in 0..self.0 {
            let idle = COUNTERS.with_borrow_mut(|counters| {
                counters.owed -= 1;
                counters.idle.pop()
            });
            idle.expect("as many are idle as panics are set aside").panic();
        }
    }

    /// They never will be: nobody catches them.
    #[cold]
    pub(crate) fn forget(self) {
        COUNTERS.with_borrow_mut(|counters| counters.owed -= self.0);
    }
}

/// From here on no panic is under way, for others to run.
#[cold]
pub(crate) fn set_aside() -> SetAside {
    let mut count = 0;
    while std::thread::panicking() {
        match COUNTERS.with_borrow_mut(|counters| counters.waiting.pop()) {
            Some(counter) => counter.catch(),
            // What cannot be counted up again is not counted down.
            None if !COUNTERS.with_borrow_mut(Counters::provide) => break,
            None if !panics::take_one_away() => break,
            None => {}
        }
        COUNTERS.with_borrow_mut(|counters| counters.owed += 1);
        count += 1;
    }
    SetAside(count)
}

impl Counters {
    /// Sees to it that one more panic can be set aside; whether it can.
    fn provide(&mut self) -> bool {
        if self.idle.len() == self.owed {
            let Ok(stack) = DefaultStack::new(STACK) else { return false };
            self.idle.push(Counter::new(stack));
        }
        true
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
        COUNTERS.with_borrow_mut(|counters| counters.waiting.push(self));
    }

    /// One panic less is under way.
    fn catch(mut self) {
        self.0.resume(());
        COUNTERS.with_borrow_mut(|counters| counters.idle.push(self));
    }
}

impl Drop for Counters {
    fn drop(&mut self) {
        for mut counter in take(&mut self.idle).into_iter().chain(take(&mut self.waiting)) {
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
                            aside.take_back();
                            assert!(panicking());
                        });
                        resume_unwind(Box::new(round));
                    });
                    assert!(other.is_err() && !panicking());
                    outer.set(aside.0);
                    aside.take_back();
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
                        aside.take_back();
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
