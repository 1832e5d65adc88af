//! A Python variable that threads share.

use super::bits::{bits, number, width};
use super::identity::{Identity, rename};
use crate::base::object::State;
use crate::base::{Action, Name, ObjectId, ObjectKind, Outcome, SharedAction, ThreadId};
use crate::engine::current;
use crate::engine::hot::Hot;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A Python variable that threads share: a global, an attribute, an item.
///
/// Reading and writing it are one step each, and sequentially consistent, as under the interpreter's lock. `x += 1` is
/// both, and another thread may come in between. A clone is the same variable.
///
/// Numbers and booleans show their values in traces. The other types are cloned and dropped as they are read and
/// written; their `Clone` and `Debug` must not perform operations of the model.
pub struct Shared<T>(Arc<Variable<T>>);

struct Variable<T> {
    identity: Identity,
    /// The value, when it is a number: long executions do little but read and write such variables.
    bits: AtomicU64,
    /// Any other value. Held for the moment of a copy only, without performing operations, so nobody ever waits for it.
    value: Mutex<Option<T>>,
}

impl<T: Clone + fmt::Debug + 'static> Shared<T> {
    /// A variable of the running execution.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let (bits, value) = match bits(&value) {
            Some(bits) => (bits, None),
            None => (0, Some(value)),
        };
        let (bits, value) = (AtomicU64::new(bits), Mutex::new(value));
        Shared(Arc::new(Variable { identity: Identity::new(), bits, value }))
    }

    /// The same variable under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: &'static str) -> Self {
        rename(&mut self.0, Name::new(name), |v| &mut v.identity);
        self
    }

    /// The same variable under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(mut self, name: &'static str, number: u32) -> Self {
        rename(&mut self.0, Name::numbered(name, number), |v| &mut v.identity);
        self
    }

    /// Reads it: one step.
    #[inline]
    #[track_caller]
    pub fn get(&self) -> T {
        let outcome = current::perform_hot(self.object(), Get(&self.0), Location::caller());
        match outcome.value().and_then(number) {
            Some(number) => number,
            None => self.copy(),
        }
    }

    /// Writes it: one step.
    #[inline]
    #[track_caller]
    pub fn set(&self, value: T) {
        let set = Set { variable: &self.0, bits: bits(&value) };
        current::perform_hot(self.object(), set, Location::caller());
        if set.bits.is_none() {
            self.replace(value);
        }
    }

    fn copy(&self) -> T {
        let value = self.value().clone().expect("what is not a number is kept here");
        current::note(|| format!("{value:?}"));
        value
    }

    fn replace(&self, value: T) {
        current::note(|| format!("{value:?}"));
        let old = self.value().replace(value);
        // After the guard is gone: what is dropped here may perform operations.
        drop(old);
    }

    #[inline(always)]
    fn object(&self) -> ObjectId {
        self.0.identity.object(|| (ObjectKind::Shared(width::<T>()), State::Shared))
    }

    fn value(&self) -> MutexGuard<'_, Option<T>> {
        self.0.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Showing the value would be a step.
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// Reads a variable; the outcome has its bits when it is a number.
struct Get<'a, T>(&'a Variable<T>);

impl<T> Clone for Get<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Get<'_, T> {}

impl<T: 'static> Hot for Get<'_, T> {
    type Answer = Outcome;

    #[inline(always)]
    fn answer(outcome: Outcome) -> Outcome {
        outcome
    }

    #[inline(always)]
    fn action(self) -> Action {
        Action::Shared(SharedAction::Get)
    }

    #[inline(always)]
    fn apply(self, _state: &mut State, _thread: ThreadId) -> Outcome {
        match number::<T>(0) {
            Some(_) => Outcome::Value(self.0.bits.load(Relaxed)),
            None => Outcome::Done,
        }
    }
}

/// Writes a variable, when it is a number; otherwise its facade does.
struct Set<'a, T> {
    variable: &'a Variable<T>,
    bits: Option<u64>,
}

impl<T> Clone for Set<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Set<'_, T> {}

impl<T> Hot for Set<'_, T> {
    type Answer = Outcome;

    #[inline(always)]
    fn answer(outcome: Outcome) -> Outcome {
        outcome
    }

    #[inline(always)]
    fn action(self) -> Action {
        Action::Shared(SharedAction::Set(self.bits))
    }

    #[inline(always)]
    fn apply(self, _state: &mut State, _thread: ThreadId) -> Outcome {
        if let Some(bits) = self.bits {
            self.variable.bits.store(bits, Relaxed);
        }
        Outcome::Done
    }
}
