//! Parts of an exhaustive search, and how they are written.

use crate::base::Error;
use std::fmt;
use std::str::FromStr;

/// A part of an exhaustive search: the parts of one whole have nothing in common and are all of it.
///
/// ```
/// use selvedge::explore::Shard;
///
/// let second: Shard = "2/3".parse().unwrap();
/// assert_eq!((second.number, second.of), (2, 3));
/// assert!("4/3".parse::<Shard>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// Which part, counted from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };
}

impl Default for Shard {
    fn default() -> Self {
        Shard::WHOLE
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        let numbers = text.split_once('/').filter(|(number, of)| plain(number) && plain(of));
        let shard = numbers
            .and_then(|(number, of)| Some(Shard { number: number.parse().ok()?, of: of.parse().ok()? }));
        shard.filter(|shard| (1..=shard.of).contains(&shard.number) && shard.of <= MOST_SHARDS).ok_or_else(
            || {
                Error::new(
                    format!("`{text}` is no part of a whole"),
                    "in the name of the shard",
                    format!("write the part and of how many it is one, such as 1/3; at most {MOST_SHARDS}"),
                )
            },
        )
    }
}

const MOST_SHARDS: u32 = 1024;
