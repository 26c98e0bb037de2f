//! From cells to figures: what one more waiting task adds, with an interval.
//!
//! A figure is never one reading divided by the number of tasks, because a process weighs something
//! before its first task. It is the slope of the readings over the number of tasks N, and it comes
//! with a 95 % interval from a seeded bootstrap, so that the same record gives the same figures on
//! every platform.
//!
//! | what | where it comes from |
//! | --- | --- |
//! | [`Series`] | the cells that one line is laid through |
//! | [`Figure`] | what is read off each of them |
//! | [`Fit`] | the line: ordinary least squares, case resampling |
//! | [`between`], [`median`] | figures at given task counts, where no line is wanted |
//! | [`Sampled::over`] | the ratio of two figures |
//!
//! Only cells with proof count. A cell of a pool that is smaller than its tasks has proof, but most
//! of its tasks were queued and not waiting, so it does not enter a figure *per waiting task*.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use oorandom::Rand64;
use serde::Serialize;

use crate::record::{Build, Cell, ProofLine, Record, Status, Time, Weight, WorkloadLine};
use crate::units;

/// How many times each figure is computed anew from resampled readings. Efron and Tibshirani, *An
/// Introduction to the Bootstrap* (1993), ask for at least 1000 for a percentile interval.
pub const RESAMPLES: usize = 2000;

/// How much of the resamples an interval holds.
pub const CONFIDENCE: f64 = 0.95;

/// The models, in the order in which everything is listed. Others come after these.
pub const MODELS: [&str; 6] =
    ["subroutine", "threads", "callbacks", "coroutines", "baseline", "control"];

/// Whether this contestant takes part in the comparison. Baselines show what our scaffolding costs,
/// and controls check the instrument.
pub fn is_compared(contestant: &str) -> bool {
    !matches!(model_of(contestant), "baseline" | "control")
}

/// Whether this contestant is one of the [controls](crate::controls).
pub fn is_control(contestant: &str) -> bool {
    model_of(contestant) == "control"
}

/// A figure and its interval, in the unit of the figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure itself.
    pub value: f64,
    /// The lower end of the interval; minus infinity where there were too few readings for one.
    pub low: f64,
    /// The upper end; infinity where there were too few readings for one.
    pub high: f64,
}

impl Estimate {
    /// The wider of the two sides of the interval, in the unit of the figure.
    pub fn half_width(&self) -> f64 {
        (self.high - self.value).max(self.value - self.low)
    }

    /// [`Estimate::half_width`] as a part of the figure; `None` where the figure is zero.
    pub fn relative_half_width(&self) -> Option<f64> {
        (self.value != 0.0).then(|| self.half_width() / self.value.abs())
    }

    /// Whether there were enough readings for an interval.
    pub fn is_bounded(&self) -> bool {
        self.low.is_finite() && self.high.is_finite()
    }
}

/// A figure with the resamples that its interval was taken from.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// The figure and its interval.
    pub estimate: Estimate,
    /// The figure of each resample; empty where there were too few readings for an interval.
    resamples: Vec<f64>,
}

impl Sampled {
    /// This figure divided by `base`, without a unit.
    ///
    /// The interval is the percentile interval of the ratios of the resamples, paired in the order
    /// in which they were drawn; the two series are independent, so any pairing would do. It is
    /// unbounded where one of the two intervals is. `None` if either figure is not above zero, or if
    /// the interval of `base` reaches zero, because such a ratio says nothing.
    pub fn over(&self, base: &Self) -> Option<Estimate> {
        if self.estimate.value <= 0.0 || base.estimate.value <= 0.0 {
            return None;
        }
        let value = self.estimate.value / base.estimate.value;
        if !self.estimate.is_bounded() || !base.estimate.is_bounded() {
            return Some(Estimate { value, low: f64::NEG_INFINITY, high: f64::INFINITY });
        }
        if base.estimate.low <= 0.0 {
            return None;
        }
        let ratios = self
            .resamples
            .iter()
            .zip(&base.resamples)
            .map(|(above, below)| if *below > 0.0 { above / below } else { f64::INFINITY });
        Some(interval_around(value, ratios.collect()))
    }

    /// This figure less `base`, divided by `per`. The interval is made as that of [`Sampled::over`].
    pub fn less_per(&self, base: &Self, per: f64) -> Estimate {
        let value = (self.estimate.value - base.estimate.value) / per;
        if !self.estimate.is_bounded() || !base.estimate.is_bounded() {
            return Estimate { value, low: f64::NEG_INFINITY, high: f64::INFINITY };
        }
        let pairs = self.resamples.iter().zip(&base.resamples);
        interval_around(value, pairs.map(|(above, below)| (above - below) / per).collect())
    }

