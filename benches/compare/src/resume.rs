//! What is left of a run that was killed.
//!
//! A cell is told by what was asked for: contestant, workload, number of tasks, repeat, build, and
//! the workers of a pool. How long its tasks waited is part of that only if it was asked for;
//! otherwise it is estimated. Either is doubled where it was too short. Cells that failed, hit a wall
//! or were skipped are there like any other: that is their result.

use std::collections::HashMap;

use anyhow::anyhow;

use crate::cell::{CellSpec, MOST_ATTEMPTS};
use protocol::ns;
use record::{Build, Cell, Status, WorkloadLine};

/// A planned run over a record that has a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// Cells that are there, with what was planned.
    pub there: Vec<(CellSpec, Cell)>,
    /// Cells that are not, in the order in which they were planned.
    pub left: Vec<CellSpec>,
}

/// Takes the cells that are there out of those that were planned.
///
/// # Errors
/// If a cell is there that was not planned, or is there more often than it was planned.
pub fn split(planned: Vec<CellSpec>, there: &[Cell]) -> anyhow::Result<Split> {
    let mut by_key: HashMap<Key, Vec<&Cell>> = HashMap::new();
    for cell in there {
        by_key.entry(Key::of(cell)).or_default().push(cell);
    }
    let mut split = Split::default();
    for spec in planned {
        // Cells that were asked for twice are alike, and whichever is there is one of them.
        match by_key.get_mut(&Key::of_planned(&spec)).and_then(Vec::pop) {
            Some(cell) if waited_as_asked(&spec, cell) => split.there.push((spec, cell.clone())),
            Some(cell) => return Err(not_asked_for(cell, " after such a wait")),
            None => split.left.push(spec),
        }
    }
    match by_key.into_values().flatten().next() {
        None => Ok(split),
        Some(cell) => {
            let is_known = split.there.iter().any(|(_, other)| Key::of(other) == Key::of(cell));
            Err(not_asked_for(cell, if is_known { " more than once" } else { "" }))
        }
    }
}

/// What is wrong with a cell that was not planned, or not so often, or not after its wait.
fn not_asked_for(cell: &Cell, how: &str) -> anyhow::Error {
    let Cell { contestant, tasks, repeat, .. } = cell;
    anyhow!("it has {contestant} × {tasks}, repeat {repeat}, for which its options do not ask{how}")
}

/// Whether the cell waited as long as was asked for, or that doubled, as often as a wait is that was
/// too short. Where nothing was asked for, any wait is right.
fn waited_as_asked(spec: &CellSpec, cell: &Cell) -> bool {
    let asked = ns(spec.workload.duration());
    let doubled = || (0..=MOST_ATTEMPTS).map(|times| asked.saturating_mul(1 << times));
    !spec.wait_is_given || doubled().any(|wait| wait == cell.workload.duration_ns)
}

/// What was asked for with a cell.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    contestant: String,
    workload: WorkloadLine,
    tasks: u64,
    repeat: u32,
    build: Build,
    pool_workers: Option<u32>,
}

impl Key {
    fn of(cell: &Cell) -> Self {
        Self {
            contestant: cell.contestant.clone(),
            workload: WorkloadLine { duration_ns: 0, ..cell.workload.clone() },
            tasks: cell.tasks,
            repeat: cell.repeat,
            build: cell.build,
            pool_workers: cell.pool_workers,
        }
    }

    fn of_planned(spec: &CellSpec) -> Self {
        Self::of(&spec.cell(&spec.workload, Status::Skipped, None))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use workload::{StateSize, Workload};

    use super::*;
    use crate::plan::{self, Step};
    use crate::registry;

    fn spec(tasks: u32, repeat: u32) -> CellSpec {
        let bare = registry::find("coroutines/bare").unwrap();
        let steps = [Step { tasks, repeats: repeat + 1, build: Build::Timed }];
        let workload = Workload::timer(0, Duration::ZERO);
        plan::cells(bare, &steps, workload, false, None).pop().unwrap()
    }

    /// A cell of this spec, after a wait that was not asked for.
    fn cell(spec: &CellSpec) -> Cell {
        let workload = spec.workload.with_duration(Duration::from_millis(77));
        spec.cell(&workload, Status::Ok, None)
    }

    #[test]
    fn what_is_there_is_not_left_whatever_it_waited() {
        let planned = vec![spec(1, 0), spec(1, 1), spec(2, 0)];
        let split = split(planned.clone(), &[cell(&planned[1])]).unwrap();
        assert_eq!(split.left, [planned[0], planned[2]]);
        assert_eq!(split.there, [(planned[1], cell(&planned[1]))]);
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept_or_doubled() {
        let asked = CellSpec { wait_is_given: true, ..spec(5, 0) };
        let asked =
            CellSpec { workload: asked.workload.with_duration(Duration::from_millis(20)), ..asked };
        let after = |ms| {
            let workload = asked.workload.with_duration(Duration::from_millis(ms));
            split(vec![asked], &[asked.cell(&workload, Status::Ok, None)])
        };
        assert!([20, 40, 1280].into_iter().all(|ms| after(ms).is_ok()));
        assert!([0, 10, 30, 77].into_iter().all(|ms| after(ms).is_err()));
        let message = after(77).unwrap_err().to_string();
        assert!(message.ends_with("do not ask after such a wait"), "{message}");
    }

    #[test]
    fn everything_that_was_asked_for_tells_cells_apart() {
        let planned = spec(5, 0);
        let others = [
            CellSpec { contestant: registry::find("coroutines/smol").unwrap(), ..planned },
            CellSpec { workload: planned.workload.with_state(StateSize::KiB1), ..planned },
            CellSpec { workload: planned.workload.with_spread(Duration::from_secs(1)), ..planned },
            CellSpec { is_pool: true, ..planned },
            CellSpec { build: Build::Counting, ..planned },
            spec(6, 0),
            spec(5, 1),
        ];
        for other in others {
            assert!(split(vec![planned], &[cell(&other)]).is_err(), "{other:?}");
        }
    }

    #[test]
    fn a_failure_is_a_result() {
        let planned = spec(5, 0);
        let failed = planned.cell(&planned.workload, Status::Failed, Some("hung".into()));
        assert!(split(vec![planned], &[failed]).unwrap().left.is_empty());
    }

    #[test]
    fn a_cell_is_there_as_often_as_it_was_asked_for() {
        let planned = spec(5, 0);
        let twice = [cell(&planned), cell(&planned)];
        let asked_twice = split(vec![planned, planned], &twice[..1]).unwrap();
        assert_eq!(asked_twice.left, [planned]);
        let message = split(vec![planned], &twice).unwrap_err().to_string();
        assert_eq!(
            message,
            "it has coroutines/bare × 5, repeat 0, for which its options do not ask more than once"
        );
        let message = split(vec![], &twice[..1]).unwrap_err().to_string();
        assert!(message.ends_with("do not ask"), "{message}");
    }
}
