//! What a waiting task weighs that keeps state, by how much it keeps, and how many times it is held.

use std::collections::{BTreeMap, BTreeSet};

use crate::contestant::{Id, REFERENCE};
use crate::context::Context;
use crate::estimate::{Estimate, Sampled};
use crate::fit::Fit;
use crate::reading::task_counts;
use crate::series::{Series, Shape};

/// The weight of one contestant's waiting tasks by the state that they keep.
#[derive(Clone, Debug, PartialEq)]
pub struct StateRow {
    /// The contestant, and what its tasks do: the state left out.
    pub series: Series,
    /// By how many bytes each task keeps alive while it waits; 0 is without state.
    pub at: BTreeMap<u64, StatePoint>,
}

/// What was found for one size of state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StatePoint {
    /// What one more waiting task adds, in bytes, state included, over the N that were measured both
    /// with state and without.
    pub bytes: Estimate,
    /// How many times the state is held: (this slope − that without state) ÷ bytes of state. Below one
    /// it found room in what the task has anyway. `None` without state.
    pub held: Option<Estimate>,
    /// How many times as much a thread each takes with as much state; `None` for the thread itself.
    pub reference_over: Option<Estimate>,
}

/// The slopes of one contestant by the bytes that its tasks keep.
type Slopes = BTreeMap<u64, Sampled>;

/// The rows of this record: every compared contestant of which there is a slope with state.
pub(crate) fn of(context: &Context<'_>) -> Vec<StateRow> {
    let mut sizes: BTreeMap<Series, BTreeSet<u64>> = BTreeMap::new();
    for (series, _) in context.index.iter() {
        let bytes = series.shape.state_bytes;
        if bytes > 0 && series.contestant.is_compared() && series.shape.is_weighed() {
            sizes.entry(with_state(series, 0)).or_default().extend([0, bytes]);
        }
    }
    let slopes = |(base, sizes): (Series, BTreeSet<u64>)| {
        let slopes = slopes(context, &base, &sizes);
        (base, slopes)
    };
    let all: BTreeMap<Series, Slopes> = sizes.into_iter().map(slopes).collect();
    all.iter().filter_map(|(base, slopes)| StateRow::of(base, slopes, &all)).collect()
}

impl StateRow {
    /// `None` where there is no slope with state.
    fn of(base: &Series, slopes: &Slopes, all: &BTreeMap<Series, Slopes>) -> Option<Self> {
        slopes.keys().find(|bytes| **bytes > 0)?;
        let reference = all.get(&base.by(Id::new(REFERENCE)));
        let reference = reference.filter(|_| !base.contestant.is_reference());
        let point = |(&bytes, slope): (&u64, &Sampled)| {
            let none = slopes.get(&0).filter(|_| bytes > 0);
            let point = StatePoint {
                bytes: slope.estimate,
                held: none.map(|none| slope.less(none).estimate.scaled(1.0 / bytes as f64)),
                reference_over: reference
                    .and_then(|slopes| slopes.get(&bytes))
                    .and_then(|reference| reference.over(slope)),
            };
            (bytes, point)
        };
        Some(Self { series: base.clone(), at: slopes.iter().map(point).collect() })
    }
}

fn slopes(context: &Context<'_>, base: &Series, sizes: &BTreeSet<u64>) -> Slopes {
    let figure = context.basis.figure();
    let readings = |bytes: u64| context.readings(&with_state(base, bytes), figure);
    let sizes_with = sizes.iter().filter(|bytes| **bytes > 0);
    let with: BTreeSet<u64> = sizes_with.flat_map(|bytes| task_counts(&readings(*bytes))).collect();
    let common = &task_counts(&readings(0)) & &with;
    let slope = |bytes: u64| {
        let mut readings = readings(bytes);
        if common.len() >= 2 {
            readings.retain(|reading| common.contains(&reading.tasks));
        }
        let draws = context.bootstrap(&[&with_state(base, bytes).key(), figure.name()]);
        Fit::of(&readings, draws).map(|fit| fit.slope)
    };
    sizes.iter().filter_map(|bytes| Some((*bytes, slope(*bytes)?))).collect()
}

