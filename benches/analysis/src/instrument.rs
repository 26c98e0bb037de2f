//! Whether the instrument measures right: contestants whose weight is known before they are weighed,
//! a contestant against itself, what the harness adds, and which difference could be seen at all.

use std::collections::BTreeSet;

use crate::bar::Outcome;
use crate::contestant::{Control, Id, Role};
use crate::context::Context;
use crate::detectable::{self, Detectable};
use crate::estimate::Estimate;
use crate::figure::Figure;
use crate::fit::{Fit, between};
use crate::reading::{Reading, keep_common, task_counts};
use crate::series::Series;

/// By how many bytes the slope of a control that holds little may be off, …
pub const BYTES_BAR: f64 = 2.0;
/// … how many bytes are little …
pub const LITTLE: u64 = 64;
/// … and by what part of itself that of a control that holds more.
pub const PART_BAR: f64 = 0.01;

/// The widest interval of the ratio of a contestant's bytes to its own, on either side, as a part of it.
pub const AGAIN_BYTES_BAR: f64 = 0.03;
/// The same of CPU.
pub const AGAIN_CPU_BAR: f64 = 0.10;
/// How far from 1 still counts as 1: what is shown as 1.00.
pub const EVEN: f64 = 0.005;

/// How many times the bytes of the same task straight on its runtime a contestant may take.
pub const OVERHEAD_BYTES_BAR: f64 = 1.05;
/// How many times its CPU.
pub const OVERHEAD_CPU_BAR: f64 = 1.15;

/// Whether the instrument measures right.
#[derive(Clone, Debug, PartialEq)]
pub struct Instrument {
    /// What controls hold, and what was measured of them; by how much they hold.
    pub held: Vec<Held>,
    /// Contestants against themselves.
    pub again: Vec<Again>,
    /// What the harness adds to a task, against the same task straight on its runtime.
    pub overhead: Vec<Overhead>,
    /// The smallest differences between two contestants that could have been seen.
    pub detectable: Vec<Detectable>,
}

/// A figure of a control that holds so many bytes for each task.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The control.
    pub control: Id,
    /// How many bytes it holds for each task.
    pub bytes: u64,
    /// The figure.
    pub figure: Figure,
    /// What one more task adds to it, in bytes; `None` where it was measured at fewer than two N.
    pub slope: Option<Estimate>,
    /// By how many bytes the slope may be off.
    pub allowed: f64,
    /// Whether it is within that.
    pub outcome: Outcome,
    /// The smallest and the largest N of the cells.
    pub tasks: Option<(u64, u64)>,
    /// How many cells.
    pub cells: usize,
}

/// A figure of a contestant under another label, divided by that under its own, without a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Again {
    /// The control that it is under the other label.
    pub control: Id,
    /// What it is under its own.
    pub itself: Id,
    /// The figure.
    pub figure: Figure,
    /// The ratio of the slopes over the N that both have; it should be 1.
    pub ratio: Option<Estimate>,
    /// How wide its interval may be, on either side and as a part of it.
    pub widest: f64,
    /// Whether it holds 1 and is no wider.
    pub outcome: Outcome,
    /// The smallest and the largest N that both have.
    pub tasks: Option<(u64, u64)>,
    /// How many cells of each.
    pub cells: (usize, usize),
}

/// What a contestant's task takes, divided by what it takes straight on its runtime. Without a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Overhead {
    /// The contestant.
    pub series: Series,
    /// The baseline.
    pub baseline: Id,
    /// The figure.
    pub figure: Figure,
    /// The two largest N that both have, between which what a task adds was taken.
    pub tasks: (u64, u64),
    /// The ratio.
    pub ratio: Option<Estimate>,
    /// How large it may be.
    pub allowed: f64,
    /// Whether its whole interval is at most that.
    pub outcome: Outcome,
}

/// One bar that the instrument is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Check<'a> {
    /// A control weighs what it holds.
    Held(&'a Held),
    /// A contestant is as heavy and as busy as itself.
    Again(&'a Again),
    /// The harness adds little.
    Overhead(&'a Overhead),
}

impl Check<'_> {
    /// Whether it is met.
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Held(held) => held.outcome,
            Self::Again(again) => again.outcome,
            Self::Overhead(overhead) => overhead.outcome,
        }
    }
}

