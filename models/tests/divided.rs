//! Long explorations as a shell sees them: on many processors, broken off and taken up again, and in parts.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const TOOL: &str = env!("CARGO_BIN_EXE_selvedge");

/// Nothing is wrong with it, in 1 480 executions.
const FIXED: [&str; 6] = ["explore", "bounded_queue_fixed", "--set", "consumers=2", "--set", "items=2"];
/// A wakeup is lost in some of 720 executions.
const WRONG: [&str; 7] =
    ["explore", "bounded_queue", "--set", "consumers=2", "--set", "items=2", "--all-findings"];

fn run(arguments: &[&str]) -> Output {
    Command::new(TOOL).args(arguments).output().expect("the tool runs")
}

fn with(first: &[&str], rest: &[&str]) -> Output {
    run(&[first, rest].concat())
}

fn told(output: &Output) -> (i32, String) {
    let text = String::from_utf8(output.stdout.clone()).expect("it writes text");
    (output.status.code().expect("it ended by itself"), text)
}

/// What it refuses with: one sentence, and the exit code for it.
fn refusal(output: &Output) -> String {
    let sentence = String::from_utf8(output.stderr.clone()).expect("it writes text");
    assert_eq!(told(output), (2, String::new()), "{sentence}");
    assert_eq!(sentence.matches('\n').count(), 1, "{sentence}");
    sentence
}

/// A name for a file of this test alone, where there is none.
fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    path
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the file was written")
}

#[test]
fn the_number_of_processors_makes_no_difference() {
    for program in [&FIXED[..], &WRONG[..], &WRONG[..6]] {
        let alone = told(&with(program, &["--strategy", "exhaustive", "--jobs", "1"]));
        for jobs in ["2", "3", "0"] {
            assert_eq!(told(&with(program, &["--strategy", "exhaustive", "--jobs", jobs])), alone);
        }
    }
}

#[test]
fn what_was_broken_off_is_taken_up_again() {
    let file = fresh("taken up");
    let path = file.to_str().expect("a plain path");
    for most in ["500", "1000"] {
        let (code, report) = told(&with(&FIXED, &["--checkpoint", path, "--executions", most]));
        assert_eq!(code, 0, "{report}");
        assert!(
            report.contains(&format!("sampled: {} executions", if most == "500" { "500" } else { "1 000" }))
        );
        assert!(report.contains(&format!("the same command goes on from `{path}`")), "{report}");
    }
    let whole = told(&with(&FIXED, &["--strategy", "exhaustive"]));
    assert!(whole.1.contains("proved: all 1 480 executions"), "{}", whole.1);
    assert_eq!(told(&with(&FIXED, &["--checkpoint", path])), whole);
    // And once more: there is nothing left to do, and the verdict is the same.
    let figures = |text: String| text.lines().find(|line| line.starts_with("figures")).map(str::to_owned);
    let before = figures(text(&file));
    assert_eq!(told(&with(&FIXED, &["--checkpoint", path])), whole);
    assert_eq!(figures(text(&file)), before);
}

#[test]
fn ctrl_c_loses_nothing() {
    let file = fresh("interrupted");
    let path = file.to_str().expect("a plain path");
    let program = ["explore", "bounded_queue_fixed", "--set", "consumers=2", "--set", "items=3"];
    let mut command = Command::new(TOOL);
    let child = command.args(program).args(["--checkpoint", path]).stdout(Stdio::piped()).spawn();
    let child = child.expect("the tool runs");
    std::thread::sleep(Duration::from_millis(120));
    let kill =
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("there is a kill");
    let output = child.wait_with_output().expect("it ends");
    // A fast machine may have been done.
    if kill.success() && output.status.code() != Some(0) {
        let (code, report) = told(&output);
        assert_eq!(code, 130, "{report}");
        assert!(report.contains("not finished: the same command goes on"), "{report}");
    }
    let (code, report) = told(&with(&program, &["--checkpoint", path]));
    assert_eq!(code, 0);
    assert!(report.contains("proved: all 18 400 executions were run"), "{report}");
}

#[test]
fn a_checkpoint_that_does_not_fit_is_refused_and_left_as_it_was() {
    let file = fresh("refused");
    let path = file.to_str().expect("a plain path");
    with(&FIXED, &["--checkpoint", path, "--executions", "300"]);
    let whole = text(&file);
    let cases = [
        (whole[..whole.len() / 2].to_owned(), "its end is missing"),
        (whole.replace("checkpoint v1", "checkpoint v7"), "version 7 of it is not known"),
        (whole.replacen("figures 3", "figures 4", 1), "it has been changed or damaged"),
        (String::new(), "does not begin with"),
        ("something else\n".to_owned(), "does not begin with"),
    ];
    for (changed, expected) in cases {
        std::fs::write(&file, &changed).expect("it can be written");
        let sentence = refusal(&with(&FIXED, &["--checkpoint", path]));
        assert!(sentence.contains(expected) && sentence.contains(path), "{sentence}");
        assert_eq!(text(&file), changed);
    }
    std::fs::write(&file, &whole).expect("it can be written");
    for (other, expected) in [
        (
            ["explore", "bounded_queue_fixed", "--set", "items=2"],
            "it is of `bounded_queue_fixed consumers=2 items=2",
        ),
        (["explore", "bank_account", "--steps", "99"], "not of `bank_account"),
    ] {
        let sentence = refusal(&with(&other, &["--checkpoint", path]));
        assert!(sentence.contains(expected), "{sentence}");
    }
    let sentence = refusal(&with(&FIXED, &["--checkpoint", path, "--spurious", "1"]));
    assert!(sentence.contains("that search cannot be divided yet"), "{sentence}");
    assert!(refusal(&with(&FIXED, &["--checkpoint", path, "--shard", "1/2"])).contains("not of part 1/2"));
    assert_eq!(text(&file), whole);
}

