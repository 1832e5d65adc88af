//! Condition variables, as `std::sync::Condvar`.
//!
//! ```text
//! wait            Wait (releases the mutex and sleeps, one step) -> Reacquire (notified, takes the mutex)
//! wait_timeout    Wait -> Wake (notified, or the time is up) -> Lock
//! ```

use super::mutex::{LOCK, Mutex, MutexGuard};
use crate::base::object::{self, State};
use crate::base::{Action, CondvarAction, FOREVER, Name, ObjectId, ObjectKind, Outcome};
use crate::engine::current;
use crate::engine::slot::Slot;
use std::fmt;
use std::panic::Location;
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

/// A condition variable: `std::sync::Condvar`, whose operations are steps inside an exploration.
///
/// Which waiter `notify_one` wakes is a choice, and so is whether a timed wait times out. Waiting with two mutexes at the
/// same time, for which std's may panic, is not checked inside an exploration.
///
/// ```
/// use selvedge::sync::{Condvar, Mutex};
/// use std::time::Duration;
///
/// let (ready, changed) = (Mutex::new(false), Condvar::new());
/// let (guard, result) = changed.wait_timeout(ready.lock().unwrap(), Duration::from_millis(1)).unwrap();
/// assert!(result.timed_out() || !*guard);
/// ```
pub struct Condvar {
    slot: Slot,
    inner: std::sync::Condvar,
}

/// Whether a timed wait on a [`Condvar`] timed out: `std::sync::WaitTimeoutResult`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time was up before a notification came.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// A condition variable that nobody waits on.
    #[must_use]
    pub const fn new() -> Self {
        Condvar { slot: Slot::new(), inner: std::sync::Condvar::new() }
    }

    /// A condition variable with a name for traces.
    #[must_use]
    pub const fn with_name(name: &'static str) -> Self {
        Condvar { slot: Slot::new().named(Name::new(name)), inner: std::sync::Condvar::new() }
    }

    /// The same condition variable under a name, for traces.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Condvar { slot: self.slot.named(Name::new(name)), inner: self.inner }
    }

    /// The same condition variable under a name shared by several and a number of its own, for traces.
    #[must_use]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        Condvar { slot: self.slot.named(Name::numbered(name, number)), inner: self.inner }
    }

    /// Gives the mutex back, waits for a notification and takes the mutex again. It may return without a notification.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error has the guard all the same.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let location = Location::caller();
        match self.object_with(&guard) {
            None => {
                let (lock, guard) = guard.into_parts();
                lock.wrap(self.inner.wait(guard), location)
            }
            Some((condvar, mutex)) => {
                let lock = fall_asleep(guard, condvar, mutex, FOREVER, location);
                let reacquire = Action::Condvar(CondvarAction::Reacquire { mutex });
                let outcome = current::perform_on(condvar, reacquire, location);
                lock.taken(mutex, outcome == Outcome::Poisoned, location)
            }
        }
    }

    /// Waits as long as `condition` holds.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error has the guard all the same.
    #[track_caller]
    pub fn wait_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Waits for a notification, but not longer than `dur`.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error has guard and result all the same.
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let location = Location::caller();
        let Some((condvar, mutex)) = self.object_with(&guard) else {
            return self.wait_timeout_outside(guard, dur, location);
        };
        let timeout = nanoseconds(dur);
        if timeout == FOREVER {
            return with_result(self.wait(guard), WaitTimeoutResult(false));
        }
        let lock = fall_asleep(guard, condvar, mutex, timeout, location);
        let wake = Action::Condvar(CondvarAction::Wake { timeout, stays: false });
        let timed_out = current::perform_on(condvar, wake, location) == Outcome::TimedOut;
        if timed_out {
            current::offer_turn(location);
        }
        let outcome = current::perform_on(mutex, LOCK, location);
        with_result(lock.taken(mutex, outcome == Outcome::Poisoned, location), WaitTimeoutResult(timed_out))
    }

    /// [`wait_timeout`](Self::wait_timeout) for so many milliseconds: whether a notification came before the time was up.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error has guard and result all the same.
    #[deprecated(note = "replaced by `Condvar::wait_timeout`, as in std")]
    #[track_caller]
    pub fn wait_timeout_ms<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        ms: u32,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        let in_time = |(guard, result): (_, WaitTimeoutResult)| (guard, !result.timed_out());
        match self.wait_timeout(guard, Duration::from_millis(ms.into())) {
            Ok(waited) => Ok(in_time(waited)),
            Err(poisoned) => Err(PoisonError::new(in_time(poisoned.into_inner()))),
        }
    }

    /// Waits as long as `condition` holds, but not longer than `dur`.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error has guard and result all the same.
    #[track_caller]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
        condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        match guard.object() {
            None => self.wait_timeout_while_outside(guard, dur, condition, Location::caller()),
            Some(_) => self.wait_timeout_while_inside(guard, dur, condition),
        }
    }

    /// Wakes one of the threads that wait, if there are any.
    #[track_caller]
    pub fn notify_one(&self) {
        let location = Location::caller();
        match self.object() {
            None => self.inner.notify_one(),
            Some(condvar) => {
                current::perform_on(condvar, Action::Condvar(CondvarAction::NotifyOne), location);
            }
        }
    }

    /// Wakes all threads that wait.
    #[track_caller]
    pub fn notify_all(&self) {
        let location = Location::caller();
        match self.object() {
            None => self.inner.notify_all(),
            Some(condvar) => {
                current::perform_on(condvar, Action::Condvar(CondvarAction::NotifyAll), location);
            }
        }
    }

    #[track_caller]
    fn wait_timeout_while_inside<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        dur: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let begin = current::now();
        let mut left = dur;
        while condition(&mut *guard) {
            let (again, result) = self.wait_timeout(guard, left)?;
            guard = again;
            if result.timed_out() {
                let still = condition(&mut *guard);
                return Ok((guard, WaitTimeoutResult(still)));
            }
            left = dur.saturating_sub(Duration::from_nanos(current::now() - begin));
        }
        Ok((guard, WaitTimeoutResult(false)))
    }

    fn wait_timeout_outside<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
        location: &'static Location<'static>,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (lock, guard) = guard.into_parts();
        outside(lock, self.inner.wait_timeout(guard, dur), location)
    }

    fn wait_timeout_while_outside<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
        condition: impl FnMut(&mut T) -> bool,
        location: &'static Location<'static>,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (lock, guard) = guard.into_parts();
        outside(lock, self.inner.wait_timeout_while(guard, dur, condition), location)
    }

    fn object(&self) -> Option<ObjectId> {
        current::object(&self.slot, || (ObjectKind::Condvar, State::Condvar(object::Condvar::default())))
    }

    /// The engine's condition variable and mutex.
    fn object_with<T>(&self, guard: &MutexGuard<'_, T>) -> Option<(ObjectId, ObjectId)> {
        let mutex = guard.object()?;
        Some((self.object()?, mutex))
    }
}

