//! Laws, tried on random small programs: what is explored is what a plain interpreter finds, every execution can be
//! replayed from its schedule, also after that was printed and parsed, and the order of independent steps is free.

#[path = "gallery/canonical.rs"]
mod canonical;
#[path = "programs/mod.rs"]
mod programs;

use canonical::canonical;
use programs::interpreter::{brute_force, one_after_the_other};
use programs::rich::{Act, Rich, rich, run_rich};
use programs::zoo::{pointers, zoo};
use programs::{Outcomes, Program, outcome, program, run, run_and_look};
use proptest::prelude::*;
use selvedge::base::{Action, Choice, Schedule, Step, ThreadAction};
use selvedge::explore::{Coverage, Search};
use selvedge::trace::minimise::Size;
use selvedge::trace::{Trace, checked_schedule, snapshot};
use selvedge::{Explorer, strategy};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_interleaving_is_explored_and_no_other(program in program()) {
        let expected = brute_force(&program);
        let seen: Rc<RefCell<BTreeSet<_>>> = Rc::default();
        let keep = Rc::clone(&seen);
        let explorer = all(strategy::dfs()).on_execution(move |trace| {
            keep.borrow_mut().insert(outcome(trace));
        });
        let report = explorer.explore(move || run(&program)).unwrap();
        prop_assert_eq!(report.coverage(), Coverage::Proved);
        prop_assert_eq!(report.executions(), expected.executions);
        prop_assert_eq!(seen.take(), expected.outcomes);
    }

    #[test]
    fn every_trace_is_visited_once(program in rich()) {
        visit_once(&program, 0)?;
        visit_once(&program, 1)?;
    }

    #[test]
    fn a_schedule_repeats_its_execution(program in program(), seed in 0u64..1000) {
        for trace in sampled(&program, seed) {
            let again = replayed(&program, &trace.schedule).unwrap();
            prop_assert_eq!(snapshot(&again), snapshot(&trace));
            prop_assert_eq!(steps(&again), steps(&trace));
        }
    }

    #[test]
    fn a_schedule_survives_being_printed(program in program(), seed in 0u64..1000) {
        for trace in sampled(&program, seed) {
            let schedule = checked_schedule(&trace);
            prop_assert_eq!(schedule.checks().len(), schedule.words().len());
            let parsed: Schedule = schedule.to_string().parse().unwrap();
            prop_assert_eq!(&parsed, &schedule);
            prop_assert_eq!(steps(&replayed(&program, &parsed).unwrap()), steps(&trace));
        }
    }

    #[test]
    fn independent_steps_may_be_exchanged(program in program(), seed in 0u64..1000) {
        for trace in sampled(&program, seed) {
            for other in exchanged(&trace) {
                let again = replayed(&program, &other).unwrap();
                prop_assert_eq!(&again.schedule, &other);
                prop_assert_eq!(canonical(&again), canonical(&trace));
                prop_assert_eq!(outcome(&again), outcome(&trace));
            }
        }
    }

    #[test]
    fn a_minimised_finding_is_the_same_finding_and_no_larger(program in program(), seed in 0u64..1000) {
        let found = |minimise: bool| {
            let (program, expected) = (program.clone(), one_after_the_other(&program));
            let explorer = Explorer::new().strategy(strategy::random(seed)).executions(50).minimise(minimise);
            let model = move || assert!(expected.is_none_or(|e| e == run_and_look(&program)), "another result");
            explorer.explore(model).unwrap()
        };
        let (plain, small) = (found(false), found(true));
        prop_assert_eq!(plain.findings().len(), small.findings().len());
        let by_signature = |report: &selvedge::Report| {
            let mut found: Vec<_> = report
                .findings()
                .iter()
                .map(|f| (f.finding.signature(&f.trace).to_string(), Size::of(&f.trace), f.execution))
                .collect();
            found.sort_by(|a, b| a.0.cmp(&b.0));
            found
        };
        for (plain, small) in by_signature(&plain).into_iter().zip(by_signature(&small)) {
            prop_assert_eq!((&plain.0, plain.2), (&small.0, small.2));
            prop_assert!(small.1 <= plain.1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// `cargo test --release --test laws -- --ignored ten_thousand`
    #[test]
    #[ignore = "takes minutes"]
    fn every_trace_of_ten_thousand_programs_is_visited_once(program in rich()) {
        visit_once(&program, 0)?;
        visit_once(&program, 1)?;
    }
}

/// An exhaustive exploration visits exactly the classes into which all interleavings fall, each once; with so many weak
/// exchanges of each thread that fail.
fn visit_once(program: &Rich, failures: u32) -> Result<(), TestCaseError> {
    const MOST: u64 = 2_000;
    let classes = |strategy: Search| {
        let seen: Rc<RefCell<Vec<_>>> = Rc::default();
        let keep = Rc::clone(&seen);
        let explorer = Explorer::new().search(strategy).executions(MOST).all_findings(true).minimise(false);
        let explorer = explorer.weak_failures(failures);
        let explorer = explorer.on_execution(move |trace| {
            keep.borrow_mut().push((canonical(trace), outcome(trace)));
        });
        let program = program.clone();
        let report = explorer.explore(move || run_rich(&program)).unwrap();
        (report, seen.take())
    };
    let (all, interleavings) = classes(Search::Dfs { preemptions: None });
    if all.coverage() != Coverage::Proved {
        // Too many to compare with.
        return Ok(());
    }
    let (report, mut visited) = classes(Search::Exhaustive);
    // It may have begun again, once it knew of a loop.
    visited.drain(..visited.len() - report.executions() as usize);
    prop_assert_eq!(report.coverage(), Coverage::Proved, "{}", report);
    let expected: BTreeSet<_> = interleavings.into_iter().collect();
    let count = visited.len();
    visited.sort();
    visited.dedup();
    prop_assert_eq!(visited.len(), count, "some trace was visited twice");
    let visited: BTreeSet<_> = visited.into_iter().collect();
    let kept = |(_, seen): &&(_, Outcomes)| !(report.assumes_fairness() && gives_up(seen));
    prop_assert_eq!(&visited, &expected.iter().filter(kept).cloned().collect());
    Ok(())
}

/// Whether a thread waits in vain, for a while each time, more often in a row than a polling loop is followed that nobody has
/// given anything to see.
fn gives_up((threads, _): &Outcomes) -> bool {
    threads.iter().any(|outcomes| outcomes.windows(4).any(|row| row.iter().all(|o| o == "TimedOut")))
}

#[test]
fn whoever_waits_in_vain_for_the_fourth_time_and_gives_up_is_followed() {
    let park = || vec![Act::ParkAwhile; 4];
    visit_once(&vec![park(), vec![Act::ParkAwhile, Act::Unpark(0)]], 0).unwrap();
}

#[test]
fn independent_steps_of_every_kind_may_be_exchanged() {
    let exchanges: usize = zoo().into_iter().map(|(name, model)| exchange_everywhere(name, model)).sum();
    assert!(exchanges > 1_000, "{exchanges}");
}

#[test]
fn independent_steps_around_pointers_may_be_exchanged() {
    assert!(exchange_everywhere("pointers", pointers) > 100);
}

/// Samples a program and exchanges all that may be; how often that was.
fn exchange_everywhere(name: &str, model: fn()) -> usize {
    let mut exchanges = 0;
    for seed in 0..40 {
        // Where clones and drops turn out to be steps, it begins again with them.
        for trace in traces(search(Search::Random).seed(seed).executions(2), model).into_iter().rev().take(2)
        {
            for other in exchanged(&trace) {
                let again = search(Search::Replay(other.clone()));
                let again =
                    traces(again, model).pop().unwrap_or_else(|| panic!("{name}: {other} does not fit"));
                assert_eq!(again.schedule, other, "{name}: {}", snapshot(&trace));
                assert_eq!(
                    canonical(&again),
                    canonical(&trace),
                    "{name}: {other} is not {}",
                    snapshot(&trace)
                );
                assert_eq!(outcome(&again), outcome(&trace), "{name}: {other} is not {}", snapshot(&trace));
                exchanges += 1;
            }
        }
    }
    exchanges
}

/// An exploration that goes on whatever it finds.
fn all(strategy: impl strategy::Strategy) -> Explorer {
    Explorer::new().strategy(strategy).executions(1_000_000).all_findings(true).minimise(false)
}

fn search(search: Search) -> Explorer {
    Explorer::new().search(search).all_findings(true).minimise(false)
}

/// The traces of an exploration; none where a schedule does not fit.
fn traces(explorer: Explorer, model: impl Fn() + Send + Sync + 'static) -> Vec<Trace> {
    let kept: Rc<RefCell<Vec<Trace>>> = Rc::default();
    let keep = Rc::clone(&kept);
    let explorer = explorer.on_execution(move |trace| keep.borrow_mut().push(trace.clone()));
    match explorer.explore(model) {
        Ok(_) => kept.take(),
        Err(_) => Vec::new(),
    }
}

/// A few executions of a random walk.
fn sampled(program: &Program, seed: u64) -> Vec<Trace> {
    let program = program.clone();
    traces(all(strategy::random(seed)).executions(3), move || run(&program))
}

fn replayed(program: &Program, schedule: &Schedule) -> Option<Trace> {
    let program = program.clone();
    let search = Search::Replay(schedule.clone());
    traces(Explorer::new().search(search).minimise(false), move || run(&program)).pop()
}

/// All that there is to steps. Where a thread ends is no place that a person wrote.
fn steps(trace: &Trace) -> Vec<String> {
    let all = |step: &Step| match step.operation.action {
        Action::Thread(ThreadAction::Exit { .. }) => format!("{:?} {:?}", step.thread, step.operation),
        _ => format!("{step:?}"),
    };
    trace.steps.iter().map(all).collect()
}

/// The schedule with two neighbouring independent choices of different threads exchanged, in every place.
fn exchanged(trace: &Trace) -> Vec<Schedule> {
    let choices: Vec<Choice> = trace.schedule.choices().collect();
    let mut position = 0;
    let mut schedules = Vec::new();
    for (at, pair) in trace.steps.windows(2).enumerate() {
        let here = position;
        position += usize::from(pair[0].operation.is_point());
        let both = pair.iter().all(|step| step.operation.is_point());
        // What follows from a choice unasked comes with it: the end of a thread, say.
        let follows = trace.steps[at + 2..].iter().take_while(|step| !step.operation.is_point());
        let fixed = pair[1..].iter().chain(follows).any(|step| pair[0].conflicts(step));
        if both && pair[0].thread != pair[1].thread && !fixed {
            let mut other = choices.clone();
            other.swap(here, here + 1);
            schedules.push(other.into_iter().collect());
        }
    }
    schedules
}
