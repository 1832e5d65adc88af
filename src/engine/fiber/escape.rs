//! Leaving the panic hook for good, without keeping it locked.
//!
//! The runtime calls the hook a last time before it aborts: a destructor has panicked while its thread unwound. Switching
//! away from inside that call would save the process, but the runtime holds a reader's lock on the hook during the call,
//! and a test harness that takes the hook back at its end would wait for ever. So the frames between the hook and the
//! panic's origin are unwound first, by force (`_Unwind_ForcedUnwind` of the Itanium C++ ABI, which runs destructors and
//! asks a function of ours before each frame); one of them gives the lock back. The frame that must not unwind is not
//! reached: there the fiber is given up.
//!
//! Which frames those are is learned once from an ordinary panic: the functions that its hook was called through are the
//! same up to the one that tells the two kinds of panic apart.

pub(crate) use imp::{learn, leave_hook};

#[cfg(all(target_os = "linux", not(miri)))]
mod imp {
    use super::super::abandon;
    use std::cell::Cell;
    use std::ffi::{c_int, c_void};
    use std::sync::OnceLock;

    /// The functions through which an ordinary panic calls the hook, from the hook outwards.
    static PATH: OnceLock<Vec<usize>> = OnceLock::new();

    /// As much of `struct _Unwind_Exception` as any target has.
    #[repr(C, align(16))]
    struct Exception([u64; 8]);

    thread_local! {
        static EXCEPTION: Cell<Exception> = const { Cell::new(Exception([0; 8])) };
        /// How many functions of the path have been left; `None` before the hook itself.
        static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    }

    type Stop = unsafe extern "C" fn(c_int, c_int, u64, *mut Exception, *mut c_void, *mut c_void) -> c_int;
    type Trace = unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int;

    unsafe extern "C-unwind" {
        fn _Unwind_ForcedUnwind(exception: *mut Exception, stop: Stop, argument: *mut c_void) -> c_int;
        fn _Unwind_Backtrace(trace: Trace, argument: *mut c_void) -> c_int;
        fn _Unwind_GetRegionStart(context: *mut c_void) -> usize;
    }

    /// Called from inside the hook of an ordinary panic: learns the way out.
    #[inline(never)]
    pub(crate) fn learn() {
        PATH.get_or_init(|| {
            let mut path: Vec<usize> = Vec::new();
            // SAFETY: `note` has the signature asked for and is given the vector that it expects.
            unsafe { _Unwind_Backtrace(note, (&raw mut path).cast()) };
            path
        });
    }

    unsafe extern "C" fn note(context: *mut c_void, path: *mut c_void) -> c_int {
        // SAFETY: called by `_Unwind_Backtrace` with a valid context and the argument given by `learn`.
        unsafe { (*path.cast::<Vec<usize>>()).push(_Unwind_GetRegionStart(context)) };
        0
    }

    /// Called from inside the hook before the runtime aborts: leaves the hook and gives the fiber up.
    pub(crate) fn leave_hook() -> ! {
        LEFT.set(None);
        // SAFETY: the exception belongs to this OS thread and outlives the unwinding, because nothing catches it: `stop` ends
        // it by giving the fiber up before the first frame that may not unwind. The frames unwound are std's panic
        // machinery and this crate's hook, whose landing pads run.
        unsafe {
            let exception = EXCEPTION.with(Cell::as_ptr);
            (*exception).0 = [0; 8];
            _Unwind_ForcedUnwind(exception, stop, std::ptr::null_mut());
        }
        // Without unwind tables there is no way out; the lock stays.
        abandon()
    }

    unsafe extern "C" fn stop(
        _version: c_int,
        _actions: c_int,
        _class: u64,
        _exception: *mut Exception,
        context: *mut c_void,
        _argument: *mut c_void,
    ) -> c_int {
        let path = PATH.get().map_or(&[][..], Vec::as_slice);
        // SAFETY: the context is the unwinder's own.
        let function = unsafe { _Unwind_GetRegionStart(context) };
        // The path begins in `learn` and what it was called through inside this crate; `stop` is called for other such
        // functions first. So the way is joined at the first function that is on the path.
        let place = match LEFT.get() {
            None => path.iter().position(|known| *known == function),
            Some(left) if path.get(left + 1) == Some(&function) => Some(left + 1),
            Some(_) => abandon(),
        };
        LEFT.set(place);
        0
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod imp {
    pub(crate) fn learn() {}

    pub(crate) fn leave_hook() -> ! {
        super::super::abandon()
    }
}
