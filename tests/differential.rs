//! Four engines on the same random programs: where they promise the same, they must show the same.
//!
//! A program is data, so that proptest shrinks what two engines disagree about. What an execution came to is what each thread's
//! operations gave, in order, and whether all threads came to their ends.
//!
//! | who | must show |
//! |---|---|
//! | every behaviour once, and every interleaving, on the engine | the same |
//! | shuttle's depth-first search | the same, if the program waits on no condition (see [`DEVIATIONS`]) |
//! | loom | nothing else |
//! | threads of the operating system, in turns | nothing else |
//! | real threads on real atomics, no explorer about | nothing else, under C11 |

#[expect(dead_code, reason = "the laws use the rest")]
mod programs;

use programs::rich::{Act, Rich, rich, run_rich};
use programs::{Outcomes, outcome};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use selvedge::sync::atomic::{AtomicU32, Ordering, fence};
use selvedge::trace::Trace;
use selvedge::{Backend, Coverage, Explorer, MemoryModel, Search, thread};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::rc::Rc;
use std::sync::{Arc, Barrier};

/// Where a peer is known to do something else, why, and what is left out because of it: no more than that.
#[expect(dead_code, reason = "it is there to be read")]
const DEVIATIONS: &[(&str, &str, &str)] = &[
    (
        "loom, shuttle's depth-first search",
        "cannot choose: the first value of a choice, and of several waiters the one that has waited longest",
        "programs with a choice are not run there; with `notify_one` they must show nothing else, not everything",
    ),
    (
        "loom",
        "takes sequentially consistent accesses for acquire and release ones",
        "executions in which a load has read what no store has left to be read do not count; the report tells how many",
    ),
    (
        "loom",
        "its reduction loses behaviours: of a load that races with another thread's accesses, say",
        "it must show nothing else, not everything",
    ),
    (
        "loom",
        "lets nobody go on who is about to `try_lock` what another has just taken, and takes that for a deadlock in the end",
        "programs with `try_lock` may break off there; what they have shown by then must be possible",
    ),
    (
        "all but the engine",
        "threads start when their scheduler lets them, so that a list of their handles may not be there yet",
        "tokens are not handed out (`unpark`)",
    ),
    (
        "the engine, where it runs interleavings under C11 (depth-first search, sampling)",
        "sequentially consistent accesses take the order in which they are performed for the total order of all, though C11 allows others \
         among weaker accesses; execution graphs are right",
        "programs that mix sequentially consistent accesses with weaker ones must show nothing else, not everything",
    ),
];

/// How many interleavings a program may have to be compared: in a test that everybody runs, and in one that takes its time.
const FEW: u64 = 300;
const MANY: u64 = 4_000;

/// Whether everything was tried, and what came of it.
struct Shown<T> {
    all: bool,
    outcomes: BTreeSet<T>,
    /// Why it could not go on.
    broken: Option<String>,
}

fn show<T: Ord + 'static>(
    explorer: Explorer,
    read: fn(&Trace) -> T,
    model: impl Fn() + Send + Sync + 'static,
) -> Shown<T> {
    let seen: Rc<RefCell<BTreeSet<T>>> = Rc::default();
    let keep = Rc::clone(&seen);
    let explorer = explorer.all_findings(true).minimise(false);
    let explorer = explorer.on_execution(move |trace| {
        keep.borrow_mut().insert(read(trace));
    });
    let report = explorer.explore(model).expect("it can be run");
    let broken = report.broken().map(ToString::to_string);
    let all = matches!(report.coverage(), Coverage::Proved | Coverage::AllOf(_));
    Shown { all, outcomes: seen.take(), broken }
}

fn on(backend: Backend, search: Search, executions: u64) -> Explorer {
    Explorer::new().backend(backend).search(search).executions(executions)
}

fn nothing_else<T: Ord + Debug>(
    who: &str,
    shown: &Shown<T>,
    possible: &BTreeSet<T>,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(&shown.broken, &None, "{}", who);
    let strange: Vec<_> = shown.outcomes.difference(possible).collect();
    prop_assert!(strange.is_empty(), "{who} shows what is not possible: {strange:?}");
    Ok(())
}

fn everything<T: Ord + Debug>(
    who: &str,
    shown: &Shown<T>,
    possible: &BTreeSet<T>,
) -> Result<(), TestCaseError> {
    nothing_else(who, shown, possible)?;
    if shown.all {
        let missing: Vec<_> = possible.difference(&shown.outcomes).collect();
        prop_assert!(missing.is_empty(), "{who} does not show what is possible: {missing:?}");
    }
    Ok(())
}

