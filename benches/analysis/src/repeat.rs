//! How far figures move when the same run is made again.
//!
//! The interval of a figure says how far the readings of one run scatter. Whether the same run, made
//! again, gives the same figure is another question, and only another run answers it.

use std::collections::BTreeMap;

use record::{Difference, Record, differences};
use serde::Serialize;

use crate::bar::Outcome;
use crate::context::Basis;
use crate::estimate::{CONFIDENCE, Estimate, Sampled, quantile};
use crate::instructions::WITHIN;
use crate::reading::Spread;
use crate::series::{Series, Shape};
use crate::sides::{Common, Part, Quantity, Sides, Subject};

/// How far the bytes and the CPU of a task may lie apart in two runs, as a part of their median.
pub const SLOPE_BAR: f64 = 0.02;

/// So many contestants of one kind of work are ordered at most: their pairs take time.
const MOST_ORDERED: usize = 1_000;

/// What several runs say of each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repeat {
    /// The runs, in the order in which they were given.
    pub runs: Vec<RunOf>,
    /// In what machine, limits and versions each later run differs from the one before it.
    pub differences: Vec<Difference>,
    /// By which figure contestants are ordered and bytes are judged.
    pub basis: Basis,
    /// How far the figures of each part moved.
    #[serde(flatten)]
    pub parts: BTreeMap<Part, Moved>,
    /// Whether contestants come in the same order.
    pub order: Order,
    /// Every figure that all runs have.
    pub rows: Vec<Row>,
}

/// A run that is held against others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunOf {
    /// When it began, as RFC 3339 in UTC.
    pub started: String,
    /// Which build of the program made it.
    pub program: Option<String>,
}

/// One figure in each of the runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What it is of.
    pub subject: Subject,
    /// The figure of each run, in its unit.
    pub runs: Vec<Estimate>,
    /// How far the run that is farthest from the median of all is from it, as a part of it; `None`,
    /// as below, if the figure of a run cannot be distinguished from zero.
    pub off_median: Option<f64>,
    /// How far the two runs that are farthest apart are from each other, as a part of the median.
    pub apart: Option<f64>,
    /// Whether those two differ beyond their intervals: the interval of their ratio leaves out 1.
    pub is_beyond: Option<bool>,
}

/// How far the figures of a part moved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// How many figures all runs have.
    pub figures: usize,
    /// How many of them can be compared: they can be distinguished from zero in every run.
    pub compared: usize,
    /// How many of them have an interval in every run.
    pub with_intervals: usize,
    /// How many of those moved beyond their intervals.
    pub beyond_intervals: usize,
    /// Half of the compared figures lie within this part of each other.
    pub median: Option<f64>,
    /// 95 % of them do.
    pub within: Option<f64>,
    /// The figure that moved most.
    pub worst: Option<Worst>,
    /// What they are held to, where a bar was set.
    pub bar: Option<Bar>,
}

/// The figure that moved most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worst {
    /// What it is of.
    pub subject: Subject,
    /// How far its runs lie apart, as a part of their median.
    pub apart: f64,
}

/// A bar on the figures of a part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// How far figures may lie apart, as a part of their median.
    pub allowed: f64,
    /// How many lie farther apart.
    pub beyond: usize,
    /// Whether none does.
    pub outcome: Outcome,
}

/// Whether contestants come in the same order in all runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Order {
    /// How many contestants were ordered, in each kind of work that at least two did.
    pub ordered: usize,
    /// The pairs that do not come in the same order in all runs.
    pub swaps: Vec<Swap>,
    /// Whether there is none.
    pub outcome: Outcome,
}

/// Two contestants of which now one and now the other has the smaller figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Swap {
    /// One of them.
    pub first: Series,
    /// The other.
    pub second: Series,
    /// The runs, from 1, in which `first` has the smaller figure.
    pub first_is_less_in: Vec<usize>,
    /// The runs, from 1, in which the intervals of the two overlap.
    pub overlap_in: Vec<usize>,
}

