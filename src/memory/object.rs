//! What an operation on an object that is no atomic finds: replayed from the order of the operations on it.

use super::{EventId, Graph};
use crate::base::object::State;
use crate::base::{Action, CondvarAction, FOREVER, ObjectId, Operation, Outcome, ThreadAction, ThreadId};

/// An object at one moment.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    Plain(State),
    /// A thread's token for parking.
    Token(bool),
}

impl Object {
    /// Whether `thread` can perform `action` now. One with a time-out mostly can: it may be up.
    pub(crate) fn possible(&self, thread: u32, action: Action) -> bool {
        let gives_up = Operation::free(action).timeout() != FOREVER && self.may_time_out();
        gives_up || self.ready(thread, action)
    }

    fn may_time_out(&self) -> bool {
        match self {
            Object::Plain(state) => state.may_time_out(),
            Object::Token(_) => true,
        }
    }

    /// Whether `action` can be performed now without waiting.
    pub(crate) fn ready(&self, thread: u32, action: Action) -> bool {
        match self {
            Object::Plain(state) => state.ready(ThreadId(thread), action),
            Object::Token(token) => *token || !matches!(action, Action::Thread(ThreadAction::Park { .. })),
        }
    }

    /// How many outcomes it has.
    pub(crate) fn outcomes(&self, action: Action) -> u32 {
        match self {
            Object::Plain(state) => state.outcomes(action),
            Object::Token(_) => 1,
        }
    }

    /// Performs an action that is possible.
    pub(crate) fn perform(&mut self, thread: u32, action: Action, choice: u32) -> Outcome {
        let ready = self.ready(thread, action);
        match self {
            Object::Plain(state) if ready => {
                if matches!(action, Action::Condvar(CondvarAction::Wait { .. })) {
                    forget_notification(state, thread);
                }
                state.apply(ThreadId(thread), action, choice)
            }
            Object::Plain(state) => state.time_out(ThreadId(thread), action),
            Object::Token(token) => {
                *token = matches!(action, Action::Thread(ThreadAction::Unpark(_)));
                if ready { Outcome::Done } else { Outcome::TimedOut }
            }
        }
    }
}

/// Waking is no operation on the condition variable here, so what an earlier wait of the thread has left is still there.
fn forget_notification(state: &mut State, thread: u32) {
    let woken = Action::Condvar(CondvarAction::Reacquire { mutex: ObjectId::NONE });
    if state.ready(ThreadId(thread), woken) {
        state.apply(ThreadId(thread), woken, 0);
    }
}

/// The operation on the object at `location` that makes `action` of `thread` possible, for actions that stay possible once
/// they are; `None` while there is none. What was before the thread's own last operation on the object does not count.
pub(crate) fn passive_source(graph: &Graph, location: u32, thread: u32, action: Action) -> Option<EventId> {
    let met = graph.location(location);
    let own = met.order.iter().rposition(|id| id.thread == thread);
    let mut object = met.begins.clone();
    if own.is_none() && object.ready(thread, action) {
        return Some(EventId::INIT);
    }
    for (place, id) in met.order.iter().enumerate() {
        let event = graph.event(*id);
        object.perform(id.thread, event.action, event.choice);
        if own.is_none_or(|own| place >= own) && object.ready(thread, action) {
            return Some(*id);
        }
    }
    None
}
