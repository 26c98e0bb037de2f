//! A callback runs after the call that it was handed to has ended.

use super::async_overlaps::compared;
use super::inputs::Inputs;
use super::judgement::{Evidence, Finding, Judgement, Measure, Value};
use crate::contestant::Model;
use crate::traces::Traced;

/// How many callbacks may run before that call has ended.
pub const MOST_BEFORE: u64 = 0;

/// Judges it by the trace of every contestant of callbacks: when each callback began, and when the call
/// that it was handed to came back.
pub(super) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let callbacks = compared(inputs).filter(|of| of.series.model() == Model::Callbacks);
    let row = |traced: &Traced| {
        let before = traced.ran_before;
        let finding = if before != MOST_BEFORE { Finding::More } else { Finding::AsSaid };
        Evidence::of(&traced.series, Measure::RanBefore, Value::Count(before), finding)
            .at(traced.handed)
    };
    let evidence = callbacks.filter(|traced| traced.handed > 0).map(row).collect();
    Judgement::but_for(&[(Measure::RanBefore, Finding::More)], evidence)
}

#[cfg(test)]
mod tests {
    use record::synthetic::Synthetic;
    use record::{Record, Step};

    use crate::claims::judgement::{ClaimId, Verdict};
    use crate::tests::judged;

    fn told(id: &str) -> Record {
        let mut made = Synthetic::new();
        made.traced(id, [241, 81, 161], [0, 0, 0]);
        made.record()
    }

    #[test]
    fn it_holds_where_every_call_came_back_before_its_callback_ran() {
        let verdict = |record: &Record| judged(record, ClaimId::CallbackOrder).verdict;
        let mut record = told("callbacks/event-loop");
        assert_eq!(verdict(&record), Verdict::Holds);
        assert!(matches!(verdict(&told("coroutines/bare")), Verdict::NotMeasured(_)));
        let trace = &mut record.cells[0].trace;
        trace.sort_by_key(|line| line.step == Step::Returned);
        assert_eq!(verdict(&record), Verdict::Refuted);
    }
}
