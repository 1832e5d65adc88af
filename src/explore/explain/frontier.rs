//! The places to which a search can turn back, and which of them is the likeliest.
//!
//! **Paper.** Harvey and Ginsberg, "Limited discrepancy search", IJCAI 1995: where a guess is nearly always right, the wrong
//! guesses are few, so ways with few departures from what was guessed are tried first.
//!
//! **Deviation.** Departures are counted since the log was printed further than ever before: a log is explained piece by piece, and
//! what was right for one piece is not doubted before the next one has been tried. Among places with as few departures, those
//! at the last line and those some lines before it take turns, because what went wrong shows only later. Where there are too
//! many places, the latest is next, as in a depth-first search, so that they become no more.

use super::standing::Standing;
use crate::base::{Choice, ThreadId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// With more places than this, the latest is next.
const MOST_OPEN: usize = 30_000;

/// A choice of an execution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) choice: Choice,
    /// Whether its outcome was chosen too.
    pub(super) asked: bool,
}

/// What is left to try at a place.
#[derive(Debug)]
pub(super) enum Rest {
    /// These threads. The number has a bit for each that has been tried.
    Threads(Vec<ThreadId>, u64),
    /// The outcomes of this thread's choice, from one on.
    Outcomes(ThreadId, u32, u32),
}

/// A place to which the search can turn back.
#[derive(Debug)]
struct Node {
    /// How many choices come before it, and the last of them.
    at: usize,
    before: Option<u32>,
    standing: Standing,
    rest: Rest,
    rank: Rank,
}

/// How often the way there departed from what was likeliest, how many lines had been printed, and when it was found.
type Rank = (u32, Reverse<usize>, Reverse<u64>);

/// The execution under way, as far as it is known, and all places to which the search can turn back.
#[derive(Debug, Default)]
pub(super) struct Frontier {
    /// Every choice tried, with the one before it.
    moves: Vec<(Option<u32>, Move)>,
    /// The execution under way: which of them it makes.
    path: Vec<u32>,
    departures: u32,
    nodes: BTreeMap<u64, Node>,
    ranks: BTreeSet<Rank>,
    found: u64,
    turns: Turns,
}

/// How many printed lines from the last one the next place is to be, and from how many lines on it is the last one's turn
/// again: 0, then 0 and 1, then 0, 1 and 2, and so on.
#[derive(Debug, Default)]
struct Turns {
    back: usize,
    width: usize,
}

impl Frontier {
    /// How many choices of the execution under way are known.
    pub(super) fn len(&self) -> usize {
        self.path.len()
    }

    /// Its choices from a position on.
    pub(super) fn moves(&self, from: usize) -> impl Iterator<Item = &Move> {
        self.path.iter().skip(from).map(|number| &self.moves[*number as usize].1)
    }

    /// Goes on with a choice.
    pub(super) fn push(&mut self, thread: ThreadId, outcome: u32, asked: bool) {
        let next = Move { choice: Choice { thread, outcome }, asked };
        self.moves.push((self.path.last().copied(), next));
        self.path.push(self.moves.len() as u32 - 1);
    }

    /// The outcome of the choice at a position is asked for, one of so many: which is taken.
    pub(super) fn outcome(&mut self, position: usize, count: u32, standing: &Standing, lines: usize) -> u32 {
        let Some(number) = self.path.get(position) else { return 0 };
        let known = &mut self.moves[*number as usize].1;
        let outcome = known.choice.outcome;
        if !std::mem::replace(&mut known.asked, true) {
            let thread = known.choice.thread;
            self.open(position, Rest::Outcomes(thread, 1, count), standing, lines);
        }
        outcome
    }

    /// The search can turn back to the place before the choice at this position.
    pub(super) fn open(&mut self, at: usize, rest: Rest, standing: &Standing, lines: usize) {
        let rank = (self.departures, Reverse(lines), Reverse(self.found));
        let before = at.checked_sub(1).map(|last| self.path[last]);
        self.nodes.insert(self.found, Node { at, before, standing: standing.clone(), rest, rank });
        self.ranks.insert(rank);
        self.found += 1;
    }

    /// Whoever is likely to print what comes next would print something else: whatever is done now departs from what is likely.
    pub(super) fn depart(&mut self) {
        self.departures += 1;
    }

    /// The log has been printed further than ever before.
    pub(super) fn advance(&mut self) {
        self.departures = 0;
        self.turns = Turns::default();
    }