/// What is left of a program that all can run.
fn for_all(program: Rich) -> Rich {
    let keep = |act: Act| match act {
        Act::Unpark(_) => Act::Add(0),
        Act::Choose => Act::Load(1),
        act => act,
    };
    program.into_iter().map(|body| body.into_iter().map(keep).collect()).collect()
}

/// Under sequential consistency, on objects of every kind.
fn agree(program: &Rich, most: u64) -> Result<(), TestCaseError> {
    let model = || {
        let program = program.clone();
        move || run_rich(&program)
    };
    let all = show(on(Backend::Engine, Search::Dfs { preemptions: None }, most), outcome, model());
    if !all.all {
        // Too many to compare with.
        return Ok(());
    }
    let possible: &BTreeSet<Outcomes> = &all.outcomes;
    let once = show(on(Backend::Engine, Search::Exhaustive, most), outcome, model());
    prop_assert!(once.all, "fewer behaviours than interleavings");
    prop_assert_eq!(&once.outcomes, possible, "every behaviour once, and every interleaving");
    let shuttle = show(on(Backend::Shuttle, Search::Dfs { preemptions: None }, 4 * most), outcome, model());
    let chooses = program.iter().flatten().any(|act| *act == Act::NotifyOne);
    match chooses {
        true => nothing_else("shuttle", &shuttle, possible)?,
        false => everything("shuttle", &shuttle, possible)?,
    }
    let mut loom = show(on(Backend::Loom, Search::Exhaustive, most / 4), outcome, model());
    if program.iter().flatten().any(|act| matches!(act, Act::TryLock(_))) {
        loom.broken = None;
    }
    nothing_else("loom", &loom, possible)?;
    nothing_else("std", &show(on(Backend::Std, Search::Random, 10), outcome, model()), possible)
}

/// What a thread does to one of two atomics, and in which order others may see it.
#[derive(Clone, Copy, Debug)]
enum Weak {
    Load(usize, Ordering),
    Store(usize, u32, Ordering),
    Add(usize, Ordering),
    Exchange(usize, u32, u32, Ordering),
    Fence(Ordering),
}

impl Weak {
    fn is_total(self) -> bool {
        let (Weak::Load(_, order)
        | Weak::Store(_, _, order)
        | Weak::Add(_, order)
        | Weak::Exchange(_, _, _, order)
        | Weak::Fence(order)) = self;
        order == Ordering::SeqCst
    }
}

fn weak() -> impl Strategy<Value = Vec<Vec<Weak>>> {
    use Ordering::*;
    let object = || 0..2usize;
    let any = || prop_oneof![2 => Just(Relaxed), 1 => Just(Acquire), 1 => Just(Release), 1 => Just(AcqRel), 2 => Just(SeqCst)];
    let loads = prop_oneof![2 => Just(Relaxed), 1 => Just(Acquire), 2 => Just(SeqCst)];
    let stores = prop_oneof![2 => Just(Relaxed), 1 => Just(Release), 2 => Just(SeqCst)];
    let fences = prop_oneof![Just(Acquire), Just(Release), Just(AcqRel), Just(SeqCst)];
    let act = prop_oneof![
        4 => (object(), loads).prop_map(|(o, order)| Weak::Load(o, order)),
        4 => (object(), 1..3u32, stores).prop_map(|(o, value, order)| Weak::Store(o, value, order)),
        1 => (object(), any()).prop_map(|(o, order)| Weak::Add(o, order)),
        1 => (object(), 0..2u32, any()).prop_map(|(o, from, order)| Weak::Exchange(o, from, 3, order)),
        1 => fences.prop_map(Weak::Fence),
    ];
    prop_oneof![Just((2usize, 4usize)), Just((3, 2)), Just((4, 2))].prop_flat_map(move |(count, most)| {
        proptest::collection::vec(proptest::collection::vec(act.clone(), 0..=most), count)
    })
}

type Read = Vec<Vec<u64>>;

