//! Polling loops without a hint, for strategies that learn from whole executions.
//!
//! Nothing marks a round of such a loop, and one that only counts looks the same for a while. So a loop is taken for one that
//! polls only where a thread has been seen to go round it for long while nothing changed; how soon that is seen hangs on how far
//! an execution has come, which is no rule to search by. From then on the places in it are known, the search begins again, and
//! what holds a thread back depends on its own steps alone: it waits at such a place for something to change once it has gone
//! round twice with the same steps and outcomes. Then it is where it was a round before, in all that the round can have taught it.

use super::execution::Execution;
use super::polling::{circle, is_at, same};
use crate::base::{Operation, Step, ThreadId};
use std::panic::Location;

/// Where in a model an operation is called.
pub(crate) type Place = &'static Location<'static>;

/// What is known of a loop at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// It polls without a hint.
    Bare,
    /// A thread that has gone round it in vain goes on as long as it sees nothing new.
    Polls,
    /// It gives up by itself, after a few rounds.
    Counts,
}

/// What has been found out about a place in a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loop {
    pub(crate) place: Place,
    pub(crate) nature: Nature,
}

impl Loop {
    fn is_same(&self, other: &Loop) -> bool {
        self.is_at(other.place) && (self.nature == Nature::Bare) == (other.nature == Nature::Bare)
    }

    fn is_at(&self, place: Place) -> bool {
        std::ptr::eq(self.place, place)
    }
}

/// The places in polling loops.
#[derive(Debug, Default)]
pub(crate) struct Loops {
    known: Vec<Loop>,
    /// Whether any of them is in a loop without a hint.
    bare: bool,
    /// Whether it is tried out which loops give up by themselves.
    pub(crate) tries: bool,
    /// Those of the execution under way that were not known before.
    pub(crate) found: Vec<Loop>,
}

impl Loops {
    /// Whether there is a loop without a hint.
    pub(crate) fn knows(&self, place: Place) -> bool {
        self.bare && self.known.iter().any(|known| known.is_at(place) && known.nature == Nature::Bare)
    }

    /// Whether no loops without a hint are known.
    pub(crate) fn is_empty(&self) -> bool {
        !self.bare
    }

    /// What has come of a trial there.
    pub(super) fn nature(&self, place: Place) -> Option<Nature> {
        let mut all = self.known.iter().chain(&self.found);
        all.find(|known| known.is_at(place) && known.nature != Nature::Bare).map(|known| known.nature)
    }

    /// From now on these are known too.
    pub(crate) fn learn(&mut self, found: &[Loop]) {
        self.known.extend_from_slice(found);
        self.bare |= found.iter().any(|found| found.nature == Nature::Bare);
    }

    pub(super) fn note(&mut self, new: Loop) {
        if !self.known.iter().chain(&self.found).any(|known| known.is_same(&new)) {
            self.found.push(new);
        }
    }
}

impl Execution {
    /// These threads have gone in circles for long. Where they do so at places not known yet they are held back in this execution
    /// as if they had given a hint, so that it comes to an end.
    pub(crate) fn note_loops(&mut self, circling: &[ThreadId]) {
        for &thread in circling {
            let steps: Vec<&Step> = self.recent().filter(|step| step.thread == thread).collect();
            let round = circle(&steps).unwrap_or(0);
            let places: Vec<_> = steps[..round].iter().map(|step| step.location).collect();
            if places.iter().any(|place| !self.learning.loops.knows(place)) {
                self.learning.alert.insert(thread);
            }
            let bare = |place| Loop { place, nature: Nature::Bare };
            places.into_iter().for_each(|place| self.learning.loops.note(bare(place)));
        }
    }

    /// Where the running thread's last round began, if `operation` would begin it a third time and the last two were the same.
    pub(crate) fn two_rounds_before(&self, operation: &Operation, location: Place) -> Option<usize> {
        let (mut looks, mut last) = (false, None);
        let mut round = Vec::new();
        let mut back = 0;
        for (number, step) in self.only_looked() {
            let begins = is_at(step, operation, location);
            match last {
                None => {
                    looks |= step.accesses().iter().flatten().next().is_some();
                    round.push(*step);
                    last = begins.then_some(number);
                }
                Some(from) => {
                    if !same(step, &round[back]) {
                        return None;
                    }
                    back += 1;
                    if back == round.len() {
                        return looks.then_some(from);
                    }
                }
            }
        }
        None
    }
}
