//! Atomic variables, as in [`std::sync::atomic`].
//!
//! Inside an exploration every call is one step, and the variable starts afresh in each execution: its value lives in the
//! engine, and what was given to `new` is only where it begins. That is what makes a `static` usable in a model.
//!
//! As long as a model says `SeqCst` wherever it says anything, values are sequentially consistent; with the first weaker ordering
//! they follow C11, where a load may return an older value (see [the guide](crate::guide::proofs)). What happens before what follows
//! the orderings either way: a race on data published through a `Relaxed` flag is found, and so is a stale load.
//!
//! A variable is larger than std's, as it has a place in the engine too.
//!
//! Not here, because it would go around the engine: `as_ptr`, `from_ptr`, `from_mut`, `get_mut_slice`. The deprecated
//! `compare_and_swap` and `spin_loop_hint` are left out too.

mod integer;
mod pointer;
mod raw;
#[cfg(test)]
mod tests;

pub use integer::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize,
};
pub use pointer::AtomicPtr;
pub use raw::Primitive;
pub use std::sync::atomic::{Ordering, compiler_fence};

use crate::base::{Action, Name, Operation, Rmw};
use crate::engine::current;
use crate::engine::slot::Slot;
use raw::Exchange;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

/// An atomic variable. Use it by its name in std: [`AtomicU32`], [`AtomicBool`], [`AtomicPtr`]…
///
/// ```
/// use selvedge::sync::atomic::{AtomicU32, Ordering};
///
/// static HITS: AtomicU32 = AtomicU32::new(0);
/// HITS.fetch_add(1, Ordering::Relaxed);
/// assert_eq!(HITS.load(Ordering::SeqCst), 1);
/// ```
pub struct Atomic<T: Primitive> {
    slot: Slot,
    // Inside an exploration the initial value only.
    inner: T::Inner,
}

/// Integers and `bool`: what has bitwise operations. Only this crate implements it.
pub trait Logical: Primitive {}

/// Integers. Only this crate implements it.
pub trait Integer: Logical {}

impl<T: Primitive> Atomic<T> {
    /// The same variable under a name, for traces.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        self.renamed(Name::new(name))
    }

    /// The same variable under a name that several share, with its number, for traces.
    #[must_use]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        self.renamed(Name::numbered(name, number))
    }

    /// Reads the value.
    ///
    /// # Panics
    ///
    /// If `order` is `Release` or `AcqRel`.
    #[inline]
    #[track_caller]
    pub fn load(&self, order: Ordering) -> T {
        raw::load(self, order, Location::caller())
    }

    /// Replaces the value.
    ///
    /// # Panics
    ///
    /// If `order` is `Acquire` or `AcqRel`.
    #[inline]
    #[track_caller]
    pub fn store(&self, value: T, order: Ordering) {
        raw::store(self, value, order, Location::caller());
    }

    /// Replaces the value; the value before.
    #[inline]
    #[track_caller]
    pub fn swap(&self, value: T, order: Ordering) -> T {
        self.modify(Rmw::Swap, value, order, Location::caller())
    }

    /// Replaces the value by `new` if it is `current`; the value before, as `Ok` if it was replaced.
    ///
    /// # Errors
    ///
    /// The value found, if it was another.
    ///
    /// # Panics
    ///
    /// If `failure` is `Release` or `AcqRel`.
    #[inline]
    #[track_caller]
    pub fn compare_exchange(&self, current: T, new: T, success: Ordering, failure: Ordering) -> Result<T, T> {
        let asked = Exchange { expected: current, new, success, failure, weak: false };
        raw::exchange(self, asked, Location::caller())
    }

    /// As [`compare_exchange`](Self::compare_exchange), but may fail for no reason: inside an exploration only when the
    /// configuration asks for such failures.
    ///
    /// # Errors
    ///
    /// The value found, if it was another or for no reason.
    ///
    /// # Panics
    ///
    /// If `failure` is `Release` or `AcqRel`.
    #[inline]
    #[track_caller]
    pub fn compare_exchange_weak(
        &self,
        current: T,
        new: T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<T, T> {
        let asked = Exchange { expected: current, new, success, failure, weak: true };
        raw::exchange(self, asked, Location::caller())
    }

    /// Replaces the value by what `f` makes of it, again and again until nobody comes in between.
    ///
    /// # Errors
    ///
    /// The value found, if `f` gave `None` for it.
    #[inline]
    #[track_caller]
    pub fn fetch_update<F>(&self, set_order: Ordering, fetch_order: Ordering, f: F) -> Result<T, T>
    where
        F: FnMut(T) -> Option<T>,
    {
        self.try_update(set_order, fetch_order, f)
    }

    /// [`fetch_update`](Self::fetch_update) under its newer name.
    ///
    /// # Errors
    ///
    /// The value found, if `f` gave `None` for it.
    #[inline]
    #[track_caller]
    pub fn try_update<F>(&self, set_order: Ordering, fetch_order: Ordering, mut f: F) -> Result<T, T>
    where
        F: FnMut(T) -> Option<T>,
    {
        let mut old = self.load(fetch_order);
        while let Some(new) = f(old) {
            match self.compare_exchange_weak(old, new, set_order, fetch_order) {
                Ok(old) => return Ok(old),
                Err(found) => old = found,
            }
        }
        Err(old)
    }

    /// Replaces the value by what `f` makes of it, again and again until nobody comes in between; the value before.
    #[inline]
    #[track_caller]
    pub fn update<F: FnMut(T) -> T>(&self, set_order: Ordering, fetch_order: Ordering, mut f: F) -> T {
        let mut old = self.load(fetch_order);
        loop {
            match self.compare_exchange_weak(old, f(old), set_order, fetch_order) {
                Ok(old) => return old,
                Err(found) => old = found,
            }
        }
    }

    /// The value, to be changed without synchronization: the caller is its only user.
    pub fn get_mut(&mut self) -> &mut T {
        if let Some(value) = raw::owned_value(self) {
            // Changes through the reference go past the engine, for which it is a new variable from here on.
            *T::get_mut(&mut self.inner) = value;
            self.slot = Slot::new().named(self.slot.name());
        }
        T::get_mut(&mut self.inner)
    }

    /// The value.
    pub fn into_inner(self) -> T {
        raw::owned_value(&self).unwrap_or_else(|| T::into_inner(self.inner))
    }

    fn renamed(self, name: Name) -> Self {
        // If it has been used already, the value of the variable before is where the one with the name begins.
        Atomic { slot: Slot::new().named(name), inner: T::inner(self.into_inner()) }
    }

    #[inline(always)]
    fn modify(&self, function: Rmw, operand: T, order: Ordering, place: &'static Location<'static>) -> T {
        raw::modify(self, function, operand, order, place)
    }
}

