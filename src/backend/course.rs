//! One exploration on a backend that is not the engine: how far it goes, and what is kept of it.
//!
//! It has an OS thread to itself. If an execution there can be brought to no end, that thread is left as it is, and the
//! exploration is over with what is known by then.

use super::{Job, Outcome};
use crate::base::{Ending, ThreadId};
use crate::engine::carried::Carrier;
use crate::engine::{Carriage, Output, Summary, trace_so_far};
use crate::finding::{self, FindingKind};
use crate::trace::{Trace, order_matters};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Instant;

/// How many executions in which the same is wrong are shown at most.
const MOST: u32 = 8;

/// After how many executions that come to no end nothing more is expected of others.
const MOST_UNENDED: u64 = 20;

/// What those who work for an exploration have done by now, for whoever waits for them.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Changes as long as anything is done.
    pub(super) beats: AtomicU64,
    /// How many executions have come to their end.
    pub(super) executions: AtomicU64,
}

/// What an OS thread that works for an exploration has of it.
#[derive(Clone)]
pub(super) struct Share {
    pub(super) pulse: Arc<Pulse>,
    pub(super) sender: SyncSender<Message>,
}

pub(super) enum Message {
    /// An execution, for whoever watches.
    Trace(Box<Trace>),
    /// Something is wrong with an execution; the answer is whether that is enough.
    Found(u64, Box<Trace>, SyncSender<bool>),
    /// A thread other than that of the exploration can be brought to no end: why, and what had been done by then.
    Stranded(String, Option<Box<Trace>>),
    /// The end of the exploration.
    End(Box<Outcome>),
}

struct Course {
    job: Job,
    /// Away while an execution runs.
    carriage: Option<Carriage>,
    outcome: Outcome,
    /// What was shown, and how often.
    shown: BTreeMap<String, u32>,
    lock_orders: BTreeSet<u64>,
    started: Instant,
    enough: bool,
    /// Whether the execution under way does not count.
    void: bool,
    output: String,
}

thread_local! {
    static COURSE: RefCell<Option<Course>> = const { RefCell::new(None) };
    static SHARE: RefCell<Option<Share>> = const { RefCell::new(None) };
}

fn with<R>(f: impl FnOnce(&mut Course) -> R) -> R {
    COURSE.with_borrow_mut(|course| f(course.as_mut().expect("called on the thread of an exploration only")))
}

/// Begins an exploration on this OS thread.
pub(super) fn begin(job: Job, share: Share) {
    join_in(share);
    let carriage = Carriage::new(job.settings.clone(), job.steps);
    let mut outcome = Outcome::default();
    if let Err(error) = &carriage {
        outcome.stranded = Some(format!("there is no memory for a stack ({error})"));
    }
    let course = Course {
        enough: carriage.is_err(),
        carriage: carriage.ok(),
        job,
        outcome,
        shown: BTreeMap::new(),
        lock_orders: BTreeSet::new(),
        started: Instant::now(),
        void: false,
        output: String::new(),
    };
    COURSE.set(Some(course));
}

/// From now on this OS thread works for an exploration.
pub(super) fn join_in(share: Share) {
    SHARE.set(Some(share));
}

/// What this OS thread has of its exploration, for another that works for the same one.
pub(super) fn share() -> Option<Share> {
    SHARE.with_borrow(Option::clone)
}

/// Something has been done.
pub(super) fn beat() {
    // Lost beats do no harm: only that there are any matters.
    with_share(|share| share.pulse.beats.store(share.pulse.beats.load(Relaxed).wrapping_add(1), Relaxed));
}

/// Nobody may be left to listen, and then there is nothing to tell.
fn tell(message: Message) {
    with_share(|share| drop(share.sender.send(message)));
}

fn with_share(f: impl FnOnce(&Share)) {
    SHARE.with_borrow(|share| share.as_ref().map_or((), f));
}

/// The exploration is over.
pub(super) fn end() {
    if let Some(course) = COURSE.take() {
        drop(course.carriage);
        tell(Message::End(Box::new(course.outcome)));
    }
}

/// How the executions are chosen, for reports.
pub(super) fn describe(strategy: String) {
    with(|course| course.outcome.strategy = strategy);
}

/// Whether there is to be another execution.
pub(super) fn goes_on() -> bool {
    with(|course| {
        let job = &course.job;
        let late = job.time.is_some_and(|time| course.started.elapsed() >= time);
        let interrupted = job.interrupt.as_ref().is_some_and(|interrupt| interrupt.load(Relaxed));
        !(course.enough || late || interrupted || course.outcome.executions >= job.executions)
    })
}

/// How many executions there are to be at most.
pub(super) fn executions() -> u64 {
    with(|course| course.job.executions)
}

/// How large a stack the model's threads are to have, in bytes.
pub(super) fn stack_size() -> usize {
    with(|course| course.job.settings.stack_size)
}

/// How many choices an execution may have.
pub(super) fn steps() -> usize {
    with(|course| usize::try_from(course.job.settings.steps).unwrap_or(usize::MAX))
}

/// The backend has no more executions.
pub(super) fn note_exhausted() {
    with(|course| course.outcome.exhausted = true);
}

/// The execution under way does not count.
pub(super) fn void() {
    with(|course| course.void = true);
}

