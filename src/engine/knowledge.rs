//! What a thread knows of the others' steps, and what fences would add to it.

use crate::base::{Acquire, Release, ThreadId, VectorClock};
use std::sync::atomic::Ordering;

/// What a thread knows.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    pub(crate) clock: VectorClock,
    /// What it knew at its last release fence.
    pub(super) fenced: VectorClock,
    /// What an acquire fence would teach it.
    pub(super) deferred: VectorClock,
    pub(super) has_fenced: bool,
    pub(super) has_deferred: bool,
}

impl Knowledge {
    /// Starts with what `parent` knows at a step of number `offset`.
    pub(crate) fn inherit(&mut self, parent: Option<(&mut Knowledge, ThreadId, u32)>) {
        if self.has_fenced || self.has_deferred {
            self.fenced.clear();
            self.deferred.clear();
            (self.has_fenced, self.has_deferred) = (false, false);
        }
        match parent {
            None => self.clock.clear(),
            Some((parent, thread, offset)) => {
                parent.clock.set(thread, offset);
                self.clock.copy_from(&parent.clock);
            }
        }
    }

    /// Reads a store that leaves so much, under the C11 memory model.
    pub(crate) fn learn(&mut self, leaves: &VectorClock, acquire: Acquire) {
        match acquire {
            Acquire::Released | Acquire::All => self.clock.join(leaves),
            Acquire::Deferred => {
                self.has_deferred = true;
                self.deferred.join(leaves);
            }
            Acquire::Nothing | Acquire::Oldest => {}
        }
    }

    /// What a store leaves, on top of what the store that it read left, under the C11 memory model.
    pub(crate) fn leave(
        &mut self,
        leaves: &mut VectorClock,
        thread: ThreadId,
        offset: u32,
        release: Release,
    ) {
        match release {
            Release::Replace | Release::Join => {
                self.clock.set(thread, offset);
                leaves.join(&self.clock);
            }
            Release::FenceReplace | Release::FenceJoin if self.has_fenced => leaves.join(&self.fenced),
            _ => {}
        }
    }

    /// A memory fence.
    #[cold]
    pub(crate) fn fence(&mut self, thread: ThreadId, offset: u32, ordering: Ordering) {
        if matches!(ordering, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst) && self.has_deferred {
            self.clock.join(&self.deferred);
        }
        if matches!(ordering, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst) {
            self.clock.set(thread, offset);
            self.fenced.copy_from(&self.clock);
            self.has_fenced = true;
        }
    }
}
