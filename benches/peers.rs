//! Selvedge beside loom and shuttle: the same programs, in one run, by wall time.
//!
//! `cargo bench --bench peers` prints all tables; `cargo bench --bench peers -- exhaustion rates steps deadlock wakeup carried`
//! those named. Wall time is noisy: every figure is a median of several repetitions, and a busy machine still moves it by
//! a fifth or more. `cargo bench --bench instructions` counts instructions instead, which hardly vary.
//!
//! Loom only knows exhaustive search: where the others sample, loom's figure is that of its search, begun again when it
//! is done. Every peer is built as a user would build it, and records what it always records.

mod support;

use std::time::{Duration, Instant};
use support::loom::Loom;
use support::measure::{Effort, median, nanoseconds};
use support::peer::{Bounds, Peer, Search};
use support::programs::{Abba, BoundedQueue, Empty, EmptyThreads, LockedAdds, Program, RacyAdds};
use support::selvedge::{On, Selvedge};
use support::shuttle::Shuttle;
use support::table::{Table, none, number, ratio, whole};

/// Measures and prints a table.
type Print = fn(Effort);

const TABLES: [(&str, Print); 6] = [
    ("exhaustion", exhaustion),
    ("rates", rates),
    ("steps", steps),
    ("deadlock", deadlock),
    ("wakeup", wakeup),
    ("carried", carried),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Cargo says when it is a benchmark; otherwise somebody runs all targets to see that they work.
    let measuring = arguments.iter().any(|argument| argument == "--bench");
    let named: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| !a.starts_with("--")).collect();
    if let Some(unknown) = named.iter().find(|name| TABLES.iter().all(|table| table.0 != **name)) {
        eprintln!("there is no table `{unknown}`: use exhaustion, rates, steps, deadlock, wakeup or carried");
        std::process::exit(2);
    }
    let effort = match measuring {
        true => Effort { repetitions: 7, time: Duration::from_millis(150) },
        false => Effort { repetitions: 1, time: Duration::from_millis(1) },
    };
    println!("wall time, which is noisy: medians of {} repetitions", effort.repetitions);
    println!("a ratio says how many times as much a peer needs; `>` that it was stopped before it was done");
    for (_, print) in TABLES.iter().filter(|table| named.is_empty() || named.contains(&table.0)) {
        // The peers report failures by panicking, and to find failures is what some of this is about. One of them sets
        // a hook of its own when it first runs.
        std::panic::set_hook(Box::new(|_| {}));
        print(effort);
    }
}

/// How many executions, and how long, until everything has been tried.
fn exhaustion(effort: Effort) {
    let mut table = Table::new(
        "executions until everything was tried (selvedge exhaustive, loom, shuttle DFS)",
        &["program", "selvedge", "ms", "loom", "ms", "ratio", "in time", "shuttle", "ms", "ratio", "in time"],
    );
    exhaust_row(&mut table, effort, "bank account, 2 threads x 1", RacyAdds::<2> { rounds: 1 });
    exhaust_row(&mut table, effort, "bank account, 2 threads x 2 (B)", RacyAdds::<2> { rounds: 2 });
    exhaust_row(&mut table, effort, "bank account, 2 threads x 3", RacyAdds::<2> { rounds: 3 });
    exhaust_row(&mut table, effort, "bank account, 2 threads x 4", RacyAdds::<2> { rounds: 4 });
    exhaust_row(&mut table, effort, "bank account, 3 threads x 1", RacyAdds::<3> { rounds: 1 });
    exhaust_row(&mut table, effort, "locked, 2 threads x 1", LockedAdds::<2> { rounds: 1 });
    exhaust_row(&mut table, effort, "locked, 2 threads x 2 (A)", LockedAdds::<2> { rounds: 2 });
    exhaust_row(&mut table, effort, "locked, 3 threads x 1", LockedAdds::<3> { rounds: 1 });
    exhaust_row(&mut table, effort, "locked, 4 threads x 1", LockedAdds::<4> { rounds: 1 });
    exhaust_row(&mut table, effort, "3 empty threads", EmptyThreads::<3>);
    table.print();
}

/// How many executions it took, how long in milliseconds, and whether it came to its end.
type Exhaustion = (f64, f64, bool);

fn exhaust_row(table: &mut Table, effort: Effort, name: &str, program: impl Program) {
    let ours = exhaust::<Selvedge>(effort, program);
    let mut cells = vec![name.to_string(), whole(ours.0), number(ours.1)];
    for theirs in [exhaust::<Loom>(effort, program), exhaust::<Shuttle>(effort, program)] {
        let more = if theirs.2 { "" } else { ">" };
        cells.extend([format!("{more}{}", whole(theirs.0)), format!("{more}{}", number(theirs.1))]);
        cells.extend([
            format!("{more}{}", ratio(theirs.0, ours.0)),
            format!("{more}{}", ratio(theirs.1, ours.1)),
        ]);
    }
    table.row(cells);
}

