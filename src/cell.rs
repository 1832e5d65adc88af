//! Cells whose accesses are checked for races, after [`std::cell`].
//!
//! Two accesses to a cell of which one is a write, that nothing orders, are a data race: undefined behaviour in a real
//! program, a finding here. Outside an exploration nothing is checked.
//!
//! [`RefCell`], [`OnceCell`] and [`LazyCell`] are std's own, and not checked: no two threads can share them without a wrong
//! `unsafe impl Sync`. Put a [`Cell`] or an [`UnsafeCell`] where that is in doubt.
//!
//! A cell is larger than its value, as it has a place in the engine too, and what takes one apart is checked. So, unlike std's,
//! none can be made of a `&mut T` (`from_mut`), and `into_inner`, `get_mut` and `Cell::replace` are no `const fn`s. What would go
//! around the check is not here either: `get`, `raw_get`, `as_ptr`, `as_slice_of_cells`.

use crate::base::object::State;
use crate::base::{Action, CellAction, Name, ObjectKind};
use crate::engine::current;
use crate::engine::slot::Slot;
use std::cmp::Ordering;
use std::fmt;
use std::panic::Location;

pub use std::cell::{BorrowError, BorrowMutError, LazyCell, OnceCell, Ref, RefCell, RefMut};

/// What makes a type changeable behind a shared reference: `std::cell::UnsafeCell`, but for `get`.
///
/// A bare pointer would leave open when it is used, so access is a closure given a pointer that must not leave it.
///
/// ```
/// use selvedge::cell::UnsafeCell;
///
/// let cell = UnsafeCell::new(1);
/// // SAFETY: nobody else uses it.
/// cell.with_mut(|pointer| unsafe { *pointer += 1 });
/// assert_eq!(cell.into_inner(), 2);
/// ```
pub struct UnsafeCell<T: ?Sized> {
    slot: Slot,
    inner: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// A cell with this value.
    pub const fn new(value: T) -> Self {
        UnsafeCell { slot: Slot::new(), inner: std::cell::UnsafeCell::new(value) }
    }

    /// A cell with this value and a name for traces.
    pub const fn with_name(value: T, name: &'static str) -> Self {
        UnsafeCell { slot: Slot::new().named(Name::new(name)), inner: std::cell::UnsafeCell::new(value) }
    }

    /// The same cell under a name, for traces.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        UnsafeCell { slot: self.slot.named(Name::new(name)), inner: self.inner }
    }

    /// The same cell under a name that several share, with its number, for traces.
    #[must_use]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        UnsafeCell { slot: self.slot.named(Name::numbered(name, number)), inner: self.inner }
    }

    /// The value. This is a write: who takes a cell apart must come after all others.
    #[track_caller]
    pub fn into_inner(self) -> T {
        access(&self.slot, CellAction::Write, Location::caller());
        self.inner.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Shared access: runs `f` on a pointer that may be read.
    #[inline]
    #[track_caller]
    pub fn with<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        self.during(CellAction::Read, Location::caller(), || f(self.inner.get()))
    }

    /// Exclusive access: runs `f` on a pointer that may be written.
    #[inline]
    #[track_caller]
    pub fn with_mut<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        self.during(CellAction::Write, Location::caller(), || f(self.inner.get()))
    }

    /// The value, to be changed. This is a write, so that a wrong `&mut` made by unsafe code is found.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        access(&self.slot, CellAction::Write, Location::caller());
        self.inner.get_mut()
    }

    #[inline(always)]
    fn during<R>(
        &self,
        action: CellAction,
        location: &'static Location<'static>,
        f: impl FnOnce() -> R,
    ) -> R {
        if !access(&self.slot, action, location) {
            return f();
        }
        let before = current::steps();
        let result = f();
        if current::steps() != before {
            // Others may have come in between: the access lasts until now.
            access(&self.slot, action, location);
        }
        result
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}

