//! How far figures move from run to run.
//!
//! The interval of a figure says how far the readings of one run scatter. Whether the same run, made
//! again, gives the same figure is another question, and only another run answers it. Here the slopes
//! of several runs stand side by side, with the largest relative difference between two of them, and
//! the order of the contestants by the figure that decides between them. How late tasks were stands
//! beside: it moves with the state of the machine, so it is held to no bar, and only set against what
//! the repeats of each run scatter.
//!
//! Everything here is a pure function of the records.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `tables` | the comparison as tables and sentences |

mod tables;

use serde::Serialize;
use serde_json::{Value, json};

use self::tables::percent;
pub(crate) use self::tables::{LATENESS_NOTE, NOTE};
use crate::fit::{
    self, Estimate, Figure, Late, MODELS, Series, Shape, lateness_side_by_side, model_of, quantile,
    side_by_side,
};
use crate::report::format;
use crate::report::{BASELINE, deciding_figure};
use record::Record;

/// How far the slopes of two runs may lie apart, as a part of their median.
pub const SLOPE_BAR: f64 = 0.02;

/// What several runs say of each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// How many runs.
    pub runs: usize,
    /// The figure by which contestants are ordered.
    pub deciding: &'static str,
    /// The slopes that all runs have.
    pub rows: Vec<Row>,
    /// The lateness that all runs have.
    pub lateness: Vec<Lateness>,
    /// How many contestants were ordered, in each kind of work that at least two did.
    pub ordered: usize,
    /// Pairs of contestants that do not come in the same order in all runs.
    pub swaps: Vec<Swap>,
}

/// One figure of one series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The contestant, with whatever sets its workload apart.
    pub subject: String,
    /// Which figure, with its unit.
    pub figure: &'static str,
    /// Whether it is CPU, and not bytes.
    pub is_cpu: bool,
    /// The slope of each run.
    pub slopes: Vec<Estimate>,
    /// How far the run that is farthest from the median is from it, as a part of it; `None` if one of
    /// the slopes cannot be told from zero.
    pub off_median: Option<f64>,
    /// How far the two runs that are farthest apart are from each other, as a part of the median;
    /// `None` if one of the slopes cannot be told from zero.
    pub apart: Option<f64>,
}

/// A part of how late the tasks of a series were.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lateness {
    /// The contestant, with whatever sets its workload apart.
    pub subject: String,
    /// Which part, with its unit.
    pub figure: &'static str,
    /// The number of tasks.
    pub tasks: u64,
    /// The median over the repeats of each run.
    pub medians: Vec<Estimate>,
    /// As [`Row::off_median`].
    pub off_median: Option<f64>,
    /// As [`Row::apart`].
    pub apart: Option<f64>,
    /// Whether there are two runs whose intervals do not overlap, so that the figure moved by more
    /// than the repeats scatter; `None` if a run has a single repeat, which scatters nobody knows how
    /// much.
    pub moved: Option<bool>,
}

/// Two contestants of which now one and now the other has the smaller figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Swap {
    /// One of them, with whatever sets its workload apart.
    pub first: String,
    /// The other.
    pub second: String,
    /// The runs, from 1, in which `first` has the smaller figure.
    pub first_is_less_in: Vec<usize>,
    /// The runs, from 1, in which the intervals of the two overlap, so that the run does not tell
    /// them apart.
    pub overlap_in: Vec<usize>,
}

/// A bar, and whether it is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// What is asked for.
    pub bar: String,
    /// `true` if met, `false` if missed, `None` if nothing was measured that tells.
    pub met: Option<bool>,
    /// What was found.
    pub finding: String,
}

impl Bar {
    /// Whether it is met, in a word.
    pub(crate) const fn word(&self) -> &'static str {
        match self.met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "not measured",
        }
    }
}

