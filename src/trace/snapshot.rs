//! The stable text of a trace, for snapshots kept in a repository and compared byte for byte.
//!
//! It holds no seed, no address, no path and no line number: it changes when what happens changes, and only then.

use super::Trace;
use super::render::{Style, one_line, render};

/// The trace in columns, whole, and how it ended.
pub fn snapshot(trace: &Trace) -> String {
    let style = Style { max_rows: usize::MAX, ..Style::default() };
    let mut text = mask(&render(trace, &[], &style));
    text.push_str(&format!("ending: {}\n", trace.ending));
    text.push_str(&format!("schedule: {}", trace.schedule));
    format!("{}\n", text.trim_end())
}

/// Replaces what differs from run to run inside a text that a model wrote: addresses and thread numbers of std.
pub fn mask(text: &str) -> String {
    let text = replace_after(text, "0x", |c| c.is_ascii_hexdigit(), 5, "…");
    replace_after(&text, "ThreadId(", |c| c.is_ascii_digit(), 1, "…")
}

/// The first line of a text that a model wrote, masked.
pub fn mask_line(text: &str) -> String {
    mask(&one_line(text.lines().next().unwrap_or_default()))
}

/// Replaces at least `least` characters that `digit` accepts by `by`, wherever they follow `prefix`.
fn replace_after(text: &str, prefix: &str, digit: impl Fn(char) -> bool, least: usize, by: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(prefix) {
        let after = at + prefix.len();
        let end = rest[after..].find(|c| !digit(c)).map_or(rest.len(), |n| after + n);
        result.push_str(&rest[..after]);
        result.push_str(if end - after >= least { by } else { &rest[after..end] });
        rest = &rest[end..];
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::builder::{Builder, Does};

    #[test]
    fn addresses_and_thread_numbers_are_masked() {
        assert_eq!(mask("at 0x7ffdeadbeef of ThreadId(12), 0xff"), "at 0x… of ThreadId(…), 0xff");
        assert_eq!(mask("0x"), "0x");
    }

    #[test]
    fn is_whole_and_says_how_it_ended() {
        let mut build = Builder::new();
        let (x, b) = (build.shared("x"), build.thread("worker"));
        build.step(0, Does::Spawn(b)).step(1, Does::Get(x, 0)).step(1, Does::Set(x, 1));
        build.step(1, Does::End).step(0, Does::Join(b));
        insta::assert_snapshot!(snapshot(&build.finish()), @r"
        step   a: main        b: worker
           1   spawn worker
           2                  read x -> 0
           3                  write x = 1
           4                  ends
           5   join worker
    ending: finished
    schedule: b2
    ");
    }
}
