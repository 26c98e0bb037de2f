//! How late the tasks of a series are, and which cells are repeats of each other in that.

use std::collections::{BTreeMap, BTreeSet};

use record::{Cell, LatenessLine, WorkloadLine};

use crate::contestant::Id;
use crate::context::Context;
use crate::index::{Cells, is_all_waiting};
use crate::reading::Spread;
use crate::series::{Arrival, Series, Shape};

/// How late the tasks of one series are at one N, over the repeats. Everything in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct LatenessRow {
    /// The series.
    pub series: Series,
    /// The number of tasks.
    pub tasks: u64,
    /// Where they are never all in flight, how many can be and how long each takes its place.
    pub queue: Option<Queue>,
    /// What the tasks were asked to do.
    pub asked: Asked,
    /// How long each task waits; `None` where that differs between the repeats.
    pub wait_ns: Option<u64>,
    /// Half of the tasks were less late.
    pub p50: Spread,
    /// Nine in ten were less late.
    pub p90: Spread,
    /// 99 in a hundred were less late.
    pub p99: Spread,
    /// 999 in a thousand were less late.
    pub p999: Spread,
    /// The latest task.
    pub max: Spread,
    /// By how much the last task is late at least, as all go through the places in rounds: zero where
    /// there is a place for each, `None` where no rate was asked for.
    pub least_ns: Option<u64>,
}

/// What tasks were asked to do, as it decides what their lateness says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// All wait for one moment: the maximum is what it takes to wake them all.
    Synchronized,
    /// Their deadlines lie one after another in equal steps: each is a single timer.
    Spread,
    /// They come at a rate, whether or not there is room: the time in a queue counts.
    Rate,
    /// Each waits from its own start.
    OwnWait,
}

impl Asked {
    /// What tasks of this shape were asked to do.
    pub fn of(shape: &Shape) -> Self {
        match shape.arrival {
            Arrival::Rate(_) => Self::Rate,
            Arrival::Burst if shape.synchronized_wakeup => Self::Synchronized,
            Arrival::Burst if shape.spread_ns != 0 => Self::Spread,
            Arrival::Burst => Self::OwnWait,
        }
    }
}

/// What decides how late tasks are, beside their series: cells that are alike in it are repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timing {
    /// The number of tasks.
    pub tasks: u64,
    /// Where they are never all in flight, how many can be and how long each takes its place.
    pub queue: Option<Queue>,
}

/// What tasks go through that are never all in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Queue {
    /// How many can be in flight; `None` where all could, but the first leave before the last come.
    pub places: Option<u64>,
    /// How long each waits, in nanoseconds; `None` in a synchronized wake-up.
    pub wait_ns: Option<u64>,
}

impl Timing {
    /// What decides how late the tasks of this cell are.
    pub fn of(cell: &Cell) -> Self {
        let wait_ns = (!cell.workload.synchronized_wakeup).then_some(cell.workload.duration_ns);
        let queue = (!is_all_waiting(cell)).then(|| Queue { places: places(cell), wait_ns });
        Self { tasks: cell.tasks, queue }
    }
}

impl LatenessRow {
    /// Whether there was a place for fewer tasks than there were, so that the others stood in a queue.
    pub fn is_queued(&self) -> bool {
        self.queue.is_some_and(|queue| queue.places.is_some())
    }

    /// `None` if none of the cells says how late its tasks were.
    fn of(series: &Series, timing: Timing, cells: &[&Cell]) -> Option<Self> {
        let spread = |part| Spread::of(&late(cells, part));
        let asked = Asked::of(&series.shape);
        let waits: BTreeSet<u64> = cells.iter().map(|cell| cell.workload.duration_ns).collect();
        let at_rate = cells.iter().filter(|_| asked == Asked::Rate);
        Some(Self {
            series: series.clone(),
            tasks: timing.tasks,
            queue: timing.queue,
            asked,
            wait_ns: waits.first().copied().filter(|_| waits.len() == 1),
            p50: spread(|line| line.p50)?,
            p90: spread(|line| line.p90)?,
            p99: spread(|line| line.p99)?,
            p999: spread(|line| line.p999)?,
            max: spread(|line| line.max)?,
            least_ns: at_rate.filter_map(|cell| least_ns(cell)).max(),
        })
    }
}

/// Contestants side by side: the same shape, the same number of tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct Lineup<'a> {
    /// What their tasks do.
    pub shape: &'a Shape,
    /// The number of tasks that all of them have.
    pub tasks: u64,
    /// Their rows, in the order of the contestants.
    pub rows: Vec<&'a LatenessRow>,
    /// Contestants that were asked to do the like, but not at this N.
    pub left_out: Vec<Id>,
}

impl<'a> Lineup<'a> {
    /// The least late row in this part, then those whose repeats overlap with its own.
    pub fn most_punctual(&self, part: fn(&LatenessRow) -> &Spread) -> Vec<&'a LatenessRow> {
        let mut rows = self.rows.clone();
        rows.sort_by(|a, b| part(a).median.total_cmp(&part(b).median));
        let Some(worst_of_first) = rows.first().map(|row| part(row).most) else { return rows };
        rows.retain(|row| part(row).least <= worst_of_first);
        rows
    }

    /// The row of this contestant.
    pub fn row(&self, contestant: &Id) -> Option<&'a LatenessRow> {
        self.rows.iter().copied().find(|row| row.series.contestant == *contestant)
    }
}

