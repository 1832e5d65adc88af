//! One-time initialization, as `std::sync::Once`.

use crate::base::object::{self, State};
use crate::base::{Action, Name, ObjectId, ObjectKind, OnceAction, Outcome};
use crate::engine::current;
use crate::engine::slot::Slot;
use std::fmt;
use std::panic::Location;

/// Runs something once: `std::sync::Once`, whose operations are steps inside an exploration.
///
/// A `static` one starts afresh in every execution, unless it was completed before the exploration began.
///
/// ```
/// use selvedge::sync::Once;
///
/// let (once, mut runs) = (Once::new(), 0);
/// once.call_once(|| runs += 1);
/// once.call_once(|| runs += 1);
/// assert_eq!(runs, 1);
/// ```
pub struct Once {
    slot: Slot,
    inner: std::sync::Once,
}

/// What a forced initializer of a [`Once`] is told: `std::sync::OnceState`.
pub struct OnceState {
    poisoned: bool,
}

impl OnceState {
    /// Whether an initializer panicked before this one.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

#[expect(clippy::new_without_default, reason = "std's has no default either")]
impl Once {
    /// One that has not run anything.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Once { slot: Slot::new(), inner: std::sync::Once::new() }
    }

    /// One with a name for traces.
    #[must_use]
    pub const fn with_name(name: &'static str) -> Self {
        Once { slot: Slot::new().named(Name::new(name)), inner: std::sync::Once::new() }
    }

    /// The same under a name, for traces.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Once { slot: self.slot.named(Name::new(name)), inner: self.inner }
    }

    /// The same under a name shared by several and a number of its own, for traces.
    #[must_use]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        Once { slot: self.slot.named(Name::numbered(name, number)), inner: self.inner }
    }

    /// Runs `f` unless one has run already; waits while another thread runs one.
    ///
    /// # Panics
    ///
    /// If an earlier one panicked.
    #[track_caller]
    pub fn call_once<F>(&self, f: F)
    where
        F: FnOnce(),
    {
        let location = Location::caller();
        let Some(once) = self.object() else {
            return self.inner.call_once(f);
        };
        match begin(once, false, location) {
            Outcome::Chosen => run(once, AfterPanic::Poisoned, location, f),
            Outcome::Poisoned => previously_poisoned(),
            _ => {}
        }
    }

    /// As [`call_once`](Once::call_once), but runs `f` too if an earlier one panicked.
    #[track_caller]
    pub fn call_once_force<F>(&self, f: F)
    where
        F: FnOnce(&OnceState),
    {
        let location = Location::caller();
        let Some(once) = self.object() else {
            return self.inner.call_once_force(|state| f(&OnceState { poisoned: state.is_poisoned() }));
        };
        let mut outcome = begin(once, false, location);
        let poisoned = outcome == Outcome::Poisoned;
        if poisoned {
            // Nothing but a completion ends that state, so whoever is chosen next was preceded by a panic.
            outcome = begin(once, true, location);
        }
        if outcome == Outcome::Chosen {
            run(once, AfterPanic::Poisoned, location, || f(&OnceState { poisoned }));
        }
    }

    /// Whether an initializer has run to its end.
    #[inline]
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        let location = Location::caller();
        match self.object() {
            None => self.inner.is_completed(),
            Some(once) => is_completed(once, location),
        }
    }

    /// Waits until an initializer has run to its end.
    ///
    /// # Panics
    ///
    /// If one panicked.
    #[track_caller]
    pub fn wait(&self) {
        let location = Location::caller();
        match self.object() {
            None => self.inner.wait(),
            Some(once) => {
                if current::perform_on(once, WAIT, location) == Outcome::Poisoned {
                    previously_poisoned();
                }
            }
        }
    }

    /// Waits until an initializer has run to its end, whatever happened to others before.
    #[track_caller]
    pub fn wait_force(&self) {
        let location = Location::caller();
        match self.object() {
            None => self.inner.wait_force(),
            Some(once) => {
                // There is no sleeping until poison goes away: this looks again after others have had their turn.
                while current::perform_on(once, WAIT, location) == Outcome::Poisoned {
                    current::offer_turn(location);
                }
            }
        }
    }

    fn object(&self) -> Option<ObjectId> {
        current::object(&self.slot, || fresh(self.inner.is_completed()))
    }
}

/// What an initializer that panics leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterPanic {
    Poisoned,
    Uninitialized,
}

pub(super) const WAIT: Action = Action::Once(OnceAction::Wait);

/// The state in which an execution first sees a one-time initialization.
pub(super) fn fresh(complete: bool) -> (ObjectKind, State) {
    (ObjectKind::Once, State::Once(object::Once::new(complete)))
}

pub(super) fn begin(once: ObjectId, force: bool, location: &'static Location<'static>) -> Outcome {
    current::perform_on(once, Action::Once(OnceAction::Begin { force }), location)
}

pub(super) fn is_completed(once: ObjectId, location: &'static Location<'static>) -> bool {
    current::perform_on(once, Action::Once(OnceAction::IsCompleted), location).value() == Some(1)
}

/// Runs the initializer for which the caller was chosen, and says how it ended.
pub(super) fn run(
    once: ObjectId,
    after_panic: AfterPanic,
    location: &'static Location<'static>,
    initialize: impl FnOnce(),
) {
    let mut running = Running { once, action: OnceAction::Complete { poison: true }, location };
    if after_panic == AfterPanic::Uninitialized {
        running.action = OnceAction::Reset;
    }
    initialize();
    running.action = OnceAction::Complete { poison: false };
}

/// An initializer under way; dropped at its end, or while it unwinds.
struct Running {
    once: ObjectId,
    action: OnceAction,
    location: &'static Location<'static>,
}

impl Drop for Running {
    fn drop(&mut self) {
        current::perform_on(self.once, Action::Once(self.action), self.location);
    }
}

#[cold]
#[track_caller]
fn previously_poisoned() -> ! {
    panic!("Once instance has previously been poisoned")
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl fmt::Debug for OnceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceState").field("poisoned", &self.poisoned).finish()
    }
}
