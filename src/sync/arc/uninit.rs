//! Pointers to values that are not there yet.

use super::Arc;
use crate::engine::slot::Slot;
use std::mem::MaybeUninit;
use std::panic::Location;
use std::sync::Arc as StdArc;

impl<T> Arc<T> {
    /// A pointer to a new allocation with room for a value.
    ///
    /// ```
    /// use selvedge::sync::Arc;
    ///
    /// let mut five = Arc::<u32>::new_uninit();
    /// Arc::get_mut(&mut five).unwrap().write(5);
    /// // SAFETY: it has just been written.
    /// assert_eq!(*unsafe { five.assume_init() }, 5);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn new_uninit() -> Arc<MaybeUninit<T>> {
        Arc::adopt(StdArc::new_uninit(), Slot::new(), Location::caller())
    }
}

impl<T> Arc<[T]> {
    /// A pointer to a new allocation with room for so many values.
    #[track_caller]
    #[must_use]
    pub fn new_uninit_slice(len: usize) -> Arc<[MaybeUninit<T>]> {
        Arc::adopt(StdArc::new_uninit_slice(len), Slot::new(), Location::caller())
    }
}

impl<T> Arc<MaybeUninit<T>> {
    /// The same pointer, now that the value is there.
    ///
    /// # Safety
    ///
    /// As `std::sync::Arc::assume_init`: the value has been written.
    #[must_use = "`self` will be dropped if the result is not used"]
    pub unsafe fn assume_init(self) -> Arc<T> {
        let (data, slot, place) = self.into_parts();
        // SAFETY: as this function demands.
        Arc::made(unsafe { data.assume_init() }, slot, place)
    }
}

impl<T> Arc<[MaybeUninit<T>]> {
    /// The same pointer, now that the values are there.
    ///
    /// # Safety
    ///
    /// As `std::sync::Arc::assume_init`: all values have been written.
    #[must_use = "`self` will be dropped if the result is not used"]
    pub unsafe fn assume_init(self) -> Arc<[T]> {
        let (data, slot, place) = self.into_parts();
        // SAFETY: as this function demands.
        Arc::made(unsafe { data.assume_init() }, slot, place)
    }
}
