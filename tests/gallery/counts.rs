//! How many executions there are when those that differ only in the order of independent steps are taken for one.
//!
//! The figures are known from elsewhere: closed forms, published counts, other model checkers. That the traces of all
//! interleavings fall into just so many classes checks the search, the objects and `Step::conflicts` at once.

use super::canonical::canonical;
use super::every;
use selvedge::base::Ending;
use selvedge::python::Error;
use selvedge::python::threading::{Condition, Lock, RLock};
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::thread;
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

/// A program of some size, and how many of its classes end and how many deadlock.
struct Row {
    name: &'static str,
    model: fn(u32, u32),
    /// (size, rounds, complete, deadlocked)
    sizes: &'static [(u32, u32, usize, usize)],
}

/// What a thread of a program does to the variables.
type Body = Box<dyn FnOnce(&[AtomicU32]) + Send>;

#[test]
fn traces_fall_into_as_many_classes_as_are_known() {
    for row in ROWS {
        for &(size, rounds, complete, deadlocked) in row.sizes {
            let model = row.model;
            let found = classes(move || model(size, rounds));
            assert_eq!(found, (complete, deadlocked), "{} {size} x {rounds}", row.name);
        }
    }
}

/// How many classes of executions end, and how many deadlock.
fn classes(model: impl Fn() + Send + Sync + 'static) -> (usize, usize) {
    let seen: Rc<RefCell<[HashSet<Vec<Vec<u32>>>; 2]>> = Rc::default();
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
    Row { name: "independent atomics", model: independent, sizes: &[(3, 2, 1, 0)] },
    Row { name: "empty threads", model: empty, sizes: &[(2, 0, 1, 0), (3, 0, 1, 0), (4, 0, 1, 0)] },
];

/// Runs one thread for each body, all on the same variables.
fn run(variables: u32, bodies: Vec<Body>) {
    let variables: Arc<Vec<AtomicU32>> = Arc::new((0..variables).map(|_| AtomicU32::new(0)).collect());
    run_all(bodies.into_iter().map(|body| {
        let variables = Arc::clone(&variables);
        move || body(&variables)
    }));
}

fn run_all<F: FnOnce() + Send + 'static>(bodies: impl Iterator<Item = F>) {
    let threads: Vec<_> = bodies.map(thread::spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// So many bodies, by number.
fn each<F: FnOnce(&[AtomicU32]) + Send + 'static>(count: u32, body: impl Fn(u32) -> F) -> Vec<Body> {
    (0..count).map(|number| Box::new(body(number)) as Body).collect()
}

fn body(body: impl FnOnce(&[AtomicU32]) + Send + 'static) -> Body {
    Box::new(body)
}

fn look(variable: &AtomicU32) {
    variable.load(SeqCst);
}

fn add(variable: &AtomicU32) {
    variable.fetch_add(1, SeqCst);
}

fn get(variable: &AtomicU32) -> u32 {
    variable.load(SeqCst)
}

fn set(variable: &AtomicU32, value: u32) {
    variable.store(value, SeqCst);
}

fn readers(n: u32, _: u32) {
    let mut bodies = each(n, |_| |v: &[AtomicU32]| look(&v[0]));
    bodies.push(body(|v| set(&v[0], 42)));
    run(1, bodies);
}

fn inc(n: u32, _: u32) {
    run(1, each(n, |i| move |v: &[AtomicU32]| set(&v[0], get(&v[0]) + (1 << i))));
}

fn ainc(n: u32, _: u32) {
    run(1, each(n, |_| |v: &[AtomicU32]| add(&v[0])));
}

fn binc(n: u32, _: u32) {
    run(2, each(n, |_| |v: &[AtomicU32]| v.iter().for_each(|v| add(v))));
}

fn exchange(variable: &AtomicU32, from: u32, to: u32) {
    let _ = variable.compare_exchange(from, to, SeqCst, SeqCst);
}

fn cas(n: u32, _: u32) {
    run(1, each(n, |i| move |v: &[AtomicU32]| exchange(&v[0], 0, i + 1)));
}

