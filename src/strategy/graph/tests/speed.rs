//! How fast the analysis is: everything but running the program.

use super::counts::fibonacci;
use super::run::run;
use crate::base::{Decision, Options, Record, Strategy, ThreadId};
use crate::memory::Model;
use crate::strategy::{Graphs, graphs};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

struct Timed {
    inner: Graphs,
    spent: Duration,
}

impl Strategy for Timed {
    fn describe(&self) -> String {
        self.inner.describe()
    }
    fn begin(&mut self) -> bool {
        let start = Instant::now();
        let more = self.inner.begin();
        self.spent += start.elapsed();
        more
    }
    fn started(&mut self, child: ThreadId, parent: ThreadId) {
        self.inner.started(child, parent);
    }
    fn thread(&mut self, options: &Options<'_>) -> Decision {
        self.inner.thread(options)
    }
    fn outcome(&mut self, thread: ThreadId, count: u32) -> u32 {
        self.inner.outcome(thread, count)
    }
    fn learns(&self) -> bool {
        true
    }
    fn learn(&mut self, record: &Record<'_>) {
        let start = Instant::now();
        self.inner.learn(record);
        self.spent += start.elapsed();
    }
}

#[test]
#[ignore = "tells how long it takes"]
fn executions_per_second() {
    for (model, ordering) in [
        (Model::SequentiallyConsistent, Ordering::SeqCst),
        (Model::C11, Ordering::SeqCst),
        (Model::C11, Ordering::Relaxed),
    ] {
        let program = fibonacci(5, true, ordering, ordering);
        let mut strategy = Timed { inner: graphs(model), spent: Duration::ZERO };
        let mut executions = 0u32;
        let start = Instant::now();
        while executions < 100_000 && run(&program, model, &mut strategy).is_some() {
            executions += 1;
        }
        let rate = f64::from(executions) / strategy.spent.as_secs_f64();
        eprintln!(
            "{model:?} {ordering:?}: {executions} in {:?}, analysis {rate:.0} per second",
            start.elapsed()
        );
    }
}