    /// This figure less another, in their unit: its interval comes from the resamples in the same way.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        let value = self.estimate.value - other.estimate.value;
        if !self.estimate.is_bounded() || !other.estimate.is_bounded() {
            return Self::without_interval(value);
        }
        let pairs = self.resamples.iter().zip(&other.resamples);
        Self::new(value, pairs.map(|(more, less)| more - less).collect())
    }

    fn new(value: f64, resamples: Vec<f64>) -> Self {
        Self { estimate: interval_around(value, resamples.clone()), resamples }
    }

    fn without_interval(value: f64) -> Self {
        let estimate = Estimate { value, low: f64::NEG_INFINITY, high: f64::INFINITY };
        Self { estimate, resamples: Vec::new() }
    }
}

/// How a bootstrap draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    seed: u128,
    resamples: usize,
}

impl Bootstrap {
    /// [`RESAMPLES`] resamples, from the record's seed and the names of what is resampled, so that
    /// each figure has its own stream of draws.
    pub fn new(seed: u64, names: &[&str]) -> Self {
        let seed = (u128::from(seed) << 64) | u128::from(stable_hash(names));
        Self { seed, resamples: RESAMPLES }
    }
}

/// One reading of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The number of tasks.
    pub tasks: u64,
    /// What was read, in the unit of the figure.
    pub value: f64,
}

/// A line through readings: what one more task adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// What one more task adds, in the unit of the figure.
    pub slope: Sampled,
    /// What no task at all would read, by the line.
    pub intercept: f64,
    /// The smallest number of tasks among the readings.
    pub min_tasks: u64,
    /// The largest.
    pub max_tasks: u64,
    /// How many cells the line was laid through.
    pub cells: usize,
}

impl Fit {
    /// The ordinary least squares line through these readings.
    ///
    /// With x the number of tasks and y the reading, both centred on their means (which keeps the
    /// sums small): slope = Σ(x − x̄)(y − ȳ) ÷ Σ(x − x̄)², intercept = ȳ − slope · x̄. The interval is
    /// the percentile interval of the slopes of resampled cells (Efron and Tibshirani, chapters 9
    /// and 13). A resample in which all cells have the same N has no slope and is drawn again.
    ///
    /// Two readings lie on a line whatever they are, so the interval is unbounded below three.
    /// `None` if there are fewer than two different N.
    pub fn of(readings: &[Reading], bootstrap: Bootstrap) -> Option<Self> {
        let (slope, intercept) = line_through(readings)?;
        let min_tasks = readings.iter().map(|reading| reading.tasks).min()?;
        let max_tasks = readings.iter().map(|reading| reading.tasks).max()?;
        let slope = if readings.len() < 3 {
            Sampled::without_interval(slope)
        } else {
            Sampled::new(slope, resampled_slopes(readings, bootstrap))
        };
        Some(Self { slope, intercept, min_tasks, max_tasks, cells: readings.len() })
    }
}

/// What one task added between `from` and `to` tasks: the difference of the two medians, divided by
/// `to − from`.
///
/// The interval comes from resampling the readings at each of the two counts; it is unbounded where
/// one of them has a single reading. `None` if `from` is not below `to`, or either was not measured.
pub fn between(readings: &[Reading], from: u64, to: u64, bootstrap: Bootstrap) -> Option<Sampled> {
    if from >= to {
        return None;
    }
    let lower = values_at(readings, from);
    let upper = values_at(readings, to);
    let tasks = (to - from) as f64;
    let value = (quantile(&upper, 0.5)? - quantile(&lower, 0.5)?) / tasks;
    if lower.len() < 2 || upper.len() < 2 {
        return Some(Sampled::without_interval(value));
    }
    let mut random = Rand64::new(bootstrap.seed);
    let resamples = (0..bootstrap.resamples).filter_map(|_| {
        let lower = quantile(&draw(&lower, &mut random), 0.5)?;
        let upper = quantile(&draw(&upper, &mut random), 0.5)?;
        Some((upper - lower) / tasks)
    });
    Some(Sampled::new(value, resamples.collect()))
}

/// What one task added up to `tasks` tasks: [`between`] the smallest N measured and this one.
pub fn per_task_at(readings: &[Reading], tasks: u64, bootstrap: Bootstrap) -> Option<Sampled> {
    let smallest = readings.iter().map(|reading| reading.tasks).min()?;
    between(readings, smallest, tasks, bootstrap)
}

/// The median of these values, in their unit; its interval is unbounded if there is only one.
/// `None` if there is none.
pub fn median(values: &[f64], bootstrap: Bootstrap) -> Option<Sampled> {
    let value = quantile(values, 0.5)?;
    if values.len() < 2 {
        return Some(Sampled::without_interval(value));
    }
    let mut random = Rand64::new(bootstrap.seed);
    let resamples =
        (0..bootstrap.resamples).filter_map(|_| quantile(&draw(values, &mut random), 0.5));
    Some(Sampled::new(value, resamples.collect()))
}