/// Begins again as if nothing had been run, if the last execution does not count.
pub(super) fn begins_again() -> bool {
    with(|course| {
        let void = std::mem::take(&mut course.void);
        if void {
            let strategy = std::mem::take(&mut course.outcome.strategy);
            course.outcome = Outcome { strategy, ..Outcome::default() };
            course.shown.clear();
            course.lock_orders.clear();
            course.enough = false;
        }
        void
    })
}

/// Runs the model once, on the carrier's main thread.
pub(super) fn execute(model: &dyn Fn(), carrier: Rc<dyn Carrier>) {
    beat();
    let mut carriage = with(|course| course.carriage.take()).expect("one execution at a time");
    let summary = carriage.run(model, carrier);
    with(|course| {
        course.carriage = Some(carriage);
        course.examine(&summary);
    });
}

/// The execution under way can be brought to no end: it is left as it is, and this OS thread with it.
pub(super) fn strand(why: &str) -> ! {
    let course = COURSE.with(|course| course.try_borrow_mut().ok().and_then(|mut course| course.take()));
    let trace = trace_so_far();
    match course {
        Some(mut course) => {
            course.outcome.strand(why.to_owned(), trace);
            tell(Message::End(Box::new(course.outcome)));
            // What it still has is used by threads that stand where they are.
            std::mem::forget(course.carriage);
        }
        None => tell(Message::Stranded(why.to_owned(), trace.map(Box::new))),
    }
    loop {
        std::thread::park();
    }
}

impl Outcome {
    /// One more execution could be brought to no end, which had come as far as this.
    pub(super) fn strand(&mut self, why: String, trace: Option<Trace>) {
        self.executions += 1;
        self.stranded = Some(why);
        if let Some(trace) = trace {
            self.choices += trace.schedule.len();
            self.longest = self.longest.max(trace.schedule.len());
            self.threads = self.threads.max(trace.threads.len() as u32);
            self.unended = Some((self.executions, trace));
        }
    }
}

impl Course {
    /// Counts the last execution and looks what is wrong with it.
    fn examine(&mut self, summary: &Summary) {
        let execution = self.carriage.as_mut().expect("it has just come back").execution();
        let carried = execution.carried.as_mut().expect("it was carried");
        let (refusal, odd) = (carried.refusal.take(), carried.odd.take());
        if let Some(refusal) = refusal {
            self.outcome.refusal = Some(refusal);
            self.enough = true;
            return;
        }
        if self.void {
            self.enough = true;
            return;
        }
        let outcome = &mut self.outcome;
        outcome.executions += 1;
        with_share(|share| share.pulse.executions.store(outcome.executions, Relaxed));
        if summary.pointers_matter > self.job.steps {
            // It begins again, with these as steps.
            outcome.pointers_matter = summary.pointers_matter;
            self.enough = true;
            return;
        }
        if outcome.matters.is_none() && summary.ending == Ending::Finished {
            outcome.matters = Some(order_matters(&execution.trace()));
        }
        outcome.choices += summary.choices;
        outcome.longest = outcome.longest.max(summary.choices);
        outcome.threads = outcome.threads.max(summary.threads);
        outcome.cut_short += u64::from(summary.ending == Ending::StepLimit);
        outcome.counts_seen |= summary.count_seen;
        outcome.endless |= summary.endless;
        let sane = odd.is_none();
        if let Some(odd) = odd {
            let (odds, _) = outcome.odd.get_or_insert((0, odd));
            *odds += 1;
        }
        if self.job.settings.output == Output::Observed
            && execution.output(&mut self.output)
            && !outcome.outputs.contains(&self.output)
        {
            outcome.outputs.insert(self.output.clone());
        }
        if summary.ending == Ending::StepLimit {
            // Whether it would have gone on for ever the engine can tell.
            if outcome.cut_short == 1 {
                outcome.unended = Some((outcome.executions, execution.trace()));
            }
            self.enough |= outcome.cut_short >= MOST_UNENDED;
        }
        let new = finding::lock_order::is_new(summary.nested_locks, &mut self.lock_orders);
        let suspicious = summary.suspicious || new;
        // What is no run of the model says nothing of it.
        if sane && (self.job.observed || suspicious) {
            let trace = execution.trace();
            if suspicious {
                self.judge(&trace);
            }
            if self.job.observed {
                tell(Message::Trace(Box::new(trace)));
            }
        }
    }

    fn judge(&mut self, trace: &Trace) {
        let mut findings = finding::diagnose(trace);
        // Whoever has not been given a turn at all has not been kept from anything.
        let idle = |t: u32| !trace.steps.iter().any(|step| step.thread == ThreadId(t));
        if (0..trace.threads.len() as u32).any(idle) {
            findings.retain(|finding| finding.kind() != FindingKind::Starvation);
        }
        let mut new = false;
        for finding in &findings {
            let shown = self.shown.entry(finding.signature(trace).to_string()).or_insert(0);
            *shown += 1;
            new |= *shown <= MOST;
        }
        if new {
            let (answer, answered) = sync_channel(1);
            tell(Message::Found(self.outcome.executions, Box::new(trace.clone()), answer));
            // Where nobody is left to listen there is no use in going on.
            self.enough |= answered.recv().unwrap_or(true);
        }
    }
}
