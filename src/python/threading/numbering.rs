//! How many unnamed threads an execution has made.

use crate::engine::current;

#[derive(Default)]
struct Counted(u32);

/// The number of a thread that is made without a name.
pub(super) fn next() -> u32 {
    current::of_execution(|counted: &mut Counted| {
        counted.0 += 1;
        counted.0
    })
}

/// CPython counts only threads that are made without a name, and here the name comes a moment later.
pub(super) fn give_back(number: u32) {
    current::of_execution(|counted: &mut Counted| {
        if counted.0 == number {
            counted.0 -= 1;
        }
    });
}
