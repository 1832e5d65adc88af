//! Mutual exclusion: `std::sync::Mutex`, and what is behind Python's `Lock` and `RLock`.

use crate::base::{MutexAction, Outcome, ThreadId};

/// A mutex: who holds it, and whether a holder panicked.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct Mutex {
    holder: Option<ThreadId>,
    poisoned: bool,
}

impl Mutex {
    pub(crate) fn new(poisoned: bool) -> Self {
        Mutex { holder: None, poisoned }
    }

    pub(crate) fn holder(&self) -> Option<ThreadId> {
        self.holder
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    #[inline(always)]
    pub(crate) fn ready(&self, action: MutexAction) -> bool {
        !matches!(action, MutexAction::Lock { .. }) || self.holder.is_none()
    }

    #[inline(always)]
    pub(crate) fn apply(&mut self, thread: ThreadId, action: MutexAction) -> Outcome {
        match action {
            MutexAction::TryLock if self.holder.is_some() => Outcome::Refused,
            MutexAction::Lock { .. } | MutexAction::TryLock => {
                self.holder = Some(thread);
                if self.poisoned { Outcome::Poisoned } else { Outcome::Done }
            }
            MutexAction::Unlock { poison } => {
                self.holder = None;
                self.poisoned |= poison;
                Outcome::Done
            }
            MutexAction::Release if self.holder.is_none() => Outcome::Refused,
            MutexAction::Release => {
                self.holder = None;
                Outcome::Done
            }
            MutexAction::IsLocked => Outcome::Value(u64::from(self.holder.is_some())),
            MutexAction::IsPoisoned => Outcome::Value(u64::from(self.poisoned)),
            MutexAction::ClearPoison => {
                self.poisoned = false;
                Outcome::Done
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FOREVER;

    const A: ThreadId = ThreadId(0);
    const B: ThreadId = ThreadId(1);
    const LOCK: MutexAction = MutexAction::Lock { timeout: FOREVER };

    #[test]
    fn excludes_until_it_is_given_back() {
        let mut mutex = Mutex::new(false);
        assert!(mutex.ready(LOCK));
        assert_eq!(mutex.apply(A, LOCK), Outcome::Done);
        assert!(!mutex.ready(LOCK));
        assert_eq!(mutex.apply(B, MutexAction::TryLock), Outcome::Refused);
        assert_eq!(mutex.holder(), Some(A));
        assert_eq!(mutex.apply(A, MutexAction::Unlock { poison: false }), Outcome::Done);
        assert_eq!(mutex.apply(B, MutexAction::TryLock), Outcome::Done);
        assert_eq!(mutex.apply(A, MutexAction::IsLocked), Outcome::Value(1));
    }

    #[test]
    fn a_panicking_holder_poisons_it_until_healed() {
        let mut mutex = Mutex::new(false);
        mutex.apply(A, LOCK);
        mutex.apply(A, MutexAction::Unlock { poison: true });
        assert_eq!(mutex.apply(B, LOCK), Outcome::Poisoned);
        mutex.apply(B, MutexAction::Unlock { poison: false });
        assert_eq!(mutex.apply(B, MutexAction::IsPoisoned), Outcome::Value(1));
        mutex.apply(B, MutexAction::ClearPoison);
        assert_eq!(mutex.apply(A, MutexAction::TryLock), Outcome::Done);
    }

    #[test]
    fn release_is_open_to_all_but_refused_when_nobody_holds_it() {
        let mut mutex = Mutex::new(false);
        assert_eq!(mutex.apply(A, MutexAction::Release), Outcome::Refused);
        mutex.apply(A, LOCK);
        assert_eq!(mutex.apply(B, MutexAction::Release), Outcome::Done);
        assert!(mutex.ready(LOCK));
    }
}
