//! Python's event flag.

use crate::base::object::{self, State};
use crate::base::{Action, EventAction, FOREVER, Name, ObjectKind, Outcome};
use crate::engine::current;
use crate::python::identity::{Identity, rename};
use crate::python::time::nanoseconds;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// `threading.Event`: a flag that threads wait for. A clone is the same event.
///
/// A wait is one step, performed while the flag is up. In CPython a `set` lets through all who wait at that moment, even if
/// a `clear` follows before they run. That is one of the executions here too, the one in which they wait between the two;
/// in another they come too late, which is what CPython shows when they had not yet begun to wait: no program can know
/// whether they had. Only time tells: under the virtual clock a `set` lets through all who wait.
#[derive(Clone)]
pub struct Event(Arc<Identity>);

impl Event {
    /// An event of the running execution whose flag is down.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[expect(clippy::new_without_default, reason = "it panics outside of an exploration")]
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Event(Arc::new(Identity::new()))
    }

    /// The same event under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: &'static str) -> Self {
        rename(&mut self.0, Name::new(name), |identity| identity);
        self
    }

    /// The same event under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(mut self, name: &'static str, number: u32) -> Self {
        rename(&mut self.0, Name::numbered(name, number), |identity| identity);
        self
    }

    /// `set()`: raises the flag; those who wait for it go on.
    #[track_caller]
    pub fn set(&self) {
        self.perform(EventAction::Set, Location::caller());
    }

    /// `clear()`: lowers the flag.
    #[track_caller]
    pub fn clear(&self) {
        self.perform(EventAction::Clear, Location::caller());
    }

    /// `is_set()`: whether the flag is up.
    #[track_caller]
    pub fn is_set(&self) -> bool {
        self.perform(EventAction::IsSet, Location::caller()).value() == Some(1)
    }

    /// `wait()`: waits until the flag is up.
    #[track_caller]
    pub fn wait(&self) {
        self.perform(EventAction::Wait { timeout: FOREVER }, Location::caller());
    }

    /// `wait(timeout)`: `false` when the time was up first.
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let location = Location::caller();
        let outcome = self.perform(EventAction::Wait { timeout: nanoseconds(timeout) }, location);
        current::offer_turn_if_late(outcome, location);
        outcome != Outcome::TimedOut
    }

    fn perform(&self, action: EventAction, location: &'static Location<'static>) -> Outcome {
        let object = self.0.object(|| (ObjectKind::Event, State::Event(object::Event::default())));
        current::perform_on(object, Action::Event(action), location)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").finish_non_exhaustive()
    }
}