impl Instrument {
    pub(crate) fn of(context: &Context<'_>) -> Self {
        let all = || context.index.iter().map(|(series, _)| series);
        let plain = || all().filter(|series| series.shape.is_plain());
        let mut held: Vec<Held> = plain().flat_map(|series| Held::of(context, series)).collect();
        // By how much they hold, and not by the digits of their names.
        held.sort_by_key(|check| check.bytes);
        Self {
            held,
            again: plain().flat_map(|series| Again::of(context, series)).collect(),
            overhead: all().flat_map(|series| Overhead::of(context, series)).collect(),
            detectable: detectable::of(context),
        }
    }

    /// Every bar: those missed first, then those that nothing decides, then those met.
    pub fn checks(&self) -> Vec<Check<'_>> {
        let held = self.held.iter().map(Check::Held);
        let again = self.again.iter().map(Check::Again);
        let overhead = self.overhead.iter().map(Check::Overhead);
        let mut checks: Vec<Check<'_>> = held.chain(again).chain(overhead).collect();
        checks.sort_by_key(Check::outcome);
        checks
    }

    /// What the instrument measured wrong: the controls that do not weigh what they hold.
    pub fn misses(&self) -> Vec<&Held> {
        self.held.iter().filter(|held| held.outcome == Outcome::Missed).collect()
    }
}

impl Held {
    /// The figures of a control: private memory, what contestants are held against each other by, and
    /// the heap. Pages of files are in none of them.
    fn of(context: &Context<'_>, control: &Series) -> Vec<Self> {
        let Role::Control(Control::Holds(bytes)) = control.contestant.role() else {
            return Vec::new();
        };
        let allowed = if bytes <= LITTLE { BYTES_BAR } else { bytes as f64 * PART_BAR };
        let held = |figure| {
            let fit = context.get(control).and_then(|measured| measured.fits.get(&figure));
            let slope = fit.map(|fit| fit.slope.estimate);
            Self {
                control: control.contestant.clone(),
                bytes,
                figure,
                slope,
                allowed,
                outcome: outcome(slope, bytes as f64 - allowed, bytes as f64 + allowed),
                tasks: fit.map(|fit| (fit.min_tasks, fit.max_tasks)),
                cells: fit.map_or(0, |fit| fit.cells),
            }
        };
        [Figure::Anonymous, context.basis.figure(), Figure::Heap].map(held).into()
    }
}

impl Again {
    fn of(context: &Context<'_>, control: &Series) -> Vec<Self> {
        let is_again = control.contestant.role() == Role::Control(Control::Again);
        let Some(itself) = control.contestant.counterpart().filter(|_| is_again) else {
            return Vec::new();
        };
        let again = |(figure, widest)| {
            let fits = fits_over_common(context, control, &control.by(itself.clone()), figure);
            let ratio = fits.as_ref().and_then(|(ours, theirs)| ours.slope.over(&theirs.slope));
            Self {
                control: control.contestant.clone(),
                itself: itself.clone(),
                figure,
                ratio,
                widest,
                outcome: again(ratio, widest),
                tasks: fits.as_ref().map(|(fit, _)| (fit.min_tasks, fit.max_tasks)),
                cells: fits.map_or((0, 0), |(ours, theirs)| (ours.cells, theirs.cells)),
            }
        };
        let bytes = [Figure::Anonymous, context.basis.figure()];
        let [private, basis] = bytes.map(|figure| (figure, AGAIN_BYTES_BAR));
        [private, basis, (Figure::Cpu, AGAIN_CPU_BAR)].map(again).into()
    }
}

