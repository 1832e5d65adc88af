//! What stands in graphs for the addresses in atomic pointers.
//!
//! A graph outlives the execution that it was made from, and what that has allocated lies elsewhere in the next one. So graphs
//! have symbols in the place of addresses: which symbol stands for which address is learned anew in each execution, from the
//! part that repeats the graph, and whatever address comes up beyond that part gets a symbol that there has never been.
//! Comparisons have the results that they have with addresses, as long as the same pointers are equal in all executions that
//! repeat a graph. They need not be where memory is freed and allocated again in the middle of it.

use crate::base::{AtomicAction, Rmw};

/// Addresses are told apart by blocks, as allocators align them. Where in a block a pointer points, or how its low bits are
/// tagged, stays as it is.
const BLOCK: u64 = 16;
/// The symbols for blocks are so many blocks apart, so that counting up from one does not come to the next.
const APART: u64 = 1 << 28;
/// Nothing is allocated so near to either end of the addresses: these are null, and marks of the model's own.
const MARKS: u64 = 4096;

/// The symbols for the blocks that an execution has in its atomic pointers.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    /// How many there have been.
    made: u64,
    /// Blocks and what stands for them, sorted by either.
    of_blocks: Vec<(u64, u64)>,
    blocks: Vec<(u64, u64)>,
}

impl Symbols {
    /// An execution begins.
    pub(super) fn begin(&mut self) {
        self.of_blocks.clear();
        self.blocks.clear();
    }

    /// What an operation is in a graph that does not have it yet.
    pub(super) fn translate(&mut self, action: AtomicAction) -> AtomicAction {
        let mut action = action;
        pointers_in(&mut action).into_iter().flatten().for_each(|pointer| *pointer = self.symbol(*pointer));
        action
    }

    /// Whether an operation is what a graph has as `known`.
    pub(super) fn repeats(&mut self, action: AtomicAction, known: AtomicAction) -> bool {
        let (mut action, mut known) = (action, known);
        let pairs = pointers_in(&mut action).into_iter().zip(pointers_in(&mut known));
        pairs.map(|(ours, theirs)| ours.copied().zip(theirs.copied())).all(|pair| match pair {
            Some((pointer, symbol)) => self.agree(pointer, symbol),
            None => true,
        })
    }

    /// What stands for a pointer, from now on.
    pub(super) fn symbol(&mut self, pointer: u64) -> u64 {
        if is_mark(pointer) {
            return pointer;
        }
        let block = pointer / BLOCK;
        let symbol = match self.of_blocks.binary_search_by_key(&block, |known| known.0) {
            Ok(at) => self.of_blocks[at].1,
            Err(_) => {
                self.made += 1;
                let symbol = self.made * APART;
                self.tie(block, symbol);
                symbol
            }
        };
        symbol * BLOCK + pointer % BLOCK
    }

    /// Whether `symbol` stands for a pointer; from now on it does, if neither was known before.
    pub(super) fn agree(&mut self, pointer: u64, symbol: u64) -> bool {
        if is_mark(pointer) || is_mark(symbol) || pointer % BLOCK != symbol % BLOCK {
            return pointer == symbol;
        }
        let (block, symbol) = (pointer / BLOCK, symbol / BLOCK);
        let known = self.of_blocks.binary_search_by_key(&block, |known| known.0);
        match (known, self.blocks.binary_search_by_key(&symbol, |known| known.0)) {
            (Ok(at), Ok(_)) => self.of_blocks[at].1 == symbol,
            (Err(_), Err(_)) => {
                self.tie(block, symbol);
                true
            }
            _ => false,
        }
    }

    fn tie(&mut self, block: u64, symbol: u64) {
        let place = |list: &[(u64, u64)], key| list.partition_point(|known| known.0 < key);
        self.of_blocks.insert(place(&self.of_blocks, block), (block, symbol));
        self.blocks.insert(place(&self.blocks, symbol), (symbol, block));
    }
}

fn is_mark(pointer: u64) -> bool {
    !(MARKS..=u64::MAX - MARKS).contains(&pointer)
}

/// The operands of an operation on an atomic pointer that are pointers.
fn pointers_in(action: &mut AtomicAction) -> [Option<&mut u64>; 2] {
    match action {
        AtomicAction::Store { value: pointer, .. }
        | AtomicAction::Rmw { function: Rmw::Swap, operand: pointer, .. } => [Some(pointer), None],
        AtomicAction::CompareExchange { expected, new, .. } => [Some(expected), Some(new)],
        AtomicAction::Load(_) | AtomicAction::Rmw { .. } => [None, None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::Relaxed;

    #[test]
    fn a_symbol_stands_for_another_address_in_the_next_execution() {
        let mut symbols = Symbols::default();
        let (one, other) = (symbols.symbol(0x5010), symbols.symbol(0x5020));
        assert_ne!(one, other);
        assert_eq!(symbols.symbol(0x5010), one);
        assert_eq!(symbols.symbol(0x5011), one + 1, "a tag");
        symbols.begin();
        assert!(symbols.agree(0x7040, one) && symbols.agree(0x7041, one + 1));
        assert!(!symbols.agree(0x7050, one), "it stands for another address");
        assert!(!symbols.agree(0x7040, other), "another stands for it");
        let third = symbols.symbol(0x5020);
        assert!(third != one && third != other, "what is not known by the graph is new");
    }

    #[test]
    fn null_and_marks_stand_for_themselves() {
        let mut symbols = Symbols::default();
        for mark in [0, 8, 4095, u64::MAX] {
            assert_eq!(symbols.symbol(mark), mark);
            assert!(symbols.agree(mark, mark) && !symbols.agree(mark, 1 << 40));
        }
    }

    #[test]
    fn operands_that_are_no_pointers_stay_as_they_are() {
        let mut symbols = Symbols::default();
        let tag = AtomicAction::Rmw { function: Rmw::Or, operand: 0x5000, ordering: Relaxed };
        assert_eq!(symbols.translate(tag), tag);
        let swap = AtomicAction::Rmw { function: Rmw::Swap, operand: 0x5000, ordering: Relaxed };
        let known = symbols.translate(swap);
        assert_ne!(known, swap);
        symbols.begin();
        let moved = AtomicAction::Rmw { function: Rmw::Swap, operand: 0x9000, ordering: Relaxed };
        assert!(symbols.repeats(moved, known) && !symbols.repeats(swap, known));
    }
}
