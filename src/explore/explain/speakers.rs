//! Who is likely to print a line: whoever has printed it before, or lines that begin like it.

use super::place::{Place, Script};
use crate::base::{ThreadId, ThreadSet};
use std::collections::BTreeMap;

/// Who has printed what.
#[derive(Debug, Default)]
pub(super) struct Speakers {
    /// The last thread known to print a line, by the line's number.
    lines: BTreeMap<usize, (ThreadId, String)>,
    spoken: ThreadSet,
}

impl Speakers {
    /// `thread` prints (some of) the next line.
    pub(super) fn note(&mut self, script: &Script, place: &Place, thread: ThreadId) {
        if let Some(line) = script.next_line(place) {
            self.lines.insert(line.number, (thread, line.text.clone()));
            self.spoken.insert(thread);
        }
    }

    /// Whether a thread has ever printed a line.
    pub(super) fn has_spoken(&self, thread: ThreadId) -> bool {
        self.spoken.contains(thread)
    }

    /// Who is likely to print what comes next: who has printed it already, or the line most like it in how it begins.
    pub(super) fn next(&self, script: &Script, place: &Place) -> Option<ThreadId> {
        let line = script.next_line(place)?;
        if let Some((thread, _)) = self.lines.get(&line.number) {
            return Some(*thread);
        }
        let alike = |text: &str| text.bytes().zip(line.text.bytes()).take_while(|(a, b)| a == b).count();
        let (best, thread) = self.lines.values().map(|(thread, text)| (alike(text), *thread)).max()?;
        // Where they are the same up to the number in a name, somebody else is meant.
        let (same, rest) = line.text.as_bytes().split_at(best);
        let named = rest.first().is_some_and(u8::is_ascii_digit) && !same.ends_with(b" ");
        (best > 0 && !named).then_some(thread)
    }
}
