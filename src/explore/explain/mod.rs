//! From a log to an execution that prints it, or to the reason why there is none.
//!
//! ```
//! use selvedge::explain::Log;
//! use selvedge::python::{print, threading::Thread};
//! use selvedge::Explorer;
//!
//! let model = || {
//!     for name in ["a", "b"] {
//!         Thread::new(move || print(name)).start().unwrap();
//!     }
//! };
//! let explanation = Explorer::new().explain(&Log::new("ba\n\n"), model).unwrap();
//! assert!(explanation.is_reproduced());
//! let explanation = Explorer::new().explain(&Log::new("b\nb\n"), model).unwrap();
//! assert_eq!(explanation.stopped_at(), Some((2, "b")));
//! assert!(explanation.is_impossible());
//! ```

mod explanation;
mod frontier;
mod furthest;
mod log;
mod place;
mod search;
mod speakers;
mod standing;
#[cfg(test)]
mod tests;
mod visited;

pub use explanation::{Explanation, Verdict};
pub use log::{Log, Pattern};

use super::Explorer;
use super::config::Config;
use crate::base::{Choice, Decision, Ending, Error, Options, Schedule, Strategy, ThreadId};
use crate::engine::{Clock, Engine, MemoryModel, Output, Settings};
use crate::trace::{Trace, checked_schedule};
use place::Script;
use search::Search;
use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;
use visited::MOST_STATES;

/// The most choices in one execution, of which the log is printed by the last: beyond that nobody would read it.
const LONGEST: u64 = 30_000;

impl Explorer {
    /// Looks for an execution of `model` that prints a log: values drawn at random, time-outs and all else that is left open
    /// are found too. Where there is none, it says how far the log can be printed, and what could follow there.
    ///
    /// The bounds on executions and time hold for the search; atomics are sequentially consistent. Loops without an end
    /// ([`endless`](crate::hint::endless)) are followed for ever.
    ///
    /// # Errors
    ///
    /// When the settings or the log make no sense, or the log is said to name a thread that the model does not have.
    ///
    /// # Panics
    ///
    /// When called inside a model: explorations do not nest.
    pub fn explain<F: Fn() + Send + Sync + 'static>(self, log: &Log, model: F) -> Result<Explanation, Error> {
        let config = Config { output: Output::Observed, ..self.config }.validated()?;
        let script = Rc::new(log.script()?);
        let mut seeker = Seeker::new(&model, &config, script, self.extras.interrupt);
        let verdict = seeker.seek();
        let explanation = seeker.explain(verdict);
        let known = |name: &str| {
            let named = |record: &crate::trace::ThreadRecord| record.name == name;
            name == "MainThread" || explanation.trace().threads.iter().any(named)
        };
        match log.names().find(|name| !known(name)) {
            Some(name) if !explanation.is_reproduced() => Err(Error::new(
                format!("the program has no thread called `{name}`"),
                "in the names given for those in the log",
                "give names as the program has them",
            )),
            _ => Ok(explanation),
        }
    }
}

impl Explorer {
    /// Runs a schedule that [`explain`](Self::explain) has found, up to its last choice, and gives its trace. It is no other
    /// [replay](crate::strategy::replay), because endless loops are followed here for as long as the schedule has them.
    ///
    /// # Errors
    ///
    /// When the settings make no sense, or the schedule is not one of this model's.
    ///
    /// # Panics
    ///
    /// When called inside a model: explorations do not nest.
    ///
    /// ```
    /// use selvedge::Explorer;
    /// use selvedge::explain::Log;
    /// use selvedge::python::print;
    ///
    /// let model = || (1..).for_each(print);
    /// let found = Explorer::new().explain(&Log::new("1\n2\n").prefix(), model).unwrap();
    /// let trace = Explorer::new().retrace(&found.schedule(), model).unwrap();
    /// assert_eq!(trace.output(), found.trace().output());
    /// ```
    pub fn retrace<F: Fn() + Send + Sync + 'static>(
        self,
        schedule: &Schedule,
        model: F,
    ) -> Result<Trace, Error> {
        let config = Config { output: Output::Observed, ..self.config }.validated()?;
        let trace = retrace(&mut Engine::new(settings(&config)), &model, schedule.choices().collect(), true);
        let other = checked_schedule(&trace);
        let same = other.len() == schedule.len()
            && (schedule.checks().is_empty() || other.checks() == schedule.checks());
        match same {
            true => Ok(trace),
            false => Err(Error::new(
                "another execution comes of it than was recorded",
                "in the schedule to retrace",
                "the model has changed since, or it belongs to another one; explain the log again for a new schedule",
            )),
        }
    }
}

/// With what logs are searched for.
fn settings(config: &Config) -> Settings {
    let steps = config.steps.min(LONGEST);
    Settings { memory: MemoryModel::SequentiallyConsistent, endless: true, steps, ..config.settings() }
}

