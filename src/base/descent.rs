//! The order of threads by who started whom, which does not depend on the schedule as their numbers do.

use std::cmp::Ordering;

/// The parent of the main thread.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Parents come before their children, and siblings, with all that they have started, in the order in which they were started.
///
/// `origin` gives the parent of a thread, [`NOBODY`] for the main thread, and its place among its siblings.
pub(crate) fn compare(one: u32, other: u32, origin: impl Fn(u32) -> (u32, u32)) -> Ordering {
    let depth = |thread: u32| std::iter::successors(Some(thread), |t| above(*t, &origin)).count();
    let (mut a, mut b, deep, deeper) = (one, other, depth(one), depth(other));
    (deeper..deep).for_each(|_| a = origin(a).0);
    (deep..deeper).for_each(|_| b = origin(b).0);
    if a == b {
        return deep.cmp(&deeper);
    }
    while origin(a).0 != origin(b).0 {
        (a, b) = (origin(a).0, origin(b).0);
    }
    origin(a).1.cmp(&origin(b).1)
}

fn above(thread: u32, origin: &impl Fn(u32) -> (u32, u32)) -> Option<u32> {
    let (parent, _) = origin(thread);
    (parent != NOBODY).then_some(parent)
}
