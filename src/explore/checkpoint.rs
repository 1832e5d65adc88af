//! Where an exhaustive exploration stands, so that another process can go on from there.
//!
//! ```text
//! selvedge checkpoint v1
//! model bank_account --set times=2
//! settings clock=abstract spurious=0 weak=0 steps=1000000
//! shard 1/1
//! first 6f1c0e0f9b6a7c55
//! figures 4096 106496 27 4 0 0 0
//! learned 4096 0 0.25
//! found 17 a2 b3 a
//! item 0.125; a2 b; 2d 1f; ; b d
//! end 5a0c7d1de2d5b5f1
//! ```
//!
//! What is left to do is a list of items, each with all that there is to it; so nothing is lost and nothing done twice. What has
//! been found is kept as schedules, which are run again.

use super::file::{Lines, Origin, field, figures, read_figures, seal};
use super::report::Report;
use crate::base::{Error, Schedule};
use std::fmt;
use std::str::FromStr;

const PLACE: &str = "in the checkpoint";

/// Where an exhaustive exploration stands. Its text is what is kept in a file.
///
/// ```
/// use selvedge::explore::{Checkpoint, Coverage, Search};
/// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use selvedge::{Explorer, thread};
/// use std::{cell::RefCell, rc::Rc};
///
/// fn model() {
///     static HITS: AtomicU32 = AtomicU32::new(0);
///     let threads: Vec<_> = (0..5).map(|_| thread::spawn(|| HITS.fetch_add(1, SeqCst))).collect();
///     threads.into_iter().for_each(|thread| drop(thread.join()));
/// }
///
/// let file = Rc::new(RefCell::new(String::new()));
/// let keep = Rc::clone(&file);
/// let first = Explorer::new().search(Search::Exhaustive).executions(50);
/// first.on_checkpoint(move |checkpoint| *keep.borrow_mut() = checkpoint.to_string()).explore(model).unwrap();
///
/// let checkpoint: Checkpoint = file.borrow().parse().unwrap();
/// let report = Explorer::new().search(Search::Exhaustive).resume(checkpoint).explore(model).unwrap();
/// assert_eq!((report.executions(), report.coverage()), (120, Coverage::Proved));
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub(super) origin: Origin,
    /// What has been counted.
    pub(super) figures: Figures,
    pub(super) learned: String,
    /// In which execution something was found, and the schedule that shows it.
    pub(super) found: Vec<(u64, Schedule)>,
    pub(super) items: Vec<String>,
}

/// The figures of a report.
#[derive(Clone, Debug)]
pub(super) struct Figures(pub(super) Report);

impl Checkpoint {
    /// How many executions have been run.
    pub fn executions(&self) -> u64 {
        self.figures.0.executions
    }

    /// Whether nothing is left to do.
    pub fn is_finished(&self) -> bool {
        self.items.is_empty()
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::from("selvedge checkpoint v1\n");
        self.origin.write(&mut text);
        field(&mut text, "figures", &figures(&self.figures.0));
        field(&mut text, "learned", &self.learned);
        for (execution, schedule) in &self.found {
            field(&mut text, "found", &format!("{execution} {schedule}"));
        }
        self.items.iter().for_each(|item| field(&mut text, "item", item));
        seal(&mut text);
        f.write_str(&text)
    }
}

impl FromStr for Checkpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut lines = Lines::open(text, "checkpoint", PLACE)?;
        let origin = Origin::read(&mut lines)?;
        let report = read_figures(&mut lines)?;
        let learned = lines.take("learned")?.to_owned();
        let mut found = Vec::new();
        while let Some(line) = lines.take_if("found") {
            let parts = line.split_once(' ').unwrap_or((line, ""));
            let parsed = parts.0.parse().ok().zip(parts.1.parse().ok());
            found.push(parsed.ok_or_else(|| lines.wrong("found"))?);
        }
        let mut items = Vec::new();
        while let Some(item) = lines.take_if("item") {
            items.push(item.to_owned());
        }
        lines.close()?;
        Ok(Checkpoint { origin, figures: Figures(report), learned, found, items })
    }
}
