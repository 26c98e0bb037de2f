//! Two records, figure by figure: whether the new one is better, worse, or within noise.
//!
//! Each ratio is new ÷ old, and its interval comes from the resamples of both. A figure is better or
//! worse only if the whole interval lies on one side of 1.

use record::{Difference, Record, differences};
use serde::Serialize;

use crate::contestant::Id;
use crate::estimate::Estimate;
use crate::sides::{Common, Part, Sides, Subject};

/// What two records say of each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
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
    /// All of it is on the worse side of 1.
    Worse,
    /// All of it is on the better side.
    Better,
    /// 1 is in it.
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
    let figures = Sides::of(&[old, new], is_wanted).figures;
    Diff { differences: setup, rows: figures.iter().filter_map(Row::of).collect() }
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
    fn of(common: &Common) -> Option<Self> {
        let [old, new] = &common.sides[..] else { return None };
        let better = match common.subject.quantity.part() {
            Part::Rates => Better::Higher,
            Part::Bytes | Part::Cpu | Part::Start | Part::Lateness => Better::Lower,
        };
        let ratio = new.over(old);
        Some(Self {
            subject: common.subject.clone(),
            old: old.estimate,
            new: new.estimate,
            ratio,
            better,
            verdict: Verdict::of(ratio, better),
        })
    }

    /// Whether it is worse by more than this part, with its whole interval; a rate by its inverse.
    pub fn is_worse_by(&self, part: f64) -> bool {
        let Some(ratio) = self.ratio.filter(Estimate::is_bounded) else { return false };
        match self.better {
            Better::Lower => ratio.low > 1.0 + part,
            Better::Higher => ratio.high < 1.0 / (1.0 + part),
        }
    }
}

impl Verdict {
    fn of(ratio: Option<Estimate>, better: Better) -> Self {
        let Some(ratio) = ratio.filter(Estimate::is_bounded) else { return Self::Unknown };
        match (better, ratio.low > 1.0, ratio.high < 1.0) {
            (_, false, false) => Self::WithinNoise,
            (Better::Lower, _, true) | (Better::Higher, true, _) => Self::Better,
            _ => Self::Worse,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use record::LatenessLine;
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};

    use super::*;
    use crate::figure::Figure;
    use crate::sides::Quantity;

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
