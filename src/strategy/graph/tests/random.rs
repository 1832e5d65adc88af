//! Random programs against brute force: the same executions, each once.

use super::program::{Op, Program};
use super::run::{all, explore_up_to};
use super::words::{
    add, atomic, barrier, channel, condvar, event, exchange, fence, load, lock, mutex, notify, rwlock, store,
    unlock,
};
use crate::base::object::State;
use crate::base::{
    Action, BarrierAction, CellAction, ChannelAction, CondvarAction, EventAction, FOREVER, MutexAction,
    ObjectId, RwLockAction, SharedAction, ThreadAction,
};
use crate::memory::Model::{self, C11, SequentiallyConsistent as Sc};
use crate::strategy::graphs;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

/// What the numbers of a random operation stand for: its kind, and two details.
type Draw = (usize, usize, usize);

const ATOMICS: &[usize] = &[0, 0, 1, 1, 2, 3, 4, 6];
const FENCES: &[usize] = &[0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 5, 6];
const LOCKS: &[usize] = &[0, 1, 2, 3, 7, 7, 7, 8, 8, 30];
const ATTEMPTS: &[usize] = &[0, 1, 7, 7, 8, 8, 9, 9, 29, 6, 30];
const WAITS: &[usize] = &[7, 7, 8, 8, 10, 10, 11, 11, 12, 33, 0, 1, 34];
const TIMED: &[usize] = &[7, 8, 10, 11, 12, 32, 32, 9, 0, 1];
const MIXED: &[usize] =
    &[0, 1, 3, 7, 8, 13, 13, 14, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 35];

fn objects() -> Vec<State> {
    vec![
        atomic(0),
        atomic(0),
        mutex(),
        mutex(),
        condvar(),
        channel(Some(1)),
        rwlock(),
        event(),
        State::Shared,
        State::Cell,
        barrier(2),
    ]
}

const ORDERINGS: [[Ordering; 4]; 3] = [
    [Ordering::Relaxed, Ordering::Acquire, Ordering::SeqCst, Ordering::SeqCst],
    [Ordering::Relaxed, Ordering::Release, Ordering::SeqCst, Ordering::SeqCst],
    [Ordering::Release, Ordering::AcqRel, Ordering::SeqCst, Ordering::Acquire],
];

fn operations(draw: Draw, threads: usize, own: usize) -> Vec<Op> {
    let (kind, a, b) = draw;
    let (x, m) = (a % 2, 2 + a % 2);
    let ordering = |row: usize| ORDERINGS[row][b / 3 % 4];
    let act = |object, action| vec![Op::Act(object, action, 0)];
    let other = 1 + (own + a) % threads;
    let held = Action::Condvar(CondvarAction::Wait { mutex: ObjectId(2), timeout: 5 });
    match kind {
        0 => vec![load(x, 0, ordering(0))],
        1 => vec![store(x, 1 + b as u64 % 3, ordering(1))],
        2 => vec![Op::StoreSum(x, 0, 1, ordering(1))],
        3 => vec![add(x, 1, [ordering(2), Ordering::Relaxed][b % 2])],
        4 => vec![exchange(x, b as u64 % 3, 2, [ordering(2), Ordering::Relaxed][a / 2 % 2])],
        5 => vec![fence(ordering(2))],
        6 => vec![Op::Unless(0, b as u64 % 2, 1)],
        7 => vec![lock(m)],
        8 => vec![unlock(m)],
        9 => act(m, Action::Mutex(MutexAction::TryLock)),
        10 => vec![Op::Wait(4, 2)],
        11 => vec![notify(4)],
        12 => act(4, Action::Condvar(CondvarAction::NotifyAll)),
        13 => act(5, Action::Channel(ChannelAction::Send)),
        14 => act(5, Action::Channel(ChannelAction::Receive { timeout: FOREVER })),
        15 => act(5, Action::Channel(ChannelAction::TryReceive)),
        16 => act(usize::MAX, Action::Choose(2)),
        17 => act(usize::MAX, Action::Thread(ThreadAction::Park { timeout: FOREVER })),
        18 => vec![Op::Unpark(other)],
        19 => act(7, Action::Event(EventAction::Set)),
        20 => act(7, Action::Event(EventAction::Wait { timeout: FOREVER })),
        21 => act(7, Action::Event(EventAction::Clear)),
        22 => act(6, Action::RwLock(RwLockAction::Read)),
        23 => act(6, Action::RwLock(RwLockAction::Write)),
        24 => act(6, Action::RwLock(RwLockAction::UnlockRead)),
        25 => act(6, Action::RwLock(RwLockAction::UnlockWrite { poison: false })),
        26 => act(8, Action::Shared(SharedAction::Get)),
        27 => act(8, Action::Shared(SharedAction::Set(None))),
        28 => act(9, Action::Cell(CellAction::Write)),
        29 => act(m, Action::Mutex(MutexAction::Lock { timeout: 5 })),
        30 => vec![lock(m), load(x, 0, ordering(0)), unlock(m)],
        31 => vec![
            Op::Act(10, Action::Barrier(BarrierAction::Arrive), 5),
            Op::UnlessLess(5, 1 << 40, 1),
            Op::Pass(10, 5),
        ],
        32 => vec![
            lock(2),
            Op::Act(4, held, 7),
            Op::Act(4, Action::Condvar(CondvarAction::Wake { timeout: 5, stays: false }), 0),
            lock(2),
            unlock(2),
        ],
        33 => act(4, Action::Condvar(CondvarAction::NotifyFirst(1 + b as u32 % 2))),
        34 => vec![lock(2), Op::Wait(4, 2), unlock(2)],
        35 => [RwLockAction::Write, RwLockAction::Downgrade, RwLockAction::UnlockRead]
            .into_iter()
            .flat_map(|action| act(6, Action::RwLock(action)))
            .collect(),
        _ => unreachable!("no such kind"),
    }
}

