//! What is learned of a model only while it is explored, so that the exploration begins again.
//!
//! - It uses atomics in other ways than sequentially consistently: from then on C11 holds.
//! - A destructor that the last drop of an `Arc` runs performs operations, so that it matters who drops last: from then on
//!   every drop is a step, and which comes last is a choice.
//! - A weak pointer outlives a value of which several threads could have dropped the last `Arc`: every drop is a step then, too.
//! - The count of an `Arc` is looked at that others may change meanwhile: from then on every clone and every drop is a step.
//! - A thread goes round a loop for long without a hint that it waits there: from then on a round of that loop which has shown
//!   nothing new is not repeated.
//! - A thread is about to be kept from going round a polling loop for the first time: whether it would give up by itself is tried
//!   out, and no execution of the search.
//!
//! Most models do none of this, and are explored in fewer executions for it, or with more of each loop.

use super::measure::Measure;
use super::parallel::Survey;
use super::report::Coverage;
use super::runner::Runner;
use super::search::Search;
use crate::base::{Error, Schedule, Strategy};
use crate::engine::{Clock, Loop, MemoryModel, PointerSteps, Summary};
use crate::strategy::{self, Bounded, Dfs, Exhaustive, FORGOTTEN, Graphs, Probe};
use std::any::Any;
use std::collections::BTreeSet;

/// Which operations on `Arc`s are steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drops {
    /// These; once others turn out to matter the exploration begins again with them as steps too.
    Watched(PointerSteps),
    /// These, because the exploration cannot begin again. Where others matter it proves nothing.
    Fixed(PointerSteps),
}

impl Drops {
    pub(super) fn steps(self) -> PointerSteps {
        let (Drops::Watched(steps) | Drops::Fixed(steps)) = self;
        steps
    }

    /// Those that it takes after such an execution, if there are more and it can begin again.
    pub(super) fn wanted(self, matter: PointerSteps) -> Option<PointerSteps> {
        matches!(self, Drops::Watched(steps) if steps < matter).then_some(matter)
    }
}

/// Why it is no proof where drops had to be ignored that end values.
const ENDED: &str = "a weak pointer outlives a value, and who of several threads drops the last `Arc` was not tried in every way; \
                     explore the model in one go, without parts, checkpoints or a strategy of your own";
/// Why it is no proof where who drops a result matters.
const RESULT: &str = "the destructor of a result that no join takes performs operations, and whether the thread drops it or who drops its \
                      handle was not tried in every way; join the thread";
/// Why it is no proof where interleavings are tried.
const MIXED: &str = "beside weaker operations, sequentially consistent ones need not come in the order in which they are performed, which \
                     only `exhaustive` tries, without spurious wakeups, weak failures and virtual time";
/// Why it is no proof where drops had to be ignored.
const IGNORED: &str = "a destructor performs operations, and who of several threads drops the last `Arc` and so runs it was not tried \
                       in every way; explore the model in one go, without parts, checkpoints or a strategy of your own";

/// What has been met that a search may leave out, and that a proof would have to try.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct LeftOut {
    /// Operations on pointers, as far as they matter.
    pub(super) pointers: PointerSteps,
    /// Stores that were forgotten.
    stores: bool,
    /// Orders of sequentially consistent operations beside weaker ones.
    orders: bool,
    /// Ends of threads before and after their handles go, where their results act.
    ends: bool,
}

impl LeftOut {
    pub(super) fn note(&mut self, summary: &Summary) {
        self.pointers = self.pointers.max(summary.pointers_matter);
        self.stores |= summary.stores_forgotten;
        self.orders |= summary.orders_mixed;
        self.ends |= summary.result_acted;
    }

    /// What has been met elsewhere in the same search.
    pub(super) fn absorb(&mut self, other: LeftOut) {
        self.pointers = self.pointers.max(other.pointers);
        self.stores |= other.stores;
        self.orders |= other.orders;
        self.ends |= other.ends;
    }

    /// As it is written in files.
    pub(super) fn bits(self) -> u64 {
        let flags = [self.stores, self.orders, self.ends].map(u64::from);
        flags[0] | flags[1] << 1 | flags[2] << 2 | (self.pointers as u64) << 3
    }

    pub(super) fn from_bits(bits: u64) -> Option<Self> {
        let [stores, orders, ends] = [1, 2, 4].map(|flag| bits & flag != 0);
        let every = [PointerSteps::None, PointerSteps::Drops, PointerSteps::AllDrops, PointerSteps::All];
        let pointers = *every.get(usize::try_from(bits >> 3).ok()?)?;
        Some(LeftOut { pointers, stores, orders, ends })
    }
}

