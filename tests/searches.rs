//! Searches named as data: how the default divides its budget, and what reports say of how far each has come.

use selvedge::explore::{Coverage, Report, Search};
use selvedge::sync::Mutex;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::{Explorer, thread};

/// Threads that add to one atomic so many times each.
fn adds(rounds: &'static [usize]) -> impl Fn() + Send + Sync + 'static {
    move || {
        let total = AtomicU32::new(0);
        thread::scope(|scope| {
            for &count in rounds {
                let total = &total;
                scope.spawn(move || {
                    for _ in 0..count {
                        total.fetch_add(1, SeqCst);
                    }
                });
            }
        });
        assert_eq!(total.load(SeqCst) as usize, rounds.iter().sum::<usize>());
    }
}

fn explored(search: Search, executions: u64, rounds: &'static [usize]) -> Report {
    Explorer::new().search(search).executions(executions).explore(adds(rounds)).unwrap()
}

#[test]
fn a_proof_within_reach_is_made() {
    let report = explored(Search::Portfolio, 20_000, &[4, 4, 3]);
    assert!(report.proved());
    assert_eq!(report.executions(), 11_550);
}

/// For each execution an exhaustive search looks at thousands of reversals here.
#[test]
fn what_costs_too_much_is_given_up_early() {
    let report = || {
        let explorer = Explorer::new().executions(400);
        let explored = explorer.explore(|| {
            let total = Mutex::new(0);
            thread::scope(|scope| (0..100).for_each(|_| drop(scope.spawn(|| *total.lock().unwrap() += 1))));
            assert_eq!(total.into_inner().unwrap(), 100);
        });
        explored.unwrap()
    };
    let text = report().to_string();
    assert!(text.contains("sampled: 400 executions were run"), "{text}");
    assert_eq!(report().to_string(), text);
}

#[test]
fn a_proof_out_of_reach_is_given_up_early_and_the_rest_is_shared() {
    let report = explored(Search::Portfolio, 4_000, &[5, 5, 5, 5]);
    assert_eq!(report.coverage(), Coverage::Sampled);
    assert_eq!(report.executions(), 4_000);
    // 20! / 5!^4, more than 1e10, in truth: an estimate from so few executions is far too small, but large enough.
    let estimate = report.estimate().unwrap();
    assert!(estimate > 1e6, "{estimate}");
    assert!(report.verdict().starts_with("sampled: 4 000 executions of about "), "{}", report.verdict());
    assert_eq!(
        report.strategy(),
        "exhaustive: every trace once, then depth-first search with 0, 1, 2, … preemptions, then probabilistic concurrency \
         testing of depth 3, seed 0, then partial order sampling, seed 0, then random walk, seed 0"
    );
}

#[test]
fn bounded_search_says_how_far_it_has_come() {
    let report = explored(Search::Bounded, 100, &[3, 3, 3]);
    assert_eq!(report.coverage(), Coverage::AllWithin(1));
    assert_eq!(
        report.verdict(),
        "all 42 executions with at most 1 preemption were run, and 58 of those with more"
    );
    let most = explored(Search::Bounded, 3_000, &[4, 4, 4]);
    let beyond = most.verdict().split_once(" were run, and ").map(|(_, beyond)| beyond.to_owned());
    assert_eq!(beyond.as_deref(), Some("1 248 of those with more"), "{}", most.verdict());
    let one = explored(Search::Dfs { preemptions: Some(1) }, 100, &[3, 3, 3]);
    assert!(one.to_string().ends_with("(depth-first search with at most 1 preemption)"), "{one}");
    let all = explored(Search::Bounded, 2_000, &[3, 3, 3]);
    assert_eq!(all.verdict(), "proved: all 1 680 executions were run");
}

#[test]
fn what_was_run_is_no_proof_of_anything_wrong() {
    let explorer = Explorer::new().search(Search::Exhaustive).all_findings(true);
    let report = explorer.explore(|| {
        let total = AtomicU32::new(0);
        thread::scope(|scope| {
            scope.spawn(|| total.store(1, SeqCst));
            assert_eq!(total.load(SeqCst), 0);
        });
    });
    let report = report.unwrap();
    assert_eq!((report.coverage(), report.findings().len()), (Coverage::Proved, 1));
    assert_eq!(report.verdict(), "all 2 executions were run");
}

#[test]
fn samplers_never_end_by_themselves() {
    for search in [Search::Pos, Search::Surw, Search::Fuzz] {
        let report = explored(search, 300, &[2, 2]);
        assert_eq!(report.verdict(), "sampled: 300 executions were run");
    }
}
