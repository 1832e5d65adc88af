//! Nothing is allocated and nothing mapped per execution, beyond what the model allocates itself.
//!
//! Each model is explored for some executions and for more, the first having grown all buffers: the difference must be what
//! the model allocates itself in those that are more, exactly. The allocator counts per operating-system thread, and an exploration
//! stays on the one that began it, so tests do not disturb each other.
//!
//! When a test fails, `ALLOCATIONS_FROM=1000 cargo test --test allocations -- --nocapture` shows where the first twenty
//! allocations after the thousandth execution come from, the model's own among them.

use selvedge::cell::UnsafeCell;
use selvedge::explore::Search;
use selvedge::python::Shared;
use selvedge::python::threading::{Condition, Thread};
use selvedge::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use selvedge::sync::{Arc, Barrier, Condvar, Mutex, OnceLock, RwLock, mpsc};
use selvedge::{Explorer, thread};
use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::time::Duration;

/// How many executions grow the buffers.
const WARM: u64 = 2_100;
/// How many more are counted, no power of two among their numbers: such an execution is run again and its trace copied.
const MORE: u64 = 1_900;

/// A model and how many allocations one execution of it makes for itself.
type Model = (&'static str, u64, fn());

/// Most objects are inside one `Arc`, which is the model's own allocation. The others say where theirs come from.
const MODELS: [Model; 16] = [
    ("empty", 0, || {}),
    ("threads", 0, threads),
    ("mutex", 1, mutex),
    ("atomics", 1, atomics),
    ("condvar", 1, condvar),
    // The channel and its queue.
    ("channel", 2, channel),
    ("rendezvous", 2, rendezvous),
    ("locks", 1, locks),
    // The list of its threads; std's scope allocates two for one thread.
    ("scope", 1, scope),
    // The value: it is the execution's, not the cell's, so that statics begin afresh.
    ("set once", 2, set_once),
    // For each thread that uses it the value, and what keeps it while it is destroyed.
    ("thread-local", 4, thread_local),
    ("parking and sleeping", 0, parking),
    ("checked cells", 1, cells),
    // Every object of Python's is on the heap: lock, condition, variable, thread, its target, its name when started.
    ("python", 6, python),
    ("twenty threads", 1, twenty_threads),
    ("result on the heap", 1, boxed_result),
];

#[test]
fn random_search_allocates_nothing_of_its_own() {
    assert_allocates_nothing(&MODELS, Search::Random);
}

#[test]
fn pct_allocates_nothing_of_its_own() {
    assert_allocates_nothing(&MODELS, Search::Pct { depth: 3 });
}

#[test]
fn sampling_that_follows_the_threads_allocates_nothing_of_its_own() {
    assert_allocates_nothing(&MODELS, Search::Pos);
    assert_allocates_nothing(&MODELS, Search::Surw);
}

#[test]
fn exhaustive_search_allocates_nothing_of_its_own() {
    // Those that have enough schedules.
    let models: [Model; 3] =
        [("mutex", 1, long_mutex), ("atomics", 1, long_atomics), ("condvar", 1, long_condvar)];
    assert_allocates_nothing(&models, Search::Dfs { preemptions: None });
}

/// A stack mapped anew is touched anew, and each page touched first is a fault. The calls themselves can be counted with
/// `strace -f -c -e trace=mmap,munmap,mprotect,madvise` on `cargo bench --bench instructions`'s program, given
/// `selvedge-random A N`: they are as many whatever N is.
#[test]
#[cfg(target_os = "linux")]
fn maps_no_memory_per_execution() {
    let faults = |executions| {
        let before = page_faults();
        explore(Search::Random, executions, mutex);
        page_faults() - before
    };
    faults(WARM);
    let (once, twice) = (faults(WARM), faults(2 * WARM));
    let few = once + WARM as i64 / 50;
    assert!(twice < few, "{once} page faults in {WARM} executions, {twice} in twice as many");
}

fn threads() {
    let first = thread::spawn(|| 1u64);
    let second = thread::spawn(|| 2u64);
    assert_eq!(first.join().unwrap() + second.join().unwrap(), 3);
}

fn add_locked(rounds: usize) {
    let total = Arc::new(Mutex::new(0));
    let threads: [_; 2] = std::array::from_fn(|_| {
        let total = Arc::clone(&total);
        thread::spawn(move || (0..rounds).for_each(|_| *total.lock().unwrap() += 1))
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*total.lock().unwrap(), 2 * rounds);
}

fn mutex() {
    add_locked(2);
}

fn long_mutex() {
    add_locked(8);
}

fn add_racy(rounds: usize) {
    let total = Arc::new(AtomicUsize::new(0));
    let threads: [_; 2] = std::array::from_fn(|_| {
        let total = Arc::clone(&total);
        thread::spawn(move || (0..rounds).for_each(|_| total.store(total.load(SeqCst) + 1, SeqCst)))
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn atomics() {
    add_racy(2);
}

fn long_atomics() {
    add_racy(4);
}

fn condvar() {
    wait_in_turn(1);
}

fn long_condvar() {
    wait_in_turn(3);
}

fn wait_in_turn(rounds: usize) {
    let shared = Arc::new((Mutex::new(0), Condvar::new(), AtomicBool::new(false)));
    let threads: [_; 2] = std::array::from_fn(|_| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            for _ in 0..rounds {
                let mut count = shared.0.lock().unwrap();
                while *count == 0 {
                    count = shared.1.wait(count).unwrap();
                }
                *count -= 1;
            }
            shared.2.store(true, SeqCst);
        })
    });
    for _ in 0..2 * rounds {
        *shared.0.lock().unwrap() += 1;
        shared.1.notify_all();
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(shared.2.load(SeqCst));
}

/// Allocates the channel itself and the first block of its messages, as std's does.
fn channel() {
    let (sender, receiver) = mpsc::channel();
    let other = sender.clone();
    let first = thread::spawn(move || sender.send(1).unwrap());
    let second = thread::spawn(move || other.send(2).unwrap());
    assert_eq!(receiver.recv().unwrap() + receiver.recv().unwrap(), 3);
    assert!(receiver.recv().is_err());
    first.join().unwrap();
    second.join().unwrap();
}

fn rendezvous() {
    let (sender, receiver) = mpsc::sync_channel(0);
    let thread = thread::spawn(move || sender.send(1).unwrap());
    assert_eq!(receiver.recv(), Ok(1));
    thread.join().unwrap();
}

fn locks() {
    let shared = Arc::new((RwLock::new(0), Barrier::new(2)));
    let other = Arc::clone(&shared);
    let thread = thread::spawn(move || {
        *other.0.write().unwrap() += 1;
        other.1.wait();
    });
    let seen = *shared.0.read().unwrap();
    shared.1.wait();
    thread.join().unwrap();
    assert!(seen <= 1);
}

fn scope() {
    let mut value = 0;
    thread::scope(|scope| {
        scope.spawn(|| value = 1);
    });
    assert_eq!(value, 1);
}

fn set_once() {
    let shared = Arc::new(OnceLock::new());
    let other = Arc::clone(&shared);
    let thread = thread::spawn(move || *other.get_or_init(|| 1));
    let seen = *shared.get_or_init(|| 2);
    assert_eq!(thread.join().unwrap(), seen);
}

selvedge::thread_local! {
    static LOCAL: Cell<u32> = const { Cell::new(0) };
}

fn thread_local() {
    let thread = thread::spawn(|| LOCAL.set(1));
    LOCAL.set(2);
    thread.join().unwrap();
    assert_eq!(LOCAL.get(), 2);
}

fn parking() {
    let thread = thread::spawn(|| {
        thread::park();
        thread::park_timeout(Duration::from_millis(1));
        thread::sleep(Duration::from_millis(1));
    });
    thread::yield_now();
    thread.thread().unpark();
    thread.join().unwrap();
}

struct Counter {
    lock: Mutex<()>,
    value: UnsafeCell<u32>,
}

// SAFETY: `value` is used by `add` only, which holds the lock.
unsafe impl Sync for Counter {}

impl Counter {
    fn add(&self) {
        let _held = self.lock.lock().unwrap();
        // SAFETY: the lock is held, and nobody keeps a reference.
        self.value.with_mut(|value| unsafe { *value += 1 });
    }
}

fn cells() {
    let counter = Arc::new(Counter { lock: Mutex::new(()), value: UnsafeCell::new(0) });
    let other = Arc::clone(&counter);
    let thread = thread::spawn(move || other.add());
    counter.add();
    thread.join().unwrap();
}

fn python() {
    let condition = Condition::new();
    let balance = Shared::new(0);
    let (others, theirs) = (condition.clone(), balance.clone());
    let thread = Thread::new(move || {
        others.with(|| {
            theirs.set(theirs.get() + 1);
            others.notify().unwrap();
        });
    });
    thread.start().unwrap();
    condition.with(|| condition.wait_for(|| balance.get() == 1)).unwrap();
    thread.join().unwrap();
}

fn twenty_threads() {
    let total = Arc::new(Mutex::new(0));
    let threads: [_; 20] = std::array::from_fn(|_| {
        let total = Arc::clone(&total);
        thread::spawn(move || *total.lock().unwrap() += 1)
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*total.lock().unwrap(), 20);
}

fn boxed_result() {
    let boxed = thread::spawn(|| Box::new(7u64)).join().unwrap();
    assert_eq!(*boxed, 7);
}

fn assert_allocates_nothing(models: &[Model], search: Search) {
    let count = |executions, model: fn()| {
        let before = ALLOCATIONS.get();
        explore(search.clone(), executions, model);
        ALLOCATIONS.get() - before
    };
    let mut wrong = Vec::new();
    for (name, own, model) in models {
        // What is done once in the life of an operating-system thread is done here.
        explore(search.clone(), 1, *model);
        let (once, twice) = (count(WARM, *model), count(WARM + MORE, *model));
        let more = twice as i64 - once as i64 - (MORE * own) as i64;
        if more != 0 {
            wrong.push(format!("{name}: {more} more in {MORE} executions than the model's own"));
            show_allocations(search.clone(), *model);
        }
    }
    assert!(wrong.is_empty(), "allocations under {search:?}: {wrong:#?}");
}

/// Prints where the allocations come from after so many executions as the variable says.
fn show_allocations(search: Search, model: fn()) {
    let Some(from) = std::env::var("ALLOCATIONS_FROM").ok().and_then(|from| from.parse::<u64>().ok()) else {
        return;
    };
    let run = std::sync::atomic::AtomicU64::new(0);
    explore(search, from + 100, move || {
        match run.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            run if run == from => SHOWN.set(20),
            run if run == from + 99 => SHOWN.set(0),
            _ => {}
        }
        model();
    });
}

fn explore(search: Search, executions: u64, model: impl Fn() + Send + Sync + 'static) {
    let report = Explorer::new()
        .search(search)
        .executions(executions)
        .explore(model)
        .expect("the settings make sense");
    assert!(!report.failed(), "{report}");
    assert_eq!(
        report.executions(),
        executions,
        "a model with more schedules is needed: {}",
        report.verdict()
    );
}

#[cfg(target_os = "linux")]
fn page_faults() -> i64 {
    // SAFETY: zeroes are a valid `rusage`, which is plain numbers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: it is given a place for what it has to tell.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_THREAD, &mut usage) }, 0);
    usage.ru_minflt
}

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    /// How many more allocations are to be shown.
    static SHOWN: Cell<u32> = const { Cell::new(0) };
}

/// The system's allocator, counting.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

impl Counting {
    fn count() {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        let left = SHOWN.replace(0);
        if left > 0 {
            // To capture and to print allocates as well: that is not shown.
            eprintln!("allocation:\n{}", Backtrace::force_capture());
            SHOWN.set(left - 1);
        }
    }
}

// SAFETY: it does what `System` does, and counts. The counters have no destructor and no initializer that allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counting::count();
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Counting::count();
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Counting::count();
        // SAFETY: as the caller promises.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}
