//! Threads share the memory of their process, and each has its own path.

use super::async_overlaps::compared;
use super::inputs::Inputs;
use super::judgement::{Evidence, Finding, Judgement, Measure, Value};
use crate::contestant::Model;
use crate::traces::Traced;

/// How many tasks of a thread each may have run on a thread that another one ran on.
pub const MOST_SHARED: u64 = 0;

/// Judges it by the trace of every contestant with a thread for each task: all sign in to one ledger, and
/// the trace names the thread of each step. Threads of a pool take task after task and stand beside.
pub(super) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let threads = compared(inputs).filter(|of| of.series.model() == Model::Threads);
    let row = |traced: &Traced| {
        let (own, tasks) = (traced.on_own_thread, traced.tasks);
        let is_own = tasks - own == MOST_SHARED;
        let finding = if is_own { Finding::All } else { Finding::Some };
        Evidence::of(&traced.series, Measure::OwnThread, Value::Count(own), finding)
            .at(tasks)
            .judged_if(!traced.is_pool)
    };
    let evidence = threads.map(row).collect();
    Judgement::but_for(&[(Measure::OwnThread, Finding::Some)], evidence)
}

#[cfg(test)]
mod tests {
    use record::synthetic::Synthetic;

    use crate::claims::judgement::{ClaimId, Verdict};
    use crate::tests::judged;

    #[test]
    fn it_holds_where_no_thread_has_two_tasks() {
        let verdict = |id: &str, threads| {
            let mut made = Synthetic::new();
            made.traced(id, [241, 81, 161], threads);
            judged(&made.record(), ClaimId::ThreadsShare).verdict
        };
        assert_eq!(verdict("threads/per-task", [1, 2, 3]), Verdict::Holds);
        assert_eq!(verdict("threads/per-task", [1, 2, 1]), Verdict::Refuted);
        assert!(matches!(verdict("coroutines/tokio", [1, 2, 3]), Verdict::NotMeasured(_)));
    }
}