impl Overhead {
    /// Of the series of a baseline.
    fn of(context: &Context<'_>, baseline: &Series) -> Vec<Self> {
        let is_baseline = baseline.contestant.role() == Role::Baseline;
        let Some(counterpart) = baseline.contestant.counterpart().filter(|_| is_baseline) else {
            return Vec::new();
        };
        let series = baseline.by(counterpart.clone());
        let bytes = context.basis.figure();
        let counts = |series: &Series| task_counts(&context.readings(series, bytes));
        let common: BTreeSet<u64> = &counts(&series) & &counts(baseline);
        let mut largest = common.into_iter().rev();
        let Some((to, from)) = largest.next().zip(largest.next()) else { return Vec::new() };
        let of = |(figure, allowed): (Figure, f64)| {
            let cost = |series: &Series| {
                let draws = context.bootstrap(&[&series.key(), figure.name()]);
                between(&context.readings(series, figure), from, to, draws)
            };
            let costs = cost(&series).zip(cost(baseline));
            let ratio = costs.and_then(|(ours, theirs)| ours.over(&theirs));
            Self {
                series: series.clone(),
                baseline: baseline.contestant.clone(),
                figure,
                tasks: (from, to),
                ratio,
                allowed,
                outcome: outcome(ratio, f64::NEG_INFINITY, allowed),
            }
        };
        [(bytes, OVERHEAD_BYTES_BAR), (Figure::Cpu, OVERHEAD_CPU_BAR)].map(of).into()
    }
}

/// Whether a figure lies within these, with its whole interval.
fn outcome(figure: Option<Estimate>, least: f64, most: f64) -> Outcome {
    match figure {
        None => Outcome::NotMeasured,
        Some(figure) if !figure.is_bounded() => Outcome::Undecided,
        Some(figure) if figure.low >= least && figure.high <= most => Outcome::Met,
        Some(figure) if figure.high < least || figure.low > most => Outcome::Missed,
        Some(_) => Outcome::Undecided,
    }
}

/// Whether a ratio is 1, to the digits shown, and as sure of it as it should be.
fn again(ratio: Option<Estimate>, widest: f64) -> Outcome {
    let Some(ratio) = ratio else { return Outcome::NotMeasured };
    if !ratio.is_bounded() {
        return Outcome::Undecided;
    }
    let is_one = ratio.low <= 1.0 + EVEN && ratio.high >= 1.0 - EVEN;
    let is_sure = ratio.relative_half_width().is_some_and(|half_width| half_width <= widest);
    if is_one && is_sure { Outcome::Met } else { Outcome::Missed }
}

