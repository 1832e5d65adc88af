//! Python's `sys`, as far as programs end by it.

use super::identity::require_exploration;
use super::{futures, multiprocessing};
use crate::engine::current;
use std::panic::resume_unwind;

/// What a task of a pool unwinds with, which is kept for whoever asks for its result.
pub(super) struct Exit(pub(super) i32);

/// `sys.exit(code)`: ends the calling thread, running what `with` statements and destructors have to do on the way out.
///
/// It raises `SystemExit`, which nobody is told of. Where the caller is the main thread, the program ends when those threads
/// have ended that are no daemons. In a [process](super::multiprocessing::Process) the code is its exit code; of the program as a whole
/// it is for whoever started the interpreter, and a model has nobody like that. In a task of a
/// [pool](super::futures::ThreadPoolExecutor) it is what the task's future has to tell, and the thread goes on.
///
/// # Panics
///
/// Outside of an exploration, and on a thread that is not of [`threading`](super::threading) and whose result somebody may
/// still take.
///
/// ```
/// use selvedge::python::{sys, threading::Thread};
///
/// selvedge::check(|| {
///     let worker = Thread::new(|| if true { sys::exit(1) });
///     worker.start().unwrap();
///     worker.join().unwrap();
///     assert!(!worker.is_alive());
/// });
/// ```
#[track_caller]
pub fn exit(code: i32) -> ! {
    require_exploration();
    if futures::is_in_task() {
        // Not a panic: nobody is told.
        resume_unwind(Box::new(Exit(code)));
    }
    multiprocessing::note_exit(code);
    current::leave_thread();
    panic!("SystemExit: {code}");
}
