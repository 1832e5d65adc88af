//! Executions of programs under a strategy, and all of them by brute force.

use super::axioms;
use super::program::{INIT, Machine, Program};
use crate::base::object::State;
use crate::base::{
    Action, CondvarAction, Decision, ObjectId, Operation, Options, Outcome, Record, Step, Strategy,
    ThreadAction, ThreadId, ThreadSet,
};
use crate::memory::Model;
use crate::strategy::graph::lower::Lowered;
use std::collections::BTreeSet;
use std::panic::Location;

/// What identifies an execution but for the order of what commutes; the last number is 1 when somebody is left waiting.
pub(super) type Key = Vec<u32>;

/// One execution under a strategy; `None` when it has nothing left to try.
pub(super) fn run<'a>(
    program: &'a Program,
    model: Model,
    strategy: &mut dyn Strategy,
) -> Option<Machine<'a>> {
    if !strategy.begin() {
        return None;
    }
    let mut machine = Machine::new(program, model);
    let mut tape = Tape::default();
    tape.settle(&mut machine, 0, strategy);
    let mut position = 0;
    loop {
        let enabled: ThreadSet = (0..machine.started.len())
            .filter(|n| machine.enabled(machine.started[*n]))
            .map(|n| ThreadId(n as u32))
            .collect();
        if enabled.is_empty() {
            break;
        }
        let resting = ThreadSet::new();
        let (enabled, resting) = (&enabled, &resting);
        let options = Options { enabled, resting, current: ThreadId::MAIN, position, yielding: false };
        let decision = strategy.thread(&options);
        assert_ne!(decision, Decision::STOP, "the strategy stops at {position}: {program:#?}");
        let thread = machine.started[decision.thread.index()];
        let count = machine.outcomes(thread);
        let outcome = if count > 1 { strategy.outcome(decision.thread, count) } else { 0 };
        tape.perform(&mut machine, thread, outcome);
        tape.settle(&mut machine, thread, strategy);
        tape.rouse(&mut machine, strategy);
        position += 1;
    }
    let pending: Vec<_> = (0..machine.started.len())
        .map(|n| machine.pending(machine.started[n]).map(|operation| tape.translate(&machine, operation)))
        .collect();
    let record = Record {
        steps: &tape.steps,
        pending: &pending,
        processes: &vec![(ThreadId::MAIN, false); pending.len()],
        guards: &[],
        yields: &[],
        maximal: true,
        spurious_wakeups: 0,
        weak_failures: 0,
        overheard: false,
        begun: &tape.begun,
    };
    strategy.learn(&record);
    strategy.end(position);
    Some(machine)
}

/// What was performed, with the names of the execution.
#[derive(Default)]
struct Tape {
    steps: Vec<Step>,
    objects: Vec<usize>,
    begun: Vec<State>,
}

impl Tape {
    fn name(&mut self, machine: &Machine<'_>, object: ObjectId) -> ObjectId {
        if object == ObjectId::NONE {
            return object;
        }
        let known = self.objects.iter().position(|known| *known == object.index());
        ObjectId(known.unwrap_or_else(|| {
            self.objects.push(object.index());
            self.begun.push(machine.program.objects[object.index()].clone());
            self.objects.len() - 1
        }) as u32)
    }

    fn translate(&mut self, machine: &Machine<'_>, operation: Operation) -> Operation {
        let object = self.name(machine, operation.object);
        let action = match operation.action {
            Action::Condvar(CondvarAction::Wait { mutex, timeout }) => {
                Action::Condvar(CondvarAction::Wait { mutex: self.name(machine, mutex), timeout })
            }
            Action::Condvar(CondvarAction::Reacquire { mutex }) => {
                Action::Condvar(CondvarAction::Reacquire { mutex: self.name(machine, mutex) })
            }
            action => action,
        };
        Operation { object, action }
    }

    fn perform(&mut self, machine: &mut Machine<'_>, thread: usize, choice: u32) {
        let number = ThreadId(machine.threads[thread].number.expect("it runs"));
        let (operation, outcome) = machine.perform(thread, choice);
        let operation = self.translate(machine, operation);
        self.steps.push(Step { thread: number, choice, operation, outcome, location: Location::caller() });
    }

    /// Performs what is no point, of a thread and of those that it starts.
    fn settle(&mut self, machine: &mut Machine<'_>, thread: usize, strategy: &mut dyn Strategy) {
        while let Some(operation) = machine.pending(thread).filter(|operation| !operation.is_point()) {
            if !machine.enabled(thread) {
                return;
            }
            self.perform(machine, thread, 0);
            if let Action::Thread(ThreadAction::Spawn(child)) = operation.action {
                strategy.started(child, ThreadId(machine.threads[thread].number.expect("it runs")));
                self.settle(machine, machine.started[child.index()], strategy);
            }
        }
    }

