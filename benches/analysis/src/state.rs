//! What a waiting task weighs that keeps state, by how much it keeps, and how many times it is held; and the
//! same of stack that it used and gave back before it waited.

use std::collections::{BTreeMap, BTreeSet};

use crate::contestant::Id;
use crate::context::Context;
use crate::estimate::{Estimate, Sampled};
use crate::fit::Fit;
use crate::reading::task_counts;
use crate::series::{Series, Shape};

/// The weight of one contestant's waiting tasks by the state that they keep, or by the stack that they used.
#[derive(Clone, Debug, PartialEq)]
pub struct StateRow {
    /// The contestant, and what its tasks do: the state or the stack left out.
    pub series: Series,
    /// By how many bytes each task keeps alive while it waits, or used before; 0 is without.
    pub at: BTreeMap<u64, StatePoint>,
}

/// What was found for one size of state, or of stack that was used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StatePoint {
    /// What one more waiting task adds, in bytes, state included, over the N that were measured both
    /// with state and without.
    pub bytes: Estimate,
    /// How many times the state is held: (this slope − that without state) ÷ bytes of state. Below one
    /// it found room in what the task has anyway. `None` without state. Of stack: how much of it stayed.
    pub held: Option<Estimate>,
    /// How many times as much a thread each takes with as much state; `None` for the thread itself.
    pub reference_over: Option<Estimate>,
}

/// The slopes of one contestant by the bytes that its tasks keep.
type Slopes = BTreeMap<u64, Sampled>;

/// What a task has more of from point to point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum More {
    /// State that it keeps while it waits.
    State,
    /// Stack that it uses and gives back before it waits.
    Depth,
}

impl More {
    fn of(self, shape: &Shape) -> u64 {
        match self {
            Self::State => shape.state_bytes,
            Self::Depth => shape.depth_bytes,
        }
    }

    fn with(self, series: &Series, bytes: u64) -> Series {
        let mut shape = series.shape.clone();
        match self {
            Self::State => shape.state_bytes = bytes,
            Self::Depth => shape.depth_bytes = bytes,
        }
        Series { shape, ..series.clone() }
    }

    /// The rows of this record: every compared contestant of which there is a slope with some of it.
    pub(crate) fn rows(self, context: &Context<'_>) -> Vec<StateRow> {
        let mut sizes: BTreeMap<Series, BTreeSet<u64>> = BTreeMap::new();
        for (series, _) in context.index.iter() {
            let bytes = self.of(&series.shape);
            if bytes > 0 && series.contestant.is_compared() && series.shape.is_weighed() {
                sizes.entry(self.with(series, 0)).or_default().extend([0, bytes]);
            }
        }
        let slopes = |(base, sizes): (Series, BTreeSet<u64>)| {
            let slopes = self.slopes(context, &base, &sizes);
            (base, slopes)
        };
        let all: BTreeMap<Series, Slopes> = sizes.into_iter().map(slopes).collect();
        all.iter().filter_map(|(base, slopes)| StateRow::of(base, slopes, &all)).collect()
    }

    fn slopes(self, context: &Context<'_>, base: &Series, sizes: &BTreeSet<u64>) -> Slopes {
        let figure = context.basis.figure();
        let readings = |bytes: u64| context.readings(&self.with(base, bytes), figure);
        let sizes_with = sizes.iter().filter(|bytes| **bytes > 0);
        let with: BTreeSet<u64> =
            sizes_with.flat_map(|bytes| task_counts(&readings(*bytes))).collect();
        let common = &task_counts(&readings(0)) & &with;
        let slope = |bytes: u64| {
            let mut readings = readings(bytes);
            if common.len() >= 2 {
                readings.retain(|reading| common.contains(&reading.tasks));
            }
            let draws = context.bootstrap(&[&self.with(base, bytes).key(), figure.name()]);
            Fit::of(&readings, draws).map(|fit| fit.slope)
        };
        sizes.iter().filter_map(|bytes| Some((*bytes, slope(*bytes)?))).collect()
    }
}

impl StateRow {
    /// `None` where there is no slope with state.
    fn of(base: &Series, slopes: &Slopes, all: &BTreeMap<Series, Slopes>) -> Option<Self> {
        slopes.keys().find(|bytes| **bytes > 0)?;
        let reference = all.get(&base.by(Id::reference()));
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
        More::State.rows(&Context::of(record))
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

    #[test]
    fn stack_that_was_used_is_another_series_and_stays_with_a_thread() {
        let mut made = Synthetic::new();
        let noisy = |rss| Bill { noise: 100, ..Bill::of(rss).with_kernel(0) };
        made.line("threads/per-task", &[100, 1_000], noisy(9_800))
            .line("coroutines/tokio", &[100, 10_000], noisy(448))
            .depth(16_384)
            .line("threads/per-task", &[100, 1_000], noisy(9_800 + 12_288))
            .line("coroutines/tokio", &[100, 10_000], noisy(448));
        let context = made.record();
        let context = Context::of(&context);
        assert_eq!(More::State.rows(&context), []);
        let rows = More::Depth.rows(&context);
        let held: Vec<f64> = rows.iter().map(|row| row.at[&16_384].held.unwrap().value).collect();
        assert!((held[0] - 0.75).abs() < 0.01 && held[1].abs() < 0.01, "{held:?}");
        assert!(rows.iter().all(|row| row.series.shape.is_plain()));
    }
}
