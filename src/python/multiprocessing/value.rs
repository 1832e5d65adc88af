//! Values in memory that processes share.

use crate::base::{Action, ObjectKind, ValueAction};
use crate::engine::current;
use crate::python::bits::{bits, show, width};
use crate::python::threading::RLock;
use crate::python::{Error, Shared};
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

/// `multiprocessing.Value`: a value in shared memory with a lock of its own.
///
/// Reading `.value` is one step and writing it is one, each under the lock, so `v.value += 1` is two. Holding
/// [`get_lock`](Value::get_lock) over both makes them one to the others. A clone is the same value.
#[derive(Clone)]
pub struct Value<T>(Cell<T>);

/// `multiprocessing.Array`: as [`Value`], with one lock for all items.
#[derive(Clone)]
pub struct Array<T> {
    lock: RLock,
    items: Arc<[Cell<T>]>,
}

/// `multiprocessing.RawValue`: a value in shared memory without a lock. A clone is the same value.
pub type RawValue<T> = Shared<T>;

/// `multiprocessing.RawArray`: as [`RawValue`], with several items.
#[derive(Clone, Debug)]
pub struct RawArray<T>(Arc<[Shared<T>]>);

/// A place in shared memory, and the lock that guards it.
#[derive(Clone)]
struct Cell<T> {
    lock: RLock,
    value: Arc<Mutex<T>>,
}

impl<T: Clone + fmt::Debug + 'static> Cell<T> {
    fn get(&self, location: &'static Location<'static>) -> T {
        self.perform(ValueAction::Get, location);
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner).clone();
        show(&value);
        value
    }

    fn set(&self, value: T, location: &'static Location<'static>) {
        let bits = bits(&value);
        self.perform(ValueAction::Set(bits), location);
        if bits.is_none() {
            current::note(|| format!("{value:?}"));
        }
        let old = std::mem::replace(&mut *self.value.lock().unwrap_or_else(PoisonError::into_inner), value);
        // After the guard is gone: what is dropped here may perform operations.
        drop(old);
    }

    fn perform(&self, action: ValueAction, location: &'static Location<'static>) {
        current::perform_on(self.lock.object(), Action::Value(action), location);
    }
}

impl<T: Clone + fmt::Debug + 'static> Value<T> {
    /// `Value(typecode, value)`: a value of the running execution.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(value: T) -> Self {
        let lock = RLock::of(ObjectKind::Value(width::<T>()));
        Value(Cell { lock, value: Arc::new(Mutex::new(value)) })
    }

    /// The same value under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: &'static str) -> Self {
        self.0.lock = self.0.lock.named(name);
        self
    }

    /// The same value under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(mut self, name: &'static str, number: u32) -> Self {
        self.0.lock = self.0.lock.numbered(name, number);
        self
    }

    /// Reads `.value`: one step.
    #[track_caller]
    pub fn get(&self) -> T {
        self.0.get(Location::caller())
    }

    /// Writes `.value`: one step.
    #[track_caller]
    pub fn set(&self, value: T) {
        self.0.set(value, Location::caller());
    }

    /// `get_lock()`: the lock that reading and writing take.
    pub fn get_lock(&self) -> &RLock {
        &self.0.lock
    }
}

impl<T: Clone + fmt::Debug + 'static> Array<T> {
    /// `Array(typecode, values)`: values of the running execution under one lock.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(values: impl IntoIterator<Item = T>) -> Self {
        let lock = RLock::of(ObjectKind::Value(width::<T>()));
        let cell = |value| Cell { lock: lock.clone(), value: Arc::new(Mutex::new(value)) };
        let items = values.into_iter().map(cell).collect();
        Array { lock, items }
    }

    /// `array[index]`: one step.
    ///
    /// # Errors
    ///
    /// `IndexError: invalid index`
    #[track_caller]
    pub fn get(&self, index: usize) -> Result<T, Error> {
        let location = Location::caller();
        self.items.get(index).map(|cell| cell.get(location)).ok_or_else(invalid_index)
    }

    /// `array[index] = value`: one step.
    ///
    /// # Errors
    ///
    /// `IndexError: invalid index`
    #[track_caller]
    pub fn set(&self, index: usize, value: T) -> Result<(), Error> {
        let location = Location::caller();
        self.items.get(index).map(|cell| cell.set(value, location)).ok_or_else(invalid_index)
    }

    /// `len(array)`
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether it has no items.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// `get_lock()`: the lock that reading and writing take.
    pub fn get_lock(&self) -> &RLock {
        &self.lock
    }
}

impl<T: Clone + fmt::Debug + 'static> RawArray<T> {
    /// `RawArray(typecode, values)`: values of the running execution.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(values: impl IntoIterator<Item = T>) -> Self {
        RawArray(values.into_iter().map(Shared::new).collect())
    }

    /// `array[index]`: one step.
    ///
    /// # Errors
    ///
    /// `IndexError: invalid index`
    #[track_caller]
    pub fn get(&self, index: usize) -> Result<T, Error> {
        match self.0.get(index) {
            Some(item) => Ok(item.get()),
            None => Err(invalid_index()),
        }
    }

    /// `array[index] = value`: one step.
    ///
    /// # Errors
    ///
    /// `IndexError: invalid index`
    #[track_caller]
    pub fn set(&self, index: usize, value: T) -> Result<(), Error> {
        match self.0.get(index) {
            Some(item) => {
                item.set(value);
                Ok(())
            }
            None => Err(invalid_index()),
        }
    }

    /// `len(array)`
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has no items.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn invalid_index() -> Error {
    Error::IndexError("invalid index".to_owned())
}

impl<T> fmt::Debug for Value<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Showing the value would be a step.
        f.debug_struct("Value").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Array").field("len", &self.items.len()).finish_non_exhaustive()
    }
}