    /// Joins of threads that have ended.
    fn rouse(&mut self, machine: &mut Machine<'_>, strategy: &mut dyn Strategy) {
        for number in 0..machine.started.len() {
            self.settle(machine, machine.started[number], strategy);
        }
    }
}

/// All executions of a program under a strategy: their keys, in order.
pub(super) fn explore(program: &Program, model: Model, strategy: &mut dyn Strategy) -> Vec<Key> {
    explore_up_to(program, model, strategy, usize::MAX)
}

/// The keys of so many executions, or of all if there are fewer.
pub(super) fn explore_up_to(
    program: &Program,
    model: Model,
    strategy: &mut dyn Strategy,
    limit: usize,
) -> Vec<Key> {
    let mut keys = Vec::new();
    while keys.len() < limit
        && let Some(mut machine) = run(program, model, strategy)
    {
        keys.push(key(&mut machine));
    }
    keys
}

/// The key of an execution.
pub(super) fn key(machine: &mut Machine<'_>) -> Key {
    let mut key = Vec::new();
    let number = |id: (usize, usize)| if id == INIT { 0 } else { (id.0 * 1000 + id.1 + 1) as u32 };
    for thread in 0..machine.threads.len() {
        key.push(u32::MAX);
        for event in machine.log.iter().filter(|event| event.thread == thread) {
            let asks = matches!(event.lowered, Lowered::AskEnd(_));
            let tells = asks || event.lowered == Lowered::Chain || event.reads.is_some();
            let chooses = !asks && event.reads.is_none() && !event.writes;
            key.push(event.reads.map_or(7, |read| 10 + number(read)));
            key.push(if tells { value(event.outcome) } else { 0 });
            key.push(if chooses { event.choice } else { 0 });
        }
    }
    for object in 0..machine.program.objects.len() {
        key.push(u32::MAX - 1);
        key.extend(machine.stores[object].iter().map(|(id, _)| number(*id)));
        let chained = |event: &&super::program::Happening| match event.lowered {
            Lowered::Chain => event.object == object,
            Lowered::Wait { .. } => event.object == object || event.second == object,
            Lowered::Reacquire { .. } => event.second == object,
            _ => false,
        };
        key.extend(machine.log.iter().filter(chained).map(|event| number((event.thread, event.index))));
    }
    for owner in 0..machine.threads.len() {
        key.push(u32::MAX - 2);
        let number_of = machine.threads[owner].number;
        let tokens = |event: &&super::program::Happening| matches!(event.lowered, Lowered::Token(of) if Some(of.0) == number_of);
        let order: Vec<u32> =
            machine.log.iter().filter(tokens).map(|event| number((event.thread, event.index))).collect();
        key.extend(order);
    }
    let waiting = (0..machine.threads.len()).any(|thread| machine.pending(thread).is_some());
    key.push(u32::from(waiting));
    key
}

fn value(outcome: Outcome) -> u32 {
    match outcome {
        Outcome::Value(value) => 10 + value as u32,
        Outcome::Mismatch(value) => 1_000_010 + value as u32,
        Outcome::Done => 1,
        Outcome::Refused => 2,
        Outcome::TimedOut => 3,
        Outcome::Chosen => 4,
        _ => 5,
    }
}

/// The keys of all executions by brute force, or `None` when there are too many states.
pub(super) fn all(program: &Program, model: Model, limit: usize) -> Option<BTreeSet<Key>> {
    let mut machine = Machine::new(program, model);
    settle(&mut machine);
    let (mut seen, mut found, mut stack) = (BTreeSet::new(), BTreeSet::new(), vec![machine]);
    while let Some(mut machine) = stack.pop() {
        let mut state = key(&mut machine);
        state.extend(machine.places());
        if !seen.insert(state) {
            continue;
        }
        if seen.len() > limit {
            return None;
        }
        let threads: Vec<usize> = (0..machine.threads.len()).filter(|t| machine.enabled(*t)).collect();
        if threads.is_empty() {
            found.insert(key(&mut machine));
        }
        for thread in threads {
            for outcome in 0..machine.outcomes(thread) {
                let mut next = machine.clone();
                next.perform(thread, outcome);
                settle(&mut next);
                if model == Model::SequentiallyConsistent || axioms::consistent(&next) {
                    stack.push(next);
                }
            }
        }
    }
    Some(found)
}

fn settle(machine: &mut Machine<'_>) {
    let unasked = |machine: &mut Machine<'_>, thread: usize| {
        machine.enabled(thread) && machine.pending(thread).is_some_and(|operation| !operation.is_point())
    };
    while let Some(thread) = (0..machine.threads.len()).find(|thread| unasked(machine, *thread)) {
        machine.perform(thread, 0);
    }
}
