//! Two records, figure by figure: whether the new one is better, worse, or within noise.
//!
//! Each ratio is new ÷ old, and its interval comes from the resamples of both. The machine drifts from
//! run to run, and drift is common to many: CPU, times and rates of all contestants move together.
//! So a figure is better or worse only if the whole interval lies on one side of 1, and of what the
//! figures of its part moved together, by [`EVEN`] at least. What moved together is told beside them.
//! Bytes do not drift: a move of all of them is a difference of the programs.

use std::collections::{BTreeMap, BTreeSet};

use record::{Difference, Record, differences};
use serde::Serialize;

use crate::contestant::Id;
use crate::estimate::{Estimate, quantile};
use crate::instrument::EVEN;
use crate::sides::{Common, Part, Sides, Subject};

/// As many contestants at least say what moved together: of fewer it could be each of them.
pub const MANY: usize = 8;

/// What two records say of each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// What the figures of a part moved together, new ÷ old: the median of all contestants that both
    /// records have, where they are [`MANY`]. Not of bytes.
    pub together: BTreeMap<Part, f64>,
    /// In what machine, limits, versions and profile the new one differs.
    pub differences: Vec<Difference>,
    /// The figures that both have.
    pub rows: Vec<Row>,
}

/// One figure in both.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is of.
    pub subject: Subject,
    /// What the old record has, in the unit of the figure.
    pub old: Estimate,
    /// What the new record has.
    pub new: Estimate,
    /// New ÷ old; `None` where one of them cannot be distinguished from zero.
    pub ratio: Option<Estimate>,
    /// What the figures of its part moved together, new ÷ old; 1 where that is not known.
    pub together: f64,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All of it is on the worse side of 1 and of what moved together.
    Worse,
    /// All of it is on the better side of both.
    Better,
    /// It is neither.
    WithinNoise,
    /// There is no interval: too few readings, or a figure that cannot be distinguished from zero.
    Unknown,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Worse, Self::Better, Self::WithinNoise, Self::Unknown];
}

/// Holds the new record against the old one, of the contestants that are wanted.
pub fn diff(old: &Record, new: &Record, is_wanted: impl Fn(&Id) -> bool) -> Diff {
    let mut setup = differences(&old.run, &new.run);
    let profiles = profile(old).zip(profile(new)).filter(|(before, after)| before != after);
    setup.extend(profiles.map(|(before, after)| {
        let [before, after] = [before, after].map(|profile| format!("`{profile}`"));
        Difference { what: "profile".into(), before, after }
    }));
    let figures = Sides::of(&[old, new]).figures;
    let together = together(&figures);
    let wanted = figures.iter().filter(|figure| is_wanted(&figure.subject.series.contestant));
    let rows = wanted.filter_map(|figure| Row::of(figure, &together)).collect();
    Diff { together, differences: setup, rows }
}

/// What the figures of each part moved together.
fn together(figures: &[Common]) -> BTreeMap<Part, f64> {
    let of_part = |part: Part| {
        let of_part = figures.iter().filter(|figure| figure.subject.quantity.part() == part);
        let moved = |figure: &Common| {
            let [old, new] = &figure.sides[..] else { return None };
            Some((figure.subject.series.contestant.clone(), new.over(old)?.value))
        };
        let (contestants, moved): (BTreeSet<Id>, Vec<f64>) = of_part.filter_map(moved).unzip();
        let median = quantile(&moved, 0.5).filter(|_| contestants.len() >= MANY);
        Some((part, median?))
    };
    let drifting = Part::ALL.into_iter().filter(|part| *part != Part::Bytes);
    drifting.filter_map(of_part).collect()
}

/// How the program that made a record was built, without the fingerprint of its sources.
fn profile(record: &Record) -> Option<&str> {
    Some(record.run.program.as_ref()?.rsplit_once(' ')?.0)
}

impl Diff {
    /// How many figures have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// The figures of a part.
    pub fn part(&self, part: Part) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.subject.quantity.part() == part)
    }

    /// The figures that are worse by more than this part, with their whole interval.
    pub fn regressions(&self, part: f64) -> Vec<&Row> {
        self.rows.iter().filter(|row| row.is_worse_by(part)).collect()
    }

    /// Whether a figure at one N has no interval, because one of the runs has a single reading of it.
    pub fn has_lone_readings(&self) -> bool {
        let is_lone = |row: &Row| row.ratio.is_some_and(|ratio| !ratio.is_bounded());
        self.rows.iter().any(|row| row.subject.tasks.is_some() && is_lone(row))
    }
}

