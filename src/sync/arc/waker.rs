//! Pointers to what can be woken, as the wakers of tasks.

use super::Arc;
use crate::engine::current;
use std::mem::ManuallyDrop;
use std::sync::Arc as StdArc;
use std::task::{RawWaker, RawWakerVTable, Wake, Waker};

impl<W: Wake + Send + Sync + 'static> From<Arc<W>> for Waker {
    /// A waker that counts as this pointer did, clones of it as clones.
    ///
    /// What [`Wake::wake`] is given is a pointer of std's, as the trait says. If that is kept, [`Arc::from_std`] should make it
    /// one of ours, or its drop is seen by no exploration. Inside one there is a pointer more as long as `wake` runs, so that the
    /// one given is never the last.
    fn from(waker: Arc<W>) -> Waker {
        // SAFETY: `raw` keeps the contract that `RawWakerVTable` asks for: see there.
        unsafe { Waker::from_raw(raw(waker)) }
    }
}

impl<W: Wake + Send + Sync + 'static> From<Arc<W>> for RawWaker {
    /// A waker that counts as this pointer did, clones of it as clones.
    fn from(waker: Arc<W>) -> RawWaker {
        raw(waker)
    }
}

/// The pointer is one that `Arc::into_raw` gave, and each waker stands for one count, which it takes with it. `W` is shared and
/// sent among threads, so that the functions may be called by any.
fn raw<W: Wake + Send + Sync + 'static>(waker: Arc<W>) -> RawWaker {
    let table = const { &RawWakerVTable::new(clone::<W>, wake::<W>, wake_by_ref::<W>, let_go::<W>) };
    RawWaker::new(Arc::into_raw(waker).cast(), table)
}

/// # Safety
///
/// `pointer` is that of a waker that [`raw`] made.
unsafe fn clone<W: Wake + Send + Sync + 'static>(pointer: *const ()) -> RawWaker {
    // SAFETY: it came from `into_raw`, and the waker stands for a count, which is not used up.
    let waker = unsafe { ManuallyDrop::new(Arc::from_raw(pointer.cast::<W>())) };
    raw(Arc::clone(&waker))
}

/// # Safety
///
/// `pointer` is that of a waker that [`raw`] made, which is used up.
unsafe fn wake<W: Wake + Send + Sync + 'static>(pointer: *const ()) {
    // SAFETY: it came from `into_raw`, and the count for which the waker stood is the one taken here.
    let waker = unsafe { Arc::from_raw(pointer.cast::<W>()) };
    if current::is_active() {
        // Ours goes after the one given away, so that the engine sees who drops the last, and what was known by then.
        W::wake(StdArc::clone(&waker.data));
    } else {
        W::wake(Arc::into_std(waker));
    }
}

/// # Safety
///
/// `pointer` is that of a waker that [`raw`] made.
unsafe fn wake_by_ref<W: Wake + Send + Sync + 'static>(pointer: *const ()) {
    // SAFETY: it came from `into_raw`, and the waker stands for a count, which is not used up.
    let waker = unsafe { ManuallyDrop::new(Arc::from_raw(pointer.cast::<W>())) };
    W::wake_by_ref(&waker.data);
}

/// # Safety
///
/// `pointer` is that of a waker that [`raw`] made, which is used up.
unsafe fn let_go<W: Wake + Send + Sync + 'static>(pointer: *const ()) {
    // SAFETY: it came from `into_raw`, and the count for which the waker stood is the one given back here.
    drop(unsafe { Arc::from_raw(pointer.cast::<W>()) });
}
