//! Counting executions and measuring time.

use super::peer::{Bounds, Peer, Ran, Search};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Counts how often a model is run, for peers that do not tell.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<AtomicU64>);

impl Counter {
    /// None so far.
    pub(crate) fn new() -> Self {
        Counter::default()
    }

    /// The model, counted. It is none of the peer's business, so the count is no visible operation.
    pub(crate) fn counting(&self, model: impl Fn() + Send + Sync + 'static) -> impl Fn() + Send + Sync + 'static {
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
pub(crate) fn run_many<P: Peer>(search: Search, executions: u64, model: impl Fn() + Send + Sync + Copy + 'static) -> Ran {
    let mut all = Ran { executions: 0, failed: false, exhausted: false };
    while all.executions < executions {
        let ran = P::explore(search, Bounds::executions(executions - all.executions), model);
        assert!(ran.executions > 0 && !ran.failed, "{} runs this program without finding anything", P::NAME);
        all.executions += ran.executions;
    }
    all
}

/// Nanoseconds for one execution: the median of several repetitions, each as long as `effort` says.
pub(crate) fn nanoseconds<P: Peer>(effort: Effort, search: Search, model: impl Fn() + Send + Sync + Copy + 'static) -> f64 {
    let once = |executions| {
        let started = Instant::now();
        let ran = run_many::<P>(search, executions, model);
        started.elapsed().as_nanos() as f64 / ran.executions as f64
    };
    // The first runs warm up and tell how many it takes.
    let guess = once(if effort.time < Duration::from_millis(50) { 10 } else { 200 });
    let executions = (effort.time.as_nanos() as f64 / guess).clamp(10.0, 1e7) as u64;
    median((0..effort.repetitions).map(|_| once(executions)).collect())
}

/// The middle one; of an even number the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}
