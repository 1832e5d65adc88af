//! What a pointer can be made of.

use super::Arc;
use crate::engine::slot::Slot;
use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::Arc as StdArc;

impl Default for Arc<str> {
    #[track_caller]
    fn default() -> Self {
        Arc::from("")
    }
}

impl Default for Arc<CStr> {
    #[track_caller]
    fn default() -> Self {
        Arc::from(c"")
    }
}

impl<T> Default for Arc<[T]> {
    #[track_caller]
    fn default() -> Self {
        Arc::from([])
    }
}

impl<T> From<T> for Arc<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Arc::new(value)
    }
}

impl<T: ?Sized> From<Box<T>> for Arc<T> {
    #[track_caller]
    fn from(value: Box<T>) -> Self {
        fresh(StdArc::from(value))
    }
}

/// A pointer to what has a borrowed and an owned form is made of either.
macro_rules! made_of_both_forms {
    ($($borrowed:ty, $owned:ty;)*) => {$(
        impl From<&$borrowed> for Arc<$borrowed> {
            #[track_caller]
            fn from(value: &$borrowed) -> Self {
                fresh(StdArc::from(value))
            }
        }

        impl From<&mut $borrowed> for Arc<$borrowed> {
            #[track_caller]
            fn from(value: &mut $borrowed) -> Self {
                Arc::from(&*value)
            }
        }

        impl From<$owned> for Arc<$borrowed> {
            #[track_caller]
            fn from(value: $owned) -> Self {
                fresh(StdArc::from(value))
            }
        }
    )*};
}

made_of_both_forms! {
    str, String;
    CStr, CString;
    OsStr, OsString;
    Path, PathBuf;
}

impl<T> From<Vec<T>> for Arc<[T]> {
    #[track_caller]
    fn from(value: Vec<T>) -> Self {
        fresh(StdArc::from(value))
    }
}

impl<T: Clone> From<&[T]> for Arc<[T]> {
    #[track_caller]
    fn from(value: &[T]) -> Self {
        fresh(StdArc::from(value))
    }
}

impl<T: Clone> From<&mut [T]> for Arc<[T]> {
    #[track_caller]
    fn from(value: &mut [T]) -> Self {
        Arc::from(&*value)
    }
}

impl<T, const N: usize> From<[T; N]> for Arc<[T]> {
    #[track_caller]
    fn from(value: [T; N]) -> Self {
        fresh(StdArc::from(value))
    }
}

impl<'a, B> From<Cow<'a, B>> for Arc<B>
where
    B: ?Sized + ToOwned,
    Arc<B>: From<&'a B> + From<B::Owned>,
{
    #[track_caller]
    fn from(value: Cow<'a, B>) -> Self {
        match value {
            Cow::Borrowed(value) => Arc::from(value),
            Cow::Owned(value) => Arc::from(value),
        }
    }
}

impl<T> FromIterator<T> for Arc<[T]> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        fresh(StdArc::from_iter(values))
    }
}

impl From<Arc<str>> for Arc<[u8]> {
    /// The bytes, in the same allocation.
    fn from(text: Arc<str>) -> Self {
        let (data, slot, place) = text.into_parts();
        Arc::made(StdArc::from(data), slot, place)
    }
}

impl<T, const N: usize> TryFrom<Arc<[T]>> for Arc<[T; N]> {
    type Error = Arc<[T]>;

    /// The slice as an array, in the same allocation; the slice, if it has another length.
    fn try_from(slice: Arc<[T]>) -> Result<Self, Self::Error> {
        let (data, slot, place) = slice.into_parts();
        match <StdArc<[T; N]>>::try_from(data) {
            Ok(data) => Ok(Arc::made(data, slot, place)),
            Err(data) => Err(Arc::made(data, slot, place)),
        }
    }
}

#[track_caller]
fn fresh<T: ?Sized>(data: StdArc<T>) -> Arc<T> {
    Arc::adopt(data, Slot::new(), Location::caller())
}