/// The value below which this part (0 to 1) of the values lies, interpolated between neighbours:
/// definition 7 of Hyndman and Fan, *Sample Quantiles in Statistical Packages* (1996). `None` if
/// there is no value.
pub fn quantile(values: &[f64], part: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile_of_sorted(&sorted, part)
}

/// A workload without what varies along one line: the number of tasks, and the length of the wait,
/// which is made longer as the tasks get more so that all of them can be weighed waiting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    /// What each task waits for.
    pub wait: String,
    /// How many times each task waits.
    pub waits_per_task: u32,
    /// What each task keeps alive while it waits, in bytes.
    pub state_bytes: u64,
    /// When the tasks start.
    pub arrival: String,
    /// What is asked of a server, where one is asked.
    pub asked: Option<Asked>,
    /// By how much the first task waits longer than the last one, in nanoseconds.
    pub spread_ns: u64,
    /// Whether all tasks wait for one deadline.
    pub herd: bool,
}

/// What is asked of a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asked {
    /// The size of each answer's body.
    pub bytes: u64,
    /// Whether a connection serves more than one request.
    pub keep_alive: bool,
    /// What the server caps all answers together at, in bytes per second.
    pub rate_limit: Option<u64>,
}

impl Shape {
    /// The shape of this workload.
    pub fn of(workload: &WorkloadLine) -> Self {
        Self {
            wait: workload.wait.clone(),
            waits_per_task: workload.waits_per_task,
            state_bytes: workload.state_bytes,
            arrival: workload.arrival.clone(),
            asked: workload.http.map(|http| Asked {
                bytes: http.bytes,
                keep_alive: http.keep_alive,
                rate_limit: http.rate_limit,
            }),
            spread_ns: workload.spread_ns,
            herd: workload.herd,
        }
    }

    /// Whether each task waits for one timer and keeps nothing alive of its own.
    pub fn is_plain(&self) -> bool {
        self.is_timer()
            && self.waits_per_task == 1
            && self.state_bytes == 0
            && !self.is_for_lateness()
    }

    /// Whether its tasks start or are due as they do to show how late they are: at a rate, all at
    /// once, or one after another. What such tasks weigh is what others do, so no line is laid
    /// through them.
    pub fn is_for_lateness(&self) -> bool {
        self.herd || self.spread_ns != 0 || self.arrival != "burst"
    }

    /// Whether tasks wait for timers.
    pub fn is_timer(&self) -> bool {
        self.wait == "timer"
    }

    /// Whether tasks wait for answers that a server without a limit holds back.
    pub fn is_http(&self) -> bool {
        self.wait == "http"
    }

    /// Whether tasks wait for bytes that a server with a limit sends. They are not parked while they
    /// are weighed, so nothing per waiting task follows from them.
    pub fn is_transfer(&self) -> bool {
        self.wait == "transfer"
    }
}

/// What differs from one timer wait without state, each part after a comma.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_timer() {
            write!(f, ", {}", self.wait)?;
        }
        if let Some(asked) = &self.asked {
            let kept = if asked.keep_alive { ", keep-alive" } else { "" };
            write!(f, " ({} B{kept})", asked.bytes)?;
        }
        if self.state_bytes != 0 {
            write!(f, ", {} B state", self.state_bytes)?;
        }
        if self.waits_per_task != 1 {
            write!(f, ", {} waits", self.waits_per_task)?;
        }
        if self.arrival != "burst" {
            write!(f, ", {} arrival", self.arrival)?;
        }
        if self.spread_ns != 0 {
            write!(f, ", spread over {}", units::duration(Duration::from_nanos(self.spread_ns)))?;
        }
        if self.herd {
            f.write_str(", herd")?;
        }
        Ok(())
    }
}

/// The cells that one line is laid through: one contestant, one shape of workload, any N.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Series {
    /// The contestant's id.
    pub contestant: String,
    /// What each of its tasks does.
    pub shape: Shape,
}

impl Series {
    /// The series that this cell belongs to.
    pub fn of(cell: &Cell) -> Self {
        Self { contestant: cell.contestant.clone(), shape: Shape::of(&cell.workload) }
    }

    /// The contestant's model.
    pub fn model(&self) -> &str {
        model_of(&self.contestant)
    }

    /// The contestant's name within its model.
    pub fn name(&self) -> &str {
        self.contestant.split_once('/').map_or(&self.contestant, |(_, name)| name)
    }
}

/// The contestant, with whatever sets its workload apart.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.contestant, self.shape)
    }
}

