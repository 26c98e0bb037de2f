//! Figures with intervals, from seeded resampling.
//!
//! What is drawn is what could have come out otherwise. Where the cells of a record ran in rounds that
//! is the round: a resample draws as many rounds as there were, the same ones for every figure of the
//! record, so that a ratio of two figures is taken within rounds. In a record whose repeats ran in
//! one shuffle it is the cell. Few rounds say little of how far rounds differ: intervals of them are
//! widened as Student's t is wider than the normal distribution.

use oorandom::Rand64;
use record::Record;
use serde::Serialize;

/// How many times each figure is computed anew from resampled readings. Efron and Tibshirani, *An
/// Introduction to the Bootstrap* (1993), ask for at least 1000 for a percentile interval.
pub const RESAMPLES: usize = 2000;

/// As many readings at most are drawn for one figure, …
const MOST_DRAWS: usize = 400_000;
/// … as few resamples at least are, …
const FEWEST_RESAMPLES: usize = 200;
/// … and from so many cells in a record on fewer: a huge record is still read in seconds.
const MANY_CELLS: usize = 10_000;

/// Of so few rounds at least there is an interval from round to round.
pub const FEWEST_ROUNDS: usize = 3;

/// How much of the resamples an interval holds.
pub const CONFIDENCE: f64 = 0.95;

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

    /// A figure without an interval.
    pub const fn lone(value: f64) -> Self {
        Self { value, low: f64::NEG_INFINITY, high: f64::INFINITY }
    }

    /// So many times it.
    #[must_use]
    pub fn scaled(&self, times: f64) -> Self {
        if !self.is_bounded() {
            return Self::lone(self.value * times);
        }
        Self { value: self.value * times, low: self.low * times, high: self.high * times }
    }

    /// Both together, end to end: as wide as the two may be.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let (value, low) = (self.value + other.value, self.low + other.low);
        Self { value, low, high: self.high + other.high }
    }

    /// Whether the whole interval lies above zero.
    pub fn is_above_zero(&self) -> bool {
        self.is_bounded() && self.low > 0.0
    }

    /// Whether it is known to be above zero; without an interval, as far as its value says.
    pub fn is_decided(&self) -> bool {
        self.value > 0.0 && (self.low > 0.0 || !self.is_bounded())
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
    /// The interval is the percentile interval of the ratios of the resamples, paired as drawn: the two
    /// series are independent. It is unbounded where one of the two is. `None` if a figure is not above
    /// zero or the interval of `base` reaches it.
    pub fn over(&self, base: &Self) -> Option<Estimate> {
        if self.estimate.value <= 0.0 || base.estimate.value <= 0.0 {
            return None;
        }
        let are_bounded = self.estimate.is_bounded() && base.estimate.is_bounded();
        if are_bounded && base.estimate.low <= 0.0 {
            return None;
        }
        let ratio = |above, below| if below > 0.0 { above / below } else { f64::INFINITY };
        Some(self.paired(base, ratio).estimate)
    }

    /// This figure less another, in their unit: its interval comes from the resamples in the same way.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        self.paired(other, |more, less| more - less)
    }

    fn paired(&self, other: &Self, of: impl Fn(f64, f64) -> f64) -> Self {
        let value = of(self.estimate.value, other.estimate.value);
        if !self.estimate.is_bounded() || !other.estimate.is_bounded() {
            return Self::without_interval(value);
        }
        let pairs = self.resamples.iter().zip(&other.resamples);
        Self::new(value, pairs.map(|(one, other)| of(*one, *other)).collect())
    }

    pub(crate) fn new(value: f64, resamples: Vec<f64>) -> Self {
        Self { estimate: interval_around(value, resamples.clone()), resamples }
    }

    pub(crate) fn without_interval(value: f64) -> Self {
        Self { estimate: Estimate::lone(value), resamples: Vec::new() }
    }
}

/// How a bootstrap draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    pub(crate) seed: u128,
    pub(crate) resamples: usize,
    /// How many rounds the record has, where they are what is drawn.
    pub(crate) rounds: Option<usize>,
}

/// How the figures of a record are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    seed: u64,
    cells: usize,
    rounds: Option<usize>,
    /// Which of several records it is, so that two with the same seed do not draw in step.
    nth: Option<usize>,
}

impl Draws {
    pub(crate) fn of(record: &Record, nth: Option<usize>) -> Self {
        let most = record.cells.iter().map(|cell| cell.repeat as usize + 1).max();
        Self {
            seed: record.run.seed,
            cells: record.cells.len(),
            rounds: most.filter(|_| record.is_in_rounds()),
            nth,
        }
    }

