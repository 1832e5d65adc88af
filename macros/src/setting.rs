//! Which settings there are and what they can be. Whatever passes here is understood by `selvedge::Config::set`.

use std::num::IntErrorKind;

/// What stands behind the name of a setting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Nothing.
    None,
    /// A text in quotation marks.
    Text(String),
    /// Something else: a number, a word.
    Other(String),
}

/// What a setting can be.
enum Kind {
    /// One of these words, in quotation marks.
    Words(&'static [&'static str]),
    /// The name of a strategy, in quotation marks.
    Strategy,
    /// A whole number between these.
    Number(u64, u64),
    /// It stands alone.
    Flag,
}

const SETTINGS: &[(&str, Kind)] = &[
    ("strategy", Kind::Strategy),
    ("backend", Kind::Words(&["engine", "loom", "shuttle", "std"])),
    ("budget", Kind::Number(1, u64::MAX)),
    ("seed", Kind::Number(0, u64::MAX)),
    ("steps", Kind::Number(1, 1 << 30)),
    ("time", Kind::Number(1, u32::MAX as u64)),
    ("expect", Kind::Words(FINDINGS)),
    ("allow_trivial", Kind::Flag),
    ("locations", Kind::Flag),
    ("memory", Kind::Words(&["sequential", "c11"])),
    ("clock", Kind::Words(&["abstract", "virtual"])),
    ("spurious_wakeups", Kind::Number(0, u32::MAX as u64)),
    ("weak_failures", Kind::Number(0, u32::MAX as u64)),
    ("jobs", Kind::Number(0, u16::MAX as u64)),
];

/// What reports call the things that can be wrong.
const FINDINGS: &[&str] = &[
    "data race",
    "misuse",
    "panic",
    "lost wakeup",
    "deadlock",
    "livelock",
    "starvation",
    "leak",
    "lock-order inversion",
    "lost update",
];

/// Strategies, and the least number that may follow each after a colon.
const STRATEGIES: &[(&str, Option<u32>)] = &[
    ("portfolio", None),
    ("exhaustive", None),
    ("random", None),
    ("pct", Some(1)),
    ("pos", None),
    ("surw", None),
    ("fuzz", None),
    ("bounded", None),
    ("dfs", Some(0)),
];

/// The value of a setting as plain text; or what is wrong with it, and whether with the value.
pub(crate) fn check(name: &str, value: &Value) -> Result<String, (String, bool)> {
    let Some((_, kind)) = SETTINGS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = SETTINGS.iter().map(|(known, _)| *known).collect();
        return Err((format!("there is no setting `{name}`: use {}", either(&known, "`")), false));
    };
    match kind {
        Kind::Flag => flag(name, value),
        Kind::Number(least, most) => number(name, value, *least, *most),
        Kind::Words(words) => word(name, value, words),
        Kind::Strategy => strategy(value),
    }
    .map_err(|what| (what, true))
}

fn flag(name: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::None => Ok("true".into()),
        Value::Other(word) if word == "true" || word == "false" => Ok(word.clone()),
        _ => Err(format!("`{name}` is on or off: write it alone, or `{name} = false`")),
    }
}

fn number(name: &str, value: &Value, least: u64, most: u64) -> Result<String, String> {
    let number = match value {
        Value::Other(text) => whole(text),
        _ => Whole::None,
    };
    match number {
        Whole::Fits(number) if (least..=most).contains(&number) => Ok(number.to_string()),
        Whole::Fits(number) if number < least => Err(format!("`{name}` is at least {least}")),
        Whole::Fits(_) | Whole::Larger => Err(format!("`{name}` is at most {most}")),
        // Of a number below zero only its sign is seen: it is a token of its own.
        Whole::Negative => Err(format!("`{name}` is a whole number from {least} to {most}, and not below 0")),
        Whole::None => Err(format!("`{name}` is a whole number, such as `{name} = {}`", least.max(7))),
    }
}

/// What a text says of a whole number.
enum Whole {
    /// It is this one.
    Fits(u64),
    /// It is larger than any that can be kept.
    Larger,
    /// It is below zero.
    Negative,
    /// It says none.
    None,
}

