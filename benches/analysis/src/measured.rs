//! What was measured of each series: fits over N, and the whole process at each N.

use std::collections::{BTreeMap, BTreeSet};

use record::Cell;

use crate::estimate::{Draws, Estimate};
use crate::figure::Figure;
use crate::fit::Fit;
use crate::index::{Cells, is_all_waiting};
use crate::reading::{Reading, Spread, spreads};
use crate::series::Series;

/// What was measured of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The series.
    pub series: Series,
    /// How many of its tasks waited at the same time.
    pub waiting: Waiting,
    /// What one more waiting task adds, for each figure that has readings at two N at least.
    pub fits: BTreeMap<Figure, Fit>,
    /// The whole process with N tasks waiting, by figure and N.
    pub whole: BTreeMap<Figure, BTreeMap<u64, Spread>>,
    /// The whole process before its first task, by figure and the N that was to come.
    pub idle: BTreeMap<Figure, BTreeMap<u64, Spread>>,
    /// The N of its proven, timed cells.
    pub proven_at: BTreeSet<u64>,
    /// How many proven cells, timed and counting.
    pub cells: usize,
}

/// How many tasks of a series waited at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// All of them, in every cell with proof.
    All,
    /// One: the others had not started.
    OneAtATime,
    /// Fewer than all at these N, as in a pool. Those cells are in no figure per waiting task.
    NotAllAt(BTreeSet<u64>),
    /// There is no cell with proof.
    NoProof,
}

impl Waiting {
    fn of(cells: &Cells<'_>) -> Self {
        let is_alone = |cell: &Cell| cell.proof.is_some_and(|proof| proof.expected_in_flight <= 1);
        let left_out = cells.timed.iter().filter(|cell| !is_all_waiting(cell));
        let left_out: BTreeSet<u64> = left_out.map(|cell| cell.tasks).collect();
        match left_out.is_empty() {
            true if cells.timed.is_empty() => Self::NoProof,
            true => Self::All,
            false if cells.timed.iter().all(|cell| is_alone(cell)) => Self::OneAtATime,
            false => Self::NotAllAt(left_out),
        }
    }
}

impl Measured {
    /// What was measured of this series.
    pub(crate) fn of(series: &Series, cells: &Cells<'_>, draws: &Draws) -> Self {
        let mut measured = Self {
            series: series.clone(),
            waiting: Waiting::of(cells),
            fits: BTreeMap::new(),
            whole: BTreeMap::new(),
            idle: BTreeMap::new(),
            proven_at: cells.timed.iter().map(|cell| cell.tasks).collect(),
            cells: cells.timed.len() + cells.counting.len(),
        };
        if !series.shape.is_weighed() {
            return measured;
        }
        let key = series.key();
        for figure in Figure::all() {
            let readings = cells.readings(figure);
            if let Some(fit) = Fit::of(&readings, draws.of_cells(&[&key, figure.name()])) {
                measured.fits.insert(figure, fit);
            }
            let proven = cells.proven(figure.build()).iter();
            let idle =
                |cell: &&Cell| Some(Reading { tasks: cell.tasks, value: figure.read_idle(cell)? });
            let idle: Vec<Reading> = proven.filter_map(idle).collect();
            for (of, readings) in [(&mut measured.whole, readings), (&mut measured.idle, idle)] {
                if !readings.is_empty() {
                    of.insert(figure, spreads(&readings));
                }
            }
        }
        measured
    }

    /// What one more waiting task adds, in the unit of the figure; `None` if there is no line.
    pub fn slope(&self, figure: Figure) -> Option<Estimate> {
        self.fits.get(&figure).map(|fit| fit.slope.estimate)
    }

    /// This slope divided by another series', without a unit; `None` where either is missing, is not above
    /// zero, or the other cannot be distinguished from zero.
    pub fn slope_over(&self, other: &Self, figure: Figure) -> Option<Estimate> {
        self.fits.get(&figure)?.slope.over(&other.fits.get(&figure)?.slope)
    }

    /// The whole process with N tasks waiting, in the unit of the figure.
    pub fn whole_at(&self, figure: Figure, tasks: u64) -> Option<&Spread> {
        self.whole.get(&figure)?.get(&tasks)
    }
}
