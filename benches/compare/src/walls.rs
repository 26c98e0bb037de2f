//! Where each contestant stops: cells with more and more tasks until one does not run, and then between; the same
//! again with the limit moved. Every cell is in a record like any other, and `analysis::found` says what it means.

use analysis::found::{self, Found};
use report::found::before_moving;
use report::text::limits::room_for;
use report::text::names;
use workload::Workload;

use crate::cell::CellSpec;
use crate::contestant::Contestant;
use crate::events::RunCell;
use crate::meter::process::Procfs;
use crate::output::complain;
use crate::plan::{self, Step};
use crate::raise::Move;
use record::{Build, Record, Run, Status};

/// How far what ran and what did not may be apart at the end, as a part of what ran.
const TOLERANCE: f64 = 0.01;

/// The number of tasks that is tried first.
const FIRST: u32 = 1_000;

/// Searches for the wall of a contestant, with so many tasks at `most`; and again with its limit moved, where this
/// file system is to be changed for that. It is put back then. The cells are a part of this run.
pub(crate) fn search(
    contestant: &'static Contestant,
    (workload, most): (Workload, u32),
    raise: Option<&Procfs>,
    run: &Run,
    run_cell: &mut RunCell<'_>,
) -> anyhow::Result<()> {
    let mut record = Record::of(run.clone());
    // Of the cells before, what ran counts: what did not may run now.
    let mut until_known = |record: &mut Record| {
        let before = record.cells.iter().filter(|cell| cell.status == Status::Ok);
        let mut tried: Vec<_> = before.map(|cell| (cell.tasks as u32, cell.status)).collect();
        while let Some(tasks) = next(&tried, most) {
            let step = Step { tasks, repeats: 1, build: Build::Timed };
            let spec = plan::cells(contestant, &[step], workload, false, None).remove(0);
            let repeat = record.cells.iter().filter(|cell| cell.tasks == u64::from(tasks)).count();
            let spec = CellSpec { repeat: repeat as u32, second_wave: false, ..spec };
            let cell = run_cell(&spec)?;
            tried.push((tasks, cell.status));
            record.cells.push(cell);
        }
        anyhow::Ok(())
    };
    until_known(&mut record)?;
    match found::of(&record).pop().and_then(|found| moved(&found, raise?)) {
        Some(_moved) => until_known(&mut record),
        None => Ok(()),
    }
}

/// How many tasks are tried after these, of which each ended like this: twice as many until it does not run, and
/// `most` at most, then half-way between what ran and what did not. `None` if the end is known.
fn next(tried: &[(u32, Status)], most: u32) -> Option<u32> {
    let ran = tried.iter().filter(|(_, status)| *status == Status::Ok).map(|(tasks, _)| *tasks);
    let ran = ran.max().unwrap_or(0);
    let stops = || tried.iter().filter(|(tasks, status)| *status != Status::Ok && *tasks > ran);
    let Some(&(end, status)) = stops().rev().min_by_key(|(tasks, _)| *tasks) else {
        return (ran < most).then(|| ran.saturating_mul(2).max(FIRST).min(most));
    };
    match status {
        // It may be the moment's. If not, no limit says where the end is, and each try may take a minute.
        Status::Failed => (stops().filter(|(tasks, _)| *tasks == end).count() == 1).then_some(end),
        // Not for how many there are.
        Status::Skipped if ran == 0 => None,
        _ => {
            let is_near = f64::from(end - ran) <= f64::from(ran) * TOLERANCE;
            (end - ran > 1 && !is_near).then_some(ran + (end - ran) / 2)
        }
    }
}

