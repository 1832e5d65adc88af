//! A stand-in for the engine in the tests of strategies: programs as lists of small operations, run without threads.
//!
//! It keeps the engine's side of the bargain and checks the strategy's: enabled threads are exact, a run is cut short and
//! choices ahead are dropped when they change or a thread yields, and an answer that is not enabled ends the test.
//! Strategies that follow the threads are told what is performed and arrived at. All threads begin at once, so that starts
//! are told for those only that begin later.

use super::{Choice, Decision, Options, Strategy};
use crate::base::{
    Action, CondvarAction, FOREVER, MutexAction, ObjectId, Operation, Outcome, Schedule, SharedAction, Step,
    ThreadAction, ThreadId, ThreadSet,
};
use std::collections::VecDeque;
use std::panic::Location;

/// What a thread does next. Each is one choice, but for `Goto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// Nothing that others could see.
    Free,
    /// Lets others go first.
    Yield,
    /// Has so many outcomes.
    Choose(u32),
    /// Takes a lock.
    Lock(usize),
    /// Gives it back.
    Unlock(usize),
    /// Gives a lock back and sleeps until the condition of the same number is notified, then takes the lock again.
    Wait(usize),
    /// Wakes all that sleep on the condition.
    Notify(usize),
    /// Lets a thread begin that was declared `later`.
    Start(usize),
    /// Writes a variable.
    Set(usize, i32),
    /// Goes on at an index if the variable has the value.
    If(usize, i32, usize),
    /// Goes on at an index.
    Goto(usize),
}

/// A program: a list of operations for each thread.
#[derive(Clone, Debug)]
pub(super) struct Program {
    threads: Vec<Vec<Op>>,
    waiting: Vec<usize>,
}

impl Program {
    /// All threads begin at once.
    pub(super) fn new(threads: impl Into<Vec<Vec<Op>>>) -> Self {
        Program { threads: threads.into(), waiting: Vec::new() }
    }

    /// Threads that do not meet.
    pub(super) fn free(threads: usize, steps: usize) -> Self {
        Program::new(vec![vec![Op::Free; steps]; threads])
    }

    /// These threads wait to be started.
    pub(super) fn later(self, waiting: &[usize]) -> Self {
        Program { waiting: waiting.to_vec(), ..self }
    }
}

/// One execution of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// The choices made.
    pub(super) choices: Vec<Choice>,
    /// How many of them were preemptions.
    pub(super) preemptions: u32,
    /// How often the strategy was asked for a thread.
    pub(super) asked: u64,
    /// Whether somebody could not go on at the end.
    pub(super) deadlocked: bool,
    /// Whether the strategy ended it.
    pub(super) stopped: bool,
    /// Whether it was cut off because it went on too long.
    pub(super) endless: bool,
    /// The variables at the end.
    pub(super) variables: [i32; 4],
}

impl Run {
    /// The choices as a schedule.
    pub(super) fn schedule(&self) -> Schedule {
        self.choices.iter().copied().collect()
    }
}

const LIMIT: usize = 10_000;

