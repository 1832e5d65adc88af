//! Tables for people.

/// Rows of cells under a heading; the first column is flush left, the others flush right.
pub(crate) struct Table {
    title: &'static str,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// No rows yet.
    pub(crate) fn new(title: &'static str, heading: &[&str]) -> Self {
        Table { title, rows: vec![heading.iter().map(ToString::to_string).collect()] }
    }

    /// One more row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints it.
    pub(crate) fn print(&self) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        println!("\n{}", self.title);
        for (index, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            println!("  {}", cells.collect::<Vec<_>>().join("   ").trim_end());
            if index == 0 {
                println!("  {}", "-".repeat(widths.iter().sum::<usize>() + 3 * (columns - 1)));
            }
        }
    }
}

/// A whole number with its digits in groups of three.
pub(crate) fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (i, digit) in digits.char_indices() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A number with one digit after the point where that matters.
pub(crate) fn number(number: f64) -> String {
    if number < 100.0 { format!("{number:.1}") } else { whole(number) }
}

/// How many times as much.
pub(crate) fn ratio(theirs: f64, ours: f64) -> String {
    format!("{}x", number(theirs / ours))
}

/// A cell for what there is not.
pub(crate) fn none() -> String {
    "-".to_string()
}
