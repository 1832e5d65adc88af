//! The ends of threads and processes, and who learns of them when.

use super::{SHORT, outputs, start};
use crate::python::multiprocessing::{self as mp, Process};
use crate::python::print;
use crate::python::threading::{Event, Thread};
use crate::{Clock, Explorer, Output, Report};

#[test]
fn a_join_with_a_time_out_may_be_too_early_though_the_thread_is_at_its_end() {
    let idle = || {
        let thread = start(|| ());
        thread.join_timeout(SHORT).unwrap();
        print(thread.is_alive());
        thread.join().unwrap();
    };
    assert_eq!(outputs(idle), ["false\n", "true\n"]);
    let sets = || {
        let event = Event::new();
        let set = event.clone();
        let thread = start(move || set.set());
        thread.join_timeout(SHORT).unwrap();
        print(format!("{} {}", thread.is_alive(), event.is_set()));
        thread.join().unwrap();
    };
    assert_eq!(outputs(sets), ["false true\n", "true false\n", "true true\n"]);
}

#[test]
fn who_has_waited_in_time_for_an_end_is_not_told_otherwise() {
    let repeated = || {
        let thread = start(|| ());
        for _ in 0..2 {
            thread.join_timeout(SHORT).unwrap();
            print(thread.is_alive());
        }
        thread.join().unwrap();
    };
    // Told twice that it has not ended: a third time nobody is.
    assert_eq!(outputs(repeated), ["false\nfalse\n", "true\nfalse\n"]);
}

#[test]
fn a_loop_that_joins_for_some_time_ends_with_the_thread() {
    let patient = || {
        let thread = start(|| ());
        while thread.is_alive() {
            thread.join_timeout(SHORT).unwrap();
        }
    };
    let report = Explorer::new().explore(patient).unwrap();
    assert!(report.proved(), "{report}");
}

#[test]
fn a_process_may_have_no_exit_code_yet_after_a_join_with_a_time_out() {
    let codes = || {
        let process = Process::new(|| ());
        process.start().unwrap();
        process.join_timeout(SHORT).unwrap();
        print(format!("{:?}", process.exitcode().unwrap()));
        process.join().unwrap();
    };
    assert_eq!(outputs(codes), ["None\n", "Some(0)\n"]);
    let impatient = || {
        let value = mp::Value::new(0);
        let written = value.clone();
        let process = Process::new(move || written.set(1));
        process.start().unwrap();
        process.join_timeout(SHORT).unwrap();
        if process.is_alive().unwrap() {
            process.terminate().unwrap();
        }
        process.join().unwrap();
        print(value.get());
    };
    assert_eq!(outputs(impatient), ["0\n", "1\n"]);
}

#[test]
fn when_time_tells_a_thread_without_work_is_over_in_time() {
    let report: Report = Explorer::new()
        .clock(Clock::Virtual)
        .output(Output::Observed)
        .allow_trivial(true)
        .explore(|| {
            let thread = Thread::new(|| ());
            thread.start().unwrap();
            thread.join_timeout(SHORT).unwrap();
            print(thread.is_alive());
        })
        .unwrap();
    assert_eq!(report.outputs().map(|outputs| outputs.len()), Some(1), "{report}");
}
