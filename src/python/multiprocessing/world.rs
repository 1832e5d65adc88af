//! What an execution knows of its processes: which there are, who began them, which ends of pipes they hold, and what each has to
//! see to before it ends.

use super::ends::End;
use super::process::TERMINATED;
use crate::base::{Action, Operation, Outcome, ThreadAction, ThreadId};
use crate::engine::current;
use crate::python::futures;
use crate::python::threading::roster;
use std::cell::Cell;
use std::panic::Location;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// A process, apart from what it does.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) name: String,
    pub(super) daemon: bool,
    pub(super) parent: ThreadId,
    /// Its first thread, set when it starts.
    pub(super) thread: OnceLock<ThreadId>,
    /// How it ended, as far as that is known.
    pub(super) exit: OnceLock<i32>,
    /// The thread that is on its way to end it.
    pub(super) signal: OnceLock<ThreadId>,
}

/// What the running execution knows.
#[derive(Default)]
struct World {
    started: Vec<Arc<Life>>,
    made: Vec<(ThreadId, u32)>,
    ends: Vec<Arc<End>>,
    /// The last thread that feeds a queue of a process, by process and queue; and whether that process waits for it.
    feeders: Vec<Feeder>,
    /// Processes that see to their children as their last deed.
    hooked: bool,
    keys: u32,
}

#[derive(Clone, Copy)]
struct Feeder {
    process: ThreadId,
    queue: u32,
    last: Option<ThreadId>,
    awaited: bool,
}

impl current::Belongs for World {}

/// Runs `f` on the world of the running execution. `f` must not perform operations.
fn with<R>(f: impl FnOnce(&mut World) -> R) -> R {
    current::of_execution(f)
}

/// The number of the next process that the running one makes, as names count them.
pub(super) fn next_number() -> u32 {
    let process = current::process();
    with(|world| match world.made.iter_mut().find(|(of, _)| *of == process) {
        Some((_, number)) => {
            *number += 1;
            *number
        }
        None => {
            world.made.push((process, 1));
            1
        }
    })
}

/// A process starts.
pub(super) fn begin(life: &Arc<Life>) {
    hook();
    with(|world| world.started.push(Arc::clone(life)));
}

/// The process that began with `thread`; `None` for the one that runs the model.
pub(super) fn life_of(thread: ThreadId) -> Option<Arc<Life>> {
    with(|world| world.started.iter().find(|life| life.thread.get() == Some(&thread)).cloned())
}

/// The processes that `process` has started, in their order.
pub(super) fn children_of(process: ThreadId) -> Vec<Arc<Life>> {
    with(|world| world.started.iter().filter(|life| life.parent == process).cloned().collect())
}

/// The running thread calls `sys.exit`, which says how its process ends if it is the first one there.
pub(in crate::python) fn note_exit(code: i32) {
    let thread = current::thread();
    if let Some(life) = life_of(thread) {
        let _ = life.exit.set(code);
    }
}

/// An end of a pipe, to be closed if its process is killed.
pub(super) fn add_end(end: &Arc<End>) {
    with(|world| world.ends.push(Arc::clone(end)));
}

/// A number that no other queue of the execution has.
pub(super) fn next_key() -> u32 {
    with(|world| {
        world.keys += 1;
        world.keys
    })
}

/// The last thread that feeds a queue of the running process.
pub(super) fn feeder(queue: u32) -> Option<ThreadId> {
    let process = current::process();
    with(|world| world.feeder(process, queue).last)
}

/// Notes the thread that feeds a queue of the running process from now on.
pub(super) fn set_feeder(queue: u32, thread: ThreadId) {
    hook();
    let process = current::process();
    with(|world| world.feeder(process, queue).last = Some(thread));
}

/// The running process does not wait for the threads that feed a queue.
pub(super) fn cancel_feeder(queue: u32) {
    let process = current::process();
    with(|world| world.feeder(process, queue).awaited = false);
}

/// Ends a process from outside, with this exit code, and closes what it held.
pub(super) fn kill(life: &Life, code: i32, location: &'static Location<'static>) {
    let Some(&thread) = life.thread.get() else { return };
    let kill = Operation::free(Action::Thread(ThreadAction::Kill(thread)));
    if current::perform(kill, location) != Outcome::Done {
        return;
    }
    let _ = life.exit.set(code);
    let held: Vec<Arc<End>> =
        with(|world| world.ends.iter().filter(|end| end.owner() == thread).cloned().collect());
    held.iter().for_each(|end| end.close(location));
}

/// What a process does before it ends: `multiprocessing.util._exit_function`. The threads that have written what it had put into queues.
pub(super) fn leave(location: &'static Location<'static>) -> Vec<ThreadId> {
    let process = current::process();
    let children = children_of(process);
    for child in children.iter().filter(|child| child.daemon) {
        kill(child, TERMINATED, location);
    }
    // Nobody waits for the end of the whole program, so that waits for nobody: it is over when all of its processes are.
    for child in children.iter().filter(|_| process != ThreadId::MAIN) {
        wait_for(child, location);
    }
    let awaited: Vec<ThreadId> =
        feeders_of(process).iter().filter(|feeder| feeder.awaited).filter_map(|feeder| feeder.last).collect();
    awaited.iter().for_each(|last| current::join(*last, location));
    awaited
}

/// What is still with a process goes down with it, now that it ends: its daemon threads, and what it has put into queues and nobody waits
/// for.
pub(super) fn end_rest(written: &[ThreadId], location: &'static Location<'static>) {
    let process = current::process();
    let lost = |feeder: &Feeder| feeder.last.is_some_and(|last| !written.contains(&last));
    if roster::has_daemons() || feeders_of(process).iter().any(lost) {
        let kill = Operation::free(Action::Thread(ThreadAction::Kill(process)));
        current::perform(kill, location);
    }
}

fn feeders_of(process: ThreadId) -> Vec<Feeder> {
    with(|world| world.feeders.iter().filter(|feeder| feeder.process == process).copied().collect())
}

/// Waits for the end of a process that has been started.
pub(super) fn wait_for(life: &Life, location: &'static Location<'static>) {
    if let Some(&thread) = life.thread.get() {
        current::join(thread, location);
    }
    if let Some(&signal) = life.signal.get() {
        current::join(signal, location);
    }
}

impl World {
    fn feeder(&mut self, process: ThreadId, queue: u32) -> &mut Feeder {
        let known = self.feeders.iter().position(|f| f.process == process && f.queue == queue);
        let at = known.unwrap_or_else(|| {
            self.feeders.push(Feeder { process, queue, last: None, awaited: true });
            self.feeders.len() - 1
        });
        &mut self.feeders[at]
    }
}

/// The process that runs the model sees to its children when it ends.
fn hook() {
    if with(|world| std::mem::replace(&mut world.hooked, true)) {
        return;
    }
    static KEY: u8 = 0;
    let key = std::ptr::from_ref(&KEY).addr();
    current::set_local_of(ThreadId::MAIN, key, Rc::new(AtExit(Cell::new(Some(Location::caller())))));
}

/// Sees to the children of the main process when that drops its locals, as its last deed.
struct AtExit(Cell<Option<&'static Location<'static>>>);

impl Drop for AtExit {
    fn drop(&mut self) {
        if let Some(location) = self.0.take()
            && !current::is_tearing_down()
        {
            let daemons = children_of(ThreadId::MAIN).iter().any(|child| child.daemon);
            if daemons {
                // Until then these serve the threads that the program waits for.
                futures::end_pools(location);
                roster::join_all(location);
            }
            leave(location);
        }
    }
}
