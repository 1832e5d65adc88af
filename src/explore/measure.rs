//! Figures that cost a look at every execution, for those who ask for them.

use super::runner::Runner;
use super::{Explorer, Report};
use crate::base::Ending;
use crate::engine::Summary;
use crate::trace::points::{Place, Visits, add_places};
use crate::trace::{Trace, equivalence, order_matters};
use std::collections::{BTreeMap, BTreeSet};

/// What was seen of the model, beyond what is counted anyway.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measure {
    /// Stands for each execution, the order of independent steps left out.
    behaviours: BTreeSet<u64>,
    places: BTreeMap<Place, Visits>,
}

impl Measure {
    /// How many executions there were that differ in more than the order of steps that do not meet.
    pub fn distinct(&self) -> u64 {
        self.behaviours.len() as u64
    }

    /// The places at which the strategy was asked, and what came of each, sorted.
    pub fn places(&self) -> &BTreeMap<Place, Visits> {
        &self.places
    }

    /// The places before which no other thread ever came in between: what one might do there just before was not seen. In a
    /// proof it makes no difference; in a sample it says where to look.
    pub fn never_interrupted(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|(_, visits)| visits.interrupted == 0).map(|(place, _)| place)
    }

    pub(super) fn add(&mut self, trace: &Trace) {
        self.behaviours.insert(equivalence(trace));
        add_places(trace, &mut self.places);
    }

    pub(super) fn absorb(&mut self, other: Measure) {
        self.behaviours.extend(other.behaviours);
        for (place, visits) in other.places {
            let sum = self.places.entry(place).or_default();
            sum.done += visits.done;
            sum.interrupted += visits.interrupted;
        }
    }
}

impl<F: Fn()> Runner<'_, F> {
    /// Shows the last execution to whoever wants to see them all.
    pub(super) fn observe(&mut self) {
        if self.observer.is_some() || self.report.measure.is_some() {
            let trace = self.engine.trace();
            self.observer.iter_mut().for_each(|observer| observer(&trace));
            self.report.measure.iter_mut().for_each(|measure| measure.add(&trace));
        }
    }

    /// Whether there is anything to explore, which the first execution tells if it came to its end.
    pub(super) fn look_for_meetings(&mut self, summary: &Summary) {
        if self.report.matters.is_none() && summary.ending == Ending::Finished {
            self.report.matters = Some(order_matters(&self.engine.trace()));
        }
    }
}

impl Explorer {
    /// Whether to gather a [`Measure`]: how many executions were distinct, and where no thread ever came in between; off by default.
    /// To copy and read each trace costs more than to run a small model.
    ///
    /// ```
    /// use selvedge::sync::Mutex;
    /// use selvedge::{Explorer, strategy, thread};
    ///
    /// let explorer = Explorer::new().strategy(strategy::random(7)).executions(200).measure(true);
    /// let report = explorer.explore(|| {
    ///     let total = Mutex::with_name(0, "total");
    ///     thread::scope(|scope| {
    ///         (0..3).for_each(|_| drop(scope.spawn(|| *total.lock().unwrap() += 1)));
    ///     });
    /// });
    /// let report = report.unwrap();
    /// // Three threads get a lock in six orders, however often they are run.
    /// assert_eq!((report.executions(), report.distinct()), (200, Some(6)));
    /// let measure = report.measure().unwrap();
    /// assert!(measure.places().keys().any(|place| place.what == "lock total"));
    /// ```
    pub fn measure(mut self, measure: bool) -> Self {
        self.config.measure = measure;
        self
    }
}

impl Report {
    /// What was [measured](Explorer::measure), if that was asked for.
    pub fn measure(&self) -> Option<&Measure> {
        self.measure.as_ref()
    }

    /// How many executions differ in more than the order of steps that do not meet, as far as that is known: an exhaustive
    /// search runs no two that do not, and others have to be [measured](Explorer::measure).
    pub fn distinct(&self) -> Option<u64> {
        let measured = self.measure.as_ref().map(Measure::distinct);
        measured.or(self.each_once.then_some(self.executions))
    }
}
