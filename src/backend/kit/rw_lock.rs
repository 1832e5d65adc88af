//! Readers-writer locks of a kit.
//!
//! No kit has a way to make a writer a reader, so that its lock is given back and taken again, with others in between. A writer
//! among them finds a gate, gives the lock back too, and waits there until the one who stepped down has gone; what is tried
//! meanwhile is refused, as the engine would, for which it has not stepped down yet.

use super::{Carries, Hold, Kit, Rc, Thing};
use crate::base::{ObjectId, Outcome, RwLockAction, ThreadId};

impl<K: Kit> Carries<K> {
    fn rw_lock(&self, object: ObjectId) -> Rc<K::RwLock> {
        match self.thing(object, || Thing::RwLock(Rc::new(K::rw_lock()))) {
            Thing::RwLock(lock) => lock,
            _ => unreachable!("an object keeps its kind"),
        }
    }

    pub(super) fn meet_rw_lock(
        &self,
        me: ThreadId,
        object: ObjectId,
        action: RwLockAction,
    ) -> Option<Outcome> {
        let lock = self.rw_lock(object);
        match action {
            RwLockAction::Read | RwLockAction::Write if self.holds(me, object) => {}
            RwLockAction::Read => self.hold(me, object, Hold::Read(K::read(lock))),
            RwLockAction::Write => self.hold(me, object, Hold::Write(self.write(object, lock))),
            RwLockAction::TryRead => {
                let held = K::try_read(lock).filter(|_| self.gate(object).is_none());
                return Some(self.tried(me, object, held.map(Hold::Read)));
            }
            RwLockAction::TryWrite => {
                let held = K::try_write(lock).filter(|_| self.gate(object).is_none());
                return Some(self.tried(me, object, held.map(Hold::Write)));
            }
            RwLockAction::UnlockRead | RwLockAction::UnlockWrite { .. } => self.release(me, object),
            // A guard dropped now would leave its mark. Others wait for longer than they had to.
            RwLockAction::Downgrade if std::thread::panicking() => {}
            RwLockAction::Downgrade => self.step_down(me, object, lock),
            RwLockAction::IsPoisoned | RwLockAction::ClearPoison => {}
        }
        None
    }

    fn write(&self, object: ObjectId, lock: Rc<K::RwLock>) -> K::HeldWrite {
        loop {
            let held = K::write(Rc::clone(&lock));
            let Some(gate) = self.gate(object) else { return held };
            drop(held);
            drop(K::acquire(gate));
        }
    }

    fn step_down(&self, me: ThreadId, object: ObjectId, lock: Rc<K::RwLock>) {
        let gate = Rc::new(K::lock());
        let shut = K::acquire(Rc::clone(&gate));
        self.gates.borrow_mut().push((object, gate));
        self.release(me, object);
        let held = K::read(lock);
        self.gates.borrow_mut().retain(|(of, _)| *of != object);
        self.hold(me, object, Hold::SteppedDown(held, shut));
    }

    /// What a writer waits at while another is becoming a reader.
    fn gate(&self, object: ObjectId) -> Option<Rc<K::Lock>> {
        let gates = self.gates.borrow();
        gates.iter().find(|(of, _)| *of == object).map(|(_, gate)| Rc::clone(gate))
    }
}
