//! Two records side by side: per figure, whether the new one is better, worse, or within noise.
//!
//! A figure is compared where both records have it for the same contestant and the same work. A
//! slope is laid through the task counts that both have measured, so that a size which only one of
//! them has changes nothing. Each ratio is NEW ÷ OLD, and its interval comes from the resamples of
//! both. A figure is better or worse only if the whole interval lies on one side of 1.
//!
//! Everything here is a pure function of two records.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use crate::fit::{
    self, Estimate, Figure, Late, Sampled, Series, bootstrap_of_side, lateness_side_by_side,
    median, side_by_side,
};
use crate::registry::{self, SelectError};
use crate::report::format::{self, NONE};
use crate::report::table::{Align, Table};
use crate::report::{cpus, rates, throughput_label};
use record::{Difference, Record, Throughput, differences};

/// The slopes that are compared, with how they are shown.
const SLOPES: [(Figure, &str); 5] = [
    (Figure::Total, "full bill (B)"),
    (Figure::Rss, "RSS (B)"),
    (Figure::Heap, "heap (B)"),
    (Figure::Start, "start (ns)"),
    (Figure::Cpu, "CPU (ns)"),
];

/// What two records say of each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// In what machine and versions differ, one sentence each.
    pub warnings: Vec<String>,
    /// The figures that both have.
    pub rows: Vec<Row>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The contestant, with whatever sets its workload apart.
    pub subject: String,
    /// Which figure, with its unit.
    pub figure: &'static str,
    /// The number of tasks, where the figure is of one.
    pub tasks: Option<u64>,
    /// What the old record has.
    pub old: f64,
    /// What the new record has.
    pub new: f64,
    /// New ÷ old; `None` where one of them cannot be told from zero.
    pub ratio: Option<Estimate>,
    /// Which way is better.
    pub better: Better,
    /// What follows.
    pub verdict: Verdict,
}

/// Which way of a figure is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Less of it, as with bytes and times.
    Lower,
    /// More of it, as with rates.
    Higher,
}

/// What the interval of a ratio says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All of it is on the better side of 1.
    Better,
    /// All of it is on the worse side.
    Worse,
    /// 1 is in it.
    WithinNoise,
    /// There is no interval: too few readings, or a figure that cannot be told from zero.
    Unknown,
}

impl Verdict {
    /// The verdict in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::WithinNoise => "within noise",
            Self::Unknown => "cannot be told",
        }
    }
}

