//! Several records side by side: the figures that all of them have of the same work.
//!
//! A slope is laid through the N that all records have. Each record keeps draws of its own, also where
//! two have the same seed: resampled in step, the noise of two runs would look like one.

use std::collections::BTreeMap;

use record::{Instructions, LatenessLine, Record};
use serde::Serialize;

use crate::context::Basis;
use crate::estimate::{Draws, Sampled, median};
use crate::figure::Figure;
use crate::fit::Fit;
use crate::index::{Cells, Index};
use crate::lateness::{Timing, by_timing, late};
use crate::rates::{Source, Timed, Waves, timed};
use crate::reading::{Reading, keep_common};
use crate::series::Series;
use crate::weighing;

/// What a figure is of: a contestant, what its tasks do, and what was read of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subject {
    /// The contestant and what its tasks do.
    pub series: Series,
    /// What was read of them.
    pub quantity: Quantity,
    /// The number of tasks; `None` of a slope, which is through several.
    pub tasks: Option<u64>,
    /// How long each task waits in nanoseconds, where that sets the figure apart from another.
    pub wait_ns: Option<u64>,
    /// How many tasks can be in flight at once, where that sets the figure apart from another.
    pub places: Option<u64>,
}

/// What is read of the tasks of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// What one more task adds to a figure, in its unit.
    Slope(Figure),
    /// How late half of the tasks are at most, in ns, as the median over the repeats.
    LatenessP50,
    /// How late 99 % of the tasks are at most, in ns, as the median over the repeats.
    LatenessP99,
    /// Tasks a second, as the median over the samples.
    Rate,
    /// User and system CPU of a task in the same samples, in ns.
    RateCpu,
    /// Instructions of one more task in user code, as the median over the repeats.
    Instructions,
}

/// What a figure is counted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Bytes of a waiting task.
    Bytes,
    /// CPU of a task.
    Cpu,
    /// Time to start a task.
    Start,
    /// Tasks a second.
    Rates,
    /// How late tasks wake.
    Lateness,
    /// Instructions of a task.
    Instructions,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Bytes, Self::Cpu, Self::Instructions, Self::Start, Self::Rates, Self::Lateness];
}

impl Quantity {
    /// What it is counted under.
    pub const fn part(self) -> Part {
        match self {
            Self::Slope(Figure::Start) => Part::Start,
            Self::Slope(Figure::Cpu) | Self::RateCpu => Part::Cpu,
            Self::Slope(_) => Part::Bytes,
            Self::LatenessP50 | Self::LatenessP99 => Part::Lateness,
            Self::Rate => Part::Rates,
            Self::Instructions => Part::Instructions,
        }
    }

    /// A name that never changes, because the draws of the bootstrap depend on it.
    fn name(self) -> &'static str {
        match self {
            Self::Slope(figure) => figure.name(),
            Self::LatenessP50 => "lateness-p50",
            Self::LatenessP99 => "lateness-p99",
            Self::Rate => "rate",
            Self::RateCpu => "rate-cpu",
            Self::Instructions => "instructions",
        }
    }
}

/// A figure that all records have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Common {
    pub(crate) subject: Subject,
    /// One a record, in their order.
    pub(crate) sides: Vec<Sampled>,
}

/// What records have in common.
#[derive(Debug)]
pub(crate) struct Sides {
    /// By which figure bytes are compared: the full bill, if all of the records have it.
    pub(crate) basis: Basis,
    /// The figures, those of a series together.
    pub(crate) figures: Vec<Common>,
}

struct Side<'a> {
    draws: Draws,
    index: Index<'a>,
    timed: BTreeMap<Waves, Timed>,
    counted: BTreeMap<Counted, &'a Instructions>,
}

/// What decides a number of instructions: the series, both numbers of tasks, and the workers of a pool.
type Counted = (Series, [u64; 2], Option<u32>);

