//! The tutorials' own logs, explained: what each program printed for their authors, and whether it can. To rewrite what the README
//! shows of it: `UPDATE_README=1 cargo test -p models --test readme --test logs -- --test-threads=1`.

mod shared;

use shared::{called, check, said};
use std::path::PathBuf;

/// What comes of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// There is an execution that prints it.
    Reproduced,
    /// There is none that prints this line where it stands.
    ImpossibleAt(usize),
    /// All that print its lines print more.
    MoreIsPrinted,
}

use Verdict::{ImpossibleAt, MoreIsPrinted, Reproduced};

/// A log, and how it is read.
struct Row {
    /// Its file's name, which is that of the program that it was printed by.
    log: &'static str,
    /// The program and its sizes.
    program: &'static str,
    reading: &'static str,
    abstractly: Verdict,
    virtually: Verdict,
    /// Why there is no execution, where there is none.
    why: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        log: "event_start_line",
        program: "event_start_line",
        reading: "--comments '#' --ignore-blank-lines",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
    Row {
        log: "condition_endless",
        program: "condition_endless",
        reading: "--prefix --comments '#'",
        abstractly: ImpossibleAt(27),
        virtually: ImpossibleAt(27),
        why: "A consumer says \"finish run\" before it comes back for the lock, and the log has no such lines.",
    },
    Row {
        log: "condition_endless",
        program: "condition_endless",
        reading: "--prefix --comments '#' --ignore-printed '*finish run*'",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
    Row {
        log: "worker_function",
        program: "worker_function",
        reading: "",
        abstractly: MoreIsPrinted,
        virtually: MoreIsPrinted,
        why: "Every print writes a line end, so where two lines are glued together a blank one follows.",
    },
    Row {
        log: "worker_function",
        program: "worker_function",
        reading: "--ignore-blank-lines",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
    Row {
        log: "worker_logging",
        program: "worker_logging",
        reading: "--ignore-printed 'called main'",
        abstractly: ImpossibleAt(1),
        virtually: ImpossibleAt(1),
        why: "The program's records begin with \"name: \"; the log was printed with another format.",
    },
    Row {
        log: "daemon_slip",
        program: "daemon_slip",
        reading: "",
        abstractly: ImpossibleAt(1),
        virtually: ImpossibleAt(1),
        why: "The program compares its name with \"_main__\", and so does nothing.",
    },
    Row {
        log: "daemon_slip",
        program: "daemon_thread",
        reading: "",
        abstractly: Reproduced,
        virtually: ImpossibleAt(3),
        why: "The daemon dies with the main program, which is over long before its five seconds are.",
    },
    Row {
        log: "daemon_slip",
        program: "daemon_thread",
        reading: "--ignore '(daemon) Exit'",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
    Row {
        log: "daemon_joined",
        program: "daemon_joined",
        reading: "",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
    Row {
        log: "event_chain",
        program: "event_chain",
        reading: "",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
    Row {
        log: "lock_takers",
        program: "lock_takers",
        reading: "",
        abstractly: ImpossibleAt(2),
        virtually: ImpossibleAt(2),
        why: "The thread that waits says \"start blocking lock\" before it takes the lock, and the log lacks that.",
    },
    Row {
        log: "lock_takers",
        program: "lock_takers",
        reading: "--ignore-printed '*start blocking lock'",
        abstractly: Reproduced,
        virtually: ImpossibleAt(20),
        why: "When the other thread has counted its attempts the program is over, and with it the daemon: no second passes in which that could take the lock once more.",
    },
    Row {
        log: "clock_value",
        program: "clock_value",
        reading: "--prefix",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
    Row {
        log: "clock_writers",
        program: "clock_writers_unchecked",
        reading: "--prefix",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
    Row {
        log: "manager_joined",
        program: "manager_joined",
        reading: "--prefix",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
    Row {
        log: "manager_started",
        program: "manager_started",
        reading: "--prefix",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
    Row {
        log: "queue_polled",
        program: "queue_polled",
        reading: "--prefix",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
    Row {
        log: "pipe_clock",
        program: "pipe_clock",
        reading: "--prefix",
        abstractly: Reproduced,
        virtually: Reproduced,
        why: "",
    },
];

/// Enough for each of the logs, and few enough to take less than a second.
const EXECUTIONS: &str = "1000";

impl Row {
    /// What the tool says of it, and how it ends.
    fn explained(&self, clock: &str) -> (String, Option<i32>) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("logs").join(format!("{}.log", self.log));
        let path = path.to_str().expect("its name is text");
        let mut arguments = vec!["explain", self.program, path, "--document", "--clock", clock];
        arguments.extend(["--executions", EXECUTIONS]);
        // As a shell takes the words apart.
        let pieces = self.reading.split('\'').zip([false, true].into_iter().cycle());
        for (piece, quoted) in pieces {
            match quoted {
                true => arguments.push(piece),
                false => arguments.extend(piece.split_whitespace()),
            }
        }
        let output = called(&arguments);
        (String::from_utf8(output.stdout).expect("it writes text"), output.status.code())
    }

    /// The lines that count.
    fn lines(&self) -> Vec<String> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("logs").join(format!("{}.log", self.log));
        let text = std::fs::read_to_string(path).expect("there is such a log");
        let ignored = self.reading.contains("--ignore '(daemon) Exit'").then_some("(daemon) Exit");
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim_end().to_owned());
        lines.filter(|line| !line.is_empty() && Some(line.as_str()) != ignored).collect()
    }

    /// What is printed when the schedule that was found is run again, without what does not count.
    fn printed(&self, explanation: &str) -> Vec<String> {
        let command =
            explanation.lines().find_map(|line| line.strip_prefix("  replay: cargo run --release -- "));
        let words: Vec<&str> = command.expect("there is a command").split_whitespace().collect();
        let (words, schedule) =
            words.split_at(words.iter().position(|w| w.starts_with('\'')).expect("a schedule"));
        let schedule = schedule.join(" ");
        let again = said(&[words, &[schedule.trim_matches('\'')]].concat());
        let (_, output) = again.split_once("prints\n\n").expect("it says what is printed");
        let lines =
            output.lines().map_while(|line| line.strip_prefix("    ").filter(|_| !line.contains("step ")));
        let unprinted = ["finish run", "start blocking lock"];
        let counts =
            |line: &&str| !line.trim().is_empty() && !unprinted.iter().any(|text| line.contains(text));
        lines.filter(counts).map(|line| line.trim_end().to_owned()).collect()
    }
}

/// The verdict of an explanation.
fn verdict(explanation: &str) -> Verdict {
    let number =
        explanation.lines().find_map(|line| line.strip_prefix("  line ")?.split(':').next()?.parse().ok());
    let headline = explanation.lines().next().unwrap_or_default();
    match number {
        None if headline.contains(": reproduced: ") => Reproduced,
        Some(number) if headline.contains(": impossible: ") => ImpossibleAt(number),
        None if headline.contains(": impossible: ") => MoreIsPrinted,
        _ => panic!("{explanation}"),
    }
}

/// The text with its threads numbered from 1 and its addresses made the same.
fn renamed(lines: &[String]) -> String {
    let text = lines.join("\n");
    let number = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    let names: std::collections::BTreeSet<u32> =
        text.split("Thread-").skip(1).map(|rest| number(rest).parse().expect("it has a number")).collect();
    let mut result = text.clone();
    for (name, from_one) in names.iter().zip(1..) {
        result = result.replace(&format!("Thread-{name}]"), &format!("Thread<{from_one}>]"));
        result = result.replace(&format!("Thread-{name}\n"), &format!("Thread<{from_one}>\n"));
    }
    let mut pieces = result.split("0x");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + "0x" + piece.trim_start_matches(|c: char| c.is_ascii_hexdigit()))
}

#[test]
fn every_log_is_decided_under_both_clocks() {
    for row in ROWS {
        for (clock, expected) in [("abstract", row.abstractly), ("virtual", row.virtually)] {
            let (explanation, code) = row.explained(clock);
            let log = format!("{} {} under the {clock} clock", row.log, row.reading);
            assert_eq!(verdict(&explanation), expected, "{log}: {explanation}");
            assert_eq!(code, Some(i32::from(expected != Reproduced)), "{log}");
            if expected == Reproduced {
                assert_eq!(renamed(&row.printed(&explanation)), renamed(&row.lines()), "{log}");
            }
        }
    }
}

#[test]
fn whatever_cannot_be_has_a_reason() {
    for row in ROWS {
        let possible = [row.abstractly, row.virtually] == [Reproduced; 2];
        assert_eq!(row.why.is_empty(), possible, "{}", row.log);
    }
}

#[test]
fn the_readme_lists_them() {
    let mut table = String::from(
        "| log | program | read with | time orders nothing | virtual time | why not |\n|---|---|---|---|---|---|\n",
    );
    for row in ROWS {
        let words = |verdict: Verdict| match verdict {
            Reproduced => "reproduced".to_owned(),
            ImpossibleAt(line) => format!("impossible at line {line}"),
            MoreIsPrinted => "impossible: more is printed".to_owned(),
        };
        let reading = if row.reading.is_empty() { String::new() } else { format!("`{}`", row.reading) };
        table.push_str(&format!(
            "| `{}.log` | `{}` | {reading} | {} | {} | {} |\n",
            row.log,
            row.program,
            words(row.abstractly),
            words(row.virtually),
            row.why
        ));
    }
    check("logs", table.trim_end());
}