/// What is read off a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Resident user memory in bytes, all tasks waiting.
    Rss,
    /// The same with the page tables.
    RssAndPageTables,
    /// Everything charged to the cell's control group in bytes, the kernel's part included.
    Total,
    /// The kernel's part of that.
    Kernel,
    /// The part of that which is socket buffers.
    Sockets,
    /// Bytes asked of the allocator and not given back (counting build).
    Heap,
    /// The anonymous part of resident user memory in bytes: heap, allocator and stacks.
    Anonymous,
    /// Touched stacks of threads in bytes, which are a part of that.
    Stacks,
    /// Page tables in bytes, as the control group lists them, else as the process has them.
    PageTables,
    /// The threads' stacks in the kernel in bytes.
    KernelStacks,
    /// The kernel's small objects in bytes, as the control group lists them.
    Slab,
    /// The same as the whole system has more of them than before.
    SystemSlab,
    /// What is left of the kernel's part without its stacks, page tables and socket buffers.
    OtherKernel,
    /// Memory mappings.
    Mappings,
    /// Threads.
    Threads,
    /// Time from the first task's start until all were in flight, in ns; where a server is asked,
    /// until that had all requests open.
    Start,
    /// User and system CPU from the first task's start until all were over, in ns.
    Cpu,
    /// User and system CPU until all were in flight, in ns. Not known of requests: the client knows
    /// when it has begun them all, and not when the server has them.
    StartCpu,
    /// User CPU from the first task's start until all were over, in ns.
    UserCpu,
    /// System CPU in the same time, in ns.
    SystemCpu,
    /// Time from when the last task's waits could be over until all tasks were, in ns: all of the
    /// time, less the time to start and the waits. Below zero where the start was seen late. Only
    /// known of timers that start at once and are not spread.
    Finish,
    /// User and system CPU after all were in flight, in ns. Not known of requests.
    FinishCpu,
    /// Switches because a thread had to wait.
    VoluntarySwitches,
    /// Switches because another thread got the core.
    InvoluntarySwitches,
}

impl Figure {
    /// The build whose cells carry it.
    pub fn build(self) -> Build {
        match self {
            Self::Heap => Build::Counting,
            _ => Build::Timed,
        }
    }

    /// The reading of this cell, all tasks waiting or over; `None` where it could not be had.
    pub fn read(self, cell: &Cell) -> Option<f64> {
        if self == Self::Finish {
            return finish_ns(cell);
        }
        let weighed = cell.memory.parked.and_then(|weight| self.read_weight(&weight));
        let timed = || match (self, cell.server) {
            // Where a server is asked, a task has started when its request is there.
            (Self::Start, Some(server)) => Some(server.all_open_ns),
            (Self::StartCpu | Self::FinishCpu, Some(_)) => None,
            _ => cell.time.and_then(|time| self.of_time(&time)),
        };
        weighed.or_else(|| timed().map(|reading| reading as f64))
    }

    /// The reading of one weighing, whichever phase it is of; `None` for what is not weighed.
    pub fn read_weight(self, weight: &Weight) -> Option<f64> {
        match self {
            // The system can have less than before: then the cell's own is below what else changed.
            Self::SystemSlab => weight.system_slab_bytes.map(|bytes| bytes as f64),
            // The first thread's stack was made by whoever started the process, and is charged there, so
            // this can be below zero as well.
            Self::OtherKernel => {
                let read = |figure: Self| figure.of_weight(weight).map(|bytes| bytes as f64);
                let known = read(Self::KernelStacks)? + read(Self::PageTables)?;
                Some(read(Self::Kernel)? - known - read(Self::Sockets).unwrap_or(0.0))
            }
            _ => self.of_weight(weight).map(|reading| reading as f64),
        }
    }

    /// The reading of this cell before its first task; `None` for what is only known of tasks.
    pub fn read_idle(self, cell: &Cell) -> Option<f64> {
        cell.memory.idle.and_then(|weight| self.read_weight(&weight))
    }

    fn of_weight(self, weight: &Weight) -> Option<u64> {
        match self {
            Self::Rss => weight.rss_bytes,
            Self::RssAndPageTables => {
                Some(weight.rss_bytes?.saturating_add(weight.page_table_bytes?))
            }
            Self::Total => weight.total_bytes,
            Self::Kernel => weight.kernel_bytes,
            Self::Sockets => weight.socket_bytes,
            Self::Heap => weight.heap_bytes,
            Self::Anonymous => weight.anonymous_bytes,
            Self::Stacks => weight.stack_bytes,
            Self::PageTables => weight.charged_page_table_bytes.or(weight.page_table_bytes),
            Self::KernelStacks => weight.kernel_stack_bytes,
            Self::Slab => weight.slab_bytes,
            Self::Mappings => weight.mappings,
            Self::Threads => weight.threads,
            Self::SystemSlab
            | Self::OtherKernel
            | Self::Start
            | Self::Cpu
            | Self::StartCpu
            | Self::UserCpu
            | Self::SystemCpu
            | Self::Finish
            | Self::FinishCpu
            | Self::VoluntarySwitches
            | Self::InvoluntarySwitches => None,
        }
    }

