//! Executions one after another that nobody need look at: nothing about them is out of the ordinary.
//!
//! Of a million executions most end as they should, and all that is to be known of them is that they did. So they are
//! counted here, and only the first that did not is handed on.

use super::execution::Execution;
use super::{Engine, PointerSteps, Summary};
use crate::base::{Ending, Strategy};

/// How many executions, and about how many choices, may pass before somebody looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leeway {
    pub(crate) executions: u64,
    pub(crate) choices: u64,
}

/// What the executions came to that nobody has looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Plain {
    pub(crate) executions: u64,
    pub(crate) choices: u64,
    /// The most choices in one of them.
    pub(crate) longest: u64,
    pub(crate) threads: u32,
}

/// How a stretch of executions ended.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The leeway is used up.
    Leeway,
    /// The strategy has nothing left to try.
    Done,
    /// The last execution is out of the ordinary; its strategy's `end` is the caller's business.
    Odd(Summary),
}

impl Engine {
    /// Runs `model` again and again under `strategy`, which neither learns nor follows, until there is reason to look.
    pub(crate) fn run_on<F: Fn()>(
        &mut self,
        model: &F,
        strategy: Box<dyn Strategy>,
        leeway: Leeway,
    ) -> (Plain, Halt, Box<dyn Strategy>) {
        let (mut strategy, mut plain) = (strategy, Plain::default());
        let halt = loop {
            if plain.executions >= leeway.executions || plain.choices >= leeway.choices {
                break Halt::Leeway;
            }
            if !strategy.begin() {
                break Halt::Done;
            }
            let execution = self.hub.execution();
            match plain.executions {
                0 => execution.prepare(&*strategy),
                _ => execution.prepare_again(),
            }
            execution.strategy = Some(strategy);
            self.hub.run(model);
            let execution = self.hub.execution();
            strategy = execution.strategy.take().expect("the strategy was set above");
            if !execution.is_plain() {
                break Halt::Odd(execution.summary());
            }
            let choices = execution.position();
            strategy.end(choices);
            plain.executions += 1;
            plain.choices += choices;
            plain.longest = plain.longest.max(choices);
            plain.threads = plain.threads.max(execution.live_threads);
        };
        (plain, halt, strategy)
    }
}

impl Execution {
    /// As [`prepare`](Execution::prepare), after an execution of the same strategy that was plain.
    fn prepare_again(&mut self) {
        self.reset();
        self.set_due(self.quiet());
        if self.weak.active {
            self.weak.begin_again();
        }
    }

    /// Whether all that is to be known of it is that it came to its end.
    fn is_plain(&self) -> bool {
        let odd = self.misuse
            | self.rounds_begun
            | self.fairness_assumed
            | self.nested_locks
            | self.held_at_end
            | self.heard
            | self.weak.forgot
            | (self.pointers.matter() != PointerSteps::None)
            | (self.sticky() != self.told);
        self.over == Some(Ending::Finished) && !odd && self.panics.len() | self.races.len() == 0
    }
}
