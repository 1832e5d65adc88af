//! The scenarios of `futures_scenarios.py`.

use super::{Lines, SHORT, Scenario, repr};
use selvedge::python::Error;
use selvedge::python::futures::ThreadPoolExecutor;
use selvedge::python::threading::{Event, Lock, current_thread};
use std::fmt::Display;

pub(super) const SCENARIOS: [Scenario; 1] = [("pools", pools)];

fn tell<const N: usize>(lines: &Lines, name: &str, facts: [String; N]) {
    let facts: Vec<&dyn Display> = facts.iter().map(|fact| fact as &dyn Display).collect();
    lines.tell(name, &facts);
}

/// The text of an exception, if there is one.
fn text(error: Option<Error>) -> String {
    match error {
        Some(error) => repr(error.to_string().split_once(": ").map_or("", |(_, text)| text)),
        None => repr(()),
    }
}

fn name_of_thread() -> Result<String, Error> {
    Ok(current_thread().name())
}

fn pools(lines: &Lines) {
    let pool = ThreadPoolExecutor::new(1).unwrap();
    let name = pool.submit(name_of_thread).unwrap();
    let lock = Lock::new();
    let wrong = pool.submit(move || lock.release()).unwrap();
    tell(
        lines,
        "results",
        [repr(name.result()), repr(wrong.result()), repr(name.done()), repr(wrong.done())],
    );
    tell(lines, "exceptions", [text(name.exception()), text(wrong.exception())]);
    let squares: Result<Vec<usize>, Error> = pool.map(|n| Ok(n * n), 0..3).unwrap().collect();
    tell(lines, "map", [repr(squares)]);
    let event = Event::new();
    let waited = event.clone();
    let late = pool
        .submit(move || {
            waited.wait();
            Ok(true)
        })
        .unwrap();
    tell(lines, "late", [repr(late.done()), repr(late.result_timeout(SHORT))]);
    event.set();
    tell(lines, "in time", [repr(late.result())]);
    pool.shutdown(true).unwrap();
    let refused = repr(pool.submit(|| Ok(())).map(drop));
    pool.shutdown(true).unwrap();
    tell(lines, "shut down", [refused, repr(())]);
    tell(lines, "none", [repr(ThreadPoolExecutor::new(0).map(drop))]);
    let pool = ThreadPoolExecutor::prefixed(2, "pool").unwrap();
    let names: Vec<String> = vec![pool.submit(name_of_thread).unwrap().result().unwrap()];
    tell(lines, "prefix", [repr(names)]);
    pool.shutdown(true).unwrap();
    let pool = ThreadPoolExecutor::new(1).unwrap();
    let kept = pool.submit(|| Ok(1)).unwrap();
    pool.shutdown(false).unwrap();
    tell(lines, "still done", [repr(kept.result())]);
}
