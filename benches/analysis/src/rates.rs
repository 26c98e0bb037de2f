//! How many tasks or requests a second, and what each costs in CPU.

use std::collections::BTreeMap;

use record::{Cell, LatenessLine, Record, Run, Sample, Status, Throughput, WorkloadLine};

use crate::contestant::{Id, Model};
use crate::context::Context;
use crate::estimate::{Bootstrap, Draws, Estimate, Sampled, mean, median, quantile};
use crate::index::{Index, is_proven};
use crate::series::{Series, Shape};

/// How a rate was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// In cells: a fresh process in each round. The process is what is resampled.
    Rounds,
    /// In the samples of criterion, which come one after another for one contestant. The sample is.
    Samples,
}

/// In so many rounds at least each rate was read, …
const SURE_ROUNDS: usize = 5;
/// … and so wide at most is half of the interval of half of them, as a part of the rate, where rates
/// come out the same again.
const SURE_HALF_WIDTH: f64 = 0.15;

/// Those that are sure enough to be told without a caution.
pub fn sure(rows: &[RateRow]) -> Vec<&RateRow> {
    let is_often = |row: &&RateRow| match row.outcome {
        RateOutcome::Measured { samples, .. } => samples >= SURE_ROUNDS,
        _ => false,
    };
    let mut rows: Vec<&RateRow> = rows.iter().filter(is_often).collect();
    rows.retain(|row| row.source == Source::Rounds && row.contestant.is_compared());
    let half_width = |row: &&RateRow| row.rate()?.relative_half_width();
    let half_widths: Vec<f64> = rows.iter().filter_map(half_width).collect();
    let median = quantile(&half_widths, 0.5).filter(|median| *median <= SURE_HALF_WIDTH);
    median.map_or_else(Vec::new, |_| rows)
}

/// So near to each other the two readings of a rate are alike, as a part of it: one is taken minutes after
/// the other.
pub const ALIKE_WITHIN: f64 = 0.02;

/// A rate that was read in both ways.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadTwice {
    /// The contestant and what its tasks do.
    pub series: Series,
    /// How long each wait takes, in nanoseconds.
    pub wait_ns: u64,
    /// The number of tasks in a wave.
    pub tasks: u64,
    /// Tasks a second in rounds.
    pub by_rounds: Estimate,
    /// Tasks a second in samples.
    pub by_samples: Estimate,
    /// The second ÷ the first, without a unit.
    pub ratio: Option<Estimate>,
    /// Whether its interval comes within [`ALIKE_WITHIN`] of 1; `None` where there is none.
    pub agrees: Option<bool>,
}

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
    /// How it was read.
    pub source: Source,
    /// What came of it.
    pub outcome: RateOutcome,
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
        /// Tasks a second: the mean of the processes, or the median of the samples.
        rate: Estimate,
        /// User and system CPU of a task in nanoseconds, in the same way.
        cpu_ns: Estimate,
        /// How many processes or samples.
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

impl RateRow {
    /// Tasks a second, where that was measured.
    pub fn rate(&self) -> Option<Estimate> {
        match self.outcome {
            RateOutcome::Measured { rate, .. } => Some(rate),
            _ => None,
        }
    }

    /// The time of one hop of a relay in nanoseconds, where that was measured: there are as many as the tasks
    /// have waits.
    pub fn hop_ns(&self) -> Option<Estimate> {
        let Estimate { value, low, high } = self.rate().filter(|_| self.shape.is_relay())?;
        let hop = |rate: f64| 1e9 / (rate * f64::from(self.shape.waits_per_task));
        Some(Estimate { value: hop(value), low: hop(high), high: hop(low) })
    }

    /// User and system CPU of a task in nanoseconds, where that was measured.
    pub fn cpu_ns(&self) -> Option<Estimate> {
        match self.outcome {
            RateOutcome::Measured { cpu_ns, .. } => Some(cpu_ns),
            _ => None,
        }
    }
}

/// Waves of one kind by one contestant, read in one way: what a rate is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Waves {
    pub(crate) series: Series,
    pub(crate) wait_ns: u64,
    pub(crate) tasks: u64,
    pub(crate) pool_workers: Option<u32>,
    pub(crate) source: Source,
}

