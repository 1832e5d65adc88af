//! A law: what atomic pointers point to lies elsewhere in every execution, and that changes nothing. A program that passes on
//! what it allocates has as many executions, with the same outcomes, as one that passes on numbers.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use selvedge::sync::Arc;
use selvedge::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::atomic::{Atomic, Primitive};
use selvedge::{Coverage, Explorer, MemoryModel, strategy, thread};
use std::collections::BTreeSet;
use std::ptr::{null_mut, with_exposed_provenance_mut};
use std::sync::Mutex;

/// What a thread does to one of two variables. `Seen` is what it has read last.
#[derive(Clone, Copy, Debug)]
enum Act {
    Load,
    StoreNew,
    StoreSeen,
    SwapNew,
    SwapSeen,
    /// From what it has seen to something new.
    Replace,
    /// From nothing to what it has seen.
    Fill,
    Clear,
}

type Program = Vec<Vec<(Act, bool, bool)>>;

fn program() -> impl Strategy<Value = Program> {
    use Act::*;
    let act = prop_oneof![
        Just(Load),
        Just(StoreNew),
        Just(StoreSeen),
        Just(SwapNew),
        Just(SwapSeen),
        Just(Replace),
        Just(Fill),
        Just(Clear)
    ];
    let threads = prop::collection::vec((act, any::<bool>(), any::<bool>()), 1..4);
    prop::collection::vec(threads, 2..4)
}

/// What threads pass on to each other: nothing, or something that one of them has made.
trait Token: Primitive + PartialEq + 'static {
    const NOTHING: Self;
    fn variable(self) -> Atomic<Self>;
    /// A token, and where it is.
    fn make(number: usize) -> (Self, usize);
    fn number(self) -> usize;
    /// Nobody uses the token that is there any more.
    fn discard(address: usize);
}

impl Token for usize {
    const NOTHING: usize = 0;

    fn variable(self) -> Atomic<usize> {
        Atomic::<usize>::new(self)
    }

    fn make(number: usize) -> (usize, usize) {
        (number, number)
    }

    fn number(self) -> usize {
        self
    }

    fn discard(_number: usize) {}
}

impl Token for *mut usize {
    const NOTHING: *mut usize = null_mut();

    fn variable(self) -> Atomic<*mut usize> {
        Atomic::<*mut usize>::new(self)
    }

    /// What is allocated and freed beside it makes addresses change places from one execution to the next.
    fn make(number: usize) -> (*mut usize, usize) {
        let beside: Vec<Box<usize>> = (0..number % 3).map(Box::new).collect();
        let token = Box::into_raw(Box::new(number));
        drop(beside);
        (token, token.expose_provenance())
    }

    fn number(self) -> usize {
        // SAFETY: tokens are made above, never written to, and discarded when nobody looks any more.
        if self.is_null() { 0 } else { unsafe { *self } }
    }

    fn discard(address: usize) {
        // SAFETY: made above, where its provenance was exposed; each is discarded once, at the end.
        drop(unsafe { Box::from_raw(with_exposed_provenance_mut::<usize>(address)) });
    }
}

fn order(weak: bool, strong: Ordering) -> Ordering {
    if weak { Relaxed } else { strong }
}

/// What each thread has seen, by numbers.
fn run<T: Token>(program: &Program) -> Vec<Vec<usize>>
where
    Atomic<T>: Send + Sync,
{
    let (first, address) = T::make(99);
    let variables = Arc::new([T::NOTHING, first].map(T::variable));
    let start = |(me, acts): (usize, Vec<_>)| {
        let variables = Arc::clone(&variables);
        thread::spawn(move || perform(&variables, me, &acts))
    };
    let threads: Vec<_> = program.iter().cloned().enumerate().map(start).collect();
    let ended: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    // Nobody looks any more.
    let (seen, made): (Vec<_>, Vec<_>) = ended.into_iter().unzip();
    made.into_iter().flatten().chain([address]).for_each(T::discard);
    seen
}

/// What a thread has seen, and what it has made.
fn perform<T: Token>(
    variables: &[Atomic<T>; 2],
    me: usize,
    acts: &[(Act, bool, bool)],
) -> (Vec<usize>, Vec<usize>) {
    let (mut last, mut seen, mut made) = (T::NOTHING, Vec::new(), Vec::new());
    for (nth, &(act, which, weak)) in acts.iter().enumerate() {
        let variable = &variables[usize::from(which)];
        let mut new = || {
            let (token, address) = T::make(1 + 10 * me + nth);
            made.push(address);
            token
        };
        let exchange = |from: T, to: T| {
            let exchanged = variable.compare_exchange(from, to, order(weak, SeqCst), Relaxed);
            exchanged.unwrap_or_else(|found| found)
        };
        match act {
            Act::Load => last = variable.load(order(weak, Acquire)),
            Act::StoreNew => variable.store(new(), order(weak, Release)),
            Act::StoreSeen => variable.store(last, order(weak, Release)),
            Act::SwapNew => last = variable.swap(new(), order(weak, AcqRel)),
            Act::SwapSeen => last = variable.swap(last, order(weak, AcqRel)),
            Act::Replace => last = exchange(last, new()),
            Act::Fill => last = exchange(T::NOTHING, last),
            Act::Clear => variable.store(T::NOTHING, order(weak, Release)),
        }
        seen.push(last.number());
    }
    (seen, made)
}

/// How many executions there are, and what comes of them.
fn explored<T: Token>(program: &Program, memory: MemoryModel) -> (u64, BTreeSet<Vec<Vec<usize>>>)
where
    Atomic<T>: Send + Sync,
{
    let seen = std::sync::Arc::new(Mutex::new(BTreeSet::new()));
    let (keep, program) = (std::sync::Arc::clone(&seen), program.clone());
    let report = Explorer::new()
        .strategy(strategy::exhaustive())
        .memory(memory)
        .executions(100_000)
        .all_findings(true)
        .explore(move || {
            let outcome = run::<T>(&program);
            keep.lock().unwrap().insert(outcome);
        })
        .unwrap();
    assert_eq!(report.coverage(), Coverage::Proved, "{report}");
    let outcomes = std::mem::take(&mut *seen.lock().unwrap());
    (report.executions(), outcomes)
}

fn addresses_do_not_matter(program: &Program) -> Result<(), TestCaseError> {
    for memory in [MemoryModel::SequentiallyConsistent, MemoryModel::C11] {
        let numbers = explored::<usize>(program, memory);
        let pointers = explored::<*mut usize>(program, memory);
        prop_assert_eq!(numbers, pointers, "under {:?}", memory);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn a_program_over_pointers_is_one_over_numbers(program in program()) {
        addresses_do_not_matter(&program)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    #[ignore = "a minute"]
    fn twenty_thousand_programs_over_pointers_are_programs_over_numbers(program in program()) {
        addresses_do_not_matter(&program)?;
    }
}
