//! Thread-locals.

use crate::engine::current;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::rc::Rc;

/// Declares thread-locals, as std's `thread_local!`: one value per thread, made when the thread first asks for it and
/// destroyed when the thread ends. Inside an exploration it is one per virtual thread.
///
/// ```
/// use std::cell::Cell;
///
/// selvedge::thread_local! {
///     static DEPTH: Cell<u32> = const { Cell::new(0) };
///     pub static NAME: String = String::from("nobody");
/// }
/// DEPTH.set(3);
/// assert_eq!(DEPTH.get(), 3);
/// assert_eq!(NAME.with(String::len), 6);
/// ```
#[macro_export]
macro_rules! thread_local {
    () => {};
    ($(#[$attribute:meta])* $visible:vis static $name:ident: $type:ty = const $init:block $(; $($rest:tt)*)?) => {
        $crate::thread_local!(@one [$(#[$attribute])*] $visible $name, $type, const $init);
        $($crate::thread_local!($($rest)*);)?
    };
    ($(#[$attribute:meta])* $visible:vis static $name:ident: $type:ty = $init:expr $(; $($rest:tt)*)?) => {
        $crate::thread_local!(@one [$(#[$attribute])*] $visible $name, $type, $init);
        $($crate::thread_local!($($rest)*);)?
    };
    (@one [$($attribute:tt)*] $visible:vis $name:ident, $type:ty, $init:expr) => {
        $($attribute)*
        $visible static $name: $crate::thread::LocalKey<$type> = {
            fn init() -> $type {
                $init
            }
            ::std::thread_local! {
                static OUTSIDE: $type = init();
            }
            $crate::thread::LocalKey::new(init, &OUTSIDE)
        };
    };
}

/// A thread-local: what [`thread_local!`](crate::thread_local) declares.
pub struct LocalKey<T: 'static> {
    init: fn() -> T,
    outside: &'static std::thread::LocalKey<T>,
}

/// A thread-local was asked for while it was being destroyed, or after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessError;

impl<T: 'static> LocalKey<T> {
    /// For [`thread_local!`](crate::thread_local) only.
    #[doc(hidden)]
    pub const fn new(init: fn() -> T, outside: &'static std::thread::LocalKey<T>) -> Self {
        LocalKey { init, outside }
    }

    /// Runs `f` on the calling thread's value, which is made now if it was never asked for before.
    ///
    /// # Panics
    ///
    /// If the value is being destroyed, or was.
    pub fn with<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        match self.try_with(f) {
            Ok(result) => result,
            Err(error) => destroyed(error),
        }
    }

    /// As [`with`](Self::with), without the panic.
    ///
    /// # Errors
    ///
    /// If the value is being destroyed, or was.
    pub fn try_with<F, R>(&'static self, f: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        if !current::is_active() {
            return self.outside.try_with(f).map_err(|_| AccessError);
        }
        match self.find()? {
            Some(value) => Ok(f(value.get())),
            None => Ok(f(self.keep((self.init)()).get())),
        }
    }

    /// The running virtual thread's value, if it has been made.
    fn find(&'static self) -> Result<Option<Rc<Local<T>>>, AccessError> {
        match current::local(self.key()) {
            Some(found) => found.downcast().map(Some).map_err(|_| AccessError),
            None if current::is_living() => Ok(None),
            // The thread has been taken down already, and what is left of its values is being destroyed.
            None => Err(AccessError),
        }
    }

    fn keep(&'static self, value: T) -> Rc<Local<T>> {
        let local = Rc::new(Local { key: self.key(), value: Some(value) });
        current::set_local(self.key(), Rc::clone(&local) as Rc<dyn Any>);
        local
    }

    /// What the engine knows it by: no two statics share an address.
    fn key(&'static self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Runs `f` on the value and `first`: given back if the value was there, used as its beginning if it was not.
    fn begin_with<R>(&'static self, first: T, f: impl FnOnce(Option<T>, &T) -> R) -> R {
        match self.find() {
            Ok(Some(value)) => f(Some(first), value.get()),
            Ok(None) => f(None, self.keep(first).get()),
            Err(error) => destroyed(error),
        }
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// Sets the value, without making the initial one first.
    pub fn set(&'static self, value: T) {
        match current::is_active() {
            false => self.outside.set(value),
            true => self.begin_with(Cell::new(value), |value, cell| {
                if let Some(value) = value {
                    cell.set(value.into_inner());
                }
            }),
        }
    }

    /// A copy of the value.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// The value, leaving the default in its place.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// The value, leaving another in its place.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// Runs `f` on the value, borrowed.
    ///
    /// # Panics
    ///
    /// If it is borrowed mutably.
    pub fn with_borrow<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Runs `f` on the value, borrowed mutably.
    ///
    /// # Panics
    ///
    /// If it is borrowed.
    pub fn with_borrow_mut<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&mut T) -> R,
    {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// Sets the value, without making the initial one first.
    ///
    /// # Panics
    ///
    /// If it is borrowed.
    pub fn set(&'static self, value: T) {
        match current::is_active() {
            false => self.outside.set(value),
            true => self.begin_with(RefCell::new(value), |value, cell| {
                if let Some(value) = value {
                    *cell.borrow_mut() = value.into_inner();
                }
            }),
        }
    }

    /// The value, leaving the default in its place.
    ///
    /// # Panics
    ///
    /// If it is borrowed.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// The value, leaving another in its place.
    ///
    /// # Panics
    ///
    /// If it is borrowed.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("already destroyed")
    }
}

impl Error for AccessError {}

/// A virtual thread's value.
struct Local<T: 'static> {
    key: usize,
    // Invariant: there until it is dropped.
    value: Option<T>,
}

/// Stands for a value that is being destroyed.
struct Gone;

impl<T> Local<T> {
    fn get(&self) -> &T {
        self.value.as_ref().expect("it is there until it is dropped")
    }
}

impl<T: 'static> Drop for Local<T> {
    /// While the value is destroyed, asking for it is an error rather than a new value: destructors that ask for each
    /// other's would go on for ever.
    fn drop(&mut self) {
        if current::is_active() && current::is_living() {
            current::set_local(self.key, Rc::new(Gone));
        }
        self.value = None;
    }
}

#[cold]
fn destroyed(error: AccessError) -> ! {
    panic!("cannot access a Thread Local Storage value during or after destruction: {error:?}")
}
