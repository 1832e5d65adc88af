//! House rules as a test: the layer table of `ARCHITECTURE.md`, and what keeps files small and honest.
//!
//! Rust is read as text here, comments and literals blanked out first; that is enough for these rules, and quick.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 70;

/// Files that may be longer, and why.
const LONG_FILES: &[(&str, &str)] = &[
    ("tests/backends.rs", "every primitive on every backend, to be read in one place"),
    ("src/base/operation.rs", "one vocabulary: every operation, to be read in one place"),
    ("src/base/schedule.rs", "the packed form, its text and the laws that connect them"),
    ("src/strategy/simulator.rs", "one stand-in for the engine, with the programs that it runs"),
];

/// Where `unsafe` may stand outside of tests.
const UNSAFE: &[&str] = &[
    "src/engine/fiber/",
    "src/sync/arc.rs",
    "src/sync/arc/",
    "src/sync/mutex.rs",
    "src/sync/per_execution.rs",
    "src/sync/rwlock_guard.rs",
    "src/thread/scope.rs",
];

/// Macros that earn their place, and how.
const MACROS: &[(&str, &str)] = &[
    ("src/backend/natives.rs", "two crates with std's names and no trait that says so"),
    ("src/sync/arc/copies.rs", "four unsized types that std copies, and no trait that says so"),
    ("src/sync/arc/made_of.rs", "four borrowed types with owned forms, three conversions each"),
    ("src/sync/atomic/integer.rs", "twelve types that differ in nothing but a width"),
    ("src/thread/local.rs", "std's `thread_local!` is a macro, so this is one"),
];

/// The one place of the library that looks at its surroundings.
const EDGE: &str = "src/explore/settings.rs";

