//! Two contestants that did the same, and what was found of them.

use std::collections::BTreeMap;

use crate::claims::inputs::Inputs;
use crate::claims::judgement::{Finding, Measure};
use crate::contestant::Model;
use crate::crossover::{Crossover, MOST_AGAINST};
use crate::estimate::Estimate;
use crate::figure::Figure;
use crate::measured::Measured;
use crate::series::Shape;

/// The ratio of thread to coroutine above which the coroutine is lighter.
pub const EVEN: f64 = 1.0;

/// A figure of a coroutine and of a thread that did the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// The coroutine's, in the unit of the figure.
    pub coroutine: Option<Estimate>,
    /// The thread's.
    pub thread: Option<Estimate>,
    /// Thread ÷ coroutine: how many times as much the thread takes. `None` where one of the two cannot
    /// be distinguished from zero, or is not there.
    pub times: Option<Estimate>,
    /// What that says.
    pub finding: Finding,
}

impl Compared {
    /// What one more waiting task adds; a slope that may be zero is neither more nor less than another.
    pub fn slopes(coroutine: &Measured, thread: &Measured, figure: Figure) -> Self {
        let (ours, theirs) = (coroutine.slope(figure), thread.slope(figure));
        let (times, finding) = match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours.is_above_zero() && theirs.is_above_zero() => {
                let times = thread.slope_over(coroutine, figure);
                (times, finding(times))
            }
            (Some(_), Some(_)) => (None, Finding::Undecided),
            _ => (None, Finding::NotMeasured),
        };
        Self { coroutine: ours, thread: theirs, times, finding }
    }

    /// Two figures that were measured apart; their ratio is at the ends of both intervals.
    pub fn apart(coroutine: Estimate, thread: Estimate) -> Self {
        let is_known = coroutine.is_above_zero() && thread.is_above_zero();
        let times = is_known.then(|| Estimate {
            value: thread.value / coroutine.value,
            low: thread.low / coroutine.high,
            high: thread.high / coroutine.low,
        });
        let (ours, theirs) = (Some(coroutine), Some(thread));
        Self { coroutine: ours, thread: theirs, times, finding: finding(times) }
    }
}

/// What an interval of thread ÷ coroutine says.
fn finding(times: Option<Estimate>) -> Finding {
    match times.filter(Estimate::is_bounded) {
        Some(times) if times.low > EVEN => Finding::Lighter,
        Some(times) if times.high < EVEN => Finding::Heavier,
        _ => Finding::Undecided,
    }
}

/// A coroutine and a thread contestant that did the same.
#[derive(Clone, Debug)]
pub(super) struct Pair<'a> {
    pub(super) coroutine: &'a Measured,
    pub(super) thread: &'a Measured,
    pub(super) crossover: Option<&'a Crossover>,
    /// What is judged of a waiting task, in the order of [`JUDGED`].
    pub(super) judged: [(Measure, Compared); 3],
    pub(super) rss: Compared,
}

impl Pair<'_> {
    pub(super) fn finding(&self, wanted: Measure) -> Finding {
        let found = self.judged.iter().find(|(measure, _)| *measure == wanted);
        found.map_or(Finding::NotMeasured, |(_, compared)| compared.finding)
    }
}

/// The pairs of a record, by coroutine and then by thread, the reference first: those of which anything
/// per waiting task is known, and all that waited for plain timers or plain requests.
pub(super) fn pairs<'a>(inputs: &Inputs<'a>) -> Vec<Pair<'a>> {
    let mut threads: BTreeMap<&Shape, Vec<&Measured>> = BTreeMap::new();
    let all = &inputs.context.measured;
    let of = |model| all.iter().filter(move |measured| is_judged(measured, model));
    for thread in of(Model::Threads) {
        threads.entry(&thread.series.shape).or_default().push(thread);
    }
    for threads in threads.values_mut() {
        threads.sort_by_key(|thread| !thread.series.contestant.is_reference());
        threads.truncate(MOST_AGAINST);
    }
    let keyed = inputs.crossovers.iter().map(|found| ((&found.series, &found.against), found));
    let crossovers: BTreeMap<_, &Crossover> = keyed.collect();
    let mut pairs = Vec::new();
    for coroutine in of(Model::Coroutines) {
        for &thread in threads.get(&coroutine.series.shape).into_iter().flatten() {
            let slopes = |figure| Compared::slopes(coroutine, thread, figure);
            let judged = [
                (Measure::Bytes, slopes(inputs.context.basis.figure())),
                (Measure::Start, slopes(Figure::Start)),
                (Measure::Cpu, slopes(Figure::Cpu)),
            ];
            let is_known = judged.iter().any(|(_, found)| found.finding != Finding::NotMeasured);
            if is_known || coroutine.series.is_plain_and_compared() {
                let key = (&coroutine.series, &thread.series.contestant);
                let crossover = crossovers.get(&key).copied();
                let rss = slopes(Figure::Rss);
                pairs.push(Pair { coroutine, thread, crossover, judged, rss });
            }
        }
    }
    pairs
}

/// Whether a series says something about the weight of waiting, and is of this model.
pub(super) fn is_judged(measured: &Measured, model: Model) -> bool {
    let shape = &measured.series.shape;
    measured.series.model() == model && shape.is_weighed() && !shape.does_more()
}