/// The program, run: what each thread has read. Outside of an exploration these are real threads and real atomics.
fn run_weak(program: &[Vec<Weak>], begin: Option<&Arc<Barrier>>) -> Read {
    // Not the facade's, the end of whose last pointer is a step.
    let atomics: Arc<[AtomicU32; 2]> = Arc::default();
    let start = |body: &Vec<Weak>| {
        let (atomics, body, begin) = (Arc::clone(&atomics), body.clone(), begin.cloned());
        thread::spawn(move || {
            if let Some(begin) = &begin {
                begin.wait();
            }
            body.iter().filter_map(|act| perform(*act, &atomics)).collect()
        })
    };
    let threads: Vec<_> = program.iter().map(start).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn perform(act: Weak, atomics: &[AtomicU32; 2]) -> Option<u64> {
    match act {
        Weak::Load(o, order) => Some(atomics[o].load(order).into()),
        Weak::Store(o, value, order) => {
            atomics[o].store(value, order);
            None
        }
        Weak::Add(o, order) => Some(atomics[o].fetch_add(1, order).into()),
        Weak::Exchange(o, from, to, order) => {
            let failure = match order {
                Ordering::Release => Ordering::Relaxed,
                Ordering::AcqRel => Ordering::Acquire,
                order => order,
            };
            Some(match atomics[o].compare_exchange(from, to, order, failure) {
                Ok(found) | Err(found) => found.into(),
            })
        }
        Weak::Fence(order) => {
            fence(order);
            None
        }
    }
}

/// What each thread but the main one has read, by a trace.
fn read(trace: &Trace) -> Read {
    let mut threads = vec![Vec::new(); trace.threads.len() - 1];
    for step in &trace.steps {
        if let (Some(value), Some(thread)) = (step.outcome.value(), (step.thread.0 as usize).checked_sub(1)) {
            threads[thread].push(value);
        }
    }
    threads
}

/// Under C11.
fn agree_weakly(program: &[Vec<Weak>], most: u64) -> Result<(), TestCaseError> {
    let model = || {
        let program = program.to_vec();
        move || drop(run_weak(&program, None))
    };
    let engine = |search| on(Backend::Engine, search, most).memory(MemoryModel::C11);
    let graphs = show(engine(Search::Exhaustive), read, model());
    if !graphs.all {
        return Ok(());
    }
    let possible = &graphs.outcomes;
    let all = show(engine(Search::Dfs { preemptions: None }), read, model());
    let total = program.iter().flatten().filter(|act| act.is_total()).count();
    match total == 0 || total == program.iter().flatten().count() {
        true => everything("every interleaving", &all, possible)?,
        false => nothing_else("every interleaving", &all, possible)?,
    }
    nothing_else("loom", &show(on(Backend::Loom, Search::Exhaustive, most / 4), read, model()), possible)?;
    nothing_else("shuttle", &show(on(Backend::Shuttle, Search::Random, 200), read, model()), possible)?;
    let begin = Arc::new(Barrier::new(program.len()));
    let outcomes = (0..20).map(|_| run_weak(program, Some(&begin))).collect();
    nothing_else("the machine", &Shown { all: false, outcomes, broken: None }, possible)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, max_shrink_iters: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn engines_agree_on_objects_of_every_kind(program in rich()) {
        agree(&for_all(program), FEW)?;
    }

    #[test]
    fn engines_agree_on_memory(program in weak()) {
        agree_weakly(&program, FEW)?;
    }
}

/// Found by the property above: the load of `y` may come before its store in the order of sequentially consistent accesses, since
/// having seen the relaxed store of `x` tells nothing of it (RC11). The search of execution graphs was right.
#[test]
fn a_relaxed_store_tells_nothing_of_a_total_one_before_it() {
    use Ordering::{Relaxed, SeqCst};
    let program = vec![
        vec![Weak::Store(1, 1, SeqCst), Weak::Store(0, 1, Relaxed)],
        vec![Weak::Load(0, Relaxed), Weak::Load(1, SeqCst)],
    ];
    let shows = |search| {
        let program = program.clone();
        let explorer = on(Backend::Engine, search, MANY).memory(MemoryModel::C11);
        show(explorer, read, move || drop(run_weak(&program, None)))
            .outcomes
            .contains(&vec![vec![], vec![1, 0]])
    };
    assert_eq!((shows(Search::Exhaustive), shows(Search::Dfs { preemptions: None })), (true, false));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// `cargo test --release --test differential -- --ignored thousand`
    #[test]
    #[ignore = "takes minutes"]
    fn engines_agree_on_five_thousand_programs_of_every_kind(program in rich()) {
        agree(&for_all(program), MANY)?;
    }

    #[test]
    #[ignore = "takes minutes"]
    fn engines_agree_on_the_memory_of_five_thousand_programs(program in weak()) {
        agree_weakly(&program, MANY)?;
    }
}
