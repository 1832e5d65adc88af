//! Small programs, and a machine that runs them step by step with the real objects and a reference memory.
//!
//! Threads are numbered in programs by place; in an execution as they start. The reference memory keeps, for each atomic, its
//! stores in modification order, and does with an outcome what the documentation of `Graphs` says.

use super::super::lower::{Lowered, lower};
use crate::base::object::State;
use crate::base::{
    Action, AtomicAction, BarrierAction, CondvarAction, FOREVER, MutexAction, ObjectId, Operation, Outcome,
    SharedAction, ThreadAction, ThreadId,
};
use crate::memory::{Model, Object};
use std::sync::atomic::Ordering;

/// What a thread does. Objects and threads are named by their places in the program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Op {
    /// An action on an object; what it yields goes to a register.
    Act(usize, Action, usize),
    /// A store of a register plus a number.
    StoreSum(usize, usize, u64, Ordering),
    /// Goes on so many operations further unless the register has the value.
    Unless(usize, u64, usize),
    /// Goes on so many operations further unless the register is less.
    UnlessLess(usize, u64, usize),
    /// Ends the thread if the register has the value.
    EndIf(usize, u64),
    /// A register becomes a register plus another.
    Sum(usize, usize, usize),
    /// Waits on a condition variable, giving back a mutex.
    Wait(usize, usize),
    Start(usize),
    Join(usize),
    /// Gives a thread its token.
    Unpark(usize),
    AskEnd(usize, usize),
    /// Waits some time for the end of a thread.
    JoinWithin(usize, usize),
    /// Waits for the barrier's generation in the register.
    Pass(usize, usize),
}

/// A program. Thread 0 begins.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) threads: Vec<Vec<Op>>,
    pub(super) objects: Vec<State>,
}

impl Program {
    /// Thread 0 starts all the threads and waits for their ends.
    pub(super) fn new(objects: Vec<State>, threads: Vec<Vec<Op>>) -> Self {
        let numbers = 1..=threads.len();
        let main = numbers.clone().map(Op::Start).chain(numbers.map(Op::Join)).collect();
        Program { threads: [main].into_iter().chain(threads).collect(), objects }
    }
}

/// A step, by place in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Happening {
    pub(super) thread: usize,
    /// Counted among the thread's events.
    pub(super) index: usize,
    pub(super) action: Action,
    pub(super) lowered: Lowered,
    pub(super) object: usize,
    pub(super) second: usize,
    pub(super) ordering: Ordering,
    pub(super) reads: Option<(usize, usize)>,
    pub(super) writes: bool,
    pub(super) choice: u32,
    pub(super) outcome: Outcome,
}

/// Stands for the initial write.
pub(super) const INIT: (usize, usize) = (usize::MAX, 0);

#[derive(Clone, Debug)]
pub(super) struct ThreadState {
    at: usize,
    registers: [u64; 8],
    asleep: bool,
    pub(super) number: Option<u32>,
    pub(super) ended: bool,
    events: usize,
}