impl<T: Logical> Atomic<T> {
    /// Bitwise "and"; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_and(&self, value: T, order: Ordering) -> T {
        self.modify(Rmw::And, value, order, Location::caller())
    }

    /// Bitwise "not and"; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_nand(&self, value: T, order: Ordering) -> T {
        self.modify(Rmw::Nand, value, order, Location::caller())
    }

    /// Bitwise "or"; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_or(&self, value: T, order: Ordering) -> T {
        self.modify(Rmw::Or, value, order, Location::caller())
    }

    /// Bitwise "exclusive or"; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_xor(&self, value: T, order: Ordering) -> T {
        self.modify(Rmw::Xor, value, order, Location::caller())
    }
}

impl<T: Integer> Atomic<T> {
    /// Adds, wrapping around; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_add(&self, value: T, order: Ordering) -> T {
        self.modify(Rmw::Add, value, order, Location::caller())
    }

    /// Subtracts, wrapping around; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_sub(&self, value: T, order: Ordering) -> T {
        self.modify(Rmw::Sub, value, order, Location::caller())
    }

    /// The larger of the two stays; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_max(&self, value: T, order: Ordering) -> T {
        self.modify(Rmw::Max, value, order, Location::caller())
    }

    /// The smaller of the two stays; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_min(&self, value: T, order: Ordering) -> T {
        self.modify(Rmw::Min, value, order, Location::caller())
    }
}

impl AtomicBool {
    /// Logical "not"; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.fetch_xor(true, order)
    }
}

impl<T: Logical + Default> Default for Atomic<T> {
    fn default() -> Self {
        Self::from(T::default())
    }
}

impl<T: Primitive> From<T> for Atomic<T> {
    fn from(value: T) -> Self {
        Atomic { slot: Slot::new(), inner: T::inner(value) }
    }
}

impl<T: Primitive + fmt::Debug> fmt::Debug for Atomic<T> {
    /// Shows the value; as in std this is a relaxed load, and so a step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load(Relaxed).fmt(f)
    }
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load(Relaxed).fmt(f)
    }
}

/// A memory fence.
///
/// # Panics
///
/// If `order` is `Relaxed`.
#[inline]
#[track_caller]
pub fn fence(order: Ordering) {
    assert!(order != Relaxed, "there is no such thing as a relaxed fence");
    if current::is_active() {
        current::perform(Operation::free(Action::Fence(order)), Location::caller());
    } else {
        std::sync::atomic::fence(order);
    }
}