/// Reads `1_000` and `0xff`.
fn whole(text: &str) -> Whole {
    let digits = text.replace('_', "");
    let read = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    match read {
        Ok(number) => Whole::Fits(number),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Whole::Larger,
        Err(_) if digits.starts_with('-') => Whole::Negative,
        Err(_) => Whole::None,
    }
}

fn word(name: &str, value: &Value, words: &[&str]) -> Result<String, String> {
    match value {
        Value::Text(word) if words.contains(&word.as_str()) => Ok(word.clone()),
        _ => Err(format!("`{name}` is {}", either(words, "\""))),
    }
}

fn strategy(value: &Value) -> Result<String, String> {
    let names: Vec<&str> = STRATEGIES.iter().map(|(name, _)| *name).collect();
    let unknown = || format!("`strategy` is {}", either(&names, "\""));
    let Value::Text(text) = value else { return Err(unknown()) };
    let (name, argument) = text.split_once(':').map_or((&**text, None), |(name, rest)| (name, Some(rest)));
    let (_, least) = STRATEGIES.iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
    match (argument, least) {
        (None, _) => Ok(text.clone()),
        (Some(_), None) => Err(format!("the strategy `{name}` takes no number")),
        (Some(argument), Some(least)) => match argument.parse::<u32>() {
            Ok(number) if number >= *least => Ok(text.clone()),
            _ => Err(format!("behind `{name}:` stands a whole number from {least} to {}", u32::MAX)),
        },
    }
}

/// `"a", "b" or "c"`, with this kind of marks.
fn either(words: &[&str], mark: &str) -> String {
    let marked: Vec<String> = words.iter().map(|word| format!("{mark}{word}{mark}")).collect();
    match marked.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    fn other(text: &str) -> Value {
        Value::Other(text.into())
    }

    #[test]
    fn values_are_handed_over_as_plain_text() {
        let plain = |name, value| check(name, &value).expect("it makes sense");
        assert_eq!(plain("strategy", text("pct:3")), "pct:3");
        assert_eq!(plain("strategy", text("dfs:0")), "dfs:0");
        assert_eq!(plain("budget", other("10_000")), "10000");
        assert_eq!(plain("time", other("60")), "60");
        assert_eq!(plain("seed", other("0xff")), "255");
        assert_eq!(plain("seed", other("18446744073709551615")), u64::MAX.to_string());
        assert_eq!(plain("expect", text("lock-order inversion")), "lock-order inversion");
        assert_eq!(plain("allow_trivial", Value::None), "true");
        assert_eq!(plain("allow_trivial", other("false")), "false");
    }

    #[test]
    fn what_makes_no_sense_is_refused_where_it_stands() {
        let wrong = |name, value| check(name, &value).expect_err("refused");
        assert!(!wrong("sede", other("7")).1, "the name is wrong, not the value");
        let what = |name, value| {
            let (what, of_value) = wrong(name, value);
            assert!(of_value, "{what}");
            what
        };
        assert_eq!(what("budget", other("0")), "`budget` is at least 1");
        assert_eq!(check("steps", &other("1073741824")), Ok("1073741824".into()));
        for large in ["1073741825", "18446744073709551616", "0xffff_ffff_ffff_ffff_f"] {
            assert_eq!(what("steps", other(large)), "`steps` is at most 1073741824");
        }
        let below = "`budget` is a whole number from 1 to 18446744073709551615, and not below 0";
        assert_eq!(what("budget", other("-")), below);
        assert_eq!(what("seed", other("seven")), "`seed` is a whole number, such as `seed = 7`");
        assert_eq!(what("seed", text("7")), "`seed` is a whole number, such as `seed = 7`");
        assert_eq!(what("seed", Value::None), "`seed` is a whole number, such as `seed = 7`");
        assert_eq!(what("memory", text("tso")), "`memory` is \"sequential\" or \"c11\"");
        assert_eq!(what("strategy", text("pos:3")), "the strategy `pos` takes no number");
        assert_eq!(
            what("strategy", text("pct:0")),
            "behind `pct:` stands a whole number from 1 to 4294967295"
        );
        assert!(what("strategy", text("best")).starts_with("`strategy` is \"portfolio\", \"exhaustive\""));
        assert!(what("allow_trivial", other("7")).starts_with("`allow_trivial` is on or off"));
    }
}
