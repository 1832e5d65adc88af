//! Strategies whose work can be divided: what is left to do is a list of items that know nothing of each other.

use crate::base::{Error, Strategy};
use std::fmt::Display;
use std::str::FromStr;

/// A strategy whose work falls into items, each of which stands for one execution and for all that turns out to lie below it.
///
/// Items can be done in any order, by anybody who has the model, and together they give the same executions. So an
/// exploration can be spread over processors, broken off, written to a file and taken up again, and cut into parts.
///
/// ```
/// use selvedge::strategy::{self, Divisible};
///
/// let mut search = strategy::exhaustive();
/// let mut items = Vec::new();
/// search.take(&mut items);
/// let text = items[0].to_string();
/// search.give(text.parse().unwrap());
/// ```
pub trait Divisible: Strategy + Send + Sized {
    /// A piece of work. Its text says all that there is to it.
    type Item: Send + Display + FromStr<Err = Error>;

    /// What was learned from executions: counts that add up. Its text says all that counts.
    type Learned: Send + Display + FromStr<Err = Error>;

    /// One that goes about its work in the same way and has none.
    fn idle(&self) -> Self;

    /// Adds an item to the work to do; it is the next to be done.
    fn give(&mut self, item: Self::Item);

    /// Moves all the work to do to the end of `items`, what would be done next last.
    fn take(&mut self, items: &mut Vec<Self::Item>);

    /// What has been learned since this was last asked.
    fn learned(&mut self) -> Self::Learned;

    /// Adds what another has learned.
    fn absorb(&mut self, learned: Self::Learned);

    /// The executions that there will be in all have been estimated, give or take `spread`.
    fn estimated(&mut self, executions: f64, spread: f64);

    /// What tells roughly how much there is below an item: items with the same numbers are alike.
    fn likeness(item: &Self::Item) -> (u32, u32);

    /// The share of the whole that an item has been given when it was made.
    fn share(item: &Self::Item) -> f64;
}
