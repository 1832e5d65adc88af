//! How far a search has come with a log, and what could follow there.

use super::place::{Place, Script};
use crate::base::Choice;
use std::collections::BTreeSet;

/// The most texts kept that could be printed where the log goes no further.
const MOST_INSTEAD: usize = 64;

/// How far the search has come with the log.
#[derive(Clone, Debug, Default)]
pub(super) struct Furthest {
    /// Lines printed.
    pub(super) lines: usize,
    pub(super) place: Place,
    /// The choices up to there.
    pub(super) path: Vec<Choice>,
    /// What would have been printed instead.
    pub(super) instead: BTreeSet<String>,
}

impl Furthest {
    /// The search is at this place between lines, after so many choices. Whether it has never been further.
    pub(super) fn reach(
        &mut self,
        script: &Script,
        place: &Place,
        path: impl Iterator<Item = Choice>,
    ) -> bool {
        let lines = script.progress(place);
        if lines < self.lines || !script.is_between(place) {
            return false;
        }
        if lines > self.lines || self.path.is_empty() {
            self.lines = lines;
            self.place = place.clone();
            self.path = path.collect();
            self.instead.clear();
        }
        true
    }

    /// Somebody is about to print something else there.
    pub(super) fn could_follow(&mut self, text: &str) {
        // The end of a line that is there already is no news.
        if text != "\n" && self.instead.len() < MOST_INSTEAD {
            self.instead.insert(text.trim_end_matches('\n').to_owned());
        }
    }
}