#[test]
fn a_file_imports_only_from_layers_below() {
    let layers = layers();
    let mut wrong = Vec::new();
    for source in library() {
        let own = source.module[0].clone();
        let layer = |module: &str| layers.get(module).copied();
        for used in source.uses() {
            let below = match (layer(&used), layer(&own)) {
                (Some(other), Some(here)) => other < here,
                _ => false,
            };
            if used != own && !below {
                wrong.push(format!("{}: `{own}` may not import from `{used}`", source.path));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn the_layer_table_names_every_module_and_no_other() {
    let modules: BTreeSet<String> = library().iter().map(|source| source.module[0].clone()).collect();
    assert_eq!(layers().into_keys().collect::<BTreeSet<_>>(), modules);
}

#[test]
fn every_file_begins_by_saying_what_it_is() {
    let mute = all().into_iter().filter(|source| !source.text.starts_with("//! "));
    assert_none(mute.map(|source| format!("{}: no `//!` at the top", source.path)).collect());
}

#[test]
fn every_file_is_part_of_its_crate() {
    for root in ["src/lib.rs", "macros/src/lib.rs", "models/src/lib.rs"] {
        let folder = &root[..root.len() - "lib.rs".len()];
        let mut reached = BTreeSet::new();
        reach(Path::new(root), true, &mut reached);
        if folder == "models/src/" {
            reach(Path::new("models/src/main.rs"), true, &mut reached);
        }
        let all = read(folder).into_iter().map(|source| source.path);
        assert_none(
            all.filter(|path| !reached.contains(path)).map(|p| format!("{p}: nobody says `mod`")).collect(),
        );
    }
}

#[test]
fn files_are_short() {
    let mut wrong = Vec::new();
    for source in all() {
        let excused = LONG_FILES.iter().any(|(path, _)| *path == source.path);
        let lines = source.text.lines().count();
        if lines > LONGEST_FILE && !excused {
            wrong.push(format!("{}: {lines} lines", source.path));
        }
        if lines <= LONGEST_FILE && excused {
            wrong.push(format!("{}: short by now, so it needs no excuse", source.path));
        }
    }
    assert_none(wrong);
}

#[test]
fn functions_are_short() {
    let mut wrong = Vec::new();
    for source in all() {
        for (name, lines) in functions(&blanked(&source.text)) {
            if lines > LONGEST_FUNCTION {
                wrong.push(format!("{}: `{name}` has {lines} lines", source.path));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn unsafe_stays_where_it_is_expected() {
    let expected = |source: &Source| UNSAFE.iter().any(|place| source.path.starts_with(place));
    let wrong = library().into_iter().filter(|source| !expected(source) && source.says("unsafe"));
    assert_none(wrong.map(|source| format!("{}: unsafe", source.path)).collect());
}

#[test]
fn macros_are_few() {
    let expected = |source: &Source| MACROS.iter().any(|(path, _)| *path == source.path);
    let wrong = all().into_iter().filter(|source| !expected(source) && source.says("macro_rules"));
    assert_none(wrong.map(|source| format!("{}: macro_rules", source.path)).collect());
}

#[test]
fn the_library_neither_prints_nor_looks_around() {
    let forbidden = ["println", "eprintln", "print", "eprint", "dbg", "env", "exit"];
    let mut wrong = Vec::new();
    for source in library() {
        for line in source.code.lines() {
            let calls = |word: &str| match word {
                "env" => line.contains("std::env") || line.contains("env::var"),
                "exit" => line.contains("process::exit"),
                word => says(line, word) && line.contains(&format!("{word}!")),
            };
            if source.path != EDGE && forbidden.iter().any(|word| calls(word)) {
                wrong.push(format!("{}: {}", source.path, line.trim()));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn no_hash_map_decides_an_order() {
    let wrong = library().into_iter().filter(|source| source.says("HashMap") || source.says("HashSet"));
    assert_none(wrong.map(|source| format!("{}: a hash map or set", source.path)).collect());
}

#[test]
fn excuses_are_for_files_that_exist() {
    let excused = LONG_FILES.iter().chain(MACROS).map(|(path, _)| *path).chain(UNSAFE.iter().copied());
    assert_none(excused.filter(|path| !root().join(path).exists()).map(str::to_owned).collect());
}

/// A file, read.
struct Source {
    /// Its path from the root of the repository.
    path: String,
    /// Its module path: `["engine", "object", "mutex"]`; `["lib"]` for the root.
    module: Vec<String>,
    text: String,
    /// The text with comments and literals blanked out, up to its tests.
    code: String,
}

impl Source {
    fn says(&self, word: &str) -> bool {
        says(&self.code, word)
    }

    /// The modules at the top of the crate that it names, by `crate::` or by enough of `super::`.
    fn uses(&self) -> BTreeSet<String> {
        let code: String = self.code.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut used = BTreeSet::new();
        for (at, _) in code.match_indices("crate::") {
            // `$crate` is how a macro names this crate to its users.
            if !code[..at].ends_with('$') {
                used.extend(heads(&code[at + "crate::".len()..]));
            }
        }
        let climb = "super::".repeat(self.module.len());
        for (at, _) in code.match_indices(&climb) {
            used.extend(heads(&code[at + climb.len()..]));
        }
        used.remove("self");
        // An exported macro stands at the root, whatever module it is from.
        if used.remove("thread_local") {
            used.insert("thread".to_owned());
        }
        used
    }
}

/// The first segments of a path or of a group of paths: of `{a::b, c}` these are `a` and `c`.
fn heads(path: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = path.strip_prefix('{') else { return vec![word(path)] };
    let (mut depth, mut heads, mut begin) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.push(word(&group[begin..at]));
                begin = at + 1;
            }
            _ => {}
        }
        if c == '}' && depth == 0 && begin == at + 1 {
            break;
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

/// The table of `ARCHITECTURE.md`: the number of each module's layer.
fn layers() -> BTreeMap<String, u32> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("there is an ARCHITECTURE.md");
    let mut layers = BTreeMap::new();
    for line in text.lines() {
        let mut cells = line.split('|').skip(1).map(str::trim);
        if let (Some(Ok(layer)), Some(modules)) = (cells.next().map(str::parse), cells.next()) {
            for module in modules.split('`').skip(1).step_by(2) {
                let name = module.trim_start_matches("src/").trim_end_matches(".rs");
                layers.insert(name.to_owned(), layer);
            }
        }
    }
    assert!(layers.contains_key("engine"), "ARCHITECTURE.md has a table of layers");
    layers
}

/// The library's own code: tests may use all of it.
fn library() -> Vec<Source> {
    let tested = ["/tests", "/testing.rs", "/builder.rs", "/simulator.rs"];
    let own = |source: &Source| {
        let under_test = tested.iter().any(|name| source.path.contains(name))
            && !source.path.ends_with("thread/builder.rs");
        !under_test
    };
    read("src/").into_iter().filter(own).collect()
}

/// All code in the repository.
fn all() -> Vec<Source> {
    ["src/", "macros/", "models/", "tests/", "benches/", "examples/"].into_iter().flat_map(read).collect()
}

fn read(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.sort();
    paths.into_iter().map(|path| source(&path)).collect()
}

fn source(path: &Path) -> Source {
    let text = fs::read_to_string(path).expect("a readable file");
    let relative = path.strip_prefix(root()).expect("it is below the root");
    let name = relative.to_str().expect("a plain name").replace('\\', "/");
    let stem = name.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let module = stem.split('/').map(str::to_owned).collect();
    // Tests stand at the end of a file and may use everything.
    let code = blanked(&text);
    let end = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    Source { path: name, module, text, code: code[..end].to_owned() }
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        match path.extension() {
            None if path.is_dir() && !path.ends_with("target") => walk(&path, paths),
            Some(extension) if extension == "rs" => paths.push(path),
            _ => {}
        }
    }
}

/// Adds the file and those that its `mod` items name. A file that is a root or a `mod.rs` has its children beside it.
fn reach(path: &Path, beside: bool, reached: &mut BTreeSet<String>) {
    let Ok(text) = fs::read_to_string(root().join(path)) else { return };
    reached.insert(path.to_str().expect("a plain name").to_owned());
    let folder =
        if beside { path.parent().expect("in a folder").to_owned() } else { path.with_extension("") };
    for line in blanked(&text).lines() {
        let line = line.trim();
        let item =
            line.rsplit_once("mod ").filter(|(before, _)| before.is_empty() || before.starts_with("pub"));
        if let Some(name) = item.and_then(|(_, name)| name.strip_suffix(';')) {
            reach(&folder.join(format!("{name}.rs")), false, reached);
            reach(&folder.join(name).join("mod.rs"), true, reached);
        }
    }
}

/// The functions of a text without comments and literals: name and number of lines.
fn functions(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let starts = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if !starts || name.is_empty() {
            continue;
        }
        let mut depth = 0usize;
        for (length, c) in code[at..].char_indices() {
            match c {
                '{' | '(' | '[' => depth += 1,
                // A declaration without a body.
                ';' if depth == 0 => break,
                ')' | ']' => depth = depth.saturating_sub(1),
                '}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        found.push((name, code[at..at + length].lines().count()));
                        break;
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// The text with comments, strings and characters replaced by spaces, line by line the same.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let previous = out.chars().next_back().unwrap_or(' ');
        let length = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => quoted(rest, '"'),
            'r' if !previous.is_alphanumeric() && (rest.starts_with("r\"") || rest.starts_with("r#\"")) => {
                raw(rest)
            }
            // Not a lifetime.
            '\'' if rest[1..].starts_with('\\') || rest.chars().nth(2) == Some('\'') => quoted(rest, '\''),
            _ => 0,
        };
        if length == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    out
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw(text: &str) -> usize {
    let end = if text.starts_with("r\"") { "\"" } else { "\"#" };
    text[3..].find(end).map_or(text.len(), |at| 3 + at + end.len())
}

/// Whether `code` holds `word` as a word of its own.
fn says(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let alone = |at: usize| !code[..at].ends_with(part) && !code[at + word.len()..].starts_with(part);
    code.match_indices(word).any(|(at, _)| alone(at))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
