//! The ten integer types, and `bool`, as what an atomic variable can hold.

use super::raw::{Primitive, sealed::Carried};
use super::{Atomic, Integer, Logical};
use crate::base::{Name, Rmw, Width};
use crate::engine::slot::Slot;
use std::sync::atomic::{self as std_atomic, Ordering};

/// What differs between the types and no trait can say: a `const` constructor, and std's type of the same name.
macro_rules! carry {
    ($($primitive:ident $std:ident $width:expr, $alias:ident;)*) => {$(
        #[doc = concat!("An atomic `", stringify!($primitive), "`; see [`Atomic`] for its methods.")]
        pub type $alias = Atomic<$primitive>;

        impl Atomic<$primitive> {
            /// A variable with this initial value.
            pub const fn new(value: $primitive) -> Self {
                Atomic { slot: Slot::new(), inner: std_atomic::$std::new(value) }
            }

            /// A variable with this initial value and a name for traces.
            pub const fn with_name(value: $primitive, name: &'static str) -> Self {
                Atomic { slot: Slot::new().named(Name::new(name)), inner: std_atomic::$std::new(value) }
            }
        }

        impl Primitive for $primitive {}

        impl Carried for $primitive {
            type Inner = std_atomic::$std;
            const WIDTH: Width = $width;

            #[inline(always)]
            fn to_bits(self) -> u64 {
                // Sign-extends what is signed.
                self as i64 as u64
            }

            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                carry!(@from bits $primitive)
            }

            fn inner(value: Self) -> Self::Inner {
                Self::Inner::new(value)
            }

            #[inline(always)]
            fn load(inner: &Self::Inner, order: Ordering) -> Self {
                inner.load(order)
            }

            #[inline(always)]
            fn store(inner: &Self::Inner, value: Self, order: Ordering) {
                inner.store(value, order);
            }

            #[inline(always)]
            fn modify(inner: &Self::Inner, function: Rmw, operand: Self, order: Ordering) -> Self {
                carry!(@modify $primitive inner function operand order)
            }

            #[inline(always)]
            fn exchange(
                inner: &Self::Inner,
                expected: Self,
                new: Self,
                success: Ordering,
                failure: Ordering,
                weak: bool,
            ) -> Result<Self, Self> {
                match weak {
                    true => inner.compare_exchange_weak(expected, new, success, failure),
                    false => inner.compare_exchange(expected, new, success, failure),
                }
            }

            fn get_mut(inner: &mut Self::Inner) -> &mut Self {
                inner.get_mut()
            }

            fn into_inner(inner: Self::Inner) -> Self {
                inner.into_inner()
            }
        }

        impl Logical for $primitive {}
        carry!(@integer $primitive);
    )*};
    (@from $bits:ident bool) => { $bits != 0 };
    (@from $bits:ident $integer:ident) => { $bits as $integer };
    (@modify bool $inner:ident $function:ident $operand:ident $order:ident) => {
        match $function {
            Rmw::Swap => $inner.swap($operand, $order),
            Rmw::And => $inner.fetch_and($operand, $order),
            Rmw::Nand => $inner.fetch_nand($operand, $order),
            Rmw::Or => $inner.fetch_or($operand, $order),
            Rmw::Xor => $inner.fetch_xor($operand, $order),
            _ => unreachable!("only integers count and compare"),
        }
    };
    (@modify $integer:ident $inner:ident $function:ident $operand:ident $order:ident) => {
        match $function {
            Rmw::Swap => $inner.swap($operand, $order),
            Rmw::Add => $inner.fetch_add($operand, $order),
            Rmw::Sub => $inner.fetch_sub($operand, $order),
            Rmw::And => $inner.fetch_and($operand, $order),
            Rmw::Nand => $inner.fetch_nand($operand, $order),
            Rmw::Or => $inner.fetch_or($operand, $order),
            Rmw::Xor => $inner.fetch_xor($operand, $order),
            Rmw::Max => $inner.fetch_max($operand, $order),
            Rmw::Min => $inner.fetch_min($operand, $order),
        }
    };
    (@integer bool) => {};
    (@integer $integer:ident) => { impl Integer for $integer {} };
}

carry! {
    bool AtomicBool Width::Bool, AtomicBool;
    i8 AtomicI8 Width::Signed(8), AtomicI8;
    i16 AtomicI16 Width::Signed(16), AtomicI16;
    i32 AtomicI32 Width::Signed(32), AtomicI32;
    i64 AtomicI64 Width::Signed(64), AtomicI64;
    isize AtomicIsize Width::Signed(isize::BITS as u8), AtomicIsize;
    u8 AtomicU8 Width::Unsigned(8), AtomicU8;
    u16 AtomicU16 Width::Unsigned(16), AtomicU16;
    u32 AtomicU32 Width::Unsigned(32), AtomicU32;
    u64 AtomicU64 Width::Unsigned(64), AtomicU64;
    usize AtomicUsize Width::Unsigned(usize::BITS as u8), AtomicUsize;
}
