//! Executions to the first bug, beside what is published: `cargo bench --bench bugs`, or `-- reorder` for the programs whose
//! names have that in them.
//!
//! For each program and strategy: the mean over twenty seeds of the number of the first failing execution, and in
//! brackets how many of the seeds found one, where not all did. The means are over those that did. The figures depend
//! on nothing but the seeds; only the time that it takes to get them is the machine's.

#[path = "support/bugs.rs"]
mod bugs;
#[expect(dead_code, reason = "the other benchmarks use all of it")]
#[path = "support/table.rs"]
mod table;

use bugs::{BUGS, Bug};
use selvedge::Explorer;
use selvedge::explore::Search;
use table::{Table, number};

const STRATEGIES: [&str; 7] = ["random", "pct:3", "pos", "surw", "fuzz", "bounded", "exhaustive"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Cargo says when it is a benchmark; otherwise somebody runs all targets to see that they work.
    let measuring = arguments.iter().any(|argument| argument == "--bench");
    let named: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| !a.starts_with("--")).collect();
    let (seeds, most) = if measuring { (20, u64::MAX) } else { (2, 50) };
    println!(
        "mean executions to the first bug, {seeds} seeds, at most 10 000 executions each (twostage_100: 1 000)"
    );
    println!("in brackets how many seeds found it, where not all did; the mean is over those");
    let mut heading = vec!["program"];
    heading.extend(STRATEGIES);
    heading.extend(["published: POS", "PCT 3", "reads-from"]);
    let mut table = Table::new("selvedge, then the best published figures", &heading);
    // The programs fail by panicking; that is none of the reader's business.
    std::panic::set_hook(Box::new(|_| {}));
    for bug in &BUGS {
        if named.is_empty() || named.iter().any(|name| bug.name.contains(name)) {
            table.row(row(bug, seeds, most.min(bug.most)));
        }
    }
    table.print();
}

fn row(bug: &Bug, seeds: u64, most: u64) -> Vec<String> {
    let mut cells = vec![bug.name.to_string()];
    for name in STRATEGIES {
        let search: Search = name.parse().expect("a name of a strategy");
        // A seed changes nothing in a systematic search.
        let seeds = if matches!(search, Search::Bounded | Search::Exhaustive) { 1 } else { seeds };
        let found: Vec<f64> = (0..seeds).filter_map(|seed| first(bug, search.clone(), seed, most)).collect();
        cells.push(summary(&found, seeds));
    }
    cells.extend(bug.published.map(str::to_owned));
    cells
}

/// The number of the first execution that fails, counted from 1.
fn first(bug: &Bug, search: Search, seed: u64, most: u64) -> Option<f64> {
    let explorer = Explorer::new().search(search).executions(most).seed(seed).minimise(false);
    let report = explorer.explore(bug.run).expect("the settings make sense");
    report.failed().then(|| report.executions() as f64)
}

fn summary(found: &[f64], seeds: u64) -> String {
    let mean = found.iter().sum::<f64>() / found.len() as f64;
    match found.len() as u64 {
        0 => "- (0)".to_string(),
        all if all == seeds => number(mean),
        some => format!("{} ({some})", number(mean)),
    }
}
