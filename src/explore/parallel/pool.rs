//! Work for threads: numbered jobs go in, results come out in the order of the numbers.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Hands jobs to whoever is free. Jobs outnumber workers by far, so that nobody waits long for the last one.
pub(super) struct Pool<J, D> {
    state: Mutex<State<J, D>>,
    changed: Condvar,
}

struct State<J, D> {
    jobs: VecDeque<(usize, J)>,
    results: Vec<Option<D>>,
    open: usize,
    closed: bool,
}

/// How long it takes at most until the caller of [`Pool::run`] is asked again whether there is anything to tell.
const TICK: Duration = Duration::from_millis(100);

impl<J, D> Pool<J, D> {
    pub(super) fn new() -> Self {
        let state = State { jobs: VecDeque::new(), results: Vec::new(), open: 0, closed: false };
        Pool { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Has all jobs done, calling `tick` now and then meanwhile; their results, unless a worker was lost.
    pub(super) fn run(&self, jobs: Vec<J>, mut tick: impl FnMut()) -> Option<Vec<D>> {
        let mut state = self.lock();
        state.open = jobs.len();
        state.results = jobs.iter().map(|_| None).collect();
        state.jobs = jobs.into_iter().enumerate().collect();
        self.changed.notify_all();
        while state.open > 0 && !state.closed {
            let waited = self.changed.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
            if waited.1.timed_out() {
                drop(state);
                tick();
                state = self.lock();
            }
        }
        std::mem::take(&mut state.results).into_iter().collect()
    }

    /// Does jobs until the pool is closed.
    pub(super) fn work(&self, mut perform: impl FnMut(usize, J) -> D) {
        // A worker that panics would leave the others waiting for it.
        let lost = Lost(self);
        while let Some((number, job)) = self.next() {
            let done = perform(number, job);
            let mut state = self.lock();
            state.results[number] = Some(done);
            state.open -= 1;
            if state.open == 0 {
                self.changed.notify_all();
            }
        }
        std::mem::forget(lost);
    }

    fn next(&self) -> Option<(usize, J)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Sends the workers home.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<J, D>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the pool when it is dropped.
pub(super) struct Lost<'a, J, D>(pub(super) &'a Pool<J, D>);

impl<J, D> Drop for Lost<'_, J, D> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let pool: Pool<u32, u32> = Pool::new();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| pool.work(|_, job| job * 2));
            }
            for round in 0..50 {
                let jobs: Vec<u32> = (0..round).collect();
                let twice = jobs.iter().map(|job| job * 2).collect::<Vec<_>>();
                assert_eq!(pool.run(jobs, || ()), Some(twice));
            }
            pool.close();
        });
    }
}
