//! Changing a value that may be shared: `make_mut`, and what it can copy.

use super::answers::answer_look;
use super::{Arc, address};
use crate::base::ArcAction;
use crate::engine::current;
use crate::engine::slot::Slot;
use std::ffi::{CStr, OsStr};
use std::panic::Location;
use std::path::Path;
use std::sync::Arc as StdArc;

/// What a value can be that [`Arc::make_mut`] copies: one that is `Clone`, a slice of such, a `str`, a
/// `CStr`, an `OsStr` or a `Path`.
///
/// It stands for std's trait of this name, which stable Rust cannot say. Only this crate implements it.
pub trait CloneToUninit: sealed::Copied {}

impl<T: ?Sized + sealed::Copied> CloneToUninit for T {}

impl<T: ?Sized + CloneToUninit> Arc<T> {
    /// The value, to be changed: of this allocation if this is the only strong pointer, otherwise of a new one with a clone.
    #[track_caller]
    pub fn make_mut(this: &mut Self) -> &mut T {
        let place = Location::caller();
        let object = this.observe(ArcAction::Unique, place);
        let alone = StdArc::strong_count(&this.data) == 1;
        let plain = StdArc::weak_count(&this.data) == 0;
        answer_look(object, address(StdArc::as_ptr(&this.data)), alone, false, plain);
        if !alone {
            let copy = T::copy(this);
            *this = Arc::adopt(copy, Slot::new(), place);
        } else if !plain {
            // Weak pointers lose the value, which moves to an allocation of its own.
            let data = &mut this.data;
            T::make_mut(data);
            this.slot = Slot::new();
            current::pointer_made(address(StdArc::as_ptr(data)));
        }
        T::make_mut(&mut this.data)
    }
}

/// How a value is copied; out of users' reach.
pub(super) mod sealed {
    use super::{CStr, OsStr, Path, StdArc};

    /// A value that std can copy into an allocation of its own.
    pub trait Copied {
        /// A new allocation with a copy.
        fn copy(&self) -> StdArc<Self>;

        /// std's `make_mut`.
        fn make_mut(data: &mut StdArc<Self>) -> &mut Self;
    }

    impl<T: Clone> Copied for T {
        fn copy(&self) -> StdArc<T> {
            StdArc::new(self.clone())
        }

        fn make_mut(data: &mut StdArc<T>) -> &mut T {
            StdArc::make_mut(data)
        }
    }

    impl<T: Clone> Copied for [T] {
        fn copy(&self) -> StdArc<[T]> {
            StdArc::from(self)
        }

        fn make_mut(data: &mut StdArc<[T]>) -> &mut [T] {
            StdArc::make_mut(data)
        }
    }

    macro_rules! copied {
        ($($what:ty),*) => {$(
            impl Copied for $what {
                fn copy(&self) -> StdArc<$what> {
                    StdArc::from(self)
                }

                fn make_mut(data: &mut StdArc<$what>) -> &mut $what {
                    StdArc::make_mut(data)
                }
            }
        )*};
    }

    copied!(str, CStr, OsStr, Path);
}
