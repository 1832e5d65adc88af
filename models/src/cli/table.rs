//! Columns and numbers for people.

use std::time::Duration;

/// "12 870"
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.char_indices() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// "12 ms", "3.4 s"
pub(super) fn brief(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 0.9995 => format!("{:.0} ms", seconds * 1e3),
        seconds => format!("{seconds:.1} s"),
    }
}

/// "12 870", or in powers of ten what is beyond a million and not known exactly anyway.
pub(super) fn about(number: f64) -> String {
    if number < 1e6 { grouped(number.round() as u64) } else { format!("{number:.1e}") }
}

/// "~19 600 ± 900": an estimate to three digits, and by how much it may well be wrong to one or two.
pub(super) fn estimated(value: f64, spread: Option<f64>) -> String {
    let mut text = format!("~{}", about(rounded(value, 3)));
    if let Some(spread) = spread.filter(|spread| *spread >= 0.5) {
        text.push_str(&format!(" ± {}", about(rounded(spread, 2))));
    }
    text
}

/// The number with so many digits that are not zero.
fn rounded(number: f64, digits: i32) -> f64 {
    let unit = 10f64.powi((number.max(1.0).log10().floor() as i32 + 1 - digits).max(0));
    (number / unit).round() * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1 000", "1 234 567"]);
        assert_eq!([0.0, 12_345.4, 3.14e9].map(about), ["0", "12 345", "3.1e9"]);
        assert_eq!(estimated(19_605.4, Some(914.0)), "~19 600 ± 910");
        assert_eq!(
            [estimated(140.0, Some(0.1)), estimated(3.14159e9, Some(2e8))],
            ["~140", "~3.1e9 ± 2.0e8"]
        );
        assert_eq!(
            [3, 999, 1000, 61_260].map(|ms| brief(Duration::from_millis(ms))),
            ["3 ms", "999 ms", "1.0 s", "61.3 s"]
        );
    }
}
