//! Reports, findings and traces as data for `serde`: what their `Display` forms tell, in pieces.
//!
//! The shapes are made for snapshots and for programs that read them: numbers are those of the report, all else is text
//! as it stands in reports. What is not known is left out. There is no time, address, path or line.
//!
//! ```
//! use selvedge::sync::Mutex;
//!
//! let report = selvedge::explore(|| {
//!     let lock = Mutex::with_name((), "lock");
//!     let _held = lock.lock().unwrap();
//!     drop(lock.lock());
//! });
//! insta::assert_yaml_snapshot!(report.findings()[0].finding, @r"
//! kind: deadlock
//! severity: failure
//! ");
//! ```

use super::report::{Coverage, Found, Report, count};
use crate::backend::Backend;
use crate::engine::MemoryModel;
use crate::finding::{Finding, FindingKind, Severity};
use crate::trace::render::phrases;
use crate::trace::{Names, Trace, switches};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// `name`, `strategy`, `verdict`, `coverage`, `proved`, `failed`, figures, and `findings`.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        optional(&mut map, "name", self.name.as_ref())?;
        map.serialize_entry("strategy", &self.strategy)?;
        map.serialize_entry("verdict", &self.verdict())?;
        map.serialize_entry("coverage", &coverage(self.coverage))?;
        map.serialize_entry("proved", &self.proved())?;
        map.serialize_entry("failed", &self.failed())?;
        map.serialize_entry("memory", memory(self.memory))?;
        map.serialize_entry("executions", &self.executions)?;
        optional(&mut map, "distinct", self.distinct())?;
        optional(&mut map, "estimate", self.estimate)?;
        map.serialize_entry("choices", &self.choices)?;
        map.serialize_entry("longest", &self.longest)?;
        map.serialize_entry("threads", &self.most_threads)?;
        map.serialize_entry("cut_short", &self.cut_short)?;
        optional(&mut map, "trivial", self.triviality())?;
        optional(&mut map, "doubt", self.doubt.as_ref())?;
        optional(&mut map, "divergence", self.divergence.as_ref())?;
        if self.backend != Backend::Engine {
            map.serialize_entry("backend", self.backend.name())?;
        }
        optional(&mut map, "broken", self.broken.as_ref())?;
        if !self.remarks.is_empty() {
            map.serialize_entry("remarks", &self.remarks)?;
        }
        optional(&mut map, "outputs", self.outputs.as_ref())?;
        if let Some(measure) = &self.measure {
            let never: Vec<&str> = measure.never_interrupted().map(|place| place.what.as_str()).collect();
            map.serialize_entry("never_interrupted", &never)?;
        }
        map.serialize_entry("findings", &self.findings)?;
        map.end()
    }
}

/// `what`, `kind`, `severity`, `execution` and the `trace`.
impl Serialize for Found {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("what", &self.finding.headline(&self.trace))?;
        map.serialize_entry("kind", &self.finding.kind())?;
        map.serialize_entry("severity", &self.finding.severity())?;
        map.serialize_entry("execution", &self.execution)?;
        map.serialize_entry("trace", &self.trace)?;
        map.end()
    }
}

/// `kind` and `severity`; who and what is involved has names only in a trace, so that [`Found`] tells it.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("kind", &self.kind())?;
        map.serialize_entry("severity", &self.severity())?;
        map.end()
    }
}

/// The words of reports: `lost wakeup`.
impl Serialize for FindingKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `failure` or `warning`.
impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `schedule` (which replays it), `ending`, `threads`, `preemptions`, and `steps` in words, each with its thread.
impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = Names::new(self);
        let threads: Vec<String> = (0..self.threads.len() as u32)
            .map(|thread| names.thread(crate::base::ThreadId(thread)).to_string())
            .collect();
        let steps: Vec<String> = phrases(self, &names)
            .into_iter()
            .map(|(thread, phrase)| format!("{}: {phrase}", names.thread(thread)))
            .collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schedule", &crate::trace::checked_schedule(self).to_string())?;
        map.serialize_entry("ending", &self.ending.to_string())?;
        map.serialize_entry("threads", &threads)?;
        map.serialize_entry("preemptions", &switches::preemptions(self).len())?;
        if self.skipped > 0 {
            map.serialize_entry("skipped", &self.skipped)?;
        }
        map.serialize_entry("steps", &steps)?;
        map.end()
    }
}

fn optional<M: SerializeMap, T: Serialize>(
    map: &mut M,
    name: &str,
    value: Option<T>,
) -> Result<(), M::Error> {
    match value {
        Some(value) => map.serialize_entry(name, &value),
        None => Ok(()),
    }
}

fn coverage(coverage: Coverage) -> String {
    match coverage {
        Coverage::Proved => "all".into(),
        Coverage::AllWithin(bound) => format!("all with at most {}", count(u64::from(bound), "preemption")),
        Coverage::Sampled => "sampled".into(),
        Coverage::Part(shard) => format!("part {shard}"),
        Coverage::Stopped => "stopped".into(),
        Coverage::Replayed => "replayed".into(),
        Coverage::AllOf(backend) => format!("all of {backend}"),
    }
}

fn memory(memory: MemoryModel) -> &'static str {
    match memory {
        MemoryModel::SequentiallyConsistent => "sequential",
        MemoryModel::C11 => "c11",
    }
}
