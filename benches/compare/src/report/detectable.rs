//! The smallest difference between two contestants that a table could have shown.
//!
//! A table of figures with intervals says what was found, and not what could have been missed. Two
//! contestants are told apart where the interval of their ratio leaves out 1.00, so the width of
//! that interval is the difference that this run could have told from noise.

use super::format;
use crate::fit::{Estimate, Figure, Sampled, Shape, fit, is_compared, quantile, series};
use record::Record;

/// A contestant's figure in a table.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Whose figure it is.
    pub(super) name: String,
    /// What it did. Only those that did the same are held against each other.
    pub(super) did: String,
    /// The figure, where there is one.
    pub(super) figure: Option<Sampled>,
}

/// The sentence on the slopes of a figure, of those who take part in the comparison and whose tasks do
/// such things.
pub(super) fn of_slopes(
    record: &Record,
    what: &str,
    figure: Figure,
    is_wanted: impl Fn(&Shape) -> bool,
) -> Option<String> {
    let entries: Vec<Entry> = series(record)
        .into_iter()
        .filter(|series| is_compared(&series.contestant) && is_wanted(&series.shape))
        .filter(|series| !series.shape.is_for_lateness())
        .map(|series| Entry {
            figure: fit(record, &series, figure).map(|fit| fit.slope),
            did: series.shape.to_string(),
            name: series.to_string(),
        })
        .collect();
    sentence(what, &entries)
}

/// One sentence after an empty line, on the differences in `what` that could have been told; `None`
/// where no two contestants did the same and have figures.
pub(super) fn sentence(what: &str, entries: &[Entry]) -> Option<String> {
    let with_figures: Vec<&Entry> = entries.iter().filter(|entry| entry.figure.is_some()).collect();
    let pairs = pairs(&with_figures);
    if pairs.is_empty() {
        return None;
    }
    let mut told: Vec<(f64, String)> = pairs
        .iter()
        .filter_map(|(a, b)| {
            let ratio = a.figure.as_ref()?.over(b.figure.as_ref()?)?;
            Some((least_difference(&ratio)?, format!("{} and {}", a.name, b.name)))
        })
        .collect();
    told.sort_by(|a, b| a.0.total_cmp(&b.0));
    let differences: Vec<f64> = told.iter().map(|(difference, _)| *difference).collect();
    let untold = pairs.len() - told.len();
    let Some((median, (worst, whose))) = quantile(&differences, 0.5).zip(told.pop()) else {
        return Some(format!(
            "\nTold from noise: no difference in {what}, whatever its size, because no two \
             contestants have intervals that make a ratio.\n"
        ));
    };
    let mut text = format!(
        "\nTold from noise: a difference in {what} between two contestants of {} (median over \
         pairs; {} for the worst of them, {whose}; pairs compared: {}).",
        percent(median),
        percent(worst),
        format::count(differences.len() as u64)
    );
    if untold > 0 {
        text.push_str(&format!(
            " Pairs without a ratio, of which nothing could be told: {}.",
            format::count(untold as u64)
        ));
    }
    text.push('\n');
    Some(text)
}

/// By what part the ratio would have to be off 1.00 for an interval of this width to leave 1.00
/// out: max(high ÷ value, value ÷ low) − 1, which is the same for a ÷ b and for b ÷ a. `None` where
/// the interval is unbounded or reaches zero.
fn least_difference(ratio: &Estimate) -> Option<f64> {
    let is_usable = ratio.is_bounded() && ratio.low > 0.0;
    is_usable.then(|| (ratio.high / ratio.value).max(ratio.value / ratio.low) - 1.0)
}

/// Any two that did the same, each pair once.
fn pairs<'a>(entries: &[&'a Entry]) -> Vec<(&'a Entry, &'a Entry)> {
    let mut pairs = Vec::new();
    for (nth, first) in entries.iter().enumerate() {
        let alike = entries[nth + 1..].iter().filter(|second| second.did == first.did);
        pairs.extend(alike.map(|second| (*first, *second)));
    }
    pairs
}

fn percent(part: f64) -> String {
    // What is shown as zero would be read as none at all.
    if part < 0.0005 {
        "under 0.1 %".into()
    } else {
        format!("{} %", format::number(part * 100.0, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Bootstrap, median};

    fn entry(name: &str, did: &str, values: &[f64]) -> Entry {
        let bootstrap = Bootstrap::new(7, &[name, did]);
        Entry { name: name.into(), did: did.into(), figure: median(values, bootstrap) }
    }

    #[test]
    fn the_difference_is_the_width_of_the_ratios_interval_either_way_round() {
        let ratio = Estimate { value: 2.0, low: 1.6, high: 2.2 };
        assert!((least_difference(&ratio).unwrap() - 0.25).abs() < 1e-9);
        let inverted = Estimate { value: 0.5, low: 1.0 / 2.2, high: 1.0 / 1.6 };
        assert!((least_difference(&inverted).unwrap() - 0.25).abs() < 1e-9);
        assert_eq!(least_difference(&Estimate { low: 0.0, ..ratio }), None);
        assert_eq!(least_difference(&Estimate { high: f64::INFINITY, ..ratio }), None);
    }

    #[test]
    fn a_difference_that_can_be_told_is_one_whose_interval_leaves_out_one() {
        let noisy = [90.0, 100.0, 110.0, 95.0, 105.0];
        let ours = entry("a", "x", &noisy);
        let same = entry("b", "x", &noisy);
        let ratio = ours.figure.as_ref().unwrap().over(same.figure.as_ref().unwrap()).unwrap();
        let least = least_difference(&ratio).unwrap();
        let against = |factor: f64| {
            let scaled: Vec<f64> = noisy.iter().map(|value| value * factor).collect();
            let other = entry("b", "x", &scaled);
            ours.figure.as_ref().unwrap().over(other.figure.as_ref().unwrap()).unwrap()
        };
        assert!(against(1.0 + least * 1.05).high < 1.0);
        assert!(against(1.0 + least * 0.5).high > 1.0);
    }

    #[test]
    fn the_sentence_has_the_median_and_the_worst_pair() {
        let entries = [
            entry("a/exact", "x", &[100.0; 5]),
            entry("a/also-exact", "x", &[300.0; 5]),
            entry("a/noisy", "x", &[80.0, 120.0]),
            entry("a/alone", "y", &[1.0; 5]),
            entry("a/once", "x", &[5.0]),
        ];
        insta::assert_snapshot!(sentence("bytes", &entries).unwrap().trim(), @"Told from noise: a difference in bytes between two contestants of 25.0 % (median over pairs; 25.0 % for the worst of them, a/also-exact and a/noisy; pairs compared: 3). Pairs without a ratio, of which nothing could be told: 3.");
        insta::assert_snapshot!(sentence("bytes", &entries[..2]).unwrap().trim(), @"Told from noise: a difference in bytes between two contestants of under 0.1 % (median over pairs; under 0.1 % for the worst of them, a/exact and a/also-exact; pairs compared: 1).");
    }

    #[test]
    fn where_nothing_can_be_told_it_is_said() {
        let entries = [entry("a", "x", &[1.0]), entry("b", "x", &[2.0])];
        assert!(sentence("rate", &entries).unwrap().contains("no difference in rate"));
        assert_eq!(sentence("rate", &[entry("a", "x", &[1.0]), entry("b", "y", &[2.0])]), None);
        assert_eq!(sentence("rate", &[]), None);
    }
}
