//! Layer 3: the same model carried by other schedulers than the engine's.
//!
//! | file | what |
//! |---|---|
//! | `course` | one exploration on such a backend: how far it goes, and what is kept of it |
//! | `kit` | executions on a crate that runs threads one at a time, with its own atomics and locks |
//! | `loom`, `shuttle` | the two that there are; only with the features of these names |
//! | `os` | executions on threads of the operating system |
//! | `things` | what a kit has for objects and threads |
//! | `natives` | what the two crates have in common |

mod course;
#[cfg(any(feature = "loom", feature = "shuttle"))]
mod kit;
#[cfg(feature = "loom")]
mod loom;
#[cfg(any(feature = "loom", feature = "shuttle"))]
mod natives;
mod os;
#[cfg(feature = "shuttle")]
mod shuttle;
#[cfg(any(feature = "loom", feature = "shuttle"))]
mod things;

use crate::base::{Error, Schedule};
use crate::engine::{Clock, PointerSteps, Settings};
use crate::trace::Trace;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Who runs the threads of a model and decides whose turn it is.
///
/// ```
/// use selvedge::{Backend, Explorer, FindingKind};
/// use selvedge::sync::Mutex;
///
/// let report = Explorer::new().backend(Backend::Std).explore(|| {
///     let lock = Mutex::new(());
///     let _held = lock.lock().unwrap();
///     drop(lock.lock());
/// });
/// let report = report.unwrap();
/// assert_eq!(report.findings()[0].finding.kind(), FindingKind::Deadlock);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Backend {
    /// The engine of this crate.
    #[default]
    Engine,
    /// The crate `loom`: every execution that its search tells apart, under its C11 memory model; at most five threads. Only with
    /// the feature `loom`.
    Loom,
    /// The crate `shuttle`: a random walk, PCT, a uniform random walk, depth-first search, or a schedule of ours; atomics are
    /// sequentially consistent. Only with the feature `shuttle`.
    Shuttle,
    /// Threads of the operating system, as they happen to be scheduled; one of them runs at a time. What it shows differs from run
    /// to run.
    Std,
}

impl Backend {
    /// All there are.
    pub const ALL: [Backend; 4] = [Backend::Engine, Backend::Loom, Backend::Shuttle, Backend::Std];

    /// Its name in settings and reports.
    ///
    /// ```
    /// use selvedge::Backend;
    ///
    /// assert_eq!("loom".parse(), Ok(Backend::Loom));
    /// assert_eq!(Backend::Loom.name(), "loom");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Backend::Engine => "engine",
            Backend::Loom => "loom",
            Backend::Shuttle => "shuttle",
            Backend::Std => "std",
        }
    }

    /// Whether it is compiled in.
    pub const fn is_available(self) -> bool {
        match self {
            Backend::Engine | Backend::Std => true,
            Backend::Loom => cfg!(feature = "loom"),
            Backend::Shuttle => cfg!(feature = "shuttle"),
        }
    }
}

impl Backend {
    /// Whether it can be made to run one execution in particular.
    pub(crate) const fn follows_schedules(self) -> bool {
        matches!(self, Backend::Engine | Backend::Shuttle)
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = Backend::ALL.into_iter().find(|backend| backend.name() == text);
        known.ok_or_else(|| {
            Error::new(
                format!("`{text}` is no backend"),
                "in the name of the backend",
                "use engine, loom, shuttle or std",
            )
        })
    }
}

/// Which executions a backend is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// Whatever suits it best.
    Usual,
    /// All that its search tells apart, or those with few preemptions.
    All { preemptions: Option<u32> },
    /// A random walk.
    Random,
    /// Random priorities.
    Pct { depth: u32 },
    /// Uniform among interleavings.
    Uniform,
    /// One schedule.
    Replay(Schedule),
    /// Something that only the engine has.
    Other,
}

/// An exploration to be made on a backend.
pub(crate) struct Job {
    pub(crate) backend: Backend,
    pub(crate) model: Arc<dyn Fn() + Send + Sync>,
    pub(crate) settings: Settings,
    pub(crate) plan: Plan,
    /// What the plan is called in settings, for refusals.
    pub(crate) plan_name: String,
    pub(crate) seed: u64,
    pub(crate) executions: u64,
    pub(crate) time: Option<Duration>,
    /// Which operations on reference-counted pointers are steps.
    pub(crate) steps: PointerSteps,
    /// Whether every trace is asked for.
    pub(crate) observed: bool,
    pub(crate) interrupt: Option<Arc<AtomicBool>>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) strategy: String,
    pub(crate) executions: u64,
    pub(crate) choices: u64,
    pub(crate) longest: u64,
    pub(crate) threads: u32,
    pub(crate) cut_short: u64,
    pub(crate) counts_seen: bool,
    pub(crate) endless: bool,
    /// Which operations on reference-counted pointers would have to be steps; if there are more than are, the exploration has to
    /// begin again.
    pub(crate) pointers_matter: PointerSteps,
    /// Whether there is anything to explore, as far as an execution that came to its end tells.
    pub(crate) matters: Option<bool>,
    /// Whether the backend has nothing left to try.
    pub(crate) exhausted: bool,
    /// The first execution that reached the bound on steps.
    pub(crate) unended: Option<(u64, Trace)>,
    pub(crate) outputs: BTreeSet<String>,
    /// In how many executions the backend did what the engine's objects cannot do, and what that was in the first.
    pub(crate) odd: Option<(u64, String)>,
    /// Why an execution was left in the middle, which was the end of it all.
    pub(crate) stranded: Option<String>,
    pub(crate) refusal: Option<Error>,
}

