//! How late the tasks of a series are, and which cells are repeats of each other in that.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::{Sampled, Series, bootstrap_of_side, is_all_waiting, median, proven};
use crate::units;
use record::{Build, Cell, LatenessLine, Record};

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
    /// How long each waits, in nanoseconds; `None` in a herd, which ends together whoever waits.
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

/// What sets a queue apart from another, each part after a comma.
impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(wait_ns) = self.wait_ns {
            write!(f, ", waits of {}", units::duration(Duration::from_nanos(wait_ns)))?;
        }
        match self.places {
            Some(1) => f.write_str(", 1 place"),
            Some(places) => write!(f, ", {places} places"),
            None => Ok(()),
        }
    }
}

/// A part of the lateness of a series that several records have, over the repeats of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Late {
    /// The series, with the queue that its tasks go through.
    pub subject: String,
    /// The number of tasks.
    pub tasks: u64,
    /// Which part, with its unit.
    pub figure: &'static str,
    /// The median of each record in ns, without an interval where there is but one repeat.
    pub medians: Vec<Sampled>,
}

/// A part of a cell's lateness, in ns.
type Part = fn(&LatenessLine) -> u64;

/// The parts that are compared, with how they are shown.
const PARTS: [(Part, &str); 2] =
    [(|late| late.p50, "lateness p50 (ns)"), (|late| late.p99, "lateness p99 (ns)")];

/// How late the tasks of a series are in each of several records: where lateness is asked for,
/// wherever all of them have it, and otherwise at the largest N that all of them have.
///
/// Each record has draws of its own, as in [`side_by_side`](super::side_by_side).
pub fn lateness_side_by_side(records: &[&Record], series: &Series) -> Vec<Late> {
    let all: Vec<_> = records.iter().map(|record| lateness(record, series)).collect();
    let Some((first, others)) = all.split_first() else { return Vec::new() };
    let mut common: Vec<&Timing> = first
        .keys()
        .filter(|timing| others.iter().all(|lines| lines.contains_key(timing)))
        .collect();
    if !series.shape.is_for_lateness() {
        common.drain(..common.len().saturating_sub(1));
    }
    let mut found = Vec::new();
    for timing in common {
        let queue = timing.queue.map_or_else(String::new, |queue| queue.to_string());
        let subject = format!("{series}{queue}");
        for (part, figure) in PARTS {
            let sides = records.iter().zip(&all).enumerate();
            let medians: Option<Vec<Sampled>> = sides
                .map(|(side, (record, lines))| {
                    let values: Vec<f64> =
                        lines[timing].iter().map(|line| part(line) as f64).collect();
                    median(&values, bootstrap_of_side(record, side, &subject, figure))
                })
                .collect();
            let tasks = timing.tasks;
            found.extend(medians.map(|medians| Late {
                subject: subject.clone(),
                tasks,
                figure,
                medians,
            }));
        }
    }
    found
}

/// As many tasks of a cell as can be in flight; `None` where that is all of them.
pub fn places(cell: &Cell) -> Option<u64> {
    let expected = cell.proof?.expected_in_flight;
    (expected < cell.tasks).then_some(expected)
}

/// How late the tasks of each proven, timed cell of a series were, repeats together.
///
/// Of a series that is not run to show lateness, only cells in which all tasks waited at once: the
/// others show how long a queue is. Of transfers nothing, because no deadline is known of them.
pub fn lateness(record: &Record, series: &Series) -> BTreeMap<Timing, Vec<LatenessLine>> {
    let mut lines: BTreeMap<Timing, Vec<LatenessLine>> = BTreeMap::new();
    if series.shape.is_transfer() {
        return lines;
    }
    for cell in proven(record, series, Build::Timed) {
        let is_wanted = series.shape.is_for_lateness() || is_all_waiting(cell);
        if let Some(line) = cell.lateness_ns.filter(|_| is_wanted) {
            lines.entry(Timing::of(cell)).or_default().push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::series;
    use record::synthetic::{Bill, Synthetic};

    fn timings(record: &Record) -> Vec<Timing> {
        series(record).iter().flat_map(|series| lateness(record, series).into_keys()).collect()
    }

    #[test]
    fn how_long_tasks_wait_matters_only_where_they_are_never_all_there() {
        let mut made = Synthetic::new();
        made.timing("rate:1000/s", 0, false).wait(100_000_000);
        made.unweighed("threads/rayon-pool", 500, 64, 64);
        made.wait(50_000_000).unweighed("threads/rayon-pool", 500, 64, 64);
        let found = timings(&made.record());
        let queue = |wait_ns| Some(Queue { places: Some(64), wait_ns: Some(wait_ns) });
        assert_eq!(
            found.iter().map(|timing| timing.queue).collect::<Vec<_>>(),
            [queue(50_000_000), queue(100_000_000)]
        );
        assert_eq!(found[1].queue.unwrap().to_string(), ", waits of 100 ms, 64 places");

        let mut made = Synthetic::new();
        made.timing("rate:1000/s", 0, false).wait(2_000_000_000);
        made.line("coroutines/bare", &[500], Bill::of(1));
        made.wait(2_100_000_000).line("coroutines/bare", &[500], Bill::of(1));
        assert_eq!(timings(&made.record()), [Timing { tasks: 500, queue: None }]);
    }

    #[test]
    fn a_queue_that_nobody_asked_for_is_no_lateness() {
        let mut made = Synthetic::new();
        made.line("threads/rayon-pool", &[10, 100], Bill::of(1)).pool_of(20);
        assert_eq!(timings(&made.record()), [Timing { tasks: 10, queue: None }]);
        let mut made = Synthetic::new();
        made.timing("burst", 0, true).line("threads/rayon-pool", &[100], Bill::of(1)).pool_of(20);
        let queue = Queue { places: Some(20), wait_ns: None };
        assert_eq!(timings(&made.record()), [Timing { tasks: 100, queue: Some(queue) }]);
        assert_eq!(queue.to_string(), ", 20 places");
    }
}
