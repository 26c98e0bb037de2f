//! From how many waiting tasks on the whole process of one contestant is lighter than another's.
//!
//! A runtime costs a process something before its first task, and a thread costs more for each task.
//! So the two processes cross at a few tasks, where they differ by a few pages. One process differs
//! from the next by as much, so the rule below must neither see a difference in that nor lose one in
//! a single process that is far off, or two runs would not find the same N.
//!
//! The medians of the repeats are compared. A difference counts where it is more than [`DISTINCT`]
//! of the lighter one, and more than [`STANDARD_ERRORS`] standard errors of the difference of two
//! medians: 1.2533 · s · √(1/n₁ + 1/n₂), with n the repeats of each. s is how far one process is from
//! the median of its cell: two thirds of them are no further. It is taken from both contestants'
//! cells at this N and at smaller N down to a tenth of it, since the few repeats of a single cell
//! would not say. Below [`FEWEST_ROUNDS`] repeats of both nothing is found. A thread adds several times what that leaves undecided, so that the N found moves
//! by one at most.

use std::collections::{BTreeMap, BTreeSet};

use crate::contestant::{Id, Model};
use crate::context::Context;
use crate::estimate::{FEWEST_ROUNDS, quantile};
use crate::reading::by_tasks;
use crate::series::Series;

/// From which N on the whole process of a contestant is lighter than that of a contestant of threads.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossover {
    /// Coroutines or callbacks, waiting for plain timers or plain requests.
    pub series: Series,
    /// The contestant of threads that does the same.
    pub against: Id,
    /// What was found at each N at which both were measured with all tasks waiting.
    pub at: BTreeMap<u64, Finding>,
    /// The N at which nothing was found because one of the two was read fewer than [`FEWEST_ROUNDS`]
    /// times.
    pub too_few: BTreeSet<u64>,
    /// The smallest of those N from which on it is lighter at every one, if there is one.
    pub from: Option<u64>,
    /// The largest of those N below `from`; nothing between the two was measured.
    pub not_at: Option<u64>,
}

/// What was found of two processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// It is lighter.
    Lighter,
    /// It is heavier.
    Heavier,
    /// The two cannot be distinguished.
    Undecided,
}

/// Above which part of the lighter process a difference counts: as bytes agree between machines.
pub const DISTINCT: f64 = 0.01;
/// And above how many standard errors.
pub const STANDARD_ERRORS: f64 = 2.0;
/// The part of a normal distribution that is within one standard deviation.
const WITHIN_ONE: f64 = 0.6827;
/// The standard error of a median as a multiple of that of a mean, √(π/2).
const OF_A_MEDIAN: f64 = 1.2533;

/// Of so many smaller N at most the repeats are looked at.
const MOST_SMALLER: usize = 16;

/// Against so many contestants of threads at most each one is held, the reference first.
pub(crate) const MOST_AGAINST: usize = 16;

/// The values of a series at each N.
type Values = BTreeMap<u64, Vec<f64>>;

/// Every crossover of this record.
pub(crate) fn of(context: &Context<'_>) -> Vec<Crossover> {
    let figure = context.basis.figure();
    let values = |series| by_tasks(&context.readings(series, figure));
    let all = || context.index.iter().map(|(of, _)| of).filter(|of| of.is_plain_and_compared());
    let mut threads: BTreeMap<_, Vec<(&Id, Values)>> = BTreeMap::new();
    for series in all().filter(|series| series.model() == Model::Threads) {
        threads.entry(&series.shape).or_default().push((&series.contestant, values(series)));
    }
    for against in threads.values_mut() {
        against.sort_by_key(|(id, _)| !id.is_reference());
        against.truncate(MOST_AGAINST);
    }
    let mut found = Vec::new();
    for series in all().filter(|of| matches!(of.model(), Model::Callbacks | Model::Coroutines)) {
        let ours = values(series);
        for (against, theirs) in threads.get(&series.shape).into_iter().flatten() {
            found.push(Crossover::of(series, against, &ours, theirs));
        }
    }
    found
}