impl Row {
    fn new(
        (subject, figure, tasks): (String, &'static str, Option<u64>),
        old: &Sampled,
        new: &Sampled,
        better: Better,
    ) -> Self {
        let ratio = new.over(old);
        Self {
            subject,
            figure,
            tasks,
            old: old.estimate.value,
            new: new.estimate.value,
            ratio,
            better,
            verdict: verdict(ratio, better),
        }
    }

    /// Whether it is worse by more than this part, with its whole interval. A rate is judged by the
    /// time that a task takes, its inverse: 5 % worse is 1.05 times that time.
    pub fn is_worse_by(&self, part: f64) -> bool {
        let Some(ratio) = self.ratio.filter(Estimate::is_bounded) else { return false };
        match self.better {
            Better::Lower => ratio.low > 1.0 + part,
            Better::Higher => ratio.high < 1.0 / (1.0 + part),
        }
    }
}

fn verdict(ratio: Option<Estimate>, better: Better) -> Verdict {
    let Some(ratio) = ratio.filter(Estimate::is_bounded) else { return Verdict::Unknown };
    match better {
        _ if ratio.low <= 1.0 && 1.0 <= ratio.high => Verdict::WithinNoise,
        Better::Lower if ratio.high < 1.0 => Verdict::Better,
        Better::Higher if ratio.low > 1.0 => Verdict::Better,
        Better::Lower | Better::Higher => Verdict::Worse,
    }
}

/// Compares the contestants that match one of the patterns, or all if there are none.
///
/// # Errors
/// If a pattern matches no contestant of either record.
pub fn diff(old: &Record, new: &Record, patterns: &[String]) -> Result<Diff, SelectError> {
    let ids: BTreeSet<&str> = [old, new].into_iter().flat_map(contestants).collect();
    let wanted = registry::matching(patterns, &ids)?;
    let mut rows = Vec::new();
    let in_new: Vec<Series> = fit::series(new);
    for series in fit::series(old) {
        if wanted.contains(series.contestant.as_str()) && in_new.contains(&series) {
            if !series.shape.is_for_lateness() {
                rows.extend(slopes(old, new, &series));
            }
            rows.extend(lateness(old, new, &series));
        }
    }
    rows.extend(throughput(old, new, &wanted));
    let mut differences = differences(&old.run, &new.run);
    if let (Some(before), Some(after)) = (profile(old), profile(new))
        && before != after
    {
        let (before, after) = (format!("`{before}`"), format!("`{after}`"));
        differences.push(Difference { what: "profile".into(), before, after });
    }
    let warnings = differences.iter().map(ToString::to_string).collect();
    Ok(Diff { warnings, rows })
}

/// How the program that made a record was built, without the fingerprint of its sources: those
/// differ in nearly every comparison, and are why it is made.
fn profile(record: &Record) -> Option<&str> {
    Some(record.run.program.as_ref()?.rsplit_once(' ')?.0)
}

fn contestants(record: &Record) -> impl Iterator<Item = &str> {
    let of_cells = record.cells.iter().map(|cell| cell.contestant.as_str());
    of_cells.chain(record.throughput.iter().map(|timed| timed.contestant.as_str()))
}

fn slopes(old: &Record, new: &Record, series: &Series) -> Vec<Row> {
    // Tasks of a transfer are not parked while they are weighed.
    if series.shape.is_transfer() {
        return Vec::new();
    }
    let row = |(figure, shown): (Figure, &'static str)| {
        let fits = side_by_side(&[old, new], series, figure)?;
        let [old, new] = &fits[..] else { return None };
        Some(Row::new((series.to_string(), shown, None), &old.slope, &new.slope, Better::Lower))
    };
    SLOPES.into_iter().filter_map(row).collect()
}

/// Lateness, over the repeats.
fn lateness(old: &Record, new: &Record, series: &Series) -> Vec<Row> {
    let row = |late: Late| {
        let [old, new] = &late.medians[..] else { return None };
        let name = (late.subject, late.figure, Some(late.tasks));
        Some(Row::new(name, old, new, Better::Lower))
    };
    lateness_side_by_side(&[old, new], series).into_iter().filter_map(row).collect()
}

/// Rates and CPU of the rows that do the same in both.
fn throughput(old: &Record, new: &Record, wanted: &BTreeSet<&str>) -> Vec<Row> {
    let mut rows = Vec::new();
    for timed in &old.throughput {
        let is_same = |other: &&Throughput| {
            (&other.contestant, &other.workload, other.tasks, other.pool_workers)
                == (&timed.contestant, &timed.workload, timed.tasks, timed.pool_workers)
        };
        let Some(again) = new.throughput.iter().find(is_same) else { continue };
        if !wanted.contains(timed.contestant.as_str()) {
            continue;
        }
        let wait = format::duration(timed.workload.duration_ns as f64);
        let subject = format!("{}, waves of {wait}", throughput_label(timed));
        let mut compare = |shown, values: fn(&Throughput) -> Vec<f64>, better| {
            let of = |record, side, timed: &Throughput| {
                let names = format!("{subject} × {}", timed.tasks);
                median(&values(timed), bootstrap_of_side(record, side, &names, shown))
            };
            let both = of(old, 0, timed).zip(of(new, 1, again));
            let name = (subject.clone(), shown, Some(timed.tasks));
            rows.extend(both.map(|(old, new)| Row::new(name, &old, &new, better)));
        };
        compare("rate (1/s)", rates, Better::Higher);
        compare("CPU (µs)", cpus, Better::Lower);
    }
    rows
}

impl Diff {
    /// The figures that are worse by more than this part, with their whole interval.
    pub fn regressions(&self, part: f64) -> Vec<&Row> {
        self.rows.iter().filter(|row| row.is_worse_by(part)).collect()
    }

    /// The rows as a table for a terminal of so many columns, what they come to, and what to know
    /// before believing it.
    pub fn terminal(&self, width: Option<u16>) -> String {
        let mut table = Table::new([
            ("Of what", Align::Left),
            ("Figure", Align::Left),
            ("N", Align::Right),
            ("Old", Align::Right),
            ("New", Align::Right),
            ("New ÷ old", Align::Right),
            ("Verdict", Align::Left),
        ]);
        for row in &self.rows {
            table.push(vec![
                row.subject.clone(),
                row.figure.into(),
                row.tasks.map_or_else(|| "slope".into(), format::count),
                format::amount(row.old),
                format::amount(row.new),
                row.ratio.as_ref().map_or_else(|| NONE.into(), format::ratio),
                row.verdict.word().into(),
            ]);
        }
        let count = |verdict| self.rows.iter().filter(|row| row.verdict == verdict).count();
        let alone = if self.has_lone_readings() { LONE } else { "" };
        format!(
            "{}\n\n{} figures: {} better, {} worse, {} within noise, {} cannot be told.\n{alone}{NOTE}",
            table.terminal(width),
            self.rows.len(),
            count(Verdict::Better),
            count(Verdict::Worse),
            count(Verdict::WithinNoise),
            count(Verdict::Unknown),
        )
    }

