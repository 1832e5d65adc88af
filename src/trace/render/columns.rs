//! Lays rows out: a column a thread, or, with more threads than fit, a list.
//!
//! A row has text in one column only, so a long text may run on over the columns to its right: columns need not be as
//! wide as their longest text.

use super::Style;
use super::rows::{Cell, Mark, Row};
use crate::base::ThreadId;
use crate::trace::names::Names;

/// The narrowest column that still reads as one.
const NARROWEST: usize = 15;
/// The widest column that its neighbours make room for.
const WIDEST: usize = 36;

/// The rows as text, each line ended by a line break, none by a space.
pub fn lay_out(rows: &[Row], names: &Names, style: &Style) -> String {
    let cells = || rows.iter().filter_map(|row| if let Row::Cell(cell) = row { Some(cell) } else { None });
    let mut threads: Vec<ThreadId> = cells().map(|cell| cell.thread).collect();
    threads.sort();
    threads.dedup();
    let digits = cells().map(|cell| label(cell.mark).len()).max().unwrap_or(0).max("step".len());
    let gutter = digits + 7;
    let natural: Vec<(usize, usize)> = threads
        .iter()
        .map(|thread| {
            // What is no step may run on to the right, but for the last column, which has no right.
            let counts = |cell: &&Cell| matches!(cell.mark, Mark::Step(..)) || Some(thread) == threads.last();
            let own = cells().filter(|cell| cell.thread == *thread).filter(counts);
            let texts = own.map(|cell| width(&cell.text));
            (width(&heading(*thread, names)), texts.max().unwrap_or(0))
        })
        .collect();
    let mut page = Page { text: String::new(), digits, width: style.width };
    match fit(&natural, style.width.saturating_sub(gutter)) {
        Some(columns) => page.columns(rows, &threads, &columns, names),
        None => page.list(rows, &threads, names),
    }
    if cells().any(|cell| matches!(cell.mark, Mark::Step(_, true))) {
        page.line("  >", "", 0, "takes the turn from a thread that could have gone on");
    }
    page.text
}

/// How many columns of a terminal a text takes.
pub fn width(text: &str) -> usize {
    let wide = |c: char| matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}');
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

/// Where each column begins, counted from the end of the gutter; `None` when they would be too narrow.
fn fit(natural: &[(usize, usize)], room: usize) -> Option<Vec<usize>> {
    let widest = natural.iter().map(|(heading, text)| *heading.max(text)).max().unwrap_or(0);
    (NARROWEST..=widest.clamp(NARROWEST, WIDEST)).rev().find_map(|cap| {
        let mut end = 0;
        let starts: Vec<usize> = natural
            .iter()
            .map(|(heading, text)| {
                let start = end;
                end += (*text).min(cap).max(*heading) + 3;
                start
            })
            .collect();
        (end <= room + 3).then_some(starts)
    })
}

/// A thread's letters, as schedules have them, and its name.
fn heading(thread: ThreadId, names: &Names) -> String {
    let name = names.thread(thread);
    if name.ends_with(&format!(" ({thread})")) { name.to_string() } else { format!("{thread}: {name}") }
}

fn label(mark: Mark) -> String {
    match mark {
        Mark::Step(offset, _) => (offset + 1).to_string(),
        Mark::Nothing => String::new(),
        Mark::End => "end".into(),
    }
}

struct Page {
    text: String,
    digits: usize,
    width: usize,
}

impl Page {
    fn columns(&mut self, rows: &[Row], threads: &[ThreadId], starts: &[usize], names: &Names) {
        let mut header = String::new();
        for (thread, start) in threads.iter().zip(starts) {
            let gap = start.saturating_sub(width(&header));
            header = format!("{header}{:gap$}{}", "", heading(*thread, names));
        }
        self.line("", "step", 0, &header);
        let start = |cell: &Cell| starts[threads.binary_search(&cell.thread).unwrap_or(0)];
        rows.iter().for_each(|row| self.row(row, |cell| (start(cell), cell.text.clone())));
    }

    fn list(&mut self, rows: &[Row], threads: &[ThreadId], names: &Names) {
        let names: Vec<String> = threads.iter().map(|thread| heading(*thread, names)).collect();
        let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
        let entry = |name: &str, text: &str| format!("{name}{:1$}{text}", "", widest - width(name) + 3);
        self.line("", "step", 0, &entry(&"thread"[..widest.min(6)], "action"));
        let name = |cell: &Cell| &names[threads.binary_search(&cell.thread).unwrap_or(0)];
        rows.iter().for_each(|row| self.row(row, |cell| (0, entry(name(cell), &cell.text))));
    }

    /// Writes a row, whose text and where it begins `place` tells.
    fn row(&mut self, row: &Row, place: impl Fn(&Cell) -> (usize, String)) {
        let cell = match row {
            Row::Cell(cell) => cell,
            Row::Gap(1) => return self.line("", "...", 0, "(1 step left out)"),
            Row::Gap(count) => return self.line("", "...", 0, &format!("({count} steps left out)")),
        };
        let (start, mut text) = place(cell);
        let mark = if matches!(cell.mark, Mark::Step(_, true)) { "  >" } else { "" };
        let used = self.digits + 7 + start + width(&text);
        let fits = used + 5 + width(&cell.annotation) <= self.width;
        if fits && !cell.annotation.is_empty() {
            text = format!("{text}  <- {}", cell.annotation);
        }
        self.line(mark, &label(cell.mark), start, &text);
        if !fits && !cell.annotation.is_empty() {
            // Below the text, moved to the left as far as it takes to fit.
            let room = self.width.saturating_sub(self.digits + 7 + 2 + width(&cell.annotation));
            self.line("", "", start.min(room), &format!("^ {}", cell.annotation));
        }
    }

    fn line(&mut self, mark: &str, label: &str, indent: usize, text: &str) {
        let digits = self.digits;
        let line = format!("{mark:3} {label:>digits$}   {:indent$}{text}", "");
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}
