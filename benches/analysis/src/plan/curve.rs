//! A figure over N, through what was measured.

use serde::Serialize;

use crate::estimate::Estimate;
use crate::figure::Figure;
use crate::measured::Measured;

/// A figure of a whole process over N: straight from one measured point to the next, and on with the
/// fitted slope beyond the last.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// The measured points, by N.
    pub points: Vec<Point>,
    /// What one more task adds, by the fit.
    pub slope: Estimate,
}

/// What the repeats at one N read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The number of tasks.
    pub tasks: u64,
    /// The median, the least and the most.
    pub whole: Estimate,
}

impl Curve {
    /// The curve of this figure; `None` without a fit.
    pub(crate) fn of(measured: &Measured, figure: Figure) -> Option<Self> {
        let slope = measured.slope(figure)?;
        let whole = measured.whole.get(&figure)?.iter();
        let points = whole.map(|(tasks, of)| Point { tasks: *tasks, whole: of.estimate() });
        Some(Self { points: points.collect(), slope })
    }

    /// The largest measured N.
    pub fn largest(&self) -> u64 {
        self.points.last().map_or(0, |point| point.tasks)
    }

    /// The whole process with so many tasks. Its interval is the wider of the spread of the repeats
    /// around it and that of the slope; it is unbounded where the slope has none.
    pub fn at(&self, tasks: u64) -> Estimate {
        let after = self.points.partition_point(|point| point.tasks < tasks);
        let whole = match (after.checked_sub(1).map(|at| self.points[at]), self.points.get(after)) {
            (None, None) => return self.slope.scaled(tasks as f64),
            (None, Some(first)) => first.whole,
            (Some(last), None) => last.whole.plus(&self.slope.scaled((tasks - last.tasks) as f64)),
            (Some(below), Some(above)) => {
                let part = (tasks - below.tasks) as f64 / (above.tasks - below.tasks) as f64;
                below.whole.scaled(1.0 - part).plus(&above.whole.scaled(part))
            }
        };
        if !self.slope.is_bounded() {
            return Estimate::lone(whole.value);
        }
        let wide = self.slope.half_width() * tasks as f64;
        Estimate {
            value: whole.value,
            low: whole.low.min(whole.value - wide),
            high: whole.high.max(whole.value + wide),
        }
    }

    /// What each of so many tasks adds to the process; fewer than `fewest` add as much each as those.
    pub fn per_task(&self, tasks: u64, fewest: u64) -> Option<Estimate> {
        let first = self.points.first()?;
        let tasks = tasks.max(fewest.min(self.largest()));
        let more = (tasks > first.tasks).then(|| (tasks - first.tasks) as f64)?;
        let whole = self.at(tasks);
        let less = |one: f64| ((one - first.whole.value) / more).max(0.0);
        if !whole.is_bounded() {
            return Some(Estimate::lone(less(whole.value)));
        }
        Some(Estimate { value: less(whole.value), low: less(whole.low), high: less(whole.high) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve() -> Curve {
        let exact = |value: f64| Estimate { value, low: value - 10.0, high: value + 20.0 };
        let points = [(1, 1_000.0), (100, 2_000.0), (1_000, 20_000.0)];
        let points = points.map(|(tasks, value)| Point { tasks, whole: exact(value) });
        let slope = Estimate { value: 19.0, low: 18.0, high: 19.5 };
        Curve { points: points.to_vec(), slope }
    }

    #[test]
    fn it_goes_through_the_points_and_on_with_the_slope() {
        let at = |tasks| curve().at(tasks).value;
        assert_eq!((at(1), at(100), at(550), at(1_000)), (1_000.0, 2_000.0, 11_000.0, 20_000.0));
        assert_eq!((at(0), at(2_000)), (1_000.0, 39_000.0));
    }

    #[test]
    fn the_interval_is_the_wider_of_spread_and_slope() {
        let few = curve().at(1);
        assert_eq!((few.low, few.high), (990.0, 1_020.0));
        let many = curve().at(1_000);
        assert_eq!((many.low, many.high), (19_000.0, 21_000.0));
        let unsure = Curve { slope: Estimate::lone(19.0), ..curve() };
        assert!(!unsure.at(550).is_bounded());
    }

    #[test]
    fn a_task_costs_what_the_process_has_more_with_it() {
        let per_task = |tasks| curve().per_task(tasks, 100).unwrap().value;
        assert!((per_task(1_000) - 19_000.0 / 999.0).abs() < 1e-9);
        assert_eq!(per_task(1), 1_000.0 / 99.0);
        let one = Curve { points: curve().points[..1].to_vec(), ..curve() };
        assert!(one.per_task(1, 100).is_none());
    }
}
