//! Programs that load and store.

use super::run_all;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};

/// What a thread of a program does to the variables.
type Body = Box<dyn FnOnce(&[AtomicU32]) + Send>;

/// Runs one thread for each body, all on the same variables.
fn run(variables: u32, bodies: Vec<Body>) {
    let variables: Arc<Vec<AtomicU32>> = Arc::new((0..variables).map(|_| AtomicU32::new(0)).collect());
    run_all(bodies.into_iter().map(|body| {
        let variables = Arc::clone(&variables);
        move || body(&variables)
    }));
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

pub(super) fn readers(n: u32, _: u32) {
    let mut bodies = each(n, |_| |v: &[AtomicU32]| look(&v[0]));
    bodies.push(body(|v| set(&v[0], 42)));
    run(1, bodies);
}

pub(super) fn inc(n: u32, _: u32) {
    run(1, each(n, |i| move |v: &[AtomicU32]| set(&v[0], get(&v[0]) + (1 << i))));
}

pub(super) fn ainc(n: u32, _: u32) {
    run(1, each(n, |_| |v: &[AtomicU32]| add(&v[0])));
}

pub(super) fn binc(n: u32, _: u32) {
    run(2, each(n, |_| |v: &[AtomicU32]| v.iter().for_each(add)));
}

fn exchange(variable: &AtomicU32, from: u32, to: u32) {
    let _ = variable.compare_exchange(from, to, SeqCst, SeqCst);
}

pub(super) fn cas(n: u32, _: u32) {
    run(1, each(n, |i| move |v: &[AtomicU32]| exchange(&v[0], 0, i + 1)));
}

pub(super) fn wcas(n: u32, _: u32) {
    let mut bodies = each(n, |_| |v: &[AtomicU32]| exchange(&v[0], 2, 3));
    bodies.push(body(|v| set(&v[0], 2)));
    run(1, bodies);
}

pub(super) fn casrot(n: u32, _: u32) {
    // Thread i, counted from 1, makes i of i - 1.
    run(1, each(n, |i| move |v: &[AtomicU32]| exchange(&v[0], i, i + 1)));
}

pub(super) fn lockinc(n: u32, _: u32) {
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

pub(super) fn lastzero(n: u32, _: u32) {
    let mut bodies = each(n, |i| move |v: &[AtomicU32]| set(&v[i as usize + 1], get(&v[i as usize]) + 1));
    bodies.push(body(|v| assert!(v.iter().rev().any(|cell| get(cell) == 0), "the first stays 0")));
    run(n + 1, bodies);
}

pub(super) fn coa(n: u32, _: u32) {
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

pub(super) fn fib(_: u32, rounds: u32) {
    run(2, fib_bodies(rounds));
}

pub(super) fn fib_checked(_: u32, rounds: u32) {
    let mut bodies = fib_bodies(rounds);
    bodies.push(body(|v| {
        look(&v[0]);
        look(&v[1]);
    }));
    run(2, bodies);
}

pub(super) fn store_buffering(_: u32, _: u32) {
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

pub(super) fn message_passing(_: u32, _: u32) {
    run(2, vec![body(|v| v.iter().for_each(|v| set(v, 1))), body(|v| v.iter().rev().for_each(look))]);
}

pub(super) fn load_buffering(_: u32, _: u32) {
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

pub(super) fn two_plus_two_writes(_: u32, _: u32) {
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

pub(super) fn iriw(_: u32, _: u32) {
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

pub(super) fn lost_update(n: u32, rounds: u32) {
    run(1, each(n, |_| move |v: &[AtomicU32]| (0..rounds).for_each(|_| set(&v[0], get(&v[0]) + 1))));
}

pub(super) fn withdraw(n: u32, _: u32) {
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

pub(super) fn independent(n: u32, rounds: u32) {
    run(n, each(n, |i| move |v: &[AtomicU32]| (0..rounds).for_each(|_| add(&v[i as usize]))));
}
