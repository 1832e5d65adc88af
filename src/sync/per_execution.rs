//! A value of which each execution has its own, also where the cell that holds it is a `static`.

use crate::engine::current::{self, Erased};
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A cell that holds at most one value in each execution, and none outside one.
///
/// The values are kept with the execution and found again by a number that no other cell ever has. What the cell does not
/// take back or drop is forgotten at the execution's end: like std's, the value of a `static` is never dropped.
pub(super) struct PerExecution<T> {
    /// 0 until a value is put for the first time.
    number: AtomicU64,
    // It owns values of `T`, and is invariant in `T`, as a reader and a writer of one cell must agree on the type.
    owns: PhantomData<OnceLock<T>>,
}

impl<T> PerExecution<T> {
    pub(super) const fn new() -> Self {
        PerExecution { number: AtomicU64::new(0), owns: PhantomData }
    }

    /// Puts the value for this execution. There is none yet.
    pub(super) fn put(&self, value: T) {
        let number = self.identify();
        let value: Box<dyn Erased + '_> = Box::new(value);
        // SAFETY: only the lifetime of what `T` borrows is forgotten. As long as this cell is there, its type keeps those
        // borrows alive, and its drop takes the value back. Without that drop (the cell is a static, or was leaked) the value
        // is forgotten at the execution's end, never dropped, so nothing that it borrows is used any more.
        let value: Box<dyn Erased + 'static> = unsafe { std::mem::transmute(value) };
        current::keep_static(number, value);
    }

    /// The value of this execution.
    ///
    /// The reference is good until the cell is borrowed mutably or dropped; for a `static`, as long as the process.
    pub(super) fn get(&self) -> Option<&T> {
        let value = current::static_of(self.known()?)?;
        // SAFETY: the number is this cell's alone, so `put` has boxed the value as a `T`. It stays in its box until
        // `take` or the drop of the cell, which need the cell to themselves.
        Some(unsafe { &*value.cast::<T>() })
    }

    pub(super) fn get_mut(&mut self) -> Option<&mut T> {
        let value = current::static_of(self.known()?)?;
        // SAFETY: as in `get`; and the cell is borrowed mutably, so that nobody else has a reference.
        Some(unsafe { &mut *value.cast::<T>().cast_mut() })
    }

    /// Takes back the value of this execution.
    pub(super) fn take(&mut self) -> Option<T> {
        let value = current::take_static(self.known()?)?;
        // SAFETY: the number is this cell's alone, so `put` has made the box, of a `T`.
        Some(*unsafe { Box::from_raw(Box::into_raw(value).cast::<T>()) })
    }

    /// The number, if it has one and an exploration runs.
    fn known(&self) -> Option<u64> {
        let number = self.number.load(Relaxed);
        (number != 0 && current::is_active()).then_some(number)
    }

    /// The number, given now if it has none.
    fn identify(&self) -> u64 {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let number = self.number.load(Relaxed);
        if number != 0 {
            return number;
        }
        let new = NUMBERS.fetch_add(1, Relaxed);
        self.number.compare_exchange(0, new, Relaxed, Relaxed).map_or_else(|others| others, |_| new)
    }
}

impl<T> Drop for PerExecution<T> {
    fn drop(&mut self) {
        if let Some(number) = self.known() {
            drop(current::remove_static(number));
        }
    }
}
