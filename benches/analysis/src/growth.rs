//! Whether a task among many costs as much CPU as one among few.

use crate::bar::Outcome;
use crate::context::Context;
use crate::estimate::Estimate;
use crate::figure::Figure;
use crate::fit::between;
use crate::reading::task_counts;
use crate::series::Series;

/// As many tasks are few.
pub const FEW: u64 = 10_000;

/// As many tasks are many.
pub const MANY: u64 = 1_000_000;

/// How many times the CPU of one of few a task of many may take.
pub const BAR: f64 = 2.5;

/// What a task costs in CPU among many against one among few, in one series: the median at this N less
/// the median at the smallest N, over the tasks between.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// The series.
    pub series: Series,
    /// Among [`MANY`] ÷ among [`FEW`], without a unit; `None` where one of the two is not above zero.
    pub ratio: Option<Estimate>,
    /// What the interval of that says of [`BAR`].
    pub bar: Outcome,
}

/// Every weighed series that was run with [`FEW`] and with [`MANY`] tasks.
pub(crate) fn of(context: &Context<'_>) -> Vec<Growth> {
    let weighed = context.index.iter().filter(|(series, _)| series.shape.is_weighed());
    weighed.filter_map(|(series, _)| of_series(context, series)).collect()
}

fn of_series(context: &Context<'_>, series: &Series) -> Option<Growth> {
    let readings = context.readings(series, Figure::Cpu);
    let smallest = task_counts(&readings).first().copied()?;
    let bootstrap = context.bootstrap(&[&series.key(), Figure::Cpu.name()]);
    let at = |tasks| between(&readings, smallest, tasks, bootstrap);
    let (few, many) = at(FEW).zip(at(MANY))?;
    let ratio = many.over(&few);
    let bar = match ratio.filter(Estimate::is_bounded) {
        Some(ratio) if ratio.high <= BAR => Outcome::Met,
        Some(ratio) if ratio.low > BAR => Outcome::Missed,
        _ => Outcome::Undecided,
    };
    Some(Growth { series: series.clone(), ratio, bar })
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic};

    use super::*;

    /// A task costs 200 ns among few, and so much among many.
    fn grown(ns_per_task: u64) -> Record {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &[1, FEW, MANY], Bill::of(100));
        let mut record = made.record();
        for cell in record.cells.iter_mut().filter(|cell| cell.tasks == MANY) {
            cell.time.as_mut().unwrap().user_ns = ns_per_task * MANY;
        }
        record
    }

    #[test]
    fn a_task_of_many_that_costs_more_than_one_of_few_misses_the_bar() {
        let of = |ns_per_task| of(&Context::of(&grown(ns_per_task))).remove(0);
        let (met, missed) = (of(400), of(600));
        assert_eq!((met.bar, missed.bar), (Outcome::Met, Outcome::Missed));
        assert!((met.ratio.unwrap().value - 2.0).abs() < 1e-2, "{met:?}");
    }

    #[test]
    fn one_repeat_decides_nothing_and_other_counts_are_no_growth() {
        let mut record = grown(600);
        record.cells.retain(|cell| cell.repeat == 0);
        assert_eq!(of(&Context::of(&record))[0].bar, Outcome::Undecided);
        record.cells.retain(|cell| cell.tasks != FEW);
        assert!(of(&Context::of(&record)).is_empty());
    }
}