/// Every set of contestants that may be held against each other in what was `asked`: one for each shape, at
/// the N that most of its contestants share, and at the smallest of several such. Those with the most
/// contestants come first, then those without state of their own.
pub fn lineups<'a>(
    rows: &'a [LatenessRow],
    asked: Asked,
    is_wanted: impl Fn(&Id) -> bool,
) -> Vec<Lineup<'a>> {
    let mut by_shape: BTreeMap<&Shape, BTreeMap<u64, Vec<&LatenessRow>>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.asked == asked && is_wanted(&row.series.contestant)) {
        let by_tasks = by_shape.entry(&row.series.shape).or_default();
        by_tasks.entry(row.tasks).or_default().push(row);
    }
    let lineup = |(shape, by_tasks): (&'a Shape, BTreeMap<u64, Vec<&'a LatenessRow>>)| {
        let all: BTreeSet<&Id> = by_tasks.values().flat_map(|rows| contestants(rows)).collect();
        let share = |(tasks, rows): &(u64, Vec<_>)| (contestants(rows).len(), u64::MAX - tasks);
        let (tasks, mut rows) = by_tasks.into_iter().max_by_key(share)?;
        rows.sort_by_key(|row| &row.series.contestant);
        let left_out = all.difference(&contestants(&rows)).copied().cloned().collect();
        Some(Lineup { shape, tasks, rows, left_out })
    };
    let mut found: Vec<Lineup<'_>> = by_shape.into_iter().filter_map(lineup).collect();
    found.sort_by_key(|lineup| (usize::MAX - lineup.rows.len(), lineup.shape.state_bytes));
    found
}

/// How late the tasks are of every series of the record that says so.
///
/// Of a series that is not run to show lateness, only cells in which all tasks waited at once. Of
/// transfers nothing, because no deadline is known of them.
pub(crate) fn of(context: &Context<'_>) -> Vec<LatenessRow> {
    let mut rows = Vec::new();
    for (series, cells) in context.index.iter() {
        let by_timing = by_timing(series, cells).into_iter();
        rows.extend(by_timing.filter_map(|(of, cells)| LatenessRow::of(series, of, &cells)));
    }
    rows
}

/// A part of the lateness of each of these cells that says how late its tasks were, in ns.
pub(crate) fn late(cells: &[&Cell], part: fn(&LatenessLine) -> u64) -> Vec<f64> {
    let lines = cells.iter().filter_map(|cell| cell.lateness_ns.as_ref());
    lines.map(|line| part(line) as f64).collect()
}

/// The proven, timed cells of a series that say how late their tasks were, repeats together.
pub fn by_timing<'a>(series: &Series, cells: &Cells<'a>) -> BTreeMap<Timing, Vec<&'a Cell>> {
    let mut groups: BTreeMap<Timing, Vec<&Cell>> = BTreeMap::new();
    let is_asked_for = series.shape.is_for_lateness();
    let says = |cell: &Cell| cell.lateness_ns.is_some() && (is_asked_for || is_all_waiting(cell));
    for &cell in cells.timed.iter().filter(|cell| !series.shape.is_transfer() && says(cell)) {
        groups.entry(Timing::of(cell)).or_default().push(cell);
    }
    groups
}

fn contestants<'a>(rows: &[&'a LatenessRow]) -> BTreeSet<&'a Id> {
    rows.iter().map(|row| &row.series.contestant).collect()
}

/// As many tasks of a cell as can be in flight; `None` where that is all of them.
fn places(cell: &Cell) -> Option<u64> {
    let expected = cell.proof?.expected_in_flight;
    (expected < cell.tasks).then_some(expected)
}

