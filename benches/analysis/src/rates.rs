//! How many tasks or requests a second, and what each costs in CPU.

use std::collections::{BTreeMap, HashSet};

use record::{LatenessLine, Sample, Status, Throughput};

use crate::contestant::{Id, Model, REFERENCE};
use crate::context::Context;
use crate::estimate::{Estimate, Sampled, median};
use crate::series::{Series, Shape};

/// Waves of N tasks on a runtime that was already running, one contestant.
#[derive(Clone, Debug, PartialEq)]
pub struct RateRow {
    /// The contestant.
    pub contestant: Id,
    /// What each task does.
    pub shape: Shape,
    /// How long each wait takes, in nanoseconds.
    pub wait_ns: u64,
    /// The number of tasks in a wave.
    pub tasks: u64,
    /// The workers of a pool.
    pub pool_workers: Option<u32>,
    /// What came of it.
    pub outcome: RateOutcome,
    /// Its rate ÷ that of the [`REFERENCE`] in the same, without a unit.
    pub over_reference: Option<Estimate>,
    /// The rate of the fastest compared contestant in the same ÷ its own, without a unit.
    pub fastest_over: Option<Estimate>,
    /// Its rate ÷ that of the HTTP client that is written straight on hyper, without a unit.
    pub over_hyper: Option<Estimate>,
    /// The least time of a wave in nanoseconds: its waits, at as many at once as there are places.
    pub floor_ns: u64,
    /// The most requests that the server ever had open at once.
    pub server_high_water: Option<u64>,
    /// How much longer than asked the requests of the last wave took, in ns from their connecting on.
    pub lateness: Option<LatenessLine>,
    /// Whether there were fewer places than tasks; the time in the queue is not in `lateness`.
    pub is_queued: bool,
}

/// What came of timing one contestant.
#[derive(Clone, Debug, PartialEq)]
pub enum RateOutcome {
    /// It was timed.
    Measured {
        /// Tasks a second: the median of the samples.
        rate: Estimate,
        /// User and system CPU of a task in nanoseconds: the median of the samples.
        cpu_ns: Estimate,
        /// How many samples.
        samples: usize,
    },
    /// It was not run, because the waits alone take too long.
    Floor {
        /// The least time of a wave in nanoseconds.
        least_ns: u64,
        /// How many tasks wait at once in that time.
        at_once: u64,
    },
    /// A limit of the machine stopped it.
    Wall(String),
    /// It failed.
    Failed(String),
    /// It was not run for another reason.
    Skipped(String),
}

/// The client that is written straight on a well-known HTTP library.
const HYPER: &str = "baseline/hyper";

impl RateRow {
    /// Tasks a second, where that was measured.
    pub fn rate(&self) -> Option<Estimate> {
        match self.outcome {
            RateOutcome::Measured { rate, .. } => Some(rate),
            _ => None,
        }
    }

    /// User and system CPU of a task in nanoseconds, where that was measured.
    pub fn cpu_ns(&self) -> Option<Estimate> {
        match self.outcome {
            RateOutcome::Measured { cpu_ns, .. } => Some(cpu_ns),
            _ => None,
        }
    }
}

