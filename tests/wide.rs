//! What exhaustive search proves is held to every interleaving, on random programs over the whole of the facade.
//!
//! Under sequential consistency both must show the same. Under C11 what an interleaving shows must be among what execution graphs do:
//! interleavings cannot show all that C11 allows. What random executions show must be among it, too, and all of them must repeat.

#[path = "gallery/canonical.rs"]
mod canonical;
#[path = "programs/wide.rs"]
mod wide;
#[path = "programs/worker.rs"]
mod worker;

use canonical::canonical;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use selvedge::base::Ending;
use selvedge::{Coverage, Explorer, FindingKind, MemoryModel, Report, Search};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use wide::{Act, Wide, letters, timed, wide};
use worker::{Log, run_wide};

/// What the threads have seen, and whether all have come to their ends.
type Outcomes = BTreeSet<(Vec<Vec<u64>>, bool)>;

fn show(program: &Wide, explorer: Explorer) -> (Report, Outcomes) {
    let log = Log::default();
    let seen: Rc<RefCell<Outcomes>> = Rc::default();
    let (keep, read) = (Rc::clone(&seen), Log::clone(&log));
    let explorer = explorer.all_findings(true).minimise(false).on_execution(move |trace| {
        let log = read.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        // A panic of the main thread ends it all, wherever the others are.
        let log = if matches!(trace.ending, Ending::Panicked(_)) { Vec::new() } else { log };
        keep.borrow_mut().insert((log, trace.ending == Ending::Finished));
    });
    let program = program.clone();
    let report = explorer.explore(move || run_wide(&program, &log)).unwrap();
    (report, seen.take())
}

/// The kinds of what was found, as far as all executions of a trace share them: not causes, which are told of one of them.
fn kinds(report: &Report) -> BTreeSet<String> {
    use FindingKind::{DataRace, Deadlock, LostWakeup, Panic};
    let kind = |kind| match kind {
        DataRace | Panic => Some(kind),
        Deadlock | LostWakeup => Some(Deadlock),
        _ => None,
    };
    let found = report.findings().iter().filter_map(|found| kind(found.finding.kind()));
    found.map(|kind| format!("{kind:?}")).collect()
}

fn hold(program: &Wide, most: u64, memory: MemoryModel) -> Result<(), TestCaseError> {
    let explorer = |search| Explorer::new().memory(memory).search(search).executions(most);
    let (all, possible) = show(program, explorer(Search::Dfs { preemptions: None }));
    prop_assert_eq!(all.divergence(), None);
    let (once, seen) = show(program, explorer(Search::Exhaustive));
    prop_assert_eq!(once.divergence(), None);
    let [claims, whole] = [&once, &all].map(|report| {
        report.coverage() == Coverage::Proved && report.doubt().is_none() && !report.sees_counts()
    });
    // What a data race comes to is not looked at: it is wrong already.
    let races = kinds(&once).contains("DataRace");
    prop_assert!(
        races || !kinds(&all).contains("DataRace") || !claims,
        "{memory:?}: proved without a race\n{once}\n{all}"
    );
    if races {
        return Ok(());
    }
    if claims {
        let missing: Vec<_> = possible.difference(&seen).collect();
        prop_assert!(missing.is_empty(), "{memory:?}: proved without {missing:?}\n{once}\n{all}");
        let (found, possible) = (kinds(&once), kinds(&all));
        let missing: Vec<_> = possible.difference(&found).collect();
        prop_assert!(missing.is_empty(), "{memory:?}: proved without {missing:?}\n{once}\n{all}");
    }
    // An interleaving takes the order of sequentially consistent accesses for the total one, which it need not be among others; and
    // of two loops at the same place that give up after each other it takes the second for more of the first.
    let mixed = program.bodies.iter().flatten().any(|act| act.is_total());
    let sequential = memory == MemoryModel::SequentiallyConsistent;
    if whole && !all.assumes_fairness() && (sequential || !mixed) {
        // Graphs know nothing of who waits to be handed something, nor of what last owners learn; and say so.
        prop_assert!(claims || !sequential && once.doubt().is_some(), "{once}\n{all}");
        let strange: Vec<_> = seen.difference(&possible).collect();
        prop_assert!(
            strange.is_empty(),
            "{memory:?}: shown, and in no interleaving: {strange:?}\n{once}\n{all}"
        );
        prop_assert!(!claims || kinds(&once) == kinds(&all), "{once}\n{all}");
    }
    for search in [Search::Random, Search::Pct { depth: 3 }] {
        let (report, sampled) = show(program, explorer(search).executions(50));
        prop_assert_eq!(report.divergence(), None);
        let strange: Vec<_> = sampled.difference(&seen).collect();
        prop_assert!(!claims || strange.is_empty(), "{memory:?}: proved without {strange:?}\n{once}");
    }
    Ok(())
}