impl Row {
    fn of(common: &Common, together: &BTreeMap<Part, f64>) -> Option<Self> {
        let [old, new] = &common.sides[..] else { return None };
        let part = common.subject.quantity.part();
        let better = if part == Part::Rates { Better::Higher } else { Better::Lower };
        let mut row = Self {
            subject: common.subject.clone(),
            old: old.estimate,
            new: new.estimate,
            ratio: new.over(old),
            together: together.get(&part).copied().unwrap_or(1.0),
            better,
            verdict: Verdict::Unknown,
        };
        row.verdict = row.judged();
        Some(row)
    }

    /// Whether it is worse by more than this part, with its whole interval; a rate by its inverse.
    pub fn is_worse_by(&self, part: f64) -> bool {
        let Some(ratio) = self.ratio.filter(Estimate::is_bounded) else { return false };
        match self.better {
            Better::Lower => ratio.low > self.together.max(1.0) * (1.0 + part),
            Better::Higher => ratio.high < self.together.min(1.0) / (1.0 + part),
        }
    }

    fn judged(&self) -> Verdict {
        let Some(ratio) = self.ratio.filter(Estimate::is_bounded) else { return Verdict::Unknown };
        let is_more = ratio.low > self.together.max(1.0) * (1.0 + EVEN);
        let is_less = ratio.high < self.together.min(1.0) / (1.0 + EVEN);
        match (self.better, is_more, is_less) {
            (_, false, false) => Verdict::WithinNoise,
            (Better::Lower, _, true) | (Better::Higher, true, _) => Verdict::Better,
            _ => Verdict::Worse,
        }
    }
}

