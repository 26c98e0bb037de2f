//! The minimum detectable difference: the smallest difference between two contestants that a figure
//! could have shown. Two contestants differ where the interval of their ratio leaves out 1, so that is
//! the width of the interval.

use std::collections::BTreeMap;

use crate::context::Context;
use crate::estimate::{Estimate, Sampled, quantile};
use crate::figure::Figure;
use crate::rates;
use crate::series::{Series, Shape, WaitFor};
use crate::sides::Quantity;

/// So many contestants of one kind of work are paired at most: their pairs take time.
const MOST_PAIRED: usize = 100;

/// The smallest difference in a figure between two contestants that this run could have shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Detectable {
    /// The figure.
    pub quantity: Quantity,
    /// What the tasks wait for.
    pub wait: WaitFor,
    /// How many pairs of contestants that did the same have a ratio with an interval.
    pub pairs: usize,
    /// How many have none, so that no difference between them could have been shown.
    pub without_ratio: usize,
    /// The median over the pairs, as a part of 1; `None` if no pair has a ratio.
    pub median: Option<f64>,
    /// The pair of which the least could have been shown.
    pub worst: Option<WorstPair>,
}

/// The pair of which the least could have been shown.
#[derive(Clone, Debug, PartialEq)]
pub struct WorstPair {
    /// One of them.
    pub first: Series,
    /// The other.
    pub second: Series,
    /// Their minimum detectable difference, as a part of 1.
    pub difference: f64,
}

/// Of every figure that pages compare contestants by. A figure without any pair is left out.
pub(crate) fn of(context: &Context<'_>) -> Vec<Detectable> {
    let slopes = [context.basis.figure(), Figure::Start, Figure::Cpu].map(Quantity::Slope);
    let waits = [WaitFor::Timer, WaitFor::Http, WaitFor::Transfer];
    let mut found = Vec::new();
    for quantity in slopes.into_iter().chain([Quantity::Rate]) {
        for wait in &waits {
            let alike = match quantity {
                Quantity::Slope(figure) => slopes_alike(context, figure, wait),
                _ => rates_alike(context, wait),
            };
            found.extend(Detectable::of(quantity, wait, &alike));
        }
    }
    found
}

/// Figures of those that did the same.
type Alike = Vec<Vec<(Series, Option<Sampled>)>>;

fn slopes_alike(context: &Context<'_>, figure: Figure, wait: &WaitFor) -> Alike {
    let mut alike: BTreeMap<&Shape, Vec<_>> = BTreeMap::new();
    for measured in &context.measured {
        let Series { contestant, shape } = &measured.series;
        if contestant.is_compared() && shape.wait == *wait && shape.is_weighed() {
            let slope = measured.fits.get(&figure).map(|fit| fit.slope.clone());
            alike.entry(shape).or_default().push((measured.series.clone(), slope));
        }
    }
    alike.into_values().collect()
}

fn rates_alike(context: &Context<'_>, wait: &WaitFor) -> Alike {
    let mut alike: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (waves, timed) in rates::preferred(rates::timed(&context.index, context.record)) {
        if waves.series.contestant.is_compared() && waves.series.shape.wait == *wait {
            let rate = timed.rate(&waves, &context.draws);
            alike.entry(waves.does()).or_default().push((waves.series, rate));
        }
    }
    alike.into_values().collect()
}

impl Detectable {
    fn of(quantity: Quantity, wait: &WaitFor, alike: &Alike) -> Option<Self> {
        let mut differences = Vec::new();
        let mut worst: Option<WorstPair> = None;
        let mut without_ratio = 0;
        for figures in alike {
            let known = figures.iter().filter_map(|(of, figure)| Some((of, figure.as_ref()?)));
            let figures: Vec<(&Series, &Sampled)> = known.take(MOST_PAIRED).collect();
            for (nth, (first, figure)) in figures.iter().enumerate() {
                for (second, other) in &figures[nth + 1..] {
                    let ratio = figure.over(other);
                    let Some(difference) = ratio.as_ref().and_then(least_difference) else {
                        without_ratio += 1;
                        continue;
                    };
                    differences.push(difference);
                    if worst.as_ref().is_none_or(|worst| difference > worst.difference) {
                        let (first, second) = ((*first).clone(), (*second).clone());
                        worst = Some(WorstPair { first, second, difference });
                    }
                }
            }
        }
        (without_ratio + differences.len() > 0).then(|| Self {
            quantity,
            wait: wait.clone(),
            pairs: differences.len(),
            without_ratio,
            median: quantile(&differences, 0.5),
            worst,
        })
    }
}

