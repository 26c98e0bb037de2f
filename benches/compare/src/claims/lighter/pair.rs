//! Two contestants that did the same, and what was found of them.

use std::collections::{BTreeMap, BTreeSet};

use super::EVEN;
use crate::fit::{Estimate, Figure, Series, fit, readings, series, task_counts, values_at};
use record::Record;

/// A coroutine and a thread contestant that did the same, and what was found of them.
pub(super) struct Pair {
    pub(super) coroutine: Series,
    pub(super) thread: Series,
    /// By what bytes were judged: the full bill where both have it, otherwise RSS.
    pub(super) by: Figure,
    pub(super) bytes: Compared,
    pub(super) rss: Compared,
    pub(super) start: Compared,
    pub(super) cpu: Compared,
    /// The whole process at each N that both have measured.
    pub(super) process: BTreeMap<u64, Finding>,
}

impl Pair {
    pub(super) fn finding(&self, judged: Judged) -> Finding {
        Finding::of(match judged {
            Judged::Bytes => &self.bytes,
            Judged::Start => &self.start,
            Judged::Cpu => &self.cpu,
        })
    }

    /// The smallest N measured from which on the coroutine's process is the lighter one.
    pub(super) fn lighter_from(&self) -> Option<u64> {
        self.process
            .iter()
            .rev()
            .take_while(|(_, finding)| **finding == Finding::Lighter)
            .map(|(tasks, _)| *tasks)
            .last()
    }

    pub(super) fn is_always_lighter(&self) -> bool {
        self.process.values().all(|finding| *finding == Finding::Lighter)
    }

    pub(super) fn bytes_name(&self) -> &'static str {
        if self.by == Figure::Total { "full bill" } else { "RSS" }
    }
}

/// The figures that are judged, bytes first.
pub(super) const JUDGED: [Judged; 3] = [Judged::Bytes, Judged::Start, Judged::Cpu];

/// What is judged of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Judged {
    Bytes,
    Start,
    Cpu,
}

impl Judged {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes per waiting task",
            Self::Start => "start cost",
            Self::Cpu => "CPU per wait",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Finding {
    Lighter,
    Heavier,
    Undecided,
    NotMeasured,
}

impl Finding {
    pub(super) fn of(compared: &Compared) -> Self {
        match compared.ratio {
            None if compared.has_slopes => Self::Undecided,
            None => Self::NotMeasured,
            Some(ratio) if ratio.high < EVEN => Self::Lighter,
            Some(ratio) if ratio.low > EVEN => Self::Heavier,
            Some(_) => Self::Undecided,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Lighter => "lighter",
            Self::Heavier => "heavier",
            Self::Undecided => "undecided",
            Self::NotMeasured => "not measured",
        }
    }
}

/// A figure of a pair.
#[derive(Clone, Copy)]
pub(super) struct Compared {
    /// Coroutine ÷ thread; `None` where a slope cannot be told from zero, or is not there.
    pub(super) ratio: Option<Estimate>,
    /// Whether both slopes are there.
    pub(super) has_slopes: bool,
}

/// Whether a series says something about the weight of waiting. Nobody is parked in a transfer, and
/// lateness is not weight.
pub(super) fn says_something(series: &Series) -> bool {
    !series.shape.is_transfer() && !series.shape.is_for_lateness()
}

/// The pairs of this record, by coroutine and then by thread.
pub(super) fn pairs(record: &Record) -> Vec<Pair> {
    let mut all = series(record);
    all.retain(says_something);
    let of_model = |model: &'static str| all.iter().filter(move |series| series.model() == model);
    let mut pairs = Vec::new();
    for coroutine in of_model("coroutines") {
        for thread in of_model("threads").filter(|thread| thread.shape == coroutine.shape) {
            pairs.push(pair(record, coroutine, thread));
        }
    }
    pairs
}

fn pair(record: &Record, coroutine: &Series, thread: &Series) -> Pair {
    let compare = |figure| {
        let slopes = fit(record, coroutine, figure).zip(fit(record, thread, figure));
        let ratio = slopes.as_ref().and_then(|(ours, theirs)| ours.slope.over(&theirs.slope));
        Compared { ratio, has_slopes: slopes.is_some() }
    };
    let has_bill = |series| task_counts(&readings(record, series, Figure::Total)).len() >= 2;
    let by = if has_bill(coroutine) && has_bill(thread) { Figure::Total } else { Figure::Rss };
    Pair {
        coroutine: coroutine.clone(),
        thread: thread.clone(),
        by,
        bytes: compare(by),
        rss: compare(Figure::Rss),
        start: compare(Figure::Start),
        cpu: compare(Figure::Cpu),
        process: process(record, coroutine, thread, by),
    }
}

fn process(
    record: &Record,
    coroutine: &Series,
    thread: &Series,
    by: Figure,
) -> BTreeMap<u64, Finding> {
    let ours = readings(record, coroutine, by);
    let theirs = readings(record, thread, by);
    let common: BTreeSet<u64> =
        task_counts(&ours).intersection(&task_counts(&theirs)).copied().collect();
    let finding = |tasks| {
        let (least, most) = range(&values_at(&ours, tasks))?;
        let (least_of_theirs, most_of_theirs) = range(&values_at(&theirs, tasks))?;
        Some(if most < least_of_theirs {
            Finding::Lighter
        } else if least > most_of_theirs {
            Finding::Heavier
        } else {
            Finding::Undecided
        })
    };
    common.into_iter().filter_map(|tasks| Some((tasks, finding(tasks)?))).collect()
}

fn range(values: &[f64]) -> Option<(f64, f64)> {
    let least = values.iter().copied().min_by(f64::total_cmp)?;
    let most = values.iter().copied().max_by(f64::total_cmp)?;
    Some((least, most))
}
