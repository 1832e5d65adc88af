//! Selvedge beside loom and shuttle: the same programs, in one run, by wall time.
//!
//! `cargo bench --bench peers` prints all tables; `cargo bench --bench peers -- exhaustion rates steps deadlock wakeup`
//! those named. Wall time is noisy: every figure is a median of several repetitions, and a busy machine still moves it by
//! a fifth or more. `cargo bench --bench instructions` counts instructions instead, which hardly vary.
//!
//! Loom only knows exhaustive search, so where the others sample, loom's figure is that of its search, begun again when it
//! is done. Every peer is built as a user would build it, and records what it always records.

#[expect(dead_code, reason = "each benchmark uses its part")]
mod support;

use std::time::{Duration, Instant};
use support::loom::Loom;
use support::measure::{Effort, median, nanoseconds};
use support::peer::{Bounds, Peer, Ran, Search};
use support::programs;
use support::selvedge::Selvedge;
use support::shuttle::Shuttle;
use support::table::{Table, none, number, ratio, whole};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Cargo says when it is a benchmark; otherwise somebody runs all targets to see that they work.
    let measuring = arguments.iter().any(|argument| argument == "--bench");
    let named: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| !a.starts_with("--")).collect();
    let effort = match measuring {
        true => Effort { repetitions: 7, time: Duration::from_millis(150) },
        false => Effort { repetitions: 1, time: Duration::from_millis(1) },
    };
    // The peers report failures by panicking, and to find failures is what some of this is about.
    std::panic::set_hook(Box::new(|_| {}));
    let tables: [(&str, fn(Effort)); 5] = [
        ("exhaustion", exhaustion),
        ("rates", rates),
        ("steps", steps),
        ("deadlock", deadlock),
        ("wakeup", wakeup),
    ];
    if let Some(unknown) = named.iter().find(|name| tables.iter().all(|table| table.0 != **name)) {
        eprintln!("there is no table `{unknown}`: use exhaustion, rates, steps, deadlock or wakeup");
        std::process::exit(2);
    }
    println!("wall time is noisy: medians of {} repetitions", effort.repetitions);
    for (_, print) in tables.iter().filter(|table| named.is_empty() || named.contains(&table.0)) {
        print(effort);
    }
}

/// A program of each peer, to be run by all.
macro_rules! all_peers {
    ($measure:ident($($argument:expr),*), $program:ident $(::<$($parameter:literal),*>)?) => {
        (
            $measure::<Selvedge>($($argument,)* programs::$program::<Selvedge $(, $($parameter),*)?>),
            $measure::<Loom>($($argument,)* programs::$program::<Loom $(, $($parameter),*)?>),
            $measure::<Shuttle>($($argument,)* programs::$program::<Shuttle $(, $($parameter),*)?>),
        )
    };
}