    /// Whether a figure at one N has no interval, because one of the runs has a single reading of it.
    fn has_lone_readings(&self) -> bool {
        let is_lone = |row: &Row| row.ratio.is_some_and(|ratio| !ratio.is_bounded());
        self.rows.iter().any(|row| row.tasks.is_some() && is_lone(row))
    }

    /// The same for machines: `warnings`, and `figures` with `subject`, `figure`, `tasks` (null for
    /// a slope), `old`, `new`, `ratio` (`value`, `low`, `high`, the ends null if it has no interval;
    /// null if there is none), `better` (which way: `lower` or `higher`), `verdict` (`better`,
    /// `worse`, `within-noise`, `unknown`).
    pub fn to_json(&self) -> Value {
        json!({ "warnings": self.warnings, "figures": self.rows })
    }
}

/// What to do where a figure has no interval.
const LONE: &str = "\
Of a single reading nothing says how far it scatters, so a figure at one N that a run has read once
cannot be told: give each run --repeats 3 or more.
";

/// What to know before believing a difference.
const NOTE: &str = "\
An interval holds what the readings of each run scatter, and not what changed between the runs: CPU,
start, lateness and rates also move with the state of the machine. A difference in them is worth
believing when it comes again (`compare repeat`). Each interval holds for its own figure; of many,
about one in twenty is on the wrong side by chance, and more where readings are few.";

#[cfg(test)]
mod tests {
    use super::*;
    use record::LatenessLine;
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};

    const SIZES: [u64; 4] = [1, 100, 1_000, 10_000];

