//! Time, as in [`std::time`].
//!
//! Inside an exploration an [`Instant`] is virtual: it starts anew with every execution and does not depend on how fast
//! the machine is.
//!
//! [`SystemTime`] and [`UNIX_EPOCH`] are std's own, because files have times of that type and no other: they tell the real
//! time, inside an exploration too. A model may write it down. One that decides by it what to do does not repeat itself, and
//! is reported as such: an [`Instant`] is for that.

use crate::engine::current;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::sync::LazyLock;

pub use std::time::{Duration, SystemTime, SystemTimeError, TryFromFloatSecsError, UNIX_EPOCH};

/// When virtual time begins. Any instant would do: only differences are ever seen.
static BEGINNING: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);

/// A moment of a clock that never goes back: `std::time::Instant`.
///
/// Under the [abstract clock](crate::Clock::Abstract) it is the least time that can have passed: that of its thread, or of another
/// before a step that its thread comes after. Sleeping, waiting in vain and asking take time and nothing else does, so that no thread
/// is held up between two steps, and what two of them read may be equal.
///
/// ```
/// use selvedge::time::{Duration, Instant};
///
/// let start = Instant::now();
/// assert!(start + Duration::from_secs(1) > start);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(std::time::Instant);

impl Instant {
    /// The present moment. Inside an exploration asking takes a microsecond under the abstract clock, so that a loop which
    /// waits for a deadline comes to an end.
    #[must_use]
    pub fn now() -> Self {
        match current::is_active() {
            true => Instant(*BEGINNING + Duration::from_nanos(current::now())),
            false => Instant(std::time::Instant::now()),
        }
    }

    /// How much later than `earlier` it is; nothing when it is not.
    #[must_use]
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.0.duration_since(earlier.0)
    }

    /// How much later than `earlier` it is; `None` when it is earlier.
    #[must_use]
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        self.0.checked_duration_since(earlier.0)
    }

    /// How much later than `earlier` it is; nothing when it is not.
    #[must_use]
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// How long ago it was.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Instant::now().duration_since(*self)
    }

    /// So much later, if that can be represented.
    #[must_use]
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_add(duration).map(Instant)
    }

    /// So much earlier, if that can be represented.
    #[must_use]
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_sub(duration).map(Instant)
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, duration: Duration) -> Instant {
        Instant(self.0 + duration)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        self.0 += duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;

    fn sub(self, duration: Duration) -> Instant {
        Instant(self.0 - duration)
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        self.0 -= duration;
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

impl Instant {
    /// The time since virtual time began, or, after the sign, before.
    fn offset(&self) -> (&'static str, Duration) {
        match self.0.checked_duration_since(*BEGINNING) {
            Some(after) => ("", after),
            None => ("-", BEGINNING.duration_since(self.0)),
        }
    }
}

impl Hash for Instant {
    /// The same in every run of a model, as the order of a hash table must be.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.offset().hash(state);
    }
}

impl fmt::Debug for Instant {
    /// Outside an exploration as std's. Inside it is the same in every run of a model: the time since virtual time began.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !current::is_active() {
            return self.0.fmt(f);
        }
        let (sign, offset) = self.offset();
        write!(f, "Instant({sign}{offset:?})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{self, settings};
    use crate::{engine::Clock, thread};

    #[test]
    fn behaves_as_stds() {
        let (a, second) = (Instant::now(), Duration::from_secs(1));
        let mut b = a + second;
        assert_eq!((b - a, a - b, b.duration_since(a)), (second, Duration::ZERO, second));
        assert_eq!((b.checked_duration_since(a), a.checked_duration_since(b)), (Some(second), None));
        assert_eq!(a.checked_add(second).and_then(|c| c.checked_sub(second)), Some(a));
        b -= second;
        b += second;
        assert!(b > a && a.elapsed() < Duration::from_secs(1_000) && b - second == a);
    }

    #[test]
    fn outside_it_shows_as_stds() {
        let now = Instant::now();
        assert_eq!(
            (format!("{now:?}"), format!("{now:#?}")),
            (format!("{:?}", now.0), format!("{:#?}", now.0))
        );
    }

    #[test]
    fn stamps_are_stds() {
        let model = || {
            let stamp: std::time::SystemTime = SystemTime::now();
            assert!(stamp.duration_since(UNIX_EPOCH).is_ok());
            let later: SystemTimeError = UNIX_EPOCH.duration_since(stamp).unwrap_err();
            assert!(later.duration() > Duration::ZERO);
            let negative: Result<Duration, TryFromFloatSecsError> = Duration::try_from_secs_f64(-1.0);
            assert!(negative.is_err());
        };
        model();
        assert!(testing::run(model).panics.is_empty());
    }

    #[test]
    fn a_virtual_second_takes_no_time_and_is_exact() {
        let start = std::time::Instant::now();
        testing::run_with(crate::engine::Settings { clock: Clock::Virtual, ..settings() }, || {
            let start = Instant::now();
            assert_eq!(format!("{start:?}"), "Instant(0ns)");
            thread::sleep(Duration::from_secs(1_000));
            assert_eq!(start.elapsed(), Duration::from_secs(1_000));
        });
        assert!(start.elapsed() < Duration::from_secs(100));
    }

    #[test]
    fn a_loop_that_waits_for_a_deadline_ends() {
        let trace = testing::run(|| {
            let deadline = Instant::now() + Duration::from_millis(1);
            while Instant::now() < deadline {}
            thread::sleep(Duration::from_millis(5));
            assert!(deadline.elapsed() >= Duration::from_millis(5));
        });
        assert!(trace.panics.is_empty());
    }
}
