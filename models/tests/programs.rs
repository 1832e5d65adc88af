//! The document programs: what is wrong with each, exactly how many executions each has, proofs of the corrected ones,
//! and that all of it is the same every time.

#[path = "shared/sized.rs"]
mod sized;

use models::{Expected, Parameters, Program, find, programs};
use selvedge::base::Ending;
use selvedge::explore::{Coverage, Report};
use selvedge::finding::FindingKind;
use selvedge::trace::snapshot;
use selvedge::{Explorer, strategy};
use sized::{Sized, failures, sized};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::process::Command;
use std::rc::Rc;

impl Sized {
    fn explore(self, explorer: Explorer) -> Report {
        let (run, parameters) = (self.program.run, self.parameters);
        let defaults = Parameters::new(self.program);
        let changed = |(p, value): &(&models::Parameter, u32)| defaults.get(p.name) != *value;
        let set: String = parameters
            .iter()
            .filter(changed)
            .map(|(p, value)| format!(" --set {}={value}", p.name))
            .collect();
        let command = format!("cargo run --release -- replay {}{set} '{{schedule}}'", self.program.name);
        let explorer =
            explorer.output(self.program.prints.output()).name(self.program.name).replay_command(command);
        explorer.explore(move || run(&parameters)).unwrap()
    }
}

/// Every interleaving.
fn every() -> Explorer {
    Explorer::new().strategy(strategy::dfs()).executions(50_000_000).all_findings(true)
}

#[test]
fn what_is_wrong_with_each_is_what_is_expected_of_it() {
    for program in programs() {
        let several = matches!(program.expected, Expected::Findings([_, _, ..]));
        let report = sized(program.name).explore(Explorer::new().all_findings(several));
        let found: BTreeSet<String> = failures(&report).iter().map(ToString::to_string).collect();
        match program.expected {
            Expected::Nothing | Expected::OtherOutput => {
                assert!(found.is_empty(), "{}: {report}", program.name);
                let broken = program.prints.broken(&report).is_some();
                assert_eq!(broken, program.expected == Expected::OtherOutput, "{}: {report}", program.name);
            }
            // A lost update fails no test by itself; here it is the cause of a failed assertion.
            Expected::Findings(["lost update"]) => {
                assert_eq!(found, BTreeSet::from(["panic".to_string()]), "{}: {report}", program.name);
                assert!(report.to_string().contains("lost update"), "{report}");
            }
            Expected::Findings(kinds) => {
                assert_eq!(BTreeSet::from_iter(kinds.iter().map(ToString::to_string)), found, "{report}");
            }
        }
    }
}

/// Programs of a size, how many executions each has, and what is found in them.
const COUNTS: &[(&str, u64, &[FindingKind])] = &[
    ("bank_account", 6, &[FindingKind::Panic]),
    ("bank_account times=2", 70, &[FindingKind::Panic]),
    ("bank_account times=3", 924, &[FindingKind::Panic]),
    ("bank_account times=4", 12_870, &[FindingKind::Panic]),
    ("bank_account pairs=2", 2_520, &[FindingKind::Panic]),
    ("bank_account_locked", 2, &[]),
    ("bank_account_locked times=2", 6, &[]),
    ("bank_account_locked times=3", 20, &[]),
    ("bank_account_locked pairs=2", 24, &[]),
    ("condition_queue", 530, &[]),
    ("bounded_queue", 22, &[FindingKind::LostWakeup]),
    ("bounded_queue_fixed", 6, &[]),
    ("bounded_queue_fixed items=2", 20, &[]),
    ("bounded_queue_fixed consumers=2", 120, &[]),
    ("bounded_queue_fixed consumers=2 items=2", 1_480, &[]),
    // What the thread that panics gives back while it unwinds is a choice, too.
    ("rlock_reverse", 1_203, &[FindingKind::Panic]),
    ("rlock_reverse_global", 2_045, &[]),
    ("rlock_reverse_plain_lock", 361, &[FindingKind::Deadlock]),
];

#[test]
fn every_interleaving_is_counted_and_the_corrected_programs_are_proved() {
    let explored = |text: &&'static str| {
        let report = sized(text).explore(every().minimise(false));
        assert_eq!((report.coverage(), report.cut_short()), (Coverage::Proved, 0), "{text}: {report}");
        (*text, report.executions(), failures(&report))
    };
    let expected: Vec<_> = COUNTS
        .iter()
        .map(|(text, count, kinds)| (*text, *count, BTreeSet::from_iter(kinds.iter().copied())))
        .collect();
    let texts: Vec<&str> = COUNTS.iter().map(|(text, ..)| *text).collect();
    assert_eq!(texts.iter().map(explored).collect::<Vec<_>>(), expected);
}

/// `cargo test --release -p models --test programs -- --ignored at_the_documents_own_size`
#[test]
#[ignore = "twenty million steps, for a release build"]
fn the_bank_account_runs_at_the_documents_own_size() {
    let program = find("bank_account").unwrap();
    let parameters = Parameters::document(program);
    assert_eq!((parameters.get("pairs"), parameters.get("times")), (2, 2_500_000));
    let explorer = Explorer::new().strategy(strategy::random(1)).executions(1).steps(100_000_000);
    let report = Sized { program, parameters }.explore(explorer);
    assert_eq!((report.executions(), report.longest(), report.cut_short()), (1, 20_000_001, 0));
    assert_eq!(failures(&report), [FindingKind::Panic].into());
}