fn exhaust<P: Peer>(effort: Effort, program: impl Program) -> Exhaustion {
    let bounds = Bounds { executions: 10_000_000, time: Some(100 * effort.time), seed: 0 };
    let once = || {
        let started = Instant::now();
        let ran = P::explore(Search::Exhaustive, bounds, move || program.run::<P>());
        (ran.executions as f64, started.elapsed().as_secs_f64() * 1e3, ran.exhausted)
    };
    let first = once();
    // What takes long is measured once: it varies less.
    let again = if first.1 > effort.time.as_secs_f64() * 1e3 { 0 } else { effort.repetitions - 1 };
    let times = std::iter::once(first.1).chain((0..again).map(|_| once().1)).collect();
    (first.0, median(times), first.2)
}

/// What it costs to run a model of ours on loom and shuttle, instead of one that is written for them.
fn carried(effort: Effort) {
    let mut table = Table::new(
        "the same on other backends: written for them, and carried by them",
        &[
            "program",
            "loom",
            "ms",
            "carried",
            "ms",
            "in time",
            "shuttle DFS",
            "ms",
            "carried",
            "ms",
            "in time",
            "random ns",
            "carried",
            "in time",
        ],
    );
    carried_row(&mut table, effort, "locked, 2 threads x 2 (A)", LockedAdds::<2> { rounds: 2 });
    carried_row(&mut table, effort, "locked, 3 threads x 1", LockedAdds::<3> { rounds: 1 });
    carried_row(&mut table, effort, "bank account, 2 threads x 2 (B)", RacyAdds::<2> { rounds: 2 });
    carried_row(&mut table, effort, "bank account, 2 threads x 4", RacyAdds::<2> { rounds: 4 });
    carried_row(&mut table, effort, "2 empty threads", EmptyThreads::<2>);
    table.print();
}

fn carried_row<M: Program>(table: &mut Table, effort: Effort, name: &str, program: M) {
    let mut cells = vec![name.to_string()];
    let pairs = [
        (exhaust::<Loom>(effort, program), exhaust::<On<1>>(effort, program)),
        (exhaust::<Shuttle>(effort, program), exhaust::<On<2>>(effort, program)),
    ];
    for (direct, carried) in pairs {
        cells.extend([
            whole(direct.0),
            number(direct.1),
            whole(carried.0),
            number(carried.1),
            ratio(carried.1, direct.1),
        ]);
    }
    let direct = nanoseconds::<Shuttle>(effort, Search::Random, program);
    let carried = nanoseconds::<On<2>>(effort, Search::Random, program);
    cells.extend([number(direct), number(carried), ratio(carried, direct)]);
    table.row(cells);
}

/// What one execution costs.
fn rates(effort: Effort) {
    let mut table = Table::new(
        "one execution, in nanoseconds (loom: of its exhaustive search)",
        &["program", "strategy", "selvedge", "executions/s", "shuttle", "ratio", "loom", "ratio"],
    );
    rate_rows(&mut table, effort, "locked, 2 threads x 2 (A)", LockedAdds::<2> { rounds: 2 });
    rate_rows(&mut table, effort, "bank account, 2 threads x 2 (B)", RacyAdds::<2> { rounds: 2 });
    rate_rows(&mut table, effort, "one empty thread", EmptyThreads::<1>);
    rate_rows(&mut table, effort, "two empty threads", EmptyThreads::<2>);
    rate_rows(&mut table, effort, "empty model", Empty);
    let many = RacyAdds::<2> { rounds: 4 };
    rate_row(&mut table, effort, "bank account, 2 threads x 4", Search::Exhaustive, many);
    table.print();
    println!(
        "  (a whole exploration of one empty thread, with its beginning and end: {})",
        beginnings(effort)
    );
}

/// What it costs to begin and end an exploration, in microseconds.
fn beginnings(effort: Effort) -> String {
    // There is one schedule only, so that the search is begun again for every execution.
    let ours = nanoseconds::<Selvedge>(effort, Search::Exhaustive, EmptyThreads::<1>);
    let loom = nanoseconds::<Loom>(effort, Search::Exhaustive, EmptyThreads::<1>);
    let shuttle = nanoseconds::<Shuttle>(effort, Search::Exhaustive, EmptyThreads::<1>);
    let [ours, loom, shuttle] = [ours, loom, shuttle].map(|ns| number(ns / 1e3));
    format!("selvedge {ours} us, loom {loom} us, shuttle {shuttle} us")
}

fn rate_rows(table: &mut Table, effort: Effort, name: &str, program: impl Program) {
    rate_row(table, effort, name, Search::Random, program);
    rate_row(table, effort, name, Search::Pct, program);
}

fn rate_row<M: Program>(table: &mut Table, effort: Effort, name: &str, search: Search, program: M) {
    let ours = nanoseconds::<Selvedge>(effort, search, program);
    let mut cells = vec![name.to_string(), search.to_string(), whole(ours), whole(1e9 / ours)];
    if M::CONCURRENT || search != Search::Pct {
        let shuttle = nanoseconds::<Shuttle>(effort, search, program);
        cells.extend([whole(shuttle), ratio(shuttle, ours)]);
    } else {
        cells.extend(["refuses".to_string(), none()]);
    }
    let loom = nanoseconds::<Loom>(effort, Search::Exhaustive, program);
    cells.extend([whole(loom), ratio(loom, ours)]);
    table.row(cells);
}