/// Runs the model with these choices, values kept as text.
fn retrace(engine: &mut Engine, model: &dyn Fn(), path: Vec<Choice>, stops: bool) -> Trace {
    engine.keep_notes(true);
    engine.run(&model, Box::new(Retrace { path, at: 0, stops }));
    engine.trace()
}

/// Runs the model under the search.
struct Seeker<'a> {
    engine: Engine,
    model: &'a dyn Fn(),
    config: &'a Config,
    script: Rc<Script>,
    search: Option<Box<Search>>,
    interrupt: Option<Arc<AtomicBool>>,
    started: Instant,
    executions: u64,
    fair: bool,
    /// Whether an execution was longer than it may be.
    long: bool,
}

impl<'a> Seeker<'a> {
    fn new(
        model: &'a dyn Fn(),
        config: &'a Config,
        script: Rc<Script>,
        interrupt: Option<Arc<AtomicBool>>,
    ) -> Self {
        let search = Search::new(Rc::clone(&script), config.clock == Clock::Abstract);
        Seeker {
            engine: Engine::new(settings(config)),
            model,
            config,
            script,
            search: Some(Box::new(search)),
            interrupt,
            started: Instant::now(),
            executions: 0,
            fair: false,
            long: false,
        }
    }

    fn seek(&mut self) -> Verdict {
        loop {
            if let Some(reason) = self.out_of_bounds() {
                return Verdict::Undecided(reason);
            }
            let mut search = self.search.take().expect("put back after each execution");
            if !search.begin() {
                let cut = search.cut || search.visited.len() >= MOST_STATES;
                self.search = Some(search);
                return match cut || self.long {
                    true => Verdict::Undecided("executions were cut off that were too long to follow".into()),
                    false => Verdict::Impossible,
                };
            }
            let (summary, back) = self.engine.run(&self.model, search);
            let any: Box<dyn Any> = back;
            let mut search: Box<Search> = any.downcast().expect("the engine gives back what it was given");
            search.end(summary.choices);
            self.executions += 1;
            self.fair |= summary.fairness_assumed;
            self.long |= summary.ending == Ending::StepLimit;
            let ended = !matches!(summary.ending, Ending::Stopped | Ending::StepLimit);
            let reproduced = search.found || search.printed && ended;
            self.search = Some(search);
            if reproduced {
                return Verdict::Reproduced;
            }
        }
    }

    /// Why the search ends here, if it does.
    fn out_of_bounds(&self) -> Option<String> {
        let interrupted = self.interrupt.as_ref().is_some_and(|interrupt| interrupt.load(Relaxed));
        let late = self.config.time.is_some_and(|limit| self.started.elapsed() >= limit);
        let states = self.search.as_ref().map_or(0, |search| search.visited.len());
        if self.executions >= self.config.executions {
            Some("the bound on executions was reached".into())
        } else if late || interrupted {
            Some("the time was up".into())
        } else if states >= MOST_STATES {
            Some("there were too many states to remember".into())
        } else {
            None
        }
    }

    /// The explanation, with the execution that went furthest run once more, values kept as text this time.
    fn explain(mut self, verdict: Verdict) -> Explanation {
        let search = self.search.take().expect("put back after each execution");
        let path = match verdict {
            Verdict::Reproduced => None,
            _ => Some(search.furthest.path.clone()),
        };
        let stops = verdict != Verdict::Reproduced || self.script.prefix;
        let path = path.unwrap_or_else(|| search.choices());
        let trace = retrace(&mut self.engine, self.model, path, stops);
        let place = if verdict == Verdict::Reproduced { search.place() } else { &search.furthest.place };
        let stops = verdict != Verdict::Reproduced && !self.script.is_done(place);
        let stopped = self.script.next_line(place).filter(|_| stops);
        let lines = self.script.progress(place);
        Explanation {
            lines: (lines, self.script.lines()),
            stopped: stopped.map(|line| (line.number, line.text.clone())),
            instead: search.furthest.instead.iter().cloned().collect(),
            renamed: self.script.renamed(place),
            executions: self.executions,
            states: search.visited.len(),
            fair: self.fair,
            name: self.config.name.clone(),
            replay: self.config.replay_command.clone(),
            locations: self.config.locations,
            verdict,
            trace,
        }
    }
}

/// Makes the choices that were found, and no more.
struct Retrace {
    path: Vec<Choice>,
    at: usize,
    stops: bool,
}

impl Strategy for Retrace {
    fn describe(&self) -> String {
        "what was found".into()
    }

    fn begin(&mut self) -> bool {
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        self.at = options.position as usize;
        match self.path.get(self.at) {
            Some(choice) => Decision::once(choice.thread),
            None if self.stops => Decision::STOP,
            None => Decision::once(options.enabled.first().expect("somebody is enabled")),
        }
    }

    fn outcome(&mut self, _thread: ThreadId, _count: u32) -> u32 {
        self.path.get(self.at).map_or(0, |choice| choice.outcome)
    }

    fn follows(&self) -> bool {
        true
    }

    fn compares_states(&self) -> Option<u64> {
        // Nobody rests, as in the search.
        Some(u64::MAX)
    }
}