fn wcas(n: u32, _: u32) {
    let mut bodies = each(n, |_| |v: &[AtomicU32]| exchange(&v[0], 2, 3));
    bodies.push(body(|v| set(&v[0], 2)));
    run(1, bodies);
}

fn casrot(n: u32, _: u32) {
    // Thread i, counted from 1, makes i of i - 1.
    run(1, each(n, |i| move |v: &[AtomicU32]| exchange(&v[0], i, i + 1)));
}

fn lockinc(n: u32, _: u32) {
    let lock = Arc::new(Mutex::new(()));
    let body = |_| {
        let lock = Arc::clone(&lock);
        move |v: &[AtomicU32]| {
            let _guard = lock.lock().unwrap();
            set(&v[0], get(&v[0]) + 1);
        }
    };
    run(1, each(n, body));
}

fn lastzero(n: u32, _: u32) {
    let mut bodies = each(n, |i| move |v: &[AtomicU32]| set(&v[i as usize + 1], get(&v[i as usize]) + 1));
    bodies.push(body(|v| assert!(v.iter().rev().any(|cell| get(cell) == 0), "the first stays 0")));
    run(n + 1, bodies);
}

fn coa(n: u32, _: u32) {
    let (x, y, z) = (0, 1, 2);
    let mut bodies = each(n - 1, |i| {
        move |v: &[AtomicU32]| {
            set(&v[y], i + 1);
            set(&v[z], i + 1);
        }
    });
    for (value, look) in [(1, y), (2, z)] {
        bodies.push(body(move |v| {
            set(&v[x], value);
            get(&v[look]);
            get(&v[x]);
        }));
    }
    run(3, bodies);
}

/// `x = x + y` so often, and `y = y + x`.
fn fib_bodies(rounds: u32) -> Vec<Body> {
    each(2, |i| {
        move |v: &[AtomicU32]| {
            let (mine, other) = (&v[i as usize], &v[1 - i as usize]);
            (0..rounds).for_each(|_| set(mine, get(mine) + get(other)));
        }
    })
}

fn fib(_: u32, rounds: u32) {
    run(2, fib_bodies(rounds));
}

fn fib_checked(_: u32, rounds: u32) {
    let mut bodies = fib_bodies(rounds);
    bodies.push(body(|v| {
        look(&v[0]);
        look(&v[1]);
    }));
    run(2, bodies);
}

fn store_buffering(_: u32, _: u32) {
    run(
        2,
        vec![
            body(|v| {
                set(&v[0], 1);
                look(&v[1]);
            }),
            body(|v| {
                set(&v[1], 1);
                look(&v[0]);
            }),
        ],
    );
}

fn message_passing(_: u32, _: u32) {
    run(2, vec![body(|v| v.iter().for_each(|v| set(v, 1))), body(|v| v.iter().rev().for_each(|v| look(v)))]);
}

fn load_buffering(_: u32, _: u32) {
    run(
        2,
        vec![
            body(|v| {
                look(&v[0]);
                set(&v[1], 1);
            }),
            body(|v| {
                look(&v[1]);
                set(&v[0], 1);
            }),
        ],
    );
}

fn two_plus_two_writes(_: u32, _: u32) {
    run(
        2,
        vec![
            body(|v| {
                set(&v[0], 1);
                set(&v[1], 2);
            }),
            body(|v| {
                set(&v[1], 1);
                set(&v[0], 2);
            }),
        ],
    );
}

fn iriw(_: u32, _: u32) {
    let mut bodies = each(2, |i| move |v: &[AtomicU32]| set(&v[i as usize], 1));
    bodies.push(body(|v| {
        look(&v[0]);
        look(&v[1]);
    }));
    bodies.push(body(|v| {
        look(&v[1]);
        look(&v[0]);
    }));
    run(2, bodies);
}

fn lost_update(n: u32, rounds: u32) {
    run(1, each(n, |_| move |v: &[AtomicU32]| (0..rounds).for_each(|_| set(&v[0], get(&v[0]) + 1))));
}

