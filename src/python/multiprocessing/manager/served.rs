//! Data that a server keeps, whatever their kind.

use super::{Kept, Manager};
use crate::base::object::State;
use crate::base::{Action, Name, ObjectKind, Outcome, SharedAction};
use crate::engine::current;
use crate::python::Error;
use crate::python::bits::bits;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

/// Data at a server, and the way to it.
pub(super) struct Served<S> {
    kept: Arc<Kept>,
    // Held for a moment only, without performing operations.
    data: Arc<Mutex<S>>,
}

impl<S> Clone for Served<S> {
    fn clone(&self) -> Self {
        Served { kept: Arc::clone(&self.kept), data: Arc::clone(&self.data) }
    }
}

impl<S> Served<S> {
    pub(super) fn new(manager: &Manager, kind: ObjectKind, name: Name, data: S) -> Result<Self, Error> {
        let kept = manager.keep(kind, State::Shared, name)?;
        Ok(Served { kept, data: Arc::new(Mutex::new(data)) })
    }

    /// A call that leaves the data as they are.
    pub(super) fn read<R: Told>(
        &self,
        location: &'static Location<'static>,
        ask: impl FnOnce(&S) -> R,
    ) -> Result<R, Error> {
        self.kept.call(Action::Shared(SharedAction::Get), location)?;
        let answer = ask(&self.data.lock().unwrap_or_else(PoisonError::into_inner));
        match answer.number() {
            Some(bits) => current::annotate(Outcome::Value(bits)),
            None => current::note(|| answer.told()),
        }
        Ok(answer)
    }

    /// A call that may change the data; `said` is what traces say of it.
    pub(super) fn change<R>(
        &self,
        location: &'static Location<'static>,
        (number, said): (Option<u64>, impl FnOnce() -> String),
        change: impl FnOnce(&mut S) -> R,
    ) -> Result<R, Error> {
        self.kept.call(Action::Shared(SharedAction::Set(number)), location)?;
        if number.is_none() {
            current::note(said);
        }
        Ok(change(&mut self.data.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// How an answer stands in traces.
pub(super) trait Told {
    fn number(&self) -> Option<u64> {
        None
    }

    fn told(&self) -> String;
}

/// An answer that is shown as Rust shows it.
pub(super) struct Shown<T>(pub(super) T);

impl<T: fmt::Debug> Told for Shown<T> {
    fn told(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// The value of a [`ValueProxy`].
pub(super) struct Plain<T>(pub(super) T);

impl<T: fmt::Debug + 'static> Told for Plain<T> {
    fn number(&self) -> Option<u64> {
        bits(&self.0)
    }

    fn told(&self) -> String {
        format!("{:?}", self.0)
    }
}
