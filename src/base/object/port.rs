//! Ports: where servers listen and clients connect.

use crate::base::{Outcome, PortAction};
use std::collections::VecDeque;

/// A port, and the connections that wait there to be accepted, by number.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Port {
    /// Who has taken it, by number; zero when nobody has.
    owner: u32,
    owners: u32,
    /// How many may wait, while the owner listens.
    backlog: Option<u32>,
    /// The owners, of now and before, that have been shut down.
    shut: Vec<u32>,
    waiting: VecDeque<u32>,
    made: u32,
}

impl Port {
    pub(crate) fn ready(&self, action: PortAction) -> bool {
        match action {
            PortAction::Accept { owner, timeout } => {
                timeout == 0 || self.shut.contains(&owner) || owner == self.owner && !self.waiting.is_empty()
            }
            _ => true,
        }
    }

    pub(crate) fn apply(&mut self, action: PortAction) -> Outcome {
        match action {
            PortAction::Bind => return self.take(None),
            PortAction::Open { backlog } => return self.take(Some(backlog)),
            PortAction::Connect => return self.connect(),
            PortAction::Accept { owner, .. } if self.shut.contains(&owner) => return Outcome::Disconnected,
            PortAction::Listen { owner, .. }
            | PortAction::Accept { owner, .. }
            | PortAction::ShutDown(owner)
            | PortAction::Close(owner)
                if owner != self.owner =>
            {
                return Outcome::Refused;
            }
            PortAction::Listen { backlog, .. } => self.backlog = Some(backlog),
            PortAction::Accept { .. } => return self.accept(),
            PortAction::ShutDown(owner) => {
                self.backlog = None;
                self.shut.push(owner);
                self.waiting.clear();
            }
            PortAction::Close(_) => {
                self.owner = 0;
                self.backlog = None;
                self.waiting.clear();
            }
        }
        Outcome::Done
    }

    fn take(&mut self, backlog: Option<u32>) -> Outcome {
        if self.owner != 0 {
            return Outcome::Refused;
        }
        self.owners += 1;
        self.owner = self.owners;
        self.backlog = backlog;
        Outcome::Value(u64::from(self.owner))
    }

    fn connect(&mut self) -> Outcome {
        if self.backlog.is_none_or(|backlog| self.waiting.len() >= backlog as usize) {
            return Outcome::Refused;
        }
        let number = self.made;
        self.made += 1;
        self.waiting.push_back(number);
        Outcome::Value(u64::from(number))
    }

    fn accept(&mut self) -> Outcome {
        match self.waiting.pop_front() {
            Some(number) => Outcome::Value(u64::from(number)),
            None => Outcome::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FOREVER;

    const ACCEPT: PortAction = PortAction::Accept { owner: 1, timeout: FOREVER };

    #[test]
    fn who_connects_is_accepted_in_turn_and_refused_where_nobody_listens_or_too_many_wait() {
        let mut port = Port::default();
        assert_eq!(port.apply(PortAction::Connect), Outcome::Refused);
        assert_eq!(port.apply(PortAction::Open { backlog: 2 }), Outcome::Value(1));
        assert_eq!(port.apply(PortAction::Bind), Outcome::Refused);
        assert!(!port.ready(ACCEPT));
        assert_eq!(port.apply(PortAction::Connect), Outcome::Value(0));
        assert_eq!(port.apply(PortAction::Connect), Outcome::Value(1));
        assert_eq!(port.apply(PortAction::Connect), Outcome::Refused);
        assert!(port.ready(ACCEPT));
        assert_eq!(port.apply(ACCEPT), Outcome::Value(0));
        assert_eq!(port.apply(PortAction::Close(1)), Outcome::Done);
        assert_eq!(port.apply(PortAction::Close(1)), Outcome::Refused);
        assert!(!port.ready(ACCEPT), "whoever waits is not woken");
        assert_eq!(port.apply(PortAction::Bind), Outcome::Value(2));
        assert_eq!(port.apply(PortAction::Connect), Outcome::Refused, "nobody listens yet");
        port.apply(PortAction::Listen { owner: 2, backlog: 1 });
        assert_eq!(port.apply(PortAction::Connect), Outcome::Value(2));
        assert!(!port.ready(ACCEPT), "it is for the new owner");
    }

    #[test]
    fn a_shut_down_sends_those_away_who_wait() {
        let mut port = Port::default();
        port.apply(PortAction::Open { backlog: 1 });
        port.apply(PortAction::Connect);
        port.apply(PortAction::ShutDown(1));
        assert!(port.ready(ACCEPT));
        assert_eq!(port.apply(ACCEPT), Outcome::Disconnected);
        port.apply(PortAction::Close(1));
        assert!(port.ready(ACCEPT), "also those who come later");
        assert_eq!(port.apply(PortAction::Connect), Outcome::Refused);
    }
}
