//! Logs of small programs, and of larger ones, explained.

mod brute;

use super::{Explanation, Log, Pattern};
use crate::python::logging::{self, Level};
use crate::python::random::randint;
use crate::python::threading::{Event, Lock, Thread};
use crate::python::{Error, Round, Shared, endless, print, time, write};
use crate::{Clock, Explorer};
use std::time::Duration;

fn explain(log: Log, model: impl Fn() + Send + Sync + 'static) -> Explanation {
    timed(Clock::Abstract, log, model)
}

fn timed(clock: Clock, log: Log, model: impl Fn() + Send + Sync + 'static) -> Explanation {
    Explorer::new().clock(clock).explain(&log, model).unwrap()
}

/// It is reproduced by an execution that prints exactly this.
#[track_caller]
fn prints(explanation: &Explanation, output: &str) {
    assert!(explanation.is_reproduced(), "{explanation}");
    assert_eq!(explanation.trace().output(), output);
}

/// It stops at a line, and what else could follow there.
#[track_caller]
fn stops(explanation: &Explanation, line: usize, instead: &[&str]) {
    assert!(explanation.is_impossible(), "{explanation}");
    assert_eq!(explanation.stopped_at().map(|(number, _)| number), Some(line), "{explanation}");
    assert_eq!(explanation.instead(), instead, "{explanation}");
}

const SECOND: Duration = Duration::from_secs(1);

fn two_print() {
    let threads = ["ab", "cd"].map(|text| Thread::new(move || print(text)));
    threads.iter().for_each(|thread| thread.start().unwrap());
    threads.iter().for_each(|thread| thread.join().unwrap());
    print("end");
}

#[test]
fn lines_in_any_order_that_can_be_and_glued() {
    for output in ["ab\ncd\nend\n", "cd\nab\nend\n", "abcd\n\nend\n", "cdab\n\nend\n"] {
        prints(&explain(Log::new(output), two_print), output);
    }
    stops(&explain(Log::new("ab\nend\ncd\n"), two_print), 2, &["cd"]);
    stops(&explain(Log::new("acbd\n\nend\n"), two_print), 1, &["ab", "cd"]);
    // Only a beginning.
    prints(&explain(Log::new("cd\n").prefix(), two_print), "cd");
    let cut_off = explain(Log::new("ab\ncd\n"), two_print);
    assert!(cut_off.is_impossible() && cut_off.stopped_at().is_none() && cut_off.printed() == 2, "{cut_off}");
    assert_eq!(cut_off.instead(), ["end"]);
}

#[test]
fn values_drawn_at_random_are_found() {
    let model = || {
        let (a, b) = (randint(1, 20), randint(1, 20));
        Thread::new(move || print(format_args!("a {a}"))).start().unwrap();
        Thread::new(move || print(format_args!("b {b} {}", randint(0, 9)))).start().unwrap();
    };
    prints(&explain(Log::new("b 17 3\na 13\n"), model), "b 17 3\na 13\n");
    stops(
        &explain(Log::new("b 17 3\na 21\n"), model),
        2,
        &[
            "a 1", "a 10", "a 11", "a 12", "a 13", "a 14", "a 15", "a 16", "a 17", "a 18", "a 19", "a 2",
            "a 20", "a 3", "a 4", "a 5", "a 6", "a 7", "a 8", "a 9",
        ],
    );
}

fn lost_update() {
    let total = Shared::new(0i32);
    let threads = [1, 2].map(|amount| {
        let total = total.clone();
        Thread::new(move || (0..3).for_each(|_| total.set(total.get() + amount)))
    });
    threads.iter().for_each(|thread| thread.start().unwrap());
    threads.iter().for_each(|thread| thread.join().unwrap());
    print(total.get());
}

#[test]
fn a_result_says_which_schedule() {
    for total in 3..=9 {
        prints(&explain(Log::new(total.to_string()), lost_update), &format!("{total}\n"));
    }
    let wrong = explain(Log::new("2"), lost_update);
    stops(&wrong, 1, &["3", "4", "5", "6", "7", "8", "9"]);
}

#[test]
fn time_outs_may_fire_and_order_things_under_the_virtual_clock() {
    let model = || {
        logging::basic_config(Level::Debug, "(%(threadName)s) %(message)s");
        let event = Event::new();
        let theirs = event.clone();
        let waiter = Thread::new(move || {
            while !theirs.is_set() {
                logging::debug(theirs.wait_timeout(SECOND));
            }
        });
        waiter.named("w").start().unwrap();
        time::sleep(SECOND * 5 / 2);
        logging::debug("set");
        event.set();
    };
    let (two, three) = (
        "(w) false\n(w) false\n(MainThread) set\n(w) true\n",
        "(w) false\n(w) false\n(w) false\n(MainThread) set\n(w) true\n",
    );
    prints(&explain(Log::new(two), model), two);
    prints(&explain(Log::new(three), model), three);
    prints(&timed(Clock::Virtual, Log::new(two), model), two);
    stops(&timed(Clock::Virtual, Log::new(three), model), 3, &["(MainThread) set"]);
}

#[test]
fn who_polls_for_ever_is_no_hindrance_to_a_proof() {
    let model = || {
        let flag = Shared::new(false);
        let theirs = flag.clone();
        Thread::new(move || while !theirs.get() {}).daemon(true).start().unwrap();
        let theirs = flag.clone();
        let poller = Thread::new(move || {
            while !theirs.get() {
                time::sleep(SECOND);
            }
            print("seen");
        });
        poller.start().unwrap();
        print("begin");
        flag.set(true);
        print("end");
    };
    prints(&explain(Log::new("begin\nseen\nend\n"), model), "begin\nseen\nend\n");
    let wrong = explain(Log::new("seen\nbegin\nend\n"), model);
    stops(&wrong, 1, &["begin"]);
    assert!(wrong.assumes_fairness(), "{wrong}");
}