/// By what part the ratio would have to be off 1 for an interval of this width to leave 1 out, the
/// same for a ÷ b and for b ÷ a; `None` where the interval is unbounded or reaches zero.
fn least_difference(ratio: &Estimate) -> Option<f64> {
    ratio.is_above_zero().then(|| (ratio.high / ratio.value).max(ratio.value / ratio.low) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contestant::Id;
    use crate::estimate::{Bootstrap, median};

    fn entry(id: &str, values: &[f64]) -> (Series, Option<Sampled>) {
        let workload = record::synthetic::small_run().cells[0].workload.clone();
        (
            Series { contestant: Id::new(id), shape: Shape::of(&workload) },
            median(values, Bootstrap::new(7, &[id])),
        )
    }

    fn of(alike: Alike) -> Option<Detectable> {
        Detectable::of(Quantity::Rate, &WaitFor::Timer, &alike)
    }

    #[test]
    fn the_difference_is_the_width_of_the_ratios_interval_either_way_round() {
        let ratio = Estimate { value: 2.0, low: 1.6, high: 2.2 };
        assert!((least_difference(&ratio).unwrap() - 0.25).abs() < 1e-9);
        let inverted = Estimate { value: 0.5, low: 1.0 / 2.2, high: 1.0 / 1.6 };
        assert!((least_difference(&inverted).unwrap() - 0.25).abs() < 1e-9);
        assert_eq!(least_difference(&Estimate { low: 0.0, ..ratio }), None);
        assert_eq!(least_difference(&Estimate { high: f64::INFINITY, ..ratio }), None);
    }

    #[test]
    fn a_detectable_difference_is_one_whose_interval_leaves_out_one() {
        let noisy = [90.0, 100.0, 110.0, 95.0, 105.0];
        let (ours, same) = (entry("a", &noisy).1.unwrap(), entry("b", &noisy).1.unwrap());
        let least = least_difference(&ours.over(&same).unwrap()).unwrap();
        let against = |factor: f64| {
            let scaled: Vec<f64> = noisy.iter().map(|value| value * factor).collect();
            ours.over(&entry("b", &scaled).1.unwrap()).unwrap()
        };
        assert!(against(1.0 + least * 1.05).high < 1.0);
        assert!(against(1.0 + least * 0.5).high > 1.0);
    }

    #[test]
    fn it_has_the_median_and_the_worst_pair() {
        let alike = vec![
            entry("a/exact", &[100.0; 5]),
            entry("a/also-exact", &[300.0; 5]),
            entry("a/noisy", &[80.0, 120.0]),
            entry("a/once", &[5.0]),
            entry("a/none", &[]),
        ];
        let found = of(vec![alike, vec![entry("a/alone", &[1.0; 5])]]).unwrap();
        assert_eq!((found.pairs, found.without_ratio), (3, 3));
        assert!((found.median.unwrap() - 0.25).abs() < 1e-9);
        let worst = found.worst.unwrap();
        assert_eq!(worst.second.contestant, Id::new("a/noisy"));
        assert!((worst.difference - 0.25).abs() < 1e-9);
    }

    #[test]
    fn where_nothing_could_be_shown_it_is_known() {
        let found = of(vec![vec![entry("a", &[1.0]), entry("b", &[2.0])]]).unwrap();
        assert_eq!((found.pairs, found.without_ratio, found.median), (0, 1, None));
        assert_eq!(of(vec![vec![entry("a", &[1.0])], vec![entry("b", &[2.0])]]), None);
        assert_eq!(of(vec![]), None);
    }
}
