//! What tasks did, when, and on which thread, in the cells of which a trace was taken.

use std::collections::BTreeMap;

use record::{Cell, Run, Step};

use crate::context::Context;
use crate::series::Series;

/// What the tasks of a contestant did.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced {
    /// What was run.
    pub series: Series,
    /// How many tasks there were.
    pub tasks: u64,
    /// Whether the contestant is a pool, whose threads take task after task.
    pub is_pool: bool,
    /// What each task did in the first round, by its number.
    pub spans: Vec<Span>,
    /// From the first task's start to the last one's end, divided by the longest wait: the least of all
    /// rounds, because a busy machine only makes it longer.
    pub time_over_longest: f64,
    /// How many tasks ended at the place that their wait has among the waits: the fewest of all rounds.
    pub in_order: u64,
    /// How many tasks ran on one thread, on which no other one ran: the fewest of all rounds.
    pub on_own_thread: u64,
    /// On how many threads tasks ran: the most of all rounds.
    pub threads: u64,
    /// Of how many callbacks it is known when the call came back that they were handed to.
    pub handed: u64,
    /// How many of those ran before: the most of all rounds.
    pub ran_before: u64,
}

/// What a task did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it started, in nanoseconds since the wave began.
    pub started_ns: u64,
    /// When it ended.
    pub ended_ns: u64,
    /// How long its wait was to last.
    pub wait_ns: u64,
}

/// The traces of this record, by contestant and work.
pub(crate) fn of(context: &Context<'_>) -> Vec<Traced> {
    let mut all: BTreeMap<(Series, u64), Traced> = BTreeMap::new();
    for traced in
        context.index.traced().iter().filter_map(|cell| Traced::of(&context.record.run, cell))
    {
        let key = (traced.series.clone(), traced.tasks);
        match all.get_mut(&key) {
            None => drop(all.insert(key, traced)),
            Some(known) => known.also(&traced),
        }
    }
    all.into_values().collect()
}

impl Traced {
    /// `None` where the tasks did not wait for timers, or a task is not in the trace from its start to its
    /// end.
    fn of(run: &Run, cell: &Cell) -> Option<Self> {
        let tasks = u32::try_from(cell.tasks).ok().filter(|tasks| *tasks > 0)?;
        let workload = cell.workload.with_tasks(tasks, None).ok()?;
        let steps = |task: u32| cell.trace.iter().filter(move |line| line.task == task);
        let first = |task, step| steps(task).position(|line| line.step == step);
        let at = |task, step| steps(task).find(|line| line.step == step).map(|line| line.at_ns);
        let span = |task| {
            let wait = workload.duration_of(task) * u32::from(workload.waits_per_task.get());
            Some(Span {
                started_ns: at(task, Step::Started)?,
                ended_ns: at(task, Step::Ended)?,
                wait_ns: u64::try_from(wait.as_nanos()).ok()?,
            })
        };
        let spans: Vec<Span> = (0..tasks).map(span).collect::<Option<_>>()?;
        let by = |of: fn(&Span) -> u64| {
            let mut order: Vec<usize> = (0..spans.len()).collect();
            order.sort_by_key(|task| of(&spans[*task]));
            order
        };
        let (ended, waited) = (by(|span| span.ended_ns), by(|span| span.wait_ns));
        let begun = spans.iter().map(|span| span.started_ns).min()?;
        let over = spans.iter().map(|span| span.ended_ns).max()?;
        let longest = spans.iter().map(|span| span.wait_ns).max()?;
        let mut on: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for line in cell.trace.iter().filter(|line| line.step != Step::Returned) {
            on.entry(line.thread).or_default().push(line.task);
        }
        let is_own = |task: &u32| {
            let mut of_task = on.values().filter(|tasks| tasks.contains(task));
            let only = of_task.next().filter(|tasks| tasks.iter().all(|other| other == task));
            only.is_some() && of_task.next().is_none()
        };
        let handed = |task: &u32| first(*task, Step::Returned).zip(first(*task, Step::Woke));
        let came_back: Vec<(usize, usize)> = (0..tasks).filter_map(|task| handed(&task)).collect();
        Some(Self {
            series: Series::of(run, cell),
            tasks: cell.tasks,
            is_pool: cell.pool_workers.is_some(),
            time_over_longest: (over - begun) as f64 / longest as f64,
            in_order: ended.iter().zip(&waited).filter(|(is, should)| is == should).count() as u64,
            on_own_thread: (0..tasks).filter(is_own).count() as u64,
            threads: on.len() as u64,
            handed: came_back.len() as u64,
            ran_before: came_back.iter().filter(|(back, woke)| woke < back).count() as u64,
            spans,
        })
    }

    /// Another round of the same.
    fn also(&mut self, other: &Self) {
        self.time_over_longest = self.time_over_longest.min(other.time_over_longest);
        self.in_order = self.in_order.min(other.in_order);
        self.on_own_thread = self.on_own_thread.min(other.on_own_thread);
        self.threads = self.threads.max(other.threads);
        self.handed = self.handed.min(other.handed);
        self.ran_before = self.ran_before.max(other.ran_before);
    }
}
