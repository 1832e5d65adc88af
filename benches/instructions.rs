//! Instructions per execution and per step, as valgrind counts them.
//!
//! `cargo bench --bench instructions` runs itself under `valgrind --tool=callgrind` for N and for 3N executions, for each
//! peer and program, and prints the difference divided by 2N: what one more execution costs. Given `PEER PROGRAM N`
//! it only runs: that is what is counted, and what to give to a profiler. `cargo bench --bench instructions -- A shuttle`
//! prints part of the table.
//!
//! | program | what |
//! |---|---|
//! | `A` | 2 threads x 2 lock, add, unlock; the main thread reads the total |
//! | `B` | 2 threads x 2 load; store |
//! | `C` | one execution of 4 threads x N load; store, per visible step |
//! | `D` | 2 threads x 4 load; store: enough schedules for exhaustive search |
//! | `thread`, `threads` | one and two empty threads |
//! | `empty` | nothing |
//! | `begin` | N explorations of one execution each, of nothing |
//!
//! Loom has its exhaustive search only. It is begun again when there are no more schedules, which its figures include;
//! that is little beside what its executions cost. Of the others' exhaustive search it would be most, so they are counted
//! only where there are schedules enough.

#[expect(dead_code, reason = "the other benchmark uses all of it")]
mod support;

use std::process::{Command, ExitCode, Stdio};
use support::loom::Loom;
use support::measure::run_many;
use support::peer::{Peer, Search};
use support::programs::{Empty, EmptyThreads, LockedAdds, RacyAdds};
use support::selvedge::Selvedge;
use support::shuttle::Shuttle;
use support::table::{Table, none, ratio, whole};

/// Name on the command line, what it is, executions (or rounds) counted.
const PROGRAMS: [(&str, &str, u64); 8] = [
    ("A", "execution: 2 threads x 2 lock-add-unlock, main reads (A)", 1_000),
    ("B", "execution: 2 threads x 2 load;store (B)", 1_000),
    ("C", "visible step: 4 threads x N load;store (C)", 4_000),
    ("D", "execution: 2 threads x 4 load;store (D)", 1_000),
    ("thread", "execution: one empty thread", 1_000),
    ("threads", "execution: two empty threads", 1_000),
    ("empty", "execution: empty model", 1_000),
    ("begin", "exploration: empty model, once", 100),
];

/// Runs the program of that name so many times.
type Run = fn(&str, u64);

/// Name on the command line and what runs it.
const PEERS: [(&str, Run); 7] = [
    ("selvedge-random", run::<Selvedge, 0>),
    ("selvedge-pct", run::<Selvedge, 1>),
    ("selvedge-exhaustive", run::<Selvedge, 2>),
    ("shuttle-random", run::<Shuttle, 0>),
    ("shuttle-pct", run::<Shuttle, 1>),
    ("shuttle-dfs", run::<Shuttle, 2>),
    ("loom", run::<Loom, 2>),
];

const USAGE: &str = "give PEER PROGRAM N to run, or names of peers and programs to count them (none: all)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let measuring = arguments.iter().any(|argument| argument == "--bench");
    let named: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| !a.starts_with("--")).collect();
    if let [peer, program, count] = named[..]
        && let Ok(count) = count.parse()
        && let Some((_, run)) = PEERS.iter().find(|p| p.0 == peer)
    {
        run(program, count);
        return ExitCode::SUCCESS;
    }
    let known =
        |name: &&str| PROGRAMS.iter().any(|p| p.0 == *name) || PEERS.iter().any(|p| p.0.starts_with(*name));
    if let Some(unknown) = named.iter().find(|name| !known(name)) {
        eprintln!("`{unknown}` is neither a peer nor a program: {USAGE}");
        return ExitCode::from(2);
    }
    if !measuring {
        // Somebody runs all targets to see that they work.
        PEERS.iter().for_each(|(_, run)| run("B", 10));
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!(
            "this needs valgrind, which is not installed; on Debian or Ubuntu: apt-get install valgrind"
        );
        return ExitCode::FAILURE;
    }
    print(&named);
    ExitCode::SUCCESS
}

