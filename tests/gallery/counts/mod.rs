//! How many executions there are when those that differ only in the order of independent steps are taken for one.
//!
//! The figures are known from elsewhere: closed forms, published counts, other model checkers. That the traces of all
//! interleavings fall into just so many classes checks the search, the objects and `Step::conflicts` at once.

mod blocking;
mod futures;
mod processes;
mod python;
mod sockets;
mod variables;

use super::canonical::canonical;
use super::every;
use blocking::*;
use futures::*;
use processes::*;
use python::*;
use selvedge::base::Ending;
use selvedge::thread;
use sockets::*;
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use variables::*;

/// A program of some size, and how many of its classes end and how many deadlock.
struct Row {
    name: &'static str,
    model: fn(u32, u32),
    /// (size, rounds, complete, deadlocked)
    sizes: &'static [(u32, u32, usize, usize)],
}

#[test]
fn traces_fall_into_as_many_classes_as_are_known() {
    hold_to(ROWS.iter(), |model, size, rounds| classes(move || model(size, rounds)));
}

#[test]
fn each_class_is_visited_once() {
    hold_to(ROWS.iter().chain(LARGE), |model, size, rounds| visited(move || model(size, rounds)));
}

/// `cargo test --release --test right_and_wrong -- --ignored hundreds_of_thousands`
#[test]
#[ignore = "takes seconds, and minutes without optimization"]
fn hundreds_of_thousands_of_classes_are_visited_once() {
    hold_to(LARGEST.iter(), |model, size, rounds| visited(move || model(size, rounds)));
}

/// Counts the executions of a program of some size and rounds: those that end, and those that deadlock.
type Count = fn(fn(u32, u32), u32, u32) -> (usize, usize);

