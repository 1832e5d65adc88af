//! Pointers as what an atomic variable can hold.

use super::Atomic;
use super::raw::{self, Primitive, sealed::Carried};
use crate::base::{Name, Rmw, Width};
use crate::engine::slot::Slot;
use std::panic::Location;
use std::ptr;
use std::sync::atomic::{self as std_atomic, Ordering};

/// An atomic pointer; see [`Atomic`] for its methods.
pub type AtomicPtr<T> = Atomic<*mut T>;

impl<T> Atomic<*mut T> {
    /// A variable with this initial value.
    pub const fn new(value: *mut T) -> Self {
        Atomic { slot: Slot::new(), inner: std_atomic::AtomicPtr::new(value) }
    }

    /// A variable with this initial value and a name for traces.
    pub const fn with_name(value: *mut T, name: &'static str) -> Self {
        Atomic { slot: Slot::new().named(Name::new(name)), inner: std_atomic::AtomicPtr::new(value) }
    }

    /// Moves it up by so many `T`s, wrapping; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_ptr_add(&self, count: usize, order: Ordering) -> *mut T {
        self.fetch_byte_add(count.wrapping_mul(size_of::<T>()), order)
    }

    /// Moves it down by so many `T`s, wrapping; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_ptr_sub(&self, count: usize, order: Ordering) -> *mut T {
        self.fetch_byte_sub(count.wrapping_mul(size_of::<T>()), order)
    }

    /// Moves it up by so many bytes, wrapping; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_byte_add(&self, bytes: usize, order: Ordering) -> *mut T {
        self.modify_address(Rmw::Add, bytes, order, Location::caller())
    }

    /// Moves it down by so many bytes, wrapping; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_byte_sub(&self, bytes: usize, order: Ordering) -> *mut T {
        self.modify_address(Rmw::Sub, bytes, order, Location::caller())
    }

    /// Bitwise "or" of its address, for tags in the low bits; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_or(&self, bits: usize, order: Ordering) -> *mut T {
        self.modify_address(Rmw::Or, bits, order, Location::caller())
    }

    /// Bitwise "and" of its address; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_and(&self, bits: usize, order: Ordering) -> *mut T {
        self.modify_address(Rmw::And, bits, order, Location::caller())
    }

    /// Bitwise "exclusive or" of its address; the value before.
    #[inline]
    #[track_caller]
    pub fn fetch_xor(&self, bits: usize, order: Ordering) -> *mut T {
        self.modify_address(Rmw::Xor, bits, order, Location::caller())
    }

    #[inline(always)]
    fn modify_address(
        &self,
        function: Rmw,
        operand: usize,
        order: Ordering,
        place: &'static Location<'static>,
    ) -> *mut T {
        raw::modify(self, function, ptr::without_provenance_mut(operand), order, place)
    }
}

impl<T> Default for Atomic<*mut T> {
    /// A null pointer.
    fn default() -> Self {
        Self::new(ptr::null_mut())
    }
}

impl<T> Primitive for *mut T {}

impl<T> Carried for *mut T {
    type Inner = std_atomic::AtomicPtr<T>;
    const WIDTH: Width = Width::Pointer;

    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.expose_provenance() as u64
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        ptr::with_exposed_provenance_mut(bits as usize)
    }

    fn inner(value: Self) -> Self::Inner {
        Self::Inner::new(value)
    }

    #[inline(always)]
    fn load(inner: &Self::Inner, order: Ordering) -> Self {
        inner.load(order)
    }

    #[inline(always)]
    fn store(inner: &Self::Inner, value: Self, order: Ordering) {
        inner.store(value, order);
    }

    #[inline(always)]
    fn modify(inner: &Self::Inner, function: Rmw, operand: Self, order: Ordering) -> Self {
        if function == Rmw::Swap {
            return inner.swap(operand, order);
        }
        let operand = operand.addr();
        let compute = |old: Self| match function {
            Rmw::Add => old.wrapping_byte_add(operand),
            Rmw::Sub => old.wrapping_byte_sub(operand),
            Rmw::And => old.map_addr(|address| address & operand),
            Rmw::Or => old.map_addr(|address| address | operand),
            Rmw::Xor => old.map_addr(|address| address ^ operand),
            _ => unreachable!("not among a pointer's methods"),
        };
        let mut old = inner.load(Ordering::Relaxed);
        while let Err(found) = inner.compare_exchange_weak(old, compute(old), order, Ordering::Relaxed) {
            old = found;
        }
        old
    }

    #[inline(always)]
    fn exchange(
        inner: &Self::Inner,
        expected: Self,
        new: Self,
        success: Ordering,
        failure: Ordering,
        weak: bool,
    ) -> Result<Self, Self> {
        match weak {
            true => inner.compare_exchange_weak(expected, new, success, failure),
            false => inner.compare_exchange(expected, new, success, failure),
        }
    }

    fn get_mut(inner: &mut Self::Inner) -> &mut Self {
        inner.get_mut()
    }

    fn into_inner(inner: Self::Inner) -> Self {
        inner.into_inner()
    }
}
