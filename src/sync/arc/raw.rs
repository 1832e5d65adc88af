//! Pointers as bare ones, and as std's.

use super::Arc;
use crate::engine::slot::Slot;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::sync::Arc as StdArc;

impl<T: ?Sized> Arc<T> {
    /// A pointer of std's as one of ours: for what only std's can be made of, such as `Arc<dyn Trait>`.
    ///
    /// ```
    /// use selvedge::sync::Arc;
    ///
    /// let shared: Arc<dyn Fn() -> u32 + Send + Sync> = Arc::from_std(std::sync::Arc::new(|| 3));
    /// assert_eq!(shared(), 3);
    /// ```
    #[track_caller]
    pub fn from_std(data: StdArc<T>) -> Self {
        let place = Location::caller();
        match StdArc::strong_count(&data) + StdArc::weak_count(&data) {
            1 => Arc::adopt(data, Slot::new(), place),
            // It may be known already.
            _ => Arc::made(data, Slot::new(), place),
        }
    }

    /// The same pointer as one of std's: for what only std's can do, such as becoming an `Arc<dyn Trait>`, and then
    /// [back](Self::from_std). What happens to it in between, its end above all, is seen by no exploration.
    ///
    /// ```
    /// use selvedge::sync::Arc;
    ///
    /// let three = Arc::into_std(Arc::new(|| 3));
    /// let shared: std::sync::Arc<dyn Fn() -> u32> = three;
    /// assert_eq!(Arc::from_std(shared)(), 3);
    /// ```
    pub fn into_std(this: Self) -> StdArc<T> {
        this.into_parts().0
    }

    /// A pointer that [`from_raw`](Self::from_raw) makes an `Arc` again.
    #[must_use = "losing the pointer will leak memory"]
    pub fn into_raw(this: Self) -> *const T {
        StdArc::into_raw(Arc::into_std(this))
    }

    /// The pointer that [`into_raw`](Self::into_raw) gave.
    ///
    /// # Safety
    ///
    /// As `std::sync::Arc::from_raw`: `pointer` came from `into_raw`, of this type or std's, and is used up here.
    #[track_caller]
    pub unsafe fn from_raw(pointer: *const T) -> Self {
        // SAFETY: as this function demands.
        let data = unsafe { StdArc::from_raw(pointer) };
        Arc::made(data, Slot::new(), Location::caller())
    }

    /// Counts one strong pointer more.
    ///
    /// # Safety
    ///
    /// As `std::sync::Arc::increment_strong_count`: `pointer` came from `into_raw`, and the allocation is still there.
    #[track_caller]
    pub unsafe fn increment_strong_count(pointer: *const T) {
        // SAFETY: as this function demands; what is made here is not dropped, so that it takes no count away.
        let this = unsafe { ManuallyDrop::new(Arc::from_raw(pointer)) };
        let _counted = ManuallyDrop::new(Arc::clone(&this));
    }

    /// Counts one strong pointer less, as a drop of it would.
    ///
    /// # Safety
    ///
    /// As `std::sync::Arc::decrement_strong_count`: `pointer` came from `into_raw`, and a strong pointer stands for the one
    /// taken away.
    #[track_caller]
    pub unsafe fn decrement_strong_count(pointer: *const T) {
        // SAFETY: as this function demands.
        drop(unsafe { Arc::from_raw(pointer) });
    }
}