/// The slopes of two series over the N that both have.
fn fits_over_common(
    context: &Context<'_>,
    ours: &Series,
    theirs: &Series,
    figure: Figure,
) -> Option<(Fit, Fit)> {
    let mut both = [ours, theirs].map(|series| context.readings(series, figure));
    keep_common(&mut both);
    let fit = |series: &Series, readings: &[Reading]| {
        Fit::of(readings, context.bootstrap(&[&series.key(), figure.name()]))
    };
    fit(ours, &both[0]).zip(fit(theirs, &both[1]))
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic, small_run};

    use super::*;
    use crate::analysis::Analysis;

    fn noisy(rss: u64) -> Bill {
        Bill { noise: 4_096, ..Bill::of(rss).with_kernel(rss / 512) }
    }

    /// A run in which the control of 512 bytes measures this.
    fn run(measured: u64) -> Record {
        let mut made = Synthetic::new();
        made.line("control/null", &[1, 10_000, 100_000], noisy(0))
            .line("control/64", &[1, 10_000, 100_000], noisy(64))
            .line("control/512", &[1, 10_000, 100_000], noisy(measured))
            .line("control/4096", &[1, 1_000, 10_000], noisy(4_096))
            .line("control/again-bare", &[1, 10_000, 100_000], noisy(64))
            .line("coroutines/bare", &[1, 10_000, 100_000, 1_000_000], noisy(64));
        for (id, bytes) in [("control/null", 0), ("control/64", 64), ("control/4096", 4_096)] {
            made.counting(id, &[1, 1_000, 10_000], bytes);
        }
        made.counting("control/512", &[1, 1_000, 10_000], measured);
        made.record()
    }

    fn of(record: &Record) -> Instrument {
        Analysis::of(record, None).instrument
    }

    #[test]
    fn a_sound_instrument_meets_every_bar() {
        let instrument = of(&run(512));
        let checks = instrument.checks();
        assert_eq!(checks.len(), 4 * 3 + 3);
        assert!(checks.iter().all(|check| check.outcome() == Outcome::Met), "{checks:?}");
        assert!(instrument.misses().is_empty());
        assert_eq!(instrument.held.last().unwrap().bytes, 4_096);
        // Only the N that both have are held against each other.
        assert_eq!(instrument.again[0].tasks, Some((1, 100_000)));
        assert_eq!(instrument.again[0].cells, (9, 9));
    }

    #[test]
    fn an_instrument_that_is_off_by_two_percent_is_found_out() {
        for off in [502, 522] {
            let instrument = of(&run(off));
            let missed: Vec<Figure> = instrument.misses().iter().map(|held| held.figure).collect();
            assert_eq!(missed, [Figure::Anonymous, Figure::FullBill, Figure::Heap]);
            assert!(instrument.misses().iter().all(|held| held.bytes == 512));
            assert_eq!(instrument.checks()[0].outcome(), Outcome::Missed);
        }
    }

    #[test]
    fn a_few_bytes_off_what_is_little_is_found_out_too() {
        let with = |bytes| {
            let mut made = Synthetic::new();
            made.line("control/64", &[1, 10_000, 100_000], Bill::of(bytes));
            of(&made.record()).held[0].outcome
        };
        assert_eq!(with(66), Outcome::Met);
        assert_eq!(with(67), Outcome::Missed);
        assert_eq!(with(61), Outcome::Missed);
    }

    #[test]
    fn noise_as_wide_as_the_bar_and_a_missing_interval_decide_nothing() {
        let mut made = Synthetic::new();
        made.line("control/64", &[1, 10_000], Bill { noise: 40_000, ..Bill::of(64) });
        let held = of(&made.record()).held;
        assert_eq!(held[0].outcome, Outcome::Undecided);
        assert_eq!((held[2].figure, held[2].outcome), (Figure::Heap, Outcome::NotMeasured));
        assert_eq!(outcome(Some(Estimate::lone(1.0)), 0.0, 2.0), Outcome::Undecided);
        assert_eq!(outcome(Some(Estimate::lone(1.0)), f64::NEG_INFINITY, 2.0), Outcome::Undecided);
    }

    #[test]
    fn a_contestant_that_is_not_itself_is_found_out() {
        let ratio = |low, value, high| Some(Estimate { value, low, high });
        assert_eq!(again(ratio(0.98, 1.0, 1.02), 0.03), Outcome::Met);
        assert_eq!(again(ratio(1.002, 1.003, 1.004), 0.03), Outcome::Met);
        assert_eq!(again(ratio(1.01, 1.02, 1.03), 0.03), Outcome::Missed);
        assert_eq!(again(ratio(0.96, 0.98, 0.99), 0.03), Outcome::Missed);
        assert_eq!(again(ratio(0.96, 1.0, 1.04), 0.03), Outcome::Missed);
        assert_eq!(again(Some(Estimate::lone(1.0)), 0.03), Outcome::Undecided);
        assert_eq!(again(None, 0.03), Outcome::NotMeasured);
        let mut made = Synthetic::new();
        made.line("control/again-bare", &[1, 10_000], Bill::of(66)).line(
            "coroutines/bare",
            &[1, 10_000],
            Bill::of(64),
        );
        assert_eq!(of(&made.record()).again[0].outcome, Outcome::Missed);
    }

    #[test]
    fn the_harness_is_held_against_the_same_task_straight_on_its_runtime() {
        let overhead = of(&small_run()).overhead;
        let of = |figure| overhead.iter().find(|row| row.figure == figure).unwrap();
        let bytes = of(Figure::FullBill);
        assert_eq!((bytes.tasks, bytes.outcome), ((10_000, 100_000), Outcome::Met));
        assert!((bytes.ratio.unwrap().value - 340.0 / 330.0).abs() < 1e-6, "{bytes:?}");
        assert_eq!(of(Figure::Cpu).outcome, Outcome::Met);
        let mut heavy = Synthetic::new();
        heavy.line("coroutines/smol", &[1_000, 10_000], Bill::of(330).with_kernel(0)).line(
            "baseline/smol",
            &[1_000, 10_000],
            Bill::of(300).with_kernel(0),
        );
        let outcomes: Vec<_> = super::Instrument::of(&Context::of(&heavy.record())).overhead;
        assert_eq!(
            outcomes.iter().map(|row| row.outcome).collect::<Vec<_>>(),
            [Outcome::Missed, Outcome::Met]
        );
    }

    #[test]
    fn a_record_without_controls_has_no_bar() {
        let instrument = of(&Synthetic::new().record());
        assert!(instrument.checks().is_empty() && instrument.detectable.is_empty());
    }
}
