//! Python's `sys`, as far as programs end by it.

use super::identity::require_exploration;
use super::multiprocessing;
use crate::engine::current;

/// `sys.exit(code)`: ends the calling thread, running what `with` statements and destructors have to do on the way out.
///
/// It raises `SystemExit`, which nobody is told of. Where the caller is the main thread, the program ends when those threads
/// have ended that are no daemons. In a [process](super::multiprocessing::Process) the code is its exit code; of the program as a whole
/// it is for whoever started the interpreter, and a model has nobody like that.
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
    multiprocessing::note_exit(code);
    current::leave_thread();
    panic!("SystemExit: {code}");
}
