//! Values that are made when first used, as `std::sync::LazyLock`.

use super::once::{self, AfterPanic};
use super::once_lock::{OnceLock, show};
use crate::base::Outcome;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;

/// A value that is made when first used: `std::sync::LazyLock`, whose operations are steps inside an exploration.
///
/// A `static` one starts afresh in every execution, unless it was used before the exploration began. So the initializer
/// may have to run more than once, and must be `Fn` where std is content with `FnOnce`. What it made is dropped when the
/// execution ends: a reference to it must not be carried to the next one.
///
/// ```
/// use selvedge::sync::LazyLock;
///
/// static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| "warp weft".split(' ').collect());
/// assert_eq!(WORDS.len(), 2);
/// ```
pub struct LazyLock<T, F = fn() -> T> {
    cell: OnceLock<T>,
    /// Outside of all explorations: whether `cell` is initialized, or poisoned.
    once: std::sync::Once,
    make: F,
}

impl<T, F: Fn() -> T> LazyLock<T, F> {
    /// A value that `f` makes when it is needed.
    #[inline]
    pub const fn new(f: F) -> Self {
        LazyLock { cell: OnceLock::new(), once: std::sync::Once::new(), make: f }
    }

    /// A value that `f` makes when it is needed, with a name for traces.
    pub const fn with_name(f: F, name: &'static str) -> Self {
        LazyLock { cell: OnceLock::with_name(name), once: std::sync::Once::new(), make: f }
    }

    /// The same value under a name, for traces.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        LazyLock { cell: self.cell.named(name), ..self }
    }

    /// The same value under a name shared by several and a number of its own, for traces.
    #[must_use]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        LazyLock { cell: self.cell.numbered(name, number), ..self }
    }

    /// The value, which is made now if it has not been.
    ///
    /// # Panics
    ///
    /// If its initializer has panicked.
    #[inline]
    #[track_caller]
    pub fn force(this: &LazyLock<T, F>) -> &T {
        let location = Location::caller();
        let Some(object) = this.cell.object() else {
            return this.force_outside();
        };
        match once::begin(object, false, location) {
            Outcome::Chosen => this.cell.initialize(object, AfterPanic::Poisoned, location, &this.make),
            Outcome::Poisoned => previously_poisoned(),
            _ => {}
        }
        this.cell.initialized()
    }

    fn force_outside(&self) -> &T {
        self.once.call_once_force(|state| {
            if state.is_poisoned() {
                previously_poisoned();
            }
            let value = (self.make)();
            assert!(self.cell.outside().set(value).is_ok(), "only its initializer sets it");
        });
        self.cell.initialized()
    }
}

#[cold]
fn previously_poisoned() -> ! {
    panic!("LazyLock instance has previously been poisoned")
}

impl<T, F: Fn() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    fn default() -> Self {
        LazyLock::new(T::default)
    }
}

/// Shows the value if it has been made. Looking is no step.
impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, "LazyLock", self.cell.value())
    }
}
