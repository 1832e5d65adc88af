//! The bits of values that are numbers, for traces.
//!
//! Each question compares type identities that the compiler knows, so all but one of the branches vanish.

use crate::base::{Outcome, Width};
use crate::engine::current;
use std::any::{Any, TypeId};
use std::fmt;

/// How values of `T` are shown, when they are numbers of at most 64 bits.
pub(super) fn width<T: 'static>() -> Option<Width> {
    let known = [
        (TypeId::of::<bool>(), Width::Bool),
        (TypeId::of::<i8>(), Width::Signed(8)),
        (TypeId::of::<i16>(), Width::Signed(16)),
        (TypeId::of::<i32>(), Width::Signed(32)),
        (TypeId::of::<i64>(), Width::Signed(64)),
        (TypeId::of::<isize>(), Width::Signed(isize::BITS as u8)),
        (TypeId::of::<u8>(), Width::Unsigned(8)),
        (TypeId::of::<u16>(), Width::Unsigned(16)),
        (TypeId::of::<u32>(), Width::Unsigned(32)),
        (TypeId::of::<u64>(), Width::Unsigned(64)),
        (TypeId::of::<usize>(), Width::Unsigned(usize::BITS as u8)),
    ];
    known.into_iter().find(|(id, _)| *id == TypeId::of::<T>()).map(|(_, width)| width)
}

/// The bits of `value`, sign- or zero-extended, when it is such a number.
#[inline(always)]
pub(super) fn bits<T: 'static>(value: &T) -> Option<u64> {
    None.or_else(|| read(value, |v: bool| u64::from(v)))
        .or_else(|| read(value, |v: i8| v as u64))
        .or_else(|| read(value, |v: i16| v as u64))
        .or_else(|| read(value, |v: i32| v as u64))
        .or_else(|| read(value, |v: i64| v as u64))
        .or_else(|| read(value, |v: isize| v as u64))
        .or_else(|| read(value, |v: u8| u64::from(v)))
        .or_else(|| read(value, |v: u16| u64::from(v)))
        .or_else(|| read(value, |v: u32| u64::from(v)))
        .or_else(|| read(value, |v: u64| v))
        .or_else(|| read(value, |v: usize| v as u64))
}

/// The number with these bits, when `T` is such a number.
#[inline(always)]
pub(super) fn number<T: 'static>(bits: u64) -> Option<T> {
    None.or_else(|| made(bits != 0))
        .or_else(|| made(bits as i8))
        .or_else(|| made(bits as i16))
        .or_else(|| made(bits as i32))
        .or_else(|| made(bits as i64))
        .or_else(|| made(bits as isize))
        .or_else(|| made(bits as u8))
        .or_else(|| made(bits as u16))
        .or_else(|| made(bits as u32))
        .or_else(|| made(bits))
        .or_else(|| made(bits as usize))
}

/// Tells the trace what the step just performed has put, taken or read.
pub(super) fn show<T: fmt::Debug + 'static>(value: &T) {
    match bits(value) {
        Some(bits) => current::annotate(Outcome::Value(bits)),
        None => current::note(|| format!("{value:?}")),
    }
}

#[inline(always)]
fn made<T: 'static, N: 'static>(number: N) -> Option<T> {
    let mut number = Some(number);
    (&mut number as &mut dyn Any).downcast_mut::<Option<T>>().and_then(Option::take)
}

#[inline(always)]
fn read<T: 'static, N: Copy + 'static>(value: &T, widen: impl FnOnce(N) -> u64) -> Option<u64> {
    (value as &dyn Any).downcast_ref::<N>().map(|number| widen(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_bits_and_the_rest_has_none() {
        assert_eq!((bits(&true), bits(&-1i8), bits(&7u64)), (Some(1), Some(u64::MAX), Some(7)));
        assert_eq!(
            (number::<i8>(u64::MAX), number::<bool>(1), number::<u16>(7)),
            (Some(-1), Some(true), Some(7))
        );
        assert_eq!((number::<f64>(0), number::<String>(0)), (None, None));
        assert_eq!((bits(&"text"), bits(&1.5f64), bits(&1u128)), (None, None, None));
        assert_eq!(width::<i32>(), Some(Width::Signed(32)));
        assert_eq!((width::<bool>(), width::<String>()), (Some(Width::Bool), None));
    }
}
