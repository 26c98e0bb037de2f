//! Asynchronous waits overlap: A and B run together, and each result comes when it is ready.

use super::inputs::Inputs;
use super::judgement::{Evidence, Finding, Judgement, Measure, Value};
use crate::contestant::Model;
use crate::estimate::Estimate;
use crate::traces::Traced;

/// How much of the longest wait all of them may take together and still overlap.
pub const MOST: f64 = 1.1;

/// Judges it by the trace of every contestant of callbacks and coroutines. The others stand beside.
pub(super) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let evidence = compared(inputs).flat_map(rows).collect();
    let exceptions =
        [(Measure::TimeOverLongest, Finding::More), (Measure::EndOrder, Finding::Some)];
    Judgement::but_for(&exceptions, evidence)
}

/// The traces of compared contestants whose tasks wait for several lengths of time.
pub(super) fn compared<'a>(inputs: &Inputs<'a>) -> impl Iterator<Item = &'a Traced> {
    let is_of = |of: &&Traced| of.series.contestant.is_compared() && of.series.shape.spread_ns != 0;
    inputs.traces.iter().filter(is_of)
}

/// How long all tasks of a trace took, beside the longest wait.
pub(super) fn time_over_longest(traced: &Traced) -> Evidence {
    let ratio = traced.time_over_longest;
    let finding = if ratio > MOST { Finding::More } else { Finding::AsSaid };
    let value = Value::Figure(Estimate::lone(ratio));
    Evidence::of(&traced.series, Measure::TimeOverLongest, value, finding).at(traced.tasks)
}

fn rows(traced: &Traced) -> [Evidence; 2] {
    let is_judged = matches!(traced.series.model(), Model::Callbacks | Model::Coroutines);
    let in_order = traced.in_order;
    let finding = if in_order == traced.tasks { Finding::All } else { Finding::Some };
    let value = Value::Count(in_order);
    let order = Evidence::of(&traced.series, Measure::EndOrder, value, finding).at(traced.tasks);
    [time_over_longest(traced), order].map(|row| row.judged_if(is_judged))
}

#[cfg(test)]
mod tests {
    use record::synthetic::Synthetic;

    use crate::claims::judgement::{ClaimId, Verdict};
    use crate::tests::judged;

    #[test]
    fn it_holds_where_waits_overlap_and_ends_are_in_the_order_of_waits() {
        let verdict = |ends: &[(&str, [u64; 3])]| {
            let mut made = Synthetic::new();
            for (id, ends) in ends {
                made.traced(id, *ends, [0, 0, 0]);
            }
            judged(&made.record(), ClaimId::AsyncOverlaps).verdict
        };
        let overlap = [241, 81, 161];
        assert_eq!(verdict(&[("coroutines/bare", overlap)]), Verdict::Holds);
        // What is not asynchronous stands beside.
        let one_by_one = ("subroutine/sequential", [240, 320, 480]);
        assert_eq!(verdict(&[("callbacks/event-loop", overlap), one_by_one]), Verdict::Holds);
        let slow = ("coroutines/smol", [300, 81, 161]);
        assert_eq!(verdict(&[("coroutines/bare", overlap), slow]), Verdict::HoldsWhen);
        let swapped = ("coroutines/smol", [241, 162, 161]);
        assert_eq!(verdict(&[("coroutines/bare", overlap), swapped]), Verdict::HoldsWhen);
        assert_eq!(verdict(&[slow]), Verdict::Refuted);
        assert!(matches!(verdict(&[one_by_one]), Verdict::NotMeasured(_)));
    }
}
