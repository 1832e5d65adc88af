//! The pools of an execution: which there are, what becomes of them at the end, and who does one of their tasks.

use super::pool::Inner;
use crate::base::ThreadId;
use crate::engine::current;
use std::panic::Location;
use std::rc::Rc;
use std::sync::{Arc, Weak};

/// The pools of an execution.
#[derive(Default)]
struct Pools {
    counted: u32,
    /// Their threads hold them. Each with the process that made it.
    all: Vec<(ThreadId, Weak<Inner>)>,
    hooked: bool,
    /// The threads that do a task.
    busy: Vec<ThreadId>,
}

impl current::Belongs for Pools {}

fn with<R>(f: impl FnOnce(&mut Pools) -> R) -> R {
    current::of_execution(f)
}

/// The number in the names of a pool's threads.
pub(super) fn count() -> u32 {
    with(|pools| {
        pools.counted += 1;
        pools.counted - 1
    })
}

/// Keeps a pool in mind until the main thread of its process ends.
#[track_caller]
pub(super) fn remember(pool: &Arc<Inner>) {
    let process = current::process();
    let hooked = with(|pools| {
        pools.all.push((process, Arc::downgrade(pool)));
        std::mem::replace(&mut pools.hooked, true)
    });
    if !hooked {
        static KEY: u8 = 0;
        let key = std::ptr::from_ref(&KEY).addr();
        current::set_local_of(ThreadId::MAIN, key, Rc::new(AtExit(Location::caller())));
    }
}

/// Ends the threads of all pools of the running process that nobody has shut down.
pub(in crate::python) fn end_pools(location: &'static Location<'static>) {
    let process = current::process();
    let own = with(|pools| {
        let (own, others) = std::mem::take(&mut pools.all).into_iter().partition(|(of, _)| *of == process);
        pools.all = others;
        let own: Vec<(ThreadId, Weak<Inner>)> = own;
        own
    });
    for pool in own.iter().filter_map(|(_, pool)| pool.upgrade()) {
        pool.end(location);
    }
}

/// The running thread does a task.
pub(super) fn begin_task() {
    let thread = current::thread();
    with(|pools| pools.busy.push(thread));
}

pub(super) fn end_task() {
    let thread = current::thread();
    with(|pools| pools.busy.retain(|busy| *busy != thread));
}

/// Whether the running thread does a task of a pool.
pub(in crate::python) fn is_in_task() -> bool {
    let thread = current::thread();
    with(|pools| pools.busy.contains(&thread))
}

/// Sees to the pools of the main process when that drops its locals, as its last deed.
struct AtExit(&'static Location<'static>);

impl Drop for AtExit {
    fn drop(&mut self) {
        if !current::is_tearing_down() {
            end_pools(self.0);
        }
    }
}
