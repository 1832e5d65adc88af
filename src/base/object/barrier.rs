//! Barriers: a generation at a time.

use crate::base::{BarrierAction, Outcome};

/// A barrier for so many threads.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Barrier {
    size: u32,
    arrived: u32,
    generation: u32,
}

impl Barrier {
    /// A barrier that opens for `size` threads at once; 0 counts as 1, as in std.
    pub(crate) fn new(size: u32) -> Self {
        Barrier { size: size.max(1), arrived: 0, generation: 0 }
    }

    pub(crate) fn ready(&self, action: BarrierAction) -> bool {
        match action {
            BarrierAction::Arrive => true,
            BarrierAction::Pass { generation } => self.generation != generation,
        }
    }

    /// `Arrive` gives the generation to wait for, or says that the caller completes it.
    pub(crate) fn apply(&mut self, action: BarrierAction) -> Outcome {
        match action {
            BarrierAction::Pass { .. } => Outcome::Done,
            BarrierAction::Arrive => {
                self.arrived += 1;
                if self.arrived < self.size {
                    return Outcome::Value(u64::from(self.generation));
                }
                self.arrived = 0;
                self.generation = self.generation.wrapping_add(1);
                Outcome::Chosen
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_when_all_have_come_and_closes_behind_them() {
        let mut barrier = Barrier::new(2);
        assert_eq!(barrier.apply(BarrierAction::Arrive), Outcome::Value(0));
        assert!(!barrier.ready(BarrierAction::Pass { generation: 0 }));
        assert_eq!(barrier.apply(BarrierAction::Arrive), Outcome::Chosen);
        assert!(barrier.ready(BarrierAction::Pass { generation: 0 }));
        assert_eq!(barrier.apply(BarrierAction::Arrive), Outcome::Value(1));
        assert!(!barrier.ready(BarrierAction::Pass { generation: 1 }));
    }

    #[test]
    fn none_is_as_good_as_one() {
        assert_eq!(Barrier::new(0).apply(BarrierAction::Arrive), Outcome::Chosen);
    }
}
