//! The pipe behind a queue, and the threads that write to it.
//!
//! In CPython a process hands what it puts to a feeder thread of its own, which writes it to the pipe later. Here each item has a
//! hidden thread, which first waits for the end of the one before it. Starting a thread and waiting for its end are no points of
//! the schedule, so the only steps that are ordered with those of others are the writes themselves, as with one feeder that goes
//! round; a feeder that looked for more work would add the orders of its looking.

use super::connection::show_instead;
use super::ends::Wire;
use super::world;
use crate::base::{Name, ObjectKind, Outcome, PipeAction, Width};
use crate::engine::current;
use crate::python::identity::Identity;
use crate::python::threading::roster;
use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A pipe on which locks keep messages whole, with what is on it.
pub(super) struct Line<T> {
    pub(super) wire: Wire,
    /// Tells it from other queues.
    key: u32,
    // Invariant: as many as there are messages on the engine's pipe. Held for a moment only, without performing operations.
    items: Mutex<VecDeque<T>>,
}

impl<T: fmt::Debug + Send + 'static> Line<T> {
    #[track_caller]
    pub(super) fn new(width: Option<Width>) -> Self {
        let kind = ObjectKind::ProcessQueue;
        let wire = Wire { identity: Identity::new(), kind, width, capacity: 0, guarded: true };
        Line { wire, key: world::next_key(), items: Mutex::default() }
    }

    pub(super) fn rename(&mut self, name: Name) {
        self.wire.identity.rename(name);
    }

    /// Writes an item to the pipe: one step.
    pub(super) fn write(&self, item: T, location: &'static Location<'static>) {
        self.wire.perform(PipeAction::Send, location);
        show_instead(&item);
        self.items().push_back(item);
    }

    /// Hands an item to a thread that will write it.
    pub(super) fn feed(self: &Arc<Self>, item: T, location: &'static Location<'static>) {
        let (line, key) = (Arc::clone(self), self.key);
        let before = world::feeder(key);
        let name = feeder_name();
        let claim = current::spawn(&name, true, location, move || {
            roster::hide();
            if let Some(before) = before {
                current::join(before, location);
            }
            line.write(item, location);
        });
        current::detach(claim.thread, claim.epoch);
        world::set_feeder(key, claim.thread);
    }

    /// Takes the oldest item on the pipe; the outcome where there is none.
    pub(super) fn take(&self, timeout: u64, location: &'static Location<'static>) -> Result<T, Outcome> {
        match self.wire.perform(PipeAction::Receive { timeout }, location) {
            Outcome::Value(_) => {
                let item = self.items().pop_front().expect("there are as many items as the engine counts");
                show_instead(&item);
                Ok(item)
            }
            outcome => Err(outcome),
        }
    }

    pub(super) fn key(&self) -> u32 {
        self.key
    }

    /// Whether there is nothing on the pipe: one step.
    pub(super) fn is_empty(&self, location: &'static Location<'static>) -> bool {
        self.wire.perform(PipeAction::Poll { timeout: 0 }, location).value() == Some(0)
    }

    fn items(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn feeder_name() -> String {
    match world::life_of(current::process()) {
        Some(life) => format!("feeder of {}", life.name),
        None => "feeder of main".to_owned(),
    }
}
