//! Quantities as people write and read them: counts and durations from the command line, and
//! counts, bytes and durations in messages.
//!
//! What does not parse is an error of one line that repeats what was given and says what is
//! allowed. Nothing is rounded or corrected on the way in.

use std::time::Duration;

pub use workload::quantity::parse_count;
use workload::quantity::read_number;

/// The longest duration that is allowed: an hour. A longer wait is a slip of the keyboard.
pub const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Reads a size in bytes: digits, with single underscores between them where wanted, and `B`, `KiB`,
/// `MiB` or `GiB` at the end, with or without a space before it.
///
/// # Errors
/// If it is anything else, or more than 64 bits hold.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("B", 0)];
    let (digits, shift) = units
        .into_iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))
        .unwrap_or((text, 0));
    let digits = digits.strip_suffix(' ').unwrap_or(digits);
    read_number(digits).and_then(|number| number.checked_mul(1 << shift)).ok_or_else(|| {
        format!(
            "`{text}` is not a size: give a whole number of bytes, KiB, MiB or GiB, such as 512, 64KiB, 10MiB or 1GiB"
        )
    })
}

/// Reads a part of something: digits with a decimal point where wanted, as a percentage (`5%`,
/// `2.5 %`) or as a number below 1 (`0.05`).
///
/// # Errors
/// If it is anything else, or more than 1000 %.
pub fn parse_part(text: &str) -> Result<f64, String> {
    let (digits, scale, most) = match text.strip_suffix('%') {
        Some(digits) => (digits.strip_suffix(' ').unwrap_or(digits), 100.0, 1000.0),
        // A 5 without a sign is more likely a forgotten one than 500 %.
        None => (text, 1.0, 1.0_f64.next_down()),
    };
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: Option<f64> = digits.parse().ok();
    let number = number.filter(|number| is_plain && *number <= most).map(|number| number / scale);
    number.ok_or_else(|| {
        format!(
            "`{text}` is not a part: give a percentage from 0% to 1000%, or a number below 1, such as \
             5% or 0.05"
        )
    })
}

/// Reads a duration as humantime does: a number with its unit, or several added up (`1m 30s`).
///
/// # Errors
/// If it is anything else, zero, or longer than [`LONGEST`].
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let fail = |why| {
        Err(format!(
            "`{text}` is not a duration{why}: give one above 0 and up to 1h, such as 250ms, 1s or 2m"
        ))
    };
    match humantime::parse_duration(text.trim()) {
        Ok(duration) if duration.is_zero() => fail(" above zero"),
        Ok(duration) if duration > LONGEST => fail(" of an hour or less"),
        Ok(duration) => Ok(duration),
        Err(_) if text.trim().starts_with('-') => fail(" above zero"),
        Err(_) if text.trim().parse::<f64>().is_ok() => fail(", because it has no unit"),
        Err(_) => fail(""),
    }
}

/// A duration to three digits in one unit: `250 ms`, `1.5 s`.
pub fn duration(duration: Duration) -> String {
    report::format::duration(duration.as_nanos() as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_parse_with_and_without_a_unit() {
        for (text, bytes) in
            [("0", 0), ("512", 512), ("1_024B", 1024), ("64KiB", 65_536), ("10 MiB", 10 << 20)]
        {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "KiB", "-1", "1.5MiB", "10MB", "1__0", "99999999999GiB"] {
            let message = parse_size(wrong).unwrap_err().to_string();
            assert!(message.starts_with(&format!("`{wrong}` is not a size: ")), "{message}");
        }
    }

    #[test]
    fn parts_are_percentages_or_numbers_below_one() {
        for (text, part) in
            [("5%", 0.05), ("2.5 %", 0.025), ("0.05", 0.05), ("0", 0.0), ("1000%", 10.0)]
        {
            assert_eq!(parse_part(text), Ok(part), "{text}");
        }
        let wrong = [
            "", "%", "five", "-5%", "+5%", "5", "1", "1001%", "5%%", "1e-2", "nan", "inf", ".",
            "0,05",
        ];
        for wrong in wrong {
            let message = parse_part(wrong).unwrap_err().to_string();
            assert!(message.starts_with(&format!("`{wrong}` is not a part: ")), "{message}");
        }
    }

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, expected) in [
            ("250ms", Duration::from_millis(250)),
            ("1s", Duration::from_secs(1)),
            ("2m", Duration::from_secs(120)),
            ("1m 30s", Duration::from_secs(90)),
            ("1ns", Duration::from_nanos(1)),
            ("1h", LONGEST),
        ] {
            assert_eq!(parse_duration(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_reason() {
        let allowed = "give one above 0 and up to 1h, such as 250ms, 1s or 2m";
        for (text, why) in [
            ("", ""),
            ("soon", ""),
            ("5", ", because it has no unit"),
            ("1.5", ", because it has no unit"),
            ("0s", " above zero"),
            ("-1s", " above zero"),
            ("-1", " above zero"),
            ("61m", " of an hour or less"),
            ("3600s 1ns", " of an hour or less"),
            ("99999999999999999999y", ""),
        ] {
            assert_eq!(
                parse_duration(text).unwrap_err().to_string(),
                format!("`{text}` is not a duration{why}: {allowed}")
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange_to_answer(text in ".*") {
            let _ = parse_count(&text);
            let _ = parse_duration(&text);
            let _ = text.parse::<workload::Arrival>();
        }

        #[test]
        fn what_is_read_is_within_the_bounds(text in "[0-9_kM]{0,12}|[0-9]{1,4}(ns|ms|s|m|h)") {
            if let Ok(duration) = parse_duration(&text) {
                prop_assert!(!duration.is_zero() && duration <= LONGEST);
            }
            if let Ok(count) = parse_count(&text) {
                prop_assert!(text.starts_with(|first: char| first.is_ascii_digit()), "{}", count);
            }
        }
    }
}
