//! Python's barrier.

use super::Returned;
use crate::base::object::{self, State};
use crate::base::{Action, FOREVER, Name, ObjectKind, Outcome, RendezvousAction};
use crate::engine::current;
use crate::python::Error;
use crate::python::identity::{Identity, rename};
use crate::python::time::nanoseconds;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// `threading.Barrier`: lets threads through when so many have come. A clone is the same barrier.
///
/// A wait is two steps, to come and to pass; for the last to come it is one, unless the barrier has an action: that one
/// runs it before it opens. A time-out, an [`abort`](Self::abort) or an action that fails break the barrier: then all
/// waits end in [`Error::BrokenBarrier`] until it is [`reset`](Self::reset).
///
/// ```
/// use selvedge::python::threading::{Barrier, Thread};
///
/// selvedge::check(|| {
///     let gate = Barrier::new(2).named("gate");
///     let other = gate.clone();
///     let thread = Thread::new(move || other.wait().map(drop));
///     thread.start().unwrap();
///     assert!(gate.wait().unwrap() < 2);
/// });
/// ```
#[derive(Clone)]
pub struct Barrier(Arc<Inner>);

struct Inner {
    identity: Identity,
    parties: u32,
    action: Option<Deed>,
    timeout: u64,
}

type Deed = Box<dyn Fn() -> Result<(), Error> + Send + Sync>;

impl Barrier {
    /// `Barrier(parties)`: a barrier of the running execution for so many threads.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(parties: u32) -> Self {
        Barrier(Arc::new(Inner { identity: Identity::new(), parties, action: None, timeout: FOREVER }))
    }

    /// `action=…`: what the last to come does before the barrier opens. Nobody gets in meanwhile, not even to look after it.
    #[must_use]
    #[track_caller]
    pub fn action<R: Returned>(mut self, action: impl Fn() -> R + Send + Sync + 'static) -> Self {
        self.sole().action = Some(Box::new(move || action().into_result()));
        self
    }

    /// `timeout=…`: how long a wait takes when it does not say so itself.
    #[must_use]
    #[track_caller]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.sole().timeout = nanoseconds(timeout);
        self
    }

    /// The same barrier under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(mut self, name: &'static str) -> Self {
        rename(&mut self.0, Name::new(name), |b| &mut b.identity);
        self
    }

    /// The same barrier under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(mut self, name: &'static str, number: u32) -> Self {
        rename(&mut self.0, Name::numbered(name, number), |b| &mut b.identity);
        self
    }

    /// `wait()`: waits until so many have come; how many had come before the caller.
    ///
    /// # Errors
    ///
    /// [`Error::BrokenBarrier`] when the barrier is or comes to be broken, also by its own time-out; of the last to come, the
    /// error of the action.
    #[track_caller]
    pub fn wait(&self) -> Result<usize, Error> {
        self.wait_within(self.0.timeout, Location::caller())
    }

    /// `wait(timeout)`: as [`wait`](Self::wait), but breaks the barrier when the time is up.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<usize, Error> {
        self.wait_within(nanoseconds(timeout), Location::caller())
    }

    /// `abort()`: breaks it.
    #[track_caller]
    pub fn abort(&self) {
        self.perform(RendezvousAction::Abort, Location::caller());
    }

    /// `reset()`: mends it. Those who wait get an [`Error::BrokenBarrier`].
    #[track_caller]
    pub fn reset(&self) {
        self.perform(RendezvousAction::Reset, Location::caller());
    }

    /// `parties`
    pub fn parties(&self) -> usize {
        self.0.parties as usize
    }

    /// `n_waiting`: how many wait, at the time of asking.
    #[track_caller]
    pub fn n_waiting(&self) -> usize {
        let waiting = self.perform(RendezvousAction::Waiting, Location::caller());
        waiting.value().unwrap_or(0) as usize
    }

    /// `broken`: whether it is broken, at the time of asking.
    #[track_caller]
    pub fn broken(&self) -> bool {
        self.perform(RendezvousAction::IsBroken, Location::caller()).value() == Some(1)
    }

    fn wait_within(&self, timeout: u64, location: &'static Location<'static>) -> Result<usize, Error> {
        let acts = self.0.action.is_some();
        let came = match self.perform(RendezvousAction::Arrive { acts }, location) {
            Outcome::Value(came) => came,
            Outcome::Chosen => {
                self.act(location)?;
                return Ok(self.parties() - 1);
            }
            _ => return Err(Error::BrokenBarrier),
        };
        let (round, before) = ((came >> 32) as u32, came as u32);
        match self.perform(RendezvousAction::Pass { round, timeout }, location) {
            Outcome::Done => Ok(before as usize),
            outcome => {
                current::offer_turn_if_late(outcome, location);
                Err(Error::BrokenBarrier)
            }
        }
    }

    /// The last one to come does what there is to do, and opens the barrier or breaks it.
    fn act(&self, location: &'static Location<'static>) -> Result<(), Error> {
        let Some(action) = &self.0.action else { return Ok(()) };
        let unwinds = Acting { barrier: self, location };
        let done = action();
        std::mem::forget(unwinds);
        self.perform(RendezvousAction::Open { fails: done.is_err() }, location);
        done
    }

    fn perform(&self, action: RendezvousAction, location: &'static Location<'static>) -> Outcome {
        let parties = self.0.parties;
        let begin = || {
            let state = State::Rendezvous(object::Rendezvous::new(parties));
            (ObjectKind::Rendezvous { parties }, state)
        };
        current::perform_on(self.0.identity.object(begin), Action::Rendezvous(action), location)
    }

    #[track_caller]
    fn sole(&mut self) -> &mut Inner {
        Arc::get_mut(&mut self.0).expect("say what a barrier is before it is shared")
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").field("parties", &self.0.parties).finish_non_exhaustive()
    }
}

/// Stands while an action runs: one that panics breaks the barrier.
struct Acting<'a> {
    barrier: &'a Barrier,
    location: &'static Location<'static>,
}

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        self.barrier.perform(RendezvousAction::Open { fails: true }, self.location);
    }
}
