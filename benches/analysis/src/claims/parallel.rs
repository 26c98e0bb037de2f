//! Coroutines let several jobs run in parallel: their waits overlap on one thread; jobs that compute
//! do not, unless the runtime has threads.

use record::Cell;

use super::async_overlaps::{compared, time_over_longest};
use super::inputs::Inputs;
use super::judgement::{Evidence, Finding, Judgement, Measure, Value, Why};
use crate::contestant::Model;
use crate::estimate::Estimate;
use crate::series::Series;

/// How much of the sum of jobs that compute they take at least on one thread.
pub const LEAST_OF_SUM: f64 = 0.9;

/// Judges it by the waits of every coroutine whose tasks stay on one thread, and by the jobs of all of
/// them. Those of the other models stand beside.
pub(super) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let is_coroutine = |series: &Series| series.model() == Model::Coroutines;
    let on_one = compared(inputs).filter(|of| is_coroutine(&of.series) && of.threads == 1);
    let mut evidence: Vec<Evidence> = on_one.map(time_over_longest).collect();
    for (series, cells) in inputs.context.index.iter() {
        let is_job = series.shape.job_rounds > 0 && series.contestant.is_compared();
        for cells in cells.timed.chunk_by(|a, b| a.tasks == b.tasks).filter(|_| is_job) {
            evidence.extend(row(series, cells).map(|row| row.judged_if(is_coroutine(series))));
        }
    }
    let jobs = evidence.iter().any(|row| row.is_judged && row.measure == Measure::JobsOverSum);
    if !jobs {
        return Judgement::not_measured(Why::NoCells, Vec::new());
    }
    let exceptions =
        [(Measure::TimeOverLongest, Finding::More), (Measure::JobsOverSum, Finding::Some)];
    Judgement::but_for(&exceptions, evidence)
}

/// What the cells of one number of jobs say: the least of their ratios, because a busy machine only makes
/// jobs take longer. On one thread they cannot take less than their CPU.
fn row(series: &Series, cells: &[&Cell]) -> Option<Evidence> {
    let ratios = cells.iter().filter_map(|cell| time_over_sum(cell));
    let least = ratios.min_by(f64::total_cmp)?;
    let finding = if least < LEAST_OF_SUM { Finding::All } else { Finding::Some };
    let value = Value::Figure(Estimate::lone(least));
    Some(Evidence::of(series, Measure::JobsOverSum, value, finding).at(cells[0].tasks))
}

/// From the end of the first wait until all jobs are done, as a ratio to what they took of the CPU.
fn time_over_sum(cell: &Cell) -> Option<f64> {
    let time = cell.time.filter(|_| cell.tasks > 1)?;
    let ratio =
        time.wall_ns.saturating_sub(cell.workload.duration_ns) as f64 / time.cpu_ns() as f64;
    ratio.is_finite().then_some(ratio)
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic};

    use super::*;
    use crate::claims::judgement::{ClaimId, Condition, Verdict};
    use crate::tests::judged;

    /// Jobs that take so many times their CPU, and waits that all take so many milliseconds.
    fn told(jobs: &[(&str, f64)], longest: u64) -> Judgement {
        let mut made = Synthetic::new();
        for (id, _) in jobs {
            made.traced(id, [longest, 81, 161], [0, 0, 0]);
        }
        made.jobs(1_000);
        for (id, _) in jobs {
            made.line(id, &[8], Bill::of(300));
        }
        let mut record = made.record();
        for cell in record.cells.iter_mut().filter(|cell| cell.workload.job_rounds > 0) {
            let (_, times) = jobs.iter().find(|(id, _)| *id == cell.contestant).unwrap();
            let time = cell.time.as_mut().unwrap();
            time.user_ns = 80_000_000;
            time.wall_ns = cell.workload.duration_ns + (times * 80e6) as u64;
        }
        judged(&record, ClaimId::Parallel)
    }

    #[test]
    fn what_computes_one_after_another_is_named() {
        let judgement = told(&[("coroutines/bare", 1.02), ("coroutines/tokio", 0.55)], 241);
        assert_eq!(judgement.verdict, Verdict::HoldsWhen);
        let [Condition::Except { measure, subjects, among, .. }] = &judgement.conditions[..] else {
            panic!("{:?}", judgement.conditions)
        };
        assert_eq!((*measure, subjects.len(), *among), (Measure::JobsOverSum, 1, 2));
        assert_eq!(told(&[("coroutines/tokio", 0.55)], 241).verdict, Verdict::Holds);
        assert_eq!(told(&[("coroutines/tokio", 0.55)], 482).verdict, Verdict::Refuted);
        let threads = told(&[("threads/per-task", 0.55)], 241).verdict;
        assert!(matches!(threads, Verdict::NotMeasured(_)));
    }
}
