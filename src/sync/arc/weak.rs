//! Pointers that do not keep their value alive.

use super::answers::{answer_upgrade, counted};
use super::{Arc, address, drops};
use crate::base::{Action, ArcAction, ObjectId};
use crate::engine::current;
use crate::engine::slot::Slot;
use std::fmt;
use std::mem::{self, ManuallyDrop};
use std::panic::Location;
use std::sync::Weak as StdWeak;

/// A pointer that does not keep its value alive: `std::sync::Weak`.
///
/// ```
/// use selvedge::sync::Arc;
///
/// let strong = Arc::new(5);
/// let weak = Arc::downgrade(&strong);
/// assert_eq!(weak.upgrade().as_deref(), Some(&5));
/// drop(strong);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct Weak<T: ?Sized> {
    // Dropped by hand, after the step that this may be.
    data: ManuallyDrop<StdWeak<T>>,
    slot: Slot,
    /// Where this pointer was made: a drop has no place of its own.
    place: &'static Location<'static>,
}

impl<T> Weak<T> {
    /// A pointer to nothing: [`upgrade`](Self::upgrade) always gives `None`.
    #[track_caller]
    pub const fn new() -> Self {
        Weak::made(StdWeak::new(), Slot::new(), Location::caller())
    }
}

impl<T: ?Sized> Weak<T> {
    const fn made(data: StdWeak<T>, slot: Slot, place: &'static Location<'static>) -> Self {
        Weak { data: ManuallyDrop::new(data), slot, place }
    }

    pub(super) fn with_slot(data: StdWeak<T>, slot: Slot, place: &'static Location<'static>) -> Self {
        if drops::are_steps::<T>() {
            // From now on the allocation is known, so that its last drop is a step whether or not this is gone by then.
            current::pointer(&slot, address(data.as_ptr()));
        }
        Weak::made(data, slot, place)
    }

    /// No step: nobody else knows of the pointer.
    pub(super) fn into_slot(self) -> Slot {
        self.into_parts().1
    }

    fn into_parts(self) -> (StdWeak<T>, Slot) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is neither used nor dropped after this, so its pointer is moved out of it.
        let data = unsafe { ManuallyDrop::take(&mut this.data) };
        (data, mem::replace(&mut this.slot, Slot::new()))
    }

    /// A pointer of std's as one of ours: for what only std's can be made of, such as `Weak<dyn Trait>`.
    ///
    /// ```
    /// use selvedge::sync::{Arc, Weak};
    ///
    /// let strong = Arc::new(|| 3);
    /// let weak: std::sync::Weak<dyn Fn() -> u32> = Arc::downgrade(&strong).into_std();
    /// assert_eq!(Weak::from_std(weak).upgrade().unwrap()(), 3);
    /// ```
    #[track_caller]
    pub fn from_std(data: StdWeak<T>) -> Self {
        let place = Location::caller();
        match dangles(&data) {
            true => Weak::made(data, Slot::new(), place),
            false => Weak::with_slot(data, Slot::new(), place),
        }
    }

    /// The same pointer as one of std's: for what only std's can do, such as becoming a `Weak<dyn Trait>`, and then
    /// [back](Self::from_std). An upgrade in between is seen by no exploration.
    pub fn into_std(self) -> StdWeak<T> {
        self.into_parts().0
    }

    /// The address of the value; dangling if there is none any more.
    pub fn as_ptr(&self) -> *const T {
        self.data.as_ptr()
    }

    /// A pointer that [`from_raw`](Self::from_raw) makes a `Weak` again.
    #[must_use = "losing the pointer will leak memory"]
    pub fn into_raw(self) -> *const T {
        self.into_std().into_raw()
    }

    /// The pointer that [`into_raw`](Self::into_raw) gave.
    ///
    /// # Safety
    ///
    /// As `std::sync::Weak::from_raw`: `pointer` came from `into_raw`, of this type or std's, and is used up here.
    #[track_caller]
    pub unsafe fn from_raw(pointer: *const T) -> Self {
        // SAFETY: as this function demands.
        Weak::made(unsafe { StdWeak::from_raw(pointer) }, Slot::new(), Location::caller())
    }

    /// A strong pointer, if the value is still there.
    #[track_caller]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        let place = Location::caller();
        let object = self.observe(ArcAction::Upgrade, place);
        let data = self.data.upgrade();
        answer_upgrade(object, data.is_some());
        Some(Arc::made(data?, self.slot.duplicate(), place))
    }

    /// How many strong pointers there are.
    #[track_caller]
    pub fn strong_count(&self) -> usize {
        let object = self.observe(ArcAction::Count, Location::caller());
        // Whoever has a pointer may make it another number.
        counted(object, address(self.data.as_ptr()), self.data.strong_count(), false)
    }

    /// How many weak pointers there are; 0 if no strong one is left.
    #[track_caller]
    pub fn weak_count(&self) -> usize {
        let object = self.observe(ArcAction::Count, Location::caller());
        counted(object, address(self.data.as_ptr()), self.data.weak_count(), false)
    }

    /// Whether both point to the same allocation, or both to nothing.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.data.ptr_eq(&other.data)
    }

    /// The allocation as an object; `None` outside an exploration, and for a pointer to nothing.
    fn object(&self) -> Option<ObjectId> {
        if !current::is_active() || dangles(&self.data) {
            return None;
        }
        current::pointer(&self.slot, address(self.data.as_ptr()))
    }

    pub(super) fn observe(&self, action: ArcAction, place: &'static Location<'static>) -> Option<ObjectId> {
        let object = self.object()?;
        current::perform_on(object, Action::Arc(action), place);
        Some(object)
    }
}

/// Whether it points to nothing, and never did.
fn dangles<T: ?Sized>(data: &StdWeak<T>) -> bool {
    address(data.as_ptr()) == address(StdWeak::<()>::new().as_ptr())
}

impl<T: ?Sized> Clone for Weak<T> {
    /// Another pointer to the same allocation. A step only where a count is looked at.
    #[track_caller]
    fn clone(&self) -> Self {
        let place = Location::caller();
        if !dangles(&self.data) {
            drops::change_count(self.data.as_ptr(), &self.slot, ArcAction::Downgrade, place);
        }
        Weak::made(StdWeak::clone(&self.data), self.slot.duplicate(), place)
    }
}

impl<T: ?Sized> Drop for Weak<T> {
    fn drop(&mut self) {
        if current::is_active() && !current::is_tearing_down() && !dangles(&self.data) {
            drops::change_count(self.data.as_ptr(), &self.slot, ArcAction::DropWeak, self.place);
            current::weak_dropped(address(self.data.as_ptr()));
        }
        // SAFETY: it is neither used nor dropped again.
        unsafe { ManuallyDrop::drop(&mut self.data) };
    }
}

impl<T> Default for Weak<T> {
    #[track_caller]
    fn default() -> Self {
        Weak::new()
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}