    fn of_time(self, time: &Time) -> Option<u64> {
        match self {
            Self::Start => Some(time.start_ns),
            Self::Cpu => Some(time.user_ns.saturating_add(time.system_ns)),
            Self::StartCpu => Some(time.start_cpu_ns),
            Self::UserCpu => Some(time.user_ns),
            Self::SystemCpu => Some(time.system_ns),
            Self::FinishCpu => {
                Some(time.user_ns.saturating_add(time.system_ns).saturating_sub(time.start_cpu_ns))
            }
            Self::VoluntarySwitches => Some(time.voluntary_switches),
            Self::InvoluntarySwitches => Some(time.involuntary_switches),
            _ => None,
        }
    }

    /// A name that never changes, because the draws of the bootstrap depend on it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::RssAndPageTables => "rss+page-tables",
            Self::Total => "total",
            Self::Kernel => "kernel",
            Self::Sockets => "sockets",
            Self::Heap => "heap",
            Self::Anonymous => "anonymous",
            Self::Stacks => "stacks",
            Self::PageTables => "page-tables",
            Self::KernelStacks => "kernel-stacks",
            Self::Slab => "slab",
            Self::SystemSlab => "system-slab",
            Self::OtherKernel => "other-kernel",
            Self::Mappings => "mappings",
            Self::Threads => "threads",
            Self::Start => "start",
            Self::Cpu => "cpu",
            Self::StartCpu => "start-cpu",
            Self::UserCpu => "user-cpu",
            Self::SystemCpu => "system-cpu",
            Self::Finish => "finish",
            Self::FinishCpu => "finish-cpu",
            Self::VoluntarySwitches => "voluntary-switches",
            Self::InvoluntarySwitches => "involuntary-switches",
        }
    }
}

/// [`Figure::Finish`]: the whole time, less the start and the waits.
fn finish_ns(cell: &Cell) -> Option<f64> {
    let WorkloadLine { duration_ns, spread_ns, waits_per_task, .. } = cell.workload;
    let WorkloadLine { wait, arrival, .. } = &cell.workload;
    let is_plain = wait == "timer" && arrival == "burst" && spread_ns == 0 && !cell.workload.herd;
    let time = cell.time.filter(|_| is_plain)?;
    let waits_ns = duration_ns as f64 * f64::from(waits_per_task);
    Some(time.wall_ns as f64 - time.start_ns as f64 - waits_ns)
}

/// The series of this record, by model, contestant and shape; those without a single proof too.
pub fn series(record: &Record) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for cell in &record.cells {
        let series = Series::of(cell);
        if !all.contains(&series) {
            all.push(series);
        }
    }
    all.sort_by(|a, b| contestant_order(&a.contestant, &b.contestant).then(a.shape.cmp(&b.shape)));
    all
}

/// How two contestants are listed: by the order of [`MODELS`], then by name.
pub fn contestant_order(a: &str, b: &str) -> std::cmp::Ordering {
    let rank = |id| MODELS.iter().position(|model| *model == model_of(id)).unwrap_or(MODELS.len());
    rank(a).cmp(&rank(b)).then_with(|| a.cmp(b))
}

/// The cells of a series that this build ran with proof, by N.
pub fn proven<'a>(record: &'a Record, series: &Series, build: Build) -> Vec<&'a Cell> {
    let mut cells: Vec<&Cell> = record
        .cells
        .iter()
        .filter(|cell| cell.build == build && is_proven(cell) && Series::of(cell) == *series)
        .collect();
    cells.sort_by_key(|cell| (cell.tasks, cell.repeat));
    cells
}

/// Whether a cell did its work and has proof of it.
pub fn is_proven(cell: &Cell) -> bool {
    cell.status == Status::Ok && cell.flaw().is_none()
}

/// Whether all tasks of a proven cell waited at the same time, as they do unless the contestant
/// takes one at a time or is a pool of fewer workers, or they come at a rate.
pub fn is_all_waiting(cell: &Cell) -> bool {
    proof_of(cell).is_some_and(|proof| !proof.unweighed && proof.expected_in_flight == cell.tasks)
}

/// The readings of a figure in the proven cells of a series in which all tasks waited at once.
pub fn readings(record: &Record, series: &Series, figure: Figure) -> Vec<Reading> {
    proven(record, series, figure.build())
        .into_iter()
        .filter(|cell| is_all_waiting(cell))
        .filter_map(|cell| Some(Reading { tasks: cell.tasks, value: figure.read(cell)? }))
        .collect()
}

