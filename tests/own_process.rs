//! Each test in a process of its own, as some harnesses run them, and what the environment changes in it.

use selvedge::sync::Mutex;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::thread;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

mod bank {
    use super::*;

    /// Takes two locks in two orders; run by the tests below.
    #[selvedge::test]
    #[ignore = "it fails"]
    fn locks_up() {
        both_orders();
    }

    /// The same without the attribute.
    #[test]
    #[ignore = "it fails"]
    fn locks_up_in_a_check() {
        selvedge::check(both_orders);
    }

    /// Nothing is chosen before it fails.
    #[selvedge::test]
    #[ignore = "it fails"]
    fn fails_at_once() {
        panic!("at once");
    }

    #[selvedge::test(strategy = "dfs", budget = 1, expect = "deadlock")]
    #[ignore = "one execution does not find it"]
    fn does_not_lock_up_so_soon() {
        both_orders();
    }
}

/// More behaviours than anybody will ever see, and a budget to try them.
#[selvedge::test(budget = 1_000_000_000_000)]
#[ignore = "it takes for ever, unless it is given a time"]
fn too_large() {
    let total = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..20).for_each(|_| drop(total.fetch_add(1, SeqCst).to_string())));
        }
    });
}

/// Others run while a thread unwinds, and somebody has put a panic hook in the place of ours.
#[test]
#[ignore = "it changes the panic hook"]
fn explores_with_another_hook() {
    struct AddsOnDrop<'a>(&'a AtomicU32);
    impl Drop for AddsOnDrop<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let model = || {
        let count = AtomicU32::new(0);
        let died = thread::scope(|scope| {
            let dies = scope.spawn(|| {
                let _both = (AddsOnDrop(&count), AddsOnDrop(&count));
                panic!("on purpose");
            });
            count.load(SeqCst);
            dies.join().is_err()
        });
        assert!(died && count.load(SeqCst) == 2 && !thread::panicking());
    };
    /// A second panic while a thread unwinds: without a hook of ours that is the end of the process.
    fn panics_twice() {
        struct PanicsOnDrop;
        impl Drop for PanicsOnDrop {
            fn drop(&mut self) {
                panic!("and again");
            }
        }
        let _panics = PanicsOnDrop;
        panic!("once");
    }
    static HEARD: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());
    let ours = selvedge::Explorer::new().explore(model).unwrap();
    let told = selvedge::Explorer::new().locations(true).explore(panics_twice).unwrap().to_string();
    std::panic::set_hook(Box::new(|info| HEARD.lock().unwrap().push(info.to_string())));
    assert_eq!(selvedge::Explorer::new().locations(true).explore(panics_twice).unwrap().to_string(), told);
    let theirs = selvedge::Explorer::new().explore(model).unwrap();
    assert!(ours.proved() && theirs.proved(), "{ours}\n{theirs}");
    assert_eq!(ours.executions(), theirs.executions());
    // Theirs has heard that somebody looked for ours, and hears of what panics outside.
    let _ = std::panic::catch_unwind(|| panic!("outside"));
    let heard = HEARD.lock().unwrap();
    assert!(heard.len() == 2 && heard[0].contains("no fault") && heard[1].ends_with("outside"), "{heard:?}");
}

/// Nobody has explored in this process before.
#[test]
#[ignore = "it is to be the first"]
fn explores_first_in_a_destructor() {
    struct Explores;
    impl Drop for Explores {
        fn drop(&mut self) {
            selvedge::check(nobody_panics);
            assert!(thread::panicking());
        }
    }
    let explores = || {
        let _explores = Explores;
        std::panic::resume_unwind(Box::new("outside"));
    };
    let died: std::thread::Result<()> = std::panic::catch_unwind(explores);
    assert!(died.is_err() && !thread::panicking());
    selvedge::check(nobody_panics);
}

fn nobody_panics() {
    let count = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert!(count.fetch_add(1, SeqCst) < 2 && !thread::panicking()));
        }
    });
}

/// A panic's message is made where std lets nobody panic; others run meanwhile, and may.
#[test]
#[ignore = "nobody is to have been switched away from in a panic before"]
fn operates_while_a_message_is_made() {
    struct Loads<'a>(&'a AtomicU32);
    impl std::fmt::Display for Loads<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "it was {}", self.0.load(SeqCst))
        }
    }
    let report = selvedge::Explorer::new().all_findings(true).explore(|| {
        let count = AtomicU32::new(0);
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                count.store(1, SeqCst);
                panic!("{}", Loads(&count));
            });
            let own = std::panic::catch_unwind(|| panic!("{}", Loads(&count))).unwrap_err();
            let own = own.downcast::<String>().unwrap();
            assert!(["it was 0", "it was 1"].contains(&&**own));
            assert_eq!(*other.join().unwrap_err().downcast::<String>().unwrap(), "it was 1");
        });
    });
    let report = report.unwrap();
    assert!(report.proved() && report.executions() > 1, "{report}");
}

fn both_orders() {
    let (a, b) = (Mutex::with_name((), "a"), Mutex::with_name((), "b"));
    thread::scope(|scope| {
        scope.spawn(|| drop((a.lock(), b.lock())));
        scope.spawn(|| drop((b.lock(), a.lock())));
    });
}

