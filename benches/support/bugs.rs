//! Programs with known bugs from SCTBench, over the facade.
//!
//! What is a plain variable there is an atomic here, sequentially consistent: each access is a step, as the published
//! explorers take it to be.

use selvedge::sync::Mutex;
use selvedge::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};
use selvedge::thread;

/// A program, its name, and what is published on it: the mean number of executions to the first failing one, over 20 trials.
pub(crate) struct Bug {
    pub(crate) name: &'static str,
    pub(crate) run: fn(),
    /// How many executions it is given: fewer where each takes long.
    pub(crate) most: u64,
    /// Under partial order sampling, PCT with three ordering constraints, and reads-from guided fuzzing.
    pub(crate) published: [&'static str; 3],
}

/// Those that are described well enough to be written down.
pub(crate) const BUGS: [Bug; 9] = [
    Bug { name: "account", run: account, most: 10_000, published: ["1", "9", "1"] },
    Bug { name: "deadlock01", run: deadlock01, most: 10_000, published: ["4", "20", "5"] },
    Bug { name: "lazy01", run: lazy01, most: 10_000, published: ["5", "10", "6"] },
    Bug { name: "reorder_3", run: reorder::<2>, most: 10_000, published: ["223", "241", "7"] },
    Bug { name: "reorder_5", run: reorder::<4>, most: 10_000, published: ["4377 (17)", "1126", "6"] },
    Bug { name: "reorder_10", run: reorder::<9>, most: 10_000, published: ["- (0)", "2356", "6"] },
    Bug { name: "twostage", run: twostage::<1>, most: 10_000, published: ["15", "9", "8"] },
    Bug { name: "twostage_100", run: twostage::<100>, most: 1_000, published: ["- (0)", "3888 (6)", "56"] },
    Bug { name: "wronglock_3", run: wronglock::<3>, most: 10_000, published: ["1", "40", "1"] },
];

/// What a thread does.
type Job<'a> = &'a (dyn Fn() + Sync);

/// Starts the threads, waits for the ends of all and passes on their panics.
fn together<'a>(jobs: impl IntoIterator<Item = Job<'a>>) {
    thread::scope(|scope| {
        let threads: Vec<_> = jobs.into_iter().map(|job| scope.spawn(job)).collect();
        let ends: Vec<_> = threads.into_iter().map(thread::ScopedJoinHandle::join).collect();
        ends.into_iter().for_each(|end| end.unwrap());
    });
}

/// Reads and writes: two steps.
#[track_caller]
fn add(variable: &AtomicI32, number: i32) {
    variable.store(variable.load(SeqCst) + number, SeqCst);
}

/// A deposit, a withdrawal and an inspection. The inspector knows only one of the two sums that it could find.
fn account() {
    let lock = Mutex::new(());
    let balance = AtomicI32::new(1);
    let deposited = AtomicBool::new(false);
    let withdrawn = AtomicBool::new(false);
    let deposit = || {
        let _lock = lock.lock().unwrap();
        add(&balance, 2);
        deposited.store(true, SeqCst);
    };
    let withdraw = || {
        let _lock = lock.lock().unwrap();
        add(&balance, -4);
        withdrawn.store(true, SeqCst);
    };
    let inspect = || {
        let _lock = lock.lock().unwrap();
        if deposited.load(SeqCst) && withdrawn.load(SeqCst) {
            assert_eq!(balance.load(SeqCst), 1 - 2 - 4, "the balance");
        }
    };
    together([&deposit as Job<'_>, &withdraw, &inspect]);
}

/// Two locks, taken in opposite orders.
fn deadlock01() {
    let a = Mutex::new(());
    let b = Mutex::new(());
    let count = AtomicI32::new(0);
    let one = || {
        let _first = a.lock().unwrap();
        let _second = b.lock().unwrap();
        add(&count, 1);
    };
    let other = || {
        let _first = b.lock().unwrap();
        let _second = a.lock().unwrap();
        add(&count, -1);
    };
    together([&one as Job<'_>, &other]);
}

/// One adds one, one adds two, and one minds three.
fn lazy01() {
    let lock = Mutex::new(());
    let data = AtomicI32::new(0);
    let one = || {
        let _lock = lock.lock().unwrap();
        add(&data, 1);
    };
    let two = || {
        let _lock = lock.lock().unwrap();
        add(&data, 2);
    };
    let minds = || {
        let _lock = lock.lock().unwrap();
        assert!(data.load(SeqCst) < 3, "the data");
    };
    together([&one as Job<'_>, &two, &minds]);
}

/// Setters write one variable and then another; a checker must not come in between.
fn reorder<const SETTERS: usize>() {
    let a = AtomicI32::new(0);
    let b = AtomicI32::new(0);
    let set = || {
        a.store(1, SeqCst);
        b.store(-1, SeqCst);
    };
    let check = || {
        let equal = a.load(SeqCst) == 0 && b.load(SeqCst) == 0 || a.load(SeqCst) == 1 && b.load(SeqCst) == -1;
        assert!(equal, "both or none");
    };
    let setters = std::iter::repeat_n(&set as Job<'_>, SETTERS);
    together(setters.chain([&check as Job<'_>]));
}

/// Two stages under a lock each; readers take it that both are done when the first is.
fn twostage<const EACH: usize>() {
    let first = Mutex::new(());
    let second = Mutex::new(());
    let (one, two) = (AtomicI32::new(0), AtomicI32::new(0));
    let write = || {
        let first = first.lock().unwrap();
        one.store(1, SeqCst);
        drop(first);
        let _second = second.lock().unwrap();
        two.store(one.load(SeqCst) + 1, SeqCst);
    };
    let read = || {
        let first = first.lock().unwrap();
        if one.load(SeqCst) == 0 {
            return;
        }
        let seen = one.load(SeqCst);
        drop(first);
        let _second = second.lock().unwrap();
        assert_eq!(two.load(SeqCst), seen + 1, "the second stage");
    };
    let writers = std::iter::repeat_n(&write as Job<'_>, EACH);
    together(writers.chain(std::iter::repeat_n(&read as Job<'_>, EACH)));
}

/// One thread reads, adds and checks under a lock; the others add under another lock.
fn wronglock<const OTHERS: usize>() {
    let data_lock = Mutex::new(());
    let this_lock = Mutex::new(());
    let data = AtomicI32::new(0);
    let right = || {
        let _lock = data_lock.lock().unwrap();
        let before = data.load(SeqCst);
        add(&data, 1);
        assert_eq!(data.load(SeqCst), before + 1, "the data");
    };
    let wrong = || {
        let _lock = this_lock.lock().unwrap();
        add(&data, 1);
    };
    let others = std::iter::repeat_n(&wrong as Job<'_>, OTHERS);
    together([&right as Job<'_>].into_iter().chain(others));
}
