//! Every cell that has no figure, with its reason.

use std::collections::BTreeMap;

use record::{Build, Cell, Limit, Status};

use crate::context::Context;
use crate::index::is_proven;
use crate::series::Series;

/// Cells of one series and N that have no figure, for one reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// The series.
    pub series: Series,
    /// The number of tasks.
    pub tasks: u64,
    /// Which build ran them.
    pub build: Build,
    /// How many cells.
    pub cells: u64,
    /// How they ended.
    pub why: Why,
    /// The limit that stopped them, where they are a wall.
    pub limit: Option<Limit>,
    /// The reason that was recorded, else what is wrong with the proof. It is foreign text.
    pub reason: Option<String>,
}

/// How a cell without a figure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// A limit of this machine stopped it: a result.
    Wall,
    /// It failed.
    Failed,
    /// It went well and proves nothing.
    NoProof,
    /// It was not run.
    Skipped,
}

impl Why {
    fn of(cell: &Cell) -> Self {
        match cell.status {
            Status::Ok => Self::NoProof,
            Status::Wall => Self::Wall,
            Status::Skipped => Self::Skipped,
            Status::Failed => Self::Failed,
        }
    }
}

/// Every cell without a figure, by series and N; cells that are alike are counted together.
pub(crate) fn of(context: &Context<'_>) -> Vec<Missing> {
    let weighed = context.index.iter().flat_map(|(_, cells)| &cells.unproven);
    let waves = context.index.waves().iter().filter(|cell| !is_proven(cell));
    let mut alike: BTreeMap<_, Missing> = BTreeMap::new();
    for cell in weighed.chain(waves) {
        let (why, reason) = (Why::of(cell), cell.reason.clone().or_else(|| cell.flaw()));
        let series = Series::of(&context.record.run, cell);
        let is_counting = cell.build == Build::Counting;
        let key = (series.clone(), cell.tasks, is_counting, why, reason.clone());
        let missing = alike.entry(key).or_insert_with(|| Missing {
            series,
            tasks: cell.tasks,
            build: cell.build,
            cells: 0,
            why,
            limit: cell.limit.clone(),
            reason,
        });
        missing.cells += 1;
    }
    alike.into_values().collect()
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Synthetic, small_run};

    use super::*;
    use crate::analysis::Analysis;

    #[test]
    fn each_cell_without_a_figure_is_there_with_its_reason() {
        let missing = Analysis::of(&small_run(), None).missing;
        let said: Vec<_> = missing
            .iter()
            .map(|one| (one.series.contestant.as_str(), one.tasks, one.why, one.limit.is_some()))
            .collect();
        assert_eq!(
            said,
            [
                ("threads/per-task", 40_000, Why::Wall, true),
                ("coroutines/smol", 1_000_000, Why::Failed, false)
            ]
        );
        assert_eq!(missing[1].reason.as_deref(), Some("killed by signal 9 | out of memory"));
    }

    #[test]
    fn alike_cells_are_counted_together_and_a_wrong_proof_is_the_reason() {
        let mut made = Synthetic::new();
        for _ in 0..3 {
            made.without("coroutines/smol", 10, Status::Failed, "killed");
        }
        made.without("coroutines/smol", 10, Status::Failed, "hung");
        let mut record = made.record();
        record.cells[3].status = Status::Ok;
        record.cells[3].reason = None;
        let missing = Analysis::of(&record, None).missing;
        assert_eq!(missing.len(), 2);
        assert_eq!((missing[0].cells, missing[0].why), (3, Why::Failed));
        assert_eq!(missing[1].reason.as_deref(), Some("it has no proof"));
    }
}
