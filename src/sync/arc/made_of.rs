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

impl From<&str> for Arc<str> {
    #[track_caller]
    fn from(value: &str) -> Self {
        fresh(StdArc::from(value))
    }
}

impl From<&mut str> for Arc<str> {
    #[track_caller]
    fn from(value: &mut str) -> Self {
        Arc::from(&*value)
    }
}

impl From<String> for Arc<str> {
    #[track_caller]
    fn from(value: String) -> Self {
        fresh(StdArc::from(value))
    }
}

impl From<&CStr> for Arc<CStr> {
    #[track_caller]
    fn from(value: &CStr) -> Self {
        fresh(StdArc::from(value))
    }
}

impl From<&mut CStr> for Arc<CStr> {
    #[track_caller]
    fn from(value: &mut CStr) -> Self {
        Arc::from(&*value)
    }
}

impl From<CString> for Arc<CStr> {
    #[track_caller]
    fn from(value: CString) -> Self {
        fresh(StdArc::from(value))
    }
}

impl From<&OsStr> for Arc<OsStr> {
    #[track_caller]
    fn from(value: &OsStr) -> Self {
        fresh(StdArc::from(value))
    }
}

impl From<&mut OsStr> for Arc<OsStr> {
    #[track_caller]
    fn from(value: &mut OsStr) -> Self {
        Arc::from(&*value)
    }
}

impl From<OsString> for Arc<OsStr> {
    #[track_caller]
    fn from(value: OsString) -> Self {
        fresh(StdArc::from(value))
    }
}

impl From<&Path> for Arc<Path> {
    #[track_caller]
    fn from(value: &Path) -> Self {
        fresh(StdArc::from(value))
    }
}

impl From<&mut Path> for Arc<Path> {
    #[track_caller]
    fn from(value: &mut Path) -> Self {
        Arc::from(&*value)
    }
}

impl From<PathBuf> for Arc<Path> {
    #[track_caller]
    fn from(value: PathBuf) -> Self {
        fresh(StdArc::from(value))
    }
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