fn with_state(series: &Series, state_bytes: u64) -> Series {
    Series { shape: Shape { state_bytes, ..series.shape.clone() }, ..series.clone() }
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic, small_run};

    use super::*;

    fn with_states() -> Record {
        let mut made = Synthetic::new();
        let noisy = |rss| Bill { noise: 1_000, ..Bill::of(rss).with_kernel(0) };
        // One that holds its state once, one that holds half of it twice, and a thread that has room.
        made.line("coroutines/bare", &[1, 1_000, 10_000], noisy(64))
            .line("coroutines/smol", &[1, 1_000, 10_000], noisy(300))
            .line("threads/per-task", &[1, 100, 1_000], noisy(9_800))
            .line("baseline/bare", &[1, 10_000], noisy(60))
            .state(1_024)
            .line("coroutines/bare", &[1, 1_000, 10_000], noisy(64 + 1_024))
            .line("coroutines/smol", &[1, 1_000, 10_000], noisy(300 + 1_536))
            .line("threads/per-task", &[100, 1_000], noisy(9_800))
            .line("baseline/bare", &[1, 10_000], noisy(60))
            .state(8_192)
            .line("coroutines/bare", &[1, 1_000, 10_000], noisy(64 + 8_192));
        made.record()
    }

    fn rows(record: &Record) -> Vec<StateRow> {
        of(&Context::of(record))
    }

    #[test]
    fn what_is_held_more_than_once_shows() {
        let rows = rows(&with_states());
        let names: Vec<&str> = rows.iter().map(|row| row.series.contestant.as_str()).collect();
        assert_eq!(names, ["threads/per-task", "coroutines/bare", "coroutines/smol"]);
        let held = |row: usize, bytes: u64| rows[row].at[&bytes].held.unwrap().value;
        assert!(held(0, 1_024).abs() < 0.01);
        assert!((held(1, 1_024) - 1.0).abs() < 0.01 && (held(1, 8_192) - 1.0).abs() < 0.01);
        assert!((held(2, 1_024) - 1.5).abs() < 0.01);
        assert_eq!(rows[1].at[&0].held, None);
        assert_eq!(rows[2].at.keys().copied().collect::<Vec<_>>(), [0, 1_024]);
        let ratio = |row: usize, bytes: u64| rows[row].at[&bytes].reference_over;
        assert!((ratio(2, 1_024).unwrap().value - 9_800.0 / 1_836.0).abs() < 0.01);
        assert_eq!((ratio(1, 8_192), ratio(0, 0)), (None, None));
    }

    #[test]
    fn the_slope_without_state_is_over_the_same_task_counts() {
        let mut record = with_states();
        // A reading that only the cells without state have, far off the line.
        let mut odd = record.cells[0].clone();
        odd.tasks = 500;
        odd.memory.waiting.as_mut().unwrap().anonymous_bytes = Some(900_000_000);
        let proof = odd.proof.as_mut().unwrap();
        (proof.completed, proof.peak_in_flight, proof.expected_in_flight) = (500, 500, 500);
        (proof.before_weighing, proof.after_weighing) = (500, 500);
        record.cells.push(odd);
        assert_eq!(rows(&record), rows(&with_states()));
    }

    #[test]
    fn without_state_there_is_no_row() {
        assert_eq!(rows(&small_run()), []);
    }

    #[test]
    fn a_state_without_its_counterpart_is_not_told() {
        let mut made = Synthetic::new();
        made.state(64).line("coroutines/bare", &[1, 100], Bill::of(128).with_kernel(0));
        let rows = rows(&made.record());
        assert_eq!((rows[0].at.len(), rows[0].at[&64].held), (1, None));
        assert!((rows[0].at[&64].bytes.value - 128.0).abs() < 0.1);
    }
}
