//! Event flags: Python's `threading.Event`.

use crate::base::{EventAction, Outcome, ThreadId, ThreadSet};

/// A flag that threads wait for.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Event {
    up: bool,
    /// Those who may go on though the flag may be down again.
    let_go: ThreadSet,
}

impl Event {
    pub(crate) fn ready(&self, thread: ThreadId, action: EventAction) -> bool {
        self.up || !matches!(action, EventAction::Wait { .. }) || self.let_go.contains(thread)
    }

    /// Those who have begun to wait by now go on, even if the flag is lowered before.
    pub(crate) fn let_go(&mut self, waiting: &ThreadSet) {
        waiting.iter().for_each(|thread| self.let_go.insert(thread));
    }

    pub(crate) fn apply(&mut self, thread: ThreadId, action: EventAction) -> Outcome {
        match action {
            EventAction::Set => self.up = true,
            EventAction::Clear => self.up = false,
            EventAction::IsSet => return Outcome::Value(u64::from(self.up)),
            EventAction::Wait { .. } => self.let_go.remove(thread),
        }
        Outcome::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FOREVER;

    const A: ThreadId = ThreadId(0);

    #[test]
    fn lets_waiters_through_while_it_is_up() {
        let wait = EventAction::Wait { timeout: FOREVER };
        let mut event = Event::default();
        assert!(!event.ready(A, wait));
        event.apply(A, EventAction::Set);
        assert!(event.ready(A, wait));
        assert_eq!(event.apply(A, EventAction::IsSet), Outcome::Value(1));
        event.apply(A, EventAction::Clear);
        assert!(!event.ready(A, wait));
    }

    #[test]
    fn those_let_go_may_pass_once_though_it_is_down_again() {
        let wait = EventAction::Wait { timeout: FOREVER };
        let mut event = Event::default();
        let mut waiting = ThreadSet::new();
        waiting.insert(A);
        event.apply(ThreadId(1), EventAction::Set);
        event.let_go(&waiting);
        event.apply(ThreadId(1), EventAction::Clear);
        assert!(event.ready(A, wait) && !event.ready(ThreadId(1), wait));
        event.apply(A, wait);
        assert!(!event.ready(A, wait));
    }
}
