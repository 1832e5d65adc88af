//! The search held up to all outputs that there are, for programs made at random.

use super::{SECOND, timed};
use crate::explain::Log;
use crate::python::queue::Queue;
use crate::python::random::randint;
use crate::python::threading::{Event, Lock, Thread};
use crate::python::{Shared, print, time, write};
use crate::{Clock, Explorer, Output, Search};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a thread does.
#[derive(Clone, Debug)]
enum Op {
    Print(u8),
    Write(u8),
    /// Prints a variable.
    Show,
    Add(u8),
    Locked(Vec<Op>),
    Raise,
    Await,
    AwaitForAWhile,
    Put(u8),
    /// Takes an item, if there is one in time, and prints it.
    Take,
    Draw,
    Sleep,
}

/// What the threads of a program share.
#[derive(Clone)]
struct World {
    variable: Shared<u8>,
    lock: Lock,
    event: Event,
    queue: Queue<u8>,
}

impl World {
    fn perform(&self, op: &Op) {
        match op {
            Op::Print(text) => print(text),
            Op::Write(text) => write(format_args!("w{text}\n")),
            Op::Show => print(format_args!("x = {}", self.variable.get())),
            Op::Add(amount) => self.variable.set(self.variable.get() + amount),
            Op::Locked(inner) => self.lock.with(|| inner.iter().for_each(|op| self.perform(op))),
            Op::Raise => self.event.set(),
            Op::Await => self.event.wait(),
            Op::AwaitForAWhile => print(self.event.wait_timeout(SECOND)),
            Op::Put(item) => self.queue.put(*item),
            Op::Take => match self.queue.get_timeout(SECOND) {
                Ok(item) => print(format_args!("took {item}")),
                Err(error) => print(error),
            },
            Op::Draw => print(format_args!("r{}", randint(1, 2))),
            Op::Sleep => time::sleep(SECOND),
        }
    }
}

/// What each thread does, the main thread first, and whether that waits for the others in the end.
#[derive(Clone, Debug)]
struct Program {
    threads: Arc<Vec<Vec<Op>>>,
    joins: bool,
}

fn model(program: &Program) -> impl Fn() + Send + Sync + 'static {
    let Program { threads: program, joins } = program.clone();
    move || {
        let (variable, lock, event, queue) = (Shared::new(0), Lock::new(), Event::new(), Queue::new(0));
        let world = World { variable, lock, event, queue };
        let thread = |number: usize| {
            let (program, world) = (Arc::clone(&program), world.clone());
            Thread::new(move || program[number].iter().for_each(|op| world.perform(op)))
        };
        let threads: Vec<Thread> = (1..program.len()).map(thread).collect();
        threads.iter().for_each(|thread| thread.start().unwrap());
        program[0].iter().for_each(|op| world.perform(op));
        if joins {
            threads.iter().for_each(|thread| thread.join().unwrap());
            print("end");
        }
    }
}

fn op() -> impl Strategy<Value = Op> {
    let plain = prop_oneof![
        3 => (0u8..3).prop_map(Op::Print),
        2 => (0u8..3).prop_map(Op::Write),
        2 => Just(Op::Show),
        2 => (1u8..3).prop_map(Op::Add),
        1 => Just(Op::Raise),
        1 => Just(Op::Await),
        1 => Just(Op::AwaitForAWhile),
        1 => (0u8..3).prop_map(Op::Put),
        1 => Just(Op::Take),
        1 => Just(Op::Draw),
        1 => Just(Op::Sleep),
    ];
    let inner = plain.clone();
    prop_oneof![6 => plain, 1 => prop::collection::vec(inner, 1..3).prop_map(Op::Locked)]
}

fn program() -> impl Strategy<Value = Program> {
    let threads = prop::collection::vec(prop::collection::vec(op(), 0..4), 2..4);
    (threads, any::<bool>()).prop_map(|(threads, joins)| Program { threads: Arc::new(threads), joins })
}

/// All outputs, if there are not too many executions.
fn outputs(clock: Clock, program: &Program) -> Option<BTreeSet<String>> {
    // The exhaustive search knows no time.
    let explorer = match clock {
        Clock::Abstract => Explorer::new().search(Search::Exhaustive),
        Clock::Virtual => Explorer::new().strategy(crate::strategy::dfs()).clock(clock),
    };
    let explorer = explorer.output(Output::Observed).executions(3_000).all_findings(true).minimise(false);
    let report = explorer.explore(model(program)).unwrap();
    let whole = report.coverage() == crate::Coverage::Proved;
    report.outputs().filter(|_| whole).cloned()
}

/// The output with two neighbouring lines changed for each other.
fn swapped(output: &str, at: usize) -> String {
    let mut lines: Vec<&str> = output.split_inclusive('\n').collect();
    let at = at % lines.len();
    let next = (at + 1) % lines.len();
    lines.swap(at, next);
    lines.concat()
}

/// One of the outputs is explained, and so is its beginning; with two lines swapped only if that is an output.
fn holds(clock: Clock, program: &Program, which: u32, at: usize) -> Result<(), TestCaseError> {
    let Some(all) = outputs(clock, program) else { return Ok(()) };
    let output = all.iter().nth(which as usize % all.len()).unwrap();
    prop_assume!(!output.is_empty());
    let explanation = timed(clock, Log::new(output.as_str()), model(program));
    prop_assert!(explanation.is_reproduced(), "{explanation}");
    prop_assert_eq!(&explanation.trace().output(), output);
    let half: String = output.split_inclusive('\n').take(1 + at).collect();
    let explanation = timed(clock, Log::new(half.as_str()).prefix(), model(program));
    prop_assert!(explanation.is_reproduced(), "{half:?}: {explanation}");
    let other = swapped(output, at);
    let explanation = timed(clock, Log::new(other.as_str()), model(program));
    prop_assert_eq!(explanation.is_reproduced(), all.contains(&other), "{:?}: {}", other, explanation);
    prop_assert_eq!(explanation.is_impossible(), !all.contains(&other), "{:?}: {}", other, explanation);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_global_rejects: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn every_output_is_explained_and_nothing_else(program in program(), which in any::<u32>(), at in 0usize..8) {
        holds(Clock::Abstract, &program, which, at)?;
    }

    #[test]
    fn so_it_is_in_virtual_time(program in program(), which in any::<u32>(), at in 0usize..8) {
        holds(Clock::Virtual, &program, which, at)?;
    }
}
