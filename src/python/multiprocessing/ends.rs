//! The ends of pipes, and who holds them.

use crate::base::object::{Pipe, State};
use crate::base::{Action, Name, ObjectKind, Outcome, PipeAction, ThreadId, Width};
use crate::engine::current;
use crate::python::identity::Identity;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

/// One direction of a pipe.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) identity: Identity,
    pub(super) kind: fn(Option<Width>) -> ObjectKind,
    pub(super) width: Option<Width>,
    pub(super) capacity: u64,
    /// Whether locks keep messages whole.
    pub(super) guarded: bool,
}

impl Wire {
    pub(super) fn perform(&self, action: PipeAction, location: &'static Location<'static>) -> Outcome {
        let begin = || {
            let pipe = Pipe::new(self.capacity, self.guarded);
            ((self.kind)(self.width), State::Pipe(pipe))
        };
        current::perform_on(self.identity.object(begin), Action::Pipe(action), location)
    }
}

/// A process's hold on an end of a pipe: it may read one wire, and write one.
#[derive(Debug)]
pub(super) struct End {
    pub(super) reads: Option<Arc<Wire>>,
    pub(super) writes: Option<Arc<Wire>>,
    epoch: u64,
    /// The process that used it last.
    owner: AtomicU32,
    closed: AtomicBool,
}

impl End {
    pub(super) fn new(reads: Option<Arc<Wire>>, writes: Option<Arc<Wire>>) -> Arc<Self> {
        let (owner, closed) = (AtomicU32::new(current::process().0), AtomicBool::new(false));
        let end = Arc::new(End { reads, writes, epoch: current::epoch(), owner, closed });
        super::world::add_end(&end);
        end
    }

    pub(super) fn owner(&self) -> ThreadId {
        ThreadId(self.owner.load(Relaxed))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }

    /// The running process uses it.
    pub(super) fn touch(&self) {
        self.owner.store(current::process().0, Relaxed);
    }

    /// One more holder of the same end.
    pub(super) fn inherit(&self, location: &'static Location<'static>) -> Arc<Self> {
        if let Some(wire) = &self.reads {
            wire.perform(PipeAction::Hold { writes: false }, location);
        }
        if let Some(wire) = &self.writes {
            wire.perform(PipeAction::Hold { writes: true }, location);
        }
        End::new(self.reads.clone(), self.writes.clone())
    }

    pub(super) fn close(&self, location: &'static Location<'static>) {
        if self.closed.swap(true, Relaxed) {
            return;
        }
        // In this order whoever sees the end of file also finds the pipe broken.
        if let Some(wire) = &self.reads {
            wire.perform(PipeAction::Close { writes: false }, location);
        }
        if let Some(wire) = &self.writes {
            wire.perform(PipeAction::Close { writes: true }, location);
        }
    }

    /// A holder goes out of scope, which closes the end.
    pub(super) fn drop_at(&self, location: &'static Location<'static>) {
        if current::is_active() && !current::is_tearing_down() && current::epoch() == self.epoch {
            self.close(location);
        }
    }
}

/// A name for one of the two directions of a pipe.
pub(super) fn wire(name: Name, width: Option<Width>, capacity: u64) -> Arc<Wire> {
    let mut identity = Identity::new();
    if !name.is_empty() {
        identity.rename(name);
    }
    Arc::new(Wire { identity, kind: ObjectKind::Pipe, width, capacity, guarded: false })
}