impl Sides {
    pub(crate) fn of(records: &[&Record]) -> Self {
        let sides: Vec<Side<'_>> =
            records.iter().enumerate().map(|(nth, record)| Side::of(nth, record)).collect();
        let has_full_bill = sides.iter().all(|side| Basis::of(&side.index) == Basis::FullBill);
        let basis = if has_full_bill { Basis::FullBill } else { Basis::KnownBill };
        let mut figures = Vec::new();
        let Some(first) = sides.first() else { return Self { basis, figures } };
        for series in first.index.iter().map(|(series, _)| series) {
            let cells = sides.iter().map(|side| side.index.get(series));
            let Some(cells) = cells.collect::<Option<Vec<&Cells<'_>>>>() else { continue };
            if series.shape.is_weighed() {
                let bytes = [basis.figure(), Figure::Anonymous, Figure::Heap];
                let slopes = bytes.into_iter().chain([Figure::Start, Figure::Cpu]);
                figures.extend(slopes.filter_map(|of| slope(&sides, &cells, series, of)));
            }
            lateness(&sides, &cells, series, &mut figures);
        }
        // Samples are compared where one of the records has no rounds of the same.
        let in_rounds = |waves: &Waves| {
            let waves = Waves { source: Source::Rounds, ..waves.clone() };
            sides.iter().all(|side| side.timed.contains_key(&waves))
        };
        let stands_twice = |waves: &Waves| waves.source == Source::Samples && in_rounds(waves);
        for waves in first.timed.keys().filter(|&waves| !stands_twice(waves)) {
            let mut add = |quantity, of: fn(&Timed, &Waves, &Draws) -> Option<Sampled>| {
                let of = |side: &Side<'_>| of(side.timed.get(waves)?, waves, &side.draws);
                let subject = Subject {
                    tasks: Some(waves.tasks),
                    wait_ns: Some(waves.wait_ns),
                    places: waves.pool_workers.map(u64::from),
                    ..Subject::of(&waves.series, quantity)
                };
                let sides: Option<Vec<Sampled>> = sides.iter().map(of).collect();
                figures.extend(sides.map(|sides| Common { subject, sides }));
            };
            add(Quantity::Rate, Timed::rate);
            add(Quantity::RateCpu, Timed::cpu);
        }
        for (counted, row) in &first.counted {
            let rows = sides.iter().map(|side| side.counted.get(counted));
            let Some(rows) = rows.collect::<Option<Vec<_>>>() else { continue };
            let places = row.pool_workers.map(u64::from);
            let subject = Subject { places, ..Subject::of(&counted.0, Quantity::Instructions) };
            figures.extend(subject.with(&sides, rows.iter().map(|row| row.per_task())));
        }
        for (series, figure, sides) in weighing::common(records) {
            let subject = Subject::of(&series, Quantity::Slope(figure));
            figures.push(Common { subject, sides });
        }
        Self { basis, figures }
    }
}

impl<'a> Side<'a> {
    fn of(nth: usize, record: &'a Record) -> Self {
        let index = Index::of(record);
        let timed = timed(&index, record);
        let mut counted = BTreeMap::new();
        for row in &record.instructions {
            let series = Series::of_work(&record.run, &row.contestant, &row.workload);
            counted.entry((series, row.tasks, row.pool_workers)).or_insert(row);
        }
        Self { draws: Draws::of(record, Some(nth)), index, timed, counted }
    }
}

impl Subject {
    fn of(series: &Series, quantity: Quantity) -> Self {
        let (tasks, wait_ns, places) = (None, None, None);
        Self { series: series.clone(), quantity, tasks, wait_ns, places }
    }

    /// This figure as the median of these values, one list a record; `None` if a list is empty.
    fn with(self, sides: &[Side<'_>], values: impl Iterator<Item = Vec<f64>>) -> Option<Common> {
        let Self { tasks, wait_ns, places, .. } = self;
        let key = format!("{} {tasks:?} {wait_ns:?} {places:?}", self.series.key());
        let draws = sides.iter().map(|side| side.draws.of_cells(&[&key, self.quantity.name()]));
        let medians = values.zip(draws).map(|(values, draws)| median(&values, draws));
        Some(Common { sides: medians.collect::<Option<_>>()?, subject: self })
    }
}

/// What one more task adds, through the N that all records have; `None` if that are fewer than two.
fn slope(
    sides: &[Side<'_>],
    cells: &[&Cells<'_>],
    series: &Series,
    figure: Figure,
) -> Option<Common> {
    let mut all: Vec<Vec<Reading>> = cells.iter().map(|cells| cells.readings(figure)).collect();
    keep_common(&mut all);
    let quantity = Quantity::Slope(figure);
    let key = series.key();
    let names = [&*key, quantity.name()];
    let fits = sides.iter().zip(&all).map(|(side, of)| Fit::of(of, side.draws.of_cells(&names)));
    let slopes = fits.map(|fit| Some(fit?.slope));
    let subject = Subject::of(series, quantity);
    Some(Common { sides: slopes.collect::<Option<_>>()?, subject })
}

/// How late the tasks are: where lateness is asked for, wherever all records have it, and otherwise at
/// the largest N that all of them have.
fn lateness(sides: &[Side<'_>], cells: &[&Cells<'_>], series: &Series, into: &mut Vec<Common>) {
    let all: Vec<_> = cells.iter().map(|cells| by_timing(series, cells)).collect();
    let Some((first, others)) = all.split_first() else { return };
    let is_common = |timing: &&Timing| others.iter().all(|cells| cells.contains_key(timing));
    let mut common: Vec<&Timing> = first.keys().filter(is_common).collect();
    if !series.shape.is_for_lateness() {
        common.drain(..common.len().saturating_sub(1));
    }
    for timing in common {
        let mut add = |quantity, percentile: fn(&LatenessLine) -> u64| {
            let subject = Subject {
                tasks: Some(timing.tasks),
                wait_ns: timing.queue.and_then(|queue| queue.wait_ns),
                places: timing.queue.and_then(|queue| queue.places),
                ..Subject::of(series, quantity)
            };
            let values = all.iter().map(|cells| late(&cells[timing], percentile));
            into.extend(subject.with(sides, values));
        };
        add(Quantity::LatenessP50, |late| late.p50);
        add(Quantity::LatenessP99, |late| late.p99);
    }
}
