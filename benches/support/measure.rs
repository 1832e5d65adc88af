//! Counting executions and measuring time.

use super::peer::{Bounds, Peer, Search};
use super::programs::Program;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Counts how often a model is run, for peers that do not tell.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<AtomicU64>);

impl Counter {
    /// The model, counted. It is none of the peer's business, so the count is no visible operation.
    pub(crate) fn counting(
        &self,
        model: impl Fn() + Send + Sync + 'static,
    ) -> impl Fn() + Send + Sync + 'static {
        let count = Arc::clone(&self.0);
        move || {
            count.fetch_add(1, Relaxed);
            model();
        }
    }

    /// How often it was run.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// How thoroughly to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// How often each measurement is repeated.
    pub(crate) repetitions: usize,
    /// How long one repetition should take.
    pub(crate) time: Duration,
}

/// Runs `executions` executions, exploring again from the start when there are fewer schedules.
pub(crate) fn run_many<P: Peer>(search: Search, executions: u64, program: impl Program) {
    let mut left = executions;
    while left > 0 {
        let ran = P::explore(search, Bounds::executions(left), move || program.run::<P>());
        if ran.executions == 0 || ran.failed {
            // A panic would not be seen: the hook is quiet.
            eprintln!("{} does not run {program:?} under {search:?} without finding anything", P::NAME);
            std::process::exit(1);
        }
        left -= ran.executions;
    }
}

/// Nanoseconds for one execution: the median of several repetitions, each as long as `effort` says.
pub(crate) fn nanoseconds<P: Peer>(effort: Effort, search: Search, program: impl Program) -> f64 {
    let once = |executions: u64| {
        let started = Instant::now();
        run_many::<P>(search, executions, program);
        started.elapsed().as_nanos() as f64 / executions as f64
    };
    // The first run warms up, the second tells how many it takes.
    once(10);
    let executions = (effort.time.as_nanos() as f64 / once(10)).clamp(10.0, 1e7) as u64;
    median((0..effort.repetitions).map(|_| once(executions)).collect())
}

/// The middle one; of an even number the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}
