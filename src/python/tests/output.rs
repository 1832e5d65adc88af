//! What models print, observed and not.

use super::{explored, outputs, start};
use crate::base::Ending;
use crate::engine::testing::{run, run_with, settings};
use crate::python::logging::{self, Level};
use crate::python::multiprocessing::Process;
use crate::python::random::{choice, randint, randrange};
use crate::python::threading::{Lock, Thread};
use crate::python::{print, time, write};
use crate::{Clock, Explorer, Output, Search};
use std::time::Duration;

fn two_print() {
    let threads = ["ab", "cd"].map(|text| start(move || print(text)));
    threads.iter().for_each(|thread| thread.join().unwrap());
    print("end");
}

#[test]
fn a_print_is_two_writes_so_lines_can_be_glued() {
    let expected = ["ab\ncd\nend\n", "abcd\n\nend\n", "cd\nab\nend\n", "cdab\n\nend\n"];
    assert_eq!(outputs(two_print), expected);
}

#[test]
fn where_output_comes_out_line_by_line_none_are_glued() {
    let two_processes = || {
        let processes = ["ab", "cd"].map(|text| {
            let process = Process::new(move || print(text));
            process.start().unwrap();
            process
        });
        processes.iter().for_each(|process| process.join().unwrap());
    };
    assert_eq!(outputs(two_processes), ["ab\ncd\n", "cd\nab\n"]);
}

#[test]
fn a_print_that_nobody_observes_adds_no_executions() {
    let report = explored(Search::Exhaustive, Output::Unobserved, two_print);
    assert_eq!((report.executions(), report.outputs()), (1, None));
    let trace = run(two_print);
    assert_eq!((trace.output().as_str(), trace.schedule.len()), ("ab\ncd\nend\n", 0));
}

#[test]
fn sampling_sees_outputs_too_and_says_how_many() {
    let report = Explorer::new().search(Search::Random).output(Output::Observed).executions(400);
    let report = report.explore(two_print).unwrap();
    assert_eq!(report.outputs().map(|outputs| outputs.len()), Some(4));
    assert!(report.to_string().contains("\n4 distinct outputs"), "{report}");
}

#[test]
fn several_workers_see_the_same_outputs() {
    let five = || {
        let threads = [0, 1, 2, 3, 4].map(|n| start(move || write(n)));
        threads.iter().for_each(|thread| thread.join().unwrap());
    };
    let explorer = Explorer::new().search(Search::Exhaustive).output(Output::Observed);
    let report = explorer.jobs(2).explore(five).unwrap();
    assert_eq!((report.executions(), report.outputs().map(|outputs| outputs.len())), (120, Some(120)));
}

#[test]
fn a_record_is_one_write() {
    let two_log = || {
        logging::basic_config(Level::Info, "(%(threadName)s) %(message)s");
        let threads = ["a", "b"].map(|name| Thread::new(|| logging::info("x")).named(name));
        threads.iter().for_each(|thread| thread.start().unwrap());
        logging::debug("not written");
        threads.iter().for_each(|thread| thread.join().unwrap());
    };
    assert_eq!(outputs(two_log), ["(a) x\n(b) x\n", "(b) x\n(a) x\n"]);
}

#[test]
fn the_first_configuration_holds_and_logging_makes_one() {
    let trace = run(|| {
        logging::info("below the level");
        logging::basic_config(Level::Debug, "%(message)s");
        logging::warning("too late");
        logging::critical(format_args!("{} and {}", 1, 2));
    });
    assert_eq!(trace.output(), "WARNING:root:too late\nCRITICAL:root:1 and 2\n");
    // It is forgotten with the execution.
    assert_eq!(run(|| logging::error("e")).output(), "ERROR:root:e\n");
}

#[test]
fn what_daemons_print_after_the_end_is_lost() {
    let daemon = || {
        let lock = Lock::new();
        lock.acquire();
        let (other, worker) = (lock.clone(), lock.clone());
        let daemon = Thread::new(move || {
            other.acquire();
            write("d");
        });
        daemon.daemon(true).start().unwrap();
        start(move || {
            write("w");
            worker.release().unwrap();
        });
        write("m");
    };
    assert_eq!(outputs(daemon), ["mw", "mwd", "wdm", "wm", "wmd"]);
}

#[test]
fn random_values_are_choices_each_tried_once() {
    let draws = || {
        print(format_args!("{} {}", randint(-1, 1), choice(&["a", "b"])));
        assert!(randrange(1) == 0);
    };
    let expected = ["-1 a\n", "-1 b\n", "0 a\n", "0 b\n", "1 a\n", "1 b\n"];
    assert_eq!(outputs(draws), expected);
    let report = explored(Search::Exhaustive, Output::Observed, draws);
    assert_eq!(report.executions(), 6);
}

#[test]
fn who_prints_for_ever_reaches_the_bound_on_steps() {
    let mut settings = settings();
    settings.steps = 10;
    let trace = run_with(settings, || {
        loop {
            print("again");
        }
    });
    assert_eq!(trace.ending, Ending::StepLimit);
}

#[test]
fn writes_are_ordered_by_virtual_time() {
    let timed = || {
        let late = start(|| {
            time::sleep(Duration::from_secs(2));
            print("late");
        });
        time::sleep(Duration::from_secs(1));
        print("early");
        late.join().unwrap();
    };
    let explorer = Explorer::new().clock(Clock::Virtual).output(Output::Observed);
    let report = explorer.strategy(crate::strategy::dfs()).explore(timed).unwrap();
    assert_eq!(report.outputs().unwrap().iter().collect::<Vec<_>>(), ["early\nlate\n"]);
}

#[test]
fn a_trace_says_what_is_printed() {
    let mut settings = settings();
    settings.output = Output::Observed;
    let model = || {
        let thread = Thread::new(|| print("say \"hi\"")).named("worker");
        thread.start().unwrap();
        thread.join().unwrap();
        logging::warning("all is done");
    };
    insta::assert_snapshot!(crate::trace::snapshot(&run_with(settings, model)), @r#"
        step   a: main                             b: worker
           1   spawn worker
           2                                       prints "say \"hi\""
           3                                       ends its line
           4                                       ends
           5   join worker
           6   prints "WARNING:root:all is done"
           7   ends
    ending: finished
    schedule: b2 a
    "#);
}

#[test]
#[should_panic(expected = "inside of the closure")]
fn there_is_no_print_outside_of_an_exploration() {
    print("x");
}
