//! Rates, lateness, growth and transfers of a real record stay what they were when it was first
//! published.

mod common;

use analysis::Analysis;
use analysis::bar::Outcome;
use analysis::contestant::Id;
use analysis::estimate::Estimate;
use analysis::lateness::{Asked, LatenessRow, lineups};
use common::{RECORDS, read};

/// To the digits that were published.
fn assert_close(estimate: Estimate, [value, low, high]: [f64; 3], digits: f64) {
    for (now, before) in [(estimate.value, value), (estimate.low, low), (estimate.high, high)] {
        assert!((now - before).abs() <= digits / 2.0, "{estimate:?} and not {before}");
    }
}

#[test]
fn figures_of_time_are_as_they_were() {
    let analysis = Analysis::of(&read(RECORDS[0]), None);
    let [smol, tokio, rayon] =
        ["coroutines/smol", "coroutines/tokio", "threads/rayon-pool"].map(Id::new);

    let rate = |id: &Id, is_http: bool, wait_ns| {
        let mut rows = analysis.rates.iter().filter(|row| row.contestant == *id);
        let wanted = rows.find(|row| {
            row.tasks == 10_000 && row.shape.is_http() == is_http && row.wait_ns == wait_ns
        });
        wanted.unwrap_or_else(|| panic!("{id} was timed"))
    };
    let of_smol = rate(&smol, false, 1_000_000);
    assert!((of_smol.rate().unwrap().value - 2_170_578.0).abs() <= 0.5);
    assert!((of_smol.rate().unwrap().half_width() - 11_849.0).abs() <= 0.5);
    let of_rayon = rate(&rayon, true, 0);
    assert!((of_rayon.rate().unwrap().value - 30_113.0).abs() <= 0.5 && of_rayon.is_queued);

    let growth = analysis.growth.iter().find(|growth| growth.series.contestant == tokio).unwrap();
    assert_close(growth.ratio.unwrap(), [1.21, 1.11, 1.36], 0.01);
    assert_eq!(growth.bar, Outcome::Met);

    let late = |id: &Id, asked, tasks| -> &LatenessRow {
        let mut rows = analysis.lateness.iter().filter(|row| row.series.contestant == *id);
        rows.find(|row| row.asked == asked && row.tasks == tasks).unwrap()
    };
    let p50 = late(&tokio, Asked::Synchronized, 10_000).p50;
    for (now, before) in [(p50.median, 3.2e6), (p50.least, 2.2e6), (p50.most, 3.7e6)] {
        assert!((now - before).abs() <= 0.05e6, "{p50:?}");
    }
    let at_a_rate = late(&rayon, Asked::Rate, 500);
    assert_eq!(at_a_rate.least_ns, Some(201_000_000));

    let transfer = analysis.transfers.iter().find(|transfer| transfer.series.contestant == smol);
    assert_close(transfer.unwrap().over_least.unwrap(), [1.02, 0.98, 1.03], 0.01);
}

/// The rayon pool was not run with as many tasks as the others.
#[test]
fn both_records_have_contestants_side_by_side_with_a_thousand_timers() {
    for name in RECORDS {
        let analysis = Analysis::of(&read(name), None);
        for asked in [Asked::Spread, Asked::Synchronized] {
            let lineup = lineups(&analysis.lateness, asked, Id::is_compared).remove(0);
            assert_eq!(lineup.tasks, 1_000, "{name}");
            assert_eq!(lineup.left_out, [Id::new("threads/rayon-pool")], "{name}");
        }
    }
}
