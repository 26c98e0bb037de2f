//! A coroutine stops, remembers where and with what, and goes on from there; a subroutine starts over.
//!
//! Its cells have tasks that wait several times and hold live state meanwhile. The state of each task
//! goes into its sum, so the checksum of a proven cell says that every task went on with what it had.
//! A subroutine that is called again takes all of its waits again.

use record::{Cell, Status};

use super::inputs::Inputs;
use super::judgement::{Condition, Evidence, Finding, Judgement, Measure, Value, Why};
use super::sync_waits::{LEAST, LEAST_CALLS, time_over_waits};
use crate::contestant::Model;
use crate::estimate::median;
use crate::index::{Cells, is_all_waiting};
use crate::series::Series;

/// As many waits a task at least: after one alone there is nothing to go on to.
pub const LEAST_WAITS: u32 = 2;

/// Judges it by the cells with several waits and live state.
pub(super) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let wanted = inputs.context.index.iter().filter(|(series, _)| {
        let shape = &series.shape;
        let is_several = shape.waits_per_task >= LEAST_WAITS && shape.state_bytes > 0;
        is_several && shape.is_weighed() && series.contestant.is_compared()
    });
    let evidence: Vec<Evidence> = wanted
        .filter_map(|(series, cells)| match series.model() {
            Model::Subroutine => calls(inputs, series, cells),
            _ => tasks_that_went_on(series, cells),
        })
        .collect();
    let found = |measure, finding| evidence.iter().any(|row| row.is(measure, finding));
    let went_on = found(Measure::WentOn, Finding::All);
    if found(Measure::TimeOverCalls, Finding::Less)
        || (found(Measure::WentOn, Finding::Failed) && !went_on)
    {
        Judgement::refuted(evidence)
    } else if went_on {
        let failed = [Finding::Failed, Finding::NotMeasured].map(|found| (Measure::WentOn, found));
        let mut conditions = Condition::exceptions(&evidence, &failed);
        if !found(Measure::TimeOverCalls, Finding::AsSaid) {
            conditions.push(Condition::Without(Measure::TimeOverCalls));
        }
        Judgement::holds(conditions, evidence)
    } else {
        Judgement::not_measured(Why::NoCells, evidence)
    }
}

/// How many tasks of a contestant went on after each wait; `None` where it was not asked, or a limit
/// of the machine stopped it. A process that fell over says nothing of its tasks.
fn tasks_that_went_on(series: &Series, cells: &Cells<'_>) -> Option<Evidence> {
    let is_ended = |cell: &&&Cell| !matches!(cell.status, Status::Skipped | Status::Wall);
    let ended = cells.unproven.iter().filter(is_ended);
    let with_flaw = ended.clone().filter_map(|cell| Some((cell.tasks, cell.proof?.completed)));
    let proven = cells.timed.iter().filter(|cell| is_all_waiting(cell)).map(|cell| cell.tasks);
    let (tasks, value, finding) = if let Some((tasks, completed)) = with_flaw.max() {
        (tasks, Value::Count(completed), Finding::Failed)
    } else if let Some(tasks) = proven.max() {
        (tasks, Value::Count(tasks), Finding::All)
    } else {
        (ended.map(|cell| cell.tasks).max()?, Value::None, Finding::NotMeasured)
    };
    let row = Evidence::of(series, Measure::WentOn, value, finding).at(tasks);
    Some(Evidence { is_judged: series.model() == Model::Coroutines, ..row })
}