/// What was read of them.
#[derive(Debug)]
pub(crate) struct Timed {
    status: Status,
    reason: String,
    floor_ns: u64,
    rates: Vec<f64>,
    cpus: Vec<f64>,
    server_high_water: Option<u64>,
    lateness: Option<LatenessLine>,
}

/// All that was timed, of what stands twice among the samples the first.
pub(crate) fn timed(index: &Index<'_>, record: &Record) -> BTreeMap<Waves, Timed> {
    let mut cells: BTreeMap<Waves, Vec<&Cell>> = BTreeMap::new();
    for &cell in index.waves() {
        let waves =
            Waves::of(&record.run, &cell.contestant, &cell.workload, cell.tasks, cell.pool_workers);
        cells.entry(Waves { source: Source::Rounds, ..waves }).or_default().push(cell);
    }
    let cells = cells.into_iter().map(|(waves, cells)| {
        let timed = Timed::of_cells(&waves, &cells);
        (waves, timed)
    });
    let mut all: BTreeMap<Waves, Timed> = cells.collect();
    for row in &record.throughput {
        let waves =
            Waves::of(&record.run, &row.contestant, &row.workload, row.tasks, row.pool_workers);
        all.entry(waves).or_insert_with(|| Timed::of_samples(row));
    }
    all
}

/// The same without the samples of what was timed in rounds too.
pub(crate) fn preferred(mut all: BTreeMap<Waves, Timed>) -> BTreeMap<Waves, Timed> {
    let in_rounds: Vec<Waves> =
        all.keys().filter(|waves| waves.source == Source::Rounds).cloned().collect();
    for waves in in_rounds {
        all.remove(&Waves { source: Source::Samples, ..waves });
    }
    all
}

/// The timed rows of a record, by shape, wait, N and contestant.
pub(crate) fn of(context: &Context<'_>) -> Vec<RateRow> {
    let all = preferred(timed(&context.index, context.record));
    let mut all: Vec<(Waves, Timed)> = all.into_iter().collect();
    all.sort_by_cached_key(|(waves, _)| waves.does());
    let row = |(waves, timed): (Waves, Timed)| RateRow {
        outcome: timed.outcome(&waves, &context.draws),
        floor_ns: timed.floor_ns,
        server_high_water: timed.server_high_water,
        lateness: timed.lateness,
        is_queued: waves.places().is_some_and(|places| places < waves.tasks),
        contestant: waves.series.contestant,
        shape: waves.series.shape,
        wait_ns: waves.wait_ns,
        tasks: waves.tasks,
        pool_workers: waves.pool_workers,
        source: waves.source,
    };
    all.into_iter().map(row).collect()
}

/// What was timed both in rounds and by samples.
pub(crate) fn read_twice(context: &Context<'_>) -> Vec<ReadTwice> {
    let all = timed(&context.index, context.record);
    let both = all.iter().filter_map(|(waves, timed)| {
        let of_rounds = Waves { source: Source::Rounds, ..waves.clone() };
        let in_rounds = all.get(&of_rounds).filter(|_| waves.source == Source::Samples)?;
        let by_rounds = in_rounds.rate(&of_rounds, &context.draws)?;
        let by_samples = timed.rate(waves, &context.draws)?;
        let ratio = by_samples.over(&by_rounds);
        Some(ReadTwice {
            series: waves.series.clone(),
            wait_ns: waves.wait_ns,
            tasks: waves.tasks,
            by_rounds: by_rounds.estimate,
            by_samples: by_samples.estimate,
            ratio,
            agrees: ratio
                .filter(Estimate::is_bounded)
                .map(|of| of.low <= 1.0 + ALIKE_WITHIN && 1.0 - ALIKE_WITHIN <= of.high),
        })
    });
    both.collect()
}

impl Waves {
    fn of(
        run: &Run,
        contestant: &str,
        workload: &WorkloadLine,
        tasks: u64,
        workers: Option<u32>,
    ) -> Self {
        Self {
            series: Series::of_work(run, contestant, workload),
            wait_ns: workload.duration_ns,
            tasks,
            pool_workers: workers,
            source: Source::Samples,
        }
    }

