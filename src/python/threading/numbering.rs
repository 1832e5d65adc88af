//! How many unnamed threads an execution has made.

use std::cell::Cell;

thread_local! {
    /// (The execution's epoch, how many.) An execution has one OS thread.
    static COUNTED: Cell<(u64, u32)> = const { Cell::new((0, 0)) };
}

/// The number of a thread that is made without a name.
pub(super) fn next(epoch: u64) -> u32 {
    let (of, last) = COUNTED.get();
    let number = if of == epoch { last + 1 } else { 1 };
    COUNTED.set((epoch, number));
    number
}

/// CPython counts only threads that are made without a name, and here the name comes a moment later.
pub(super) fn give_back(epoch: u64, number: u32) {
    if COUNTED.get() == (epoch, number) {
        COUNTED.set((epoch, number - 1));
    }
}
