//! What reads what, in one execution.

use crate::base::{
    Access, Action, AtomicAction, CellAction, Meeting, MutexAction, ObjectId, RwLockAction, SharedAction,
    Step,
};
use std::collections::BTreeMap;
use std::panic::Location;

/// A place in the model from where an operation is called, numbered in the order in which they are met.
pub(super) type Site = u32;

/// Stands for the place where an object was made: it is as it began.
pub(super) const BEGINNING: Site = 0;

/// A look at an object, and the write that it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) look: Site,
    pub(super) write: Site,
}

/// What a wish means for a thread; the greater goes before the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// Nothing.
    Free,
    /// What it would look at is as wished.
    First,
    /// It would look too early, or overwrite what is to be looked at.
    Held,
}

/// Who has written what, and what has been shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    sites: BTreeMap<(u32, u32, &'static str), Site>,
    // By object number. Those beyond `live` are left from earlier executions, for their memory.
    objects: Vec<Met>,
    live: usize,
    shown: Vec<Pair>,
}

/// An object: where it was last written in this execution, and all places from which it was met.
#[derive(Clone, Debug, Default)]
pub(super) struct Met {
    last: Site,
    pub(super) looks: Vec<Site>,
    pub(super) writes: Vec<Site>,
}

impl Reads {
    /// A new execution.
    pub(super) fn begin(&mut self) {
        self.live = 0;
        self.shown.clear();
    }

    /// The objects of the last execution.
    pub(super) fn objects(&self) -> &[Met] {
        &self.objects[..self.live]
    }

    /// The pairs of the last execution, each once.
    pub(super) fn shown(&mut self) -> &[Pair] {
        self.shown.sort_unstable();
        self.shown.dedup();
        &self.shown
    }

    /// What wishing for `pair` means for a thread that is about to perform `step`. What has been written as wished is kept for
    /// looks that may meet it: those of which `knows` tells that they have met what the step writes.
    pub(super) fn role(&self, step: &Step, pair: Pair, knows: impl Fn(Pair) -> bool) -> Role {
        let Some(&site) = self.sites.get(&key(step.location)) else { return Role::Free };
        for (object, access) in objects(step) {
            let last = self.objects().get(object.index()).map_or(BEGINNING, |met| met.last);
            if site == pair.look && looks(step) && knows(pair) {
                return if last == pair.write { Role::First } else { Role::Held };
            }
            let could_be_seen = knows(Pair { look: pair.look, write: site });
            if access == Access::Write && last == pair.write && could_be_seen {
                return Role::Held;
            }
        }
        Role::Free
    }

    /// `step` has been performed; `show` is called with the pairs that it shows.
    pub(super) fn perform(&mut self, step: &Step, mut show: impl FnMut(Pair)) {
        if gives_back(step) || !step.operation.is_point() {
            return;
        }
        let next = self.sites.len() as Site + 1;
        let site = *self.sites.entry(key(step.location)).or_insert(next);
        for (object, access) in objects(step) {
            self.make_known(object);
            let met = &mut self.objects[object.index()];
            if looks(step) {
                let pair = Pair { look: site, write: met.last };
                add(&mut met.looks, site);
                show(pair);
                // Sorted out when it has grown, so that a polling loop does not fill the memory.
                if self.shown.len() == self.shown.capacity() {
                    self.shown.sort_unstable();
                    self.shown.dedup();
                }
                self.shown.push(pair);
            }
            if access == Access::Write {
                add(&mut met.writes, site);
                met.last = site;
            }
        }
    }

    fn make_known(&mut self, object: ObjectId) {
        while self.live <= object.index() {
            match self.objects.get_mut(self.live) {
                Some(met) => {
                    met.last = BEGINNING;
                    met.looks.clear();
                    met.writes.clear();
                }
                None => self.objects.push(Met::default()),
            }
            self.live += 1;
        }
    }
}

fn key(location: &'static Location<'static>) -> (u32, u32, &'static str) {
    (location.line(), location.column(), location.file())
}

fn add(sites: &mut Vec<Site>, site: Site) {
    if !sites.contains(&site) {
        sites.push(site);
    }
}

/// The objects that a step meets.
fn objects(step: &Step) -> impl Iterator<Item = (ObjectId, Access)> {
    step.accesses().into_iter().flatten().filter_map(|(meeting, access)| match meeting {
        Meeting::Object(object) => Some((object, access)),
        _ => None,
    })
}

/// Whether what it finds makes a difference: not where it only overwrites.
fn looks(step: &Step) -> bool {
    !matches!(
        step.operation.action,
        Action::Atomic(AtomicAction::Store { .. })
            | Action::Shared(SharedAction::Set(_))
            | Action::Cell(CellAction::Write)
    )
}

/// Whether it gives a lock back, or a part of it: it finds its own taking, and who takes the lock next follows that.
fn gives_back(step: &Step) -> bool {
    matches!(
        step.operation.action,
        Action::Mutex(MutexAction::Unlock { .. } | MutexAction::Release)
            | Action::RwLock(
                RwLockAction::UnlockRead | RwLockAction::UnlockWrite { .. } | RwLockAction::Downgrade
            )
    )
}
