//! Selvedge reruns a concurrent program under every interleaving that matters, as far as that is possible, and hands back a
//! short, stable trace of what goes wrong: data races, deadlocks, lost wakeups, lost updates, livelocks, panics.
//!
//! The [`guide`] begins where you are: at code over `std`, at a report to be read, or at a model for loom or shuttle.
//!
//! # From `std` code to a first finding
//!
//! Write the code over [`sync`], [`thread`], [`cell`] and [`time`] instead of `std`'s modules of these names (outside an
//! exploration they behave as std's), and hand a closure that runs it to [`check`]:
//!
//! ```should_panic
//! use selvedge::sync::{Arc, Condvar, Mutex};
//! use selvedge::thread;
//!
//! selvedge::check(|| {
//!     let shared = Arc::new((Mutex::with_name(false, "ready"), Condvar::new()));
//!     let other = Arc::clone(&shared);
//!     thread::spawn(move || {
//!         *other.0.lock().unwrap() = true;
//!         other.1.notify_one();
//!     });
//!     let ready = shared.0.lock().unwrap();
//!     // Wrong: if the other thread was faster, nobody is left to notify.
//!     drop(shared.1.wait(ready).unwrap());
//! });
//! ```
//!
//! The panic says what is wrong and why, shows the smallest execution found in columns (a row a step, a column a thread)
//! and ends with the command that replays it. [`explore()`] returns the same as a [`Report`], whose `Display` form is made
//! for snapshots. [`Explorer`] has all the settings.
//!
//! # What a model may do
//!
//! The closure is run many times and has to do the same under the same choices: no real time, real threads or random
//! numbers ([`choose`] gives values to try), no order of a hash map, no state kept from one run to the next. Statics of
//! the facade's types (a `const`-initialized atomic, [`sync::Once`], [`sync::OnceLock`], [`sync::LazyLock`],
//! [`thread_local!`]) start afresh in each execution; the data in a `static` lock does not. A model that does not repeat
//! itself is reported as such.
//!
//! # What is proved and what is not
//!
//! A report says how much was seen. `proved: all N executions were run` means that no behaviour of the model was left out,
//! under the settings given; orders of steps that do not meet count as one behaviour ([`strategy::Exhaustive`] says precisely
//! which). A model that uses an ordering weaker than `SeqCst` is explored under the C11 memory model, others under sequential
//! consistency, which is the same for them; [`Report::memory`] tells.
//! Loops that poll are taken to be fair: a thread that has gone round and seen nothing new waits until
//! something changes; a proof that rests on this says so. Clones and drops of an [`sync::Arc`] are choices only where somebody
//! looks at a count that others may change, or where it matters who drops the last. A [`sync::RwLock`] lets readers in while a
//! writer waits. `sampled` means that a part was seen.
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | model | the closure under test; run many times; deterministic but for the choices |
//! | execution | one run of a model under one schedule |
//! | thread | a virtual thread of an execution; never an OS thread |
//! | object | what threads meet at: a mutex, condition variable, atomic, queue, cell, … |
//! | operation | what a thread is about to do to an object |
//! | step | an operation performed, with its outcome |
//! | choice | who goes next, and which of the allowed outcomes it gets |
//! | schedule | the list of choices: all that is needed to repeat an execution |
//! | strategy | makes the choices: options in, choice out |
//! | trace | a schedule, its steps and its ending |
//! | ending | finished, deadlocked, panicked, livelocked, went round endless loops, or a bound was reached |
//! | finding | what is wrong, as a value with its evidence |

// What only one of the crates needs is not needed without it.
#[cfg_attr(not(all(feature = "loom", feature = "shuttle")), allow(dead_code))]
mod backend;
pub mod base;
pub mod cell;
mod engine;
pub mod explore;
pub mod finding;
pub mod guide;
pub mod hint;
mod memory;
#[cfg(feature = "proptest")]
pub mod proptest;
pub mod python;
pub mod strategy;
pub mod sync;
pub mod thread;
pub mod time;
pub mod trace;