impl Repeat {
    /// Holds these runs against each other.
    pub fn of(records: &[&Record]) -> Self {
        let sides = Sides::of(records);
        let rows: Vec<Row> = sides.figures.iter().map(Row::of).collect();
        let moved = |part| {
            let bar = match part {
                Part::Bytes | Part::Cpu => Some(SLOPE_BAR),
                Part::Instructions => Some(WITHIN),
                Part::Start | Part::Rates | Part::Lateness => None,
            };
            (part, Moved::of(&rows, part, sides.basis, bar))
        };
        let run = |record: &&Record| RunOf {
            started: record.run.started.clone(),
            program: record.run.program.clone(),
        };
        let mut setup: Vec<Difference> = Vec::new();
        for pair in records.windows(2) {
            let mut new = differences(&pair[0].run, &pair[1].run);
            new.retain(|difference| !setup.contains(difference));
            setup.extend(new);
        }
        Self {
            runs: records.iter().map(run).collect(),
            differences: setup,
            basis: sides.basis,
            parts: Part::ALL.map(moved).into(),
            order: Order::of(&sides),
            rows,
        }
    }

    /// How far the figures of a part moved.
    pub fn part(&self, part: Part) -> &Moved {
        &self.parts[&part]
    }

    /// Whether one build of the program made all runs, as far as the records say.
    pub fn is_one_program(&self) -> bool {
        self.runs.windows(2).all(|pair| pair[0].program == pair[1].program)
    }
}

impl Row {
    fn of(common: &Common) -> Self {
        let runs: Vec<Estimate> = common.sides.iter().map(|side| side.estimate).collect();
        let values: Vec<f64> = runs.iter().map(|run| run.value).collect();
        let spread = Spread::of(&values).filter(|_| runs.iter().all(Estimate::is_decided));
        let by_value = |a: &&Sampled, b: &&Sampled| a.estimate.value.total_cmp(&b.estimate.value);
        let sides = || common.sides.iter();
        let farthest = sides().max_by(by_value).zip(sides().min_by(by_value));
        let ratio =
            farthest.filter(|_| spread.is_some()).and_then(|(most, least)| most.over(least));
        let off = |of: &Spread| (of.most - of.median).max(of.median - of.least);
        Self {
            subject: common.subject.clone(),
            runs,
            off_median: spread.map(|of| off(&of) / of.median),
            apart: spread.map(|of| (of.most - of.least) / of.median),
            is_beyond: ratio.filter(Estimate::is_bounded).map(|of| of.low > 1.0 || of.high < 1.0),
        }
    }
}

impl Moved {
    /// Of the rows of a part. Bytes are judged by the basis: resident memory and the heap are only rows.
    fn of(rows: &[Row], part: Part, basis: Basis, allowed: Option<f64>) -> Self {
        let is_counted = |row: &&Row| match row.subject.quantity {
            Quantity::Slope(figure) if part == Part::Bytes => figure == basis.figure(),
            quantity => quantity.part() == part,
        };
        let rows: Vec<&Row> = rows.iter().filter(is_counted).collect();
        let compared: Vec<(f64, &Row)> =
            rows.iter().filter_map(|row| Some((row.apart?, *row))).collect();
        let apart: Vec<f64> = compared.iter().map(|(apart, _)| *apart).collect();
        let worst = compared.iter().max_by(|a, b| a.0.total_cmp(&b.0));
        let bar = allowed.map(|allowed| {
            let beyond = apart.iter().filter(|apart| **apart > allowed).count();
            Bar { allowed, beyond, outcome: outcome(apart.len(), beyond) }
        });
        Self {
            figures: rows.len(),
            compared: compared.len(),
            with_intervals: rows.iter().filter(|row| row.is_beyond.is_some()).count(),
            beyond_intervals: rows.iter().filter(|row| row.is_beyond == Some(true)).count(),
            median: quantile(&apart, 0.5),
            within: quantile(&apart, CONFIDENCE),
            worst: worst.map(|(apart, row)| Worst { subject: row.subject.clone(), apart: *apart }),
            bar,
        }
    }
}

impl Order {
    fn of(sides: &Sides) -> Self {
        let mut by_shape: BTreeMap<&Shape, Vec<&Common>> = BTreeMap::new();
        for common in &sides.figures {
            let Subject { series, quantity, .. } = &common.subject;
            if *quantity == Quantity::Slope(sides.basis.figure()) && series.contestant.is_compared()
            {
                by_shape.entry(&series.shape).or_default().push(common);
            }
        }
        by_shape.retain(|_, contestants| contestants.len() > 1);
        let mut swaps = Vec::new();
        for contestants in by_shape.values_mut() {
            contestants.truncate(MOST_ORDERED);
            for (nth, first) in contestants.iter().enumerate() {
                let pairs = contestants[nth + 1..].iter();
                swaps.extend(pairs.filter_map(|second| Swap::of(first, second)));
            }
        }
        let ordered = by_shape.values().map(Vec::len).sum();
        Self { ordered, outcome: outcome(ordered, swaps.len()), swaps }
    }
}