/// What one more waiting task of this series adds to this figure; `None` if it was measured at fewer
/// than two N.
pub fn fit(record: &Record, series: &Series, figure: Figure) -> Option<Fit> {
    Fit::of(&readings(record, series, figure), bootstrap(record, series, figure))
}

/// The bootstrap of a figure of a series.
pub fn bootstrap(record: &Record, series: &Series, figure: Figure) -> Bootstrap {
    Bootstrap::new(record.run.seed, &[&series.to_string(), figure.name()])
}

/// The same line through the cells of each of several records, at the N that all of them have, so
/// that a size which only one has changes nothing; `None` if they have fewer than two N in common.
///
/// Each record has draws of its own, also where two have the same seed: resampled in step, the noise
/// of two runs would look like one.
pub fn side_by_side(records: &[&Record], series: &Series, figure: Figure) -> Option<Vec<Fit>> {
    let mut all: Vec<Vec<Reading>> =
        records.iter().map(|record| readings(record, series, figure)).collect();
    let common = all
        .iter()
        .map(|readings| task_counts(readings))
        .reduce(|common, counts| common.intersection(&counts).copied().collect())?;
    for readings in &mut all {
        readings.retain(|reading| common.contains(&reading.tasks));
    }
    records
        .iter()
        .zip(all)
        .enumerate()
        .map(|(side, (record, readings))| {
            let bootstrap = bootstrap_of_side(record, side, &series.to_string(), figure.name());
            Fit::of(&readings, bootstrap)
        })
        .collect()
}

/// The bootstrap of a figure in one of several records that are held against each other.
pub fn bootstrap_of_side(record: &Record, side: usize, subject: &str, figure: &str) -> Bootstrap {
    Bootstrap::new(record.run.seed, &[&side.to_string(), subject, figure])
}

/// The values read at this N.
pub fn values_at(readings: &[Reading], tasks: u64) -> Vec<f64> {
    readings.iter().filter(|reading| reading.tasks == tasks).map(|reading| reading.value).collect()
}

/// The different N of these readings, ascending.
pub fn task_counts(readings: &[Reading]) -> BTreeSet<u64> {
    readings.iter().map(|reading| reading.tasks).collect()
}

/// The part of an id before the slash.
pub fn model_of(contestant: &str) -> &str {
    contestant.split_once('/').map_or(contestant, |(model, _)| model)
}

fn proof_of(cell: &Cell) -> Option<&ProofLine> {
    cell.proof.as_ref()
}

fn line_through(readings: &[Reading]) -> Option<(f64, f64)> {
    let count = readings.len() as f64;
    let mean_tasks = readings.iter().map(|reading| reading.tasks as f64).sum::<f64>() / count;
    let mean_value = readings.iter().map(|reading| reading.value).sum::<f64>() / count;
    let mut products = 0.0;
    let mut squares = 0.0;
    for reading in readings {
        let tasks = reading.tasks as f64 - mean_tasks;
        products += tasks * (reading.value - mean_value);
        squares += tasks * tasks;
    }
    let one_count = readings.windows(2).all(|pair| pair[0].tasks == pair[1].tasks);
    if one_count {
        return None;
    }
    let slope = products / squares;
    Some((slope, mean_value - slope * mean_tasks))
}

fn resampled_slopes(readings: &[Reading], bootstrap: Bootstrap) -> Vec<f64> {
    let mut random = Rand64::new(bootstrap.seed);
    let mut slopes = Vec::with_capacity(bootstrap.resamples);
    while slopes.len() < bootstrap.resamples {
        if let Some((slope, _)) = line_through(&draw(readings, &mut random)) {
            slopes.push(slope);
        }
    }
    slopes
}

fn draw<T: Copy>(from: &[T], random: &mut Rand64) -> Vec<T> {
    let len = from.len() as u64;
    from.iter().map(|_| from[random.rand_range(0..len) as usize]).collect()
}

fn interval_around(value: f64, mut resamples: Vec<f64>) -> Estimate {
    resamples.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Estimate {
        value,
        low: quantile_of_sorted(&resamples, tail).unwrap_or(f64::NEG_INFINITY),
        high: quantile_of_sorted(&resamples, 1.0 - tail).unwrap_or(f64::INFINITY),
    }
}

fn quantile_of_sorted(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = part * last as f64;
    let below = position.floor();
    let weight = position - below;
    let low = sorted[below as usize];
    let high = sorted[(below as usize + 1).min(last)];
    // Equal neighbours are not interpolated: infinity times zero is not a number.
    Some(if weight == 0.0 || low == high { low } else { low + weight * (high - low) })
}