/// Compares the runs.
pub fn compare(records: &[&Record]) -> Comparison {
    let has_full_bill = records.iter().all(|record| deciding_figure(record) == Figure::Total);
    let (deciding, by) =
        if has_full_bill { (Figure::Total, "full bill") } else { (Figure::Rss, "RSS") };
    let mut comparison = Comparison {
        runs: records.len(),
        deciding: by,
        rows: Vec::new(),
        lateness: Vec::new(),
        ordered: 0,
        swaps: vec![],
    };
    let Some((first, others)) = records.split_first() else { return comparison };
    let mut all = fit::series(first);
    all.retain(|series| others.iter().all(|record| fit::series(record).contains(series)));
    for series in &all {
        let late = lateness_side_by_side(records, series);
        comparison.lateness.extend(late.into_iter().map(Lateness::new));
    }
    all.retain(|series| !series.shape.is_transfer() && !series.shape.is_for_lateness());
    let slopes = |series: &Series, figure| -> Option<Vec<Estimate>> {
        let fits = side_by_side(records, series, figure)?;
        Some(fits.into_iter().map(|fit| fit.slope.estimate).collect())
    };
    for series in &all {
        for (figure, name) in
            [(Figure::Total, "full bill (B)"), (Figure::Rss, "RSS (B)"), (Figure::Cpu, "CPU (ns)")]
        {
            if let Some(slopes) = slopes(series, figure) {
                comparison.rows.push(Row::new(series, name, figure == Figure::Cpu, slopes));
            }
        }
    }

    let mut shapes: Vec<&Shape> = all.iter().map(|series| &series.shape).collect();
    shapes.sort();
    shapes.dedup();
    for shape in shapes {
        let contestants: Vec<(String, Vec<Estimate>)> = all
            .iter()
            .filter(|series| series.shape == *shape && is_compared(series))
            .filter_map(|series| Some((series.to_string(), slopes(series, deciding)?)))
            .collect();
        if contestants.len() > 1 {
            comparison.ordered += contestants.len();
        }
        for (index, first) in contestants.iter().enumerate() {
            let pairs = contestants[index + 1..].iter();
            comparison.swaps.extend(pairs.filter_map(|second| swap(first, second)));
        }
    }
    comparison
}

/// Whether a series takes part in the order: yardsticks and controls do not.
fn is_compared(series: &Series) -> bool {
    let model = model_of(&series.contestant);
    MODELS.contains(&model) && !matches!(model, BASELINE | "control")
}

fn swap(first: &(String, Vec<Estimate>), second: &(String, Vec<Estimate>)) -> Option<Swap> {
    let pairs = || (1..).zip(first.1.iter().zip(&second.1));
    let runs = |is_wanted: fn(&Estimate, &Estimate) -> bool| -> Vec<usize> {
        pairs().filter(|(_, (a, b))| is_wanted(a, b)).map(|(run, _)| run).collect()
    };
    let less = runs(|a, b| a.value < b.value);
    let more = runs(|a, b| a.value > b.value);
    (!less.is_empty() && !more.is_empty()).then(|| Swap {
        first: first.0.clone(),
        second: second.0.clone(),
        first_is_less_in: less,
        overlap_in: runs(|a, b| a.low <= b.high && b.low <= a.high),
    })
}

impl Row {
    fn new(series: &Series, figure: &'static str, is_cpu: bool, slopes: Vec<Estimate>) -> Self {
        let (off_median, apart) = distances(&slopes);
        Self { subject: series.to_string(), figure, is_cpu, off_median, apart, slopes }
    }
}

impl Lateness {
    fn new(late: Late) -> Self {
        let Late { subject, tasks, figure, medians } = late;
        let medians: Vec<Estimate> = medians.into_iter().map(|median| median.estimate).collect();
        let (off_median, apart) = distances(&medians);
        let highest_low = medians.iter().map(|run| run.low).fold(f64::NEG_INFINITY, f64::max);
        let lowest_high = medians.iter().map(|run| run.high).fold(f64::INFINITY, f64::min);
        // Two do not overlap exactly if one begins after another has ended.
        let moved = medians.iter().all(Estimate::is_bounded).then_some(highest_low > lowest_high);
        Self { subject, figure, tasks, medians, off_median, apart, moved }
    }
}

/// [`Row::off_median`] and [`Row::apart`] of these figures, one a run.
fn distances(runs: &[Estimate]) -> (Option<f64>, Option<f64>) {
    let values: Vec<f64> = runs.iter().map(|run| run.value).collect();
    let is_told = runs.iter().all(|run| run.value > 0.0 && (run.low > 0.0 || !run.is_bounded()));
    let median = quantile(&values, 0.5).filter(|_| is_told);
    let part = |largest: f64| median.map(|median| largest / median);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let off = median.map_or(0.0, |median| (most - median).max(median - least));
    (part(off), part(most - least))
}

