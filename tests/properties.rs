//! A bank whose transfers are random: data and schedule are found, and shrunk, together.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use selvedge::proptest::{Plan, explored, scheduled, schedules};
use selvedge::sync::Mutex;
use selvedge::thread;

/// What the README shows.
mod readme {
    use selvedge::sync::Mutex;
    use selvedge::thread;

    // begin readme
    use proptest::prelude::*;
    use selvedge::proptest::scheduled;

    proptest! {
        #[test]
        fn no_deposit_is_lost((amounts, plan) in scheduled(prop::collection::vec(0..100u32, 0..5))) {
            plan.check(move || {
                let balance = &Mutex::new(0);
                thread::scope(|scope| {
                    for amount in &amounts {
                        scope.spawn(move || *balance.lock().unwrap() += amount);
                    }
                });
                assert_eq!(*balance.lock().unwrap(), amounts.iter().sum::<u32>());
            })?;
        }
    }
    // end readme

    #[test]
    fn it_is_what_the_readme_shows() {
        let (_, rest) = include_str!("properties.rs").split_once("// begin readme\n").expect("it begins");
        let (code, _) = rest.split_once("    // end readme").expect("it ends");
        let lines = code.lines().map(|line| line.strip_prefix("    ").unwrap_or(line));
        let code: Vec<&str> = lines.collect();
        assert!(include_str!("../README.md").contains(&code.join("\n")), "they differ");
    }
}

const ACCOUNTS: usize = 3;
const OPENING: i64 = 100;

/// From, to, how much.
type Transfer = (usize, usize, i64);

struct Bank(Vec<Mutex<i64>>);

impl Bank {
    fn open() -> Self {
        Bank((0..ACCOUNTS).map(|_| Mutex::with_name(OPENING, "account")).collect())
    }

    /// Holds both accounts, always the one with the lower number first.
    fn transfer(&self, (from, to, amount): Transfer) {
        if from == to {
            return;
        }
        let mut low = self.0[from.min(to)].lock().unwrap();
        let mut high = self.0[from.max(to)].lock().unwrap();
        let (from, to) = if from < to { (&mut *low, &mut *high) } else { (&mut *high, &mut *low) };
        *from -= amount;
        *to += amount;
    }

    /// Wrong: looks at a balance, lets go of it, and comes back with the new one.
    fn transfer_in_parts(&self, (from, to, amount): Transfer) {
        let taken = *self.0[from].lock().unwrap() - amount;
        *self.0[from].lock().unwrap() = taken;
        let given = *self.0[to].lock().unwrap() + amount;
        *self.0[to].lock().unwrap() = given;
    }

    fn total(&self) -> i64 {
        self.0.iter().map(|account| *account.lock().unwrap()).sum()
    }
}

/// Every transfer in a thread of its own; the total stays.
fn all_at_once(transfers: Vec<Transfer>, transfer: fn(&Bank, Transfer)) -> impl Fn() + Send + Sync {
    move || {
        let bank = Bank::open();
        thread::scope(|scope| {
            for one in &transfers {
                scope.spawn(|| transfer(&bank, *one));
            }
        });
        assert_eq!(bank.total(), OPENING * ACCOUNTS as i64, "money was made or lost");
    }
}

fn transfers() -> impl Strategy<Value = Vec<Transfer>> {
    vec((0..ACCOUNTS, 0..ACCOUNTS, 0..50i64), 0..6)
}

/// Runs of proptest that are the same each time.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn a_bank_that_holds_both_accounts_keeps_its_total() {
    let both = scheduled(transfers());
    let kept = runner(300).run(&both, |(transfers, plan)| plan.check(all_at_once(transfers, Bank::transfer)));
    kept.unwrap();
}

#[test]
fn it_keeps_it_under_every_schedule() {
    let few = vec((0..ACCOUNTS, 0..ACCOUNTS, 0..50i64), 0..4);
    runner(30).run(&few, |transfers| explored(all_at_once(transfers, Bank::transfer))).unwrap();
}

#[test]
fn what_goes_wrong_shrinks_to_little_data_and_one_preemption() {
    let both = scheduled(transfers());
    let wrong = runner(500)
        .run(&both, |(transfers, plan)| plan.check(all_at_once(transfers, Bank::transfer_in_parts)));
    let Err(TestError::Fail(reason, (transfers, plan))) = wrong else { panic!("it passed: {wrong:?}") };
    // Two threads in one account, one of them for the least amount, and one switch in between.
    assert_eq!((transfers.len(), plan.preemptions()), (2, 1), "{transfers:?}, {plan}");
    assert!(
        transfers.iter().all(|(from, to, amount)| *from <= 1 && *to <= 1 && *amount <= 1),
        "{transfers:?}"
    );
    assert!(reason.message().contains("money was made or lost"), "{reason}");
    assert!(reason.message().contains("replay: `Explorer::search` with `Search::Replay(\""), "{reason}");
    // What the report says to replay fails without the plan and without proptest.
    let report = plan.explore(all_at_once(transfers.clone(), Bank::transfer_in_parts));
    let schedule = selvedge::Search::Replay(report.findings()[0].schedule());
    let again =
        selvedge::Explorer::new().search(schedule).explore(all_at_once(transfers, Bank::transfer_in_parts));
    assert!(again.unwrap().failed());
}

#[test]
fn a_plan_goes_with_any_model() {
    runner(200)
        .run(&schedules(), |plan| {
            let report = plan.explore(|| drop(thread::spawn(|| {}).join()));
            prop_assert!(!report.failed() && report.executions() == 1, "{}", report);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_plan_is_shown_in_words() {
    assert_eq!(format!("{:?}", Plan::default()), "Plan(no preemption)");
}