/// Asserts that so many executions of each program are counted as are known.
fn hold_to<'a>(rows: impl Iterator<Item = &'a Row>, count: Count) {
    let mut wrong = Vec::new();
    for row in rows {
        for &(size, rounds, complete, deadlocked) in row.sizes {
            let found = count(row.model, size, rounds);
            if found != (complete, deadlocked) {
                wrong.push(format!("{} {size} x {rounds}: {found:?}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// How many executions of an exhaustive exploration end, and how many deadlock.
fn visited(model: impl Fn() + Send + Sync + 'static) -> (usize, usize) {
    let seen: Rc<RefCell<[usize; 2]>> = Rc::default();
    let keep = Rc::clone(&seen);
    let explorer = selvedge::Explorer::new()
        .strategy(selvedge::strategy::exhaustive())
        .executions(u64::MAX)
        .all_findings(true)
        .minimise(false)
        .on_execution(move |trace| match trace.ending {
            Ending::Finished => keep.borrow_mut()[0] += 1,
            Ending::Deadlocked => keep.borrow_mut()[1] += 1,
            other => panic!("an execution {other}"),
        });
    let report = explorer.explore(model).expect("the settings make sense");
    assert_eq!(report.coverage(), selvedge::explore::Coverage::Proved, "{report}");
    let [complete, deadlocked] = seen.take();
    (complete, deadlocked)
}

/// Executions taken for one where they differ only in the order of independent steps.
type Classes = HashSet<Vec<Vec<u32>>>;

/// How many classes of executions end, and how many deadlock.
fn classes(model: impl Fn() + Send + Sync + 'static) -> (usize, usize) {
    let seen: Rc<RefCell<[Classes; 2]>> = Rc::default();
    let keep = Rc::clone(&seen);
    let explorer = every().minimise(false).on_execution(move |trace| {
        let ending = match trace.ending {
            Ending::Finished => 0,
            Ending::Deadlocked => 1,
            other => panic!("an execution {other}"),
        };
        keep.borrow_mut()[ending].insert(canonical(trace));
    });
    let report = explorer.explore(model).expect("the settings make sense");
    assert_eq!(report.coverage(), selvedge::explore::Coverage::Proved, "{report}");
    let [complete, deadlocked] = seen.take();
    (complete.len(), deadlocked.len())
}

const ROWS: &[Row] = &[
    Row { name: "readers", model: readers, sizes: &[(2, 1, 4, 0), (5, 1, 32, 0)] },
    Row { name: "inc", model: inc, sizes: &[(2, 1, 4, 0), (3, 1, 36, 0), (4, 1, 576, 0)] },
    Row {
        name: "ainc",
        model: ainc,
        sizes: &[(2, 1, 2, 0), (3, 1, 6, 0), (4, 1, 24, 0), (5, 1, 120, 0), (6, 1, 720, 0)],
    },
    Row { name: "binc", model: binc, sizes: &[(2, 1, 4, 0), (3, 1, 36, 0), (4, 1, 576, 0)] },
    Row { name: "cas", model: cas, sizes: &[(2, 1, 2, 0), (3, 1, 3, 0), (4, 1, 4, 0), (5, 1, 5, 0)] },
    Row { name: "wcas", model: wcas, sizes: &[(2, 1, 5, 0), (3, 1, 13, 0), (4, 1, 33, 0), (5, 1, 81, 0)] },
    Row {
        name: "casrot",
        model: casrot,
        sizes: &[(2, 1, 2, 0), (3, 1, 5, 0), (4, 1, 14, 0), (5, 1, 43, 0), (6, 1, 144, 0)],
    },
    Row { name: "lockinc", model: lockinc, sizes: &[(2, 1, 2, 0), (3, 1, 6, 0), (4, 1, 24, 0)] },
    Row { name: "lastzero", model: lastzero, sizes: &[(2, 1, 5, 0), (3, 1, 12, 0)] },
    Row { name: "CoA", model: coa, sizes: &[(1, 1, 4, 0), (2, 1, 15, 0), (3, 1, 130, 0)] },
    Row { name: "fib and checker", model: fib_checked, sizes: &[(0, 1, 11, 0), (0, 2, 140, 0)] },
    Row { name: "fib", model: fib, sizes: &[(0, 1, 3, 0), (0, 2, 19, 0), (0, 3, 141, 0)] },
    Row { name: "store buffering", model: store_buffering, sizes: &[(2, 1, 3, 0)] },
    Row { name: "message passing", model: message_passing, sizes: &[(2, 1, 3, 0)] },
    Row { name: "load buffering", model: load_buffering, sizes: &[(2, 1, 3, 0)] },
    Row { name: "2+2W", model: two_plus_two_writes, sizes: &[(2, 1, 3, 0)] },
    Row { name: "IRIW", model: iriw, sizes: &[(4, 1, 15, 0)] },
    Row {
        name: "lost update",
        model: lost_update,
        sizes: &[(2, 1, 4, 0), (2, 2, 34, 0), (2, 3, 328, 0), (2, 4, 3334, 0), (3, 1, 36, 0)],
    },
    Row { name: "withdraw", model: withdraw, sizes: &[(2, 1, 6, 0), (3, 1, 63, 0)] },
    Row {
        name: "locked update",
        model: locked_update,
        sizes: &[
            (2, 1, 2, 0),
            (2, 2, 6, 0),
            (2, 3, 20, 0),
            (2, 4, 70, 0),
            (3, 1, 6, 0),
            (3, 2, 90, 0),
            (3, 3, 1680, 0),
        ],
    },
    Row { name: "RLock taken twice", model: rlock_twice, sizes: &[(2, 1, 2, 0), (2, 2, 6, 0), (3, 1, 6, 0)] },
    Row { name: "ABBA", model: abba, sizes: &[(2, 1, 2, 1), (2, 2, 6, 5), (2, 3, 20, 19)] },
    Row { name: "dining philosophers", model: philosophers, sizes: &[(3, 1, 6, 1), (4, 1, 14, 1)] },
    Row { name: "lost wakeup", model: lost_wakeup, sizes: &[(2, 1, 1, 1)] },
    Row {
        name: "one producer, one consumer",
        model: one_to_one,
        sizes: &[(2, 1, 2, 0), (2, 2, 6, 0), (2, 3, 20, 0), (2, 4, 70, 0)],
    },
    Row { name: "two producers, one consumer", model: two_to_one, sizes: &[(3, 1, 12, 0)] },
    Row { name: "one producer, two consumers", model: one_to_two, sizes: &[(3, 1, 24, 0)] },
    Row { name: "buffer of capacity 1", model: room_for_one, sizes: &[(2, 2, 8, 0)] },
    Row { name: "Semaphore(1)", model: one_permit, sizes: &[(2, 1, 2, 0), (3, 1, 6, 0)] },
    Row { name: "Semaphore(2)", model: two_permits, sizes: &[(2, 1, 18, 0)] },
    Row { name: "a relay of semaphores", model: relay, sizes: &[(2, 1, 1, 0), (4, 1, 1, 0)] },
    Row { name: "Barrier", model: barrier, sizes: &[(2, 1, 2, 0), (3, 1, 6, 0), (2, 2, 6, 0)] },
    Row { name: "one too many at a Barrier", model: one_too_many, sizes: &[(2, 1, 0, 12)] },
    Row { name: "Queue", model: fifo, sizes: &[(2, 1, 4, 0), (3, 1, 30, 0)] },
    Row { name: "Queue(1)", model: fifo_of_one, sizes: &[(2, 1, 2, 0), (3, 1, 6, 0)] },
    Row { name: "LifoQueue", model: lifo, sizes: &[(2, 1, 4, 0), (3, 1, 30, 0)] },
    Row { name: "SimpleQueue", model: simple, sizes: &[(1, 1, 1, 0), (2, 1, 2, 0), (3, 1, 5, 0)] },
    Row {
        name: "update of a value",
        model: value_update,
        sizes: &[(2, 1, 4, 0), (2, 2, 34, 0), (3, 1, 36, 0)],
    },
    Row {
        name: "update under its lock",
        model: guarded_update,
        sizes: &[(2, 1, 2, 0), (2, 2, 6, 0), (3, 1, 6, 0)],
    },
    Row { name: "feeders", model: feeders, sizes: &[(2, 1, 2, 0), (2, 2, 6, 0), (3, 1, 6, 0)] },
    Row { name: "from feeder to taker", model: hand_over, sizes: &[(2, 1, 1, 0), (2, 2, 2, 0)] },
    Row { name: "late feeder", model: late_feeder, sizes: &[(1, 1, 2, 0), (1, 3, 4, 0)] },
    Row { name: "one-way pipe", model: one_way, sizes: &[(2, 1, 2, 0), (2, 2, 5, 0)] },
    Row { name: "mixed messages", model: mixed, sizes: &[(2, 1, 20, 0)] },
    Row { name: "terminated", model: terminated, sizes: &[(2, 1, 2, 0), (2, 3, 4, 0)] },
    Row { name: "lock of the dead", model: lock_of_the_dead, sizes: &[(2, 1, 2, 1)] },
    Row { name: "connect and accept", model: accepted, sizes: &[(1, 1, 1, 0), (2, 1, 4, 0), (3, 1, 30, 0)] },
    Row { name: "question and answer", model: in_turn, sizes: &[(2, 1, 1, 0), (2, 3, 1, 0)] },
    Row { name: "byte by byte", model: one_by_one, sizes: &[(2, 1, 1, 0), (2, 2, 2, 0), (2, 3, 5, 0)] },
    Row { name: "refused", model: refused, sizes: &[(1, 1, 1, 0), (2, 1, 4, 0)] },
    Row { name: "both close", model: both_close, sizes: &[(2, 1, 2, 0)] },
    Row { name: "a thread for each connection", model: served, sizes: &[(1, 1, 3, 0)] },
    Row { name: "pool", model: pool, sizes: &[(1, 1, 1, 0), (1, 2, 6, 0), (2, 1, 1, 0)] },
    Row { name: "update by a pool", model: pooled_update, sizes: &[(1, 1, 2, 0)] },
    Row { name: "independent atomics", model: independent, sizes: &[(3, 2, 1, 0)] },
    Row { name: "empty threads", model: empty, sizes: &[(2, 0, 1, 0), (3, 0, 1, 0), (4, 0, 1, 0)] },
];

/// Sizes at which all interleavings would take too long.
const LARGE: &[Row] = &[
    Row { name: "pool", model: pool, sizes: &[(2, 2, 22, 0)] },
    Row { name: "update by a pool", model: pooled_update, sizes: &[(2, 1, 150, 0)] },
    Row { name: "a thread for each connection", model: served, sizes: &[(2, 1, 36, 0), (3, 1, 810, 0)] },
    Row { name: "readers", model: readers, sizes: &[(8, 1, 256, 0), (13, 1, 8192, 0)] },
    Row { name: "ainc", model: ainc, sizes: &[(7, 1, 5040, 0)] },
    Row { name: "casrot", model: casrot, sizes: &[(6, 1, 144, 0)] },
    Row { name: "lockinc", model: lockinc, sizes: &[(5, 1, 120, 0), (6, 1, 720, 0), (7, 1, 5040, 0)] },
    Row { name: "lastzero", model: lastzero, sizes: &[(5, 1, 64, 0), (10, 1, 3328, 0)] },
    Row { name: "fib and checker", model: fib_checked, sizes: &[(0, 3, 1698, 0), (0, 4, 19605, 0)] },
    Row { name: "fib", model: fib, sizes: &[(0, 4, 1107, 0), (0, 5, 8953, 0)] },
    Row { name: "lost update", model: lost_update, sizes: &[(2, 5, 34904, 0), (4, 1, 576, 0)] },
    Row { name: "locked update", model: locked_update, sizes: &[(4, 1, 24, 0), (4, 2, 2520, 0)] },
    Row { name: "independent atomics", model: independent, sizes: &[(3, 5, 1, 0)] },
];

const LARGEST: &[Row] = &[
    Row { name: "fib and checker", model: fib_checked, sizes: &[(0, 5, 218243, 0)] },
    Row { name: "fib", model: fib, sizes: &[(0, 6, 73789, 0)] },
];

/// Starts all, then joins all.
fn run_all<F: FnOnce() + Send + 'static>(bodies: impl Iterator<Item = F>) {
    let threads: Vec<_> = bodies.map(thread::spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn empty(n: u32, _: u32) {
    run_all((0..n).map(|_| || ()));
}
