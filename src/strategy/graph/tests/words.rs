//! Short words for what programs are made of.

use super::program::Op;
use crate::base::object::{Atomic, Barrier, Channel, Condvar, Event, Mutex, RwLock, State};
use crate::base::{Action, AtomicAction, CondvarAction, FOREVER, MutexAction, Rmw, Width};
use std::sync::atomic::Ordering;

pub(super) fn load(object: usize, register: usize, ordering: Ordering) -> Op {
    Op::Act(object, Action::Atomic(AtomicAction::Load(ordering)), register)
}

pub(super) fn store(object: usize, value: u64, ordering: Ordering) -> Op {
    Op::Act(object, Action::Atomic(AtomicAction::Store { value, ordering }), 7)
}

pub(super) fn add(object: usize, operand: u64, ordering: Ordering) -> Op {
    Op::Act(object, Action::Atomic(AtomicAction::Rmw { function: Rmw::Add, operand, ordering }), 6)
}

pub(super) fn exchange(object: usize, expected: u64, new: u64, ordering: Ordering) -> Op {
    let failure = match ordering {
        Ordering::Release => Ordering::Relaxed,
        Ordering::AcqRel => Ordering::Acquire,
        other => other,
    };
    let action = AtomicAction::CompareExchange { expected, new, success: ordering, failure, weak: false };
    Op::Act(object, Action::Atomic(action), 6)
}

pub(super) fn lock(object: usize) -> Op {
    Op::Act(object, Action::Mutex(MutexAction::Lock { timeout: FOREVER }), 7)
}

pub(super) fn unlock(object: usize) -> Op {
    Op::Act(object, Action::Mutex(MutexAction::Unlock { poison: false }), 7)
}

pub(super) fn notify(object: usize) -> Op {
    Op::Act(object, Action::Condvar(CondvarAction::NotifyOne), 7)
}

pub(super) fn fence(ordering: Ordering) -> Op {
    Op::Act(usize::MAX, Action::Fence(ordering), 7)
}

pub(super) fn atomic(value: u64) -> State {
    State::Atomic(Atomic::new(value, Width::Unsigned(64)))
}

pub(super) fn mutex() -> State {
    State::Mutex(Mutex::new(false))
}

pub(super) fn condvar() -> State {
    State::Condvar(Condvar::default())
}

pub(super) fn channel(capacity: Option<u64>) -> State {
    State::Channel(Channel::new(capacity))
}

pub(super) fn event() -> State {
    State::Event(Event::default())
}

pub(super) fn rwlock() -> State {
    State::RwLock(RwLock::new(false))
}

pub(super) fn barrier(size: u32) -> State {
    State::Barrier(Barrier::new(size))
}
