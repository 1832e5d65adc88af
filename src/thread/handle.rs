//! Handles to threads: to join one, to name it, to wake it.

use crate::base::{self, Action, Operation, ThreadAction};
use crate::engine::current::{self, Claim};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::Location;
use std::sync::OnceLock;
use std::thread::Result;

/// The right to wait for the end of a thread and to take its result. Dropping it lets the thread go on by itself.
pub struct JoinHandle<T>(Kind<T>);

enum Kind<T> {
    Virtual(Owner<T>),
    Native(std::thread::JoinHandle<T>, Thread),
}

impl<T> JoinHandle<T> {
    pub(super) fn from_claim(claim: Claim<T>) -> Self {
        JoinHandle(Kind::Virtual(Owner::new(claim)))
    }

    pub(super) fn from_std(handle: std::thread::JoinHandle<T>) -> Self {
        let thread = Thread::from_std(handle.thread().clone());
        JoinHandle(Kind::Native(handle, thread))
    }

    /// Waits until the thread has ended; its result, or `Err` with what it panicked with.
    ///
    /// # Errors
    ///
    /// The payload of the thread's panic.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        match self.0 {
            Kind::Native(handle, _) => handle.join(),
            Kind::Virtual(owner) => owner.join(Location::caller()),
        }
    }

    /// Whether the thread has ended, so that a join would not wait.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Kind::Native(handle, _) => handle.is_finished(),
            Kind::Virtual(owner) => owner.claim.is_finished(Location::caller()),
        }
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        match &self.0 {
            Kind::Native(_, thread) => thread,
            Kind::Virtual(owner) => &owner.claim.handle,
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// A virtual thread's result goes with the handle when nobody joins.
pub(super) struct Owner<T> {
    pub(super) claim: Virtual<T>,
    joined: bool,
}

impl<T> Owner<T> {
    pub(super) fn new(claim: Claim<T>) -> Self {
        Owner { claim: Virtual::new(claim), joined: false }
    }

    #[inline]
    pub(super) fn join(mut self, location: &'static Location<'static>) -> Result<T> {
        self.joined = true;
        self.claim.join(location)
    }
}

impl<T> Drop for Owner<T> {
    fn drop(&mut self) {
        if !self.joined {
            current::detach(self.claim.claim.thread, self.claim.claim.epoch);
        }
    }
}

/// What join handles of both kinds do with a virtual thread.
pub(super) struct Virtual<T> {
    claim: Claim<T>,
    pub(super) handle: Thread,
}

impl<T> Virtual<T> {
    pub(super) fn new(claim: Claim<T>) -> Self {
        let handle = Thread::new(claim.thread, claim.epoch);
        Virtual { claim, handle }
    }

    #[inline]
    pub(super) fn join(&self, location: &'static Location<'static>) -> Result<T> {
        self.check();
        let thread = self.claim.thread;
        current::join(thread, location);
        match self.claim.take() {
            Some(Err(payload)) => {
                current::mark_delivered(thread);
                Err(payload)
            }
            Some(result) => result,
            // Everything is being torn down, and the thread never ran.
            None => current::give_up(),
        }
    }

    pub(super) fn is_finished(&self, location: &'static Location<'static>) -> bool {
        self.check();
        let question = Action::Thread(ThreadAction::IsFinished(self.claim.thread));
        current::perform(Operation::free(question), location).value() == Some(1)
    }

    pub(super) fn number(&self) -> base::ThreadId {
        self.claim.thread
    }

    #[inline(always)]
    fn check(&self) {
        let same = current::is_active() && current::epoch() == self.claim.epoch;
        assert!(same, "this handle belongs to a thread of another execution");
    }
}

/// A thread: its name, its identity, and the way to wake it from a [`park`](super::park).
#[derive(Clone)]
pub struct Thread(Who);

#[derive(Clone)]
enum Who {
    Virtual {
        thread: base::ThreadId,
        epoch: u64,
        // Asked for when first wanted: most threads have none, and handles are made often.
        name: OnceLock<Option<Box<str>>>,
    },
    Native(std::thread::Thread),
}

impl Thread {
    pub(super) fn new(thread: base::ThreadId, epoch: u64) -> Self {
        Thread(Who::Virtual { thread, epoch, name: OnceLock::new() })
    }

    pub(super) fn from_std(thread: std::thread::Thread) -> Self {
        Thread(Who::Native(thread))
    }

    /// Its identity.
    pub fn id(&self) -> ThreadId {
        match &self.0 {
            Who::Native(thread) => ThreadId(Id::Native(thread.id())),
            Who::Virtual { thread, epoch, .. } => ThreadId(Id::Virtual { thread: *thread, epoch: *epoch }),
        }
    }

    /// Its name, if it was given one; "main" for the thread that runs the model.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Who::Native(thread) => thread.name(),
            Who::Virtual { thread, epoch, name } => name.get_or_init(|| name_of(*thread, *epoch)).as_deref(),
        }
    }

    /// Gives it its token: a [`park`](super::park) of its, now or later, returns.
    #[track_caller]
    pub fn unpark(&self) {
        match &self.0 {
            Who::Native(thread) => thread.unpark(),
            Who::Virtual { thread, epoch, .. } => {
                // A thread of an execution that is over has nothing left to be woken from.
                if current::is_active() && current::epoch() == *epoch {
                    let unpark = Action::Thread(ThreadAction::Unpark(*thread));
                    current::perform(Operation::free(unpark), Location::caller());
                }
            }
        }
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("id", &self.id()).field("name", &self.name()).finish_non_exhaustive()
    }
}

fn name_of(thread: base::ThreadId, epoch: u64) -> Option<Box<str>> {
    if !current::is_active() || current::epoch() != epoch {
        return None;
    }
    let name = current::thread_name(thread);
    match thread {
        base::ThreadId::MAIN if name.is_empty() => Some("main".into()),
        _ => (!name.is_empty()).then(|| name.into_boxed_str()),
    }
}

/// The identity of a thread, within its execution.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ThreadId(Id);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Id {
    Virtual { thread: base::ThreadId, epoch: u64 },
    Native(std::thread::ThreadId),
}

impl Hash for ThreadId {
    /// The same in every execution: the order of a hash table must not differ between two of them.
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Id::Virtual { thread, .. } => thread.hash(state),
            Id::Native(id) => id.hash(state),
        }
    }
}

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            // Counted from one, as std does.
            Id::Virtual { thread, .. } => f.debug_tuple("ThreadId").field(&(thread.0 + 1)).finish(),
            Id::Native(id) => id.fmt(f),
        }
    }
}