    /// What is done: rates that are alike in it may be divided by each other.
    pub(crate) fn does(&self) -> (Shape, u64, u64, Source) {
        (self.series.shape.clone(), self.wait_ns, self.tasks, self.source)
    }

    /// The draws of a figure of it: another contestant, delay, number or pool has others.
    fn draws(&self, figure: &str, draws: &Draws) -> Bootstrap {
        let workers = self.pool_workers.map(|workers| format!(", {workers} workers"));
        let key = self.series.key() + &workers.unwrap_or_default();
        let names = [&*key, &self.tasks.to_string(), &format!("{} ns", self.wait_ns), figure];
        match self.source {
            Source::Rounds => draws.of_cells(&names),
            Source::Samples => draws.of_samples(&names),
        }
    }

    /// How many tasks can wait at once; `None` where that is all of them.
    fn places(&self) -> Option<u64> {
        let is_one = || self.series.model() == Model::Subroutine;
        self.pool_workers.map(u64::from).or_else(|| is_one().then_some(1))
    }

    /// The least time of a wave in nanoseconds, by its places.
    fn floor_ns(&self) -> u64 {
        let in_turn = self.tasks.div_ceil(self.places().unwrap_or(self.tasks).max(1));
        let waits = in_turn.saturating_mul(u64::from(self.series.shape.waits_per_task));
        waits.saturating_mul(self.wait_ns)
    }

    /// How many tasks wait at once in the least time of a wave: the places, or what that time says.
    fn at_once(&self, floor_ns: u64) -> u64 {
        let waits = self.tasks.saturating_mul(u64::from(self.series.shape.waits_per_task));
        let in_turn = waits as f64 * self.wait_ns as f64;
        #[allow(clippy::cast_sign_loss, reason = "a quotient of numbers above zero")]
        let by_floor = (in_turn / floor_ns as f64).round() as u64;
        self.places().unwrap_or(by_floor).clamp(1, self.tasks.max(1))
    }
}

impl Timed {
    /// Each process is one reading. Those without proof are none.
    fn of_cells(waves: &Waves, cells: &[&Cell]) -> Self {
        let proven: Vec<&Cell> = cells.iter().copied().filter(|cell| is_proven(cell)).collect();
        let mut processes: Vec<(u32, f64, f64)> =
            proven.iter().filter_map(|cell| process(cell)).collect();
        processes.sort_by_key(|(round, ..)| *round);
        let mut late: Vec<LatenessLine> =
            proven.iter().filter_map(|cell| cell.lateness_ns).collect();
        late.sort_by_key(|line| line.p99);
        let worst = cells.iter().find(|cell| !is_proven(cell)).filter(|_| proven.is_empty());
        let reason = worst.and_then(|cell| cell.reason.clone().or_else(|| cell.flaw()));
        let high_water = |cell: &&Cell| Some(cell.server?.high_water);
        Self {
            status: worst.map_or(Status::Ok, |cell| cell.status),
            reason: reason.unwrap_or_default(),
            floor_ns: waves.floor_ns(),
            rates: processes.iter().map(|(_, rate, _)| *rate).collect(),
            cpus: processes.iter().map(|(.., cpu)| *cpu).collect(),
            server_high_water: proven.iter().filter_map(high_water).max(),
            lateness: late.get(late.len() / 2).copied(),
        }
    }

    fn of_samples(row: &Throughput) -> Self {
        let samples = || row.samples.iter().filter(|_| row.status == Status::Ok);
        let tasks = |sample: &Sample| row.tasks as f64 * sample.waves as f64;
        let rate = |sample: &Sample| tasks(sample) / (sample.elapsed_ns as f64 / 1e9);
        let cpu = |sample: &Sample| sample.cpu_ns as f64 / tasks(sample);
        Self {
            status: row.status,
            reason: row.reason.clone().unwrap_or_default(),
            floor_ns: row.floor_ns,
            rates: samples().filter(|sample| sample.elapsed_ns > 0).map(rate).collect(),
            cpus: samples().map(cpu).filter(|cpu| cpu.is_finite()).collect(),
            server_high_water: row.server_high_water,
            lateness: row.lateness_ns,
        }
    }