/// Under sequential consistency every class of interleavings is visited once.
fn visit_once(program: &Wide, most: u64) -> Result<(), TestCaseError> {
    let classes = |search| {
        let seen: Rc<RefCell<Vec<_>>> = Rc::default();
        let keep = Rc::clone(&seen);
        let explorer = Explorer::new().search(search).executions(most).all_findings(true).minimise(false);
        let explorer = explorer.on_execution(move |trace| keep.borrow_mut().push(canonical(trace)));
        let program = program.clone();
        let report = explorer.explore(move || run_wide(&program, &Log::default())).unwrap();
        (report, seen.take())
    };
    let (all, interleavings) = classes(Search::Dfs { preemptions: None });
    if all.coverage() == Coverage::Proved && !all.assumes_fairness() {
        let (once, visited) = classes(Search::Exhaustive);
        prop_assert_eq!(once.coverage(), Coverage::Proved, "{}", once);
        let [expected, seen] = [interleavings, visited.clone()].map(BTreeSet::from_iter);
        prop_assert_eq!(seen.len(), visited.len(), "some trace was visited twice");
        prop_assert_eq!(seen, expected);
    }
    Ok(())
}

/// The first execution panics; a later one of the same job makes drops steps, so that the first would be another.
#[test]
fn what_was_found_before_drops_became_steps_is_found_again() {
    for room in [0, 2] {
        let program = Wide { bodies: vec![vec![Act::Lock, Act::Break], vec![Act::Lock]], room };
        for memory in [MemoryModel::SequentiallyConsistent, MemoryModel::C11] {
            hold(&program, 1_000, memory).unwrap();
        }
    }
}

/// Whether an attempt to send succeeds where there is no room is more than execution graphs know, which say so.
#[test]
fn who_tries_to_hand_something_over_is_not_accused() {
    let program = Wide { bodies: vec![vec![Act::TrySend], vec![Act::Receive], vec![Act::Send]], room: 0 };
    for memory in [MemoryModel::SequentiallyConsistent, MemoryModel::C11] {
        hold(&program, 1_000, memory).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_shrink_iters: 600, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_proved_that_an_interleaving_contradicts(program in wide()) {
        hold(&program, 300, MemoryModel::SequentiallyConsistent)?;
        hold(&program, 300, MemoryModel::C11)?;
    }

    #[test]
    fn time_is_the_same_in_all_orders_of_independent_steps(program in timed()) {
        hold(&program, 300, MemoryModel::SequentiallyConsistent)?;
        hold(&program, 300, MemoryModel::C11)?;
    }

    #[test]
    fn every_order_of_messages_and_ends_is_visited_once(program in letters()) {
        visit_once(&program, 5_000)?;
        hold(&program, 5_000, MemoryModel::SequentiallyConsistent)?;
        hold(&program, 300, MemoryModel::C11)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    #[ignore = "takes minutes"]
    fn every_order_of_messages_and_ends_in_five_thousand_programs_is_visited_once(program in letters()) {
        visit_once(&program, 20_000)?;
        hold(&program, 5_000, MemoryModel::SequentiallyConsistent)?;
    }

    /// `cargo test --release --test wide -- --ignored thousand`
    #[test]
    #[ignore = "takes minutes"]
    fn nothing_is_proved_that_an_interleaving_contradicts_in_five_thousand_programs(program in wide()) {
        hold(&program, 1_000, MemoryModel::SequentiallyConsistent)?;
    }

    #[test]
    #[ignore = "takes minutes"]
    fn time_is_the_same_in_all_orders_of_five_thousand_programs(program in timed()) {
        hold(&program, 1_000, MemoryModel::SequentiallyConsistent)?;
        hold(&program, 1_000, MemoryModel::C11)?;
    }

    #[test]
    #[ignore = "takes minutes"]
    fn nothing_is_proved_that_an_interleaving_contradicts_in_five_thousand_programs_under_c11(program in wide()) {
        hold(&program, 1_000, MemoryModel::C11)?;
    }
}
