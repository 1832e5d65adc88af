//! Taking up a search from a checkpoint, and handing out checkpoints.

use super::Search;
use crate::base::Error;
use crate::explore::checkpoint::{Checkpoint, Figures};
use crate::explore::report::{Found, Report};
use crate::explore::runner::Runner;
use crate::strategy::Divisible;
use std::time::{Duration, Instant};

/// How often a checkpoint is handed out.
const OFTEN: Duration = Duration::from_secs(2);

impl<F: Fn() + Sync> Runner<'_, F> {
    /// Goes on from a checkpoint, if there is one.
    pub(super) fn take_up<S: Divisible>(&mut self, search: &mut Search<S>) -> Result<(), Error> {
        self.report.origin = self.origin();
        let divided = self.extras.checkpoints.is_some() || self.config.shard.of > 1;
        if self.report.outputs.is_some() && (divided || self.extras.resume.is_some()) {
            return Err(Error::new(
                "what was printed is not kept in files",
                "in an exploration in parts or with a checkpoint",
                "explore it in one go, or leave the output unobserved",
            ));
        }
        let Some(checkpoint) = self.extras.resume.take() else { return Ok(()) };
        let place = "in the checkpoint";
        if let Some(origin) = &self.report.origin {
            origin.refuse(&checkpoint.origin, place)?;
            if origin.shard != checkpoint.origin.shard {
                let what = format!("it is of part {}, not of part {}", checkpoint.origin.shard, origin.shard);
                return Err(Error::new(what, place, "give each part a file of its own"));
            }
        }
        let Figures(figures) = checkpoint.figures;
        let (execution, choices) = (figures.executions, figures.choices);
        for (execution, schedule) in checkpoint.found {
            let again = self.rerun(schedule, true);
            let again = again.ok_or_else(|| {
                Error::new("what was found cannot be run again", place, "begin anew, in a new file")
            })?;
            for finding in self.findings_of(&again) {
                if self.seen.insert(finding.signature(&again).to_string()) {
                    self.report.findings.push(Found { finding, trace: again.clone(), execution });
                }
            }
        }
        self.add_figures(figures);
        search.left = checkpoint.items.iter().map(|item| item.parse()).collect::<Result<_, Error>>()?;
        search.main.absorb(checkpoint.learned.parse()?);
        let survey = &mut search.survey;
        (survey.run, survey.chosen, survey.own) = (execution, choices, execution);
        Ok(())
    }

    fn add_figures(&mut self, figures: Report) {
        let (findings, origin) = (std::mem::take(&mut self.report.findings), self.report.origin.take());
        self.add(figures);
        (self.report.findings, self.report.origin) = (findings, origin);
    }

    pub(super) fn save_if_due<S: Divisible>(&mut self, search: &mut Search<S>) {
        let last = *search.survey.saved.get_or_insert_with(Instant::now);
        if last.elapsed() >= OFTEN {
            self.save(search);
            search.survey.saved = Some(Instant::now());
        }
    }

    /// Hands out a checkpoint, if anybody wants it.
    pub(super) fn save<S: Divisible>(&mut self, search: &mut Search<S>) {
        let (Some(watcher), Some(origin)) = (&mut self.extras.checkpoints, &self.report.origin) else {
            return;
        };
        let found = self.report.findings.iter().map(|found| (found.execution, found.trace.schedule.clone()));
        let found = found.collect();
        // It gives away what it has learned, and is given it back.
        let learned = search.main.learned();
        let text = learned.to_string();
        search.main.absorb(learned);
        let mut figures = self.report.clone();
        figures.findings.clear();
        watcher(&Checkpoint {
            origin: origin.clone(),
            figures: Figures(figures),
            learned: text,
            found,
            items: search.left.iter().map(ToString::to_string).collect(),
        });
    }
}