    /// Tasks a second: the mean of the processes, or the median of the samples.
    pub(crate) fn rate(&self, waves: &Waves, draws: &Draws) -> Option<Sampled> {
        waves.source.middle(&self.rates, waves.draws("rate", draws))
    }

    /// User and system CPU of a task in nanoseconds, in the same way.
    pub(crate) fn cpu(&self, waves: &Waves, draws: &Draws) -> Option<Sampled> {
        waves.source.middle(&self.cpus, waves.draws("cpu", draws))
    }

    fn outcome(&self, waves: &Waves, draws: &Draws) -> RateOutcome {
        let reason = self.reason.clone();
        match (self.status, self.rate(waves, draws).zip(self.cpu(waves, draws))) {
            (Status::Ok, Some((rate, cpu))) => RateOutcome::Measured {
                rate: rate.estimate,
                cpu_ns: cpu.estimate,
                samples: self.rates.len(),
            },
            (Status::Skipped, _) if self.floor_ns > 0 => RateOutcome::Floor {
                least_ns: self.floor_ns,
                at_once: waves.at_once(self.floor_ns),
            },
            (Status::Skipped, _) => RateOutcome::Skipped(reason),
            (Status::Wall, _) => RateOutcome::Wall(reason),
            (Status::Ok | Status::Failed, _) => RateOutcome::Failed(reason),
        }
    }
}

impl Source {
    fn middle(self, values: &[f64], bootstrap: Bootstrap) -> Option<Sampled> {
        match self {
            Self::Rounds => mean(values, bootstrap),
            Self::Samples => median(values, bootstrap),
        }
    }
}