impl Comparison {
    /// The bars that runs of the same must meet.
    pub fn bars(&self) -> Vec<Bar> {
        let [bytes, cpu] = [("bytes", false), ("CPU", true)].map(|(what, is_cpu)| {
            let judged = self.rows.iter().filter(|row| row.is_cpu == is_cpu);
            let judged: Vec<(f64, &Row)> =
                judged.filter_map(|row| Some((row.apart?, row))).collect();
            let over = judged.iter().filter(|(apart, _)| *apart > SLOPE_BAR).count();
            let widest = judged.iter().max_by(|a, b| a.0.total_cmp(&b.0));
            Bar {
                bar: format!("slopes of {what} within {}", percent(SLOPE_BAR)),
                met: widest.map(|_| over == 0),
                finding: widest.map_or_else(
                    || "no slope was measured in all runs".to_owned(),
                    |(apart, row)| {
                        format!(
                            "{} of {} slopes are farther apart; the farthest: {} ({}, {})",
                            over,
                            judged.len(),
                            percent(*apart),
                            row.subject,
                            row.figure
                        )
                    },
                ),
            }
        });
        let swaps: Vec<String> = self.swaps.iter().map(Swap::in_words).collect();
        let order = Bar {
            bar: format!("same order of contestants by {}", self.deciding),
            met: (self.ordered > 0).then_some(swaps.is_empty()),
            finding: match (self.ordered, &swaps[..]) {
                (0, _) => "there are no two contestants with a slope in all runs".to_owned(),
                (ordered, []) => format!("{ordered} contestants, no pair swapped"),
                (ordered, swaps) => format!("{ordered} contestants; {}", swaps.join("; ")),
            },
        };
        vec![bytes, cpu, order]
    }

    /// The same for machines: `runs`, `slopes`, `lateness`, `swaps` and `bars`. Parts are of 1; the
    /// ends of an unbounded interval are null.
    pub fn to_json(&self) -> Value {
        json!({
            "runs": self.runs,
            "slopes": self.rows,
            "lateness": self.lateness,
            "swaps": self.swaps,
            "bars": self.bars(),
        })
    }
}

