//! The modification order of an atomic that somebody else performs, as far as it is known.
//!
//! The carrier says what was read and not where stores have gone, so each goes last until a read tells otherwise: one that finds
//! a store from which its thread is barred by a later one shows that the later one has an earlier place. Then the stores are put
//! into another order, if there is one that all accesses so far allow, and the steps are told anew.
//!
//! ```text
//! each access:   whatever bars its thread comes before the store that it meets
//! another order: the old one, except that each store waits for those that come before it;
//!                a read-modify-write stays right behind what it has read
//! ```

use super::History;

/// How many stores to an atomic are told apart. Where there have been more, their order stays as it is.
const MOST: u32 = u64::BITS;

/// An access to an atomic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    /// The number of its step, counted from 0.
    pub(super) step: usize,
    /// Where in the schedule it was chosen.
    pub(super) position: u64,
    /// The number of the store that it has read, or made where it reads nothing.
    pub(super) store: u32,
    /// How many stores there were before it.
    pub(super) present: u32,
}

/// The place of an access in another order: its step, its position in the schedule and how many places before the end.
pub(super) type Moved = (usize, u64, u32);

impl History {
    /// Which stores are barred from being overtaken, as a set of their numbers.
    pub(super) fn numbers(&self, bars: impl Fn(usize) -> bool) -> u64 {
        let bars = self.stores.iter().enumerate().filter(|(index, _)| bars(*index));
        bars.filter(|(_, store)| store.number < MOST).fold(0, |all, (_, store)| all | 1 << store.number)
    }

    /// An access has met the store at `index`, behind stores of these numbers.
    pub(super) fn note(&mut self, access: Access, index: usize, behind: u64) {
        self.stores[index].put_behind(behind);
        self.accesses.push(access);
    }

    /// Gives the store at `index` a place behind those of these numbers; its new place, unless there is no such order.
    pub(super) fn rearrange(&mut self, index: usize, behind: u64) -> Option<usize> {
        if self.made > MOST {
            return None;
        }
        let (store, before) = (self.stores[index].number, self.stores[index].behind);
        self.stores[index].put_behind(behind);
        let Some(order) = self.another_order() else {
            self.stores[index].behind = before;
            return None;
        };
        let mut stores: Vec<_> = std::mem::take(&mut self.stores).into_iter().map(Some).collect();
        self.stores.extend(order.into_iter().filter_map(|index| stores[index].take()));
        self.stores.iter().position(|other| other.number == store)
    }

    /// The stores in an order in which each comes behind those that it has to.
    fn another_order(&self) -> Option<Vec<usize>> {
        let number = |index: usize| 1u64 << self.stores[index].number;
        let all = (0..self.stores.len()).fold(0, |all, index| all | number(index));
        let mut rest: Vec<&[usize]> = Vec::new();
        let indices: Vec<usize> = (0..self.stores.len()).collect();
        // What follows what it has read goes where that goes.
        rest.extend(indices.chunk_by(|_, next| self.stores[*next].follows));
        let (mut order, mut placed) = (Vec::new(), 0u64);
        while !rest.is_empty() {
            let ready = |block: &&[usize]| {
                let mut before = placed;
                block.iter().all(|&index| {
                    let waits = self.stores[index].behind & all & !before;
                    before |= number(index);
                    waits == 0
                })
            };
            let block = rest.remove(rest.iter().position(ready)?);
            placed = block.iter().fold(placed, |placed, index| placed | number(*index));
            order.extend_from_slice(block);
        }
        Some(order)
    }

    /// The places of all accesses so far.
    pub(super) fn places(&self) -> impl Iterator<Item = Moved> + '_ {
        self.accesses.iter().map(|access| {
            let later = self.stores.iter().rev().take_while(|store| store.number != access.store);
            let back = later.filter(|store| store.number < access.present).count();
            (access.step, access.position, back as u32)
        })
    }
}
