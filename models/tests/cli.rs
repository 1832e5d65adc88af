//! The command-line tool as a shell sees it: exit codes, sentences, and commands that can be pasted.

use std::process::{Command, Output, Stdio};

const TOOL: &str = env!("CARGO_BIN_EXE_selvedge");

fn run(arguments: &[&str]) -> Output {
    Command::new(TOOL).args(arguments).output().expect("the tool runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("it writes text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("it writes text")
}

/// What a report says between its beginning and its trace: what is wrong and why.
fn findings(report: &str) -> Vec<&str> {
    report.lines().take_while(|line| !line.starts_with("    step")).collect()
}

/// Runs a command that the tool told its user to run, through a shell, as a user would.
fn paste(command: &str) -> Output {
    let arguments = command.strip_prefix("cargo run --release -- ").expect("it runs this tool");
    let script = format!("\"$0\" {arguments}");
    Command::new("sh").args(["-c", &script, TOOL]).output().expect("a shell runs")
}

fn replay_command(report: &str) -> &str {
    let line = report.lines().find_map(|line| line.strip_prefix("  replay: "));
    line.unwrap_or_else(|| panic!("no replay command in:\n{report}"))
}

#[test]
fn without_arguments_every_program_shows_what_it_is_known_for() {
    let output = run(&[]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let text = stdout(&output);
    let row = |name: &str| {
        let row = text.lines().find(|line| line.split_whitespace().next() == Some(name));
        row.unwrap_or_else(|| panic!("no row for {name} in:\n{text}")).to_owned()
    };
    for program in models::programs() {
        assert!(row(program.name).ends_with("ms") || row(program.name).ends_with(" s"), "{text}");
    }
    assert!(row("bank_account").contains("lost update"));
    assert!(row("bounded_queue").contains("lost wakeup"));
    assert!(row("rlock_reverse_plain_lock").contains("deadlock (self)"));
    assert!(row("bounded_queue_fixed").contains("proved"));
    assert!(!text.contains('\x1b'), "no colours in a pipe");
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_finding_is_told_by_exit_code_1_and_a_proof_by_0() {
    let found = run(&["explore", "bounded_queue"]);
    assert_eq!((code(&found), stderr(&found).as_str()), (1, ""));
    assert!(stdout(&found).starts_with("lost wakeup in bounded_queue: "));
    let proved = run(&["explore", "bounded_queue_fixed"]);
    assert_eq!((code(&proved), stderr(&proved).as_str()), (0, ""));
    assert!(stdout(&proved).contains("proved: all"));
}

#[test]
fn the_replay_command_can_be_pasted_and_finds_the_same() {
    let cases: &[&[&str]] = &[
        &["bank_account"],
        &["bank_account", "--set", "times=2", "--strategy", "random", "--seed", "7"],
        &["bounded_queue", "--set", "consumers=2", "--set", "items=2", "--strategy", "pct:3"],
        &["bounded_queue", "--clock", "virtual", "--spurious", "1"],
        &["bounded_queue", "--locations"],
        &["rlock_reverse", "--strategy", "dfs:1"],
        &["rlock_reverse_plain_lock"],
    ];
    for case in cases {
        let explored = run(&[&["explore"], *case].concat());
        assert_eq!(code(&explored), 1, "{case:?}: {}", stderr(&explored));
        let report = stdout(&explored);
        let mut command = replay_command(&report).to_owned();
        if case.contains(&"--locations") {
            command.push_str(" --locations");
        }
        let replayed = paste(&command);
        assert_eq!(code(&replayed), 1, "{command}: {}", stderr(&replayed));
        let text = stdout(&replayed);
        assert_eq!(findings(&text), findings(&report), "{command}");
    }
}

#[test]
fn all_findings_each_have_a_command() {
    let explored = run(&["explore", "rlock_reverse", "--all-findings", "--executions", "2000"]);
    assert_eq!(code(&explored), 1);
    let report = stdout(&explored);
    let commands: Vec<&str> = report.lines().filter_map(|line| line.strip_prefix("  replay: ")).collect();
    assert!(!commands.is_empty(), "{report}");
    assert!(commands.iter().all(|command| code(&paste(command)) == 1), "{report}");
}

#[test]
fn a_replay_in_which_nothing_is_wrong_shows_what_happens() {
    let output = run(&["replay", "bank_account_locked", ""]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.starts_with("nothing is wrong in this execution of bank_account_locked: it finished"),
        "{text}"
    );
    assert!(text.contains("lock lock") && text.contains("write total"), "{text}");
}

#[test]
fn a_schedule_of_another_model_is_refused() {
    for schedule in ["z9", "a", "b5 c10 b99 ~aek"] {
        let output = run(&["replay", "bounded_queue", schedule]);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{schedule}");
        assert!(stderr(&output).contains("explore again for a new schedule"), "{}", stderr(&output));
    }
}

#[test]
fn a_long_schedule_is_not_printed_but_can_be_made_again() {
    let arguments =
        ["explore", "bank_account", "--set", "times=10000", "--strategy", "random", "--seed", "5"];
    let first = run(&arguments);
    assert_eq!(code(&first), 1);
    let report = stdout(&first);
    assert!(report.contains("is too long to print"), "{report}");
    assert!(report.len() < 20_000 && report.lines().count() < 120, "{report}");
    assert_eq!(stdout(&paste(replay_command(&report))), report);
}

#[test]
fn bad_input_gets_one_sentence_and_nothing_else() {
    let explore = |rest: &[&'static str]| [&["explore", "bank_account"], rest].concat();
    let cases = [
        (vec!["explore", "bank_acount"], "did you mean `bank_account`?"),
        (vec!["replay", "nothing", "a"], "`nothing` is no program"),
        (explore(&["--set", "tims=2"]), "did you mean `times`?"),
        (explore(&["--set", "times=-2"]), "`-2` is no value for `times`"),
        (explore(&["--set", "times"]), "`times` sets nothing"),
        (explore(&["--executions", "0"]), "`0` is no value for `--executions`"),
        (explore(&["--executions", "+1"]), "`+1` is no value for `--executions`"),
        (explore(&["--seed", "-1"]), "`-1` is no value for `--seed`"),
        (explore(&["--steps", "0"]), "`0` is no value for `--steps`"),
        (explore(&["--steps", "0"]), "write a whole number from 1 to 1073741824"),
        (explore(&["--steps", "99999999999"]), "write a whole number from 1 to 1073741824"),
        (explore(&["--set", "pairs=4294967295"]), "write a whole number from 1 to 1000"),
        (explore(&["--set", "times=1", "--set", "n=2"]), "`times` is set twice"),
        (explore(&["--time", "1e300"]), "write a number of seconds from 0.000000001 to 4294967295"),
        (explore(&["--time", "1e-300"]), "write a number of seconds from 0.000000001 to 4294967295"),
        (explore(&["--strategy", "pct:99999999999999999"]), "give a whole number from 1 to 4294967295"),
        (explore(&["--time", "0"]), "`0` is no value for `--time`"),
        (explore(&["--time", "-1"]), "`-1` is no value for `--time`"),
        (explore(&["--time", "NaN"]), "`NaN` is no value for `--time`"),
        (explore(&["--time", "inf"]), "`inf` is no value for `--time`"),
        (explore(&["--time", ""]), "`` is no value for `--time`"),
        (explore(&["--strategy", "pct:0"]), "a depth of 0 finds nothing"),
        (explore(&["--strategy", "magic"]), "`magic` is no strategy"),
        (explore(&["--clock", "real"]), "`real` is no value for `--clock`"),
        (explore(&["--spurious", "many"]), "`many` is no value for `--spurious`"),
        (explore(&["--sed", "3"]), "'--seed'"),
        (explore(&["more"]), "unexpected argument 'more'"),
        (vec!["explore"], "<NAME>"),
        (vec!["replay", "bank_account"], "<SCHEDULE>"),
        (vec!["replay", "bank_account", "7?"], "`7?` is no run of a thread"),
        (vec!["replay", "bank_account", "b4294967296"], "write a number from 1 to 4294967295"),
        (vec!["explor"], "'explore'"),
    ];
    for (arguments, expected) in cases {
        let output = run(&arguments);
        let sentence = stderr(&output);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{arguments:?}: {sentence}");
        assert!(sentence.starts_with("error: ") && sentence.contains(expected), "{arguments:?}: {sentence}");
        assert_eq!(sentence.matches('\n').count(), 1, "{arguments:?}: {sentence}");
    }
}

#[test]
fn what_was_not_tested_is_not_fine() {
    let cases = [
        (&["bounded_queue", "--steps", "1"][..], "raise `--steps`, or make the program smaller with `--set`"),
        (
            &["bank_account", "--set", "times=4294967295", "--strategy", "random", "--executions", "1"],
            "within 1 000 000 steps, so that nothing was tested",
        ),
        (
            &["bounded_queue", "--time", "0.000000001"],
            "nothing was tested, in this exploration: raise `--time`",
        ),
        // Here every execution comes to its end.
        (&["bank_account_locked", "--set", "times=9", "--strategy", "random", "--executions", "9"], ""),
    ];
    for (arguments, expected) in cases {
        let output = run(&[&["explore"], arguments].concat());
        let sentence = stderr(&output);
        let fine = expected.is_empty();
        assert_eq!(
            (code(&output), stdout(&output).is_empty()),
            (if fine { 0 } else { 2 }, !fine),
            "{sentence}"
        );
        assert!(sentence.contains(expected) && !sentence.contains("SELVEDGE_STEPS"), "{sentence}");
        assert_eq!(sentence.matches('\n').count(), usize::from(!fine), "{sentence}");
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let strange = std::ffi::OsStr::from_bytes(b"bank_\xff");
    let output = Command::new(TOOL).arg("explore").arg(strange).output().expect("the tool runs");
    let sentence = stderr(&output);
    assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
    assert!(sentence.contains("`bank_\u{fffd}` is no text, on the command line"), "{sentence}");
}

/// A file with a log, kept where tests leave theirs.
fn log(name: &str, text: &[u8]) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("it can be written");
    path.to_str().expect("its name is text").to_owned()
}

#[test]
fn a_log_is_explained_and_the_command_prints_it_again() {
    let path = log("threads.log", b"name: thread 1, argument: 1 name: thread 0, argument: 0\n\n");
    let output = run(&["explain", "worker_function", &path, "--set", "threads=2", "--locations"]);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("reproduced: this execution prints all 2 lines"), "{text}");
    assert!(text.contains("worker_threads.rs:"), "{text}");
    let command = replay_command(&text);
    let replayed = paste(command);
    let printed = "prints\n\n    name: thread 1, argument: 1 name: thread 0, argument: 0 \n    \n";
    assert!(stdout(&replayed).contains(printed), "{}", stdout(&replayed));
    let other = paste(&command.replace("threads=2", "threads=1"));
    assert_eq!((code(&other), stdout(&other).as_str()), (2, ""));
    assert!(stderr(&other).contains("explain the log again for a new schedule"), "{}", stderr(&other));
}

#[test]
fn a_log_that_cannot_be_is_told_by_exit_code_1() {
    let path = log("no_such.log", b"(reverse) Grab lock\n");
    let output = run(&["explain", "rlock_reverse", &path, "--ignore-printed", "(zero)*"]);
    let text = stdout(&output);
    assert_eq!(code(&output), 1, "{text}{}", stderr(&output));
    assert!(text.contains("impossible: no execution begins with the first line"), "{text}");
    assert!(
        text.contains("line 1: \"(reverse) Grab lock\"") && text.contains("there could follow: "),
        "{text}"
    );
}

#[test]
fn a_log_that_makes_no_sense_gets_one_sentence_and_nothing_else() {
    let (good, empty) = (log("good.log", b"(zero) Start\nThread-7\n"), log("empty.log", b"# so\n"));
    let (bytes, missing) = (log("bytes.log", &[b'a', 0xff]), format!("{}.not", log("missing.log", b"")));
    let folder = env!("CARGO_TARGET_TMPDIR");
    let explain = |path: &str, rest: &[&str]| {
        let words = [&["explain", "rlock_reverse", path], rest].concat();
        words.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let cases = [
        (explain(&good, &["--executions", "0"]), "`0` is no value for `--executions`"),
        (explain(&good, &["--time", "0"]), "`0` is no value for `--time`"),
        (explain(&good, &["--ignore", "*"]), "`*` means every line, or none"),
        (explain(&good, &["--unordered", "2"]), "`2` is no value for `--unordered`"),
        (explain(&good, &["--unordered", "0-1"]), "`0` is no value for `--unordered`"),
        (explain(&good, &["--unordered", "2-1"]), "from line 2 to line 1 there are 0 lines"),
        (explain(&good, &["--rename", "Thread-7"]), "`Thread-7` is no value for `--rename`"),
        (explain(&good, &["--rename", "Thread-8=one"]), "no line says `Thread-8`"),
        (explain(&good, &["--rename", "Thread-7=two"]), "the program has no thread called `two`"),
        (explain(&good, &["--clock", "real"]), "`real` is no value for `--clock`"),
        (explain(&empty, &["--comments", "#"]), "there is no line to explain"),
        (explain(&bytes, &[]), "this is no text"),
        (explain(&missing, &[]), "there is no file"),
        (explain(folder, &[]), "it cannot be read: is a directory"),
        (vec!["explain".into(), "rlock_revers".into(), good.clone()], "did you mean `rlock_reverse`?"),
        (vec!["explain".into(), "rlock_reverse".into()], "<LOGFILE>"),
    ];
    for (arguments, expected) in cases {
        let output = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let sentence = stderr(&output);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{arguments:?}: {sentence}");
        assert!(sentence.starts_with("error: ") && sentence.contains(expected), "{arguments:?}: {sentence}");
        assert_eq!(sentence.matches('\n').count(), 1, "{arguments:?}: {sentence}");
    }
}

#[test]
fn the_list_names_programs_and_parameters() {
    let output = run(&["list"]);
    assert_eq!(code(&output), 0);
    for program in models::programs() {
        assert!(stdout(&output).contains(program.about));
        assert!(program.parameters.iter().all(|p| stdout(&output).contains(p.about)));
    }
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    for arguments in [&["list"][..], &["explore", "bounded_queue"], &["--help"], &[]] {
        let mut command = Command::new(TOOL);
        let mut child = command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tool runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(code(&output) < 2, "{arguments:?}");
        assert_eq!(stderr(&output), "", "{arguments:?}");
    }
}

#[test]
fn time_is_a_limit() {
    let begin = std::time::Instant::now();
    let output =
        run(&["explore", "bank_account_locked", "--set", "times=9", "--strategy", "random", "--time", "0.2"]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    assert!(begin.elapsed().as_secs() < 20);
}
