//! Very many coroutines at once use resources well: each runtime gets there, and a task among many
//! costs hardly more than one among few.

use record::Status;

use super::inputs::Inputs;
use super::judgement::{Condition, Evidence, Finding, Judgement, Measure, Value, Why};
use crate::contestant::Model;
use crate::estimate::Estimate;
use crate::fit::between;
use crate::growth::{FEW, MANY};
use crate::index::{Cells, is_all_waiting};
use crate::reading::task_counts;
use crate::series::Series;

/// How many times the bytes of a task among [`FEW`] one among [`MANY`] may take.
pub const MOST_BYTES: f64 = 1.1;

/// The same for its CPU. A timer queue gets deeper as it gets longer, and leaves the caches.
pub const MOST_CPU: f64 = crate::growth::BAR;

/// Judges it by plain timers: coroutines. Callbacks and threads are shown beside.
pub(super) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let mut evidence = Vec::new();
    for (series, cells) in inputs.context.index.iter() {
        let is_wanted =
            matches!(series.model(), Model::Coroutines | Model::Callbacks | Model::Threads);
        if is_wanted && series.shape.is_plain() {
            evidence.extend(reached(series, cells));
            evidence.extend(bytes_growth(inputs, series, cells));
            let growth = inputs.growth.binary_search_by(|growth| growth.series.cmp(series)).ok();
            let row = |ratio| against(series, Measure::CpuGrowth, ratio, MOST_CPU);
            evidence.extend(growth.map(|nth| row(inputs.growth[nth].ratio)));
        }
    }
    let found = |measure, finding| evidence.iter().any(|row| row.is(measure, finding));
    let is_reached = found(Measure::Largest, Finding::All);
    let is_stopped = found(Measure::Largest, Finding::Some);
    let grows = found(Measure::BytesGrowth, Finding::More);
    let is_flat = found(Measure::BytesGrowth, Finding::AsSaid);
    if !is_reached && !is_stopped {
        Judgement::not_measured(Why::TooFewTasks(MANY), evidence)
    } else if !is_reached || (grows && !is_flat) {
        Judgement::refuted(evidence)
    } else if !is_flat {
        Judgement::not_measured(Why::NothingDecides, evidence)
    } else {
        let exceptions = [
            (Measure::Largest, Finding::Some),
            (Measure::BytesGrowth, Finding::More),
            (Measure::BytesGrowth, Finding::Undecided),
            (Measure::CpuGrowth, Finding::More),
            (Measure::CpuGrowth, Finding::Undecided),
        ];
        Judgement::holds(Condition::exceptions(&evidence, &exceptions), evidence)
    }
}

/// How far this series came; `None` without any proven cell in which all tasks waited.
fn reached(series: &Series, cells: &Cells<'_>) -> Option<Evidence> {
    let all_waiting = cells.timed.iter().filter(|cell| is_all_waiting(cell));
    let largest = all_waiting.map(|cell| cell.tasks).max()?;
    let ended = cells.unproven.iter().filter(|cell| cell.status != Status::Skipped);
    let tried = ended.map(|cell| cell.tasks).chain([largest]).max()?;
    let finding = match largest {
        MANY.. => Finding::All,
        _ if tried > largest => Finding::Some,
        _ => Finding::NotAsked,
    };
    Some(row(series, Measure::Largest, tried, Value::Count(largest), finding))
}

/// What a task among many takes in bytes against one among few.
fn bytes_growth(inputs: &Inputs<'_>, series: &Series, cells: &Cells<'_>) -> Option<Evidence> {
    let figure = inputs.context.basis.figure();
    let readings = cells.readings(figure);
    let smallest = task_counts(&readings).first().copied()?;
    let bytes = |tasks: u64| {
        let names = [&*series.key(), figure.name(), &tasks.to_string()];
        between(&readings, smallest, tasks, inputs.context.bootstrap(&names))
    };
    let ratio = bytes(MANY)?.over(&bytes(FEW)?);
    Some(against(series, Measure::BytesGrowth, ratio, MOST_BYTES))
}

/// What an interval says of a bar.
fn against(series: &Series, measure: Measure, ratio: Option<Estimate>, most: f64) -> Evidence {
    let finding = match ratio.filter(Estimate::is_bounded) {
        Some(ratio) if ratio.high <= most => Finding::AsSaid,
        Some(ratio) if ratio.low > most => Finding::More,
        _ => Finding::Undecided,
    };
    row(series, measure, MANY, ratio.into(), finding)
}

fn row(series: &Series, measure: Measure, tasks: u64, value: Value, finding: Finding) -> Evidence {
    let is_judged = series.model() == Model::Coroutines;
    Evidence { is_judged, ..Evidence::of(series, measure, value, finding).at(tasks) }
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic};

    use super::*;
    use crate::claims::judgement::{ClaimId, Verdict};
    use crate::tests::judged;

    const TASKS: [u64; 4] = [1, 1_000, FEW, MANY];

    /// A runtime whose tasks cost so many bytes each, and so many times that among many.
    fn growing(times: u64) -> Record {
        let mut made = Synthetic::new();
        let bill = Bill { noise: 10, ..Bill::of(300).with_kernel(0) };
        made.line("coroutines/bare", &TASKS[..3], bill);
        made.line("coroutines/bare", &TASKS[3..], Bill { rss: 300 * times, ..bill });
        made.record()
    }

    fn verdict(record: &Record) -> Verdict {
        judged(record, ClaimId::Many).verdict
    }

    #[test]
    fn it_holds_where_many_cost_what_few_do() {
        let judgement = judged(&growing(1), ClaimId::Many);
        assert_eq!(judgement.verdict, Verdict::Holds, "{judgement:?}");
        assert_eq!(judgement.evidence.len(), 3);
        assert_eq!(verdict(&growing(2)), Verdict::Refuted);
    }

    #[test]
    fn what_stops_below_is_named_and_refutes_it_alone() {
        let mut made = Synthetic::new();
        made.line("coroutines/smol", &TASKS[..3], Bill::of(300).with_kernel(0)).without(
            "coroutines/smol",
            MANY,
            Status::Failed,
            "out of memory",
        );
        let stopped = made.record();
        assert_eq!(verdict(&stopped), Verdict::Refuted);
        let mut both = growing(1);
        both.cells.extend(stopped.cells);
        let judgement = judged(&both, ClaimId::Many);
        let [Condition::Except { measure: Measure::Largest, subjects, among: 2, .. }] =
            &judgement.conditions[..]
        else {
            panic!("{judgement:?}")
        };
        assert_eq!(subjects.len(), 1);
    }

    #[test]
    fn a_small_run_does_not_say() {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &TASKS[..3], Bill::of(300).with_kernel(0));
        let few = made.record();
        assert!(matches!(verdict(&few), Verdict::NotMeasured(_)));
        assert!(matches!(verdict(&Synthetic::new().record()), Verdict::NotMeasured(_)));
        // One repeat at each N has no interval, so nothing is said of growth.
        let mut once = growing(1);
        once.cells.retain(|cell| cell.repeat == 0);
        assert!(matches!(verdict(&once), Verdict::NotMeasured(_)));
    }

    #[test]
    fn cpu_that_grows_is_a_condition() {
        let mut record = growing(1);
        for cell in record.cells.iter_mut().filter(|cell| cell.tasks == MANY) {
            cell.time.as_mut().unwrap().user_ns *= 4;
        }
        let judgement = judged(&record, ClaimId::Many);
        let [Condition::Except { measure: Measure::CpuGrowth, .. }] = &judgement.conditions[..]
        else {
            panic!("{judgement:?}")
        };
    }
}