/// Runs a program so many times, or for so many rounds.
fn run<P: Peer, const SEARCH: usize>(program: &str, count: u64) {
    let search = [Search::Random, Search::Pct, Search::Exhaustive][SEARCH];
    match program {
        "A" => run_many::<P>(search, count, LockedAdds::<2> { rounds: 2 }),
        "B" => run_many::<P>(search, count, RacyAdds::<2> { rounds: 2 }),
        "C" => run_many::<P>(search, 1, RacyAdds::<4> { rounds: count as usize }),
        "D" => run_many::<P>(search, count, RacyAdds::<2> { rounds: 4 }),
        "thread" => run_many::<P>(search, count, EmptyThreads::<1>),
        "threads" => run_many::<P>(search, count, EmptyThreads::<2>),
        "empty" => run_many::<P>(search, count, Empty),
        "begin" => (0..count).for_each(|_| run_many::<P>(search, 1, Empty)),
        unknown => panic!("there is no program `{unknown}`"),
    }
}

/// Prints the table for the peers and programs named.
fn print(named: &[&str]) {
    let peers: Vec<_> =
        PEERS.iter().map(|p| p.0).filter(|peer| is_asked(named, peer, &PEERS.map(|p| p.0))).collect();
    let programs = PROGRAMS.iter().filter(|p| is_asked(named, p.0, &PROGRAMS.map(|p| p.0)));
    let heading: Vec<&str> = std::iter::once("instructions per").chain(peers.iter().copied()).collect();
    let mut figures = Table::new("instructions (valgrind --tool=callgrind, marginal)", &heading);
    let mut ratios = Table::new("times as many as selvedge-random", &heading);
    for &(program, about, count) in programs {
        let counted: Vec<Option<f64>> = peers.iter().map(|peer| marginal(peer, program, count)).collect();
        let cell = |figure: &Option<f64>| figure.map_or_else(none, whole);
        figures.row(std::iter::once(about.to_string()).chain(counted.iter().map(cell)));
        let ours = peers.iter().position(|peer| *peer == "selvedge-random").and_then(|at| counted[at]);
        let cell =
            |figure: &Option<f64>| figure.zip(ours).map_or_else(none, |(theirs, ours)| ratio(theirs, ours));
        ratios.row(std::iter::once(about.to_string()).chain(counted.iter().map(cell)));
    }
    figures.print();
    ratios.print();
}

/// Whether `name` is among those asked for; all are when none of its kind is.
fn is_asked(named: &[&str], name: &str, kind: &[&str]) -> bool {
    let mut asked = named.iter().filter(|asked| kind.iter().any(|k| k.starts_with(**asked))).peekable();
    asked.peek().is_none() || asked.any(|asked| name.starts_with(asked))
}

/// What one more execution, or visible step, costs; nothing if the peer cannot run the program or has too few schedules
/// for it.
fn marginal(peer: &str, program: &str, count: u64) -> Option<f64> {
    let few = peer.ends_with("dfs") || peer.ends_with("exhaustive");
    if few && !["D", "begin"].contains(&program) {
        return None;
    }
    let (once, thrice) = (instructions(peer, program, count)?, instructions(peer, program, 3 * count)?);
    let visible = if program == "C" { 4 * 2 } else { 1 };
    Some((thrice - once) / (2 * count * visible) as f64)
}

/// How many instructions this program executes when it runs `program` so many times.
fn instructions(peer: &str, program: &str, count: u64) -> Option<f64> {
    let this = std::env::current_exe().expect("this program has a path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .args([peer, program, &count.to_string()])
        .output()
        .expect("valgrind runs");
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let (_, rest) = text.split_once("Collected : ")?;
    rest.split_whitespace().next()?.parse().ok()
}
