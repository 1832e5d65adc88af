//! Cells that are written once, as `std::sync::OnceLock`.

use super::once::{self, AfterPanic, WAIT, fresh};
use super::per_execution::PerExecution;
use crate::base::{Action, Name, ObjectId, OnceAction, Outcome};
use crate::engine::current;
use crate::engine::slot::Slot;
use std::fmt;
use std::panic::Location;

/// A cell that is written once: `std::sync::OnceLock`, whose operations are steps inside an exploration.
///
/// A `static` one starts afresh in every execution, unless it was set before the exploration began. What it held is
/// dropped when the execution ends: a reference to it must not be carried to the next one.
///
/// ```
/// use selvedge::sync::OnceLock;
///
/// let cell = OnceLock::new();
/// assert_eq!(cell.get_or_init(|| 1), &1);
/// assert_eq!(cell.set(2), Err(2));
/// ```
pub struct OnceLock<T> {
    slot: Slot,
    /// What was set inside the current execution.
    inside: PerExecution<T>,
    /// What was set outside of any.
    outside: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    /// An empty cell.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        OnceLock { slot: Slot::new(), inside: PerExecution::new(), outside: std::sync::OnceLock::new() }
    }

    /// An empty cell with a name for traces.
    #[must_use]
    pub const fn with_name(name: &'static str) -> Self {
        let slot = Slot::new().named(Name::new(name));
        OnceLock { slot, inside: PerExecution::new(), outside: std::sync::OnceLock::new() }
    }

    /// The same cell under a name, for traces.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        OnceLock { slot: self.slot.named(Name::new(name)), ..self }
    }

    /// The same cell under a name shared by several and a number of its own, for traces.
    #[must_use]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        OnceLock { slot: self.slot.named(Name::numbered(name, number)), ..self }
    }

    /// The value, if the cell is set.
    #[inline]
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        let location = Location::caller();
        match self.object() {
            None => self.outside.get(),
            Some(object) => once::is_completed(object, location).then(|| self.value()).flatten(),
        }
    }

    /// The value, for one who has the cell to himself.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        match self.inside.get_mut() {
            None => self.outside.get_mut(),
            value => value,
        }
    }

    /// Waits until the cell is set.
    #[track_caller]
    pub fn wait(&self) -> &T {
        let location = Location::caller();
        match self.object() {
            None => self.outside.wait(),
            Some(object) => {
                current::perform_on(object, WAIT, location);
                self.initialized()
            }
        }
    }

    /// Sets the cell.
    ///
    /// # Errors
    ///
    /// If it is set already; the value comes back.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let location = Location::caller();
        let Some(object) = self.object() else {
            return self.outside.set(value);
        };
        if current::perform_on(object, Action::Once(OnceAction::Set), location) == Outcome::Refused {
            return Err(value);
        }
        // Nobody runs between the step and this.
        self.inside.put(value);
        Ok(())
    }

    /// The value; if the cell is not set, it is set to what `f` returns. Waits while another thread does that.
    #[track_caller]
    pub fn get_or_init<F>(&self, f: F) -> &T
    where
        F: FnOnce() -> T,
    {
        let location = Location::caller();
        let Some(object) = self.object() else {
            return self.outside.get_or_init(f);
        };
        if once::begin(object, true, location) == Outcome::Chosen {
            self.initialize(object, AfterPanic::Uninitialized, location, f);
        }
        self.initialized()
    }

    /// The value, taken out of the cell.
    #[must_use]
    pub fn into_inner(mut self) -> Option<T> {
        self.take()
    }

    /// Takes the value out of the cell, which is empty then.
    pub fn take(&mut self) -> Option<T> {
        let value = self.inside.take().or_else(|| self.outside.take());
        if value.is_some() {
            // An empty cell is as good as a new one, and to become that is no step.
            self.slot = Slot::new().named(self.slot.name());
        }
        value
    }

    /// The engine's object; `None` outside an exploration.
    #[inline]
    pub(super) fn object(&self) -> Option<ObjectId> {
        current::object(&self.slot, || fresh(self.outside.get().is_some()))
    }

    /// Runs the initializer for which the caller was chosen.
    pub(super) fn initialize(
        &self,
        object: ObjectId,
        after_panic: AfterPanic,
        location: &'static Location<'static>,
        f: impl FnOnce() -> T,
    ) {
        once::run(object, after_panic, location, || self.inside.put(f()));
    }

    /// The value of a cell that is set, as the engine has said.
    pub(super) fn initialized(&self) -> &T {
        self.value().expect("it belonged to an execution that is over")
    }

    /// The cell's value outside of all explorations.
    pub(super) fn outside(&self) -> &std::sync::OnceLock<T> {
        &self.outside
    }

    /// The value that is there. Looking is no step.
    pub(super) fn value(&self) -> Option<&T> {
        self.inside.get().or_else(|| self.outside.get())
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        OnceLock::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    fn from(value: T) -> Self {
        OnceLock { outside: std::sync::OnceLock::from(value), ..OnceLock::new() }
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        match self.get() {
            None => OnceLock::new(),
            Some(value) => OnceLock::from(value.clone()),
        }
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

/// Shows the value if there is one. Looking is no step.
impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, "OnceLock", self.value())
    }
}

/// Shows a cell of type `name`, as std does.
pub(super) fn show<T: fmt::Debug>(f: &mut fmt::Formatter<'_>, name: &str, value: Option<&T>) -> fmt::Result {
    let mut tuple = f.debug_tuple(name);
    match value {
        Some(value) => tuple.field(value),
        None => tuple.field(&format_args!("<uninit>")),
    };
    tuple.finish()
}
