//! Reference-counted pointers, as [`std::sync::Arc`] and [`std::sync::Weak`].
//!
//! The counting is std's own. What the engine adds inside an exploration is order: a drop that is not the last leaves what
//! its thread knows at the allocation, and the last drop happens after all others, so that a destructor races with nobody.
//!
//! A clone and a drop are no steps, because by themselves nobody can observe them. What observes the count is one:
//! `strong_count`, `get_mut`, `try_unwrap`, an upgrade; and so is the drop of the last strong pointer while there are weak
//! ones, because an upgrade can tell whether it has happened. Where a destructor has been seen to perform operations, every
//! drop is a step, because it matters who runs it.
//!
//! Three things need the compiler's favour, which std's pointer alone has: `Arc<Self>` as a method's receiver, the
//! conversion of `Arc<T>` to `Arc<dyn Trait>`, and moving out of it in a pattern. [`Arc::from_std`] does the second, of a weak
//! pointer [`Weak::from_std`].

mod answers;
mod copies;
mod drops;
mod made_of;
mod raw;
mod traits;
mod uninit;
mod waker;
mod weak;

pub use weak::Weak;

use crate::base::{Action, ArcAction, Name, ObjectId};
use crate::engine::current;
use crate::engine::slot::Slot;
use answers::{answer_look, counted, dropped};
use std::any::Any;
use std::mem::{self, ManuallyDrop};
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc as StdArc;

/// A reference-counted pointer for threads: `std::sync::Arc`.
///
/// ```
/// use selvedge::{sync::Arc, thread};
///
/// let shared = Arc::new(5);
/// let theirs = Arc::clone(&shared);
/// assert_eq!(thread::spawn(move || *theirs).join().unwrap(), 5);
/// assert_eq!(Arc::try_unwrap(shared), Ok(5));
/// ```
pub struct Arc<T: ?Sized> {
    // Dropped by hand, between two looks at what the destructor does.
    data: ManuallyDrop<StdArc<T>>,
    slot: Slot,
    /// Where this pointer was made: a drop has no place of its own.
    place: &'static Location<'static>,
}

impl<T> Arc<T> {
    /// A pointer to a new allocation with this value.
    #[inline]
    #[track_caller]
    pub fn new(data: T) -> Self {
        Arc::adopt(StdArc::new(data), Slot::new(), Location::caller())
    }

    /// A pointer to a new allocation with this value and a name for traces.
    #[track_caller]
    pub fn with_name(data: T, name: &'static str) -> Self {
        Arc::adopt(StdArc::new(data), Slot::new().named(Name::new(name)), Location::caller())
    }

    /// A pointer to a new allocation whose value is made from a weak pointer to it.
    #[track_caller]
    pub fn new_cyclic<F>(data_fn: F) -> Self
    where
        F: FnOnce(&Weak<T>) -> T,
    {
        let place = Location::caller();
        let mut slot = Slot::new();
        let data = StdArc::new_cyclic(|data| {
            current::pointer_made(address(data.as_ptr()));
            let weak = Weak::with_slot(data.clone(), mem::replace(&mut slot, Slot::new()), place);
            let value = data_fn(&weak);
            // Others may have weak pointers by now, which can be upgraded from here on: nobody else runs before std has seen to that.
            weak.observe(ArcAction::Begin, place);
            slot = weak.into_slot();
            value
        });
        Arc::made(data, slot, place)
    }

    /// A pinned pointer to a new allocation with this value.
    #[track_caller]
    pub fn pin(data: T) -> Pin<Self> {
        // SAFETY: the value lives in an allocation of its own and does not move with the pointer; all that gives `&mut T`
        // takes `&mut Arc<T>` or `Arc<T>`, which a `Pin` does not give out.
        unsafe { Pin::new_unchecked(Arc::new(data)) }
    }

    /// The value, if this is the only strong pointer.
    ///
    /// # Errors
    ///
    /// The pointer, if there are others.
    #[track_caller]
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        let object = this.observe(ArcAction::Unique, Location::caller());
        let (data, slot, place) = this.into_parts();
        let (address, weak) = (address(StdArc::as_ptr(&data)), StdArc::weak_count(&data));
        let result = StdArc::try_unwrap(data);
        answer_look(object, address, result.is_ok(), weak == 0, true);
        result.map_err(|data| Arc::made(data, slot, place))
    }

    /// The value, if this was the last strong pointer; otherwise it is dropped.
    #[track_caller]
    pub fn into_inner(this: Self) -> Option<T> {
        let drops = drops::are_steps::<T>();
        let object =
            this.observe(if drops { ArcAction::Drop } else { ArcAction::Unique }, Location::caller());
        let (data, _, _) = this.into_parts();
        let (address, weak) = (address(StdArc::as_ptr(&data)), StdArc::weak_count(&data));
        let value = StdArc::into_inner(data);
        answer_look(object, address, value.is_some(), weak == 0, true);
        if drops {
            // It is no refusal: there is a pointer less.
            dropped(object, value.is_some());
        }
        if object.is_some() && value.is_none() {
            current::pointer_dropped(address);
        }
        value
    }

    /// The value, or a clone of it if there are other strong pointers.
    #[track_caller]
    pub fn unwrap_or_clone(this: Self) -> T
    where
        T: Clone,
    {
        Arc::try_unwrap(this).unwrap_or_else(|shared| T::clone(&shared))
    }
}

