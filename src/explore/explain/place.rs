//! How far a log has been printed: what may be written next, character by character.

use super::log::Pattern;
use crate::base::ThreadId;

/// The most lines that may be printed in any order: those that have been are the bits of a number.
pub(super) const MOST_TOGETHER: usize = 64;

/// What has to be printed, in order.
#[derive(Clone, Debug)]
pub(super) struct Script {
    // Invariant: none is empty.
    pub(super) groups: Vec<Group>,
    pub(super) prefix: bool,
    pub(super) blank_lines: bool,
    pub(super) unprinted: Vec<Pattern>,
    /// Words before numbers that may stand for others, and whether the numbers keep their order.
    pub(super) numbered: Vec<(String, bool)>,
}

/// Lines in any order.
#[derive(Clone, Debug)]
pub(super) struct Group {
    // Invariant: at most `MOST_TOGETHER`.
    pub(super) lines: Vec<Line>,
}

/// A line with its number in the log's text.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) text: String,
}

/// How far the log has been printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Place {
    group: usize,
    /// Which lines of the group have been printed.
    taken: u64,
    /// The line that has been begun, and how much of it has been printed.
    line: Option<(usize, usize)>,
    /// Which numbers stand for which: (word, the program's, the log's).
    bound: Vec<(usize, u64, u64)>,
    /// Who has yet to end a line that does not count.
    skipping: Vec<ThreadId>,
}

/// What a write is to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// What comes next in it.
    Next(Place),
    /// Nothing that counts.
    Ignored(Place),
    /// Something else than what comes next.
    Other,
}

impl Script {
    /// What it is to the log if `thread` writes `text` now.
    pub(super) fn write(&self, place: &Place, thread: ThreadId, text: &str) -> Written {
        if text == "\n"
            && let Some(at) = place.skipping.iter().position(|skips| *skips == thread)
        {
            let mut place = place.clone();
            place.skipping.remove(at);
            return Written::Ignored(place);
        }
        let line = text.strip_suffix('\n').unwrap_or(text);
        if self.unprinted.iter().any(|pattern| pattern.matches(line.trim_end())) {
            let mut place = place.clone();
            if line.len() == text.len() {
                place.skipping.push(thread);
                place.skipping.sort();
            }
            return Written::Ignored(place);
        }
        let mut next = place.clone();
        for piece in text.split_inclusive('\n') {
            let words = piece.strip_suffix('\n').unwrap_or(piece);
            let printed = words.is_empty() || self.words(&mut next, words);
            if !printed || words.len() < piece.len() && !self.line_end(&mut next) {
                return Written::Other;
            }
        }
        if next == *place { Written::Ignored(next) } else { Written::Next(next) }
    }

    /// Whether all of the log has been printed.
    pub(super) fn is_done(&self, place: &Place) -> bool {
        let Some(group) = self.groups.get(place.group) else { return true };
        let last = place.group + 1 == self.groups.len();
        let ends = |(line, at): (usize, usize)| {
            let rest = group.lines[line].text.get(at..).unwrap_or_default();
            rest.trim().is_empty() && place.taken | 1 << line == full(group)
        };
        last && place.line.is_some_and(ends)
    }

    /// Whether a line is to begin.
    pub(super) fn is_between(&self, place: &Place) -> bool {
        place.line.is_none() || self.is_done(place)
    }

    /// How many lines have been printed.
    pub(super) fn progress(&self, place: &Place) -> usize {
        let before: usize = self.groups[..place.group].iter().map(|group| group.lines.len()).sum();
        let done = usize::from(self.is_done(place) && place.group < self.groups.len());
        before + place.taken.count_ones() as usize + done
    }

    /// The line that is to be printed next, or has been begun.
    pub(super) fn next_line(&self, place: &Place) -> Option<&Line> {
        let group = self.groups.get(place.group)?;
        let next = (0..group.lines.len()).find(|line| place.taken >> line & 1 == 0);
        group.lines.get(place.line.map_or(next?, |(line, _)| line))
    }

    pub(super) fn lines(&self) -> usize {
        self.groups.iter().map(|group| group.lines.len()).sum()
    }