    /// Whether rounds are what is drawn.
    pub(crate) const fn are_rounds(&self) -> bool {
        self.rounds.is_some()
    }

    /// The draws of readings of cells. Another name has other draws, unless rounds are drawn.
    pub(crate) fn of_cells(&self, names: &[&str]) -> Bootstrap {
        let of = self.of_samples(if self.are_rounds() { &["rounds"] } else { names });
        Bootstrap { rounds: self.rounds, ..of }
    }

    /// The draws of readings that belong to no round. Another name has other draws.
    pub(crate) fn of_samples(&self, names: &[&str]) -> Bootstrap {
        let nth = self.nth.map(|nth| nth.to_string());
        let names: Vec<&str> = nth.as_deref().into_iter().chain(names.iter().copied()).collect();
        Bootstrap::new(self.seed, &names).in_record_of(self.cells)
    }
}

impl Bootstrap {
    /// [`RESAMPLES`] resamples; each figure has its own stream of draws, from seed and names.
    pub fn new(seed: u64, names: &[&str]) -> Self {
        let seed = (u128::from(seed) << 64) | u128::from(stable_hash(names));
        Self { seed, resamples: RESAMPLES, rounds: None }
    }

    /// The same for a figure of a record of so many cells.
    pub(crate) fn in_record_of(self, cells: usize) -> Self {
        let fewer = self.resamples * MANY_CELLS / cells.max(MANY_CELLS);
        Self { resamples: fewer.max(FEWEST_RESAMPLES), ..self }
    }

    /// The same for so many readings: an interval of many needs fewer resamples.
    pub(crate) fn over(self, readings: usize) -> Self {
        let affordable = MOST_DRAWS / readings.max(1);
        Self { resamples: self.resamples.min(affordable.max(FEWEST_RESAMPLES)), ..self }
    }

    /// The same if the readings that decide are of rounds enough; else each reading is drawn on its own.
    pub(crate) fn of_rounds(self, rounds: usize) -> Self {
        Self { rounds: self.rounds.filter(|_| rounds >= FEWEST_ROUNDS), ..self }
    }

    /// A figure of so many readings with its resamples, each as `resample` makes it. Of `rounds` are
    /// the readings that decide.
    pub(crate) fn sampled(
        self,
        value: f64,
        readings: usize,
        rounds: usize,
        mut resample: impl FnMut(&mut Draw) -> Option<f64>,
    ) -> Sampled {
        let of = self.of_rounds(rounds);
        let wider = of.rounds.map_or(1.0, |_| widening(rounds));
        let mut draw = Draw { random: Rand64::new(self.seed), rounds: Vec::new() };
        let resampled = (0..self.over(readings).resamples).filter_map(|_| {
            draw.rounds.clear();
            let random = &mut draw.random;
            draw.rounds.extend((0..of.rounds.unwrap_or(0)).map(|_| random.rand_float()));
            Some(value + wider * (resample(&mut draw)? - value))
        });
        Sampled::new(value, resampled.collect())
    }
}

/// What one resample draws.
pub(crate) struct Draw {
    pub(crate) random: Rand64,
    /// Which rounds, as parts of all; empty where each reading is drawn on its own.
    rounds: Vec<f64>,
}

impl Draw {
    /// As many of these as there are. Where rounds are drawn, these are in the order of the rounds.
    pub(crate) fn from<'a, T: Copy>(&'a mut self, all: &'a [T]) -> impl Iterator<Item = T> + 'a {
        let Self { random, rounds } = self;
        (0..all.len()).map(move |nth| match rounds.get(nth % rounds.len().max(1)) {
            Some(part) => all[(part * all.len() as f64) as usize],
            None => all[random.rand_range(0..all.len() as u64) as usize],
        })
    }
}

/// How many times as far from the figure the interval of so many rounds ends as its resamples do. They
/// scatter as if the rounds were all that there could have been, which √(n/(n−1)) mends, and they know
/// no t: Abramowitz and Stegun, *Handbook of Mathematical Functions* (1964), 26.7.5, of 97.5 %.
fn widening(rounds: usize) -> f64 {
    let (z, freedom) = (1.959_964_f64, rounds as f64 - 1.0);
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    let t = z + first / freedom + second / freedom.powi(2) + third / freedom.powi(3);
    t / z * (rounds as f64 / freedom).sqrt()
}

