//! One-time initialization: `Once`, `OnceLock` and `LazyLock` share it.

use crate::base::{OnceAction, Outcome, ThreadId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Fresh,
    Running(ThreadId),
    Complete,
    Poisoned,
}

/// A one-time initialization.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Once {
    stage: Stage,
}

impl Once {
    pub(crate) fn new(complete: bool) -> Self {
        Once { stage: if complete { Stage::Complete } else { Stage::Fresh } }
    }

    /// Who runs the initializer.
    pub(crate) fn runner(&self) -> Option<ThreadId> {
        match self.stage {
            Stage::Running(thread) => Some(thread),
            _ => None,
        }
    }

    pub(crate) fn ready(&self, action: OnceAction) -> bool {
        match action {
            OnceAction::Begin { .. } | OnceAction::Set => self.runner().is_none(),
            OnceAction::Wait => matches!(self.stage, Stage::Complete | Stage::Poisoned),
            _ => true,
        }
    }

    /// `Begin` gives `Done` (initialized), `Chosen` (the caller initializes) or `Poisoned`.
    pub(crate) fn apply(&mut self, thread: ThreadId, action: OnceAction) -> Outcome {
        match (action, self.stage) {
            (OnceAction::Begin { .. }, Stage::Complete) => Outcome::Done,
            (OnceAction::Begin { force: false }, Stage::Poisoned) => Outcome::Poisoned,
            (OnceAction::Begin { .. }, _) => {
                self.stage = Stage::Running(thread);
                Outcome::Chosen
            }
            (OnceAction::Complete { poison }, _) => {
                self.stage = if poison { Stage::Poisoned } else { Stage::Complete };
                Outcome::Done
            }
            (OnceAction::IsCompleted, stage) => Outcome::Value(u64::from(stage == Stage::Complete)),
            (OnceAction::Wait, Stage::Poisoned) => Outcome::Poisoned,
            (OnceAction::Wait, _) => Outcome::Done,
            (OnceAction::Set, Stage::Complete) => Outcome::Refused,
            (OnceAction::Set, _) => {
                self.stage = Stage::Complete;
                Outcome::Done
            }
            (OnceAction::Reset, _) => {
                self.stage = Stage::Fresh;
                Outcome::Done
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ThreadId = ThreadId(0);
    const BEGIN: OnceAction = OnceAction::Begin { force: false };

    #[test]
    fn one_initializes_and_the_others_wait() {
        let mut once = Once::new(false);
        assert_eq!(once.apply(A, BEGIN), Outcome::Chosen);
        assert!(!once.ready(BEGIN) && !once.ready(OnceAction::Set));
        assert_eq!(once.runner(), Some(A));
        once.apply(A, OnceAction::Complete { poison: false });
        assert_eq!(once.apply(A, BEGIN), Outcome::Done);
        assert_eq!(once.apply(A, OnceAction::Set), Outcome::Refused);
        assert_eq!(once.apply(A, OnceAction::IsCompleted), Outcome::Value(1));
    }

    #[test]
    fn a_panicking_initializer_poisons_unless_forced() {
        let mut once = Once::new(false);
        once.apply(A, BEGIN);
        once.apply(A, OnceAction::Complete { poison: true });
        assert_eq!(once.apply(A, BEGIN), Outcome::Poisoned);
        assert_eq!(once.apply(A, OnceAction::Begin { force: true }), Outcome::Chosen);
    }
}
