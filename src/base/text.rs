//! Texts that a model writes: each has a number that follows from nothing but its characters.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A text, by a number made of its characters. The same text has the same number in all executions and on all workers, so
/// that operations which carry it can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId(pub u64);

/// Texts by their numbers.
///
/// ```
/// use selvedge::base::Texts;
///
/// let mut texts = Texts::default();
/// let hello = texts.intern("hello");
/// assert_eq!(texts.intern("hello"), hello);
/// assert_eq!(texts.get(hello), "hello");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Texts {
    known: BTreeMap<TextId, Arc<str>>,
}

impl Texts {
    /// The number of a text, which is kept. For a text known already that is one lookup.
    pub fn intern(&mut self, text: &str) -> TextId {
        let mut id = TextId(number(text));
        loop {
            match self.known.get(&id) {
                Some(known) if **known == *text => return id,
                // Two texts whose numbers collide: the later one moves on.
                Some(_) => id = TextId(id.0.wrapping_add(1)),
                None => {
                    self.known.insert(id, text.into());
                    return id;
                }
            }
        }
    }

    /// The text of a number; empty when there is none.
    pub fn get(&self, id: TextId) -> &str {
        self.known.get(&id).map_or("", |text| text)
    }

    /// Takes over the text of a number from others.
    pub(crate) fn share(&mut self, others: &Texts, id: TextId) {
        if let Some(text) = others.known.get(&id) {
            self.known.entry(id).or_insert_with(|| Arc::clone(text));
        }
    }
}

/// Eight bytes at a time, each round mixed so that no bit of the text is lost.
fn number(text: &str) -> u64 {
    let mix = |hash: u64, word: u64| {
        let hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^ hash >> 29
    };
    let mut words = text.as_bytes().chunks_exact(8);
    let mut hash = mix(0x5e1f_ed6e, text.len() as u64);
    for word in &mut words {
        hash = mix(hash, u64::from_le_bytes(word.try_into().expect("eight bytes")));
    }
    words.remainder().iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_from_the_characters_alone() {
        let (mut one, mut other) = (Texts::default(), Texts::default());
        let words = ["", "a", "b", "ab", "ba", "12345678", "12345678a", "\n"];
        let forward: Vec<TextId> = words.iter().map(|word| one.intern(word)).collect();
        let mut backward: Vec<TextId> = words.iter().rev().map(|word| other.intern(word)).collect();
        backward.reverse();
        assert_eq!(forward, backward);
        assert!(forward.iter().zip(words).all(|(id, word)| one.get(*id) == word));
    }

    #[test]
    fn texts_that_collide_are_told_apart() {
        let mut texts = Texts::default();
        let stolen = TextId(number("a"));
        texts.known.insert(stolen, "another".into());
        let moved = texts.intern("a");
        assert_eq!(
            (moved, texts.get(moved), texts.get(stolen)),
            (TextId(stolen.0.wrapping_add(1)), "a", "another")
        );
        assert_eq!(texts.intern("a"), moved);
    }
}