/// The median of these values; its interval is unbounded if there is one, `None` if there is none.
pub fn median(values: &[f64], bootstrap: Bootstrap) -> Option<Sampled> {
    of_values(values, bootstrap, |values| quantile_in(values, 0.5))
}

/// The mean of these values, in the same way.
pub fn mean(values: &[f64], bootstrap: Bootstrap) -> Option<Sampled> {
    of_values(values, bootstrap, |values| {
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    })
}

fn of_values(
    values: &[f64],
    bootstrap: Bootstrap,
    of: impl Fn(&mut [f64]) -> Option<f64>,
) -> Option<Sampled> {
    let value = of(&mut values.to_vec())?;
    if values.len() < 2 {
        return Some(Sampled::without_interval(value));
    }
    let mut drawn = Vec::with_capacity(values.len());
    Some(bootstrap.sampled(value, values.len(), values.len(), |draw| {
        drawn.clear();
        drawn.extend(draw.from(values));
        of(&mut drawn)
    }))
}

/// The value below which this part (0 to 1) of the values lies: definition 7 of Hyndman and Fan,
/// *Sample Quantiles in Statistical Packages* (1996). `None` if there is no value.
pub fn quantile(values: &[f64], part: f64) -> Option<f64> {
    quantile_in(&mut values.to_vec(), part)
}

/// The same of values whose order may be lost, in time proportional to their number.
pub(crate) fn quantile_in(values: &mut [f64], part: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let position = part * last as f64;
    let below = position.floor();
    let weight = position - below;
    let (_, &mut low, above) = values.select_nth_unstable_by(below as usize, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    // Equal neighbours are not interpolated: infinity times zero is not a number.
    Some(if weight == 0.0 || low == high { low } else { low + weight * (high - low) })
}

fn interval_around(value: f64, mut resamples: Vec<f64>) -> Estimate {
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Estimate {
        value,
        low: quantile_in(&mut resamples, tail).unwrap_or(f64::NEG_INFINITY),
        high: quantile_in(&mut resamples, 1.0 - tail).unwrap_or(f64::INFINITY),
    }
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
    use crate::fit::Fit;
    use crate::reading::Reading;
    use crate::tests::{ANY, line, normal};

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

    /// Of 1,000 means of a few rounds, the intervals of about 95 % hold what they were drawn around.
    #[test]
    fn an_interval_of_few_rounds_is_as_wide_as_it_must_be() {
        let mut random = Rand64::new(5);
        for rounds in [3, 5, 9] {
            let bootstrap = Bootstrap { resamples: 400, rounds: Some(rounds), ..ANY };
            let holds = (0..1_000).filter(|_| {
                let values: Vec<f64> = (0..rounds).map(|_| 1.0 + normal(&mut random)).collect();
                let interval = mean(&values, bootstrap).unwrap().estimate;
                interval.low <= 1.0 && 1.0 <= interval.high
            });
            let share = holds.count() as f64 / 1_000.0;
            assert!((0.93..=0.985).contains(&share), "{rounds} rounds: {share}");
        }
        assert!((widening(3) / (1.5_f64.sqrt() * 4.303 / 1.96) - 1.0).abs() < 0.04);
    }

    #[test]
    fn rounds_are_drawn_alike_for_every_figure_and_cells_are_not() {
        let mut made = record::synthetic::Synthetic::new();
        made.waves("coroutines/smol", 1, &[1; 4]).waves("coroutines/tokio", 1, &[1; 4]);
        let shuffled = Draws::of(&made.record(), None);
        let rounds = Draws::of(&made.in_rounds().record(), None);
        assert!(rounds.are_rounds() && !shuffled.are_rounds());
        assert_eq!(rounds.of_cells(&["a"]), rounds.of_cells(&["b"]));
        assert_ne!(rounds.of_samples(&["a"]), rounds.of_samples(&["b"]));
        assert_ne!(shuffled.of_cells(&["a"]), shuffled.of_cells(&["b"]));
        let other = Draws::of(&made.record(), Some(1));
        assert_ne!(rounds.of_cells(&["a"]), other.of_cells(&["a"]));
    }

    #[test]
    fn a_record_of_many_cells_is_resampled_less_often() {
        let of = |cells| Bootstrap::new(1, &["a"]).in_record_of(cells).resamples;
        assert_eq!((of(0), of(10_000), of(20_000)), (RESAMPLES, RESAMPLES, RESAMPLES / 2));
        assert_eq!(of(usize::MAX), FEWEST_RESAMPLES);
    }
}
