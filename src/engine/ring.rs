//! The last steps of an execution, in a ring, so that recording one is a handful of stores whatever the length.

use crate::base::{Action, ObjectId, Operation, Outcome, Step, ThreadAction, ThreadId};
use std::cell::Cell;
use std::panic::Location;

/// How many steps are kept. An execution longer than this keeps its last ones and, as always, its whole schedule.
pub(crate) const KEPT: usize = 1 << 15;

/// The steps of one execution, counted from zero, of which the last [`KEPT`] are kept.
pub(crate) struct Ring {
    places: Box<[Step; KEPT]>,
    count: usize,
    /// How many of the oldest steps have been overwritten by steps that were then forgotten.
    lost: usize,
}

impl Ring {
    pub(crate) fn new() -> Self {
        Ring { places: SPARE.take().unwrap_or_else(places), count: 0, lost: 0 }
    }

    /// How many steps have been performed.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The number of the oldest step kept.
    pub(crate) fn first(&self) -> usize {
        self.count.saturating_sub(KEPT).max(self.lost)
    }

    pub(crate) fn clear(&mut self) {
        self.count = 0;
        self.lost = 0;
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, step: Step) {
        self.places[self.count % KEPT] = step;
        self.count += 1;
    }

    /// The step performed last.
    pub(crate) fn last_mut(&mut self) -> Option<&mut Step> {
        let last = self.count.checked_sub(1)?;
        Some(&mut self.places[last % KEPT])
    }

    /// The step of a number that is kept.
    pub(crate) fn get(&self, number: usize) -> &Step {
        &self.places[number % KEPT]
    }

    /// The same, to be told anew.
    pub(crate) fn get_mut(&mut self, number: usize) -> &mut Step {
        &mut self.places[number % KEPT]
    }

    /// All steps, if all have been kept.
    pub(crate) fn all(&self) -> Option<&[Step]> {
        if self.first() > 0 { None } else { self.places.get(..self.count) }
    }

    /// The steps kept from number `from` on.
    pub(crate) fn since(&self, from: usize) -> impl Iterator<Item = &Step> + Clone {
        let numbers = from.max(self.first())..self.count;
        numbers.map(|number| &self.places[number % KEPT])
    }

    /// The exploration is over: its places are for the next one on this OS thread.
    pub(crate) fn retire(self) {
        SPARE.set(Some(self.places));
    }

    /// Forgets all steps from number `count` on.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.lost = self.first();
        self.count = self.count.min(count);
    }
}

thread_local! {
    /// The places of the last exploration on this OS thread. Filling new ones costs more than a small exploration.
    static SPARE: Cell<Option<Box<[Step; KEPT]>>> = const { Cell::new(None) };
}

#[cold]
fn places() -> Box<[Step; KEPT]> {
    let empty = Step {
        thread: ThreadId::MAIN,
        choice: 0,
        operation: Operation { object: ObjectId::NONE, action: Action::Thread(ThreadAction::Yield) },
        outcome: Outcome::Done,
        location: Location::caller(),
    };
    vec![empty; KEPT].into_boxed_slice().try_into().expect("as many places as asked for")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_steps_in_order() {
        let mut ring = Ring::new();
        let step = |ring: &Ring, n: u32| Step { thread: ThreadId(n), ..ring.places[0] };
        for n in 0..KEPT as u32 + 10 {
            let step = step(&ring, n);
            ring.push(step);
        }
        assert_eq!((ring.len(), ring.first()), (KEPT + 10, 10));
        let threads: Vec<u32> = ring.since(0).map(|s| s.thread.0).collect();
        assert_eq!((threads[0], threads.len(), *threads.last().expect("many")), (10, KEPT, KEPT as u32 + 9));
        assert_eq!(ring.since(KEPT + 8).count(), 2);
        assert_eq!(ring.last_mut().map(|s| s.thread.0), Some(KEPT as u32 + 9));
        ring.clear();
        assert_eq!((ring.len(), ring.since(0).count()), (0, 0));
    }
}
