//! Event flags: Python's `threading.Event`.

use crate::base::{EventAction, Outcome};

/// A flag that threads wait for.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct Event {
    up: bool,
}

impl Event {
    pub(crate) fn ready(&self, action: EventAction) -> bool {
        self.up || !matches!(action, EventAction::Wait { .. })
    }

    pub(crate) fn apply(&mut self, action: EventAction) -> Outcome {
        match action {
            EventAction::Set => self.up = true,
            EventAction::Clear => self.up = false,
            EventAction::IsSet => return Outcome::Value(u64::from(self.up)),
            EventAction::Wait { .. } => {}
        }
        Outcome::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FOREVER;

    #[test]
    fn lets_waiters_through_while_it_is_up() {
        let wait = EventAction::Wait { timeout: FOREVER };
        let mut event = Event::default();
        assert!(!event.ready(wait));
        event.apply(EventAction::Set);
        assert!(event.ready(wait));
        assert_eq!(event.apply(EventAction::IsSet), Outcome::Value(1));
        event.apply(EventAction::Clear);
        assert!(!event.ready(wait));
    }
}
