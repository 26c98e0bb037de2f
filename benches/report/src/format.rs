//! How numbers are written, once for every table, page, message and picture.

use analysis::estimate::Estimate;

use crate::unit::Unit;

/// What stands where there is no figure.
pub const NONE: &str = "—";

/// A figure in its unit: `37.4 kB`, `118 µs`, `16,380`, `83`, `2 %`.
pub fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Words | Unit::Count | Unit::PerSecond => plain(value),
        Unit::Bytes => bytes(value),
        Unit::Size => size(value),
        Unit::Nanoseconds => duration(value),
        Unit::Times => times(value),
        Unit::Share => percent(value),
    }
}

/// A figure with its interval, if it has one: `448 B (447–449 B)`, `83 (82–85)`.
pub fn estimate(estimate: &Estimate, unit: Unit) -> String {
    let value = figure(estimate.value, unit);
    if !estimate.is_bounded() {
        return value;
    }
    let (low, high) = (figure(estimate.low, unit), figure(estimate.high, unit));
    let low = match (low.split_once(' '), high.split_once(' ')) {
        (Some((number, low_unit)), Some((_, high_unit))) if low_unit == high_unit => number,
        _ => low.as_str(),
    };
    format!("{value} ({low}–{high})")
}

/// A count with commas between thousands: `16,380`.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count and what is counted: `1 task`, `10,000 tasks`.
pub fn counted(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", self::count(count))
}

/// A number with so many digits after the point and commas between thousands. Not minus zero.
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return match value {
            value if value > 0.0 => "∞".into(),
            value if value < 0.0 => "−∞".into(),
            _ => NONE.into(),
        };
    }
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, part) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    let is_zero = plain.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let sign = if value < 0.0 && !is_zero { "−" } else { "" };
    format!("{sign}{whole}{part}")
}

/// A number to three digits, or all of those before the point: `0.07`, `4.00`, `37.4`, `2,170,578`.
pub fn plain(value: f64) -> String {
    let text = number(value, decimals(value));
    trimmed(&text).to_owned()
}

/// Bytes to three digits, in steps of 1000: `448 B`, `37.4 kB`, `4.48 GB`.
pub fn bytes(bytes: f64) -> String {
    scaled(bytes, 1000.0, &["B", "kB", "MB", "GB", "TB"])
}

/// A size that is a power of two or a limit, in steps of 1024: `64 B`, `8 KiB`, `23.5 GiB`.
pub fn size(bytes: f64) -> String {
    scaled(bytes, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"])
}

/// A length of time in nanoseconds, to three digits in one unit: `118 µs`, `1.5 s`, `0 ns`.
pub fn duration(ns: f64) -> String {
    scaled(ns, 1000.0, &["ns", "µs", "ms", "s"])
}

/// A ratio as people say it: `83` of 83.4, `9.1`, `1.15`, `0.62`.
pub fn times(ratio: f64) -> String {
    let decimals = match ratio.abs() {
        ratio if ratio >= 9.95 => 0,
        ratio if ratio >= 1.995 => 1,
        _ => 2,
    };
    number(ratio, decimals)
}

/// From the least to the most of some figures: `5.3 to 5.4`, or one where both read alike.
pub fn range(least: f64, most: f64, unit: Unit) -> String {
    let (least, most) = (figure(least, unit), figure(most, unit));
    if least == most { least } else { format!("{least} to {most}") }
}

/// A ratio as one figure where half of its interval is at most a tenth of it, else from where to where: `83`,
/// `49 to 102`.
pub fn times_or_range(ratio: &Estimate, to: &str) -> String {
    const WIDE: f64 = 0.1;
    let is_wide = ratio.relative_half_width().is_some_and(|half| half > WIDE);
    match ratio.is_bounded() && is_wide {
        true => format!("{}{to}{}", times(ratio.low), times(ratio.high)),
        false => times(ratio.value),
    }
}

/// A part of one in percent: `2 %`, `0.3 %`, `under 0.1 %`, `over 1,000 %`.
pub fn percent(part: f64) -> String {
    let percent = part * 100.0;
    match percent.abs() {
        size if size != 0.0 && size < 0.05 => "under 0.1 %".into(),
        size if size > 1_000.0 => "over 1,000 %".into(),
        size if size >= 9.95 => format!("{} %", number(percent, 0)),
        _ => format!("{} %", trimmed(&number(percent, 1))),
    }
}

/// Several things in a sentence: `a`, `a and b`, `a, b and c`, `a; b, x and c`.
pub fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<T> = items.into_iter().collect();
    match &items[..] {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            let has_comma = items.iter().any(|item| item.as_ref().contains(", "));
            let between = if has_comma { "; " } else { ", " };
            format!("{} and {}", most.join(between), last.as_ref())
        }
    }
}

