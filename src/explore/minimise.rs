//! The smallest execution that fails the same way: fewest preemptions, then fewest steps, then the least schedule.
//!
//! ```text
//! for bound in 0 ..= preemptions of what was found:         (iterative context bounding, Musuvathi & Qadeer, PLDI 2007)
//!     among all executions with at most `bound` preemptions, as far as a budget reaches:
//!         the smallest one that fails the same way, if any  -> done with this part
//! repeat:
//!     run each simpler schedule that the trace proposes; take the first that fails the same way and is smaller
//! ```

use super::report::Found;
use super::runner::Runner;
use crate::base::{Ending, Strategy};
use crate::finding::Finding;
use crate::strategy;
use crate::trace::Trace;
use crate::trace::minimise::{Size, candidates};

/// How many executions, and how many choices in them, the search under one bound may cost.
const EXECUTIONS: u64 = 3_000;
const CHOICES: u64 = 200_000;
/// How many schedules are tried in all to make the trace simpler, as long as they have no more choices than the search under a
/// bound may cost.
const TRIES: u64 = 600;
/// Longer executions are not made smaller: each try would cost too much.
const LONGEST: u64 = 20_000;

pub(super) fn minimise<F: Fn()>(runner: &mut Runner<'_, F>, found: Found) -> Found {
    if found.trace.schedule.len() > LONGEST || found.trace.skipped > 0 {
        return found;
    }
    let signature = found.finding.signature(&found.trace).to_string();
    let execution = found.execution;
    let mut best = (Size::of(&found.trace), found.finding, found.trace);
    for bound in 0..=best.0.preemptions.min(4) {
        if let Some(smaller) = search(runner, bound as u32, &signature, &best.0) {
            best = smaller;
            break;
        }
    }
    let mut tries = TRIES.min(CHOICES / best.2.schedule.len().max(1));
    while let Some(smaller) = simplify(runner, &best, &signature, &mut tries) {
        best = smaller;
    }
    Found { finding: best.1, trace: best.2, execution }
}

type Sized = (Size, Finding, Trace);

/// The smallest execution with at most `bound` preemptions that fails the same way.
fn search<F: Fn()>(runner: &mut Runner<'_, F>, bound: u32, signature: &str, limit: &Size) -> Option<Sized> {
    let mut strategy: Box<dyn Strategy> = Box::new(strategy::dfs().preemption_bound(bound));
    let mut best: Option<Sized> = None;
    let (mut executions, mut choices) = (0, 0);
    while executions < EXECUTIONS && choices < CHOICES && strategy.begin() {
        let (summary, back) = runner.engine.run(runner.model, strategy);
        strategy = back;
        strategy.end(summary.choices);
        executions += 1;
        choices += summary.choices;
        if summary.suspicious && summary.ending != Ending::Stopped {
            let trace = runner.engine.trace();
            let size = Size::of(&trace);
            if size < *best.as_ref().map_or(limit, |(size, ..)| size) {
                best = same_failure(runner, size, trace, signature).or(best);
            }
        }
    }
    best
}

/// The first simpler schedule proposed that fails the same way and is smaller.
fn simplify<F: Fn()>(
    runner: &mut Runner<'_, F>,
    best: &Sized,
    signature: &str,
    tries: &mut u64,
) -> Option<Sized> {
    let proposals: Vec<_> = candidates(&best.2).take(*tries as usize).collect();
    for schedule in proposals {
        *tries = tries.checked_sub(1)?;
        let Some(trace) = runner.rerun(schedule, true) else { continue };
        let size = Size::of(&trace);
        if size < best.0
            && let Some(smaller) = same_failure(runner, size, trace, signature)
        {
            return Some(smaller);
        }
    }
    None
}

fn same_failure<F: Fn()>(
    runner: &mut Runner<'_, F>,
    size: Size,
    trace: Trace,
    signature: &str,
) -> Option<Sized> {
    let findings = runner.findings_of(&trace);
    let finding = findings.into_iter().find(|f| f.signature(&trace).to_string() == signature)?;
    Some((size, finding, trace))
}