#[test]
fn virtual_time_passes_while_somebody_polls_without_waiting() {
    let model = || {
        let flag = Shared::new(false);
        let theirs = flag.clone();
        Thread::new(move || {
            while !theirs.get() {}
            print("seen");
        })
        .start()
        .unwrap();
        time::sleep(SECOND);
        flag.set(true);
        print("set");
        time::sleep(SECOND);
        print("end");
    };
    for (log, output) in [("set\nseen\n", "set\nseen\n"), ("seen\nset\nend\n", "seen\nset\nend\n")] {
        let explanation = timed(Clock::Virtual, Log::new(log).prefix(), model);
        assert!(explanation.is_reproduced() && explanation.assumes_fairness(), "{explanation}");
        assert_eq!(explanation.trace().output(), output.trim_end_matches('\n'));
        let again = Explorer::new().clock(Clock::Virtual).retrace(&explanation.schedule(), model).unwrap();
        assert_eq!(again.output(), explanation.trace().output());
    }
    stops(&timed(Clock::Virtual, Log::new("set\nend\nseen\n"), model), 2, &["seen"]);
}

#[test]
fn loops_without_an_end_are_followed_unless_they_do_nothing() {
    let model = || {
        let worker = Thread::new(|| {
            let mut round = 0;
            endless(1, || {
                round += 1;
                print(round);
                Ok::<_, Error>(Round::Fruitful)
            })
        });
        worker.start().unwrap();
        print("waits");
        endless(0, || Ok::<_, Error>(Round::Fruitful)).unwrap();
        print("never");
    };
    prints(&explain(Log::new("1\n2\nwaits\n3\n").prefix(), model), "1\n2\nwaits\n3");
    stops(&explain(Log::new("1\nwaits\nnever\n").prefix(), model), 3, &["2"]);
}

#[test]
fn a_schedule_of_another_model_is_not_retraced() {
    let explanation = explain(Log::new("cd\nab\nend\n"), two_print);
    let again = Explorer::new().retrace(&explanation.schedule(), two_print).unwrap();
    assert_eq!(again.output(), "cd\nab\nend\n");
    let error = Explorer::new().retrace(&explanation.schedule(), || print("ab")).unwrap_err();
    assert!(
        error.to_string().starts_with("another execution comes of it than was recorded, in the schedule")
    );
}

#[test]
fn programs_that_print_for_ever_have_a_beginning() {
    let model = || {
        for name in ["a", "b"] {
            let thread = Thread::new(move || -> () {
                loop {
                    write(format_args!("{name}\n"));
                }
            });
            thread.start().unwrap();
        }
    };
    prints(&explain(Log::new("a\na\nb\na\nb\nb\n").prefix(), model), "a\na\nb\na\nb\nb\n");
    stops(&explain(Log::new("a\nb\nc\n").prefix(), model), 3, &["a", "b"]);
}

#[test]
fn deadlocks_have_outputs_too() {
    let model = || {
        let lock = Lock::new();
        lock.acquire();
        print("held");
        lock.acquire();
    };
    prints(&explain(Log::new("held\n"), model), "held\n");
}

#[test]
fn names_and_lines_that_do_not_count_are_read_as_told() {
    let model = || {
        let threads = [0, 1].map(|_| {
            Thread::new(|| {
                let name = crate::python::threading::current_thread().name();
                print(format_args!("[{name}] begin <object at 0x12ab>"));
                print(format_args!("[{name}] end"));
            })
        });
        threads.iter().for_each(|thread| thread.start().unwrap());
    };
    let text = "= a run =\n[Thread-35] begin <object at 0x000001528AD9BBB0>  # the second\n\n[Thread-34] begin <object at 0x0>\n";
    let log = Log::new(text).comments("#").ignore_blank_lines().ignore("=*".parse().unwrap());
    let log = log.ignore_printed(Pattern::Suffix("end".to_owned()));
    let explanation = explain(log.clone(), model);
    assert!(explanation.is_reproduced(), "{explanation}");
    let pairs = [("Thread-1", "Thread-34"), ("Thread-2", "Thread-35")];
    assert_eq!(explanation.renamed(), pairs.map(|(here, there)| (here.to_owned(), there.to_owned())));
    // The other way round it has to be said.
    let swapped = log.clone().rename("Thread-35", "Thread-1").rename("Thread-34", "Thread-2");
    assert!(explain(swapped, model).is_reproduced());
    let error = Explorer::new().explain(&log.rename("Thread-35", "worker"), model).unwrap_err().to_string();
    assert_eq!(
        error,
        "the program has no thread called `worker`, in the names given for those in the log: give names as the program has them"
    );
}

#[test]
fn a_budget_that_does_not_reach_is_said() {
    let explanation = Explorer::new().executions(1).explain(&Log::new("9"), || {
        Thread::new(|| print(randint(0, 9))).start().unwrap();
    });
    let explanation = explanation.unwrap();
    assert!(!explanation.is_reproduced() && !explanation.is_impossible());
    assert!(
        explanation.to_string().starts_with("undecided: the bound on executions was reached; none of 1"),
        "{explanation}"
    );
}
