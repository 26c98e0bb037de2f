//! How numbers are written, once for every table.

use crate::fit::Estimate;
pub(crate) use crate::units::count;

/// What stands where there is no figure.
pub(crate) const NONE: &str = "—";

/// A number with so many digits after the point and commas between thousands. Not minus zero.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return if value > 0.0 {
            "∞".into()
        } else if value < 0.0 {
            "−∞".into()
        } else {
            NONE.into()
        };
    }
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, part) = plain.split_once('.').map_or((plain.as_str(), None), |(w, p)| (w, Some(p)));
    let mut text = whole.parse().map_or_else(|_| whole.to_owned(), count);
    if let Some(part) = part {
        text.push('.');
        text.push_str(part);
    }
    let is_zero = plain.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !is_zero { format!("−{text}") } else { text }
}

/// A figure per task: one digit after the point below 100, none above.
pub(crate) fn amount(value: f64) -> String {
    number(value, decimals_of(value))
}

/// `590 ± 2 (0.3 %)`: a figure, the wider side of its interval, and that as a part of the figure.
/// `590 ± ?` where there were too few readings for an interval.
pub(crate) fn estimate(estimate: &Estimate) -> String {
    with_interval(estimate, decimals_of(estimate.value))
}

/// The same with two digits after the point: for things of which a task has about one.
pub(crate) fn estimate_fine(estimate: &Estimate) -> String {
    with_interval(estimate, 2)
}

/// `0.0211× (0.0200–0.0224)`: a ratio and its interval, to three digits or more.
pub(crate) fn ratio(estimate: &Estimate) -> String {
    let decimals = ratio_decimals(estimate.value);
    let value = number(estimate.value, decimals);
    if !estimate.is_bounded() {
        return format!("{value}× (?)");
    }
    format!("{value}× ({}–{})", number(estimate.low, decimals), number(estimate.high, decimals))
}

/// The ratio alone, with the same digits.
pub(crate) fn ratio_value(estimate: &Estimate) -> String {
    number(estimate.value, ratio_decimals(estimate.value))
}

/// A length of time in the largest unit that keeps it above one.
pub(crate) fn duration(ns: f64) -> String {
    let (unit, per_unit) = match ns {
        ns if ns >= 1e9 => ("s", 1e9),
        ns if ns >= 1e6 => ("ms", 1e6),
        ns if ns >= 1e3 => ("µs", 1e3),
        _ => ("ns", 1.0),
    };
    let text = number(ns / per_unit, 1);
    format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// Several things in a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

fn with_interval(estimate: &Estimate, decimals: usize) -> String {
    let value = number(estimate.value, decimals);
    if !estimate.is_bounded() {
        return format!("{value} ± ?");
    }
    let half_width = number(estimate.half_width(), decimals);
    // A part of what is shown as zero says nothing.
    let is_zero = value.chars().all(|c| matches!(c, '0' | '.'));
    match estimate.relative_half_width().filter(|_| !is_zero) {
        Some(part) => format!("{value} ± {half_width} ({} %)", number(part * 100.0, 1)),
        None => format!("{value} ± {half_width}"),
    }
}

fn ratio_decimals(ratio: f64) -> usize {
    match ratio {
        ratio if ratio >= 100.0 => 0,
        ratio if ratio >= 10.0 => 1,
        ratio if ratio >= 1.0 => 2,
        ratio if ratio >= 0.1 => 3,
        ratio if ratio >= 0.01 => 4,
        _ => 5,
    }
}

fn decimals_of(value: f64) -> usize {
    // What rounds to 100 is written like 100.
    usize::from(value.abs() < 99.95)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_off() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(10_000_000), "10,000,000");
        assert_eq!(number(-1234.56, 1), "−1,234.6");
        assert_eq!(number(-0.01, 1), "0.0");
        assert_eq!(number(f64::NAN, 1), NONE);
    }

    #[test]
    fn estimates_show_the_wider_side_of_their_interval() {
        let known = Estimate { value: 590.0, low: 588.0, high: 591.0 };
        assert_eq!(estimate(&known), "590 ± 2 (0.3 %)");
        let unknown = Estimate { low: f64::NEG_INFINITY, high: f64::INFINITY, ..known };
        assert_eq!(estimate(&unknown), "590 ± ?");
        assert_eq!(
            ratio(&Estimate { value: 0.0211, low: 0.02, high: 0.0224 }),
            "0.0211× (0.0200–0.0224)"
        );
    }

    #[test]
    fn durations_take_the_unit_that_fits() {
        assert_eq!(duration(10e9), "10 s");
        assert_eq!(duration(1.25e6), "1.2 ms");
        assert_eq!(duration(17.0), "17 ns");
    }

    #[test]
    fn lists_read_as_a_sentence() {
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list::<&str>(&[]), "");
    }
}