    /// The names that stand for others: the program's and the log's.
    pub(super) fn renamed(&self, place: &Place) -> Vec<(String, String)> {
        let named = place.bound.iter().filter(|(_, here, there)| here != there);
        let name = |word: usize, number: u64| format!("{}{number}", self.numbered[word].0);
        named.map(|(word, here, there)| (name(*word, *here), name(*word, *there))).collect()
    }

    /// Prints words of one line; whether they are what comes next.
    fn words(&self, place: &mut Place, words: &str) -> bool {
        let Some(group) = self.groups.get(place.group) else { return false };
        if let Some((line, at)) = place.line {
            let end = self.match_words(&mut place.bound, words, &group.lines[line].text[at..]);
            place.line = end.map(|end| (line, at + end));
            return end.is_some();
        }
        for (number, line) in group.lines.iter().enumerate().filter(|(n, _)| place.taken >> n & 1 == 0) {
            let mut bound = place.bound.clone();
            if let Some(end) = self.match_words(&mut bound, words, &line.text) {
                (place.line, place.bound) = (Some((number, end)), bound);
                return true;
            }
        }
        false
    }

    /// Ends a line; whether it ends here.
    fn line_end(&self, place: &mut Place) -> bool {
        let Some(group) = self.groups.get(place.group) else { return !self.blank_lines };
        let line = match place.line.take() {
            Some((line, at)) => Some(line).filter(|_| group.lines[line].text[at..].trim().is_empty()),
            None if !self.blank_lines => return true,
            None => {
                (0..group.lines.len()).find(|n| place.taken >> n & 1 == 0 && group.lines[*n].text.is_empty())
            }
        };
        let Some(line) = line else { return false };
        place.taken |= 1 << line;
        if place.taken == full(group) {
            (place.group, place.taken) = (place.group + 1, 0);
        }
        true
    }

    /// How much of `line` the words are, if that is what it begins with.
    fn match_words(&self, bound: &mut Vec<(usize, u64, u64)>, words: &str, line: &str) -> Option<usize> {
        let (mut words, mut rest) = (words, line);
        while !words.is_empty() {
            if rest.is_empty() {
                return words.trim().is_empty().then_some(line.len());
            }
            if let (Some((_, after)), Some((_, log))) = (address(words), address(rest)) {
                (words, rest) = (after, log);
            } else if let Some((after, log)) = self.match_number(bound, words, rest) {
                (words, rest) = (after?, log);
            } else {
                let (here, there) = (words.chars().next()?, rest.chars().next()?);
                if here != there {
                    return None;
                }
                (words, rest) = (&words[here.len_utf8()..], &rest[there.len_utf8()..]);
            }
        }
        Some(line.len() - rest.len())
    }

    /// Where both begin with a name that ends in a number: what follows it in both, if the one may stand for the other.
    fn match_number<'a>(
        &self,
        bound: &mut Vec<(usize, u64, u64)>,
        words: &'a str,
        rest: &'a str,
    ) -> Option<(Option<&'a str>, &'a str)> {
        let (word, ordered) = self.numbered.iter().enumerate().find_map(|(at, (word, ordered))| {
            (words.starts_with(word.as_str()) && rest.starts_with(word.as_str())).then_some((at, *ordered))
        })?;
        let length = self.numbered[word].0.len();
        let (here, after) = number(&words[length..])?;
        let (there, log) = number(&rest[length..])?;
        Some((bind(bound, word, ordered, here, there).then_some(after), log))
    }
}

fn full(group: &Group) -> u64 {
    u64::MAX >> (64 - group.lines.len())
}

/// Lets one number stand for another, unless one of them is taken, or their order is to be kept and would not be.
fn bind(bound: &mut Vec<(usize, u64, u64)>, word: usize, ordered: bool, here: u64, there: u64) -> bool {
    let fits = |(of, mine, theirs): &(usize, u64, u64)| {
        let same = (*mine == here) == (*theirs == there);
        *of != word || same && (!ordered || (*mine < here) == (*theirs < there))
    };
    if !bound.iter().all(fits) {
        return false;
    }
    if let Err(at) = bound.binary_search(&(word, here, there)) {
        bound.insert(at, (word, here, there));
    }
    true
}