fn withdraw(n: u32, _: u32) {
    let balance = Arc::new(AtomicU32::new(100));
    run_all((0..n).map(|_| {
        let balance = Arc::clone(&balance);
        move || {
            if get(&balance) >= 100 {
                let before = get(&balance);
                set(&balance, before.wrapping_sub(100));
            }
        }
    }));
}

fn locked_update(n: u32, rounds: u32) {
    let balance = Arc::new(Mutex::new(0));
    run_all((0..n).map(|_| {
        let balance = Arc::clone(&balance);
        move || (0..rounds).for_each(|_| *balance.lock().unwrap() += 1)
    }));
}

fn rlock_twice(n: u32, rounds: u32) {
    let lock = RLock::new();
    run_all((0..n).map(|_| {
        let lock = lock.clone();
        move || (0..rounds).for_each(|_| lock.with(|| lock.with(|| ())))
    }));
}

fn abba(_: u32, rounds: u32) {
    let locks = Arc::new([Mutex::new(()), Mutex::new(())]);
    run_all([0, 1].into_iter().map(|first: usize| {
        let locks = Arc::clone(&locks);
        move || {
            for _ in 0..rounds {
                let _outer = locks[first].lock().unwrap();
                let _inner = locks[1 - first].lock().unwrap();
            }
        }
    }));
}

fn philosophers(n: u32, _: u32) {
    let forks: Arc<Vec<_>> = Arc::new((0..n).map(|_| Mutex::new(())).collect());
    run_all((0..n as usize).map(|left| {
        let forks = Arc::clone(&forks);
        move || {
            let _left = forks[left].lock().unwrap();
            let _right = forks[(left + 1) % forks.len()].lock().unwrap();
        }
    }));
}

/// A step of a program around one condition.
fn unwrap<T>(result: Result<T, Error>) -> T {
    result.expect("the lock is held")
}

fn lost_wakeup(_: u32, _: u32) {
    let condition = Condition::over(&Lock::new());
    let (waits, notifies) = (condition.clone(), condition);
    let waits = thread::spawn(move || waits.with(|| unwrap(waits.wait())));
    let notifies = thread::spawn(move || notifies.with(|| unwrap(notifies.notify())));
    waits.join().unwrap();
    notifies.join().unwrap();
}

/// Producers put so many items each, consumers take so many each, around one condition. How many items there are is
/// known only under the lock, so it is no step.
fn queue(producers: &[u32], consumers: &[u32], room: u32) {
    let condition = Condition::over(&Lock::new());
    let items = Arc::new(std::sync::atomic::AtomicU32::new(0));
    // Waits while there are `from` items.
    let side = |count: u32, from: u32, change: fn(u32) -> u32| {
        let (condition, items) = (condition.clone(), Arc::clone(&items));
        move || {
            for _ in 0..count {
                condition.with(|| {
                    while items.load(SeqCst) == from {
                        unwrap(condition.wait());
                    }
                    items.store(change(items.load(SeqCst)), SeqCst);
                    if from == 0 && room == u32::MAX {
                        // Nobody waits for room.
                        return;
                    }
                    unwrap(condition.notify());
                });
            }
        }
    };
    let producers = producers.iter().map(|count| side(*count, room, |items| items + 1));
    let consumers = consumers.iter().map(|count| side(*count, 0, |items| items - 1));
    run_all(producers.chain(consumers));
}

fn one_to_one(_: u32, items: u32) {
    queue(&[items], &[items], u32::MAX);
}

fn two_to_one(_: u32, items: u32) {
    queue(&[items, items], &[2 * items], u32::MAX);
}

fn one_to_two(_: u32, items: u32) {
    queue(&[2 * items], &[items, items], u32::MAX);
}

fn room_for_one(_: u32, items: u32) {
    queue(&[items], &[items], 1);
}

fn independent(n: u32, rounds: u32) {
    run(n, each(n, |i| move |v: &[AtomicU32]| (0..rounds).for_each(|_| add(&v[i as usize]))));
}

fn empty(n: u32, _: u32) {
    run_all((0..n).map(|_| || ()));
}
