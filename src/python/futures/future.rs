//! What is to come of a task.

use crate::python::Error;
use crate::python::threading::Event;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// `concurrent.futures.Future`: what is to come of a task. A clone is the same future.
///
/// An error that the task returns is kept here, as an exception is in Python: nobody hears of it who does not ask.
pub struct Future<T>(Arc<Inner<T>>);

struct Inner<T> {
    done: Event,
    /// Set before the event is.
    result: OnceLock<Result<T, Error>>,
}

impl<T: Clone> Future<T> {
    #[track_caller]
    pub(super) fn new() -> Self {
        Future(Arc::new(Inner { done: Event::new().named("future"), result: OnceLock::new() }))
    }

    #[track_caller]
    pub(super) fn finish(&self, result: Result<T, Error>) {
        let _ = self.0.result.set(result);
        self.0.done.set();
    }

    /// `result()`: waits until the task is done; what it returned.
    ///
    /// # Errors
    ///
    /// That of the task.
    #[track_caller]
    pub fn result(&self) -> Result<T, Error> {
        self.0.done.wait();
        self.known()
    }

    /// `result(timeout)`
    ///
    /// # Errors
    ///
    /// `TimeoutError` when the task was not done in time; as [`result`](Self::result).
    #[track_caller]
    pub fn result_timeout(&self, timeout: Duration) -> Result<T, Error> {
        if self.0.done.wait_timeout(timeout) { self.known() } else { Err(Error::TimeoutError(String::new())) }
    }

    /// `exception()`: waits until the task is done; the error that it returned, if it did.
    #[track_caller]
    pub fn exception(&self) -> Option<Error> {
        self.result().err()
    }

    /// `done()`: whether the task is done, at the time of asking.
    #[track_caller]
    pub fn done(&self) -> bool {
        self.0.done.is_set()
    }

    fn known(&self) -> Result<T, Error> {
        self.0.result.get().expect("what is done has a result").clone()
    }
}

impl<T> Clone for Future<T> {
    fn clone(&self) -> Self {
        Future(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Future<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Future").finish_non_exhaustive()
    }
}
