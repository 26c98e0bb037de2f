//! What cells read at which N.

use std::collections::{BTreeMap, BTreeSet};

use crate::estimate::{Estimate, quantile};

/// One reading of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The number of tasks.
    pub tasks: u64,
    /// What was read, in the unit of the figure.
    pub value: f64,
}

/// What the repeats of a cell read, in the unit of the figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
    /// How many repeats.
    pub repeats: usize,
}

impl Spread {
    /// The median, between the least and the most.
    pub fn estimate(&self) -> Estimate {
        Estimate { value: self.median, low: self.least, high: self.most }
    }

    /// The spread of these values; `None` if there is none.
    pub fn of(values: &[f64]) -> Option<Self> {
        Some(Self {
            median: quantile(values, 0.5)?,
            least: quantile(values, 0.0)?,
            most: quantile(values, 1.0)?,
            repeats: values.len(),
        })
    }
}

/// The values read at each N.
pub fn by_tasks(readings: &[Reading]) -> BTreeMap<u64, Vec<f64>> {
    let mut values: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for reading in readings {
        values.entry(reading.tasks).or_default().push(reading.value);
    }
    values
}

/// The spread of these readings at each N.
pub fn spreads(readings: &[Reading]) -> BTreeMap<u64, Spread> {
    let all = by_tasks(readings).into_iter();
    all.filter_map(|(tasks, values)| Some((tasks, Spread::of(&values)?))).collect()
}

/// The different N of these readings, ascending.
pub fn task_counts(readings: &[Reading]) -> BTreeSet<u64> {
    readings.iter().map(|reading| reading.tasks).collect()
}

/// Leaves of these readings those at the N that all of them have.
pub(crate) fn keep_common(all: &mut [Vec<Reading>]) {
    let counts = all.iter().map(|readings| task_counts(readings));
    let common = counts.reduce(|common, counts| &common & &counts).unwrap_or_default();
    for readings in all {
        readings.retain(|reading| common.contains(&reading.tasks));
    }
}