/// One execution under a strategy; `None` when it has nothing left to try.
pub(super) fn run(program: &Program, strategy: &mut dyn Strategy) -> Option<Run> {
    if !strategy.begin() {
        return None;
    }
    let mut state = State::new(program);
    let mut result = Run::default();
    let mut decision = Decision { thread: ThreadId::MAIN, run: 0 };
    let mut decided = ThreadSet::new();
    let (mut ahead, mut reach) = (VecDeque::new(), 0);
    let mut teller = Teller { arrived: state.begun(), steps: Vec::new() };
    loop {
        let enabled = state.enabled();
        result.endless = result.choices.len() == LIMIT;
        if enabled.is_empty() || result.endless {
            break;
        }
        let position = result.choices.len() as u64;
        let options = Options {
            enabled: &enabled,
            resting: &ThreadSet::new(),
            current: state.current,
            position,
            yielding: state.yielding,
        };
        if decision.run == 0 || decided != enabled || state.yielding {
            teller.tell(strategy, &state);
            ahead = if state.yielding || decided != enabled { VecDeque::new() } else { ahead };
            decision = next(strategy, &options, &mut ahead, &mut reach);
            result.asked += 1;
            if decision == Decision::STOP {
                result.stopped = true;
                break;
            }
            assert!(enabled.contains(decision.thread) && decision.run > 0, "{decision:?} of {enabled:?}");
            decided.clone_from(&enabled);
        }
        decision.run -= 1;
        result.preemptions += u32::from(options.preempts(decision.thread));
        let count = state.outcomes(decision.thread);
        let outcome = if count > 1 { strategy.outcome(decision.thread, count) } else { 0 };
        assert!(outcome < count, "outcome {outcome} of {count}");
        let choice = Choice { thread: decision.thread, outcome };
        result.choices.push(choice);
        teller.steps.push(state.step(choice));
        state.perform(choice);
    }
    teller.tell_steps(strategy);
    result.deadlocked = state.enabled().is_empty() && !state.finished();
    result.variables = state.variables;
    strategy.end(result.choices.len() as u64);
    Some(result)
}

/// What a strategy that follows is still to be told.
struct Teller {
    arrived: ThreadSet,
    steps: Vec<Step>,
}

impl Teller {
    fn tell(&mut self, strategy: &mut dyn Strategy, state: &State) {
        self.tell_steps(strategy);
        for thread in &std::mem::take(&mut self.arrived) {
            if state.pending(thread.index()).is_some() && strategy.follows() {
                strategy.arrived(thread, &state.operation(thread), state.site(thread));
            }
        }
    }

    fn tell_steps(&mut self, strategy: &mut dyn Strategy) {
        for step in self.steps.drain(..) {
            if let Action::Thread(ThreadAction::Spawn(child)) = step.operation.action {
                self.arrived.insert(child);
            }
            self.arrived.insert(step.thread);
            if strategy.follows() {
                strategy.performed(&step);
            }
        }
    }
}

/// The next decision: one given ahead, or a new one, the further ahead the longer nothing has changed.
fn next(
    strategy: &mut dyn Strategy,
    options: &Options<'_>,
    ahead: &mut VecDeque<ThreadId>,
    reach: &mut usize,
) -> Decision {
    if ahead.is_empty() {
        let mut threads = [ThreadId::MAIN; 16];
        let asked = if options.yielding { 0 } else { *reach };
        let given = if asked == 0 { 1 } else { strategy.ahead(options, &mut threads[..asked]) };
        ahead.extend(&threads[..given.min(asked)]);
        *reach = (2 * given).min(threads.len());
    }
    ahead.pop_front().map_or_else(|| strategy.thread(options), Decision::once)
}

/// All executions under a strategy, until it has nothing left to try.
pub(super) fn explore(program: &Program, strategy: &mut dyn Strategy) -> Vec<Run> {
    std::iter::from_fn(|| run(program, strategy)).collect()
}

/// So many executions under a strategy that never ends by itself.
pub(super) fn some(program: &Program, strategy: &mut dyn Strategy, count: usize) -> Vec<Run> {
    (0..count).map(|_| run(program, strategy).expect("never ends by itself")).collect()
}

/// Random programs that are short enough for all their interleavings to be counted.
pub(super) fn programs() -> impl proptest::strategy::Strategy<Value = Program> {
    use proptest::prelude::*;
    let part = prop_oneof![
        Just(vec![Op::Lock(0), Op::Free, Op::Unlock(0)]),
        Just(vec![Op::Lock(0), Op::Wait(0), Op::Unlock(0)]),
        Just(vec![Op::Notify(0)]),
        Just(vec![Op::Free]),
        Just(vec![Op::Yield]),
        (2u32..4).prop_map(|n| vec![Op::Choose(n)]),
    ];
    let thread = proptest::collection::vec(part, 0..3).prop_map(|parts| parts.concat());
    proptest::collection::vec(thread, 1..4).prop_map(|mut threads| {
        threads.iter_mut().for_each(|t| t.truncate(4));
        Program::new(threads)
    })
}

