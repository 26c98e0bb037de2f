//! Which cells count, and what they read at which N.

use std::collections::BTreeSet;

use super::{Figure, Series};
use record::{Build, Cell, ProofLine, Record, Status};

/// One reading of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The number of tasks.
    pub tasks: u64,
    /// What was read, in the unit of the figure.
    pub value: f64,
}

/// The readings of a figure in the proven cells of a series in which all tasks waited at once.
pub fn readings(record: &Record, series: &Series, figure: Figure) -> Vec<Reading> {
    proven(record, series, figure.build())
        .into_iter()
        .filter(|cell| is_all_waiting(cell))
        .filter_map(|cell| Some(Reading { tasks: cell.tasks, value: figure.read(cell)? }))
        .collect()
}

/// The cells of a series that this build ran with proof, by N.
pub fn proven<'a>(record: &'a Record, series: &Series, build: Build) -> Vec<&'a Cell> {
    let mut cells: Vec<&Cell> = record
        .cells
        .iter()
        .filter(|cell| cell.build == build && is_proven(cell) && Series::of(cell) == *series)
        .collect();
    cells.sort_by_key(|cell| (cell.tasks, cell.repeat));
    cells
}

/// Whether a cell did its work and has proof of it.
pub fn is_proven(cell: &Cell) -> bool {
    cell.status == Status::Ok && cell.flaw().is_none()
}

/// Whether all tasks of a proven cell waited at the same time, as they do unless the contestant
/// takes one at a time or is a pool of fewer workers, or they come at a rate.
pub fn is_all_waiting(cell: &Cell) -> bool {
    proof_of(cell).is_some_and(|proof| !proof.unweighed && proof.expected_in_flight == cell.tasks)
}

/// The values read at this N.
pub fn values_at(readings: &[Reading], tasks: u64) -> Vec<f64> {
    readings.iter().filter(|reading| reading.tasks == tasks).map(|reading| reading.value).collect()
}

/// The different N of these readings, ascending.
pub fn task_counts(readings: &[Reading]) -> BTreeSet<u64> {
    readings.iter().map(|reading| reading.tasks).collect()
}

fn proof_of(cell: &Cell) -> Option<&ProofLine> {
    cell.proof.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{fit, series};
    use record::synthetic::{Bill, Synthetic};

    #[test]
    fn only_proven_cells_of_the_right_build_are_read() {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &[1, 100, 1_000], Bill::of(100));
        made.counting("coroutines/bare", &[1, 100, 1_000], 60);
        let record = made.record();
        let series = series(&record).remove(0);
        let rss = fit(&record, &series, Figure::Rss).unwrap();
        let heap = fit(&record, &series, Figure::Heap).unwrap();
        assert_eq!((rss.cells, heap.cells), (9, 9));

        let mut damaged = record.clone();
        for cell in damaged.cells.iter_mut().filter(|cell| cell.repeat == 0) {
            cell.proof.as_mut().unwrap().checksum ^= 1;
        }
        for cell in damaged.cells.iter_mut().filter(|cell| cell.repeat == 1) {
            cell.status = Status::Failed;
        }
        assert_eq!(fit(&damaged, &series, Figure::Rss).unwrap().cells, 3);
    }

    #[test]
    fn a_pool_smaller_than_its_tasks_is_no_figure_per_waiting_task() {
        let mut made = Synthetic::new();
        made.line("threads/rayon-pool", &[1, 10, 100], Bill::of(9_000));
        made.pool_of(8);
        let record = made.record();
        let series = series(&record).remove(0);
        assert_eq!(task_counts(&readings(&record, &series, Figure::Rss)), BTreeSet::from([1]));
        assert!(fit(&record, &series, Figure::Rss).is_none());
    }
}