/// The words with a capital letter.
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Names that have something in common, with what that is, in the order in which it comes first.
pub(crate) fn alike<K>(
    all: impl IntoIterator<Item = (K, String)>,
    is_alike: impl Fn(&K, &K) -> bool,
) -> Vec<(K, Vec<String>)> {
    let mut groups: Vec<(K, Vec<String>)> = Vec::new();
    for (key, name) in all {
        match groups.iter_mut().find(|(known, _)| is_alike(known, &key)) {
            Some((_, names)) => names.push(name),
            None => groups.push((key, vec![name])),
        }
    }
    groups
}

/// Three digits in the largest unit of which there is at least one.
fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let mut value = value;
    let mut units = units.iter().peekable();
    let mut unit = "";
    while let Some(next) = units.next() {
        unit = next;
        // What would be shown as 1000 ms (or 1024 KiB) is shown in the next unit.
        let shown = if value.abs() < 100.0 { value.abs() } else { value.abs().round() };
        if shown < step || units.peek().is_none() {
            break;
        }
        value /= step;
    }
    let text = number(value, decimals(value));
    format!("{} {unit}", trimmed(&text))
}

/// As many digits after the point as make three in all.
fn decimals(value: f64) -> usize {
    match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    }
}

/// Without zeros at the end of a fraction.
fn trimmed(number: &str) -> &str {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_ratio_that_is_hardly_known_is_a_range() {
        let ratio = |low, high| times_or_range(&Estimate { value: 62.0, low, high }, " to ");
        assert_eq!(ratio(49.0, 102.0), "49 to 102");
        assert_eq!(ratio(60.0, 64.0), "62");
        assert_eq!(ratio(f64::NEG_INFINITY, f64::INFINITY), "62");
    }

    #[test]
    fn each_unit_has_its_way() {
        let shown = |unit, values: &[f64]| -> Vec<String> {
            values.iter().map(|value| figure(*value, unit)).collect()
        };
        assert_eq!(
            shown(Unit::Bytes, &[0.0, 40.2, 448.0, 999.7, 37_379.0, 4.48e9, -1_500.0]),
            ["0 B", "40.2 B", "448 B", "1 kB", "37.4 kB", "4.48 GB", "−1.5 kB"]
        );
        assert_eq!(shown(Unit::Size, &[64.0, 8192.0, 2.52e10]), ["64 B", "8 KiB", "23.5 GiB"]);
        assert_eq!(
            shown(Unit::Nanoseconds, &[7.0, 118_234.0, 999_999_999.0, 6.1e10]),
            ["7 ns", "118 µs", "1 s", "61 s"]
        );
        assert_eq!(
            shown(Unit::Times, &[83.4, 9.12, 2.0, 1.149, 0.617]),
            ["83", "9.1", "2.0", "1.15", "0.62"]
        );
        assert_eq!(
            shown(Unit::Share, &[0.02, 0.003, 0.0, 0.5, 0.0001, 40.0]),
            ["2 %", "0.3 %", "0 %", "50 %", "under 0.1 %", "over 1,000 %"]
        );
        assert_eq!(shown(Unit::Count, &[16_380.0, 0.25, f64::NAN]), ["16,380", "0.25", NONE]);
    }

    #[test]
    fn an_interval_stands_behind_its_figure() {
        let known = Estimate { value: 448.0, low: 447.0, high: 1_449.0 };
        assert_eq!(estimate(&known, Unit::Bytes), "448 B (447 B–1.45 kB)");
        assert_eq!(estimate(&Estimate { high: 449.0, ..known }, Unit::Bytes), "448 B (447–449 B)");
        assert_eq!(estimate(&Estimate::lone(83.0), Unit::Times), "83");
    }

    #[test]
    fn lists_read_as_a_sentence() {
        assert_eq!(list(["a", "b", "c"]), "a, b and c");
        assert_eq!(list(["a", "b, c", "d"]), "a; b, c and d");
        assert_eq!(list(["a"]), "a");
        assert_eq!(list([""; 0]), "");
    }

    proptest! {
        #[test]
        fn every_number_is_written_somehow(value in any::<f64>()) {
            for unit in [Unit::Count, Unit::Bytes, Unit::Size, Unit::Nanoseconds, Unit::Times, Unit::Share] {
                let text = figure(value, unit);
                prop_assert!(!text.is_empty() && !text.contains("NaN") && !text.contains("inf"));
            }
        }
    }
}
