//! What the jobs of a round are.

use super::Search;
use super::job::{Beam, Job, Known, Way};
use super::sizes::{chance, choose};
use crate::explore::portfolio::Left;
use crate::strategy::Divisible;
use std::sync::Arc;

/// How many executions are run before the work is divided.
pub(super) const FIRST: u64 = 32;
/// How many pieces of each level a beam visits.
const WIDTH: usize = 8;
/// Of so many executions half serve the estimate.
const SURVEY: u64 = 2_048;
/// Of those that follow one in so many does, and far fewer when the estimate may be wrong by no more than this part of it:
/// beams have little in common with each other, so their executions cost twice as much as those of a search that goes
/// depth-first.
const OTHERS: u64 = 4;
const FEW: u64 = 64;
const CLOSE: f64 = 0.15;
/// With so many pieces left to do, those begun are finished before others are begun.
const MOST_LEFT: usize = 8_192;
/// The most executions, and about the most choices, of a job.
const JOB: (u64, u64) = (128, 200_000);
/// The most executions of a beam.
const BEAM: u64 = 4_096;

impl<S: Divisible> Search<S> {
    /// The jobs of a round. They depend on nothing but what has been done so far.
    pub(super) fn plan(&mut self, left: Left, seed: u64, known: Arc<Known>) -> Vec<Job<S::Item>> {
        let survey = &mut self.survey;
        survey.round += 1;
        // As many jobs as there can be executions, going by their length and cost so far.
        let on_average = |all: u64| (all / survey.run.max(1)).max(1);
        let of_length = (left.choices / on_average(survey.chosen)).max(1);
        let of_cost = (left.work / on_average(self.main.work())).max(1);
        let most = left.executions.min(of_length).min(of_cost).min(1 << 20) as usize;
        let job = |items, way, most: Left| {
            let (executions, choices, work) = (most.executions.max(1), most.choices.max(1), most.work.max(1));
            Job { items, way, executions, choices, work, known: Arc::clone(&known) }
        };
        let (run, round) = (survey.run, survey.round);
        if run < FIRST {
            let items = self.left.pop().map(|item| (item, 1.0)).into_iter().collect();
            return vec![job(items, Way::Begin, left.at_most(FIRST - run))];
        }
        let (beams, pieces) = self.shape(most);
        let count = (beams + pieces).max(1) as u64;
        let left = left.part(count);
        let mut jobs = Vec::with_capacity(beams + pieces);
        if beams > 0 {
            let sizes = Arc::new(self.survey.sizes.clone());
            let size = |item: &S::Item| (S::likeness(item), sizes.at_most(S::likeness(item)));
            let all = std::mem::take(&mut self.left).into_iter().map(|item| (item, 1.0)).collect();
            let (some, others) = choose(all, beams * WIDTH, size, chance(seed, round, u64::MAX));
            self.left = others;
            let mut dealt: Vec<Vec<(S::Item, f64)>> =
                (0..beams.min(some.len())).map(|_| Vec::new()).collect();
            let hands = dealt.len();
            some.into_iter().enumerate().for_each(|(index, item)| dealt[index % hands].push(item));
            for items in dealt {
                let beam = Beam { sizes: Arc::clone(&sizes), width: WIDTH, seed, round };
                jobs.push(job(items, Way::Beam(beam), left.at_most(BEAM)));
            }
        }
        let pieces = self.left.split_off(self.left.len().saturating_sub(pieces));
        let most = left.at_most(JOB.0.min((run / (2 * count)).max(8)));
        let most = Left { choices: most.choices.min(JOB.1), ..most };
        jobs.extend(pieces.into_iter().map(|item| job(vec![(item, 1.0)], Way::Finish, most)));
        jobs
    }

    /// How many beams, and how many pieces to be finished, there are in a round of at most so many jobs.
    fn shape(&self, most: usize) -> (usize, usize) {
        let run = self.survey.run;
        let pieces = ((run / JOB.0) as usize).clamp(24, 512).min(most);
        let beams = match run {
            ..512 => 1,
            512..1024 => 2,
            1024..SURVEY => 4,
            _ => 8,
        };
        let due = match self.survey.doubt {
            Some(doubt) if doubt <= CLOSE => run / FEW,
            _ => run.min(SURVEY) / 2 + run.saturating_sub(SURVEY) / OTHERS,
        };
        let due = self.survey.beamed <= due;
        // A beam that the budget cuts off says nothing.
        let wanted = self.left.len() <= MOST_LEFT && most / (beams + pieces) >= 64;
        if due && wanted { (beams, pieces) } else { (0, pieces) }
    }
}
