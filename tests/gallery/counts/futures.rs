//! Programs of pools.

use selvedge::python::Shared;
use selvedge::python::futures::ThreadPoolExecutor;

/// A pool of up to `threads` does so many tasks, whose results the main thread awaits.
pub(super) fn pool(threads: u32, tasks: u32) {
    ThreadPoolExecutor::with(threads as usize, |pool| {
        let futures = (0..tasks).map(|task| pool.submit(move || Ok(task)).expect("it is open"));
        let futures: Vec<_> = futures.collect();
        futures.iter().for_each(|future| drop(future.result()));
    });
}

/// As many tasks as threads each do `x += 1`.
pub(super) fn pooled_update(threads: u32, _: u32) {
    let x = Shared::new(0);
    ThreadPoolExecutor::with(threads as usize, |pool| {
        for _ in 0..threads {
            let x = x.clone();
            let update = move || {
                x.set(x.get() + 1);
                Ok(())
            };
            pool.submit(update).expect("it is open");
        }
    });
}
