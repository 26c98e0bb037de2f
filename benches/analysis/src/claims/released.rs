//! What tasks take is given back: what a process holds when its tasks are over, and whether the same
//! tasks once more make that grow.
//!
//! Two waves are what a run has, of tasks that return, and of tasks every second of which ends by a panic,
//! a cancellation or a timeout. A record without one of these holds with that condition at most.

use std::collections::BTreeSet;

use super::inputs::Inputs;
use super::judgement::{Condition, Evidence, Finding, Judgement, Measure, Value, Why};
use crate::estimate::Estimate;
use crate::lifecycle::{Kept, Lifecycle, Phases};

/// From which part of its tasks on the threads or descriptors that a second wave leaves behind count
/// as growth. What a runtime starts once is fewer.
pub const NOTABLE_SHARE: f64 = 0.01;

/// How tasks can end beside returning.
pub const OTHER_ENDS: [&str; 3] = ["panics", "cancelled", "times-out"];

/// What is looked at of every process.
const MEASURES: [Measure; 3] = [Measure::KeptBytes, Measure::KeptThreads, Measure::KeptDescriptors];

/// Judges it by every process of a compared contestant that ran two waves.
pub(super) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let compared = inputs.lifecycles.iter().filter(|of| of.series.contestant.is_compared());
    let processes: Vec<Vec<Evidence>> = compared.map(rows).collect();
    let grows = |rows: &Vec<Evidence>| rows.iter().any(|row| row.finding == Finding::Grows);
    let all_grow = processes.iter().all(grows);
    let evidence = processes.concat();
    if evidence.is_empty() {
        return Judgement::not_measured(Why::NoCells, evidence);
    }
    if all_grow {
        return Judgement::refuted(evidence);
    }
    let findings = [Finding::Grows, Finding::Kept]
        .map(|finding| MEASURES.map(|measure| (measure, finding)))
        .concat();
    let mut conditions = Condition::exceptions(&evidence, &findings);
    let others: BTreeSet<&str> =
        inputs.lifecycles.iter().filter_map(|of| of.series.shape.ending.as_deref()).collect();
    if !OTHER_ENDS.iter().all(|end| others.contains(end)) {
        conditions.push(Condition::Without(Measure::OtherEnds));
    }
    Judgement::holds(conditions, evidence)
}

/// What one process kept.
fn rows(lifecycle: &Lifecycle) -> Vec<Evidence> {
    let Lifecycle { series, tasks, threads, descriptors, .. } = lifecycle;
    let row = |measure, value, finding| Evidence::of(series, measure, value, finding).at(*tasks);
    let bytes = match lifecycle.kept() {
        Kept::GivesBack => Finding::GivenBack,
        Kept::Keeps => Finding::Kept,
        Kept::Grows => Finding::Grows,
    };
    let kept = lifecycle.kept_bytes_per_task().map(Estimate::lone);
    let mut rows = vec![row(Measure::KeptBytes, kept.into(), bytes)];
    let counted = [(Measure::KeptThreads, threads), (Measure::KeptDescriptors, descriptors)];
    rows.extend(counted.into_iter().filter_map(|(measure, phases)| {
        let phases = phases.as_ref()?;
        let left = Value::Count(phases.left()[0].max(0).unsigned_abs());
        Some(row(measure, left, of(phases, *tasks)))
    }));
    rows
}

/// What became of things that are counted.
fn of(phases: &Phases<u64>, tasks: u64) -> Finding {
    let notable = |left: i64| left as f64 > NOTABLE_SHARE * tasks as f64;
    match phases.left().map(notable) {
        [_, true] => Finding::Grows,
        [true, false] => Finding::Kept,
        [false, false] => Finding::GivenBack,
    }
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic, small_run};
    use record::{Record, Weight};

    use super::*;
    use crate::claims::judgement::{ClaimId, Verdict};
    use crate::tests::judged;

    /// Contestants whose processes hold so many MiB and threads in the five phases.
    fn with(all: &[(&str, [u64; 5], [u64; 5])]) -> Record {
        let mut made = Synthetic::new();
        all.iter().for_each(|(id, ..)| {
            made.line(id, &[1_000], Bill::of(300).with_kernel(40));
        });
        let mut record = made.record();
        for (cell, (_, mib, threads)) in
            all.iter().flat_map(|one| [one; 3]).enumerate().map(|(at, one)| (at, *one))
        {
            let weight = |phase: usize| {
                Some(Weight {
                    anonymous_bytes: Some(mib[phase] << 20),
                    kernel_bytes: Some(0),
                    threads: Some(threads[phase]),
                    ..Weight::default()
                })
            };
            let memory = &mut record.cells[cell].memory;
            memory.idle = weight(0);
            memory.waiting = weight(1);
            memory.drained = weight(2);
            memory.second_waiting = weight(3);
            memory.second_drained = weight(4);
        }
        record
    }

    const BACK: [u64; 5] = [2, 50, 2, 50, 2];
    const KEPT: [u64; 5] = [2, 50, 49, 50, 49];
    const GROWS: [u64; 5] = [2, 50, 10, 58, 18];
    const FEW: [u64; 5] = [1, 2, 2, 2, 2];

    #[test]
    fn what_is_given_back_holds_but_for_the_ends_that_are_not_measured() {
        let judgement = judged(&with(&[("coroutines/bare", BACK, FEW)]), ClaimId::Released);
        assert_eq!(judgement.verdict, Verdict::HoldsWhen);
        assert_eq!(judgement.conditions, [Condition::Without(Measure::OtherEnds)]);
        assert_eq!(judgement.evidence.len(), 2);
    }

    #[test]
    fn it_holds_where_tasks_that_end_in_any_way_give_all_back() {
        let ids = ["coroutines/bare", "coroutines/smol", "coroutines/tokio"];
        let mut record = with(&ids.map(|id| (id, BACK, FEW)));
        for (cell, ending) in record.cells.chunks_mut(3).zip(OTHER_ENDS) {
            for cell in cell {
                cell.workload.ending = Some(ending.into());
                let proof = cell.proof.as_mut().unwrap();
                (proof.completed, proof.lost) = (500, 500);
                if ending == "times-out" {
                    proof.lost = 0;
                }
            }
        }
        assert_eq!(judged(&record, ClaimId::Released).verdict, Verdict::Holds);
    }

    #[test]
    fn what_keeps_or_grows_is_named() {
        let record = with(&[
            ("coroutines/bare", BACK, FEW),
            ("coroutines/smol", KEPT, FEW),
            ("coroutines/tokio", GROWS, [1, 1_001, 1_001, 2_001, 2_001]),
        ]);
        let judgement = judged(&record, ClaimId::Released);
        let named: Vec<(Measure, Finding, usize)> = judgement
            .conditions
            .iter()
            .filter_map(|condition| match condition {
                Condition::Except { measure, finding, subjects, .. } => {
                    Some((*measure, *finding, subjects.len()))
                }
                _ => None,
            })
            .collect();
        assert_eq!(
            named,
            [
                (Measure::KeptBytes, Finding::Grows, 1),
                (Measure::KeptThreads, Finding::Grows, 1),
                (Measure::KeptBytes, Finding::Kept, 1)
            ]
        );
    }

    #[test]
    fn it_is_refuted_where_every_process_grows() {
        let verdict = |record: &Record| judged(record, ClaimId::Released).verdict;
        assert_eq!(verdict(&with(&[("coroutines/bare", GROWS, FEW)])), Verdict::Refuted);
        assert!(matches!(verdict(&small_run()), Verdict::NotMeasured(_)));
    }
}
