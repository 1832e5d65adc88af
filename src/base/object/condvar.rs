//! Condition variables: who sleeps, in which order they came, and who has been notified.

use crate::base::{CondvarAction, Outcome, ThreadId, ThreadSet};

/// A condition variable. A thread is a waiter from its wait until it wakes; a notified one has yet to wake.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Condvar {
    /// Sleepers not notified, in the order in which they came.
    sleeping: Vec<ThreadId>,
    /// Waiters notified that have not woken yet.
    notified: ThreadSet,
}

impl Condvar {
    /// Those who sleep and have not been notified, in the order in which they came.
    pub(crate) fn sleeping(&self) -> impl Iterator<Item = ThreadId> {
        self.sleeping.iter().copied()
    }

    /// How many sleep and have not been notified.
    #[inline]
    pub(crate) fn sleepers(&self) -> u32 {
        self.sleeping.len() as u32
    }

    #[inline]
    pub(crate) fn ready(&self, thread: ThreadId, action: CondvarAction) -> bool {
        match action {
            CondvarAction::Reacquire { .. } | CondvarAction::Wake { .. } => self.notified.contains(thread),
            _ => true,
        }
    }

    pub(crate) fn apply(&mut self, thread: ThreadId, action: CondvarAction, choice: u32) -> Outcome {
        match action {
            CondvarAction::Wait { .. } => {
                // Where waking from being notified is not performed because it changes nothing for others, that is still there.
                self.notified.remove(thread);
                self.sleeping.push(thread);
                Outcome::Done
            }
            CondvarAction::Reacquire { .. } | CondvarAction::Wake { .. } => {
                if self.notified.contains(thread) {
                    self.notified.remove(thread);
                    return Outcome::Done;
                }
                self.time_out(thread);
                Outcome::Spurious
            }
            CondvarAction::Leave => {
                let notified = self.notified.contains(thread);
                self.notified.remove(thread);
                self.time_out(thread);
                Outcome::Value(u64::from(notified))
            }
            CondvarAction::NotifyOne if self.sleeping.is_empty() => Outcome::Value(0),
            CondvarAction::NotifyOne => {
                let woken = self.sleeping.remove(choice as usize);
                self.notified.insert(woken);
                Outcome::Value(1)
            }
            CondvarAction::NotifyFirst(count) => self.notify(count as usize),
            CondvarAction::NotifyAll => self.notify(usize::MAX),
        }
    }

    /// The thread no longer waits, though nobody notified it.
    pub(crate) fn time_out(&mut self, thread: ThreadId) {
        self.sleeping.retain(|&t| t != thread);
    }

    pub(crate) fn clear(&mut self) {
        self.sleeping.clear();
        self.notified.clear();
    }

    fn notify(&mut self, count: usize) -> Outcome {
        let count = count.min(self.sleeping.len());
        for woken in self.sleeping.drain(..count) {
            self.notified.insert(woken);
        }
        Outcome::Value(count as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{FOREVER, ObjectId};

    const A: ThreadId = ThreadId(0);
    const B: ThreadId = ThreadId(1);
    const MUTEX: ObjectId = ObjectId(9);
    const WAIT: CondvarAction = CondvarAction::Wait { mutex: MUTEX, timeout: FOREVER };
    const BACK: CondvarAction = CondvarAction::Reacquire { mutex: MUTEX };

    #[test]
    fn a_notify_reaches_only_those_who_sleep_already() {
        let mut condvar = Condvar::default();
        assert_eq!(condvar.apply(B, CondvarAction::NotifyOne, 0), Outcome::Value(0));
        condvar.apply(A, WAIT, 0);
        assert!(!condvar.ready(A, BACK));
        assert_eq!(condvar.apply(B, CondvarAction::NotifyAll, 0), Outcome::Value(1));
        assert!(condvar.ready(A, BACK));
        assert_eq!(condvar.apply(A, BACK, 0), Outcome::Done);
        assert_eq!(condvar.sleepers(), 0);
    }

    #[test]
    fn notify_one_wakes_the_one_chosen_and_notify_first_the_oldest() {
        let mut condvar = Condvar::default();
        for thread in [A, B, ThreadId(2)] {
            condvar.apply(thread, WAIT, 0);
        }
        condvar.apply(ThreadId(3), CondvarAction::NotifyOne, 1);
        assert!(!condvar.ready(A, BACK) && condvar.ready(B, BACK));
        assert_eq!(condvar.apply(ThreadId(3), CondvarAction::NotifyFirst(1), 0), Outcome::Value(1));
        assert!(condvar.ready(A, BACK) && !condvar.ready(ThreadId(2), BACK));
    }

    #[test]
    fn one_whose_time_is_up_takes_no_notification() {
        let mut condvar = Condvar::default();
        condvar.apply(A, WAIT, 0);
        condvar.time_out(A);
        assert_eq!(condvar.apply(B, CondvarAction::NotifyOne, 0), Outcome::Value(0));
    }

    #[test]
    fn one_who_has_timed_out_and_not_left_takes_a_notification_with_it() {
        let mut condvar = Condvar::default();
        condvar.apply(A, WAIT, 0);
        condvar.apply(B, WAIT, 0);
        assert_eq!(condvar.apply(ThreadId(2), CondvarAction::NotifyFirst(1), 0), Outcome::Value(1));
        assert_eq!(condvar.apply(A, CondvarAction::Leave, 0), Outcome::Value(1));
        assert!(!condvar.ready(A, BACK) && !condvar.ready(B, BACK));
        assert_eq!(condvar.apply(B, CondvarAction::Leave, 0), Outcome::Value(0));
        assert_eq!(condvar.sleepers(), 0);
    }

    #[test]
    fn waking_unnotified_is_spurious() {
        let mut condvar = Condvar::default();
        condvar.apply(A, WAIT, 0);
        assert_eq!(condvar.apply(A, BACK, 0), Outcome::Spurious);
        assert_eq!(condvar.sleepers(), 0);
    }
}
