//! Python's barriers: a round at a time, and they can be broken and mended.
//!
//! CPython keeps those who come to the next round out until all of the last one have left. Nobody can tell: leaving is the
//! last thing that a wait does. So a round is over here when all have come, and who leaves changes nothing; what became of
//! a round is kept for those who have yet to leave it.

use crate::base::{Outcome, RendezvousAction};

/// A barrier that `parties` threads wait at for each other.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Rendezvous {
    parties: u32,
    // Invariant: less than `parties`, but while the last one to come acts.
    arrived: u32,
    round: u32,
    acting: bool,
    broken: bool,
    /// All rounds before this one were broken for those who have not left them.
    aborted: u32,
    /// Rounds that a reset has ended.
    reset: Vec<u32>,
}

impl Rendezvous {
    pub(crate) fn new(parties: u32) -> Self {
        Rendezvous {
            parties,
            arrived: 0,
            round: 0,
            acting: false,
            broken: false,
            aborted: 0,
            reset: Vec::new(),
        }
    }

    pub(crate) fn ready(&self, action: RendezvousAction) -> bool {
        match action {
            RendezvousAction::Arrive { .. } | RendezvousAction::Abort | RendezvousAction::Reset => {
                !self.acting
            }
            RendezvousAction::Pass { round, .. } => round < self.round,
            _ => true,
        }
    }

    /// `Arrive` gives the round and the number of those who came before, or says that the caller is the last to come.
    pub(crate) fn apply(&mut self, action: RendezvousAction) -> Outcome {
        match action {
            RendezvousAction::Arrive { .. } if self.broken => return Outcome::Refused,
            RendezvousAction::Arrive { acts } => return self.arrive(acts),
            RendezvousAction::Pass { round, .. } => {
                let broken = round < self.aborted || self.reset.contains(&round);
                return if broken { Outcome::Refused } else { Outcome::Done };
            }
            RendezvousAction::Open { fails: false } => self.begin_round(),
            RendezvousAction::Open { fails: true } | RendezvousAction::Abort => self.abort(),
            RendezvousAction::Reset if self.broken => self.broken = false,
            RendezvousAction::Reset if self.arrived > 0 => {
                self.reset.push(self.round);
                self.begin_round();
            }
            RendezvousAction::Reset => {}
            RendezvousAction::Waiting => return Outcome::Value(u64::from(self.arrived)),
            RendezvousAction::IsBroken => return Outcome::Value(u64::from(self.broken)),
        }
        Outcome::Done
    }

    /// Somebody gives up, or says so: all rounds that have not been left are broken, and it stays broken.
    pub(crate) fn abort(&mut self) {
        self.begin_round();
        self.broken = true;
        self.aborted = self.round;
        self.reset.clear();
    }

    /// Whether who waits may give up: not while the last one to come acts, for the round is as good as complete.
    pub(crate) fn may_time_out(&self) -> bool {
        !self.acting
    }

    fn arrive(&mut self, acts: bool) -> Outcome {
        let before = self.arrived;
        self.arrived += 1;
        if self.arrived != self.parties {
            return Outcome::Value(u64::from(self.round) << 32 | u64::from(before));
        }
        if acts {
            self.acting = true;
        } else {
            self.begin_round();
        }
        Outcome::Chosen
    }

    fn begin_round(&mut self) {
        self.round = self.round.wrapping_add(1);
        (self.arrived, self.acting) = (0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FOREVER;

    const COME: RendezvousAction = RendezvousAction::Arrive { acts: false };
    const ACT: RendezvousAction = RendezvousAction::Arrive { acts: true };
    const WAITING: RendezvousAction = RendezvousAction::Waiting;
    const IS_BROKEN: RendezvousAction = RendezvousAction::IsBroken;

    const fn pass(round: u32) -> RendezvousAction {
        RendezvousAction::Pass { round, timeout: FOREVER }
    }

    #[test]
    fn opens_when_all_have_come_and_closes_behind_them() {
        let mut barrier = Rendezvous::new(2);
        assert_eq!(barrier.apply(COME), Outcome::Value(0));
        assert_eq!(barrier.apply(WAITING), Outcome::Value(1));
        assert!(!barrier.ready(pass(0)));
        assert_eq!(barrier.apply(COME), Outcome::Chosen);
        assert!(barrier.ready(pass(0)));
        assert_eq!(barrier.apply(pass(0)), Outcome::Done);
        assert_eq!(barrier.apply(WAITING), Outcome::Value(0));
        assert_eq!(barrier.apply(COME), Outcome::Value(1 << 32));
        assert!(!barrier.ready(pass(1)));
    }

    #[test]
    fn nobody_gets_in_or_gives_up_while_the_last_one_acts() {
        let mut barrier = Rendezvous::new(2);
        barrier.apply(ACT);
        assert_eq!(barrier.apply(ACT), Outcome::Chosen);
        assert!(!barrier.ready(COME) && !barrier.ready(RendezvousAction::Reset) && !barrier.ready(pass(0)));
        assert!(!barrier.may_time_out());
        assert_eq!(barrier.apply(WAITING), Outcome::Value(2));
        barrier.apply(RendezvousAction::Open { fails: false });
        assert_eq!((barrier.apply(pass(0)), barrier.apply(IS_BROKEN)), (Outcome::Done, Outcome::Value(0)));
    }

    #[test]
    fn broken_it_sends_all_away_until_it_is_reset() {
        for fails in [false, true] {
            let mut barrier = Rendezvous::new(2);
            barrier.apply(ACT);
            if fails {
                barrier.apply(ACT);
                barrier.apply(RendezvousAction::Open { fails });
            } else {
                barrier.apply(RendezvousAction::Abort);
            }
            assert_eq!((barrier.apply(pass(0)), barrier.apply(COME)), (Outcome::Refused, Outcome::Refused));
            assert_eq!(
                (barrier.apply(IS_BROKEN), barrier.apply(WAITING)),
                (Outcome::Value(1), Outcome::Value(0))
            );
            barrier.apply(RendezvousAction::Reset);
            assert_eq!(barrier.apply(pass(0)), Outcome::Refused);
            assert_eq!(
                (barrier.apply(COME), barrier.apply(IS_BROKEN)),
                (Outcome::Value(1 << 32), Outcome::Value(0))
            );
        }
    }

    #[test]
    fn a_reset_sends_away_those_who_wait_and_an_abort_also_those_who_have_yet_to_leave() {
        let mut barrier = Rendezvous::new(2);
        for _ in 0..3 {
            barrier.apply(COME);
        }
        barrier.apply(RendezvousAction::Reset);
        assert_eq!((barrier.apply(pass(0)), barrier.apply(pass(1))), (Outcome::Done, Outcome::Refused));
        assert_eq!(barrier.apply(COME), Outcome::Value(2 << 32));
        barrier.apply(RendezvousAction::Abort);
        assert_eq!((barrier.apply(pass(0)), barrier.apply(pass(2))), (Outcome::Refused, Outcome::Refused));
    }

    #[test]
    fn for_nobody_it_never_opens() {
        assert_eq!(Rendezvous::new(0).apply(COME), Outcome::Value(0));
    }
}
