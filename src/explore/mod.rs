//! Layer 3: introduces strategies to the engine, and turns what they find into a [`Report`].
//!
//! ```text
//! while strategy.begin():
//!     run the model once under the strategy
//!     anything suspicious?   diagnose the trace; at a deadlock ask what would happen if a sleeper were woken
//! minimise what was found; say how much of all behaviour was seen
//! ```

mod again;
#[doc(hidden)]
pub mod attribute;
mod check;
mod checkpoint;
mod config;
mod elsewhere;
pub mod explain;
mod file;
mod judge;
mod measure;
mod minimise;
mod parallel;
mod part;
mod portfolio;
mod progress;
mod repeats;
mod report;
mod runner;
mod search;
#[cfg(feature = "serde")]
mod serialize;
mod settings;
mod shard;
mod told;

pub use check::check;
pub use checkpoint::Checkpoint;
pub use config::Config;
pub use measure::Measure;
pub use part::{Joint, Part};
pub use progress::Progress;
pub use report::{Coverage, Found, Report};
pub use search::Search;
pub use shard::Shard;

use crate::backend::Backend;
use crate::base::{Action, Error, Operation, Strategy};
use crate::engine::{Clock, MemoryModel, Output, current};
use crate::trace::Trace;
use crate::trace::render::one_line;
use progress::Watcher;
use runner::{Extras, Runner};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Explores `model` as [`check`] does, and returns the report instead of panicking.
///
/// ```
/// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use selvedge::sync::Arc;
/// use selvedge::thread;
///
/// let report = selvedge::explore(|| {
///     let hits = Arc::new(AtomicU32::new(0));
///     let other = Arc::clone(&hits);
///     let adder = thread::spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
///     hits.store(hits.load(SeqCst) + 1, SeqCst);
///     adder.join().unwrap();
///     assert_eq!(hits.load(SeqCst), 2);
/// });
/// assert!(report.failed());
/// assert!(report.to_string().contains("lost update"));
/// ```
pub fn explore<F: Fn() + Send + Sync + 'static>(model: F) -> Report {
    Explorer::new().explore(model).expect("the default settings make sense")
}

/// A value below `count`, each of which is tried: the model's own nondeterminism, such as an input or a failure. Among more than
/// 65 536, searches for every behaviour try the first of them, and prove nothing.
///
/// Outside an exploration it is 0.
///
/// ```
/// let report = selvedge::Explorer::new()
///     .strategy(selvedge::strategy::dfs())
///     .explore(|| assert!(selvedge::choose(5) != 3))
///     .unwrap();
/// assert!(report.failed());
/// ```
///
/// # Panics
///
/// When `count` is 0: there is nothing to choose.
#[track_caller]
pub fn choose(count: u32) -> u32 {
    assert!(count > 0, "there is nothing to choose among 0 values");
    if !current::is_active() {
        return 0;
    }
    let choice = Operation::free(Action::Choose(count));
    current::perform(choice, std::panic::Location::caller()).value().unwrap_or(0) as u32
}

/// Builds and runs an exploration.
///
/// ```
/// use selvedge::{Explorer, strategy};
///
/// let report = Explorer::new()
///     .strategy(strategy::dfs())
///     .explore(|| {
///         selvedge::thread::spawn(|| {}).join().unwrap();
///     })
///     .unwrap();
/// assert!(report.proved());
/// assert_eq!(report.executions(), 1);
/// ```
#[must_use = "an explorer does nothing until it explores or checks a model"]
pub struct Explorer {
    config: Config,
    custom: Option<Box<dyn Strategy>>,
    progress: Option<Watcher<Progress>>,
    observer: Option<Watcher<Trace>>,
    extras: Extras,
}

impl Default for Explorer {
    fn default() -> Self {
        Explorer::with(Config::default())
    }
}

impl Explorer {
    /// The default settings; the environment is not read.
    pub fn new() -> Self {
        Explorer::default()
    }

