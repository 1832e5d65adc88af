//! Python's timer.

use super::{Event, Returned, Thread};
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

/// `threading.Timer`: a [`Thread`] that waits for some time and then calls a function, unless it is cancelled before.
///
/// Under the abstract clock its time may be up whenever it waits, because that is what a program may rely on.
///
/// ```
/// use selvedge::python::{Shared, threading::Timer};
/// use std::time::Duration;
///
/// selvedge::check(|| {
///     let rang = Shared::new(false);
///     let ring = rang.clone();
///     let timer = Timer::new(Duration::from_secs(30), move || ring.set(true));
///     timer.start().unwrap();
///     timer.join().unwrap();
///     assert!(rang.get());
/// });
/// ```
#[derive(Clone)]
pub struct Timer {
    thread: Thread,
    finished: Event,
}

impl Timer {
    /// `Timer(interval, function)`: a timer of the running execution, not started.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new<R: Returned>(interval: Duration, function: impl FnOnce() -> R + Send + 'static) -> Self {
        let finished = Event::new().named("finished");
        let cancelled = finished.clone();
        let thread = Thread::new(move || {
            cancelled.wait_timeout(interval);
            if !cancelled.is_set() {
                function().into_result()?;
            }
            cancelled.set();
            Ok(())
        });
        Timer { thread, finished }
    }

    /// The same timer as a thread of this name.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: impl Into<String>) -> Self {
        Timer { thread: self.thread.named(name), ..self }
    }

    /// `daemon`: whether the program ends without waiting for it.
    #[must_use]
    #[track_caller]
    pub fn daemon(self, daemon: bool) -> Self {
        Timer { thread: self.thread.daemon(daemon), ..self }
    }

    /// `cancel()`: it does not call its function, unless it is about to.
    #[track_caller]
    pub fn cancel(&self) {
        self.finished.set();
    }
}

impl Deref for Timer {
    type Target = Thread;

    fn deref(&self) -> &Thread {
        &self.thread
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").field("thread", &self.thread).finish_non_exhaustive()
    }
}