/// A program under way.
#[derive(Clone, Debug)]
pub(super) struct Machine<'a> {
    pub(super) program: &'a Program,
    pub(super) model: Model,
    pub(super) threads: Vec<ThreadState>,
    objects: Vec<Object>,
    tokens: Vec<bool>,
    /// The stores to each atomic, who and what, in modification order.
    pub(super) stores: Vec<Vec<((usize, usize), u64)>>,
    pub(super) log: Vec<Happening>,
    /// The threads by number.
    pub(super) started: Vec<usize>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(program: &'a Program, model: Model) -> Self {
        let initial = |state: &State| match state {
            State::Atomic(atomic) => vec![(INIT, atomic.value())],
            _ => vec![(INIT, 0)],
        };
        let fresh =
            ThreadState { at: 0, registers: [0; 8], asleep: false, number: None, ended: false, events: 0 };
        let mut threads = vec![fresh; program.threads.len()];
        threads[0].number = Some(0);
        Machine {
            program,
            model,
            threads,
            objects: program.objects.iter().cloned().map(Object::Plain).collect(),
            tokens: vec![false; program.threads.len()],
            stores: program.objects.iter().map(initial).collect(),
            log: Vec::new(),
            started: vec![0],
        }
    }

    /// How far each thread has come.
    pub(super) fn places(&self) -> impl Iterator<Item = u32> {
        self.threads.iter().map(|thread| thread.at as u32)
    }

    /// Goes through what concerns registers only.
    fn skip(&mut self, thread: usize) {
        let state = &mut self.threads[thread];
        loop {
            match self.program.threads[thread].get(state.at) {
                Some(Op::Unless(register, value, far)) => {
                    state.at += 1 + if state.registers[*register] == *value { 0 } else { *far };
                }
                Some(Op::UnlessLess(register, value, far)) => {
                    state.at += 1 + if state.registers[*register] < *value { 0 } else { *far };
                }
                Some(Op::EndIf(register, value)) => {
                    let ends = state.registers[*register] == *value;
                    state.at = if ends { usize::MAX } else { state.at + 1 };
                }
                Some(Op::Sum(to, one, other)) => {
                    state.registers[*to] = state.registers[*one].wrapping_add(state.registers[*other]);
                    state.at += 1;
                }
                _ => return,
            }
        }
    }

    /// What a thread is about to do: the object by place, the action with threads by number.
    pub(super) fn pending(&mut self, thread: usize) -> Option<Operation> {
        if self.threads[thread].number.is_none() || self.threads[thread].ended {
            return None;
        }
        self.skip(thread);
        let state = &self.threads[thread];
        let number = |other: usize| ThreadId(self.threads[other].number.unwrap_or(self.started.len() as u32));
        let on = |object: usize, action| Some(Operation::new(ObjectId(object as u32), action));
        let free = |action| Some(Operation::free(Action::Thread(action)));
        let mutex = |mutex: usize| ObjectId(mutex as u32);
        match self.program.threads[thread].get(state.at).copied() {
            None => free(ThreadAction::Exit { panicked: false }),
            Some(Op::Act(usize::MAX, action, _)) => Some(Operation::free(action)),
            Some(Op::Act(object, action, _)) => on(object, action),
            Some(Op::StoreSum(object, register, plus, ordering)) => {
                let value = state.registers[register].wrapping_add(plus);
                on(object, Action::Atomic(AtomicAction::Store { value, ordering }))
            }
            Some(Op::Wait(condvar, m)) if state.asleep => {
                on(condvar, Action::Condvar(CondvarAction::Reacquire { mutex: mutex(m) }))
            }
            Some(Op::Wait(condvar, m)) => {
                on(condvar, Action::Condvar(CondvarAction::Wait { mutex: mutex(m), timeout: FOREVER }))
            }
            Some(Op::Start(other)) => free(ThreadAction::Spawn(number(other))),
            Some(Op::Join(other)) => free(ThreadAction::Join { thread: number(other), timeout: FOREVER }),
            Some(Op::Unpark(other)) => free(ThreadAction::Unpark(number(other))),
            Some(Op::JoinWithin(other, _)) => free(ThreadAction::Join { thread: number(other), timeout: 1 }),
            Some(Op::AskEnd(other, _)) => free(ThreadAction::IsFinished(number(other))),
            Some(Op::Pass(object, register)) => {
                let generation = state.registers[register] as u32;
                on(object, Action::Barrier(BarrierAction::Pass { generation }))
            }
            Some(Op::Unless(..) | Op::UnlessLess(..) | Op::EndIf(..) | Op::Sum(..)) => {
                unreachable!("skipped")
            }
        }
    }

    pub(super) fn enabled(&mut self, thread: usize) -> bool {
        let Some(operation) = self.pending(thread) else { return false };
        let id = thread as u32;
        match operation.action {
            Action::Thread(ThreadAction::Join { thread, timeout }) => {
                let ended = self.started.get(thread.index()).is_some_and(|t| self.threads[*t].ended);
                timeout != FOREVER || ended
            }
            Action::Thread(ThreadAction::Park { timeout }) => timeout != FOREVER || self.tokens[thread],
            Action::Condvar(CondvarAction::Reacquire { mutex }) => {
                let free = Action::Mutex(MutexAction::Lock { timeout: FOREVER });
                self.objects[operation.object.index()].ready(id, operation.action)
                    && self.objects[mutex.index()].ready(id, free)
            }
            action if operation.object != ObjectId::NONE => {
                self.objects[operation.object.index()].possible(id, action)
            }
            _ => true,
        }
    }

    pub(super) fn outcomes(&mut self, thread: usize) -> u32 {
        let operation = self.pending(thread).expect("an enabled thread is about to do something");
        match operation.action {
            Action::Choose(count) => count,
            Action::Atomic(_) if self.model == Model::C11 => {
                self.stores[operation.object.index()].len() as u32
            }
            Action::Thread(ThreadAction::IsFinished(other) | ThreadAction::Join { thread: other, .. })
                if operation.is_point() =>
            {
                1 + u32::from(self.threads[self.started[other.index()]].ended)
            }
            action if operation.object != ObjectId::NONE => {
                self.objects[operation.object.index()].outcomes(action)
            }
            _ => 1,
        }
    }

    /// Performs what a thread is about to do.
    pub(super) fn perform(&mut self, thread: usize, choice: u32) -> (Operation, Outcome) {
        let operation = self.pending(thread).expect("an enabled thread is about to do something");
        let lowered = lower(&operation, ThreadId(self.threads[thread].number.expect("it runs")));
        let id = (thread, self.threads[thread].events);
        let (mut reads, mut writes) = (None, false);
        let outcome = match operation.action {
            Action::Atomic(action) => {
                let outcome = self.access(operation.object.index(), action, choice, id);
                reads = outcome.1;
                writes = outcome.2;
                outcome.0
            }
            Action::Shared(action) => {
                // The latest is all there is.
                let stores = &mut self.stores[operation.object.index()];
                writes = matches!(action, SharedAction::Set(_));
                if writes {
                    stores.push((id, 0));
                } else {
                    reads = stores.last().map(|(store, _)| *store);
                }
                Outcome::Done
            }
            _ => self.operate(thread, operation, choice),
        };
        let second = operation.second_object().map_or(usize::MAX, ObjectId::index);
        let (object, ordering) = (operation.object.index(), ordering(operation.action, outcome));
        let (thread_, index) = id;
        if lowered != Lowered::Nothing {
            let (action, thread) = (operation.action, thread_);
            self.log.push(Happening {
                thread,
                index,
                action,
                lowered,
                object,
                second,
                ordering,
                reads,
                writes,
                choice,
                outcome,
            });
            self.threads[thread].events += 1;
        }
        self.go_on(thread, outcome);
        (operation, outcome)
    }

    /// What comes of an access, what it reads, and whether it writes.
    fn access(
        &mut self,
        object: usize,
        action: AtomicAction,
        choice: u32,
        id: (usize, usize),
    ) -> (Outcome, Option<(usize, usize)>, bool) {
        let State::Atomic(mut atomic) = self.program.objects[object].clone() else {
            unreachable!("an atomic")
        };
        let stores = &mut self.stores[object];
        let place = stores.len() - 1 - choice as usize;
        let (source, old) = stores[place];
        atomic.apply(AtomicAction::Store { value: old, ordering: Ordering::Relaxed }, 0);
        let outcome = atomic.apply(action, 0);
        let load = matches!(action, AtomicAction::Load(_));
        let writes = !load && !matches!(outcome, Outcome::Mismatch(_));
        let reads = (!matches!(action, AtomicAction::Store { .. })).then_some(source);
        if writes {
            stores.insert(place + 1, (id, atomic.value()));
        }
        (outcome, reads, writes)
    }

    fn operate(&mut self, thread: usize, operation: Operation, choice: u32) -> Outcome {
        let (id, object) = (thread as u32, operation.object.index());
        match operation.action {
            Action::Choose(_) => Outcome::Value(u64::from(choice)),
            Action::Thread(ThreadAction::Park { .. }) => {
                if std::mem::take(&mut self.tokens[thread]) {
                    Outcome::Done
                } else {
                    Outcome::TimedOut
                }
            }
            Action::Thread(ThreadAction::Unpark(other)) => {
                self.tokens[self.started[other.index()]] = true;
                Outcome::Done
            }
            Action::Thread(ThreadAction::IsFinished(other)) => {
                let ended = self.threads[self.started[other.index()]].ended;
                Outcome::Value(u64::from(ended && choice == 0))
            }
            Action::Thread(ThreadAction::Join { thread, .. }) if operation.is_point() => {
                let ended = self.threads[self.started[thread.index()]].ended;
                if ended && choice == 0 { Outcome::Done } else { Outcome::TimedOut }
            }
            Action::Fence(_) | Action::Thread(_) => Outcome::Done,
            Action::Condvar(CondvarAction::Wait { mutex, .. }) => {
                let unlock = Action::Mutex(MutexAction::Unlock { poison: false });
                self.objects[mutex.index()].perform(id, unlock, 0);
                self.objects[object].perform(id, operation.action, 0)
            }
            Action::Condvar(CondvarAction::Reacquire { mutex }) => {
                let lock = Action::Mutex(MutexAction::Lock { timeout: FOREVER });
                self.objects[mutex.index()].perform(id, lock, 0);
                self.objects[object].perform(id, operation.action, 0)
            }
            action => self.objects[object].perform(id, action, choice),
        }
    }

    fn go_on(&mut self, thread: usize, outcome: Outcome) {
        let value = match outcome {
            Outcome::Value(value) | Outcome::Mismatch(value) => value,
            Outcome::Done | Outcome::Poisoned => 1,
            Outcome::Chosen => 1 << 40,
            _ => 0,
        };
        let op = self.program.threads[thread].get(self.threads[thread].at).copied();
        match op {
            None => self.threads[thread].ended = true,
            Some(Op::Act(_, _, register) | Op::AskEnd(_, register) | Op::JoinWithin(_, register)) => {
                self.threads[thread].registers[register] = value;
            }
            Some(Op::Wait(..)) if !self.threads[thread].asleep => {
                self.threads[thread].asleep = true;
                return;
            }
            Some(Op::Wait(..)) => self.threads[thread].asleep = false,
            Some(Op::Start(other)) => {
                self.threads[other].number = Some(self.started.len() as u32);
                self.started.push(other);
            }
            _ => {}
        }
        self.threads[thread].at = self.threads[thread].at.saturating_add(1);
    }
}

fn ordering(action: Action, outcome: Outcome) -> Ordering {
    match action {
        Action::Fence(ordering)
        | Action::Atomic(
            AtomicAction::Load(ordering)
            | AtomicAction::Store { ordering, .. }
            | AtomicAction::Rmw { ordering, .. },
        ) => ordering,
        Action::Atomic(AtomicAction::CompareExchange { success, failure, .. }) => {
            if matches!(outcome, Outcome::Mismatch(_)) { failure } else { success }
        }
        _ => Ordering::Relaxed,
    }
}