/// Choices as plain numbers, which can be sorted.
pub(super) fn key(choices: &[Choice]) -> Vec<(u32, u32)> {
    choices.iter().map(|c| (c.thread.0, c.outcome)).collect()
}

/// All executions, by brute force: choices and preemptions of each.
pub(super) fn all(program: &Program) -> Vec<(Vec<Choice>, u32)> {
    let mut found = Vec::new();
    extend(&State::new(program), &mut Vec::new(), 0, &mut found);
    found
}

fn extend(state: &State, choices: &mut Vec<Choice>, preemptions: u32, found: &mut Vec<(Vec<Choice>, u32)>) {
    let enabled = state.enabled();
    if enabled.is_empty() {
        found.push((choices.clone(), preemptions));
    }
    for thread in &enabled {
        let free = thread == state.current || state.yielding || !enabled.contains(state.current);
        for outcome in 0..state.outcomes(thread) {
            let mut next = state.clone();
            let choice = Choice { thread, outcome };
            next.perform(choice);
            choices.push(choice);
            extend(&next, choices, preemptions + u32::from(!free), found);
            choices.pop();
        }
    }
}

/// Where a thread stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    NotStarted,
    Running,
    Asleep,
    Woken,
}

#[derive(Clone, Debug)]
struct State<'a> {
    program: &'a Program,
    threads: Vec<(usize, Mode)>,
    holders: [Option<usize>; 4],
    variables: [i32; 4],
    current: ThreadId,
    yielding: bool,
}

impl<'a> State<'a> {
    fn new(program: &'a Program) -> Self {
        let mode = |t| if program.waiting.contains(&t) { Mode::NotStarted } else { Mode::Running };
        State {
            program,
            threads: (0..program.threads.len()).map(|t| (0, mode(t))).collect(),
            holders: [None; 4],
            variables: [0; 4],
            current: ThreadId::MAIN,
            yielding: false,
        }
    }

    fn pending(&self, thread: usize) -> Option<Op> {
        let operations = &self.program.threads[thread];
        let mut at = self.threads[thread].0;
        while let Some(Op::Goto(to)) = operations.get(at) {
            at = *to;
        }
        operations.get(at).copied()
    }

    /// Those that have begun.
    fn begun(&self) -> ThreadSet {
        let begun = |t: &usize| self.threads[*t].1 != Mode::NotStarted;
        (0..self.threads.len()).filter(begun).map(|t| ThreadId(t as u32)).collect()
    }

    /// What the engine would call what `thread` is about to do. Variables, locks and conditions are numbered 4 apart.
    fn operation(&self, thread: ThreadId) -> Operation {
        let object = |kind: usize, number: usize| ObjectId((4 * kind + number) as u32);
        let on_mutex = |lock, action| Operation::new(object(1, lock), Action::Mutex(action));
        match self.pending(thread.index()).expect("it has not ended") {
            Op::Free | Op::Goto(_) => Operation::free(Action::Thread(ThreadAction::Sleep(0))),
            Op::Yield => Operation::free(Action::Thread(ThreadAction::Yield)),
            Op::Choose(n) => Operation::free(Action::Choose(n)),
            Op::Lock(lock) => on_mutex(lock, MutexAction::Lock { timeout: FOREVER }),
            Op::Unlock(lock) => on_mutex(lock, MutexAction::Unlock { poison: false }),
            Op::Wait(lock) => {
                let (mutex, timeout) = (object(1, lock), FOREVER);
                let asleep = self.threads[thread.index()].1 != Mode::Running;
                let wait = if asleep {
                    CondvarAction::Reacquire { mutex }
                } else {
                    CondvarAction::Wait { mutex, timeout }
                };
                Operation::new(object(2, lock), Action::Condvar(wait))
            }
            Op::Notify(condition) => {
                Operation::new(object(2, condition), Action::Condvar(CondvarAction::NotifyAll))
            }
            Op::Start(other) => Operation::free(Action::Thread(ThreadAction::Spawn(ThreadId(other as u32)))),
            Op::Set(variable, _) => {
                Operation::new(object(0, variable), Action::Shared(SharedAction::Set(None)))
            }
            Op::If(variable, ..) => Operation::new(object(0, variable), Action::Shared(SharedAction::Get)),
        }
    }