fn program(kinds: &'static [usize]) -> impl proptest::strategy::Strategy<Value = (bool, Vec<Vec<Draw>>)> {
    let draw = (0..kinds.len(), 0..4usize, 0..12usize).prop_map(|(kind, a, b)| (kinds[kind], a, b));
    (any::<bool>(), proptest::collection::vec(proptest::collection::vec(draw, 1..5), 2..4))
}

/// Three threads, all started by the main thread, or the last by the first in the middle of what it does.
fn build(nested: bool, draws: &[Vec<Draw>]) -> Program {
    let thread = |(at, draws): (usize, &Vec<Draw>)| {
        draws.iter().flat_map(|draw| operations(*draw, 3, at + 1)).collect()
    };
    let mut threads: Vec<Vec<Op>> = draws.iter().enumerate().map(thread).collect();
    threads.resize(3, Vec::new());
    let mut program = Program::new(objects(), threads);
    if nested {
        program.threads[0] = vec![Op::Start(1), Op::Start(2), Op::Join(2), Op::Join(1)];
        let first = &mut program.threads[1];
        first.insert(1.min(first.len()), Op::Start(3));
        first.push(Op::Join(3));
    }
    program
}

/// As many programs, of which few may be too large for brute force.
fn agree(kinds: &'static [usize], model: Model, cases: u32, limit: usize) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 4000, ..Config::default() };
    // The same programs each time, and others for each model and size.
    let seed = [kinds.len() as u8, cases as u8, (cases >> 8) as u8, model as u8].repeat(8);
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let skipped = std::cell::Cell::new(0);
    let result = runner.run(&program(kinds), |(nested, draws)| {
        let program = build(nested && !kinds.contains(&18), &draws);
        let Some(expected) = all(&program, model, limit) else {
            skipped.set(skipped.get() + 1);
            return Ok(());
        };
        compare(&program, model, &expected)
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let skipped = skipped.get();
    assert!(skipped < cases / 4, "{skipped} of {cases} were too large");
}

fn compare(program: &Program, model: Model, expected: &BTreeSet<Vec<u32>>) -> Result<(), TestCaseError> {
    let mut strategy = graphs(model);
    let found = explore_up_to(program, model, &mut strategy, 2 * expected.len() + 10);
    let distinct: BTreeSet<_> = found.iter().cloned().collect();
    let (missing, strange) = (expected.difference(&distinct).count(), distinct.difference(expected).count());
    prop_assert!(
        missing + strange == 0 && found.len() == distinct.len(),
        "{missing} missing, {strange} strange, {} found, {} different, {} expected: {program:#?}",
        found.len(),
        distinct.len(),
        expected.len(),
    );
    Ok(())
}

#[test]
fn sequentially_consistent_atomics() {
    agree(ATOMICS, Sc, 150, 20_000);
}

#[test]
fn weak_atomics_and_fences() {
    agree(ATOMICS, C11, 100, 6_000);
    agree(FENCES, C11, 100, 6_000);
}

#[test]
fn locks() {
    agree(LOCKS, Sc, 150, 20_000);
    agree(LOCKS, C11, 60, 6_000);
}

#[test]
fn attempts_to_lock() {
    agree(ATTEMPTS, Sc, 150, 20_000);
    agree(ATTEMPTS, C11, 60, 6_000);
}

#[test]
fn condition_variables() {
    agree(WAITS, Sc, 150, 20_000);
    agree(WAITS, C11, 60, 6_000);
    agree(TIMED, Sc, 100, 20_000);
}

#[test]
fn other_objects() {
    agree(MIXED, Sc, 200, 20_000);
}

#[test]
#[ignore = "takes minutes"]
fn ten_thousand_programs() {
    for kinds in [ATOMICS, LOCKS, ATTEMPTS, WAITS, TIMED, MIXED] {
        agree(kinds, Sc, 1200, 20_000);
    }
    for kinds in [ATOMICS, FENCES, LOCKS, ATTEMPTS, WAITS] {
        agree(kinds, C11, 600, 10_000);
    }
}