/// A changeable place: `std::cell::Cell`, each access checked for races.
///
/// Like std's it is not `Sync`, so a race takes a wrong `unsafe impl Sync` around it.
///
/// ```
/// use selvedge::cell::Cell;
///
/// let cell = Cell::new(1);
/// cell.set(cell.get() + 1);
/// assert_eq!(cell.replace(0), 2);
/// ```
pub struct Cell<T: ?Sized> {
    slot: Slot,
    inner: std::cell::Cell<T>,
}

impl<T> Cell<T> {
    /// A cell with this value.
    pub const fn new(value: T) -> Self {
        Cell { slot: Slot::new(), inner: std::cell::Cell::new(value) }
    }

    /// A cell with this value and a name for traces.
    pub const fn with_name(value: T, name: &'static str) -> Self {
        Cell { slot: Slot::new().named(Name::new(name)), inner: std::cell::Cell::new(value) }
    }

    /// The same cell under a name, for traces.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Cell { slot: self.slot.named(Name::new(name)), inner: self.inner }
    }

    /// The same cell under a name that several share, with its number, for traces.
    #[must_use]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        Cell { slot: self.slot.named(Name::numbered(name, number)), inner: self.inner }
    }

    /// Replaces the value.
    #[inline]
    #[track_caller]
    pub fn set(&self, value: T) {
        drop(self.replace(value));
    }

    /// Exchanges the values of two cells.
    #[track_caller]
    pub fn swap(&self, other: &Self) {
        if std::ptr::eq(self, other) {
            return;
        }
        let location = Location::caller();
        access(&self.slot, CellAction::Write, location);
        access(&other.slot, CellAction::Write, location);
        self.inner.swap(&other.inner);
    }

    /// The value, leaving another in its place.
    #[inline]
    #[track_caller]
    pub fn replace(&self, value: T) -> T {
        access(&self.slot, CellAction::Write, Location::caller());
        self.inner.replace(value)
    }

    /// The value. This is a write: who takes a cell apart must come after all others.
    #[track_caller]
    pub fn into_inner(self) -> T {
        access(&self.slot, CellAction::Write, Location::caller());
        self.inner.into_inner()
    }
}

impl<T: Copy> Cell<T> {
    /// A copy of the value.
    #[inline]
    #[track_caller]
    pub fn get(&self) -> T {
        access(&self.slot, CellAction::Read, Location::caller());
        self.inner.get()
    }

    /// Replaces the value by what `f` makes of it.
    #[inline]
    #[track_caller]
    pub fn update(&self, f: impl FnOnce(T) -> T) {
        let old = self.get();
        self.set(f(old));
    }
}

impl<T: Default> Cell<T> {
    /// The value, leaving the default in its place.
    #[track_caller]
    pub fn take(&self) -> T {
        self.replace(T::default())
    }
}

impl<T: ?Sized> Cell<T> {
    /// The value, to be changed. This is a write, so that a wrong `&mut` made by unsafe code is found.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        access(&self.slot, CellAction::Write, Location::caller());
        self.inner.get_mut()
    }
}

impl<T: Copy> Clone for Cell<T> {
    fn clone(&self) -> Self {
        Cell::new(self.get())
    }
}

impl<T: Default> Default for Cell<T> {
    fn default() -> Self {
        Cell::new(T::default())
    }
}

impl<T> From<T> for Cell<T> {
    fn from(value: T) -> Self {
        Cell::new(value)
    }
}

impl<T: Copy + fmt::Debug> fmt::Debug for Cell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cell").field("value", &self.get()).finish()
    }
}

impl<T: Copy + PartialEq> PartialEq for Cell<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Copy + Eq> Eq for Cell<T> {}

impl<T: Copy + PartialOrd> PartialOrd for Cell<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.get().partial_cmp(&other.get())
    }
}

impl<T: Copy + Ord> Ord for Cell<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.get().cmp(&other.get())
    }
}

