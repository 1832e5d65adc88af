//! Which threads `threading` has started: of which process each is, and which of them are daemons.

use crate::base::ThreadId;
use crate::engine::current;
use std::panic::Location;

/// The threads of an execution that `threading` knows of or should not.
#[derive(Default)]
struct Roster {
    started: Vec<Entry>,
    /// Threads that stand for something else: what is on its way to a queue, a signal.
    hidden: Vec<ThreadId>,
    /// The names that first threads of processes were given later. In traces these have the names of their processes.
    names: Vec<(ThreadId, String)>,
}

#[derive(Clone, Copy)]
struct Entry {
    thread: ThreadId,
    process: ThreadId,
    daemon: bool,
}

impl current::Belongs for Roster {
    fn begin_again(&mut self) {
        self.started.clear();
        self.hidden.clear();
        self.names.clear();
    }
}

fn with<R>(f: impl FnOnce(&mut Roster) -> R) -> R {
    current::of_execution(f)
}

/// The running thread has been started by `threading`.
pub(super) fn enter(daemon: bool) {
    let (thread, process) = (current::thread(), current::process());
    with(|roster| roster.started.push(Entry { thread, process, daemon }));
}

/// The running thread is none that Python has.
pub(in crate::python) fn hide() {
    let thread = current::thread();
    with(|roster| roster.hidden.push(thread));
}

pub(super) fn is_hidden(thread: ThreadId) -> bool {
    with(|roster| roster.hidden.contains(&thread))
}

/// Whether a thread is a daemon: of a daemonic process the first thread is none.
pub(super) fn is_daemon(thread: ThreadId) -> bool {
    let known = with(|roster| roster.started.iter().find(|entry| entry.thread == thread).copied());
    match known {
        Some(entry) => entry.daemon,
        None => !is_first(thread) && current::is_daemon(thread),
    }
}

/// Whether a process began with a thread.
pub(super) fn is_first(thread: ThreadId) -> bool {
    current::process_of(thread) == thread
}

/// Another name for the first thread of a process.
pub(super) fn rename(thread: ThreadId, name: &str) {
    with(|roster| {
        roster.names.retain(|(of, _)| *of != thread);
        roster.names.push((thread, name.to_owned()));
    });
}

pub(super) fn name_of(thread: ThreadId) -> Option<String> {
    with(|roster| roster.names.iter().find(|(of, _)| *of == thread).map(|(_, name)| name.clone()))
}

/// Waits until all threads of the running process that are no daemons have ended, also those started meanwhile.
pub(in crate::python) fn join_all(location: &'static Location<'static>) {
    let (me, process) = (current::thread(), current::process());
    let mut next = 0;
    while let Some(entry) = with(|roster| roster.started.get(next).copied()) {
        next += 1;
        if entry.process == process
            && entry.thread != me
            && !entry.daemon
            && !current::has_joined(entry.thread)
        {
            current::join(entry.thread, location);
        }
    }
}

/// Whether the running process has started threads that are daemons.
pub(in crate::python) fn has_daemons() -> bool {
    let process = current::process();
    with(|roster| roster.started.iter().any(|entry| entry.process == process && entry.daemon))
}