#[cfg(test)]
mod tests {
    use oorandom::Rand64;
    use record::LatenessLine;
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};

    use super::*;
    use crate::figure::Figure;
    use crate::sides::Quantity;
    use crate::tests::normal;

    const SIZES: [u64; 4] = [1, 100, 1_000, 10_000];
    const PRIVATE: Quantity = Quantity::Slope(Figure::Anonymous);

    fn one(bill: Bill) -> Record {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &SIZES, bill);
        made.record()
    }

    fn noisy(rss: u64) -> Bill {
        Bill { noise: 2_000, ..Bill::of(rss) }
    }

    fn compare(old: &Record, new: &Record) -> Diff {
        diff(old, new, |_| true)
    }

    fn row(diff: &Diff, quantity: Quantity) -> &Row {
        diff.rows.iter().find(|row| row.subject.quantity == quantity).unwrap()
    }

    #[test]
    fn more_bytes_are_worse_and_fewer_are_better() {
        let worse = compare(&one(noisy(100)), &one(noisy(120)));
        assert_eq!(row(&worse, PRIVATE).verdict, Verdict::Worse);
        assert_eq!(row(&worse, Quantity::Slope(Figure::Cpu)).verdict, Verdict::Worse);
        let better = compare(&one(noisy(120)), &one(noisy(100)));
        assert_eq!(row(&better, PRIVATE).verdict, Verdict::Better);
        assert_eq!(better.count(Verdict::Worse), 0);
    }

    /// Two runs with the same seed are not resampled in step: the interval of a figure against
    /// itself has a width.
    #[test]
    fn a_record_is_within_noise_of_itself() {
        for record in [one(noisy(100)), small_run(), asking_run()] {
            let same = compare(&record, &record);
            assert!(!same.rows.is_empty() && same.differences.is_empty());
            for row in &same.rows {
                assert!(matches!(row.verdict, Verdict::WithinNoise | Verdict::Unknown), "{row:?}");
                assert!(!row.is_worse_by(0.0), "{row:?}");
            }
        }
        let same = compare(&one(noisy(100)), &one(noisy(100)));
        let ratio = row(&same, PRIVATE).ratio.unwrap();
        assert!(ratio.low < 1.0 && 1.0 < ratio.high, "{ratio:?}");
    }

    #[test]
    fn a_rate_is_better_when_it_is_higher() {
        let timed = |ns: &[u64]| {
            let mut made = Synthetic::new();
            made.timed("coroutines/bare", 100, ns);
            made.record()
        };
        let (slow, fast) = (timed(&[200, 201, 202, 203]), timed(&[100, 101, 102, 103]));
        assert_eq!(row(&compare(&slow, &fast), Quantity::Rate).verdict, Verdict::Better);
        let worse = compare(&fast, &slow);
        assert_eq!(row(&worse, Quantity::Rate).verdict, Verdict::Worse);
        // Twice the time is 100 % worse, and hardly more.
        assert_eq!(worse.regressions(0.9).len(), 1);
        assert_eq!(worse.regressions(1.1).len(), 0);
        assert_eq!(worse.part(Part::Rates).count(), 1);
    }

    const CONTESTANTS: usize = 12;

    /// A run of six rounds. One process differs from the next by so much; the machine by `drift` from
    /// round to round, on top of what it was; the first contestant is as many times as slow as `changed` says.
    fn drifting(
        random: &mut Rand64,
        machine: &mut f64,
        [noise, drift]: [f64; 2],
        changed: f64,
    ) -> Record {
        let mut made = Synthetic::new();
        for nth in 0..CONTESTANTS {
            made.waves(&format!("coroutines/c{nth}"), 1_000, &[5_000_000; 6]);
            let bill = Bill { rss: 300, ..Bill::of(10_000) };
            for _ in 0..2 {
                made.line(&format!("coroutines/c{nth}"), &[1, 10_000], bill);
            }
        }
        let mut record = made.record();
        // Two times three repeats are six.
        for cells in record.cells.chunk_by_mut(|a, b| a.contestant == b.contestant) {
            let (mut seen, waves) = (BTreeMap::new(), 6);
            for cell in &mut cells[waves..] {
                let seen: &mut u32 = seen.entry(cell.tasks).or_default();
                cell.repeat = *seen;
                *seen += 1;
            }
        }
        record.cells.sort_by_key(|cell| cell.repeat);
        for round in record.cells.chunk_by_mut(|a, b| a.repeat == b.repeat) {
            *machine *= (drift * normal(random)).exp();
            for cell in round {
                let is_changed = cell.contestant == "coroutines/c0";
                let slow = *machine * if is_changed { changed } else { 1.0 };
                let mut slower = |ns: &mut u64| {
                    *ns = (*ns as f64 * slow * (noise * normal(random)).exp()) as u64;
                };
                if let Some(time) = &mut cell.time {
                    slower(&mut time.user_ns);
                    slower(&mut time.start_ns);
                    time.wall_ns = time.wall_ns.max(time.start_ns);
                    time.start_cpu_ns = time.start_cpu_ns.min(time.user_ns);
                }
                for wave in &mut cell.waves {
                    slower(&mut wave.wall_ns);
                    slower(&mut wave.user_ns);
                }
                if let Some(bytes) =
                    cell.memory.waiting.as_mut().and_then(|of| of.rss_bytes.as_mut())
                {
                    *bytes += (8_000.0 * random.rand_float()) as u64;
                }
            }
        }
        record
    }

    /// The share of the figures of a part that are called better or worse.
    fn called(diffs: &[Diff], part: Part) -> f64 {
        let all: Vec<&Row> = diffs.iter().flat_map(|diff| diff.part(part)).collect();
        let is_called = |row: &&&Row| matches!(row.verdict, Verdict::Better | Verdict::Worse);
        all.iter().filter(is_called).count() as f64 / all.len() as f64
    }

    #[test]
    fn two_runs_of_one_program_on_a_machine_that_drifts_are_within_noise() {
        let mut random = Rand64::new(11);
        let mut again = |noise| {
            let noise = [noise, 0.03];
            let mut machine = 1.0;
            let old = drifting(&mut random, &mut machine, noise, 1.0);
            machine *= 1.06;
            compare(&old, &drifting(&mut random, &mut machine, noise, 1.0))
        };
        let diffs: Vec<Diff> =
            (0..16).map(|nth| again(if nth % 2 == 0 { 0.1 } else { 0.02 })).collect();
        for (part, most) in
            [(Part::Bytes, 0.05), (Part::Cpu, 0.1), (Part::Start, 0.1), (Part::Rates, 0.1)]
        {
            let called = called(&diffs, part);
            assert!(called <= most, "{part:?}: {called}");
        }
        assert!(diffs.iter().all(|diff| diff.together.len() == 4), "{:?}", diffs[0].together);
    }

    #[test]
    fn a_change_of_a_fifth_is_found_beside_the_drift() {
        let mut random = Rand64::new(12);
        for _ in 0..8 {
            let old = drifting(&mut random, &mut 1.0, [0.03, 0.01], 1.0);
            let diff = compare(&old, &drifting(&mut random, &mut 1.0, [0.03, 0.01], 1.2));
            let of_it = |row: &&Row| row.subject.series.contestant.name() == "c0";
            for part in [Part::Cpu, Part::Start, Part::Rates] {
                let mut rows = diff.part(part).filter(of_it);
                let is_found = rows.any(|row| row.verdict == Verdict::Worse);
                assert!(is_found, "{part:?}: {:?}", diff.part(part).find(of_it));
            }
        }
    }

    #[test]
    fn a_regression_is_one_with_its_whole_interval() {
        let worse = compare(&one(Bill::of(100)), &one(Bill::of(120)));
        assert_eq!(worse.regressions(0.19).len(), worse.count(Verdict::Worse));
        assert_eq!(worse.regressions(0.21).len(), 0);
        let ratio = Estimate { value: 1.2, low: 1.04, high: 1.3 };
        let row = Row { ratio: Some(ratio), ..worse.rows[0].clone() };
        assert!(row.is_worse_by(0.03) && !row.is_worse_by(0.05));
        assert!(!Row { ratio: Some(Estimate::lone(9.0)), ..row.clone() }.is_worse_by(0.0));
        assert!(!Row { ratio: None, ..row }.is_worse_by(0.0));
    }

    #[test]
    fn a_size_that_only_one_has_changes_nothing() {
        let old = one(noisy(100));
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &SIZES, noisy(100));
        made.line("coroutines/bare", &[1_000_000], noisy(200));
        let same = compare(&old, &made.record());
        assert_eq!(row(&same, PRIVATE).verdict, Verdict::WithinNoise);
        assert_eq!(row(&same, Quantity::LatenessP99).subject.tasks, Some(10_000));
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
        let of = |id: &'static str| {
            worse.rows.iter().filter(move |row| row.subject.series.contestant.as_str() == id)
        };
        let counts: BTreeSet<_> = of("coroutines/bare").map(|row| row.subject.tasks).collect();
        assert_eq!(counts, SIZES.map(Some).into());
        let paced: Vec<&Row> = of("threads/rayon-pool").collect();
        assert_eq!(paced.len(), 2);
        let Subject { wait_ns, places, .. } = paced[0].subject;
        assert_eq!((wait_ns, places), (Some(100_000_000), Some(64)));
        assert_eq!(worse.rows.len(), 2 * (SIZES.len() + 1));
        assert_eq!(worse.count(Verdict::Worse), worse.rows.len());
        assert!(!worse.has_lone_readings());

        let once = compare(&late(1, 1), &late(2, 1));
        assert_eq!(once.count(Verdict::Unknown), once.rows.len());
        assert!(once.has_lone_readings());
    }

    #[test]
    fn only_what_both_have_and_what_is_wanted_is_compared() {
        let mut other = Synthetic::new();
        other.line("coroutines/smol", &SIZES, Bill::of(100));
        other.state(64).line("coroutines/bare", &SIZES, Bill::of(100));
        assert!(compare(&one(Bill::of(100)), &other.record()).rows.is_empty());
        let threads = diff(&small_run(), &small_run(), Id::is_reference);
        assert!(!threads.rows.is_empty());
        assert!(threads.rows.iter().all(|row| row.subject.series.contestant.is_reference()));
    }

    #[test]
    fn another_profile_is_said_and_other_sources_are_not() {
        let built = |program: &str| {
            let mut record = small_run();
            record.run.program = Some(program.into());
            record
        };
        let old = built("release -O3 0001");
        assert!(compare(&old, &built("release -O3 0002")).differences.is_empty());
        let said = compare(&old, &built("debug -O0 0001")).differences;
        assert_eq!(said[0].to_string(), "profile was `release -O3` and is `debug -O0`");
    }
}
