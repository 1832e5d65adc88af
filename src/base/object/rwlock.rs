//! Readers-writer locks. No policy: any thread that can take it may take it next, so that both reader and writer
//! preference are among the behaviours explored.

use crate::base::{Outcome, RwLockAction, ThreadId};

/// A readers-writer lock: its readers or its writer, and whether a writer panicked.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct RwLock {
    writer: Option<ThreadId>,
    /// A thread is in it once per hold.
    readers: Vec<ThreadId>,
    poisoned: bool,
}

impl RwLock {
    pub(crate) fn new(poisoned: bool) -> Self {
        RwLock { poisoned, ..RwLock::default() }
    }

    pub(crate) fn holder(&self) -> Option<ThreadId> {
        self.writer.or(self.readers.first().copied())
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    pub(crate) fn recycle(&mut self, new: RwLock) {
        self.writer = None;
        self.readers.clear();
        self.poisoned = new.poisoned;
    }

    pub(crate) fn ready(&self, action: RwLockAction) -> bool {
        match action {
            RwLockAction::Read => self.writer.is_none(),
            RwLockAction::Write => self.is_free(),
            _ => true,
        }
    }

    pub(crate) fn apply(&mut self, thread: ThreadId, action: RwLockAction) -> Outcome {
        match action {
            RwLockAction::TryRead if self.writer.is_some() => Outcome::Refused,
            RwLockAction::TryWrite if !self.is_free() => Outcome::Refused,
            RwLockAction::Read | RwLockAction::TryRead => {
                self.readers.push(thread);
                self.taken()
            }
            RwLockAction::Write | RwLockAction::TryWrite => {
                self.writer = Some(thread);
                self.taken()
            }
            RwLockAction::UnlockRead => {
                // A guard may be dropped by another thread than the one that took it; then any hold will do.
                let at = self.readers.iter().position(|&t| t == thread).unwrap_or(0);
                if at < self.readers.len() {
                    self.readers.remove(at);
                }
                Outcome::Done
            }
            RwLockAction::UnlockWrite { poison } => {
                self.writer = None;
                self.poisoned |= poison;
                Outcome::Done
            }
            RwLockAction::Downgrade => {
                if self.writer.take().is_some() {
                    self.readers.push(thread);
                }
                Outcome::Done
            }
            RwLockAction::IsPoisoned => Outcome::Value(u64::from(self.poisoned)),
            RwLockAction::ClearPoison => {
                self.poisoned = false;
                Outcome::Done
            }
        }
    }

    fn is_free(&self) -> bool {
        self.writer.is_none() && self.readers.is_empty()
    }

    fn taken(&self) -> Outcome {
        if self.poisoned { Outcome::Poisoned } else { Outcome::Done }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ThreadId = ThreadId(0);
    const B: ThreadId = ThreadId(1);

    #[test]
    fn readers_share_and_writers_do_not() {
        let mut lock = RwLock::new(false);
        lock.apply(A, RwLockAction::Read);
        assert!(lock.ready(RwLockAction::Read) && !lock.ready(RwLockAction::Write));
        assert_eq!(lock.apply(B, RwLockAction::TryRead), Outcome::Done);
        assert_eq!(lock.apply(B, RwLockAction::TryWrite), Outcome::Refused);
        lock.apply(A, RwLockAction::UnlockRead);
        assert_eq!(lock.holder(), Some(B));
        lock.apply(B, RwLockAction::UnlockRead);
        assert_eq!(lock.apply(A, RwLockAction::Write), Outcome::Done);
        assert_eq!(lock.apply(B, RwLockAction::TryRead), Outcome::Refused);
        assert!(!lock.ready(RwLockAction::Read));
    }

    #[test]
    fn a_writer_that_steps_down_lets_readers_in_and_writers_not() {
        let mut lock = RwLock::new(false);
        lock.apply(A, RwLockAction::Write);
        assert!(lock.ready(RwLockAction::Downgrade) && !lock.ready(RwLockAction::Read));
        assert_eq!(lock.apply(A, RwLockAction::Downgrade), Outcome::Done);
        assert_eq!(lock.holder(), Some(A));
        assert!(lock.ready(RwLockAction::Read) && !lock.ready(RwLockAction::Write));
        assert_eq!(lock.apply(B, RwLockAction::TryRead), Outcome::Done);
        lock.apply(A, RwLockAction::UnlockRead);
        assert_eq!(lock.apply(A, RwLockAction::TryWrite), Outcome::Refused);
        lock.apply(B, RwLockAction::UnlockRead);
        assert_eq!(lock.apply(A, RwLockAction::TryWrite), Outcome::Done);
    }

    #[test]
    fn stepping_down_leaves_poison_as_it_is() {
        for poisoned in [false, true] {
            let mut lock = RwLock::new(poisoned);
            lock.apply(A, RwLockAction::Write);
            assert_eq!(lock.apply(A, RwLockAction::Downgrade), Outcome::Done);
            assert_eq!(lock.is_poisoned(), poisoned);
        }
    }

    #[test]
    fn only_a_panicking_writer_poisons() {
        let mut lock = RwLock::new(false);
        lock.apply(A, RwLockAction::Write);
        lock.apply(A, RwLockAction::UnlockWrite { poison: true });
        assert_eq!(lock.apply(B, RwLockAction::Read), Outcome::Poisoned);
        lock.apply(B, RwLockAction::ClearPoison);
        assert_eq!(lock.apply(B, RwLockAction::IsPoisoned), Outcome::Value(0));
    }
}
