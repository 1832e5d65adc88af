//! Queues: Python's `queue.Queue`, where every method call is one step under the queue's own lock.

use crate::base::{Outcome, QueueAction};

/// A queue: how many items it holds and may hold, and how many have yet to be dealt with. The items are the facade's.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Queue {
    /// As in Python, no bound when it is zero.
    capacity: u64,
    length: u64,
    unfinished: u64,
    shut: bool,
}

impl Queue {
    pub(crate) fn new(capacity: u64) -> Self {
        Queue { capacity, length: 0, unfinished: 0, shut: false }
    }

    pub(crate) fn ready(&self, action: QueueAction) -> bool {
        match action {
            QueueAction::Put { timeout } => timeout == 0 || self.shut || !self.is_full(),
            QueueAction::Get { timeout } => timeout == 0 || self.shut || self.length > 0,
            QueueAction::Join => self.unfinished == 0,
            _ => true,
        }
    }

    pub(crate) fn apply(&mut self, action: QueueAction) -> Outcome {
        match action {
            QueueAction::Put { .. } if self.shut => Outcome::Disconnected,
            QueueAction::Put { .. } if self.is_full() => Outcome::Refused,
            QueueAction::Put { .. } => {
                self.length += 1;
                self.unfinished += 1;
                Outcome::Done
            }
            QueueAction::Get { .. } if self.length == 0 && self.shut => Outcome::Disconnected,
            QueueAction::Get { .. } if self.length == 0 => Outcome::Refused,
            QueueAction::Get { .. } => {
                self.length -= 1;
                Outcome::Done
            }
            QueueAction::Length => Outcome::Value(self.length),
            QueueAction::IsEmpty => Outcome::Value(u64::from(self.length == 0)),
            QueueAction::IsFull => Outcome::Value(u64::from(self.is_full())),
            QueueAction::TaskDone if self.unfinished == 0 => Outcome::Refused,
            QueueAction::TaskDone => {
                self.unfinished -= 1;
                Outcome::Done
            }
            QueueAction::Join => Outcome::Done,
            QueueAction::ShutDown { immediate } => {
                self.shut = true;
                if immediate {
                    self.unfinished = self.unfinished.saturating_sub(self.length);
                    self.length = 0;
                }
                Outcome::Done
            }
        }
    }

    fn is_full(&self) -> bool {
        self.capacity > 0 && self.length >= self.capacity
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FOREVER;

    const PUT: QueueAction = QueueAction::Put { timeout: FOREVER };
    const GET: QueueAction = QueueAction::Get { timeout: FOREVER };
    const GET_NOWAIT: QueueAction = QueueAction::Get { timeout: 0 };

    #[test]
    fn holds_back_when_full_and_when_empty() {
        let mut queue = Queue::new(1);
        assert!(queue.ready(PUT) && !queue.ready(GET) && queue.ready(GET_NOWAIT));
        assert_eq!(queue.apply(GET_NOWAIT), Outcome::Refused);
        queue.apply(PUT);
        assert!(!queue.ready(PUT) && queue.ready(GET));
        assert_eq!(queue.apply(QueueAction::Put { timeout: 0 }), Outcome::Refused);
        assert_eq!(queue.apply(QueueAction::IsFull), Outcome::Value(1));
    }

    #[test]
    fn without_a_bound_it_is_never_full() {
        let mut queue = Queue::new(0);
        (0..1000).for_each(|_| assert_eq!(queue.apply(PUT), Outcome::Done));
        assert_eq!(queue.apply(QueueAction::Length), Outcome::Value(1000));
    }

    #[test]
    fn shut_down_it_takes_nothing_and_gives_what_is_left() {
        let mut queue = Queue::new(1);
        queue.apply(PUT);
        queue.apply(QueueAction::ShutDown { immediate: false });
        assert!(queue.ready(PUT));
        assert_eq!(queue.apply(PUT), Outcome::Disconnected);
        assert_eq!(queue.apply(GET), Outcome::Done);
        assert!(queue.ready(GET) && !queue.ready(QueueAction::Join));
        assert_eq!(queue.apply(GET_NOWAIT), Outcome::Disconnected);
    }

    #[test]
    fn shut_down_at_once_it_forgets_what_nobody_has_taken() {
        let mut queue = Queue::new(0);
        (0..3).for_each(|_| assert_eq!(queue.apply(PUT), Outcome::Done));
        queue.apply(GET);
        queue.apply(QueueAction::ShutDown { immediate: true });
        assert_eq!(queue.apply(GET), Outcome::Disconnected);
        assert!(!queue.ready(QueueAction::Join));
        assert_eq!(queue.apply(QueueAction::TaskDone), Outcome::Done);
        assert!(queue.ready(QueueAction::Join));
    }

    #[test]
    fn join_waits_for_the_work_not_for_the_queue_to_be_empty() {
        let mut queue = Queue::new(0);
        assert!(queue.ready(QueueAction::Join));
        queue.apply(PUT);
        queue.apply(GET);
        assert!(!queue.ready(QueueAction::Join));
        assert_eq!(queue.apply(QueueAction::TaskDone), Outcome::Done);
        assert!(queue.ready(QueueAction::Join));
        assert_eq!(queue.apply(QueueAction::TaskDone), Outcome::Refused);
    }
}
