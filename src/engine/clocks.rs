//! Happens-before: what is known of the steps of others, after what [synchronizes](crate::base) with what, and races between
//! accesses to a cell.
//!
//! The value of a thread's entry in a clock is the offset of its last step that others may learn of, so nothing ticks.

use super::knowledge::Knowledge;
use crate::base::{Acquire, Release, ThreadId, VectorClock};
use std::collections::VecDeque;

/// Stands for the step that nobody knows of.
const INEXACT: u32 = u32::MAX;

/// Stands for a count of lessons that nobody has made.
const UNLEARNED: u64 = u64::MAX;

/// What is left at an object for those who acquire from it; for a cell, who accessed it last.
#[derive(Debug)]
pub(crate) struct Trail {
    clock: VectorClock,
    // Invariant: unless `stamp` is INEXACT, `clock` is what `owner` knew at its step `stamp`, so that who knows of that
    // step knows all of `clock`.
    owner: u32,
    stamp: u32,
    // Of what `owner` knew at that step, how often it had learned; UNLEARNED where nobody has counted, or `stamp` is INEXACT.
    lessons: u64,
    /// What shared holders left for the next exclusive one.
    shared: VectorClock,
    messages: VecDeque<VectorClock>,
    spare: Vec<VectorClock>,
}

impl Default for Trail {
    fn default() -> Self {
        Trail {
            clock: VectorClock::new(),
            owner: 0,
            stamp: 0,
            lessons: UNLEARNED,
            shared: VectorClock::new(),
            messages: VecDeque::new(),
            spare: Vec::new(),
        }
    }
}

impl Trail {
    pub(crate) fn clear(&mut self) {
        self.clock.clear();
        self.shared.clear();
        self.owner = 0;
        self.stamp = 0;
        self.lessons = UNLEARNED;
        if !self.messages.is_empty() {
            self.spare.extend(self.messages.drain(..));
        }
    }

    /// Applies what an action does to happens-before. `offset` is the number of the step.
    #[inline(always)]
    pub(crate) fn synchronize(
        &mut self,
        who: &mut Knowledge,
        thread: ThreadId,
        offset: u32,
        effect: (Acquire, Release),
    ) {
        self.synchronize_among::<false>(who, thread, offset, effect);
    }

    /// As [`synchronize`](Self::synchronize); `FEW` if no thread's number is 8 or more.
    #[inline(always)]
    pub(crate) fn synchronize_among<const FEW: bool>(
        &mut self,
        who: &mut Knowledge,
        thread: ThreadId,
        offset: u32,
        (acquire, release): (Acquire, Release),
    ) {
        match acquire {
            Acquire::Nothing => {}
            Acquire::Released => self.teach::<FEW>(&mut who.clock),
            Acquire::Deferred => {
                if !self.known_to::<FEW>(&who.clock) {
                    who.has_deferred = true;
                    who.deferred.join(&self.clock);
                }
            }
            Acquire::All => {
                self.teach::<FEW>(&mut who.clock);
                who.clock.join(&self.shared);
            }
            Acquire::Oldest => self.receive(&mut who.clock),
        }
        match release {
            Release::Nothing => {}
            Release::Replace => self.replace::<FEW>(&mut who.clock, thread, offset),
            Release::Join if self.known_to::<FEW>(&who.clock) => {
                self.replace::<FEW>(&mut who.clock, thread, offset);
            }
            Release::Join => {
                who.clock.set(thread, offset);
                self.clock.join(&who.clock);
                (self.stamp, self.lessons) = (INEXACT, UNLEARNED);
            }
            Release::FenceReplace => {
                self.clock.clear();
                (self.owner, self.stamp, self.lessons) = (0, 0, UNLEARNED);
                self.add_fence(who);
            }
            Release::FenceJoin => self.add_fence(who),
            Release::Shared => {
                who.clock.set(thread, offset);
                self.shared.join(&who.clock);
            }
            Release::Enqueue => self.send(&mut who.clock, thread, offset),
        }
    }

