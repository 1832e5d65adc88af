//! Atomic variables: a value of up to 64 bits, sequentially consistent.

use crate::base::{AtomicAction, Outcome, Rmw, Width};

/// An atomic variable: its value, and how wide it is for wrapping and comparing.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Atomic {
    value: u64,
    width: Width,
}

impl Atomic {
    pub(crate) fn new(value: u64, width: Width) -> Self {
        Atomic { value, width }
    }

    #[inline(always)]
    pub(crate) fn apply(&mut self, action: AtomicAction, choice: u32) -> Outcome {
        match action {
            AtomicAction::Load(_) => Outcome::Value(self.value),
            AtomicAction::Store { value, .. } => {
                self.value = value;
                Outcome::Done
            }
            AtomicAction::Rmw { function, operand, .. } => {
                let old = self.value;
                self.value = compute(function, old, operand, self.width);
                Outcome::Value(old)
            }
            AtomicAction::CompareExchange { expected, new, .. } => {
                let old = self.value;
                // Only a weak exchange is ever given a second outcome: to fail though the value is as expected.
                if old != expected || choice != 0 {
                    return Outcome::Mismatch(old);
                }
                self.value = new;
                Outcome::Value(old)
            }
        }
    }

    pub(crate) fn width(&self) -> Width {
        self.width
    }

    pub(crate) fn value(&self) -> u64 {
        self.value
    }

    /// Whether a compare-exchange would find what it expects.
    pub(crate) fn holds(&self, expected: u64) -> bool {
        self.value == expected
    }
}

/// The new value of a read-modify-write, normalized to the variable's width (zero- or sign-extended to 64 bits).
#[inline(always)]
pub(crate) fn compute(function: Rmw, old: u64, operand: u64, width: Width) -> u64 {
    let raw = match function {
        Rmw::Swap => operand,
        Rmw::Add => old.wrapping_add(operand),
        Rmw::Sub => old.wrapping_sub(operand),
        Rmw::And => old & operand,
        Rmw::Nand => !(old & operand),
        Rmw::Or => old | operand,
        Rmw::Xor => old ^ operand,
        Rmw::Max if matches!(width, Width::Signed(_)) => (old as i64).max(operand as i64) as u64,
        Rmw::Max => old.max(operand),
        Rmw::Min if matches!(width, Width::Signed(_)) => (old as i64).min(operand as i64) as u64,
        Rmw::Min => old.min(operand),
    };
    match width {
        Width::Unsigned(bits) => raw << (64 - bits) >> (64 - bits),
        Width::Signed(bits) => ((raw << (64 - bits)) as i64 >> (64 - bits)) as u64,
        Width::Bool => raw & 1,
        Width::Pointer => raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicI8, AtomicU16, Ordering::SeqCst};

    const ALL: [Rmw; 9] =
        [Rmw::Swap, Rmw::Add, Rmw::Sub, Rmw::And, Rmw::Nand, Rmw::Or, Rmw::Xor, Rmw::Max, Rmw::Min];

    fn rmw(state: &mut Atomic, function: Rmw, operand: u64) -> u64 {
        let action = AtomicAction::Rmw { function, operand, ordering: SeqCst };
        state.apply(action, 0).value().expect("a read-modify-write reads")
    }

    proptest! {
        #[test]
        fn signed_bytes_behave_as_stds(ops in proptest::collection::vec((0usize..9, any::<i8>()), 0..20)) {
            let (mut ours, theirs) = (Atomic::new(0, Width::Signed(8)), AtomicI8::new(0));
            for (f, x) in ops {
                let expected = match ALL[f] {
                    Rmw::Swap => theirs.swap(x, SeqCst),
                    Rmw::Add => theirs.fetch_add(x, SeqCst),
                    Rmw::Sub => theirs.fetch_sub(x, SeqCst),
                    Rmw::And => theirs.fetch_and(x, SeqCst),
                    Rmw::Nand => theirs.fetch_nand(x, SeqCst),
                    Rmw::Or => theirs.fetch_or(x, SeqCst),
                    Rmw::Xor => theirs.fetch_xor(x, SeqCst),
                    Rmw::Max => theirs.fetch_max(x, SeqCst),
                    Rmw::Min => theirs.fetch_min(x, SeqCst),
                };
                prop_assert_eq!(rmw(&mut ours, ALL[f], x as u64), expected as u64);
            }
            prop_assert_eq!(ours.value, theirs.load(SeqCst) as u64);
        }

        #[test]
        fn unsigned_words_wrap_as_stds(start in any::<u16>(), x in any::<u16>()) {
            for function in [Rmw::Add, Rmw::Sub, Rmw::Nand, Rmw::Max] {
                let (mut ours, theirs) = (Atomic::new(u64::from(start), Width::Unsigned(16)), AtomicU16::new(start));
                match function {
                    Rmw::Add => theirs.fetch_add(x, SeqCst),
                    Rmw::Sub => theirs.fetch_sub(x, SeqCst),
                    Rmw::Nand => theirs.fetch_nand(x, SeqCst),
                    _ => theirs.fetch_max(x, SeqCst),
                };
                rmw(&mut ours, function, u64::from(x));
                prop_assert_eq!(ours.value, u64::from(theirs.load(SeqCst)));
            }
        }
    }

    #[test]
    fn compare_exchange_writes_only_when_it_matches_and_is_let() {
        let exchange = AtomicAction::CompareExchange {
            expected: 1,
            new: 2,
            success: SeqCst,
            failure: SeqCst,
            weak: true,
        };
        let mut state = Atomic::new(0, Width::Unsigned(64));
        assert_eq!(state.apply(exchange, 0), Outcome::Mismatch(0));
        state.apply(AtomicAction::Store { value: 1, ordering: SeqCst }, 0);
        assert!(state.holds(1));
        assert_eq!(state.apply(exchange, 1), Outcome::Mismatch(1));
        assert_eq!(state.apply(exchange, 0), Outcome::Value(1));
        assert_eq!(state.apply(AtomicAction::Load(SeqCst), 0), Outcome::Value(2));
    }
}