    /// The default settings as changed by the environment: see [`Config::from_env`].
    ///
    /// # Errors
    ///
    /// When a variable makes no sense.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Explorer::with(Config::from_env()?))
    }

    /// The settings given.
    pub fn with(config: Config) -> Self {
        Explorer { config, custom: None, progress: None, observer: None, extras: Extras::default() }
    }

    /// Which choices to try: a strategy of [`strategy`](crate::strategy) or one of your own.
    pub fn strategy(mut self, strategy: impl Strategy) -> Self {
        self.custom = Some(Box::new(strategy));
        self
    }

    /// Which choices to try, as data.
    pub fn search(mut self, search: Search) -> Self {
        self.config.search = search;
        self.custom = None;
        self
    }

    /// Who runs the threads and decides whose turn it is; the engine by default. What another backend finds is run again by the engine, so that
    /// it is told with the same evidence.
    ///
    /// ```
    /// use selvedge::{Backend, Explorer};
    /// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
    ///
    /// let report = Explorer::new().backend(Backend::Std).executions(20).explore(|| {
    ///     let hits = AtomicU32::new(0);
    ///     selvedge::thread::scope(|scope| {
    ///         (0..2).for_each(|_| drop(scope.spawn(|| hits.fetch_add(1, SeqCst))));
    ///     });
    ///     assert_eq!(hits.load(SeqCst), 2);
    /// });
    /// let report = report.unwrap();
    /// assert!(!report.failed());
    /// assert_eq!((report.backend(), report.executions()), (Backend::Std, 20));
    /// ```
    pub fn backend(mut self, backend: Backend) -> Self {
        self.config.backend = backend;
        self
    }

    /// The most executions. Strategies that come to an end by themselves may need fewer.
    pub fn executions(mut self, executions: u64) -> Self {
        self.config.executions = executions;
        // Who says how many executions means it: the bound on choices is for those who do not.
        self.config.choices = u64::MAX;
        self
    }

    /// The longest time to spend.
    pub fn time(mut self, time: Duration) -> Self {
        self.config.time = Some(time);
        self
    }

    /// The most choices in one execution.
    pub fn steps(mut self, steps: u64) -> Self {
        self.config.steps = steps;
        self
    }

    /// The seed of all that is random; 0 by default.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self
    }

    /// How time passes; [`Clock::Abstract`] by default.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.config.clock = clock;
        self
    }

    /// Whether the order of what the model prints matters; [`Output::Unobserved`] by default. When it is observed, the orders of
    /// any two writes are told apart, and [`Report::outputs`] has all that came out.
    pub fn output(mut self, output: Output) -> Self {
        self.config.output = output;
        self
    }

    /// How atomics behave. By default as the model uses them: sequentially consistent unless it asks for less somewhere, then
    /// as C11 says.
    pub fn memory(mut self, memory: MemoryModel) -> Self {
        self.config.memory = Some(memory);
        self
    }

    /// How many spurious wakeups of condition variables each thread may have in an execution; none by default. Under virtual time a
    /// wait with a time-out has one only when its time is up.
    pub fn spurious_wakeups(mut self, count: u32) -> Self {
        self.config.spurious_wakeups = count;
        self
    }

    /// How many weak compare-exchanges of each thread may fail in an execution though they could succeed; none by default.
    pub fn weak_failures(mut self, count: u32) -> Self {
        self.config.weak_failures = count;
        self
    }

    /// Whether to go on after the first finding and collect one of each; off by default.
    pub fn all_findings(mut self, all: bool) -> Self {
        self.config.all_findings = all;
        self
    }

    /// Whether to look for the smallest execution that fails the same way; on by default.
    pub fn minimise(mut self, minimise: bool) -> Self {
        self.config.minimise = minimise;
        self
    }

    /// The stack of a virtual thread in bytes; 256 KiB by default.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.config.stack_size = bytes;
        self
    }

    /// The name of what is explored, for reports: in one line, whatever is in it, and none if that is empty.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.config.name = Some(one_line(&name.into())).filter(|name| !name.is_empty());
        self
    }

    /// The command that replays a schedule, for reports; `{schedule}` in it stands for the schedule, which follows it otherwise.
    pub fn replay_command(mut self, command: impl Into<String>) -> Self {
        self.config.replay_command = Some(command.into());
        self
    }

    /// Whether the report says where in the model each step was called; off by default, so that it stays the same when
    /// lines move.
    pub fn locations(mut self, locations: bool) -> Self {
        self.config.locations = locations;
        self
    }

    /// Calls `progress` every now and then while it explores.
    pub fn on_progress(mut self, progress: impl FnMut(&Progress) + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Calls `observer` with the trace of every execution, those for minimising not counted: to gather figures, or to look
    /// at executions in which nothing is wrong. Copying each trace costs more than running a small model.
    ///
    /// ```
    /// use selvedge::Explorer;
    ///
    /// let explorer = Explorer::new().on_execution(|trace| assert_eq!(trace.threads.len(), 2));
    /// let report = explorer.explore(|| {
    ///     selvedge::thread::spawn(|| {}).join().unwrap();
    /// });
    /// assert!(report.unwrap().proved());
    /// ```
    pub fn on_execution(mut self, observer: impl FnMut(&Trace) + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// How many processors to use where the work can be divided, which is in exhaustive searches; 0 for all there are, 1 by
    /// default.
    ///
    /// What is run, counted and found is the same for any number, and so is the execution in which something was found: work is
    /// handed out in rounds and counted in the order in which it was handed out, not in the order in which it was done. The
    /// model is run on several threads at once, so data in its statics, other than the facade's, must not tell runs apart.
    ///
    /// ```
    /// use selvedge::{Explorer, Search, sync::Mutex, thread};
    ///
    /// let count = |jobs| {
    ///     let explorer = Explorer::new().search(Search::Exhaustive).jobs(jobs);
    ///     let report = explorer.explore(|| {
    ///         let total = Mutex::new(0);
    ///         thread::scope(|scope| {
    ///             (0..5).for_each(|_| drop(scope.spawn(|| *total.lock().unwrap() += 1)));
    ///         });
    ///     });
    ///     report.unwrap().executions()
    /// };
    /// assert_eq!((count(1), count(2)), (120, 120));
    /// ```
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.config.jobs = jobs;
        self
    }

    /// Which part of an exhaustive search to do. The parts have nothing in common and are all of it, so that they can be done
    /// by different processes; [`Part`] puts their reports together.
    pub fn shard(mut self, shard: Shard) -> Self {
        self.config.shard = shard;
        self
    }

    /// Calls `keep` every few seconds, and at the end, with where an exhaustive search stands.
    pub fn on_checkpoint(mut self, keep: impl FnMut(&Checkpoint) + 'static) -> Self {
        self.extras.checkpoints = Some(Box::new(keep));
        self
    }

    /// Goes on from a checkpoint: no execution is lost and none is run twice. It has to be of the same model under the same
    /// settings. Budgets are for the whole, what was run before included.
    pub fn resume(mut self, checkpoint: Checkpoint) -> Self {
        self.extras.resume = Some(checkpoint);
        self
    }

    /// Stops before the next execution once `interrupt` is set, as it does when the time is up.
    pub fn interrupt(mut self, interrupt: Arc<AtomicBool>) -> Self {
        self.extras.interrupt = Some(interrupt);
        self
    }

    /// Explores `model`.
    ///
    /// # Errors
    ///
    /// When the settings make no sense (a bound of zero), or a schedule to replay does not fit the model: the error says
    /// at which step, what was expected and what was found.
    ///
    /// # Panics
    ///
    /// When called inside a model: explorations do not nest.
    pub fn explore<F: Fn() + Send + Sync + 'static>(self, model: F) -> Result<Report, Error> {
        match self.config.backend {
            Backend::Engine => self.explore_any(&model),
            _ => self.explore_elsewhere(Arc::new(model)),
        }
    }

    /// As [`explore`](Explorer::explore). All that explores is compiled once, here, and not once for each model.
    fn explore_any(self, model: &(dyn Fn() + Send + Sync)) -> Result<Report, Error> {
        let config = self.config.validated()?;
        let mut runner = Runner::new(config, &model, self.progress, self.observer);
        runner.extras = self.extras;
        runner.explore(self.custom)
    }

    fn explore_elsewhere(self, model: Arc<dyn Fn() + Send + Sync>) -> Result<Report, Error> {
        let config = self.config.validated()?;
        let (backend, replays) = (config.backend, matches!(config.search, Search::Replay(_)));
        let own: &(dyn Fn() + Send + Sync) = &*Arc::clone(&model);
        let mut runner = Runner::new(config, &own, self.progress, self.observer);
        runner.extras = self.extras;
        match replays && !backend.follows_schedules() {
            true => runner.replay_instead(backend),
            false => runner.explore_elsewhere(model, self.custom),
        }
    }
}
