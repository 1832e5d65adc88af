//! What a kit has for the objects and the threads of an execution.

use super::kit::Kit;
use super::natives::Variable;
use std::rc::Rc;
use std::sync::{TryLockError, TryLockResult};

/// What the kit has for an object.
pub(super) enum Thing<K: Kit> {
    Nothing,
    Atomic(Rc<dyn Variable>),
    Lock(Rc<K::Lock>),
    RwLock(Rc<K::RwLock>),
    Key(Rc<K::Key>),
}

impl<K: Kit> Clone for Thing<K> {
    fn clone(&self) -> Self {
        match self {
            Thing::Nothing => Thing::Nothing,
            Thing::Atomic(atomic) => Thing::Atomic(Rc::clone(atomic)),
            Thing::Lock(lock) => Thing::Lock(Rc::clone(lock)),
            Thing::RwLock(lock) => Thing::RwLock(Rc::clone(lock)),
            Thing::Key(key) => Thing::Key(Rc::clone(key)),
        }
    }
}

pub(super) enum Hold<K: Kit> {
    Lock(K::Held),
    Read(K::HeldRead),
    Write(K::HeldWrite),
    /// Shared since it was alone, with the gate at which other writers wait.
    SteppedDown(K::HeldRead, K::Held),
}

/// What is held, and how.
pub(super) struct Guard<K: Kit> {
    #[expect(dead_code, reason = "it is held by being there")]
    hold: Hold<K>,
    /// Whether it leaves a mark on what it guards when it is dropped in a panic: it does unless it was taken in one.
    poisons: bool,
}

impl<K: Kit> Guard<K> {
    /// What has just been taken.
    pub(super) fn new(hold: Hold<K>) -> Self {
        Guard { hold, poisons: !std::thread::panicking() }
    }

    /// Whether it must not be dropped now.
    pub(super) fn would_poison(&self) -> bool {
        self.poisons && std::thread::panicking()
    }
}

/// A thread of the execution.
pub(super) struct Member<K: Kit> {
    pub(super) handle: Option<K::Handle>,
    pub(super) sleeper: Option<K::Sleeper>,
    pub(super) key: Option<Rc<K::Key>>,
    /// Whether it was woken since it last rested.
    pub(super) woken: bool,
}

impl<K: Kit> Default for Member<K> {
    fn default() -> Self {
        Member { handle: None, sleeper: None, key: None, woken: false }
    }
}

/// The guard that was asked for, if it is to be had. Who held it when it panicked leaves its mark, which is the engine's business.
pub(super) fn taken<G>(result: TryLockResult<G>) -> Result<G, ()> {
    match result {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => Err(()),
    }
}
