//! A synchronous call waits for the one before it: one task in flight, and the time of all of them is
//! the sum of their waits.

use record::Cell;

use super::inputs::Inputs;
use super::judgement::{Condition, Evidence, Finding, Judgement, Measure, Value, Why};
use crate::contestant::Model;
use crate::estimate::median;
use crate::series::Series;

/// As many calls at least: one alone waits for none.
pub const LEAST_CALLS: u64 = 2;

/// How much of the sum of the waits they take at least: no wait is short, but a clock may be off.
pub const LEAST: f64 = 0.99;

/// How much of it at most. Beyond, the calls did more than wait for one another.
pub const MOST: f64 = 1.1;

/// Judges it from every proven cell of a subroutine with two calls or more.
pub(super) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let mut evidence = Vec::new();
    for (series, cells) in inputs.context.index.iter() {
        let shape = &series.shape;
        if series.model() == Model::Subroutine && shape.is_weighed() && !shape.does_more() {
            for cells in cells.timed.chunk_by(|a, b| a.tasks == b.tasks) {
                evidence.extend(rows(inputs, series, cells));
            }
        }
    }
    let found = |finding| evidence.iter().any(|row: &Evidence| row.finding == finding);
    if evidence.is_empty() {
        Judgement::not_measured(Why::NoCells, evidence)
    } else if found(Finding::SeveralAtOnce) || found(Finding::Less) {
        Judgement::refuted(evidence)
    } else {
        let longer = [(Measure::TimeOverWaits, Finding::More)];
        Judgement::holds(Condition::exceptions(&evidence, &longer), evidence)
    }
}

/// What the cells of one number of calls say.
fn rows(inputs: &Inputs<'_>, series: &Series, cells: &[&Cell]) -> Vec<Evidence> {
    let tasks = cells[0].tasks;
    let peak = cells.iter().filter_map(|cell| Some(cell.proof?.peak_in_flight)).max();
    let Some(peak) = peak.filter(|_| tasks >= LEAST_CALLS) else { return Vec::new() };
    let row = |measure, value, finding| Evidence::of(series, measure, value, finding).at(tasks);
    let at_once = if peak == 1 { Finding::OneAtATime } else { Finding::SeveralAtOnce };
    let mut rows = vec![row(Measure::PeakInFlight, Value::Count(peak), at_once)];
    let ratios: Vec<f64> = cells.iter().filter_map(|cell| time_over_waits(cell)).collect();
    let names = [&*series.key(), &tasks.to_string(), "time over waits"];
    if let Some(ratio) = median(&ratios, inputs.context.bootstrap(&names)) {
        let finding = Finding::within(ratio.estimate.value, LEAST, MOST);
        rows.push(row(Measure::TimeOverWaits, Value::Figure(ratio.estimate), finding));
    }
    rows
}

/// The time of all tasks of a cell, as a ratio to the sum of their waits; `None` without either.
pub(super) fn time_over_waits(cell: &Cell) -> Option<f64> {
    let waits = cell.tasks as f64 * f64::from(cell.workload.waits_per_task);
    let ratio = cell.time?.wall_ns as f64 / (waits * cell.workload.duration_ns as f64);
    ratio.is_finite().then_some(ratio)
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic, small_run};

    use super::*;
    use crate::claims::judgement::{ClaimId, Verdict};
    use crate::tests::judged;

    /// Four calls that take so many times the sum of their waits.
    fn taking(times: f64) -> Record {
        let mut made = Synthetic::new();
        made.line("subroutine/sequential", &[1, 4], Bill::of(16));
        let mut record = made.record();
        for cell in &mut record.cells {
            let waits = (cell.tasks * cell.workload.duration_ns) as f64;
            cell.time.as_mut().unwrap().wall_ns = (waits * times) as u64;
        }
        record
    }

    #[test]
    fn it_holds_where_the_waits_add_up_and_not_where_they_do_not() {
        let verdict = |record: &Record| judged(record, ClaimId::SyncWaits).verdict;
        assert_eq!(verdict(&taking(1.003)), Verdict::Holds);
        assert_eq!(verdict(&taking(1.5)), Verdict::HoldsWhen);
        assert_eq!(verdict(&taking(0.5)), Verdict::Refuted);
        let mut at_once = taking(1.003);
        for cell in &mut at_once.cells {
            let proof = cell.proof.as_mut().unwrap();
            proof.peak_in_flight = cell.tasks;
            proof.expected_in_flight = cell.tasks;
            proof.before_weighing = cell.tasks;
            proof.after_weighing = cell.tasks;
        }
        assert_eq!(verdict(&at_once), Verdict::Refuted);
    }

    #[test]
    fn one_call_says_nothing() {
        let mut made = Synthetic::new();
        made.line("subroutine/sequential", &[1], Bill::of(16));
        let verdict = judged(&made.record(), ClaimId::SyncWaits).verdict;
        assert!(matches!(verdict, Verdict::NotMeasured(_)), "{verdict:?}");
    }

    /// The waits of a synthetic subroutine do not add up to its time.
    #[test]
    fn what_is_shorter_than_its_waits_is_named() {
        let judgement = judged(&small_run(), ClaimId::SyncWaits);
        let short = judgement.evidence.iter().find(|row| row.finding == Finding::Less).unwrap();
        assert_eq!((short.measure, short.tasks), (Measure::TimeOverWaits, Some(4)));
    }
}
