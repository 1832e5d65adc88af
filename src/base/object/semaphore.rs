//! Semaphores: Python's `Semaphore` and `BoundedSemaphore`.

use crate::base::{Outcome, SemaphoreAction};

/// A semaphore: how many permits are left.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Semaphore {
    left: u64,
    begun: u32,
    bounded: bool,
}

impl Semaphore {
    /// A semaphore with so many permits; a bounded one never has more.
    pub(crate) fn new(permits: u32, bounded: bool) -> Self {
        Semaphore { left: u64::from(permits), begun: permits, bounded }
    }

    /// Whether there is a permit.
    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        self.left > 0
    }

    /// Whether whoever has just taken a permit has taken the only one there ever was, so that it excludes the others as a mutex
    /// does, unless somebody gives back what he did not take.
    #[inline(always)]
    pub(crate) fn excludes(&self) -> bool {
        self.begun <= 1 && self.left == 0
    }

    #[inline(always)]
    pub(crate) fn ready(&self, action: SemaphoreAction) -> bool {
        match action {
            SemaphoreAction::Acquire { timeout } => timeout == 0 || self.is_open(),
            SemaphoreAction::Release { .. } => true,
        }
    }

    #[inline(always)]
    pub(crate) fn apply(&mut self, action: SemaphoreAction) -> Outcome {
        match action {
            SemaphoreAction::Acquire { .. } if !self.is_open() => Outcome::Refused,
            SemaphoreAction::Acquire { .. } => {
                self.left -= 1;
                Outcome::Done
            }
            SemaphoreAction::Release { count } => {
                let left = self.left.saturating_add(u64::from(count));
                if self.bounded && left > u64::from(self.begun) {
                    return Outcome::Refused;
                }
                self.left = left;
                Outcome::Done
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FOREVER;

    const ACQUIRE: SemaphoreAction = SemaphoreAction::Acquire { timeout: FOREVER };
    const TRY: SemaphoreAction = SemaphoreAction::Acquire { timeout: 0 };
    const RELEASE: SemaphoreAction = SemaphoreAction::Release { count: 1 };

    #[test]
    fn gives_as_many_permits_as_it_has() {
        let mut semaphore = Semaphore::new(2, false);
        assert_eq!((semaphore.apply(ACQUIRE), semaphore.apply(TRY)), (Outcome::Done, Outcome::Done));
        assert!(!semaphore.ready(ACQUIRE) && semaphore.ready(TRY));
        assert_eq!(semaphore.apply(TRY), Outcome::Refused);
        assert_eq!(semaphore.apply(SemaphoreAction::Release { count: 5 }), Outcome::Done);
        (0..5).for_each(|_| assert_eq!(semaphore.apply(ACQUIRE), Outcome::Done));
        assert!(!semaphore.is_open());
    }

    #[test]
    fn a_bounded_one_refuses_to_have_more_than_it_began_with() {
        let mut semaphore = Semaphore::new(2, true);
        assert_eq!(semaphore.apply(RELEASE), Outcome::Refused);
        semaphore.apply(ACQUIRE);
        assert_eq!(semaphore.apply(SemaphoreAction::Release { count: 2 }), Outcome::Refused);
        assert_eq!(semaphore.apply(RELEASE), Outcome::Done);
    }

    #[test]
    fn only_the_last_permit_of_one_excludes() {
        let (mut one, mut two) = (Semaphore::new(1, false), Semaphore::new(2, false));
        one.apply(ACQUIRE);
        two.apply(ACQUIRE);
        assert!(one.excludes() && !two.excludes());
        one.apply(SemaphoreAction::Release { count: 2 });
        one.apply(ACQUIRE);
        assert!(!one.excludes());
    }
}
