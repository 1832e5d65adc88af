//! Programs whose number of graphs is known.

use super::program::{Op, Program};
use super::run::{all, explore};
use super::words::{add, atomic, exchange, load, store};
use crate::base::Strategy;
use crate::base::object::State;
use crate::memory::Model::{self, C11, SequentiallyConsistent as Sc};
use crate::strategy::graphs;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};

/// How many executions there are, complete and left waiting; each is seen once.
pub(super) fn counts(program: &Program, model: Model) -> (usize, usize) {
    let mut strategy = graphs(model);
    let keys = explore(program, model, &mut strategy);
    assert!(strategy.exhausted());
    let waiting = keys.iter().filter(|key| key.last() == Some(&1)).count();
    let total = keys.len();
    let distinct: BTreeSet<_> = keys.into_iter().collect();
    assert_eq!(distinct.len(), total, "visited twice: {program:?}");
    (total - waiting, waiting)
}

pub(super) fn count(program: &Program, model: Model) -> usize {
    let (complete, waiting) = counts(program, model);
    assert_eq!(waiting, 0);
    complete
}

#[track_caller]
fn check(program: &Program, sc: usize, c11: usize) {
    assert_eq!((count(program, Sc), count(program, C11)), (sc, c11));
}

fn zeros(n: usize) -> Vec<State> {
    vec![atomic(0); n]
}

fn program(objects: usize, threads: impl IntoIterator<Item = Vec<Op>>) -> Program {
    Program::new(zeros(objects), threads.into_iter().collect())
}

/// `x = x + n`, in two steps.
fn increase(object: usize, by: u64, ordering: Ordering) -> Vec<Op> {
    vec![load(object, 0, ordering), Op::StoreSum(object, 0, by, ordering)]
}

#[test]
fn readers_see_the_store_or_not() {
    for (n, expected) in [(2, 4), (8, 256), (13, 8192)] {
        for ordering in [Relaxed, SeqCst] {
            let readers = (0..n).map(|_| vec![load(0, 0, if ordering == SeqCst { SeqCst } else { Relaxed })]);
            check(&program(1, [vec![store(0, 42, ordering)]].into_iter().chain(readers)), expected, expected);
        }
    }
}

#[test]
fn increments_in_two_steps() {
    for (n, expected) in [(2, 4), (3, 36), (4, 576)] {
        for ordering in [Relaxed, SeqCst] {
            check(&program(1, (0..n).map(|i| increase(0, 1 << i, ordering))), expected, expected);
        }
    }
}

#[test]
fn increments_in_one_step() {
    for (n, expected) in [(2, 2), (3, 6), (4, 24), (5, 120), (6, 720), (7, 5040)] {
        check(&program(1, (0..n).map(|_| vec![add(0, 1, Relaxed)])), expected, expected);
    }
    for (n, expected) in [(2, 4), (3, 36), (4, 576)] {
        check(&program(2, (0..n).map(|_| vec![add(0, 1, SeqCst), add(1, 1, SeqCst)])), expected, expected);
    }
}

#[test]
fn compare_exchanges() {
    for n in 2..6 {
        check(&program(1, (0..n).map(|i| vec![exchange(0, 0, i + 1, SeqCst)])), n as usize, n as usize);
    }
    for (n, expected) in [(2, 5), (3, 13), (4, 33), (5, 81)] {
        let threads = (0..n).map(|_| vec![exchange(0, 2, 3, SeqCst)]);
        check(&program(1, [vec![store(0, 2, SeqCst)]].into_iter().chain(threads)), expected, expected);
    }
    for (n, expected) in [(2, 2), (3, 5), (4, 14), (5, 43), (6, 144)] {
        check(&program(1, (1..=n).map(|i| vec![exchange(0, i - 1, i, SeqCst)])), expected, expected);
    }
}

#[test]
fn the_last_zero() {
    for n in [5, 10] {
        let scan = (0..=n).rev().flat_map(|cell| [load(cell, 0, SeqCst), Op::EndIf(0, 0)]).collect();
        let writers = (1..=n).map(|j| vec![load(j - 1, 0, SeqCst), Op::StoreSum(j, 0, 1, SeqCst)]);
        let expected = (n + 3) << (n - 2);
        check(&program(n + 1, [scan].into_iter().chain(writers)), expected, expected);
    }
}

