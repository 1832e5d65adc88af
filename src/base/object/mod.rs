//! What threads meet at: one pure state machine per family of objects.
//!
//! A state machine answers two questions: can this action be performed now (`ready`), and what comes of it (`apply`).
//! It knows no clock, no strategy and no fiber, so each is unit-tested without running a thread. Time-outs are not its
//! business: an action that is not ready and whose time is up ends with [`Outcome::TimedOut`], decided here.

mod atomic;
mod barrier;
mod channel;
mod condvar;
mod event;
mod mutex;
mod once;
mod pipe;
mod port;
mod queue;
mod rendezvous;
mod rwlock;
mod semaphore;
mod stream;

pub(crate) use atomic::{Atomic, compute};
pub(crate) use barrier::Barrier;
pub(crate) use channel::Channel;
pub(crate) use condvar::Condvar;
pub(crate) use event::Event;
pub(crate) use mutex::Mutex;
pub(crate) use once::Once;
pub(crate) use pipe::{Pipe, culprits};
pub(crate) use port::Port;
pub(crate) use queue::Queue;
pub(crate) use rendezvous::Rendezvous;
pub(crate) use rwlock::RwLock;
pub(crate) use semaphore::Semaphore;
pub(crate) use stream::Stream;

use crate::base::{
    Action, CellAction, ChannelAction, CondvarAction, Outcome, OutputAction, RendezvousAction, SharedAction,
    ThreadId, ValueAction,
};

/// The state of an object in one execution.
#[derive(Clone, Debug, Hash)]
// Told apart by a byte, and not by what the largest of them never holds: that takes a longer instruction, and a register.
#[repr(u8)]
pub(crate) enum State {
    Atomic(Atomic),
    Cell,
    Shared,
    Mutex(Mutex),
    RwLock(RwLock),
    Condvar(Condvar),
    Barrier(Barrier),
    Once(Once),
    Channel(Channel),
    Event(Event),
    Queue(Queue),
    Semaphore(Semaphore),
    Rendezvous(Rendezvous),
    Arc,
    Output,
    Pipe(Pipe),
    Port(Port),
    Stream(Stream),
    /// It has been closed for good.
    Closed,
}

impl State {
    /// Whether `action` can be performed, apart from the mutex that a condition wait takes again.
    #[inline(always)]
    pub(crate) fn ready(&self, thread: ThreadId, action: Action) -> bool {
        match (self, action) {
            (State::Mutex(state), Action::Mutex(action)) => state.ready(action),
            (State::RwLock(state), Action::RwLock(action)) => state.ready(action),
            (State::Condvar(state), Action::Condvar(action)) => state.ready(thread, action),
            (State::Barrier(state), Action::Barrier(action)) => state.ready(action),
            (State::Once(state), Action::Once(action)) => state.ready(action),
            (State::Channel(state), Action::Channel(action)) => state.ready(action),
            (State::Event(state), Action::Event(action)) => state.ready(thread, action),
            (State::Queue(state), Action::Queue(action)) => state.ready(action),
            (State::Semaphore(state), Action::Semaphore(action)) => state.ready(action),
            (State::Rendezvous(state), Action::Rendezvous(action)) => state.ready(action),
            (State::Pipe(state), Action::Pipe(action)) => state.ready(action),
            (State::Port(state), Action::Port(action)) => state.ready(action),
            (State::Stream(state), Action::Stream(action)) => state.ready(action),
            (State::Mutex(state), Action::Value(_)) => state.holder().is_none_or(|holder| holder == thread),
            _ => true,
        }
    }