impl Crossover {
    fn of(series: &Series, against: &Id, ours: &Values, theirs: &Values) -> Self {
        let repeats = |(tasks, values): (&u64, &Vec<f64>)| {
            Some((*tasks, values.len().min(theirs.get(tasks)?.len())))
        };
        let (enough, too_few): (Vec<_>, Vec<_>) =
            ours.iter().filter_map(repeats).partition(|(_, repeats)| *repeats >= FEWEST_ROUNDS);
        let found = |(tasks, _)| Some((tasks, finding(ours, theirs, tasks)?));
        let at: BTreeMap<u64, Finding> = enough.into_iter().filter_map(found).collect();
        let too_few = too_few.into_iter().map(|(tasks, _)| tasks).collect();
        let is_lighter = |(_, finding): &(&u64, &Finding)| **finding == Finding::Lighter;
        let from = at.iter().rev().take_while(is_lighter).map(|(tasks, _)| *tasks).last();
        let not_at = from.and_then(|from| Some(*at.range(..from).next_back()?.0));
        Self { series: series.clone(), against: against.clone(), at, too_few, from, not_at }
    }

    /// The smallest and the largest N from which on it can be lighter.
    pub fn from_between(&self) -> Option<(u64, u64)> {
        let from = self.from?;
        Some((self.not_at.map_or(1, |not_at| not_at + 1), from))
    }

    /// Whether it is lighter at the largest N at which both were measured; `None` if there is none.
    pub fn at_the_largest(&self) -> Option<(u64, Finding)> {
        self.at.last_key_value().map(|(tasks, finding)| (*tasks, *finding))
    }
}

/// What the medians of both at this N say.
fn finding(ours: &Values, theirs: &Values, tasks: u64) -> Option<Finding> {
    let (our_values, their_values) = (ours.get(&tasks)?, theirs.get(&tasks)?);
    let (our_median, their_median) = (quantile(our_values, 0.5)?, quantile(their_values, 0.5)?);
    let lighter = our_median.min(their_median);
    let distances: Vec<f64> =
        [ours, theirs].into_iter().flat_map(|values| distances(values, tasks)).collect();
    let spread = quantile(&distances, WITHIN_ONE)?;
    let repeats = 1.0 / our_values.len() as f64 + 1.0 / their_values.len() as f64;
    let undecided = STANDARD_ERRORS * OF_A_MEDIAN * spread * repeats.sqrt();
    let more = our_median - their_median;
    Some(match more {
        _ if more.abs() <= undecided.max(DISTINCT * lighter) => Finding::Undecided,
        _ if more < 0.0 => Finding::Lighter,
        _ => Finding::Heavier,
    })
}

