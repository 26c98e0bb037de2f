//! Where a search for walls ended: the largest N that ran, the first that did not, and the same with the limit
//! moved.

use record::{Cell, Limit, LimitValue, Record};
use serde::Serialize;

use crate::analysis::Analysis;
use crate::index::{Index, is_proven};
use crate::series::Series;
use crate::walls::Ceiling;

/// Where a contestant stops.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The series.
    pub series: Series,
    /// The limit that was moved before; `None` where all are as they were when the run began.
    pub moved: Option<Moved>,
    /// The largest N with proof.
    pub ran: Option<u64>,
    /// The smallest larger one without; `None` if everything that was tried ran.
    pub stopped_at: Option<u64>,
    /// The limit that stopped it there, where it is a wall.
    pub limit: Option<Limit>,
    /// What else was said of that.
    pub reason: Option<String>,
    /// Where limits stop it, the first one first: worked out from what its tasks take.
    pub ceilings: Vec<Ceiling>,
}

/// A limit that was moved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// Its name.
    pub limit: String,
    /// What it was moved to.
    pub to: u64,
    /// The first limit to stop the contestant then, as worked out from cells before that.
    pub predicted: Ceiling,
    /// Whether it stopped there, within 1 %; `None` if nothing stopped it, or the search ended before that was known.
    pub is_as_predicted: Option<bool>,
}

impl Found {
    fn among(series: &Series, cells: &[&Cell], ceilings: Vec<Ceiling>) -> Self {
        let ran = cells.iter().filter(|cell| is_proven(cell)).map(|cell| cell.tasks).max();
        let others = cells.iter().filter(|cell| !is_proven(cell) && Some(cell.tasks) > ran);
        let stopped = others.min_by_key(|cell| (cell.tasks, cell.limit.is_none()));
        Self {
            series: series.clone(),
            moved: None,
            ran,
            stopped_at: stopped.map(|cell| cell.tasks),
            limit: stopped.and_then(|cell| cell.limit.clone()),
            reason: stopped.and_then(|cell| cell.reason.clone()),
            ceilings,
        }
    }

    /// The limit that stopped it, with what a task takes of it: its part of the whole where nothing counts that.
    pub fn ceiling(&self) -> Option<Ceiling> {
        let Limit { name, value, .. } = self.limit.as_ref()?;
        let (ran, stopped_at) = (self.ran?, self.stopped_at?);
        let known = self.ceilings.iter().find(|ceiling| ceiling.limit == *name);
        // What ran and what did not says better where it stops than what a process had when it was last seen.
        let tasks = known.map_or(ran, |known| known.tasks).clamp(ran, stopped_at - 1);
        let per_task = known.map_or(*value as f64 / ran as f64, |known| known.per_task);
        Some(Ceiling { limit: name.clone(), value: *value, per_task, tasks })
    }

    /// Where it would be stopped first if the limit that stopped it had another value.
    pub fn predict(&self, to: u64) -> Option<Ceiling> {
        let at = self.ceiling()?;
        let tasks = at.tasks as f64 + (to as f64 - at.value as f64) / at.per_task;
        let moved = Ceiling { value: to, tasks: tasks.max(0.0) as u64, ..at };
        let others = self.ceilings.iter().filter(|other| other.limit != moved.limit).cloned();
        others.chain([moved.clone()]).min_by_key(|ceiling| ceiling.tasks)
    }

    /// The same among the cells that ran after its limit was moved; `None` if none did.
    fn raised(&self, before: &[&Cell], after: &[&Cell]) -> Option<Self> {
        let limit = self.limit.as_ref()?.name.clone();
        let now = |cell: &&Cell| cell.conditions.as_ref()?.limits.get(&limit).copied().flatten();
        let to = after.iter().find_map(now).and_then(LimitValue::number)?;
        let predicted = self.predict(to)?;
        // What ran with less runs with more.
        let cells = before.iter().filter(|cell| is_proven(cell)).chain(after).copied();
        let raised = Self::among(&self.series, &cells.collect::<Vec<_>>(), Vec::new());
        let is_there = |stopped_at: u64| {
            let (ran, off) = (raised.ran.unwrap_or(0), predicted.tasks / 100);
            let may_be = ran <= predicted.tasks + off
                && stopped_at >= predicted.tasks - off
                && raised.limit.as_ref().is_some_and(|limit| limit.name == predicted.limit);
            // It may be anywhere between them.
            let is_known = stopped_at - ran <= 2 * off.max(1);
            (is_known || !may_be).then_some(may_be)
        };
        let is_as_predicted = raised.stopped_at.and_then(is_there);
        Some(Self { moved: Some(Moved { limit, to, predicted, is_as_predicted }), ..raised })
    }
}

fn is_raised(cell: &Cell) -> bool {
    cell.conditions.as_ref().is_some_and(|conditions| !conditions.limits.is_empty())
}