    /// As [`synchronize`](Self::synchronize), for a thread that [was here last](Self::is_again).
    #[inline(always)]
    pub(crate) fn synchronize_again(
        &mut self,
        who: &mut Knowledge,
        thread: ThreadId,
        offset: u32,
        (acquire, release): (Acquire, Release),
    ) {
        let known = matches!(acquire, Acquire::Nothing | Acquire::Released);
        match release {
            Release::Nothing if known => {}
            Release::Replace | Release::Join if known => {
                who.clock.set(thread, offset);
                self.clock.set(thread, offset);
                self.stamp = offset;
            }
            _ => self.synchronize_rarely(who, thread, offset, (acquire, release)),
        }
    }

    /// Whether it was this thread that was here last, and has learned nothing since.
    #[inline(always)]
    pub(crate) fn is_again(&self, clock: &VectorClock, thread: ThreadId) -> bool {
        self.owner == thread.0 && clock.lessons() == self.lessons
    }

    /// As [`synchronize`](Self::synchronize), out of the way.
    #[cold]
    #[inline(never)]
    fn synchronize_rarely(
        &mut self,
        who: &mut Knowledge,
        thread: ThreadId,
        offset: u32,
        effect: (Acquire, Release),
    ) {
        self.synchronize(who, thread, offset, effect);
    }

    /// A shared access to a cell at step `offset`; the step of a write that it races with.
    pub(crate) fn read(&mut self, clock: &VectorClock, thread: ThreadId, offset: u32) -> Option<u32> {
        self.clock.set(thread, offset);
        self.racing_write(clock, thread)
    }

    /// An exclusive access to a cell at step `offset`; the step of an access that it races with.
    pub(crate) fn write(
        &mut self,
        clock: &VectorClock,
        thread: ThreadId,
        offset: u32,
        threads: u32,
    ) -> Option<u32> {
        let write = self.racing_write(clock, thread);
        let reads = (0..threads).map(ThreadId).filter(|&t| t != thread);
        let read = reads.map(|t| (t, self.clock.get(t))).find(|&(t, at)| at > clock.get(t)).map(|(_, at)| at);
        (self.owner, self.stamp) = (thread.0, offset);
        write.or(read)
    }

    fn racing_write(&self, clock: &VectorClock, thread: ThreadId) -> Option<u32> {
        let writer = ThreadId(self.owner);
        (writer != thread && clock.get(writer) < self.stamp).then_some(self.stamp)
    }

    #[inline(always)]
    fn known_to<const FEW: bool>(&self, clock: &VectorClock) -> bool {
        let owner = ThreadId(self.owner);
        (if FEW { clock.get_few(owner) } else { clock.get(owner) }) >= self.stamp
    }

    #[inline(always)]
    fn teach<const FEW: bool>(&self, clock: &mut VectorClock) {
        if !self.known_to::<FEW>(clock) {
            if FEW { clock.join_few(&self.clock) } else { clock.join(&self.clock) }
        }
    }

    #[inline(always)]
    fn replace<const FEW: bool>(&mut self, clock: &mut VectorClock, thread: ThreadId, offset: u32) {
        if FEW {
            clock.set_few(thread, offset);
            self.clock.copy_few(clock);
        } else {
            clock.set(thread, offset);
            // Whoever has learned nothing since it was here knows what is kept here, but for its own steps.
            match self.is_again(clock, thread) {
                true => self.clock.set(thread, offset),
                false => self.clock.copy_from(clock),
            }
            self.lessons = if clock.is_long() { clock.lessons() } else { UNLEARNED };
        }
        (self.owner, self.stamp) = (thread.0, offset);
    }

    fn add_fence(&mut self, who: &Knowledge) {
        if who.has_fenced {
            self.clock.join(&who.fenced);
            (self.stamp, self.lessons) = (INEXACT, UNLEARNED);
        }
    }

    fn send(&mut self, clock: &mut VectorClock, thread: ThreadId, offset: u32) {
        clock.set(thread, offset);
        let mut message = self.spare.pop().unwrap_or_default();
        message.copy_from(clock);
        self.messages.push_back(message);
    }

    fn receive(&mut self, clock: &mut VectorClock) {
        if let Some(message) = self.messages.pop_front() {
            clock.join(&message);
            self.spare.push(message);
        }
    }
}

#[cfg(test)]
mod tests;