/// How far each repeat is from the median of its cell, at this N and at smaller ones down to a tenth
/// of it. The median of few lies nearer to them than that of many would, which √(n/(n−1)) mends.
fn distances(values: &Values, tasks: u64) -> Vec<f64> {
    let mut distances = Vec::new();
    for (_, values) in values.range(tasks.div_ceil(10)..=tasks).rev().take(MOST_SMALLER + 1) {
        let repeats = values.len() as f64;
        if let Some(median) = quantile(values, 0.5).filter(|_| repeats >= 2.0) {
            let mended = (repeats / (repeats - 1.0)).sqrt();
            distances.extend(values.iter().map(|value| (value - median).abs() * mended));
        }
    }
    distances
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic};

    use super::*;

    const TASKS: [u64; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 100];

    /// A thread each of 37,000 B on 2.1 MB, and a coroutine of 340 B on so many bytes.
    fn crossing(base: u64, tasks: &[u64]) -> Synthetic {
        let mut made = Synthetic::new();
        let coroutine = Bill { base, noise: 4_096, ..Bill::of(300).with_kernel(40) };
        let thread = Bill { noise: 4_096, threads: 1, ..Bill::of(10_000).with_kernel(27_000) };
        made.line("coroutines/smol", tasks, coroutine).line("threads/per-task", tasks, thread);
        made
    }

    fn found(record: &Record) -> Crossover {
        let all = of(&Context::of(record));
        assert_eq!(all.len(), 1, "{all:?}");
        all.into_iter().next().unwrap()
    }

    /// 2,170,000 + 340 N is below 2,000,000 + 37,000 N by more than 1 % from six tasks on.
    #[test]
    fn the_crossing_is_found_where_it_is() {
        let crossover = found(&crossing(2_170_000, &TASKS).record());
        assert_eq!((crossover.from, crossover.not_at), (Some(6), Some(5)));
        assert_eq!(crossover.from_between(), Some((6, 6)));
        assert_eq!(crossover.at[&5], Finding::Undecided);
        assert_eq!(crossover.at[&4], Finding::Heavier);
        assert_eq!(crossover.at_the_largest(), Some((100, Finding::Lighter)));
    }

    #[test]
    fn a_gap_in_what_was_measured_is_said() {
        let crossover = found(&crossing(2_170_000, &[1, 10, 100]).record());
        assert_eq!((crossover.from, crossover.not_at), (Some(10), Some(1)));
        assert_eq!(crossover.from_between(), Some((2, 10)));
        let crossover = found(&crossing(2_170_000, &[100]).record());
        assert_eq!((crossover.from, crossover.not_at), (Some(100), None));
        assert_eq!(crossover.from_between(), Some((1, 100)));
    }

    #[test]
    fn what_is_never_lighter_has_no_such_number() {
        let crossover = found(&crossing(20_000_000, &TASKS).record());
        assert_eq!((crossover.from, crossover.not_at), (None, None));
        assert_eq!(crossover.at_the_largest(), Some((100, Finding::Heavier)));
        let mut apart = Synthetic::new();
        apart.line("coroutines/smol", &[1], Bill::of(300).with_kernel(40)).line(
            "threads/per-task",
            &[2],
            Bill::of(300).with_kernel(40),
        );
        assert_eq!(found(&apart.record()).at, BTreeMap::new());
    }

    #[test]
    fn equals_cannot_be_distinguished() {
        let mut made = Synthetic::new();
        let bill = Bill { noise: 4_096, ..Bill::of(9_000).with_kernel(0) };
        made.line("coroutines/smol", &TASKS, bill).line("threads/per-task", &TASKS, bill);
        let crossover = found(&made.record());
        assert!(crossover.at.values().all(|finding| *finding == Finding::Undecided));
        assert_eq!(crossover.from, None);
    }

    #[test]
    fn one_process_that_is_far_off_moves_nothing() {
        let mut record = crossing(2_170_000, &TASKS).record();
        for cell in record.cells.iter_mut().filter(|cell| cell.tasks == 7 && cell.repeat == 1) {
            let weight = cell.memory.waiting.as_mut().unwrap();
            *weight.anonymous_bytes.as_mut().unwrap() += 5_000_000;
        }
        assert_eq!(found(&record).from, Some(6));
    }

    #[test]
    fn fewer_than_three_repeats_decide_nothing() {
        let all = crossing(2_170_000, &TASKS).record();
        for repeats in 1..3 {
            let mut record = all.clone();
            record.cells.retain(|cell| cell.repeat < repeats);
            let crossover = found(&record);
            assert_eq!((crossover.from, crossover.at.len()), (None, 0));
            assert_eq!(crossover.too_few, TASKS.into());
        }
        let mut record = all;
        record.cells.retain(|cell| cell.repeat < 2 || cell.tasks != 6);
        let crossover = found(&record);
        assert_eq!((crossover.from, crossover.not_at), (Some(7), Some(5)));
        assert_eq!(crossover.too_few, [6].into());
    }

    #[test]
    fn only_equal_work_is_compared_and_the_reference_comes_first() {
        let mut made = crossing(2_170_000, &TASKS);
        made.line("threads/crossbeam-pool", &TASKS, Bill::of(10_000).with_kernel(0))
            .line("baseline/smol", &TASKS, Bill::of(300).with_kernel(0))
            .line("subroutine/sequential", &TASKS, Bill::of(0).with_kernel(0))
            .state(64)
            .line("coroutines/smol", &TASKS, Bill::of(300).with_kernel(0))
            .state(0)
            .asking(1_024, None)
            .line("coroutines/smol", &[1, 50], Bill::of(300).with_kernel(0))
            .line("callbacks/event-loop", &[1, 50], Bill::of(300).with_kernel(0))
            .line("threads/per-task", &[1, 50], Bill::of(90_000).with_kernel(0));
        let all = of(&Context::of(&made.record()));
        let names: Vec<(String, &str)> =
            all.iter().map(|found| (found.series.key(), found.against.as_str())).collect();
        let expected = [
            ("callbacks/event-loop, http (1024 B)", "threads/per-task"),
            ("coroutines/smol", "threads/per-task"),
            ("coroutines/smol", "threads/crossbeam-pool"),
            ("coroutines/smol, http (1024 B)", "threads/per-task"),
        ];
        assert_eq!(names, expected.map(|(series, against)| (series.to_owned(), against)));
        assert_eq!(all[3].from, Some(1));
    }
}
