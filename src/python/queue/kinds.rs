//! The queues that differ from the plain one in which item is next.

use super::Queue;
use super::store::Order;
use crate::base::Name;
use std::fmt;
use std::ops::Deref;

/// `queue.LifoQueue`: last in, first out; otherwise a [`Queue`]. A clone is the same queue.
///
/// ```
/// use selvedge::python::{queue::LifoQueue, threading::Thread};
///
/// selvedge::check(|| {
///     let plates = LifoQueue::new(0);
///     let taken = plates.clone();
///     plates.put(1);
///     plates.put(2);
///     let washer = Thread::new(move || assert_eq!((taken.get(), taken.get()), (2, 1)));
///     washer.start().unwrap();
/// });
/// ```
pub struct LifoQueue<T>(Queue<T>);

impl<T: fmt::Debug + Send + 'static> LifoQueue<T> {
    /// `LifoQueue(maxsize)`: an empty queue of the running execution; without a bound when `maxsize` is 0.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(maxsize: usize) -> Self {
        LifoQueue(Queue::ordered(maxsize, Order::Newest))
    }

    /// The same queue under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        LifoQueue(self.0.called(Name::new(name)))
    }

    /// The same queue under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        LifoQueue(self.0.called(Name::numbered(name, number)))
    }
}

impl<T> Deref for LifoQueue<T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        &self.0
    }
}

impl<T> Clone for LifoQueue<T> {
    fn clone(&self) -> Self {
        LifoQueue(self.0.clone())
    }
}

impl<T> fmt::Debug for LifoQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LifoQueue").finish_non_exhaustive()
    }
}

/// `queue.PriorityQueue`: the least item first; otherwise a [`Queue`]. A clone is the same queue.
///
/// Items that compare equal come in the order in which CPython's `heapq` gives them, which is not the order of putting.
///
/// ```
/// use selvedge::python::{queue::PriorityQueue, threading::Thread};
///
/// selvedge::check(|| {
///     let tasks = PriorityQueue::new(0);
///     let taken = tasks.clone();
///     tasks.put((2, "wash"));
///     tasks.put((1, "sweep"));
///     let worker = Thread::new(move || assert_eq!(taken.get(), (1, "sweep")));
///     worker.start().unwrap();
/// });
/// ```
pub struct PriorityQueue<T>(Queue<T>);

impl<T: Ord + fmt::Debug + Send + 'static> PriorityQueue<T> {
    /// `PriorityQueue(maxsize)`: an empty queue of the running execution; without a bound when `maxsize` is 0.
    ///
    /// Comparing items must not perform operations of the model.
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[must_use]
    #[track_caller]
    pub fn new(maxsize: usize) -> Self {
        PriorityQueue(Queue::ordered(maxsize, Order::Least(T::cmp)))
    }

    /// The same queue under a name, for traces.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        PriorityQueue(self.0.called(Name::new(name)))
    }

    /// The same queue under a name shared by several and a number of its own, for traces.
    #[must_use]
    #[track_caller]
    pub fn numbered(self, name: &'static str, number: u32) -> Self {
        PriorityQueue(self.0.called(Name::numbered(name, number)))
    }
}

impl<T> Deref for PriorityQueue<T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        &self.0
    }
}

impl<T> Clone for PriorityQueue<T> {
    fn clone(&self) -> Self {
        PriorityQueue(self.0.clone())
    }
}

impl<T> fmt::Debug for PriorityQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PriorityQueue").finish_non_exhaustive()
    }
}
