//! Counts and arrivals as people and records write them.
//!
//! What does not parse is an error of one line that repeats what was given and says what is
//! allowed. Nothing is rounded or corrected on the way in.

use std::num::NonZeroU32;
use std::str::FromStr;

use crate::spec::Arrival;

/// A text that is not a count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a count: give a whole number from 1 to 4294967295, such as 1000, 10k, 10_000 or 1M"
)]
pub struct NotACount {
    given: String,
}

/// A text that is not a way to arrive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not an arrival: give burst, or a rate of 1 to 4294967295 tasks a second, such as \
     rate:5k/s"
)]
pub struct NotAnArrival {
    given: String,
}

/// Reads a count: digits, with single underscores between them where wanted, and `k` for thousand
/// or `M` for million at the end.
///
/// # Errors
/// If it is anything else, zero, or above 4294967295.
pub fn parse_count(text: &str) -> Result<u32, NotACount> {
    read_count(text).ok_or_else(|| NotACount { given: text.to_owned() })
}

impl FromStr for Arrival {
    type Err = NotAnArrival;

    /// Takes `burst`, or `rate:`, a count as [`parse_count`] reads it, and `/s`.
    fn from_str(text: &str) -> Result<Self, NotAnArrival> {
        if text == "burst" {
            return Ok(Self::Burst);
        }
        text.strip_prefix("rate:")
            .and_then(|rest| rest.strip_suffix("/s"))
            .and_then(read_count)
            .and_then(NonZeroU32::new)
            .map(|per_second| Self::Rate { per_second })
            .ok_or_else(|| NotAnArrival { given: text.to_owned() })
    }
}

fn read_count(text: &str) -> Option<u32> {
    let (digits, unit) = match text.strip_suffix('k') {
        Some(digits) => (digits, 1_000),
        None => text.strip_suffix('M').map_or((text, 1), |digits| (digits, 1_000_000)),
    };
    let number = u32::try_from(read_number(digits)?).ok()?;
    number.checked_mul(unit).filter(|&count| count > 0)
}

/// Reads a whole number: digits, with single underscores between them where wanted.
pub fn read_number(digits: &str) -> Option<u64> {
    // An empty group is an underscore that does not stand between two digits.
    let is_number = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    digits.split('_').all(is_number).then(|| digits.replace('_', "").parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_are_read_as_people_write_them() {
        for (text, expected) in [
            ("1", 1),
            ("1000", 1_000),
            ("10k", 10_000),
            ("10_000", 10_000),
            ("1_0k", 10_000),
            ("1M", 1_000_000),
            ("4294967295", u32::MAX),
            ("007", 7),
        ] {
            assert_eq!(parse_count(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_count_is_refused() {
        let refused = [
            "",
            "_",
            "k",
            "M",
            "0",
            "0k",
            "-1",
            "+1",
            "ten",
            "1e99",
            "1.5k",
            "1kk",
            "1K",
            "1m",
            "1 000",
            " 1",
            "1__0",
            "_1",
            "1_",
            "1_k",
            "4294967296",
            "4295M",
            "5000000k",
            "٣",
            "99999999999999999999999",
        ];
        for text in refused {
            assert!(parse_count(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_refused_count_is_told_what_is_allowed() {
        assert_eq!(
            parse_count("ten").unwrap_err().to_string(),
            "`ten` is not a count: give a whole number from 1 to 4294967295, such as 1000, 10k, \
             10_000 or 1M"
        );
    }

    #[test]
    fn arrivals_are_read_as_people_and_records_write_them() {
        let rate = |per_second| {
            let per_second = NonZeroU32::new(per_second).unwrap();
            Ok(Arrival::Rate { per_second })
        };
        assert_eq!("burst".parse(), Ok(Arrival::Burst));
        assert_eq!(str::parse("rate:5k/s"), rate(5_000));
        assert_eq!(str::parse("rate:5_000/s"), rate(5_000));
        assert_eq!(str::parse("rate:4294967295/s"), rate(u32::MAX));
        for wrong in [
            "",
            "Burst",
            "rate",
            "rate:/s",
            "rate:0/s",
            "rate:-1/s",
            "rate:5k",
            "5k/s",
            "rate:1.5/s",
        ] {
            let message = wrong.parse::<Arrival>().unwrap_err().to_string();
            let expected = format!("`{wrong}` is not an arrival: give burst, or a rate of 1 to ");
            assert!(message.starts_with(&expected) && !message.contains('\n'), "{message}");
        }
    }

    proptest! {
        #[test]
        fn every_count_is_read_back_however_it_is_written(number in 1_u32..) {
            prop_assert_eq!(parse_count(&number.to_string()), Ok(number));
            let grouped = format!("{}_{:03}", number / 1000, number % 1000);
            prop_assert!(number < 1000 || parse_count(&grouped) == Ok(number));
        }

        #[test]
        fn every_round_count_is_read_back_with_its_letter(number in 1_u32..=4_294) {
            prop_assert_eq!(parse_count(&format!("{number}k")), Ok(number * 1_000));
            prop_assert_eq!(parse_count(&format!("{number}M")), Ok(number * 1_000_000));
        }

        #[test]
        fn every_arrival_is_read_back_as_it_is_shown(per_second in 1_u32..) {
            let rate = Arrival::Rate { per_second: NonZeroU32::new(per_second).unwrap() };
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }
    }
}
