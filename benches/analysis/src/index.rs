//! The cells of a record by series, found once.

use std::collections::BTreeMap;

use record::{Build, Cell, Record, Status};

use crate::figure::Figure;
use crate::reading::Reading;
use crate::series::Series;

/// The cells of a record by series.
#[derive(Debug)]
pub struct Index<'a> {
    by_series: BTreeMap<Series, Cells<'a>>,
    waves: Vec<&'a Cell>,
    traced: Vec<&'a Cell>,
}

/// The cells of one series, those with proof by N and repeat.
#[derive(Debug, Default)]
pub struct Cells<'a> {
    /// Of the ordinary build, with proof.
    pub timed: Vec<&'a Cell>,
    /// Of the counting build, with proof.
    pub counting: Vec<&'a Cell>,
    /// Of either, without proof, in the order in which they ran.
    pub unproven: Vec<&'a Cell>,
}

impl<'a> Index<'a> {
    /// Sorts the cells of this record. A cell that stands twice counts once: what stands first.
    pub fn of(record: &'a Record) -> Self {
        let mut by_series: BTreeMap<Series, Cells<'a>> = BTreeMap::new();
        let (waves, others): (Vec<&Cell>, Vec<&Cell>) =
            record.cells.iter().partition(|cell| cell.rate);
        // One without proof is missing like any other.
        let (traced, others): (Vec<&Cell>, Vec<&Cell>) =
            others.into_iter().partition(|cell| cell.workload.trace && is_proven(cell));
        for cell in others {
            let cells = by_series.entry(Series::of(&record.run, cell)).or_default();
            match cell.build {
                _ if !is_proven(cell) => cells.unproven.push(cell),
                Build::Timed => cells.timed.push(cell),
                Build::Counting => cells.counting.push(cell),
            }
        }
        for cells in by_series.values_mut() {
            for proven in [&mut cells.timed, &mut cells.counting] {
                proven.sort_by_key(|cell| (cell.tasks, cell.repeat));
            }
        }
        Self { by_series, waves, traced }
    }

    /// Every series with its cells, by contestant and shape.
    pub fn iter(&self) -> impl Iterator<Item = (&Series, &Cells<'a>)> {
        self.by_series.iter()
    }

    /// The cells that show a rate, with proof or without: nothing was weighed in them.
    pub fn waves(&self) -> &[&'a Cell] {
        &self.waves
    }

    /// The cells of which a trace was taken, with proof: nothing was weighed in them.
    pub fn traced(&self) -> &[&'a Cell] {
        &self.traced
    }

    /// The cells of a series; none if the record has none of it.
    pub fn get(&self, series: &Series) -> Option<&Cells<'a>> {
        self.by_series.get(series)
    }
}

impl<'a> Cells<'a> {
    /// Those with proof that carry this figure.
    pub fn proven(&self, build: Build) -> &[&'a Cell] {
        match build {
            Build::Timed => &self.timed,
            Build::Counting => &self.counting,
        }
    }

    /// The readings of a figure in the cells in which all tasks waited at once.
    pub fn readings(&self, figure: Figure) -> Vec<Reading> {
        let reading = |cell: &&Cell| Some(Reading { tasks: cell.tasks, value: figure.read(cell)? });
        let waiting = self.proven(figure.build()).iter().filter(|cell| is_all_waiting(cell));
        waiting.filter_map(reading).collect()
    }
}

/// Whether a cell did its work and has proof of it.
pub fn is_proven(cell: &Cell) -> bool {
    cell.status == Status::Ok && cell.flaw().is_none()
}

/// Whether all tasks of a proven cell waited at the same time.
pub fn is_all_waiting(cell: &Cell) -> bool {
    cell.proof.is_some_and(|proof| !proof.unweighed && proof.expected_in_flight == cell.tasks)
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic};

    use super::*;

    #[test]
    fn only_proven_cells_of_the_right_build_are_read() {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &[1, 100, 1_000], Bill::of(100));
        made.counting("coroutines/bare", &[1, 100, 1_000], 60);
        let mut record = made.record();
        let count = |record: &Record, figure| {
            Index::of(record).iter().map(|(_, cells)| cells.readings(figure).len()).sum::<usize>()
        };
        assert_eq!((count(&record, Figure::Rss), count(&record, Figure::Heap)), (9, 9));
        for cell in record.cells.iter_mut().filter(|cell| cell.repeat == 0) {
            cell.proof.as_mut().unwrap().checksum ^= 1;
        }
        for cell in record.cells.iter_mut().filter(|cell| cell.repeat == 1) {
            cell.status = Status::Failed;
        }
        assert_eq!(count(&record, Figure::Rss), 3);
    }

    #[test]
    fn a_pool_smaller_than_its_tasks_is_no_figure_per_waiting_task() {
        let mut made = Synthetic::new();
        made.line("threads/rayon-pool", &[1, 10, 100], Bill::of(9_000));
        made.pool_of(8);
        let record = made.record();
        let index = Index::of(&record);
        let (_, cells) = index.iter().next().unwrap();
        assert_eq!(cells.timed.len(), 9);
        assert!(cells.readings(Figure::Rss).iter().all(|reading| reading.tasks == 1));
    }
}