/// How long calls one after another took against all of their waits.
fn calls(inputs: &Inputs<'_>, series: &Series, cells: &Cells<'_>) -> Option<Evidence> {
    let several = || cells.timed.iter().filter(|cell| cell.tasks >= LEAST_CALLS);
    let ratios: Vec<f64> = several().filter_map(|cell| time_over_waits(cell)).collect();
    let draws = inputs.context.bootstrap(&[&series.key(), "time over calls"]);
    let ratio = median(&ratios, draws)?.estimate;
    let finding = Finding::within(ratio.value, LEAST, f64::INFINITY);
    let row = Evidence::of(series, Measure::TimeOverCalls, Value::Figure(ratio), finding);
    Some(row.at(several().map(|cell| cell.tasks).max()))
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic, small_run};

    use super::*;
    use crate::claims::judgement::{ClaimId, Subject, Verdict};
    use crate::tests::judged;

    /// Tasks of these contestants that wait three times with state. The calls of a subroutine take so
    /// many times the sum of their waits.
    fn waiting_three_times(ids: &[&str], times: f64) -> Record {
        let mut made = Synthetic::new();
        made.state(1_024);
        ids.iter().for_each(|id| {
            made.line(id, &[4], Bill::of(16));
        });
        let mut record = made.record();
        for cell in &mut record.cells {
            cell.workload.waits_per_task = 3;
            let waits = (cell.tasks * 3 * cell.workload.duration_ns) as f64;
            cell.time.as_mut().unwrap().wall_ns = (waits * times) as u64;
        }
        record
    }

    fn verdict(record: &Record) -> Verdict {
        judged(record, ClaimId::Resumes).verdict
    }

    const BOTH: [&str; 2] = ["coroutines/bare", "subroutine/sequential"];

    #[test]
    fn it_holds_where_tasks_go_on_and_calls_start_over() {
        assert_eq!(verdict(&waiting_three_times(&BOTH, 1.01)), Verdict::Holds);
        assert_eq!(verdict(&waiting_three_times(&BOTH[..1], 1.01)), Verdict::HoldsWhen);
        assert!(matches!(verdict(&small_run()), Verdict::NotMeasured(_)));
        let calls_alone = waiting_three_times(&BOTH[1..], 1.01);
        assert!(matches!(verdict(&calls_alone), Verdict::NotMeasured(_)));
    }

    #[test]
    fn it_is_refuted_by_calls_that_go_on_and_by_tasks_that_do_not() {
        assert_eq!(verdict(&waiting_three_times(&BOTH, 0.34)), Verdict::Refuted);
        let mut damaged = waiting_three_times(&BOTH, 1.01);
        for cell in damaged.cells.iter_mut().filter(|cell| cell.contestant == BOTH[0]) {
            cell.proof.as_mut().unwrap().checksum ^= 1;
        }
        assert_eq!(verdict(&damaged), Verdict::Refuted);
    }

    #[test]
    fn a_process_that_fell_over_is_named_and_refutes_nothing() {
        let mut record = waiting_three_times(&[BOTH[0], BOTH[1], "coroutines/smol"], 1.01);
        for cell in record.cells.iter_mut().filter(|cell| cell.contestant == "coroutines/smol") {
            (cell.status, cell.proof) = (Status::Failed, None);
        }
        let judgement = judged(&record, ClaimId::Resumes);
        let [Condition::Except { finding: Finding::NotMeasured, among: 2, .. }] =
            &judgement.conditions[..]
        else {
            panic!("{judgement:?}")
        };
        record.cells.retain(|cell| cell.contestant != BOTH[0]);
        assert!(matches!(verdict(&record), Verdict::NotMeasured(_)));
    }

    #[test]
    fn one_runtime_that_loses_state_is_named() {
        let mut record = waiting_three_times(&[BOTH[0], BOTH[1], "coroutines/smol"], 1.01);
        for cell in record.cells.iter_mut().filter(|cell| cell.contestant == "coroutines/smol") {
            cell.proof.as_mut().unwrap().lost = 1;
        }
        let judgement = judged(&record, ClaimId::Resumes);
        let [Condition::Except { subjects, among: 2, .. }] = &judgement.conditions[..] else {
            panic!("{judgement:?}")
        };
        let [Subject::One(series)] = &subjects[..] else { panic!("{subjects:?}") };
        assert_eq!(series.contestant.as_str(), "coroutines/smol");
    }
}
