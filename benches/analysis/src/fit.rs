//! What one more task adds: a line through readings, or the difference between two N.

use crate::estimate::{Bootstrap, Draw, Sampled, quantile, quantile_in};
use crate::reading::{Reading, by_tasks};

/// A line through readings: what one more task adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// What one more task adds, in the unit of the figure.
    pub slope: Sampled,
    /// What no task at all would read, by the line.
    pub intercept: f64,
    /// The smallest number of tasks among the readings.
    pub min_tasks: u64,
    /// The largest.
    pub max_tasks: u64,
    /// How many cells the line was laid through.
    pub cells: usize,
}

impl Fit {
    /// The ordinary least squares line through these readings.
    ///
    /// slope = Σ(x − x̄)(y − ȳ) ÷ Σ(x − x̄)², intercept = ȳ − slope · x̄, for y the reading of x tasks.
    /// The interval is the percentile interval of the slopes of resampled rounds, or of resampled cells
    /// (Efron and Tibshirani, chapters 9 and 13), unbounded below three readings. `None` below two
    /// different N. Of the readings of one N, those of earlier rounds come first.
    pub fn of(readings: &[Reading], bootstrap: Bootstrap) -> Option<Self> {
        let (slope, intercept) = line_through(readings)?;
        let min_tasks = readings.iter().map(|reading| reading.tasks).min()?;
        let max_tasks = readings.iter().map(|reading| reading.tasks).max()?;
        let slope = if readings.len() < 3 {
            Sampled::without_interval(slope)
        } else {
            resampled(slope, readings, bootstrap)
        };
        Some(Self { slope, intercept, min_tasks, max_tasks, cells: readings.len() })
    }

    /// What so many tasks read by the line, in the unit of the figure.
    pub fn at(&self, tasks: u64) -> f64 {
        self.intercept + self.slope.estimate.value * tasks as f64
    }
}

/// What one task added between `from` and `to` tasks: the difference of the two medians, divided by
/// `to − from`. The readings at each of the two are resampled; the interval is unbounded where there is
/// a single one. `None` if `from` is not below `to`, or either was not measured.
pub fn between(readings: &[Reading], from: u64, to: u64, bootstrap: Bootstrap) -> Option<Sampled> {
    if from >= to {
        return None;
    }
    let values = by_tasks(readings);
    let (lower, upper) = (values.get(&from)?, values.get(&to)?);
    let tasks = (to - from) as f64;
    let value = (quantile(upper, 0.5)? - quantile(lower, 0.5)?) / tasks;
    if lower.len() < 2 || upper.len() < 2 {
        return Some(Sampled::without_interval(value));
    }
    let rounds = lower.len().min(upper.len());
    Some(bootstrap.sampled(value, readings.len(), rounds, |draw| {
        let mut median = |of: &[f64]| quantile_in(&mut draw.from(of).collect::<Vec<_>>(), 0.5);
        let (lower, upper) = (median(lower)?, median(upper)?);
        Some((upper - lower) / tasks)
    }))
}

fn line_through(readings: &[Reading]) -> Option<(f64, f64)> {
    let count = readings.len() as f64;
    let mean_tasks = readings.iter().map(|reading| reading.tasks as f64).sum::<f64>() / count;
    let mean_value = readings.iter().map(|reading| reading.value).sum::<f64>() / count;
    if readings.windows(2).all(|pair| pair[0].tasks == pair[1].tasks) {
        return None;
    }
    let (mut products, mut squares) = (0.0, 0.0);
    for reading in readings {
        let tasks = reading.tasks as f64 - mean_tasks;
        products += tasks * (reading.value - mean_value);
        squares += tasks * tasks;
    }
    let slope = products / squares;
    Some((slope, mean_value - slope * mean_tasks))
}

/// Of each N as many readings are drawn as it has, where rounds are drawn; the largest N decides.
/// Otherwise any, and a resample in which all cells have the same N has no slope and is drawn again.
fn resampled(slope: f64, readings: &[Reading], bootstrap: Bootstrap) -> Sampled {
    let mut drawn = Vec::with_capacity(readings.len());
    let mut ordered = readings.to_vec();
    ordered.sort_by_key(|reading| reading.tasks);
    let by_tasks: Vec<&[Reading]> = ordered.chunk_by(|a, b| a.tasks == b.tasks).collect();
    let rounds = by_tasks.last().map_or(0, |largest| largest.len());
    let is_in_rounds = bootstrap.of_rounds(rounds).rounds.is_some();
    let groups = if is_in_rounds { by_tasks } else { vec![readings] };
    bootstrap.sampled(slope, readings.len(), rounds, |draw: &mut Draw| {
        loop {
            drawn.clear();
            groups.iter().for_each(|group| drawn.extend(draw.from(group)));
            if let Some((slope, _)) = line_through(&drawn) {
                return Some(slope);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{ANY, line};

    #[test]
    fn the_interval_holds_the_known_slope_and_narrows_with_the_noise() {
        let noisy = Fit::of(&line(100.0, 1e5), ANY).unwrap().slope.estimate;
        let quiet = Fit::of(&line(100.0, 1e3), ANY).unwrap().slope.estimate;
        for estimate in [noisy, quiet] {
            assert!(estimate.low <= 100.0 && 100.0 <= estimate.high, "{estimate:?}");
        }
        assert!(quiet.half_width() < noisy.half_width() / 10.0);
    }

    #[test]
    fn a_line_without_noise_is_found_exactly() {
        let fit = Fit::of(&line(100.0, 0.0), ANY).unwrap();
        assert!((fit.slope.estimate.value - 100.0).abs() < 1e-6);
        assert!((fit.intercept - 5e6).abs() < 1e-3);
        assert!((fit.at(20_000) - 7e6).abs() < 1e-3);
        assert_eq!((fit.min_tasks, fit.max_tasks, fit.cells), (1, 10_000, 16));
        assert!(fit.slope.estimate.relative_half_width().unwrap() < 1e-6);
    }

    #[test]
    fn one_task_count_has_no_slope() {
        assert!(Fit::of(&[], ANY).is_none());
        assert!(Fit::of(&[Reading { tasks: 5, value: 1.0 }; 9], ANY).is_none());
    }

    #[test]
    fn two_cells_have_a_slope_but_no_interval() {
        let two = [Reading { tasks: 0, value: 1.0 }, Reading { tasks: 10, value: 21.0 }];
        let slope = Fit::of(&two, ANY).unwrap().slope;
        assert!((slope.estimate.value - 2.0).abs() < 1e-9);
        assert!(!slope.estimate.is_bounded());
        let known = Fit::of(&line(1.0, 0.0), ANY).unwrap().slope;
        let ratio = slope.over(&known).unwrap();
        assert!((ratio.value - 2.0).abs() < 1e-6 && !ratio.is_bounded());
    }

    #[test]
    fn the_cost_between_two_counts_ignores_the_others() {
        let mut readings = line(100.0, 0.0);
        readings.push(Reading { tasks: 50, value: 9e9 });
        let cost = between(&readings, 1_000, 10_000, ANY).unwrap().estimate;
        assert!((cost.value - 100.0).abs() < 1e-6);
        assert!(between(&readings, 1_000, 2_000, ANY).is_none());
        assert!(between(&readings, 1_000, 1_000, ANY).is_none());
        assert!(!between(&readings, 50, 1_000, ANY).unwrap().estimate.is_bounded());
    }
}
