//! Happens-before: what an event learns, and what it leaves for others.
//!
//! A load that acquires learns what the store it reads has left: all that the store's thread knew if the store releases, what
//! it knew at its last release fence otherwise. A read-modify-write carries on what the store it reads has left (C++20's
//! release sequences). An acquire fence does for the loads before it what they would have done themselves. Objects that are
//! no atomics synchronize as std's documentation promises and not more, so that nothing weaker is missed.
//!
//! All of it depends on an event's past alone, so nothing is ever computed anew when others come into the graph or go.

use super::event::{Event, acquires};
use super::{Graph, Kind};
use crate::base::{
    Acquire, Action, ChannelAction, MutexAction, Outcome, Release, RwLockAction, ThreadAction, VectorClock,
    is_under_a_lock, synchronization,
};

/// What an operation on an object learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Learns {
    Nothing,
    /// What has been left at the object.
    Left,
    /// What the last writer to let others in has left.
    Writer,
    /// What the sender of the message knew.
    Sender,
}

/// What it leaves at the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaves {
    Nothing,
    /// What its thread knows, in place of what was there.
    Instead,
    /// What its thread knows, besides what was there.
    Besides,
}

impl Graph {
    /// What an acquire fence learns as the next event of `thread`: what the loads before it have found.
    pub(super) fn learn_by_fence(&self, thread: u32, happens: &mut VectorClock) {
        // That a thread has ended tells nothing of what it did, before a join.
        let asks = |event: &&Event| matches!(event.action, Action::Thread(_));
        for read in self.events_of(thread).iter().filter(|event| event.reads()).filter(|event| !asks(event)) {
            if let Some(source) = self.get(read.source) {
                happens.join(&source.message);
            }
        }
    }

    /// What an operation on an object learns and leaves.
    pub(super) fn synchronize(&self, event: &mut Event, outcome: Outcome) {
        let before = event.place.checked_sub(1).map(|place| {
            let order = &self.location(event.location).order;
            self.event(order[place as usize])
        });
        let (learns, leaves) = effect(event.action, outcome);
        match learns {
            Learns::Nothing => {}
            Learns::Left => {
                if let Some(before) = before {
                    event.happens.join(&before.message);
                }
            }
            Learns::Writer => self.learn_of_writer(event),
            Learns::Sender => self.learn_of_sender(event),
        }
        if leaves != Leaves::Nothing {
            event.message.copy_from(&event.happens);
        }
        if leaves != Leaves::Instead
            && let Some(before) = before
        {
            event.message.join(&before.message);
        }
    }

    fn learn_of_writer(&self, event: &mut Event) {
        let order = &self.location(event.location).order[..event.place as usize];
        let writes = |action| {
            matches!(action, Action::RwLock(RwLockAction::UnlockWrite { .. } | RwLockAction::Downgrade))
        };
        if let Some(writer) = order.iter().rev().map(|id| self.event(*id)).find(|e| writes(e.action)) {
            event.happens.join(&writer.message);
        }
    }

    /// Messages are received in the order in which they were sent.
    fn learn_of_sender(&self, event: &mut Event) {
        let met = self.location(event.location);
        let mut object = met.begins.clone();
        let (mut received, mut senders) = (0, 0);
        for pass in 0..2 {
            for id in &met.order[..event.place as usize] {
                let earlier = self.event(*id);
                if pass == 0 {
                    let outcome = object.perform(id.thread, earlier.action, earlier.choice);
                    received += usize::from(receives(earlier.action) && outcome == Outcome::Done);
                } else if sends(earlier.action) && earlier.value != 0 {
                    if senders == received {
                        event.happens.join(&earlier.happens);
                        return;
                    }
                    senders += 1;
                }
            }
        }
    }
}

/// Whether an operation has sent a message is noted as its value.
pub(super) fn sent(action: Action, outcome: Outcome) -> u64 {
    u64::from(sends(action) && matches!(outcome, Outcome::Value(_)))
}

fn sends(action: Action) -> bool {
    matches!(action, Action::Channel(ChannelAction::Send | ChannelAction::TrySend))
}

fn receives(action: Action) -> bool {
    matches!(action, Action::Channel(ChannelAction::Receive { .. } | ChannelAction::TryReceive))
}

/// Whether what an operation learns and leaves can be told without knowing its outcome.
pub(super) fn is_plain(action: Action) -> bool {
    let plain = matches!(
        action,
        Action::Mutex(MutexAction::Lock { timeout: crate::base::FOREVER } | MutexAction::Unlock { .. })
            | Action::Condvar(_)
            | Action::Arc(_)
    );
    plain || is_under_a_lock(action)
}

/// As the engine's clocks have it, but for the ends and tokens of threads, which are objects like others here.
fn effect(action: Action, outcome: Outcome) -> (Learns, Leaves) {
    match action {
        Action::Thread(ThreadAction::Unpark(_)) => return (Learns::Nothing, Leaves::Besides),
        Action::Thread(ThreadAction::Park { .. }) if outcome != Outcome::TimedOut => {
            return (Learns::Left, Leaves::Nothing);
        }
        _ => {}
    }
    let (acquire, release) = synchronization(action, outcome);
    let learns = match acquire {
        Acquire::Nothing | Acquire::Deferred => Learns::Nothing,
        // What readers have left is among it, and only for writers.
        Acquire::Released if matches!(action, Action::RwLock(_)) => Learns::Writer,
        Acquire::Released | Acquire::All => Learns::Left,
        Acquire::Oldest => Learns::Sender,
    };
    let leaves = match release {
        // A message has its sender's own knowledge.
        Release::Nothing | Release::Enqueue | Release::FenceReplace | Release::FenceJoin => Leaves::Nothing,
        Release::Replace => Leaves::Instead,
        Release::Join | Release::Shared => Leaves::Besides,
    };
    (learns, leaves)
}

/// What a passive event learns from its source.
pub(super) fn learn_passively(event: &mut Event, source: &Event) {
    match event.action {
        // Of a channel: not of what senders knew who have gone.
        Action::Thread(_) | Action::Channel(_) => event.happens.join(&source.happens),
        Action::Condvar(_) => {}
        _ => event.happens.join(&source.message),
    }
}

/// What a read learns from the store that it reads.
pub(super) fn learn_by_reading(event: &mut Event, source: &Event) {
    debug_assert!(source.kind == Kind::Write || source.kind == Kind::UpdateWrite);
    if acquires(event.ordering) {
        event.happens.join(&source.message);
    }
}
