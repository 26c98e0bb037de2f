//! Network bandwidth bounds the data moved: bodies through a server that caps all answers together.

use super::inputs::Inputs;
use super::judgement::{Condition, Evidence, Finding, Judgement, Measure, Value, Why};
use crate::transfers::Transfer;

/// How much of bytes ÷ limit a transfer takes at least: a server may send a little ahead of its limit.
pub const LEAST: f64 = 0.95;

/// How much of it at most. Beyond that it was not the bandwidth that bound the transfer.
pub const MOST: f64 = 1.25;

/// Judges it by every transfer with proof.
pub(super) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let row = |transfer: &Transfer| {
        let ratio = transfer.over_least?;
        let finding = Finding::within(ratio.value, LEAST, MOST);
        let value = Value::Figure(ratio);
        let row = Evidence::of(&transfer.series, Measure::TimeOverLimit, value, finding);
        Some(row.at(transfer.bodies))
    };
    let compared = inputs.transfers.iter().filter(|of| of.series.contestant.is_compared());
    let evidence: Vec<Evidence> = compared.filter_map(row).collect();
    if evidence.is_empty() {
        Judgement::not_measured(Why::NoCells, evidence)
    } else if evidence.iter().any(|row| row.finding == Finding::Less)
        || evidence.iter().all(|row| row.finding == Finding::More)
    {
        Judgement::refuted(evidence)
    } else {
        let slower = [(Measure::TimeOverLimit, Finding::More)];
        Judgement::holds(Condition::exceptions(&evidence, &slower), evidence)
    }
}

#[cfg(test)]
mod tests {
    use record::synthetic::{asking_run, small_run};

    use super::*;
    use crate::claims::judgement::{ClaimId, Subject, Verdict};
    use crate::tests::judged;

    #[test]
    fn without_transfers_it_is_not_measured() {
        let verdict = judged(&small_run(), ClaimId::Bandwidth).verdict;
        assert!(matches!(verdict, Verdict::NotMeasured(_)));
    }

    #[test]
    fn it_holds_when_none_is_faster_than_the_limit_and_falls_when_one_is() {
        let mut record = asking_run();
        assert_eq!(judged(&record, ClaimId::Bandwidth).verdict, Verdict::Holds);
        for cell in record.cells.iter_mut().filter(|cell| cell.contestant.ends_with("smol")) {
            cell.time.iter_mut().for_each(|time| time.wall_ns *= 3);
        }
        let judgement = judged(&record, ClaimId::Bandwidth);
        let [Condition::Except { subjects, among: 2, .. }] = &judgement.conditions[..] else {
            panic!("{judgement:?}")
        };
        let [Subject::One(series)] = &subjects[..] else { panic!("{subjects:?}") };
        assert_eq!(series.contestant.as_str(), "coroutines/smol");
        for cell in &mut record.cells {
            cell.time.iter_mut().for_each(|time| time.wall_ns *= 9);
        }
        assert_eq!(judged(&record, ClaimId::Bandwidth).verdict, Verdict::Refuted);
        for cell in &mut record.cells {
            // No cell is over before its wait is, so these wait for nothing but their bytes.
            cell.workload.duration_ns = 0;
            cell.time.iter_mut().for_each(|time| time.wall_ns /= 81);
        }
        assert_eq!(judged(&record, ClaimId::Bandwidth).verdict, Verdict::Refuted);
    }
}
