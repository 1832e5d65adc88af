//! What every atomic type does: one call, carried out by the engine inside an exploration and by std outside.

use super::Atomic;
use crate::base::object::{self, State};
use crate::base::{Action, AtomicAction, ObjectId, ObjectKind, Outcome, Rmw, Width};
use crate::engine::current::{self, Met};
use crate::engine::hot::{Load, OnAtomic, Store};
use crate::engine::slot::Slot;
use std::panic::Location;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};

type Place = &'static Location<'static>;

/// The types that an atomic variable can hold. Only this crate implements it.
pub trait Primitive: Sized + Copy + sealed::Carried {}

/// What the engine and std need of such a type; out of users' reach.
pub(super) mod sealed {
    use super::{Ordering, Rmw, Width};

    /// A value of up to 64 bits, and std's atomic variable for it.
    pub trait Carried: Sized + Copy {
        /// std's atomic variable.
        type Inner: std::fmt::Debug;
        /// How wide it is for the engine.
        const WIDTH: Width;
        /// The value as bits, zero- or sign-extended.
        fn to_bits(self) -> u64;
        /// The value of such bits.
        fn from_bits(bits: u64) -> Self;
        /// A variable of std's.
        fn inner(value: Self) -> Self::Inner;
        /// std's `load`.
        fn load(inner: &Self::Inner, order: Ordering) -> Self;
        /// std's `store`.
        fn store(inner: &Self::Inner, value: Self, order: Ordering);
        /// std's read-modify-write of the name given; only those that the type has are asked for.
        fn modify(inner: &Self::Inner, function: Rmw, operand: Self, order: Ordering) -> Self;
        /// std's `compare_exchange` or `compare_exchange_weak`.
        fn exchange(
            inner: &Self::Inner,
            expected: Self,
            new: Self,
            success: Ordering,
            failure: Ordering,
            weak: bool,
        ) -> Result<Self, Self>;
        /// std's `get_mut`.
        fn get_mut(inner: &mut Self::Inner) -> &mut Self;
        /// std's `into_inner`.
        fn into_inner(inner: Self::Inner) -> Self;
    }
}

impl<T: Primitive> Met for Atomic<T> {
    #[inline(always)]
    fn slot(&self) -> &Slot {
        &self.slot
    }

    fn begin(&self) -> (ObjectKind, State) {
        let value = T::load(&self.inner, Relaxed).to_bits();
        (ObjectKind::Atomic(T::WIDTH), State::Atomic(object::Atomic::new(value, T::WIDTH)))
    }
}

/// The engine's object, or `None` outside an exploration.
#[inline(always)]
pub(super) fn object<T: Primitive>(atomic: &Atomic<T>) -> Option<ObjectId> {
    current::object(&atomic.slot, || atomic.begin())
}

#[inline(always)]
pub(super) fn load<T: Primitive>(atomic: &Atomic<T>, order: Ordering, place: Place) -> T {
    match order {
        Release => panic!("there is no such thing as a release load"),
        AcqRel => panic!("there is no such thing as an acquire-release load"),
        _ => {}
    }
    match current::meet_hot(atomic, Load(order), place) {
        None => T::load(&atomic.inner, order),
        Some((_, value)) => T::from_bits(value),
    }
}

#[inline(always)]
pub(super) fn store<T: Primitive>(atomic: &Atomic<T>, value: T, order: Ordering, place: Place) {
    match order {
        Acquire => panic!("there is no such thing as an acquire store"),
        AcqRel => panic!("there is no such thing as an acquire-release store"),
        _ => {}
    }
    let write = Store { value: value.to_bits(), ordering: order };
    if current::meet_hot(atomic, write, place).is_none() {
        T::store(&atomic.inner, value, order);
    }
}

#[inline(always)]
pub(super) fn modify<T: Primitive>(
    atomic: &Atomic<T>,
    function: Rmw,
    operand: T,
    order: Ordering,
    place: Place,
) -> T {
    let action = AtomicAction::Rmw { function, operand: operand.to_bits(), ordering: order };
    match current::meet_hot(atomic, OnAtomic(action), place) {
        None => T::modify(&atomic.inner, function, operand, order),
        Some((_, outcome)) => read(outcome),
    }
}

/// What a compare-exchange is asked to do.
#[derive(Clone, Copy)]
pub(super) struct Exchange<T> {
    pub(super) expected: T,
    pub(super) new: T,
    pub(super) success: Ordering,
    pub(super) failure: Ordering,
    pub(super) weak: bool,
}

#[inline(always)]
pub(super) fn exchange<T: Primitive>(atomic: &Atomic<T>, asked: Exchange<T>, place: Place) -> Result<T, T> {
    let Exchange { expected, new, success, failure, weak } = asked;
    match failure {
        Release => panic!("there is no such thing as a release failure ordering"),
        AcqRel => panic!("there is no such thing as an acquire-release failure ordering"),
        _ => {}
    }
    let Some(object) = object(atomic) else {
        return T::exchange(&atomic.inner, expected, new, success, failure, weak);
    };
    let (expected, new) = (expected.to_bits(), new.to_bits());
    match perform(object, AtomicAction::CompareExchange { expected, new, success, failure, weak }, place) {
        Outcome::Mismatch(found) => Err(T::from_bits(found)),
        outcome => Ok(read(outcome)),
    }
}

/// The value as the engine has it, where the caller owns the variable: nobody can come in between, so that it is no step.
/// `None` when only the initial value is known, or outside an exploration.
#[inline]
pub(super) fn owned_value<T: Primitive>(atomic: &Atomic<T>) -> Option<T> {
    if atomic.slot.is_fresh() {
        return None;
    }
    object(atomic).map(|object| T::from_bits(current::atomic_value(object)))
}

#[inline(always)]
fn perform(object: ObjectId, action: AtomicAction, place: Place) -> Outcome {
    // A weak exchange may have two outcomes, so it takes the long way.
    match action {
        AtomicAction::CompareExchange { weak: true, .. } => {
            current::perform_on(object, Action::Atomic(action), place)
        }
        action => current::perform_hot(object, OnAtomic(action), place),
    }
}

#[inline(always)]
fn read<T: Primitive>(outcome: Outcome) -> T {
    T::from_bits(outcome.value().unwrap_or(0))
}
