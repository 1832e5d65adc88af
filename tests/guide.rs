//! What the guide shows is what comes out: its programs are run, and their reports are compared with those on its pages. To
//! rewrite these: `UPDATE_GUIDE=1 cargo test --test guide -- --test-threads=1`.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// The program of `first_finding.md`.
mod sells {
    use selvedge::sync::Mutex;
    use selvedge::thread;

    struct Stock {
        left: Mutex<u32>,
    }

    impl Stock {
        fn new(left: u32) -> Self {
            Stock { left: Mutex::with_name(left, "left") }
        }

        /// Takes a copy, if there is one left.
        fn sell(&self) -> bool {
            if *self.left.lock().unwrap() == 0 {
                return false;
            }
            *self.left.lock().unwrap() -= 1;
            true
        }
    }

    #[selvedge::test]
    #[ignore = "it fails, as the guide shows"]
    pub(super) fn the_last_copy_is_sold_once() {
        let stock = Stock::new(1);
        let sold = thread::scope(|scope| {
            let other = scope.spawn(|| stock.sell());
            [stock.sell(), other.join().unwrap()]
        });
        assert_eq!(sold.iter().filter(|sold| **sold).count(), 1, "copies sold");
    }
}

/// The program of `traces.md`.
mod waits {
    use selvedge::sync::atomic::{AtomicBool, Ordering};
    use selvedge::sync::{Arc, Condvar, Mutex};
    use selvedge::thread;

    struct Mailbox {
        full: AtomicBool,
        lock: Mutex<()>,
        filled: Condvar,
    }

    #[selvedge::test]
    #[ignore = "it fails, as the guide shows"]
    pub(super) fn the_letter_arrives() {
        let mailbox = Arc::new(Mailbox {
            full: AtomicBool::with_name(false, "full"),
            lock: Mutex::with_name((), "lock"),
            filled: Condvar::with_name("filled"),
        });
        let theirs = Arc::clone(&mailbox);
        let reader = thread::Builder::new().name("reader".into()).spawn(move || {
            let mut guard = theirs.lock.lock().unwrap();
            while !theirs.full.load(Ordering::SeqCst) {
                guard = theirs.filled.wait(guard).unwrap();
            }
        });
        // Wrong: the lock is not held.
        mailbox.full.store(true, Ordering::SeqCst);
        mailbox.filled.notify_one();
        reader.unwrap().join().unwrap();
    }
}

#[test]
fn the_first_finding_is_what_comes_out() {
    shown("first_finding.md", "sells", sells::the_last_copy_is_sold_once);
}

#[test]
fn the_trace_is_what_comes_out() {
    shown("traces.md", "waits", waits::the_letter_arrives);
}

#[test]
fn every_page_is_part_of_the_guide() {
    let guide = read("src/guide.rs");
    for entry in path("docs/guide").read_dir().expect("a folder") {
        let name = entry.expect("a readable folder").file_name().into_string().expect("a plain name");
        let module = name.strip_suffix(".md").expect("a page");
        assert!(guide.contains(&format!("docs/guide/{name}")), "{name} is not included");
        assert!(guide.contains(&format!("[`{module}`]")), "the first page does not mention {module}");
    }
}

/// The documentation of `Config::from_env` is where they are listed; the README has the same list.
#[test]
fn the_variables_are_listed_alike() {
    let rows = |file: &str| -> Vec<String> {
        let text = read(file);
        let lines = text.lines().map(|line| line.trim().trim_start_matches("/// "));
        lines.filter(|line| line.starts_with("| `SELVEDGE_")).map(str::to_owned).collect()
    };
    let listed = rows("src/explore/settings.rs");
    assert_eq!(listed, rows("README.md"));
    let settings = read("src/explore/settings.rs");
    let known = settings.lines().filter(|line| line.starts_with("    (\"SELVEDGE_"));
    let known: Vec<&str> = known.filter_map(|line| line.split('"').nth(1)).collect();
    assert_eq!(known.len(), listed.len());
    for (variable, row) in known.iter().zip(&listed) {
        assert!(row.starts_with(&format!("| `{variable}` |")), "{variable} beside {row}");
    }
}

/// Compares a page with its program, and with what that says.
#[track_caller]
fn shown(page: &str, module: &str, test: fn()) {
    let own = read("tests/guide.rs").replace("    #[ignore = \"it fails, as the guide shows\"]\n", "");
    let (_, body) = own.split_once(&format!("mod {module} {{\n")).expect("a module of this file");
    let (body, _) = body.split_once("\n}\n").expect("which ends");
    let lines = body.lines().map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned() + "\n");
    let code: String = lines.collect::<String>().replace("pub(super) fn", "fn");
    between(page, &format!("code {module}"), &format!("```rust\n{code}```"));

    let message = catch_unwind(test).expect_err("it fails");
    let said = message.downcast::<String>().expect("with a report");
    // A report names the test as the harness does here; on its page it stands at the top of its file.
    let said = said.replace(&format!("{module}::"), "");
    between(page, &format!("report {module}"), &format!("```text\n{}\n```", said.trim_end()));
}

/// Compares, or rewrites, what stands on a page between `<!-- begin NAME -->` and `<!-- end NAME -->`.
#[track_caller]
fn between(page: &str, name: &str, expected: &str) {
    let page = format!("docs/guide/{page}");
    let text = read(&page);
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let (before, rest) = text.split_once(&begin).expect("the beginning is marked");
    let (shown, after) = rest.split_once(&end).expect("the end is marked");
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        let text = format!("{before}{begin}{expected}\n{end}{after}");
        std::fs::write(path(&page), text).expect("it can be written");
        return;
    }
    assert_eq!(shown.trim_end(), expected, "{page} is out of date: see the top of this test");
}

fn read(file: &str) -> String {
    std::fs::read_to_string(path(file)).expect("a file of the repository")
}

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}