impl Swap {
    fn in_words(&self) -> String {
        let numbers = |runs: &[usize]| {
            format::list(&runs.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let overlap = match &self.overlap_in[..] {
            [] => "their intervals overlap in none".to_owned(),
            runs => format!("their intervals overlap in run {}", numbers(runs)),
        };
        format!(
            "{} is below {} in run {} alone, and {overlap}",
            self.first,
            self.second,
            numbers(&self.first_is_less_in)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::LatenessLine;
    use record::synthetic::{Bill, Synthetic};

    const SIZES: [u64; 4] = [1, 100, 1_000, 10_000];

    /// A run in which these contestants weigh so much.
    fn run(weights: &[(&str, u64)], noise: u64) -> Record {
        let mut made = Synthetic::new();
        for &(id, rss) in weights {
            made.line(id, &SIZES, Bill { noise, ..Bill::of(rss).with_kernel(1_000) });
        }
        made.record()
    }

    fn of(records: &[Record]) -> Comparison {
        compare(&records.iter().collect::<Vec<_>>())
    }

    fn met(comparison: &Comparison) -> Vec<Option<bool>> {
        comparison.bars().iter().map(|bar| bar.met).collect()
    }

    #[test]
    fn the_same_run_again_meets_every_bar() {
        let one = run(&[("coroutines/bare", 100), ("threads/per-task", 9_000)], 0);
        let comparison = of(&[one.clone(), one.clone(), one]);
        assert_eq!(met(&comparison), [Some(true); 3]);
        assert_eq!((comparison.rows.len(), comparison.ordered), (6, 2));
        for row in &comparison.rows {
            assert_eq!((row.slopes.len(), row.apart, row.off_median), (3, Some(0.0), Some(0.0)));
        }
    }

    #[test]
    fn the_distance_is_that_of_the_farthest_two() {
        let runs = [10_000, 10_100, 10_300].map(|rss| run(&[("coroutines/bare", rss)], 0));
        let comparison = of(&runs);
        let rss = comparison.rows.iter().find(|row| row.figure == "RSS (B)").unwrap();
        assert!((rss.apart.unwrap() - 300.0 / 10_100.0).abs() < 1e-9, "{rss:?}");
        assert!((rss.off_median.unwrap() - 200.0 / 10_100.0).abs() < 1e-9, "{rss:?}");
        // CPU follows RSS in these records; there is no pair to be ordered.
        assert_eq!(met(&comparison), [Some(false), Some(false), None]);
        assert_eq!(met(&of(&runs[..2])), [Some(true), Some(true), None]);
    }

    #[test]
    fn a_swapped_pair_is_named_with_what_its_intervals_say() {
        let one = run(&[("coroutines/bare", 100), ("coroutines/smol", 101)], 0);
        let other = run(&[("coroutines/bare", 101), ("coroutines/smol", 100)], 0);
        let decided = of(&[one.clone(), other, one]);
        let swap = &decided.swaps[0];
        assert_eq!((&swap.first_is_less_in[..], &swap.overlap_in[..]), (&[1, 3][..], &[][..]));
        let order = &decided.bars()[2];
        assert_eq!(order.met, Some(false));
        assert_eq!(
            order.finding,
            "2 contestants; coroutines/bare is below coroutines/smol in run 1 and 3 alone, and \
             their intervals overlap in none"
        );

        let one = run(&[("coroutines/bare", 100), ("coroutines/smol", 101)], 90_000);
        let other = run(&[("coroutines/bare", 101), ("coroutines/smol", 100)], 90_000);
        assert_eq!(of(&[one, other]).swaps[0].overlap_in, [1, 2]);
    }

    #[test]
    fn yardsticks_are_not_ordered() {
        let ids = ["coroutines/bare", "baseline/bare", "control/64"];
        let one = run(&[(ids[0], 100), (ids[1], 99), (ids[2], 98)], 0);
        let other = run(&[(ids[0], 97), (ids[1], 98), (ids[2], 99)], 0);
        let comparison = of(&[one, other]);
        assert_eq!((comparison.ordered, comparison.swaps.len()), (0, 0));
        assert_eq!(met(&comparison)[2], None);
    }

    #[test]
    fn a_slope_that_is_nothing_is_not_held_to_a_part_of_itself() {
        let flat = |noise| run(&[("coroutines/bare", 0)], noise);
        let comparison = of(&[flat(0), flat(500_000)]);
        let rss = comparison.rows.iter().find(|row| row.figure == "RSS (B)").unwrap();
        assert_eq!((rss.apart, rss.off_median), (None, None));
    }

    #[test]
    fn without_a_control_group_resident_memory_decides() {
        let with = run(&[("coroutines/bare", 100), ("coroutines/smol", 101)], 0);
        let mut without = with.clone();
        for cell in &mut without.cells {
            cell.memory.waiting.as_mut().unwrap().total_bytes = None;
        }
        assert_eq!(of(&[with.clone(), with.clone()]).deciding, "full bill");
        assert_eq!(of(&[with, without]).deciding, "RSS");
    }

    /// A run of a herd whose tasks are this late, read so often.
    fn late(p99_ns: u64, repeats: u32) -> Record {
        let mut made = Synthetic::new();
        made.timing("burst", 0, true).line("coroutines/bare", &[1_000], Bill::of(100));
        let mut record = made.record();
        record.cells.retain(|cell| cell.repeat < repeats);
        for cell in &mut record.cells {
            let late = cell.lateness_ns.as_mut().unwrap();
            *late = LatenessLine { p99: p99_ns + u64::from(cell.repeat) * 1_000, ..*late };
        }
        record
    }

    #[test]
    fn lateness_that_moves_by_more_than_its_repeats_is_named_and_held_to_no_bar() {
        insta::assert_snapshot!(of(&[late(100_000, 3), late(150_000, 3)]).terminal(None), @r"
        ┌───────────────────────┬───────────────────┬───────┬─────────┬─────────┬────────────────┬───────┬────────────────┐
        │ Contestant            ┆ Figure            ┆     N ┆   Run 1 ┆   Run 2 ┆ Off the median ┆ Apart ┆ By its repeats │
        ╞═══════════════════════╪═══════════════════╪═══════╪═════════╪═════════╪════════════════╪═══════╪════════════════╡
        │ coroutines/bare, herd ┆ lateness p50 (ns) ┆ 1,000 ┆  60,000 ┆  60,000 ┆          0.0 % ┆ 0.0 % ┆ within noise   │
        │ coroutines/bare, herd ┆ lateness p99 (ns) ┆ 1,000 ┆ 101,000 ┆ 151,000 ┆           20 % ┆  40 % ┆ moved          │
        └───────────────────────┴───────────────────┴───────┴─────────┴─────────┴────────────────┴───────┴────────────────┘

        Each run has the median of its repeats. A figure has moved if there are two runs whose intervals do
        not overlap. Lateness also moves with the state of the machine, so it is held to no bar.

        lateness: 1 of 2 figures moved by more than their repeats scatter
        ");
        let within = of(&[late(100_000, 3), late(101_000, 3)]);
        assert!(within.lateness.iter().all(|late| late.moved == Some(false)), "{within:?}");
        assert_eq!(met(&within), [None; 3]);
    }

    #[test]
    fn of_a_single_repeat_nothing_can_be_told() {
        let comparison = of(&[late(100_000, 1), late(150_000, 1)]);
        assert!(comparison.lateness.iter().all(|late| late.moved.is_none()));
        let text = comparison.terminal(None);
        assert!(
            text.contains("of 2 figures it cannot be told") && !text.contains("slopes"),
            "{text}"
        );
    }

    #[test]
    fn nothing_in_common_is_not_measured() {
        let one = run(&[("coroutines/bare", 100)], 0);
        let other = run(&[("coroutines/smol", 100)], 0);
        assert_eq!(met(&of(&[one, other])), [None; 3]);
        assert_eq!(met(&of(&[])), [None; 3]);
    }

    #[test]
    fn the_report_of_two_small_runs() {
        let weights = [("coroutines/bare", 100), ("threads/per-task", 9_000)];
        let one = run(&weights, 0);
        let other = run(&[weights[0], (weights[1].0, 9_300)], 0);
        insta::assert_snapshot!(of(&[one, other]).terminal(None), @r"
        ┌──────────────────┬───────────────┬────────┬────────┬────────────────┬───────┐
        │ Contestant       ┆ Slope of      ┆  Run 1 ┆  Run 2 ┆ Off the median ┆ Apart │
        ╞══════════════════╪═══════════════╪════════╪════════╪════════════════╪═══════╡
        │ threads/per-task ┆ full bill (B) ┆ 10,000 ┆ 10,300 ┆          1.5 % ┆ 3.0 % │
        │ threads/per-task ┆ RSS (B)       ┆  9,000 ┆  9,300 ┆          1.6 % ┆ 3.3 % │
        │ threads/per-task ┆ CPU (ns)      ┆ 18,000 ┆ 18,600 ┆          1.6 % ┆ 3.3 % │
        │ coroutines/bare  ┆ full bill (B) ┆  1,100 ┆  1,100 ┆          0.0 % ┆ 0.0 % │
        │ coroutines/bare  ┆ RSS (B)       ┆    100 ┆    100 ┆          0.0 % ┆ 0.0 % │
        │ coroutines/bare  ┆ CPU (ns)      ┆    200 ┆    200 ┆          0.0 % ┆ 0.0 % │
        └──────────────────┴───────────────┴────────┴────────┴────────────────┴───────┘

        Off the median: the run that is farthest from the median of all runs. Apart: the two runs that are
        farthest from each other, as a part of the median; that is what the bars are held to. A slope that
        cannot be told from zero in every run has neither.

        slopes of bytes within 2.0 %: missed: 2 of 4 slopes are farther apart; the farthest: 3.3 % (threads/per-task, RSS (B))
        slopes of CPU within 2.0 %: missed: 1 of 2 slopes are farther apart; the farthest: 3.3 % (threads/per-task, CPU (ns))
        same order of contestants by full bill: met: 2 contestants, no pair swapped

        ┌──────────────────┬───────────────────┬────────┬─────────┬─────────┬────────────────┬───────┬────────────────┐
        │ Contestant       ┆ Figure            ┆      N ┆   Run 1 ┆   Run 2 ┆ Off the median ┆ Apart ┆ By its repeats │
        ╞══════════════════╪═══════════════════╪════════╪═════════╪═════════╪════════════════╪═══════╪════════════════╡
        │ threads/per-task ┆ lateness p50 (ns) ┆ 10,000 ┆  60,000 ┆  60,000 ┆          0.0 % ┆ 0.0 % ┆ within noise   │
        │ threads/per-task ┆ lateness p99 (ns) ┆ 10,000 ┆ 110,000 ┆ 110,000 ┆          0.0 % ┆ 0.0 % ┆ within noise   │
        │ coroutines/bare  ┆ lateness p50 (ns) ┆ 10,000 ┆  60,000 ┆  60,000 ┆          0.0 % ┆ 0.0 % ┆ within noise   │
        │ coroutines/bare  ┆ lateness p99 (ns) ┆ 10,000 ┆ 110,000 ┆ 110,000 ┆          0.0 % ┆ 0.0 % ┆ within noise   │
        └──────────────────┴───────────────────┴────────┴─────────┴─────────┴────────────────┴───────┴────────────────┘

        Each run has the median of its repeats. A figure has moved if there are two runs whose intervals do
        not overlap. Lateness also moves with the state of the machine, so it is held to no bar.

        lateness: 0 of 4 figures moved by more than their repeats scatter
        ");
    }
}