    /// Performs `action`, which is ready. `choice` picks among several outcomes.
    #[inline(always)]
    pub(crate) fn apply(&mut self, thread: ThreadId, action: Action, choice: u32) -> Outcome {
        match (self, action) {
            (State::Atomic(state), Action::Atomic(action)) => state.apply(action, choice),
            (State::Mutex(state), Action::Mutex(action)) => state.apply(thread, action),
            (State::RwLock(state), Action::RwLock(action)) => state.apply(thread, action),
            (State::Condvar(state), Action::Condvar(action)) => state.apply(thread, action, choice),
            (State::Barrier(state), Action::Barrier(action)) => state.apply(action),
            (State::Once(state), Action::Once(action)) => state.apply(thread, action),
            (State::Channel(state), Action::Channel(action)) => state.apply(action),
            (State::Event(state), Action::Event(action)) => state.apply(thread, action),
            (State::Queue(state), Action::Queue(action)) => state.apply(action),
            (State::Semaphore(state), Action::Semaphore(action)) => state.apply(action),
            (State::Rendezvous(state), Action::Rendezvous(action)) => state.apply(action),
            (State::Pipe(state), Action::Pipe(action)) => state.apply(thread, action),
            (State::Port(state), Action::Port(action)) => state.apply(action),
            (State::Stream(state), Action::Stream(action)) => state.apply(action),
            (State::Mutex(_), Action::Value(ValueAction::Get | ValueAction::Set(_))) => Outcome::Done,
            (state, Action::Close) => {
                *state = State::Closed;
                Outcome::Done
            }
            (State::Closed, _) => Outcome::Disconnected,
            (State::Cell, Action::Cell(CellAction::Read | CellAction::Write))
            | (State::Shared, Action::Shared(SharedAction::Get | SharedAction::Set(_)))
            | (State::Output, Action::Output(OutputAction::Write(_) | OutputAction::Close))
            | (State::Arc, Action::Arc(_)) => Outcome::Done,
            _ => mismatch(),
        }
    }

    /// What comes of an action that is not ready when its time is up.
    #[cold]
    pub(crate) fn time_out(&mut self, thread: ThreadId, action: Action) -> Outcome {
        match (self, action) {
            (State::Condvar(state), Action::Condvar(CondvarAction::Wake { stays: false, .. })) => {
                state.time_out(thread)
            }
            (State::Rendezvous(state), Action::Rendezvous(RendezvousAction::Pass { .. })) => state.abort(),
            _ => {}
        }
        Outcome::TimedOut
    }

    /// Whether who waits with a time-out may give up now.
    pub(crate) fn may_time_out(&self) -> bool {
        match self {
            State::Rendezvous(state) => state.may_time_out(),
            _ => true,
        }
    }

    /// How many outcomes `action` has in this state.
    #[inline(always)]
    pub(crate) fn outcomes(&self, action: Action) -> u32 {
        match (self, action) {
            (State::Condvar(state), Action::Condvar(CondvarAction::NotifyOne)) => state.sleepers().max(1),
            // Whoever is about to receive may not wait yet.
            (State::Channel(state), Action::Channel(ChannelAction::TrySend)) => {
                1 + u32::from(state.would_hand_over())
            }
            _ => 1,
        }
    }

    /// Who holds it, for locks.
    pub(crate) fn holder(&self) -> Option<ThreadId> {
        match self {
            State::Mutex(state) => state.holder(),
            State::RwLock(state) => state.holder(),
            State::Once(state) => state.runner(),
            _ => None,
        }
    }

    /// Whether a holder panicked, for locks.
    pub(crate) fn is_poisoned(&self) -> bool {
        match self {
            State::Mutex(state) => state.is_poisoned(),
            State::RwLock(state) => state.is_poisoned(),
            _ => false,
        }
    }

    /// Takes the place of `old`, the object of this number in an earlier execution, keeping what it had allocated.
    pub(crate) fn recycle(self, old: &mut State) {
        match (self, &mut *old) {
            (State::Condvar(_), State::Condvar(state)) => state.clear(),
            (State::RwLock(new), State::RwLock(state)) => state.recycle(new),
            (new, _) => *old = new,
        }
    }
}

/// An operation met an object of another family: a bug of the facade, not of the model.
#[cold]
#[inline(never)]
pub(crate) fn mismatch() -> ! {
    unreachable!("the facade paired an action with an object of another family")
}
