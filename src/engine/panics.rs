//! Panics inside a model: recorded instead of printed, and survived where a real program would abort.
//!
//! The process-wide panic hook is wrapped, and again when somebody has put another in its place. On a fiber it keeps message and
//! location for the report and says nothing; elsewhere it is the user's hook.
//!
//! A destructor that panics while its thread unwinds makes the runtime call the hook a last time and then abort. From
//! that call the fiber is abandoned: it leaves the hook, switches away and is never resumed. What is left behind is the OS
//! thread's panic count, which [`rebalance`] brings back to zero.

use super::execution::Execution;
use super::fiber;
use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, Once, PoisonError};

/// What the hook learned of a panic.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) message: String,
    pub(crate) location: String,
    pub(crate) while_unwinding: bool,
    /// How many steps had been performed, where the hook has seen it.
    pub(crate) at: Option<u64>,
}

thread_local! {
    static LEARNING: Cell<bool> = const { Cell::new(false) };
    static REBALANCING: Cell<bool> = const { Cell::new(false) };
    static LOOKING: Cell<bool> = const { Cell::new(false) };
}

/// Wraps the panic hook, if it has not been, or another one has been put in its place since.
///
/// Whether it is still there only a panic can tell, which another hook hears of: once, for it is wrapped then.
pub(crate) fn install() {
    install_over(|| ());
    // Only one at a time looks, so that a hook is wrapped once.
    static LOOKS: Mutex<()> = Mutex::new(());
    let _alone = LOOKS.lock().unwrap_or_else(PoisonError::into_inner);
    if !std::thread::panicking() && !is_in_place() {
        wrap_hook(|| ());
    }
}

fn is_in_place() -> bool {
    LOOKING.set(true);
    let _ =
        catch_unwind(|| panic!("no fault: selvedge looks for its panic hook, as another one has been set"));
    !LOOKING.replace(false)
}

/// As [`install`], where something else puts a hook of its own over the panic hook when it is first used: it does so now, and
/// that is taken off again. Nobody explores meanwhile, because who does comes by here.
pub(crate) fn install_over(intrude: impl FnOnce() + Send) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        if std::thread::panicking() {
            // std lets nobody change the hook in the middle of a panic. Another thread is not.
            std::thread::scope(|scope| drop(scope.spawn(|| wrap_hook(intrude))));
        } else {
            wrap_hook(intrude);
        }
    });
}

fn wrap_hook(intrude: impl FnOnce()) {
    let users = panic::take_hook();
    intrude();
    panic::set_hook(Box::new(move |info| {
        if LEARNING.get() {
            fiber::learn();
        } else if LOOKING.replace(false) {
        } else if REBALANCING.replace(false) {
            balance_from_inside();
        } else if fiber::on_fiber() || fiber::is_carried() && fiber::is_active() {
            record(info);
        } else if !fiber::is_active() && !fiber::is_carried() {
            users(info);
        }
    }));
    LEARNING.set(true);
    let _ = catch_unwind(|| panic!("shows the way out of the hook"));
    LEARNING.set(false);
}

/// The report of the running thread's panic with this payload, which has just been caught.
pub(crate) fn take_report(payload: &(dyn Any + Send)) -> Report {
    let message = text(payload);
    match fiber::with(Execution::take_report) {
        Some(report) if report.message == message => report,
        // Not from the hook: `resume_unwind` with a payload of the model's own.
        _ => Report { message, ..Report::default() },
    }
}

/// Does something of which nobody is told when it panics.
pub(crate) fn quietly(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        dispose(payload);
    }
}

/// Drops what somebody has panicked with who has been told of. If that panics too, nobody is told: it could go on like this for ever.
pub(crate) fn dispose(payload: Box<dyn Any + Send>) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(another);
    }
}

/// Brings the OS thread's panic count back to zero after a fiber was abandoned in the middle of a panic: std counts a panic up when
/// it begins and down when it is caught, and a fiber that is never resumed never gets to the second.
#[cold]
pub(crate) fn rebalance() {
    // Leaving the hook by force has left std's "inside the hook" mark set; this clears it.
    balance_from_inside();
    while std::thread::panicking() && take_one_away() {}
}

/// Takes one away from the OS thread's panic count; `false` if that cannot be done, because somebody has put another panic hook in the
/// place of ours.
///
/// Catching a `resume_unwind` *inside the hook* of a panic counts down once more than up, because a panic inside the hook is not
/// counted: so one deliberate panic, caught, takes one away. Not to be called from inside a hook, nor while a panic's message is made.
#[cold]
pub(crate) fn take_one_away() -> bool {
    REBALANCING.set(true);
    let _ = catch_unwind(|| panic!("no fault: another panic is set aside while others run"));
    !REBALANCING.replace(false)
}

/// Takes away the panic whose hook runs or whose message is just being made, and does nothing else anywhere else.
pub(crate) fn balance_from_inside() {
    let _ = catch_unwind(|| resume_unwind(Box::new(())));
}

fn record(info: &panic::PanicHookInfo<'_>) {
    let message = text(info.payload());
    if is_last_words(&message) {
        fiber::with(|execution| {
            let report = execution.take_report().unwrap_or_default();
            execution.note_panic(Report { while_unwinding: true, ..report });
        });
        fiber::leave_hook();
    }
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    fiber::with(|execution| {
        let at = Some(execution.steps.len() as u64);
        let report = Report { message, location, while_unwinding: false, at };
        execution.keep_report(report);
    });
}

/// Whether the runtime is about to abort: a panic has met a frame that must not unwind.
fn is_last_words(message: &str) -> bool {
    message == "panic in a destructor during cleanup" || message == "panic in a function that cannot unwind"
}

/// What a panic says.
pub(crate) fn text(payload: &dyn Any) -> String {
    let literal = payload.downcast_ref::<&'static str>().map(ToString::to_string);
    literal
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is no text".into())
}
