//! `concurrent.futures`.

use super::{SHORT, fine, message};
use crate::base::Ending;
use crate::engine::testing::{outcomes, run};
use crate::python::futures::ThreadPoolExecutor;
use crate::python::threading::current_thread;
use crate::python::{Error, Shared};
use crate::{Explorer, Search};
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
        pool.shutdown(false);
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
            pool.shutdown(true);
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
