//! Nodes as pieces of work that can be handed on, and as text.

use super::Exhaustive;
use super::node::{Label, NOBODY, Node};
use crate::base::{Choice, Error, Schedule, ThreadId};
use crate::strategy::{Divergence, Divisible};
use std::fmt;
use std::str::FromStr;

/// A node of an exhaustive search that has not been visited, with all that is below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item(Node);

/// What executions have told an exhaustive search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Learned {
    executions: u64,
    deadlocked: u64,
    /// This is no count of what there is, so that its text need not say it.
    work: u64,
    done: f64,
    doubt: Option<String>,
    divergence: Option<Divergence>,
}

impl Divisible for Exhaustive {
    type Item = Item;
    type Learned = Learned;

    fn idle(&self) -> Self {
        Exhaustive { waiting: Vec::new(), ..Exhaustive::new() }
    }

    fn give(&mut self, Item(node): Item) {
        self.waiting.push(node);
    }

    fn take(&mut self, items: &mut Vec<Item>) {
        items.extend(self.waiting.drain(..).map(Item));
    }

    fn learned(&mut self) -> Learned {
        Learned {
            executions: std::mem::take(&mut self.executions),
            deadlocked: std::mem::take(&mut self.deadlocked),
            work: std::mem::take(&mut self.work),
            done: std::mem::take(&mut self.done),
            doubt: self.doubt.take(),
            divergence: self.divergence.take(),
        }
    }

    fn absorb(&mut self, learned: Learned) {
        self.executions += learned.executions;
        self.deadlocked += learned.deadlocked;
        self.work += learned.work;
        self.done += learned.done;
        self.doubt = self.doubt.take().or(learned.doubt);
        self.divergence = self.divergence.take().or(learned.divergence);
    }

    fn estimated(&mut self, executions: f64, spread: f64) {
        self.estimated = Some((executions, spread));
    }

    /// How many decisions the schedule leaves open to reversal, and how long it is.
    fn likeness(Item(node): &Item) -> (u32, u32) {
        let open = node.labels.iter().filter(|label| **label != Label::Forced).count();
        (open as u32, node.choices.len() as u32)
    }

    fn share(Item(node): &Item) -> f64 {
        node.share
    }
}

impl fmt::Display for Item {
    /// `share; schedule; labels; chains; target label`: `0.25; a2 b3; 2f 3d d0-1; 4; b d0-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = &self.0;
        let schedule: Schedule = node.choices.iter().copied().collect();
        write!(f, "{}; {schedule};", node.share)?;
        for same in node.labels.chunk_by(|a, b| a == b) {
            write!(f, " {}", same.len())?;
            write_label(f, same[0])?;
        }
        write!(f, ";")?;
        node.chains.iter().try_for_each(|witness| write!(f, " {witness}"))?;
        match node.target {
            NOBODY => write!(f, "; - ")?,
            target => write!(f, "; {} ", ThreadId(target))?,
        }
        write_label(f, node.decision)
    }
}

fn write_label(f: &mut fmt::Formatter<'_>, label: Label) -> fmt::Result {
    match label {
        Label::Forced => write!(f, "f"),
        Label::FREE => write!(f, "d"),
        Label::Decision { first, end } => write!(f, "d{first}-{end}"),
    }
}

impl FromStr for Item {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || {
            Error::new(
                format!(
                    "`{}` is no piece of an exhaustive search",
                    text.chars().take(40).collect::<String>()
                ),
                "in a list of what is left to do",
                "begin anew",
            )
        };
        let node = parse(text).ok_or_else(refuse)?;
        let within = |label: &Label| match *label {
            Label::Forced => true,
            Label::Decision { first, end } => first <= end && end as usize <= node.chains.len(),
        };
        let sound = node.labels.iter().chain([&node.decision]).all(within)
            && node.chains.iter().all(|witness| (*witness as usize) < node.labels.len());
        if sound { Ok(Item(node)) } else { Err(refuse()) }
    }
}

fn parse(text: &str) -> Option<Node> {
    let mut parts = text.split(';').map(str::trim);
    let share: f64 = parts.next()?.parse().ok()?;
    let choices = parts.next()?.parse::<Schedule>().ok()?.choices().collect::<Vec<Choice>>();
    let mut labels = Vec::new();
    for word in parts.next()?.split_whitespace() {
        let digits = word.find(|c: char| !c.is_ascii_digit())?;
        let count: usize = word[..digits].parse().ok()?;
        if count > choices.len() {
            return None;
        }
        labels.resize(labels.len() + count, label(&word[digits..])?);
    }
    let chains = parts.next()?.split_whitespace().map(|witness| witness.parse().ok());
    let chains = chains.collect::<Option<Vec<u32>>>()?;
    let (target, decision) = parts.next()?.split_once(' ')?;
    let target = match target {
        "-" => NOBODY,
        thread => thread.parse::<Schedule>().ok()?.choices().next()?.thread.0,
    };
    let whole = parts.next().is_none() && share.is_finite() && labels.len() <= choices.len();
    whole.then_some(Node { choices, labels, chains, target, decision: label(decision)?, share })
}

fn label(text: &str) -> Option<Label> {
    match text {
        "f" => Some(Label::Forced),
        "d" => Some(Label::FREE),
        range => {
            let (first, end) = range.strip_prefix('d')?.split_once('-')?;
            Some(Label::Decision { first: first.parse().ok()?, end: end.parse().ok()? })
        }
    }
}

impl fmt::Display for Learned {
    /// `executions deadlocked done`, and the doubt if there is one. A divergence ends the search and is not kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.executions, self.deadlocked, self.done)?;
        self.doubt.iter().try_for_each(|doubt| write!(f, " {doubt}"))
    }
}

impl FromStr for Learned {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut words = text.splitn(4, ' ');
        let mut parse = || {
            let executions = words.next()?.parse().ok()?;
            let deadlocked = words.next()?.parse().ok()?;
            let done = words.next()?.parse().ok()?;
            let doubt = words.next().map(str::to_owned);
            Some(Learned { executions, deadlocked, work: 0, done, doubt, divergence: None })
        };
        parse().ok_or_else(|| {
            Error::new(format!("`{text}` is no record of an exhaustive search"), "in its state", "begin anew")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_what_its_text_says() {
        let node = Node {
            choices: "a2 b!3 c4".parse::<Schedule>().unwrap().choices().collect(),
            labels: vec![Label::FREE, Label::Forced, Label::Forced, Label::Decision { first: 0, end: 1 }],
            chains: vec![2],
            target: 1,
            decision: Label::Decision { first: 0, end: 1 },
            share: 1.0 / 3.0,
        };
        let item = Item(node);
        assert_eq!(item.to_string(), "0.3333333333333333; a2 b!3 c4; 1d 2f 1d0-1; 2; b d0-1");
        assert_eq!(item.to_string().parse(), Ok(item));
        assert_eq!(Item(Node::root()).to_string().parse(), Ok(Item(Node::root())));
    }

    #[test]
    fn what_is_no_item_is_refused() {
        for text in [
            "",
            "1",
            "1; a; 1d; ; -",
            "1; a; 1d0-1; ; - d",
            "1; a; 2d; ; - d",
            "x; ; ; ; - d",
            "1; ; ; 7; - d",
        ] {
            assert!(text.parse::<Item>().is_err(), "{text}");
        }
    }
}