/// By how much the last task is late at least, as all have to go through the places in rounds.
fn least_ns(cell: &Cell) -> Option<u64> {
    let tasks = u32::try_from(cell.tasks).ok()?;
    let line = WorkloadLine { http: None, wait: "timer".into(), ..cell.workload.clone() };
    let workload = line.with_tasks(tasks, None).ok()?;
    let floor = workload.floor(cell.proof?.expected_in_flight);
    u64::try_from(floor.saturating_sub(workload.floor(u64::MAX)).as_nanos()).ok()
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic, asking_run};

    use super::*;

    fn rows(record: &Record) -> Vec<LatenessRow> {
        of(&Context::of(record))
    }

    fn timings(record: &Record) -> Vec<Timing> {
        let timing = |row: LatenessRow| Timing { tasks: row.tasks, queue: row.queue };
        rows(record).into_iter().map(timing).collect()
    }

    #[test]
    fn how_long_tasks_wait_matters_only_where_they_are_never_all_there() {
        let mut made = Synthetic::new();
        made.timing("rate:1000/s", 0, false).wait(100_000_000);
        made.unweighed("threads/rayon-pool", 500, 64, 64);
        made.wait(50_000_000).unweighed("threads/rayon-pool", 500, 64, 64);
        let queue = |wait_ns| Some(Queue { places: Some(64), wait_ns: Some(wait_ns) });
        let found = timings(&made.record());
        let queues: Vec<_> = found.iter().map(|timing| timing.queue).collect();
        assert_eq!(queues, [queue(50_000_000), queue(100_000_000)]);

        let mut made = Synthetic::new();
        made.timing("rate:1000/s", 0, false).wait(2_000_000_000);
        made.line("coroutines/bare", &[500], Bill::of(1));
        made.wait(2_100_000_000).line("coroutines/bare", &[500], Bill::of(1));
        assert_eq!(timings(&made.record()), [Timing { tasks: 500, queue: None }]);
        assert_eq!(rows(&made.record())[0].wait_ns, None);
    }

    #[test]
    fn a_queue_that_was_not_asked_for_is_no_lateness() {
        let mut made = Synthetic::new();
        made.line("threads/rayon-pool", &[10, 100], Bill::of(1)).pool_of(20);
        assert_eq!(timings(&made.record()), [Timing { tasks: 10, queue: None }]);
        let mut made = Synthetic::new();
        made.timing("burst", 0, true).line("threads/rayon-pool", &[100], Bill::of(1)).pool_of(20);
        let queue = Queue { places: Some(20), wait_ns: None };
        assert_eq!(timings(&made.record()), [Timing { tasks: 100, queue: Some(queue) }]);
    }

    #[test]
    fn only_fewer_places_than_tasks_make_a_queue() {
        let mut made = Synthetic::new();
        made.timing("rate:1000/s", 0, false).wait(100_000_000);
        made.unweighed("coroutines/smol", 500, 500, 101);
        made.unweighed("threads/rayon-pool", 500, 64, 64);
        made.unweighed("subroutine/sequential", 30, 1, 1);
        let rows = rows(&made.record());
        let of = |name: &str| rows.iter().find(|row| row.series.contestant.name() == name).unwrap();
        assert!(!of("smol").is_queued() && of("smol").queue.is_some());
        assert_eq!(of("smol").least_ns, Some(0));
        assert!(of("rayon-pool").is_queued() && of("sequential").is_queued());
        // 8 rounds of 100 ms, less the 499 ms in which the tasks come and the one wait.
        assert_eq!(of("rayon-pool").least_ns, Some(201_000_000));
        assert_eq!(of("sequential").least_ns, Some(2_871_000_000));
        assert_eq!((of("smol").p50.median, of("smol").p50.least), (61_000.0, 60_000.0));
        assert_eq!((of("smol").p50.most, of("smol").p50.repeats), (62_000.0, 3));
    }

    #[test]
    fn requests_are_late_and_transfers_are_not() {
        let rows = rows(&asking_run());
        assert!(!rows.is_empty());
        assert!(rows.iter().all(|row| row.series.shape.is_http() && row.asked == Asked::OwnWait));
    }

    #[test]
    fn contestants_are_held_against_each_other_only_at_an_n_that_they_share() {
        let mut made = Synthetic::new();
        made.timing("burst", 0, true)
            .line("threads/rayon-pool", &[400], Bill::of(1))
            .line("threads/per-task", &[400, 1_000, 10_000], Bill::of(1))
            .line("coroutines/smol", &[1_000, 10_000, 100_000], Bill::of(1))
            .line("coroutines/tokio", &[1_000, 10_000], Bill::of(1))
            .line("control/null", &[400], Bill::of(1));
        let rows = rows(&made.record());
        let found = lineups(&rows, Asked::Synchronized, Id::is_compared);
        assert_eq!((found.len(), found[0].tasks, found[0].rows.len()), (1, 1_000, 3));
        assert_eq!(found[0].left_out, [Id::new("threads/rayon-pool")]);
        assert!(lineups(&rows, Asked::Spread, Id::is_compared).is_empty());
    }

    #[test]
    fn the_most_punctual_are_those_whose_repeats_overlap() {
        let mut made = Synthetic::new();
        made.timing("burst", 1_000, false);
        for id in ["coroutines/smol", "coroutines/tokio", "callbacks/event-loop"] {
            made.line(id, &[1_000], Bill::of(1));
        }
        let mut record = made.record();
        for cell in &mut record.cells {
            let late = cell.lateness_ns.as_mut().unwrap();
            late.p50 = match &*cell.contestant {
                "coroutines/tokio" => 1_100_000,
                "coroutines/smol" => 24_000,
                _ => 22_000 + u64::from(cell.repeat) * 1_500,
            };
        }
        let rows = rows(&record);
        let lineup = lineups(&rows, Asked::Spread, Id::is_compared).remove(0);
        let best = lineup.most_punctual(|row| &row.p50);
        let names: Vec<&str> = best.iter().map(|row| row.series.contestant.name()).collect();
        assert_eq!(names, ["event-loop", "smol"]);
        assert!(lineup.row(&Id::new("coroutines/tokio")).is_some());
        assert!(lineup.row(&Id::new("coroutines/bare")).is_none());
    }
}
