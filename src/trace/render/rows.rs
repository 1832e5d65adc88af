//! What a rendering shows, before it is laid out: a row a step, a row a panic, a row a thread that cannot go on.

use super::phrase::{Scene, phrase};
use super::{Annotation, Style};
use crate::base::{Ending, ThreadId};
use crate::trace::Trace;
use crate::trace::names::Names;
use crate::trace::standing::{Place, standings};
use crate::trace::state::State;
use crate::trace::switches::preemptions;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Something that a thread does, or where it stands at the end.
    Cell(Cell),
    /// So many steps left out.
    Gap(u64),
}

/// A row that belongs to a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What stands before it.
    pub mark: Mark,
    /// Whose.
    pub thread: ThreadId,
    /// What it does.
    pub text: String,
    /// What is said about it.
    pub annotation: String,
}

/// What stands before a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A step's offset, and whether it took the turn from a thread that could have gone on.
    Step(u64, bool),
    /// Nothing: something that is no step.
    Nothing,
    /// The end of the execution.
    End,
}

/// The rows of `trace`, shortened to about what `style` allows.
pub fn rows(trace: &Trace, names: &Names, annotations: &[Annotation], style: &Style) -> Vec<Row> {
    let mut cells = cells(trace, names, style.locations);
    for cell in &mut cells {
        if let Mark::Step(offset, _) = cell.mark {
            let said: Vec<&str> =
                annotations.iter().filter(|a| a.step == offset).map(|a| a.text.as_str()).collect();
            cell.annotation = said.join("; ");
        }
    }
    let earlier = (trace.skipped > 0).then_some(Row::Gap(trace.skipped));
    earlier.into_iter().chain(shorten(cells, style.max_rows)).collect()
}

/// All steps in words, each with the thread that performs it.
pub fn phrases(trace: &Trace, names: &Names) -> Vec<(ThreadId, String)> {
    let notes: BTreeMap<u64, String> = trace.notes.iter().map(|(at, text)| (*at, one_line(text))).collect();
    let mut state = State::new();
    let phrases = trace.numbered().map(|(offset, step)| {
        let woken = state.apply(offset, step);
        let note = notes.get(&offset).map(String::as_str);
        let hangs_up = state.has_no_sender(step.operation.object);
        (step.thread, phrase(step, &Scene { names, trace, note, woken: &woken, hangs_up }))
    });
    phrases.collect()
}

/// The text on one line, without what would disturb a table.
pub fn one_line(text: &str) -> String {
    let printable: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    printable.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn cells(trace: &Trace, names: &Names, locations: bool) -> Vec<Cell> {
    let preempting: BTreeSet<u64> = preemptions(trace).into_iter().collect();
    let mut panics = trace.panics.iter().peekable();
    let mut cells = Vec::new();
    for ((offset, step), (thread, mut text)) in trace.numbered().zip(phrases(trace, names)) {
        while let Some(panic) = panics.next_if(|panic| panic.at <= offset) {
            cells.push(panic_cell(panic.thread, &panic.message));
        }
        if locations {
            text.push_str(&format!("  [{}]", place(step.location)));
        }
        let mark = Mark::Step(offset, preempting.contains(&offset));
        cells.push(Cell { mark, thread, text, annotation: String::new() });
    }
    cells.extend(panics.map(|panic| panic_cell(panic.thread, &panic.message)));
    cells.extend(end_cells(trace, names, locations));
    cells
}

fn panic_cell(thread: ThreadId, message: &str) -> Cell {
    let first: String = message.lines().next().unwrap_or_default().into();
    let mut text = one_line(&first);
    if text.chars().count() > 60 {
        text = text.chars().take(57).chain("...".chars()).collect();
    }
    Cell { mark: Mark::Nothing, thread, text: format!("panics: {text}"), annotation: String::new() }
}

/// Where the threads stand that cannot go on, at endings where that is the point.
fn end_cells(trace: &Trace, names: &Names, locations: bool) -> Vec<Cell> {
    let stuck = matches!(trace.ending, Ending::Deadlocked | Ending::Livelocked | Ending::StepLimit);
    let standings = standings(trace).into_iter().filter(|s| stuck && !matches!(s.place, Place::Ready(_)));
    let cell = standings.map(|standing| {
        let mut text = standing.describe(names).replace('`', "");
        if matches!(standing.place, Place::Asleep { .. }) && trace.ending == Ending::Deadlocked {
            text.push_str(", nobody can wake it");
        }
        if let Some(location) = trace.threads[standing.thread.index()].status.location().filter(|_| locations)
        {
            text.push_str(&format!("  [{}]", place(location)));
        }
        Cell { mark: Mark::End, thread: standing.thread, text, annotation: String::new() }
    });
    cell.collect()
}

/// File and line; of an absolute path only the file's name, because the rest differs from machine to machine.
pub fn place(location: &Location<'_>) -> String {
    format!("{}:{}", short_path(location.file()), location.line())
}

/// The path itself, or of an absolute one only the file's name.
pub fn short_path(path: &str) -> &str {
    let absolute = path.starts_with('/') || path.starts_with('\\') || path.get(1..3) == Some(":\\");
    if absolute { path.rsplit(['/', '\\']).next().unwrap_or(path) } else { path }
}

/// Keeps the beginning, the end, and what is annotated with its neighbours.
fn shorten(cells: Vec<Cell>, max_rows: usize) -> Vec<Row> {
    let total = cells.len();
    if total <= max_rows {
        return cells.into_iter().map(Row::Cell).collect();
    }
    let mut keep = vec![false; total];
    for (index, cell) in cells.iter().enumerate() {
        if !cell.annotation.is_empty() || !matches!(cell.mark, Mark::Step(..)) {
            keep[index.saturating_sub(1)..(index + 2).min(total)].fill(true);
        }
    }
    let left = max_rows.saturating_sub(keep.iter().filter(|k| **k).count());
    keep[..left / 3].fill(true);
    keep[total - left.div_ceil(2).min(total)..].fill(true);
    let mut rows = Vec::new();
    for (index, cell) in cells.into_iter().enumerate() {
        let alone = index > 0 && index + 1 < total && keep[index - 1] && keep[index + 1];
        match rows.last_mut() {
            _ if keep[index] || alone => rows.push(Row::Cell(cell)),
            Some(Row::Gap(count)) => *count += 1,
            _ => rows.push(Row::Gap(1)),
        }
    }
    rows
}