/// Whether a bar is met by so many figures, of which so many miss it.
fn outcome(figures: usize, missed: usize) -> Outcome {
    match (figures, missed) {
        (0, _) => Outcome::NotMeasured,
        (_, 0) => Outcome::Met,
        _ => Outcome::Missed,
    }
}

impl Swap {
    fn of(first: &Common, second: &Common) -> Option<Self> {
        let runs = |is_wanted: fn(&Estimate, &Estimate) -> bool| -> Vec<usize> {
            let pairs = (1..).zip(first.sides.iter().zip(&second.sides));
            let wanted = pairs.filter(|(_, (a, b))| is_wanted(&a.estimate, &b.estimate));
            wanted.map(|(run, _)| run).collect()
        };
        let less = runs(|a, b| a.value < b.value);
        let more = runs(|a, b| a.value > b.value);
        (!less.is_empty() && !more.is_empty()).then(|| Self {
            first: first.subject.series.clone(),
            second: second.subject.series.clone(),
            first_is_less_in: less,
            overlap_in: runs(|a, b| a.low <= b.high && b.low <= a.high),
        })
    }
}

#[cfg(test)]
mod tests {
    use record::LatenessLine;
    use record::synthetic::{Bill, Synthetic, small_run};

    use super::*;
    use crate::figure::Figure;

    const SIZES: [u64; 4] = [1, 100, 1_000, 10_000];

    /// A run in which these contestants weigh so much.
    fn run(weights: &[(&str, u64)], noise: u64) -> Record {
        let mut made = Synthetic::new();
        for &(id, rss) in weights {
            made.line(id, &SIZES, Bill { noise, ..Bill::of(rss).with_kernel(1_000) });
        }
        made.record()
    }

    fn of(records: &[Record]) -> Repeat {
        Repeat::of(&records.iter().collect::<Vec<_>>())
    }

    fn outcomes(repeat: &Repeat) -> [Outcome; 3] {
        let of = |moved: &Moved| moved.bar.unwrap().outcome;
        [of(repeat.part(Part::Bytes)), of(repeat.part(Part::Cpu)), repeat.order.outcome]
    }

    #[test]
    fn the_same_run_again_meets_every_bar() {
        let one = run(&[("coroutines/bare", 100), ("threads/per-task", 9_000)], 0);
        let repeat = of(&[one.clone(), one.clone(), one]);
        assert_eq!(outcomes(&repeat), [Outcome::Met; 3]);
        assert_eq!((repeat.part(Part::Bytes).figures, repeat.order.ordered), (2, 2));
        assert!(repeat.differences.is_empty() && repeat.is_one_program());
        for row in &repeat.rows {
            assert_eq!((row.runs.len(), row.apart, row.off_median), (3, Some(0.0), Some(0.0)));
            assert_eq!(row.is_beyond, Some(false));
        }
    }

    #[test]
    fn the_distance_is_that_of_the_farthest_two() {
        let runs = [10_000, 10_100, 10_300].map(|rss| run(&[("coroutines/bare", rss)], 0));
        let repeat = of(&runs);
        let is_private = |row: &&Row| row.subject.quantity == Quantity::Slope(Figure::Anonymous);
        let private = repeat.rows.iter().find(is_private).unwrap();
        assert!((private.apart.unwrap() - 300.0 / 10_100.0).abs() < 1e-9, "{private:?}");
        assert!((private.off_median.unwrap() - 200.0 / 10_100.0).abs() < 1e-9, "{private:?}");
        // CPU follows memory in these records; there is no pair to be ordered.
        let [bytes, cpu, order] = outcomes(&repeat);
        assert_eq!([bytes, cpu, order], [Outcome::Missed, Outcome::Missed, Outcome::NotMeasured]);
        assert_eq!(outcomes(&of(&runs[..2]))[..2], [Outcome::Met; 2]);
        let cpu = repeat.part(Part::Cpu);
        let worst = cpu.worst.as_ref().unwrap();
        assert!((worst.apart - 300.0 / 10_100.0).abs() < 1e-9, "{worst:?}");
        assert_eq!((cpu.beyond_intervals, cpu.with_intervals), (1, 1));
    }