    /// Where `thread` is: the same place for all threads that are as far in the same list of operations.
    fn site(&self, thread: ThreadId) -> &'static Location<'static> {
        let threads = &self.program.threads;
        let first = threads.iter().position(|t| *t == threads[thread.index()]).expect("its own, if no other");
        SITES[first.min(SITES.len() - 1)][self.threads[thread.index()].0.min(SITES[0].len() - 1)]
    }

    fn step(&self, choice: Choice) -> Step {
        let Choice { thread, outcome } = choice;
        let (operation, location) = (self.operation(thread), self.site(thread));
        Step { thread, choice: outcome, operation, outcome: Outcome::Done, location }
    }

    fn finished(&self) -> bool {
        (0..self.threads.len()).all(|t| self.pending(t).is_none())
    }

    fn enabled(&self) -> ThreadSet {
        let can_go_on = |t: &usize| match (self.threads[*t].1, self.pending(*t)) {
            (Mode::NotStarted | Mode::Asleep, _) | (_, None) => false,
            (Mode::Running, Some(Op::Lock(lock))) | (Mode::Woken, Some(Op::Wait(lock))) => {
                self.holders[lock].is_none()
            }
            _ => true,
        };
        (0..self.threads.len()).filter(can_go_on).map(|t| ThreadId(t as u32)).collect()
    }

    fn outcomes(&self, thread: ThreadId) -> u32 {
        if let Some(Op::Choose(n)) = self.pending(thread.index()) { n } else { 1 }
    }

    fn perform(&mut self, choice: Choice) {
        let thread = choice.thread.index();
        let operation = self.pending(thread).expect("an enabled thread has an operation");
        while let Some(Op::Goto(to)) = self.program.threads[thread].get(self.threads[thread].0) {
            self.threads[thread].0 = *to;
        }
        self.current = choice.thread;
        self.yielding = operation == Op::Yield;
        match operation {
            Op::Lock(lock) => self.holders[lock] = Some(thread),
            Op::Unlock(lock) => self.holders[lock] = None,
            Op::Wait(lock) if self.threads[thread].1 == Mode::Running => {
                self.holders[lock] = None;
                self.threads[thread].1 = Mode::Asleep;
                return;
            }
            Op::Wait(lock) => {
                self.holders[lock] = Some(thread);
                self.threads[thread].1 = Mode::Running;
            }
            Op::Notify(condition) => self.wake(condition),
            Op::Start(other) => self.threads[other].1 = Mode::Running,
            Op::Set(variable, value) => self.variables[variable] = value,
            Op::If(variable, value, to) if self.variables[variable] == value => {
                self.threads[thread].0 = to;
                return;
            }
            Op::Free | Op::Yield | Op::Choose(_) | Op::If(..) | Op::Goto(_) => {}
        }
        self.threads[thread].0 += 1;
    }

    fn wake(&mut self, condition: usize) {
        for thread in 0..self.threads.len() {
            if self.threads[thread].1 == Mode::Asleep && self.pending(thread) == Some(Op::Wait(condition)) {
                self.threads[thread].1 = Mode::Woken;
            }
        }
    }
}

/// Places to call from, by list of operations and index.
static SITES: [[&Location<'static>; 8]; 4] = [
    [here(), here(), here(), here(), here(), here(), here(), here()],
    [here(), here(), here(), here(), here(), here(), here(), here()],
    [here(), here(), here(), here(), here(), here(), here(), here()],
    [here(), here(), here(), here(), here(), here(), here(), here()],
];

#[track_caller]
const fn here() -> &'static Location<'static> {
    Location::caller()
}
