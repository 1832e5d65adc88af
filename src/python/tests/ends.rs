//! The ends of threads and processes, and who learns of them when.

use super::{SHORT, outputs, start};
use crate::python::futures::ThreadPoolExecutor;
use crate::python::multiprocessing::{self as mp, Process};
use crate::python::print;
use crate::python::threading::{Event, Thread, active_count, current_thread, enumerate, main_thread};
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
fn who_joins_one_that_has_joined_another_knows_of_both_ends() {
    let chain = || {
        let first = start(|| ());
        let joined = first.clone();
        let second = start(move || joined.join());
        second.join().unwrap();
        print(first.is_alive());
    };
    assert_eq!(outputs(chain), ["false\n"]);
}

#[test]
fn those_that_are_told_of_did_run_at_one_time() {
    let names = || {
        let first = Thread::new(|| ()).named("A");
        let joined = first.clone();
        let second = Thread::new(move || joined.join()).named("B");
        first.start().unwrap();
        second.start().unwrap();
        let names: Vec<String> = enumerate()[1..].iter().map(Thread::name).collect();
        print(names.join(" "));
    };
    assert_eq!(outputs(names), ["\n", "A B\n", "B\n"]);
}

#[test]
fn a_process_has_a_main_thread_and_counts_its_own() {
    let told = || {
        let idle = Event::new();
        let wait = idle.clone();
        start(move || wait.wait());
        let process = Process::new(|| {
            let (name, count) = (current_thread().name(), active_count());
            print(format!("{name} {count} {}", Thread::new(|| ()).name()));
            assert!(current_thread() == main_thread() && !current_thread().is_daemon());
        });
        process.start().unwrap();
        process.join().unwrap();
        print(format!("{} {}", active_count(), Thread::new(|| ()).name()));
        idle.set();
    };
    assert_eq!(outputs(told), ["MainThread 1 Thread-2\n2 Thread-2\n"]);
}

#[test]
fn a_process_waits_for_its_threads_and_takes_the_daemons_with_it() {
    let waits = || {
        let value = mp::Value::new(0);
        let written = value.clone();
        let process = Process::new(move || {
            start(move || written.set(1));
        });
        process.start().unwrap();
        process.join().unwrap();
        print(format!("{} {:?}", value.get(), process.exitcode()));
    };
    assert_eq!(outputs(waits), ["1 Ok(Some(0))\n"]);
    let takes = || {
        let value = mp::Value::new(0);
        let written = value.clone();
        let process = Process::new(move || {
            Thread::new(move || written.set(1)).daemon(true).start().unwrap();
        });
        process.start().unwrap();
        process.join().unwrap();
        print(format!("{} {}", value.get(), value.get()));
    };
    assert_eq!(outputs(takes), ["0 0\n", "1 1\n"]);
}

#[test]
fn a_daemonic_process_serves_the_threads_that_main_waits_for() {
    let served = || {
        let (asked, answered) = (mp::Event::new(), mp::Event::new());
        let (question, answer) = (asked.clone(), answered.clone());
        let server = Process::new(move || {
            question.wait();
            answer.set();
        });
        server.daemon(true).start().unwrap();
        start(move || {
            asked.set();
            answered.wait();
            print("answered");
        });
    };
    assert_eq!(outputs(served), ["answered\n"]);
}

#[test]
fn a_pool_of_a_process_ends_with_it() {
    let pooled = || {
        let process = Process::new(|| {
            let pool = ThreadPoolExecutor::new(1).unwrap();
            print(pool.submit(|| Ok(1)).unwrap().result().unwrap());
        });
        process.start().unwrap();
        process.join().unwrap();
    };
    assert_eq!(outputs(pooled), ["1\n"]);
}

#[test]
fn others_may_look_at_a_thread_before_it_is_started_or_after() {
    let looked = |look: fn(&Thread) -> String| {
        move || {
            let thread = Thread::new(|| ());
            let other = thread.clone();
            let looker = start(move || print(look(&other)));
            thread.start().unwrap();
            looker.join().unwrap();
            thread.join().unwrap();
        }
    };
    assert_eq!(outputs(looked(|thread| thread.is_alive().to_string())), ["false\n", "true\n"]);
    assert_eq!(outputs(looked(|thread| thread.join().is_ok().to_string())), ["false\n", "true\n"]);
    assert_eq!(outputs(looked(|thread| thread.ident().is_some().to_string())), ["false\n", "true\n"]);
    assert_eq!(outputs(looked(|thread| thread.set_daemon(false).is_ok().to_string())), ["false\n", "true\n"]);
}

#[test]
fn of_two_that_start_a_thread_either_may_be_first() {
    let both = || {
        let thread = Thread::new(|| ());
        let other = thread.clone();
        let starter = start(move || drop(other.start()));
        print(thread.start().is_ok());
        starter.join().unwrap();
        thread.join().unwrap();
    };
    assert_eq!(outputs(both), ["false\n", "true\n"]);
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