    #[test]
    fn a_swapped_pair_is_named_with_what_its_intervals_say() {
        let one = run(&[("coroutines/bare", 100), ("coroutines/smol", 101)], 0);
        let other = run(&[("coroutines/bare", 101), ("coroutines/smol", 100)], 0);
        let decided = of(&[one.clone(), other, one]).order;
        let swap = &decided.swaps[0];
        assert_eq!((&swap.first_is_less_in[..], &swap.overlap_in[..]), (&[1, 3][..], &[][..]));
        assert_eq!(swap.first.contestant.as_str(), "coroutines/bare");
        assert_eq!(decided.outcome, Outcome::Missed);

        let one = run(&[("coroutines/bare", 100), ("coroutines/smol", 101)], 90_000);
        let other = run(&[("coroutines/bare", 101), ("coroutines/smol", 100)], 90_000);
        assert_eq!(of(&[one, other]).order.swaps[0].overlap_in, [1, 2]);
    }

    #[test]
    fn baselines_and_controls_are_not_ordered() {
        let one = run(&[("baseline/smol", 100), ("control/64", 64), ("coroutines/smol", 101)], 0);
        assert_eq!(of(&[one.clone(), one]).order.ordered, 0);
    }

    #[test]
    fn what_cannot_be_distinguished_from_zero_is_in_no_bar() {
        let flat = |noise| {
            let mut made = Synthetic::new();
            let bill = Bill { noise, ..Bill::of(0).with_kernel(0) };
            made.line("coroutines/bare", &SIZES, bill);
            made.record()
        };
        let repeat = of(&[flat(0), flat(500_000)]);
        let bytes = repeat.part(Part::Bytes);
        assert_eq!((bytes.figures, bytes.compared, bytes.within), (1, 0, None));
        assert_eq!(bytes.bar.unwrap().outcome, Outcome::NotMeasured);
    }

    #[test]
    fn without_a_control_group_what_is_known_decides() {
        let with = run(&[("coroutines/bare", 100), ("coroutines/smol", 101)], 0);
        let mut without = with.clone();
        for cell in &mut without.cells {
            cell.memory.waiting.as_mut().unwrap().kernel_bytes = None;
        }
        assert_eq!(of(&[with.clone(), with.clone()]).basis, Basis::FullBill);
        assert_eq!(of(&[with, without]).basis, Basis::KnownBill);
    }

    /// A run of a synchronized wake-up whose tasks are this late, read so often.
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
    fn lateness_that_moves_beyond_its_repeats_is_counted_and_held_to_no_bar() {
        let moved = of(&[late(100_000, 3), late(150_000, 3)]).part(Part::Lateness).clone();
        assert_eq!((moved.figures, moved.with_intervals, moved.beyond_intervals), (2, 2, 1));
        assert_eq!(moved.worst.unwrap().subject.quantity, Quantity::LatenessP99);
        assert_eq!(moved.bar, None);
        let within = of(&[late(100_000, 3), late(101_000, 3)]).part(Part::Lateness).clone();
        assert_eq!((within.with_intervals, within.beyond_intervals), (2, 0));
    }

    #[test]
    fn a_single_repeat_decides_nothing() {
        let once = of(&[late(100_000, 1), late(150_000, 1)]).part(Part::Lateness).clone();
        assert_eq!((once.figures, once.compared, once.with_intervals), (2, 2, 0));
        assert_eq!(once.beyond_intervals, 0);
    }

    #[test]
    fn rates_are_held_against_each_other_too() {
        let timed = |ns: &[u64]| {
            let mut made = Synthetic::new();
            made.timed("coroutines/bare", 100, ns);
            made.record()
        };
        let rates = of(&[timed(&[100, 101, 102, 103]), timed(&[200, 201, 202, 203])]);
        let rates = rates.part(Part::Rates).clone();
        assert_eq!((rates.figures, rates.beyond_intervals), (1, 1));
        assert!((rates.worst.unwrap().apart - 0.666).abs() < 0.02);
    }

    #[test]
    fn nothing_in_common_is_not_measured() {
        let one = run(&[("coroutines/bare", 100)], 0);
        let other = run(&[("coroutines/smol", 100)], 0);
        assert_eq!(outcomes(&of(&[one, other])), [Outcome::NotMeasured; 3]);
        assert_eq!(outcomes(&of(&[])), [Outcome::NotMeasured; 3]);
    }

    #[test]
    fn another_machine_is_said_once() {
        let mut other = small_run();
        other.run.host.cores = 64;
        let repeat = of(&[small_run(), other.clone(), other]);
        let said: Vec<_> = repeat.differences.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["cores was `2` and is `64`"]);
    }
}