#[test]
fn coherence_of_stores_and_loads() {
    for (n, sc, c11) in [(1, 4, 4), (2, 15, 16), (3, 130, 144)] {
        let first = vec![store(0, 1, Relaxed), load(1, 0, Relaxed), load(0, 1, Relaxed)];
        let second = vec![store(0, 2, Relaxed), load(2, 0, Relaxed), load(0, 1, Relaxed)];
        let others = (1..n).map(|i| vec![store(1, i, Relaxed), store(2, i, Relaxed)]);
        check(&program(3, [first, second].into_iter().chain(others)), sc, c11);
    }
}

/// Two threads add one variable to the other in turns; a third looks at both.
pub(super) fn fibonacci(rounds: usize, checker: bool, loads: Ordering, stores: Ordering) -> Program {
    let adds = |to: usize, from: usize| -> Vec<Op> {
        let round =
            [load(to, 0, loads), load(from, 1, loads), Op::Sum(2, 0, 1), Op::StoreSum(to, 2, 0, stores)];
        (0..rounds).flat_map(|_| round).collect()
    };
    let (mut most, mut next) = (1u64, 1u64);
    for _ in 0..2 * rounds {
        (most, next) = (next, most + next);
    }
    let check = vec![load(0, 0, loads), Op::UnlessLess(0, most + 1, 1), load(1, 0, loads)];
    let threads = [adds(0, 1), adds(1, 0)].into_iter().chain(checker.then_some(check));
    Program::new(vec![atomic(1); 2], threads.collect())
}

#[test]
fn fibonacci_numbers() {
    for (rounds, expected) in [(1, 3), (2, 19), (3, 141), (4, 1107), (5, 8953)] {
        assert_eq!(count(&fibonacci(rounds, false, SeqCst, SeqCst), Sc), expected);
    }
    for (rounds, expected) in [(1, 11), (2, 140), (3, 1698), (4, 19605)] {
        assert_eq!(count(&fibonacci(rounds, true, SeqCst, SeqCst), Sc), expected);
        assert_eq!(count(&fibonacci(rounds, true, SeqCst, SeqCst), C11), expected);
    }
    for (rounds, expected) in [(1, 11), (2, 153), (3, 2258)] {
        assert_eq!(count(&fibonacci(rounds, true, Acquire, Release), C11), expected);
    }
}

#[test]
#[ignore = "slow without optimization"]
fn larger_fibonacci_numbers() {
    assert_eq!(count(&fibonacci(6, false, Relaxed, Relaxed), Sc), 73_789);
    assert_eq!(count(&fibonacci(5, true, Relaxed, Relaxed), Sc), 218_243);
    assert_eq!(count(&fibonacci(5, true, Acquire, Release), C11), 525_630);
}

#[test]
fn litmus_tests() {
    let buffering =
        |o| program(2, [vec![store(0, 1, o), load(1, 0, o)], vec![store(1, 1, o), load(0, 0, o)]]);
    check(&buffering(Relaxed), 3, 4);
    check(&buffering(SeqCst), 3, 3);
    let passing =
        |s, l| program(2, [vec![store(0, 1, s), store(1, 1, s)], vec![load(1, 0, l), load(0, 1, l)]]);
    check(&passing(Relaxed, Relaxed), 3, 4);
    check(&passing(Release, Acquire), 3, 3);
    let loads = program(
        2,
        [vec![load(0, 0, Relaxed), store(1, 1, Relaxed)], vec![load(1, 0, Relaxed), store(0, 1, Relaxed)]],
    );
    check(&loads, 3, 3);
    let stores = program(
        2,
        [vec![store(0, 1, Relaxed), store(1, 2, Relaxed)], vec![store(1, 1, Relaxed), store(0, 2, Relaxed)]],
    );
    check(&stores, 3, 4);
    let independent = program(
        2,
        [
            vec![store(0, 1, SeqCst)],
            vec![store(1, 1, SeqCst)],
            vec![load(0, 0, Acquire), load(1, 1, Acquire)],
            vec![load(1, 0, Acquire), load(0, 1, Acquire)],
        ],
    );
    check(&independent, 15, 16);
}

#[test]
fn brute_force_agrees_on_a_few() {
    let p = program(2, [increase(0, 1, Relaxed), increase(0, 2, Relaxed), vec![load(0, 0, Relaxed)]]);
    for model in [Sc, C11] {
        let found: BTreeSet<_> = explore(&p, model, &mut graphs(model)).into_iter().collect();
        assert_eq!(Some(found), all(&p, model, 100_000));
    }
}