/// Gives the mutex back and becomes a waiter, in one step.
fn fall_asleep<'a, T>(
    guard: MutexGuard<'a, T>,
    condvar: ObjectId,
    mutex: ObjectId,
    timeout: u64,
    location: &'static Location<'static>,
) -> &'a Mutex<T> {
    let wait = Action::Condvar(CondvarAction::Wait { mutex, timeout });
    // Others may run before the step, when the mutex is still held, but nobody does between the step and the end of std's
    // guard. Should the execution end first, the guard is dropped as any other.
    current::perform_on(condvar, wait, location);
    let (lock, guard) = guard.into_parts();
    drop(guard);
    lock
}

/// A duration in nanoseconds; one that no clock of ours can hold is for ever.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(FOREVER)
}

type Timed<G> = (G, std::sync::WaitTimeoutResult);

fn outside<'a, T>(
    lock: &'a Mutex<T>,
    result: LockResult<Timed<std::sync::MutexGuard<'a, T>>>,
    location: &'static Location<'static>,
) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
    let wrap = |(guard, result): Timed<_>| {
        (lock.outside(guard, location), WaitTimeoutResult(std::sync::WaitTimeoutResult::timed_out(&result)))
    };
    match result {
        Ok(timed) => Ok(wrap(timed)),
        Err(poisoned) => Err(PoisonError::new(wrap(poisoned.into_inner()))),
    }
}

fn with_result<G>(guard: LockResult<G>, result: WaitTimeoutResult) -> LockResult<(G, WaitTimeoutResult)> {
    match guard {
        Ok(guard) => Ok((guard, result)),
        Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), result))),
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Condvar::new()
    }
}