/// Runs one test of this file, and no other.
fn run(test: &str, variables: &[(&str, &str)], arguments: &[&str]) -> (bool, String) {
    let own = std::env::current_exe().unwrap();
    let mut command = Command::new(own);
    command.args([test, "--exact", "--ignored", "--nocapture"]).args(arguments).env_remove("RUST_BACKTRACE");
    for variable in ["STRATEGY", "SEED", "BUDGET", "STEPS", "TIME", "JOBS", "REPLAY"] {
        command.env_remove(format!("SELVEDGE_{variable}"));
    }
    command.envs(variables.iter().copied());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let told = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    assert!(told.contains("running 1 test"), "{told}");
    (status.success(), told)
}

#[test]
fn the_command_of_a_report_fails_the_same_test_in_the_same_way() {
    for (test, kind) in [
        ("bank::locks_up", "deadlock"),
        ("bank::locks_up_in_a_check", "deadlock"),
        ("bank::fails_at_once", "panic in"),
    ] {
        let (passed, told) = run(test, &[], &[]);
        assert!(!passed, "{told}");
        let line = told.lines().find_map(|line| line.trim().strip_prefix("replay: ")).unwrap();
        let rest = line.strip_prefix("SELVEDGE_REPLAY='").unwrap();
        let (schedule, command) = rest.split_once("' ").unwrap();
        assert_eq!(command, format!("cargo test {test} -- --exact"));
        let (passed, again) = run(test, &[("SELVEDGE_REPLAY", schedule)], &[]);
        assert!(!passed, "{again}");
        assert!(again.contains("stopped after 1 execution (replay"), "{again}");
        // All that is told of the fault is the same.
        let fault = |told: &str| -> String {
            told.split_once(kind).unwrap().1.split_once("found in").unwrap().0.to_owned()
        };
        assert_eq!(fault(&told), fault(&again));
    }
}

#[test]
fn one_may_be_the_first_to_explore_in_whatever_state_one_is() {
    for test in ["explores_first_in_a_destructor", "operates_while_a_message_is_made"] {
        let (passed, told) = run(test, &[], &[]);
        assert!(passed, "{told}");
    }
}

#[test]
fn a_panic_hook_of_ones_own_takes_nothing_from_an_exploration() {
    let (passed, told) = run("explores_with_another_hook", &[], &[]);
    assert!(passed, "{told}");
}

#[test]
fn the_name_does_not_hang_on_how_many_threads_the_harness_uses() {
    for threads in ["1", "4"] {
        let (_, told) = run("bank::locks_up", &[], &["--test-threads", threads]);
        assert!(told.contains("deadlock in bank::locks_up: "), "{told}");
        assert!(told.contains("cargo test bank::locks_up -- --exact"), "{told}");
    }
}

#[test]
fn the_environment_outweighs_the_arguments() {
    let test = "bank::does_not_lock_up_so_soon";
    let (passed, told) = run(test, &[], &[]);
    assert!(!passed && told.contains("expected: deadlock; but something else was found"), "{told}");
    assert!(told.contains("sampled: 1 execution of about"), "{told}");
    let (passed, told) = run(test, &[("SELVEDGE_BUDGET", "5000")], &[]);
    assert!(passed, "{told}");
    let (passed, told) = run(test, &[("SELVEDGE_STRATEGY", "exhaustive")], &[]);
    assert!(!passed && told.contains("exhaustive"), "the budget is still 1: {told}");
}

/// A test that a harness stops says nothing; one that stops by itself says how far it came, or passes.
#[test]
fn a_time_ends_what_is_too_large() {
    let start = Instant::now();
    let (passed, told) = run("too_large", &[("SELVEDGE_TIME", "1")], &[]);
    assert!(passed, "{told}");
    assert!(start.elapsed() >= Duration::from_secs(1) && start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_variable_that_makes_no_sense_fails_the_test_in_one_sentence() {
    for (variable, value, words) in [
        (
            "SELVEDGE_SEED",
            "x",
            "`x` is no whole number, in the variable `SELVEDGE_SEED`: give one, such as 7",
        ),
        (
            "SELVEDGE_BUDGET",
            "0",
            "with a bound of 0 nothing would be run, in the variable `SELVEDGE_BUDGET`: give at least 1",
        ),
        ("SELVEDGE_STRATEGY", "luck", "`luck` is no strategy, in the variable `SELVEDGE_STRATEGY`: use"),
        (
            "SELVEDGE_JOBS",
            "all",
            "`all` is no whole number, in the variable `SELVEDGE_JOBS`: give one, such as 7",
        ),
        (
            "SELVEDGE_REPLAY",
            "a2 7",
            "`7` is no run of a thread, in word 2 of the schedule in the variable `SELVEDGE_REPLAY`",
        ),
    ] {
        for test in ["bank::locks_up", "bank::locks_up_in_a_check"] {
            let (passed, told) = run(test, &[(variable, value)], &[]);
            assert!(!passed);
            let said: Vec<&str> = told.lines().filter(|line| line.starts_with(words)).collect();
            assert_eq!(said.len(), 1, "{told}");
            assert!(!told.contains("deadlock"), "nothing is run: {told}");
        }
    }
}