impl<F: Fn() + Sync> Runner<'_, F> {
    /// Nothing has been run yet.
    pub(super) fn forget(&mut self) -> Result<(), Error> {
        self.survey = Survey::default();
        self.first = None;
        if !self.is_in_one_go() {
            return Err(undivided(
                "the model uses atomics in other ways than sequentially consistently",
                ", or say that memory is sequentially consistent",
            ));
        }
        let report = &mut self.report;
        (report.executions, report.choices, report.longest, report.cut_short) = (0, 0, 0, 0);
        (report.fairness_assumed, report.counts_seen, report.endless) = (false, false, false);
        report.outputs.iter_mut().for_each(BTreeSet::clear);
        report.measure = report.measure.take().map(|_| Measure::default());
        (report.estimate, report.spread, report.origin) = (None, None, None);
        Ok(())
    }

    /// Only searches by traces can be divided.
    pub(super) fn refuse_to_divide(&self, custom: Option<&dyn Strategy>) -> Result<(), Error> {
        let any = custom.map(|strategy| strategy as &dyn Any);
        let exhaustive = match any {
            Some(strategy) => strategy.is::<Exhaustive>(),
            None => matches!(self.config.search, Search::Portfolio | Search::Exhaustive),
        };
        match self.report.memory {
            _ if !exhaustive || self.is_in_one_go() => Ok(()),
            MemoryModel::C11 => Err(undivided("memory follows C11", "")),
            MemoryModel::SequentiallyConsistent if self.has_traces() => Ok(()),
            MemoryModel::SequentiallyConsistent => Err(undivided(
                "time is virtual, or threads wake without a cause",
                ", under the abstract clock and without spurious wakeups",
            )),
        }
    }

    /// Whether the exploration can begin again: only then is there reason to watch destructors, and loops.
    pub(super) fn watch_model(&mut self, custom: Option<&dyn Strategy>) {
        let known = custom.is_none_or(|strategy| afresh(self, strategy).is_some());
        if !known || !self.is_in_one_go() {
            self.drops = Drops::Fixed(PointerSteps::None);
            self.loops = None;
        }
        self.engine.try_loops(self.loops.is_some());
    }

    /// Replays a schedule. Nothing says which operations on pointers were steps when it was made, so all are tried; check
    /// characters tell.
    pub(super) fn replay(&mut self, schedule: Schedule) -> Result<(), Error> {
        let mut first = None;
        for steps in [PointerSteps::None, PointerSteps::Drops, PointerSteps::AllDrops, PointerSteps::All] {
            self.set_drops(Drops::Fixed(steps));
            let Err(error) = self.single(Box::new(strategy::replay(schedule.clone()))) else { return Ok(()) };
            first = first.or(Some(error));
            self.forget()?;
        }
        first.map_or(Ok(()), Err)
    }

    fn is_in_one_go(&self) -> bool {
        self.config.shard.of == 1 && self.extras.checkpoints.is_none() && self.extras.resume.is_none()
    }
}