impl<T: ?Sized> Arc<T> {
    /// The same pointer; the allocation has a name from now on, for traces.
    #[must_use]
    pub fn named(mut this: Self, name: &'static str) -> Self {
        this.name(Name::new(name));
        this
    }

    /// The same pointer; the allocation has a name that several share from now on, with its number, for traces.
    #[must_use]
    pub fn numbered(mut this: Self, name: &'static str, number: u32) -> Self {
        this.name(Name::numbered(name, number));
        this
    }

    /// A weak pointer to the same allocation.
    #[track_caller]
    pub fn downgrade(this: &Self) -> Weak<T> {
        let place = Location::caller();
        drops::change_count(Arc::as_ptr(this), &this.slot, ArcAction::Downgrade, place);
        Weak::with_slot(StdArc::downgrade(&this.data), this.slot.duplicate(), place)
    }

    /// How many strong pointers there are.
    #[track_caller]
    pub fn strong_count(this: &Self) -> usize {
        let object = this.observe(ArcAction::Count, Location::caller());
        this.counted(object, StdArc::strong_count(&this.data))
    }

    /// How many weak pointers there are.
    #[track_caller]
    pub fn weak_count(this: &Self) -> usize {
        let object = this.observe(ArcAction::Count, Location::caller());
        this.counted(object, StdArc::weak_count(&this.data))
    }

    /// The value, to be changed, if this is the only pointer, weak ones included.
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        let object = this.observe(ArcAction::Unique, Location::caller());
        let address = address(StdArc::as_ptr(&this.data));
        let value = StdArc::get_mut(&mut this.data);
        answer_look(object, address, value.is_some(), false, true);
        if object.is_some() && value.is_some() {
            current::pointer_unique(address);
        }
        value
    }

    /// Whether both point to the same allocation.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        StdArc::ptr_eq(&this.data, &other.data)
    }

    /// The address of the value.
    pub fn as_ptr(this: &Self) -> *const T {
        StdArc::as_ptr(&this.data)
    }
}

impl Arc<dyn Any + Send + Sync> {
    /// A pointer to the value as the type that it is.
    ///
    /// # Errors
    ///
    /// The pointer, if the value is of another type.
    pub fn downcast<T: Any + Send + Sync>(self) -> Result<Arc<T>, Self> {
        let (data, slot, place) = self.into_parts();
        match data.downcast() {
            Ok(data) => Ok(Arc::made(data, slot, place)),
            Err(data) => Err(Arc::made(data, slot, place)),
        }
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    /// Another pointer to the same allocation. A step only where a count is looked at.
    #[inline]
    #[track_caller]
    fn clone(&self) -> Self {
        drops::change_count(Arc::as_ptr(self), &self.slot, ArcAction::Clone, Location::caller());
        Arc::made(StdArc::clone(&self.data), self.slot.duplicate(), Location::caller())
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    #[inline]
    fn drop(&mut self) {
        // Declared before the data, so that it ends after the value's destructor.
        let _destructor;
        // SAFETY: `data` is not used after this. It is a local from here on, so that it is dropped even if this unwinds.
        let data = unsafe { ManuallyDrop::take(&mut self.data) };
        if current::is_active() && !current::is_tearing_down() {
            _destructor = drops::let_go(&data, &self.slot, self.place);
        }
    }
}

impl<T: ?Sized> Arc<T> {
    /// A pointer to an allocation that no other pointer knows of yet.
    #[inline]
    fn adopt(data: StdArc<T>, slot: Slot, place: &'static Location<'static>) -> Self {
        let address = address(StdArc::as_ptr(&data));
        current::pointer_made(address);
        if !slot.name().is_empty() {
            // So that the name is known whichever pointer is looked through.
            current::pointer(&slot, address);
        }
        Arc::made(data, slot, place)
    }

    #[inline]
    fn made(data: StdArc<T>, slot: Slot, place: &'static Location<'static>) -> Self {
        Arc { data: ManuallyDrop::new(data), slot, place }
    }

    /// The allocation as an object, or `None` outside an exploration.
    fn object(&self) -> Option<ObjectId> {
        current::pointer(&self.slot, address(StdArc::as_ptr(&self.data)))
    }

    fn counted(&self, object: Option<ObjectId>, count: usize) -> usize {
        let alone = StdArc::strong_count(&self.data) == 1 && StdArc::weak_count(&self.data) == 0;
        counted(object, address(StdArc::as_ptr(&self.data)), count, alone)
    }

    fn observe(&self, action: ArcAction, place: &'static Location<'static>) -> Option<ObjectId> {
        let object = self.object()?;
        current::perform_on(object, Action::Arc(action), place);
        Some(object)
    }

    fn name(&mut self, name: Name) {
        // A slot that is given a name forgets its number: the object is found again by its address.
        self.slot = mem::replace(&mut self.slot, Slot::new()).named(name);
        if let Some(object) = self.object() {
            current::rename(object, name);
        }
    }

    fn into_parts(self) -> (StdArc<T>, Slot, &'static Location<'static>) {
        let this = ManuallyDrop::new(self);
        // SAFETY: `this` is neither used nor dropped after this, so its pointer is moved out of it.
        let data = unsafe { std::ptr::read(&this.data) };
        (ManuallyDrop::into_inner(data), this.slot.duplicate(), this.place)
    }
}

/// By what the allocation is known.
#[inline(always)]
fn address<T: ?Sized>(data: *const T) -> usize {
    data.cast::<()>().addr()
}

#[cfg(test)]
mod tests;
