//! "Did you mean …?"

/// So many names are read in a sentence, no more.
const LISTED: usize = 12;

/// What to do about an unknown name: the nearest of the known ones, if any is near, or all of them, or the first of many.
pub(super) fn mend(unknown: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|name| (distance(unknown, name), name)).min();
    match nearest {
        Some((distance, name)) if distance <= 1 + unknown.len() / 3 => format!("did you mean `{name}`?"),
        _ if known.is_empty() => "there are none".to_owned(),
        _ if known.len() > LISTED => {
            format!("there are {} and {} more", listed(&known[..LISTED / 2]), known.len() - LISTED / 2)
        }
        _ => format!("there are {}", listed(known)),
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// How many characters to insert, remove or replace to make one of the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn names_the_nearest_or_all() {
        assert_eq!(mend("tims", &["pairs", "times"]), "did you mean `times`?");
        assert_eq!(mend("zzzzzz", &["pairs", "times"]), "there are `pairs`, `times`");
        assert!(mend("zzzzzz", &["pairs"; 20]).ends_with("`pairs` and 14 more"));
    }
}