impl<F: Fn()> Runner<'_, F> {
    /// Whether there are traces, of which one execution each is enough. Under virtual time a thread may go on only when no other can,
    /// so that no two steps are independent; and whether a thread wakes without a cause depends on when it is notified.
    pub(super) fn has_traces(&self) -> bool {
        let config = &self.config;
        let memory = match self.report.memory {
            MemoryModel::SequentiallyConsistent => true,
            MemoryModel::C11 => config.weak_failures == 0,
        };
        config.clock == Clock::Abstract && config.spurious_wakeups == 0 && memory
    }

    pub(super) fn every_behaviour(&self) -> Box<dyn Strategy> {
        match self.report.memory {
            _ if !self.has_traces() => Box::new(strategy::dfs()),
            MemoryModel::SequentiallyConsistent => Box::new(strategy::exhaustive()),
            MemoryModel::C11 => Box::new(strategy::graphs(MemoryModel::C11)),
        }
    }

    pub(super) fn set_drops(&mut self, drops: Drops) {
        self.drops = drops;
        self.engine.choose_pointer_steps(drops.steps());
    }

    /// Whether the model has turned out to do what the exploration was not prepared for, so that it begins again.
    pub(super) fn begins_again(&mut self, summary: &Summary, strategy: &dyn Strategy) -> bool {
        let found = self.loops_found(summary).to_vec();
        self.watch_loops(&found, strategy);
        if let Some(steps) = self.drops.wanted(summary.pointers_matter) {
            self.choose_drops(steps, strategy);
        }
        if self.is_about_memory(summary) {
            self.weaken(strategy);
        }
        self.again.is_some()
    }

    /// As [`begins_again`](Self::begins_again), for one of several who work on the same search: it is only told, since what else
    /// there is to do has been handed out as it was before.
    pub(super) fn tells_to_begin_again(&mut self, summary: &Summary) -> bool {
        let memory = self.is_about_memory(summary);
        if memory {
            self.report.memory = MemoryModel::C11;
        }
        let pointers = self.drops.wanted(summary.pointers_matter).is_some();
        memory || pointers || self.is_about_loops(summary)
    }

    /// Where it went round a loop for long, if the exploration is to begin again for that.
    pub(super) fn loops_found(&mut self, summary: &Summary) -> &[Loop] {
        if self.is_about_loops(summary) { self.engine.loops_found() } else { &[] }
    }

    fn is_about_loops(&self, summary: &Summary) -> bool {
        summary.loop_found && self.loops.is_some()
    }

    fn is_about_memory(&self, summary: &Summary) -> bool {
        let as_before = self.report.memory == MemoryModel::SequentiallyConsistent;
        summary.weak_seen && as_before && self.config.memory.is_none()
    }

    /// From now on C11 holds. A search that visits everything begins again; one that samples goes on.
    pub(super) fn weaken(&mut self, strategy: &dyn Strategy) {
        self.report.memory = MemoryModel::C11;
        self.engine.set_memory(MemoryModel::C11);
        let any: &dyn Any = strategy;
        let again = if any.is::<Exhaustive>() || any.is::<Dfs>() || any.is::<Bounded>() || any.is::<Probe>() {
            afresh(self, strategy)
        } else {
            None
        };
        self.again = again.or(self.again.take());
    }

    /// For one of several who work on the same search: what is known of drops and loops.
    pub(super) fn know(&mut self, drops: Drops, loops: Option<Vec<Loop>>) {
        self.set_drops(drops);
        loops.iter().for_each(|known| self.engine.learn_loops(known));
        self.engine.try_loops(loops.is_some());
        self.loops = loops;
    }

    /// From now on a round of a loop at these places, if there are any, is not repeated when it has shown nothing new.
    pub(super) fn watch_loops(&mut self, found: &[Loop], strategy: &dyn Strategy) {
        let Some(known) = self.loops.as_mut().filter(|_| !found.is_empty()) else { return };
        known.extend_from_slice(found);
        self.engine.learn_loops(found);
        self.again = afresh(self, strategy);
    }

    /// From now on these are steps. Schedules mean something else then, so that what was found is found again.
    pub(super) fn begin_with_drops(&mut self, steps: PointerSteps) {
        self.set_drops(Drops::Watched(steps));
        self.report.findings.clear();
        self.seen.clear();
        self.lock_orders.clear();
        self.report.matters = None;
    }

    pub(super) fn choose_drops(&mut self, steps: PointerSteps, strategy: &dyn Strategy) {
        self.begin_with_drops(steps);
        // Where the settings say how to search, any strategy stands for that.
        let afresh = afresh(self, strategy);
        self.again = Some(afresh.unwrap_or_else(|| self.every_behaviour()));
    }

    /// Where drops were ignored and it matters, stores were forgotten, or not `all_orders` of operations that are sequentially
    /// consistent were tried, nothing is proved.
    pub(super) fn doubt_proof(&mut self, all_orders: bool) {
        let left_out = self.report.left_out;
        let matter = Some(left_out.pointers).filter(|matter| *matter > self.drops.steps());
        let why = match matter {
            Some(PointerSteps::Drops) => IGNORED,
            Some(PointerSteps::AllDrops) => ENDED,
            // Of counts the report tells by itself.
            _ if left_out.stores => FORGOTTEN,
            _ if left_out.orders && !all_orders => MIXED,
            _ if left_out.ends => RESULT,
            _ => return,
        };
        match self.report.coverage {
            Coverage::Proved | Coverage::AllWithin(_) => self.report.coverage = Coverage::Sampled,
            Coverage::Part(_) => {}
            Coverage::Sampled | Coverage::Stopped | Coverage::Replayed | Coverage::AllOf(_) => return,
        }
        self.report.doubt.get_or_insert_with(|| why.to_string());
    }
}

fn undivided(why: &str, otherwise: &str) -> Error {
    Error::new(
        format!("{why}, and that search cannot be divided yet"),
        "in an exploration in parts or with a checkpoint",
        format!("explore it in one go{otherwise}"),
    )
}

/// The same search, not begun; `None` if it cannot be made anew.
fn afresh<F: Fn()>(runner: &Runner<'_, F>, strategy: &dyn Strategy) -> Option<Box<dyn Strategy>> {
    let any: &dyn Any = strategy;
    if let Some(dfs) = any.downcast_ref::<Dfs>() {
        return Some(match dfs.bound() {
            None => Box::new(strategy::dfs()),
            Some(bound) => Box::new(strategy::dfs().preemption_bound(bound)),
        });
    }
    if any.is::<Bounded>() {
        return Some(Box::new(strategy::bounded()));
    }
    let every = any.is::<Exhaustive>() || any.is::<Graphs>() || any.is::<Probe>();
    every.then(|| runner.every_behaviour())
}