/// How many steps an execution on loom may have, which keeps room for all choices.
pub(crate) const LOOM_STEPS: u64 = 8_000;

/// How many executions a backend may be ahead of whoever watches them, so that they do not pile up.
const AHEAD: usize = 64;

/// How long an execution may do nothing at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who explores on a backend.
pub(crate) trait Host {
    /// An execution, where they are asked for.
    fn watch(&mut self, trace: &Trace);

    /// Something is wrong with the execution of this number, counted from 1; whether that is enough.
    fn find(&mut self, execution: u64, trace: &Trace) -> bool;
}

/// To be called before anything is explored: what backends do to the process once is done, and does no harm later.
pub(crate) fn prepare() {
    #[cfg(feature = "shuttle")]
    shuttle::quiet();
}

/// Explores on a backend that is not the engine.
pub(crate) fn run(job: Job, host: &mut dyn Host) -> Result<Outcome, Error> {
    refuse(&job)?;
    let (sender, receiver) = sync_channel(AHEAD);
    let pulse = Arc::new(course::Pulse::default());
    let (backend, share) = (job.backend, course::Share { pulse: Arc::clone(&pulse), sender });
    let thread = std::thread::Builder::new().name(format!("selvedge on {backend}"));
    let thread = thread.spawn(move || {
        let (model, seed, plan) = (Arc::clone(&job.model), job.seed, job.plan.clone());
        course::begin(job, share);
        match backend {
            #[cfg(feature = "loom")]
            Backend::Loom => loom::run(model, &plan),
            #[cfg(feature = "shuttle")]
            Backend::Shuttle => shuttle::run(model, &plan, seed),
            _ => os::run(&model, seed, &plan),
        }
        course::end();
    });
    let thread = thread.map_err(|error| {
        Error::new(
            format!("no thread could be started for it ({error})"),
            format!("on the backend {backend}"),
            "try again",
        )
    })?;
    // What is known of an exploration that does not tell itself.
    let broken_off = |why: String, trace: Option<Box<Trace>>| {
        let mut outcome = Outcome { executions: pulse.executions.load(Relaxed), ..Outcome::default() };
        outcome.strand(why, trace.map(|trace| *trace));
        outcome
    };
    let mut last = None;
    loop {
        match receiver.recv_timeout(PATIENCE / 2) {
            Ok(course::Message::Trace(trace)) => host.watch(&trace),
            Ok(course::Message::Found(execution, trace, answer)) => {
                // It waits for the answer.
                let _ = answer.send(host.find(execution, &trace));
            }
            Ok(course::Message::Stranded(why, trace)) => return Ok(broken_off(why, trace)),
            Ok(course::Message::End(outcome)) => {
                if outcome.stranded.is_none() {
                    // It has nothing left to do but to end.
                    let _ = thread.join();
                }
                return outcome.refusal.clone().map_or(Ok(*outcome), Err);
            }
            Err(RecvTimeoutError::Timeout) => {
                let now = pulse.beats.load(Relaxed);
                if last.replace(now) == Some(now) {
                    return Ok(broken_off(hung(), None));
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Ok(broken_off("the backend broke off".to_owned(), None));
            }
        }
    }
}

fn hung() -> String {
    format!("an execution has done nothing for {} seconds, and is left where it is", PATIENCE.as_secs())
}

/// What a backend cannot do at all.
fn refuse(job: &Job) -> Result<(), Error> {
    let Job { backend, settings, plan_name, .. } = job;
    let refuse = |what: &str, mend: &str| Err(Error::new(what, format!("on the backend {backend}"), mend));
    if !backend.is_available() {
        return Err(Error::new(
            format!("the backend {backend} was left out"),
            "in this build of selvedge",
            format!("build it with its feature `{backend}`, or use another backend"),
        ));
    }
    if settings.clock == Clock::Virtual {
        return refuse("there is no virtual time", "use the abstract clock, or the engine");
    }
    if settings.spurious_wakeups > 0 || settings.weak_failures > 0 {
        return refuse("there are no spurious wakeups and failures", "ask for none, or use the engine");
    }
    let possible = match (backend, &job.plan) {
        (_, Plan::Usual) => true,
        (_, Plan::Other) => false,
        (Backend::Loom, plan) => matches!(plan, Plan::All { .. }),
        (Backend::Shuttle, Plan::All { preemptions }) => preemptions.is_none(),
        (Backend::Shuttle, _) => true,
        (_, plan) => matches!(plan, Plan::Random),
    };
    if possible {
        return Ok(());
    }
    let known = match backend {
        Backend::Loom => "portfolio, exhaustive, dfs or dfs:PREEMPTIONS",
        Backend::Shuttle => "portfolio, random, pct, pct:DEPTH, surw, dfs or a schedule to replay",
        _ => "portfolio or random",
    };
    refuse(&format!("there is no strategy `{plan_name}`"), &format!("use {known}"))
}

/// A lock that is held for moments only, and whose holder does nothing that could panic.
fn locked<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