/// The timed rows of a record, by shape, wait, N and contestant; of one that stands twice the first.
pub(crate) fn of(context: &Context<'_>) -> Vec<RateRow> {
    let mut seen = HashSet::new();
    let all = context.record.throughput.iter();
    let timed = all.filter(|row| seen.insert((&row.contestant, does(row), row.pool_workers)));
    let mut alike: BTreeMap<_, Vec<(&Throughput, Id, Option<Sampled>)>> = BTreeMap::new();
    for row in timed {
        let rate = median_of(context, row, "rate", &rates(row));
        alike.entry(does(row)).or_default().push((row, Id::new(&*row.contestant), rate));
    }
    let mut rows = Vec::new();
    for ((shape, wait_ns, tasks), mut same) in alike {
        let rate_of = |wanted: &str| {
            let found = same.iter().find(|(_, id, _)| id.as_str() == wanted);
            found.and_then(|(.., rate)| rate.clone())
        };
        let (reference, hyper) = (rate_of(REFERENCE), rate_of(HYPER));
        let compared = same.iter().filter(|(_, id, _)| id.is_compared());
        let timed = compared.filter_map(|(.., rate)| rate.as_ref());
        let fastest = timed.max_by(|a, b| a.estimate.value.total_cmp(&b.estimate.value)).cloned();
        same.sort_by(|(a, a_id, _), (b, b_id, _)| {
            a_id.cmp(b_id).then(a.pool_workers.cmp(&b.pool_workers))
        });
        for (row, contestant, rate) in same {
            let rate = rate.as_ref();
            rows.push(RateRow {
                contestant,
                shape: shape.clone(),
                wait_ns,
                tasks,
                pool_workers: row.pool_workers,
                outcome: outcome(context, row, rate),
                over_reference: rate.zip(reference.as_ref()).and_then(|(rate, of)| rate.over(of)),
                fastest_over: rate.zip(fastest.as_ref()).and_then(|(rate, of)| of.over(rate)),
                over_hyper: rate.zip(hyper.as_ref()).and_then(|(rate, of)| rate.over(of)),
                floor_ns: row.floor_ns,
                server_high_water: row.server_high_water,
                lateness: row.lateness_ns,
                is_queued: places(row).is_some_and(|places| places < row.tasks),
            });
        }
    }
    rows
}

/// Tasks a second, sample by sample; none for a row that did not end well.
pub(crate) fn rates(timed: &Throughput) -> Vec<f64> {
    per_sample(timed, |tasks, sample| {
        (sample.elapsed_ns > 0).then(|| tasks / (sample.elapsed_ns as f64 / 1e9))
    })
}

/// User and system CPU of a task in nanoseconds, in the same way.
pub(crate) fn cpus(timed: &Throughput) -> Vec<f64> {
    per_sample(timed, |tasks, sample| (tasks > 0.0).then(|| sample.cpu_ns as f64 / tasks))
}

/// A name of what was timed that never changes, because the draws of the bootstrap depend on it.
pub(crate) fn key(timed: &Throughput) -> String {
    let workers = timed.pool_workers.map(|workers| format!(", {workers} workers"));
    Series::of_work(&timed.contestant, &timed.workload).key() + &workers.unwrap_or_default()
}

fn outcome(context: &Context<'_>, timed: &Throughput, rate: Option<&Sampled>) -> RateOutcome {
    let reason = timed.reason.clone().unwrap_or_default();
    let (cpu, samples) = (median_of(context, timed, "cpu", &cpus(timed)), timed.samples.len());
    match (timed.status, rate.zip(cpu)) {
        (Status::Ok, Some((rate, cpu))) => {
            RateOutcome::Measured { rate: rate.estimate, cpu_ns: cpu.estimate, samples }
        }
        (Status::Skipped, _) if timed.floor_ns > 0 => {
            RateOutcome::Floor { least_ns: timed.floor_ns, at_once: at_once(timed) }
        }
        (Status::Skipped, _) => RateOutcome::Skipped(reason),
        (Status::Wall, _) => RateOutcome::Wall(reason),
        (Status::Ok | Status::Failed, _) => RateOutcome::Failed(reason),
    }
}

pub(crate) fn median_of(
    context: &Context<'_>,
    timed: &Throughput,
    figure: &str,
    values: &[f64],
) -> Option<Sampled> {
    median(values, context.bootstrap(&[&key(timed), &timed.tasks.to_string(), figure]))
}

fn per_sample(timed: &Throughput, read: impl Fn(f64, &Sample) -> Option<f64>) -> Vec<f64> {
    let samples = timed.samples.iter().filter(|_| timed.status == Status::Ok);
    samples.filter_map(|sample| read(timed.tasks as f64 * sample.waves as f64, sample)).collect()
}

/// What is done: rows that are alike in it may be divided by each other.
fn does(timed: &Throughput) -> (Shape, u64, u64) {
    (Shape::of(&timed.workload), timed.workload.duration_ns, timed.tasks)
}

/// How many tasks of a row can wait at once; `None` where that is all of them.
fn places(timed: &Throughput) -> Option<u64> {
    let is_one = || Id::new(&*timed.contestant).model() == Model::Subroutine;
    timed.pool_workers.map(u64::from).or_else(|| is_one().then_some(1))
}