/// The round of a cell, with the rate of its process and the CPU of a task in nanoseconds.
fn process(cell: &Cell) -> Option<(u32, f64, f64)> {
    let measured = || cell.waves.iter().filter(|wave| !wave.warm_up);
    let tasks = cell.tasks as f64 * measured().count() as f64;
    let rate = cell.tasks_per_second()?;
    let cpu_ns: u64 = measured().map(|wave| wave.user_ns + wave.system_ns).sum();
    Some((cell.repeat, rate, cpu_ns as f64 / tasks)).filter(|(.., cpu)| cpu.is_finite())
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
        assert!(found.iter().all(|row| row.is_queued));
    }

    #[test]
    fn a_row_has_its_rate_its_cpu_and_what_the_server_saw() {
        let rows = rows(&small_run());
        let smol = rows.iter().find(|row| row.contestant.name() == "smol").unwrap();
        assert!((smol.rate().unwrap().value - 90_909.0).abs() < 1.0);
        assert!((smol.cpu_ns().unwrap().value - 500.0).abs() < 1e-9);
        assert!(!smol.is_queued);
        let asked = super::of(&Context::of(&asking_run()));
        let smol = asked.iter().find(|row| row.contestant.name() == "smol").unwrap();
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

    /// Two contestants, one twice as fast, on a machine that is this many times as slow in each round.
    fn in_rounds(slow: &[f64]) -> Synthetic {
        let mut made = Synthetic::new();
        let wall = |ns: f64| slow.iter().map(|slow| (ns * slow) as u64).collect::<Vec<u64>>();
        made.waves("coroutines/smol", 100, &wall(1e6)).waves("threads/per-task", 100, &wall(2e6));
        made.in_rounds();
        made
    }

    #[test]
    fn a_ratio_is_taken_within_rounds() {
        let record = in_rounds(&[1.0, 2.0, 1.5, 1.0, 3.0]).record();
        let rows = rows(&record);
        let [thread, smol] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!(
            (smol.source, smol.floor_ns, smol.is_queued),
            (Source::Rounds, 1_000_000, false)
        );
        // 100 tasks in 1, 2, 1.5, 1 and 3 ms.
        let mean = 1e5 * (1.0 + 0.5 + 1.0 / 1.5 + 1.0 + 1.0 / 3.0) / 5.0;
        assert!((smol.rate().unwrap().value - mean).abs() < 1.0);
        assert!((smol.cpu_ns().unwrap().value - 500.0).abs() < 1e-9);
        assert!(thread.rate().unwrap().relative_half_width().unwrap() > 0.3);
        let context = Context::of(&record);
        let all = timed(&context.index, &record);
        let rates: Vec<Sampled> =
            all.iter().filter_map(|(waves, timed)| timed.rate(waves, &context.draws)).collect();
        let ratio = rates[1].over(&rates[0]).unwrap();
        assert!((ratio.value - 2.0).abs() < 1e-3 && ratio.half_width() < 1e-3, "{ratio:?}");
    }

    #[test]
    fn rates_are_sure_after_five_rounds_with_narrow_intervals() {
        let sure = |slow: &[f64]| sure(&rows(&in_rounds(slow).record())).len();
        assert_eq!(sure(&[1.0, 1.01, 1.02, 1.01, 1.0]), 2);
        assert_eq!(sure(&[1.0, 1.01, 1.02, 1.01]), 0);
        assert_eq!(sure(&[1.0, 2.0, 1.5, 1.0, 3.0]), 0);
        assert!(super::sure(&rows(&small_run())).is_empty() && super::sure(&[]).is_empty());
    }

    #[test]
    fn cells_of_a_rate_weigh_nothing_and_samples_stand_beside_them() {
        let mut made = in_rounds(&[1.0, 1.02, 1.01]);
        made.timed("coroutines/smol", 100, &[1_000_000, 1_010_000, 1_030_000]);
        made.timed("threads/per-task", 100, &[4_000_000, 4_010_000, 4_030_000]);
        let mut record = made.record();
        let analysis = crate::Analysis::of(&record, None);
        assert!(analysis.measured.is_empty() && analysis.missing.is_empty());
        assert_eq!(analysis.rates.len(), 2);
        let agree: Vec<_> = analysis.read_twice.iter().map(|twice| twice.agrees).collect();
        assert_eq!(agree, [Some(false), Some(true)]);
        for cell in record.cells.iter_mut().filter(|cell| cell.contestant.ends_with("smol")) {
            cell.waves[1].completed = 99;
        }
        let analysis = crate::Analysis::of(&record, None);
        assert!(
            matches!(&analysis.rates[1].outcome, RateOutcome::Failed(why) if why.contains("waves"))
        );
        assert_eq!(analysis.missing[0].cells, 3);
    }

    /// Two kinds of waves that differ in one thing have other draws.
    #[test]
    fn the_draws_depend_on_all_that_is_asked() {
        let asked: [fn(&mut Synthetic) -> &mut Synthetic; 9] = [
            |made| made,
            |made| made.wait(50_000_000),
            |made| made.state(64),
            |made| made.timing("burst", 1_000, false),
            |made| made.timing("burst", 0, true),
            |made| made.timing("rate:1000/s", 0, false),
            |made| made.asking(1_024, None),
            |made| made.asking(2_048, None),
            |made| made.asking(1_024, Some(4_096)),
        ];
        let draws = |asked: &fn(&mut Synthetic) -> &mut Synthetic, keep_alive, tasks| {
            let mut made = Synthetic::new();
            asked(&mut made).timed("coroutines/smol", tasks, &[1, 2, 3]);
            let mut record = made.record();
            if let Some(http) = &mut record.throughput[0].workload.http {
                http.keep_alive = keep_alive;
            }
            let context = Context::of(&record);
            let (waves, _) = timed(&context.index, &record).pop_first().unwrap();
            waves.draws("rate", &context.draws).seed
        };
        let mut seeds: Vec<u128> = asked.iter().map(|asked| draws(asked, false, 100)).collect();
        seeds.extend([draws(&asked[6], true, 100), draws(&asked[0], false, 101)]);
        let different: std::collections::BTreeSet<_> = seeds.iter().collect();
        assert_eq!(different.len(), seeds.len());
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
        record.throughput[1].samples.clear();
        assert_eq!(rows(&record)[1].rate(), None);
    }
}