    fn one(bill: Bill) -> Record {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &SIZES, bill);
        made.record()
    }

    fn noisy(rss: u64) -> Bill {
        Bill { noise: 2_000, ..Bill::of(rss) }
    }

    fn compare(old: &Record, new: &Record) -> Diff {
        diff(old, new, &[]).unwrap()
    }

    fn verdict_on(diff: &Diff, figure: &str) -> Verdict {
        diff.rows.iter().find(|row| row.figure == figure).unwrap().verdict
    }

    #[test]
    fn more_bytes_are_worse_and_fewer_are_better() {
        let worse = compare(&one(noisy(100)), &one(noisy(120)));
        assert_eq!(verdict_on(&worse, "RSS (B)"), Verdict::Worse);
        assert_eq!(verdict_on(&worse, "CPU (ns)"), Verdict::Worse);
        let better = compare(&one(noisy(120)), &one(noisy(100)));
        assert_eq!(verdict_on(&better, "RSS (B)"), Verdict::Better);
    }

    #[test]
    fn a_record_is_within_noise_of_itself() {
        for record in [one(noisy(100)), small_run(), asking_run()] {
            let same = compare(&record, &record);
            assert!(!same.rows.is_empty() && same.warnings.is_empty());
            for row in &same.rows {
                assert!(matches!(row.verdict, Verdict::WithinNoise | Verdict::Unknown), "{row:?}");
                assert!(!row.is_worse_by(0.0), "{row:?}");
            }
        }
    }

    /// Two runs with the same seed are not resampled in step: the interval of a figure against
    /// itself has a width.
    #[test]
    fn the_same_seed_hides_no_noise() {
        let record = one(noisy(100));
        let same = compare(&record, &record);
        let rss = same.rows.iter().find(|row| row.figure == "RSS (B)").unwrap().ratio.unwrap();
        assert!(rss.low < 1.0 && 1.0 < rss.high, "{rss:?}");
    }

    #[test]
    fn a_rate_is_better_when_it_is_higher() {
        let timed = |ns: &[u64]| {
            let mut made = Synthetic::new();
            made.timed("coroutines/bare", 100, ns);
            made.record()
        };
        let (slow, fast) = (timed(&[200, 201, 202, 203]), timed(&[100, 101, 102, 103]));
        assert_eq!(verdict_on(&compare(&slow, &fast), "rate (1/s)"), Verdict::Better);
        let worse = compare(&fast, &slow);
        assert_eq!(verdict_on(&worse, "rate (1/s)"), Verdict::Worse);
        // Twice the time is 100 % worse, and hardly more.
        assert_eq!(worse.regressions(0.9).len(), 1);
        assert_eq!(worse.regressions(1.1).len(), 0);
    }

    #[test]
    fn a_regression_is_one_with_its_whole_interval() {
        let worse = compare(&one(Bill::of(100)), &one(Bill::of(120)));
        let figures =
            |part| worse.regressions(part).iter().map(|row| row.figure).collect::<Vec<_>>();
        assert_eq!(figures(0.19), ["RSS (B)", "start (ns)", "CPU (ns)"]);
        assert_eq!(figures(0.21), [""; 0]);
        let ratio = Estimate { value: 1.2, low: 1.04, high: 1.3 };
        let row = Row { ratio: Some(ratio), ..worse.rows[0].clone() };
        assert!(row.is_worse_by(0.03) && !row.is_worse_by(0.05));
        let unknown = Estimate { low: f64::NEG_INFINITY, high: f64::INFINITY, ..ratio };
        assert!(!Row { ratio: Some(unknown), ..row }.is_worse_by(0.0));
    }

    /// A size that only one record has changes nothing, however odd it reads.
    #[test]
    fn slopes_are_laid_through_common_sizes() {
        let old = one(Bill::of(100));
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &SIZES, Bill::of(100));
        made.line("coroutines/bare", &[1_000_000], Bill::of(900));
        let same = compare(&old, &made.record());
        assert_eq!(verdict_on(&same, "RSS (B)"), Verdict::WithinNoise);
        let late = same.rows.iter().find(|row| row.figure == "lateness p99 (ns)").unwrap();
        assert_eq!(late.tasks, Some(10_000));
    }

    /// Records of tasks that come at a rate or are all due at once have nothing but lateness.
    #[test]
    fn lateness_that_was_asked_for_is_compared_wherever_both_have_it() {
        let late = |by: u64, repeats: u32| {
            let mut made = Synthetic::new();
            made.timing("burst", 0, true).line("coroutines/bare", &SIZES, noisy(100));
            made.timing("rate:1000/s", 0, false).wait(100_000_000);
            made.unweighed("threads/rayon-pool", 500, 64, 64);
            let mut record = made.record();
            record.cells.retain(|cell| cell.repeat < repeats);
            for cell in &mut record.cells {
                let late = cell.lateness_ns.as_mut().unwrap();
                *late = LatenessLine { p50: late.p50 * by, p99: late.p99 * by, ..*late };
            }
            record
        };
        let worse = compare(&late(1, 3), &late(2, 3));
        let synchronized = |row: &&Row| row.subject == "coroutines/bare, herd";
        let counts: BTreeSet<_> =
            worse.rows.iter().filter(synchronized).map(|row| row.tasks).collect();
        assert_eq!(counts, SIZES.map(Some).into());
        let subject = "threads/rayon-pool, rate:1000/s arrival, waits of 100 ms, 64 places";
        let paced: Vec<&Row> = worse.rows.iter().filter(|row| row.subject == subject).collect();
        assert_eq!(
            paced.iter().map(|row| row.figure).collect::<Vec<_>>(),
            ["lateness p50 (ns)", "lateness p99 (ns)"]
        );
        assert!(worse.rows.iter().all(|row| row.verdict == Verdict::Worse), "{worse:?}");
        assert_eq!(worse.rows.len(), 2 * (SIZES.len() + 1));
        assert!(!worse.terminal(None).contains("--repeats"));

        let once = compare(&late(1, 1), &late(2, 1));
        assert!(once.rows.iter().all(|row| row.verdict == Verdict::Unknown), "{once:?}");
        assert!(once.terminal(None).contains("give each run --repeats 3"));
    }

    #[test]
    fn nothing_in_common_is_no_row() {
        let mut other = Synthetic::new();
        other.line("coroutines/smol", &SIZES, Bill::of(100));
        other.state(64).line("coroutines/bare", &SIZES, Bill::of(100));
        assert!(compare(&one(Bill::of(100)), &other.record()).rows.is_empty());
    }

    #[test]
    fn patterns_choose_contestants() {
        let (old, new) = (small_run(), small_run());
        let only = diff(&old, &new, &["threads/*".into()]).unwrap();
        assert!(!only.rows.is_empty());
        assert!(only.rows.iter().all(|row| row.subject.starts_with("threads/")));
        assert!(diff(&old, &new, &["fibres/*".into()]).is_err());
    }

    #[test]
    fn another_machine_is_said() {
        let mut new = small_run();
        new.run.host.cores = 64;
        assert_eq!(compare(&small_run(), &new).warnings, ["cores was `2` and is `64`"]);
    }

    #[test]
    fn another_profile_is_said_and_other_sources_are_not() {
        let built = |program: &str| {
            let mut record = small_run();
            record.run.program = Some(program.into());
            record
        };
        let old = built("release -O3 0001");
        assert!(compare(&old, &built("release -O3 0002")).warnings.is_empty());
        assert_eq!(
            compare(&old, &built("debug -O0 0001")).warnings,
            ["profile was `release -O3` and is `debug -O0`"]
        );
    }

    #[test]
    fn machines_get_every_figure() {
        let json = compare(&one(noisy(100)), &one(noisy(120))).to_json();
        let rss = json["figures"].as_array().unwrap().iter().find(|row| row["figure"] == "RSS (B)");
        let rss = rss.unwrap();
        assert_eq!(rss["verdict"], "worse");
        assert_eq!(rss["better"], "lower");
        assert!(rss["ratio"]["low"].as_f64().unwrap() > 1.0 && rss["tasks"].is_null());
    }

    #[test]
    fn the_table_of_two_small_runs() {
        let mut old = Synthetic::new();
        old.line("coroutines/bare", &SIZES, Bill::of(100).with_kernel(10));
        old.counting("coroutines/bare", &[1, 1_000], 50);
        old.timed("coroutines/bare", 100, &[4_000_000, 4_100_000, 4_200_000]);
        let mut new = Synthetic::new();
        new.line("coroutines/bare", &SIZES, Bill { cpu_ns: 150, ..Bill::of(120).with_kernel(10) });
        new.counting("coroutines/bare", &[1, 1_000], 50);
        new.timed("coroutines/bare", 100, &[4_000_000, 4_100_000, 4_300_000]);
        insta::assert_snapshot!(compare(&old.record(), &new.record()).terminal(None), @r"
        ┌────────────────────────────────┬───────────────────┬────────┬─────────┬─────────┬──────────────────────┬──────────────┐
        │ Of what                        ┆ Figure            ┆      N ┆     Old ┆     New ┆            New ÷ old ┆ Verdict      │
        ╞════════════════════════════════╪═══════════════════╪════════╪═════════╪═════════╪══════════════════════╪══════════════╡
        │ coroutines/bare                ┆ full bill (B)     ┆  slope ┆     110 ┆     130 ┆    1.18× (1.18–1.18) ┆ worse        │
        │ coroutines/bare                ┆ RSS (B)           ┆  slope ┆     100 ┆     120 ┆    1.20× (1.20–1.20) ┆ worse        │
        │ coroutines/bare                ┆ heap (B)          ┆  slope ┆    50.0 ┆    50.0 ┆    1.00× (1.00–1.00) ┆ within noise │
        │ coroutines/bare                ┆ start (ns)        ┆  slope ┆     100 ┆     120 ┆    1.20× (1.20–1.20) ┆ worse        │
        │ coroutines/bare                ┆ CPU (ns)          ┆  slope ┆     200 ┆     150 ┆ 0.750× (0.750–0.750) ┆ better       │
        │ coroutines/bare                ┆ lateness p50 (ns) ┆ 10,000 ┆  60,000 ┆  60,000 ┆    1.00× (1.00–1.00) ┆ within noise │
        │ coroutines/bare                ┆ lateness p99 (ns) ┆ 10,000 ┆ 110,000 ┆ 110,000 ┆    1.00× (1.00–1.00) ┆ within noise │
        │ coroutines/bare, waves of 1 ms ┆ rate (1/s)        ┆    100 ┆  24,390 ┆  24,390 ┆    1.00× (0.93–1.05) ┆ within noise │
        │ coroutines/bare, waves of 1 ms ┆ CPU (µs)          ┆    100 ┆     0.5 ┆     0.5 ┆    1.00× (1.00–1.00) ┆ within noise │
        └────────────────────────────────┴───────────────────┴────────┴─────────┴─────────┴──────────────────────┴──────────────┘

        9 figures: 1 better, 3 worse, 5 within noise, 0 cannot be told.
        An interval holds what the readings of each run scatter, and not what changed between the runs: CPU,
        start, lateness and rates also move with the state of the machine. A difference in them is worth
        believing when it comes again (`compare repeat`). Each interval holds for its own figure; of many,
        about one in twenty is on the wrong side by chance, and more where readings are few.
        ");
    }
}