/// An address at the beginning of a text, and what follows it.
fn address(text: &str) -> Option<(&str, &str)> {
    let digits = text.strip_prefix("0x")?;
    let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
    (end > 0).then(|| digits.split_at(end))
}

/// A number at the beginning of a text, and what follows it.
fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::super::Log;
    use super::*;

    /// What each write is, of thread 1 unless it begins with `2:`.
    fn print(log: Log, writes: &[&str]) -> (String, Place, Script) {
        let script = log.script().unwrap();
        let (mut place, mut told) = (Place::default(), String::new());
        for text in writes {
            let (thread, text) = text.strip_prefix("2:").map_or((1, *text), |text| (2, text));
            let (word, next) = match script.write(&place, ThreadId(thread), text) {
                Written::Next(next) => ('n', next),
                Written::Ignored(next) => ('i', next),
                Written::Other => ('o', place.clone()),
            };
            told.push(word);
            place = next;
        }
        if script.is_done(&place) {
            told.push('!');
        }
        (told, place, script)
    }

    fn told(log: Log, writes: &[&str]) -> String {
        print(log, writes).0
    }

    #[test]
    fn lines_may_be_glued_and_the_last_need_not_end() {
        assert_eq!(told(Log::new("ab\ncd"), &["ab", "cd", "\n", "cd"]), "nonn!");
        assert_eq!(told(Log::new("abcd\n\n"), &["ab", "2:cd", "\n", "\n", "x"]), "nnnno!");
        assert_eq!(told(Log::new("abcd\n"), &["ab", "2:cd", "\n", "\n"]), "nnno!");
        assert_eq!(told(Log::new("abcd\n").ignore_blank_lines(), &["ab", "2:cd", "\n", "\n"]), "nnni!");
        assert_eq!(told(Log::new("ab \ncd\n"), &["ab\n", "cd  ", "\n"]), "nnn!");
    }

    #[test]
    fn lines_that_do_not_count_go_with_their_end() {
        let log = Log::new("a\nb\n").ignore_printed(Pattern::Prefix("finish".into()));
        assert_eq!(told(log, &["a", "2:finish x", "\n", "2:\n", "finish\n", "b"]), "niniin!");
    }

    #[test]
    fn names_stand_for_others_in_their_order_and_addresses_for_any() {
        let log = Log::new("[Thread-34] 0x1F\n[Thread-36]\n[Thread-34]\n");
        let writes = ["[Thread-1] 0xabc\n", "[Thread-1]\n", "[Thread-3]\n", "[Thread-2]\n", "[Thread-1]\n"];
        let (told_first, place, script) = print(log.clone(), &writes);
        assert_eq!(told_first, "nonon!");
        let pairs = [("Thread-1", "Thread-34"), ("Thread-3", "Thread-36")];
        assert_eq!(script.renamed(&place), pairs.map(|(here, there)| (here.to_owned(), there.to_owned())));
        let swapped = log.rename("Thread-34", "Thread-2").rename("Thread-36", "Thread-1");
        assert_eq!(
            told(swapped, &["[Thread-2] 0x1\n", "[Thread-2]\n", "[Thread-1]\n", "[Thread-2]\n"]),
            "nonn!"
        );
        assert_eq!(told(Log::new("Thread-2\nThread-1\n"), &["Thread-1\n", "Thread-2\n"]), "no");
        assert_eq!(told(Log::new("pid 7\npid 5\n").numbered("pid "), &["pid 1\n", "pid 2\n"]), "nn!");
    }

    #[test]
    fn groups_are_printed_in_any_order() {
        let log = Log::new("a\nb\nc\nd\n").unordered(2, 3);
        assert_eq!(told(log.clone(), &["a\n", "c\n", "d\n", "b\n", "d\n"]), "nnonn!");
        let (_, place, script) = print(log, &["a\n", "c\n"]);
        assert_eq!((script.progress(&place), script.next_line(&place).map(|line| line.number)), (2, Some(2)));
    }
}
