//! The figures of two real records stay what they were when each of them was first published.

mod common;

use std::collections::HashMap;
use std::fs;

use analysis::Analysis;
use analysis::contestant::{Id, REFERENCE};
use analysis::estimate::Estimate;
use common::{RECORDS, folder, read};
use serde::Deserialize;

/// A figure as it was published: value and interval of a slope, and of its ratio to the reference's.
#[derive(Deserialize)]
struct Published {
    series: String,
    figure: String,
    slope: [Option<f64>; 3],
    ratio: Option<[Option<f64>; 3]>,
}

#[test]
fn slopes_intervals_and_ratios_are_as_they_were() {
    for name in RECORDS {
        let analysis = Analysis::of(&read(name), None);
        let by_key: HashMap<String, _> =
            analysis.measured.iter().map(|measured| (measured.series.key(), measured)).collect();
        let path = folder().join(format!("{name}.figures.jsonl"));
        let mut compared = 0;
        for line in fs::read_to_string(path).unwrap().lines() {
            let published: Published = serde_json::from_str(line).unwrap();
            let measured = by_key[&published.series];
            let figure = *measured
                .fits
                .keys()
                .find(|figure| format!("{figure:?}") == published.figure)
                .unwrap_or_else(|| panic!("{name}: {line}"));
            assert_alike(measured.slope(figure), Some(published.slope), line);
            let reference = measured.series.by(Id::new(REFERENCE));
            let ratio = analysis.get(&reference).and_then(|base| measured.slope_over(base, figure));
            assert_alike(ratio, published.ratio, line);
            compared += 1;
        }
        assert!(compared > 600, "{name}: {compared}");
    }
}

fn assert_alike(now: Option<Estimate>, before: Option<[Option<f64>; 3]>, line: &str) {
    let now = now.map(|now| [now.value, now.low, now.high]);
    let is_close = |(now, before): (&f64, &Option<f64>)| match before {
        None => now.is_infinite(),
        Some(before) => (now - before).abs() <= 1e-6 * before.abs().max(1e-3),
    };
    let same = match (now, before) {
        (None, None) => true,
        (Some(now), Some(before)) => now.iter().zip(&before).all(is_close),
        _ => false,
    };
    assert!(same, "{now:?} and not {before:?}: {line}");
}
