//! The document programs on all backends, and the table that the README has of it. To rewrite it:
//! `UPDATE_README=1 cargo test -p models --test backends`.

mod shared;

use shared::{called, check, readme, said};

/// What the tool says of all programs, as a table; figures that differ from run to run are left out where it is compared.
#[test]
fn the_table_of_backends_is_what_comes_out() {
    let output = called(&["backends"]);
    let text = String::from_utf8(output.stdout).expect("it writes text");
    // Nothing but what is known of the programs was found, and nobody broke off.
    assert!(
        output.status.success(),
        "{}",
        text.split_once("\n\n").map_or(&*text, |(_, surprises)| surprises)
    );
    let rows = text.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let [program, engine, loom, shuttle, std] = cells[..] else { panic!("a row of five: {line}") };
        format!("| `{program}` | {engine} | {loom} | {shuttle} | {std} |")
    });
    let rows: Vec<String> = rows.collect();
    assert_eq!(rows.len(), models::programs().len());
    if std::env::var_os("UPDATE_README").is_some() {
        let heading = "| program | engine | loom | shuttle | std |\n|---|---|---|---|---|";
        return check("backends", &format!("{heading}\n{}", rows.join("\n")));
    }
    let (_, readme) = readme();
    for row in rows {
        let steady = steady(&row);
        assert!(
            readme.lines().any(|line| self::steady(line) == steady),
            "the README is out of date: see the top of the test\n{row}"
        );
    }
}

/// A row without times, and without what threads of the operating system happen to show.
fn steady(row: &str) -> String {
    let cells = row.split(" | ").take(4);
    cells
        .map(|cell| cell.rsplit_once(", ").map_or(cell, |(what, _time)| what))
        .collect::<Vec<_>>()
        .join(" | ")
}

/// The three programs that the documents are about, whose mistakes every backend finds.
#[test]
fn the_mistakes_of_the_three_programs_are_found_everywhere() {
    for (program, wrong) in
        [("bank_account", "lost update"), ("bounded_queue", "lost wakeup"), ("rlock_reverse", "panic")]
    {
        let row = said(&["backends", program]);
        let row = row.lines().last().expect("a row");
        // Threads of the operating system may be lucky, but for the program that always fails.
        let least = if program == "rlock_reverse" { 4 } else { 3 };
        assert!(row.matches(&format!("{wrong} in ")).count() >= least, "{row}");
    }
}

#[test]
fn a_program_is_explored_on_another_backend() {
    let report = said(&["explore", "rlock_reverse", "--backend", "shuttle"]);
    assert!(report.contains("stopped after 1 execution (shuttle: random walk)"), "{report}");
    let refused = called(&["explore", "worker_logging", "--backend", "loom"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("loom has no more, on the backend loom"));
}
