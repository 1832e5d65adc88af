//! What a carrier has to do, and what it is told of an operation.

use super::Stage;
use crate::base::{Action, CondvarAction, Error, ObjectId, ObjectKind, Operation, Outcome, ThreadId};

/// Runs the threads of an execution in place of the engine.
///
/// One of them runs at a time: it gives its turn away only inside of these calls, and has it again when they return.
pub(crate) trait Carrier {
    /// The running thread is about to perform an operation. Others may run first; then the carrier performs it on its own
    /// primitive, if it has one for that, which may wait. The outcome, where that is so.
    fn meet(&self, me: ThreadId, meeting: &Meeting<'_>) -> Option<Outcome>;

    /// The running thread lets others go first.
    fn pause(&self, me: ThreadId);

    /// The running thread has been notified and takes `mutex` again.
    fn retake(&self, me: ThreadId, mutex: ObjectId);

    /// The running thread cannot go on until it is woken, or, now and then, earlier.
    fn rest(&self, me: ThreadId);

    /// A thread that rests may go on.
    fn wake(&self, thread: ThreadId);

    /// Starts a thread, whose life is [`Stage::live`].
    ///
    /// # Errors
    ///
    /// When there cannot be another.
    fn start(&self, thread: ThreadId, stage: Stage) -> Result<(), Error>;

    /// Lets others run until a thread has come to its end; `false`, at once, if somebody else waits for it so already.
    fn wait_for(&self, me: ThreadId, thread: ThreadId) -> bool;

    /// One of so many values, each as likely as any other, if the carrier can choose.
    fn choose(&self, count: u32) -> Option<u32>;

    /// What to say to a model that has a choice of its own, if the carrier cannot choose.
    fn refuses_choices(&self) -> Option<Error>;

    /// The running thread goes on, unless it unwinds: what it has left behind in a panic can be seen to.
    fn settle(&self);

    /// The execution is over: whoever waits at one of the carrier's own primitives is let go.
    fn let_go(&self);

    /// The execution cannot be brought to an end: leaves it as it is, and never comes back.
    fn strand(&self, why: &str) -> !;
}

/// What a carrier has to know of an operation.
pub(crate) struct Meeting<'a> {
    pub(crate) operation: &'a Operation,
    /// What kind of object it meets, if any.
    pub(crate) kind: Option<ObjectKind>,
    /// The mutex that a wait on a condition gives back or takes.
    pub(crate) second: Option<ObjectKind>,
    /// The value of the atomic that it meets.
    pub(crate) value: u64,
    /// The thread that it waits for, which comes to its end by itself or never.
    pub(crate) awaited: Option<ThreadId>,
    /// Whether the thread unwinds: nobody comes in between what it does then, unless it has to wait.
    pub(crate) unwinding: bool,
}

impl Meeting<'_> {
    /// The mutex of the carrier's own that the thread takes once it has been notified.
    pub(super) fn retakes(&self) -> Option<ObjectId> {
        match self.operation.action {
            Action::Condvar(CondvarAction::Reacquire { mutex }) if self.second == Some(ObjectKind::Mutex) => {
                Some(mutex)
            }
            _ => None,
        }
    }
}