/// How many tasks wait at once in the least time of a wave: the places, or what that time says.
fn at_once(timed: &Throughput) -> u64 {
    let waits = timed.tasks.saturating_mul(u64::from(timed.workload.waits_per_task));
    let in_turn = waits as f64 * timed.workload.duration_ns as f64;
    #[allow(clippy::cast_sign_loss, reason = "a quotient of numbers above zero")]
    let by_floor = (in_turn / timed.floor_ns as f64).round() as u64;
    places(timed).unwrap_or(by_floor).clamp(1, timed.tasks.max(1))
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Synthetic, asking_run, small_run};

    use super::*;

    fn rows(record: &Record) -> Vec<RateRow> {
        of(&Context::of(record))
    }

    #[test]
    fn a_wave_that_was_not_run_has_its_floor() {
        let mut made = Synthetic::new();
        made.floor("subroutine/sequential", 10_000).floor("threads/rayon-pool", 10_000);
        let mut record = made.record();
        record.throughput[1].pool_workers = Some(64);
        record.throughput[1].floor_ns = 157_000_000;
        let found = rows(&record);
        let floor = |least_ns, at_once| RateOutcome::Floor { least_ns, at_once };
        assert_eq!(found[0].outcome, floor(10_000_000_000, 1));
        assert_eq!(found[1].outcome, floor(157_000_000, 64));
        assert!(found.iter().all(|row| row.is_queued && row.fastest_over.is_none()));
    }

    #[test]
    fn rates_are_divided_where_the_same_was_done() {
        let rows = rows(&small_run());
        let smol = rows.iter().find(|row| row.contestant.name() == "smol").unwrap();
        assert!((smol.rate().unwrap().value - 90_909.0).abs() < 1.0);
        assert!((smol.cpu_ns().unwrap().value - 500.0).abs() < 1e-9);
        assert!((smol.over_reference.unwrap().value - 3.727).abs() < 1e-3);
        assert!((smol.fastest_over.unwrap().value - 1.0).abs() < 1e-9);
        assert_eq!((smol.over_hyper, smol.is_queued), (None, false));
        let thread = rows.iter().find(|row| row.contestant.is_reference()).unwrap();
        assert!((thread.fastest_over.unwrap().value - 3.727).abs() < 1e-3);
        let asked = super::of(&Context::of(&asking_run()));
        let smol = asked.iter().find(|row| row.contestant.name() == "smol").unwrap();
        assert!((smol.over_hyper.unwrap().value - 0.952).abs() < 1e-3);
        assert_eq!((smol.server_high_water, smol.lateness.unwrap().p50), (Some(100), 900_000));
    }

    #[test]
    fn a_row_that_stands_twice_counts_once() {
        let mut record = small_run();
        let once = rows(&record);
        let again = record.throughput.clone();
        record.throughput.extend(again);
        assert_eq!(rows(&record), once);
    }

    #[test]
    fn the_latency_of_a_pool_with_fewer_workers_than_tasks_does_not_count_its_queue() {
        let mut made = Synthetic::new();
        made.asking(1_024, None).timed("threads/rayon-pool", 100, &[2_000_000; 3]);
        let mut record = made.record();
        let is_queued = |record: &Record| rows(record)[0].is_queued;
        assert!(!is_queued(&record));
        for (workers, queued) in [(99, true), (100, false), (128, false)] {
            record.throughput[0].pool_workers = Some(workers);
            assert_eq!(is_queued(&record), queued, "{workers}");
        }
    }

    #[test]
    fn a_failure_has_its_reason_and_no_rate() {
        let mut made = Synthetic::new();
        made.timed("threads/per-task", 100, &[1_000_000; 3]);
        made.timed("coroutines/bare", 100, &[1_000_000; 3]);
        let mut record = made.record();
        record.throughput[0].status = Status::Failed;
        record.throughput[0].reason = Some("3 of 100 tasks completed".into());
        record.throughput[1].samples[1].elapsed_ns = 0;
        let found = rows(&record);
        assert_eq!(found[0].outcome, RateOutcome::Failed("3 of 100 tasks completed".into()));
        assert!((found[1].rate().unwrap().value - 1e5).abs() < 1e-6);
        assert_eq!(found[1].over_reference, None);
        record.throughput[1].samples.clear();
        assert_eq!(rows(&record)[1].rate(), None);
    }
}
