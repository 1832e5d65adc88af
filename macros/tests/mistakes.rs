//! Mistakes in the use of the attribute, as the compiler tells them: the words, and the place that it points to.

use std::path::PathBuf;
use std::process::Command;

/// What is written, with `^` under what the compiler has to point to, and the words.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "#[test(sede = 7)] fn f() {}",
        "       ^^^^",
        "there is no setting `sede`: use `strategy`, `backend`, `budget`, `seed`, `steps`, `time`, `expect`, `allow_trivial`, `locations`, \
         `memory`, `clock`, `spurious_wakeups`, `weak_failures` or `jobs`",
    ),
    ("#[test(seed = \"x\")] fn f() {}", "              ^^^", "`seed` is a whole number, such as `seed = 7`"),
    ("#[test(budget = 0)] fn f() {}", "                ^", "`budget` is at least 1"),
    (
        "#[test(budget = -1)] fn f() {}",
        "                ^",
        "`budget` is a whole number from 1 to 18446744073709551615, and not below 0",
    ),
    (
        "#[test(steps = 18446744073709551616)] fn f() {}",
        "               ^^^^^^^^^^^^^^^^^^^^",
        "`steps` is at most 1073741824",
    ),
    (
        "#[test(strategy = \"pct:0\")] fn f() {}",
        "                  ^^^^^^^",
        "behind `pct:` stands a whole number from 1 to 4294967295",
    ),
    (
        "#[test(expect = \"dead lock\")] fn f() {}",
        "                ^^^^^^^^^^^",
        "`expect` is \"data race\", \"misuse\", \"panic\", \"lost wakeup\", \"deadlock\", \"livelock\", \"starvation\", \"leak\", \
         \"lock-order inversion\" or \"lost update\"",
    ),
    ("#[test(seed = 1, seed = 2)] fn f() {}", "                 ^^^^", "`seed` is given twice"),
    ("#[test(seed = 1 budget = 2)] fn f() {}", "                ^^^^^^", "there is no comma before `budget`"),
    ("#[test(seed =)] fn f() {}", "            ^", "`seed` is given no value"),
    (
        "#[test(\"pct\")] fn f() {}",
        "       ^^^^^",
        "`\"pct\"` is no argument: write `name = value`, such as `strategy = \"pct:3\"`",
    ),
    (
        "#[test(allow_trivial = 7)] fn f() {}",
        "                       ^",
        "`allow_trivial` is on or off: write it alone, or `allow_trivial = false`",
    ),
    ("#[test] fn f(x: u32) {}", "            ^^^^^^^^", "a test takes no arguments"),
    ("#[test] fn f<T>() {}", "            ^", "a test has no generic parameters"),
    ("#[test] async fn f() {}", "        ^^^^^", "a test is a plain function, without `async`"),
    ("#[test] struct F;", "        ^^^^^^", "`#[selvedge::test]` stands on a function"),
    ("#[test] #[test] fn f() {}", "         ^^^^^^", "it is a test already: leave `#[test]` out"),
];

#[test]
fn a_mistake_is_told_in_one_sentence_where_it_is() {
    for (number, (code, marks, words)) in MISTAKES.iter().enumerate() {
        let told = compile(number, code);
        let errors: Vec<&str> = told.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.first(), Some(&&*format!("error: {words}")), "{code}\n{told}");
        assert!(errors.len() <= 2, "one mistake, and that there were errors: {told}");
        let pointed = told.lines().find(|line| line.trim_start_matches([' ', '|']).starts_with('^'));
        let pointed = pointed.and_then(|line| line.split_once("| ")).map(|(_, marks)| marks.trim_end());
        assert_eq!(pointed, Some(*marks), "{code}\n{told}");
    }
}

/// What the compiler says of a file that uses the attribute as `test`.
fn compile(number: usize, code: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("mistake_{number}.rs"));
    std::fs::write(&file, format!("use selvedge_macros::test;\n{code}\n")).expect("a place to write to");
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(compiler);
    command.args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--test", "--color=never"]);
    command.arg("--extern").arg(format!("selvedge_macros={}", library().display()));
    command.arg("--out-dir").arg(&folder).arg(&file);
    let output = command.output().expect("the compiler that has compiled this");
    String::from_utf8(output.stderr).expect("text")
}

/// The macro as it was last compiled; it lies beside this test.
fn library() -> PathBuf {
    let own = std::env::current_exe().expect("this test is a file");
    let beside = own.parent().expect("it is in a folder").read_dir().expect("which can be read");
    let prefix = format!("{}selvedge_macros-", std::env::consts::DLL_PREFIX);
    let is_library = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&prefix) && name.ends_with(std::env::consts::DLL_SUFFIX)
    };
    let built = |path: &PathBuf| path.metadata().and_then(|data| data.modified()).ok();
    let libraries = beside.filter_map(|entry| Some(entry.ok()?.path())).filter(is_library);
    libraries.max_by_key(built).expect("the macro is compiled before its tests")
}
