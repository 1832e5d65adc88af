//! `concurrent.futures`.

use super::{SHORT, explored, fine, message, outputs};
use crate::base::Ending;
use crate::engine::testing::{outcomes, run};
use crate::python::futures::ThreadPoolExecutor;
use crate::python::threading::{Thread, current_thread};
use crate::python::{Error, Shared, print, sys};
use crate::{Explorer, Output, Search};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

#[test]
fn a_future_has_what_the_task_returned_or_its_error() {
    fine(|| {
        ThreadPoolExecutor::with(1, |pool| {
            let fine = pool.submit(|| Ok(current_thread().name())).unwrap();
            let wrong = pool.submit(|| Err::<(), _>(Error::ValueError("wrong".into()))).unwrap();
            assert_eq!((fine.result(), fine.exception()), (Ok("ThreadPoolExecutor-0_0".into()), None));
            assert_eq!(message(wrong.result()), "ValueError: wrong");
            assert!(fine.done() && wrong.exception().is_some());
        });
        assert_eq!(message(ThreadPoolExecutor::new(0)), "ValueError: max_workers must be greater than 0");
        let pool = ThreadPoolExecutor::prefixed(1, "pool").unwrap();
        pool.shutdown(false).unwrap();
        let late = "RuntimeError: cannot schedule new futures after shutdown";
        assert_eq!(message(pool.submit(|| Ok(()))), late);
    });
}

#[test]
fn threads_are_started_as_they_are_needed() {
    let seen: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let keep = Arc::clone(&seen);
    let report = Explorer::new().search(Search::Exhaustive).explore(move || {
        let names = ThreadPoolExecutor::with(2, |pool| {
            let names = pool.map(|()| Ok(current_thread().name()), [(), ()]).unwrap();
            names.map(Result::unwrap).collect::<Vec<_>>().join(" ")
        });
        keep.lock().unwrap().insert(names);
    });
    assert!(report.unwrap().proved());
    let seen: Vec<String> =
        seen.lock().unwrap().iter().map(|s| s.replace("ThreadPoolExecutor-0_", "")).collect();
    assert_eq!(seen, ["0 0", "0 1", "1 0", "1 1"]);
}

#[test]
fn a_result_may_come_too_late_and_a_task_that_waits_for_another_needs_a_second_thread() {
    let seen = outcomes(|| {
        ThreadPoolExecutor::with(1, |pool| {
            let future = pool.submit(|| Ok(1)).unwrap();
            future.result_timeout(SHORT).map_err(|error| error.to_string())
        })
    });
    assert_eq!(seen, [Ok(1), Err("TimeoutError".to_owned())]);
    let nested = |threads: usize| {
        move || {
            let pool = ThreadPoolExecutor::new(threads).unwrap();
            let inner = pool.clone();
            let outer = pool.submit(move || inner.submit(|| Ok(1))?.result()).unwrap();
            assert_eq!(outer.result(), Ok(1));
            pool.shutdown(true).unwrap();
        }
    };
    assert_eq!(run(nested(1)).ending, Ending::Deadlocked);
    assert_eq!(run(nested(2)).ending, Ending::Finished);
}

#[test]
fn a_pool_that_nobody_shuts_down_ends_with_the_program() {
    fine(|| {
        let done = Shared::new(false);
        let told = done.clone();
        let pool = ThreadPoolExecutor::new(1).unwrap();
        pool.submit(move || {
            told.set(true);
            Ok(())
        })
        .unwrap();
    });
}

#[test]
fn an_exit_in_a_task_is_what_its_future_tells_and_the_thread_goes_on() {
    fine(|| {
        ThreadPoolExecutor::with(1, |pool| {
            let leaves = |leaves: bool| {
                move || {
                    if leaves {
                        sys::exit(3);
                    }
                    Ok(7)
                }
            };
            let (gone, stays) = (pool.submit(leaves(true)).unwrap(), pool.submit(leaves(false)).unwrap());
            assert_eq!((gone.result(), stays.result()), (Err(Error::SystemExit(3)), Ok(7)));
        });
    });
}

#[test]
fn a_panic_in_a_task_is_one_finding_and_the_thread_goes_on() {
    let trace = run(|| {
        ThreadPoolExecutor::with(1, |pool| {
            let wrong = pool.submit(|| -> Result<(), Error> { panic!("wrong") }).unwrap();
            assert_eq!(message(wrong.result()), "RuntimeError: wrong");
            assert_eq!(pool.submit(|| Ok(1)).unwrap().result(), Ok(1));
        });
    });
    let messages: Vec<_> = trace.panics.iter().map(|panic| panic.message.as_str()).collect();
    assert_eq!((trace.ending, messages), (Ending::Finished, vec!["wrong"]));
    assert!(trace.panics[0].location.contains("futures.rs"), "{:?}", trace.panics[0]);
}

#[test]
fn no_task_is_taken_after_the_end_of_the_main_thread() {
    let late = || {
        let pool = ThreadPoolExecutor::new(1).unwrap();
        let submitter = Thread::new(move || match pool.submit(|| Ok(1)) {
            Ok(future) => print(format!("{:?}", future.result())),
            Err(error) => print(error),
        });
        submitter.start().unwrap();
    };
    let refused = "RuntimeError: cannot schedule new futures after shutdown\n";
    assert_eq!(outputs(late), ["Ok(1)\n", refused]);
}

#[test]
fn an_error_among_mapped_results_or_dropping_them_cancels_the_rest() {
    let done = |items: [u32; 3]| {
        let report = explored(Search::Exhaustive, Output::Observed, move || {
            let done = Shared::new(0);
            let count = done.clone();
            let told = ThreadPoolExecutor::with(1, |pool| {
                let task = move |item: u32| match item {
                    0 => Err(Error::ValueError("bad".into())),
                    _ => {
                        count.set(count.get() + 1);
                        Ok(item)
                    }
                };
                let mut results = pool.map(task, items).unwrap();
                let first = results.next().unwrap().is_ok();
                // After an error there is nothing more; after a result the others are dropped here.
                first || results.next().is_some()
            });
            print(format!("{told} {}", done.get()));
        });
        assert!(report.proved(), "{report}");
        report.outputs().unwrap().iter().cloned().collect::<Vec<_>>()
    };
    assert_eq!(done([0, 1, 2]), ["false 0\n", "false 1\n", "false 2\n"]);
    assert_eq!(done([1, 2, 3]), ["true 1\n", "true 2\n", "true 3\n"]);
}

#[test]
fn a_task_cannot_wait_for_the_end_of_its_own_thread() {
    fine(|| {
        let pool = ThreadPoolExecutor::new(1).unwrap();
        let own = pool.clone();
        let waits = pool.submit(move || own.shutdown(true)).unwrap();
        assert_eq!(message(waits.result()), "RuntimeError: cannot join current thread");
    });
}