/// What one step of a long execution costs.
fn steps(effort: Effort) {
    let rounds = if effort.repetitions > 1 { 100_000 } else { 100 };
    let mut table = Table::new(
        "one load or store of a long execution, 4 threads x 100 000 rounds (C), in nanoseconds",
        &["strategy", "selvedge", "shuttle", "ratio", "loom (1 000 rounds)", "ratio"],
    );
    // Loom keeps the whole path in a form that makes longer ones slower still.
    let loom = step::<Loom>(effort, Search::Exhaustive, 1_000.min(rounds));
    for search in [Search::Random, Search::Pct, Search::Exhaustive] {
        let (ours, shuttle) =
            (step::<Selvedge>(effort, search, rounds), step::<Shuttle>(effort, search, rounds));
        let cells = [number(ours), number(shuttle), ratio(shuttle, ours), number(loom), ratio(loom, ours)];
        table.row(std::iter::once(search.to_string()).chain(cells));
    }
    table.print();
}

/// The difference between two executions and one, so that what is done once does not count; PCT needs the first one
/// to learn how long they are.
fn step<P: Peer>(effort: Effort, search: Search, rounds: usize) -> f64 {
    let program = RacyAdds::<4> { rounds };
    let timed = |executions| {
        let started = Instant::now();
        P::explore(search, Bounds::executions(executions), move || program.run::<P>());
        started.elapsed().as_nanos() as f64
    };
    let once = || (timed(3) - timed(1)) / (2 * 4 * 2 * rounds) as f64;
    median((0..effort.repetitions.min(5)).map(|_| once()).collect())
}

/// How long until a deadlock is found and told.
fn deadlock(effort: Effort) {
    let mut table = Table::new(
        "two locks in opposite orders: until the deadlock is found, medians over 20 seeds",
        &["peer", "strategy", "executions", "microseconds"],
    );
    first_row::<Selvedge>(&mut table, effort, Search::Random, Abba);
    first_row::<Selvedge>(&mut table, effort, Search::Pct, Abba);
    first_row::<Selvedge>(&mut table, effort, Search::Exhaustive, Abba);
    first_row::<Shuttle>(&mut table, effort, Search::Random, Abba);
    first_row::<Shuttle>(&mut table, effort, Search::Pct, Abba);
    first_row::<Shuttle>(&mut table, effort, Search::Exhaustive, Abba);
    first_row::<Loom>(&mut table, effort, Search::Exhaustive, Abba);
    table.print();
}

fn first_row<P: Peer>(table: &mut Table, effort: Effort, search: Search, program: impl Program) {
    let (executions, times): (Vec<f64>, Vec<f64>) =
        (0..20).map(|seed| first_failure::<P>(effort, search, seed, program)).unzip();
    table.row([P::NAME.to_string(), search.to_string(), number(median(executions)), number(median(times))]);
}

/// Executions and microseconds until one fails; infinitely many if none does.
fn first_failure<P: Peer>(effort: Effort, search: Search, seed: u64, program: impl Program) -> (f64, f64) {
    let bounds = Bounds { executions: 100_000, time: Some(20 * effort.time), seed };
    let started = Instant::now();
    let ran = P::explore(search, bounds, move || program.run::<P>());
    let elapsed = started.elapsed().as_secs_f64() * 1e6;
    if ran.failed { (ran.executions as f64, elapsed) } else { (f64::INFINITY, f64::INFINITY) }
}

/// How many executions until the lost wakeup of the document's bounded queue is met.
fn wakeup(effort: Effort) {
    let mut table = Table::new(
        "bounded queue, 1 producer, 1 consumer, 1 item: executions until the lost wakeup, over 20 seeds",
        &["peer", "strategy", "least", "median", "most", "microseconds (median)"],
    );
    wakeup_row::<Selvedge>(&mut table, effort, Search::Random);
    wakeup_row::<Shuttle>(&mut table, effort, Search::Random);
    wakeup_row::<Selvedge>(&mut table, effort, Search::Pct);
    wakeup_row::<Shuttle>(&mut table, effort, Search::Pct);
    wakeup_row::<Selvedge>(&mut table, effort, Search::Exhaustive);
    wakeup_row::<Shuttle>(&mut table, effort, Search::Exhaustive);
    wakeup_row::<Loom>(&mut table, effort, Search::Exhaustive);
    table.print();
}

fn wakeup_row<P: Peer>(table: &mut Table, effort: Effort, search: Search) {
    // A seed changes nothing in an exhaustive search.
    let seeds = if search == Search::Exhaustive { 1 } else { 20 };
    let (executions, times): (Vec<f64>, Vec<f64>) =
        (1..=seeds).map(|seed| first_failure::<P>(effort, search, seed, BoundedQueue)).unzip();
    let (least, most) = executions.iter().fold((f64::INFINITY, 0f64), |(a, b), &e| (a.min(e), b.max(e)));
    let figures = [number(least), number(median(executions)), number(most), number(median(times))];
    table.row([P::NAME.to_string(), search.to_string()].into_iter().chain(figures));
}