/// Moves the limit that stopped a contestant, if one did and it can be moved.
fn moved(found: &Found, procfs: &Procfs) -> Option<Move> {
    let (limit, ran) = (found.limit.as_ref()?, found.ran?);
    let to = room_for(&found.ceiling()?, ran + ran / 2);
    let made = Move::of(procfs, limit, to).and_then(|planned| {
        let (to, undo) = (planned.to, planned.undo());
        let said = before_moving(&limit.name, limit.value, to, undo.as_deref());
        complain(format_args!("compare: {said}"));
        planned.make()
    });
    let name = names::limit(&limit.name);
    made.inspect_err(|why| complain(format_args!("compare: {name} is not moved: {why:#}"))).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use anyhow::bail;
    use proptest::prelude::*;
    use record::synthetic::{Bill, Synthetic};
    use record::{Cell, Conditions, LimitValue};

    use super::*;
    use crate::registry;

    const MAPS: &str = "sys/vm/max_map_count";

    /// Searches on a machine on which a thread has four mappings, where a file limits those; until an interruption
    /// as soon as that limit has been moved, if `is_interrupted`. Returns the cells and the limit in the end.
    fn search_at(is_interrupted: bool, stopped: Status) -> (Record, String) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("sys/vm")).unwrap();
        fs::write(folder.path().join(MAPS), "65530\n").unwrap();
        let read = || fs::read_to_string(folder.path().join(MAPS)).unwrap().trim().to_owned();
        let mut record = Synthetic::new().record();
        let run = record.run.clone();
        let run_cell = &mut |spec: &CellSpec| {
            let (id, tasks) = (spec.contestant.id(), u64::from(spec.workload.tasks));
            let limit: u64 = read().parse().unwrap();
            if is_interrupted && limit != 65_530 {
                bail!("interrupted");
            }
            let mut made = Synthetic::new();
            if 30 + 4 * tasks <= limit - 18 {
                made.line(id, &[tasks], Bill { threads: 1, ..Bill::of(10_000) });
            } else {
                made.without(id, tasks, stopped, "no thread");
            }
            let mut cell = made.record().cells.remove(0);
            if let Some(wall) = &mut cell.limit {
                (wall.value, wall.used) = (limit, limit - 18);
            }
            let limits = (limit != 65_530)
                .then(|| ("max_map_count".to_owned(), Some(LimitValue::Number(limit))));
            let limits = limits.into_iter().collect();
            let conditions = Some(Conditions { limits, ..Conditions::default() });
            let cell = Cell { repeat: spec.repeat, conditions, ..cell };
            record.cells.push(cell.clone());
            assert!(record.cells.len() < 40, "{record:?}");
            Ok(cell)
        };
        let thread = registry::find("threads/per-task").unwrap();
        let what = (Workload::timer(0, Duration::ZERO), 1_000_000);
        let ended = search(thread, what, Some(&Procfs::at(folder.path())), &run, run_cell);
        assert_eq!(ended.is_err(), is_interrupted);
        (record, read())
    }

    #[test]
    fn a_wall_is_found_and_moves_as_predicted_when_its_limit_does() {
        let (record, limit) = search_at(false, Status::Wall);
        assert_eq!(limit, "65530", "it is put back");
        let [found, raised] = &found::of(&record)[..] else { panic!("{record:?}") };
        for (found, wall) in [(found, 16_370), (raised, 24_488)] {
            let (ran, stopped) = (found.ran.unwrap(), found.stopped_at.unwrap());
            assert!(ran <= wall && wall < stopped && stopped - ran <= ran / 100, "{found:?}");
        }
        let moved = raised.moved.as_ref().unwrap();
        assert_eq!((moved.to, moved.is_as_predicted), (98_000, Some(true)));
    }

    #[test]
    fn an_interruption_puts_the_limit_back() {
        let (record, limit) = search_at(true, Status::Wall);
        assert_eq!(limit, "65530");
        assert!(found::of(&record)[0].limit.is_some(), "what was found is kept");
    }

    /// There is nothing that could be moved where memory, and no limit, is what would be too little.
    #[test]
    fn what_stops_without_a_limit_is_searched_once() {
        let (record, _) = search_at(false, Status::Skipped);
        let [found] = &found::of(&record)[..] else { panic!("{record:?}") };
        assert_eq!((found.limit.clone(), found.moved.clone()), (None, None));
    }

    /// What is tried until the search ends, where each number of tasks ends like this.
    fn tried(most: u32, ends: impl Fn(u32) -> Status) -> Vec<(u32, Status)> {
        let mut tried = Vec::new();
        while let Some(tasks) = next(&tried, most) {
            assert!(tried.len() < 100, "{tried:?}");
            tried.push((tasks, ends(tasks)));
        }
        tried
    }

    #[test]
    fn a_failure_is_tried_once_more_and_what_cannot_run_is_not() {
        assert_eq!(tried(5_000, |_| Status::Failed), [(1_000, Status::Failed); 2]);
        assert_eq!(tried(5_000, |_| Status::Skipped), [(1_000, Status::Skipped)]);
        // It ran the second time, or a limit stopped it.
        let twice = [(1_000, Status::Failed), (1_000, Status::Ok)];
        assert_eq!(next(&twice, 5_000), Some(2_000));
        assert_eq!(next(&twice, 1_000), None);
        let twice = [(1_000, Status::Failed), (1_000, Status::Wall)];
        assert_eq!(next(&twice, 5_000), Some(500));
    }

    proptest! {
        #[test]
        fn a_wall_anywhere_is_found(wall in 0_u32..3_000_000, most in 1_u32..2_000_000) {
            let end = |tasks| if tasks <= wall { Status::Ok } else { Status::Wall };
            let tried = tried(most, end);
            let with = |status| tried.iter().filter(move |(_, other)| *other == status);
            let ran = with(Status::Ok).map(|(tasks, _)| *tasks).max();
            match with(Status::Wall).map(|(tasks, _)| *tasks).min() {
                None => prop_assert_eq!(ran, Some(most)),
                Some(stopped) => {
                    let ran = ran.unwrap_or(0);
                    prop_assert!(ran <= wall && wall < stopped);
                    prop_assert!(stopped - ran <= 1.max(ran / 100), "{tried:?}");
                }
            }
            // No number is tried twice, and none beyond what was asked.
            let mut tasks: Vec<u32> = tried.iter().map(|(tasks, _)| *tasks).collect();
            tasks.sort_unstable();
            prop_assert!(tasks.windows(2).all(|pair| pair[0] < pair[1]) && tasks[0] > 0);
            prop_assert!(tasks.last() <= Some(&most) && tasks.len() < 35);
        }
    }
}