/// FNV-1a, 64 bits, <http://www.isthe.com/chongo/tech/comp/fnv/>: the standard library's hashers
/// may change with a release, and the figures must not.
fn stable_hash(names: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for name in names {
        for byte in name.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic::{Bill, Synthetic};

    const ANY: Bootstrap = Bootstrap { seed: 7, resamples: 400 };

    fn line(slope: f64, noise: f64) -> Vec<Reading> {
        let mut random = Rand64::new(3);
        let mut readings = Vec::new();
        for tasks in [1, 100, 1_000, 10_000] {
            for _ in 0..4 {
                let off = (random.rand_float() - 0.5) * noise;
                readings.push(Reading { tasks, value: 5e6 + slope * tasks as f64 + off });
            }
        }
        readings
    }

    #[test]
    fn a_request_has_started_when_the_server_has_it() {
        let record = crate::report::synthetic::asking_run();
        let cell = record.cells.iter().find(|cell| cell.tasks == 5_000).unwrap();
        let (begun, open) = (cell.time.unwrap().start_ns, cell.server.unwrap().all_open_ns);
        assert!(open > begun);
        assert_eq!(Figure::Start.read(cell), Some(open as f64));
        assert_eq!(Figure::StartCpu.read(cell), None);
        let timer = Cell { server: None, ..cell.clone() };
        assert_eq!(Figure::Start.read(&timer), Some(begun as f64));
        assert!(Figure::StartCpu.read(&timer).is_some());
    }

    #[test]
    fn the_interval_holds_the_known_slope_and_narrows_with_the_noise() {
        let noisy = Fit::of(&line(100.0, 1e5), ANY).unwrap().slope.estimate;
        let quiet = Fit::of(&line(100.0, 1e3), ANY).unwrap().slope.estimate;
        for estimate in [noisy, quiet] {
            assert!(estimate.low <= 100.0 && 100.0 <= estimate.high, "{estimate:?}");
        }
        assert!(quiet.half_width() < noisy.half_width() / 10.0);
    }

    #[test]
    fn a_line_without_noise_is_found_exactly() {
        let fit = Fit::of(&line(100.0, 0.0), ANY).unwrap();
        assert!((fit.slope.estimate.value - 100.0).abs() < 1e-6);
        assert!((fit.intercept - 5e6).abs() < 1e-3);
        assert_eq!((fit.min_tasks, fit.max_tasks, fit.cells), (1, 10_000, 16));
        assert!(fit.slope.estimate.relative_half_width().unwrap() < 1e-6);
    }

    /// Two figures of the same cells move together, so their difference is surer than either.
    #[test]
    fn a_difference_of_figures_that_move_together_is_sure() {
        let noisy = line(100.0, 1e6);
        let more = Fit::of(&noisy, ANY).unwrap().slope;
        let less: Vec<Reading> = noisy
            .iter()
            .map(|reading| Reading {
                value: reading.value - 40.0 * reading.tasks as f64,
                ..*reading
            })
            .collect();
        let difference = more.less(&Fit::of(&less, ANY).unwrap().slope).estimate;
        assert!((difference.value - 40.0).abs() < 1e-6, "{difference:?}");
        assert!(difference.half_width() < 1e-6 && more.estimate.half_width() > 1.0);
        let unsure = Sampled::without_interval(1.0);
        assert!(!more.less(&unsure).estimate.is_bounded());
    }

    #[test]
    fn one_task_count_has_no_slope() {
        assert!(Fit::of(&[], ANY).is_none());
        assert!(Fit::of(&[Reading { tasks: 5, value: 1.0 }; 9], ANY).is_none());
    }

    #[test]
    fn two_cells_have_a_slope_but_no_interval() {
        let two = [Reading { tasks: 0, value: 1.0 }, Reading { tasks: 10, value: 21.0 }];
        let slope = Fit::of(&two, ANY).unwrap().slope;
        assert!((slope.estimate.value - 2.0).abs() < 1e-9);
        assert!(!slope.estimate.is_bounded());
        let known = Fit::of(&line(1.0, 0.0), ANY).unwrap().slope;
        let ratio = slope.over(&known).unwrap();
        assert!((ratio.value - 2.0).abs() < 1e-6 && !ratio.is_bounded());
    }

    #[test]
    fn the_ratio_of_two_slopes_has_an_interval_around_it() {
        let ours = Fit::of(&line(50.0, 1e3), ANY).unwrap().slope;
        let theirs = Fit::of(&line(200.0, 1e3), ANY).unwrap().slope;
        let ratio = ours.over(&theirs).unwrap();
        assert!(ratio.low <= 0.25 && 0.25 <= ratio.high, "{ratio:?}");
        assert!(ratio.relative_half_width().unwrap() < 0.01);
    }

    #[test]
    fn what_is_not_above_zero_has_no_ratio() {
        let up = Fit::of(&line(50.0, 0.0), ANY).unwrap().slope;
        let flat = Fit::of(&line(0.0, 0.0), ANY).unwrap().slope;
        let down = Fit::of(&line(-50.0, 0.0), ANY).unwrap().slope;
        let lost_in_noise = Fit::of(&line(0.1, 1e6), ANY).unwrap().slope;
        assert!(up.over(&flat).is_none());
        assert!(up.over(&down).is_none());
        assert!(down.over(&up).is_none());
        assert!(up.over(&lost_in_noise).is_none());
    }

    #[test]
    fn the_cost_between_two_counts_ignores_the_others() {
        let mut readings = line(100.0, 0.0);
        readings.push(Reading { tasks: 50, value: 9e9 });
        let cost = between(&readings, 1_000, 10_000, ANY).unwrap().estimate;
        assert!((cost.value - 100.0).abs() < 1e-6);
        assert!(between(&readings, 1_000, 2_000, ANY).is_none());
        assert!(between(&readings, 1_000, 1_000, ANY).is_none());
        assert!(!between(&readings, 50, 1_000, ANY).unwrap().estimate.is_bounded());
        let from_smallest = per_task_at(&line(100.0, 0.0), 100, ANY).unwrap().estimate;
        assert!((from_smallest.value - 100.0).abs() < 1e-6);
    }

    #[test]
    fn quantiles_are_interpolated() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), Some(2.5));
        assert_eq!(quantile(&[1.0, 2.0], 1.0), Some(2.0));
        assert_eq!(quantile(&[f64::INFINITY; 3], 0.4), Some(f64::INFINITY));
    }

    #[test]
    fn the_median_of_one_value_has_no_interval() {
        assert!(median(&[], ANY).is_none());
        assert!(!median(&[4.0], ANY).unwrap().estimate.is_bounded());
        assert!(median(&[4.0, 5.0, 6.0], ANY).unwrap().estimate.is_bounded());
    }

    #[test]
    fn draws_depend_on_the_seed_and_the_names_only() {
        let readings = line(100.0, 1e5);
        let slope = |seed, names: &[&str]| Fit::of(&readings, Bootstrap::new(seed, names)).unwrap();
        assert_eq!(slope(1, &["a", "b"]), slope(1, &["a", "b"]));
        assert_ne!(slope(1, &["a", "b"]), slope(2, &["a", "b"]));
        assert_ne!(slope(1, &["a", "b"]), slope(1, &["ab", ""]));
        // The published test vector of FNV-1a for "a", continued over the zero byte that ends it.
        let a = 0xaf63_dc4c_8601_ec8c_u64;
        assert_eq!(stable_hash(&["a"]), a.wrapping_mul(0x0000_0100_0000_01b3));
    }

    #[test]
    fn only_proven_cells_of_the_right_build_are_read() {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &[1, 100, 1_000], Bill::of(100));
        made.counting("coroutines/bare", &[1, 100, 1_000], 60);
        let record = made.record();
        let series = series(&record).remove(0);
        let rss = fit(&record, &series, Figure::Rss).unwrap();
        let heap = fit(&record, &series, Figure::Heap).unwrap();
        assert_eq!((rss.cells, heap.cells), (9, 9));

        let mut damaged = record.clone();
        for cell in damaged.cells.iter_mut().filter(|cell| cell.repeat == 0) {
            cell.proof.as_mut().unwrap().checksum ^= 1;
        }
        for cell in damaged.cells.iter_mut().filter(|cell| cell.repeat == 1) {
            cell.status = Status::Failed;
        }
        assert_eq!(fit(&damaged, &series, Figure::Rss).unwrap().cells, 3);
    }

    #[test]
    fn a_pool_smaller_than_its_tasks_is_no_figure_per_waiting_task() {
        let mut made = Synthetic::new();
        made.line("threads/rayon-pool", &[1, 10, 100], Bill::of(9_000));
        made.pool_of(8);
        let record = made.record();
        let series = series(&record).remove(0);
        assert_eq!(task_counts(&readings(&record, &series, Figure::Rss)), BTreeSet::from([1]));
        assert!(fit(&record, &series, Figure::Rss).is_none());
    }

    #[test]
    fn series_come_in_the_order_of_the_models() {
        let mut made = Synthetic::new();
        for id in
            ["odd/one", "baseline/smol", "coroutines/smol", "threads/per-task", "subroutine/x"]
        {
            made.line(id, &[1], Bill::of(1));
        }
        made.state(64).line("coroutines/smol", &[1], Bill::of(1));
        let labels: Vec<String> = series(&made.record()).iter().map(ToString::to_string).collect();
        assert_eq!(
            labels,
            [
                "subroutine/x",
                "threads/per-task",
                "coroutines/smol",
                "coroutines/smol, 64 B state",
                "baseline/smol",
                "odd/one"
            ]
        );
    }
}