/// The balances that an account can end with.
fn totals(text: &str) -> Vec<i64> {
    let seen: Rc<RefCell<BTreeSet<i64>>> = Rc::default();
    let keep = Rc::clone(&seen);
    let explorer = every().minimise(false).on_execution(move |trace| {
        let said = trace.panics.first().map(|panic| panic.message.clone());
        let total =
            match said.as_deref().and_then(|m| m.strip_prefix("the balance is ")?.strip_suffix(", not 0")) {
                Some(total) => total.parse().expect("a number"),
                None => {
                    assert_eq!((trace.ending, said), (Ending::Finished, None));
                    0
                }
            };
        keep.borrow_mut().insert(total);
    });
    assert_eq!(sized(text).explore(explorer).coverage(), Coverage::Proved);
    seen.take().into_iter().collect()
}

#[test]
fn an_account_without_a_lock_can_end_with_any_of_these_balances() {
    assert_eq!(totals("bank_account"), [-100, 0, 100]);
    assert_eq!(totals("bank_account times=2"), [-200, -100, 0, 100, 200]);
    assert_eq!(totals("bank_account times=3"), [-300, -200, -100, 0, 100, 200, 300]);
    assert_eq!(totals("bank_account pairs=2"), [-200, -100, 0, 100, 200]);
    assert_eq!(totals("bank_account_locked times=2"), [0]);
}

#[test]
fn reports_are_as_reviewed() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for text in REPORTS {
            let report = sized(text).explore(Explorer::new());
            insta::assert_snapshot!(text.replace([' ', '='], "_"), report);
        }
    });
}

/// All that is wrong, and a corrected program for comparison.
const REPORTS: &[&str] = &[
    "bank_account",
    "bank_account pairs=2 times=2",
    "bounded_queue",
    "bounded_queue consumers=2 items=2",
    "bounded_queue_fixed",
    "rlock_reverse",
    "rlock_reverse_plain_lock",
    "event_chain",
    "lock_takers",
    "increments",
    "semaphore_order_short",
    "counter_wrong_lock",
    "list_condition",
    "timer_cancel",
    "clock_writers",
    "manager_joined",
    "queue_two_readers",
    "pipe_two_clocks",
    "pipe_sender_gone",
];

/// How many executions it takes to lose a wakeup, the median of 20 seeds.
fn median(explorer: fn(u64) -> Explorer) -> u64 {
    let first = |seed| {
        let report = sized("bounded_queue").explore(explorer(seed).executions(10_000).minimise(false));
        report
            .findings()
            .iter()
            .find(|f| f.finding.kind() == FindingKind::LostWakeup)
            .expect("it is lost")
            .execution
    };
    let mut executions: Vec<u64> = (0..20).map(first).collect();
    executions.sort_unstable();
    println!("{executions:?}");
    // The lower and the upper one of the two in the middle, together.
    (executions[9] + executions[10]).div_ceil(2)
}

#[test]
fn priorities_lose_a_wakeup_of_the_bounded_queue_at_once() {
    let median = median(|seed| Explorer::new().strategy(strategy::pct(3, seed).unwrap()));
    assert!(median <= 3, "{median}");
}

#[test]
fn a_random_walk_loses_a_wakeup_of_the_bounded_queue_soon() {
    let median = median(|seed| Explorer::new().strategy(strategy::random(seed)));
    assert!(median <= 25, "{median}");
}

/// A number for all executions of every program under both samplers and a hundred seeds: FNV-1a over their whole text.
fn digests() -> Vec<String> {
    let digest = |program: &'static Program| {
        let hash = Rc::new(RefCell::new(0xcbf2_9ce4_8422_2325u64));
        for seed in 0..100 {
            let samplers: [Box<dyn Fn() -> Explorer>; 2] = [
                Box::new(move || Explorer::new().strategy(strategy::random(seed))),
                Box::new(move || Explorer::new().strategy(strategy::pct(3, seed).unwrap())),
            ];
            for sampler in samplers {
                let mix = Rc::clone(&hash);
                let explorer = sampler().executions(1).minimise(false).all_findings(true);
                let explorer = explorer.on_execution(move |trace| {
                    let text = format!("{}{:?}", snapshot(trace), trace.panics);
                    let mut hash = mix.borrow_mut();
                    *hash =
                        text.bytes().fold(*hash, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
                });
                let report = sized(program.name).explore(explorer);
                let mut hash = hash.borrow_mut();
                *hash = report
                    .to_string()
                    .bytes()
                    .fold(*hash, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
            }
        }
        let hash = *hash.borrow();
        format!("digest {} {hash:016x}", program.name)
    };
    programs().iter().map(digest).collect()
}

#[test]
fn a_hundred_seeds_give_the_same_executions_twice_in_two_processes() {
    let here = digests();
    assert_eq!(here, digests());
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "digests_for_the_other_process", "--ignored", "--nocapture"])
        .env("SELVEDGE_SEED", "4711")
        .output()
        .unwrap();
    let printed = String::from_utf8(other.stdout).unwrap();
    let there: Vec<&str> = printed.lines().filter_map(|line| Some(&line[line.find("digest ")?..])).collect();
    assert_eq!(here, there, "{printed}");
    // They are no constant: each program has its own.
    assert_eq!(here.iter().collect::<BTreeSet<_>>().len(), programs().len());
}

#[test]
#[ignore = "run by the test above, in another process"]
fn digests_for_the_other_process() {
    digests().iter().for_each(|digest| println!("{digest}"));
}