/// Performs an access; `false` outside an exploration, where there is nothing to check.
#[inline(always)]
fn access(slot: &Slot, action: CellAction, location: &'static Location<'static>) -> bool {
    let object = current::object(slot, || (ObjectKind::Cell, State::Cell));
    if let Some(object) = object {
        current::perform_on(object, Action::Cell(action), location);
    }
    object.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing;
    use crate::sync::atomic::{AtomicBool, Ordering as Order};
    use crate::thread;
    use std::sync::Arc;

    struct Shared(UnsafeCell<u32>, AtomicBool);

    // SAFETY: false, on purpose: whether accesses are ordered is what the tests ask.
    unsafe impl Sync for Shared {}

    /// How many interleavings have a race, and how many there are, when data is published under these orderings.
    fn published(store: Order, load: Order) -> (usize, usize) {
        let mut racy = 0;
        let all = testing::all(
            move || {
                let shared = Arc::new(Shared(UnsafeCell::new(0), AtomicBool::new(false)));
                let writer = Arc::clone(&shared);
                let writer = thread::spawn(move || {
                    // SAFETY: the flag says when it may be read.
                    writer.0.with_mut(|data| unsafe { *data = 7 });
                    writer.1.store(true, store);
                });
                if shared.1.load(load) {
                    // SAFETY: the flag was up.
                    shared.0.with(|data| assert_eq!(unsafe { *data }, 7));
                }
                writer.join().unwrap();
            },
            |trace| racy += usize::from(!trace.races.is_empty()),
        );
        (racy, all)
    }

    #[test]
    fn a_relaxed_flag_publishes_nothing() {
        let (racy, _) = published(Order::Relaxed, Order::Relaxed);
        assert_ne!(racy, 0);
        assert_eq!(published(Order::Release, Order::Acquire).0, 0);
        assert_eq!(published(Order::SeqCst, Order::SeqCst).0, 0);
    }

    #[test]
    fn an_access_lasts_as_long_as_its_closure() {
        // The reader acquires the flag, but the writer raises it too early: in the middle of its access.
        let model = || {
            let shared = Arc::new(Shared(UnsafeCell::new(0), AtomicBool::new(false)));
            let writer = Arc::clone(&shared);
            let writer = thread::spawn(move || writer.0.with_mut(|_| writer.1.store(true, Order::Release)));
            if shared.1.load(Order::Acquire) {
                shared.0.with(|_| ());
            }
            writer.join().unwrap();
        };
        let mut racy = 0;
        testing::all(model, |trace| racy += usize::from(!trace.races.is_empty()));
        assert_ne!(racy, 0);
    }

    #[test]
    fn what_one_thread_has_to_itself_is_stds() {
        let model = || {
            let cell: std::cell::RefCell<u32> = RefCell::new(1);
            {
                let shared: Ref<'_, u32> = cell.borrow();
                let refused: BorrowMutError = cell.try_borrow_mut().unwrap_err();
                assert_eq!((*shared, refused.to_string().is_empty()), (1, false));
            }
            let alone: RefMut<'_, u32> = cell.borrow_mut();
            let refused: Result<Ref<'_, u32>, BorrowError> = cell.try_borrow();
            assert!(*alone == 1 && refused.is_err());
            let once = OnceCell::new();
            assert_eq!(*once.get_or_init(|| 2) + *LazyCell::new(|| 3), 5);
        };
        model();
        assert!(testing::run(model).panics.is_empty());
    }

    #[test]
    fn cells_behave_as_stds_inside_and_outside() {
        let model = || {
            let (mut a, b) = (Cell::new(1), Cell::with_name(2, "b"));
            a.swap(&b);
            a.swap(&a);
            assert_eq!((a.get(), b.get()), (2, 1));
            a.update(|x| x + 1);
            *a.get_mut() += 1;
            assert_eq!(a.replace(9), 4);
            assert_eq!(format!("{a:?}"), "Cell { value: 9 }");
            assert!(a > b && a == a.clone());
            assert_eq!((a.take(), a.into_inner()), (9, 0));
            let mut cell = UnsafeCell::from(3).named("c");
            *cell.get_mut() += 1;
            assert_eq!(cell.into_inner(), 4);
        };
        model();
        assert!(testing::run(model).races.is_empty());
    }
}
