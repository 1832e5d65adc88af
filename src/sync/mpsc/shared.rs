//! What both ends of a channel share.
//!
//! The engine's own state machine keeps count on both sides of an exploration's border: inside it is an object like any
//! other; outside the same machine is kept under a lock and waited for with std's condition variable. The machine
//! outside repeats each step made inside, so that a channel can be carried across the border.

use crate::base::object::{Channel, State};
use crate::base::{Action, CHECK_SEED, ChannelAction, Name, ObjectId, ObjectKind, Outcome, mix_check};
use crate::engine::current;
use crate::engine::slot::Slot;
use std::collections::VecDeque;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A channel, seen from either end.
pub(super) struct Shared<T> {
    slot: Slot,
    /// Where the channel was made: the end of a sender or receiver has no place of its own.
    made: &'static Location<'static>,
    bound: Option<u64>,
    /// How many senders have been cloned outside of explorations.
    clones: AtomicU64,
    data: Mutex<Data<T>>,
    changed: Condvar,
}

struct Data<T> {
    // Invariant: as many as `channel` counts, but for one on its way back from a rendezvous that failed.
    messages: VecDeque<T>,
    channel: Channel,
    /// How many threads wait outside of explorations.
    waiting: usize,
    /// Whether the receiver is one of them.
    receiving: bool,
}

impl<T> Shared<T> {
    #[track_caller]
    pub(super) fn new(bound: Option<u64>, name: Name) -> Self {
        let data =
            Data { messages: VecDeque::new(), channel: Channel::new(bound), waiting: 0, receiving: false };
        Shared {
            slot: Slot::new().named(name),
            made: Location::caller(),
            bound,
            clones: AtomicU64::new(0),
            data: Mutex::new(data),
            changed: Condvar::new(),
        }
    }

    /// Whether it has room for nothing, so that sender and receiver must meet.
    pub(super) fn is_rendezvous(&self) -> bool {
        self.bound == Some(0)
    }

    /// The engine's object; `None` outside an exploration.
    fn object(&self) -> Option<ObjectId> {
        current::object(&self.slot, || (ObjectKind::Channel, State::Channel(self.lock().channel)))
    }

    /// Sends as `action` says; the message comes back when it was not sent.
    pub(super) fn send(
        &self,
        action: ChannelAction,
        message: T,
        location: &'static Location<'static>,
    ) -> Result<u64, (Outcome, T)> {
        let (outcome, mut data) = self.act(action, None, location);
        match outcome {
            Outcome::Value(count) => {
                data.messages.push_back(message);
                Ok(count)
            }
            outcome => Err((outcome, message)),
        }
    }

    /// Waits until so many messages have been taken; the last one sent comes back when the receiver went before.
    pub(super) fn await_taken(&self, count: u64, location: &'static Location<'static>) -> Option<T> {
        let (outcome, mut data) = self.act(ChannelAction::AwaitTaken { count }, None, location);
        if outcome == Outcome::Disconnected { data.messages.pop_back() } else { None }
    }

    /// Receives as `action` says.
    pub(super) fn receive(
        &self,
        action: ChannelAction,
        deadline: Option<Instant>,
        location: &'static Location<'static>,
    ) -> Result<T, Outcome> {
        let (outcome, mut data) = self.act(action, deadline, location);
        match outcome {
            Outcome::Done => Ok(data.messages.pop_front().unwrap_or_else(|| used_elsewhere())),
            outcome => Err(outcome),
        }
    }

    /// The share of one more sender.
    fn next_share(&self) -> u64 {
        current::next_share()
            .unwrap_or_else(|| mix_check(CHECK_SEED, self.clones.fetch_add(1, Ordering::Relaxed)))
    }

    /// One sender less. Each one's end is a step, because which one is the last depends on their order.
    fn drop_sender(&self, share: u64) {
        drop(self.act(ChannelAction::DropSender { share }, None, self.made));
    }

    /// The receiver goes, and with it what nobody will receive.
    pub(super) fn drop_receiver(&self) {
        let (_, mut data) = self.act(ChannelAction::DropReceiver, None, self.made);
        // A message about to be handed over goes back to its sender, who waits.
        let messages =
            if self.is_rendezvous() { VecDeque::new() } else { std::mem::take(&mut data.messages) };
        drop(data);
        drop(messages);
    }

    /// Performs `action`, inside or outside of an exploration, and gives access to the messages before anybody else
    /// goes on. A deadline is for outside only.
    fn act(
        &self,
        action: ChannelAction,
        deadline: Option<Instant>,
        location: &'static Location<'static>,
    ) -> (Outcome, MutexGuard<'_, Data<T>>) {
        let Some(object) = self.object() else {
            return self.act_outside(action, deadline);
        };
        let outcome = current::perform_on(object, Action::Channel(action), location);
        let mut data = self.lock();
        if outcome != Outcome::TimedOut {
            data.channel.repeat(action, outcome);
        }
        self.tell(&data);
        (outcome, data)
    }

    fn act_outside(
        &self,
        action: ChannelAction,
        deadline: Option<Instant>,
    ) -> (Outcome, MutexGuard<'_, Data<T>>) {
        let mut data = self.lock();
        let receiving = data.receiving;
        data.channel.set_receiver_waits(receiving);
        while !data.channel.ready(action) {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return (Outcome::TimedOut, data);
            }
            data.waiting += 1;
            data.receiving |= matches!(action, ChannelAction::Receive { .. });
            data = match left {
                None => self.changed.wait(data).unwrap_or_else(PoisonError::into_inner),
                Some(left) => self.changed.wait_timeout(data, left).unwrap_or_else(PoisonError::into_inner).0,
            };
            data.waiting -= 1;
            data.receiving &= !matches!(action, ChannelAction::Receive { .. });
        }
        let outcome = data.channel.apply(action);
        self.tell(&data);
        (outcome, data)
    }

    /// Wakes those who wait outside.
    fn tell(&self, data: &Data<T>) {
        if data.waiting > 0 {
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Data<T>> {
        // Nothing of the model's runs while it is held, so poison means nothing.
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sending end of a channel, with its share of it.
pub(super) struct End<T> {
    shared: Arc<Shared<T>>,
    share: AtomicU64,
}

impl<T> End<T> {
    /// The only one so far.
    pub(super) fn first(shared: Arc<Shared<T>>) -> Self {
        End { shared, share: AtomicU64::new(Channel::WHOLE) }
    }
}

impl<T> std::ops::Deref for End<T> {
    type Target = Shared<T>;

    fn deref(&self) -> &Shared<T> {
        &self.shared
    }
}

impl<T> Clone for End<T> {
    fn clone(&self) -> Self {
        let share = self.next_share();
        self.share.fetch_sub(share, Ordering::Relaxed);
        End { shared: Arc::clone(&self.shared), share: AtomicU64::new(share) }
    }
}

impl<T> Drop for End<T> {
    fn drop(&mut self) {
        let share = *self.share.get_mut();
        self.drop_sender(share);
    }
}

/// The engine gave a message that is not there.
#[cold]
fn used_elsewhere() -> ! {
    panic!("a channel is used from outside this execution while the execution uses it")
}
