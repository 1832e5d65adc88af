//! Who started whom: the order of threads that does not depend on the schedule.
//!
//! A thread's number says in which order the threads of one execution were started, which another schedule changes when
//! threads other than the main thread start some. Its place in the family, the path of "the how-manieth child", is the same
//! in all of them.

use crate::base::{Action, Step, ThreadAction, ThreadId, ThreadSet, descent};
use std::cmp::Ordering;

/// The threads of an execution, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Family {
    /// Each thread's parent, its place among its siblings, and how many it has started.
    members: Vec<Member>,
    /// Whether threads other than the main thread have started some.
    pub(super) nested: bool,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    parent: u32,
    place: u32,
    children: u32,
}

impl Family {
    /// The main thread alone.
    pub(super) fn begin(&mut self) {
        self.members.clear();
        self.members.push(Member { parent: descent::NOBODY, place: 0, children: 0 });
        self.nested = false;
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// `parent` has started the thread of the next number.
    pub(super) fn start(&mut self, child: ThreadId, parent: ThreadId) {
        debug_assert_eq!(child.index(), self.members.len(), "threads are numbered as they start");
        let known = &mut self.members[parent.index()];
        let member = Member { parent: parent.0, place: known.children, children: 0 };
        known.children += 1;
        self.members.push(member);
        self.nested |= parent != ThreadId::MAIN;
    }

    /// The [order of descent](descent::compare).
    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        descent::compare(a, b, |thread| {
            let member = &self.members[thread as usize];
            (member.parent, member.place)
        })
    }

    /// The first of some threads.
    pub(super) fn first(&self, threads: &ThreadSet) -> Option<ThreadId> {
        if !self.nested {
            return threads.first();
        }
        threads.iter().min_by(|a, b| self.compare(a.0, b.0))
    }

    /// All threads in order.
    pub(super) fn order(&self, order: &mut Vec<u32>) {
        order.clear();
        order.extend(0..self.len() as u32);
        if self.nested {
            order.sort_by(|a, b| self.compare(*a, *b));
        }
    }
}

/// The numbers that threads will have in another schedule, as it is put together.
#[derive(Clone, Debug, Default)]
pub(super) struct Renumbering {
    numbers: Vec<u32>,
    next: u32,
}

impl Renumbering {
    /// The main thread alone, of `threads` in all.
    pub(super) fn begin(&mut self, threads: usize) {
        self.numbers.clear();
        self.numbers.resize(threads, 0);
        self.next = 1;
    }

    /// These steps come next.
    pub(super) fn follow(&mut self, steps: &[Step]) {
        for step in steps {
            if let Action::Thread(ThreadAction::Spawn(child)) = step.operation.action {
                self.numbers[child.index()] = self.next;
                self.next += 1;
            }
        }
    }

    pub(super) fn of(&self, thread: u32) -> ThreadId {
        ThreadId(self.numbers[thread as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_family_not_of_the_numbers() {
        let mut family = Family::default();
        family.begin();
        for (child, parent) in [(1, 0), (2, 0), (3, 2), (4, 1), (5, 3), (6, 0)] {
            family.start(ThreadId(child), ThreadId(parent));
        }
        let mut order = Vec::new();
        family.order(&mut order);
        assert_eq!(order, [0, 1, 4, 2, 3, 5, 6]);
        let some: ThreadSet = [ThreadId(3), ThreadId(4), ThreadId(6)].into_iter().collect();
        assert_eq!(family.first(&some), Some(ThreadId(4)));
    }
}
