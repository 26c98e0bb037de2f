//! What happened to the machine while cells ran, and which cells that touched.
//!
//! No figure is left out because of it: a slow cell is a reading like another, and its interval is
//! wide for it.

use std::collections::{BTreeMap, BTreeSet};

use record::{Conditions, Count, Record, Status};

use crate::series::Series;

/// A share of a cell's time from which on what went on in it is said.
pub const NOTABLE_SHARE: f64 = 0.05;

/// The kernel counts stolen time in steps of 10 ms; less than two of them is no finding.
pub const LEAST_STOLEN_NS: u64 = 20_000_000;

/// What happened to the machine in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// A control group had used up its CPU, and its threads were kept from running.
    Throttled,
    /// A processor was too hot and was slowed down.
    TooHot,
    /// The hypervisor ran something else for more than [`NOTABLE_SHARE`] of the time of one core, and
    /// for [`LEAST_STOLEN_NS`] or more.
    Stolen,
    /// Some task of the system waited for memory for more than [`NOTABLE_SHARE`] of the time.
    ShortOfMemory,
    /// The machine slept.
    Slept,
    /// The clock source is not that with which the run began.
    OtherClock,
    /// A limit is not what it was when the run began.
    OtherLimit,
}

impl Flag {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Throttled,
        Self::TooHot,
        Self::Stolen,
        Self::ShortOfMemory,
        Self::Slept,
        Self::OtherClock,
        Self::OtherLimit,
    ];

    /// How much of it there was in a cell: nanoseconds, times, or 1; `None` if it did not happen.
    fn extent(self, of: &Conditions) -> Option<u64> {
        let count = |count| of.counts.get(&count).copied().filter(|more| *more > 0);
        let is_notable = |ns: &u64| *ns as f64 > NOTABLE_SHARE * of.elapsed_ns as f64;
        match self {
            // A time is counted when the threads may run again, so there can be periods before it.
            Self::Throttled => count(Count::ThrottledNs).or(count(Count::ThrottledPeriods)),
            Self::TooHot => count(Count::TooHot),
            Self::Stolen => {
                count(Count::StolenNs).filter(|ns| *ns >= LEAST_STOLEN_NS && is_notable(ns))
            }
            Self::ShortOfMemory => count(Count::MemoryPressureNs).filter(is_notable),
            Self::Slept => count(Count::SleptNs),
            Self::OtherClock => of.clock.as_ref().map(|_| 1),
            Self::OtherLimit => (!of.limits.is_empty()).then_some(1),
        }
    }
}

/// Cells of one series and N to which the same happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Touched {
    /// What happened.
    pub flag: Flag,
    /// The series.
    pub series: Series,
    /// The number of tasks.
    pub tasks: u64,
    /// The repeats, from 0.
    pub repeats: BTreeSet<u32>,
    /// How many cells.
    pub cells: u64,
    /// The conditions of the cell with the most of it.
    pub worst: Conditions,
}

/// What happened to the machine while the cells of a record ran.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disturbances {
    /// How many cells say what happened.
    pub watched: u64,
    /// The cells that something happened to.
    pub touched: Vec<Touched>,
}

impl Disturbances {
    pub(crate) fn of(record: &Record) -> Self {
        // In a cell that was skipped nothing ran.
        let ran = || record.cells.iter().filter(|cell| cell.status != Status::Skipped);
        let watched = || ran().filter_map(|cell| Some((cell, cell.conditions.as_ref()?)));
        let mut touched: BTreeMap<_, Touched> = BTreeMap::new();
        for (cell, conditions) in watched() {
            for flag in Flag::ALL {
                let Some(extent) = flag.extent(conditions) else { continue };
                let (series, tasks) = (Series::of(&record.run, cell), cell.tasks);
                let key = (flag, series.clone(), tasks);
                let row = touched.entry(key).or_insert_with(|| Touched {
                    flag,
                    series,
                    tasks,
                    repeats: BTreeSet::new(),
                    cells: 0,
                    worst: conditions.clone(),
                });
                row.repeats.insert(cell.repeat);
                row.cells += 1;
                if Some(extent) > flag.extent(&row.worst) {
                    row.worst.clone_from(conditions);
                }
            }
        }
        Self { watched: watched().count() as u64, touched: touched.into_values().collect() }
    }

    /// In how many cells this happened.
    pub fn cells(&self, flag: Flag) -> u64 {
        self.touched.iter().filter(|row| row.flag == flag).map(|row| row.cells).sum()
    }
}

#[cfg(test)]
mod tests {
    use record::synthetic::small_run;

    use super::*;

    fn flags(conditions: &Conditions) -> Vec<Flag> {
        Flag::ALL.into_iter().filter(|flag| flag.extent(conditions).is_some()).collect()
    }

    #[test]
    fn what_is_below_its_threshold_is_no_finding() {
        let second = Conditions { elapsed_ns: 1_000_000_000, ..Conditions::default() };
        assert!(flags(&second).is_empty());
        let with = |counts: &[(Count, u64)]| Conditions {
            counts: counts.iter().copied().collect(),
            ..second.clone()
        };
        let quiet = with(&[
            (Count::StolenNs, 50_000_000),
            (Count::ThrottledNs, 0),
            (Count::ThrottledPeriods, 0),
            (Count::TooHot, 0),
            (Count::MemoryPressureNs, 50_000_000),
            // Tasks that wait for a core are what many cells are about.
            (Count::CpuPressureNs, 1_000_000_000),
            (Count::SleptNs, 0),
        ]);
        assert!(flags(&quiet).is_empty());
        let loud = Conditions {
            clock: Some("hpet".into()),
            limits: BTreeMap::from([("nproc".into(), None)]),
            ..with(&[
                (Count::StolenNs, 60_000_000),
                (Count::ThrottledPeriods, 1),
                (Count::TooHot, 1),
                (Count::MemoryPressureNs, 60_000_000),
                (Count::SleptNs, 1),
            ])
        };
        assert_eq!(flags(&loud), Flag::ALL);
        let short = with(&[(Count::StolenNs, 10_000_000)]);
        let short = Conditions { elapsed_ns: 40_000_000, ..short };
        assert!(flags(&short).is_empty(), "one tick is no finding");
    }

    #[test]
    fn cells_that_are_alike_are_one_row_with_the_worst_of_them() {
        let mut record = small_run();
        assert_eq!(Disturbances::of(&record), Disturbances::default());
        for (index, cell) in record.cells.iter_mut().enumerate() {
            let throttled_ns = if index < 3 { 10 + index as u64 } else { 0 };
            let counts = [(Count::ThrottledNs, throttled_ns)].into();
            let conditions = Conditions { elapsed_ns: 100, counts, ..Conditions::default() };
            cell.conditions = Some(conditions);
        }
        let found = Disturbances::of(&record);
        assert_eq!(found.watched, record.cells.len() as u64);
        let [row] = &found.touched[..] else { panic!("{found:?}") };
        assert_eq!((row.cells, row.tasks, row.worst.counts[&Count::ThrottledNs]), (3, 1, 12));
        assert_eq!(row.repeats, BTreeSet::from([0, 1, 2]));
        assert_eq!((found.cells(Flag::Throttled), found.cells(Flag::Slept)), (3, 0));
        record.cells[0].status = Status::Skipped;
        let found = Disturbances::of(&record);
        assert_eq!(
            (found.watched, found.cells(Flag::Throttled)),
            (record.cells.len() as u64 - 1, 2)
        );
    }
}