pub use backend::Backend;
pub use base::{Error, Schedule, ThreadId};
pub use engine::{Clock, MemoryModel, Output};
pub use explore::explain;
pub use explore::{Config, Coverage, Explorer, Found, Progress, Report, Search, check, choose, explore};
pub use finding::{Finding, FindingKind, Severity};
pub use trace::Trace;

/// Makes a test of a function: it is explored as [`check`] explores a closure, and fails with the report.
///
/// ```
/// use selvedge::sync::{Arc, Mutex};
/// use selvedge::thread;
///
/// #[selvedge::test]
/// fn both_deposits_arrive() {
///     let balance = Arc::new(Mutex::new(0));
///     let other = Arc::clone(&balance);
///     let depositor = thread::spawn(move || *other.lock().unwrap() += 100);
///     *balance.lock().unwrap() += 100;
///     depositor.join().unwrap();
///     assert_eq!(*balance.lock().unwrap(), 200);
/// }
///
/// #[selvedge::test(strategy = "pct:3", budget = 1_000, seed = 7)]
/// #[ignore = "it takes a while"]
/// fn a_large_one() -> Result<(), std::num::ParseIntError> {
///     let parsed: u32 = "7".parse()?;
///     let total = selvedge::sync::atomic::AtomicU32::new(parsed);
///     thread::scope(|scope| {
///         for _ in 0..20 {
///             scope.spawn(|| total.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
///         }
///     });
///     Ok(())
/// }
///
/// /// Shows what happens with two locks in two orders.
/// #[selvedge::test(expect = "deadlock")]
/// fn two_orders() {
///     let (a, b) = (Mutex::new(()), Mutex::new(()));
///     thread::scope(|scope| {
///         scope.spawn(|| drop((a.lock(), b.lock())));
///         scope.spawn(|| drop((b.lock(), a.lock())));
///     });
/// }
/// ```
///
/// | argument | what it says |
/// |---|---|
/// | `strategy = "pct:3"` | how to search: `portfolio` by default, `exhaustive`, `random`, `pct`, `pct:DEPTH`, `pos`, `surw`, `fuzz`, `bounded`, `dfs` or `dfs:PREEMPTIONS` |
/// | `backend = "shuttle"` | who runs the threads: `engine` by default, `loom`, `shuttle` or `std` |
/// | `budget = 1_000` | the most executions |
/// | `seed = 7` | the seed of all that is random |
/// | `steps = 10_000` | the most choices in one execution |
/// | `time = 60` | the longest time to spend, in seconds |
/// | `expect = "deadlock"` | what is [wrong](FindingKind) with the model; the test fails if nothing is, or something else |
/// | `allow_trivial` | that it may pass though there is [nothing to explore](Report::is_trivial) |
/// | `locations` | that reports tell lines of code: where each step is called, and where a panic was |
/// | `memory = "c11"` | how atomics behave: `sequential` or `c11`; by default as the model uses them |
/// | `clock = "virtual"` | how time passes: `abstract` by default, or `virtual` |
/// | `spurious_wakeups = 1`, `weak_failures = 1` | how many of them each thread may have |
/// | `jobs = 2` | how many processors an exhaustive search uses; 0 for all there are |
///
/// The variables of [`Config::from_env`] outweigh the arguments. The function takes no arguments and returns nothing or a
/// [`Result`], of which an `Err` fails the test like a panic. `#[should_panic]`, `#[ignore]` and other attributes are those of
/// the test. A report names the model as the harness names the test, and says how to replay in this test alone:
/// `SELVEDGE_REPLAY='b2 a3' cargo test bank::both_deposits_arrive -- --exact`.
#[cfg(feature = "macros")]
pub use selvedge_macros::test;

/// The examples of the README are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