/// Where each contestant stops, by the cells of a search; then the same after its limit was moved.
pub fn of(record: &Record) -> Vec<Found> {
    let mut plain = record.clone();
    plain.cells.retain(|cell| !is_raised(cell));
    let (analysis, index) = (Analysis::of(&plain, None), Index::of(record));
    let found = index.iter().flat_map(|(series, cells)| {
        let cells = cells.timed.iter().chain(&cells.unproven).copied();
        let (after, before): (Vec<&Cell>, Vec<&Cell>) = cells.partition(|cell| is_raised(cell));
        let reach = analysis.reaches.iter().find(|reach| reach.series == *series);
        let ceilings = reach.map_or_else(Vec::new, |reach| reach.ceilings.clone());
        let found = Found::among(series, &before, ceilings);
        let raised = found.raised(&before, &after);
        [Some(found), raised].into_iter().flatten()
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic, small_run};
    use record::{Conditions, Status};

    use super::*;

    fn of_threads(record: &Record) -> Vec<Found> {
        let mut found = of(record);
        found.retain(|found| found.series.contestant.as_str() == "threads/per-task");
        found
    }

    /// The cell of the small run that met its wall, at so many tasks and under this limit.
    fn wall(tasks: u64, to: u64) -> Cell {
        let mut cell = small_run().cells.into_iter().find(|cell| cell.limit.is_some()).unwrap();
        cell.tasks = tasks;
        let limits = [("max_map_count".to_owned(), Some(LimitValue::Number(to)))].into();
        cell.conditions = Some(Conditions { limits, ..Conditions::default() });
        cell.limit.as_mut().unwrap().value = to;
        cell
    }

    #[test]
    fn a_thread_each_stops_between_what_ran_and_what_did_not() {
        let [found] = &of_threads(&small_run())[..] else { panic!("no limit was moved") };
        assert_eq!((found.ran, found.stopped_at), (Some(10_000), Some(40_000)));
        assert_eq!(found.ceiling().unwrap().tasks, 16_370);
        let ran = Found { ran: Some(16_400), ..found.clone() };
        assert_eq!(ran.ceiling().unwrap().tasks, 16_400, "that was seen too early");
        assert_eq!(found.predict(99_000).unwrap().tasks, 16_370 + 33_470 / 4);
        // Another limit may come first.
        let mut record = small_run();
        record.run.host.limits.insert("pid_max".into(), LimitValue::Number(20_000));
        let first = of_threads(&record)[0].predict(99_000).unwrap();
        assert_eq!((&*first.limit, first.tasks), ("pid_max", 19_999));
    }

    /// What did not run before a limit was moved says nothing of what runs then, and the other way about.
    #[test]
    fn cells_under_a_moved_limit_stand_apart() {
        let mut record = small_run();
        let before = of_threads(&record);
        let moved_to = |record: &Record| of_threads(record).remove(1).moved.unwrap();
        record.cells.extend([wall(24_800, 99_000), wall(24_900, 99_000)]);
        let found = of_threads(&record);
        assert_eq!((found.len(), &found[0]), (2, &before[0]));
        assert_eq!((found[1].ran, found[1].stopped_at), (Some(10_000), Some(24_800)));
        let moved = moved_to(&record);
        assert_eq!((moved.to, moved.predicted.tasks), (99_000, 24_737));
        assert_eq!(moved.is_as_predicted, None, "it may stop anywhere from 10,000 on");
        let mut early = record.clone();
        early.cells.push(wall(20_000, 99_000));
        assert_eq!(moved_to(&early).is_as_predicted, Some(false), "long before");
        let mut made = Synthetic::new();
        made.line("threads/per-task", &[24_600], Bill { threads: 1, ..Bill::of(10_000) });
        let conditions = wall(1, 99_000).conditions;
        let ran = Cell { conditions, ..made.record().cells.remove(0) };
        record.cells.push(ran);
        assert_eq!(moved_to(&record).is_as_predicted, Some(true));
        let mut record = small_run();
        let mut other = wall(24_800, 99_000);
        other.limit.as_mut().unwrap().name = "pid_max".into();
        record.cells.push(other);
        assert_eq!(moved_to(&record).is_as_predicted, Some(false), "another limit");
    }

    #[test]
    fn what_ran_is_never_below_what_failed_once() {
        let mut made = Synthetic::new();
        made.without("coroutines/smol", 500, Status::Failed, "it died");
        made.line("coroutines/smol", &[1_000], Bill::of(300));
        made.without("coroutines/smol", 2_000, Status::Skipped, "too much memory");
        let [found] = &of(&made.record())[..] else { panic!("one contestant") };
        assert_eq!((found.ran, found.stopped_at), (Some(1_000), Some(2_000)));
        assert_eq!((found.reason.as_deref(), found.ceiling()), (Some("too much memory"), None));
    }

    /// Ports are counted by nothing that is weighed.
    #[test]
    fn a_limit_that_nothing_counts_is_taken_as_a_whole() {
        let mut made = Synthetic::new();
        made.line("coroutines/smol", &[1_000], Bill::of(300));
        made.without("coroutines/smol", 2_000, Status::Wall, "no port");
        let mut record = made.record();
        let limit = record.cells.last_mut().unwrap().limit.as_mut().unwrap();
        (limit.name, limit.value) = ("ports".into(), 100);
        assert_eq!(of(&record)[0].predict(200).unwrap().tasks, 2_000);
    }
}