#[test]
fn parts_are_put_together() {
    let files: Vec<PathBuf> = (1..=3).map(|part| fresh(&format!("part {part}"))).collect();
    let paths: Vec<&str> = files.iter().map(|file| file.to_str().expect("a plain path")).collect();
    for (program, verdict, code) in [
        (&FIXED[..], "proved: all 1 480 executions were run, in 3 parts", 0),
        (&WRONG[..], "all 720 executions", 1),
    ] {
        for (part, path) in paths.iter().enumerate() {
            let (_, report) =
                told(&with(program, &["--shard", &format!("{}/3", part + 1), "--report", path]));
            assert!(report.contains(&format!("finished part {}/3", part + 1)), "{report}");
        }
        let (found, joint) = told(&run(&["merge", paths[2], paths[0], paths[1]]));
        assert_eq!(found, code, "{joint}");
        assert!(joint.contains(verdict), "{joint}");
        assert_eq!(joint.starts_with("lost wakeup in bounded_queue"), code == 1, "{joint}");
    }
    assert!(refusal(&run(&["merge", paths[0], paths[2]])).contains("part 2/3 is missing"));
    assert!(
        refusal(&run(&["merge", paths[0], paths[0], paths[1], paths[2]])).contains("part 1/3 is there twice")
    );
    assert!(refusal(&run(&["merge", "nowhere"])).contains("there is no file `nowhere`"));
    with(&FIXED, &["--shard", "2/3", "--report", paths[1]]);
    let sentence = refusal(&run(&["merge", paths[0], paths[1], paths[2]]));
    assert!(sentence.contains("not of `bounded_queue consumers=2"), "{sentence}");
    assert!(sentence.contains("give those of one model, made with the same options"), "{sentence}");
    with(&WRONG, &["--shard", "2/3", "--report", paths[1], "--executions", "50"]);
    let (code, joint) = told(&run(&["merge", paths[0], paths[1], paths[2]]));
    assert!(code == 1 && joint.contains("of which 1 was left unfinished: 2/3"), "{joint}");
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for (options, expected) in [
        (&["--shard", "4/3"][..], "`4/3` is no part of a whole"),
        (&["--shard", "0/3"], "`0/3` is no part of a whole"),
        (&["--shard", "two"], "`two` is no part of a whole"),
        (&["--jobs", "-1"], "`-1` is no value for `--jobs`"),
        (&["--shard", "1/2", "--strategy", "pct"], "`--shard` is for exhaustive searches"),
        (&["--checkpoint", "x", "--clock", "virtual"], "`--checkpoint` is for exhaustive searches"),
        (&["--checkpoint", "/nowhere/at/all"], "it cannot be written"),
    ] {
        let sentence = refusal(&with(&FIXED, options));
        assert!(sentence.contains(expected), "{sentence}");
    }
}

#[test]
fn a_file_that_is_no_report_is_not_replaced() {
    let file = fresh("foreign");
    let path = file.to_str().expect("a plain path");
    std::fs::write(&file, "something else\n").expect("it can be written");
    for option in ["--report", "--checkpoint"] {
        let sentence = refusal(&with(&FIXED, &[option, path]));
        assert!(sentence.contains("does not begin with") && sentence.contains(path), "{sentence}");
        assert_eq!(text(&file), "something else\n");
    }
    let sentence = refusal(&with(&FIXED, &["--checkpoint", path, "--report", path]));
    assert!(sentence.contains("is named for both `--checkpoint` and `--report`"), "{sentence}");
    let sentence = refusal(&with(&FIXED, &["--report", env!("CARGO_TARGET_TMPDIR")]));
    assert!(sentence.starts_with("error: this is a directory, in `"), "{sentence}");
}

/// Replacing a device or waiting for what a pipe brings helps nobody; what a link leads to is what is meant.
#[cfg(unix)]
#[test]
fn files_that_are_not_ordinary_are_followed_or_refused() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|found| found.is_symlink());
    let pipe = fresh("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("there is a mkfifo");
    assert!(made.success());
    let (link, elsewhere) = (fresh("link"), fresh("led to"));
    symlink("led to", &link).expect("it can be made");
    let around = fresh("around");
    symlink("around", &around).expect("it can be made");
    for option in ["--report", "--checkpoint"] {
        for strange in [&pipe, Path::new("/dev/null")] {
            let sentence = refusal(&with(&FIXED, &[option, strange.to_str().expect("a plain path")]));
            assert!(sentence.contains("this is no ordinary file"), "{sentence}");
        }
        assert!(pipe.metadata().is_ok_and(|found| found.file_type().is_fifo()));
        let sentence = refusal(&with(&FIXED, &[option, around.to_str().expect("a plain path")]));
        assert!(sentence.contains("its links lead nowhere") && is_link(&around), "{sentence}");
        // First where the link leads there is nothing, then there is.
        for executions in ["100", "200"] {
            let options = [option, link.to_str().expect("a plain path"), "--executions", executions];
            assert_eq!(told(&with(&FIXED, &options)).0, 0);
            assert!(is_link(&link) && !is_link(&elsewhere));
            assert!(text(&elsewhere).starts_with("selvedge "), "{}", text(&elsewhere));
        }
        std::fs::remove_file(&elsewhere).expect("it can be removed");
    }
}