    /// Turns back to the likeliest place, and takes another choice there, if possible this thread: how many choices come before
    /// it, and how things stand. `None` when nothing is left to try.
    pub(super) fn turn_back(&mut self, wanted: Option<ThreadId>) -> Option<(usize, Standing)> {
        let mut node = self.likeliest()?;
        self.departures = node.rank.0 + 1;
        self.path.clear();
        let mut last = node.before;
        while let Some(number) = last {
            self.path.push(number);
            last = self.moves[number as usize].0;
        }
        self.path.reverse();
        let (at, mut standing) = (node.at, node.standing.clone());
        let left = match &mut node.rest {
            Rest::Threads(left, tried) => {
                let likeliest = left.iter().position(|thread| Some(*thread) == wanted);
                let thread = left.remove(likeliest.unwrap_or(0));
                standing.asleep |= *tried;
                *tried |= bit(thread);
                self.push(thread, 0, false);
                !left.is_empty()
            }
            Rest::Outcomes(thread, next, count) => {
                self.push(*thread, *next, true);
                *next += 1;
                *next < *count
            }
        };
        if left {
            self.ranks.insert(node.rank);
            self.nodes.insert(node.rank.2.0, node);
        }
        Some((at, standing))
    }

    /// The likeliest place, taken out.
    fn likeliest(&mut self) -> Option<Node> {
        let (_, node) = if self.nodes.len() > MOST_OPEN {
            self.nodes.pop_last()?
        } else {
            let (.., Reverse(number)) = self.ranks_in_turn()?;
            self.nodes.remove_entry(&number)?
        };
        self.ranks.remove(&node.rank);
        Some(node)
    }

    /// The least rank of those whose turn it is.
    fn ranks_in_turn(&mut self) -> Option<Rank> {
        let Turns { back, width } = self.turns;
        let first = *self.ranks.first()?;
        let mut rank = first;
        for _ in 0..back {
            let (departures, lines, _) = rank;
            // The places with as few departures and fewer lines.
            let fewer = (departures, lines, Reverse(0))..=(departures, Reverse(0), Reverse(0));
            match self.ranks.range(fewer).find(|rank| rank.1 > lines) {
                Some(next) => rank = *next,
                None => {
                    self.turns = Turns { back: 1, width: back };
                    return Some(first);
                }
            }
        }
        self.turns = match back < width {
            true => Turns { back: back + 1, width },
            false => Turns { back: 0, width: width + 1 },
        };
        Some(rank)
    }
}

/// Stands for a thread among the first 64; others never sleep.
pub(super) fn bit(thread: ThreadId) -> u64 {
    if thread.0 < 64 { 1 << thread.0 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(frontier: &Frontier) -> String {
        frontier.moves(0).map(|m| format!("{}.{} ", m.choice.thread.0, m.choice.outcome)).collect()
    }

    fn open(frontier: &mut Frontier, first: u32, others: &[u32], lines: usize) {
        let rest = Rest::Threads(others.iter().map(|number| ThreadId(*number)).collect(), 1 << first);
        frontier.open(frontier.len(), rest, &Standing::default(), lines);
        frontier.push(ThreadId(first), 0, false);
    }

    #[test]
    fn few_departures_come_first_then_more_lines_then_the_latest() {
        let mut frontier = Frontier::default();
        open(&mut frontier, 0, &[1, 2], 0);
        open(&mut frontier, 1, &[0], 1);
        assert_eq!(frontier.outcome(1, 2, &Standing::default(), 1), 0);
        assert_eq!(frontier.outcome(1, 2, &Standing::default(), 1), 0, "it is asked for once");
        let mut seen = Vec::new();
        while let Some((at, standing)) = frontier.turn_back(None) {
            seen.push((threads(&frontier), at, standing.asleep));
            if at == 1 {
                open(&mut frontier, 3, &[4], 5);
            }
        }
        let expected = [
            ("0.0 1.1 ", 1, 0),
            ("0.0 0.0 ", 1, 0b10),
            ("1.0 ", 0, 0b1),
            ("2.0 ", 0, 0b11),
            ("0.0 0.0 4.0 ", 2, 0b1000),
            ("0.0 1.1 4.0 ", 2, 0b1000),
        ];
        assert_eq!(seen, expected.map(|(path, at, asleep)| (path.to_owned(), at, asleep)));
    }

    #[test]
    fn what_was_found_before_an_advance_is_put_off() {
        let mut frontier = Frontier::default();
        open(&mut frontier, 0, &[1], 0);
        open(&mut frontier, 0, &[1], 1);
        frontier.turn_back(None);
        assert_eq!(threads(&frontier), "0.0 1.0 ");
        frontier.advance();
        open(&mut frontier, 2, &[3], 2);
        frontier.turn_back(None);
        assert_eq!(threads(&frontier), "0.0 1.0 3.0 ");
        frontier.turn_back(None);
        assert_eq!(threads(&frontier), "1.0 ");
        assert!(frontier.turn_back(None).is_none());
    }
}
